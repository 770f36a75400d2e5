"""A tensor seen as if of one dimension: ``take`` and ``put``; and where its elements are not zero.

take   y[i] = x.flatten()[index[i]]
put    x.flatten()[index[i]] = source[i]            adding is the gradient of take, and the other way round
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import Tensor, _dimension, wrap
from .advanced import ALL, accumulate
from .declare import Operator, functions
from .inplace import to_out
from .pointers import Into, array_of, flag, registered, same_out
from .protocol import numpy_function
from .views import either

_INT64 = np.dtype(np.int64)


def _take(x: Any, index: Any) -> Any:
    return x.reshape(-1).take(index) if index.size else np.empty(index.shape, x.dtype)


def _put_into(x: Any, source: Any, index: Any, add: bool) -> None:
    flat, where, values = x.reshape(-1), index.reshape(-1), source.reshape(-1)
    if not add:
        flat[where] = values
    elif index.size:
        accumulate(flat, (where,), values)


def _take_back(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    whole = np.zeros(shape, g.dtype)
    _put_into(whole, g, index, True)
    return whole


def _zeroed(g: Any, index: Any) -> Any:
    g = g.copy()
    g.reshape(-1)[index.reshape(-1)] = 0
    return g


take_op = Operator(
    "TakeBackward0", _take, (lambda g, index, shape: taken_back(g, index, shape),), inputs=("x", "index")
)
taken_flat: Callable[..., Any] = either(take_op)
taken_back: Callable[..., Any] = either(
    Operator(
        "PutBackward0", _take_back, (lambda g, index: taken_flat(g, index),), inputs=("g", "index"), params=("shape",)
    )
)
zeroed: Callable[..., Any] = either(
    Operator("PutBackward0", _zeroed, (lambda g, index: zeroed(g, index),), inputs=("g", "index"))
)
put_flat_op = Into(
    "PutBackward0", _put_into,
    (
        lambda g, index, accumulate: g if accumulate else zeroed(g, index),
        lambda g, index, shape: taken_flat(g, index).reshape(shape),
    ),
    inputs=("x", "source", "index"), params=("accumulate",), keep=True,
)  # fmt: skip


def _flat_bounds(i: Any, size: int) -> None:
    wrong = i[(i < -size) | (i >= size)] if i.size else i
    if wrong.size:
        raise IndexError(f"out of range: tried to access index {wrong.reshape(-1)[0]} on a tensor of {size} elements.")


@registered(
    out=same_out(
        "take(): self and out expected to have the same dtype, but got self.dtype = {want} and out.dtype = {have}"
    )
)
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements of ``input``, seen as if of one dimension, that ``index`` names; of the shape of ``index``.

    Args:
        input: a tensor of any dtype.
        index: int64; negative ones count from the end.

    Raises:
        IndexError: if an index is out of bounds.
        RuntimeError: if ``index`` is of another dtype.

    >>> import zanjir
    >>> zanjir.take(zanjir.tensor([[4, 3, 5], [6, 7, 8]]), zanjir.tensor([0, 2, 5]))
    tensor([4, 5, 8])
    """
    x, i = array_of("take", "input", 1, input), array_of("take", "index", 1, index)
    if i.dtype is not _INT64:
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {index.dtype.legacy}")
    if i.size and not x.size:
        raise IndexError("take(): tried to take from an empty tensor")
    _flat_bounds(i, x.size)
    return take_op(input, index)


def _put_call(input: Any, index: Any, source: Any, accumulate: Any = False) -> tuple[Into, tuple[Any, ...]]:
    x, i = array_of("put", "input", 1, input), array_of("put", "index", 1, index)
    s = array_of("put", "source", 2, source)
    flag("put", "accumulate", accumulate)
    if s.dtype is not x.dtype:
        raise RuntimeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = {input.dtype.legacy} and "
            f"source.dtype = {source.dtype.legacy}"
        )
    if i.dtype is not _INT64:
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {index.dtype.legacy}")
    if s.size != i.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{s.size}, index.numel() = {i.size}"
        )
    _flat_bounds(i, x.size)
    return put_flat_op, (input, source, index, accumulate)


@registered(in_place=_put_call)
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """``input``, seen as if of one dimension, with ``source`` written where ``index`` points.

    Args:
        input: a tensor of any dtype.
        index: int64; negative ones count from the end.
        source: a tensor of the dtype of ``input`` with as many elements as ``index``.
        accumulate: add instead; an index that occurs twice counts twice.

    Raises:
        IndexError: if an index is out of bounds, or the numbers of elements differ.
        RuntimeError: if dtypes do not go together.

    >>> import zanjir
    >>> zanjir.zeros(2, 2).put(zanjir.tensor([1, -1]), zanjir.tensor([5.0, 6.0]))
    tensor([[0., 5.],
            [0., 6.]])
    """
    op, args = _put_call(input, index, source, accumulate)
    return op(*args)


@numpy_function(np.take)
def _np_take(a: Any, indices: Any, axis: int | None = None) -> Tensor:
    a = a if isinstance(a, Tensor) else wrap(np.asarray(a))
    i = indices._array if isinstance(indices, Tensor) else np.asarray(indices)
    if axis is None:
        return take(a, wrap(i.astype(np.int64)))
    return a[(*(ALL,) * _dimension(axis, a._array.ndim), wrap(i.astype(np.int64)) if i.ndim else int(i))]


# ---------------------------------------------------------------------- where something is not zero


def _nonzero(x: Any) -> Any:
    if not x.ndim:
        return np.empty((1 if x else 0, 0), np.int64)
    flat = np.flatnonzero(x if x.dtype.kind == "b" else x != 0)
    found = np.empty((x.ndim, flat.size), np.int64)
    for d in range(x.ndim - 1, 0, -1):
        above = flat // x.shape[d]
        np.subtract(flat, above * x.shape[d], out=found[d])
        flat = above
    found[0] = flat
    return found.T


@registered()
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Where the elements are not zero.

    Args:
        input: a tensor of any dtype, of n dimensions.
        as_tuple: whether to give a tuple, fit for indexing.

    Returns:
        An int64 tensor with a row of n indices for every element that is not zero; or its n columns, as a tuple.

    >>> import zanjir
    >>> x = zanjir.tensor([[1, 0], [0, 2]])
    >>> zanjir.nonzero(x), zanjir.nonzero(x, as_tuple=True)
    (tensor([[0, 0],
            [1, 1]]), (tensor([0, 1]), tensor([0, 1])))
    """
    x = array_of("nonzero", "input", 1, input)
    flag("nonzero", "as_tuple", as_tuple)
    if as_tuple:
        return tuple([wrap(i) for i in _nonzero(x if x.ndim else x.reshape(1)).T])
    return wrap(_nonzero(x))


def _nonzero_function(input: Tensor, *, as_tuple: bool = False, out: Tensor | None = None) -> Any:
    result = nonzero(input, as_tuple=as_tuple)
    if out is None:
        return result
    if out._array.dtype is not _INT64:
        raise RuntimeError(
            f"nonzero: Expected out tensor to have scalar type Long but got scalar type{out.dtype.legacy}"
        )
    return to_out("nonzero", out, result)


_nonzero_function.__name__ = _nonzero_function.__qualname__ = "nonzero"
_nonzero_function.__doc__ = nonzero.__doc__
functions["nonzero"] = _nonzero_function


@registered()
def argwhere(input: Tensor) -> Tensor:
    """Where the elements are not zero: an int64 tensor with a row of indices for each of them.

    >>> import zanjir
    >>> zanjir.argwhere(zanjir.tensor([0, 3, 4]))
    tensor([[1],
            [2]])
    """
    return wrap(_nonzero(array_of("argwhere", "input", 1, input)))


@registered()
def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """As :func:`nonzero`, with exactly ``size`` rows: cut off, or filled up with ``fill_value``.

    >>> import zanjir
    >>> zanjir.nonzero_static(zanjir.tensor([0, 3, 4]), size=3)
    tensor([[ 1],
            [ 2],
            [-1]])
    """
    x = array_of("nonzero_static", "input", 1, input)
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    found = _nonzero(x)[:size]
    out = np.full((size, x.ndim), fill_value, np.int64)
    out[: len(found)] = found
    return wrap(out)
