"""Random integers and permutations as PyTorch draws them, as NumPy arrays."""

from __future__ import annotations

import math
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes as _dtypes
from .rounding import BF, C_NAMES, CHUNK, DIGITS, F2, F4, F8, MAX, Array, narrow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .generator import Generator

    Shape = int | Sequence[int]

_BOOL, _I8 = np.dtype(np.bool_), np.dtype(np.int64)
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1

_NAMES: dict[np.dtype[Any], str] = {
    _dtypes.bool_.numpy: "bool", _dtypes.uint8.numpy: "unsigned char", _dtypes.int8.numpy: "signed char",
    _dtypes.int16.numpy: "short int", _dtypes.int32.numpy: "int", _dtypes.int64.numpy: "long int",
    _dtypes.uint16.numpy: "short unsigned int", _dtypes.uint32.numpy: "unsigned int",
    _dtypes.uint64.numpy: "long unsigned int",
    **C_NAMES,
}  # fmt: skip


def _legacy(dtype: np.dtype[Any]) -> str:
    return _dtypes.of(dtype).legacy


def _int_limits(dtype: np.dtype[Any]) -> tuple[int, int]:
    if dtype == _BOOL:
        return 0, 1
    limits = np.iinfo(dtype)
    return int(limits.min), min(int(limits.max), _INT64_MAX)  # PyTorch counts in int64, for uint64 too


_LIMITS: dict[np.dtype[Any], tuple[float, float]] = {
    d: (-MAX[d], MAX[d]) if d in DIGITS else _int_limits(d) for d in _NAMES
}


def randint(gen: Generator, low: int, high: int, shape: Shape, dtype: np.dtype[Any] = _I8) -> Array:
    """Integers uniform on [low, high): ``torch.randint``. Raises as :func:`random_` does.

    >>> from zanjir.generator import Generator
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

    >>> from zanjir.generator import Generator
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
        if dtype in DIGITS:
            low, high = _first_at_least(low, dtype), _end_at_most(high, dtype)
            if low >= high:
                raise RuntimeError(
                    "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got "
                    f"from={low} >= to={high}"
                )
        last = high - 1
    elif low != _INT64_MIN:
        if dtype in DIGITS:
            last = 2 ** DIGITS[dtype]
            low = _first_at_least(low, dtype)
            if low >= last:
                raise RuntimeError(
                    "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but "
                    f"got from={low} > to_inc={last}"
                )
        elif dtype in _NAMES:
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
    name = _NAMES[dtype]
    for bound, label in ((low, "from"), (last, "to - 1")):
        if not least <= bound <= most:
            raise RuntimeError(f"{label} is out of bounds for {name}")
    digits = DIGITS.get(dtype)
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
        number = float(narrow(np.array(value, _I8), dtype))
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
    return 1 << max(abs(value).bit_length() - DIGITS[dtype], 0)


def _random_range(gen: Generator, count: int, dtype: np.dtype[Any], low: int, span: int) -> Array:
    """``low + word % span``, with words of 64 bits from 2**28 on, where 32 would favour some numbers by 1 in 16."""
    if not count:
        return np.empty(0, dtype)
    if span >= 1 << 28:
        words = gen.long_words(count)
        words %= np.array(span, np.uint64)
        words += np.array(low % 2**64, np.uint64)
        return narrow(words.view(np.int64), dtype)
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
    return narrow(words.astype(_I8) + low, dtype)


def _random_full(gen: Generator, count: int, dtype: np.dtype[Any]) -> Array:
    """All of int64, in the dtypes that PyTorch allows."""
    if not count:
        return np.empty(0, dtype)
    if dtype in (_I8, F8, F4, BF):
        return narrow(gen.long_words(count).view(np.int64), dtype)
    if dtype in (np.uint8, np.int8, np.int16, np.int32):
        raise RuntimeError("random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16")
    raise NotImplementedError(f"\"random_full_64_bits_range_kernel_cpu\" not implemented for '{_legacy(dtype)}'")


def _random_all(gen: Generator, count: int, dtype: np.dtype[Any]) -> Array:
    """From 0 to the largest of an integer dtype, to 2**digits of a floating one."""
    if not count:
        return np.empty(0, dtype)
    if dtype in DIGITS:
        words = gen.long_words(count) if dtype == F8 else gen.words(count)
        words %= np.uint64(2 ** DIGITS[dtype] + 1)
        return narrow(words.view(np.int64), dtype)
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
_EXACT_LIMITS = {F2: (2**11 + 1, "2049"), F4: (2**24 + 1, "2^24+1"), F8: (2**53 + 1, "2^53+1")}


def randperm(gen: Generator, n: int, dtype: np.dtype[Any] = _I8) -> Array:
    """A random permutation of 0 ... n - 1: ``torch.randperm``.

    Fisher & Yates (1938) from the front; from 2**32 / 20 elements on, where 32-bit words would be too biased, Knuth's
    inside-out form with 64-bit words.

    Raises:
        RuntimeError: if ``n`` is negative, or the dtype cannot hold ``n``.
        NotImplementedError: for bool, complex and the wide unsigned dtypes.

    >>> from zanjir.generator import Generator
    >>> randperm(Generator().manual_seed(0), 5)
    array([4, 0, 1, 3, 2])
    """
    dtype = np.dtype(dtype)
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    _check_randperm(n, dtype)
    if n >= (2**32 - 1) // 20:
        return narrow(_inside_out(gen, n), dtype)
    if n < 2:
        return np.zeros(n, dtype)
    if n < _FEW:
        return narrow(_swap_in_turn(gen, n), dtype)
    if "scipy.linalg" in sys.modules or n >= _MANY:
        return narrow(_swap_by_lapack(_targets(gen, n)), dtype)
    return narrow(_swap_at_once(_targets(gen, n)), dtype)


_FEW, _MANY = 200, 1 << 22  # loading SciPy takes as long as four million swaps without it


def _check_randperm(n: int, dtype: np.dtype[Any]) -> None:
    if dtype == _BOOL or dtype.kind == "c" or dtype in (np.uint16, np.uint32, np.uint64):
        raise NotImplementedError(f"\"randperm\" not implemented for '{_legacy(dtype)}'")
    if dtype in _EXACT_LIMITS:
        limit, written = _EXACT_LIMITS[dtype]
        if n > limit:
            raise RuntimeError(f"n cannot be greater than {written} for {_legacy(dtype)} type.")
    elif dtype != BF and n - 1 > np.iinfo(dtype).max:
        name = "int" if dtype == np.int32 else f"{dtype.name}_t"
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")


def _swap_in_turn(gen: Generator, n: int) -> Array:
    order = list(range(n))
    for i, word in enumerate(gen.words(n - 1).tolist()):
        target = i + word % (n - i)
        order[i], order[target] = order[target], order[i]
    return np.array(order, _I8)


def _targets(gen: Generator, n: int) -> Array:
    """What each of the n elements is to be swapped with in its turn: itself, or a later one."""
    targets = np.arange(n)
    for start in range(0, n - 1, CHUNK):
        stop = min(start + CHUNK, n - 1)
        offsets = gen.words(stop - start).astype(np.uint32)  # division is much faster in 32 bits
        offsets %= np.arange(n - start, n - stop, -1, dtype=np.uint32)
        targets[start:stop] += offsets
    return targets


def _swap_by_lapack(targets: Array) -> Array:
    """What 0, 1, ... becomes by swapping, for i = 0, 1, ..., its elements i and ``targets[i] >= i``.

    LAPACK's dlaswp swaps the rows of a matrix like this for an LU factorisation: here it has one column.
    """
    from scipy.linalg.lapack import dlaswp

    order: Array = dlaswp(np.arange(len(targets), dtype=F8)[:, None], targets, overwrite_a=True)
    return order[:, 0].astype(_I8)


def _swap_at_once(targets: Array) -> Array:
    """The same by NumPy alone.

    Step i takes what lies at t = targets[i]. If no earlier step had that target, t itself lies there. Otherwise what
    the latest such step q put there: what lay at q before step q. That, in turn, is q if no step before q aimed at q,
    or else what lay at the latest of those: a forest of steps, climbed from all of them at a time. (Where an index
    comes up twice in an assignment, the last value stays.)
    """
    steps = np.arange(len(targets))
    content = steps.copy()  # what lies at i before step i: first, the latest step that put it there
    content[targets] = steps
    # All but the latest step at each target are the earlier ones of some step; of these, all but the latest, and so on.
    latest = content.copy()
    earlier: Array = np.full(len(targets), -1)  # the latest earlier step with the same target
    rest, aims = steps, targets
    while True:
        others = (latest[aims] != rest).nonzero()[0]
        rest, aims = rest[others], aims[others]
        if not len(rest):
            break
        earlier[latest[aims]] = rest
        latest[aims] = rest
    still = (targets == steps).nonzero()[0]  # a step that swaps nothing puts nothing there
    before = earlier[still]
    content[still] = np.where(before < 0, still, before)
    out = targets.copy()
    climbing = (earlier >= 0).nonzero()[0]
    reached = earlier[climbing]
    while len(climbing):
        out[climbing] = reached
        further = content[reached]
        moving = (further != reached).nonzero()[0]
        climbing, reached = climbing[moving], further[moving]
    return out


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
