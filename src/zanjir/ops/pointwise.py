"""The mathematical functions, elementwise: the table of functions and derivatives.

Each entry is a forward function and, for every operand, what turns the gradient ``g`` of the result ``y`` into that
operand's. For complex numbers the gradient is the conjugate Wirtinger derivative, as in PyTorch: a holomorphic f has
the rule ``g * conj(f'(x))``. The derivatives are those of any table of calculus (Abramowitz & Stegun, *Handbook of
Mathematical Functions*, chapters 4, 6 and 7).
"""

from __future__ import annotations

from collections.abc import Callable
from math import log as ln
from math import pi
from typing import Any

import numpy as np

from ..dtypes import COMPLEX
from ..state import state
from ..tensor import Tensor
from .declare import conj, numpy_functions, ufuncs
from .elementwise import (
    kernel,
    pointwise,
    says,
)
from .inplace import inplace
from .overloads import ONE

_LN2, _LN10 = ln(2), ln(10)


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


def real_only(name: str, input: Tensor) -> None:
    """Raises what PyTorch raises where an operator has no derivative for complex numbers."""
    if state.grad and input.requires_grad and input.is_complex():
        raise RuntimeError(f"{name} does not support automatic differentiation for outputs with complex dtype.")


def _not_complex(name: str) -> dict[int, Any]:
    return {COMPLEX: kernel(name)}


# ---------------------------------------------------------------------- exponentials and logarithms

exp = _table("exp", np.exp, lambda g, y: g * conj(y), "eˣ", ("[0.0, 1.0]", "[1.0000, 2.7183]"))
exp2 = _table("exp2", np.exp2, lambda g, y: g * conj(y) * _LN2, "2ˣ", ("[0.0, 3.0]", "[1., 8.]"))
expm1 = _table("expm1", np.expm1, lambda g, y: g * conj(y + 1), "eˣ - 1, accurate near 0", ("[0.0]", "[0.]"))
log = _table("log", np.log, lambda g, x: g / conj(x), "ln x", ("[1.0, 10.0]", "[0.0000, 2.3026]"))
log2 = _table("log2", np.log2, lambda g, x: g / (conj(x) * _LN2), "log₂ x", ("[1.0, 8.0]", "[0., 3.]"))


def _log10(x: Any) -> Any:
    """NumPy's float32 logarithm of 100 is not quite 2."""
    return np.log10(x, dtype=np.float64).astype(x.dtype) if x.dtype == np.float32 else np.log10(x)


log10 = _table("log10", _log10, lambda g, x: g / (conj(x) * _LN10), "log₁₀ x", ("[1.0, 100.0]", "[0., 2.]"))
ufuncs[np.log10] = log10
log1p = _table(
    "log1p",
    np.log1p,
    lambda g, x: g / conj(x + 1),
    "ln(1 + x), accurate near 0",
    ("[0.0]", "[0.]"),
    node="Log1PBackward0",
)
sqrt = _table("sqrt", np.sqrt, lambda g, y: g / (2 * conj(y)), "√x", ("[4.0, 9.0]", "[2., 3.]"))
rsqrt = _table(
    "rsqrt",
    lambda x: 1 / np.sqrt(x),
    lambda g, y: -0.5 * g * conj(y * y * y),
    "1 / √x",
    ("[4.0, 16.0]", "[0.5000, 0.2500]"),
)


def _sigmoid(x: Any) -> Any:
    return np.reciprocal(np.exp(-x) + ONE[x.dtype])


sigmoid = _table(
    "sigmoid", _sigmoid, lambda g, y: g * conj((1 - y) * y), "1 / (1 + e⁻ˣ)",
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
    "atan",
    np.arctan,
    lambda g, x: g / conj(x * x + 1),
    "arctan x",
    ("[0.0, 1.0]", "[0.0000, 0.7854]"),
    aliases=("arctan",),
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
    "deg2rad",
    lambda x: x * (pi / 180),
    lambda g: g * (pi / 180),
    "degrees to radians, x π / 180",
    ("[180.0]", "[3.1416]"),
    node="Deg2RadBackward0",
    refuses={COMPLEX: says(RuntimeError, "deg2rad is not supported for complex tensors.")},
)
rad2deg = _table(
    "rad2deg",
    lambda x: x * (180 / pi),
    lambda g: g * (180 / pi),
    "radians to degrees, 180 x / π",
    ("[3.14159265]", "[180.]"),
    node="Rad2DegBackward0",
    refuses={COMPLEX: says(RuntimeError, "rad2deg is not supported for complex tensors.")},
)
ufuncs.update({np.deg2rad: deg2rad, np.radians: deg2rad, np.rad2deg: rad2deg, np.degrees: rad2deg})


def _sinc(x: Any) -> Any:
    x = pi * x
    return np.where(x == 0, 1, np.sin(x) / x).astype(x.dtype)


def _sinc_rule(g: Any, x: Any) -> Any:
    x = pi * x
    return np.where(x == 0, 0, g * conj(pi * (x * np.cos(x) - np.sin(x)) / (x * x)))


sinc = _table("sinc", _sinc, _sinc_rule, "sin(πx) / (πx), 1 at 0", ("[0.0, 0.5]", "[1.0000, 0.6366]"))
numpy_functions[np.sinc] = sinc
