"""Copies and conversions: other dtypes, other order in memory, other classes.

A float is cut towards zero to become an integer; what does not fit gives what x86 gives (PyTorch leaves it to the
processor too). To half and bfloat16 everything goes by way of float32.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import dtypes
from ..device import check as check_device
from ..device import cpu as CPU
from ..device import device as Device
from ..dtypes import BOOL, COMPLEX, FLOATING, REDUCED, dtype
from ..layout import contiguous_format, copy_as, empty_as, in_format, memory_format, preserve_format
from ..signature import argument, checked_dtype, combination, type_name
from ..state import state
from ..tensor import Tensor, version_of, wrap
from .declare import Operator
from .inplace import public
from .protocol import numpy_function
from .views import View

_F32, _I32 = np.dtype(np.float32), np.dtype(np.int32)

# ---------------------------------------------------------------------------------------------------------- casting


def converted(array: Any, to: np.dtype[Any]) -> Any:
    """``array`` in another dtype, as PyTorch converts; in whatever layout. (Under ``state.run``: it may overflow.)"""
    from_ = array.dtype
    if from_.kind == "c" and to.kind != "c":
        if to.kind == "b":
            return array != 0
        array = array.real
        from_ = array.dtype
    if to in REDUCED:
        if from_ not in REDUCED and from_ != _F32:
            array = array.astype(_F32)
    elif from_ in REDUCED and to != _F32 and to.kind != "b":
        array = array.astype(_F32)
    if to.kind in "iu" and array.dtype.kind == "f" and to.itemsize < 4:
        array = array.astype(_I32)
    return array.astype(to)


def cast(x: Any, to: np.dtype[Any], format: memory_format | None = None) -> Any:
    """A copy of ``x`` in another dtype, its memory laid out as ``format`` says."""
    if x.flags.c_contiguous and (format is None or format is preserve_format or format is contiguous_format):
        return converted(x, to)
    out = empty_as(x, to, format)
    out[...] = converted(x, to)
    return out


_clone = Operator("CloneBackward0", lambda x, format: copy_as(x, format), (lambda g: g,))
_to_copy = Operator("ToCopyBackward0", cast, (lambda g: g,))
_alias = View("AliasBackward0", lambda x: x[...], lambda g: g)


def to_dtype(x: Tensor, d: dtype, copy: bool = False, format: memory_format | None = None) -> Tensor:
    """``x`` in dtype ``d``: itself where that changes nothing, unless a copy is asked for."""
    array = x._array
    to = d.numpy
    if array.dtype is to and not copy:
        if format is None or format is preserve_format or in_format(array, format):
            return x
        if format is contiguous_format and array.ndim not in (4, 5):
            return x
    if array.dtype.kind == "c" and d.category not in (COMPLEX, BOOL):
        warn_complex()
    if d.category < FLOATING:
        return wrap(state.run(cast, array, to, format))
    return _to_copy(x, to, format)


_warned: set[str] = set()


def warn_once(text: str, stacklevel: int = 3) -> None:
    """Warns of something once in the life of the program, as PyTorch's core does."""
    if text not in _warned:
        _warned.add(text)
        warnings.warn(text, stacklevel=stacklevel)


def warn_complex() -> None:
    warn_once("Casting complex values to real discards the imaginary part", 4)


# ---------------------------------------------------------------------------------------------------------- methods


def method(f: Any) -> Any:
    """Makes a function a method of ``Tensor``, by its own name without a leading underscore."""
    f.__name__ = f.__qualname__ = f.__name__.lstrip("_")
    setattr(Tensor, f.__name__, f)
    return f


@method
def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The tensor in another dtype (or on another device, of which there is only the CPU).

    ``to(dtype)``, ``to(device, dtype)`` or ``to(other)``, whose dtype is taken; then ``non_blocking=False``,
    ``copy=False``, ``memory_format=preserve_format``. Where nothing changes the tensor itself is returned, unless
    ``copy`` is set.

    Raises:
        AssertionError, RuntimeError: for a device that is not there.

    >>> import zanjir
    >>> zanjir.tensor([1.7, -1.7]).to(zanjir.int64)
    tensor([ 1, -1])
    """
    if len(args) == 1 and not kwargs and args[0].__class__ is dtype:
        return to_dtype(self, args[0])
    first = args[0] if args else None
    if isinstance(first, Tensor) or (not args and isinstance(kwargs.get("tensor"), Tensor)):
        names: tuple[str, ...] = ("tensor", "non_blocking", "copy")
    elif first.__class__ is dtype or (first.__class__ is type and first in _PYTHON):
        names = ("dtype", "non_blocking", "copy")
    else:
        names = ("device", "dtype", "non_blocking", "copy")
    given: dict[str, Any] = dict(zip(names, args, strict=False))
    known = {*names, "memory_format"}
    if (
        len(args) > len(names)
        or any(k not in known or k in given for k in kwargs)
        or not all(_fits(k, v) for k, v in (*given.items(), *kwargs.items()))
    ):
        raise combination("to", args, kwargs, *_TO)
    given.update(kwargs)
    other = given.get("tensor")
    if other is not None:
        d = other.dtype
    else:
        device = given.get("device")
        if device is not None and device is not CPU:
            check_device(device)
        d = self.dtype if given.get("dtype") is None else checked_dtype("to", given["dtype"])
    return to_dtype(self, d, bool(given.get("copy")), given.get("memory_format"))


_PYTHON = frozenset((float, int, bool, complex))
_TO = (
    "torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, bool copy = False, *, "
    "torch.memory_format memory_format = None",
    "torch.dtype dtype, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None",
    "Tensor tensor, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None",
)


def _fits(name: str, value: Any) -> bool:
    """Whether ``value`` can be this argument of :func:`to`."""
    if name in ("non_blocking", "copy"):
        return isinstance(value, bool)
    if name == "device":
        return value is None or isinstance(value, (str, int, Device))
    if name == "dtype":
        return value is None or isinstance(value, dtype) or value in (float, int, bool, complex)
    if name == "memory_format":
        return value is None or isinstance(value, memory_format)
    return isinstance(value, Tensor)


def _caster(name: str, d: dtype) -> None:
    def caster(self: Tensor, memory_format: Any = None) -> Tensor:
        return to_dtype(self, d, False, memory_format)

    caster.__name__ = name
    caster.__doc__ = f"The tensor in dtype {d.name}: as ``to(zanjir.{d.name})``."
    method(caster)


for _name, _d in {
    "float": dtypes.float32, "double": dtypes.float64, "half": dtypes.float16, "bfloat16": dtypes.bfloat16,
    "int": dtypes.int32, "long": dtypes.int64, "short": dtypes.int16, "char": dtypes.int8, "byte": dtypes.uint8,
    "bool": dtypes.bool_, "cfloat": dtypes.complex64, "cdouble": dtypes.complex128,
}.items():  # fmt: skip
    _caster(_name, _d)


@method
def type_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor in the dtype of ``other``."""
    if not isinstance(other, Tensor):
        raise argument("type_as", "other", 1, "Tensor", other)
    return to_dtype(self, other.dtype)


@method
def _type(self: Tensor, dtype: Any = None, non_blocking: bool = False, **kwargs: Any) -> Any:
    """Without arguments the name of the tensor's type, ``"torch.FloatTensor"``; else the tensor in that type.

    Args:
        dtype: a dtype, a type such as ``zanjir.LongTensor``, or its name.
        non_blocking: of no effect.

    Raises:
        ValueError: if there is no type of that name.

    >>> import zanjir
    >>> zanjir.tensor([1.5]).type("torch.LongTensor").type()
    'torch.LongTensor'
    """
    if dtype is None:
        return f"torch.{self.dtype.legacy}Tensor"
    if isinstance(dtype, dtypes.dtype):
        return to_dtype(self, dtype)
    if isinstance(dtype, type):
        own = dtype.__dict__.get("dtype") if dtype is not Tensor else dtypes.get_default_dtype()
        if isinstance(own, dtypes.dtype):
            return to_dtype(self, own)
        name = dtype.__name__ if dtype.__module__ == "builtins" else f"{dtype.__module__}.{dtype.__name__}"
    elif isinstance(dtype, str):
        name = dtype.replace(dtypes.brand + ".", "torch.", 1)
    else:
        raise TypeError("dtype must be a type, str, or dtype object")
    if name == "torch.Tensor":
        return to_dtype(self, dtypes.get_default_dtype())
    if name in _TYPES:
        return to_dtype(self, _TYPES[name])
    if name.replace(".cuda.", ".") in _TYPES:
        raise RuntimeError("Cannot initialize CUDA without ATen_cuda library.")
    raise ValueError(f"invalid type: '{name}'")


_TYPES = {f"torch.{d.legacy}Tensor": d for d in dtypes.ALL}


@method
def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor on the CPU: itself."""
    return to_dtype(self, self.dtype, False, memory_format)


@method
def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """Raises what PyTorch raises without a GPU.

    Raises:
        AssertionError: always, if the device is a GPU.
        RuntimeError: if it is not.
    """
    if device is not None:
        if isinstance(device, int):
            raise RuntimeError("Cannot access accelerator device when none is available.")
        if Device(device).type != "cuda":
            raise RuntimeError("Invalid device, must be cuda device")
    raise AssertionError("Torch not compiled with CUDA enabled")


@method
def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """Raises what PyTorch raises without a GPU: memory is pinned for one."""
    raise RuntimeError("Cannot access accelerator device when none is available.")


@method
def is_pinned(self: Tensor, device: Any = None) -> bool:
    """Whether the memory is pinned for a GPU: never."""
    return False


@method
def share_memory_(self: Tensor) -> Tensor:
    """The tensor itself, marked as shared: threads share memory anyway, processes that are forked get a copy of it."""
    self.__dict__["_shared"] = True
    return self


@method
def is_shared(self: Tensor) -> bool:
    """Whether :meth:`share_memory_` was called."""
    return "_shared" in self.__dict__


@public()
def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy with memory of its own, through which gradients flow.

    Args:
        input: of any shape and dtype.
        memory_format: ``preserve_format`` keeps the order of dimensions in memory.

    >>> import zanjir
    >>> x = zanjir.tensor([1.0, 2.0], requires_grad=True)
    >>> x.clone()
    tensor([1., 2.], grad_fn=<CloneBackward0>)
    """
    if not isinstance(input, Tensor):
        raise argument("clone", "input", 1, "Tensor", input)
    _format("clone", memory_format)
    return _clone(input, memory_format)


def _format(name: str, value: Any) -> None:
    if value is not None and not isinstance(value, memory_format):
        raise argument(name, "memory_format", None, "torch.memory_format", value)


@method
def contiguous(self: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself if its elements lie in memory in order, without gaps; else such a copy.

    >>> import zanjir
    >>> zanjir.zeros(2, 3).contiguous().is_contiguous()
    True
    """
    array = self._array
    if memory_format is None or memory_format is contiguous_format:
        if array.flags.c_contiguous:
            return self
        memory_format = contiguous_format
    else:
        _format("contiguous", memory_format)
        if in_format(array, memory_format):
            return self
        if memory_format is preserve_format:
            raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return _clone(self, memory_format)


# ---------------------------------------------------------------------------------------------------------- subclasses


def share(t: Tensor, cls: type[Tensor]) -> Tensor:
    """A view of all of ``t``, of another class; gradients flow through it."""
    view = _alias(t)
    if cls is not Tensor:
        view.__class__ = cls
    return view


@method
def as_subclass(self: Tensor, cls: type[Tensor]) -> Tensor:
    """The tensor as an instance of a subclass of ``Tensor``: the same memory, and gradients flow through."""
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError("cls must be a type (got " + type_name(cls) + ")")
    return share(self, cls)


def _make_subclass(cls: type[Tensor], data: Tensor, require_grad: bool = False) -> Tensor:
    """A leaf of class ``cls`` on the memory of ``data``."""
    t = wrap(data._array, cls)
    t._counter = version_of(data)
    t._rg = bool(require_grad)
    return t


Tensor._make_subclass = staticmethod(_make_subclass)  # type: ignore[attr-defined]


# ---------------------------------------------------------------------------------- what derivative rules call by NumPy


@numpy_function(np.copy)
def _numpy_copy(a: Tensor, order: str = "K", subok: bool = False) -> Tensor:
    return clone(a)


def _likes() -> None:
    """``np.zeros_like`` and its kin give tensors for tensors."""
    for name in ("zeros_like", "ones_like", "empty_like"):
        make = getattr(np, name)

        def like(
            a: Tensor, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, _make: Any = make
        ) -> Tensor:
            return wrap(_make(a._array, dtype=dtype, shape=shape))

        numpy_function(make)(like)


_likes()


@numpy_function(np.full_like)
def _numpy_full_like(
    a: Tensor, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None
) -> Tensor:
    value = fill_value._array if isinstance(fill_value, Tensor) else fill_value
    return wrap(np.full_like(a._array if isinstance(a, Tensor) else a, value, dtype=dtype, shape=shape))


@method
def astype(self: Tensor, dtype: Any, copy: bool = True) -> Tensor:
    """As :meth:`to`, for a NumPy dtype: what derivative rules call, on arrays and tensors alike."""
    return to_dtype(self, dtypes.of(np.dtype(dtype)), copy)


@method
def copy(self: Tensor) -> Tensor:
    """As :meth:`clone`, by the name NumPy's arrays have for it."""
    return clone(self)
