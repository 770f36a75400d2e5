"""NumPy calls on tensors (NEP 13, NEP 18): ``np.sin(t)``, ``np.sum(t, axis=0)``, ``np.add.reduce(t)``.

What zanjir has an operator for gives a tensor with its gradient: this is how derivative rules, which are plain NumPy,
record themselves under ``create_graph=True``. Anything else gets plain arrays, as with PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .. import dtypes
from ..tensor import Tensor, wrap
from .declare import functions, numpy_functions, ufuncs
from .inplace import to_out

F = TypeVar("F", bound=Callable[..., Any])

#: ``ufunc.reduce`` -> name of the reduction.
REDUCTIONS = {
    np.add: "sum", np.multiply: "prod", np.maximum: "amax", np.minimum: "amin", np.logical_and: "all",
    np.logical_or: "any",
}  # fmt: skip
#: Likewise for ``ufunc.accumulate``.
ACCUMULATIONS = {np.add: "cumsum", np.multiply: "cumprod", np.logaddexp: "logcumsumexp"}


def ufunc(f: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``f`` (or its ``method``) on tensors."""
    out = kwargs.get("out")
    if method == "__call__" and f in ufuncs and (not kwargs or (len(kwargs) == 1 and out is not None)):
        result = ufuncs[f](*[wrap(i) if isinstance(i, np.ndarray) else i for i in map(_array, inputs)])
        if out is None:
            return result
        (target,) = out
        if isinstance(target, Tensor):
            return to_out(f.__name__, target, result)
        target[...] = plain(result)
        return target
    if method == "reduce" and f in REDUCTIONS and out is None and not {*kwargs} - {"axis", "keepdims", "dtype"}:
        axis = kwargs.get("axis", 0)
        options: dict[str, Any] = {"keepdim": True} if kwargs.get("keepdims") else {}
        if kwargs.get("dtype") is not None:
            options["dtype"] = dtypes.of(np.dtype(kwargs["dtype"]))
        (t,) = inputs
        axis = tuple(range(t.ndim)) if axis is None else axis
        reduction = functions[REDUCTIONS[f]]
        if f is np.multiply and isinstance(axis, tuple):
            return _one_by_one(reduction, t, axis, options)
        return reduction(t, axis, **options)
    if method == "accumulate" and f in ACCUMULATIONS and not {*kwargs} - {"axis"}:
        return functions[ACCUMULATIONS[f]](inputs[0], kwargs.get("axis", 0))
    result = getattr(f, method)(*plain(inputs), **plain(kwargs))
    if isinstance(out, tuple) and isinstance(out[0], Tensor):
        return out[0]
    if (
        method == "__call__"
        and isinstance(result, (np.ndarray, np.generic))
        and np.asarray(result).dtype in dtypes._BY_NUMPY
    ):
        return wrap(np.asarray(result))
    return result


def function(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The NumPy function ``f`` on tensors."""
    ours = numpy_functions.get(f)
    if ours is not None:
        return ours(*args, **kwargs)
    return f(*plain(args), **plain(kwargs))


def numpy_function(*numpy: Any) -> Callable[[F], F]:
    """Declares what these NumPy functions are on tensors: a function with NumPy's own signature."""

    def attach(f: F) -> F:
        for n in numpy:
            numpy_functions[n] = f
        return f

    return attach


def plain(value: Any) -> Any:
    """``value`` with the tensors in it turned into arrays.

    Raises:
        RuntimeError: if one of them requires grad.
    """
    if isinstance(value, Tensor):
        return value.numpy()
    if isinstance(value, (tuple, list)):
        return type(value)(plain(v) for v in value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def _array(value: Any) -> Any:
    """Lists among the operands of a ufunc are arrays to NumPy."""
    return np.asarray(value) if isinstance(value, (list, tuple)) else value


def _one_by_one(reduction: Any, t: Tensor, axes: tuple[int, ...], options: dict[str, Any]) -> Tensor:
    """A reduction over several dimensions by an operator that takes one, last to first."""
    for axis in sorted((a % t.ndim for a in axes), reverse=True):
        t = reduction(t, axis, **options)
    return t
