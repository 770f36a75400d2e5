"""Reductions: many elements to one, over all dimensions or some of them.

The derivative of a reduction repeats the gradient along the dimensions that were reduced (:func:`.expand.kept` puts
them back with length 1, broadcasting does the rest) and weighs it by each element's share in the result.

Half precision is added up in float32 and rounded once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import FLOATING, REDUCED, dtype
from ..node import clock
from ..signature import argument, checked_dtype, combination, missing, unexpected
from ..state import state
from ..tensor import Tensor, new, refresh, version_of, wrap
from ..tensor import _dimension as dimension
from .arguments import dimensions, tensor_argument
from .declare import _OUTPUT, Operator, as_array, conj, functions
from .expand import add_reduce, counted, expanded, kept
from .inplace import public
from .protocol import numpy_function

ndarray = np.ndarray
_OF = dtypes._BY_NUMPY
_BOOL, _BYTE, _LONG, _F32, _F64 = map(np.dtype, (np.bool_, np.uint8, np.int64, np.float32, np.float64))
_FLOATS = frozenset((_F32, _F64))

Dims = int | Iterable[int] | None


class Unset:
    """Stands for an argument that was not given, where ``None`` would mean something else."""

    def __repr__(self) -> str:
        return "..."


UNSET: Any = Unset()


class Reduction(Operator):
    """An operator of one tensor with one result, called the short way."""

    __slots__ = ("takes_x", "takes_y")

    def __init__(self, node: str, forward: Callable[..., Any], rule: Callable[..., Any], **options: Any) -> None:
        super().__init__(node, forward, (rule,), **options)
        self.takes_x, self.takes_y = bool(self.masks[0] & 1), bool(self.masks[0] & _OUTPUT)

    def __call__(self, input: Tensor, *params: Any) -> Tensor:
        now = state.now
        return self.tensor(now, input, now.run(self.forward, input._array, *params), params)

    def tensor(self, now: Any, input: Tensor, y: Any, params: tuple[Any, ...]) -> Tensor:
        """The tensor for the result ``y``, recorded if a gradient may flow."""
        if y.__class__ is not ndarray:
            y = np.asarray(y)
        t = new(Tensor)
        t._array = y
        t._grad = t._counter = t._base = t._meta = None
        if input._base is not None:
            refresh(input)
        if input._rg and now.grad:
            t._node = node = new(self.node)
            t._rg = True
            node.next = (input._node or input,)
            node.saved = (input if self.takes_x else None,)
            node.versions = (0 if input._counter is None else input._counter.n,)
            if self.params:
                node.params = params
            if self.takes_y:
                node.kept = [y, version_of(t), 0]
            node.seq = next(clock)
            node.shape = y.shape
            node.dtype = y.dtype
            if y.dtype.kind in "iub":
                raise RuntimeError(f"Autograd not support dtype: {_OF[y.dtype].legacy}")
        else:
            t._node = None
            t._rg = False
        return t


# ---------------------------------------------------------------------- reading arguments


def reduced(name: str, dim: Dims, ndim: int) -> int | tuple[int, ...]:
    """The dimensions to reduce: a number from the front, or a tuple of them; all for ``None`` and for none at all.

    Raises:
        IndexError: where there is no such dimension.
        RuntimeError: where one is named twice.
        TypeError: if ``dim`` is something else.
    """
    if dim.__class__ is int and -ndim <= dim < ndim:
        return dim + ndim if dim < 0 else dim
    try:
        return dimensions(
            dim if dim is None or isinstance(dim, int) else tuple([d.__index__() for d in _listed(dim)]), ndim
        )
    except (TypeError, AttributeError):
        raise argument(name, "dim", 1, "tuple of ints", dim) from None


def _listed(dim: Any) -> Any:
    return (dim,) if hasattr(dim, "__index__") and not getattr(dim, "ndim", 0) else dim


def numpy_names(name: str, names: dict[str, Any], dim: Any, keepdim: bool) -> tuple[Any, bool]:
    """``dim`` and ``keepdim``, if they were given under NumPy's names for them."""
    for key, value in names.items():
        if key == "axis":
            dim = value
        elif key == "keepdims":
            keepdim = value
        else:
            raise unexpected(name, key)
    return dim, keepdim


def unsupported(kernel: str, kind: np.dtype[Any]) -> NotImplementedError:
    """What PyTorch says of a dtype it has no code for."""
    return NotImplementedError(f"\"{kernel}\" not implemented for '{_OF[kind].legacy}'")


def whole(name: str, dim: Any, position: int | None = 1) -> int:
    """One dimension, given as a number.

    Raises:
        TypeError: if it is none.
    """
    if dim.__class__ is int:
        return dim
    if dim is UNSET:
        raise missing(name, "dim")
    if not isinstance(dim, (float, str, bool)) and hasattr(dim, "__index__"):
        return int(dim.__index__())
    raise argument(name, "dim", position, "int", dim)


def nonempty(name: str, shape: tuple[int, ...], dim: Any, colon: str = "():") -> None:
    """Raises what PyTorch raises where nothing is to be reduced by an operator without a neutral element."""
    for d in _listed(dim):
        if not shape[dimension(d, len(shape))]:
            raise IndexError(f"{name}{colon} Expected reduction dim {d} to have non-zero size.")


def converted(x: Any, kind: np.dtype[Any]) -> Any:
    """The array cast to ``kind``; a complex one loses its imaginary part without a word."""
    if x.dtype.kind == "c" != kind.kind:
        x = x.real
    return x.astype(kind, copy=False)


def rounded(y: Any, kind: np.dtype[Any]) -> Any:
    """A result as it is to be stored: of dtype ``kind``, in the usual order in memory."""
    if y.dtype is not kind:
        y = y.astype(kind)
    return y.copy("C") if y.ndim > 1 and not y.flags.c_contiguous else y


def wide(x: Any) -> Any:
    """Half precision as float32; anything else as it is."""
    return x.astype(_F32) if x.dtype in REDUCED else x


#: The dtype of a sum or product: integers become int64.
_SUMS = {d.numpy: d.numpy if d.category >= FLOATING else _LONG for d in dtypes.ALL}


def _sum_type(name: str, x: Any, given: Any) -> Any:
    return _SUMS[x.dtype] if given is None else checked_dtype(name, given).numpy


# ---------------------------------------------------------------------- sum, mean, product


def accumulate(ufunc: Any) -> Callable[..., Any]:
    """The reduction by ``ufunc`` with a result of dtype ``kind``."""

    def forward(x: Any, dim: Any, keepdim: bool, kind: np.dtype[Any]) -> Any:
        if x.dtype is not kind:
            x = converted(x, kind)
        return rounded(ufunc.reduce(x, dim, _F32 if kind in REDUCED else None, None, keepdim), kind)

    return forward


total = accumulate(np.add)
multiplied = accumulate(np.multiply)


def add_up(x: Any, dim: Any) -> Any:
    """Σ along ``dim``, which stays with length 1: for rules, on arrays and tensors."""
    if x.__class__ is ndarray and x.dtype in REDUCED:
        return total(x, dim, True, x.dtype)
    return add_reduce(x, axis=dim, keepdims=True)


def averaged(x: Any, dim: Any, keepdim: bool, kind: np.dtype[Any]) -> Any:
    if x.dtype is not kind:
        x = converted(x, kind)
    y = add_reduce(x, dim, _F32 if kind in REDUCED else None, None, keepdim)
    return rounded(y / counted(x.shape, dim), kind)


#: The parameters of a sum or mean of all elements in their own dtype.
_AS_IT_IS = (None,)


def _average(x: Any) -> Any:
    return add_reduce(x, None) / x.size


sum_all = Reduction(
    "SumBackward0",
    lambda x, kind: total(x, None, False, kind),
    lambda g, shape: expanded(g, shape),
)
sum_dims = Reduction(
    "SumBackward1", total, lambda g, dim, keepdim, shape: expanded(kept(g, dim, keepdim, shape), shape)
)
mean_all = Reduction(
    "MeanBackward0",
    lambda x, kind: averaged(x, None, False, kind),
    lambda g, shape: expanded(g, shape, prod(shape)),
)
mean_dims = Reduction(
    "MeanBackward1",
    averaged,
    lambda g, dim, keepdim, shape: expanded(kept(g, dim, keepdim, shape), shape, counted(shape, dim)),
)


def others(x: Any, y: Any, dim: int) -> Any:
    """For every element, the product of all others along ``dim``; ``y`` is the product of them all.

    Where there is a zero, the products of what comes before and of what comes after, which needs no division.
    """
    if not (x == 0).any():
        return y / x
    x = wide(x)
    first = (np.arange(x.shape[dim]) == 0).reshape([-1 if i == dim else 1 for i in range(x.ndim)])
    before = np.cumprod(np.where(first, 1, np.roll(x, 1, dim)), dim)
    after = np.cumprod(np.where(first, 1, np.roll(np.flip(x, dim), 1, dim)), dim)
    return before * np.flip(after, dim)


prod_all = Reduction(
    "ProdBackward0",
    lambda x, kind: multiplied(x, None, False, kind),
    lambda g, x, y: g * conj(others(x.reshape(-1), y, 0).reshape(x.shape)),
)
prod_dim = Reduction(
    "ProdBackward1",
    multiplied,
    lambda g, x, y, dim, keepdim: (
        kept(g, dim, keepdim, x.shape) * conj(others(x, kept(y, dim, keepdim, x.shape), dim)) if x.ndim else g
    ),
)


@public(out=True)
def _sum(input: Tensor, dim: Dims = UNSET, keepdim: bool = False, *, dtype: Any = None, **names: Any) -> Tensor:
    """The sum of all elements, or along ``dim``.

    Args:
        input: a tensor of any dtype.
        dim: the dimension or dimensions to sum over; all by default.
        keepdim: whether they stay, with length 1.
        dtype: cast to this first; by default int64 for integers and bool, else the dtype of ``input``.

    Raises:
        IndexError: where there is no such dimension.

    >>> import zanjir
    >>> zanjir.tensor([[1.0, 2.0], [3.0, 4.0]]).sum(1)
    tensor([3., 7.])
    """
    try:
        x = input._array
    except AttributeError:
        raise argument("sum", "input", 1, "Tensor", input) from None
    if dim is UNSET and dtype is None and not names:
        if x.dtype in _FLOATS:
            now = state.now
            return sum_all.tensor(now, input, now.run(add_reduce, x, None), _AS_IT_IS)
        return sum_all(input, _SUMS[x.dtype])
    if names:
        dim, keepdim = numpy_names("sum", names, dim, keepdim)
    kind = _sum_type("sum", x, dtype)
    if dim is UNSET:
        return sum_all(input, kind)
    return sum_dims(input, _several("sum", dim, x.ndim), keepdim, kind)


@public(out=True)
def mean(input: Tensor, dim: Dims = UNSET, keepdim: bool = False, *, dtype: Any = None, **names: Any) -> Tensor:
    """The mean of all elements, or along ``dim``; NaN where there are none.

    Args:
        input: a floating or complex tensor, or any if ``dtype`` is given.
        dim: the dimension or dimensions to average over; all by default.
        keepdim: whether they stay, with length 1.
        dtype: cast to this first.

    Raises:
        RuntimeError: for integers without ``dtype``.
        IndexError: where there is no such dimension.

    >>> import zanjir
    >>> zanjir.tensor([[1.0, 2.0], [3.0, 4.0]]).mean()
    tensor(2.5000)
    """
    try:
        x = input._array
    except AttributeError:
        raise argument("mean", "input", 1, "Tensor", input) from None
    if dim is UNSET and dtype is None and not names and x.dtype in _FLOATS:
        now = state.now
        return mean_all.tensor(now, input, now.run(_average, x), _AS_IT_IS)
    if names:
        dim, keepdim = numpy_names("mean", names, dim, keepdim)
    kind = x.dtype if dtype is None else checked_dtype("mean", dtype).numpy
    if _OF[kind].category < FLOATING:
        raise RuntimeError(
            f"mean(): could not infer output dtype. {'Input' if dtype is None else 'Optional'} dtype must be either a "
            f"floating point or complex dtype. Got: {_OF[kind].legacy}"
        )
    if dim is UNSET:
        return mean_all(input, kind)
    return mean_dims(input, _several("mean", dim, x.ndim), keepdim, kind)


def _several(name: str, dim: Any, ndim: int) -> int | tuple[int, ...]:
    """As :func:`reduced`, for functions with a signature without ``dim``, too."""
    try:
        return reduced(name, dim, ndim)
    except TypeError:
        raise combination(
            name, (dim,), {}, "*, torch.dtype dtype = None",
            "tuple of ints dim, bool keepdim = False, *, torch.dtype dtype = None",
        ) from None  # fmt: skip


@public(out=True)
def _prod(input: Tensor, dim: int = UNSET, keepdim: bool = False, *, dtype: Any = None, **names: Any) -> Tensor:
    """The product of all elements, or along one dimension.

    Args:
        input: a tensor of any dtype.
        dim: the dimension to multiply along; all by default.
        keepdim: whether it stays, with length 1.
        dtype: cast to this first; by default int64 for integers and bool, else the dtype of ``input``.

    Raises:
        IndexError: where there is no such dimension.

    >>> import zanjir
    >>> zanjir.tensor([[1.0, 2.0], [3.0, 4.0]]).prod()
    tensor(24.)
    """
    x = tensor_argument("prod", "input", 1, input)
    if names:
        dim, keepdim = numpy_names("prod", names, dim, keepdim)
    kind = _sum_type("prod", x, dtype)
    if dim is UNSET:
        return prod_all(input, kind)
    if not hasattr(dim, "__index__"):
        raise combination(
            "prod",
            (dim,),
            {},
            "*, torch.dtype dtype = None",
            "int dim, bool keepdim = False, *, torch.dtype dtype = None",
        )
    return prod_dim(input, reduced("prod", dim.__index__(), x.ndim), keepdim, kind)


# ---------------------------------------------------------------------- leaving out NaN

nansum_ = Reduction(
    "NansumBackward0",
    lambda x, dim, keepdim, kind: total(np.where(x == x, x, 0), dim, keepdim, kind),
    lambda g, x, dim, keepdim: kept(g, dim, keepdim, x.shape) * (x == x),
)


@public(out=True)
def nansum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None, **names: Any) -> Tensor:
    """The sum of the elements that are not NaN; otherwise as :func:`sum`.

    Raises:
        RuntimeError: for complex tensors.

    >>> import zanjir
    >>> zanjir.tensor([1.0, float("nan"), 2.0]).nansum()
    tensor(3.)
    """
    x = tensor_argument("nansum", "input", 1, input)
    if x.dtype.kind == "c":
        raise RuntimeError("nansum on CPU does not support complex inputs")
    if names:
        dim, keepdim = numpy_names("nansum", names, dim, keepdim)
    kind = _sum_type("nansum", x, dtype)
    if kind.kind == "c" and _OF[x.dtype].category == FLOATING:
        raise unsupported("nansum_cpu", kind)
    return nansum_(input, None if dim is None else reduced("nansum", dim, x.ndim), keepdim, kind)


@public(out=True)
def nanmean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None, **names: Any) -> Tensor:
    """The mean of the elements that are not NaN; otherwise as :func:`mean`.

    Raises:
        RuntimeError: for integer tensors.

    >>> import zanjir
    >>> zanjir.tensor([1.0, float("nan"), 2.0]).nanmean()
    tensor(1.5000)
    """
    x = tensor_argument("nanmean", "input", 1, input)
    if _OF[x.dtype].category < FLOATING:
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got " + _OF[x.dtype].legacy
        )
    if dtype is not None and checked_dtype("nanmean", dtype).category < FLOATING:
        raise RuntimeError(
            "nanmean(): could not infer output dtype. Optional dtype must be either a floating point or complex dtype. "
            "Got: " + checked_dtype("nanmean", dtype).legacy
        )
    if names:
        dim, keepdim = numpy_names("nanmean", names, dim, keepdim)
    axes = None if dim is None else reduced("nanmean", dim, x.ndim)
    there = wrap(as_array(add_reduce(x == x, axes, _LONG, None, keepdim)))
    mean: Tensor = nansum(input, dim, keepdim, dtype=dtype) / there
    return mean


# ---------------------------------------------------------------------- counting and logic


@public()
def count_nonzero(input: Tensor, dim: Dims = None, **names: Any) -> Tensor:
    """How many elements are not zero, in all or along ``dim``, as int64.

    >>> import zanjir
    >>> zanjir.tensor([[0, 1], [2, 3]]).count_nonzero(0)
    tensor([1, 2])
    """
    x = tensor_argument("count_nonzero", "input", 1, input)
    if names:
        dim, _ = numpy_names("count_nonzero", names, dim, False)
    return wrap(total(x != 0, None if dim is None else reduced("count_nonzero", dim, x.ndim), False, _LONG))


def _logical(name: str, ufunc: Any, input: Tensor, dim: Dims, keepdim: bool, names: dict[str, Any]) -> Tensor:
    x = input._array if isinstance(input, Tensor) else None
    if x is None:
        raise combination(
            name, (input,), {}, "Tensor input, *, Tensor out = None",
            "Tensor input, tuple of ints dim = None, bool keepdim = False, *, Tensor out = None",
            "Tensor input, int dim, bool keepdim = False, *, Tensor out = None",
        )  # fmt: skip
    if names:
        dim, keepdim = numpy_names(name, names, dim, keepdim)
    kind = _BYTE if x.dtype is _BYTE else _BOOL
    if dim is None:
        axes: Any = None
    elif isinstance(dim, (tuple, list)) and not dim:
        axes = ()
    else:
        axes = reduced(name, dim, x.ndim)
    y = ufunc.reduce(x, axes, None, None, keepdim) if axes != () else x != 0
    return wrap(rounded(as_array(y), kind))


@public(out=True)
def _all(input: Tensor, dim: Dims = None, keepdim: bool = False, **names: Any) -> Tensor:
    """Whether all elements are true (not zero), or all along ``dim``; for an empty list of dimensions, each by itself.

    The result is bool, but uint8 for uint8.

    >>> import zanjir
    >>> zanjir.tensor([[True, False], [True, True]]).all(1)
    tensor([False,  True])
    """
    return _logical("all", np.logical_and, input, dim, keepdim, names)


@public(out=True)
def _any(input: Tensor, dim: Dims = None, keepdim: bool = False, **names: Any) -> Tensor:
    """Whether any element is true (not zero), or any along ``dim``; for an empty list of dimensions, each by itself.

    The result is bool, but uint8 for uint8.

    >>> import zanjir
    >>> zanjir.tensor([[True, False], [False, False]]).any(1)
    tensor([ True, False])
    """
    return _logical("any", np.logical_or, input, dim, keepdim, names)


# ---------------------------------------------------------------------- under NumPy's names


def numpy_type(given: Any) -> Any:
    """NumPy's ``dtype=`` as ours."""
    return None if given is None else given if isinstance(given, dtype) else dtypes.of(np.dtype(given))


def _dims(axis: Any, keepdims: bool) -> Any:
    return UNSET if axis is None and not keepdims else axis


def numpy_sum(a: Tensor, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return functions["sum"](a, _dims(axis, keepdims), keepdims, dtype=numpy_type(dtype), out=out)


def numpy_mean(a: Tensor, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return functions["mean"](a, _dims(axis, keepdims), keepdims, dtype=numpy_type(dtype), out=out)


def numpy_prod(a: Tensor, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return functions["prod"](a, UNSET if axis is None else axis, keepdims, dtype=numpy_type(dtype), out=out)


def numpy_all(a: Tensor, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return functions["all"](a, axis, keepdims, out=out)


def numpy_any(a: Tensor, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return functions["any"](a, axis, keepdims, out=out)


for _numpy, _ours in (
    (np.sum, numpy_sum), (np.mean, numpy_mean), (np.prod, numpy_prod), (np.all, numpy_all), (np.any, numpy_any),
    (np.nansum, lambda a, axis=None, keepdims=False: nansum(a, axis, keepdims)),
    (np.nanmean, lambda a, axis=None, keepdims=False: nanmean(a, axis, keepdims)),
    (np.count_nonzero, lambda a, axis=None: count_nonzero(a, axis)),
):  # fmt: skip
    numpy_function(_numpy)(_ours)
