"""The memory of tensors: storages, and giving a tensor another shape or other memory."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .. import dtypes
from ..device import cpu as CPU
from ..device import device as Device
from ..dtypes import dtype
from ..signature import argument, combination, missing
from ..tensor import Tensor, _address, _owner, wrap
from .convert import method
from .fill import CPP_NAMES

__all__ = ["TypedStorage", "UntypedStorage", "is_storage"]

ndarray = np.ndarray


@method
def is_same_size(self: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape."""
    if not isinstance(other, Tensor):
        raise argument("is_same_size", "other", 1, "Tensor", other)
    return bool(self._array.shape == other._array.shape)


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
        self._memory: Any = np.zeros(memory, np.uint8) if isinstance(memory, int) else memory

    @property
    def device(self) -> Device:
        """Where it is: ``cpu``."""
        return CPU

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return _address(self._memory)

    def nbytes(self) -> int:
        """How many bytes."""
        size: int = self._memory.nbytes
        return size

    size = __len__ = nbytes

    def __getitem__(self, index: Any) -> Any:
        item = _bytes(self._memory)[index]
        return UntypedStorage(item) if isinstance(item, ndarray) else int(item)

    def tolist(self) -> list[int]:
        """The bytes as numbers."""
        return _bytes(self._memory).tolist()

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
        count: int = self._untyped.nbytes() // self.dtype.itemsize
        return count

    __len__ = size

    def _elements(self) -> Any:
        memory = _bytes(self._untyped._memory)
        item = self.dtype.itemsize
        return memory[: memory.size // item * item].view(self.dtype.numpy)

    def __getitem__(self, index: Any) -> Any:
        return wrap(np.asarray(self._elements()[index])).item() if isinstance(index, int) else self._elements()[index]

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        return wrap(self._elements()).tolist()

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
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage "
        "class. This should only matter to you if you are using storages directly.  To access UntypedStorage "
        "directly, use tensor.untyped_storage() instead of tensor.storage()",
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
    from ..factory import size_of

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
    count, item = math.prod(shape), array.itemsize
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
def set_(self: Tensor, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None) -> Tensor:
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
