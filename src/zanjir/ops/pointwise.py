"""Elementwise operators: the table of functions and derivatives.

Each line is a forward function and, for every operand, what turns the gradient ``g`` of the result ``y`` into that
operand's. For complex numbers the gradient is the conjugate Wirtinger derivative, as in PyTorch: a holomorphic f has the
rule ``g * conj(f'(x))``.
"""

from __future__ import annotations

import numpy as np

from ..dtypes import BOOL
from .declare import conj
from .elementwise import pointwise

# ---------------------------------------------------------------------- arithmetic

add = pointwise("add", np.add, lambda g: g, lambda g: g, dunder="add", reflected=True, doc="a + b")
mul = pointwise(
    "mul", np.multiply, lambda g, b: g * conj(b), lambda g, a: g * conj(a),
    aliases=("multiply",), dunder="mul", reflected=True, doc="a · b",
)  # fmt: skip
sub = pointwise(
    "sub", np.subtract, lambda g: g, lambda g: -g, aliases=("subtract",), dunder="sub", refuses=(BOOL,), doc="a - b",
)  # fmt: skip
div = pointwise(
    "div", np.true_divide, lambda g, b: g / conj(b), lambda g, y, b: -g * conj(y / b),
    floats=True, aliases=("divide", "true_divide"), dunder="truediv", doc="a / b",
)  # fmt: skip
neg = pointwise("neg", np.negative, lambda g: -g, aliases=("negative",), dunder="neg", refuses=(BOOL,), doc="-x")

# ---------------------------------------------------------------------- exponentials

exp = pointwise("exp", np.exp, lambda g, y: g * conj(y), floats=True, doc="eˣ")
log = pointwise("log", np.log, lambda g, x: g / conj(x), floats=True, doc="ln x")
sqrt = pointwise("sqrt", np.sqrt, lambda g, y: g / (2 * conj(y)), floats=True, doc="√x")
sin = pointwise("sin", np.sin, lambda g, x: g * conj(np.cos(x)), floats=True, doc="sin x")
cos = pointwise("cos", np.cos, lambda g, x: g * -conj(np.sin(x)), floats=True, doc="cos x")
tanh = pointwise("tanh", np.tanh, lambda g, y: g * conj(1 - y * y), floats=True, doc="tanh x")

pow_scalar = pointwise(
    "_pow_scalar", lambda a, b: a * a if b.__class__ is int and b == 2 else np.power(a, b),
    lambda g, a, b: g * (b * a ** (b - 1)), None, node="PowBackward0", dunder="pow", method=False, function=False, in_place=False
)
