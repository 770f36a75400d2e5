"""Making tensors: from Python's numbers, from others' memory, and by rule (``zeros``, ``arange``, ``linspace``, ...)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from . import device as devices
from . import dtypes
from .dtypes import BOOL, COMPLEX, FLOATING, INTEGER, dtype
from .generator import _high_half, fma32, fma64
from .layout import contiguous_format, empty_as, layout, preserve_format, strided, strided_array
from .ops.convert import (
    CPP_NAMES,
    TypedStorage,
    UntypedStorage,
    _clone,
    as_number,
    cast,
    overflows,
    plain_number,
    scalar_array,
    share,
    to_dtype,
    warn_once,
)
from .ops.inplace import bump
from .signature import OPTIONS, argument, checked_dtype, combination, missing, type_name, unexpected
from .state import state
from .tensor import Tensor, wrap

__all__ = [
    "arange", "as_tensor", "asarray", "empty", "empty_like", "empty_strided", "eye", "frombuffer", "from_dlpack",
    "from_numpy", "full", "full_like", "get_default_device", "is_complex", "is_floating_point", "is_nonzero", "is_storage",
    "is_tensor", "linspace", "logspace", "numel", "ones", "ones_like", "range", "result_type", "scalar_tensor",
    "set_default_device", "tensor", "typename", "zeros", "zeros_like",
]  # fmt: skip

from .ops.convert import is_storage

ndarray = np.ndarray
_range = range  # the builtin: torch has a function of this name
_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_ABSENT: Any = object()  # an argument that was not given, where None is one
_NUMERIC = (bool, int, float, complex, np.number, np.bool_)

# ---------------------------------------------------------------------------------------- arguments factories share

_device: devices.device | None = None  # set_default_device


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
    if device is not None and not isinstance(device, (str, devices.device)):
        raise argument(name, "device", None, "torch.device", device)
    devices.check(device)


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
        n = _integer(first)
        if n is None or isinstance(first, bool):
            raise argument(name, "size", position, "tuple of ints", first)
        return (n,)
    for n in args:
        if n.__class__ is not int:
            if _integer(args[0]) is None:
                raise TypeError(f"{name}() takes 1 positional argument but {len(args)} were given")
            return _integers(name, args, position)
    return args


def sequence_of_sizes(name: str, value: Any, position: int = 1, parameter: str = "size") -> tuple[int, ...]:
    """Likewise where a sequence is required."""
    if not isinstance(value, (tuple, list)):
        raise argument(name, parameter, position, "tuple of ints", value)
    return size_of(name, (value,), position)


def _integer(n: Any) -> int | None:
    if isinstance(n, (int, np.integer)):
        return int(n)
    if isinstance(n, Tensor) and not n._array.ndim and n._array.dtype.kind in "iu":
        return int(n._array)
    return None


def _integers(name: str, values: Sequence[Any], position: int) -> tuple[int, ...]:
    found = []
    for at, value in enumerate(values):
        n = _integer(value)
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


def _number(name: str, parameter: str, position: int, value: Any) -> Any:
    """A Number argument: a number, or a 0-dim tensor."""
    if isinstance(value, Tensor) and not value._array.ndim:
        return value.item()
    if isinstance(value, _NUMERIC):
        return as_number(value)
    raise argument(name, parameter, position, "Number", value)


# ------------------------------------------------------------------------------------------------ numbers from Python

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
    return int.__index__(value) if isinstance(value, int) else _index(value)


def _index(value: Any) -> int:
    import operator

    return operator.index(value)


def _nested(data: Any, want: dtypes.dtype | None) -> Any:
    """As :func:`from_data` for what is not plainly lists of numbers: slower, and says what is wrong."""
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type_name(data)}'")
    if isinstance(data, (list, tuple)) and len(data) and isinstance(data[0], ndarray):
        warn_once(
            "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to a "
            "single numpy.ndarray with numpy.array() before converting to a tensor.",
            5,
        )
    sizes = _measure(data)
    if want is None:
        want = _infer(data)
    flat: list[Any] = []
    if 0 not in sizes:
        _gather(data, sizes, 0, flat)
    values = [stored(value, want) for value in flat]
    to = want.numpy
    array = state.run(np.array, values, _F32).astype(to) if to in dtypes.REDUCED else state.run(np.array, values, to)
    return array.reshape(sizes)


def _sequence(value: Any) -> bool:
    """Whether Python sees a sequence: something with items by number. A tensor among numbers counts as one of them."""
    if isinstance(value, (list, tuple)):
        return True
    return hasattr(value, "__getitem__") and not isinstance(value, (dict, np.generic, type, Tensor))


def _measure(data: Any) -> list[int]:
    """The shape, as the first item of everything shows it."""
    sizes: list[int] = []
    while _sequence(data):
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
    if not _sequence(data):
        raise RuntimeError(f"Could not infer dtype of {type_name(data)}")
    result = None
    for item in data:
        d = _infer(item)
        result = d if result is None else dtypes.promote_types(result, d)
    return dtypes.get_default_dtype() if result is None else result


def _gather(data: Any, sizes: list[int], dim: int, flat: list[Any]) -> None:
    """Adds the elements of ``data``, whose shape from ``dim`` on ought to be ``sizes[dim:]``, to ``flat``."""
    if dim == len(sizes):
        flat.append(data)
        return
    if not hasattr(data, "__iter__") or isinstance(data, Tensor):
        raise TypeError("not a sequence")
    if len(data) != sizes[dim]:
        raise ValueError(f"expected sequence of length {sizes[dim]} at dim {dim} (got {len(data)})")
    for item in data:
        _gather(item, sizes, dim + 1, flat)


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new tensor of ``data``, which is copied.

    Args:
        data: a number, nested lists or tuples of numbers, an array, a tensor.
        dtype: of the elements; by default what fits ``data``, floats being of the default dtype.
        device: ``"cpu"``.
        requires_grad: whether gradients are to be computed.

    Raises:
        ValueError: if nested lists have unlike lengths.
        RuntimeError: if a number does not fit ``dtype``, or the dtype cannot require grad.

    >>> import zanjir
    >>> zanjir.tensor([[1, 2], [3, 4.5]])
    tensor([[1.0000, 2.0000],
            [3.0000, 4.5000]])
    """
    if dtype is not None or device is not None or pin_memory or requires_grad is not False or _device is not None:
        dtype = options("tensor", dtype, None, device, pin_memory, requires_grad, None)
    if isinstance(data, Tensor):
        _warn_copy("torch.tensor(sourceTensor)")
    array = from_data(data, dtype)
    return made(array, True) if requires_grad else wrap(array)


def _warn_copy(instead: str) -> None:
    warnings.warn(
        "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
        f"sourceTensor.detach().clone().requires_grad_(True), rather than {instead}.",
        stacklevel=3,
    )


def scalar_tensor(
    s: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A 0-dim tensor of the number ``s``, of the default dtype unless another is given.

    >>> import zanjir
    >>> zanjir.scalar_tensor(3)
    tensor(3.)
    """
    d = options("scalar_tensor", dtype, layout, device, pin_memory, requires_grad, dtypes.get_default_dtype())
    assert d is not None
    return made(scalar_array("scalar_tensor", _number("scalar_tensor", "s", 1, s), d, True), requires_grad)


# -------------------------------------------------------------------------------------------------- memory of others


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


def from_numpy(ndarray: Any, /) -> Tensor:
    """A tensor that looks into the memory of a NumPy array.

    Raises:
        TypeError: if it is no array, or of a dtype PyTorch does not have.
        ValueError: if its strides are negative.

    >>> import numpy, zanjir
    >>> a = numpy.zeros(2)
    >>> t = zanjir.from_numpy(a)
    >>> t[0] = 1
    >>> a
    array([1., 0.])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type_name(ndarray)})")
    array = readable(ndarray)
    if not array.flags.writeable:
        warn_once(
            "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing "
            "to this tensor will result in undefined behavior. You may want to copy the array to protect its data or make "
            "it writable before converting it to a tensor. This type of warning will be suppressed for the rest of this "
            "program."
        )
        return wrap(array.view())
    if array.base is None:
        return wrap(array.view())
    # A slice: the tensor's memory begins with it, whatever larger array it was cut from.
    if array.dtype.kind == "V":
        return wrap(np.asarray(Memory(array, array.view(np.uint16).__array_interface__)).view(array.dtype))
    return wrap(np.asarray(Memory(array, array.__array_interface__)))


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """``data`` as a tensor: without a copy where that can be, and with its gradient if it is a tensor already.

    >>> import zanjir
    >>> x = zanjir.ones(2)
    >>> zanjir.as_tensor(x) is x
    True
    """
    if dtype is not None or device is not None or _device is not None:
        dtype = options("as_tensor", dtype, None, device, False, False, None)
    if isinstance(data, Tensor):
        return data if dtype is None else to_dtype(data, dtype)
    if isinstance(data, ndarray):
        t = from_numpy(data)
        return t if dtype is None else to_dtype(t, dtype)
    if hasattr(data, "__dlpack__") and not isinstance(data, np.generic):
        t = from_dlpack(data)
        return t if dtype is None else to_dtype(t, dtype)
    return wrap(from_data(data, dtype))


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool | None = None
) -> Tensor:
    """``obj`` (a tensor, an array, a buffer, a sequence, a number) as a tensor.

    Args:
        copy: ``True``: always copied; ``False``: never, it is an error if that cannot be; ``None``: only where needed.
        requires_grad: of the result; by default that of ``obj``.

    Raises:
        ValueError: if ``copy`` is ``False`` and a copy would be needed.

    >>> import zanjir
    >>> zanjir.asarray([1, 2])
    tensor([1, 2])
    """
    d = options("asarray", dtype, None, device, False, bool(requires_grad), None)
    t: Tensor | None = None
    if isinstance(obj, Tensor):
        t = obj
    elif isinstance(obj, ndarray):
        t = from_numpy(obj)
    elif isinstance(obj, np.generic):
        if copy is False:
            raise RuntimeError(
                "can't alias NumPy scalars. Either remove copy=False or transform it in a ndarray. "
            )
        t = wrap(np.array(readable(np.asarray(obj))))
    elif hasattr(obj, "__dlpack__"):
        t = from_dlpack(obj)
    elif not isinstance(obj, (str, list, tuple)):
        try:
            buffer = memoryview(obj)
        except TypeError:
            pass
        else:
            d = d or dtypes.get_default_dtype()
            t = frombuffer(buffer, dtype=d)
    if t is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        return made(from_data(obj, d), bool(requires_grad))
    result = t
    if d is not None and d is not t.dtype:
        if copy is False:
            raise ValueError(f"can't alias tensor with dtype '{t.dtype.legacy}' into dtype '{d.legacy}'.")
        result = to_dtype(t, d)
    elif copy:
        result = _clone(t, None)
    if requires_grad is None:
        if t.requires_grad:
            warn_once(
                "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of False. Pass "
                "requires_grad=False explicitly to get the old behavior and silence this warning."
            )
        return result
    if not requires_grad:
        return wrap(result._array) if result.requires_grad else result
    return result if result.requires_grad else made(result._array, True)


def frombuffer(buffer: Any, *, dtype: Any = None, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A 1-dim tensor that looks into the memory of an object with Python's buffer protocol.

    Args:
        buffer: ``bytearray``, ``array.array``, ...
        dtype: of the elements.
        count: how many; all if negative.
        offset: how many bytes to skip.

    Raises:
        ValueError: if the buffer is too short, or its length no multiple of an element.

    >>> import zanjir
    >>> zanjir.frombuffer(bytearray([1, 0, 2, 0]), dtype=zanjir.int16)
    tensor([1, 2], dtype=torch.int16)
    """
    if dtype is None:
        raise missing("frombuffer", "dtype")
    d = checked_dtype("frombuffer", dtype)
    try:
        view = memoryview(buffer)
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    length, item = view.nbytes, d.itemsize
    if length <= 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) minus 1"
        )
    if count > 0 and offset + count * item > length:
        raise ValueError(
            f"requested buffer length ({count} * {item} bytes) after offset ({offset} bytes) must not be greater than "
            f"actual buffer length ({length} bytes)"
        )
    if count < 0:
        if (length - offset) % item:
            raise ValueError(
                f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a multiple of element "
                f"size ({item})"
            )
        count = (length - offset) // item
    if view.readonly:
        warn_once(
            "The given buffer is not writable, and PyTorch does not support non-writable tensors. This means you can write "
            "to the underlying (supposedly non-writable) buffer using the tensor. You may want to copy the buffer to "
            "protect its data or make it writable before converting it to a tensor. This type of warning will be "
            "suppressed for the rest of this program."
        )
    return made(np.frombuffer(view.cast("B"), d.numpy, count, offset), requires_grad)


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor that looks into the memory of another library's array, by the DLPack protocol.

    >>> import numpy, zanjir
    >>> zanjir.from_dlpack(numpy.arange(3))
    tensor([0, 1, 2])
    """
    if isinstance(ext_tensor, Tensor):
        ext_tensor.__dlpack__()  # which may be refused
        return wrap(ext_tensor._array)
    if not hasattr(ext_tensor, "__dlpack__"):
        raise RuntimeError(
            "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might "
            "have already constructed a tensor from it once."
        )
    array = np.from_dlpack(ext_tensor, copy=copy) if copy is not None else np.from_dlpack(ext_tensor)
    if not array.flags.writeable:
        # Capsules of old say nothing of being read-only, and NumPy takes the safe view; PyTorch writes.
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        array = np.asarray(Memory(array, interface))
    return wrap(readable(array))


# -------------------------------------------------------------------------------------------------- one value all over


def _filled(name: str, value: int) -> Callable[..., Tensor]:
    """``zeros`` or ``ones``."""
    build: Callable[..., Any] = np.ones if value else np.zeros

    def function(
        *args: Any, size: Any = None, out: Tensor | None = None, dtype: Any = None, layout: Any = strided,
        device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
    ) -> Tensor:  # fmt: skip
        if size is not None:
            args = (*args, size)
        if not args:
            raise missing(name, "size")
        shape = size_of(name, args)
        own = given(name, out, dtype)
        d = options(name, dtype, layout, device, pin_memory, requires_grad, own or dtypes._default)
        try:
            array = build(shape, d.numpy)  # type: ignore[union-attr]
        except ValueError:
            if not value:
                raise RuntimeError("zeros: Dimension size must be non-negative.") from None
            no_negative(shape)
            raise
        if out is None and not requires_grad:
            return wrap(array)
        return finish(name, array, out, requires_grad)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""A tensor of {name}.

    Args:
        size: as numbers or as one sequence: ``{name}(2, 3)``, ``{name}((2, 3))``.
        out: a tensor to write into, resized where its shape is another.
        dtype: of the elements; by default the default dtype.
        requires_grad: whether gradients are to be computed.

    >>> import zanjir
    >>> zanjir.{name}(2)
    tensor([{value}., {value}.])
    """
    return function


zeros = _filled("zeros", 0)
ones = _filled("ones", 1)


def empty(
    *args: Any, size: Any = None, out: Tensor | None = None, dtype: Any = None, layout: Any = strided,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """A tensor whose elements are whatever the memory held.

    >>> import zanjir
    >>> zanjir.empty(2, 3).shape
    zanjir.Size([2, 3])
    """
    if size is not None:
        args = (*args, size)
    if not args:
        raise missing("empty", "size")
    shape = no_negative(size_of("empty", args))
    own = given("empty", out, dtype)
    d = options("empty", dtype, layout, device, pin_memory, requires_grad, own or dtypes._default)
    assert d is not None
    if memory_format is preserve_format:
        raise RuntimeError("unsupported memory format Preserve")
    array = np.empty(shape, d.numpy)
    if memory_format is not None and memory_format is not contiguous_format:
        array = empty_as(array, d.numpy, memory_format)
    return finish("empty", array, out, requires_grad)


def full(
    size: Any = _ABSENT, fill_value: Any = _ABSENT, *, out: Tensor | None = None, dtype: Any = None, layout: Any = strided,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor with ``fill_value`` in every place.

    Args:
        size: a sequence.
        fill_value: a number, whose type decides the dtype if none is given.

    >>> import zanjir
    >>> zanjir.full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    if size is _ABSENT or fill_value is _ABSENT:
        raise missing("full", *[n for n, v in (("size", size), ("fill_value", fill_value)) if v is _ABSENT])
    shape = sequence_of_sizes("full", size)
    value = _number("full", "fill_value", 2, fill_value)
    own = given("full", out, dtype)
    d = options("full", dtype, layout, device, pin_memory, requires_grad, own or dtypes.of_scalar(value))
    assert d is not None
    no_negative(shape)
    return finish("full", _fill(np.empty(shape, d.numpy), value, d, "full"), out, requires_grad)


def _fill(array: Any, value: Any, d: dtypes.dtype, name: str) -> Any:
    array[...] = scalar_array(name, value, d, array.size == 1)
    return array


def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, layout: Any = strided, device: Any = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """An uninitialised tensor with these strides, counted in elements.

    >>> import zanjir
    >>> zanjir.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    shape = sequence_of_sizes("empty_strided", size)
    strides = sequence_of_sizes("empty_strided", stride, 2, "stride")
    d = options("empty_strided", dtype, layout, device, pin_memory, requires_grad, dtypes.get_default_dtype())
    assert d is not None
    if len(shape) != len(strides):
        raise RuntimeError(
            f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides ({len(strides)})"
        )
    no_negative(shape)
    if any(s < 0 for s in strides):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(strides)}"
        )
    return made(strided_array(shape, strides, d.numpy), requires_grad)


def _like(name: str, value: int | None) -> Callable[..., Tensor]:
    """``zeros_like``, ``ones_like`` or ``empty_like``."""

    def function(
        input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
        requires_grad: bool = False, memory_format: Any = preserve_format,
    ) -> Tensor:  # fmt: skip
        if not isinstance(input, Tensor):
            raise argument(name, "input", 1, "Tensor", input)
        array = input._array
        if dtype is None and layout is None and device is None and not pin_memory and _device is None:
            to = array.dtype
            if requires_grad is not False:
                options(name, None, None, None, False, requires_grad, None)
        else:
            to = options(name, dtype, layout, device, pin_memory, requires_grad, input.dtype).numpy  # type: ignore[union-attr]
        made_array = empty_as(array, to, memory_format)
        if value is not None:
            made_array.fill(value)
        return made(made_array, requires_grad) if requires_grad else wrap(made_array)

    what = "uninitialised" if value is None else f"of {name.removesuffix('_like')}"
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""A tensor {what}, with the shape, dtype and strides of ``input``.

    Args:
        input: a tensor.
        dtype: another dtype.
        requires_grad: whether gradients are to be computed.
        memory_format: ``preserve_format`` keeps the order of dimensions in memory.
    """
    return function


zeros_like = _like("zeros_like", 0)
ones_like = _like("ones_like", 1)
empty_like = _like("empty_like", None)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: Any = preserve_format,
) -> Tensor:  # fmt: skip
    """A tensor with ``fill_value`` in every place, with the shape, dtype and strides of ``input``.

    >>> import zanjir
    >>> zanjir.full_like(zanjir.zeros(2), 3)
    tensor([3., 3.])
    """
    if not isinstance(input, Tensor):
        raise argument("full_like", "input", 1, "Tensor", input)
    value = _number("full_like", "fill_value", 2, fill_value)
    d = options("full_like", dtype, layout, device, pin_memory, requires_grad, input.dtype)
    assert d is not None
    return made(_fill(empty_as(input._array, d.numpy, memory_format), value, d, "full_like"), requires_grad)


# ---------------------------------------------------------------------------------------------------- rows of numbers


def eye(
    n: Any = None, m: int | None = None, *, out: Tensor | None = None, dtype: Any = None, layout: Any = strided,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The identity matrix of ``n`` rows and ``m`` columns (by default ``n``).

    >>> import zanjir
    >>> zanjir.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    if n is None:
        raise combination("eye", (), {}, f"int n, *, Tensor out = None, {OPTIONS}",
                          f"int n, int m, *, Tensor out = None, {OPTIONS}")  # fmt: skip
    for name, position, value in (("n", 1, n), ("m", 2, m)):
        if value is None:
            continue
        if _integer(value) is None or isinstance(value, bool):
            raise argument("eye", name, position, "int", value)
        if value < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {value}")
    own = given("eye", out, dtype)
    d = options("eye", dtype, layout, device, pin_memory, requires_grad, own or dtypes.get_default_dtype())
    assert d is not None
    return finish("eye", np.eye(int(n), None if m is None else int(m), dtype=d.numpy), out, requires_grad)


def arange(*args: Any, **kwargs: Any) -> Tensor:
    """The numbers from ``start`` (0) up to, not including, ``end``, in steps of ``step`` (1).

    ``arange(end)``, ``arange(start, end)`` or ``arange(start, end, step)``; then ``out``, ``dtype``, ``layout``,
    ``device``, ``pin_memory``, ``requires_grad``. Of dtype int64 if all three are integers, else the default dtype.

    Raises:
        RuntimeError: if ``step`` is zero or leads away from ``end``.

    >>> import zanjir
    >>> zanjir.arange(1, 2.5, 0.5)
    tensor([1.0000, 1.5000, 2.0000])
    """
    if not kwargs and len(args) == 1 and args[0].__class__ is int and 0 <= args[0] < 2**63 and _device is None:
        return wrap(np.arange(args[0]))
    return _arange(*_bounds("arange", args, kwargs), **kwargs)


def _bounds(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Takes start, end and step out of the arguments."""
    names = ("start", "end", "step")
    given_names = [k for k in names if k in kwargs]
    if len(args) == 1 and not given_names:
        found: dict[str, Any] = {"end": args[0]}
    else:
        found = dict(zip(names, args, strict=False))
        if not args and given_names == ["start"]:
            raise missing(name, "end")
        if (
            len(args) > 3
            or "end" not in {*found, *given_names}
            or ("start" not in {*found, *given_names} and "step" in given_names)
            or any(k in found for k in given_names)
        ):
            raise combination(name, args, kwargs, *_ARANGE)
        for k in given_names:
            found[k] = kwargs.pop(k)
    values = []
    for position, k in enumerate(names if "start" in found else ("end",), 1):
        if k in found:
            values.append(_number(name, k, position, found[k]))
    if len(values) == 1:
        return 0, values[0], 1
    return values[0], values[1], values[2] if len(values) > 2 else 1


_ARANGE = (
    f"Number end, *, Tensor out = None, {OPTIONS}",
    f"Number start, Number end, *, {OPTIONS}",
    f"Number start, Number end, Number step = 1, *, Tensor out = None, {OPTIONS}",
)


def _arange(
    start: Any, end: Any, step: Any, *, out: Tensor | None = None, dtype: Any = None, layout: Any = strided,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    whole = not any(isinstance(v, (float, complex)) for v in (start, end, step))
    own = given("arange", out, dtype)
    d = own or (dtypes.int64 if whole else dtypes.get_default_dtype())
    d = options("arange", dtype, layout, device, pin_memory, requires_grad, d)  # type: ignore[assignment]
    for v in (start, end, step):
        if isinstance(v, complex):
            raise RuntimeError("value cannot be converted to type double without overflow")
    array = _sequence_of(start, end, step, d)
    return finish("arange", array, out, requires_grad)


def _sequence_of(start: Any, end: Any, step: Any, d: dtypes.dtype, inclusive: bool = False) -> Any:
    """The values of ``arange``, to the last digit as PyTorch's: see :func:`_steps`."""
    if not (step > 0 or step < 0):
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if (end - start) * (1 if step > 0 else -1) < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if d.category in (BOOL, COMPLEX) or d in (dtypes.uint16, dtypes.uint32, dtypes.uint64):
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{d.legacy}'")
    if d.category == INTEGER:
        first, by = int(start), int(step)
        if d is dtypes.int64:
            last = int(end)
            for bound in (first, last, by):
                if not -(2**63) <= bound < 2**63:
                    raise RuntimeError("value cannot be converted to type int64_t without overflow")
            if not by:
                raise ValueError("step must be nonzero")
            if inclusive:
                return np.arange(first, last + (1 if by > 0 else -1), by, dtype=np.int64)
            return np.arange(first, last, by, dtype=np.int64)
        count = math.floor((end - start) / step) + 1 if inclusive else math.ceil((end - start) / step)
        return (first + by * np.arange(count)).astype(d.numpy)
    count = math.floor((end - start) / step) + 1 if inclusive else math.ceil((end - start) / step)
    return _steps(float(start), float(step), count, d)


_LANES = {dtypes.float64: 4, dtypes.float32: 8, dtypes.float16: 16, dtypes.bfloat16: 16}


def _steps(start: float, step: float, count: int, d: dtypes.dtype) -> Any:
    """``start + step * i`` as PyTorch's kernel computes it, on eight floats (four doubles) at a time.

    The first of each eight is computed for itself, the others are that plus a multiple of ``step``. Sums are of doubles
    (of floats, for the 16-bit ones), with the product not rounded; what eight times two does not divide is computed one
    by one.
    """
    if start.is_integer() and step.is_integer() and abs(start) + abs(step) * count < 2**24:
        return (start + step * np.arange(count, dtype=_F64)).astype(_F32).astype(d.numpy)
    to, lanes = d.numpy, _LANES[d]
    whole = count // (2 * lanes) * (2 * lanes)
    index = np.arange(count, dtype=_F64)
    if to in dtypes.REDUCED:
        first, by = np.float32(start), np.float32(step)
        values = fma32(index.astype(_F32), by, first).astype(to)
        if whole:
            base = values[:whole:lanes, None].astype(_F64)
            values[:whole] = (index[:lanes] * float(by) + base).astype(_F32).astype(to).ravel()
        return values
    values = fma64(index, step, start).astype(to, copy=False)
    if whole:
        base = values[:whole:lanes, None].astype(_F64)
        values[:whole] = _fused(index[:lanes], step, base).ravel()
    return values


def _fused(a: Any, b: float, c: Any) -> Any:
    """``a * b + c`` rounded once, for moderate float64 numbers: error-free product and sum (Dekker 1971, Knuth)."""
    product = a * b
    a_high, b_high = _high_half(a), float(_high_half(np.float64(b)))
    a_low, b_low = a - a_high, b - b_high
    error = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    total = product + c
    of_product = total - c
    return total + (error + ((product - of_product) + (c - (total - of_product))))


def range(*args: Any, **kwargs: Any) -> Tensor:
    """As :func:`arange`, but ``end`` is included, and the dtype is the default one; deprecated.

    >>> import zanjir
    >>> zanjir.range(1, 3)
    tensor([1., 2., 3.])
    """
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        stacklevel=2,
    )
    if len(args) + ("end" in kwargs) < 2 and "start" not in kwargs:
        raise missing("range", "end")
    start, end, step = _bounds("range", args, kwargs)
    out = kwargs.pop("out", None)
    dtype = kwargs.pop("dtype", None)
    own = given("range", out, dtype)
    keys = ("layout", "device", "pin_memory", "requires_grad")
    for k in kwargs:
        if k not in keys:
            raise unexpected("range", k)
    requires_grad = kwargs.get("requires_grad", False)
    d = options("range", dtype, kwargs.get("layout"), kwargs.get("device"), kwargs.get("pin_memory"), requires_grad,
                own or dtypes.get_default_dtype())  # fmt: skip
    assert d is not None
    return finish("range", _sequence_of(start, end, step, d, True), out, requires_grad)


def _ends(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], signatures: tuple[str, ...]) -> dict[str, Any]:
    """The arguments of ``linspace`` and ``logspace`` by name, checked."""
    names = ("start", "end", "steps", "base")[: 4 if name == "logspace" else 3]
    found = dict(zip(names, args, strict=False))
    keys = {"start", "end", "steps", "base", "out", "dtype", "layout", "device", "pin_memory", "requires_grad"}
    for k in kwargs:
        if k in found or k not in keys or (k == "base" and name != "logspace"):
            raise combination(name, args, kwargs, *signatures)
    found.update(kwargs)
    steps = found.get("steps")
    if len(args) > len(names) or _integer(steps) is None or isinstance(steps, bool):
        raise combination(name, args, kwargs, *signatures)
    for k in ("start", "end"):
        value = found.get(k)
        if isinstance(value, Tensor):
            if value._array.ndim:
                raise RuntimeError(
                    f"{name} only supports 0-dimensional start and end tensors, but got {k} with {value._array.ndim} "
                    "dimension(s)."
                )
            found[k] = value.item()
        elif not isinstance(value, _NUMERIC):
            raise combination(name, args, kwargs, *signatures)
        elif isinstance(value, np.generic):
            found[k] = value.item()
    if _integer(steps) < 0:  # type: ignore[operator]
        raise RuntimeError("number of steps must be non-negative")
    found["steps"] = _integer(steps)
    return found


def _space(name: str, found: dict[str, Any], values: Callable[[Any, Any, int, dtypes.dtype], Any]) -> Tensor:
    start, end, out = found["start"], found["end"], found.get("out")
    own = given(name, out, found.get("dtype"))
    requires_grad = found.get("requires_grad", False)
    any_complex = isinstance(start, complex) or isinstance(end, complex)
    default = dtypes.get_default_dtype()
    d = options(name, found.get("dtype"), found.get("layout"), found.get("device"), found.get("pin_memory"),
                requires_grad, own or (default.to_complex() if any_complex else default))  # fmt: skip
    assert d is not None
    if any_complex and d.category != COMPLEX:
        inferred = CPP_NAMES[default.to_complex()]
        raise RuntimeError(f"torch.{name}(): inferred dtype {inferred} can't be safely cast to passed dtype {d.legacy}")
    if d is dtypes.bool_ or d in (dtypes.uint16, dtypes.uint32, dtypes.uint64):
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{d.legacy}'")
    return finish(name, state.run(values, start, end, found["steps"], d), out, requires_grad)


def _evenly(start: Any, end: Any, steps: int, d: dtypes.dtype) -> Any:
    """``steps`` numbers, the first half counted from ``start``, the second from ``end``; product and sum round once."""
    if steps == 1:
        return np.array([plain_number(start, d)], d.numpy)
    to = d.numpy
    if d.category == COMPLEX:
        out = np.empty(steps, to)
        out.real = _evenly(complex(start).real, complex(end).real, steps, d.to_real())
        out.imag = _evenly(complex(start).imag, complex(end).imag, steps, d.to_real())
        return out
    index = np.arange(steps)
    back = index - (steps - 1)
    first = index < steps // 2
    if d is dtypes.float64 or d.category == INTEGER:
        a, b = (float(int(start)), float(int(end))) if d.category == INTEGER else (float(start), float(end))
        step = (b - a) / max(steps - 1, 1)
        low, high = fma64(index.astype(_F64), step, a), fma64(back.astype(_F64), step, b)
        return np.where(first, low, high).astype(np.int64 if d.category == INTEGER else to).astype(to, copy=False)
    a, b = np.array(start, _F32).astype(to), np.array(end, _F32).astype(to)
    by = ((b - a) / to.type(max(steps - 1, 1))).astype(to)
    if d is dtypes.float32:
        return np.where(first, fma32(index.astype(_F32), by, a), fma32(back.astype(_F32), by, b))
    return np.where(first, a + index.astype(to) * by, b + back.astype(to) * by).astype(to)


def linspace(*args: Any, **kwargs: Any) -> Tensor:
    """``steps`` numbers from ``start`` to ``end``, both included, evenly spaced: ``linspace(start, end, steps)``.

    Args:
        start, end: numbers or 0-dim tensors.
        steps: how many.
        out, dtype, layout, device, pin_memory, requires_grad: as for :func:`zeros`.

    Raises:
        RuntimeError: if ``steps`` is negative.

    >>> import zanjir
    >>> zanjir.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    return _space("linspace", _ends("linspace", args, kwargs, _LINSPACE), _evenly)


def logspace(*args: Any, **kwargs: Any) -> Tensor:
    """``steps`` powers of ``base`` (10) with evenly spaced exponents: ``logspace(start, end, steps, base=10.0)``.

    >>> import zanjir
    >>> zanjir.logspace(0, 3, 4)
    tensor([   1.,   10.,  100., 1000.])
    """
    found = _ends("logspace", args, kwargs, _LOGSPACE)
    base = found.get("base", 10.0)

    def values(start: Any, end: Any, steps: int, d: dtypes.dtype) -> Any:
        if d.category == INTEGER:
            return np.power(float(base), _evenly(float(start), float(end), steps, dtypes.float64)).astype(d.numpy)
        exponents = _evenly(start, end, steps, d)
        if d.numpy in dtypes.REDUCED:
            return np.power(np.float32(base), exponents.astype(_F32)).astype(d.numpy)
        return np.power(np.array(base).astype(d.numpy), exponents)

    return _space("logspace", found, values)


def _signatures(extra: str) -> tuple[str, ...]:
    kinds = (("Tensor", "Tensor"), ("Number", "Tensor"), ("Tensor", "Number"), ("Number", "Number"))
    return tuple(f"{a} start, {b} end, int steps, {extra}*, Tensor out = None, {OPTIONS}" for a, b in kinds)


_LINSPACE = _signatures("")
_LOGSPACE = _signatures("float base = 10.0, ")

# ------------------------------------------------------------------------------------------------------ Tensor.new_...


def new_tensor(
    self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A new tensor of ``data``, of this tensor's dtype unless another is given. See :func:`tensor`."""
    d = options("new_tensor", dtype, layout, device, pin_memory, requires_grad, self.dtype)
    if isinstance(data, Tensor):
        _warn_copy("tensor.new_tensor(sourceTensor)")
    return made(from_data(data, d), requires_grad)


def _new(name: str, value: int | None) -> Callable[..., Tensor]:
    def method(
        self: Tensor, *args: Any, size: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
        pin_memory: bool = False, requires_grad: bool = False,
    ) -> Tensor:  # fmt: skip
        if size is not None:
            args = (*args, size)
        if not args:
            raise missing(name, "size")
        shape = no_negative(size_of(name, args))
        d = options(name, dtype, layout, device, pin_memory, requires_grad, self.dtype)
        assert d is not None
        build = np.empty if value is None else np.ones if value else np.zeros
        return made(build(shape, d.numpy), requires_grad)

    method.__name__ = method.__qualname__ = name
    what = "uninitialised" if value is None else "of ones" if value else "of zeros"
    method.__doc__ = f"A new tensor {what} of this size, of the dtype of this one unless another is given."
    return method


def new_full(
    self: Tensor, size: Any, fill_value: Any = None, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A new tensor with ``fill_value`` in every place, of this tensor's dtype unless another is given."""
    if fill_value is None:
        raise missing("new_full", "fill_value")
    shape = no_negative(sequence_of_sizes("new_full", size))
    value = _number("new_full", "fill_value", 2, fill_value)
    d = options("new_full", dtype, layout, device, pin_memory, requires_grad, self.dtype)
    assert d is not None
    return made(_fill(np.empty(shape, d.numpy), value, d, "new_full"), requires_grad)


def new_empty_strided(self: Tensor, size: Any, stride: Any, *, dtype: Any = None, **kwargs: Any) -> Tensor:
    """An uninitialised tensor with these strides, of this tensor's dtype unless another is given."""
    return empty_strided(size, stride, dtype=self.dtype if dtype is None else dtype, **kwargs)


def new(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """A new tensor by the rules of the legacy constructors, of this tensor's dtype."""
    return construct(self.dtype, Tensor, args, kwargs, False)


Tensor.new_tensor, Tensor.new_full = new_tensor, new_full  # type: ignore[attr-defined]
Tensor.new_zeros, Tensor.new_ones = _new("new_zeros", 0), _new("new_ones", 1)  # type: ignore[attr-defined]
Tensor.new_empty = _new("new_empty", None)  # type: ignore[attr-defined]
Tensor.new_empty_strided, Tensor.new = new_empty_strided, new  # type: ignore[attr-defined]

# ------------------------------------------------------------------------------------------------ legacy constructors


def legacy(cls: type[Tensor], *args: Any, **kwargs: Any) -> Tensor:
    """``Tensor(...)``: of the default dtype; a tensor of any dtype given to it comes back as another view of itself."""
    return construct(dtypes.get_default_dtype(), cls, args, kwargs, True)


def construct(
    d: dtypes.dtype, cls: type[Tensor], args: tuple[Any, ...], kwargs: dict[str, Any], any_dtype: bool
) -> Tensor:
    """What the legacy constructors do: numbers are sizes, a sequence is data, a tensor is itself."""
    device = kwargs.get("device")
    known = {"device", "size", "data", "other", "storage"}
    if not kwargs.keys() <= known:
        raise combination("new", args, kwargs, *_LEGACY)
    if device is not None and devices.device(device).type != "cpu":
        kind = devices.device(device).type
        raise RuntimeError(f"legacy constructor expects device type: cpu but device type: {kind} was passed")
    named = [kwargs[k] for k in ("size", "data", "other", "storage") if k in kwargs]
    if len(named) > 1 or (named and args):
        raise combination("new", args, kwargs, *_LEGACY)
    args = args or tuple(named)
    if not args:
        return wrap(np.empty(0, d.numpy), cls)
    first = args[0]
    if isinstance(first, Tensor) and len(args) == 1:
        if not any_dtype and first.dtype is not d:
            raise TypeError(f"expected {_described(d)} (got {_described(first.dtype)})")
        return share(first, cls)
    if isinstance(first, (UntypedStorage, TypedStorage)):
        memory = first if isinstance(first, TypedStorage) else TypedStorage(first, d)
        return wrap(memory._elements(), cls)
    if isinstance(first, bool) or (_integer(first) is None and not _zero_dim_integer(first)):
        if len(args) > 1:
            raise combination("new", args, kwargs, *_LEGACY)
        if type(first).__name__ == "Size" or "size" in kwargs:
            return wrap(np.empty(no_negative(size_of("new", (tuple(first),))), d.numpy), cls)
        if isinstance(first, (str, bytes)):
            raise TypeError(f"new(): invalid data type '{type_name(first)}'")
        if not _sequence(first):
            raise TypeError(f"new(): data must be a sequence (got {type_name(first)})")
        return wrap(from_data(first, d), cls)
    sizes = tuple(int(a) if _zero_dim_integer(a) else a for a in args)
    return wrap(np.empty(no_negative(size_of("new", sizes)), d.numpy), cls)


def _zero_dim_integer(value: Any) -> bool:
    return isinstance(value, ndarray) and not value.ndim and value.dtype.kind in "iu"


def _described(d: dtypes.dtype) -> str:
    return (
        f"TensorOptions(dtype={CPP_NAMES[d]}, device=cpu, layout=Strided, requires_grad=false (default), "
        "pinned_memory=false (default), memory_format=(nullopt))"
    )


_LEGACY = (
    "*, torch.device device = None", "torch.Storage storage", "Tensor other",
    "tuple of ints size, *, torch.device device = None", "object data, *, torch.device device = None",
)  # fmt: skip

# ---------------------------------------------------------------------------------------------------------- questions


def is_tensor(obj: Any, /) -> bool:
    """Whether ``obj`` is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether the tensor is of a floating dtype."""
    if not isinstance(input, Tensor):
        raise argument("is_floating_point", "input", 1, "Tensor", input)
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Whether the tensor is of a complex dtype."""
    if not isinstance(input, Tensor):
        raise argument("is_complex", "input", 1, "Tensor", input)
    return input.is_complex()


def numel(input: Tensor) -> int:
    """How many elements the tensor has."""
    if not isinstance(input, Tensor):
        raise argument("numel", "input", 1, "Tensor", input)
    return input._array.size


def is_nonzero(input: Tensor) -> bool:
    """Whether the only element of the tensor is not zero.

    Raises:
        RuntimeError: if there are several, or none.
    """
    if not isinstance(input, Tensor):
        raise argument("is_nonzero", "input", 1, "Tensor", input)
    return bool(input)


Tensor.is_nonzero = is_nonzero  # type: ignore[attr-defined]


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The dtype that an operator on the two, tensors or numbers, would compute in.

    >>> import zanjir
    >>> zanjir.result_type(zanjir.tensor([1, 2], dtype=zanjir.int8), 1.0)
    zanjir.float32
    """
    dims = zeros = scalars = None
    for operand in (tensor1, tensor2):
        if isinstance(operand, Tensor):
            if operand._array.ndim:
                dims = operand.dtype if dims is None else dtypes.promote_types(dims, operand.dtype)
            else:
                zeros = operand.dtype if zeros is None else dtypes.promote_types(zeros, operand.dtype)
        elif isinstance(operand, _NUMERIC):
            d = dtypes.of_scalar(operand)
            scalars = d if scalars is None else dtypes.promote_types(scalars, d)
        else:
            raise combination("result_type", (tensor1, tensor2), {}, *_RESULT_TYPE)
    return dtypes.combine(dims, zeros, scalars)


_RESULT_TYPE = (
    "Tensor tensor, Tensor other", "Number scalar, Tensor tensor", "Tensor tensor, Number other",
    "Number scalar1, Number scalar2",
)  # fmt: skip


def typename(obj: Any, /) -> str:
    """What the type of ``obj`` is called: ``"torch.FloatTensor"``, ``"numpy.ndarray"``, ``"int"``."""
    if isinstance(obj, Tensor):
        return obj.type()  # type: ignore[no-any-return]
    kind = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(kind, "__module__", None) or ""
    module = "torch" + module[6:] if module == "zanjir" or module.startswith("zanjir.") else module
    name: str = kind.__qualname__
    return name if module in ("", "builtins") else f"{module}.{name}"


def set_default_device(device: Any) -> None:
    """Sets the device of new tensors. Only ``"cpu"`` can be had: with another, what makes tensors raises."""
    global _device
    _device = None if device is None else devices.device(device)
    if _device == devices.cpu:
        _device = None


def get_default_device() -> devices.device:
    """The device of new tensors."""
    return devices.cpu if _device is None else _device


