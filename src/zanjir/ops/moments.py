"""Variance, standard deviation and norms."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import COMPLEX, FLOATING, REDUCED
from ..signature import argument, checked_dtype, combination
from ..tensor import Tensor
from .declare import Operator, as_array, functions
from .expand import add_reduce, counted, kept, max_reduce, min_reduce
from .inplace import public
from .protocol import numpy_function, plain
from .reduce import Dims, Reduction, add_up, numpy_names, reduced, rounded

ndarray = np.ndarray
_OF = dtypes._BY_NUMPY
_F32, _F64, _C64, _C128 = map(np.dtype, (np.float32, np.float64, np.complex64, np.complex128))

# ---------------------------------------------------------------------- variance


def squares(x: Any) -> Any:
    """|x|²"""
    return x.real * x.real + x.imag * x.imag if x.dtype.kind == "c" else x * x


def spread(x: Any, dim: Any, keepdim: bool, correction: float) -> tuple[Any, Any]:
    """The variance Σ|x − mean|² / (n − correction) and the mean, both in double precision.

    Two passes, since Σx² − n·mean² loses all digits where the mean is large.
    """
    n = counted(x.shape, dim)
    wide = x.astype(_C128 if x.dtype.kind == "c" else _F64)
    average = add_reduce(wide, dim, None, None, True) / n
    wide -= average
    variance = add_reduce(squares(wide), dim, None, None, keepdim) / np.float64(max(n - correction, 0))
    return variance, average if keepdim else average.reshape(np.shape(variance))


def variance(x: Any, dim: Any, keepdim: bool, correction: float) -> Any:
    return rounded(as_array(spread(x, dim, keepdim, correction)[0]), _real(x.dtype))


def deviation(x: Any, dim: Any, keepdim: bool, correction: float) -> Any:
    return rounded(as_array(np.sqrt(spread(x, dim, keepdim, correction)[0])), _real(x.dtype))


def _real(kind: np.dtype[Any]) -> np.dtype[Any]:
    return _OF[kind].to_real().numpy


def from_mean(x: Any, dim: Any) -> Any:
    """x − mean(x)"""
    return x - add_up(x, dim) / counted(x.shape, dim)


def variance_rule(g: Any, x: Any, dim: Any, keepdim: bool, correction: float) -> Any:
    """∂/∂x Σ(x − mean)² / (n − c) = 2 (x − mean) / (n − c)"""
    n = counted(x.shape, dim) - correction
    if dim is None and n <= 0:
        return g * np.where(from_mean(x, dim) == 0, math.nan, math.inf)
    return (2 / n if n else math.inf) * kept(g, dim, keepdim, x.shape) * from_mean(x, dim)


def root_rule(g: Any, y: Any) -> Any:
    """∂√v = ∂v / 2√v, taken as 0 where v is 0."""
    return np.where(y == 0, 0, g / (2 * y))


var_ = Reduction("VarBackward0", variance, variance_rule)
std_ = Reduction(
    "StdBackward0",
    deviation,
    lambda g, x, y, dim, keepdim, correction: variance_rule(root_rule(g, y), x, dim, keepdim, correction),
)


def _pair(x: Any, dim: Any, keepdim: bool, correction: float, root: bool) -> tuple[Any, Any]:
    spread_, average = spread(x, dim, keepdim, correction)
    first = np.sqrt(spread_) if root else spread_
    return rounded(as_array(first), _real(x.dtype)), rounded(as_array(average), x.dtype)


def _pair_rule(g: Any, of_spread: Any, x: Any, dim: Any, keepdim: bool, correction: float) -> Any:
    of_mean = kept(g[1], dim, keepdim, x.shape) / counted(x.shape, dim)
    return variance_rule(of_spread, x, dim, keepdim, correction) + of_mean


var_mean_ = Operator(
    "VarMeanBackward0",
    lambda x, dim, keepdim, correction: _pair(x, dim, keepdim, correction, False),
    (lambda g, x, dim, keepdim, correction: _pair_rule(g, g[0], x, dim, keepdim, correction),),
    outputs=("y", "average"),
    differentiable=2,
)
std_mean_ = Operator(
    "StdMeanBackward0",
    lambda x, dim, keepdim, correction: _pair(x, dim, keepdim, correction, True),
    (lambda g, x, y, dim, keepdim, correction: _pair_rule(g, root_rule(g[0], y), x, dim, keepdim, correction),),
    outputs=("y", "average"),
    differentiable=2,
)

_SIGNATURES = (
    "tuple of ints dim, bool unbiased = True, bool keepdim = False",
    "tuple of ints dim = None, *, Number correction = None, bool keepdim = False",
    "bool unbiased = True",
)


def _moment(
    name: str, op: Any, input: Tensor, dim: Any, unbiased: Any, keepdim: bool, correction: Any, names: dict[str, Any]
) -> Any:
    x = getattr(input, "_array", None)
    if x is None:
        out = "" if "mean" in name else ", Tensor out = None"
        first, second, third = (f"Tensor input, {s}" for s in _SIGNATURES)
        out_only = "" if "mean" in name else ", *, Tensor out = None"
        raise combination(name, (input,), {}, first + out_only, second + out, third)
    if names:
        dim, keepdim = numpy_names(name, names, dim, keepdim)
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None or unbiased else 0
    elif unbiased is not None:
        given = {"dim": dim, "unbiased": unbiased, "correction": correction}
        raise combination(name, (), {k: v for k, v in given.items() if v is not None}, *_SIGNATURES)
    if _OF[x.dtype].category < FLOATING:
        what = "std and var" if "mean" not in name else name
        raise RuntimeError(f"{what} only support floating point and complex dtypes")
    axes = None if dim is None else reduced(name, dim, x.ndim)
    n = counted(x.shape, axes)
    if n <= correction or not x.size:
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
            "(input numel divided by output numel).",
            stacklevel=4,
        )
    return op(input, axes, keepdim, correction)


@public(out=True)
def var(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, **names: Any,
) -> Any:  # fmt: skip
    """The variance Σ|x − mean|² / (n − correction), of all elements or along ``dim``.

    Args:
        input: a floating or complex tensor.
        dim: the dimension or dimensions; all by default. ``var(False)`` means ``unbiased=False``.
        unbiased: the older way to say ``correction=1``, the default, or ``correction=0``.
        keepdim: whether the dimensions stay, with length 1.
        correction: what is subtracted from the number of elements; 1 is Bessel's correction.

    Raises:
        RuntimeError: for integers.
        IndexError: where there is no such dimension.

    >>> import zanjir
    >>> zanjir.tensor([1.0, 2.0, 3.0, 4.0]).var()
    tensor(1.6667)
    """
    return _moment("var", var_, input, dim, unbiased, keepdim, correction, names)


@public(out=True)
def std(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, **names: Any,
) -> Any:  # fmt: skip
    """The standard deviation, the square root of :func:`var`, which explains the arguments.

    >>> import zanjir
    >>> zanjir.tensor([1.0, 2.0, 3.0, 4.0]).std(unbiased=False)
    tensor(1.1180)
    """
    return _moment("std", std_, input, dim, unbiased, keepdim, correction, names)


@public(method=False)
def var_mean(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, **names: Any,
) -> Any:  # fmt: skip
    """The variance and the mean at once; see :func:`var`.

    >>> import zanjir
    >>> zanjir.var_mean(zanjir.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    return _moment("var_mean", var_mean_, input, dim, unbiased, keepdim, correction, names)


@public(method=False)
def std_mean(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, **names: Any,
) -> Any:  # fmt: skip
    """The standard deviation and the mean at once; see :func:`var`.

    >>> import zanjir
    >>> zanjir.std_mean(zanjir.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    return _moment("std_mean", std_mean_, input, dim, unbiased, keepdim, correction, names)


# ---------------------------------------------------------------------- norms


def vector_norm(x: Any, p: float, dim: Any, keepdim: bool, kind: np.dtype[Any]) -> Any:
    """(Σ|x|ᵖ)^(1/p); for p = 0 how many are not 0, for ±∞ the largest or smallest |x|. ``kind``: what to compute in."""
    if x.dtype is not kind:
        x = x.astype(kind)
    if kind in REDUCED:
        x = x.astype(_F32)
    if p == 2:
        y = np.sqrt(add_reduce(squares(x), dim, None, None, keepdim))
    elif p == 1:
        y = add_reduce(np.abs(x), dim, None, None, keepdim)
    elif p == 0:
        y = add_reduce(x != 0, dim, _real(x.dtype), None, keepdim)
    elif p == math.inf:
        y = max_reduce(np.abs(x), dim, None, None, keepdim)
    elif p == -math.inf:
        y = min_reduce(np.abs(x), dim, None, None, keepdim)
    else:
        y = add_reduce(np.abs(x) ** p, dim, None, None, keepdim) ** (1 / p)
    return rounded(as_array(y), _real(kind))


def norm_rule(g: Any, x: Any, y: Any, p: float, dim: Any, keepdim: bool) -> Any:
    """∂‖x‖ₚ/∂x = sgn(x) |x|ᵖ⁻¹ / ‖x‖ₚᵖ⁻¹, taken as 0 where it is undefined; for ±∞ shared by the extreme elements."""
    g, y = kept(g, dim, keepdim, x.shape), kept(y, dim, keepdim, x.shape)
    if p == 0:
        return None
    if p == 1:
        return g * sgn(x)
    if p == 2:
        return g * np.where(y == 0, 0, x / y)
    size = np.abs(x)
    if abs(p) == math.inf:
        among = (size == y) | ((x != x) & (y != y))
        return sgn(x) * (g * among / add_up(among, dim))
    if p < 1:
        return sgn(x) * np.where(x == 0, 0, size ** (p - 1)) * (g * y ** (1 - p))
    if p < 2:
        return sgn(x) * size ** (p - 1) * np.where(y == 0, 0, g * y ** (1 - p))
    return x * size ** (p - 2) * np.where(y == 0, 0, g / y ** (p - 1))


def sgn(x: Any) -> Any:
    """x / |x|, and 0 for 0."""
    return np.sign(x) if x.__class__ is ndarray else functions["sgn"](x)


vector_norm_ = Reduction(
    "LinalgVectorNormBackward0",
    vector_norm,
    lambda g, x, y, p, dim, keepdim: norm_rule(g, x, y, p, dim, keepdim),
)


def linalg_vector_norm(input: Tensor, ord: Any, dim: Dims, keepdim: bool, dtype: Any) -> Tensor:
    """What ``linalg.vector_norm`` and ``norm`` share.

    Raises:
        RuntimeError: for integers, and where the elements of nothing have no norm.
    """
    x = input._array
    d = _OF[x.dtype]
    if d.category < FLOATING:
        raise RuntimeError(f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {d.legacy}")
    kind = x.dtype if dtype is None else _checked(dtype, d)
    ord = float(ord)
    try:
        axes = None if dim is None else reduced("linalg_vector_norm", dim, x.ndim)
    except TypeError:
        raise argument("linalg_vector_norm", "dim", 3, "tuple of ints", dim) from None
    if not x.size and (ord < 0 or ord == math.inf):
        what = f"linalg.vector_norm cannot compute the {ord:g} norm on "
        if dim is None or dim == () or dim == []:
            raise RuntimeError(what + "an empty tensor because the operation does not have an identity")
        for axis in (axes,) if isinstance(axes, int) else axes or ():
            if not x.shape[axis]:
                raise RuntimeError(
                    f"{what}the dimension {axis}because this dimension is empty and the operation does not have an "
                    "identity"
                )
    return vector_norm_(input, ord, axes, keepdim, kind)


def _checked(given: Any, d: Any) -> np.dtype[Any]:
    to = checked_dtype("norm", given)
    if to.category < FLOATING:
        raise RuntimeError(f"linalg.vector_norm: dtype should be floating point or complex, but got {to.legacy}")
    if (to.category == COMPLEX) != (d.category == COMPLEX):
        kind = "complex" if d.category == COMPLEX else "real"
        raise RuntimeError(f"linalg.vector_norm: dtype should be {kind} for {kind} inputs, but got {to.legacy}")
    if dtypes.promote_types(d, to) is not to:
        raise RuntimeError(
            f"linalg.vector_norm: the dtype of the input ({d.legacy}) should be convertible without narrowing to the "
            f"specified dtype ({to.legacy})"
        )
    return to.numpy


@public(out=True)
def norm(input: Tensor, p: Any = "fro", dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """The p-norm (Σ|x|ᵖ)^(1/p) of all elements, or along ``dim``.

    Args:
        input: a floating or complex tensor.
        p: a number, ``inf`` or ``-inf``; ``"fro"`` is the same as 2.
        dim: the dimension or dimensions; all by default.
        keepdim: whether they stay, with length 1.
        dtype: cast to this first.

    Raises:
        RuntimeError: for integers; for an unknown ``p``.
        IndexError: where there is no such dimension.

    >>> import zanjir
    >>> zanjir.tensor([3.0, 4.0]).norm()
    tensor(5.)
    """
    if not isinstance(input, Tensor):
        raise AttributeError(f"'{type(input).__name__}' object has no attribute 'layout'")
    if p is None or p == "fro":
        if p is not None and isinstance(dim, (tuple, list)) and len(dim) > 2:
            raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
        p = 2.0
    if p == "nuc":
        raise NotImplementedError("norm(): zanjir has no singular values yet, which p='nuc' is the sum of")
    if isinstance(p, str):
        raise RuntimeError(f"linalg.matrix_norm: Order {p} not supported.")
    return linalg_vector_norm(input, p, dim, keepdim, dtype)


# ---------------------------------------------------------------------- under NumPy's names


@numpy_function(np.var)
def numpy_var(
    a: Tensor, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    return functions["var"](a, axis, keepdim=keepdims, correction=ddof, out=out)


@numpy_function(np.std)
def numpy_std(
    a: Tensor, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    return functions["std"](a, axis, keepdim=keepdims, correction=ddof, out=out)


@numpy_function(np.linalg.norm)
def numpy_norm(x: Tensor, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord is None or isinstance(axis, int) or (axis is None and x.ndim == 1):
        return norm(x, 2 if ord is None else ord, axis, keepdims)
    return np.linalg.norm(plain(x), ord, axis, keepdims)  # the norm of a matrix
