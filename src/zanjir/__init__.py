"""Zanjir: PyTorch's tensors, autograd and optimizers, in Python on NumPy. ``import zanjir as torch``.

>>> import zanjir as torch
>>> x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import Any as _Any

from . import autograd, dtypes, version
from ._functions import *
from .autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .creation import *
from .device import device
from .dtypes import can_cast, dtype, finfo, get_default_dtype, iinfo, promote_types, set_default_dtype
from .factory import *
from .layout import *
from .legacy import *
from .memory import *
from .ops.storage import *
from .random import *
from .ranges import *
from .size import Size
from .tensor import Tensor
from .version import __version__

from .dtypes import (  # isort: skip  (after the functions: ``bool`` and ``int`` among them are dtypes)
    bfloat16,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)

bool = dtypes.bool_
half, float, double = float16, float32, float64
short, int, long = int16, int32, int64
cfloat, cdouble = complex64, complex128

for _class in (Tensor, Size, device, dtype, finfo, iinfo):
    _class.__module__ = __name__  # where users find them

#: Imported when first asked for: modules, and names by the module they come from.
_LAZY = frozenset(("backends", "cuda", "nn", "optim", "random", "return_types"))
_LAZY_NAMES = {"OutOfMemoryError": "cuda", "install_as_torch": "standin", "set_printoptions": "printing"}


def __getattr__(name: str) -> _Any:
    if name in _LAZY:
        return _import_module(f"{__name__}.{name}")
    if name in _LAZY_NAMES:
        value = globals()[name] = getattr(_import_module(f"{__name__}.{_LAZY_NAMES[name]}"), name)
        return value
    if name.startswith("__"):  # what Python itself looks for, such as __path__
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .standin import missing

    raise missing(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_LAZY_NAMES})
