"""Numbers from Python: nested sequences of them become arrays, as ``torch.tensor`` reads them."""

from __future__ import annotations

import math
import operator
from itertools import chain
from typing import Any

import numpy as np

from . import dtypes
from .dtypes import BOOL, COMPLEX, FLOATING, INTEGER
from .layout import empty_as
from .ops.convert import cast, warn_once
from .ops.fill import overflows, plain_number
from .signature import type_name
from .state import state
from .tensor import Tensor

ndarray = np.ndarray
_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)

_LISTS = frozenset((list, tuple))
_SIMPLE = frozenset((bool, int, float, complex))


def from_data(data: Any, want: dtypes.dtype | None) -> Any:
    """A new array of ``data``: a number, nested sequences of numbers, an array; of dtype ``want``, or a fitting one.

    Raises:
        ValueError: if sequences have unlike lengths.
        TypeError, RuntimeError: if something in there is no number, or does not fit the dtype.
    """
    kind = data.__class__
    if kind is list or kind is tuple:
        flat: Any = data
        shape = [len(data)]
        kinds = set(map(type, flat))
        while kinds and kinds <= _LISTS:
            n = len(flat[0])
            if not n:
                return _nested(data, want)
            for item in flat:
                if len(item) != n:
                    return _nested(data, want)
            shape.append(n)
            flat = list(chain.from_iterable(flat))
            kinds = set(map(type, flat))
        if kinds <= _SIMPLE:
            array = _from_numbers(flat, kinds, want)
            return array if len(shape) == 1 else array.reshape(shape)
        return _nested(data, want)
    if kind in _SIMPLE:
        return _from_numbers([data], {kind}, want).reshape(())
    if isinstance(data, Tensor):
        return _from_array(data._array, want)
    if isinstance(data, ndarray):
        return _from_array(readable(data), want)
    return _nested(data, want)


def _from_array(array: Any, want: dtypes.dtype | None) -> Any:
    if want is None or want.numpy is array.dtype:
        out = empty_as(array, array.dtype)
        out[...] = array
        return out
    return state.run(cast, array, want.numpy)


def _from_numbers(flat: list[Any], kinds: set[type], want: dtypes.dtype | None) -> Any:
    """An array of Python's own numbers, whose types are ``kinds``."""
    if want is None:
        want = _infer_simple(kinds)
    category = want.category
    if category == FLOATING:
        if complex in kinds:
            raise TypeError("must be real number, not complex")
        to = want.numpy
        if to is _F32 or to is _F64:
            return state.run(np.array, flat, to)
        return state.run(np.array, flat, _F32).astype(to)
    if category == INTEGER and kinds <= _WHOLE and want is not dtypes.uint64:
        try:
            array = np.array(flat, np.int64)
        except OverflowError:
            raise ValueError("Overflow when unpacking long long") from None
        if want is dtypes.int64:
            return array
        if array.size:
            for bound in (array.min().item(), array.max().item()):
                if overflows(bound, want):
                    raise _too_large(want)
        return array.astype(want.numpy)
    if category == BOOL and kinds <= _SIMPLE:
        return np.array([bool(value) for value in flat], np.bool_)
    return np.array([stored(value, want) for value in flat], want.numpy)


_WHOLE = frozenset((bool, int))


def _infer_simple(kinds: set[type]) -> dtypes.dtype:
    if complex in kinds:
        return dtypes.get_default_dtype().to_complex()
    if float in kinds or not kinds:
        return dtypes.get_default_dtype()
    return dtypes.int64 if int in kinds else dtypes.bool_


def _too_large(d: dtypes.dtype) -> RuntimeError:
    return RuntimeError(f"value cannot be converted to type {d.name} without overflow")


def stored(value: Any, d: dtypes.dtype) -> Any:
    """An element as a number that NumPy takes for dtype ``d``; whatever Python says of what is no such number."""
    if isinstance(value, Tensor):
        if value._array.size != 1:
            if d.category >= FLOATING:
                raise ValueError("only one element tensors can be converted to Python scalars")
            raise TypeError("only integer tensors of a single element can be converted to an index")
        if value.requires_grad:
            warn_once(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
                "Consider using tensor.detach() first.",
                5,
            )
        if d.category < FLOATING and value.dtype.category >= FLOATING:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        value = value.item()
    if d.category == COMPLEX:
        return complex(value) if hasattr(value, "__complex__") else complex(_real(value))
    if d.category == FLOATING:
        return _real(value)
    if d.category == BOOL:
        if isinstance(value, np.bool_):
            return bool(value)
        return bool(value) if isinstance(value, (float, complex)) else bool(_whole(value))
    if d is dtypes.uint64:
        if not isinstance(value, int):
            raise TypeError("an integer is required")
        value = int(value)
        if value < 0:
            raise OverflowError("can't convert negative int to unsigned")
        if value >= 2**64:
            raise OverflowError("int too big to convert")
        return value
    if not isinstance(value, float):
        value = _whole(value)
        if not -(2**63) <= value < 2**63:
            raise ValueError("Overflow when unpacking long long")
    if overflows(value, d):
        raise _too_large(d)
    return plain_number(value, d)


def _real(value: Any) -> float:
    return math.fsum((value,)) if isinstance(value, (int, float)) else math.fabs(value) * math.copysign(1.0, value)


def _whole(value: Any) -> int:
    return int.__index__(value) if isinstance(value, int) else operator.index(value)


def _nested(data: Any, want: dtypes.dtype | None) -> Any:
    """As :func:`from_data` for what is not plainly lists of numbers: slower, and says what is wrong."""
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type_name(data)}'")
    if isinstance(data, (list, tuple)) and len(data) and isinstance(data[0], ndarray):
        warn_once(
            "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list "
            "to a single numpy.ndarray with numpy.array() before converting to a tensor.",
            5,
        )
    sizes = _measure(data)
    if want is None:
        want = _infer(data)
    flat: list[Any] = []
    if 0 not in sizes:
        _gather(data, sizes, 0, want, flat)
    to = want.numpy
    array = state.run(np.array, flat, _F32).astype(to) if to in dtypes.REDUCED else state.run(np.array, flat, to)
    return array.reshape(sizes)


def is_sequence(value: Any) -> bool:
    """Whether Python sees a sequence: something with items by number. A tensor among numbers counts as one of them."""
    if isinstance(value, (list, tuple)):
        return True
    return hasattr(value, "__getitem__") and not isinstance(value, (dict, np.generic, type, Tensor))


def _measure(data: Any) -> list[int]:
    """The shape, as the first item of everything shows it."""
    sizes: list[int] = []
    while is_sequence(data):
        length = len(data)
        sizes.append(length)
        if len(sizes) > 128 or isinstance(data, (str, bytes)):
            raise ValueError(f"too many dimensions '{type_name(data)}'")
        if not length:
            break
        data = data[0]
    return sizes


def _infer(data: Any) -> dtypes.dtype:
    """The dtype that holds everything in ``data``."""
    kind = data.__class__
    if kind in _SIMPLE:
        return dtypes.of_scalar(data)
    if isinstance(data, Tensor):
        return data.dtype
    if isinstance(data, (ndarray, np.generic)):
        return dtypes.of(data.dtype)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type_name(data)}'")
    if isinstance(data, (bool, int, float, complex)):
        return dtypes.of_scalar(data)
    if not is_sequence(data):
        raise RuntimeError(f"Could not infer dtype of {type_name(data)}")
    result = None
    for item in data:
        d = _infer(item)
        result = d if result is None else dtypes.promote_types(result, d)
    return dtypes.get_default_dtype() if result is None else result


def _gather(data: Any, sizes: list[int], dim: int, d: dtypes.dtype, flat: list[Any]) -> None:
    """Adds the elements of ``data``, whose shape from ``dim`` on ought to be ``sizes[dim:]``, to ``flat``."""
    if dim == len(sizes):
        flat.append(stored(data, d))
        return
    if not hasattr(data, "__iter__") or isinstance(data, Tensor):
        raise TypeError("not a sequence")
    if len(data) != sizes[dim]:
        raise ValueError(f"expected sequence of length {sizes[dim]} at dim {dim} (got {len(data)})")
    for item in data:
        _gather(item, sizes, dim + 1, d, flat)


# ------------------------------------------------------------------------------------------------------ NumPy's arrays


class Memory:
    """Holds on to ``owner``, whose memory NumPy may look into by the interface."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(self, owner: Any, interface: dict[str, Any]) -> None:
        self.owner, self.__array_interface__ = owner, interface


def readable(array: Any) -> Any:
    """``array``, if a tensor can look into it; of a dtype object that can be compared by identity.

    Raises:
        TypeError: for dtypes that PyTorch does not have.
        ValueError: for foreign byte order, negative strides, or gaps that are no multiple of an element.
    """
    d = dtypes.of(array.dtype)
    for step in array.strides:
        if step < 0:
            raise ValueError(
                "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
                "currently supported. (You can probably work around this by making a copy of your array  with "
                "array.copy().) "
            )
        if step % array.itemsize:
            raise ValueError(
                "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate "
                "the memory."
            )
    return array if array.dtype is d.numpy else array.view(d.numpy)
