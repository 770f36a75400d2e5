"""The types of old: ``FloatTensor``, ``LongTensor``, ... They make tensors of one dtype, and know them by it."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

from . import dtypes
from .data import from_data, is_sequence
from .device import device as Device
from .factory import integer, no_negative, size_of
from .layout import layout, strided
from .ops.convert import method, share
from .ops.fill import CPP_NAMES
from .ops.storage import TypedStorage, UntypedStorage
from .signature import combination, type_name
from .tensor import Tensor, late, wrap

ndarray = np.ndarray

__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor",
    "IntTensor", "LongTensor", "ShortTensor", "set_default_tensor_type",
]  # fmt: skip


def new(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """A new tensor by the rules of the legacy constructors, of this tensor's dtype."""
    return construct(self.dtype, Tensor, args, kwargs, False)


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
    kind = "cpu" if device is None else Device(device).type
    if kind != "cpu":
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
    if isinstance(first, bool) or (integer(first) is None and not _zero_dim_integer(first)):
        if len(args) > 1:
            raise combination("new", args, kwargs, *_LEGACY)
        if type(first).__name__ == "Size" or "size" in kwargs:
            return wrap(np.empty(no_negative(size_of("new", (tuple(first),))), d.numpy), cls)
        if isinstance(first, (str, bytes)):
            raise TypeError(f"new(): invalid data type '{type_name(first)}'")
        if not is_sequence(first):
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


method(new)
late.legacy = legacy

# ------------------------------------------------------------------------------------------------------ types of old


class tensortype(type):
    """The type of these types: what it answers of an instance depends on the dtype alone."""

    dtype: dtypes.dtype
    layout: layout = strided
    is_cuda = is_sparse = is_xpu = False

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return construct(cls.dtype, Tensor, args, kwargs, False)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype

    def __repr__(cls) -> str:
        return f"<class '{dtypes.brand}.{cls.__name__}'>"


def _type(d: dtypes.dtype) -> Any:
    body = {
        "__module__": __package__,
        "__qualname__": f"{d.legacy}Tensor",
        "__doc__": f"Makes tensors of dtype {d.name}, of sizes or of data; ``isinstance`` knows them.",
        "dtype": d,
    }
    return tensortype(f"{d.legacy}Tensor", (), body)


FloatTensor = _type(dtypes.float32)
DoubleTensor = _type(dtypes.float64)
HalfTensor = _type(dtypes.float16)
BFloat16Tensor = _type(dtypes.bfloat16)
ByteTensor = _type(dtypes.uint8)
CharTensor = _type(dtypes.int8)
ShortTensor = _type(dtypes.int16)
IntTensor = _type(dtypes.int32)
LongTensor = _type(dtypes.int64)
BoolTensor = _type(dtypes.bool_)


def set_default_tensor_type(t: Any, /) -> None:
    """Sets the default dtype by one of these types, or its name; deprecated in favour of ``set_default_dtype``.

    Raises:
        TypeError: if the type is not a floating one.
    """
    warnings.warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
        "torch.set_default_device() as alternatives.",
        stacklevel=2,
    )
    if isinstance(t, str):
        module, _, name = t.rpartition(".")
        if module in ("torch", __package__):
            t = getattr(sys.modules[__name__], name)
        else:
            import importlib

            t = getattr(importlib.import_module(module or name), name)
    if not isinstance(t, tensortype):
        raise TypeError("invalid type object: only floating-point types are supported as the default type")
    if not t.dtype.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    dtypes.set_default_dtype(t.dtype)
