"""How a tensor's elements lie in memory: ``layout`` and ``memory_format`` objects, and arrays laid out as they say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import dtypes

__all__ = [
    "channels_last", "channels_last_3d", "contiguous_format", "layout", "memory_format", "preserve_format",
    "sparse_bsc", "sparse_bsr", "sparse_coo", "sparse_csc", "sparse_csr", "strided",
]  # fmt: skip


class _Name:
    """An object that stands for one choice; there is one of each, and programs compare them by identity."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, *args: Any) -> _Name:
        raise TypeError(f"cannot create '{dtypes.brand}.{cls.__name__}' instances")

    def __repr__(self) -> str:
        return f"{dtypes.brand}.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class layout(_Name):
    """How a tensor is stored: ``strided`` (in zanjir always), or one of the sparse layouts, which are names only.

    >>> import zanjir
    >>> zanjir.ones(2).layout
    zanjir.strided
    """

    __slots__ = ()
    __module__ = __package__


class memory_format(_Name):
    """In what order the dimensions of a new tensor lie in memory: ``contiguous_format``, ``preserve_format``, ..."""

    __slots__ = ()
    __module__ = __package__


def _make(cls: type[Any], name: str) -> Any:
    made = object.__new__(cls)
    made.name = name
    return made


strided: layout = _make(layout, "strided")
sparse_coo: layout = _make(layout, "sparse_coo")
sparse_csr: layout = _make(layout, "sparse_csr")
sparse_csc: layout = _make(layout, "sparse_csc")
sparse_bsr: layout = _make(layout, "sparse_bsr")
sparse_bsc: layout = _make(layout, "sparse_bsc")

contiguous_format: memory_format = _make(memory_format, "contiguous_format")
preserve_format: memory_format = _make(memory_format, "preserve_format")
channels_last: memory_format = _make(memory_format, "channels_last")
channels_last_3d: memory_format = _make(memory_format, "channels_last_3d")

#: For the formats with channels last: the dimensions from the widest stride to the narrowest.
_ORDERS = {channels_last: (0, 2, 3, 1), channels_last_3d: (0, 2, 3, 4, 1)}


def empty_as(array: np.ndarray[Any, Any], dtype: np.dtype[Any], format: memory_format | None = None) -> Any:
    """New memory for an array of the shape of ``array``, in its order of dimensions or as ``format`` says.

    ``preserve_format`` (also ``None``) keeps the strides of an array without gaps or overlaps; another gets dense ones
    in the same order of dimensions.

    Raises:
        RuntimeError: if ``format`` is for tensors of another number of dimensions.
    """
    flags = array.flags
    if format is contiguous_format or (flags.c_contiguous and format in (None, preserve_format)):
        return np.empty(array.shape, dtype)
    if format in _ORDERS:
        order = _ORDERS[format]
        if array.ndim != len(order):
            raise RuntimeError(f"required rank {len(order)} tensor to use {format.name} format")
        return strided_array(array.shape, _packed(array.shape, order[::-1]), dtype)
    if flags.f_contiguous and 1 not in array.shape:
        return np.empty(array.shape, dtype, "F")
    if is_dense(array):
        item = array.itemsize
        return strided_array(array.shape, tuple([s // item for s in array.strides]), dtype)
    return strided_array(array.shape, _packed(array.shape, _order(array)), dtype)


def copy_as(array: np.ndarray[Any, Any], format: memory_format | None = None) -> Any:
    """A copy of ``array`` in the memory :func:`empty_as` gives."""
    if array.flags.c_contiguous and (format is None or format not in _ORDERS):
        return array.copy()
    out = empty_as(array, array.dtype, format)
    out[...] = array
    return out


def is_dense(array: np.ndarray[Any, Any]) -> bool:
    """Whether the elements fill their stretch of memory without gaps or overlaps, in whatever order of dimensions."""
    step = array.itemsize
    for stride, length in sorted(zip(array.strides, array.shape, strict=True)):
        if length != 1:
            if stride != step:
                return not array.size and not any(array.strides)
            step *= length
    return True


def in_format(array: np.ndarray[Any, Any], format: memory_format) -> bool:
    """Whether ``array`` lies in memory as ``format`` would lay it out."""
    order = _ORDERS.get(format)
    if order is None:
        return bool(array.flags.c_contiguous)
    return array.ndim == len(order) and bool(array.transpose(order).flags.c_contiguous)


def strided_array(shape: tuple[int, ...], strides: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """New memory for an array with these strides, counted in elements."""
    size = 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) if math.prod(shape) else 0
    item = dtype.itemsize
    return np.ndarray(shape, dtype, np.empty(size, dtype), 0, tuple([s * item for s in strides]))


def _packed(shape: tuple[int, ...], order: Any) -> tuple[int, ...]:
    """Strides without gaps for dimensions from the narrowest to the widest."""
    strides = [0] * len(shape)
    step = 1
    for dim in order:
        strides[dim] = step
        step *= max(shape[dim], 1)
    return tuple(strides)


def _order(array: np.ndarray[Any, Any]) -> list[int]:
    """The dimensions from the narrowest stride to the widest; one without a stride of its own stays where it stands."""
    shape, strides = array.shape, array.strides
    order = list(range(array.ndim))[::-1]
    for at in range(1, array.ndim):
        place = at
        for before in range(at - 1, -1, -1):
            a, b = order[before], order[place]
            if not strides[a] or not strides[b]:
                continue
            if strides[a] > strides[b] or (strides[a] == strides[b] and shape[a] > shape[b]):
                order[before], order[place] = b, a
                place = before
            elif strides[a] < strides[b]:
                break
    return order
