"""Elementwise operators without PyTorch: analytic derivatives, finite differences, broadcasting, NumPy
calls, examples."""

# ruff: noqa: SIM300  (reflected comparisons)

from __future__ import annotations

import doctest
import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import zanjir
from zanjir.nn import functional as F
from zanjir.ops.declare import functions


def tensor(values: object, dtype: zanjir.dtype = zanjir.float64) -> zanjir.Tensor:
    return zanjir.tensor(values, dtype=dtype, requires_grad=True)


#: name -> (where, the derivative in closed form).
DERIVATIVES = {
    "exp": (0.7, math.exp),
    "exp2": (0.7, lambda x: 2**x * math.log(2)),
    "expm1": (0.7, math.exp),
    "log": (0.7, lambda x: 1 / x),
    "log2": (0.7, lambda x: 1 / (x * math.log(2))),
    "log10": (0.7, lambda x: 1 / (x * math.log(10))),
    "log1p": (0.7, lambda x: 1 / (1 + x)),
    "sqrt": (0.7, lambda x: 0.5 / math.sqrt(x)),
    "rsqrt": (0.7, lambda x: -0.5 * x**-1.5),
    "sin": (0.7, math.cos),
    "cos": (0.7, lambda x: -math.sin(x)),
    "tan": (0.7, lambda x: 1 / math.cos(x) ** 2),
    "asin": (0.7, lambda x: 1 / math.sqrt(1 - x * x)),
    "acos": (0.7, lambda x: -1 / math.sqrt(1 - x * x)),
    "atan": (0.7, lambda x: 1 / (1 + x * x)),
    "sinh": (0.7, math.cosh),
    "cosh": (0.7, math.sinh),
    "tanh": (0.7, lambda x: 1 / math.cosh(x) ** 2),
    "asinh": (0.7, lambda x: 1 / math.sqrt(x * x + 1)),
    "acosh": (1.7, lambda x: 1 / math.sqrt(x * x - 1)),
    "atanh": (0.7, lambda x: 1 / (1 - x * x)),
    "erf": (0.7, lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x)),
    "erfc": (0.7, lambda x: -2 / math.sqrt(math.pi) * math.exp(-x * x)),
    "sigmoid": (0.7, lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2),
    "reciprocal": (0.7, lambda x: -1 / x**2),
    "square": (0.7, lambda x: 2 * x),
    "neg": (0.7, lambda x: -1.0),
    "abs": (-0.7, lambda x: -1.0),
    "logit": (0.7, lambda x: 1 / (x * (1 - x))),
    "relu": (0.7, lambda x: 1.0),
    "deg2rad": (0.7, lambda x: math.pi / 180),
    "floor": (0.7, lambda x: 0.0),
    "frac": (0.7, lambda x: 1.0),
    "sign": (0.7, lambda x: 0.0),
    "lgamma": (1.0, lambda x: -0.5772156649015329),
    "digamma": (1.0, lambda x: math.pi**2 / 6),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivative_in_closed_form(name: str) -> None:
    at, derivative = DERIVATIVES[name]
    x = tensor(at)
    getattr(x, name)().backward()
    assert x.grad.item() == pytest.approx(derivative(at), rel=1e-12, abs=1e-15)


BINARY = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "atan2": zanjir.atan2,
    "hypot": zanjir.hypot,
    "logaddexp": zanjir.logaddexp,
    "logaddexp2": zanjir.logaddexp2,
    "xlogy": zanjir.xlogy,
    "maximum": zanjir.maximum,
    "minimum": zanjir.minimum,
    "fmax": zanjir.fmax,
    "fmin": zanjir.fmin,
    "copysign": zanjir.copysign,
    "fmod": zanjir.fmod,
    "remainder": operator.mod,
    "where": lambda a, b: zanjir.where(a > 1.7, a, b),
    "lerp": lambda a, b: zanjir.lerp(a, b, 0.3),
    "clamp": lambda a, b: zanjir.clamp(a, max=b),
    "lerp_tensor": lambda a, b: zanjir.lerp(a, b, a * b),
    "addcmul": lambda a, b: zanjir.addcmul(a, a, b, value=2),
    "addcdiv": lambda a, b: zanjir.addcdiv(a, a, b, value=2),
    "alpha": lambda a, b: zanjir.add(a, b, alpha=2.5) + zanjir.sub(a, b, alpha=0.5),
    "rsub": lambda a, b: (3 - a) * (3 / b),
    "rpow": lambda a, b: 2**a + b**3,
    "mixed": lambda a, b: zanjir.exp(-a * b) + zanjir.sqrt(a) / (1 + b**2),
}


@settings(max_examples=8, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", BINARY)
def test_against_finite_differences(name: str, data: st.DataObject) -> None:
    """Gradients of both operands over broadcast shapes, and of the gradients."""
    f = BINARY[name]
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3)).input_shapes
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    a, b = rng.uniform(0.6, 1.6, shapes[0]), rng.uniform(1.8, 2.8, shapes[1])

    def value(a: np.ndarray, b: np.ndarray) -> float:
        return f(zanjir.tensor(a), zanjir.tensor(b)).sum().item()

    x, y = tensor(a), tensor(b)
    grads = zanjir.autograd.grad(f(x, y).sum(), (x, y), create_graph=True)
    for which, grad in enumerate(grads):
        assert grad.shape == (x, y)[which].shape
        for place in np.ndindex(shapes[which]):
            step = np.zeros(shapes[which])
            step[place] = 1e-6
            moved = [(a + step, b), (a - step, b)] if which == 0 else [(a, b + step), (a, b - step)]
            slope = (value(*moved[0]) - value(*moved[1])) / 2e-6
            assert grad[place].item() == pytest.approx(slope, rel=1e-6, abs=1e-6)
    total = sum((g * g).sum() for g in grads)
    if total.requires_grad:
        total.backward()

        def squares(a: np.ndarray, b: np.ndarray) -> float:
            p, q = tensor(a), tensor(b)
            return sum((g * g).sum() for g in zanjir.autograd.grad(f(p, q).sum(), (p, q))).item()

        place = tuple(0 for _ in shapes[0])
        if x.grad is not None and x.numel():
            step = np.zeros(shapes[0])
            step[place] = 1e-6
            slope = (squares(a + step, b) - squares(a - step, b)) / 2e-6
            assert x.grad[place].item() == pytest.approx(slope, rel=1e-5, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3),
    name=st.sampled_from(["add", "mul", "sub", "div"]),
)
def test_broadcasting(shapes: hnp.BroadcastableShapes, name: str) -> None:
    """The result has NumPy's shape; the gradient the operand's, summed over what was repeated."""
    first, second = shapes.input_shapes
    a, b = tensor(np.full(first, 3.0)), tensor(np.full(second, 2.0))
    y = getattr(zanjir, name)(a, b)
    assert y.shape == shapes.result_shape
    y.sum().backward()
    assert a.grad.shape == first and b.grad.shape == second
    repeats = y.numel() / a.numel() if a.numel() else 0
    slope = {"add": 1, "mul": 2, "sub": 1, "div": 0.5}[name]
    assert a.grad.tolist() == np.full(first, slope * repeats).tolist()


def test_shapes_that_do_not_broadcast() -> None:
    with pytest.raises(
        RuntimeError,
        match=r"The size of tensor a \(2\) must match the size of tensor b \(3\) at non-singleton dimension 0",
    ):
        zanjir.ones(2) + zanjir.ones(3)


# ---------------------------------------------------------------------- dtypes


def test_promotion() -> None:
    i, h, f, d = (zanjir.ones(2, dtype=t) for t in (zanjir.int64, zanjir.float16, zanjir.float32, zanjir.float64))
    assert (i + 1).dtype is zanjir.int64 and (i + 1.5).dtype is zanjir.float32 and (i / 2).dtype is zanjir.float32
    assert (i * h).dtype is zanjir.float16 and (h * f).dtype is zanjir.float32 and (f * d).dtype is zanjir.float64
    assert (f * zanjir.tensor(2.0, dtype=zanjir.float64)).dtype is zanjir.float32
    assert (f * 1j).dtype is zanjir.complex64 and (d * 1j).dtype is zanjir.complex128
    assert zanjir.sin(i).dtype is zanjir.float32 and (i == 1).dtype is zanjir.bool
    assert ((i > 0) + (i > 0)).dtype is zanjir.bool and ((i > 0) * 2).dtype is zanjir.int64


@pytest.mark.parametrize("dtype", (zanjir.float16, zanjir.bfloat16))
def test_reduced_precision_rounds_once(dtype: zanjir.dtype) -> None:
    """Computed in float32 and rounded at the end: the rounding of the float32 result."""
    x = zanjir.linspace(0.1, 3, 200).to(dtype)
    wide = x.float()
    for name in ("exp", "log", "sigmoid", "sinh", "rsqrt", "erf", "lgamma", "tanh"):
        assert zanjir.equal(getattr(x, name)(), getattr(wide, name)().to(dtype)), name
    assert zanjir.equal(x * 1.1, (wide * 1.1).to(dtype))
    assert zanjir.equal(zanjir.addcmul(x, x, x, value=0.3), zanjir.addcmul(wide, wide, wide, value=0.3).to(dtype))


def test_integers_wrap_around() -> None:
    x = zanjir.tensor([250, 5], dtype=zanjir.uint8)
    assert (x + 10).tolist() == [4, 15] and (x + 300).tolist() == [38, 49] and (x - 6).tolist() == [244, 255]


def test_division_by_zero() -> None:
    assert (zanjir.tensor([1.0, -1.0, 0.0]) / 0).tolist()[:2] == [math.inf, -math.inf]
    for f in (operator.floordiv, operator.mod, zanjir.fmod, lambda a, b: zanjir.div(a, b, rounding_mode="trunc")):
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            f(zanjir.tensor([1, 2]), 0)


# ---------------------------------------------------------------------- the graph


def test_one_node_for_a_sum_with_alpha() -> None:
    x = tensor([1.0])
    y = zanjir.add(x, x, alpha=3)
    assert (
        y.grad_fn.name() == "AddBackward0"
        and [f.name() for f, _ in y.grad_fn.next_functions] == ["torch::autograd::AccumulateGrad"] * 2
    )
    y.backward()
    assert x.grad.tolist() == [4.0]


def test_rules_save_only_what_they_need() -> None:
    """``a + b`` needs nothing; ``a · b`` each of the other; ``eˣ`` its result."""
    x, y = tensor([2.0]), tensor([3.0])
    z = x + y
    x.detach().add_(1)
    z.backward()
    p = x * y
    y.detach().add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        p.backward()
    e = x.exp()
    x.detach().zero_()
    e.backward()


def test_square_is_twice_x() -> None:
    x = tensor([3.0, -4.0])
    (x**2).sum().backward()
    assert x.grad.tolist() == [6.0, -8.0]


def test_ties_share() -> None:
    a, b = tensor([1.0, 2.0]), tensor([1.0, 1.0])
    zanjir.maximum(a, b).sum().backward()
    assert a.grad.tolist() == [0.5, 1.0] and b.grad.tolist() == [0.5, 0.0]


def test_gradient_at_the_bounds_of_clamp() -> None:
    x = tensor([-1.0, 0.0, 0.5, 1.0, 2.0])
    x.clamp(0, 1).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_power_at_zero() -> None:
    x = tensor([0.0])
    (x**0).backward()
    assert x.grad.tolist() == [0.0]
    x = tensor([0.0])
    zanjir.pow(0.0, x).backward()
    assert x.grad.tolist() == [0.0]


def test_complex_gradient_is_the_conjugate_wirtinger_derivative() -> None:
    """Of a real loss: ∂L/∂x + i ∂L/∂y, the direction of steepest ascent."""
    z = tensor([1 + 2j], zanjir.complex128)
    (z * z.conj()).real.sum().backward()
    assert z.grad.tolist() == [2 + 4j]
    w = tensor([3 + 4j], zanjir.complex128)
    w.abs().sum().backward()
    assert w.grad.tolist() == [0.6 + 0.8j]


# ---------------------------------------------------------------------- Python's operators


def test_operators_leave_what_they_do_not_know() -> None:
    x = zanjir.ones(2)

    class Other:
        def __radd__(self, other: object) -> str:
            return "theirs"

        def __eq__(self, other: object) -> str:  # type: ignore[override]
            return "equal"

        __hash__ = None  # type: ignore[assignment]

    assert x + Other() == "theirs" and (x == Other()) == "equal"
    assert (x == "a") is False and (x != None) is True  # noqa: E711
    for f in (operator.add, operator.lt, operator.pow, operator.and_):
        with pytest.raises(TypeError, match="Tensor"):
            f(x, "a")


def test_reflected_comparison() -> None:
    x = zanjir.tensor([1, 2, 3])
    assert (2 < x).tolist() == [False, False, True] and (2 >= x).tolist() == [True, True, False]
    assert (2 == x).tolist() == [False, True, False]


def test_a_failed_operation_changes_nothing() -> None:
    x = zanjir.tensor([1, 2])
    for f in (
        lambda: x.add_(0.5),
        lambda: x.div_(2),
        lambda: x.add_(zanjir.ones(3, dtype=zanjir.int64)),
        lambda: x.pow_(-1),
    ):
        with pytest.raises(RuntimeError):
            f()
    assert x.tolist() == [1, 2] and x._version == 0


# ---------------------------------------------------------------------- NumPy calls


def test_numpy_calls_are_differentiable() -> None:
    x = tensor([0.5, 1.5])
    y = np.where(x > 1, np.sin(x), np.exp(x)) + np.multiply(x, np.array([2.0, 3.0])) + np.clip(x, 0, 1) + np.square(x)
    assert isinstance(y, zanjir.Tensor)
    np.add.reduce(y).backward()
    expected = [math.exp(0.5) + 2 + 1 + 1.0, math.cos(1.5) + 3 + 0 + 3.0]
    assert x.grad.tolist() == pytest.approx(expected)


def test_numpy_array_on_the_left() -> None:
    x = tensor([1.0, 2.0])
    y = np.array([3.0, 4.0]) * x
    assert isinstance(y, zanjir.Tensor) and y.tolist() == [3.0, 8.0]
    assert (np.float64(2) - x).tolist() == [1.0, 0.0]


# ---------------------------------------------------------------------- activations


@pytest.mark.parametrize(
    "name",
    (
        "relu",
        "sigmoid",
        "tanh",
        "softplus",
        "leaky_relu",
        "elu",
        "gelu",
        "silu",
        "logsigmoid",
        "softsign",
        "tanhshrink",
        "hardtanh",
        "relu6",
    ),
)
def test_activation_slopes(name: str) -> None:
    f = getattr(F, name)
    at = np.array([-2.3, -0.4, 0.3, 1.7])
    x = tensor(at)
    f(x).sum().backward()
    slope = (f(zanjir.tensor(at + 1e-6)) - f(zanjir.tensor(at - 1e-6))) / 2e-6
    assert x.grad.tolist() == pytest.approx(slope.tolist(), rel=1e-6, abs=1e-8)


def test_no_overflow() -> None:
    big = zanjir.tensor([-1000.0, 1000.0])
    assert F.softplus(big).tolist() == [0.0, 1000.0] and F.logsigmoid(big).tolist() == [-1000.0, 0.0]
    assert big.sigmoid().tolist() == [0.0, 1.0]
    assert zanjir.logaddexp(big, big).tolist() == pytest.approx([-1000 + math.log(2), 1000 + math.log(2)], rel=1e-6)


# ---------------------------------------------------------------------- examples

MODULES = ("arithmetic", "pointwise", "compare", "where", "activations", "elementwise")


def documented() -> list[str]:
    """The functions declared by the elementwise families."""
    home = {n: getattr(f, "__wrapped__", f).__module__.rpartition(".")[2] for n, f in functions.items()}
    return sorted(n for n, f in functions.items() if home[n] in MODULES and f.__doc__)


@pytest.mark.parametrize("name", documented())
def test_example(name: str) -> None:
    """Every docstring's example gives what it says."""
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for example in doctest.DocTestFinder().find(functions[name], name, globs={}):
        out: list[str] = []
        assert not runner.run(example, out=out.append).failed, "".join(out)
