"""Special functions: the error function, the gamma function and their kin, from SciPy, imported on first use.

Source of the derivatives: Abramowitz & Stegun, *Handbook of Mathematical Functions*, chapters 6 and 7.
"""

from __future__ import annotations

from math import pi
from math import sqrt as root
from typing import Any

import numpy as np

from ..signature import argument
from ..tensor import Tensor
from .declare import functions, ufuncs
from .elementwise import (
    parametric,
)
from .inplace import public, to_out
from .overloads import Twin
from .pointwise import _not_complex, _table


class Special(Twin):
    """SciPy's function of this name, imported on first use; on tensors the operator made of it."""

    def __init__(self, name: str) -> None:
        super().__init__(self.load)
        self.name = name

    def load(self, *args: Any) -> Any:
        import scipy.special

        self.on_arrays = getattr(scipy.special, self.name)
        if self.on_tensors is not None:
            ufuncs[self.on_arrays] = self.on_tensors
        return self.on_arrays(*args)


_erf, _erfc, _erfinv, _gammaln, _digamma, _zeta = map(Special, ("erf", "erfc", "erfinv", "gammaln", "digamma", "zeta"))

erf = _table(
    "erf", _erf, lambda g, x: g * (2 / root(pi)) * np.exp(-x * x), "the error function, 2/√π ∫₀ˣ exp(-t²) dt",
    ("[0.0, 1.0]", "[0.0000, 0.8427]"), refuses=_not_complex("erf_vml_cpu"),
)  # fmt: skip
erfc = _table(
    "erfc", _erfc, lambda g, x: g * (-2 / root(pi)) * np.exp(-x * x), "1 - erf x", ("[0.0, 1.0]", "[1.0000, 0.1573]"),
    refuses=_not_complex("erfc_vml_cpu"),
)  # fmt: skip
erfinv = _table(
    "erfinv",
    lambda x: np.copysign(_erfinv(x), x),
    lambda g, y: g * (root(pi) / 2) * np.exp(y * y),
    "the inverse of erf",
    ("[0.0, 0.5]", "[0.0000, 0.4769]"),
    refuses=_not_complex("erfinv_vml_cpu"),
)
lgamma = _table(
    "lgamma",
    lambda x: np.where(x == -np.inf, np.inf, _gammaln(x)).astype(x.dtype),
    lambda g, x: g * _digamma(x),
    "ln |Γ(x)|",
    ("[1.0, 5.0]", "[0.0000, 3.1781]"),
    refuses=_not_complex("lgamma_vml_cpu"),
)


def _digamma_values(x: Any) -> Any:
    """ψ(x); at the poles SciPy's sign is kept at 0, the negative integers give NaN."""
    return np.where((x < 0) & (x == np.floor(x)), np.nan, _digamma(x)).astype(x.dtype)


digamma = _table(
    "digamma",
    _digamma_values,
    lambda g, x: g * _polygamma(1, x),
    "ψ(x) = d ln Γ(x) / dx",
    ("[1.0, 2.0]", "[-0.5772,  0.4228]"),
    refuses=_not_complex("digamma"),
)


def _polygamma_values(x: Any, n: int) -> Any:
    """ψ⁽ⁿ⁾(x) = (-1)ⁿ⁺¹ n! ζ(n + 1, x); for n = 1 and x < 1/2 by reflection, ψ'(1 - x) + ψ'(x) = π² / sin²(πx)."""
    if n == 0:
        return _digamma_values(x)
    if n == 1:
        reflected = (pi / np.sin(pi * x)) ** 2 - _zeta(2, 1 - x)
        return np.where(x < 0.5, reflected, _zeta(2, x)).astype(x.dtype)
    factorial = 1.0
    for k in range(2, n + 1):
        factorial *= k
    return ((-1) ** (n + 1) * factorial * _zeta(n + 1, x)).astype(x.dtype)


_polygamma_operator = parametric(
    "polygamma", "PolygammaBackward0", _polygamma_values, lambda g, x, n: g * _polygamma(n + 1, x), floats=True,
    refuses=_not_complex("polygamma"),
)  # fmt: skip


def _polygamma(n: int, x: Any) -> Any:
    if isinstance(x, Tensor):
        return _polygamma_operator(x, n)
    return _polygamma_values(x.astype(np.float32), n) if x.dtype.kind == "V" else _polygamma_values(x, n)


def _polygamma_function(n: int, input: Tensor) -> Tensor:
    """The n-th derivative of :func:`digamma`, elementwise.

    >>> import zanjir
    >>> zanjir.polygamma(1, zanjir.tensor([1.0, 0.5]))
    tensor([1.6449, 4.9348])
    """
    if not isinstance(n, int) or isinstance(n, bool):
        raise argument("polygamma", "n", 1, "int", n)
    if not isinstance(input, Tensor):
        raise argument("polygamma", "input", 2, "Tensor", input)
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return _polygamma_operator(input, n)


@public(function=False, in_place=True)
def polygamma(self: Tensor, n: int) -> Tensor:
    """The n-th derivative of :func:`digamma`, elementwise."""
    return _polygamma_function(n, self)


def _polygamma_out(n: int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    result = _polygamma_function(n, input)
    return result if out is None else to_out("polygamma", out, result)


_polygamma_out.__name__ = "polygamma"
_polygamma_out.__doc__ = _polygamma_function.__doc__
functions["polygamma"] = _polygamma_out

_erf.on_tensors, _erfc.on_tensors, _erfinv.on_tensors = erf, erfc, erfinv
_gammaln.on_tensors, _digamma.on_tensors = lgamma, digamma


def _logit(x: Any, eps: float | None) -> Any:
    if eps is not None:
        low, high = x.dtype.type(eps), x.dtype.type(1 - eps)
        x = np.where(x < low, low, np.where(x > high, high, x))
    return np.log(x / (1 - x))


def _logit_rule(g: Any, x: Any, eps: float | None) -> Any:
    slope = g / (x * (1 - x))
    if eps is None:
        return np.where((x < 0) | (x > 1), np.nan, slope)
    return np.where((x < eps) | (x > 1 - eps), 0, slope)


_logit_operator = parametric(
    "logit", "LogitBackward0", _logit, _logit_rule, floats=True, refuses=_not_complex("logit_cpu")
)


@public(out=True, in_place=True)
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """ln(x / (1 - x)), the inverse of :func:`sigmoid`, elementwise.

    Args:
        input: a tensor; integers become the default floating dtype.
        eps: if given, x is first clamped to [eps, 1 - eps].
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.logit(zanjir.tensor([0.5, 0.75]))
    tensor([0.0000, 1.0986])
    """
    if eps is not None and not isinstance(eps, (int, float)):
        raise argument("logit", "eps", None, "float", eps)
    return _logit_operator(input, eps)
