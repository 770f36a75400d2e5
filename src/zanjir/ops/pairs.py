"""Mathematical functions of two operands: angles, lengths, extremes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import BOOL, COMPLEX, INTEGER
from ..signature import argument, of_tensors
from ..tensor import Tensor
from .declare import Operator, conj, functions, ufuncs
from .elementwise import (
    _NUMBERS,
    Pointwise,
    kernel,
    pointwise,
    says,
)
from .inplace import inplace, with_out
from .overloads import BOTH, FIRST, SECOND, attach, drop, keep, overloaded, underived, zero
from .pointwise import _not_complex

_NUMERIC = (BOOL, INTEGER)


def _atan2_rule(g: Any, a: Any, b: Any) -> Any:
    square = a * a + b * b
    return np.where(square == 0, 0, g * b / square)


atan2 = pointwise(
    "atan2", np.arctan2, _atan2_rule, lambda g, a, b: _atan2_rule(-g, b, a),
    floats=True, aliases=("arctan2",), numbers=False, refuses=_not_complex("atan2_cpu"),
    doc="""The angle of the point (other, input), between -π and π, elementwise.

    Args:
        input, other: the ordinate and the abscissa, tensors of shapes that broadcast; the result is floating.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.atan2(zanjir.tensor([1.0]), zanjir.tensor([-1.0]))
    tensor([2.3562])
    """,
)  # fmt: skip
hypot = pointwise(
    "hypot", np.hypot, lambda g, y, a: g * (a / y), lambda g, y, b: g * (b / y), numbers=False,
    refuses={c: kernel("hypot_cpu") for c in (BOOL, INTEGER, COMPLEX)},
    doc="""√(input² + other²) without overflow, elementwise, for floating tensors of shapes that broadcast.

    >>> import zanjir
    >>> zanjir.hypot(zanjir.tensor([3.0]), zanjir.tensor([4.0]))
    tensor([5.])
    """,
)  # fmt: skip


def _logaddexp(a: Any, b: Any) -> Any:
    if a.dtype.kind != "c":
        return np.logaddexp(a, b)
    high = np.where(a.real < b.real, b, a)
    return high + np.log(np.exp(a - high) + np.exp(b - high))


logaddexp = pointwise(
    "logaddexp", _logaddexp, lambda g, a, b: g / conj(1 + np.exp(b - a)), lambda g, a, b: g / conj(1 + np.exp(a - b)),
    in_place=False, numbers=False, refuses=dict.fromkeys(_NUMERIC, kernel("logaddexp_cpu")),
    doc="""ln(eᵃ + eᵇ) without overflow, elementwise, for floating tensors of shapes that broadcast.

    >>> import zanjir
    >>> zanjir.logaddexp(zanjir.tensor([100.0]), zanjir.tensor([100.0]))
    tensor([100.6931])
    """,
)  # fmt: skip
logaddexp2 = pointwise(
    "logaddexp2", np.logaddexp2, lambda g, a, b: g / (1 + np.exp2(b - a)), lambda g, a, b: g / (1 + np.exp2(a - b)),
    in_place=False, numbers=False, refuses={c: kernel("logaddexp2_cpu") for c in (BOOL, INTEGER, COMPLEX)},
    doc="""log₂(2ᵃ + 2ᵇ) without overflow, elementwise, for floating tensors of shapes that broadcast.

    >>> import zanjir
    >>> zanjir.logaddexp2(zanjir.tensor([100.0]), zanjir.tensor([100.0]))
    tensor([101.])
    """,
)  # fmt: skip
ufuncs[np.logaddexp] = logaddexp.__wrapped__  # type: ignore[attr-defined]


def _xlogy(a: Any, b: Any) -> Any:
    return np.where((a == 0) & ~np.isnan(b), 0, a * np.log(b)).astype(a.dtype)


def _xlogy_rule(g: Any, a: Any, b: Any) -> Any:
    return np.where((a == 0) & (b <= 0), 0, g * np.log(b))


_xlogy_options: dict[str, Any] = {
    "floats": True, "refuses": _not_complex("xlogy_cpu"), "signatures": (BOTH, FIRST, SECOND),
}  # fmt: skip
xlogy = overloaded(
    "xlogy",
    Pointwise(Operator("XlogyBackward0", _xlogy, (_xlogy_rule, lambda g, a, b: g * a / b)), "xlogy", **_xlogy_options),
    Pointwise(Operator("XlogyBackward2", _xlogy, (_xlogy_rule, None)), "xlogy", **_xlogy_options),
    Pointwise(Operator("XlogyBackward1", _xlogy, (None, lambda g, a, b: g * a / b)), "xlogy", **_xlogy_options),
    doc="""input · ln(other), and 0 where ``input`` is 0, elementwise.

    Args:
        input, other: tensors, or one a number, of shapes that broadcast; the result is floating.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.xlogy(zanjir.tensor([0.0, 2.0]), zanjir.tensor([0.0, 1.0]))
    tensor([0., 0.])
    """,
)  # fmt: skip


def _copysign_rule(g: Any, y: Any, a: Any) -> Any:
    return np.where(a == 0, 0, g * (y / a))


_copysign_options: dict[str, Any] = {
    "floats": True, "refuses": _not_complex("copysign_cpu"), "signatures": (BOTH, SECOND),
}  # fmt: skip
copysign = overloaded(
    "copysign",
    Pointwise(
        Operator("CopysignBackward0", np.copysign, (_copysign_rule, zero), inputs=("a", "b")),
        "copysign",
        **_copysign_options,
    ),
    Pointwise(
        Operator("CopysignBackward1", np.copysign, (_copysign_rule, None), inputs=("a", "b")),
        "copysign",
        **_copysign_options,
    ),
    None,
    ufunc=np.copysign,
    doc="""|input| with the sign of ``other`` (-0.0 has one too), elementwise; the result is floating.

    >>> import zanjir
    >>> zanjir.copysign(zanjir.tensor([1.0, -2.0]), -0.0)
    tensor([-1., -2.])
    """,
)


def _one_dtype(operands: Any) -> None:
    if any(isinstance(o, Tensor) and o.is_complex() for o in operands):
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    if isinstance(operands[1], Tensor) and operands[0].dtype is not operands[1].dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")


_heaviside = Pointwise(
    Operator(
        "NotImplemented",
        lambda a, b: np.where(a == 0, b, a > 0).astype(a.dtype),
        (underived("heaviside"), underived("heaviside")),
    ),
    "heaviside",
    guard=_one_dtype,
)


def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """0 where x < 0, ``values`` where x is 0, 1 where x > 0, elementwise. It has no derivative.

    Args:
        input, values: tensors of one dtype and of shapes that broadcast.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.heaviside(zanjir.tensor([-1.0, 0.0, 2.0]), zanjir.tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if not isinstance(values, Tensor):
        raise argument("heaviside", "values", 1, "Tensor", values)
    return _heaviside(input, values)


functions["heaviside"] = with_out(of_tensors("input", "values")(heaviside), "heaviside")
attach(heaviside=heaviside, heaviside_=inplace(heaviside, "heaviside_"))
ufuncs[np.heaviside] = heaviside


_real = frozenset(d for d in _NUMBERS if d.kind != "c")


def _extremum(name: str, ufunc: Any, first: Any, second: Any, text: str, example: str) -> Any:
    return pointwise(
        name, ufunc, first, second, in_place=False, numbers=False, fast=_real,
        refuses={COMPLEX: says(RuntimeError, f"{name} not implemented for complex tensors.")},
        doc=f"""{text}, elementwise.

    Args:
        input, other: tensors of shapes that broadcast, not complex.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.{name}(zanjir.tensor([1.0, 5.0]), zanjir.tensor([3.0, 2.0]))
    tensor({example})
    """,
    )  # fmt: skip


maximum = _extremum(
    "maximum", np.maximum,
    lambda g, a, b: np.where(a == b, g / 2, drop(a < b, g)),
    lambda g, a, b: np.where(a == b, g / 2, drop(a > b, g)),
    "The larger of two, NaN if either is; two equals share the gradient", "[3., 5.]",
)  # fmt: skip
minimum = _extremum(
    "minimum", np.minimum,
    lambda g, a, b: np.where(a == b, g / 2, drop(a > b, g)),
    lambda g, a, b: np.where(a == b, g / 2, drop(a < b, g)),
    "The smaller of two, NaN if either is; two equals share the gradient", "[1., 2.]",
)  # fmt: skip
fmax = _extremum(
    "fmax", np.fmax,
    lambda g, a, b: keep((a >= b) | np.isnan(b), g),
    lambda g, a, b: drop((a >= b) | np.isnan(b), g),
    "The larger of two, the other one if one is NaN", "[3., 5.]",
)  # fmt: skip
fmin = _extremum(
    "fmin", np.fmin,
    lambda g, a, b: keep((a <= b) | np.isnan(b), g),
    lambda g, a, b: drop((a <= b) | np.isnan(b), g),
    "The smaller of two, the other one if one is NaN", "[1., 2.]",
)  # fmt: skip
