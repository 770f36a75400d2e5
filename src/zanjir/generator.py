"""The source of random numbers: PyTorch's CPU generator, word for word and state for state.

It is the Mersenne Twister MT19937 (Matsumoto & Nishimura 1998) seeded by ``init_genrand`` with the low 32 bits of the
seed. NumPy's :class:`numpy.random.MT19937` supplies that stream of 32-bit words. What PyTorch makes of them:

====================  ==================================================================================================
:func:`uniform`       24 bits of one word for float32, float16 and bfloat16, 53 bits of two words for float64
:func:`normal`        Box-Muller in blocks of 16 for 16 elements and more, in pairs below, the second kept for later
:func:`random_`       one word modulo the range, or two from a range of 2**28 on
:func:`randperm`      Fisher-Yates, one word a swap
:func:`state_bytes`   the 5056 bytes of ``torch.get_rng_state()``
====================  ==================================================================================================

The distributions are in ``sampling.py``, ``box_muller.py`` and ``sampling_integers.py``; all can be had from here too.
PyTorch's kernels on x86-64 are compiled for AVX2 with FMA: a product and a sum round once. So they do here, by
:mod:`.rounding`. (On a processor without AVX2, or on ARM, PyTorch's own ``randn`` differs from this in the last bits.)
Arrays only: what makes tensors of them is ``random.py``.

Words are taken from the stream up to 2**15 at a time, and no lock is held between: threads that share a generator get
numbers that depend on how they interleave, as they do in PyTorch.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from . import dtypes as _dtypes
from .device import cpu as _cpu
from .device import device as _Device
from .rounding import CHUNK, F4, F8, Array, fma32, fma64
from .sampling import normal, normal_like, serial_view, uniform
from .sampling_integers import randint, random_, randperm

__all__ = [
    "DEFAULT_SEED", "Generator", "default_generator", "fma32", "fma64", "load_state_bytes", "normal", "normal_like",
    "randint", "random_", "randperm", "serial_view", "state_bytes", "uniform",
]  # fmt: skip

#: What ``initial_seed()`` answers before anything was seeded: 0x3D30_19A0_53E1, PyTorch's choice.
DEFAULT_SEED = 67280421310721

_WORDS = 624  # of MT19937's state
_2PI = 2.0 * math.pi

# Constants are 0-dim arrays where calls are many: NumPy's functions take those up faster than Python's numbers.
_U4, _I4, _I8 = np.dtype(np.uint32), np.dtype(np.int32), np.dtype(np.int64)
_LOW_24, _LOW_53 = np.array(2**24 - 1, _I4), np.array(2**53 - 1, _I8)
_32 = np.array(32, np.uint64)
_UNIT_24, _UNIT_53 = np.array(2.0**-24, F4), np.array(2.0**-53, F8)


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
        if count <= CHUNK:
            # Backwards, the low half of a 64-bit word comes first, as on a little-endian machine.
            long = self.words(2 * count)[::-1].astype(_U4).view(_I8)[::-1]
            double = (long & _LOW_53).astype(F8)  # the signed conversion is the fast one
            double *= _UNIT_53
            return double
        double = np.empty(count, F8)
        for start in range(0, count, CHUNK):
            double[start : start + CHUNK] = self.doubles(min(CHUNK, count - start))
        return double

    def floats(self, count: int) -> Array:
        """``count`` float32 numbers, uniform on [0, 1): the low 24 bits of a word each."""
        words = self.words(count).astype(np.int32)
        words &= _LOW_24
        single = words.astype(F4)
        single *= _UNIT_24
        return single

    def normals(self, count: int) -> Array:
        """``count`` standard normal float64 numbers, drawn in pairs; the odd one is kept for the next call.

        Box & Muller (1958): sqrt(-2 log(1 - v)) (cos, sin)(2 pi u) for uniform u and v.
        """
        normal: Array = np.array(self._normals(count), F8)
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
    if not -(2**63) <= seed < 2**64:
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
