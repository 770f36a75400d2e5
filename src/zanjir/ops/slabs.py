"""Whole slices named along one dimension by an index of one dimension; and ``index_put``, for any dimensions.

index_select   y[i] = x[index[i]]                   (along dimension 0)
index_add      x[index[i]] += source[i]             the gradient of index_select, and the other way round
index_copy     x[index[i]] = source[i]
index_fill     x[index[i]] = value
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..signature import SCALARS, argument, combination, element, of_method
from ..tensor import Tensor, _dimension
from .advanced import ALL, accumulate
from .declare import Operator, functions
from .dims import axis
from .fill import scalar_array
from .index import advanced, guards
from .pointers import INDICES, TYPED, Into, array_of, bounded, flag, length, registered, same_out
from .setitem import goes, put_op
from .views import either

_INT64 = np.dtype(np.int64)


def at(index: Any, dim: int) -> tuple[Any, ...]:
    """The key for ``index`` along ``dim``."""
    return (*(ALL,) * dim, index.reshape(-1))


def _index_select(x: Any, index: Any, dim: int) -> Any:
    if not x.ndim:
        return x.copy()
    index = index.reshape(-1)
    if x.flags.c_contiguous:
        return x.take(index, dim)
    out = np.empty((*x.shape[:dim], index.size, *x.shape[dim + 1 :]), x.dtype)
    out[...] = x[at(index, dim)]
    return out


def _index_spread(g: Any, index: Any, dim: int, shape: tuple[int, ...]) -> Any:
    whole = np.zeros(shape, g.dtype)
    _add_into(whole, g, index, dim, 1)
    return whole


def _add_into(x: Any, source: Any, index: Any, dim: int, alpha: Any) -> None:
    if alpha != 1:
        source = source * np.asarray(alpha).astype(source.dtype)
    if not x.ndim:
        x += source
    elif source.size:
        accumulate(x, at(index, dim), source if source.ndim else source.reshape((1,) * x.ndim))


def _copy_into(x: Any, source: Any, index: Any, dim: int) -> None:
    if x.ndim:
        x[at(index, dim)] = source if source.ndim else source.reshape((1,) * x.ndim)
    elif index.size:
        x[...] = source.reshape(-1)[-1]


def _fill_into(x: Any, index: Any, dim: int, value: Any) -> None:
    if x.ndim:
        x[at(index, dim)] = value
    elif index.size:
        x[...] = value


def _once(index: Any) -> Any:
    return np.unique(index._array if isinstance(index, Tensor) else index)


index_select_op = Operator(
    "IndexSelectBackward0", _index_select, (lambda g, index, dim, shape: index_spread(g, index, dim, shape),),
    inputs=("x", "index"), params=("dim",),
)  # fmt: skip
index_spread_op = Operator(
    "IndexAddBackward0", _index_spread, (lambda g, index, dim: index_selected(g, index, dim),),
    inputs=("g", "index"), params=("dim", "shape"),
)  # fmt: skip
index_selected: Callable[..., Any] = either(index_select_op)
index_spread: Callable[..., Any] = either(index_spread_op)
index_add_op = Into(
    "IndexAddBackward0", _add_into,
    (lambda g: g, lambda g, index, dim, alpha, shape: _times(index_selected(g, index, dim), alpha).reshape(shape)),
    inputs=("x", "source", "index"), params=("dim", "alpha"),
)  # fmt: skip
index_copy_op = Into(
    "IndexCopyBackward0", _copy_into,
    (
        lambda g, index, dim: index_filled(g, index, dim, 0),
        lambda g, index, dim, shape: index_selected(g, index, dim).reshape(shape),
    ),
    inputs=("x", "source", "index"), params=("dim",),
)  # fmt: skip
index_fill_op = Into(
    "IndexFillBackward0", _fill_into, (lambda g, index, dim: index_filled(g, index, dim, 0),),
    inputs=("x", "index"), params=("dim", "value"), keep=True,
)  # fmt: skip
index_filled: Callable[..., Any] = either(index_fill_op)
index_fill_tensor_op = Into(
    "IndexFillBackward1", lambda x, value, index, dim: _fill_into(x, index, dim, value),
    (lambda g, index, dim: index_filled(g, index, dim, 0), lambda g, index, dim: index_selected(g, _once(index), dim)),
    inputs=("x", "value", "index"), params=("dim",), keep=True,
)  # fmt: skip


def _times(g: Any, alpha: Any) -> Any:
    return g if alpha.__class__ is int and alpha == 1 else g * alpha


@registered(out=same_out("index_select(): self and result must have the same scalar type"))
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of ``input`` along ``dim`` that ``index`` names, in its order.

    Args:
        input: a tensor of any dtype.
        dim: the dimension.
        index: int64 or int32, of one dimension (or none).

    Raises:
        IndexError: if an index is negative or too large, or ``index`` has more dimensions.
        RuntimeError: if ``index`` is of another dtype.

    >>> import zanjir
    >>> zanjir.index_select(zanjir.tensor([[1, 2], [3, 4], [5, 6]]), 0, zanjir.tensor([2, 0]))
    tensor([[5, 6],
            [1, 2]])
    """
    x, i = array_of("index_select", "input", 1, input), array_of("index_select", "index", 2, index)
    dim = axis("index_select", "dim", 1, dim, x.ndim)
    if i.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if not x.ndim and i.size != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {i.size} value(s)")
    if i.dtype not in INDICES:
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    bounded(i, dim, length(x, dim), IndexError, "index out of range in self")
    return index_select_op(input, index, dim)


def _index_add_call(input: Any, dim: Any, index: Any, source: Any, *, alpha: Any = 1) -> tuple[Into, tuple[Any, ...]]:
    x, i = array_of("index_add", "input", 1, input), array_of("index_add", "index", 2, index)
    s = array_of("index_add", "source", 3, source)
    if not isinstance(alpha, SCALARS):
        raise argument("index_add", "alpha", None, "Number", alpha)
    dim = axis("index_add", "dim", 1, dim, x.ndim)
    if i.ndim > 1:
        raise IndexError(
            f"index_add_(): Index is supposed to be a vector, but got dim: {i.ndim} with type: {index.dtype.legacy} "
            f"and size: {list(i.shape)}"
        )
    if i.dtype not in INDICES:
        raise RuntimeError(f"index_add_(): Expected dtype int32/int64 for index but got: {index.dtype.legacy}")
    if s.dtype is not x.dtype:
        raise RuntimeError(
            f"index_add_(): self ({input.dtype.legacy}) and source ({source.dtype.legacy}) must have the same scalar "
            "type"
        )
    if dim and dim >= s.ndim:
        raise RuntimeError(f"index_add_(): Indexing dim {dim} is out of bounds of the source tensor with dim {s.ndim}")
    if s.ndim or i.size != 1:
        if not s.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        if i.size != s.shape[dim]:
            raise RuntimeError(
                f"index_add_(): Number of indices ({i.size}) should be equal to source.size(dim): ({s.shape[dim]}), "
                f"for dim: {dim}"
            )
    if x.ndim != s.ndim or any(d != dim and n != m for d, (n, m) in enumerate(zip(x.shape, s.shape, strict=True))):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(x.shape)} source.shape = {list(s.shape)}"
        )
    bounded(i, dim, length(x, dim))
    alpha = 1 if alpha.__class__ is int and alpha == 1 else scalar_array("index_add", alpha, input.dtype).item()
    return index_add_op, (input, source, index, dim, alpha)


@registered(out=TYPED, in_place=_index_add_call)
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """``input`` with ``alpha`` times slice i of ``source`` added to its slice ``index[i]`` along ``dim``, for every i.

    Args:
        input: a tensor of any dtype.
        dim: the dimension.
        index: int64 or int32, of one dimension (or none).
        source: of the dtype of ``input``, and its shape but for ``dim``: there as long as ``index``.
        alpha: a number.

    Raises:
        RuntimeError: if dtypes or shapes do not go together, or an index is negative or too large.

    >>> import zanjir
    >>> zanjir.zeros(3).index_add(0, zanjir.tensor([0, 2, 0]), zanjir.tensor([1.0, 2.0, 3.0]), alpha=10)
    tensor([40.,  0., 20.])
    """
    op, args = _index_add_call(input, dim, index, source, alpha=alpha)
    return op(*args)


def _index_copy_call(input: Any, dim: Any, index: Any, source: Any) -> tuple[Into, tuple[Any, ...]]:
    x, i = array_of("index_copy", "input", 1, input), array_of("index_copy", "index", 2, index)
    s = array_of("index_copy", "source", 3, source)
    dim = axis("index_copy", "dim", 1, dim, x.ndim)
    if i.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {i.ndim})")
    if not s.ndim and i.size != 1:
        raise IndexError(f"index_copy_(): When source is scalar, index should have one element (got {i.size})")
    if s.ndim != x.ndim and s.ndim and x.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({s.ndim}), destination dimensionality ({x.ndim})"
        )
    if i.dtype is not _INT64:
        raise RuntimeError(f"index_copy_(): Expected a long tensor for index, but got {index.dtype.legacy}")
    if s.dtype is not x.dtype:
        raise RuntimeError(
            f"index_copy_(): self and source expected to have the same dtype, but got (self) {input.dtype.legacy} and "
            f"(source) {source.dtype.legacy}"
        )
    mine, theirs = [list(t.shape[:dim] + t.shape[dim + 1 :]) for t in (x, s)]
    if mine != theirs:
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{' '.join(map(str, mine))} at dimension {dim} and source slice shape: {' '.join(map(str, theirs))} at "
            "dimension 0."
        )
    if s.ndim and i.size != s.shape[dim]:
        raise IndexError(
            f"index_copy_(): Number of indices ({i.size}) should be equal to source.size(dim) ({s.shape[dim]})"
        )
    bounded(
        i,
        dim,
        length(x, dim),
        IndexError,
        "index_copy_(): index {index} is out of bounds for dimension {dim} with size {size}",
    )
    return index_copy_op, (input, source, index, dim)


@registered(out=TYPED, in_place=_index_copy_call)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """``input`` with its slice ``index[i]`` along ``dim`` replaced by slice i of ``source``, for every i.

    Args:
        input: a tensor of any dtype.
        dim: the dimension.
        index: int64, of one dimension (or none).
        source: of the dtype of ``input``, and its shape but for ``dim``: there as long as ``index``.

    Raises:
        IndexError: if an index is negative or too large, or dimensions do not go together.
        RuntimeError: if dtypes or the shapes of slices do not.

    >>> import zanjir
    >>> zanjir.zeros(3).index_copy(0, zanjir.tensor([0, 2]), zanjir.tensor([1.0, 2.0]))
    tensor([1., 0., 2.])
    """
    op, args = _index_copy_call(input, dim, index, source)
    return op(*args)


_INDEX_FILL = (
    "Tensor input, int dim, Tensor index, Tensor value", "Tensor input, int dim, Tensor index, Number value",
)  # fmt: skip


def _index_fill_call(input: Any, dim: Any, index: Any, value: Any) -> tuple[Into, tuple[Any, ...]]:
    tensor = isinstance(value, Tensor)
    if not isinstance(input, Tensor) or not isinstance(index, Tensor) or not (tensor or isinstance(value, SCALARS)):
        raise combination("index_fill", (dim, index, value), {}, *of_method(_INDEX_FILL))
    x, i = input._array, index._array
    if tensor and value._array.ndim:
        raise RuntimeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value._array.ndim} dimension(s)."
        )
    dim = axis("index_fill", "dim", 1, dim, x.ndim)
    number = value.item() if tensor else value
    if isinstance(number, complex) and x.dtype.kind != "c":
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    if i.dtype is not _INT64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if i.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    size = length(x, dim)
    wrong = i[(i < -size) | (i >= size)] if i.size else i
    if wrong.size:
        raise IndexError(f"index {wrong.reshape(-1)[0]} is out of bounds for dimension {dim} with size {size}")
    array = scalar_array("index_fill_", number, input.dtype)
    if tensor:
        return index_fill_tensor_op, (input, value, index, dim)
    return index_fill_op, (input, index, dim, array)


@registered(in_place=_index_fill_call)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """``input`` with the slices along ``dim`` that ``index`` names filled with ``value``, a number or a 0-dim tensor.

    Args:
        input: a tensor of any dtype.
        dim: the dimension.
        index: int64, of one dimension (or none); negative ones count from the end.
        value: cast to the dtype of ``input``.

    Raises:
        IndexError: if an index is out of bounds, or of another dtype.
        RuntimeError: if ``value`` has dimensions, or does not fit the dtype.

    >>> import zanjir
    >>> zanjir.zeros(2, 3).index_fill(1, zanjir.tensor([0, 2]), 7.0)
    tensor([[7., 0., 7.],
            [7., 0., 7.]])
    """
    op, args = _index_fill_call(input, dim, index, value)
    return op(*args)


# ---------------------------------------------------------------------- index_put


def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> Tensor:
    """``input`` with ``values`` written where ``indices`` point: ``y[indices] = values``.

    Args:
        input: a tensor of any dtype.
        indices: masks or integer tensors, one a dimension (a mask: one for all of its own).
        values: of the dtype of ``input``, broadcast to ``input[indices]``.
        accumulate: add instead; an index that occurs twice counts twice.

    Raises:
        IndexError: where an index is out of bounds or there are too many.
        RuntimeError: if dtypes or shapes do not go together.

    >>> import zanjir
    >>> zanjir.zeros(3).index_put((zanjir.tensor([0, 0, 2]),), zanjir.ones(3), accumulate=True)
    tensor([2., 0., 1.])
    """
    x = array_of("index_put", "input", 0, input)
    if not isinstance(indices, (tuple, list)):
        raise argument("index_put", "indices", 1, "tuple of Tensors", indices)
    for place, i in enumerate(indices):
        if not isinstance(i, Tensor):
            raise element(place, i)
    v = array_of("index_put", "values", 2, values)
    flag("index_put", "accumulate", accumulate)
    arrays: list[Any] = []
    for i in indices:
        arrays.append(i._array)
        arrays += [ALL] * (i._array.ndim - 1 if i._array.dtype.kind == "b" or i._array.dtype == np.uint8 else 0)
    if len(arrays) > x.ndim:
        if any(a is ALL for a in arrays):
            _dimension(x.ndim, x.ndim)
        raise IndexError(f"too many indices for tensor of dimension {x.ndim} (got {len(arrays)})")
    key = advanced(arrays, x.shape)
    if v.dtype is not x.dtype or v.shape[:1] == (1,):
        goes(x, key, v.shape)
    if v.dtype is not x.dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {input.dtype.legacy} for the destination "
            f"and {values.dtype.legacy} for the source."
        )
    try:
        return put_op(input, values, key, accumulate, guards(indices))
    except (IndexError, ValueError):
        goes(x, key, v.shape)
        raise


registered(in_place=True)(index_put)
functions["index_put_"] = Tensor.index_put_
