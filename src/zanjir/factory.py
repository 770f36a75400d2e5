"""What functions that make tensors have in common: reading their arguments, and handing out the tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import dtypes
from .device import check, cpu
from .device import device as Device
from .dtypes import dtype
from .layout import layout, strided
from .ops.fill import as_number
from .ops.inplace import bump
from .signature import argument, checked_dtype, type_name
from .state import state
from .tensor import Tensor, wrap

__all__ = ["get_default_device", "set_default_device"]

#: What counts as a number.
NUMBERS = (bool, int, float, complex, np.number, np.bool_)
ABSENT: Any = object()  # an argument that was not given, where None is one

_device: Device | None = None  # set_default_device


def options(
    name: str, dtype: Any, layout: Any, device: Any, pin_memory: Any, requires_grad: Any, default: dtypes.dtype | None
) -> dtypes.dtype | None:
    """Checks the keywords every factory takes; the dtype asked for, or ``default``."""
    if layout is not strided and layout is not None:
        if not isinstance(layout, _LAYOUT):
            raise argument(name, "layout", None, "torch.layout", layout)
        raise NotImplementedError(f"{name}(): zanjir has no {layout} tensors")
    if device is not None or _device is not None:
        check_device(name, device)
    if pin_memory:
        raise RuntimeError(
            "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on "
            "this system."
        )
    if requires_grad is not False and requires_grad is not True:
        raise argument(name, "requires_grad", None, "bool", requires_grad)
    return default if dtype is None else dtype if dtype.__class__ is _DTYPE else checked_dtype(name, dtype)


_DTYPE, _LAYOUT = dtype, layout  # parameters have these names too


def check_device(name: str, device: Any) -> None:
    """Raises what PyTorch raises for a ``device=`` argument that is not, or names no device it has."""
    if device is None:
        device = _device
    if isinstance(device, int) and not isinstance(device, bool):
        raise RuntimeError("Cannot access accelerator device when none is available.")
    if device is not None and not isinstance(device, (str, Device)):
        raise argument(name, "device", None, "torch.device", device)
    check(device)


def made(array: Any, requires_grad: bool = False) -> Tensor:
    """The leaf on ``array``.

    Raises:
        RuntimeError: if it is to require grad and cannot.
    """
    t = wrap(array)
    if requires_grad:
        if array.dtype.kind not in "fcV":
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        t._rg = True
    return t


def given(name: str, out: Any, dtype: Any) -> dtypes.dtype | None:
    """The dtype of the ``out=`` tensor, checked; ``None`` where there is none.

    Raises:
        RuntimeError: if another dtype was asked for, or ``out`` requires grad.
    """
    if out is None:
        return None
    if not isinstance(out, Tensor):
        raise argument(name, "out", None, "Tensor", out)
    if dtype is not None and checked_dtype(name, dtype) is not out.dtype:
        asked = checked_dtype(name, dtype).legacy
        raise RuntimeError(f"dtype {asked} does not match dtype of out parameter ({out.dtype.legacy})")
    if out.requires_grad and state.grad:
        raise RuntimeError(
            f"aten::{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    return out.dtype


def finish(name: str, array: Any, out: Tensor | None, requires_grad: bool) -> Tensor:
    """The tensor a factory returns: a new one, or ``out`` with the values, resized to their shape."""
    if out is None:
        return made(array, requires_grad)
    if out._array.shape != array.shape:
        out._array = array
    else:
        out._array[...] = array
    bump(out)
    return out


def size_of(name: str, args: tuple[Any, ...], position: int = 1) -> tuple[int, ...]:
    """The size given as numbers or as one sequence, ``f(2, 3)`` or ``f((2, 3))``; it may still be negative.

    Raises:
        TypeError: if it is something else.
    """
    if len(args) == 1:
        first = args[0]
        if first.__class__ is int:
            return args
        if first.__class__ is tuple or isinstance(first, (tuple, list)):
            for n in first:
                if n.__class__ is not int:
                    return _integers(name, first, position)
            return first if first.__class__ is tuple else tuple(first)
        n = integer(first)
        if n is None or isinstance(first, bool):
            raise argument(name, "size", position, "tuple of ints", first)
        return (n,)
    for n in args:
        if n.__class__ is not int:
            if integer(args[0]) is None:
                raise TypeError(f"{name}() takes 1 positional argument but {len(args)} were given")
            return _integers(name, args, position)
    return args


def sequence_of_sizes(name: str, value: Any, position: int = 1, parameter: str = "size") -> tuple[int, ...]:
    """Likewise where a sequence is required."""
    if not isinstance(value, (tuple, list)):
        raise argument(name, parameter, position, "tuple of ints", value)
    return size_of(name, (value,), position)


def integer(n: Any) -> int | None:
    if isinstance(n, (int, np.integer)):
        return int(n)
    if isinstance(n, Tensor) and not n._array.ndim and n._array.dtype.kind in "iu":
        return int(n._array)
    return None


def _integers(name: str, values: Sequence[Any], position: int) -> tuple[int, ...]:
    found = []
    for at, value in enumerate(values):
        n = integer(value)
        if n is None or (at == 0 and isinstance(value, bool)):
            if at == 0:
                raise TypeError(
                    f"{name}(): argument 'size' (position {position}) must be tuple of ints, but found element of type "
                    f"{type_name(value)} at pos 0"
                )
            raise TypeError(
                f"{name}(): argument 'size' failed to unpack the object at pos {at + 1} with error "
                f'"type must be tuple of ints,but got {type_name(value)}"'
            )
        found.append(n)
    return tuple(found)


def no_negative(shape: tuple[int, ...]) -> tuple[int, ...]:
    """``shape``, if a tensor can have it."""
    for n in shape:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(shape)}")
    return shape


def number(name: str, parameter: str, position: int, value: Any) -> Any:
    """A Number argument: a number, or a 0-dim tensor."""
    if isinstance(value, Tensor) and not value._array.ndim:
        return value.item()
    if isinstance(value, NUMBERS):
        return as_number(value)
    raise argument(name, parameter, position, "Number", value)


def set_default_device(device: Any) -> None:
    """Sets the device of new tensors. Only ``"cpu"`` can be had: with another, what makes tensors raises."""
    global _device
    _device = None if device is None else Device(device)
    if _device == cpu:
        _device = None


def get_default_device() -> Device:
    """The device of new tensors."""
    return cpu if _device is None else _device
