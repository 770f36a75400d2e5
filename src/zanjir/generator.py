"""The random numbers of PyTorch's CPU generator, as NumPy arrays: the very same ones, bit for bit.

PyTorch's generator is the Mersenne Twister MT19937 (Matsumoto & Nishimura 1998) seeded by ``init_genrand`` with the low
32 bits of the seed. NumPy's :class:`numpy.random.MT19937` supplies that stream of 32-bit words; this module holds what
PyTorch does with it:

====================  ==================================================================================================
:func:`uniform`       24 bits of one word for float32, float16 and bfloat16, 53 bits of two words for float64
:func:`normal`        Box-Muller in blocks of 16 for 16 elements and more, in pairs below, the second kept for later
:func:`random_`       one word modulo the range, or two from a range of 2**28 on
:func:`randperm`      Fisher-Yates, one word a swap
:func:`state_bytes`   the 5056 bytes of ``torch.get_rng_state()``
====================  ==================================================================================================

PyTorch's kernels on x86-64 are compiled for AVX2 with FMA: a product and a sum round once. So they do here, by
:func:`fma32` and :func:`fma64`. (On a processor without AVX2, or on ARM, PyTorch's own ``randn`` differs from this in
the last bits.) Arrays only: what makes tensors of them is ``random.py``.

Each function takes its words from the stream at once, but holds no lock between one such draw and the next: threads
that share a generator get numbers that depend on how they interleave, as they do in PyTorch.
"""

from __future__ import annotations

import math
import os
import warnings
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np

from . import dtypes as _dtypes
from .device import cpu as _cpu
from .device import device as _Device

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array = np.ndarray[Any, np.dtype[Any]]
    Shape = int | Sequence[int]

#: What ``initial_seed()`` answers before anything was seeded: 0x3D30_19A0_53E1, PyTorch's choice.
DEFAULT_SEED = 67280421310721

_F2, _BF, _F4, _F8 = np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16), np.dtype(np.float32), np.dtype(np.float64)
_BOOL, _I8 = np.dtype(np.bool_), np.dtype(np.int64)
_PARTS: dict[np.dtype[Any], np.dtype[Any]] = {np.dtype(np.complex64): _F4, np.dtype(np.complex128): _F8}
_FLOATS = (_F2, _BF, _F4, _F8)
_DIGITS = {_F2: 11, _BF: 8, _F4: 24, _F8: 53}
_MAX = {d: float(ml_dtypes.finfo(d).max) for d in _FLOATS}

_WORDS = 624  # of MT19937's state
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_2PI = 2.0 * math.pi

# Constants are 0-dim arrays where calls are many: NumPy's functions take those up faster than Python's numbers.
_LOW_21, _LOW_24 = np.array(0x1FFFFF, np.uint64), np.array(0xFFFFFF, np.int32)
_32 = np.array(32, np.uint64)
_UNIT_24, _UNIT_53 = np.array(2.0**-24, _F4), np.array(2.0**-53, _F8)


# ---------------------------------------------------------------------------------------------------- the generator


class Generator:
    """A source of random numbers with its own seed and state: ``torch.Generator`` on the CPU.

    Args:
        device: ``"cpu"``; no other device can be had.

    Raises:
        RuntimeError: for any other device.

    >>> g = Generator().manual_seed(0)
    >>> uniform(g, 2)
    array([0.4962566, 0.7682218], dtype=float32)
    >>> g.initial_seed()
    0
    """

    # _bits is the word source, or None until the first draw: numpy.random costs 20 ms to import, so `import zanjir`
    # leaves it alone. _fresh says that nothing was drawn since seeding; then _bits, if any, is out of date.
    __slots__ = ("__weakref__", "_bits", "_device", "_fresh", "_next_double", "_next_float", "_seed", "_seeder")

    _seed: int
    _fresh: bool
    _bits: np.random.MT19937 | None
    _seeder: np.random.RandomState | None
    _next_double: float | None  # the second normal of the last pair, if not yet used
    _next_float: float | None  # of no use on the CPU, but part of the state

    def __init__(self, device: Any = "cpu") -> None:
        self._device = _check_device(device)
        self._bits = self._seeder = None
        self._restart(DEFAULT_SEED)

    def __repr__(self) -> str:
        return f"<{_dtypes.brand}._C.Generator object at {id(self):#x}>"

    @property
    def device(self) -> _Device:
        """Where the generator lives: ``device(type='cpu')``."""
        return self._device

    def manual_seed(self, seed: int, /) -> Generator:
        """Starts again from ``seed``, an integer from -2**63 to 2**64 - 1 (a negative one counts from 2**64 down).

        Raises:
            RuntimeError: if the seed is not an int.
            ValueError: if it has more than 64 bits.

        >>> Generator().manual_seed(-1).initial_seed() == 2**64 - 1
        True
        """
        _check_seed(seed)
        self._restart(seed % 2**64)
        return self

    def seed(self) -> int:
        """Starts again from a seed that the operating system gives, and returns it."""
        self._restart(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed that the generator was last started from."""
        return self._seed

    def clone_state(self) -> Generator:
        """A new generator in the same state: both go on to give the same numbers."""
        clone = Generator(self._device)
        load_state_bytes(clone, state_bytes(self))
        return clone

    def get_offset(self) -> int:
        """Not for the CPU; raises RuntimeError."""
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int, /) -> Generator:
        """Not for the CPU; raises RuntimeError."""
        raise RuntimeError("CPU Generator does not use offset")

    def graphsafe_get_state(self) -> Generator:
        """Not for the CPU; raises NotImplementedError."""
        raise NotImplementedError("graphsafe_get_state is not supported in this Generator")

    def graphsafe_set_state(self, state: Generator, /) -> Generator:
        """Not for the CPU; raises NotImplementedError."""
        raise NotImplementedError("graphsafe_set_state is not supported in this Generator")

    def __reduce__(self) -> tuple[Any, ...]:
        return Generator, (self._device,), state_bytes(self)

    def __setstate__(self, state: Array) -> None:
        load_state_bytes(self, state)

    def words(self, count: int) -> Array:
        """The next ``count`` 32-bit words of the stream, as uint64.

        >>> Generator().manual_seed(5489).words(2)  # the first two of the authors' mt19937ar.c
        array([3499211612,  581869302], dtype=uint64)
        """
        bits = self._bits
        if self._fresh or bits is None:
            bits = self._start()
            self._fresh = not count
        drawn: Array = bits.random_raw(count)
        return drawn

    def long_words(self, count: int) -> Array:
        """The next ``count`` 64-bit words, as uint64: two 32-bit words each, the high half first."""
        words = self.words(2 * count)
        long: Array = words[::2] << _32
        long |= words[1::2]
        return long

    def doubles(self, count: int) -> Array:
        """``count`` float64 numbers, uniform on [0, 1): the low 53 bits of a 64-bit word each."""
        words = self.words(2 * count)
        long = words[::2] & _LOW_21
        long <<= _32
        long |= words[1::2]
        double = long.view(np.int64).astype(_F8)  # < 2**53, and the signed conversion is the fast one
        double *= _UNIT_53
        return double

    def floats(self, count: int) -> Array:
        """``count`` float32 numbers, uniform on [0, 1): the low 24 bits of a word each."""
        words = self.words(count).astype(np.int32)
        words &= _LOW_24
        single = words.astype(_F4)
        single *= _UNIT_24
        return single

    def normals(self, count: int) -> Array:
        """``count`` standard normal float64 numbers, drawn in pairs; the odd one is kept for the next call.

        Box & Muller (1958): sqrt(-2 log(1 - v)) (cos, sin)(2 pi u) for uniform u and v.
        """
        normal: Array = np.array(self._normals(count), _F8)
        return normal

    def _normals(self, count: int) -> list[float]:
        # The C library's functions, which `math` calls as PyTorch does: NumPy's own may differ in the last bit.
        out: list[float] = []
        if count and self._next_double is not None:
            out.append(self._next_double)
            self._next_double = None
        pairs = (count - len(out) + 1) // 2
        if not pairs:
            return out
        log1p, sqrt, cos, sin = math.log1p, math.sqrt, math.cos, math.sin
        if pairs < 8:
            words = iter(self.words(4 * pairs).tolist())
            uniform = [((high & 0x1FFFFF) << 32 | low) * 2.0**-53 for high, low in zip(words, words, strict=True)]
        else:
            uniform = self.doubles(2 * pairs).tolist()
        numbers = iter(uniform)
        for u, v in zip(numbers, numbers, strict=True):
            radius = sqrt(-2.0 * log1p(-v))
            angle = _2PI * u
            out.append(radius * cos(angle))
            out.append(radius * sin(angle))
        if len(out) > count:
            self._next_double = out.pop()
        return out

    def _restart(self, seed: int) -> None:
        self._seed, self._fresh, self._next_double, self._next_float = seed, True, None, None

    def _start(self) -> np.random.MT19937:
        """The word source, seeded: RandomState.seed is NumPy's public way to ``init_genrand``."""
        if self._bits is None or self._seeder is None:
            self._bits = np.random.MT19937(0)
            self._seeder = np.random.RandomState(self._bits)
        self._seeder.seed(self._seed & 0xFFFFFFFF)
        self._fresh = False
        return self._bits


def _check_device(device: Any) -> _Device:
    if device is None:
        return _cpu
    if isinstance(device, int) and not isinstance(device, bool):
        raise RuntimeError("Cannot access accelerator device when none is available.")
    device = _Device(device)
    if device.type != "cpu":
        raise RuntimeError(f"{device.type.upper()} device type not an accelerator.")
    return _cpu


def _check_seed(seed: Any) -> None:
    if isinstance(seed, np.integer):
        raise TypeError("an integer is required")
    if not isinstance(seed, int) or isinstance(seed, bool):
        kind = type(seed)
        name = f"numpy.{kind.__name__}" if kind.__module__ == "numpy" else kind.__name__
        raise RuntimeError(f"manual_seed expected a long, but got {name}")
    if not _INT64_MIN <= seed < 2**64:
        raise ValueError("Overflow when unpacking long long")


#: The generator that is used where none is given.
default_generator = Generator()


# -------------------------------------------------------------------------------------------------------- the state

# The struct that torch.get_rng_state() copies out, x86-64 layout. `left` counts the words before the next twist, plus
# one; `next` is the index of the next word. 624 state words are stored in 64 bits each, for history's sake.
_STATE = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "words", "x", "y", "rho", "y_valid", "float", "float_valid"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", _WORDS), "<f8", "<f8", "<f8", "<i4", "<f4", "?"],
        "offsets": [0, 8, 12, 16, 24, 5016, 5024, 5032, 5040, 5048, 5052],
        "itemsize": 5056,
    }
)


def state_bytes(gen: Generator) -> Array:
    """The generator's state as PyTorch lays it out: 5056 uint8, which ``torch.set_rng_state`` takes too.

    >>> state_bytes(Generator().manual_seed(258))[:4]
    array([2, 1, 0, 0], dtype=uint8)
    """
    fresh = gen._fresh
    bits = gen._start() if fresh or gen._bits is None else gen._bits
    gen._fresh = fresh  # looking is not drawing
    twister = bits.state["state"]
    position = int(twister["pos"])
    record = np.zeros(1, _STATE)
    state = record[0]
    state["seed"] = gen._seed
    state["seeded"] = 1
    state["left"] = _WORDS + 1 - position
    state["next"] = 0 if fresh else position
    state["words"] = twister["key"]
    if gen._next_double is not None:
        state["y"], state["y_valid"] = gen._next_double, 1
    if gen._next_float is not None:
        state["float"], state["float_valid"] = gen._next_float, True
    return record.view(np.uint8)


def load_state_bytes(gen: Generator, state: Array) -> None:
    """Puts ``gen`` in a state that :func:`state_bytes` or ``torch.get_rng_state`` gave. An error leaves it as it was.

    Raises:
        TypeError: if ``state`` is not uint8.
        RuntimeError: if it is not contiguous, not 5056 bytes, or not a state of MT19937.
    """
    if state.dtype != np.uint8:
        raise TypeError("RNG state must be a torch.ByteTensor")
    if not state.flags.c_contiguous:
        raise RuntimeError("RNG state must be contiguous")
    if state.size != _STATE.itemsize:
        raise RuntimeError(
            f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but found the input RNG state size to be "
            f"{state.size}"
        )
    fields = np.frombuffer(state.tobytes(), _STATE)[0]
    left, following = int(fields["left"]), int(fields["next"]) & 0xFFFFFFFF
    # With one word left the next draw twists, wherever `next` stands. Otherwise the two must agree, which PyTorch does
    # not check: it would read past the end.
    consistent = following <= _WORDS if left == 1 else 1 < left <= _WORDS == left + following - 1
    if fields["seeded"] != 1 or not consistent:
        raise RuntimeError("Invalid mt19937 state")
    key = fields["words"].astype(np.uint32)
    gen._restart(int(fields["seed"]))
    bits = gen._start()
    seeded = bits.state
    if following == 0 and np.array_equal(seeded["state"]["key"], key):
        gen._fresh = True
    else:
        seeded["state"] = {"key": key, "pos": _WORDS + 1 - left}
        bits.state = seeded
    if fields["y_valid"]:
        gen._next_double = float(fields["y"])
    if fields["float_valid"]:
        gen._next_float = float(fields["float"])


# --------------------------------------------------------------------------------------------------- in one rounding


def fma32(a: Array, b: Any, c: Any) -> Array:
    """``a * b + c`` in float32, rounded once, for float32 arguments.

    The product is exact in float64. The sum is rounded there before it is rounded to float32; that this changes the
    result needs 28 bits in a row to fall one way.
    """
    wide = a.astype(_F8)
    wide *= b
    wide += c
    return wide.astype(_F4)


def fma64(a: Array, b: float, c: float) -> Array:
    """``a * b + c`` in float64, rounded once, by error-free transformations.

    The product and its error by Dekker's (1971) and Veltkamp's splitting, the sum and its error by Knuth's (TAOCP 2,
    4.2.2).
    """
    if c == 0.0 or not math.isfinite(b + c):
        return a * b + c
    if abs(b) > 2.0**900 or abs(c) > 2.0**900:  # the splitting might overflow
        return fma64(a, b * 2.0**-200, c * 2.0**-200) * 2.0**200
    product = a * b
    a_high = _high_half(a)
    a_low = a - a_high
    b_high = float(_high_half(np.float64(b)))
    b_low = b - b_high
    error = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    total = product + c
    of_product = total - c
    error += (product - of_product) + (c - (total - of_product))
    total += error
    return total


def _high_half(a: Any) -> Any:
    scaled = a * (2.0**27 + 1)
    return scaled - (scaled - a)


def _narrow(values: Array, dtype: np.dtype[Any]) -> Array:
    """``values`` in ``dtype``; the 16-bit floats by way of float32, as PyTorch converts."""
    if dtype is _F2 or dtype is _BF:
        values = values.astype(_F4, copy=False)
    return values.astype(dtype, copy=False)


# ---------------------------------------------------------------------------------------------------------- uniform


def uniform(gen: Generator, shape: Shape, dtype: np.dtype[Any] = _F4, low: float = 0.0, high: float = 1.0) -> Array:
    """Numbers uniform on [low, high): ``torch.rand``, ``Tensor.uniform_``.

    Args:
        gen: where the bits come from.
        shape: of the result.
        dtype: floating, or complex (the bounds then hold for each part).
        low, high: the bounds.

    Raises:
        NotImplementedError: if the dtype is neither floating nor complex.
        RuntimeError: if the bounds, or their difference, do not fit the dtype, or ``low > high``.

    >>> uniform(Generator().manual_seed(0), 2, np.dtype(np.float64), -1, 1)
    array([0.940106  , 0.41563973])
    """
    count = shape if isinstance(shape, int) else math.prod(shape)
    if dtype is _F4 and low == 0.0 and high == 1.0:
        return gen.floats(count).reshape(shape)
    dtype = np.dtype(dtype)
    part = _PARTS.get(dtype)
    if part is not None:
        if not count:
            return np.empty(shape, dtype)  # whatever the bounds
        both = uniform(gen, 2 * count, part, low, high)
        return both.view(dtype).reshape(shape)
    if dtype not in _FLOATS:
        raise NotImplementedError(f"\"check_uniform_bounds\" not implemented for '{_legacy(dtype)}'")
    if low != 0.0 or high != 1.0:
        _check_uniform(low, high, dtype)
    if dtype == _F8:
        values = gen.doubles(count)
        if low != 0.0 or high != 1.0:
            values = fma64(values, float(high) - float(low), float(low))
            values[values == high] = low
    else:
        values = gen.floats(count)
        if low != 0.0 or high != 1.0:
            start = np.float32(low)
            values = fma32(values, np.float32(high) - start, start)
        values = values.astype(dtype, copy=False)
        # Rounding can reach the upper bound, which is excluded.
        bounds = _narrow(np.array([low, high], _F8), dtype)
        values[values == bounds[1]] = bounds[0]
    return values.reshape(shape)


def _check_uniform(low: float, high: float, dtype: np.dtype[Any]) -> None:
    limit = _MAX[dtype]
    for bound, name in ((low, "from"), (high, "to")):
        if not -limit <= bound <= limit:
            raise RuntimeError(f"{name} is out of bounds for {_C_NAMES[dtype]}")
    if not low <= high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if not high - low <= limit:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{_legacy(dtype)}>::max(), but found to={high:g} and "
            f"from={low:g} which result in to-from to exceed the limit"
        )


# ----------------------------------------------------------------------------------------------------------- normal


def normal(
    gen: Generator,
    shape: Shape,
    dtype: np.dtype[Any] = _F4,
    mean: float = 0.0,
    std: float = 1.0,
    *,
    contiguous: bool = True,
) -> Array:
    """Normally distributed numbers: ``torch.randn``, ``Tensor.normal_``, ``torch.normal(float, float, size)``.

    Args:
        gen: where the bits come from.
        shape: of the result.
        dtype: floating, or complex (``std`` then is that of the whole: each part has ``std / sqrt(2)``).
        mean, std: of the distribution.
        contiguous: whether PyTorch's target would be contiguous. If not it draws pairs, whatever the size; the result
            here is contiguous all the same and holds the numbers in the order of :func:`serial_view`.

    Raises:
        RuntimeError: if ``std`` is negative or NaN.
        NotImplementedError: if the dtype is neither floating nor complex, and the shape not empty.

    >>> normal(Generator().manual_seed(0), 3)
    array([ 1.5409961, -0.2934289, -2.1787894], dtype=float32)
    """
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    dtype = np.dtype(dtype)
    count = shape if isinstance(shape, int) else math.prod(shape)
    if not count:
        return np.empty(shape, dtype)
    part = _PARTS.get(dtype)
    if part is not None:
        both = normal(gen, 2 * count, part, mean, std / math.sqrt(2.0), contiguous=contiguous)
        return both.view(dtype).reshape(shape)
    if dtype not in _FLOATS:
        raise NotImplementedError(f"\"normal_kernel_cpu\" not implemented for '{_legacy(dtype)}'")
    if mean == 0.0 and std == 1.0:
        if count >= 16 and contiguous:
            return _normal_blocks(gen, count, dtype, 0.0, 1.0).reshape(shape)
        return _narrow(np.array(gen._normals(count), _F4 if dtype == _F4 else _F8), dtype).reshape(shape)
    with np.errstate(over="ignore", invalid="ignore"):
        if count >= 16 and contiguous:
            return _normal_blocks(gen, count, dtype, float(mean), float(std)).reshape(shape)
        return _narrow(fma64(gen.normals(count), float(std), float(mean)), dtype).reshape(shape)


def normal_like(gen: Generator, mean: Array | float, std: Array | float) -> Array:
    """Normally distributed numbers, each with a mean or standard deviation of its own: ``torch.normal`` with tensors.

    Args:
        gen: where the bits come from.
        mean, std: arrays that broadcast, one of which may be a number. The result has the dtype of ``mean``, or of
            ``std`` where ``mean`` is a number.

    Raises:
        RuntimeError: if ``std`` is complex, or an element of it is negative or NaN.
        NotImplementedError: if the result would be neither floating nor complex.

    >>> normal_like(Generator().manual_seed(0), np.zeros(2), np.array([0.0, 10.0]))
    array([ 0.        , -2.93428906])
    """
    if not isinstance(std, np.ndarray):
        assert isinstance(mean, np.ndarray)
        out = normal(gen, mean.shape, mean.dtype, 0.0, std)
        return _accumulate(np.add, out, mean)
    if std.dtype.kind == "c":
        raise RuntimeError("normal expects standard deviation to be non-complex")
    if std.size and not std.min() >= 0:
        raise RuntimeError("normal expects all elements of std >= 0.0")
    if isinstance(mean, np.ndarray):
        out = normal(gen, np.broadcast_shapes(mean.shape, std.shape), mean.dtype)
    else:
        out = normal(gen, std.shape, std.dtype)
        mean = np.full((), mean, out.dtype)
    return _accumulate(np.add, _accumulate(np.multiply, out, std), mean)


def _accumulate(function: np.ufunc, out: Array, other: Array) -> Array:
    """``out += other`` or the like, as PyTorch's in-place operator on tensors: what is 0-dim does not widen."""
    if other.ndim == 0 < out.ndim:
        other = other.astype(out.dtype)
    if out.dtype == _BF and other.dtype != _BF:
        # Of itself ml_dtypes would compute in bfloat16.
        out[...] = function(out.astype(_F4), other)
        return out
    function(out, other, out=out, casting="same_kind")
    return out


def _normal_blocks(gen: Generator, count: int, dtype: np.dtype[Any], mean: float, std: float) -> Array:
    """16 normals from 16 uniforms at a time; a block over the last 16 makes up for what 16 does not divide."""
    whole = count - count % 16
    # For its last block PyTorch draws afresh; in float32 and float64 it has then drawn for the ragged end already.
    extra = 16 if count > whole else 0
    skipped = count - whole if dtype in (_F4, _F8) else 0
    drawn = whole + skipped + extra
    if dtype == _F8:
        uniforms, transform = gen.doubles(drawn), _box_muller64
    else:
        uniforms, transform = gen.floats(drawn), _box_muller32
    if extra:
        uniforms = np.concatenate((uniforms[:whole], uniforms[-16:]))
    if len(uniforms) <= _CHUNK:
        blocks = transform(uniforms, mean, std)
    else:
        blocks = np.empty_like(uniforms)
        for start in range(0, len(blocks), _CHUNK):
            blocks[start : start + _CHUNK] = transform(uniforms[start : start + _CHUNK], mean, std)
    if extra:
        blocks[count - 16 : whole] = blocks[whole : whole + 16 - count % 16]
        blocks[whole:count] = blocks[whole + 16 - count % 16 :]
    return blocks[:count].astype(dtype, copy=False)


_CHUNK = 16 * 1024  # numbers: the temporaries of a chunk stay in the processor's cache


def _box_muller64(uniforms: Array, mean: float, std: float) -> Array:
    """Blocks of 16 uniform float64 numbers to normal ones: element j of a block and j + 8 give each other's pair."""
    # The C library's functions, one number at a time: NumPy's would be faster and now and then a bit off.
    halves = uniforms.reshape(-1, 2, 8).swapaxes(0, 1)
    u = (1.0 - halves[0]).ravel()  # (0, 1], for the logarithm
    angles = (_2PI * halves[1]).ravel().tolist()
    radius = np.fromiter(map(math.log, u.tolist()), _F8, len(u))
    radius *= -2.0
    np.sqrt(radius, out=radius)
    out = np.empty((2, len(u)), _F8)
    out[0] = np.fromiter(map(math.cos, angles), _F8, len(u))
    out[1] = np.fromiter(map(math.sin, angles), _F8, len(u))
    out *= radius
    out = fma64(out, std, mean)
    return out.reshape(2, -1, 8).swapaxes(0, 1).ravel()


def _box_muller32(uniforms: Array, mean: float, std: float) -> Array:
    """Blocks of 16 uniform float32 numbers to normal ones: element j of a block and j + 8 give each other's pair."""
    halves = uniforms.reshape(-1, 2, 8).swapaxes(0, 1)
    radius = _log32((_ONE - halves[0]).ravel())  # of (0, 1]
    radius *= _MINUS_TWO
    np.sqrt(radius, out=radius)
    out = _cos_sin32((halves[1] * _2PI_32).ravel())
    out *= radius
    if std != 1.0:
        out = fma32(out, np.float32(std), np.float32(mean))
    else:
        out += np.float32(mean)
    return out.reshape(2, -1, 8).swapaxes(0, 1).ravel()


# The logarithm, sine and cosine of PyTorch's float32 kernel are those of Cephes (Moshier, 1992: logf.c, sinf.c; public
# figures), evaluated eight at a time with fused multiply-adds. A fused step rounds once to float32: here each is done
# in float64, where the product is exact, and then narrowed. What is left in float32 is not fused there, or its product
# is exact anyway.


def _f4(value: float) -> Array:
    """A float32 constant."""
    return np.array(value, _F4)


def _f8(*values: float) -> Array:
    """A float64 constant with the value of a float32 one, or a column of such."""
    wide = np.array(values, _F4).astype(_F8)
    return wide.reshape(()) if len(values) == 1 else wide[:, None]


_ONE, _MINUS_TWO, _2PI_32, _HALF, _MINUS_HALF = _f4(1), _f4(-2), _f4(_2PI), _f4(0.5), _f4(-0.5)

_LOG_POLYNOMIAL = (
    _f8(7.0376836292e-2), _f8(-1.1514610310e-1), _f8(1.1676998740e-1), _f8(-1.2420140846e-1), _f8(1.4249322787e-1),
    _f8(-1.6668057665e-1), _f8(2.0000714765e-1), _f8(-2.4999993993e-1), _f8(3.3333331174e-1),
)  # fmt: skip
_LN2 = _f4(0.693359375), _f4(-2.12194440e-4)  # in two parts; the exponent times the first is exact
_SQRT_HALF_BITS = np.array(math.sqrt(0.5), _F4).view(np.int32)

# For cosine and sine, coefficients of x**2 from the highest power down.
_TRIG_POLYNOMIAL = (
    _f8(2.443315711809948e-5, -1.9515295891e-4),
    _f8(-1.388731625493765e-3, 8.3321608736e-3),
    _f8(4.166664568298827e-2, -1.6666654611e-1),
)
_4_OVER_PI = _f4(1.27323954473516)
# pi/4 in three parts; a small integer times either of the first two is exact.
_QUARTER_PI = _f4(0.78515625), _f4(2.4187564849853515625e-4), _f8(3.77489497744594108e-8)

_MANTISSA, _ODD_QUARTER, _SIGN = np.array(0x7FFFFF, np.int32), np.array(2, np.int32), np.array(4, np.int32)
_EVEN = np.array(~1, np.int32)


def _horner32(x: Array, coefficients: tuple[Array, ...]) -> Array:
    """The polynomial at ``x`` (float64 that holds float32 values) in fused float32 steps."""
    wide = x * coefficients[0]
    narrow: Array = np.empty(wide.shape, _F4)
    for coefficient in coefficients[1:-1]:
        wide += coefficient
        narrow[...] = wide
        wide[...] = narrow
        wide *= x
    wide += coefficients[-1]
    narrow[...] = wide
    return narrow


def _log32(u: Array) -> Array:
    """log(u) for normal float32 u > 0: u = 2**e (1 + x), with 1 + x from sqrt(1/2) to sqrt(2)."""
    bits = u.view(np.int32) - _SQRT_HALF_BITS
    exponent = (bits >> 23).astype(_F4)
    bits &= _MANTISSA
    bits += _SQRT_HALF_BITS
    x: Array = bits.view(_F4)
    x -= _ONE
    z = x * x
    y = _horner32(x.astype(_F8), _LOG_POLYNOMIAL)
    y *= x
    y = fma32(y, z, exponent * _LN2[1])
    z *= _HALF
    y -= z
    x += y
    exponent *= _LN2[0]
    x += exponent
    return x


def _cos_sin32(angle: Array) -> Array:
    """Rows cos(angle) and sin(angle) for float32 angles from 0 to 2 pi: shape (2, n)."""
    octant = (angle * _4_OVER_PI).astype(np.int32)
    octant += 1
    octant &= _EVEN  # to the nearest multiple of pi/2, in units of pi/4
    j = octant.astype(_F4)
    ends: Array = np.empty((2, len(angle)), _F4)  # cos = 1 + (-z/2 + z**2 p(z)), sin = x + x z q(z), where z = x**2
    factors: Array = np.empty((2, len(angle)), _F4)
    x, z = ends[1], factors[0]
    np.subtract(angle, j * _QUARTER_PI[0], out=x)
    x -= j * _QUARTER_PI[1]
    reduced = fma32(j, -_QUARTER_PI[2], x)
    x[...] = factors[1] = reduced
    np.multiply(x, x, out=z)
    np.multiply(z, _MINUS_HALF, out=ends[0])
    both = _horner32(z.astype(_F8), _TRIG_POLYNOMIAL)
    both *= z
    both = fma32(both, factors, ends)
    both[0] += _ONE
    # An odd quarter turn swaps the two; then the signs of the quadrant.
    out: Array = np.where(octant & _ODD_QUARTER, both[::-1], both)
    signs = out.view(np.int32)
    signs[1] ^= (octant & _SIGN) << 29
    octant += _ODD_QUARTER
    signs[0] ^= (octant & _SIGN) << 29
    return out


# --------------------------------------------------------------------------------------------------------- integers

_C_NAMES: dict[np.dtype[Any], str] = {
    _dtypes.bool_.numpy: "bool", _dtypes.uint8.numpy: "unsigned char", _dtypes.int8.numpy: "signed char",
    _dtypes.int16.numpy: "short int", _dtypes.int32.numpy: "int", _dtypes.int64.numpy: "long int",
    _dtypes.uint16.numpy: "short unsigned int", _dtypes.uint32.numpy: "unsigned int",
    _dtypes.uint64.numpy: "long unsigned int",
    _F2: "c10::Half", _BF: "c10::BFloat16", _F4: "float", _F8: "double",
}  # fmt: skip


def _legacy(dtype: np.dtype[Any]) -> str:
    return _dtypes.of(dtype).legacy


def _int_limits(dtype: np.dtype[Any]) -> tuple[int, int]:
    if dtype == _BOOL:
        return 0, 1
    limits = np.iinfo(dtype)
    return int(limits.min), min(int(limits.max), _INT64_MAX)  # PyTorch counts in int64, for uint64 too


_LIMITS: dict[np.dtype[Any], tuple[float, float]] = {
    d: (-_MAX[d], _MAX[d]) if d in _DIGITS else _int_limits(d) for d in _C_NAMES
}


def randint(gen: Generator, low: int, high: int, shape: Shape, dtype: np.dtype[Any] = _I8) -> Array:
    """Integers uniform on [low, high): ``torch.randint``. Raises as :func:`random_` does.

    >>> randint(Generator().manual_seed(0), 0, 10, 5)
    array([4, 9, 3, 0, 3])
    """
    return random_(gen, shape, dtype, low, high)


def random_(
    gen: Generator, shape: Shape, dtype: np.dtype[Any] = _I8, low: int | None = None, high: int | None = None
) -> Array:
    """Integers, in any real dtype: ``Tensor.random_``.

    Args:
        gen: where the bits come from.
        shape: of the result.
        dtype: of the result.
        low, high: numbers of [low, high). Without ``high``: from ``low`` to the largest the dtype holds (a floating
            one: to 2**digits, up to where it holds every integer); ``low = -2**63`` then stands for all of int64.
            With neither: from 0 to the same end.

    Raises:
        RuntimeError: if ``low >= high``, or a bound is out of the dtype's range.
        NotImplementedError: for dtypes that PyTorch has no kernel for.

    Warns:
        UserWarning: if a bound is beyond where a floating dtype holds every integer.

    >>> random_(Generator().manual_seed(0), 3, np.dtype(np.uint8))
    array([172,  47, 117], dtype=uint8)
    """
    dtype = np.dtype(dtype)
    count = shape if isinstance(shape, int) else math.prod(shape)
    if low is None:
        if high is None:
            return _random_all(gen, count, dtype).reshape(shape)
        low = 0
    if high is not None:
        if low >= high:
            raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
        if dtype in _DIGITS:
            low, high = _first_at_least(low, dtype), _end_at_most(high, dtype)
            if low >= high:
                raise RuntimeError(
                    "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got "
                    f"from={low} >= to={high}"
                )
        last = high - 1
    elif low != _INT64_MIN:
        if dtype in _DIGITS:
            last = 2 ** _DIGITS[dtype]
            low = _first_at_least(low, dtype)
            if low >= last:
                raise RuntimeError(
                    "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but "
                    f"got from={low} > to_inc={last}"
                )
        elif dtype in _C_NAMES:
            last = -1 if dtype == np.uint64 else _int_limits(dtype)[1]  # the C++ cast of 2**64 - 1, which then fails
        else:
            raise RuntimeError("random_from_to_impl handles only integral, floating-point and boolean types")
    else:
        return _random_full(gen, count, dtype).reshape(shape)
    _check_random(low, last, dtype)
    return _random_range(gen, count, dtype, low, last - low + 1).reshape(shape)


def _check_random(low: int, last: int, dtype: np.dtype[Any]) -> None:
    limits = _LIMITS.get(dtype)
    if limits is None:
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    least, most = limits
    name = _C_NAMES[dtype]
    for bound, label in ((low, "from"), (last, "to - 1")):
        if not least <= bound <= most:
            raise RuntimeError(f"{label} is out of bounds for {name}")
    digits = _DIGITS.get(dtype)
    if digits is None:
        return
    for bound, label in ((low, "from"), (last, "to - 1")):
        if not -(2**digits) <= bound <= 2**digits:
            warnings.warn(
                f"{label} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations {name} can "
                "support discrete uniform distribution only within this range. This warning will become an error in "
                "version 1.7 release, please fix the code in advance",
                UserWarning,
                stacklevel=4,
            )


def _through(value: int, dtype: np.dtype[Any]) -> int:
    """What an int64 is after a conversion to a floating dtype and back; x86 makes of all that overflows -2**63."""
    with np.errstate(over="ignore"):
        number = float(_narrow(np.array(value, _I8), dtype))
    return int(number) if -(2.0**63) <= number < 2.0**63 else _INT64_MIN


# PyTorch narrows [low, high) so that no integer in it rounds to one outside: to the next number of the dtype inside,
# reckoned from the spacing 2**(exponent - digits + 1) there.


def _first_at_least(low: int, dtype: np.dtype[Any]) -> int:
    after = _through(low + 1, dtype)
    if after < low:
        low = after + _spacing(low + 1, dtype)
    return low


def _end_at_most(high: int, dtype: np.dtype[Any]) -> int:
    before = _through(high - 1, dtype)
    if before >= high:
        high = before - _spacing(high - 1, dtype)
    return high


def _spacing(value: int, dtype: np.dtype[Any]) -> int:
    return 1 << max(abs(value).bit_length() - _DIGITS[dtype], 0)


def _random_range(gen: Generator, count: int, dtype: np.dtype[Any], low: int, span: int) -> Array:
    """``low + word % span``, with words of 64 bits from 2**28 on, where 32 would favour some numbers by 1 in 16."""
    if not count:
        return np.empty(0, dtype)
    if span >= 1 << 28:
        words = gen.long_words(count)
        words %= np.array(span, np.uint64)
        words += np.array(low % 2**64, np.uint64)
        return _narrow(words.view(np.int64), dtype)
    if count < 512:
        words = gen.words(count)
        words %= span
    else:
        words = gen.words(count).astype(np.uint32)  # division is much faster in 32 bits
        words %= np.uint32(span)
    if dtype == _I8:
        integers = words.astype(_I8) if words.itemsize == 4 else words.view(_I8)
        integers += low
        return integers
    return _narrow(words.astype(_I8) + low, dtype)


def _random_full(gen: Generator, count: int, dtype: np.dtype[Any]) -> Array:
    """All of int64, in the dtypes that PyTorch allows."""
    if not count:
        return np.empty(0, dtype)
    if dtype in (_I8, _F8, _F4, _BF):
        return _narrow(gen.long_words(count).view(np.int64), dtype)
    if dtype in (np.uint8, np.int8, np.int16, np.int32):
        raise RuntimeError("random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16")
    raise NotImplementedError(f"\"random_full_64_bits_range_kernel_cpu\" not implemented for '{_legacy(dtype)}'")


def _random_all(gen: Generator, count: int, dtype: np.dtype[Any]) -> Array:
    """From 0 to the largest of an integer dtype, to 2**digits of a floating one."""
    if not count:
        return np.empty(0, dtype)
    if dtype in _DIGITS:
        words = gen.long_words(count) if dtype == _F8 else gen.words(count)
        words %= np.uint64(2 ** _DIGITS[dtype] + 1)
        return _narrow(words.view(np.int64), dtype)
    if dtype == _I8:
        words = gen.long_words(count)
        words &= np.uint64(_INT64_MAX)
        return words.view(np.int64)
    if dtype not in (_BOOL, np.uint8, np.int8, np.int16, np.int32):
        raise NotImplementedError(f"\"random_kernel_cpu\" not implemented for '{_legacy(dtype)}'")
    words = gen.words(count)
    words &= np.uint64(_int_limits(dtype)[1])
    return words.astype(dtype)


# ------------------------------------------------------------------------------------------------------ permutations

# The most elements that a floating dtype can number; nobody minds bfloat16.
_EXACT_LIMITS = {_F2: (2**11 + 1, "2049"), _F4: (2**24 + 1, "2^24+1"), _F8: (2**53 + 1, "2^53+1")}


def randperm(gen: Generator, n: int, dtype: np.dtype[Any] = _I8) -> Array:
    """A random permutation of 0 ... n - 1: ``torch.randperm``.

    Fisher & Yates (1938) from the front; from 2**32 / 20 elements on, where 32-bit words would be too biased, Knuth's
    inside-out form with 64-bit words.

    Raises:
        RuntimeError: if ``n`` is negative, or the dtype cannot hold ``n``.
        NotImplementedError: for bool, complex and the wide unsigned dtypes.

    >>> randperm(Generator().manual_seed(0), 5)
    array([4, 0, 1, 3, 2])
    """
    dtype = np.dtype(dtype)
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    _check_randperm(n, dtype)
    if n >= (2**32 - 1) // 20:
        return _narrow(_inside_out(gen, n), dtype)
    if n < 2:
        return np.zeros(n, dtype)
    if not _FEW_SWAPS < n <= _MANY_SWAPS:
        return _narrow(_swap_in_turn(gen, n), dtype)
    steps = np.arange(n)
    targets = np.empty(n, _I8)
    targets[:-1] = gen.words(n - 1).astype(np.uint32) % np.arange(n, 1, -1, dtype=np.uint32)
    targets[-1] = 0
    targets += steps
    return _narrow(_swaps(steps, targets), dtype)


# Between these _swaps is the faster, several arrays of n numbers its price.
_FEW_SWAPS, _MANY_SWAPS = 300, 1 << 24


def _check_randperm(n: int, dtype: np.dtype[Any]) -> None:
    if dtype == _BOOL or dtype.kind == "c" or dtype in (np.uint16, np.uint32, np.uint64):
        raise NotImplementedError(f"\"randperm\" not implemented for '{_legacy(dtype)}'")
    if dtype in _EXACT_LIMITS:
        limit, written = _EXACT_LIMITS[dtype]
        if n > limit:
            raise RuntimeError(f"n cannot be greater than {written} for {_legacy(dtype)} type.")
    elif dtype != _BF and n - 1 > np.iinfo(dtype).max:
        name = "int" if dtype == np.int32 else f"{dtype.name}_t"
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")


def _swaps(steps: Array, targets: Array) -> Array:
    """What ``order = steps`` becomes by swapping, for i = 0, 1, ..., its elements i and ``targets[i] >= i``; no loop.

    Step i takes what lies at t = targets[i]. If no earlier step had that target, t itself lies there. Otherwise what
    the latest such step q put there: what lay at q before step q. That, in turn, is q if no step before q aimed at q,
    or else what lay at the latest of those: a forest of steps, whose roots are found by pointer jumping.
    """
    n = len(steps)
    keys = targets << 32
    keys |= steps
    keys.sort()  # by target, then by step
    sorted_targets = keys >> 32
    keys &= 0xFFFFFFFF
    same = sorted_targets[1:] == sorted_targets[:-1]
    earlier: Array = np.full(n, -1)  # the latest earlier step with the same target
    earlier[keys[1:][same]] = keys[:-1][same]
    content = steps.copy()  # what lies at i before step i: first, the latest step that put it there
    away = targets != steps
    content[targets[away]] = steps[away]
    while True:
        further = content[content]
        if np.array_equal(further, content):
            break
        content = further
    return np.where(earlier < 0, targets, content[earlier])


def _swap_in_turn(gen: Generator, n: int, block: int = 1 << 20) -> Array:
    order = np.arange(n)
    cells = order.data  # plain Python integers in and out, several times as fast as the array's own
    for start in range(0, n - 1, block):
        for i, word in enumerate(gen.words(min(block, n - 1 - start)).tolist(), start):
            k = i + word % (n - i)
            cells[i], cells[k] = cells[k], cells[i]
    return order


def _inside_out(gen: Generator, n: int, block: int = 1 << 20) -> Array:
    order = np.empty(n, _I8)
    cells = order.data
    for start in range(0, n, block):
        for i, word in enumerate(gen.long_words(min(block, n - start)).tolist(), start):
            k = word % (i + 1)
            cells[i] = i
            cells[i] = cells[k]
            cells[k] = i
    return order


# ----------------------------------------------------------------------------------------------------- where they go


def serial_view(target: Array) -> Array:
    """``target`` with its dimensions from the widest stride to the narrowest: the order PyTorch fills a tensor in.

    To fill an array that is not contiguous (``Tensor.uniform_`` on a transpose, say), assign to this view.

    >>> transposed = np.empty((3, 2)).T
    >>> serial_view(transposed)[...] = uniform(Generator().manual_seed(0), (3, 2))
    >>> transposed.shape, float(transposed[1, 0].round(4))
    ((2, 3), 0.7682)
    """
    order = sorted(range(target.ndim), key=lambda axis: -abs(target.strides[axis]) if target.shape[axis] > 1 else 0)
    return target.transpose(order)
