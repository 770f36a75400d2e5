"""The largest and the smallest: ``max min amax amin aminmax argmax argmin``.

NaN counts as larger, and as smaller, than any number: where there is one, it is the result.

Ties and the derivative: ``max(dim)`` names one element, which receives the gradient; ``max()``, ``amax`` and
``aminmax`` name only a value, and the elements that have it share the gradient equally.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import return_types
from ..signature import combination
from ..tensor import Tensor, wrap
from ..tensor import _dimension as dimension
from .arguments import tensor_argument
from .declare import Operator, as_array, functions
from .expand import kept, max_reduce, min_reduce, placed, taken
from .inplace import public
from .protocol import numpy_function
from .reduce import UNSET, Dims, Reduction, add_up, nonempty, numpy_names, reduced, rounded, unsupported, whole

ndarray = np.ndarray


# ---------------------------------------------------------------------- rules


def share(g: Any, among: Any, dim: Any) -> Any:
    """``g`` divided by how many elements along ``dim`` are true in ``among``."""
    count = add_up(among, dim)
    # An array of int64 would make float32 into float64.
    return g / (count.astype(g.dtype) if count.__class__ is ndarray and g.dtype.kind in "fc" else count)


def same(x: Any, y: Any) -> Any:
    """Where ``x`` has the one value ``y``, which may be NaN."""
    return x == y if y == y else x != x


def evenly(g: Any, x: Any, y: Any) -> Any:
    """The gradient of ``y``, one of the values in ``x``: the elements that have it share ``g``."""
    among = same(x, y)
    return np.where(among, share(g, among, None), 0)


def evenly_along(g: Any, x: Any, y: Any, dim: Any, keepdim: bool) -> Any:
    """Likewise along ``dim``."""
    among = x == kept(y, dim, keepdim, x.shape)
    return among * share(kept(g, dim, keepdim, x.shape), among, dim)


def chosen(g: Any, indices: Any, dim: int, keepdim: bool, shape: Any) -> Any:
    """The gradient of elements chosen along ``dim``: ``g`` where they were, 0 elsewhere."""
    return placed(kept(g, dim, keepdim, shape), kept(indices, dim, keepdim, shape), dim, shape)


def choose(x: Any, index: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
    """The elements that ``index`` (of length 1 along ``dim``) names, and ``index``, with ``dim`` or without it."""
    values = taken(x, index, dim)
    if keepdim or not x.ndim:
        return rounded(values, x.dtype), index
    shape = x.shape[:dim] + x.shape[dim + 1 :]
    return rounded(values.reshape(shape), x.dtype), rounded(index.reshape(shape), index.dtype)


# ---------------------------------------------------------------------- max and min


def _first(find: Callable[..., Any], x: Any, dim: int) -> Any:
    """Where ``find`` finds the element along ``dim``, which stays with length 1."""
    return find(x, dim, keepdims=True) if x.ndim else np.zeros((), np.int64)


max_all = Reduction("MaxBackward1", lambda x: max_reduce(x, None), lambda g, x, y: evenly(g, x, y))
min_all = Reduction("MinBackward1", lambda x: min_reduce(x, None), lambda g, x, y: evenly(g, x, y))
max_dim = Operator(
    "MaxBackward0",
    lambda x, dim, keepdim: choose(x, _first(ndarray.argmax, x, dim), dim, keepdim),
    (lambda g, indices, dim, keepdim, shape: chosen(g, indices, dim, keepdim, shape),),
    outputs=("values", "indices"),
)
min_dim = Operator(
    "MinBackward0",
    lambda x, dim, keepdim: choose(x, _first(ndarray.argmin, x, dim), dim, keepdim),
    (lambda g, indices, dim, keepdim, shape: chosen(g, indices, dim, keepdim, shape),),
    outputs=("values", "indices"),
)
amax_ = Reduction(
    "AmaxBackward0",
    lambda x, dim, keepdim: rounded(as_array(max_reduce(x, dim, None, None, keepdim)), x.dtype),
    lambda g, x, y, dim, keepdim: evenly_along(g, x, y, dim, keepdim),
)
amin_ = Reduction(
    "AminBackward0",
    lambda x, dim, keepdim: rounded(as_array(min_reduce(x, dim, None, None, keepdim)), x.dtype),
    lambda g, x, y, dim, keepdim: evenly_along(g, x, y, dim, keepdim),
)
aminmax_ = Operator(
    "AminmaxBackward0",
    lambda x, dim, keepdim: (amin_.forward(x, dim, keepdim), amax_.forward(x, dim, keepdim)),
    (
        lambda g, x, least, most, dim, keepdim: (
            evenly_along(g[0], x, least, dim, keepdim) + evenly_along(g[1], x, most, dim, keepdim)
        ),
    ),
    outputs=("least", "most"),
    differentiable=2,
)

Max, Min = return_types.make("max", ("values", "indices")), return_types.make("min", ("values", "indices"))
Aminmax = return_types.make("aminmax", ("min", "max"))


def _extreme(
    name: str, elementwise: str, over_all: Any, along: Any, result: Any,
    input: Tensor, dim: Any, keepdim: bool, names: dict[str, Any],
) -> Any:  # fmt: skip
    x = tensor_argument(name, "input", 1, input)
    if names:
        if "other" in names:
            dim = names.pop("other")
        dim, keepdim = numpy_names(name, names, dim, keepdim)
    if dim is UNSET:
        if not x.size:
            raise RuntimeError(_UNSPECIFIED.format(name))
        if x.dtype.kind == "c":
            raise unsupported(f"{name}_all", x.dtype)
        return over_all(input)
    if isinstance(dim, Tensor):
        return functions[elementwise](input, dim)
    if isinstance(dim, (float, str, tuple, list)) or not hasattr(dim, "__index__"):
        raise combination(name, (dim,), {}, "", "Tensor other", "int dim, bool keepdim = False")
    dim = dimension(dim.__index__(), x.ndim)
    if x.dtype.kind == "c":
        raise RuntimeError(f"{name}(): does not support complex input")
    if not x.size and x.ndim:
        nonempty(name, x.shape, dim)
    return result(along(input, dim, keepdim))


_UNSPECIFIED = (
    "{}(): Expected reduction dim to be specified for input.numel() == 0. "
    "Specify the reduction dim with the 'dim' argument."
)


@public(out=True)
def _max(input: Tensor, dim: Any = UNSET, keepdim: bool = False, **names: Any) -> Any:
    """The largest element; or, along ``dim``, the largest and where it is; or, of two tensors, the larger each time.

    Args:
        input: a real tensor.
        dim: a dimension, which gives a named tuple ``(values, indices)``; or another tensor, see :func:`maximum`.
        keepdim: whether the dimension stays, with length 1.

    Raises:
        RuntimeError: for an empty tensor without ``dim``.
        IndexError: where there is no such dimension, or it is empty.

    >>> import zanjir
    >>> zanjir.tensor([1.0, 3.0, 2.0]).max()
    tensor(3.)
    >>> zanjir.tensor([1.0, 3.0, 2.0]).max(0).indices
    tensor(1)
    """
    return _extreme("max", "maximum", max_all, max_dim, Max, input, dim, keepdim, names)


@public(out=True)
def _min(input: Tensor, dim: Any = UNSET, keepdim: bool = False, **names: Any) -> Any:
    """The smallest element; or, along ``dim``, the smallest and where it is; or, of two tensors, the smaller each time.

    Args:
        input: a real tensor.
        dim: a dimension, which gives a named tuple ``(values, indices)``; or another tensor, see :func:`minimum`.
        keepdim: whether the dimension stays, with length 1.

    Raises:
        RuntimeError: for an empty tensor without ``dim``.
        IndexError: where there is no such dimension, or it is empty.

    >>> import zanjir
    >>> zanjir.tensor([2.0, 1.0, 3.0]).min()
    tensor(1.)
    """
    return _extreme("min", "minimum", min_all, min_dim, Min, input, dim, keepdim, names)


def _extremes(name: str, op: Reduction, kernel: str, input: Tensor, dim: Any, keepdim: bool, names: Any) -> Tensor:
    x = tensor_argument(name, "input", 1, input)
    if names:
        dim, keepdim = numpy_names(name, names, dim, keepdim)
    if not x.size:
        if dim is None or dim == () or dim == []:
            raise RuntimeError(_UNSPECIFIED.format(name))
        nonempty(name, x.shape, dim)
    axes = reduced(name, dim, x.ndim)
    if x.dtype.kind == "c":
        raise unsupported(kernel, x.dtype)
    return op(input, axes, keepdim)


@public(out=True)
def amax(input: Tensor, dim: Dims = None, keepdim: bool = False, **names: Any) -> Tensor:
    """The largest element of all, or along one or several dimensions. Equal ones share the gradient.

    Raises:
        IndexError: where there is no such dimension, or it is empty.

    >>> import zanjir
    >>> zanjir.tensor([[1.0, 4.0], [3.0, 2.0]]).amax(1)
    tensor([4., 3.])
    """
    return _extremes("amax", amax_, "max_values_cpu", input, dim, keepdim, names)


@public(out=True)
def amin(input: Tensor, dim: Dims = None, keepdim: bool = False, **names: Any) -> Tensor:
    """The smallest element of all, or along one or several dimensions. Equal ones share the gradient.

    Raises:
        IndexError: where there is no such dimension, or it is empty.

    >>> import zanjir
    >>> zanjir.tensor([[1.0, 4.0], [3.0, 2.0]]).amin(0)
    tensor([1., 2.])
    """
    return _extremes("amin", amin_, "min_values_cpu", input, dim, keepdim, names)


@public(out=True)
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False, **names: Any) -> Any:
    """The smallest and the largest element, of all or along ``dim``: a named tuple ``(min, max)``.

    Raises:
        RuntimeError: for an empty tensor without ``dim``.
        IndexError: where there is no such dimension, or it is empty.

    >>> import zanjir
    >>> zanjir.tensor([2.0, 1.0, 3.0]).aminmax().max
    tensor(3.)
    """
    x = tensor_argument("aminmax", "input", 1, input)
    if names:
        dim, keepdim = numpy_names("aminmax", names, dim, keepdim)
    axes = None if dim is None else reduced("aminmax", whole("aminmax", dim, None), x.ndim)
    if not x.size:
        if axes is None:
            raise RuntimeError(
                "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
            )
        nonempty("aminmax", x.shape, axes, ":")
    if x.dtype.kind == "c":
        raise unsupported("aminmax_cpu", x.dtype)
    return Aminmax(aminmax_(input, axes, keepdim))


# ---------------------------------------------------------------------- where they are


def _place(
    name: str, find: Callable[..., Any], input: Tensor, dim: Any, keepdim: bool, names: dict[str, Any]
) -> Tensor:
    x = tensor_argument(name, "input", 1, input)
    if names:
        dim, keepdim = numpy_names(name, names, dim, keepdim)
    if dim is not None:
        dim = dimension(whole(name, dim), x.ndim)
    if not x.size:
        if dim is None:
            raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
        nonempty(name, x.shape, dim)
    if x.dtype.kind in "cb":
        raise RuntimeError(f"{name}(): does not support {'complex' if x.dtype.kind == 'c' else 'bool'} input")
    if not x.ndim:
        return wrap(np.zeros((), np.int64))
    y = as_array(find(x, dim))
    if keepdim:
        y = y.reshape((1,) * x.ndim if dim is None else (*x.shape[:dim], 1, *x.shape[dim + 1 :]))
    return wrap(rounded(y, y.dtype))


@public(out=True)
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False, **names: Any) -> Tensor:
    """Where the largest element is, the first if there are several: in the flattened tensor, or along ``dim``; int64.

    Raises:
        IndexError: where there is no such dimension, or it is empty.

    >>> import zanjir
    >>> zanjir.tensor([[1.0, 4.0], [3.0, 2.0]]).argmax(1)
    tensor([1, 0])
    """
    return _place("argmax", ndarray.argmax, input, dim, keepdim, names)


@public(out=True)
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False, **names: Any) -> Tensor:
    """Where the smallest element is, the first if there are several: in the flattened tensor, or along ``dim``; int64.

    Raises:
        IndexError: where there is no such dimension, or it is empty.

    >>> import zanjir
    >>> zanjir.tensor([[1.0, 4.0], [3.0, 2.0]]).argmin()
    tensor(0)
    """
    return _place("argmin", ndarray.argmin, input, dim, keepdim, names)


# ---------------------------------------------------------------------- under NumPy's names


@numpy_function(np.max, np.amax)
def numpy_max(a: Tensor, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return functions["amax"](a, axis, keepdims, out=out)


@numpy_function(np.min, np.amin)
def numpy_min(a: Tensor, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return functions["amin"](a, axis, keepdims, out=out)


@numpy_function(np.argmax)
def numpy_argmax(a: Tensor, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
    return functions["argmax"](a, axis, keepdims, out=out)


@numpy_function(np.argmin)
def numpy_argmin(a: Tensor, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
    return functions["argmin"](a, axis, keepdims, out=out)
