"""Running an update rule on parameters.

A rule is written once, in the words of :class:`Tensor`'s own methods, on whatever ``xp`` stands for:

    def descend(xp, coefficients, param, grad):
        (rate,) = coefficients
        xp.add_(param, grad, alpha=rate)                 # θ ← θ + rate · g

With ``xp = Tensor`` it runs on tensors: any dtype, any memory, recorded if the step is to be differentiated. With
``xp = Arrays`` it runs straight on the arrays inside them, in place, with the same arithmetic and a tenth of the
overhead; large ones in pieces that stay in the cache, so that what is computed in between never goes out to memory.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import dtypes
from ..ops.inplace import bump, overlaps
from ..state import state
from ..tensor import Tensor

Array = np.ndarray[Any, Any]

_NATIVE = frozenset((np.dtype("float32"), np.dtype("float64")))
_SINGLE = np.dtype("float32")
_LARGEST = float(np.finfo(_SINGLE).max)
#: Elements of a piece: the five or six arrays of this many that are in use at once fit in a core's cache.
_PIECE = 32768


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

    @staticmethod
    def detach(x: Array) -> Array:
        return x

    neg = np.negative
    sqrt = np.sqrt
    maximum = np.maximum


class Grouped(Tensor):
    """The methods of ``Tensor`` as PyTorch's grouped steps see half precision: a factor is rounded to it first."""

    @staticmethod
    def mul_(x: Tensor, y: Any) -> Tensor:  # type: ignore[override]
        product: Tensor = Tensor.mul_(x, float(np.array(y, x._array.dtype)))
        return product


def ready(numbers: tuple[Any, ...], dtype: np.dtype[Any]) -> tuple[Any, ...] | None:
    """The coefficients of a rule as :class:`Arrays` wants them; ``None`` if one of them is too large for ``dtype``."""
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


_remembered = functools.lru_cache(maxsize=256)(ready)


def update(
    rule: Callable[..., None],
    fixed: tuple[Any, ...],
    moving: tuple[Any, ...],
    param: Tensor,
    grad: Tensor,
    *states: Tensor,
    foreach: bool | None = None,
    fused: bool | None = None,
) -> None:
    """Calls ``rule(xp, coefficients, param, grad, *states)``, on arrays if it can; ``param`` and ``states`` change.

    Args:
        rule: an elementwise rule.
        fixed, moving: its coefficients: those that stay from step to step, then those that change. Numbers and flags;
            tensors only where the step is recorded.
        foreach: round as PyTorch's grouped steps do.
        fused: compute in float32 where the dtype is narrower, and round once at the end.
    """
    now = state.now
    array = param._array
    dtype = array.dtype
    narrow = fused and dtype in dtypes.REDUCED
    if (dtype in _NATIVE or narrow) and not now.grad:
        arrays = [array, grad._array]
        for t in states:
            arrays.append(t._array)  # noqa: PERF401 (a comprehension costs more than these few rounds)
        pieces: Iterable[list[Array]] | None = (arrays,)
        for a in arrays:
            if a.dtype is not dtype or not a.flags.c_contiguous or not a.ndim or a.size > _PIECE:
                pieces = _pieces(arrays)
                break
        constants = _remembered(fixed, _SINGLE if narrow else dtype)
        others = ready(moving, _SINGLE if narrow else dtype) if moving else moving
        if pieces is not None and constants is not None and others is not None:
            if narrow:
                rule = functools.partial(_in_single, rule)
            try:
                for piece in pieces:
                    now.run(rule, Arrays, constants + others, *piece)
            except ValueError:  # shapes that do not fit, read-only memory: tensors know how to say so
                pass
            else:
                bump(param)
                for t in states:
                    bump(t)
                return
    rule(Grouped if foreach and dtype in dtypes.REDUCED else Tensor, fixed + moving, param, grad, *states)


def _pieces(arrays: list[Array]) -> Iterable[list[Array]] | None:
    """The arrays cut alike into pieces for :class:`Arrays`; ``None`` if it cannot work on them."""
    first = arrays[0]
    dtype, shape = first.dtype, first.shape
    flat = True
    for a in arrays:
        if a.dtype is not dtype or a.shape != shape:
            return None
        if not a.flags.c_contiguous:
            flat = False
            if a is not arrays[1] and overlaps(a):  # what is written; gradients are only read
                return None
    if not shape:
        return ([a.reshape(1) for a in arrays],)
    size = first.size
    if size <= _PIECE:
        return (arrays,)
    if flat:
        arrays = [a.reshape(-1) for a in arrays]
    length = arrays[0].shape[0]
    rows = max(1, _PIECE * length // size)
    return ([a[i : i + rows] for a in arrays] for i in range(0, length, rows))


def _in_single(rule: Callable[..., None], xp: Any, coefficients: Any, *arrays: Array) -> None:
    """Runs a rule on float32 copies, and rounds what it did into the arrays."""
    copies = [a.astype(_SINGLE) for a in arrays]
    rule(xp, coefficients, *copies)
    for a, copy in zip(arrays, copies, strict=True):
        a[...] = copy


def number(x: Any) -> Any:
    """A number for a tensor of one element; the tensor itself where its gradient is being recorded."""
    return x.item() if isinstance(x, Tensor) and not (x.requires_grad and state.grad) else x


def count(step: Tensor) -> float:
    """Counts one more step, and returns how many that makes: ``step += 1``, with little overhead."""
    array = step._array
    array.fill(array.item() + 1)
    bump(step)
    return float(array.item())


def unscaled(grads: list[Tensor], fused: bool | None, grad_scale: Tensor | None, found_inf: Tensor | None) -> bool:
    """What a gradient scaler asks of a fused step: divides the gradients by the scale. ``False``: skip this step."""
    if grad_scale is None and found_inf is None:
        return True
    if not fused:
        raise AssertionError("Expected grad_scale and found_inf to be None")
    if found_inf is not None and found_inf.item():
        return False
    if grad_scale is not None:
        for grad in grads:
            grad.div_(grad_scale)
    return True
