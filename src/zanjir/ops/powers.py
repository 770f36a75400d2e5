"""Powers: aᵇ, with numbers and tensors for either, and a²."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import BOOL, COMPLEX, FLOATING
from ..signature import argument
from ..tensor import Tensor
from .declare import Operator, conj, functions, ufuncs
from .elementwise import (
    _NUMBERS,
    Pointwise,
    binary,
    kernel,
)
from .inplace import public, with_out
from .overloads import Twin, attach, overloaded

ndarray = np.ndarray


def _integer_power(a: Any, b: Any) -> Any:
    """Powers of integers; a negative exponent gives 0 but for 1 and -1."""
    negative = b < 0
    if not np.any(negative):
        return np.power(a, b)
    units = np.where(a == 1, 1, np.where(a == -1, 1 - 2 * (b & 1), 0)).astype(a.dtype)
    return np.where(negative, units, np.power(a, np.where(negative, 0, b)))


def _power(a: Any, b: Any) -> Any:
    return _integer_power(a, b) if a.dtype.kind in "iu" else np.power(a, b)


#: Exponents with a shorter way than ``pow``.
_SHORT: dict[Any, Callable[[Any], Any]] = {
    0: np.ones_like,
    1: np.copy,
    2: np.square,
    3: lambda x: x * x * x,
    0.5: np.sqrt,
    -0.5: lambda x: 1 / np.sqrt(x),
    -1: np.reciprocal,
    -2: lambda x: 1 / (x * x),
}


def _power_of_number(a: Any, b: Any) -> Any:
    """Powers by one number, a Python one or a 0-dim array."""
    if b.__class__ is int and b == 2 and a.dtype.kind in "fc":
        return np.multiply(a, a)
    if b.__class__ is ndarray:
        b = b.item()
    short = _SHORT.get(b)
    if a.dtype.kind in "biu":
        if a.dtype.kind == "b":
            return a | (not b)
        if b < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
    return np.power(a, a.dtype.type(b)) if short is None else short(a)


def _power_slope(a: Any, b: Any) -> Any:
    """d aᵇ / da = b aᵇ⁻¹, and 0 where b is the number 0."""
    # An array to the power 1 is itself; a tensor's is recorded, as PyTorch does, so that it can be differentiated on.
    return b * (a if b == 2 and a.__class__ is ndarray else _to_number(a, b - 1))


def _no_negative(operands: Sequence[Any]) -> None:
    a, b = operands
    if isinstance(a, Tensor) and isinstance(b, (int, np.integer)) and b < 0 and a.dtype.category < FLOATING:
        raise RuntimeError("Integers to negative integer powers are not allowed.")


_POW = ("Tensor input, Tensor exponent, *, Tensor out = None", "Number self, Tensor exponent, *, Tensor out = None",
        "Tensor input, Number exponent, *, Tensor out = None")  # fmt: skip


def _base_rule(g: Any, a: Any, b: Any) -> Any:
    return np.where(b == 0, 0, g * conj(b * a ** (b - 1)))


def _exponent_rule(g: Any, y: Any, a: Any, b: Any) -> Any:
    """d aᵇ / db = aᵇ ln a, and 0 where a is 0 and b a real number that is not negative."""
    if np.iscomplexobj(b):
        return np.where((a == 0) & (b.real >= 0) & (b.imag == 0), 0, g * conj(y * np.log(a + 0j)))
    return np.where((a == 0) & (b >= 0), 0, g * conj(y * np.log(a)))


_pow_number = Pointwise(
    Operator(
        "PowBackward0", _power_of_number,
        (lambda g, a, b: np.zeros_like(g) if b == 0 else g * conj(_power_slope(a, b)), None),
    ),
    "pow", fast=_NUMBERS, signatures=_POW, guard=_no_negative,
)  # fmt: skip
_pow_tensor = Pointwise(
    Operator("PowBackward1", _power, (_base_rule, _exponent_rule)), "pow", refuses={BOOL: kernel("pow")}, fast=_NUMBERS,
    signatures=_POW,
)  # fmt: skip
_pow_of_number = Pointwise(
    Operator("PowBackward2", _power, (None, _exponent_rule)), "pow", refuses={BOOL: kernel("pow")}, fast=_NUMBERS,
    signatures=_POW,
)  # fmt: skip
power = overloaded(
    "pow", _pow_tensor, _pow_number, _pow_of_number, argument="exponent", dunder="pow", ufunc=np.power,
    doc="""``input`` to the power ``exponent``, elementwise.

    Args:
        input: the base, a tensor or a number.
        exponent: a tensor or a number; at least one of the two is a tensor. Their shapes broadcast, the result has the
            promoted dtype.
        out: where to write the result.

    Raises:
        RuntimeError: for integers to a negative number.

    >>> import zanjir
    >>> zanjir.pow(zanjir.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """,
)  # fmt: skip

_to_number = Twin(_power_of_number, power)
_square = binary(_pow_number, False)


@public(out=True, in_place=True)
def square(input: Tensor) -> Tensor:
    """x², elementwise.

    >>> import zanjir
    >>> zanjir.square(zanjir.tensor([1.0, -3.0]))
    tensor([1., 9.])
    """
    if not isinstance(input, Tensor):
        raise argument("square", "input", 1, "Tensor", input)
    return _square(input, 2)


ufuncs[np.square] = square


def float_power(input: Any, exponent: Any) -> Tensor:
    """``input`` to the power ``exponent`` in double precision, elementwise: float64, or complex128.

    Args:
        input, exponent: tensors, or one a number, of shapes that broadcast.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.float_power(zanjir.tensor([1, 2, 3]), 2)
    tensor([1., 4., 9.], dtype=zanjir.float64)
    """
    wrong = _float_power.misuse((input, exponent), True)
    if wrong is not None:
        raise wrong
    d = dtypes.float64
    for operand in (input, exponent):
        kind = operand.dtype if isinstance(operand, Tensor) else dtypes.of_scalar(operand)
        if kind.category == COMPLEX:
            d = dtypes.complex128
    base, power_ = (
        o.to(d) if isinstance(o, Tensor) else complex(o) if d.is_complex else float(o) for o in (input, exponent)
    )
    return power(base, power_)


def _float_power_(self: Tensor, exponent: Any) -> Tensor:
    """In-place form of :func:`float_power`, for float64 and complex128."""
    numbers = [o.dtype if isinstance(o, Tensor) else dtypes.of_scalar(o) for o in (self, exponent)]
    d = dtypes.complex128 if any(n.is_complex for n in numbers) else dtypes.float64
    if self.dtype is not d:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {self.dtype.legacy} but the operation's result requires dtype "
            f"{d.legacy}"
        )
    return self.pow_(exponent)


def _float_power_function(input: Any, exponent: Any) -> Tensor:
    wrong = _float_power.misuse((input, exponent), False)
    if wrong is not None:
        raise wrong
    return float_power(input, exponent)


_float_power = Pointwise(_pow_tensor.op, "float_power", signatures=_POW)
_float_power_function.__doc__ = float_power.__doc__
functions["float_power"] = with_out(_float_power_function, "float_power")
attach(float_power=float_power, float_power_=_float_power_)
ufuncs[np.float_power] = float_power
