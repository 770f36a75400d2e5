"""Order: ``sort argsort msort topk kthvalue median nanmedian``.

All choose elements, and the gradient goes to those that were chosen. NaN counts as larger than any number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, return_types
from ..dtypes import FLOATING
from ..signature import argument, combination, missing
from ..state import state
from ..tensor import Tensor, wrap
from ..tensor import _dimension as dimension
from .arguments import tensor_argument
from .declare import Operator
from .expand import add_reduce, placed, taken
from .extremes import choose, chosen, evenly
from .inplace import overlaps, public
from .protocol import numpy_function
from .reduce import UNSET, Reduction, nonempty, numpy_names, rounded, unsupported, whole, wide
from .select import MANY, RADIX, SHORT, introsort, quickselect, top

ndarray = np.ndarray
_OF = dtypes._BY_NUMPY
_OUTPUTS = ("values", "indices")


def order(x: Any, dim: int, descending: bool) -> Any:
    """The indices that sort ``x`` along ``dim``; equal elements stay in their order."""
    x = wide(x)
    if not descending:
        return x.argsort(dim, kind="stable")
    back = (slice(None),) * dim + (slice(None, None, -1),)
    return x.shape[dim] - 1 - x[back].argsort(dim, kind="stable")[back]


def span(dim: int, start: int, stop: int | None) -> tuple[slice, ...]:
    """What takes, as an index, the part from ``start`` to ``stop`` along ``dim``."""
    return (*(slice(None),) * dim, slice(start, stop))


def laid_out(y: Any, x: Any) -> Any:
    """``y`` with its dimensions in memory in the order ``x`` has them, unless elements of ``x`` share memory."""
    if x.flags.c_contiguous or overlaps(x):
        return rounded(y, y.dtype)
    like = np.empty_like(x, dtype=y.dtype)
    like[...] = y
    return like


def positions(x: Any, dim: int, descending: bool, stable: bool) -> Any:
    """As :func:`order`, where equal elements stay in their order only if they must (``stable``), or are few."""
    n = x.shape[dim]
    if stable or n <= SHORT or (x.ndim == 1 and n >= RADIX and x.dtype.kind in "iu" and not descending):
        return order(x, dim, descending)
    matrix = rows(wide(x), dim)
    places = order(matrix, 1, descending)
    rank, equal = ranks(matrix[np.arange(len(matrix))[:, None], places])
    for row in few(equal.any(1), n):
        q = list(range(n))
        introsort(q, keys(rank, places, row), n)
        places[row] = q
    return np.moveaxis(places.reshape(*x.shape[:dim], *x.shape[dim + 1 :], n), -1, dim).copy()


def in_order(x: Any, dim: int, descending: bool, stable: bool) -> tuple[Any, Any]:
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    indices = positions(x, dim, descending, stable)
    return laid_out(taken(x, indices, dim), x), laid_out(indices, x)


def back(g: Any, indices: Any, dim: int, shape: Any) -> Any:
    """The gradient of the elements at ``indices``: each to where it came from."""
    return placed(g, indices, dim, shape)


sort_ = Operator("SortBackward0", in_order, (back,), outputs=_OUTPUTS)
sort_stable = Operator("SortBackward1", in_order, (back,), outputs=_OUTPUTS)

# ---------------------------------------------------------------------- the k-th, the first k


def rows(x: Any, dim: int) -> Any:
    """``x`` as a matrix whose rows run along ``dim``."""
    x = np.moveaxis(x, dim, -1)
    return x.reshape(-1, x.shape[-1]) if x.size else x.reshape(0, 0)


def ranks(ordered: Any) -> tuple[Any, Any]:
    """Of sorted rows: the rank of every element, the same for equal ones; and where one equals the one before."""
    before, after = ordered[:, :-1], ordered[:, 1:]
    equal = (before == after) | ((before != before) & (after != after))
    rank = np.zeros(ordered.shape, np.int64)
    np.cumsum(~equal, 1, out=rank[:, 1:])
    return rank, equal


def few(tied: Any, n: int) -> Any:
    """The rows, of ``n`` elements each, whose ties are to be ordered as PyTorch does: all, unless that is too much."""
    found = np.flatnonzero(tied)
    return found if len(found) * n <= MANY else ()


def keys(rank: Any, places: Any, row: int) -> list[int]:
    """The ranks of one row in the order of its elements."""
    key = np.empty(rank.shape[1], np.int64)
    key[places[row]] = rank[row]
    found: list[int] = key.tolist()
    return found


def largest(x: Any, k: int, dim: int, descending: bool, in_order: bool) -> tuple[Any, Any]:
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    if not k or not x.size:
        indices = np.empty((*x.shape[:dim], k, *x.shape[dim + 1 :]), np.int64)
        return indices.astype(x.dtype), indices
    n = x.shape[dim]
    places = order(x, dim, descending)
    first = places[span(dim, 0, k + 1)]
    values = wide(taken(x, first, dim))
    before, after = values[span(dim, 0, -1)], values[span(dim, 1, None)]
    if (in_order or k * 64 <= n) and (before > after if descending else before < after).all():
        indices = places[span(dim, 0, k)].copy()
        return values[span(dim, 0, k)].astype(x.dtype, order="C"), indices
    matrix = rows(wide(x), dim)
    places = rows(places, dim)
    found = places[:, :k]
    ordered = matrix[np.arange(len(matrix))[:, None], places]
    rank, equal = ranks(ordered)
    unordered = not in_order and k * 64 > n
    for row in few(equal[:, :k].any(1) | unordered, n):
        q = list(range(n))
        top(q, keys(rank, places, row), k, in_order)
        found[row] = q[:k]
    shape = [length for i, length in enumerate(x.shape) if i != dim]
    indices = np.moveaxis(found.reshape(*shape, k), -1, dim).copy()
    return rounded(taken(x, indices, dim), x.dtype), indices


def kth(x: Any, k: int, dim: int, keepdim: bool) -> tuple[Any, Any]:
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    places = order(x, dim, False)
    here = places[span(dim, k - 1, k)].copy()
    near = wide(taken(x, places[span(dim, max(k - 2, 0), k + 1)], dim))
    if (near[span(dim, 0, -1)] < near[span(dim, 1, None)]).all():
        return choose(x, here, dim, keepdim)
    matrix = rows(wide(x), dim)
    places = rows(places, dim)
    found = places[:, k - 1].copy()
    rank, equal = ranks(matrix[np.arange(len(matrix))[:, None], places])
    tied = np.zeros(len(matrix), bool)
    if k > 1:
        tied |= equal[:, k - 2]
    if k < matrix.shape[1]:
        tied |= equal[:, k - 1]
    for row in few(tied, matrix.shape[1]):
        q = list(range(matrix.shape[1]))
        quickselect(q, keys(rank, places, row), k - 1)
        found[row] = q[k - 1]
    return choose(x, found.reshape(here.shape), dim, keepdim)


topk_ = Operator("TopkBackward0", largest, (back,), outputs=_OUTPUTS)
kthvalue_ = Operator(
    "KthvalueBackward0", kth, (lambda g, indices, dim, keepdim, shape: chosen(g, indices, dim, keepdim, shape),),
    outputs=_OUTPUTS,
)  # fmt: skip

# ---------------------------------------------------------------------- the median


def middle(x: Any, dim: int, keepdim: bool, skip: bool) -> tuple[Any, Any]:
    """The lower median along ``dim``; the first NaN if there is one, unless those are to be skipped."""
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    places = order(x, dim, False)
    n = x.shape[dim]
    largest = taken(x, places[span(dim, n - 1, n)], dim)
    if (largest == largest).all():
        return choose(x, places[span(dim, (n - 1) // 2, (n - 1) // 2 + 1)].copy(), dim, keepdim)
    count = add_reduce(x != x, dim, np.int64, None, True)
    at = np.maximum(n - count - 1, 0) // 2 if skip else np.where(count > 0, n - count, (n - 1) // 2)
    return choose(x, taken(places, at, dim), dim, keepdim)


def middle_of_all(x: Any, skip: bool) -> Any:
    if not x.size:
        return np.array(np.nan if _OF[x.dtype].category == FLOATING else np.iinfo(x.dtype).min, x.dtype)
    return middle(x.reshape(-1), 0, False, skip)[0]


median_all = Reduction("MedianBackward0", lambda x: middle_of_all(x, False), lambda g, x, y: evenly(g, x, y))
nanmedian_all = Reduction("NanmedianBackward0", lambda x: middle_of_all(x, True), lambda g, x, y: evenly(g, x, y))
median_dim = Operator(
    "MedianBackward1",
    lambda x, dim, keepdim: middle(x, dim, keepdim, False),
    (lambda g, indices, dim, keepdim, shape: chosen(g, indices, dim, keepdim, shape),),
    outputs=_OUTPUTS,
)
nanmedian_dim = Operator(
    "NanmedianBackward1",
    lambda x, dim, keepdim: middle(x, dim, keepdim, True),
    (lambda g, indices, dim, keepdim, shape: chosen(g, indices, dim, keepdim, shape),),
    outputs=_OUTPUTS,
)

# ---------------------------------------------------------------------- what users call

Sort, Topk, Kthvalue, Median, Nanmedian = (
    return_types.make(name, _OUTPUTS) for name in ("sort", "topk", "kthvalue", "median", "nanmedian")
)


@public(out=True)
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = None, **names: Any) -> Any:
    """The elements in order along ``dim``, and where they were: a named tuple ``(values, indices)``.

    Args:
        input: a real tensor.
        dim: the dimension to sort along.
        descending: the largest first.
        stable: whether equal elements must stay in their order.

    Raises:
        IndexError: where there is no such dimension.

    >>> import zanjir
    >>> zanjir.tensor([2.0, 3.0, 1.0]).sort().indices
    tensor([2, 0, 1])
    """
    x = tensor_argument("sort", "input", 1, input)
    if names:
        dim, _ = numpy_names("sort", names, dim, False)
    dim = _sorted_along("sort", dim, x.ndim)
    if x.dtype.kind == "c":
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    return Sort((sort_ if stable is None else sort_stable)(input, dim, bool(descending), bool(stable)))


@public()
def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = None, **names: Any
) -> Tensor:
    """The indices that sort ``input`` along ``dim``; see :func:`sort`.

    >>> import zanjir
    >>> zanjir.tensor([2.0, 3.0, 1.0]).argsort(descending=True)
    tensor([1, 0, 2])
    """
    x = tensor_argument("argsort", "input", 1, input)
    if names:
        dim, _ = numpy_names("argsort", names, dim, False)
    dim = _sorted_along("argsort", dim, x.ndim)
    if x.dtype.kind == "c":
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    if not x.ndim:
        return wrap(np.zeros((), np.int64))
    return wrap(laid_out(state.now.run(positions, x, dim, bool(descending), bool(stable)), x))


@public(out=True)
def msort(input: Tensor) -> Tensor:
    """The elements in order along the first dimension.

    >>> import zanjir
    >>> zanjir.tensor([[2.0, 1.0], [1.0, 3.0]]).msort()
    tensor([[1., 1.],
            [2., 3.]])
    """
    values: Tensor = sort(input, 0).values
    return values


def _rank(name: str, k: Any) -> int:
    """The argument ``k``, which must be given and be a whole number."""
    if k is UNSET:
        raise missing(name, "k")
    if isinstance(k, (float, str, bool)) or not hasattr(k, "__index__"):
        raise argument(name, "k", 1, "int", k)
    return int(k.__index__())


def _sorted_along(name: str, dim: Any, ndim: int) -> int:
    try:
        return dimension(whole(name, dim), ndim)
    except TypeError:
        raise combination(
            name, (dim,), {}, "*, bool stable, int dim = -1, bool descending = False",
            "int dim = -1, bool descending = False",
        ) from None  # fmt: skip


@public(out=True)
def topk(input: Tensor, k: int = UNSET, dim: int = -1, largest: bool = True, sorted: bool = True, **names: Any) -> Any:
    """The ``k`` largest elements along ``dim``, and where they are: a named tuple ``(values, indices)``.

    Args:
        input: a real tensor.
        k: how many.
        dim: the dimension to look along.
        largest: ``False``: the smallest instead.
        sorted: whether they come in order.

    Raises:
        RuntimeError: if there are fewer than ``k``.
        IndexError: where there is no such dimension.

    >>> import zanjir
    >>> zanjir.tensor([2.0, 3.0, 1.0]).topk(2).values
    tensor([3., 2.])
    """
    x = tensor_argument("topk", "input", 1, input)
    if names:
        dim, _ = numpy_names("topk", names, dim, False)
    k = _rank("topk", k)
    dim = dimension(whole("topk", dim, 2), x.ndim)
    if not 0 <= k <= (x.shape[dim] if x.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if x.dtype.kind in "cb":
        raise RuntimeError(f"{'topk' if x.dtype.kind == 'b' else ' topk'} does not support "
                           f"{'complex' if x.dtype.kind == 'c' else 'bool'} dtypes on CPU")  # fmt: skip
    return Topk(topk_(input, k, dim, bool(largest), bool(sorted)))


@public(out=True)
def kthvalue(input: Tensor, k: int = UNSET, dim: int = -1, keepdim: bool = False, **names: Any) -> Any:
    """The ``k``-th smallest element along ``dim``, from 1, and where it is: a named tuple ``(values, indices)``.

    Raises:
        RuntimeError: if there is no such element.
        IndexError: where there is no such dimension, or it is empty.

    >>> import zanjir
    >>> zanjir.tensor([2.0, 3.0, 1.0]).kthvalue(2).values
    tensor(2.)
    """
    x = tensor_argument("kthvalue", "input", 1, input)
    if names:
        dim, keepdim = numpy_names("kthvalue", names, dim, keepdim)
    k = _rank("kthvalue", k)
    dim = dimension(whole("kthvalue", dim, 2), x.ndim)
    if x.ndim:
        nonempty("kthvalue", x.shape, dim)
    if not 1 <= k <= (x.shape[dim] if x.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    if x.dtype.kind in "cb":
        raise unsupported("kthvalue_cpu", x.dtype)
    return Kthvalue(kthvalue_(input, k, dim, keepdim))


def _median(name: str, all_: Any, along: Any, result: Any, input: Tensor, dim: Any, keepdim: bool, names: Any) -> Any:
    x = tensor_argument(name, "input", 1, input)
    if names:
        dim, keepdim = numpy_names(name, names, dim, keepdim)
    if dim is None:
        if x.dtype.kind in "cb":
            raise unsupported("median_cpu", x.dtype)
        return all_(input)
    dim = dimension(whole(name, dim), x.ndim)
    if x.ndim:
        nonempty("median", x.shape, dim)
    if x.dtype.kind in "cb":
        raise unsupported("median_out", x.dtype)
    return result(along(input, dim, keepdim))


@public(out=True)
def median(input: Tensor, dim: int | None = None, keepdim: bool = False, **names: Any) -> Any:
    """The median of all elements; or, along ``dim``, the median and where it is, a named tuple ``(values, indices)``.

    Of an even number of elements it is the lower of the two in the middle; NaN if there is one.

    Raises:
        IndexError: where there is no such dimension, or it is empty.

    >>> import zanjir
    >>> zanjir.tensor([4.0, 1.0, 3.0, 2.0]).median()
    tensor(2.)
    """
    return _median("median", median_all, median_dim, Median, input, dim, keepdim, names)


@public(out=True)
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False, **names: Any) -> Any:
    """The median of the elements that are not NaN; otherwise as :func:`median`.

    >>> import zanjir
    >>> zanjir.tensor([4.0, float("nan"), 3.0, 2.0]).nanmedian()
    tensor(3.)
    """
    return _median("nanmedian", nanmedian_all, nanmedian_dim, Nanmedian, input, dim, keepdim, names)


# ---------------------------------------------------------------------- under NumPy's names


@numpy_function(np.sort)
def numpy_sort(a: Tensor, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    return sort(a.reshape(-1) if axis is None else a, -1 if axis is None else axis)[0]


@numpy_function(np.argsort)
def numpy_argsort(a: Tensor, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    return argsort(a.reshape(-1) if axis is None else a, -1 if axis is None else axis)
