"""Repeating what a reduction took away: what the derivative rules of many families share."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

ndarray = np.ndarray

# These take ``(array, axis, dtype, out, keepdims)`` by position too, which NumPy's own annotations do not know.
add_reduce: Any = np.add.reduce
max_reduce: Any = np.maximum.reduce
min_reduce: Any = np.minimum.reduce

#: Up to this many elements, filling memory is faster than making a view that repeats one element.
SMALL = 2048


def expanded(g: Any, shape: tuple[int, ...], over: int = 1) -> Any:
    """``g / over`` repeated to ``shape``, of the dtype of ``g``.

    A large result is a read-only view in which dimensions have stride 0.
    """
    if not isinstance(g, (ndarray, np.generic)):
        return np.broadcast_to(g if over == 1 else g / over, shape)
    if g.ndim:
        if over != 1:
            g = np.true_divide(g, over)
        if prod(shape) > SMALL:
            return np.broadcast_to(g, shape)
        full = np.empty(shape, g.dtype)
        full[...] = g
        return full
    # One number: Python's division in double precision, rounded to that of g, is what division in that precision gives.
    value = g.item() / over if over != 1 and over else g
    if prod(shape) > SMALL:
        return np.broadcast_to(np.asarray(value, g.dtype), shape)
    full = np.empty(shape, g.dtype)
    full.fill(value)
    return full


def kept(g: Any, dim: Any, keepdim: bool, shape: tuple[int, ...]) -> Any:
    """``g``, of the shape a reduction of ``shape`` over ``dim`` leaves, with the reduced dimensions of length 1 again.

    ``dim``: a number, or a tuple of them, counted from the front; ``None``: all.
    """
    if keepdim or not shape:
        return g
    if dim.__class__ is int:
        return g.reshape((*shape[:dim], 1, *shape[dim + 1 :]))
    return g.reshape(tuple([1 if dim is None or i in dim else n for i, n in enumerate(shape)]))


def counted(shape: tuple[int, ...], dim: Any) -> int:
    """How many elements each element of a reduction over ``dim`` stands for."""
    if dim.__class__ is int:
        return shape[dim]
    return prod(shape) if dim is None else prod([shape[d] for d in dim])


def along(index: Any, dim: int) -> tuple[Any, ...]:
    """What takes, as an index, the elements that ``index`` names along ``dim``: at each place, of that row alone."""
    shape = index.shape
    ndim = len(shape)
    return tuple([
        index if i == dim else np.arange(n).reshape((1,) * i + (n,) + (1,) * (ndim - i - 1))
        for i, n in enumerate(shape)
    ])  # fmt: skip


def taken(x: Any, index: Any, dim: int) -> Any:
    """The elements of ``x`` that ``index`` names along ``dim``."""
    if x.__class__ is ndarray:
        return x[along(index, dim)] if x.ndim else x.copy()
    return np.take_along_axis(x, index, dim) if x.ndim else x


def placed(g: Any, index: Any, dim: int, shape: tuple[int, ...]) -> Any:
    """The adjoint of :func:`taken`: zeros of ``shape`` with ``g`` where ``index`` says, each place once."""
    if not shape:
        return g.reshape(())
    if g.__class__ is ndarray:
        whole = np.zeros(shape, g.dtype)
        whole[along(index, dim)] = g
        return whole
    return g.new_zeros(shape).scatter(dim, index, g)
