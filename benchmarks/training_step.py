"""One training step of a line through eleven points: what a learner's first script does five thousand times.

The thermometer: w and b of y = w·x + b in one tensor of two, the mean of the squared differences, zero_grad,
backward, step. zanjir and PyTorch run their optimizers; the peers have none of this form, so they write the update.
"""

from __future__ import annotations

from typing import Any

from harness import Case, Row, Settings, Step, timed
from peers import NumpyAdam, ScalarAdam

X = [3.57, 5.59, 5.82, 8.19, 5.63, 4.89, 3.39, 2.18, 4.84, 6.04, 6.84]
Y = [0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0]
START = [1.0, 0.0]
SGD_RATE, ADAM_RATE = 1e-2, 1e-1

sgd = Case("sgd-step", "Training step, a line through 11 points, SGD")
adam = Case("adam-step", "Training step, a line through 11 points, Adam")
CASES = [sgd, adam]


def rows(settings: Settings) -> list[Row]:
    """Both steps."""
    return list(timed(__name__, CASES, settings))


def torch_step(torch: Any, optimizer_class: Any, rate: float) -> Step:
    """The lesson's loop body, to the letter."""
    x, y = torch.tensor(X), torch.tensor(Y)
    params = torch.tensor(START, requires_grad=True)
    optimizer = optimizer_class([params], lr=rate)

    def model(x: Any, w: Any, b: Any) -> Any:
        return w * x + b

    def loss_fn(predicted: Any, y: Any) -> Any:
        squared_diffs = (predicted - y) ** 2
        return squared_diffs.mean()

    def step() -> Any:
        loss = loss_fn(model(x, *params), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


@sgd.on("zanjir", "torch")
def _(torch: Any) -> Step:
    return torch_step(torch, torch.optim.SGD, SGD_RATE)


@adam.on("zanjir", "torch")
def _(torch: Any) -> Step:
    return torch_step(torch, torch.optim.Adam, ADAM_RATE)


def hips_gradient(autograd: Any) -> tuple[Any, Any]:
    """HIPS autograd's loss-and-gradient function, and where it starts."""
    np = autograd.numpy
    x, y = np.array(X, dtype=np.float32), np.array(Y, dtype=np.float32)

    def loss_fn(params: Any) -> Any:
        return np.mean((params[0] * x + params[1] - y) ** 2)

    return autograd.value_and_grad(loss_fn), np.array(START, dtype=np.float32)


@sgd.on("autograd")
def _(autograd: Any) -> Step:
    value_and_gradient, params = hips_gradient(autograd)

    def step() -> Any:
        nonlocal params
        loss, gradient = value_and_gradient(params)
        params = params - SGD_RATE * gradient
        return loss

    return step


@adam.on("autograd")
def _(autograd: Any) -> Step:
    value_and_gradient, params = hips_gradient(autograd)
    optimizer = NumpyAdam(params, ADAM_RATE)

    def step() -> Any:
        nonlocal params
        loss, gradient = value_and_gradient(params)
        params = params - optimizer.change(gradient)
        return loss

    return step


def mygrad_loss(mygrad: Any) -> tuple[Any, Any]:
    """MyGrad's loss as a function of nothing, and its parameters."""
    import numpy as np

    x, y = np.array(X, dtype=np.float32), np.array(Y, dtype=np.float32)
    params = mygrad.tensor(START, dtype=np.float32)

    def loss_fn() -> Any:
        return mygrad.mean((params[0] * x + params[1] - y) ** 2)

    return loss_fn, params


@sgd.on("mygrad")
def _(mygrad: Any) -> Step:
    loss_fn, params = mygrad_loss(mygrad)

    def step() -> Any:
        loss = loss_fn()
        loss.backward()
        params.data -= SGD_RATE * params.grad  # the gradient is dropped when params is next used
        return loss

    return step


@adam.on("mygrad")
def _(mygrad: Any) -> Step:
    loss_fn, params = mygrad_loss(mygrad)
    optimizer = NumpyAdam(params.data, ADAM_RATE)

    def step() -> Any:
        loss = loss_fn()
        loss.backward()
        params.data -= optimizer.change(params.grad)
        return loss

    return step


def micrograd_loss(micrograd: Any) -> tuple[Any, list[Any]]:
    """micrograd's loss, a sum of scalars, and its parameters."""
    params = [micrograd.engine.Value(start) for start in START]

    def loss_fn() -> Any:
        w, b = params
        return sum((w * x + b - y) ** 2 for x, y in zip(X, Y, strict=True)) / len(X)

    return loss_fn, params


@sgd.on("micrograd")
def _(micrograd: Any) -> Step:
    loss_fn, params = micrograd_loss(micrograd)

    def step() -> Any:
        loss = loss_fn()
        for p in params:
            p.grad = 0
        loss.backward()
        for p in params:
            p.data -= SGD_RATE * p.grad
        return loss

    return step


@adam.on("micrograd")
def _(micrograd: Any) -> Step:
    loss_fn, params = micrograd_loss(micrograd)
    optimizers = [ScalarAdam(ADAM_RATE) for _ in params]

    def step() -> Any:
        loss = loss_fn()
        for p in params:
            p.grad = 0
        loss.backward()
        for p, optimizer in zip(params, optimizers, strict=True):
            p.data -= optimizer.change(p.grad)
        return loss

    return step
