"""Running totals: ``cumsum cumprod cummax cummin logcumsumexp``.

Element i of the result has seen elements 0 … i, so element i of the input takes part in results i … n: its gradient is
gathered from the end, by a running total in the opposite direction (:func:`backwards`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, return_types
from ..dtypes import BOOL, FLOATING, REDUCED
from ..signature import checked_dtype
from ..tensor import Tensor
from ..tensor import _dimension as dimension
from .arguments import tensor_argument
from .declare import Operator, conj, functions
from .expand import along
from .inplace import public
from .protocol import numpy_function
from .reduce import _SUMS, UNSET, Reduction, converted, numpy_names, numpy_type, rounded, unsupported, whole, wide

ndarray = np.ndarray
_OF = dtypes._BY_NUMPY
_F32 = np.dtype(np.float32)


def running(ufunc: Any, x: Any, dim: int, kind: np.dtype[Any]) -> Any:
    """The running total by ``ufunc`` along ``dim``, of dtype ``kind``."""
    if x.dtype is not kind:
        x = converted(x, kind)
    if not x.ndim:
        return x.copy()
    return rounded(ufunc.accumulate(x, dim, _F32 if kind in REDUCED else None), kind)


def backwards(g: Any, dim: int) -> Any:
    """The running sum from the end."""
    if not g.ndim:
        return g
    if g.__class__ is ndarray:
        g = wide(g)
        return np.add.accumulate(g[(slice(None),) * dim + (slice(None, None, -1),)], dim)[
            (slice(None),) * dim + (slice(None, None, -1),)
        ]
    return np.flip(np.cumsum(np.flip(g, dim), dim), dim)


cumsum_ = Reduction(
    "CumsumBackward0",
    lambda x, dim, kind: running(np.add, x, dim, kind),
    lambda g, dim: backwards(g, dim),
)


def cumprod_rule(g: Any, x: Any, y: Any, dim: int) -> Any:
    """yᵢ = x₀ ⋯ xᵢ, so ∂xₖ = Σ_{i ≥ k} gᵢ yᵢ / xₖ; where there is a zero, without the division.

    Then ∂xₖ = (x₀ ⋯ xₖ₋₁) sₖ with sₖ = gₖ + xₖ₊₁ sₖ₊₁, from the last to the first.
    """
    if not x.ndim:
        return g
    x, y = conj(x), conj(y)
    if not (x == 0).any():
        return backwards(g * y, dim) / x
    g, x, y = np.moveaxis(g, dim, 0), np.moveaxis(x, dim, 0), np.moveaxis(y, dim, 0)
    last = x.shape[0] - 1
    later = g[last]
    parts = [later * y[last - 1] if last else later]
    for k in range(last - 1, -1, -1):
        later = g[k] + x[k + 1] * later
        parts.append(later * y[k - 1] if k else later)
    return np.moveaxis(np.stack(parts[::-1]), 0, dim)


cumprod_ = Reduction(
    "CumprodBackward0",
    lambda x, dim, kind: running(np.multiply, x, dim, kind),
    lambda g, x, y, dim: cumprod_rule(g, x, y, dim),
)


# ---------------------------------------------------------------------- the largest so far


def _so_far(ufunc: Any, beats: Any, x: Any, dim: int) -> tuple[Any, Any]:
    """The running extreme and where it was last met."""
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    y = ufunc.accumulate(x, dim)
    # A place is new where its own element is the extreme, or is NaN; the last such place so far holds it.
    here = (x == y) | (x != x)
    n = np.arange(x.shape[dim]).reshape([-1 if i == dim else 1 for i in range(x.ndim)])
    where = np.maximum.accumulate(np.where(here, n, 0), dim)
    return rounded(y, x.dtype), rounded(where, where.dtype)


def scattered(g: Any, index: Any, dim: int, shape: tuple[int, ...]) -> Any:
    """Zeros of ``shape`` to which ``g`` is added where ``index`` says along ``dim``; places may be named repeatedly."""
    if not shape:
        return g
    if g.__class__ is ndarray:
        whole = np.zeros(shape, wide(g).dtype)
        np.add.at(whole, along(index, dim), g)
        return whole
    return g.new_zeros(shape).scatter_add(dim, index, g)


cummax_ = Operator(
    "CummaxBackward0",
    lambda x, dim: _so_far(np.maximum, np.greater_equal, x, dim),
    (lambda g, indices, dim, shape: scattered(g, indices, dim, shape),),
    outputs=("values", "indices"),
)
cummin_ = Operator(
    "CumminBackward0",
    lambda x, dim: _so_far(np.minimum, np.less_equal, x, dim),
    (lambda g, indices, dim, shape: scattered(g, indices, dim, shape),),
    outputs=("values", "indices"),
)
Cummax, Cummin = (return_types.make(name, ("values", "indices")) for name in ("cummax", "cummin"))


# ---------------------------------------------------------------------- log of the running sum of exponentials


def logcumsumexp_forward(x: Any, dim: int) -> Any:
    if not x.ndim:
        return x.copy()
    if x.dtype.kind != "c":
        return rounded(np.logaddexp.accumulate(wide(x), dim), x.dtype)
    rows = np.moveaxis(x, dim, 0)
    y = np.empty_like(rows)
    for i, row in enumerate(rows):
        y[i] = row if not i else _logaddexp(y[i - 1], row)
    return rounded(np.moveaxis(y, 0, dim), x.dtype)


def _logaddexp(a: Any, b: Any) -> Any:
    """log(eᵃ + eᵇ) of complex numbers."""
    swap = a.real < b.real
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    return np.where(np.isneginf(a.real), a, a + np.log1p(np.exp(b - a)))


def logcumsumexp_rule(g: Any, x: Any, y: Any, dim: int) -> Any:
    """∂xₖ = Σ_{i ≥ k} gᵢ exp(xₖ − yᵢ), in logarithms: the parts where g is positive and negative apart."""
    if not x.ndim:
        return g
    if x.dtype.is_complex if isinstance(x.dtype, dtypes.dtype) else x.dtype.kind == "c":
        return conj(np.exp(x)) * backwards(g * conj(np.exp(-y)), dim)
    g, x, y = wide(g), wide(x), wide(y)
    up = x + _from_end(_log(g > 0, g) - y, dim)
    down = x + _from_end(_log(g < 0, -g) - y, dim)
    return np.exp(up) - np.exp(down)


def _log(where: Any, g: Any) -> Any:
    """log g where it is positive, elsewhere a number so low that its exponential is 0; not −∞, since −∞ + ∞ is NaN."""
    return np.where(where, np.log(np.where(where, g, 1)), -3e38)


def _from_end(x: Any, dim: int) -> Any:
    return np.flip(np.logaddexp.accumulate(np.flip(x, dim), dim), dim)


logcumsumexp_ = Reduction("LogcumsumexpBackward0", logcumsumexp_forward, logcumsumexp_rule)


# ---------------------------------------------------------------------- what users call


def _one(name: str, input: Tensor, dim: Any, names: dict[str, Any]) -> tuple[Any, int]:
    """The array and the dimension counted from the front."""
    x = tensor_argument(name, "input", 1, input)
    if names:
        dim, _ = numpy_names(name, names, dim, False)
    dim = whole(name, dim)
    if not x.size and name in ("cummax", "cummin"):
        return x, 0
    if not x.ndim and not -1 <= dim <= 0 and name in ("cummax", "cummin"):
        raise IndexError(f"{name}(): Expected reduction dim -1 or 0 for scalar but got {dim}")
    return x, dimension(dim, x.ndim)


def _type(name: str, x: Any, given: Any) -> Any:
    if given is None:
        return _SUMS[x.dtype]
    d = checked_dtype(name, given)
    if d.category == BOOL and x.ndim:
        raise unsupported(f"{name}_out_cpu", d.numpy)
    return d.numpy


@public(out=True, in_place=True)
def cumsum(input: Tensor, dim: int = UNSET, *, dtype: Any = None, **names: Any) -> Tensor:
    """The running sum along ``dim``.

    Args:
        input: a tensor of any dtype.
        dim: the dimension; must be given.
        dtype: cast to this first; by default int64 for integers and bool, else the dtype of ``input``.

    Raises:
        IndexError: where there is no such dimension.

    >>> import zanjir
    >>> zanjir.tensor([1, 2, 3]).cumsum(0)
    tensor([1, 3, 6])
    """
    x, dim = _one("cumsum", input, dim, names)
    return cumsum_(input, dim, _type("cumsum", x, dtype))


@public(out=True, in_place=True)
def cumprod(input: Tensor, dim: int = UNSET, *, dtype: Any = None, **names: Any) -> Tensor:
    """The running product along ``dim``; the arguments are those of :func:`cumsum`.

    >>> import zanjir
    >>> zanjir.tensor([1, 2, 3]).cumprod(0)
    tensor([1, 2, 6])
    """
    x, dim = _one("cumprod", input, dim, names)
    return cumprod_(input, dim, _type("cumprod", x, dtype))


@public(out=True)
def cummax(input: Tensor, dim: int = UNSET, **names: Any) -> Any:
    """The largest element so far along ``dim``, and where it was last: a named tuple ``(values, indices)``.

    Raises:
        IndexError: where there is no such dimension.
        NotImplementedError: for complex numbers.

    >>> import zanjir
    >>> zanjir.tensor([1, 3, 2]).cummax(0).values
    tensor([1, 3, 3])
    """
    x, dim = _one("cummax", input, dim, names)
    if x.dtype.kind == "c":
        raise unsupported("cummax_cpu", x.dtype)
    return Cummax(cummax_(input, dim))


@public(out=True)
def cummin(input: Tensor, dim: int = UNSET, **names: Any) -> Any:
    """The smallest element so far along ``dim``, and where it was last: a named tuple ``(values, indices)``.

    Raises:
        IndexError: where there is no such dimension.
        NotImplementedError: for complex numbers.

    >>> import zanjir
    >>> zanjir.tensor([3, 1, 2]).cummin(0).values
    tensor([3, 1, 1])
    """
    x, dim = _one("cummin", input, dim, names)
    if x.dtype.kind == "c":
        raise unsupported("cummin_cpu", x.dtype)
    return Cummin(cummin_(input, dim))


@public(out=True)
def logcumsumexp(input: Tensor, dim: int = UNSET, **names: Any) -> Tensor:
    """log of the running sum of eˣ along ``dim``, without overflow.

    Raises:
        IndexError: where there is no such dimension.
        NotImplementedError: for integers.

    >>> import zanjir
    >>> zanjir.tensor([0.0, 0.0]).logcumsumexp(0)
    tensor([0.0000, 0.6931])
    """
    x, dim = _one("logcumsumexp", input, dim, names)
    if _OF[x.dtype].category < FLOATING:
        raise unsupported("logcumsumexp_out_cpu", x.dtype)
    return logcumsumexp_(input, dim)


# ---------------------------------------------------------------------- under NumPy's names


def _flat(a: Tensor, axis: Any) -> tuple[Tensor, int]:
    return (a.reshape(-1), 0) if axis is None else (a, axis)


@numpy_function(np.cumsum)
def numpy_cumsum(a: Tensor, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return functions["cumsum"](*_flat(a, axis), dtype=numpy_type(dtype), out=out)


@numpy_function(np.cumprod)
def numpy_cumprod(a: Tensor, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return functions["cumprod"](*_flat(a, axis), dtype=numpy_type(dtype), out=out)
