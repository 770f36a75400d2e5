"""Running an update rule on parameters.

A rule is written once, in the words of :class:`Tensor`'s own methods, on whatever ``xp`` stands for:

    xp.add_(param, grad, alpha=rate)                     # θ ← θ + rate · g

With ``xp = Tensor`` it runs on tensors: any dtype, any memory, recorded if the step is to be differentiated. With
``xp = Arrays`` it runs straight on the arrays inside them, in place, with the same arithmetic and a tenth of the overhead;
large ones in pieces that stay in the cache, so that what is computed in between never goes out to memory.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..ops.inplace import bump
from ..state import state
from ..tensor import Tensor

Array = np.ndarray[Any, Any]

_NATIVE = frozenset(np.dtype(d) for d in ("float32", "float64", "complex64", "complex128"))
#: Elements of a piece: some ten arrays of this many are in use at once, and fit in a core's cache.
_PIECE = 16384


class Arrays:
    """The methods of ``Tensor`` that rules use, on arrays of one shape, with at least one dimension.

    Coefficients are 0-dim arrays of the same dtype (NumPy takes twice as long over Python's numbers), or 0 or 1.
    """

    @staticmethod
    def add(x: Array, y: Array, *, alpha: Any) -> Any:
        return np.add(x, np.multiply(y, alpha))

    @staticmethod
    def add_(x: Array, y: Any, *, alpha: Any = 1) -> Any:
        return np.add(x, y if alpha.__class__ is int and alpha == 1 else np.multiply(y, alpha), x)

    @staticmethod
    def mul_(x: Array, y: Any) -> Any:
        return np.multiply(x, y, x)

    @staticmethod
    def div_(x: Array, y: Any) -> Any:
        return np.divide(x, y, x)

    @staticmethod
    def lerp_(x: Array, end: Array, weight: Any) -> Any:
        way = np.subtract(end, x)
        if abs(float(weight)) < 0.5:
            return np.add(x, np.multiply(way, weight, way), x)
        return np.subtract(end, np.multiply(way, np.subtract(1, weight), way), x)

    @staticmethod
    def addcmul_(x: Array, a: Array, b: Array, *, value: Any) -> Any:
        product = np.multiply(a, value)
        return np.add(x, np.multiply(product, b, product), x)

    @staticmethod
    def addcdiv_(x: Array, a: Array, b: Array, *, value: Any) -> Any:
        quotient = np.multiply(a, value)
        return np.add(x, np.divide(quotient, b, quotient), x)

    @staticmethod
    def copy_(x: Array, y: Array) -> Any:
        np.copyto(x, y)
        return x

    neg = np.negative
    sqrt = np.sqrt
    maximum = np.maximum


def ready(numbers: tuple[Any, ...], dtype: np.dtype[Any]) -> tuple[Any, ...] | None:
    """The coefficients of a rule as :class:`Arrays` wants them, or ``None`` if one of them is too large for ``dtype``."""
    out = []
    for n in numbers:
        if n is None or n.__class__ is bool or n == 0:
            out.append(n)
        elif n == 1:
            out.append(1)
        else:
            if dtype.itemsize < 8 and not math.isinf(n) and abs(n) > _LARGEST:
                return None
            out.append(np.array(n, dtype))
    return tuple(out)


_LARGEST = float(np.finfo(np.float32).max)
_remembered = functools.lru_cache(maxsize=256)(ready)


def update(
    rule: Callable[..., None],
    fixed: tuple[Any, ...],
    moving: tuple[Any, ...],
    param: Tensor,
    grad: Tensor,
    *states: Tensor,
    fused: bool = False,
) -> None:
    """Calls ``rule(xp, *fixed, *moving, param, grad, *states)``, on arrays if it can; ``param`` and ``states`` change.

    Args:
        rule: an elementwise rule.
        fixed, moving: its coefficients: those that stay from step to step, and those that change. Numbers, flags, or
            tensors where the step is recorded.
        fused: compute in float32 where the dtype is narrower, and round once at the end.
    """
    now = state.now
    array = param._array
    dtype = array.dtype
    narrow = fused and dtype in dtypes.REDUCED
    if not now.grad and (dtype in _NATIVE or narrow):
        shape = array.shape
        arrays = [array, grad._array, *[t._array for t in states]]
        flat = True
        for a in arrays:
            if a.dtype is not dtype or a.shape != shape:
                break
            if not a.flags.c_contiguous:
                flat = False
        else:
            if flat and dtype.kind != "f" or not shape:
                arrays = [_flattened(a) for a in arrays]
            
            constants = _remembered(fixed, real), ready(moving, real)
    rule(Tensor, *fixed, *moving, param, grad, *states)
