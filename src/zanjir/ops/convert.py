"""Copies and conversions: other dtypes, other memory, and filling memory with something else.

A float is cut towards zero to become an integer; what does not fit gives what x86 gives (PyTorch leaves it to the
processor too). To half and bfloat16 everything goes by way of float32.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import device as devices
from .. import dtypes
from ..dtypes import BOOL, COMPLEX, FLOATING, INTEGER, REDUCED, dtype
from ..layout import contiguous_format, copy_as, empty_as, in_format, memory_format, preserve_format
from ..signature import argument, checked_dtype, combination, missing, type_name
from ..state import state
from ..tensor import Tensor, _address, _owner, version_of, wrap
from .declare import Operator, functions, record
from .elementwise import mismatch
from .inplace import alias, bump, check, overlaps, public, settle, write
from .protocol import numpy_function
from .views import View

__all__ = ["TypedStorage", "UntypedStorage", "is_storage"]

ndarray = np.ndarray
_OF = dtypes._BY_NUMPY
_F32, _F64, _I32 = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int32)

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
    elif from_ in REDUCED:
        if to != _F32 and to.kind != "b":
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
    return _to_copy(x, to, format)  # type: ignore[no-any-return]


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
        if device is not None and device is not devices.cpu:
            devices.check(device)
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
        return value is None or isinstance(value, (str, int, devices.device))
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
        if devices.device(device).type != "cuda":
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
    self._shared = True
    return self


@method
def is_shared(self: Tensor) -> bool:
    """Whether :meth:`share_memory_` was called."""
    return self.__dict__.get("_shared", False)


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
    return _clone(input, memory_format)  # type: ignore[no-any-return]


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
    return _clone(self, memory_format)  # type: ignore[no-any-return]


# ------------------------------------------------------------------------------------------ writing something else

_copy = Operator("CopyBackwards", lambda x, source: source, (lambda g: np.zeros_like(g), lambda g: g))
_zero = Operator("ZeroBackward0", lambda x: np.zeros_like(x), (lambda g: np.zeros_like(g),))
_fills = [
    Operator("FillBackward0", lambda x, value: np.full_like(x, value), (lambda g: np.zeros_like(g),)),
    Operator("FillBackward1", lambda x, value: np.full_like(x, value), (lambda g: np.zeros_like(g), lambda g: g)),
    Operator("FillBackward2", lambda x, value: np.full_like(x, value), (lambda g: np.zeros_like(g),)),
    Operator("FillBackward3", lambda x, value: np.full_like(x, value), (lambda g: np.zeros_like(g), lambda g: g)),
]


def overwrite(t: Tensor, op: Operator, values: Any, *sources: Tensor) -> Tensor:
    """Writes ``values`` over all of ``t`` and records that as ``op``, whose inputs are ``t`` and ``sources``.

    Whoever calls has called :func:`check`. The rules of ``op`` must save nothing.
    """
    write(t._array, values)
    counter = bump(t)
    if state.grad and (t._rg or any(s.requires_grad for s in sources)) and t._array.dtype.kind in "fcV":
        result = wrap(t._array)
        record(op, result, (alias(t), *sources), ())
        settle(t, result, counter)
    return t


def unshared(t: Tensor) -> None:
    """Raises what PyTorch raises where elements of ``t`` share memory, so that not each can be given its own value."""
    if overlaps(t._array):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


@method
def copy_(self: Tensor, other: Tensor, non_blocking: bool = False) -> Tensor:
    """Writes the elements of ``other`` into the tensor, broadcast and cast to its dtype. Gradients flow to ``other``.

    Raises:
        RuntimeError: if the shapes do not broadcast to this tensor's.

    >>> import zanjir
    >>> zanjir.zeros(2, 2).copy_(zanjir.tensor([1, 2]))
    tensor([[1., 2.],
            [1., 2.]])
    """
    if not isinstance(other, Tensor):
        if not isinstance(other, (bool, int, float, complex, np.number, np.bool_)):
            raise argument("copy_", "other", 1, "Tensor", other)
        other = wrap(np.array(other, dtypes.of_scalar(other).numpy))
    if not isinstance(non_blocking, bool):
        raise argument("copy_", "non_blocking", 2, "bool", non_blocking)
    check(self, (other,))
    unshared(self)
    array, source = self._array, other._array
    if source.shape != array.shape and source.shape:
        try:
            shape = np.broadcast_shapes(array.shape, source.shape)
        except ValueError:
            raise mismatch((self, other)) from None
        if shape != array.shape:
            raise RuntimeError(
                f"output with shape {list(array.shape)} doesn't match the broadcast shape {list(shape)}"
            )
    if source.dtype is not array.dtype:
        if source.dtype.kind == "c" and array.dtype.kind not in "cb":
            warn_complex()
        source = state.run(converted, source, array.dtype)
    return overwrite(self, _copy, source, other)


@method
def zero_(self: Tensor) -> Tensor:
    """Fills the tensor with zeros."""
    check(self)
    return overwrite(self, _zero, _ZERO)


_ZERO = np.array(0, np.uint8)


@method
def fill_(self: Tensor, value: Any) -> Tensor:
    """Fills the tensor with a number, or a 0-dim tensor, to which gradients flow.

    Raises:
        RuntimeError: if the number is too large for the dtype, or ``value`` has dimensions.

    >>> import zanjir
    >>> zanjir.empty(2).fill_(3)
    tensor([3., 3.])
    """
    if isinstance(value, Tensor):
        check(self, (value,))
        return overwrite(self, _fills[3], _zero_dim("fill_", value, self._array.dtype), value)
    array = scalar_array("fill_", value, self.dtype, self._array.size == 1)
    check(self)
    return overwrite(self, _fills[2], array)


@public(method=False)
def fill(input: Tensor, value: Any) -> Tensor:
    """A tensor like ``input``, every element ``value`` (a number, or a 0-dim tensor)."""
    if isinstance(value, Tensor):
        return _fills[1].finish(state.run(np.full_like, input._array, _zero_dim("fill", value, input._array.dtype)),
                                (input, value), ())  # fmt: skip
    array = scalar_array("fill", value, input.dtype, input._array.size == 1)
    return _fills[0](input, array)  # type: ignore[no-any-return]


functions.update(fill_=fill_, zero_=zero_)


def _zero_dim(name: str, value: Tensor, to: np.dtype[Any]) -> Any:
    if value._array.ndim:
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value._array.ndim} dimensions."
        )
    if value._array.dtype.kind == "c" and to.kind not in "cb":
        warn_complex()
    return np.asarray(state.run(converted, value._array, to))


# --------------------------------------------------------------------------------------- a number in a dtype, checked

_C_NAMES = {
    dtypes.bool_: "bool", dtypes.uint8: "uint8_t", dtypes.int8: "int8_t", dtypes.int16: "int16_t", dtypes.int32: "int",
    dtypes.int64: "int64_t", dtypes.uint16: "uint16_t", dtypes.uint32: "uint32_t", dtypes.uint64: "uint64_t",
    dtypes.float16: "c10::Half", dtypes.bfloat16: "c10::BFloat16", dtypes.float32: "float", dtypes.float64: "double",
    dtypes.complex64: "c10::complex<float>", dtypes.complex128: "c10::complex<double>",
}  # fmt: skip
_MAX = {
    dtypes.float16: 65504.0, dtypes.bfloat16: 3.3895313892515355e38, dtypes.float32: float(np.finfo(np.float32).max),
    dtypes.complex64: float(np.finfo(np.float32).max),
}  # fmt: skip
_RANGES = {
    d: (int(np.iinfo(d.numpy).min), int(np.iinfo(d.numpy).max)) for d in dtypes.ALL if d.category == INTEGER
}  # fmt: skip


def scalar_array(name: str, value: Any, d: dtype, alone: bool = False) -> Any:
    """``value``, a number, as a 0-dim array of dtype ``d``; an unsigned one may wrap around, as in PyTorch.

    ``alone``: it is to fill a single place. For that PyTorch has a way of its own, less strict with 16-bit floats.

    Raises:
        TypeError: if ``value`` is no number.
        RuntimeError: if it does not fit.
    """
    kind = value.__class__
    if kind is float and (d is dtypes.float64 or (d is dtypes.float32 and -1e38 < value < 1e38)):
        return np.array(value, d.numpy)
    if not isinstance(value, (bool, int, float, complex, np.number, np.bool_)):
        raise combination(name, (value,), {}, "Tensor value", "Number value")
    value = as_number(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise OverflowError("int too big to convert")
    target = dtypes.float64 if alone and d.numpy in REDUCED else d
    if overflows(value, target):
        raise RuntimeError(f"value cannot be converted to type {_C_NAMES[target]} without overflow")
    number = np.array(plain_number(value, d), _F64 if d.numpy in REDUCED else d.numpy)
    return np.asarray(state.run(converted, number, d.numpy))


def as_number(value: Any) -> Any:
    """A number of NumPy's as one of Python's; of a complex64, which Python does not know, PyTorch takes the real part."""
    if not isinstance(value, np.generic):
        return value
    return value.real.item() if isinstance(value, np.complex64) else value.item()


def plain_number(value: Any, d: dtype) -> Any:
    """A number that fits ``d`` (see :func:`overflows`) in a form that NumPy takes for it."""
    if d.category == COMPLEX or d.category == BOOL:
        return value if d.category == COMPLEX else bool(value)
    if isinstance(value, complex):
        value = value.real
    if d.category == INTEGER:
        value = int(value)
        low, high = _RANGES[d]
        if value < 0 == low:
            value += high + 1
        return min(value, high)  # 2.0**63 passes for an int64, the rounded bound
    return value


def overflows(value: Any, d: dtype) -> bool:
    """Whether PyTorch refuses a number as too large for ``d``: infinity never, negatives of unsigned types rarely."""
    if isinstance(value, complex):
        if d.category == COMPLEX:
            return overflows(value.real, d) or overflows(value.imag, d)
        return d.category != BOOL and (value.imag != 0 or overflows(value.real, d))
    if d.category == INTEGER:
        low, high = _RANGES[d]
        if isinstance(value, float):
            return not float(low) <= value <= float(high)
        return value > high or (value < low and (low != 0 or -value > high))
    limit = _MAX.get(d)
    if limit is None:
        return False
    return (abs(value) > limit) and value not in (float("inf"), float("-inf"))


# ----------------------------------------------------------------------------------------------- memory and its shape


@method
def is_same_size(self: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape."""
    if not isinstance(other, Tensor):
        raise argument("is_same_size", "other", 1, "Tensor", other)
    return self._array.shape == other._array.shape


@method
def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Whether two tensors are the same view of the same memory."""
    if not isinstance(tensor, Tensor):
        raise argument("is_set_to", "tensor", 1, "Tensor", tensor)
    a, b = self._array, tensor._array
    return _owner(a) is _owner(b) and _address(a) == _address(b) and (a.shape, a.strides) == (b.shape, b.strides)


class UntypedStorage:
    """The memory of a tensor and its views, as bytes.

    >>> import zanjir
    >>> zanjir.ones(4)[1:].untyped_storage().nbytes()
    16
    """

    __slots__ = ("_memory",)

    def __init__(self, memory: Any = 0) -> None:
        self._memory = np.zeros(memory, np.uint8) if isinstance(memory, int) else memory

    @property
    def device(self) -> devices.device:
        """Where it is: ``cpu``."""
        return devices.cpu

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return _address(self._memory)

    def nbytes(self) -> int:
        """How many bytes."""
        return self._memory.nbytes  # type: ignore[no-any-return]

    size = __len__ = nbytes

    def __getitem__(self, index: Any) -> Any:
        item = _bytes(self._memory)[index]
        return UntypedStorage(item) if isinstance(item, ndarray) else int(item)

    def tolist(self) -> list[int]:
        """The bytes as numbers."""
        return _bytes(self._memory).tolist()  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        lines = [f" {n}" for n in self.tolist()]
        return "\n".join([*lines, f"[{dtypes.brand}.storage.UntypedStorage(device=cpu) of size {len(self)}]"])


class TypedStorage:
    """The memory of a tensor and its views, as elements."""

    __slots__ = ("_untyped", "dtype")

    def __init__(self, untyped: UntypedStorage, d: dtype) -> None:
        self._untyped, self.dtype = untyped, d

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        return self._untyped

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self._untyped.data_ptr()

    def nbytes(self) -> int:
        """How many bytes."""
        return self._untyped.nbytes()

    def size(self) -> int:
        """How many elements."""
        return self._untyped.nbytes() // self.dtype.itemsize

    __len__ = size

    def _elements(self) -> Any:
        memory = _bytes(self._untyped._memory)
        item = self.dtype.itemsize
        return memory[: memory.size // item * item].view(self.dtype.numpy)

    def __getitem__(self, index: Any) -> Any:
        return wrap(np.asarray(self._elements()[index])).item() if isinstance(index, int) else self._elements()[index]

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        return wrap(self._elements()).tolist()  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        lines = [f" {n}" for n in self.tolist()]
        kind = f"{dtypes.brand}.storage.TypedStorage(dtype={self.dtype}, device=cpu)"
        return "\n".join([*lines, f"[{kind} of size {len(self)}]"])


def _bytes(memory: Any) -> Any:
    """All the memory of an array that owns it, as bytes."""
    return np.ndarray((memory.nbytes,), np.uint8, memory.ravel("K") if memory.size else np.empty(0))


@method
def untyped_storage(self: Tensor) -> UntypedStorage:
    """The memory that the tensor looks into."""
    return UntypedStorage(_owner(self._array))


@method
def storage(self: Tensor) -> TypedStorage:
    """The memory that the tensor looks into, by elements."""
    warnings.warn(
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. "
        "This should only matter to you if you are using storages directly.  To access UntypedStorage directly, use "
        "tensor.untyped_storage() instead of tensor.storage()",
        stacklevel=2,
    )
    return TypedStorage(untyped_storage(self), self.dtype)


def is_storage(obj: Any, /) -> bool:
    """Whether ``obj`` is a storage."""
    return isinstance(obj, (UntypedStorage, TypedStorage))


@method
def resize_(self: Tensor, *sizes: Any, memory_format: Any = None) -> Tensor:
    """Gives the tensor another shape, of any size; what its memory does not hold is not initialised.

    Raises:
        RuntimeError: if the tensor requires grad.
    """
    from ..creation import size_of

    if not sizes:
        raise missing("resize_", "size")
    shape = size_of("resize_", sizes)
    if self.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    if any(n < 0 for n in shape):
        raise RuntimeError("numel: integer multiplication overflow")
    if shape != self._array.shape:
        self._array = _reshaped(self._array, shape)
    return self


def _reshaped(array: Any, shape: tuple[int, ...]) -> Any:
    """An array of this shape on the memory of ``array``, or on more where that is too small."""
    count, item = int(np.prod(shape)), array.itemsize
    memory = _bytes(_owner(array))
    start = _address(array) - _address(memory) if array.size else 0
    if start + count * item > memory.size:
        larger = np.empty(start + count * item, np.uint8)
        larger[: memory.size] = memory
        memory = larger
    return np.ndarray(shape, array.dtype, memory, start)


@method
def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """Gives the tensor the shape of another: see :meth:`resize_`."""
    return resize_(self, tuple(the_template._array.shape))


@method
def set_(
    self: Tensor, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None
) -> Tensor:
    """Makes the tensor look into the memory of ``source``, a tensor or a storage.

    Raises:
        RuntimeError: if ``source`` has another dtype.
    """
    d = self.dtype
    if source is None:
        array = np.empty(0, d.numpy)
    elif isinstance(source, Tensor):
        array = source._array
        if array.dtype != d.numpy:
            kinds = [CPP_NAMES[x] for x in (source.dtype, d)]
            raise RuntimeError(f"Could not set tensor of type {kinds[0]} to a tensor of type {kinds[1]}")
        if size is not None:
            array = np.ndarray((array.size,), d.numpy, _bytes(_owner(array)))
    elif is_storage(source):
        untyped = source if isinstance(source, UntypedStorage) else source.untyped()
        array = TypedStorage(untyped, d)._elements()
    else:
        raise combination("set_", (source,), {}, *_SET)
    if size is not None:
        shape = tuple(size)
        memory, item = _bytes(_owner(array)), d.itemsize
        strides = None if stride is None else tuple(s * item for s in stride)
        array = np.ndarray(shape, d.numpy, memory, storage_offset * item, strides)
    self._array = array
    return self


_SET = (
    "", "torch.Storage source",
    "torch.Storage source, int storage_offset, tuple of ints size, tuple of ints stride = None", "Tensor source",
    "Tensor source, int storage_offset, tuple of ints size, tuple of ints stride = None",
)  # fmt: skip

#: What C++ calls the types, in a few error messages.
CPP_NAMES = {
    dtypes.bool_: "bool", dtypes.uint8: "unsigned char", dtypes.int8: "signed char", dtypes.int16: "short int",
    dtypes.int32: "int", dtypes.int64: "long int", dtypes.uint16: "short unsigned int", dtypes.uint32: "unsigned int",
    dtypes.uint64: "long unsigned int", dtypes.float16: "c10::Half", dtypes.bfloat16: "c10::BFloat16",
    dtypes.float32: "float", dtypes.float64: "double", dtypes.complex64: "c10::complex<float>",
    dtypes.complex128: "c10::complex<double>",
}  # fmt: skip


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
    return clone(a)  # type: ignore[no-any-return]


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


def astype(self: Tensor, dtype: Any, copy: bool = True) -> Tensor:
    """As :meth:`to`, for a NumPy dtype: what derivative rules call, on arrays and tensors alike."""
    return to_dtype(self, dtypes.of(np.dtype(dtype)), copy)


def copy(self: Tensor) -> Tensor:
    """As :meth:`clone`, by the name NumPy's arrays have for it."""
    return clone(self)  # type: ignore[no-any-return]


Tensor.astype, Tensor.copy = astype, copy  # type: ignore[attr-defined]
