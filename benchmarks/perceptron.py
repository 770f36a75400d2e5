"""A 784-512-512-10 perceptron at batch 128 with Adam, the layers written by hand: where the arithmetic is the cost.

Timed with one thread for each library, and with as many as each chooses. Memory is measured in processes of their own:
the highest resident memory after twenty steps, less the highest after a rehearsal of the same program with a handful of
units, so that neither the library nor what it loads on first use is counted; and the process as a whole.

micrograd, whose values are single numbers, would need some 150 million objects a step.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from harness import LIBRARIES, Case, Failure, Row, Settings, Step, Worker, installed, progress, timed
from peers import NumpyAdam

RATE = 1e-3
MEMORY_STEPS = 20


def data(sizes: Sequence[int], batch: int) -> tuple[list[Any], Any, Any]:
    """Weights and biases (float32, layer after layer), inputs (batch, sizes[0]) and labels (batch,) as arrays."""
    import numpy as np

    generator = np.random.default_rng(0)
    params = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        params.append((generator.standard_normal((fan_in, fan_out)) * (2 / fan_in) ** 0.5).astype(np.float32))
        params.append(np.zeros(fan_out, dtype=np.float32))
    inputs = generator.standard_normal((batch, sizes[0])).astype(np.float32)
    labels = generator.integers(0, sizes[-1], batch)
    return params, inputs, labels


def torch_perceptron(torch: Any, sizes: Sequence[int], batch: int) -> Step:
    """The step with torch's operators and torch's Adam."""
    arrays, inputs, labels = data(sizes, batch)
    params = [torch.tensor(array, requires_grad=True) for array in arrays]
    x, y, each = torch.tensor(inputs), torch.tensor(labels), torch.arange(batch)
    optimizer = torch.optim.Adam(params, lr=RATE)

    def step() -> Any:
        w1, b1, w2, b2, w3, b3 = params
        hidden = torch.relu(x @ w1 + b1)
        hidden = torch.relu(hidden @ w2 + b2)
        scores = hidden @ w3 + b3
        loss = -torch.log_softmax(scores, dim=1)[each, y].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def hips_perceptron(autograd: Any, sizes: Sequence[int], batch: int) -> Step:
    """The step with HIPS autograd; it has no log_softmax, so the row's maximum is taken off by hand."""
    np = autograd.numpy
    params, x, y = data(sizes, batch)
    each = np.arange(batch)
    optimizers = [NumpyAdam(p, RATE) for p in params]

    def loss_fn(params: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = params
        hidden = np.maximum(x @ w1 + b1, 0)
        hidden = np.maximum(hidden @ w2 + b2, 0)
        scores = hidden @ w3 + b3
        shifted = scores - np.max(scores, axis=1, keepdims=True)
        log_softmax = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
        return -np.mean(log_softmax[each, y])

    value_and_gradient = autograd.value_and_grad(loss_fn)

    def step() -> Any:
        loss, gradients = value_and_gradient(params)
        for p, gradient, optimizer in zip(params, gradients, optimizers, strict=True):
            p -= optimizer.change(gradient)
        return loss

    return step


def mygrad_perceptron(mygrad: Any, sizes: Sequence[int], batch: int) -> Step:
    """The step with MyGrad's operators."""
    import numpy as np

    arrays, x, y = data(sizes, batch)
    each = np.arange(batch)
    params = [mygrad.tensor(array) for array in arrays]
    optimizers = [NumpyAdam(array, RATE) for array in arrays]

    def step() -> Any:
        w1, b1, w2, b2, w3, b3 = params
        hidden = mygrad.maximum(mygrad.matmul(x, w1) + b1, 0)
        hidden = mygrad.maximum(mygrad.matmul(hidden, w2) + b2, 0)
        scores = mygrad.matmul(hidden, w3) + b3
        shifted = scores - mygrad.max(scores, axis=1, keepdims=True)
        log_softmax = shifted - mygrad.log(mygrad.sum(mygrad.exp(shifted), axis=1, keepdims=True))
        loss = -mygrad.mean(log_softmax[each, y])
        loss.backward()
        for p, optimizer in zip(params, optimizers, strict=True):
            p.data -= optimizer.change(p.grad)
        return loss

    return step


def perceptron(name: str, title: str, sizes: Sequence[int], batch: int) -> Case:
    """The case of the given size, for every library that can express it."""
    programs = {
        "zanjir": torch_perceptron,
        "torch": torch_perceptron,
        "autograd": hips_perceptron,
        "mygrad": mygrad_perceptron,
    }
    case = Case(name, title)
    for library, program in programs.items():
        case.on(library)(lambda module, program=program: program(module, sizes, batch))  # type: ignore[misc]
    return case


rehearsal = perceptron("perceptron-rehearsal", "the same program, a few units", (8, 6, 6, 4), 4)
one_thread = perceptron(
    "perceptron", "784-512-512-10 perceptron, batch 128, Adam: a step, 1 thread", (784, 512, 512, 10), 128
)
own_threads = Case("perceptron-threads", "the same, each library's own number of threads", one_thread.setups)
CASES = [rehearsal, one_thread, own_threads]


def rows(settings: Settings) -> list[Row]:
    """Times with one and with all threads, then memory."""
    found = list(timed(__name__, [one_thread], settings))
    found += timed(__name__, [own_threads], settings, threads=None)
    return found + memory_rows()


def memory_rows() -> list[Row]:
    """One process a library, one measurement: memory, unlike time, hardly varies."""
    above = Row("perceptron-memory", "the same: peak memory of the training", "MiB")
    whole = Row("perceptron-process", "the same: peak memory of the process", "MiB")
    progress(above.title)
    for library in (name for name in LIBRARIES if name in one_thread.setups and installed(name)):
        try:
            with Worker(__name__, library) as worker:
                worker.ask("prepare", case=rehearsal.name)
                before = worker.ask("peak")
                worker.ask("prepare", case=one_thread.name)
                worker.ask("run", count=MEMORY_STEPS)
                after = worker.ask("peak")
        except Failure as failure:
            above.notes[library] = str(failure)
        else:
            above.values[library], whole.values[library] = [after - before], [after]
    return [above, whole]
