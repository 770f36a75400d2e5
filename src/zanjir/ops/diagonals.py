"""Diagonals and triangles of matrices; of batches of them, the last two dimensions are the matrix."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import dtype
from ..signature import checked_dtype
from ..tensor import Tensor, _dimension, wrap
from .declare import Operator
from .dims import tensor, whole
from .inplace import public
from .protocol import numpy_function
from .shape import view
from .views import View, contiguous_strides, either, spread, strided, window_of


def _corner(shape: tuple[int, ...], strides: Any, offset: int, dim1: int, dim2: int) -> tuple[Any, Any, int]:
    """Shape and strides of a diagonal, and how far from the first element it starts."""
    a, b = (shape[dim1], shape[dim2] - offset) if offset >= 0 else (shape[dim1] + offset, shape[dim2])
    length = max(min(a, b), 0)
    start = (offset * strides[dim2] if offset >= 0 else -offset * strides[dim1]) if length else 0
    rest = [d for d in range(len(shape)) if d not in (dim1, dim2)]
    return (*[shape[d] for d in rest], length), (*[strides[d] for d in rest], strides[dim1] + strides[dim2]), start


def _window(shape: tuple[int, ...], offset: int, dim1: int, dim2: int, kind: Any) -> Any:
    return window_of(shape, *_corner(shape, contiguous_strides(shape), offset, dim1, dim2), kind)


_diagonal = View(
    "DiagonalBackward0", lambda x, offset, dim1, dim2, kind: np.diagonal(x, offset, dim1, dim2),
    lambda g, offset, dim1, dim2, kind, shape: spread(g, _window(shape, offset, dim1, dim2, kind)),
)  # fmt: skip
_diagonal_copy = Operator(
    "DiagonalBackward0_copy", lambda x, offset, dim1, dim2, kind: np.diagonal(x, offset, dim1, dim2).copy(),
    (lambda g, offset, dim1, dim2, kind, shape: spread(g, _window(shape, offset, dim1, dim2, kind)),),
)  # fmt: skip


def _two(name: str, ndim: int, dim1: Any, dim2: Any) -> tuple[int, int]:
    a = _dimension(whole(name, "dim1", 2, dim1), ndim)
    b = _dimension(whole(name, "dim2", 3, dim2), ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return a, b


@public()
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of the matrices in two dimensions, as a view; it becomes the last dimension.

    Args:
        offset: which one: above the main diagonal if positive, below it if negative.

    >>> import zanjir
    >>> zanjir.tensor([[1, 2], [3, 4]]).diagonal()
    tensor([1, 4])
    """
    x = tensor("diagonal", input)._array
    if x.ndim == 2 and dim1 == 0 and dim2 == 1 and offset.__class__ is int and x.flags.forc and x.size:
        shape, strides, start = _corner(x.shape, x.strides, offset, 0, 1)
        return _diagonal.attach(input, np.ndarray(shape, x.dtype, x, start, strides), (offset, 0, 1, x.dtype))
    offset = whole("diagonal", "offset", 1, offset)
    a, b = _two("diagonal", x.ndim, dim1, dim2)
    shape, strides, start = _corner(x.shape, input.stride(), offset, a, b)
    return _diagonal.attach(input, strided(x, shape, strides, start), (offset, a, b, x.dtype))


def _embed(x: Any, offset: int, dim1: int, dim2: int) -> Any:
    n = x.shape[-1] + abs(offset)
    shape = list(x.shape[:-1])
    for d in sorted((dim1, dim2)):
        shape.insert(d, n)
    y = np.zeros(shape, x.dtype)
    place = [slice(None)] * len(shape)
    place[dim1], place[dim2] = slice(max(-offset, 0), None), slice(max(offset, 0), None)
    part = y[tuple(place)]
    shape_, strides, _ = _corner(part.shape, [s // y.itemsize for s in part.strides], 0, dim1, dim2)
    if x.size:
        strided(part, shape_, strides)[...] = x
    return y


_diag_embed = Operator(
    "DiagEmbedBackward0", _embed, (lambda g, offset, dim1, dim2: np.diagonal(g, offset, dim1, dim2),)
)


@public()
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices of zeros whose diagonal is the last dimension of the tensor.

    >>> import zanjir
    >>> zanjir.diag_embed(zanjir.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    x = tensor("diag_embed", input)._array
    offset = whole("diag_embed", "offset", 1, offset)
    ndim = x.ndim + 1
    a = _dimension(whole("diag_embed", "dim1", 2, dim1), ndim)
    b = _dimension(whole("diag_embed", "dim2", 3, dim2), ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return _diag_embed(input, offset, a, b)


@public(out=True)
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """A matrix with this vector on its diagonal; of a matrix, a copy of its diagonal.

    >>> import zanjir
    >>> zanjir.diag(zanjir.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = tensor("diag", input)._array.ndim
    diagonal = whole("diag", "diagonal", 2, diagonal)
    if ndim == 1:
        return _diag_embed(input, diagonal, 0, 1)
    if ndim != 2:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    return _diagonal_copy(input, diagonal, 0, 1, input._array.dtype)


@public()
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A matrix with all elements of the tensor on its diagonal."""
    t = tensor("diagflat", input)
    return diag(view(t.contiguous(), (-1,)), offset)


def _trace_sum(x: Any) -> Any:
    kind = x.dtype
    if kind in dtypes.REDUCED:
        return np.asarray(np.trace(x, dtype=np.float32)).astype(kind)
    return np.trace(x, dtype=np.int64 if kind.kind in "iu" else kind)


_trace = Operator("TraceBackward0", _trace_sum, (lambda g, shape: g * np.eye(*shape, dtype=np.bool_),), inputs=("x",))


@public()
def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal of a matrix; of integers, as int64.

    >>> import zanjir
    >>> zanjir.tensor([[1., 2.], [3., 4.]]).trace()
    tensor(5.)
    """
    x = tensor("trace", input)._array
    if x.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {x.ndim}")
    if x.dtype.kind == "b":
        raise NotImplementedError("\"trace\" not implemented for 'Bool'")
    return _trace(input)


# ---------------------------------------------------------------------- triangles


def _mask(n: int, m: int, diagonal: int) -> Any:
    """Where in an n by m matrix the lower triangle is."""
    return np.tri(n, m, diagonal, np.bool_)


_small_mask = functools.lru_cache(64)(_mask)


def _lower(x: Any, diagonal: int) -> Any:
    y = np.zeros(x.shape, x.dtype)
    n, m = x.shape[-2:]
    np.copyto(y, x, where=(_small_mask if n * m <= 4096 else _mask)(n, m, diagonal))
    return y


def _upper(x: Any, diagonal: int) -> Any:
    y = x.copy()
    n, m = x.shape[-2:]
    np.copyto(y, 0, where=(_small_mask if n * m <= 4096 else _mask)(n, m, diagonal - 1), casting="unsafe")
    return y


_tril = Operator("TrilBackward0", _lower, (lambda g, diagonal: lower(g, diagonal),))
_triu = Operator("TriuBackward0", _upper, (lambda g, diagonal: upper(g, diagonal),))
lower: Any = either(_tril)
upper: Any = either(_triu)


def _triangle(name: str, op: Operator, t: Any, diagonal: Any) -> Tensor:
    if tensor(name, t)._array.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    return op(t, whole(name, "diagonal", 2, diagonal))


@public(out=True, in_place=True)
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and below a diagonal, zeros above it.

    >>> import zanjir
    >>> zanjir.ones(2, 2).tril()
    tensor([[1., 0.],
            [1., 1.]])
    """
    return _triangle("tril", _tril, input, diagonal)


@public(out=True, in_place=True)
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and above a diagonal, zeros below it.

    >>> import zanjir
    >>> zanjir.ones(2, 2).triu(1)
    tensor([[0., 1.],
            [0., 0.]])
    """
    return _triangle("triu", _triu, input, diagonal)


def _places(name: str, row: Any, col: Any, offset: Any, kind: Any, requires_grad: bool, upper: bool) -> Tensor:
    n, m, k = whole(name, "row", 1, row), whole(name, "col", 2, col), whole(name, "offset", 3, offset)
    for what, value in (("row", n), ("col", m)):
        if value < 0:
            raise RuntimeError(f"{what} must be non-negative, got{value}")
    d = dtypes.int64 if kind is None else checked_dtype(name, kind)
    if requires_grad and d.category < dtypes.FLOATING:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    if d not in (dtypes.int64, dtypes.int32):
        raise NotImplementedError(f"\"{name}\" not implemented for '{d.legacy}'")
    mask = ~np.tri(n, m, k - 1, np.bool_) if upper else np.tri(n, m, k, np.bool_)
    return wrap(np.array(mask.nonzero(), d.numpy).reshape(2, -1))


@public(method=False)
def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: dtype | None = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Rows and columns of the elements on and below a diagonal of a ``row`` by ``col`` matrix, of shape (2, n).

    >>> import zanjir
    >>> zanjir.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _places("tril_indices", row, col, offset, dtype, requires_grad, False)


@public(method=False)
def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: dtype | None = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Likewise of those on and above a diagonal."""
    return _places("triu_indices", row, col, offset, dtype, requires_grad, True)


# ---------------------------------------------------------------------- NumPy's functions on tensors


@numpy_function(np.diagonal)
def _np_diagonal(a: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    return diagonal(a, offset, axis1, axis2)


@numpy_function(np.diag)
def _np_diag(v: Tensor, k: int = 0) -> Tensor:
    return diag(v, k)


@numpy_function(np.diagflat)
def _np_diagflat(v: Tensor, k: int = 0) -> Tensor:
    return diagflat(v, k)


@numpy_function(np.tril)
def _np_tril(m: Tensor, k: int = 0) -> Tensor:
    return tril(m, k)


@numpy_function(np.triu)
def _np_triu(m: Tensor, k: int = 0) -> Tensor:
    return triu(m, k)


@numpy_function(np.trace)
def _np_trace(a: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Tensor:
    return diagonal(a, offset, axis1, axis2).sum(-1)
