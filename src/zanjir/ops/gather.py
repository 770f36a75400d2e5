"""gather and scatter: elements named along one dimension by an index of the same number of dimensions.

gather         y[i][j] = x[index[i][j]][j]          (along dimension 0)
scatter        x[index[i][j]][j] = src[i][j]
scatter_add    x[index[i][j]][j] += src[i][j]       the gradient of gather, and the other way round
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import REDUCED
from ..signature import SCALARS, argument, combination, of_method
from ..state import state
from ..tensor import Tensor, _dimension, wrap
from .advanced import accumulate, along, contiguous
from .convert import warn_once
from .declare import Operator
from .dims import axis
from .elementwise import mismatch
from .fill import scalar_array
from .pointers import INDICES, TYPED, Into, array_of, bounded, flag, length, registered
from .protocol import numpy_function
from .views import either

_INT64 = np.dtype(np.int64)


def places(index: Any, dim: int, shape: tuple[int, ...]) -> Any:
    """Where ``index`` points in a contiguous array of this shape: along ``dim``, else each to its own place."""
    if index.dtype is not _INT64:
        index = index.astype(np.int64)
    if index.ndim < 2:
        return index
    step = prod(shape[dim + 1 :])
    others = (_others if index.size > _FEW else _few_others)(index.shape, dim, shape)
    if step == 1:
        return index + others
    where = index * step
    where += others
    return where


def _others(lengths: tuple[int, ...], dim: int, shape: tuple[int, ...]) -> Any:
    """What the other dimensions than ``dim`` add to the place of an element."""
    where: Any = 0
    for d, (n, step) in enumerate(zip(lengths, contiguous(shape), strict=True)):
        if d != dim and n > 1:
            where = where + along(n, step, d, len(lengths))
    return where


_FEW = 1024
_few_others = lru_cache(256)(_others)


def _part(src: Any, index: Any) -> Any:
    """What of ``src`` belongs to ``index``: as much as that is long, along every dimension."""
    if src.shape == index.shape:
        return src
    return src.reshape(index.shape) if not src.ndim or not index.ndim else src[tuple([slice(n) for n in index.shape])]


def _gather(x: Any, index: Any, dim: int) -> Any:
    if not index.size:
        return np.empty(index.shape, x.dtype)
    return x.reshape(-1).take(places(index, dim, x.shape))


def _spread(g: Any, index: Any, dim: int, shape: tuple[int, ...]) -> Any:
    whole = np.zeros(shape, g.dtype)
    _add_into(whole, g, index, dim)
    return whole


def _add_into(x: Any, src: Any, index: Any, dim: int) -> None:
    if index.size:
        where = places(index, dim, x.shape)
        accumulate(x.reshape(-1), (where.reshape(-1),), _part(src, index).reshape(-1))


def _write_into(x: Any, src: Any, index: Any, dim: int) -> None:
    if index.size:
        x.reshape(-1)[places(index, dim, x.shape)] = _part(src, index)


def _fill_into(x: Any, index: Any, dim: int, value: Any) -> None:
    if index.size:
        x.reshape(-1)[places(index, dim, x.shape)] = value


def own(g: Any, shape: tuple[int, ...], node: str) -> Any:
    """``g`` if it has the shape its input has; for a source longer than its index PyTorch computes no gradient."""
    if tuple(g.shape) != shape:
        raise RuntimeError(
            f"Function {node} returned an invalid gradient at index 1 - got {list(g.shape)} but expected shape "
            f"compatible with {list(shape)}"
        )
    return g


gather_op = Operator(
    "GatherBackward0", _gather, (lambda g, index, dim, shape: spread(g, index, dim, shape),),
    inputs=("x", "index"), params=("dim",),
)  # fmt: skip
spread_op = Operator(
    "ScatterAddBackward0", _spread, (lambda g, index, dim: gathered(g, index, dim),),
    inputs=("g", "index"), params=("dim", "shape"),
)  # fmt: skip
gathered: Callable[..., Any] = either(gather_op)
spread: Callable[..., Any] = either(spread_op)

scatter_add_op = Into(
    "ScatterAddBackward0", _add_into,
    (lambda g: g, lambda g, index, dim, shape: own(gathered(g, index, dim), shape, "ScatterAddBackward0")),
    inputs=("x", "src", "index"), params=("dim",),
)  # fmt: skip
scatter_op = Into(
    "ScatterBackward0", _write_into,
    (
        lambda g, index, dim: scattered(g, index, dim, 0),
        lambda g, index, dim, shape: own(gathered(g, index, dim), shape, "ScatterBackward0"),
    ),
    inputs=("x", "src", "index"), params=("dim",),
)  # fmt: skip
scatter_value_op = Into(
    "ScatterBackward1", _fill_into, (lambda g, index, dim: scattered(g, index, dim, 0),),
    inputs=("x", "index"), params=("dim", "value"),
)  # fmt: skip
scattered: Callable[..., Any] = either(scatter_value_op)


def _underived(*_: Any) -> Any:
    raise RuntimeError("derivative for aten::scatter is not implemented")


def _join_into(x: Any, src: Any, index: Any, dim: int, ufunc: np.ufunc) -> None:
    if index.size:
        where = places(index, dim, x.shape)
        values = np.broadcast_to(src, where.shape) if not src.ndim else _part(src, index)
        accumulate(x.reshape(-1), (where.reshape(-1),), values.reshape(-1), ufunc)


_refused = [
    Into(
        "NotImplemented", _join_into, (lambda g: _underived(), lambda g: _underived()),
        inputs=("x", "src", "index"), params=("dim", "ufunc"),
    ),
    Into(
        "NotImplemented", lambda x, index, dim, ufunc, value: _join_into(x, value, index, dim, ufunc),
        (lambda g: _underived(),), inputs=("x", "index"), params=("dim", "ufunc", "value"),
    ),
]  # fmt: skip


def _checked_gather(x: Any, dim: int, index: Any) -> None:
    if index.size and index.dtype not in INDICES:
        raise RuntimeError("gather(): Expected dtype int32/int64 for index")
    if not index.size:
        return
    if max(x.ndim, 1) != max(index.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    for d, n in enumerate(index.shape):
        if d != dim and n > x.shape[d]:
            raise RuntimeError(
                f"Size does not match at dimension {d} expected index {list(index.shape)} to be no larger than self "
                f"{list(x.shape)} apart from dimension {dim}"
            )
    bounded(index, dim, length(x, dim))


@registered(out=TYPED)
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """The elements of ``input`` that ``index`` names along ``dim``: ``y[i][j] = input[index[i][j]][j]`` for ``dim`` 0.

    Args:
        input: a tensor of any dtype.
        dim: the dimension along which the index points.
        index: int64 or int32, with as many dimensions as ``input``, and along those other than ``dim`` not longer.
        sparse_grad: has no effect: gradients are dense.

    Returns:
        A tensor of the shape of ``index``.

    Raises:
        RuntimeError: if the shapes do not go together, or an index is negative or too large.

    >>> import zanjir
    >>> zanjir.gather(zanjir.tensor([[1, 2], [3, 4]]), 1, zanjir.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    x = array_of("gather", "input", 1, input)
    dim = axis("gather", "dim", 1, dim, x.ndim)
    _checked_gather(x, dim, array_of("gather", "index", 2, index))
    return gather_op(input, index, dim)


def _checked_scatter(x: Any, dim: Any, index: Any, src: Any = None) -> int:
    """Raises what PyTorch raises if one cannot scatter so; returns ``dim`` counted from the front."""
    dim = axis("scatter", "dim", 1, dim, x.ndim)
    if index.size and index.dtype not in INDICES:
        raise RuntimeError("scatter(): Expected dtype int32/int64 for index")
    if src is not None and src.dtype is not x.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    if not index.size:
        return int(dim)
    if max(x.ndim, 1) != max(index.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    wrong = False
    for d, n in enumerate(index.shape):
        if d != dim and n > x.shape[d]:
            wrong = True
    if src is not None and src.shape != index.shape:
        for d in range(max(x.ndim, 1)):
            if wrong:
                break
            if src.ndim:
                _dimension(d, src.ndim)
            wrong = length(index, d) > length(src, d)
        if max(src.ndim, 1) != max(index.ndim, 1):
            raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    if wrong:
        text = (
            f"Expected index {list(index.shape)} to be no larger than self {list(x.shape)} apart from dimension {dim}"
        )
        if src is not None:
            text += f" and to be no larger size than src {list(src.shape)}"
        raise RuntimeError(text)
    bounded(index, dim, length(x, dim))
    return int(dim)


_SCATTER = (
    "Tensor input, int dim, Tensor index, Tensor src, *, Tensor out = None",
    "Tensor input, int dim, Tensor index, Tensor src, *, str reduce, Tensor out = None",
    "Tensor input, int dim, Tensor index, Number value, *, Tensor out = None",
    "Tensor input, int dim, Tensor index, Number value, *, str reduce, Tensor out = None",
)
_UFUNCS = {"add": np.add, "multiply": np.multiply}


def _scatter_call(
    input: Any, dim: Any, index: Any, src: Any = None, value: Any = None, *, reduce: Any = None
) -> tuple[Into, tuple[Any, ...]]:
    given = src if value is None else value
    number = isinstance(given, SCALARS)
    if (
        not isinstance(input, Tensor)
        or not isinstance(index, Tensor)
        or not (number or (isinstance(given, Tensor) and value is None))
    ):
        rest = [v for v in (dim, index, src) if v is not None or (v is src and value is None and src is not None)]
        names = {} if value is None else {"value": value}
        raise combination("scatter", rest, names, *of_method(_SCATTER))
    x = input._array
    if number:
        dim = _checked_scatter(x, dim, index._array)
        fill = scalar_array("scatter", given, dtypes.of(x.dtype))
        if reduce is None:
            return scatter_value_op, (input, index, dim, fill)
        return _refused[1], (input, index, dim, _ufunc(reduce), fill)
    dim = _checked_scatter(x, dim, index._array, given._array)
    if reduce is None:
        return scatter_op, (input, given, index, dim)
    warn_once(
        "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future PyTorch "
        "release. Use torch.scatter_reduce instead for more reduction options.",
        3,
    )
    return _refused[0], (input, given, index, dim, _ufunc(reduce))


@registered(out=TYPED, in_place=_scatter_call)
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, value: Any = None, *, reduce: str | None = None
) -> Tensor:
    """``input`` with ``src`` where ``index`` points along ``dim``: ``y[index[i][j]][j] = src[i][j]`` for ``dim`` 0.

    Of several elements for one place the last stays; the gradient, as in PyTorch, is right only if they are equal.

    Args:
        input: a tensor of any dtype.
        dim: the dimension along which the index points.
        index: int64 or int32, along every dimension not longer than ``src``, nor, but for ``dim``, than ``input``.
        src: a tensor of the dtype of ``input``; or a number.
        value: a number, in place of ``src``.
        reduce: ``"add"`` or ``"multiply"``: how to join what is written with what is there. No gradient; prefer
            ``scatter_add`` and ``scatter_reduce``.

    Raises:
        RuntimeError: if dtypes or shapes do not go together, or an index is negative or too large.

    >>> import zanjir
    >>> zanjir.zeros(2, 3).scatter(1, zanjir.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    op, args = _scatter_call(input, dim, index, src, value, reduce=reduce)
    return op(*args)


def _ufunc(reduce: str) -> np.ufunc:
    try:
        return _UFUNCS[reduce]
    except KeyError:
        raise RuntimeError("reduce argument must be either add or multiply.") from None


def _scatter_add_call(input: Any, dim: Any, index: Any, src: Any) -> tuple[Into, tuple[Any, ...]]:
    x = array_of("scatter_add", "input", 1, input)
    i, s = array_of("scatter_add", "index", 2, index), array_of("scatter_add", "src", 3, src)
    return scatter_add_op, (input, src, index, _checked_scatter(x, dim, i, s))


@registered(out=TYPED, in_place=_scatter_add_call)
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """``input`` plus ``src`` where ``index`` points along ``dim``: ``y[index[i][j]][j] += src[i][j]`` for ``dim`` 0.

    Args:
        input: a tensor of any dtype.
        dim: the dimension along which the index points.
        index: int64 or int32, along every dimension not longer than ``src``, nor, but for ``dim``, than ``input``.
        src: a tensor of the dtype of ``input``.

    Raises:
        RuntimeError: if dtypes or shapes do not go together, or an index is negative or too large.

    >>> import zanjir
    >>> zanjir.zeros(3).scatter_add(0, zanjir.tensor([0, 2, 0]), zanjir.tensor([1.0, 2.0, 3.0]))
    tensor([4., 0., 2.])
    """
    op, args = _scatter_add_call(input, dim, index, src)
    return op(*args)


# ---------------------------------------------------------------------- scatter_reduce

_JOIN = {"sum": np.add, "prod": np.multiply, "mean": np.add, "amax": np.maximum, "amin": np.minimum}


def identity(reduce: str, dtype: np.dtype[Any]) -> Any:
    """What leaves every number as it is when joined with it."""
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    low = reduce == "amax"
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return limits.min if low else limits.max
    if dtype.kind == "b":
        return not low
    return -np.inf if low else np.inf


def _scatter_reduce(x: Any, src: Any, index: Any, dim: int, reduce: str, include_self: bool) -> Any:
    dtype = x.dtype
    x = x.astype(np.float32) if dtype in REDUCED else x.copy()
    if not index.size:
        return x.astype(dtype, copy=False)
    flat, where = x.reshape(-1), places(index, dim, x.shape).reshape(-1)
    if not include_self:
        flat[where] = identity(reduce, dtype)
    accumulate(flat, (where,), _part(src, index).reshape(-1).astype(x.dtype, copy=False), _JOIN[reduce])
    if reduce == "mean":
        count = np.bincount(where, minlength=flat.size) + (1 if include_self else 0)
        np.maximum(count, 1, out=count)
        if dtype.kind in "iub":
            flat[...] = flat // count.astype(x.dtype)
        else:
            flat /= count.astype(x.real.dtype)
    return x.astype(dtype, copy=False)


def _count(index: Any, dim: int, shape: tuple[int, ...], include_self: bool, like: Any) -> Any:
    """How many elements each element of a mean stands for."""
    index = index._array if isinstance(index, Tensor) else index
    array = like._array if isinstance(like, Tensor) else like
    count = np.bincount(places(index, dim, shape).reshape(-1), minlength=int(np.prod(shape))).reshape(shape)
    return np.maximum(count + (1 if include_self else 0), 1).astype(array.real.dtype)


def _self_rule(
    g: Any, y: Any, x: Any, src: Any, index: Any, dim: int, reduce: str, include_self: bool, shape: Any
) -> Any:
    if reduce == "mean":
        g = g / _count(index, dim, shape, include_self, g)
    elif reduce == "prod":
        # The product of the others, where x itself is 0 too.
        ones = np.where(x == 0, x + 1, x)
        g = g * joined(ones, src, index, dim, reduce, include_self) / ones
    elif reduce != "sum":
        mine, _, ties = _extremes(y, x, src, index, dim)
        g = g * mine / ties
    return g if include_self else scattered(g, index, dim, 0)


def _src_rule(
    g: Any, y: Any, x: Any, src: Any, index: Any, dim: int, reduce: str, include_self: bool, shape: Any
) -> Any:
    if reduce == "sum":
        d = gathered(g, index, dim)
    elif reduce == "mean":
        d = gathered(g / _count(index, dim, x.shape, include_self, g), index, dim)
    elif reduce == "prod":
        zero = src == 0
        zeros = gathered(spread(_ones(src) * zero, index, dim, tuple(x.shape)), index, dim)
        single = zero & (zeros == 1)
        # Of the element that alone makes the product 0: the product of the others.
        others = gathered(g * joined(x, np.where(single, src + 1, src), index, dim, reduce, include_self), index, dim)
        d = np.where(single, others, gathered(g * y, index, dim) / np.where(zero, src + 1, src))
    else:
        _, theirs, ties = _extremes(y, x, src, index, dim)
        d = gathered(g / ties, index, dim) * theirs
    return own(d, shape, "ScatterReduceBackward0")


def _ones(x: Any) -> Any:
    return np.ones(tuple(x.shape), (x._array if isinstance(x, Tensor) else x).dtype)


def _extremes(y: Any, x: Any, src: Any, index: Any, dim: int) -> tuple[Any, Any, Any]:
    """Where ``x`` and ``src`` hold the extreme, and how many elements share it: the gradient is divided among them."""
    mine = (x == y) * _ones(x)
    theirs = (src == gathered(y, index, dim)) * _ones(src)
    return mine, theirs, mine + spread(theirs, index, dim, tuple(x.shape))


reduce_op = Operator(
    "ScatterReduceBackward0", _scatter_reduce, (_self_rule, _src_rule),
    inputs=("x", "src", "index"), params=("dim", "reduce", "include_self"),
)  # fmt: skip
joined: Callable[..., Any] = either(reduce_op)


@registered(out=TYPED, in_place=True)
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """``input`` with all that ``src`` has for one place joined there: the sum, product, mean, or an extreme.

    Args:
        input: a tensor of any dtype.
        dim: the dimension along which the index points.
        index: int64 or int32, along every dimension not longer than ``src``, nor, but for ``dim``, than ``input``.
        src: a tensor of the dtype of ``input``.
        reduce: ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.
        include_self: whether the element of ``input`` takes part in what is joined at its place.

    Raises:
        RuntimeError: if dtypes or shapes do not go together, or an index is negative or too large.

    >>> import zanjir
    >>> x, i = zanjir.tensor([1.0, 9.0]), zanjir.tensor([0, 0, 1])
    >>> x.scatter_reduce(0, i, zanjir.tensor([3.0, 5.0, 7.0]), "amax"), x.scatter_reduce(0, i, zanjir.ones(3), "mean")
    (tensor([5., 9.]), tensor([1., 5.]))
    """
    x = array_of("scatter_reduce", "input", 1, input)
    i, s = array_of("scatter_reduce", "index", 2, index), array_of("scatter_reduce", "src", 3, src)
    if not isinstance(reduce, str):
        raise argument("scatter_reduce", "reduce", 4, "str", reduce)
    flag("scatter_reduce", "include_self", include_self)
    if reduce not in _JOIN:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    dim = _checked_scatter(x, dim, i, s)
    if x.dtype.kind == "c" and state.grad and (input.requires_grad or src.requires_grad):
        raise RuntimeError("scatter_reduce does not support automatic differentiation for outputs with complex dtype.")
    if x.dtype.kind == "b" and reduce == "mean":
        raise NotImplementedError("\"scatter_gather_tensor_cpu_reduce_mean\" not implemented for 'Bool'")
    return reduce_op(input, src, index, dim, reduce, include_self)


# ---------------------------------------------------------------------- take_along_dim


@registered(out=TYPED)
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """The elements of ``input`` that ``indices`` names along ``dim``, as the indices of ``argmax`` or ``argsort`` do.

    Args:
        input: a tensor of any dtype.
        indices: int64; but for ``dim`` its shape and that of ``input`` broadcast. Those out of bounds wrap around.
        dim: the dimension; by default both are seen as if of one dimension.

    Raises:
        RuntimeError: if dtypes or numbers of dimensions do not go together, or the shapes do not broadcast.

    >>> import zanjir
    >>> x = zanjir.tensor([[10, 30, 20], [60, 40, 50]])
    >>> zanjir.take_along_dim(x, zanjir.argmax(x, dim=1, keepdim=True), dim=1)
    tensor([[30],
            [60]])
    """
    x, i = array_of("take_along_dim", "input", 1, input), array_of("take_along_dim", "indices", 1, indices)
    if i.dtype is not _INT64:
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype.legacy}")
    if dim is None:
        flat = wrap(i.reshape(-1))
        bounded(flat._array, 0, x.size)
        return gather_op(input.reshape(-1), flat, 0)
    if x.ndim != i.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{x.ndim} dimensions for input, and {i.ndim} dimensions for indices"
        )
    if not x.ndim:
        raise IndexError(f"Dimension specified as {int(dim)} but tensor has no dimensions")
    dim = axis("take_along_dim", "dim", 1, dim, x.ndim)
    size, count = x.shape[dim], i.shape[dim]
    shape = list(x.shape)
    for d, (n, m) in enumerate(zip(x.shape, i.shape, strict=True)):
        if d != dim and n != m:
            if 1 not in (n, m):
                lengths = [wrap(np.empty((*t.shape[:dim], 1, *t.shape[dim + 1 :]))) for t in (x, i)]
                raise mismatch(lengths)
            shape[d] = m if n == 1 else n
    wide = (*shape[:dim], count, *shape[dim + 1 :])
    if i.shape != wide:
        i = np.broadcast_to(i, wide)
    if i.size and size and np.maximum.reduce(i.view(np.uint64), axis=None) >= size:
        i = i % size
    if input.requires_grad or x.shape != tuple(shape):
        input = input.expand(tuple(shape))
    return gather_op(input, indices if i is indices._array else wrap(i), dim)


@numpy_function(np.take_along_axis)
def _np_take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Tensor:
    arr = arr if isinstance(arr, Tensor) else wrap(np.asarray(arr))
    indices = indices if isinstance(indices, Tensor) else wrap(np.asarray(indices))
    return take_along_dim(arr, indices, axis)
