"""Choosing and mixing: ``where``, ``clamp`` and its halves, ``lerp``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import BOOL, COMPLEX, FLOATING, INTEGER, dtype
from ..signature import SCALARS, combination, is_number, of_method
from ..state import state
from ..tensor import Tensor, refresh, wrap
from .declare import Operator, as_array, conj, functions, record
from .elementwise import _FLOATS, Pointwise, kernel, mismatch, number, parametric, says
from .inplace import inplace, public, to_out, with_out
from .overloads import alike, attach, drop, keep, writable_at_once, write_at_once
from .protocol import numpy_function

# ---------------------------------------------------------------------- where

_where = Operator(
    "WhereBackward0",
    lambda a, b, c: np.where(c, a, b),
    (lambda g, c: keep(c, g), lambda g, c: drop(c, g), None),
)
_values = Pointwise(_where, "where")

_WHERE = (
    "Tensor condition", "Tensor condition, Tensor input, Tensor other, *, Tensor out = None",
    "Tensor condition, Number self, Tensor other", "Tensor condition, Tensor input, Number other",
    "Tensor condition, Number self, Number other",
)  # fmt: skip


def _choose(condition: Tensor, input: Any, other: Any) -> Tensor:
    c = condition._array
    if c.dtype.kind != "b":
        if c.dtype != np.uint8:
            raise RuntimeError(
                f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition.dtype.legacy}"
            )
        condition = wrap(c != 0)
        c = condition._array
    # A number takes the dtype of a floating tensor beside it.
    if other.__class__ in (float, int) and isinstance(input, Tensor) and input._array.dtype in _FLOATS:
        other = wrap(np.array(other, input._array.dtype))
    elif input.__class__ in (float, int) and isinstance(other, Tensor) and other._array.dtype in _FLOATS:
        input = wrap(np.array(input, other._array.dtype))
    if isinstance(input, Tensor) and isinstance(other, Tensor) and input._array.dtype is other._array.dtype:
        try:
            return _where(input, other, condition)
        except ValueError:
            raise _where_mismatch(condition, input, other) from None
    d = _values.common((input, other))
    a, b = (o._array.astype(d.numpy, copy=False) if isinstance(o, Tensor) else number(o, d) for o in (input, other))
    try:
        t = wrap(as_array(np.where(c, a, b)))
    except ValueError:
        raise _where_mismatch(condition, input, other) from None
    tensors = [o for o in (input, other) if isinstance(o, Tensor)]
    for o in tensors:
        if o._base is not None:
            refresh(o)
    if state.grad and any(o._rg for o in tensors):
        record(_where, t, (input, other, condition), (), d.numpy)
    return t


def _where_mismatch(condition: Tensor, input: Any, other: Any) -> RuntimeError:
    return mismatch([o for o in (condition, input, other) if isinstance(o, Tensor)])


@public(method=False)
def where(condition: Tensor, input: Any = None, other: Any = None, *, out: Tensor | None = None) -> Any:
    """``input`` where ``condition`` holds, ``other`` elsewhere, elementwise.

    Args:
        condition: a bool tensor.
        input, other: tensors or numbers; the three shapes broadcast, the result has the promoted dtype.
        out: where to write the result.

    Returns:
        A tensor; with the condition alone, the indices where it is not zero: a tuple of int64 tensors, one a dimension.

    Raises:
        RuntimeError: if the condition is not bool, or the shapes do not broadcast.

    >>> import zanjir
    >>> x = zanjir.tensor([-1.0, 2.0])
    >>> zanjir.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    if input is None and other is None and isinstance(condition, Tensor):
        return tuple([wrap(i.copy()) for i in np.nonzero(np.atleast_1d(condition._array))])
    if not (
        isinstance(condition, Tensor)
        and isinstance(input, (Tensor, *SCALARS))
        and isinstance(other, (Tensor, *SCALARS))
    ):
        given = [condition, *(v for v in (input, other) if v is not None)]
        raise combination("where", given, {}, *_WHERE)
    result = _choose(condition, input, other)
    return result if out is None else to_out("where", out, result)


def _where_method(self: Tensor, condition: Tensor, other: Any) -> Tensor:
    """``self`` where ``condition`` holds, ``other`` elsewhere: see :func:`where`."""
    if not isinstance(condition, Tensor) or not isinstance(other, (Tensor, *SCALARS)):
        raise combination(
            "where", (condition, other), {}, "Tensor condition, Tensor other", "Tensor condition, Number other"
        )
    return _choose(condition, self, other)


_where_method.__name__ = "where"
attach(where=_where_method)


@numpy_function(np.where)
def _numpy_where(condition: Any, x: Any = None, y: Any = None) -> Any:
    condition = condition if isinstance(condition, Tensor) else wrap(np.asarray(condition))
    if x is None and y is None:
        return where(condition)
    if condition._array.dtype.kind != "b":
        condition = wrap(condition._array != 0)
    x, y = (wrap(np.asarray(v)) if not isinstance(v, (Tensor, *SCALARS)) else v for v in (x, y))
    return _choose(condition, x, y)


# ---------------------------------------------------------------------- clamp


def _limited(x: Any, low: Any, high: Any) -> Any:
    """x between ``low`` and ``high`` (``None``: no limit); ``high`` where they cross."""
    if low is not None:
        x = np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _within(x: Any, low: Any, high: Any) -> Any:
    if low is None:
        return x <= high
    return x >= low if high is None else (x >= low) & (x <= high)


_refuses = {COMPLEX: says(NotImplementedError, "clamp is not supported for complex types")}


def _by_numbers(node: str) -> Any:
    return parametric(
        "clamp", node, _limited, lambda g, x, low, high: keep(_within(x, low, high), g),
        fast=_FLOATS, refuses=_refuses,
    )  # fmt: skip


_clamp_numbers, _min_number, _max_number = map(
    _by_numbers, ("ClampBackward1", "ClampMinBackward0", "ClampMaxBackward0")
)


def _by_low(node: str, refuses: Any = _refuses) -> Pointwise:
    rules = (lambda g, a, b: keep(a >= b, g)), (lambda g, a, b: keep(a < b, g))
    return Pointwise(Operator(node, lambda a, b: np.maximum(a, b), rules), "clamp", refuses=refuses)


def _by_high(node: str, refuses: Any = _refuses) -> Pointwise:
    rules = (lambda g, a, b: keep(a <= b, g)), (lambda g, a, b: keep(a > b, g))
    return Pointwise(Operator(node, lambda a, b: np.minimum(a, b), rules), "clamp", refuses=refuses)


_clamp_low, _clamp_high = _by_low("ClampBackward0"), _by_high("ClampBackward0")
_min_tensor = _by_low("ClampMinBackward1", {COMPLEX: kernel("maximum_cpu")})
_max_tensor = _by_high("ClampMaxBackward1", {COMPLEX: kernel("minimum_cpu")})
_clamp_both = Pointwise(
    Operator(
        "ClampBackward0", lambda a, b, c: np.minimum(np.maximum(a, b), c),
        (
            lambda g, a, b, c: keep((a >= b) & (a <= c), g),
            lambda g, a, b, c: keep((a < b) & (b < c), g),
            lambda g, a, b, c: keep((a > c) | (c < b), g),
        ),
    ),
    "clamp", refuses={**_refuses, BOOL: kernel("clamp_cpu")},
)  # fmt: skip

_numbers = Pointwise(Operator("ClampBackward1", _limited, (None,)), "clamp", refuses=_refuses)


def _limit(f: Any, input: Tensor, low: Any, high: Any) -> Tensor:
    """``f(input, low, high)`` for limits that are numbers, in the dtype they promote ``input`` to."""
    if input._array.dtype not in _FLOATS:
        d = _numbers.common([input, *[v for v in (low, high) if v is not None]])
        if input.dtype is not d:
            input = wrap(input._array.astype(d.numpy))
        if d.category < FLOATING:
            low, high = (None if v is None else number(v, d) for v in (low, high))
    return f(input, low, high)


def _python(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) else value


_CLAMP = (
    "Tensor input, Tensor min = None, Tensor max = None, *, Tensor out = None",
    "Tensor input, Number min = None, Number max = None, *, Tensor out = None",
)


def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """The elements limited to the interval from ``min`` to ``max``; ``max`` where these cross.

    The gradient passes where the element lies within, bounds included; a tensor as a limit gets it elsewhere.

    Args:
        input: a tensor, not complex.
        min, max: both numbers, or both tensors of shapes that broadcast; one of them may be ``None``.
        out: where to write the result.

    Raises:
        RuntimeError: without a limit.

    >>> import zanjir
    >>> zanjir.clamp(zanjir.tensor([-1.0, 0.5, 3.0]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if not isinstance(input, Tensor):
        raise combination("clamp", [input, *(v for v in (min, max) if v is not None)], {}, *_CLAMP)
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    low, high = min is None or isinstance(min, Tensor), max is None or isinstance(max, Tensor)
    if low and high:
        if max is None:
            return _clamp_low(input, min)
        return _clamp_high(input, max) if min is None else _clamp_both(input, min, max)
    if (min is None or is_number(min)) and (max is None or is_number(max)):
        return _limit(_clamp_numbers, input, _python(min), _python(max))
    raise combination("clamp", [v for v in (min, max) if v is not None], {}, *of_method(_CLAMP))


def _clamp_function(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    try:
        return clamp(input, min, max)
    except TypeError:
        raise combination("clamp", [input, *(v for v in (min, max) if v is not None)], {}, *_CLAMP) from None


_clamp_function.__doc__ = clamp.__doc__
functions["clamp"] = functions["clip"] = with_out(_clamp_function, "clamp")
attach(clamp=clamp, clip=clamp)


def _clamp_in_place(name: str) -> Any:
    into = inplace(clamp, name)

    def method(self: Tensor, min: Any = None, max: Any = None) -> Tensor:
        limits = [v for v in (min, max) if isinstance(v, (Tensor, *SCALARS))]
        if limits:
            d = _numbers.common([self, *limits])
            if d.category > self.dtype.category:
                raise RuntimeError(f"result type {d.legacy} can't be cast to the desired output type {cpp(self.dtype)}")
        try:
            return into(self, min, max)
        except TypeError as error:
            raise TypeError(str(error).replace("clamp()", f"{name}()", 1)) from None

    method.__name__ = method.__qualname__ = name
    method.__doc__ = "In-place form of :func:`clamp`."
    return method


attach(clamp_=_clamp_in_place("clamp_"), clip_=_clamp_in_place("clip_"))


def _half(name: str, argument: str, by_tensor: Pointwise, by_number: Any) -> None:
    """Attaches ``clamp_min`` or ``clamp_max``."""
    signatures = tuple(f"Tensor input, {kind} {argument}, *, Tensor out = None" for kind in ("Tensor", "Number"))

    def limit(input: Tensor, value: Any, function: bool) -> Tensor:
        if isinstance(input, Tensor):
            if isinstance(value, Tensor):
                return by_tensor(input, value)
            if isinstance(value, SCALARS):
                return _limit(by_number, input, *((value, None) if argument == "min" else (None, value)))
        if function:
            raise combination(name, (input, value), {}, *signatures)
        raise combination(name, (value,), {}, *of_method(signatures))

    method: Any
    function: Any
    if argument == "min":

        def method(input: Tensor, min: Any) -> Tensor:
            return limit(input, min, False)

        def function(input: Tensor, min: Any) -> Tensor:
            return limit(input, min, True)

    else:

        def method(input: Tensor, max: Any) -> Tensor:
            return limit(input, max, False)

        def function(input: Tensor, max: Any) -> Tensor:
            return limit(input, max, True)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = (
        function.__doc__
    ) = f"""The elements, but none {"below" if argument == "min" else "above"} ``{argument}``, a \
number or a tensor: see :func:`clamp`.

    >>> import zanjir
    >>> zanjir.{name}(zanjir.tensor([-1.0, 2.0]), 1)
    tensor({"[1., 2.]" if argument == "min" else "[-1.,  1.]"})
    """
    functions[name] = with_out(function, name)
    setattr(Tensor, name, method)
    setattr(Tensor, name + "_", inplace(method, name + "_"))


_half("clamp_min", "min", _min_tensor, _min_number)
_half("clamp_max", "max", _max_tensor, _max_number)


@numpy_function(np.clip)
def _numpy_clip(
    a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None
) -> Any:
    low, high = (
        wrap(v) if isinstance(v, np.ndarray) else v
        for v in (a_min if min is None else min, a_max if max is None else max)
    )
    if not isinstance(a, Tensor):
        a = wrap(np.asarray(a))
    if isinstance(low, Tensor) != isinstance(high, Tensor) and low is not None and high is not None:
        low, high = (v if isinstance(v, Tensor) else wrap(np.asarray(v, a._array.dtype)) for v in (low, high))
    return functions["clamp"](a, low, high, out=out)


# ---------------------------------------------------------------------- lerp


def _lerp(a: Any, b: Any, w: Any) -> Any:
    """a + w (b - a), from the nearer end, so that w = 1 gives b exactly."""
    if isinstance(w, (int, float, complex)):
        return a + w * (b - a) if abs(w) < 0.5 else b - (b - a) * (1 - w)
    return np.where(np.absolute(w) < 0.5, a + w * (b - a), b - (b - a) * (1 - w))


_lerp_number = Pointwise(
    Operator("LerpBackward0", _lerp, (lambda g, w: g * conj(1 - w), lambda g, w: g * conj(w))), "lerp",
    refuses=dict.fromkeys((BOOL, INTEGER), kernel("lerp_kernel_scalar")),
)  # fmt: skip
_lerp_tensor = Pointwise(
    Operator(
        "LerpBackward1",
        _lerp,
        (lambda g, w: g * conj(1 - w), lambda g, w: g * conj(w), lambda g, a, b: g * conj(b - a)),
    ),
    "lerp",
    refuses=dict.fromkeys((BOOL, INTEGER), kernel("lerp_kernel_tensor")),
)

_LERP = (
    "Tensor input, Tensor end, Tensor weight, *, Tensor out = None",
    "Tensor input, Tensor end, Number weight, *, Tensor out = None",
)

#: What C++ calls the dtypes, in some messages.
_CPP = {
    "bool": "bool",
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "int64": "long int",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


def cpp(d: dtype) -> str:
    """What C++ calls this dtype."""
    return _CPP.get(d.name, d.name)


def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """The point between ``input`` (weight 0) and ``end`` (weight 1), ``input + weight · (end - input)``, elementwise.

    Args:
        input, end: floating tensors of one dtype and of shapes that broadcast.
        weight: a number, or a tensor of that dtype.
        out: where to write the result.

    Raises:
        RuntimeError: for unlike dtypes.

    >>> import zanjir
    >>> zanjir.lerp(zanjir.tensor([0.0]), zanjir.tensor([10.0]), 0.25)
    tensor([2.5000])
    """
    return _between(input, end, weight, False)


def _between(input: Any, end: Any, weight: Any, function: bool) -> Tensor:
    if not (isinstance(input, Tensor) and isinstance(end, Tensor) and isinstance(weight, (Tensor, *SCALARS))):
        raise (
            combination("lerp", (input, end, weight), {}, *_LERP)
            if function
            else combination("lerp", (end, weight), {}, *of_method(_LERP))
        )
    if end.dtype is not input.dtype:
        raise RuntimeError(f"expected dtype {cpp(input.dtype)} for `end` but got dtype {cpp(end.dtype)}")
    if not isinstance(weight, Tensor):
        if weight.__class__ in (float, int) and alike(input, end):
            return _lerp_number.op(input, end, weight)
        return _lerp_number(input, end, params=(weight,))
    if weight.dtype is not input.dtype:
        raise RuntimeError(f"expected dtype {cpp(input.dtype)} for `weight` but got dtype {cpp(weight.dtype)}")
    return _lerp_tensor(input, end, weight)


def _lerp_function(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    return _between(input, end, weight, True)


_lerp_function.__doc__ = lerp.__doc__
functions["lerp"] = with_out(_lerp_function, "lerp")
_lerp_recorded = inplace(lerp, "lerp_")


def lerp_(self: Tensor, end: Tensor, weight: Any) -> Tensor:
    """In-place form of :func:`lerp`: at once where nothing is recorded."""
    if (
        weight.__class__ in (float, int)
        and writable_at_once(self, end)
        and write_at_once(self, _lerp_number.op.forward, end, weight)
    ):
        return self
    return _lerp_recorded(self, end, weight)


attach(lerp=lerp, lerp_=lerp_)
