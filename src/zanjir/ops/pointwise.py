"""The mathematical functions, elementwise: the table of functions and derivatives.

Each entry is a forward function and, for every operand, what turns the gradient ``g`` of the result ``y`` into that
operand's. For complex numbers the gradient is the conjugate Wirtinger derivative, as in PyTorch: a holomorphic f has the
rule ``g * conj(f'(x))``. The derivatives are those of any table of calculus (Abramowitz & Stegun, *Handbook of Mathematical
Functions*, chapters 4, 6 and 7).
"""

from __future__ import annotations

from collections.abc import Callable
from math import log as ln
from math import pi, sqrt as root
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import BOOL, COMPLEX, INTEGER
from ..state import state
from ..tensor import Tensor, wrap
from .arithmetic import Twin, overloaded, sgn as _sgn, sign_values as _sign, underived, zero
from .declare import Operator, conj, functions, numpy_functions, ufuncs
from .elementwise import _FLOATS, _NUMBERS, Pointwise, kernel, not_tensor, parametric, pointwise, says, to_real
from .inplace import inplace, public, to_out, with_out
from .protocol import numpy_function
from .signatures import invalid, kind, of_tensors
from .views import View

_LN2, _LN10 = ln(2), ln(10)
_BOTH = "(Tensor input, Tensor other, *, Tensor out = None)"
_FIRST = "(Number self, Tensor other, *, Tensor out = None)"
_SECOND = "(Tensor input, Number other, *, Tensor out = None)"
_NUMERIC = (BOOL, INTEGER)


def _table(
    name: str, forward: Any, rule: Any, formula: str, example: tuple[str, str] | None = None, **options: Any
) -> Callable[[Any], Tensor]:
    """Declares a function of floating numbers; integers become the default floating dtype."""
    doc = f"""{formula}, elementwise.

    Args:
        input: a tensor of any shape; integers become the default floating dtype, the result is floating or complex.
        out: where to write the result.
    """
    if example is not None:
        doc += f"""
    >>> import zanjir
    >>> zanjir.{name}(zanjir.tensor({example[0]}))
    tensor({example[1]})
    """
    node_in_place = options.pop("node_in_place", None)
    f = pointwise(name, forward, rule, floats=True, doc=doc, **options)
    if node_in_place is not None:
        twin = pointwise(name, forward, rule, floats=True, node=node_in_place, method=False, function=False)
        for n in (name, *options.get("aliases", ())):
            setattr(Tensor, n + "_", inplace(twin, n + "_"))
    return f


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


# ---------------------------------------------------------------------- exponentials and logarithms

exp = _table("exp", np.exp, lambda g, y: g * conj(y), "eˣ", ("[0.0, 1.0]", "[1.0000, 2.7183]"))
exp2 = _table("exp2", np.exp2, lambda g, y: g * conj(y) * _LN2, "2ˣ", ("[0.0, 3.0]", "[1., 8.]"))
expm1 = _table("expm1", np.expm1, lambda g, y: g * conj(y + 1), "eˣ - 1, accurate near 0", ("[0.0]", "[0.]"))
log = _table("log", np.log, lambda g, x: g / conj(x), "ln x", ("[1.0, 10.0]", "[0.0000, 2.3026]"))
log2 = _table("log2", np.log2, lambda g, x: g / (conj(x) * _LN2), "log₂ x", ("[1.0, 8.0]", "[0., 3.]"))
log10 = _table("log10", np.log10, lambda g, x: g / (conj(x) * _LN10), "log₁₀ x", ("[1.0, 100.0]", "[0., 2.]"))
log1p = _table(
    "log1p", np.log1p, lambda g, x: g / conj(x + 1), "ln(1 + x), accurate near 0", ("[0.0]", "[0.]"), node="Log1PBackward0"
)
sqrt = _table("sqrt", np.sqrt, lambda g, y: g / (2 * conj(y)), "√x", ("[4.0, 9.0]", "[2., 3.]"))
rsqrt = _table(
    "rsqrt", lambda x: 1 / np.sqrt(x), lambda g, y: -0.5 * g * conj(y * y * y), "1 / √x", ("[4.0, 16.0]", "[0.5000, 0.2500]")
)
sigmoid = _table(
    "sigmoid", lambda x: 1 / (1 + np.exp(-x)), lambda g, y: g * conj((1 - y) * y), "1 / (1 + e⁻ˣ)",
    ("[0.0, 2.0]", "[0.5000, 0.8808]"),
)  # fmt: skip

# ---------------------------------------------------------------------- trigonometry

sin = _table("sin", np.sin, lambda g, x: g * conj(np.cos(x)), "sin x", ("[0.0, 1.0]", "[0.0000, 0.8415]"))
cos = _table("cos", np.cos, lambda g, x: g * -conj(np.sin(x)), "cos x", ("[0.0, 1.0]", "[1.0000, 0.5403]"))
tan = _table("tan", np.tan, lambda g, y: g * conj(1 + y * y), "tan x", ("[0.0, 1.0]", "[0.0000, 1.5574]"))
asin = _table(
    "asin", np.arcsin, lambda g, x: g * conj(1 / np.sqrt(1 - x * x)), "arcsin x", ("[0.0, 1.0]", "[0.0000, 1.5708]"),
    aliases=("arcsin",),
)  # fmt: skip
acos = _table(
    "acos", np.arccos, lambda g, x: g * -conj(1 / np.sqrt(1 - x * x)), "arccos x", ("[0.0, 1.0]", "[1.5708, 0.0000]"),
    aliases=("arccos",),
)  # fmt: skip
atan = _table(
    "atan", np.arctan, lambda g, x: g / conj(x * x + 1), "arctan x", ("[0.0, 1.0]", "[0.0000, 0.7854]"), aliases=("arctan",)
)
sinh = _table("sinh", np.sinh, lambda g, x: g * conj(np.cosh(x)), "sinh x", ("[0.0, 1.0]", "[0.0000, 1.1752]"))
cosh = _table("cosh", np.cosh, lambda g, x: g * conj(np.sinh(x)), "cosh x", ("[0.0, 1.0]", "[1.0000, 1.5431]"))
tanh = _table("tanh", np.tanh, lambda g, y: g * conj(1 - y * y), "tanh x", ("[0.0, 1.0]", "[0.0000, 0.7616]"))
asinh = _table(
    "asinh", np.arcsinh, lambda g, x: g * conj(1 / np.sqrt(x * x + 1)), "arsinh x", ("[0.0, 1.0]", "[0.0000, 0.8814]"),
    aliases=("arcsinh",), node_in_place="AsinhBackward1",
)  # fmt: skip
acosh = _table(
    "acosh", np.arccosh, lambda g, x: g * conj(1 / np.sqrt(x * x - 1)), "arcosh x", ("[1.0, 2.0]", "[0.0000, 1.3170]"),
    aliases=("arccosh",), node_in_place="AcoshBackward1",
)  # fmt: skip
atanh = _table(
    "atanh", np.arctanh, lambda g, x: g / conj(1 - x * x), "artanh x", ("[0.0, 0.5]", "[0.0000, 0.5493]"),
    aliases=("arctanh",), node_in_place="AtanhBackward1",
)  # fmt: skip
deg2rad = _table(
    "deg2rad", lambda x: x * (pi / 180), lambda g: g * (pi / 180), "degrees to radians, x π / 180", ("[180.0]", "[3.1416]"),
    node="Deg2RadBackward0", refuses={COMPLEX: says(RuntimeError, "deg2rad is not supported for complex tensors.")},
)  # fmt: skip
rad2deg = _table(
    "rad2deg", lambda x: x * (180 / pi), lambda g: g * (180 / pi), "radians to degrees, 180 x / π", ("[3.14159265]", "[180.]"),
    node="Rad2DegBackward0", refuses={COMPLEX: says(RuntimeError, "rad2deg is not supported for complex tensors.")},
)  # fmt: skip
ufuncs.update({np.deg2rad: deg2rad, np.radians: deg2rad, np.rad2deg: rad2deg, np.degrees: rad2deg})


def _sinc(x: Any) -> Any:
    x = pi * x
    return np.where(x == 0, 1, np.sin(x) / x).astype(x.dtype)


def _sinc_rule(g: Any, x: Any) -> Any:
    x = pi * x
    return np.where(x == 0, 0, g * conj(pi * (x * np.cos(x) - np.sin(x)) / (x * x)))


sinc = _table("sinc", _sinc, _sinc_rule, "sin(πx) / (πx), 1 at 0", ("[0.0, 0.5]", "[1.0000, 0.6366]"))
numpy_functions[np.sinc] = sinc

# ---------------------------------------------------------------------- special functions


def real_only(name: str, input: Tensor) -> None:
    """Raises what PyTorch raises where an operator has no derivative for complex numbers."""
    if state.grad and input.requires_grad and input.is_complex():
        raise RuntimeError(f"{name} does not support automatic differentiation for outputs with complex dtype.")


def _not_complex(name: str) -> dict[int, Any]:
    return {COMPLEX: kernel(name)}


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
    "erfinv", lambda x: np.copysign(_erfinv(x), x), lambda g, y: g * (root(pi) / 2) * np.exp(y * y), "the inverse of erf", ("[0.0, 0.5]", "[0.0000, 0.4769]"),
    refuses=_not_complex("erfinv_vml_cpu"),
)  # fmt: skip
lgamma = _table(
    "lgamma", lambda x: np.where(x == -np.inf, np.inf, _gammaln(x)).astype(x.dtype), lambda g, x: g * _digamma(x), "ln |Γ(x)|", ("[1.0, 5.0]", "[0.0000, 3.1781]"),
    refuses=_not_complex("lgamma_vml_cpu"),
)  # fmt: skip


def _digamma_values(x: Any) -> Any:
    """ψ(x); at the poles SciPy's sign is kept at 0, the negative integers give NaN."""
    return np.where((x < 0) & (x == np.floor(x)), np.nan, _digamma(x)).astype(x.dtype)


digamma = _table(
    "digamma", _digamma_values, lambda g, x: g * _polygamma(1, x), "ψ(x) = d ln Γ(x) / dx", ("[1.0, 2.0]", "[-0.5772,  0.4228]"),
    refuses=_not_complex("digamma"),
)  # fmt: skip


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
        raise TypeError(f"polygamma(): argument 'n' (position 1) must be int, not {kind(n)}")
    if not isinstance(input, Tensor):
        raise not_tensor("polygamma", "input", 2, input)
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


_logit_operator = parametric("logit", "LogitBackward0", _logit, _logit_rule, floats=True, refuses=_not_complex("logit_cpu"))


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
        raise TypeError(f"logit(): argument 'eps' must be float, not {kind(eps)}")
    return _logit_operator(input, eps)


# ---------------------------------------------------------------------- rounding and signs


def _of_floats(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Rounding leaves integers as they are."""
    return lambda x: f(x) if x.dtype.kind in "fc" else x.copy()


def _step(name: str, ufunc: Any, formula: str, aliases: tuple[str, ...] = (), complex_too: bool = True) -> Any:
    text = says(NotImplementedError, f"{name} is not supported for complex inputs")
    f = pointwise(
        name, _of_floats(ufunc), zero, aliases=aliases,
        refuses={BOOL: kernel(f"{name}_vml_cpu"), COMPLEX: text if complex_too else kernel(f"{name}_vml_cpu")},
        method=name != "round", function=name != "round", in_place=name != "round",
        doc=f"""{formula}, elementwise; integers stay as they are. The derivative is zero.

    >>> import zanjir
    >>> zanjir.{name}(zanjir.tensor([-1.5, 0.5, 1.7]))
    tensor({_STEPS[name]})
    """,
    )  # fmt: skip
    ufuncs[ufunc] = f
    return f


_STEPS = {"floor": "[-2.,  0.,  1.]", "ceil": "[-1.,  1.,  2.]", "trunc": "[-1.,  0.,  1.]", "round": ""}
floor = _step("floor", np.floor, "the greatest integer not above x, ⌊x⌋")
ceil = _step("ceil", np.ceil, "the least integer not below x, ⌈x⌉")
trunc = _step("trunc", np.trunc, "x without its fraction", aliases=("fix",))
_round_plain = _step("round", np.rint, "the nearest integer", complex_too=False)
numpy_functions[np.fix] = trunc


_NOT_GIVEN: Any = object()


def _round_decimals(x: Any, decimals: int) -> Any:
    scale = x.dtype.type(10.0 ** abs(decimals))
    return np.rint(x * scale) / scale if decimals > 0 else np.rint(x / scale) * scale


_round_operator = parametric(
    "round", "RoundBackward1", lambda x, decimals: _round_decimals(x, decimals) if decimals else np.rint(x), lambda g: np.zeros_like(g),
    refuses={c: kernel("round_cpu") for c in (BOOL, INTEGER, COMPLEX)},
)  # fmt: skip


@public(out=True, in_place=True)
def _round(input: Tensor, *, decimals: int = _NOT_GIVEN) -> Tensor:
    """The nearest integer, elementwise, halves to the even one; integers stay as they are. The derivative is zero.

    Args:
        input: a tensor, not bool or complex.
        decimals: round to so many decimals; negative: to tens, hundreds, ...
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.round(zanjir.tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    >>> zanjir.round(zanjir.tensor([0.1234]), decimals=2)
    tensor([0.1200])
    """
    if decimals is _NOT_GIVEN:
        return _round_plain(input)  # type: ignore[no-any-return]
    if not isinstance(decimals, int):
        raise invalid(
            "round", ("(Tensor input, *, Tensor out = None)", "(Tensor input, *, int decimals, Tensor out = None)"), (input,),
            decimals=decimals,
        )  # fmt: skip
    return _round_operator(input, decimals)


numpy_function(np.round, np.around)(
    lambda a, decimals=0, out=None: functions["round"](a, **({"decimals": decimals} if decimals else {}), out=out)
)

frac = pointwise(
    "frac", lambda x: x - np.trunc(x), lambda g: g, refuses={c: kernel("frac_cpu") for c in (BOOL, INTEGER, COMPLEX)},
    doc="""The fraction of x, x - trunc(x), elementwise.

    >>> import zanjir
    >>> zanjir.frac(zanjir.tensor([1.5, -2.25]))
    tensor([ 0.5000, -0.2500])
    """,
)  # fmt: skip


sign = pointwise(
    "sign", _sign, zero, fast=frozenset(d for d in _NUMBERS if d.kind != "c"),
    refuses={COMPLEX: says(
        NotImplementedError,
        "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead.",
    )},
    doc="""-1, 0 or 1: the sign of x, elementwise. The derivative is zero.

    >>> import zanjir
    >>> zanjir.sign(zanjir.tensor([-3.0, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """,
)  # fmt: skip


def _sgn_rule(g: Any, x: Any, y: Any) -> Any:
    """For a complex number y = x / |x| moves along the circle only; for a real one not at all."""
    if not np.iscomplexobj(x):
        return np.zeros_like(g)
    size = np.absolute(x)
    return np.where(size == 0, 0, (g - (g * conj(y)).real * y) / size)


sgn = pointwise(
    "sgn", _sign, _sgn_rule,
    doc="""x / |x|, and 0 at 0, elementwise: the sign of real and complex numbers.

    >>> import zanjir
    >>> zanjir.sgn(zanjir.tensor([3 + 4j]))
    tensor([0.6000+0.8000j])
    """,
)  # fmt: skip
ufuncs[np.sign] = _sgn.on_tensors = sgn

# ---------------------------------------------------------------------- two operands



def _atan2_rule(g: Any, a: Any, b: Any) -> Any:
    square = a * a + b * b
    return np.where(square == 0, 0, g * b / square)


atan2 = pointwise(
    "atan2", np.arctan2, _atan2_rule, lambda g, a, b: _atan2_rule(-g, b, a),
    floats=True, aliases=("arctan2",), numbers=False, refuses=_not_complex("atan2_cpu"),
    doc="""The angle of the point (other, input), between -π and π, elementwise.

    Args:
        input, other: the ordinate and the abscissa, tensors of shapes that broadcast; the result is floating.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.atan2(zanjir.tensor([1.0]), zanjir.tensor([-1.0]))
    tensor([2.3562])
    """,
)  # fmt: skip
hypot = pointwise(
    "hypot", np.hypot, lambda g, y, a: g * (a / y), lambda g, y, b: g * (b / y), numbers=False,
    refuses={c: kernel("hypot_cpu") for c in (BOOL, INTEGER, COMPLEX)},
    doc="""√(input² + other²) without overflow, elementwise, for floating tensors of shapes that broadcast.

    >>> import zanjir
    >>> zanjir.hypot(zanjir.tensor([3.0]), zanjir.tensor([4.0]))
    tensor([5.])
    """,
)  # fmt: skip


def _logaddexp(a: Any, b: Any) -> Any:
    if a.dtype.kind != "c":
        return np.logaddexp(a, b)
    high = np.where(a.real < b.real, b, a)
    return high + np.log(np.exp(a - high) + np.exp(b - high))


logaddexp = pointwise(
    "logaddexp", _logaddexp, lambda g, a, b: g / conj(1 + np.exp(b - a)), lambda g, a, b: g / conj(1 + np.exp(a - b)),
    in_place=False, numbers=False, refuses=dict.fromkeys(_NUMERIC, kernel("logaddexp_cpu")),
    doc="""ln(eᵃ + eᵇ) without overflow, elementwise, for floating tensors of shapes that broadcast.

    >>> import zanjir
    >>> zanjir.logaddexp(zanjir.tensor([100.0]), zanjir.tensor([100.0]))
    tensor([100.6931])
    """,
)  # fmt: skip
logaddexp2 = pointwise(
    "logaddexp2", np.logaddexp2, lambda g, a, b: g / (1 + np.exp2(b - a)), lambda g, a, b: g / (1 + np.exp2(a - b)),
    in_place=False, numbers=False, refuses={c: kernel("logaddexp2_cpu") for c in (BOOL, INTEGER, COMPLEX)},
    doc="""log₂(2ᵃ + 2ᵇ) without overflow, elementwise, for floating tensors of shapes that broadcast.

    >>> import zanjir
    >>> zanjir.logaddexp2(zanjir.tensor([100.0]), zanjir.tensor([100.0]))
    tensor([101.])
    """,
)  # fmt: skip
ufuncs[np.logaddexp] = logaddexp.__wrapped__  # type: ignore[attr-defined]


def _xlogy(a: Any, b: Any) -> Any:
    return np.where((a == 0) & ~np.isnan(b), 0, a * np.log(b)).astype(a.dtype)


def _xlogy_rule(g: Any, a: Any, b: Any) -> Any:
    return np.where((a == 0) & (b <= 0), 0, g * np.log(b))


_xlogy_options: dict[str, Any] = {
    "floats": True, "refuses": _not_complex("xlogy_cpu"), "signatures": (_BOTH, _FIRST, _SECOND),
}  # fmt: skip
xlogy = overloaded(
    "xlogy",
    Pointwise(Operator("XlogyBackward0", _xlogy, (_xlogy_rule, lambda g, a, b: g * a / b)), "xlogy", **_xlogy_options),
    Pointwise(Operator("XlogyBackward2", _xlogy, (_xlogy_rule, None)), "xlogy", **_xlogy_options),
    Pointwise(Operator("XlogyBackward1", _xlogy, (None, lambda g, a, b: g * a / b)), "xlogy", **_xlogy_options),
    doc="""input · ln(other), and 0 where ``input`` is 0, elementwise.

    Args:
        input, other: tensors, or one a number, of shapes that broadcast; the result is floating.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.xlogy(zanjir.tensor([0.0, 2.0]), zanjir.tensor([0.0, 1.0]))
    tensor([0., 0.])
    """,
)  # fmt: skip


def _copysign_rule(g: Any, y: Any, a: Any) -> Any:
    return np.where(a == 0, 0, g * (y / a))


_copysign_options: dict[str, Any] = {
    "floats": True, "refuses": _not_complex("copysign_cpu"), "signatures": (_BOTH, _SECOND),
}  # fmt: skip
copysign = overloaded(
    "copysign",
    Pointwise(Operator("CopysignBackward0", np.copysign, (_copysign_rule, zero), inputs=("a", "b")), "copysign", **_copysign_options),
    Pointwise(Operator("CopysignBackward1", np.copysign, (_copysign_rule, None), inputs=("a", "b")), "copysign", **_copysign_options),
    None, ufunc=np.copysign,
    doc="""|input| with the sign of ``other`` (-0.0 has one too), elementwise; the result is floating.

    >>> import zanjir
    >>> zanjir.copysign(zanjir.tensor([1.0, -2.0]), -0.0)
    tensor([-1., -2.])
    """,
)  # fmt: skip


def _one_dtype(operands: Any) -> None:
    if any(isinstance(o, Tensor) and o.is_complex() for o in operands):
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    if isinstance(operands[1], Tensor) and operands[0].dtype is not operands[1].dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")


_heaviside = Pointwise(
    Operator(
        "NotImplemented", lambda a, b: np.where(a == 0, b, a > 0).astype(a.dtype), (underived("heaviside"), underived("heaviside"))
    ),
    "heaviside", guard=_one_dtype,
)  # fmt: skip


def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """0 where x < 0, ``values`` where x is 0, 1 where x > 0, elementwise. It has no derivative.

    Args:
        input, values: tensors of one dtype and of shapes that broadcast.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.heaviside(zanjir.tensor([-1.0, 0.0, 2.0]), zanjir.tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if not isinstance(values, Tensor):
        raise not_tensor("heaviside", "values", 1, values)
    return _heaviside(input, values)


functions["heaviside"] = with_out(of_tensors("input", "values")(heaviside), "heaviside")
Tensor.heaviside, Tensor.heaviside_ = heaviside, inplace(heaviside, "heaviside_")  # type: ignore[attr-defined]
ufuncs[np.heaviside] = heaviside


_real = frozenset(d for d in _NUMBERS if d.kind != "c")


def _extremum(name: str, ufunc: Any, first: Any, second: Any, text: str, example: str) -> Any:
    return pointwise(
        name, ufunc, first, second, in_place=False, numbers=False, fast=_real,
        refuses={COMPLEX: says(RuntimeError, f"{name} not implemented for complex tensors.")},
        doc=f"""{text}, elementwise.

    Args:
        input, other: tensors of shapes that broadcast, not complex.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.{name}(zanjir.tensor([1.0, 5.0]), zanjir.tensor([3.0, 2.0]))
    tensor({example})
    """,
    )  # fmt: skip


maximum = _extremum(
    "maximum", np.maximum,
    lambda g, a, b: np.where(a == b, g / 2, np.where(a < b, 0, g)),
    lambda g, a, b: np.where(a == b, g / 2, np.where(a > b, 0, g)),
    "The larger of two, NaN if either is; two equals share the gradient", "[3., 5.]",
)  # fmt: skip
minimum = _extremum(
    "minimum", np.minimum,
    lambda g, a, b: np.where(a == b, g / 2, np.where(a > b, 0, g)),
    lambda g, a, b: np.where(a == b, g / 2, np.where(a < b, 0, g)),
    "The smaller of two, NaN if either is; two equals share the gradient", "[1., 2.]",
)  # fmt: skip
fmax = _extremum(
    "fmax", np.fmax,
    lambda g, a, b: np.where((a >= b) | np.isnan(b), g, 0),
    lambda g, a, b: np.where((a >= b) | np.isnan(b), 0, g),
    "The larger of two, the other one if one is NaN", "[3., 5.]",
)  # fmt: skip
fmin = _extremum(
    "fmin", np.fmin,
    lambda g, a, b: np.where((a <= b) | np.isnan(b), g, 0),
    lambda g, a, b: np.where((a <= b) | np.isnan(b), 0, g),
    "The smaller of two, the other one if one is NaN", "[1., 2.]",
)  # fmt: skip

# ---------------------------------------------------------------------- complex numbers

_conj_physical = Operator("ConjPhysicalBackward0", np.conjugate, (lambda g: conj(g),))
_conj_in_place = pointwise(
    "conj_physical", np.conjugate, lambda g: conj(g), node="ConjPhysicalBackward1", method=False, function=False
)
Tensor.conj_physical_ = inplace(_conj_in_place, "conj_physical_")  # type: ignore[attr-defined]


@public(out=True)
def conj_physical(input: Tensor) -> Tensor:
    """x̄, elementwise; the tensor itself where it is real.

    >>> import zanjir
    >>> zanjir.conj_physical(zanjir.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    if not isinstance(input, Tensor):
        raise not_tensor("conj_physical", "input", 1, input)
    return _conj_physical(input) if input._array.dtype.kind == "c" else input  # type: ignore[no-any-return]


_conj = Operator("ConjBackward0", np.conjugate, (lambda g: conj(g),))


@public()
def _conj_(input: Tensor) -> Tensor:
    """x̄, elementwise; the tensor itself where it is real.

    >>> import zanjir
    >>> zanjir.conj(zanjir.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    if not isinstance(input, Tensor):
        raise not_tensor("conj", "input", 1, input)
    return _conj(input) if input._array.dtype.kind == "c" else input  # type: ignore[no-any-return]


ufuncs[np.conjugate] = _conj_

_view_as_real = View(
    "ViewAsRealBackward0", lambda x: x[..., None].view(x.real.dtype), lambda g: g[..., 0] + 1j * g[..., 1]
)
_view_as_complex = View(
    "ViewAsComplexBackward0", lambda x: x.view(np.result_type(x.dtype, np.complex64))[..., 0],
    lambda g: np.stack((g.real, g.imag), -1),
)  # fmt: skip


@public(method=False)
def view_as_real(input: Tensor) -> Tensor:
    """A view of a complex tensor as real pairs: the shape gets a last dimension of 2.

    Raises:
        RuntimeError: if the tensor is not complex.

    >>> import zanjir
    >>> zanjir.view_as_real(zanjir.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    if not isinstance(input, Tensor):
        raise not_tensor("view_as_real", "input", 1, input)
    if input._array.dtype.kind != "c":
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return _view_as_real(input)


@public(method=False)
def view_as_complex(input: Tensor) -> Tensor:
    """A view of real pairs as a complex tensor: the shape loses its last dimension, which must be 2.

    Raises:
        RuntimeError: for other shapes, dtypes and strides.

    >>> import zanjir
    >>> zanjir.view_as_complex(zanjir.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    if not isinstance(input, Tensor):
        raise not_tensor("view_as_complex", "input", 1, input)
    x = input._array
    if x.dtype not in _FLOATS:
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
            f"{input.dtype.legacy}"
        )
    if not x.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if x.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    strides = input.stride()
    if strides[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    for i, step in enumerate(strides[:-1]):
        if step % 2:
            raise RuntimeError(f"Tensor must have a stride divisible by 2 for all but last dimension (dimension {i})")
    return _view_as_complex(input)


@public(method=False)
def real(input: Tensor) -> Tensor:
    """The real parts: a view; the tensor itself where it is real.

    >>> import zanjir
    >>> zanjir.real(zanjir.tensor([1 + 2j]))
    tensor([1.])
    """
    if not isinstance(input, Tensor):
        raise not_tensor("real", "input", 1, input)
    return _view_as_real(input).select(-1, 0) if input._array.dtype.kind == "c" else input


@public(method=False)
def imag(input: Tensor) -> Tensor:
    """The imaginary parts: a view.

    Raises:
        RuntimeError: if the tensor is not complex.

    >>> import zanjir
    >>> zanjir.imag(zanjir.tensor([1 + 2j]))
    tensor([2.])
    """
    if not isinstance(input, Tensor):
        raise not_tensor("imag", "input", 1, input)
    if input._array.dtype.kind != "c":
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _view_as_real(input).select(-1, 1)


Tensor.real = property(real, lambda self, value: real(self).copy_(value))  # type: ignore[attr-defined]
Tensor.imag = property(imag, lambda self, value: imag(self).copy_(value))  # type: ignore[attr-defined]
numpy_functions[np.real], numpy_functions[np.imag] = real, imag


def _angle(x: Any) -> Any:
    if x.dtype.kind == "c":
        return np.asarray(np.angle(x), order="C")
    return np.where(np.isnan(x), x, np.where(x < 0, pi, 0)).astype(x.dtype)


def _angle_rule(g: Any, x: Any) -> Any:
    """For z = x + iy the gradient of arctan(y / x) is (-y + ix) / |z|² = i z / |z|²."""
    if not np.iscomplexobj(x):
        return np.zeros_like(g)
    square = (x * conj(x)).real
    return np.where(square == 0, 0, g * (1j * x / square))


angle = pointwise(
    "angle", _angle, _angle_rule, floats=True, result=to_real, in_place=False,
    doc="""The angle of a complex number, between -π and π; 0 or π for a real one. Elementwise.

    >>> import zanjir
    >>> zanjir.angle(zanjir.tensor([1j, -1 + 0j]))
    tensor([1.5708, 3.1416])
    """,
)  # fmt: skip
numpy_function(np.angle)(lambda z, deg=False: rad2deg(angle(z)) if deg else angle(z))
numpy_function(np.iscomplexobj)(lambda x: x.is_complex())


def _two_reals(name: str, first: str, second: str, a: Any, b: Any) -> None:
    for position, (argument, value) in enumerate(((first, a), (second, b)), 1):
        if not isinstance(value, Tensor):
            raise not_tensor(name, argument, position, value)
    allowed = (dtypes.float16, dtypes.float32, dtypes.float64)
    if a.dtype not in allowed or b.dtype not in allowed:
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {a.dtype.legacy} and {b.dtype.legacy}"
        )
    if a.dtype is not b.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {a.dtype.legacy} but got scalar type {b.dtype.legacy} for second argument"
        )


def _from_parts(a: Any, b: Any) -> Any:
    y = np.empty(np.broadcast_shapes(a.shape, b.shape), np.result_type(a.dtype, np.complex64))
    y.real, y.imag = a, b
    return y


def _to_complex(d: Any) -> Any:
    return d.to_complex()


_complex = Pointwise(
    Operator("ComplexBackward0", _from_parts, (lambda g: g.real, lambda g: g.imag)), "complex", result=_to_complex
)
_polar = Pointwise(
    Operator(
        "PolarBackward0", lambda a, b: _from_parts(a * np.cos(b), a * np.sin(b)),
        (lambda g, y: (conj(g) * np.sign(y)).real, lambda g, y: (conj(g) * (1j * y)).real),
    ),
    "polar", result=_to_complex,
)  # fmt: skip


@public(method=False, out=True)
def complex_(real: Tensor, imag: Tensor) -> Tensor:
    """The complex numbers with these real and imaginary parts.

    Args:
        real, imag: tensors of one floating dtype and of shapes that broadcast.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.complex(zanjir.tensor([1.0]), zanjir.tensor([2.0]))
    tensor([1.+2.j])
    """
    _two_reals("complex", "real", "imag", real, imag)
    return _complex(real, imag)


@public(method=False, out=True)
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """The complex numbers with these absolute values and angles.

    Args:
        abs, angle: tensors of one floating dtype and of shapes that broadcast.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.polar(zanjir.tensor([1.0]), zanjir.tensor([0.0]))
    tensor([1.+0.j])
    """
    _two_reals("polar", "abs", "angle", abs, angle)
    if abs.dtype is dtypes.float16:
        raise kernel("polar_cpu")(abs.dtype)
    return _polar(abs, angle)


# ---------------------------------------------------------------------- not a number


def _nan_to_num(x: Any, nan: float | None, posinf: float | None, neginf: float | None, d: Any) -> Any:
    if x.dtype.kind == "c":
        return _from_parts(*[_nan_to_num(part, nan, posinf, neginf, d) for part in (x.real, x.imag)])
    if x.dtype.kind != "f":
        return x.copy()
    limits = dtypes.finfo(d)
    y = np.where(np.isnan(x), 0 if nan is None else nan, x)
    y = np.where(x == np.inf, limits.max if posinf is None else posinf, y)
    return np.where(x == -np.inf, limits.min if neginf is None else neginf, y).astype(x.dtype)


_nan_to_num_operator = parametric(
    "nan_to_num", "NanToNumBackward0", _nan_to_num, lambda g, x: g * np.isfinite(x), fast=_NUMBERS
)


@public(out=True, in_place=True)
def nan_to_num(
    input: Tensor, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """x, but NaN and infinities replaced, elementwise.

    Args:
        input: a tensor; integers stay as they are.
        nan, posinf, neginf: the replacements; by default 0 and the dtype's largest and smallest number.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.nan_to_num(zanjir.tensor([1.0, float("nan"), float("inf")]), posinf=9.0)
    tensor([1., 0., 9.])
    """
    if not isinstance(input, Tensor):
        raise not_tensor("nan_to_num", "input", 1, input)
    real_only("nan_to_num", input)
    for argument, value in (("nan", nan), ("posinf", posinf), ("neginf", neginf)):
        if value is not None and not isinstance(value, (int, float)):
            raise TypeError(f"nan_to_num(): argument '{argument}' must be float, not {kind(value)}")
    return _nan_to_num_operator(input, nan, posinf, neginf, input.dtype)


@numpy_function(np.nan_to_num)
def _numpy_nan_to_num(x: Tensor, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Tensor:
    return nan_to_num(x, nan, posinf, neginf)


numpy_functions.setdefault(np.zeros_like, lambda a, **options: _zeros_like(a))


def _zeros_like(t: Tensor) -> Tensor:
    return wrap(np.zeros(t._array.shape, t._array.dtype))

