"""Autograd without an oracle: analytic derivatives, finite differences, what is freed and when, threads."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zanjir as torch


def test_a_million_nodes_are_walked_and_freed_without_the_collector() -> None:
    """In a process of its own: a recursion there would end it, and its memory is its own."""
    program = """
import gc, weakref
gc.disable()
import zanjir as torch


x = torch.ones((), requires_grad=True)
y = x * 1
first = weakref.ref(y.grad_fn)
for _ in range(1_000_000):
    y = y + 1.0
last = weakref.ref(y.grad_fn)
y.backward()
assert x.grad.item() == 1.0
del y
assert first() is None and last() is None
print("freed")
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert run.stdout.strip() == "freed", run.stderr


def test_a_deep_graph_is_freed_though_never_walked() -> None:
    x = torch.ones((), requires_grad=True)
    y = x * 1
    node = weakref.ref(y.grad_fn)
    for _ in range(100_000):
        y = y * 1.0
    gc.disable()
    try:
        del y
        assert node() is None
    finally:
        gc.enable()


def test_saved_values_go_as_the_walk_passes() -> None:
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = y * y  # saves y
    saved = weakref.ref(y)
    del y
    assert saved() is not None
    z.sum().backward()
    assert saved() is None


def test_addition_saves_nothing_and_exp_its_output_only() -> None:
    x = torch.ones(3, requires_grad=True)
    a, b = x * 2, x * 3
    total = a + b
    e = a.exp()
    first, second = weakref.ref(a), weakref.ref(b)
    del a, b
    assert first() is None
    assert second() is None
    (total.sum() + e.sum()).backward()
    np.testing.assert_allclose(x.grad.numpy(), 5 + 2 * np.exp(2), rtol=1e-6)


UNARY = {
    "sin": (np.sin, np.cos),
    "exp": (np.exp, np.exp),
    "tanh": (np.tanh, lambda v: 1 - np.tanh(v) ** 2),
    "square": (np.square, lambda v: 2 * v),
}


@pytest.mark.parametrize("name", UNARY)
def test_analytic(name: str) -> None:
    f, derivative = UNARY[name]
    values = np.linspace(-2, 2, 7)
    x = torch.tensor(values, requires_grad=True)
    y = getattr(torch, name)(x)
    y.sum().backward()
    np.testing.assert_allclose(y.detach().numpy(), f(values), rtol=1e-12)
    np.testing.assert_allclose(x.grad.numpy(), derivative(values), rtol=1e-12)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from(["mul", "add", "sin", "tanh", "view", "flip", "write", "sum"]), min_size=1, max_size=8),
    st.integers(0, 99),
)
def test_random_programs_against_finite_differences(steps: list[str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    start, other = rng.uniform(-1, 1, (2, 3)), torch.tensor(rng.uniform(-1, 1, (2, 3)))

    def program(x: torch.Tensor) -> torch.Tensor:
        y = x * 1
        for step in steps:
            if step == "mul":
                y = y * (other if y.shape == other.shape else 0.5)
            elif step == "add":
                y = y + x.sum()
            elif step in ("sin", "tanh"):
                y = getattr(y, step)()
            elif step == "view":
                y = y.t()
            elif step == "flip":
                y = y.flip(0)
            elif step == "write":
                y = y.clone()
                y[0].mul_(3)
                y[:, 1] = x.mean()
            else:
                y = y + y.sum(0, keepdim=True)
        return (y * y).sum()

    x = torch.tensor(start, requires_grad=True)
    (gradient,) = torch.autograd.grad(program(x), x)
    step = 1e-6
    for index in np.ndindex(start.shape):
        up, down = start.copy(), start.copy()
        up[index] += step
        down[index] -= step
        slope = (program(torch.tensor(up)).item() - program(torch.tensor(down)).item()) / (2 * step)
        assert gradient[index].item() == pytest.approx(slope, rel=1e-4, abs=1e-6 * (1 + abs(gradient).max().item()))


def test_a_failed_operation_leaves_its_operands_alone() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    before = x.clone()
    for wrong in (
        lambda: x.add_(torch.ones(4)),
        lambda: x.mul_(torch.ones(3, 2, 3)),
        lambda: x.__setitem__((slice(None), 7), 1.0),
        lambda: x.__setitem__(0, torch.ones(4)),
        lambda: torch.add(x, x, out=torch.empty(2, 3, dtype=torch.int64)),
    ):
        with pytest.raises((RuntimeError, IndexError)):
            wrong()
    assert torch.equal(x, before)
    assert x._version == 0


def test_a_hook_that_raises_leaves_the_engine_usable() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 2

    def hook(g: torch.Tensor) -> None:
        raise ValueError("no")

    handle = y.register_hook(hook)
    with pytest.raises(ValueError, match="no"):
        y.sum().backward(retain_graph=True)
    assert x.grad is None
    assert torch.is_grad_enabled()
    handle.remove()
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_what_a_node_hook_keeps_stays_as_it_was() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    seen: list[torch.Tensor] = []
    y.grad_fn.register_hook(lambda inputs, outputs: seen.append(inputs[0]))
    y.sum().backward()
    (x * 5).sum().backward()  # adds into x.grad in place
    assert seen[0].tolist() == [2.0, 2.0]
    assert x.grad.tolist() == [7.0, 7.0]


def test_backward_within_backward() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    inner = torch.tensor(3.0, requires_grad=True)
    y = x * 1

    def hook(g: torch.Tensor) -> None:
        with torch.enable_grad():  # a walk that is not recorded runs its hooks without recording
            (inner * inner).backward()

    y.register_hook(hook)
    y.backward()
    assert (x.grad.item(), inner.grad.item()) == (1.0, 6.0)


def test_grad_mode_belongs_to_the_thread() -> None:
    seen = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(torch.is_grad_enabled()))
        thread.start()
        thread.join()
        seen.append(torch.is_grad_enabled())
    assert seen == [True, False]


def test_threads_compute_at_the_same_time() -> None:
    """Each thread has a context of its own to compute in; large arrays let the others run meanwhile."""
    errors = []

    def work() -> None:
        try:
            x = torch.ones(200_000, requires_grad=True)
            for _ in range(20):
                (x.exp() * x).sum().backward()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors


def test_no_warnings_from_numpy_and_none_taken_from_the_user() -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = torch.tensor([0.0, -1.0], requires_grad=True)
        (x.log().sum() / 0 + (1 / x).sum()).backward()
        torch.autograd.grad((x.sqrt() / x).sum(), x, create_graph=True)
        with pytest.raises(RuntimeWarning):
            np.log(np.zeros(1))


def test_numpy_calls_are_recorded() -> None:
    x = torch.tensor([0.5, 1.0], requires_grad=True)
    np.sum(np.sin(x) * np.exp(x), axis=0).backward()
    v = np.array([0.5, 1.0])
    np.testing.assert_allclose(x.grad.numpy(), np.exp(v) * (np.sin(v) + np.cos(v)), rtol=1e-6)


def test_numpy_calls_without_an_operator_get_arrays() -> None:
    x = torch.tensor([3.0, 1.0, 2.0])
    assert np.median(x) == 2.0
    with pytest.raises(RuntimeError, match="requires grad"):
        np.median(x.requires_grad_())
