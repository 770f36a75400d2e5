"""Comparisons, logic and bits: operators with a bool result, or on bits; none has a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import BOOL, COMPLEX, FLOATING
from ..signature import argument, of_tensors
from ..state import state
from ..tensor import Tensor, wrap
from .declare import Operator, functions, numpy_functions, ufuncs
from .elementwise import _FLOATS, _NUMBERS, Pointwise, kernel, mismatch, pointwise, says, to_bool
from .inplace import assign, inplace
from .overloads import attach, left_number, zero
from .protocol import numpy_function

_BOTH = "Tensor input, Tensor other, *, Tensor out = None"
_FIRST = "Number self, Tensor other"
_SECOND = "Tensor input, Number other, *, Tensor out = None"

_BOOL = np.dtype(np.bool_)
_EVERY = _NUMBERS | {_BOOL}
_ORDERED = frozenset(d for d in _EVERY if d.kind != "c")
_BITS = frozenset(d for d in _ORDERED if d.kind != "f")
#: Compared at once with a number of any size: in PyTorch a number that does not fit wraps around.
_COMPARED = _FLOATS | {_BOOL, np.dtype(np.int64)}

# ---------------------------------------------------------------------- comparisons


def _comparison(name: str, alias: str, ufunc: Any, sign: str, example: str) -> None:
    """Attaches ``eq`` and its like: function, operator, and the in-place form, which writes 0 and 1."""
    refuses = {} if name in ("eq", "ne") else {COMPLEX: kernel(f"{name}_cpu")}
    doc = f"""Where ``input {sign} other``, elementwise: a bool tensor.

    Args:
        input: a tensor.
        other: a tensor or a number; the shapes broadcast, the values are compared in the promoted dtype.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.{name}(zanjir.tensor([1, 2, 3]), 2)
    tensor({example})
    """
    options: dict[str, Any] = {"refuses": refuses, "signatures": (_BOTH, _SECOND), "doc": doc, "in_place": False}
    pointwise(name, ufunc, None, None, aliases=(alias,), dunder=name, result=to_bool, fast=_COMPARED, **options)
    # In place the result is a number, so a graph has a node for it: one that gives no gradient.
    node = name.capitalize() + "Backward"

    def forward(a: Any, b: Any) -> Any:
        return ufunc(a, b).astype(a.dtype)

    by_number = Pointwise(
        Operator(node + "0", forward, (zero, None)), name, refuses=refuses, signatures=options["signatures"]
    )
    by_tensor = Pointwise(
        Operator(node + "1", forward, (zero, zero)), name, refuses=refuses, signatures=options["signatures"]
    )

    def values(self: Tensor, other: Any) -> Tensor:
        spec = by_tensor if isinstance(other, Tensor) else by_number
        wrong = spec.misuse((self, other), True)
        if wrong is not None:
            raise TypeError(str(wrong).replace(f"{name}()", f"{name}_()", 1))
        if self._rg or (isinstance(other, Tensor) and other._rg):
            return spec(self, other)
        return functions[name](self, other)

    values.__name__ = name
    for n in (name, alias):
        setattr(Tensor, n + "_", inplace(values, n + "_"))


_comparison("eq", "equal_values", np.equal, "==", "[False,  True, False]")
_comparison("ne", "not_equal", np.not_equal, "!=", "[ True, False,  True]")
_comparison("lt", "less", np.less, "<", "[ True, False, False]")
_comparison("le", "less_equal", np.less_equal, "<=", "[ True,  True, False]")
_comparison("gt", "greater", np.greater, ">", "[False, False,  True]")
_comparison("ge", "greater_equal", np.greater_equal, ">=", "[False,  True,  True]")
del Tensor.equal_values, Tensor.equal_values_, functions["equal_values"]  # type: ignore[attr-defined]


def _same_dtype(input: Tensor, other: Tensor) -> None:
    if input._array.dtype != other._array.dtype:
        raise RuntimeError(f"{input.dtype.legacy} did not match {other.dtype.legacy}")


def _is_close(a: Any, b: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    close = a == b
    if equal_nan:
        close = close | (np.isnan(a) & np.isnan(b))
    if not rtol and not atol:
        return close
    error = np.absolute(a - b)
    return close | (np.isfinite(error) & (error <= atol + np.absolute(rtol * b)))


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Where ``|input - other| <= atol + rtol · |other|``, elementwise: a bool tensor.

    Args:
        input, other: tensors of one dtype and of shapes that broadcast.
        rtol, atol: the relative and the absolute tolerance.
        equal_nan: whether NaN is close to NaN.

    Raises:
        RuntimeError: for unlike dtypes and negative tolerances.

    >>> import zanjir
    >>> zanjir.isclose(zanjir.tensor([1.0, 2.0]), zanjir.tensor([1.0 + 1e-7, 2.1]))
    tensor([ True, False])
    """
    if not isinstance(other, Tensor):
        raise argument("isclose", "other", 1, "Tensor", other)
    _same_dtype(input, other)
    for parameter, value in (("rtol", rtol), ("atol", atol)):
        if not isinstance(value, (int, float)):
            raise argument("isclose", parameter, None, "float", value)
        if value < 0:
            raise RuntimeError(f"{parameter} must be greater than or equal to zero, but got {value:g}")
    a, b = input._array, other._array
    if a.dtype.kind not in "fc":
        wide = np.float32 if input.dtype.category == FLOATING else dtypes.get_default_dtype().numpy
        a, b = a.astype(wide), b.astype(wide)
    try:
        close = state.run(_is_close, a, b, rtol, atol, equal_nan)
    except ValueError:
        raise mismatch((input, other)) from None
    return wrap(np.asarray(close))


def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are close: see :func:`isclose`.

    >>> import zanjir
    >>> zanjir.allclose(zanjir.tensor([1.0, 2.0]), zanjir.tensor([1.0, 2.0 + 1e-6]))
    True
    """
    if not isinstance(other, Tensor):
        raise argument("allclose", "other", 1, "Tensor", other)
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same elements.

    >>> import zanjir
    >>> zanjir.equal(zanjir.tensor([1, 2]), zanjir.tensor([1, 2]))
    True
    """
    if not isinstance(other, Tensor):
        raise argument("equal", "other", 1, "Tensor", other)
    return input._array.shape == other._array.shape and bool((input._array == other._array).all())


for _f in (isclose, allclose, equal):
    functions[_f.__name__] = of_tensors("input", "other")(_f)
    setattr(Tensor, _f.__name__, _f)

# ---------------------------------------------------------------------- logic


def _logic(name: str, ufunc: Any, word: str) -> None:
    pointwise(
        name, ufunc, None, None, result=to_bool, fast=_EVERY, numbers=False,
        doc=f"""{word} of the truth of two tensors (what is not zero is true), elementwise: a bool tensor.

    Args:
        input, other: tensors of shapes that broadcast.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.{name}(zanjir.tensor([True, True]), zanjir.tensor([0, 1]))
    tensor({np.asarray(ufunc([True, True], [0, 1])).tolist()})
    """.replace("[True, False]", "[ True, False]").replace("[False, True]", "[False,  True]"),
    )  # fmt: skip


def _write_truth(name: str) -> None:
    """In place: writes 0 and 1, and leaves the graph alone, as PyTorch does, even that of a leaf."""
    f = getattr(Tensor, name)

    def method(self: Tensor, *other: Any) -> Tensor:
        if other and not isinstance(other[0], Tensor):
            raise argument(name + "_", "other", 1, "Tensor", other[0])
        assign(self, f(self, *other))
        return self

    method.__name__ = method.__qualname__ = name + "_"
    method.__doc__ = f"In-place form of :func:`{name}`."
    setattr(Tensor, name + "_", method)


_logic("logical_and", np.logical_and, "The conjunction")
_logic("logical_or", np.logical_or, "The disjunction")
_logic("logical_xor", np.logical_xor, "The exclusive disjunction")
pointwise(
    "logical_not", np.logical_not, None, result=to_bool, fast=_EVERY,
    doc="""Where an element is zero: a bool tensor.

    >>> import zanjir
    >>> zanjir.logical_not(zanjir.tensor([0, 1]))
    tensor([ True, False])
    """,
)  # fmt: skip

for _name in ("logical_and", "logical_or", "logical_xor", "logical_not"):
    _write_truth(_name)

# ---------------------------------------------------------------------- bits


def _bits(name: str, ufunc: Any, dunder: str, word: str, known_as: str, refused: tuple[int, ...]) -> None:
    pointwise(
        name, ufunc, None, None, dunder=dunder, fast=_BITS - {_BOOL} if BOOL in refused else _BITS,
        refuses=dict.fromkeys(refused, kernel(known_as)), signatures=(_BOTH, _FIRST, _SECOND),
        doc=f"""{word}, elementwise, for integers and bool.

    Args:
        input, other: tensors, or one a number, of shapes that broadcast.
        out: where to write the result.

    Raises:
        NotImplementedError: for floating and complex numbers.

    >>> import zanjir
    >>> zanjir.{name}(zanjir.tensor([5, 6]), 1)
    tensor({np.asarray(ufunc([5, 6], 1)).tolist()})
    """,
    )  # fmt: skip
    f = functions[name]

    def reflected(self: Tensor, other: Any) -> Any:
        if isinstance(other, (bool, int, float, complex, np.generic)):
            return f(other, self)
        return f(wrap(other), self) if isinstance(other, np.ndarray) else NotImplemented

    setattr(Tensor, f"__r{dunder}__", reflected)


_bits("bitwise_and", np.bitwise_and, "and", "The bits both have", "bitwise_and_cpu", (FLOATING, COMPLEX))
_bits("bitwise_or", np.bitwise_or, "or", "The bits either has", "bitwise_or_cpu", (FLOATING, COMPLEX))
_bits("bitwise_xor", np.bitwise_xor, "xor", "The bits exactly one has", "bitwise_xor_cpu", (FLOATING, COMPLEX))
_not_bool = (BOOL, FLOATING, COMPLEX)
_bits("bitwise_left_shift", np.left_shift, "lshift", "The bits moved up, input · 2ⁿ", "lshift_cpu", _not_bool)
_bits("bitwise_right_shift", np.right_shift, "rshift", "The bits moved down, ⌊input / 2ⁿ⌋", "rshift_cpu", _not_bool)

bitwise_not = pointwise(
    "bitwise_not", np.invert, None, fast=_BITS, refuses=dict.fromkeys((FLOATING, COMPLEX), kernel("bitwise_not_cpu")),
    doc="""The bits inverted, elementwise: ``-x - 1`` for integers, the negation for bool.

    Raises:
        NotImplementedError: for floating and complex numbers.

    >>> import zanjir
    >>> zanjir.bitwise_not(zanjir.tensor([True, False]))
    tensor([False,  True])
    """,
)  # fmt: skip


def _invert(self: Tensor) -> Tensor:
    if self._array.dtype not in _BITS and self.dtype.category >= FLOATING:
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bitwise_not(self)


attach(__invert__=_invert)

# ---------------------------------------------------------------------- what kind of number

_options: dict[str, Any] = {"result": to_bool, "in_place": False}


def _integers(answer: Any, of_floats: Any) -> Any:
    """A predicate that has one answer for all integers."""
    return lambda x: of_floats(x) if x.dtype.kind in "fc" else np.full_like(x, answer, bool)


isnan = pointwise(
    "isnan", _integers(False, np.isnan), None, **_options,
    doc="""Where an element is NaN: a bool tensor.

    >>> import zanjir
    >>> zanjir.isnan(zanjir.tensor([1.0, float("nan")]))
    tensor([False,  True])
    """,
)  # fmt: skip
isinf = pointwise(
    "isinf", _integers(False, np.isinf), None, **_options,
    doc="""Where an element is infinite: a bool tensor.

    >>> import zanjir
    >>> zanjir.isinf(zanjir.tensor([1.0, float("-inf")]))
    tensor([False,  True])
    """,
)  # fmt: skip
isfinite = pointwise(
    "isfinite", _integers(True, np.isfinite), None, **_options,
    doc="""Where an element is neither infinite nor NaN: a bool tensor.

    >>> import zanjir
    >>> zanjir.isfinite(zanjir.tensor([1.0, float("nan")]))
    tensor([ True, False])
    """,
)  # fmt: skip
isposinf = pointwise(
    "isposinf", _integers(False, lambda x: x == np.inf), None, **_options,
    refuses={COMPLEX: says(RuntimeError, "isposinf does not support complex inputs.")},
    doc="""Where an element is +∞: a bool tensor.

    >>> import zanjir
    >>> zanjir.isposinf(zanjir.tensor([float("inf"), float("-inf")]))
    tensor([ True, False])
    """,
)  # fmt: skip
isneginf = pointwise(
    "isneginf", _integers(False, lambda x: x == -np.inf), None, **_options,
    refuses={COMPLEX: says(RuntimeError, "isneginf does not support complex inputs.")},
    doc="""Where an element is -∞: a bool tensor.

    >>> import zanjir
    >>> zanjir.isneginf(zanjir.tensor([float("inf"), float("-inf")]))
    tensor([False,  True])
    """,
)  # fmt: skip
isreal = pointwise(
    "isreal", lambda x: x.imag == 0 if x.dtype.kind == "c" else np.ones_like(x, bool), None, **_options,
    doc="""Where an element has no imaginary part: a bool tensor.

    >>> import zanjir
    >>> zanjir.isreal(zanjir.tensor([1.0 + 0j, 1j]))
    tensor([ True, False])
    """,
)  # fmt: skip
signbit = pointwise(
    "signbit", lambda x: np.signbit(x) if x.dtype.kind == "f" else x < 0, None, **_options,
    refuses={COMPLEX: says(NotImplementedError, "signbit is not implemented for complex tensors.")},
    doc="""Where an element has a minus sign, -0.0 too: a bool tensor.

    >>> import zanjir
    >>> zanjir.signbit(zanjir.tensor([1.0, -0.0]))
    tensor([False,  True])
    """,
)  # fmt: skip

ufuncs[np.isnan], ufuncs[np.isinf], ufuncs[np.isfinite], ufuncs[np.signbit] = isnan, isinf, isfinite, signbit
numpy_functions[np.isreal] = isreal
for _ufunc, _reflected in (
    (np.less, "__gt__"),
    (np.less_equal, "__ge__"),
    (np.greater, "__lt__"),
    (np.greater_equal, "__le__"),
):
    ufuncs[_ufunc] = left_number(ufuncs[_ufunc], getattr(Tensor, _reflected))
numpy_function(np.isposinf)(lambda x, out=None: functions["isposinf"](x, out=out))
numpy_function(np.isneginf)(lambda x, out=None: functions["isneginf"](x, out=out))
