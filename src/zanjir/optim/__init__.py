"""Optimizers: each changes parameters, step by step, so that a loss falls.

    optimizer = zanjir.optim.SGD(parameters, lr=0.1)
    for x, y in data:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

Each is one file that reads from top to bottom like the algorithm in its paper.
"""

from __future__ import annotations

from .adam import Adam
from .adamw import AdamW
from .optimizer import Optimizer
from .sgd import SGD

# The modules stay importable (``from zanjir.optim.sgd import sgd``); as attributes they are hidden, as PyTorch's are.
del adam, adamw, optimizer, sgd  # type: ignore[name-defined]  # noqa: F821

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]
