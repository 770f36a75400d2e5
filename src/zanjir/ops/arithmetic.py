"""Arithmetic: sums, products, quotients, remainders, powers, and the Python operators for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import BOOL, COMPLEX, FLOATING, dtype
from ..state import state
from ..tensor import Tensor, wrap
from .declare import Operator, conj, functions, ufuncs
from .elementwise import _FLOATS, _NUMBERS, Pointwise, _operator_only, binary, kernel, not_tensor, pointwise, says, to_real
from .inplace import bump, inplace, overlaps, public, to_out, with_out
from .signatures import SCALARS, number_argument

ndarray = np.ndarray

_REALS = frozenset(d for d in _NUMBERS if d.kind != "c")

_BOTH = "(Tensor input, Tensor other, *, Tensor out = None)"
_SECOND = "(Tensor input, Number other, *, Tensor out = None)"


def underived(name: str) -> Callable[[Any], Any]:
    """The rule of an operator that PyTorch has no derivative for: walking back through it raises."""

    def rule(g: Any) -> Any:
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return rule


class Twin:
    """A function that rules may call on arrays and on tensors alike: NumPy for the one, an operator for the other."""

    def __init__(self, on_arrays: Callable[..., Any], on_tensors: Callable[..., Any] | None = None) -> None:
        self.on_arrays = on_arrays
        self.on_tensors = on_tensors

    def __call__(self, *args: Any) -> Any:
        for a in args:
            if isinstance(a, Tensor):
                return self.on_tensors(*args)  # type: ignore[misc]
        return self.on_arrays(*args)


def zero(g: Any) -> Any:
    """The rule of a step function."""
    return np.zeros_like(g)


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
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use "
            "the `~` or `logical_not()` operator instead."
        )


_plus = pointwise(
    "add", np.add, lambda g: g, lambda g: g, dunder="add", reflected=True, exact=True, method=False, function=False
)
_minus = pointwise(
    "sub", np.subtract, lambda g: g, lambda g: -g, dunder="sub", exact=True, guard=_no_bools, method=False, function=False
)


def _scaled(alpha: Any, array: Any) -> Any:
    """``alpha`` in the dtype of ``array``."""
    return np.asarray(alpha).astype(array.dtype)


_LIMITS = {
    "float16": ("c10::Half", 65504.0), "bfloat16": ("c10::BFloat16", 3.4e38), "float32": ("float", 3.4028234663852886e38),
    "complex64": ("c10::complex<float>", 3.4028234663852886e38),
}  # fmt: skip


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


def _with_alpha(name: str, aliases: Sequence[str], plain: Any, op: Operator, guard: Any, sign: int, doc: str) -> None:
    """Attaches ``add`` or ``sub``: ``plain`` where ``alpha`` is 1."""
    spec = Pointwise(op, name, exact=True, guard=guard)
    into = Tensor.__dict__[f"__i{name}__"]

    def method(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
        if alpha.__class__ is int and alpha == 1:
            return plain(input, other)  # type: ignore[no-any-return]
        alpha = number_argument(name, "alpha", alpha)
        wrong = spec.misuse((input, other), True)
        if wrong is not None:
            raise wrong
        if guard is not None:
            guard((input, other))
        check_alpha(spec.common((input, other)), alpha)
        return spec(input, other, params=(alpha,))

    def function(input: Any, other: Any, *, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
        try:
            result = method(input, other, alpha=alpha)
        except TypeError as error:
            raise spec.misuse((input, other), False) or error from None
        return result if out is None else to_out(name, out, result)

    def axpy(x: Any, b: Any, alpha: float) -> None:
        np.add(x, b * (sign * alpha), x)

    recorded = inplace(method, name + "_")

    def in_place(self: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
        if alpha.__class__ is int and alpha == 1:
            result = into(self, other)
            if result is NotImplemented:
                raise not_tensor(name, "other", 1, other)
            return result  # type: ignore[no-any-return]
        if (
            alpha.__class__ is float
            and isinstance(other, Tensor)
            and not (state.grad and (self._rg or other._rg or self._base is not None))
        ):
            x, b = self._array, other._array
            if x.dtype is b.dtype and x.dtype in _FLOATS and x.shape == b.shape and not overlaps(x):
                check_alpha(self.dtype, alpha)
                state.run(axpy, x, b, alpha)
                bump(self)
                return self
        return recorded(self, other, alpha=alpha)  # type: ignore[no-any-return]

    method.__name__ = method.__qualname__ = function.__name__ = function.__qualname__ = name
    method.__doc__ = function.__doc__ = doc
    in_place.__name__ = in_place.__qualname__ = name + "_"
    in_place.__doc__ = f"In-place form of :func:`{name}`."
    for n in (name, *aliases):
        setattr(Tensor, n, method)
        setattr(Tensor, n + "_", in_place)
        functions[n] = function


_with_alpha(
    "add", (), _plus,
    Operator("AddBackward0", lambda a, b, alpha: a + _scaled(alpha, b) * b, (lambda g: g, lambda g, alpha: g * conj(alpha))),
    None, 1,
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
)  # fmt: skip
_with_alpha(
    "sub", ("subtract",), _minus,
    Operator("SubBackward0", lambda a, b, alpha: a - _scaled(alpha, b) * b, (lambda g: g, lambda g, alpha: -g * conj(alpha))),
    _no_bools, -1,
    """The difference ``input - alpha · other``, elementwise; see :func:`add`.

    Raises:
        RuntimeError: also where either is bool.

    >>> import zanjir
    >>> zanjir.sub(zanjir.tensor([1.0, 2.0]), zanjir.tensor(1.0))
    tensor([0., 1.])
    """,
)  # fmt: skip

_rsub_signatures = ("(Tensor input, Tensor other, *, Number alpha = 1)", "(Tensor input, Number other, Number alpha = 1)")
_reversed_difference = (lambda a, b: np.subtract(b, a)), (lambda g: -g, lambda g: g)
_rsub_number = Pointwise(
    Operator("RsubBackward1", *_reversed_difference), "rsub", exact=True, guard=_no_bools, signatures=_rsub_signatures
)
_rsub_tensor = Pointwise(  # as b - a
    Operator("RsubBackward0", np.subtract, (lambda g: g, lambda g: -g)), "rsub", exact=True, guard=_no_bools
)
_rsub_ops = [
    Operator(f"RsubBackward{i}", lambda b, a, alpha: b - _scaled(alpha, a) * a, (lambda g: g, lambda g, alpha: -g * conj(alpha)))
    for i in (0, 1)
]
_difference_from = binary(_rsub_number, True)
Tensor.__rsub__ = _difference_from  # type: ignore[attr-defined]


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

_quotient = (lambda g, b: g / conj(b)), (lambda g, y, b: -g * conj(y / b))
_over = pointwise(
    "div", np.true_divide, *_quotient, floats=True, dunder="truediv", exact=True, method=False, function=False
)
true_divide = pointwise(
    "true_divide", np.true_divide, *_quotient, node="DivBackward0", floats=True, exact=True,
    signatures=(_BOTH, "(Tensor input, Number other)"),
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


def _div_function(input: Any, other: Any, *, rounding_mode: str | None = _NOT_GIVEN, out: Tensor | None = None) -> Tensor:
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


# ---------------------------------------------------------------------- operators with overloads


def overloaded(
    name: str,
    both: Pointwise,
    number: Pointwise,
    first: Pointwise | None,
    *,
    doc: str,
    argument: str = "other",
    dunder: str | None = None,
    ufunc: Any = None,
    in_place: bool = True,
) -> Callable[[Any, Any], Tensor]:
    """Attaches an operator that is another one by overload: tensor and tensor, tensor and number, number and tensor."""

    def choose(special: bool) -> Callable[[Any, Any], Any]:
        with_tensor, with_number = binary(both, special), binary(number, special)

        def f(input: Any, other: Any) -> Any:
            if isinstance(other, Tensor):
                if isinstance(input, Tensor):
                    return with_tensor(input, other)
                if first is not None:
                    return first(input, other)
            elif special and isinstance(other, ndarray):
                return with_tensor(input, wrap(other))
            return with_number(input, other)

        return f

    f, operator = choose(False), choose(True)
    method: Callable[..., Any] = f
    if argument == "exponent":

        def method(input: Any, exponent: Any) -> Any:
            return f(input, exponent)

        def function(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
            try:
                result: Tensor = f(input, exponent)
            except TypeError as error:
                raise number.misuse((input, exponent), False) or error from None
            return result if out is None else to_out(name, out, result)

    else:

        def function(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
            try:
                result: Tensor = f(input, other)
            except TypeError as error:
                raise number.misuse((input, other), False) or error from None
            return result if out is None else to_out(name, out, result)

    for g in (method, function):
        g.__name__ = g.__qualname__ = name
        g.__doc__ = doc
    functions[name] = function
    setattr(Tensor, name, method)
    into = inplace(f, name + "_")
    if in_place:
        setattr(Tensor, name + "_", into)
    if dunder is not None:
        setattr(Tensor, f"__{dunder}__", operator)
        setattr(Tensor, f"__i{dunder}__", _operator_only(into))

        def reflected(self: Tensor, other: Any) -> Any:
            if isinstance(other, Tensor):
                return f(other, self)
            if isinstance(other, SCALARS):
                return first(other, self) if first is not None else f(wrap(np.asarray(other)), self)
            return f(wrap(other), self) if isinstance(other, ndarray) else NotImplemented

        setattr(Tensor, f"__r{dunder}__", reflected)
    if ufunc is not None:
        ufuncs[ufunc] = f
    return f


def _kinds(name: str, both: str, number: str, first: str | None, forward: Any, rules: Any, **options: Any) -> tuple[Any, ...]:
    """The three overloads of one forward function; the rules are for the tensors among the operands."""
    a, b = rules
    return (
        Pointwise(Operator(both, forward, (a, b)), name, **options),
        Pointwise(Operator(number, forward, (a, None)), name, **options),
        None if first is None else Pointwise(Operator(first, forward, (None, b)), name, **options),
    )


_never = underived("floor_divide")
_floor_divide = Pointwise(
    Operator("NotImplemented", _floor_quotient, (_never, _never)), "floor_divide", exact=True, fast=_REALS,
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
_floor_divide.signatures = (_BOTH, "(Tensor input, Number other)")


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
remainder = overloaded(
    "remainder",
    *_kinds(
        "remainder", "RemainderBackward1", "RemainderBackward0", None, _modulus,
        (lambda g: g, lambda g, a, b: -g * _floored(a, b)), refuses=_refuses, fast=_REALS,
        signatures=(_BOTH, "(Number self, Tensor other)", _SECOND),
    )[:2],
    Pointwise(Operator("NotImplemented", _modulus, (None, underived("remainder"))), "remainder", refuses=_refuses),
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
    *_kinds(
        "fmod", "FmodBackward1", "FmodBackward0", None, _c_modulus,
        (lambda g: g, lambda g, a, b: -g * _truncated(a, b)), fast=_REALS,
        refuses={c: kernel("fmod_cpu") for c in (BOOL, COMPLEX)}, signatures=(_BOTH, _SECOND),
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


# ---------------------------------------------------------------------- powers


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


_POW = ("(Tensor input, Tensor exponent, *, Tensor out = None)", "(Number self, Tensor exponent, *, Tensor out = None)",
        "(Tensor input, Number exponent, *, Tensor out = None)")  # fmt: skip


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
        raise not_tensor("square", "input", 1, input)
    return _square(input, 2)


ufuncs[np.square] = square


def float_power(input: Any, exponent: Any) -> Tensor:
    """``input`` to the power ``exponent`` in double precision, elementwise: float64, or complex128.

    Args:
        input, exponent: tensors, or one a number, of shapes that broadcast.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.float_power(zanjir.tensor([1, 2, 3]), 2)
    tensor([1., 4., 9.], dtype=torch.float64)
    """
    wrong = _float_power.misuse((input, exponent), True)
    if wrong is not None:
        raise wrong
    d = dtypes.float64
    for operand in (input, exponent):
        kind = operand.dtype if isinstance(operand, Tensor) else dtypes.of_scalar(operand)
        if kind.category == COMPLEX:
            d = dtypes.complex128
    base, power_ = (o.to(d) if isinstance(o, Tensor) else complex(o) if d.is_complex else float(o) for o in (input, exponent))
    return power(base, power_)


def _float_power_(self: Tensor, exponent: Any) -> Tensor:
    """In-place form of :func:`float_power`, for float64 and complex128."""
    numbers = [o.dtype if isinstance(o, Tensor) else dtypes.of_scalar(o) for o in (self, exponent)]
    d = dtypes.complex128 if any(n.is_complex for n in numbers) else dtypes.float64
    if self.dtype is not d:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {self.dtype.legacy} but the operation's result requires dtype {d.legacy}"
        )
    return self.pow_(exponent)  # type: ignore[no-any-return]


def _float_power_function(input: Any, exponent: Any) -> Tensor:
    wrong = _float_power.misuse((input, exponent), False)
    if wrong is not None:
        raise wrong
    return float_power(input, exponent)


_float_power = Pointwise(_pow_tensor.op, "float_power", signatures=_POW)
_float_power_function.__doc__ = float_power.__doc__
functions["float_power"] = with_out(_float_power_function, "float_power")
Tensor.float_power, Tensor.float_power_ = float_power, _float_power_  # type: ignore[attr-defined]
ufuncs[np.float_power] = float_power


# ---------------------------------------------------------------------- one operand

neg = pointwise(
    "neg", np.negative, lambda g: -g, aliases=("negative",), dunder="neg",
    fast=_NUMBERS, refuses={BOOL: says(
        RuntimeError,
        "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or "
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
        raise not_tensor("positive", "input", 1, input)
    if input._array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


Tensor.__pos__ = positive  # type: ignore[attr-defined]
ufuncs[np.positive] = positive



def sign_values(x: Any) -> Any:
    """x / |x|, and 0 at 0; of real numbers the sign, 0 for NaN too; bool as it is."""
    if x.dtype.kind in "fV":
        return (x > 0).astype(x.dtype) - (x < 0)
    return x.copy() if x.dtype.kind == "b" else np.sign(x)


sgn = Twin(sign_values)  # the operator joins it in pointwise.py
absolute = pointwise(
    "abs", np.absolute, lambda g, x: g * sgn(x), aliases=("absolute",), dunder="abs",
    result=to_real, fast=_REALS, refuses={BOOL: kernel("abs_cpu")},
    doc="""|x|, elementwise; real for complex numbers.

    The derivative at 0 is taken as 0; of a complex number it is x / |x|.

    >>> import zanjir
    >>> zanjir.abs(zanjir.tensor([-1.0, 2.0]))
    tensor([1., 2.])
    """,
)  # fmt: skip
ufuncs[np.fabs] = absolute
_abs_in_place = Tensor.abs_  # type: ignore[attr-defined]


def abs_(self: Tensor) -> Tensor:
    """In-place form of :func:`abs`, not for complex numbers."""
    if self.is_complex():
        raise RuntimeError("In-place abs is not supported for complex tensors.")
    return _abs_in_place(self)  # type: ignore[no-any-return]


Tensor.abs_ = Tensor.absolute_ = abs_  # type: ignore[attr-defined]

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


def _left_number(f: Callable[..., Any], reflected: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy scalar on the left of a tensor calls the ufunc; PyTorch's node is that of the reflected operator."""
    return lambda a, b: f(a, b) if isinstance(a, Tensor) else reflected(b, a)


ufuncs[np.true_divide] = _left_number(_over, _over_self)
ufuncs[np.subtract] = _left_number(_minus, _difference_from)
Tensor.__rtruediv__ = Tensor.__rdiv__ = _over_self  # type: ignore[attr-defined]


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
    for position, (argument, value) in enumerate((("input", input), ("tensor1", tensor1), ("tensor2", tensor2))):
        if not isinstance(value, Tensor):
            raise not_tensor(name, argument, max(position, 1), value)


@public(out=True, in_place=True)
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
    return _addcmul(input, tensor1, tensor2, params=(number_argument("addcmul", "value", value),))


@public(out=True, in_place=True)
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
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true "
            "division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * "
            "torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / "
            "tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: (input + value * "
            "tensor1 / tensor2), for all dtypes."
        )
    return _addcdiv(input, tensor1, tensor2, params=(number_argument("addcdiv", "value", value),))

