"""Zanjir: PyTorch's tensors, autograd, optimizers and ``nn``, in Python on NumPy. ``import zanjir as torch``."""

from __future__ import annotations

from . import autograd, creation, dtypes
from .device import device
from .dtypes import can_cast, dtype, finfo, get_default_dtype, iinfo, promote_types, set_default_dtype
from .ops import functions as _functions
from .size import Size
from .tensor import Tensor

from .autograd.grad_mode import *  # noqa: F403

globals().update({d.name: d for d in dtypes.ALL} | dtypes.ALIASES)
globals().update(_functions)
