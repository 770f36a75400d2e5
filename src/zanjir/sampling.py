"""Uniform and normal random numbers as PyTorch draws them, as NumPy arrays: the very same ones, bit for bit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes as _dtypes
from .box_muller import box_muller32, box_muller64
from .rounding import BF, C_NAMES, CHUNK, DIGITS, F4, F8, MAX, Array, fma32, fma64, narrow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .generator import Generator

    Shape = int | Sequence[int]

_PARTS: dict[np.dtype[Any], np.dtype[Any]] = {np.dtype(np.complex64): F4, np.dtype(np.complex128): F8}


def _legacy(dtype: np.dtype[Any]) -> str:
    return _dtypes.of(dtype).legacy


# ---------------------------------------------------------------------------------------------------------- uniform


def uniform(gen: Generator, shape: Shape, dtype: np.dtype[Any] = F4, low: float = 0.0, high: float = 1.0) -> Array:
    """Numbers uniform on [low, high): ``torch.rand``, ``Tensor.uniform_``.

    Args:
        gen: where the bits come from.
        shape: of the result.
        dtype: floating, or complex (the bounds then hold for each part).
        low, high: the bounds.

    Raises:
        NotImplementedError: if the dtype is neither floating nor complex.
        RuntimeError: if the bounds, or their difference, do not fit the dtype, or ``low > high``.

    >>> from zanjir.generator import Generator
    >>> uniform(Generator().manual_seed(0), 2, np.dtype(np.float64), -1, 1)
    array([0.940106  , 0.41563973])
    """
    count = shape if isinstance(shape, int) else math.prod(shape)
    if dtype is F4 and low == 0.0 and high == 1.0:
        return gen.floats(count).reshape(shape)
    dtype = np.dtype(dtype)
    part = _PARTS.get(dtype)
    if part is not None:
        if not count:
            return np.empty(shape, dtype)  # whatever the bounds
        both = uniform(gen, 2 * count, part, low, high)
        return both.view(dtype).reshape(shape)
    if dtype not in DIGITS:
        raise NotImplementedError(f"\"check_uniform_bounds\" not implemented for '{_legacy(dtype)}'")
    if low != 0.0 or high != 1.0:
        _check_uniform(low, high, dtype)
    if dtype == F8:
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
        bounds = narrow(np.array([low, high], F8), dtype)
        values[values == bounds[1]] = bounds[0]
    return values.reshape(shape)


def _check_uniform(low: float, high: float, dtype: np.dtype[Any]) -> None:
    limit = MAX[dtype]
    for bound, name in ((low, "from"), (high, "to")):
        if not -limit <= bound <= limit:
            raise RuntimeError(f"{name} is out of bounds for {C_NAMES[dtype]}")
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
    dtype: np.dtype[Any] = F4,
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

    >>> from zanjir.generator import Generator
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
    if dtype not in DIGITS:
        raise NotImplementedError(f"\"normal_kernel_cpu\" not implemented for '{_legacy(dtype)}'")
    if mean == 0.0 and std == 1.0:
        if count >= 16 and contiguous:
            return _normal_blocks(gen, count, dtype, 0.0, 1.0).reshape(shape)
        return narrow(np.array(gen._normals(count), F4 if dtype == F4 else F8), dtype).reshape(shape)
    with np.errstate(over="ignore", invalid="ignore"):
        if count >= 16 and contiguous:
            return _normal_blocks(gen, count, dtype, float(mean), float(std)).reshape(shape)
        return narrow(fma64(gen.normals(count), float(std), float(mean)), dtype).reshape(shape)


def normal_like(gen: Generator, mean: Array | float, std: Array | float) -> Array:
    """Normally distributed numbers, each with a mean or standard deviation of its own: ``torch.normal`` with tensors.

    Args:
        gen: where the bits come from.
        mean, std: arrays that broadcast, one of which may be a number. The result has the dtype of ``mean``, or of
            ``std`` where ``mean`` is a number.

    Raises:
        RuntimeError: if ``std`` is complex, or an element of it is negative or NaN.
        NotImplementedError: if the result would be neither floating nor complex.

    >>> from zanjir.generator import Generator
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
    if out.dtype == BF and other.dtype != BF:
        # Of itself ml_dtypes would compute in bfloat16.
        out[...] = function(out.astype(F4), other)
        return out
    function(out, other, out=out, casting="same_kind")
    return out


def _normal_blocks(gen: Generator, count: int, dtype: np.dtype[Any], mean: float, std: float) -> Array:
    """16 normals from 16 uniforms at a time; a block over the last 16 makes up for what 16 does not divide."""
    source, transform = (gen.doubles, box_muller64) if dtype == F8 else (gen.words, box_muller32)
    ragged = count % 16
    whole = count - ragged
    # For its last block PyTorch draws afresh; in float32 and float64 it has then drawn for the ragged end already.
    skipped = ragged if dtype in (F4, F8) else 0
    out: Array = np.empty(count, F8 if dtype == F8 else F4)
    if dtype == F8 and count >= _MANY:
        import scipy.special  # noqa: F401  (for its logarithm)
    for start in range(0, whole, CHUNK):
        stop = min(start + CHUNK, whole)
        if ragged and stop == whole:
            drawn = source(stop - start + skipped + 16)
            blocks = transform(np.concatenate((drawn[: stop - start], drawn[-16:])), mean, std)
            out[start:stop], out[-16:] = blocks[:-16], blocks[-16:]
        else:
            out[start:stop] = transform(source(stop - start), mean, std)
    return out.astype(dtype, copy=False)


_MANY = 1 << 22  # loading SciPy takes as long as drawing so many without it


# ----------------------------------------------------------------------------------------------------- where they go


def serial_view(target: Array) -> Array:
    """``target`` with its dimensions from the widest stride to the narrowest: the order PyTorch fills a tensor in.

    To fill an array that is not contiguous (``Tensor.uniform_`` on a transpose, say), assign to this view.

    >>> from zanjir.generator import Generator
    >>> transposed = np.empty((3, 2)).T
    >>> serial_view(transposed)[...] = uniform(Generator().manual_seed(0), (3, 2))
    >>> transposed.shape, float(transposed[1, 0].round(4))
    ((2, 3), 0.7682)
    """
    order = sorted(range(target.ndim), key=lambda axis: -abs(target.strides[axis]) if target.shape[axis] > 1 else 0)
    return target.transpose(order)
