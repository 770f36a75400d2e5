"""What the peers lack and a benchmark needs: an optimizer on plain arrays, a leaf outside of a traced function."""

from __future__ import annotations

import math
from typing import Any

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class NumpyAdam:
    """Adam for one array, in place (Kingma and Ba 2015, algorithm 1), for libraries that bring no optimizer."""

    def __init__(self, like: Any, rate: float) -> None:
        import numpy as np

        self.mean, self.square = np.zeros_like(like), np.zeros_like(like)
        self.rate, self.time = rate, 0

    def change(self, gradient: Any) -> Any:
        """What to subtract from the parameter."""
        self.time += 1
        self.mean *= BETA1
        self.mean += (1 - BETA1) * gradient
        self.square *= BETA2
        self.square += (1 - BETA2) * gradient * gradient
        root = (self.square / (1 - BETA2**self.time)) ** 0.5 + EPSILON
        return self.rate / (1 - BETA1**self.time) * self.mean / root


class ScalarAdam:
    """The same for one Python number."""

    def __init__(self, rate: float) -> None:
        self.mean, self.square, self.rate, self.time = 0.0, 0.0, rate, 0

    def change(self, gradient: float) -> float:
        """What to subtract from the parameter."""
        self.time += 1
        self.mean = BETA1 * self.mean + (1 - BETA1) * gradient
        self.square = BETA2 * self.square + (1 - BETA2) * gradient * gradient
        root = math.sqrt(self.square / (1 - BETA2**self.time)) + EPSILON
        return self.rate / (1 - BETA1**self.time) * self.mean / root


def hips_leaf(autograd: Any, array: Any) -> Any:
    """`array` in the box that HIPS autograd's tracer would put it in: a leaf made once, as other libraries' are."""
    return autograd.tracer.new_box(array, 0, autograd.core.VJPNode.new_root())
