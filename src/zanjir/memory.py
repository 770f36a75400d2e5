"""Tensors that look into memory that others made: NumPy arrays, buffers, arrays of other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes, factory
from .data import Memory, from_data, readable
from .factory import made, options
from .ops.convert import _clone, to_dtype, warn_once
from .signature import checked_dtype, missing, type_name
from .tensor import Tensor, wrap

ndarray = np.ndarray

__all__ = ["as_tensor", "asarray", "from_dlpack", "from_numpy", "frombuffer"]


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
            "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means "
            "writing to this tensor will result in undefined behavior. You may want to copy the array to protect its "
            "data or make it writable before converting it to a tensor. This type of warning will be suppressed for "
            "the rest of this program."
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
    if dtype is not None or device is not None or factory._device is not None:
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
            raise RuntimeError("can't alias NumPy scalars. Either remove copy=False or transform it in a ndarray. ")
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


def frombuffer(
    buffer: Any, *, dtype: Any = None, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
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
    tensor([1, 2], dtype=zanjir.int16)
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
            "The given buffer is not writable, and PyTorch does not support non-writable tensors. This means you can "
            "write to the underlying (supposedly non-writable) buffer using the tensor. You may want to copy the "
            "buffer to protect its data or make it writable before converting it to a tensor. This type of warning "
            "will be suppressed for the rest of this program."
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
            "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you "
            "might have already constructed a tensor from it once."
        )
    array = np.from_dlpack(ext_tensor, copy=copy) if copy is not None else np.from_dlpack(ext_tensor)
    if not array.flags.writeable:
        # Capsules of old say nothing of being read-only, and NumPy takes the safe view; PyTorch writes.
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        array = np.asarray(Memory(array, interface))
    return wrap(readable(array))
