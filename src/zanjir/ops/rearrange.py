"""Copies with the elements in another order, or repeated."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from ..layout import contiguous_format, empty_as
from ..signature import combination
from ..tensor import Tensor, _dimension, wrap
from .convert import clone
from .declare import Operator, functions
from .dims import axis, distinct, function_only, given, is_integer, numbers, tensor, whole
from .inplace import fit, public
from .protocol import numpy_function
from .shape import expanded_to, flatten, reshaped, unsqueeze, view
from .views import contiguous_strides, either, strided

_ALL = slice(None)


# ---------------------------------------------------------------------- copies in another order


def _flip(x: Any, dims: tuple[int, ...]) -> Any:
    if not x.ndim:
        return x.copy()
    if x.flags.c_contiguous:
        return x[(*(_ALL,) * dims[0], slice(None, None, -1)) if len(dims) == 1 else _backwards(x, dims)].copy()
    y = empty_as(x, x.dtype)
    y[...] = x[_backwards(x, dims)]
    return y


def _backwards(x: Any, dims: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple([slice(None, None, -1) if i in dims else _ALL for i in range(x.ndim)])


def _roll(x: Any, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Any:
    if not dims:
        return _roll(x.reshape(-1), shifts, (0,)).reshape(x.shape)
    for s, d in zip(shifts, dims, strict=True):
        n = x.shape[d]
        start = -s % n if n else 0
        lead = (_ALL,) * d
        x = np.concatenate((x[(*lead, slice(start, None))], x[(*lead, slice(start))]), d)
    return np.ascontiguousarray(x)


def _rot90(x: Any, k: int, dims: tuple[int, int]) -> Any:
    a, b = dims
    if not k:
        return x.copy()
    if k == 2:
        return _flip(x, dims)
    y = _flip(x, (b if k == 1 else a,))
    return (y if y.size else strided(y, y.shape, contiguous_strides(y.shape))).swapaxes(a, b)


def _repeat(x: Any, blocks: tuple[int, ...], once: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    y = np.empty(blocks, x.dtype)
    y[...] = x.reshape(once)
    return y.reshape(shape)


_flip_op = Operator("FlipBackward0", _flip, (lambda g, dims: flipped(g, dims),))
_roll_op = Operator("RollBackward0", _roll, (lambda g, shifts, dims: rolled(g, tuple([-s for s in shifts]), dims),))
_rot90_op = Operator("Rot90Backward0", _rot90, (lambda g, k, dims: rotated(g, -k % 4, dims),))
_repeat_op = Operator(
    "RepeatBackward0", _repeat, (lambda g, blocks, once, shape: fit(g.reshape(blocks), once).reshape(shape),),
    params=("blocks", "once", "whole"), inputs=("x",),
)  # fmt: skip
flipped: Any = either(_flip_op)
rolled: Any = either(_roll_op)
rotated: Any = either(_rot90_op)


def _flipped(t: Tensor, dims: tuple[int, ...]) -> Tensor:
    ndim = t._array.ndim
    return _flip_op(t, distinct([_dimension(d, ndim) for d in dims]) if ndim or dims else ())


@public(function=False)
def flip(self: Tensor, *dims: Any, **kwargs: Any) -> Tensor:
    """A copy with the order of elements reversed along ``dims``.

    >>> import zanjir
    >>> zanjir.arange(3).flip(0)
    tensor([2, 1, 0])
    """
    return _flipped(self, given("flip", "dims", dims, kwargs))


@function_only
def flip_function(input: Tensor, dims: Sequence[int]) -> Tensor:
    """See :meth:`Tensor.flip`."""
    return _flipped(tensor("flip", input), numbers("flip", "dims", 2, dims))


@public()
def fliplr(input: Tensor) -> Tensor:
    """A copy with the second dimension reversed."""
    if tensor("fliplr", input)._array.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return _flipped(input, (1,))


@public()
def flipud(input: Tensor) -> Tensor:
    """A copy with the first dimension reversed."""
    if tensor("flipud", input)._array.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return _flipped(input, (0,))


@public()
def roll(input: Tensor, shifts: Any, dims: Any = ()) -> Tensor:
    """A copy with the elements moved on by ``shifts`` along ``dims``, around the end; without them, as if flattened.

    >>> import zanjir
    >>> zanjir.arange(4).roll(1)
    tensor([3, 0, 1, 2])
    """
    t = tensor("roll", input)
    by = (as_index(shifts),) if is_integer(shifts) else numbers("roll", "shifts", 1, shifts)
    along = (as_index(dims),) if is_integer(dims) else numbers("roll", "dims", 2, dims)
    if not by:
        raise RuntimeError("`shifts` required")
    if len(by) != len(along) and (along or len(by) != 1):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(by)}, dims:{len(along)}")
    ndim = t._array.ndim
    if along and not ndim:
        _dimension(along[0], 0)
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return _roll_op(t, by, tuple([_dimension(d, ndim) for d in along]))


@public()
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """A copy turned ``k`` times by 90 degrees in the plane of two dimensions, from the first towards the second.

    >>> import zanjir
    >>> zanjir.tensor([[1, 2], [3, 4]]).rot90()
    tensor([[2, 4],
            [1, 3]])
    """
    t = tensor("rot90", input)
    k, plane = whole("rot90", "k", 1, k), numbers("rot90", "dims", 2, dims)
    ndim = t._array.ndim
    if len(plane) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(plane)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    a, b = plane
    if a == b or abs(a - b) == ndim:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {a} and dim1 = {b}")
    return _rot90_op(t, k % 4, (_dimension(a, ndim), _dimension(b, ndim)))


def _repeated(t: Tensor, repeats: tuple[int, ...]) -> Tensor:
    shape = t._array.shape
    if len(repeats) < len(shape):
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    shape = (1,) * (len(repeats) - len(shape)) + shape
    result = tuple([n * r for n, r in zip(shape, repeats, strict=True)])
    for n in result:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(result)}")
    blocks = tuple([part for n, r in zip(shape, repeats, strict=True) for part in (r, n)])
    once = tuple([part for n in shape for part in (1, n)])
    return _repeat_op(t, blocks, once, result)


@public(function=False)
def repeat(self: Tensor, *repeats: Any, **kwargs: Any) -> Tensor:
    """A copy in which the whole tensor is repeated along each dimension; further dimensions come in front.

    >>> import zanjir
    >>> zanjir.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    return _repeated(self, given("repeat", "repeats", repeats, kwargs))


def _tiled(t: Tensor, dims: tuple[int, ...]) -> Tensor:
    return _repeated(t, (1,) * (t._array.ndim - len(dims)) + dims)


@public(function=False)
def tile(self: Tensor, *dims: Any, **kwargs: Any) -> Tensor:
    """As :meth:`Tensor.repeat`; dimensions that are not named, the first ones, are not repeated."""
    return _tiled(self, given("tile", "dims", dims, kwargs))


@function_only
def tile_function(input: Tensor, dims: Sequence[int]) -> Tensor:
    """See :meth:`Tensor.tile`."""
    return _tiled(tensor("tile", input), numbers("tile", "dims", 2, dims))


@public()
def repeat_interleave(
    input: Tensor | None = None, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """A copy in which every element along ``dim`` is repeated, ``repeats`` times, or each as often as a tensor says.

    With one tensor alone: the number ``i`` as often as its element ``i`` says.

    >>> import zanjir
    >>> zanjir.tensor([1, 2]).repeat_interleave(2)
    tensor([1, 1, 2, 2])
    """
    if repeats is None and dim is None and isinstance(input, Tensor):
        return _counts(input, output_size)
    if input is None and isinstance(repeats, Tensor):
        return _counts(repeats, output_size)
    t = tensor("repeat_interleave", input)
    if not is_integer(repeats) and not isinstance(repeats, Tensor):
        raise combination(
            "repeat_interleave", (repeats,), {}, "Tensor repeats, int dim = None, *, int output_size = None",
            "int repeats, int dim = None, *, int output_size = None",
        )  # fmt: skip
    if dim is None:
        t, dim = flatten(t), 0
    if isinstance(repeats, Tensor):
        ndim, length = t._array.ndim, 1
        d = axis("repeat_interleave", "dim", 2, dim, ndim)
        length = t._array.shape[d] if ndim else 1
        counts = repeats
        if not counts._array.ndim or counts._array.shape == (1,):
            counts = expanded_to(reshaped(counts, (1,)), (length,))
        elif counts._array.ndim == 1:
            if counts._array.shape[0] != length:
                raise RuntimeError(
                    "repeats must have the same size as input along dim, but got repeats.size(0) = "
                    f"{counts._array.shape[0]} and input.size({d}) = {length}"
                )
        else:
            raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
        return functions["index_select"](t, d, _counts(counts, output_size))
    n = as_index(repeats)
    if n < 0:
        raise RuntimeError("Repeats must be non-negative")
    shape = t._array.shape
    d = axis("repeat_interleave", "dim", 2, dim, len(shape))
    if not shape:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    if output_size is not None and output_size != n * shape[d]:
        raise RuntimeError(f"repeat_interleave: Invalid output_size, expected {n * shape[d]} but got {output_size}")
    wide = unsqueeze(t, d + 1)
    wide = expanded_to(wide, (*shape[: d + 1], n, *shape[d + 1 :]))
    return view(clone(wide, memory_format=contiguous_format), (*shape[:d], n * shape[d], *shape[d + 1 :]))


def _counts(repeats: Tensor, output_size: int | None) -> Tensor:
    """0, 1, 2, ..., each as often as the element of ``repeats`` at that place says."""
    x = repeats._array
    if x.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if x.dtype not in (np.int64, np.int32):
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{repeats.dtype.legacy}'")
    if (x < 0).any():
        raise RuntimeError("repeats can not be negative")
    if output_size is not None and x.sum() != output_size:
        raise RuntimeError("allocated size does not match required size")
    return wrap(np.repeat(np.arange(len(x), dtype=x.dtype), x))


# ---------------------------------------------------------------------- NumPy's functions on tensors


@numpy_function(np.flip)
def _np_flip(m: Tensor, axis: Any = None) -> Tensor:
    return _flipped(
        m, tuple(range(m._array.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    )


numpy_function(np.fliplr)(fliplr)
numpy_function(np.flipud)(flipud)


@numpy_function(np.roll)
def _np_roll(a: Tensor, shift: Any, axis: Any = None) -> Tensor:
    if axis is None:
        return roll(a, shift)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    shifts = (shift,) * len(axes) if isinstance(shift, (int, np.integer)) else tuple(shift)
    return roll(a, shifts, axes * (len(shifts) if len(axes) == 1 else 1))


@numpy_function(np.rot90)
def _np_rot90(m: Tensor, k: int = 1, axes: Any = (0, 1)) -> Tensor:
    return rot90(m, k, axes)


@numpy_function(np.tile)
def _np_tile(A: Tensor, reps: Any) -> Tensor:
    return _tiled(A, (reps,) if isinstance(reps, int) else tuple(reps))


@numpy_function(np.repeat)
def _np_repeat(a: Tensor, repeats: Any, axis: int | None = None) -> Tensor:
    counts = repeats if isinstance(repeats, (int, Tensor)) else wrap(np.asarray(repeats, np.int64))
    return repeat_interleave(a, counts, axis)
