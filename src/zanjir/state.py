"""What each thread keeps for itself: whether operators are recorded, and a context in which NumPy does not warn."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

import numpy as np


class Modes:
    """The modes of one thread.

    Attributes:
        grad: whether operators are recorded.
        inference: whether the thread is in inference mode.
        run: ``run(f, *args)`` calls ``f`` with NumPy's floating-point warnings off: 1/0 is ``inf`` in PyTorch, without
            a word. A context made once and entered with ``Context.run`` costs some 30 ns where ``numpy.errstate`` costs
            over 1 µs, and it leaves the user's own error settings alone. What runs inside must be plain NumPy: a
            context cannot be entered twice.
    """

    __slots__ = ("grad", "inference", "run")
    run: Callable[..., Any]

    def __init__(self) -> None:
        self.grad = True
        self.inference = False
        context = contextvars.copy_context()
        context.run(np.seterr, all="ignore")
        self.run = context.run


class State(threading.local):
    """Where each thread finds its own modes: ``state.now``. The properties are the same, a little slower."""

    now: Modes

    def __init__(self) -> None:
        self.now = Modes()

    @property
    def grad(self) -> bool:
        return self.now.grad

    @grad.setter
    def grad(self, value: bool) -> None:
        self.now.grad = value

    @property
    def inference(self) -> bool:
        return self.now.inference

    @inference.setter
    def inference(self, value: bool) -> None:
        self.now.inference = value

    @property
    def run(self) -> Callable[..., Any]:
        return self.now.run


state = State()
