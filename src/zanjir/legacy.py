"""The types of old: ``FloatTensor``, ``LongTensor``, ... They make tensors of one dtype, and know them by it."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from . import dtypes
from .creation import construct
from .layout import layout, strided
from .tensor import Tensor

__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor",
    "LongTensor", "ShortTensor", "set_default_tensor_type",
]  # fmt: skip


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
