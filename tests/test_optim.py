"""Optimizers without torch: single steps against the formulas, convergence, what is refused, what is kept."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import zanjir
from zanjir.optim import SGD, Adam, AdamW, Optimizer


def leaf(*values: float, dtype: Any = None) -> zanjir.Tensor:
    return zanjir.tensor(list(values), dtype=dtype or zanjir.float64, requires_grad=True)


def step(optimizer: Optimizer, p: zanjir.Tensor, *grad: float) -> list[float]:
    p.grad = zanjir.tensor(list(grad), dtype=p.dtype)
    optimizer.step()
    return p.tolist()


# ---------------------------------------------------------------------- single steps


def test_sgd() -> None:
    p = leaf(1.0, -2.0)
    assert step(SGD([p], lr=0.5), p, 4.0, 1.0) == [-1.0, -2.5]


def test_sgd_climbs() -> None:
    p = leaf(1.0)
    assert step(SGD([p], lr=0.5, maximize=True), p, 4.0) == [3.0]


def test_sgd_decays() -> None:
    p = leaf(2.0)
    assert step(SGD([p], lr=0.5, weight_decay=0.25), p, 1.0) == [2.0 - 0.5 * (1.0 + 0.25 * 2.0)]


def test_sgd_momentum() -> None:
    p = leaf(0.0)
    optimizer = SGD([p], lr=1.0, momentum=0.5, dampening=0.25)
    assert step(optimizer, p, 1.0) == [-1.0]  # the first time b = g
    assert step(optimizer, p, 2.0) == [-1.0 - (0.5 * 1.0 + 0.75 * 2.0)]
    assert optimizer.state[p]["momentum_buffer"].tolist() == [2.0]


def test_sgd_nesterov() -> None:
    p = leaf(0.0)
    optimizer = SGD([p], lr=1.0, momentum=0.5, nesterov=True)
    assert step(optimizer, p, 1.0) == [-1.5]
    assert step(optimizer, p, 2.0) == [-1.5 - (2.0 + 0.5 * 2.5)]


def test_adam_first_step_is_the_rate() -> None:
    """At step 1 m̂ = g and v̂ = g², so every parameter moves by γ g / (|g| + ε)."""
    p = leaf(1.0, 1.0, 1.0)
    moved = step(Adam([p], lr=0.1, eps=1e-3), p, 5.0, -0.01, 0.0)
    expected = [1 - 0.1 * g / (abs(g) + 1e-3) for g in (5.0, -0.01, 0.0)]
    assert moved == pytest.approx(expected, rel=1e-14)


def reference_adam(x: float, grads: list[float], lr: float, b1: float, b2: float, eps: float, amsgrad: bool) -> float:
    m = v = largest = 0.0
    for t, g in enumerate(grads, 1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        largest = max(largest, v)
        used = largest if amsgrad else v
        x -= lr * (m / (1 - b1**t)) / (math.sqrt(used / (1 - b2**t)) + eps)
    return x


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.25, 0.5), (0.0, 0.0)])
def test_adam_as_published(betas: tuple[float, float], amsgrad: bool) -> None:
    grads = [3.0, -1.0, 0.5, 0.01, 2.0, -4.0]
    p = leaf(1.0)
    optimizer = Adam([p], lr=0.1, betas=betas, eps=1e-4, amsgrad=amsgrad)
    for g in grads:
        step(optimizer, p, g)
    assert p.item() == pytest.approx(reference_adam(1.0, grads, 0.1, *betas, 1e-4, amsgrad), rel=1e-13)
    assert optimizer.state[p]["step"].item() == len(grads)
    assert optimizer.state[p]["step"].dtype is zanjir.float32
    assert ("max_exp_avg_sq" in optimizer.state[p]) is amsgrad


def test_adamw_shrinks_first() -> None:
    p = leaf(2.0)
    (moved,) = step(AdamW([p], lr=0.1, weight_decay=0.5, eps=0.0), p, 3.0)
    assert moved == pytest.approx(2.0 * (1 - 0.05) - 0.1, rel=1e-14)


@pytest.mark.parametrize("size", [1, 32768, 32769, 100_000])
@pytest.mark.parametrize("make", [lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True), lambda p: Adam(p, lr=0.1)])
def test_pieces(make: Callable[[Any], Optimizer], size: int) -> None:
    """A large parameter is updated in pieces, as its elements would be one by one."""
    rng = np.random.default_rng(0)
    values, g1, g2 = rng.normal(size=(3, size))
    whole = zanjir.tensor(values, requires_grad=True)
    few = zanjir.tensor(values[-3:], requires_grad=True)
    for p, part in ((whole, slice(None)), (few, slice(-3, None))):
        optimizer = make([p])
        for g in (g1, g2):
            p.grad = zanjir.tensor(g[part])
            optimizer.step()
    assert whole[-3:].tolist() == few.tolist()
    assert not np.array_equal(whole.detach().numpy(), values) and whole._version == 2


def test_arrays_round_as_tensors_do() -> None:
    """The update on arrays and the update on tensors are the same to the bit."""
    from zanjir.optim._update import Arrays, ready

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4, 1000)).astype(np.float32)
    rows[3] = np.abs(rows[3])
    for method, args, number in (
        ("add_", 2, {"alpha": -0.03}), ("add", 2, {"alpha": 0.5}), ("add_", 1, (1e-3,)), ("lerp_", 2, (0.1,)),
        ("lerp_", 2, (0.7,)), ("mul_", 1, (0.9,)), ("div_", 1, (0.3,)), ("addcmul_", 3, {"value": 0.001}),
        ("addcdiv_", 3, {"value": -0.02}),
    ):  # fmt: skip
        arrays = [r.copy() for r in rows[4 - args :]]
        tensors = [zanjir.tensor(r) for r in rows[4 - args :]]
        if isinstance(number, dict):
            ((key, value),) = number.items()
            (c,) = ready((value,), np.dtype(np.float32))
            ours = getattr(Arrays, method)(*arrays, **{key: c})
            theirs = getattr(zanjir.Tensor, method)(*tensors, **number)
        else:
            (c,) = ready(number, np.dtype(np.float32))
            ours = getattr(Arrays, method)(*arrays, c)
            theirs = getattr(zanjir.Tensor, method)(*tensors, *number)
        np.testing.assert_array_equal(ours, theirs.numpy(), err_msg=method)


# ---------------------------------------------------------------------- convergence


def rosenbrock(p: zanjir.Tensor) -> zanjir.Tensor:
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


@pytest.mark.parametrize(
    "make, steps, near",
    [
        (lambda p: SGD(p, lr=5e-4, momentum=0.95), 4000, 0.05),
        (lambda p: SGD(p, lr=5e-4, momentum=0.95, nesterov=True), 4000, 0.05),
        (lambda p: Adam(p, lr=0.02), 3000, 0.05),
        (lambda p: Adam(p, lr=0.02, amsgrad=True), 3000, 0.2),
    ],
)
def test_rosenbrock(make: Callable[[Any], Optimizer], steps: int, near: float) -> None:
    """The valley's floor is at (1, 1)."""
    p = leaf(-1.2, 1.0)
    optimizer = make([p])
    for _ in range(steps):
        optimizer.zero_grad()
        rosenbrock(p).backward()
        optimizer.step()
    assert np.abs(p.detach().numpy() - 1.0).max() < near


@pytest.mark.parametrize(
    "make",
    [
        lambda p: SGD(p, lr=1.9e-3, momentum=0.95),
        lambda p: Adam(p, lr=0.05),
        lambda p: AdamW(p, lr=0.05, weight_decay=0.0),
    ],
)
def test_ill_conditioned(make: Callable[[Any], Optimizer]) -> None:
    """½ xᵀ D x, with curvatures from 1 to 1000."""
    curvature = zanjir.logspace(0.0, 3.0, 5, dtype=zanjir.float64)
    p = leaf(1.0, -1.0, 1.0, -1.0, 1.0)
    optimizer = make([p])

    def closure() -> zanjir.Tensor:
        optimizer.zero_grad()
        loss = 0.5 * (curvature * p * p).sum()
        loss.backward()
        return loss

    first = optimizer.step(closure).item()
    for _ in range(1500):
        last = optimizer.step(closure)
    assert first == pytest.approx(0.5 * curvature.sum().item()) and last.item() < 1e-8 * first


def test_gradient_of_the_rate() -> None:
    """d/dγ (θ − γ g)² = −2 g (θ − γ g): a differentiable step passes it on."""
    rate = zanjir.tensor(0.25, requires_grad=True)
    p = zanjir.tensor(2.0)
    p.grad = zanjir.tensor(4.0)
    SGD([p], lr=rate, differentiable=True).step()
    (p * p).backward()
    assert rate.grad.item() == -2 * 4.0 * (2.0 - 0.25 * 4.0)


# ---------------------------------------------------------------------- the base class


def test_parameters_without_gradient_are_left_alone() -> None:
    p, q = leaf(1.0), leaf(1.0)
    optimizer = Adam([p, q], lr=0.1)
    step(optimizer, p, 1.0)
    assert q.tolist() == [1.0] and q not in optimizer.state and q._version == 0


def test_groups_have_their_own_options() -> None:
    p, q = leaf(1.0), leaf(1.0)
    optimizer = SGD([{"params": [p]}, {"params": q, "lr": 0.5}], lr=0.25)
    p.grad, q.grad = zanjir.ones(1, dtype=zanjir.float64), zanjir.ones(1, dtype=zanjir.float64)
    optimizer.step()
    assert (p.item(), q.item()) == (0.75, 0.5)
    optimizer.add_param_group({"params": leaf(3.0)})
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.5, 0.25]


@pytest.mark.parametrize(
    "make, error, text",
    [
        (lambda: SGD([]), ValueError, "optimizer got an empty parameter list"),
        (lambda: SGD(leaf(1.0)), TypeError, "params argument given to the optimizer should be an iterable of Tensors"),
        (lambda: SGD([1]), TypeError, "optimizer can only optimize Tensors, but one of the params is int"),
        (lambda: SGD([leaf(1.0) * 2]), ValueError, "can't optimize a non-leaf Tensor"),
        (lambda: SGD([leaf(1.0)], lr=-1), ValueError, "Invalid learning rate: -1"),
        (lambda: SGD([leaf(1.0)], nesterov=True), ValueError, "Nesterov momentum requires a momentum"),
        (lambda: Adam([leaf(1.0)], lr=math.nan), ValueError, "Invalid learning rate: nan"),
        (lambda: Adam([leaf(1.0)], betas=(0.9, 1.0)), ValueError, "Invalid beta parameter at index 1: 1.0"),
    ],
)
def test_refused(make: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        make()
    assert str(raised.value).startswith(text)


def test_a_failed_group_is_not_added() -> None:
    p = leaf(1.0)
    optimizer = SGD([p])
    with pytest.raises(ValueError, match="some parameters appear in more than one parameter group"):
        optimizer.add_param_group({"params": [leaf(2.0), p]})
    assert len(optimizer.param_groups) == 1


def test_shown() -> None:
    assert repr(SGD([leaf(1.0)], lr=0.1)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n"
        "    lr: 0.1\n    maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)"
    )


def test_closure_runs_with_gradients_on_and_the_step_without() -> None:
    p = leaf(3.0)
    optimizer = SGD([p], lr=0.5)
    seen = []

    def closure() -> zanjir.Tensor:
        seen.append(zanjir.is_grad_enabled())
        loss = (p * p).sum()
        loss.backward()
        return loss

    with zanjir.no_grad():
        assert optimizer.step(closure).item() == 9.0
        assert not zanjir.is_grad_enabled()
    assert seen == [True] and p.item() == 0.0 and p.is_leaf and zanjir.is_grad_enabled()


def test_grad_mode_is_restored_after_an_error() -> None:
    def closure() -> None:
        raise KeyError("no loss")

    with pytest.raises(KeyError):
        SGD([leaf(1.0)]).step(closure)
    assert zanjir.is_grad_enabled()


def test_a_saved_run_goes_on() -> None:
    def train(p: zanjir.Tensor, optimizer: Optimizer, steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            rosenbrock(p).backward()
            optimizer.step()

    p = leaf(-1.0, 1.0)
    optimizer = Adam([p], lr=0.1)
    train(p, optimizer, 5)
    q = p.detach().clone().requires_grad_()
    other = Adam([q], lr=7.0)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    r, third = pickle.loads(pickle.dumps((p, optimizer)))
    for tensor, each in ((p, optimizer), (q, other), (r, third)):
        train(tensor, each, 5)
    assert p.tolist() == q.tolist() == r.tolist()
    assert other.param_groups[0]["lr"] == 0.1


def test_hooks_may_replace_the_arguments() -> None:
    p = leaf(1.0)
    optimizer = SGD([p], lr=0.5)
    calls = []
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((*args, lambda: 5), kwargs))
    handle = optimizer.register_step_post_hook(lambda o, args, kwargs: calls.append(len(args)))
    assert optimizer.step() == 5
    handle.remove()
    optimizer.step()
    assert calls == [2]


def test_an_inherited_step_has_its_hooks_once() -> None:
    calls = []

    class Base(Optimizer):
        def step(self, closure: Any = None) -> Any:
            calls.append("step")

    class Derived(Base):
        pass

    optimizer = Derived([leaf(1.0)], {})
    Base([leaf(1.0)], {})
    optimizer.register_step_pre_hook(lambda *args: calls.append("hook"))
    optimizer.step()
    assert calls == ["hook", "step"]
