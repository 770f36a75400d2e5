"""Elementwise operators against PyTorch: values, dtypes, gradients, second gradients, node names, errors."""

# ruff: noqa: B023  (what the loops define is called at once)

from __future__ import annotations

import operator

import numpy as np
import pytest
from harness import (
    ALL,
    BFLOAT16,
    COMPLEX,
    FLOATING,
    INTEGER,
    REAL,
    agree,
    noncontiguous,
    sample,
    to_torch,
    to_zanjir,
    transposed,
)

import zanjir

torch = pytest.importorskip("torch")

INF, NAN = float("inf"), float("nan")

#: name -> interval on which the function is smooth.
UNARY = {
    "neg": (-3, 3),
    "positive": (-3, 3),
    "abs": (0.2, 3),
    "reciprocal": (0.5, 3),
    "square": (-3, 3),
    "exp": (-3, 3),
    "exp2": (-3, 3),
    "expm1": (-3, 3),
    "log": (0.2, 3),
    "log2": (0.2, 3),
    "log10": (0.2, 3),
    "log1p": (-0.8, 3),
    "sqrt": (0.2, 3),
    "rsqrt": (0.2, 3),
    "sin": (-3, 3),
    "cos": (-3, 3),
    "tan": (-1.2, 1.2),
    "asin": (-0.9, 0.9),
    "acos": (-0.9, 0.9),
    "atan": (-3, 3),
    "sinh": (-3, 3),
    "cosh": (-3, 3),
    "tanh": (-3, 3),
    "asinh": (-3, 3),
    "acosh": (1.2, 3),
    "atanh": (-0.9, 0.9),
    "sinc": (0.2, 3),
    "deg2rad": (-3, 3),
    "rad2deg": (-3, 3),
    "erf": (-2, 2),
    "erfc": (-2, 2),
    "erfinv": (-0.9, 0.9),
    "lgamma": (0.5, 4),
    "digamma": (0.5, 4),
    "sigmoid": (-3, 3),
    "logit": (0.1, 0.9),
    "relu": (-3, 3),
    "floor": (-3, 3),
    "ceil": (-3, 3),
    "round": (-3, 3),
    "trunc": (-3, 3),
    "frac": (-3, 3),
    "sign": (-3, 3),
    "sgn": (-3, 3),
    "nan_to_num": (-3, 3),
    "conj_physical": (-3, 3),
    "angle": (-3, 3),
    "signbit": (-3, 3),
    "isnan": (-3, 3),
    "isinf": (-3, 3),
    "isfinite": (-3, 3),
    "isposinf": (-3, 3),
    "isneginf": (-3, 3),
    "isreal": (-3, 3),
    "logical_not": (-3, 3),
    "bitwise_not": (-3, 3),
    "conj": (-3, 3),
    "real": (-3, 3),
    "imag": (-3, 3),
}

ALIASES = (
    "negative",
    "absolute",
    "fix",
    "arcsin",
    "arccos",
    "arctan",
    "arcsinh",
    "arccosh",
    "arctanh",
)

EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 2.0, -2.0, 3.0, -3.0, 100.0, -100.0, 1e30, INF, -INF, NAN]


#: PyTorch's own trigamma is right to ten digits only.
TRIGAMMA = {"tolerance": 1e-8}


@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("name", UNARY)
def test_unary_every_dtype(name: str, dtype: object) -> None:
    low, high = UNARY[name]
    options = TRIGAMMA if name in ("lgamma", "digamma") and dtype is np.float64 else {}
    second = dtype not in (np.float16, BFLOAT16)
    agree(lambda torch, x: getattr(torch, name)(x), sample((5,), dtype, 1, low, high), second=second, **options)


@pytest.mark.parametrize("name", UNARY)
def test_unary_shapes(name: str) -> None:
    low, high = UNARY[name]
    for dtype in (np.float64, np.complex128):
        x = sample((2, 3), dtype, 2, low, high)
        for a in (x, noncontiguous(x), transposed(x), x[0, 0].reshape(()), np.zeros((0, 3), dtype)):
            # PyTorch's conj is a view; ours is computed at once.
            options = TRIGAMMA if name in ("lgamma", "digamma") else {"strides": name != "conj" and a.size > 0}
            agree(lambda torch, x: getattr(torch, name)(x), np.asarray(a), **options)


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.filterwarnings("ignore")
def test_unary_edges(name: str) -> None:
    """At zeros, infinities, NaN, bounds: values and gradients, with the sign of zero."""
    for dtype in REAL:
        x = np.array(EDGES, dtype)
        if name != "logit" or dtype is np.float64:  # at -0.0 PyTorch's gradient has another sign in float32
            agree(lambda torch, x: getattr(torch, name)(x), x, second=False)
        z, t = getattr(zanjir, name), getattr(torch, name)
        try:
            t = t(to_torch(x))
        except RuntimeError:
            continue
        z = z(to_zanjir(x))
        if t.dtype.is_floating_point and name != "relu":
            a, b = z.numpy(), t.numpy()
            zeros = (a == 0) & (b == 0)
            np.testing.assert_array_equal(np.signbit(a[zeros]), np.signbit(b[zeros]))


@pytest.mark.parametrize("name", [n for n in UNARY if hasattr(torch.Tensor, n + "_")])
def test_unary_in_place_and_out(name: str) -> None:
    low, high = UNARY[name]
    x = sample((4,), np.float64, 3, low, high)
    if name in ("asinh", "acosh", "atanh"):  # PyTorch has no derivative for the in-place form
        agree(lambda torch, x: type(getattr(x.clone(), name + "_")().grad_fn).__name__, x)
    else:
        options = TRIGAMMA if name in ("lgamma", "digamma") else {}
        agree(lambda torch, x: getattr(x.clone(), name + "_")(), x, **options)
    agree(lambda torch, x: getattr(x, name + "_")(), x)  # a leaf
    agree(lambda torch, x: getattr(x, name + "_")(), x, grad=False)
    agree(lambda torch, x: getattr(x[1:], name + "_")(), x, grad=False)
    for dtype in (np.int64, np.bool_, np.float16, BFLOAT16, np.complex64):
        agree(lambda torch, x: getattr(x, name + "_")(), sample((4,), dtype, 3, low, high), grad=False)
    if name != "relu":
        agree(lambda torch, x: getattr(torch, name)(x, out=torch.empty(4, dtype=torch.float64)), x, grad=False)
        agree(lambda torch, x: getattr(torch, name)(x, out=torch.empty(0)), x.astype(np.float32), grad=False)
        if name != "bitwise_not":
            agree(
                lambda torch, x: getattr(torch, name)(x, out=torch.empty(4, dtype=torch.int64)),
                x,
                grad=False,
                message=False,
            )


@pytest.mark.parametrize("name", ALIASES)
def test_aliases(name: str) -> None:
    agree(lambda torch, x: (getattr(torch, name)(x), getattr(x, name)()), sample((3,), np.float64, 1, 0.2, 0.9))


@pytest.mark.parametrize("name", UNARY)
def test_unary_misuse(name: str) -> None:
    for value in ("a", 1, None, [1.0], np.ones(2)):
        agree(lambda torch: getattr(torch, name)(value))


# ---------------------------------------------------------------------- two operands

ARITHMETIC = ("add", "sub", "mul", "div", "floor_divide", "remainder", "fmod", "pow", "float_power")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
BITS = ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift")
LOGIC = ("logical_and", "logical_or", "logical_xor")
BINARY = (
    *ARITHMETIC,
    *COMPARISONS,
    *BITS,
    *LOGIC,
    "true_divide",
    "rsub",
    "atan2",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "xlogy",
    "copysign",
    "heaviside",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "isclose",
)
SCALARS = (True, 2, 0.5, 3, -1, 1j)


@pytest.mark.parametrize("second", ALL, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("name", BINARY)
def test_binary_every_dtype(name: str, second: object) -> None:
    for first in ALL:
        a, b = sample((4,), first, 1, 0.5, 3), sample((4,), second, 2, 1, 3)
        if np.bool_ in (first, second) and name in ("pow", "float_power", "logaddexp", "logaddexp2", "atan2"):
            continue  # in the gradient PyTorch subtracts a bool, and raises
        if name == "atan2" and np.uint8 in (first, second):
            continue  # PyTorch's gradient wraps around: it takes -x as a uint8
        options = {"second": first in REAL, "grad": name not in UNDERIVED, **reduced(first, second)}
        if name == "logaddexp" and (first in COMPLEX) != (second in COMPLEX):
            options["grad"] = False  # PyTorch fails to walk back
        if name in ("pow", "float_power", "xlogy") and first != second and "tolerance" not in options:
            options["tolerance"] = 1e-6  # PyTorch takes the logarithm of an integer or float32 base in float32
        agree(lambda torch, a, b: getattr(torch, name)(a, b), a, b, **options)


#: Walking back through them raises: see :func:`test_undifferentiable`.
UNDERIVED = ("floor_divide", "heaviside")


def reduced(*dtypes: object) -> dict[str, object]:
    """Gradients in half precision pass through roundings at other places than PyTorch's."""
    return {"tolerance": 1.6e-2} if any(d in (np.float16, BFLOAT16) for d in dtypes) else {}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
def test_binary_numbers(name: str, dtype: object) -> None:
    if dtype in (np.float16,):
        scalars = [s for s in SCALARS if s != 1j]  # no complex half here
    else:
        scalars = list(SCALARS)
    for shape in ((3,), ()):
        x = sample(shape, dtype, 1, 0.5, 3)
        for scalar in scalars:
            if name in ("div", "true_divide", "pow", "float_power") and isinstance(scalar, bool):
                continue
            grad = name not in UNDERIVED
            agree(lambda torch, x: getattr(torch, name)(x, scalar), x, second=dtype in REAL, grad=grad)
            agree(
                lambda torch, x: getattr(torch, name)(scalar, x),
                x,
                second=dtype in REAL,
                grad=grad and name != "remainder",
            )


@pytest.mark.parametrize("name", BINARY)
def test_binary_shapes(name: str) -> None:
    dtype = np.int64 if name in BITS else np.float64
    for first, second in [
        ((2, 3), (3,)),
        ((3,), (2, 3)),
        ((2, 1), (1, 3)),
        ((), (2,)),
        ((2,), ()),
        ((), ()),
        ((0, 3), (3,)),
        ((2, 3), (4,)),
        ((2, 3), (2, 2)),
        ((5,), (2,)),
    ]:
        a, b = sample(first, dtype, 1, 1, 3), sample(second, dtype, 2, 1, 3)
        agree(lambda torch, a, b: getattr(torch, name)(a, b), a, b, grad=name not in UNDERIVED)
    if name in UNDERIVED:
        return
    a, b = sample((2, 3), dtype, 1, 1, 3), sample((2, 3), dtype, 2, 1, 3)
    agree(lambda torch, a, b: getattr(torch, name)(a, b), noncontiguous(a), b)
    agree(lambda torch, a, b: getattr(torch, name)(a, b), transposed(a), transposed(b))
    agree(lambda torch, a, b: getattr(torch, name)(a, b), transposed(a), b, strides=False)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.filterwarnings("ignore")
def test_binary_edges(name: str) -> None:
    """Every pair of zeros, infinities, NaN, negative numbers."""
    values = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -1.5, 3.0, INF, -INF, NAN]
    a, b = (m.ravel().copy() for m in np.meshgrid(values, values))
    if name in BITS:
        return
    agree(lambda torch, a, b: getattr(torch, name)(a, b), a, b, second=False, grad=name not in UNDERIVED)
    z, t = getattr(zanjir, name)(to_zanjir(a), to_zanjir(b)), getattr(torch, name)(to_torch(a), to_torch(b))
    if t.dtype.is_floating_point and name not in ("fmax", "fmin", "maximum", "minimum"):
        p, q = z.numpy(), t.numpy()
        zeros = (p == 0) & (q == 0)
        np.testing.assert_array_equal(np.signbit(p[zeros]), np.signbit(q[zeros]))


@pytest.mark.parametrize("name", ("add", "sub", "mul", "pow", "floor_divide", "remainder", "fmod", *COMPARISONS, *BITS))
def test_integers(name: str) -> None:
    """Signs, wrap-around, numbers that do not fit."""
    for dtype in INTEGER:
        low = 0 if np.dtype(dtype).kind == "u" else -7
        a = np.arange(low, low + 14).astype(dtype)
        b = a[::-1].copy()
        b[b == 0] = 3
        agree(lambda torch, a, b: getattr(torch, name)(a, b), a, b)
        for scalar in (3, -3, 300, 0, 2**40, -1, 2**63, 2**64):
            if (scalar >= 2**63 and name in COMPARISONS and dtype is np.int64) or (scalar >= 300 and name == "pow"):
                continue  # we compare with the number itself; PyTorch has an error of its own for pow
            agree(lambda torch, a: getattr(torch, name)(a, scalar), a)
        for scalar in (-2, 2):
            agree(lambda torch, b: getattr(torch, name)(scalar, b), b)


#: Of equal operands these are constant: their second derivative is 0, and what is computed of it is rounding alone.
NOUGHT = ("atan2", "hypot", "div", "true_divide")


@pytest.mark.parametrize("name", [n for n in BINARY if hasattr(torch.Tensor, n + "_")])
def test_binary_in_place_and_out(name: str) -> None:
    a, b = sample((4,), np.float64, 1, 0.5, 3), sample((4,), np.float64, 2, 1, 3)
    if name in BITS:
        a, b = a.astype(np.int64), b.astype(np.int64)
    if name not in UNDERIVED:
        agree(lambda torch, a, b: getattr(a.clone(), name + "_")(b), a, b)
        agree(lambda torch, a: getattr(a.clone(), name + "_")(2), a)
        agree(lambda torch, a: getattr(a.clone(), name + "_")(a), a, second=name not in NOUGHT)
    agree(lambda torch, a, b: getattr(a, name + "_")(b), a, b)
    agree(lambda torch, a, b: getattr(a, name + "_")(b), a, b, grad=False)
    agree(lambda torch, a: getattr(a, name + "_")(2), a, grad=False)
    agree(lambda torch, a, b: getattr(a, name + "_")(b), a, b[:1].copy(), grad=False)
    agree(lambda torch, a, b: getattr(a, name + "_")(b), a[:1].copy(), b, grad=False)
    for first in (np.int32, np.bool_, np.float32, np.float16, BFLOAT16, np.complex64):
        for second in (np.int64, np.float32, np.float64):
            x, y = sample((4,), first, 1, 1, 3), sample((4,), second, 2, 1, 3)
            agree(lambda torch, a, b: getattr(a, name + "_")(b), x, y, grad=False, **reduced(first))
    out = torch.int64 if name in BITS else torch.float64
    dtype = str(out).removeprefix("torch.")
    agree(
        lambda torch, a, b: getattr(torch, name)(a, b, out=torch.empty(4, dtype=getattr(torch, dtype))),
        a,
        b,
        grad=False,
    )
    agree(
        lambda torch, a, b: getattr(torch, name)(a, b, out=torch.empty(4, dtype=torch.int8)),
        a,
        b,
        grad=False,
        message=False,
    )


@pytest.mark.parametrize("name", BINARY)
def test_binary_misuse(name: str) -> None:
    x = np.ones(2, np.float32)
    for value in ("a", None, [1.0], (1,)):
        agree(lambda torch, x: getattr(torch, name)(x, value), x, grad=False)
        agree(lambda torch, x: getattr(torch, name)(value, x), x, grad=False)
        if name != "rsub":
            agree(lambda torch, x: getattr(x, name)(value), x, grad=False)


# ---------------------------------------------------------------------- Python operators

OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}
IN_PLACE = {
    "+=": operator.iadd, "-=": operator.isub, "*=": operator.imul, "/=": operator.itruediv, "//=": operator.ifloordiv,
    "%=": operator.imod, "**=": operator.ipow, "&=": operator.iand, "|=": operator.ior, "^=": operator.ixor,
    "<<=": operator.ilshift, ">>=": operator.irshift,
}  # fmt: skip


@pytest.mark.parametrize("sign", OPERATORS)
@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
def test_operators(sign: str, dtype: object) -> None:
    f = OPERATORS[sign]
    a, b = sample((3,), dtype, 1, 1, 3), sample((3,), dtype, 2, 1, 3)
    options = {"second": dtype in REAL, "grad": sign != "//", **reduced(dtype)}
    agree(lambda torch, a, b: f(a, b), a, b, **options)
    for other in (2, 1.5, True, 1j, np.float32(1.5), np.float64(2), np.int64(2)):
        if (dtype is np.float16 and other == 1j) or (sign == "**" and other is True):
            continue
        agree(lambda torch, a: f(a, other), a, **options)
        if isinstance(other, np.generic) and dtype in COMPLEX and sign in ("<", "<=", ">", ">="):
            continue  # the error names the mirrored comparison
        if isinstance(other, np.generic) and sign == "**":
            continue  # PyTorch takes the logarithm of the number in its own precision
        agree(lambda torch, a: f(other, a), a, **{**options, "grad": sign not in ("//", "%")})
    for other in ("a", None, [1], (1, 2), object):
        agree(lambda torch, a: f(a, other), a)
        if not (sign == "%" and other == "a"):
            agree(lambda torch, a: f(other, a), a)


@pytest.mark.parametrize("sign", IN_PLACE)
@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
def test_in_place_operators(sign: str, dtype: object) -> None:
    f = IN_PLACE[sign]
    a, b = sample((3,), dtype, 1, 1, 3), sample((3,), dtype, 2, 1, 3)
    agree(lambda torch, a, b: f(a, b), a, b, grad=False, **reduced(dtype))
    grad = sign != "//="
    agree(lambda torch, a, b: f(a.clone(), b), a, b, second=dtype in REAL, grad=grad, **reduced(dtype))
    for other in (2, 1.5, True):
        agree(lambda torch, a: f(a, other), a, grad=False)
        agree(lambda torch, a: f(a.clone(), other), a, second=dtype in REAL, grad=grad)
    for other in ("a", None):
        agree(lambda torch, a: f(a, other), a, grad=False)


@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
def test_prefix_operators(dtype: object) -> None:
    x = sample((3,), dtype, 1, 1, 3)
    for f in (operator.neg, operator.pos, operator.invert, operator.abs):
        agree(lambda torch, x: f(x), x)


# ---------------------------------------------------------------------- arguments of their own


def test_alpha() -> None:
    a, b = sample((3,), np.float64, 1), sample((3,), np.float64, 2)
    i, c, t = sample((3,), np.int64, 1), sample((3,), np.complex64, 1), sample((3,), np.bool_, 1)
    for name in ("add", "sub"):
        for alpha in (1, 2, -0.5, 2.5, True, 1j, 1e300, "a", None):
            agree(lambda torch, a, b: getattr(torch, name)(a, b, alpha=alpha), a, b)
            agree(
                lambda torch, a, b: getattr(torch, name)(a, b, alpha=alpha), a.astype(np.float32), b.astype(np.float32)
            )
            agree(lambda torch, a, b: getattr(a, name)(b, alpha=alpha), i, i)
            agree(lambda torch, a, b: getattr(a, name)(b, alpha=alpha), c, c)
            agree(lambda torch, a, b: getattr(a, name)(b, alpha=alpha), t, t)
            agree(lambda torch, a: getattr(a, name)(2, alpha=alpha), i)
            agree(lambda torch, a: getattr(a, name)(2.5, alpha=alpha), i)
            agree(lambda torch, a, b: getattr(a.clone(), name + "_")(b, alpha=alpha), a, b)
            agree(lambda torch, a, b: getattr(a, name + "_")(b, alpha=alpha), a, b, grad=False)
    agree(lambda torch, a, b: torch.add(a, b, alpha=torch.tensor(2.0)), a, b)
    agree(lambda torch, a, b: torch.add(a, b, alpha=2, out=torch.zeros(3, dtype=torch.float64)), a, b, grad=False)
    for alpha in (1, 3, 0.5):
        agree(lambda torch, a: torch.rsub(a, 2, alpha=alpha), a)
        agree(lambda torch, a, b: torch.rsub(a, b, alpha=alpha), a, b)


@pytest.mark.parametrize("mode", (None, "trunc", "floor", "ceil", 3))
def test_rounding_mode(mode: object) -> None:
    for dtype in ALL:
        a, b = sample((6,), dtype, 1, -7, 7), sample((6,), dtype, 2, 1, 3)
        b = b if dtype is np.bool_ else np.where(b == 0, np.ones_like(b), b)
        if mode != 3:
            agree(lambda torch, a, b: torch.div(a, b, rounding_mode=mode), a, b)
            agree(lambda torch, a: a.div(2, rounding_mode=mode), a)
            agree(lambda torch, a: a.div_(2, rounding_mode=mode), a, grad=False)
            agree(lambda torch, a: torch.div(a, 0, rounding_mode=mode), a, grad=False)


@pytest.mark.parametrize(
    "exponent", (0, 0.0, 0.5, -0.5, 1, 2, 2.0, 3, 4, 2.5, -1, -2, -1.5, True, False, 1 + 1j, 2 + 0j)
)
def test_powers_of_tensors(exponent: complex) -> None:
    for dtype in ALL:
        if dtype is np.float16 and isinstance(exponent, complex):
            continue
        agree(
            lambda torch, x: x**exponent,
            sample((4,), dtype, 1, 0.5, 2),
            second=dtype in (*REAL, *COMPLEX),
            grad=exponent is not False,
        )
    if exponent is not False:
        agree(lambda torch, x: x**exponent, np.array([0.0, 1.0, 2.0]))
        agree(lambda torch, x: x**exponent, np.array([0.0, -0.0, -1.0, INF, -INF, NAN]), second=False)
        agree(lambda torch, x: x.clone().pow_(exponent), np.array([1.0, 2.0]))


@pytest.mark.parametrize("base", (0, 1, 2, -2, 0.5, 0.0, -1.5, 1 + 1j))
def test_powers_of_numbers(base: complex) -> None:
    for dtype in ALL:
        if dtype is np.float16 and isinstance(base, complex):
            continue
        agree(lambda torch, x: base**x, sample((4,), dtype, 1, 0.5, 2), second=base != 0 and dtype in (*REAL, *COMPLEX))
    agree(lambda torch, x: base**x, np.array([0.0, -1.0, 1.0, 2.0]), second=False)
    agree(lambda torch, x: base**x, np.array([-3, -1, 0, 1, 2]))


def test_power_gradients_at_zero() -> None:
    agree(
        lambda torch, x, y: x**y,
        np.array([0.0, 0.0, 0.0, 2.0, -2.0]),
        np.array([0.0, 2.0, -1.0, 0.0, 2.0]),
        second=False,
    )
    agree(lambda torch, x: x.float_power_(2), np.ones(2), grad=False)
    agree(lambda torch, x: x.float_power_(2), np.ones(2, np.float32), grad=False)


def test_undifferentiable() -> None:
    x, y = np.array([1.0, -2.5]), np.array([2.0, 0.5])
    for f in (
        lambda torch, x, y: x // y, lambda torch, x, y: 2 // x, lambda torch, x, y: torch.heaviside(x, y),
        lambda torch, x, y: 2 % x,
    ):  # fmt: skip
        agree(lambda torch, x, y: f(torch, x, y).detach(), x, y)
        agree(lambda torch, x, y: type(f(torch, x, y).grad_fn).__name__, x, y)
        agree(lambda torch, x, y: f(torch, x, y).sum().backward(), x, y)


@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
def test_clamp(dtype: object) -> None:
    x = sample((6,), dtype, 1, -3, 3)
    low, high = sample((6,), dtype, 2, -1, 0), sample((6,), dtype, 3, 0, 2)
    for bounds in ((0, 1), (-1, None), (None, 1), (0.5, 1.5), (2, 1), (1, 2.5), (None, None), ("a",)):
        agree(lambda torch, x: torch.clamp(x, *bounds), x)
        agree(lambda torch, x: x.clamp(*bounds), x)
        agree(lambda torch, x: x.clone().clamp_(*bounds), x)
        agree(lambda torch, x: x.clip_(*bounds), x, grad=False)
    agree(lambda torch, x, a, b: torch.clamp(x, a, b), x, low, high)
    agree(lambda torch, x, a, b: torch.clamp(x, b, a), x, low, high)
    agree(lambda torch, x, a: torch.clamp(x, a), x, low)
    agree(lambda torch, x, a: torch.clamp(x, None, a), x, low)
    agree(lambda torch, x, a: torch.clamp(x, max=a), x, low)
    agree(lambda torch, x, a: torch.clamp(x, a, 1), x, low, grad=False)
    for name in ("clamp_min", "clamp_max"):
        agree(lambda torch, x: getattr(torch, name)(x, 1), x)
        agree(lambda torch, x: getattr(torch, name)(x, 0.5), x)
        agree(lambda torch, x, a: getattr(torch, name)(x, a), x, low)
        agree(lambda torch, x, a: getattr(x, name + "_")(a), x, low, grad=False)
        agree(lambda torch, x: getattr(x, name)("a"), x, grad=False)
        agree(lambda torch, x: getattr(torch, name)(x, "a"), x, grad=False)


def test_clamp_gradient_at_the_bounds() -> None:
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, NAN])
    low, high = np.array([0.0, 0.0, 0.5, 1.0, 3.0, 0.0]), np.array([1.0, 0.0, 0.5, 0.5, 2.0, 1.0])
    agree(lambda torch, x: torch.clamp(x, 0, 1), x, second=False)
    agree(lambda torch, x: torch.clamp(x, 0), x, second=False)
    agree(lambda torch, x, a, b: torch.clamp(x, a, b), x, low, high, second=False)
    agree(lambda torch, x, a: torch.clamp(x, a), x, low, second=False)
    agree(lambda torch, x, a: torch.clamp(x, max=a), x, low, second=False)
    agree(lambda torch, x, a, b: torch.clamp(x, a, b), sample((2, 3), np.float64), np.zeros(3), np.ones((2, 1)))


def test_where() -> None:
    c = np.array([[True, False, True], [False, True, True]])
    for first in ALL:
        for second in (np.bool_, np.int64, np.float32, np.float64, BFLOAT16, np.complex64):
            a, b = sample((2, 3), first, 1), sample((3,), second, 2)
            grad = (first in COMPLEX) == (second in COMPLEX)  # PyTorch fails to walk back through real and complex
            agree(
                lambda torch, c, a, b: torch.where(c, a, b), c, a, b, second=first in REAL and second in REAL, grad=grad
            )
        for scalar in (True, 2, 2.5):
            agree(lambda torch, c, a: torch.where(c, a, scalar), c, sample((2, 3), first, 1))
            agree(lambda torch, c, a: torch.where(c, scalar, a), c, sample((), first, 1))
            agree(lambda torch, c, a: a.where(c, scalar), c, sample((2, 3), first, 1))
    for p, q in ((1, 2), (1.0, 2), (True, False), (1j, 2)):
        agree(lambda torch, c: torch.where(c, p, q), c)
    agree(lambda torch, c: torch.where(c), c)
    for x in (np.array([0, 1, 2]), np.array([[1.0, 0.0]]), np.array(3), np.array(0), np.zeros((0, 2))):
        agree(lambda torch, x: torch.where(x), x, grad=False)
    agree(lambda torch, c: torch.where(c, "a", 2), c)
    agree(lambda torch, c: torch.where(c, 2), c)
    agree(lambda torch, c: torch.where(1, c, c), c)
    agree(lambda torch, c, x: torch.where(x, x, x), c, np.ones(3, np.float32), grad=False)
    agree(lambda torch, c, x: torch.where(c, x, 1), c, np.ones(4))
    agree(lambda torch, c, x: torch.where(c, x, x, out=torch.empty(2, 3)), c, np.ones(3, np.float32), grad=False)
    agree(lambda torch, c, x: x.where(c, "a"), c, np.ones(3), grad=False)


def test_where_notices_writes_to_its_condition() -> None:
    def f(torch: object, c: object, x: object) -> object:
        y = torch.where(c, x, 0.0)  # type: ignore[attr-defined]
        c.logical_not_()  # type: ignore[attr-defined]
        y.sum().backward()
        return x.grad  # type: ignore[attr-defined]

    agree(f, np.array([True, False]), np.ones(2), message=False)


@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
def test_three_operands(dtype: object) -> None:
    a, b, c = (sample((2, 3), dtype, i, 1, 3) for i in (1, 2, 3))
    second = dtype in REAL
    for value in (1, 2, 0.5):
        agree(lambda torch, a, b, c: torch.addcmul(a, b, c, value=value), a, b, c, second=second, **reduced(dtype))
        agree(lambda torch, a, b, c: torch.addcdiv(a, b, c, value=value), a, b, c, second=second, **reduced(dtype))
        agree(lambda torch, a, b, c: a.addcmul_(b, c, value=value), a, b, c, grad=False)
        agree(lambda torch, a, b, c: a.addcdiv_(b, c, value=value), a, b, c, grad=False)
    for weight in (0.25, 0.75, 1, 0):
        agree(lambda torch, a, b: torch.lerp(a, b, weight), a, b, second=second, **reduced(dtype))
        agree(lambda torch, a, b: a.lerp_(b, weight), a, b, grad=False)
    agree(
        lambda torch, a, b, w: torch.lerp(a, b, w), a, b, sample((3,), dtype, 4, 0, 1), second=second, **reduced(dtype)
    )


def test_three_operands_misuse() -> None:
    x, i = np.ones(2, np.float32), np.ones(2, np.int64)
    for f in (
        lambda torch, x, i: torch.lerp(x, i, 0.5),
        lambda torch, x, i: torch.lerp(x, x, "a"),
        lambda torch, x, i: x.lerp(x, None),
        lambda torch, x, i: x.lerp(1, 0.5),
        lambda torch, x, i: torch.lerp(x, x, i),
        lambda torch, x, i: x.addcmul(x, 1),
        lambda torch, x, i: x.addcmul(x, x, value="a"),
        lambda torch, x, i: torch.addcdiv(x, i, i),
        lambda torch, x, i: torch.addcdiv(i, x, x),
        lambda torch, x, i: torch.addcmul(x, i, i, value=2),
        lambda torch, x, i: torch.addcmul(x, torch.ones(3), x),
        lambda torch, x, i: torch.heaviside(x, i),
        lambda torch, x, i: torch.isclose(x, i),
        lambda torch, x, i: torch.isclose(x, x, rtol=-1),
        lambda torch, x, i: torch.isclose(x, x, atol="a"),
        lambda torch, x, i: torch.allclose(x, i),
        lambda torch, x, i: torch.allclose(x, 1),
        lambda torch, x, i: torch.equal(x, i),
        lambda torch, x, i: torch.equal(x, None),
        lambda torch, x, i: torch.nan_to_num(x, nan="a"),
        lambda torch, x, i: torch.logit(x, eps="a"),
        lambda torch, x, i: torch.round(x, decimals="a"),
        lambda torch, x, i: torch.round(i, decimals=1),
        lambda torch, x, i: torch.polygamma(1.5, x),
        lambda torch, x, i: torch.polygamma(-1, x),
        lambda torch, x, i: torch.view_as_real(x),
        lambda torch, x, i: torch.view_as_complex(torch.ones(3)),
        lambda torch, x, i: torch.view_as_complex(i),
        lambda torch, x, i: torch.view_as_complex(torch.tensor(1.0)),
        lambda torch, x, i: torch.polar(x, x.double()),
        lambda torch, x, i: torch.complex(i, i),
        lambda torch, x, i: x.imag,
        lambda torch, x, i: x.xlogy((1,)),
        lambda torch, x, i: torch.add(x, x, out=i),
        lambda torch, x, i: torch.sin(x, out=1),
        lambda torch, x, i: torch.threshold(x, "a", 1),
    ):
        agree(f, x, i, grad=False)


def test_decimals_and_replacements() -> None:
    x = np.array([0.125, 1.115, -2.675, 1234.5, 0.5, 1.5, 2.5, -0.5, INF, NAN])
    for dtype in FLOATING:
        for decimals in (0, 1, 2, -1, -2):
            agree(lambda torch, x: torch.round(x, decimals=decimals), x.astype(dtype), second=False)
            agree(lambda torch, x: x.round_(decimals=decimals), x.astype(dtype), grad=False)
        for arguments in ({}, {"nan": 1.5}, {"posinf": 2, "neginf": -2}, {"nan": None}):
            agree(
                lambda torch, x: torch.nan_to_num(x, **arguments),
                np.array([1.0, NAN, INF, -INF]).astype(dtype),
                second=False,
            )
    agree(lambda torch, x: torch.nan_to_num(x), np.array([complex(NAN, 1), complex(INF, -INF)]), second=False)
    for eps in (0.2, 0.0, 1e-6):
        agree(lambda torch, x: torch.logit(x, eps), np.array([0.1, 0.25, 0.9, 0.5]))
        agree(lambda torch, x: torch.logit(x, eps=eps), np.array([-0.5, 1.5, 0.0, 1.0]), second=False)
    for n in (0, 1, 2, 3):
        agree(lambda torch, x: torch.polygamma(n, x), np.array([0.5, 1.0, 2.5]), **TRIGAMMA)
        agree(lambda torch, x: x.polygamma(n), np.array([0.75, 4.0], np.float32))
    agree(lambda torch, x: torch.polygamma(1, x), np.array([-0.5, -1.25, 0.25]), grad=False, **TRIGAMMA)


def test_ties() -> None:
    a, b = np.array([1.0, 2.0, 3.0, NAN, 1.0, NAN]), np.array([1.0, 3.0, 2.0, 1.0, NAN, NAN])
    for name in ("maximum", "minimum", "fmax", "fmin"):
        agree(lambda torch, a, b: getattr(torch, name)(a, b), a, b, second=False)
        agree(lambda torch, a: getattr(torch, name)(a, 1.0), a, grad=False)


def test_close() -> None:
    a = np.array([1.0, 1.0, INF, INF, NAN, 1e-9, 0.0])
    b = np.array([1.0 + 1e-6, 1.1, INF, -INF, NAN, 0.0, -0.0])
    for options in ({}, {"equal_nan": True}, {"rtol": 0.2}, {"atol": 0.2}, {"rtol": 0, "atol": 0}):
        agree(lambda torch, a, b: torch.isclose(a, b, **options), a, b, grad=False)
        agree(lambda torch, a, b: torch.allclose(a, b, **options), a, b, grad=False)
    for dtype in ALL:
        agree(
            lambda torch, a, b: (torch.isclose(a, b), torch.equal(a, b), a.equal(a)),
            sample((4,), dtype, 1),
            sample((4,), dtype, 2),
            grad=False,
        )
    agree(lambda torch, a, b: torch.equal(a, b), np.ones(2), np.ones(3))


# ---------------------------------------------------------------------- complex numbers


@pytest.mark.parametrize("dtype", COMPLEX)
def test_complex_parts(dtype: object) -> None:
    x = sample((2, 3), dtype, 1)
    for f in (
        lambda torch, x: x.real, lambda torch, x: x.imag, lambda torch, x: torch.view_as_real(x),
        lambda torch, x: torch.view_as_real(x[:, 1]), lambda torch, x: x.conj(), lambda torch, x: torch.angle(x),
        lambda torch, x: torch.abs(x), lambda torch, x: torch.sgn(x), lambda torch, x: (x * x.conj()).real,
        lambda torch, x: torch.polar(x.real, x.imag), lambda torch, x: torch.complex(x.real, x.imag),
        lambda torch, x: torch.view_as_complex(torch.view_as_real(x)), lambda torch, x: x.real * x.imag,
    ):  # fmt: skip
        agree(f, x)
        agree(f, transposed(x), strides=False)
    zero = np.zeros(2, dtype)
    agree(lambda torch, x: (torch.abs(x), torch.angle(x), torch.sgn(x)), zero, second=False)
    a, b = sample((3,), np.float64, 1, 0.5, 2), sample((3,), np.float64, 2)
    agree(lambda torch, a, b: torch.complex(a, b), a, b)
    agree(lambda torch, a, b: torch.polar(a, b), a, b)
    agree(lambda torch, a: torch.view_as_complex(a), sample((3, 2), np.float64))


def test_real_with_complex() -> None:
    a, c = sample((3,), np.float64, 1, 0.5, 2), sample((3,), np.complex128, 2)
    for name in ("add", "sub", "mul", "div", "pow"):
        agree(lambda torch, a, c: getattr(torch, name)(a, c), a, c)
        agree(lambda torch, a, c: getattr(torch, name)(c, a), a, c)


def test_writing_parts() -> None:
    def f(torch: object, x: object) -> object:
        x.real = x.imag  # type: ignore[attr-defined]
        x.imag.mul_(2)  # type: ignore[attr-defined]
        return x

    agree(f, sample((3,), np.complex64, 1), grad=False)


# ---------------------------------------------------------------------- in place and the graph


@pytest.mark.parametrize("name", ("sin", "mul", "pow", "tan", "div", "lerp", "clamp"))
def test_in_place_keeps_what_the_gradient_needs(name: str) -> None:
    """The derivative of ``x.sin_()`` needs x as it was."""
    arguments = {"mul": 1, "pow": 1, "div": 1, "lerp": 2}.get(name, 0)

    def f(torch: object, x: object, y: object) -> object:
        z = x.clone()  # type: ignore[attr-defined]
        method = getattr(z, name + "_")
        return method(-0.5, 0.5) if name == "clamp" else method(*[y] * arguments)

    agree(f, np.array([0.5, 1.2]), np.array([1.5, 0.7]))


def test_comparisons_in_place_stop_the_gradient() -> None:
    for name in COMPARISONS:
        agree(lambda torch, x: getattr(x.clone(), name + "_")(1), np.array([0.5, 1.0]))
        agree(lambda torch, x, y: getattr(x.clone(), name + "_")(y), np.array([0.5, 1.0]), np.array([1.0, 1.0]))


# ---------------------------------------------------------------------- NumPy calls


NUMPY = {
    np.sin: "sin",
    np.exp: "exp",
    np.absolute: "abs",
    np.sign: "sgn",
    np.sqrt: "sqrt",
    np.square: "square",
    np.conjugate: "conj",
    np.tanh: "tanh",
    np.floor: "floor",
    np.log1p: "log1p",
    np.arctan: "atan",
    np.sinc: "sinc",
    np.deg2rad: "deg2rad",
    np.reciprocal: "reciprocal",
    np.negative: "neg",
    np.nan_to_num: "nan_to_num",
    np.round: "round",
    np.isnan: "isnan",
    np.signbit: "signbit",
    np.logical_not: "logical_not",
    np.angle: "angle",
    np.real: "real",
    np.rint: "round",
    np.fix: "trunc",
    np.exp2: "exp2",
}


@pytest.mark.parametrize("f", NUMPY, ids=lambda f: f.__name__)
def test_numpy_functions(f: object) -> None:
    agree(
        lambda library, x: f(x) if library is zanjir else getattr(torch, NUMPY[f])(x),
        sample((3,), np.float64, 1, 0.2, 0.9),
    )


BINARY_NUMPY = {
    np.multiply: "mul", np.add: "add", np.subtract: "sub", np.true_divide: "div", np.power: "pow", np.arctan2: "atan2",
    np.hypot: "hypot", np.logaddexp: "logaddexp", np.maximum: "maximum", np.fmin: "fmin", np.copysign: "copysign",
    np.less: "lt", np.equal: "eq", np.logical_and: "logical_and", np.remainder: "remainder", np.fmod: "fmod",
    np.float_power: "float_power", np.logaddexp2: "logaddexp2",
}  # fmt: skip


@pytest.mark.parametrize("f", BINARY_NUMPY, ids=lambda f: f.__name__)
def test_numpy_functions_of_two(f: object) -> None:
    a, b = sample((3,), np.float64, 1, 0.2, 0.9), sample((2, 3), np.float64, 2, 0.2, 0.9)
    name = BINARY_NUMPY[f]
    agree(lambda library, a, b: f(a, b) if library is zanjir else getattr(torch, name)(a, b), a, b)
    agree(lambda library, a: f(a, b) if library is zanjir else getattr(torch, name)(a, torch.tensor(b)), a)
    agree(lambda library, a: f(b, a) if library is zanjir else getattr(torch, name)(torch.tensor(b), a), a)
    agree(
        lambda library, a: f(a, 0.5) if library is zanjir else getattr(torch, name)(a, torch.tensor(0.5)),
        a,
        names=False,
    )


def test_numpy_choices() -> None:
    x, y = sample((4,), np.float64, 1), sample((4,), np.float64, 2)
    agree(lambda library, x, y: np.where(x > 0, x, y) if library is zanjir else torch.where(x > 0, x, y), x, y)
    agree(lambda library, x, y: np.where(y > 0, x, 0.5) if library is zanjir else torch.where(y > 0, x, 0.5), x, y)
    agree(lambda library, x: np.clip(x, -1, 1) if library is zanjir else torch.clamp(x, -1, 1), x)
    agree(lambda library, x: np.clip(x, None, 1) if library is zanjir else torch.clamp(x, None, 1), x)
    agree(lambda library, x, y: np.clip(x, y, None) if library is zanjir else torch.clamp(x, y), x, y)
    agree(lambda library, x: np.imag(x) if library is zanjir else torch.imag(x), sample((3,), np.complex128))


# ---------------------------------------------------------------------- activations

ACTIVATIONS = {
    "relu": {},
    "relu6": {},
    "sigmoid": {},
    "tanh": {},
    "softplus": {},
    "leaky_relu": {},
    "elu": {},
    "gelu": {},
    "silu": {},
    "logsigmoid": {},
    "hardtanh": {},
    "softsign": {},
    "tanhshrink": {},
    "threshold": {"threshold": 0.1, "value": 20},
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str) -> None:
    options = ACTIVATIONS[name]
    for dtype in ALL:
        x = sample((7,), dtype, 1, -3, 9)
        agree(
            lambda torch, x: getattr(torch.nn.functional, name)(x, **options), x, second=dtype in REAL, **reduced(dtype)
        )
    x = np.array([0.0, -0.0, 1.0, -1.0, 6.0, 0.1, 20.0, 30.0, -100.0, 100.0, INF, -INF, NAN])
    agree(lambda torch, x: getattr(torch.nn.functional, name)(x, **options), x, second=False)
    if name != "gelu":  # PyTorch gives NaN at infinity, in float32 only
        agree(lambda torch, x: getattr(torch.nn.functional, name)(x, **options), x.astype(np.float32), second=False)
    agree(lambda torch, x: getattr(torch.nn.functional, name)(x, **options), transposed(sample((2, 3), np.float64)))
    for value in ("a", 1, None):
        if name not in ("softsign", "tanhshrink", "sigmoid", "tanh"):
            agree(lambda torch: getattr(torch.nn.functional, name)(value, **options))


@pytest.mark.parametrize(
    "name", [n for n in ACTIVATIONS if n in ("relu", "relu6", "leaky_relu", "elu", "silu", "hardtanh", "threshold")]
)
def test_activations_in_place(name: str) -> None:
    options = ACTIVATIONS[name]
    x = sample((7,), np.float64, 1, -3, 9)
    agree(lambda torch, x: getattr(torch.nn.functional, name)(x, **options, inplace=True), x, grad=False)
    agree(
        lambda torch, x: getattr(torch.nn.functional, name)(x.clone(), **options, inplace=True),
        x,
        names=False,
        second=False,
    )


def test_activation_parameters() -> None:
    x = sample((9,), np.float64, 1, -3, 3)
    for f in (
        lambda F, x: F.leaky_relu(x, 0.3),
        lambda F, x: F.elu(x, 2.0),
        lambda F, x: F.softplus(x, 3.0, 1.0),
        lambda F, x: F.gelu(x, approximate="tanh"),
        lambda F, x: F.hardtanh(x, -0.5, 2),
        lambda F, x: F.threshold(x, 1, -1),
        lambda F, x: F.gelu(x, approximate="x"),
        lambda F, x: F.hardtanh(x, 1, 0),
        lambda F, x: F.elu(x, "a"),
        lambda F, x: F.leaky_relu(x, None),
    ):
        agree(lambda torch, x: f(torch.nn.functional, x), x)
    for f in (lambda torch, x: torch.relu_(x), lambda torch, x: torch.threshold_(x, 1, 2), lambda torch, x: x.relu_()):
        agree(f, x, grad=False)
    agree(lambda torch, x: torch.nn.functional.hardtanh(x), sample((3,), np.uint8))
