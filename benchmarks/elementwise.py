"""One recorded elementwise operator on eleven elements: what a single link of the chain costs.

`mul` has two operands that both require a gradient, `exp` one. Forward alone records the node and drops it; forward
plus backward hands in the gradient of the result and reads those of the operands.
"""

from __future__ import annotations

from typing import Any

from harness import Case, Row, Settings, Step, timed
from peers import hips_leaf

A = [0.1 * k - 0.5 for k in range(11)]
B = [1.5 - 0.2 * k for k in range(11)]
UPSTREAM = [1.0 + 0.1 * k for k in range(11)]

mul_forward = Case("mul-forward", "`a * b`, 11 elements, recorded: forward")
mul_both = Case("mul-backward", "`a * b`, 11 elements: forward + backward")
exp_forward = Case("exp-forward", "`exp(a)`, 11 elements, recorded: forward")
exp_both = Case("exp-backward", "`exp(a)`, 11 elements: forward + backward")
CASES = [mul_forward, mul_both, exp_forward, exp_both]


def rows(settings: Settings) -> list[Row]:
    """All four."""
    return list(timed(__name__, CASES, settings))


def torch_operands(torch: Any) -> tuple[Any, Any, Any]:
    """The operands and the gradient of the result."""
    return torch.tensor(A, requires_grad=True), torch.tensor(B, requires_grad=True), torch.tensor(UPSTREAM)


@mul_forward.on("zanjir", "torch")
def _(torch: Any) -> Step:
    a, b, _ = torch_operands(torch)
    return lambda: a * b


@mul_both.on("zanjir", "torch")
def _(torch: Any) -> Step:
    a, b, upstream = torch_operands(torch)

    def step() -> Any:
        a.grad = b.grad = None
        (a * b).backward(upstream)
        return a.grad, b.grad

    return step


@exp_forward.on("zanjir", "torch")
def _(torch: Any) -> Step:
    a, _, _ = torch_operands(torch)
    return lambda: a.exp()


@exp_both.on("zanjir", "torch")
def _(torch: Any) -> Step:
    a, _, upstream = torch_operands(torch)

    def step() -> Any:
        a.grad = None
        a.exp().backward(upstream)
        return a.grad

    return step


def hips_operands(autograd: Any) -> tuple[Any, Any, Any]:
    """The operands and the gradient of the result, as arrays."""
    np = autograd.numpy
    return np.array(A, dtype=np.float32), np.array(B, dtype=np.float32), np.array(UPSTREAM, dtype=np.float32)


@mul_forward.on("autograd")
def _(autograd: Any) -> Step:
    a, b, _ = hips_operands(autograd)
    a, b = hips_leaf(autograd, a), hips_leaf(autograd, b)
    return lambda: a * b


@mul_both.on("autograd")
def _(autograd: Any) -> Step:
    a, b, upstream = hips_operands(autograd)
    make_vjp = autograd.make_vjp(lambda a, b: a * b, argnum=(0, 1))

    def step() -> Any:
        vjp, _ = make_vjp(a, b)
        return vjp(upstream)

    return step


@exp_forward.on("autograd")
def _(autograd: Any) -> Step:
    a, _, _ = hips_operands(autograd)
    a, exp = hips_leaf(autograd, a), autograd.numpy.exp
    return lambda: exp(a)


@exp_both.on("autograd")
def _(autograd: Any) -> Step:
    a, _, upstream = hips_operands(autograd)
    make_vjp = autograd.make_vjp(autograd.numpy.exp)

    def step() -> Any:
        vjp, _ = make_vjp(a)
        return vjp(upstream)

    return step


def mygrad_operands(mygrad: Any) -> tuple[Any, Any, Any]:
    """The operands and the gradient of the result."""
    import numpy as np

    a, b = mygrad.tensor(A, dtype=np.float32), mygrad.tensor(B, dtype=np.float32)
    return a, b, np.array(UPSTREAM, dtype=np.float32)


@mul_forward.on("mygrad")
def _(mygrad: Any) -> Step:
    a, b, _ = mygrad_operands(mygrad)
    return lambda: a * b


@mul_both.on("mygrad")
def _(mygrad: Any) -> Step:
    a, b, upstream = mygrad_operands(mygrad)

    def step() -> Any:
        (a * b).backward(upstream)
        return a.grad, b.grad

    return step


@exp_forward.on("mygrad")
def _(mygrad: Any) -> Step:
    a, _, _ = mygrad_operands(mygrad)
    return lambda: mygrad.exp(a)


@exp_both.on("mygrad")
def _(mygrad: Any) -> Step:
    a, _, upstream = mygrad_operands(mygrad)

    def step() -> Any:
        mygrad.exp(a).backward(upstream)
        return a.grad

    return step


@mul_forward.on("micrograd")
def _(micrograd: Any) -> Step:
    a, b = ([micrograd.engine.Value(v) for v in values] for values in (A, B))
    return lambda: [p * q for p, q in zip(a, b, strict=True)]


@mul_both.on("micrograd")
def _(micrograd: Any) -> Step:
    a, b = ([micrograd.engine.Value(v) for v in values] for values in (A, B))

    def step() -> Any:
        for v in (*a, *b):
            v.grad = 0
        # Its backward starts from one scalar with gradient 1, so the gradient of the result becomes a weighted sum.
        sum(p * q * g for p, q, g in zip(a, b, UPSTREAM, strict=True)).backward()
        return [v.grad for v in (*a, *b)]

    return step
