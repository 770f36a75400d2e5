"""Writing over a tensor: ``copy_``, ``fill_``, ``zero_``; and numbers checked for whether they fit a dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import BOOL, COMPLEX, INTEGER, REDUCED, dtype
from ..signature import argument, combination
from ..state import state
from ..tensor import Tensor, wrap
from .convert import converted, method, warn_complex
from .declare import Operator, functions, record
from .elementwise import mismatch
from .inplace import alias, bump, check, overlaps, public, settle, write

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)

# ``wide``: the dtype of a source that was repeated, so that its gradient is summed in that.
_copy = Operator(
    "CopyBackwards", lambda x, source, wide: source,
    (lambda g: np.zeros_like(g), lambda g, wide: g if wide is None else g.astype(wide)),
)  # fmt: skip
_zero = Operator("ZeroBackward0", lambda x: np.zeros_like(x), (lambda g: np.zeros_like(g),))
_fills = [
    Operator("FillBackward0", lambda x, value: np.full_like(x, value), (lambda g: np.zeros_like(g),)),
    Operator("FillBackward1", lambda x, value: np.full_like(x, value), (lambda g: np.zeros_like(g), lambda g: g)),
    Operator("FillBackward2", lambda x, value: np.full_like(x, value), (lambda g: np.zeros_like(g),)),
    Operator("FillBackward3", lambda x, value: np.full_like(x, value), (lambda g: np.zeros_like(g), lambda g: g)),
]


def overwrite(t: Tensor, op: Operator, values: Any, *sources: Tensor, params: tuple[Any, ...] = ()) -> Tensor:
    """Writes ``values`` over all of ``t`` and records that as ``op``, whose inputs are ``t`` and ``sources``.

    Whoever calls has called :func:`check`. The rules of ``op`` must save nothing.
    """
    write(t._array, values)
    counter = bump(t)
    if state.grad and (t._rg or any(s.requires_grad for s in sources)) and t._array.dtype.kind in "fcV":
        result = wrap(t._array)
        record(op, result, (alias(t), *sources), params)
        settle(t, result, counter)
    return t


def plainly(t: Tensor) -> bool:
    """Whether ``t`` can be written in place without a thought for graphs, views and layouts."""
    return (
        t._base is None and not (t._rg and state.now.grad) and t._array.flags.c_contiguous and t._array.flags.writeable
    )


def unshared(t: Tensor) -> None:
    """Raises what PyTorch raises where elements of ``t`` share memory, so that not each can be given its own value."""
    if overlaps(t._array):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


@method
def copy_(self: Tensor, other: Any, non_blocking: bool = False) -> Tensor:
    """Writes the elements of ``other`` into the tensor, broadcast and cast to its dtype. Gradients flow to ``other``.

    Raises:
        RuntimeError: if the shapes do not broadcast to this tensor's.

    >>> import zanjir
    >>> zanjir.zeros(2, 2).copy_(zanjir.tensor([1, 2]))
    tensor([[1., 2.],
            [1., 2.]])
    """
    if (
        non_blocking.__class__ is bool
        and isinstance(other, Tensor)
        and plainly(self)
        and other._array.dtype is self._array.dtype
        and other._array.shape == self._array.shape
        and not (state.now.grad and other.requires_grad)
    ):
        self._array[...] = other._array
        bump(self)
        return self
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
            raise RuntimeError(f"output with shape {list(array.shape)} doesn't match the broadcast shape {list(shape)}")
    wide = None
    if source.dtype is not array.dtype:
        if source.dtype.kind in "fV" and array.dtype.kind in "fV" and source.shape != array.shape:
            wide = source.dtype
        if source.dtype.kind == "c" and array.dtype.kind not in "cb":
            warn_complex()
        source = state.run(converted, source, array.dtype)
    return overwrite(self, _copy, source, other, params=(wide,))


@method
def zero_(self: Tensor) -> Tensor:
    """Fills the tensor with zeros."""
    if plainly(self):
        self._array.fill(0)
        bump(self)
        return self
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
    if plainly(self):
        self._array[...] = array
        bump(self)
        return self
    check(self)
    return overwrite(self, _fills[2], array)


@public(method=False)
def fill(input: Tensor, value: Any) -> Tensor:
    """A tensor like ``input``, every element ``value`` (a number, or a 0-dim tensor)."""
    if isinstance(value, Tensor):
        filled = np.full_like(input._array, _zero_dim("fill", value, input._array.dtype))
        return _fills[1].finish(filled, (input, value), ())
    array = scalar_array("fill", value, input.dtype, input._array.size == 1)
    return _fills[0](input, array)


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
    """A number of NumPy's as one of Python's; of a complex64, unknown to Python, PyTorch takes the real part."""
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


#: What C++ calls the types, in a few error messages.
CPP_NAMES = {
    dtypes.bool_: "bool", dtypes.uint8: "unsigned char", dtypes.int8: "signed char", dtypes.int16: "short int",
    dtypes.int32: "int", dtypes.int64: "long int", dtypes.uint16: "short unsigned int", dtypes.uint32: "unsigned int",
    dtypes.uint64: "long unsigned int", dtypes.float16: "c10::Half", dtypes.bfloat16: "c10::BFloat16",
    dtypes.float32: "float", dtypes.float64: "double", dtypes.complex64: "c10::complex<float>",
    dtypes.complex128: "c10::complex<double>",
}  # fmt: skip
