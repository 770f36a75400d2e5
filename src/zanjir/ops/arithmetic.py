"""Arithmetic: sums, products, quotients, remainders, and the Python operators for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import BOOL, COMPLEX, FLOATING, REDUCED, dtype
from ..signature import SCALARS, argument, checked_number
from ..tensor import Tensor, wrap
from .declare import Operator, conj, functions, ufuncs
from .elementwise import (
    _NUMBERS,
    Pointwise,
    binary,
    kernel,
    pointwise,
    says,
    to_real,
)
from .inplace import inplace, public, to_out
from .overloads import (
    BOTH,
    REALS,
    SECOND,
    Twin,
    alike,
    attach,
    kinds,
    left_number,
    overloaded,
    sgn,
    underived,
    writable_at_once,
    write_at_once,
    zero,
)

ndarray = np.ndarray

# ---------------------------------------------------------------------- a + b, a - b


def _no_bools(operands: Sequence[Any]) -> None:
    bools = [o.dtype is dtypes.bool_ if isinstance(o, Tensor) else isinstance(o, (bool, np.bool_)) for o in operands]
    if all(bools):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    if any(bools):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a "
            "mask, use "
            "the `~` or `logical_not()` operator instead."
        )


_plus = pointwise(
    "add", np.add, lambda g: g, lambda g: g, dunder="add", reflected=True, exact=True, method=False, function=False
)
_minus = pointwise(
    "sub",
    np.subtract,
    lambda g: g,
    lambda g: -g,
    dunder="sub",
    exact=True,
    guard=_no_bools,
    method=False,
    function=False,
)


def _scaled(alpha: Any, array: Any) -> Any:
    """``alpha`` in the dtype of ``array``."""
    return alpha if array.dtype.kind in "fcV" else np.asarray(alpha).astype(array.dtype)


def _narrowed(alpha: Any, d: dtype) -> Any:
    """``alpha`` as PyTorch uses it: rounded first where the result is half or bfloat16."""
    return float(np.array(alpha, d.numpy)) if d.numpy in REDUCED and alpha.__class__ is float else alpha


_LIMITS = {
    "float16": ("c10::Half", 65504.0),
    "bfloat16": ("c10::BFloat16", 3.4e38),
    "float32": ("float", 3.4028234663852886e38),
    "complex64": ("c10::complex<float>", 3.4028234663852886e38),
}


def check_alpha(d: dtype, alpha: Any) -> None:
    """Raises what PyTorch raises where a result of dtype ``d`` cannot have the multiplier ``alpha``."""
    if isinstance(alpha, bool) and d.category != BOOL:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, (float, complex, np.inexact)) and d.category < FLOATING:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if isinstance(alpha, (complex, np.complexfloating)) and d.category < COMPLEX:
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")
    name, limit = _LIMITS.get(d.name, ("", float("inf")))
    if limit < abs(alpha) < float("inf"):
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")


def _with_alpha(name: str, aliases: Sequence[str], plain: Any, op: Operator, guard: Any, doc: str) -> None:
    """Attaches ``add`` or ``sub``: ``plain`` where ``alpha`` is 1."""
    spec = Pointwise(op, name, exact=True, guard=guard)
    into = Tensor.__dict__[f"__i{name}__"]

    def method(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
        if alpha.__class__ is int and alpha == 1:
            return plain(input, other)
        alpha = checked_number(name, "alpha", alpha)
        if alike(input, other) and alpha.__class__ is not bool:
            check_alpha(input.dtype, alpha)
            return op(input, other, _narrowed(alpha, input.dtype))
        wrong = spec.misuse((input, other), True)
        if wrong is not None:
            raise wrong
        if guard is not None:
            guard((input, other))
        d = spec.common((input, other))
        check_alpha(d, alpha)
        return spec(input, other, params=(_narrowed(alpha, d),))

    def function(input: Any, other: Any, *, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
        try:
            result = method(input, other, alpha=alpha)
        except TypeError as error:
            raise spec.misuse((input, other), False) or error from None
        return result if out is None else to_out(name, out, result)

    recorded = inplace(method, name + "_")

    def in_place(self: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
        if alpha.__class__ is int and alpha == 1:
            result = into(self, other)
            if result is NotImplemented:
                raise argument(name, "other", 1, "Tensor", other)
            return result
        if alpha.__class__ is float and writable_at_once(self, other):
            check_alpha(self.dtype, alpha)
            if write_at_once(self, op.forward, other, alpha):
                return self
        return recorded(self, other, alpha=alpha)

    method.__name__ = method.__qualname__ = function.__name__ = function.__qualname__ = name
    method.__doc__ = function.__doc__ = doc
    in_place.__name__ = in_place.__qualname__ = name + "_"
    in_place.__doc__ = f"In-place form of :func:`{name}`."
    for n in (name, *aliases):
        setattr(Tensor, n, method)
        setattr(Tensor, n + "_", in_place)
        functions[n] = function


_with_alpha(
    "add",
    (),
    _plus,
    Operator(
        "AddBackward0", lambda a, b, alpha: a + _scaled(alpha, b) * b, (lambda g: g, lambda g, alpha: g * conj(alpha))
    ),
    None,
    """The sum ``input + alpha · other``, elementwise.

    Args:
        input, other: tensors (or numbers) of shapes that broadcast; the result has the promoted dtype.
        alpha: multiplies ``other``; a bool only where the result is bool, an integer where it is an integer.
        out: where to write the result.

    Raises:
        RuntimeError: for shapes that do not broadcast, or an ``alpha`` of a higher category than the result.

    >>> import zanjir
    >>> zanjir.add(zanjir.tensor([1.0, 2.0]), 3, alpha=10)
    tensor([31., 32.])
    """,
)
_with_alpha(
    "sub",
    ("subtract",),
    _minus,
    Operator(
        "SubBackward0", lambda a, b, alpha: a - _scaled(alpha, b) * b, (lambda g: g, lambda g, alpha: -g * conj(alpha))
    ),
    _no_bools,
    """The difference ``input - alpha · other``, elementwise; see :func:`add`.

    Raises:
        RuntimeError: also where either is bool.

    >>> import zanjir
    >>> zanjir.sub(zanjir.tensor([1.0, 2.0]), zanjir.tensor(1.0))
    tensor([0., 1.])
    """,
)

_rsub_signatures = (
    "Tensor input, Tensor other, *, Number alpha = 1",
    "Tensor input, Number other, Number alpha = 1",
)
_reversed_difference = (lambda a, b: np.subtract(b, a)), (lambda g: -g, lambda g: g)
_rsub_number = Pointwise(
    Operator("RsubBackward1", *_reversed_difference), "rsub", exact=True, guard=_no_bools, signatures=_rsub_signatures
)
_rsub_tensor = Pointwise(  # as b - a
    Operator("RsubBackward0", np.subtract, (lambda g: g, lambda g: -g)), "rsub", exact=True, guard=_no_bools
)
_rsub_ops = [
    Operator(
        f"RsubBackward{i}",
        lambda b, a, alpha: b - _scaled(alpha, a) * a,
        (lambda g: g, lambda g, alpha: -g * conj(alpha)),
    )
    for i in (0, 1)
]
_difference_from = binary(_rsub_number, True)
attach(__rsub__=_difference_from)


@public(method=False)
def rsub(input: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """The difference ``other - alpha · input``, elementwise: :func:`sub` with the operands exchanged.

    >>> import zanjir
    >>> zanjir.rsub(zanjir.tensor([1.0, 2.0]), 10)
    tensor([9., 8.])
    """
    tensor = isinstance(other, Tensor)
    wrong = _rsub_number.misuse((input, other), False)
    if wrong is not None:
        raise wrong
    if alpha.__class__ is int and alpha == 1:
        return _rsub_tensor(other, input) if tensor else _rsub_number(input, other)
    _no_bools((input, other))
    check_alpha(_rsub_number.common((input, other)), alpha)
    return Pointwise(_rsub_ops[not tensor], "rsub", exact=True)(other, input, params=(alpha,))


# ---------------------------------------------------------------------- a · b, a / b

mul = pointwise(
    "mul", np.multiply, lambda g, b: g * conj(b), lambda g, a: g * conj(a),
    aliases=("multiply",), dunder="mul", reflected=True, exact=True,
    doc="""The product ``input · other``, elementwise.

    Args:
        input, other: tensors (or numbers) of shapes that broadcast; the result has the promoted dtype.
        out: where to write the result.

    Raises:
        RuntimeError: for shapes that do not broadcast.

    >>> import zanjir
    >>> zanjir.mul(zanjir.tensor([1, 2]), 2.5)
    tensor([2.5000, 5.0000])
    """,
)  # fmt: skip

# The second rule divides anew rather than keep the quotient: PyTorch lets that be written in place.
_quotient = (lambda g, b: g / conj(b)), (lambda g, a, b: -g * conj(a / b / b))
_over = pointwise(
    "div", np.true_divide, *_quotient, floats=True, dunder="truediv", exact=True, method=False, function=False
)
true_divide = pointwise(
    "true_divide", np.true_divide, *_quotient, node="DivBackward0", floats=True, exact=True,
    signatures=(BOTH, "Tensor input, Number other"),
    doc="""The quotient ``input / other``, elementwise: :func:`div` without a ``rounding_mode``.

    >>> import zanjir
    >>> zanjir.true_divide(zanjir.tensor([1, 2]), 4)
    tensor([0.2500, 0.5000])
    """,
)  # fmt: skip


def _by_zero(b: Any) -> None:
    """Integers cannot be divided by 0."""
    if np.count_nonzero(b) != b.size:
        raise RuntimeError("ZeroDivisionError")


def _floor_quotient(a: Any, b: Any) -> Any:
    if a.dtype.kind in "iu":
        _by_zero(np.asarray(b))
    return np.floor_divide(a, b)


def _trunc_quotient(a: Any, b: Any) -> Any:
    if b.dtype.kind not in "iu":
        return np.trunc(a / b)
    _by_zero(b)
    q = np.floor_divide(a, b)
    return q + ((q * b != a) & ((a < 0) != (b < 0)))  # rounded down where it should have been rounded up


_rounded = {
    "floor": Pointwise(
        Operator("DivBackward2", _floor_quotient, (zero, zero)), "div", exact=True,
        refuses=dict.fromkeys((BOOL, COMPLEX), kernel("div_floor_cpu")),
    ),
    "trunc": Pointwise(
        Operator("DivBackward2", _trunc_quotient, (zero, zero)), "div", exact=True,
        refuses=dict.fromkeys((BOOL, COMPLEX), kernel("div_trunc_cpu")),
    ),
    None: Pointwise(Operator("DivBackward2", np.true_divide, _quotient), "div", floats=True, exact=True),
}  # fmt: skip

_NOT_GIVEN: Any = object()


def div(input: Tensor, other: Any, *, rounding_mode: str | None = _NOT_GIVEN) -> Tensor:
    """The quotient ``input / other``, elementwise.

    Args:
        input, other: tensors (or numbers) of shapes that broadcast. The result is floating, unless it is rounded: then
            integers stay integers.
        rounding_mode: ``None``; ``"trunc"`` towards zero, as C; ``"floor"`` down, as Python's ``//``.
        out: where to write the result.

    Raises:
        RuntimeError: for shapes that do not broadcast, an unknown ``rounding_mode``, and integers divided by zero.

    >>> import zanjir
    >>> zanjir.div(zanjir.tensor([7, -7]), 2, rounding_mode="trunc")
    tensor([ 3, -3])
    """
    if rounding_mode is _NOT_GIVEN:
        return _over(input, other)
    try:
        spec = _rounded[rounding_mode]
    except (KeyError, TypeError):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        ) from None
    return spec(input, other)


def _div_function(
    input: Any, other: Any, *, rounding_mode: str | None = _NOT_GIVEN, out: Tensor | None = None
) -> Tensor:
    try:
        result = div(input, other, rounding_mode=rounding_mode)
    except TypeError as error:
        raise _rounded[None].misuse((input, other), False) or error from None
    return result if out is None else to_out("div", out, result)


_div_function.__name__, _div_function.__doc__ = "div", div.__doc__
for _name in ("div", "divide"):
    functions[_name] = _div_function
    setattr(Tensor, _name, div)
    setattr(Tensor, _name + "_", inplace(div, _name + "_"))

_floored = Twin(np.floor_divide, lambda a, b: div(a, b, rounding_mode="floor"))
_truncated = Twin(_trunc_quotient, lambda a, b: div(a, b, rounding_mode="trunc"))

# ---------------------------------------------------------------------- quotients rounded down, remainders

_never = underived("floor_divide")
_floor_divide = Pointwise(
    Operator("NotImplemented", _floor_quotient, (_never, _never)), "floor_divide", exact=True, fast=REALS,
    refuses=dict.fromkeys((BOOL, COMPLEX), kernel("div_floor_cpu")),
)  # fmt: skip
floor_divide = overloaded(
    "floor_divide", _floor_divide, _floor_divide, _floor_divide, dunder="floordiv", ufunc=np.floor_divide,
    doc="""The quotient rounded down, ``input // other``, elementwise. It has no derivative.

    Args:
        input, other: tensors, or one a number, of shapes that broadcast; the result has the promoted dtype.
        out: where to write the result.

    Raises:
        RuntimeError: for integers divided by zero.

    >>> import zanjir
    >>> zanjir.floor_divide(zanjir.tensor([7, -7]), 2)
    tensor([ 3, -4])
    """,
)  # fmt: skip
_floor_divide.signatures = (BOTH, "Tensor input, Number other")


def _modulus(a: Any, b: Any) -> Any:
    """The remainder with the divisor's sign; zero keeps the dividend's."""
    if a.dtype.kind in "iu":
        _by_zero(np.asarray(b))
        return np.remainder(a, b)
    m = np.fmod(a, b)
    return np.where((m != 0) & ((b < 0) != (m < 0)), m + b, m)


def _c_modulus(a: Any, b: Any) -> Any:
    """The remainder with the dividend's sign."""
    if a.dtype.kind in "iu":
        _by_zero(np.asarray(b))
    return np.fmod(a, b)


_refuses = {c: kernel("remainder_cpu") for c in (BOOL, COMPLEX)}
_both, _number, _ = kinds(
    "remainder", "RemainderBackward1", "RemainderBackward0", None, _modulus,
    (lambda g: g, lambda g, a, b: -g * _floored(a, b)), refuses=_refuses, fast=REALS,
    signatures=(BOTH, "Number self, Tensor other", SECOND),
)  # fmt: skip
_first = Pointwise(Operator("NotImplemented", _modulus, (None, underived("remainder"))), "remainder", refuses=_refuses)
remainder = overloaded(
    "remainder", _both, _number, _first,
    dunder="mod", ufunc=np.remainder,
    doc="""The remainder of ``input / other`` with the sign of ``other``, as Python's ``%``, elementwise.

    Raises:
        RuntimeError: for integers divided by zero.

    >>> import zanjir
    >>> zanjir.remainder(zanjir.tensor([7, -7]), 4)
    tensor([3, 1])
    """,
)  # fmt: skip
fmod = overloaded(
    "fmod",
    *kinds(
        "fmod", "FmodBackward1", "FmodBackward0", None, _c_modulus,
        (lambda g: g, lambda g, a, b: -g * _truncated(a, b)), fast=REALS,
        refuses={c: kernel("fmod_cpu") for c in (BOOL, COMPLEX)}, signatures=(BOTH, SECOND),
    ),
    ufunc=np.fmod,
    doc="""The remainder of ``input / other`` with the sign of ``input``, as C's ``fmod``, elementwise.

    Raises:
        RuntimeError: for integers divided by zero.

    >>> import zanjir
    >>> zanjir.fmod(zanjir.tensor([7, -7]), 4)
    tensor([ 3, -3])
    """,
)  # fmt: skip

# ---------------------------------------------------------------------- one operand

neg = pointwise(
    "neg", np.negative, lambda g: -g, aliases=("negative",), dunder="neg",
    fast=_NUMBERS, refuses={BOOL: says(
        RuntimeError,
        "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
        "the `~` or "
        "`logical_not()` operator instead.",
    )},
    doc="""-x, elementwise.

    Raises:
        RuntimeError: for bool.

    >>> import zanjir
    >>> zanjir.neg(zanjir.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """,
)  # fmt: skip


@public()
def positive(input: Tensor) -> Tensor:
    """The tensor itself: what ``+x`` gives.

    Raises:
        RuntimeError: for bool.

    >>> import zanjir
    >>> zanjir.positive(zanjir.tensor([1.0]))
    tensor([1.])
    """
    if not isinstance(input, Tensor):
        raise argument("positive", "input", 1, "Tensor", input)
    if input._array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


attach(__pos__=positive)
ufuncs[np.positive] = positive


absolute = pointwise(
    "abs", np.absolute, lambda g, x: g * sgn(x), aliases=("absolute",), dunder="abs",
    result=to_real, fast=REALS, refuses={BOOL: kernel("abs_cpu")},
    doc="""|x|, elementwise; real for complex numbers.

    The derivative at 0 is taken as 0; of a complex number it is x / |x|.

    >>> import zanjir
    >>> zanjir.abs(zanjir.tensor([-1.0, 2.0]))
    tensor([1., 2.])
    """,
)  # fmt: skip
ufuncs[np.fabs] = absolute
_abs_in_place = Tensor.abs_


def abs_(self: Tensor) -> Tensor:
    """In-place form of :func:`abs`, not for complex numbers."""
    if self.is_complex():
        raise RuntimeError("In-place abs is not supported for complex tensors.")
    return _abs_in_place(self)


attach(abs_=abs_, absolute_=abs_)

reciprocal = pointwise(
    "reciprocal", np.reciprocal, lambda g, y: -g * conj(y * y), floats=True,
    doc="""1 / x, elementwise; integers become the default floating dtype.

    >>> import zanjir
    >>> zanjir.reciprocal(zanjir.tensor([2, 4]))
    tensor([0.5000, 0.2500])
    """,
)  # fmt: skip


def _over_self(self: Tensor, other: Any) -> Any:
    """``other / self``: PyTorch records it as the reciprocal of ``self`` times ``other``."""
    if isinstance(other, SCALARS):
        return mul(reciprocal(self), other)
    return _over(wrap(other), self) if isinstance(other, ndarray) else NotImplemented


ufuncs[np.true_divide] = left_number(_over, _over_self)
ufuncs[np.subtract] = left_number(_minus, _difference_from)
attach(__rtruediv__=_over_self, __rdiv__=_over_self)

# ---------------------------------------------------------------------- three operands

_addcmul = Pointwise(
    Operator(
        "AddcmulBackward0", lambda a, b, c, value: a + _scaled(value, a) * b * c,
        (lambda g: g, lambda g, c, value: g * conj(c * value), lambda g, b, value: g * conj(b * value)),
    ),
    "addcmul", refuses={BOOL: kernel("addcmul_cpu_out")},
)  # fmt: skip
_addcdiv = Pointwise(
    Operator(
        "AddcdivBackward0", lambda a, b, c, value: a + _scaled(value, a) * b / c,
        (
            lambda g: g,
            lambda g, c, value: g * conj(value / c),
            lambda g, b, c, value: -g * conj(value * b / (c * c)),
        ),
    ),
    "addcdiv",
)  # fmt: skip


def _three_tensors(name: str, input: Any, tensor1: Any, tensor2: Any) -> None:
    for position, (parameter, value) in enumerate((("input", input), ("tensor1", tensor1), ("tensor2", tensor2))):
        if not isinstance(value, Tensor):
            raise argument(name, parameter, max(position, 1), "Tensor", value)


@public(out=True)
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """``input + value · tensor1 · tensor2``, elementwise.

    Args:
        input, tensor1, tensor2: tensors of shapes that broadcast; the result has the promoted dtype.
        value: a number.
        out: where to write the result.

    >>> import zanjir
    >>> t = zanjir.tensor([1.0, 2.0])
    >>> zanjir.addcmul(t, t, t, value=10)
    tensor([11., 42.])
    """
    _three_tensors("addcmul", input, tensor1, tensor2)
    value = checked_number("addcmul", "value", value)
    if alike(input, tensor1, tensor2):
        return _addcmul.op(input, tensor1, tensor2, value)
    return _addcmul(input, tensor1, tensor2, params=(value,))


@public(out=True)
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """``input + value · tensor1 / tensor2``, elementwise.

    Args:
        input, tensor1, tensor2: tensors of shapes that broadcast; the result has the promoted dtype.
        value: a number.
        out: where to write the result.

    Raises:
        RuntimeError: where integers would be divided.

    >>> import zanjir
    >>> t = zanjir.tensor([1.0, 2.0])
    >>> zanjir.addcdiv(t, t, t, value=10)
    tensor([11., 12.])
    """
    _three_tensors("addcdiv", input, tensor1, tensor2)
    if tensor1.dtype.category < FLOATING and tensor2.dtype.category < FLOATING:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will "
            "perform a true "
            "division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * "
            "torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / "
            "tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: (input + "
            "value * "
            "tensor1 / tensor2), for all dtypes."
        )
    value = checked_number("addcdiv", "value", value)
    if alike(input, tensor1, tensor2):
        return _addcdiv.op(input, tensor1, tensor2, value)
    return _addcdiv(input, tensor1, tensor2, params=(value,))


def _in_place(spec: Pointwise, f: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The in-place form, which optimizers call much: at once where nothing is recorded."""
    recorded = inplace(f, spec.name + "_")

    def method(self: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
        if (
            value.__class__ in (int, float)
            and writable_at_once(self, tensor1, tensor2)
            and write_at_once(self, spec.op.forward, tensor1, tensor2, value)
        ):
            return self
        return recorded(self, tensor1, tensor2, value=value)

    method.__name__ = method.__qualname__ = spec.name + "_"
    method.__doc__ = recorded.__doc__
    return method


attach(addcmul_=_in_place(_addcmul, addcmul), addcdiv_=_in_place(_addcdiv, addcdiv))
