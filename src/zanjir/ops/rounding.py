"""Rounding, signs, and what stands for NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import BOOL, COMPLEX, INTEGER
from ..signature import argument, combination
from ..tensor import Tensor, wrap
from .complexes import _from_parts
from .declare import conj, functions, numpy_functions, ufuncs
from .elementwise import (
    _NUMBERS,
    kernel,
    parametric,
    pointwise,
    says,
)
from .inplace import public
from .overloads import sgn as _sgn
from .overloads import sign_values as _sign
from .overloads import zero
from .pointwise import real_only
from .protocol import numpy_function

# ---------------------------------------------------------------------- rounding and signs


def _of_floats(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Rounding leaves integers as they are."""
    return lambda x: f(x) if x.dtype.kind in "fc" else x.copy()


def _step(name: str, ufunc: Any, formula: str, aliases: tuple[str, ...] = (), complex_too: bool = True) -> Any:
    text = says(NotImplementedError, f"{name} is not supported for complex inputs")
    f = pointwise(
        name, _of_floats(ufunc), zero, aliases=aliases,
        refuses={BOOL: kernel(f"{name}_vml_cpu"), COMPLEX: text if complex_too else kernel(f"{name}_vml_cpu")},
        method=name != "round", function=name != "round", in_place=name != "round",
        doc=f"""{formula}, elementwise; integers stay as they are. The derivative is zero.

    >>> import zanjir
    >>> zanjir.{name}(zanjir.tensor([-1.5, 0.5, 1.7]))
    tensor({_STEPS[name]})
    """,
    )  # fmt: skip
    ufuncs[ufunc] = f
    return f


_STEPS = {"floor": "[-2.,  0.,  1.]", "ceil": "[-1.,  1.,  2.]", "trunc": "[-1.,  0.,  1.]", "round": ""}
floor = _step("floor", np.floor, "the greatest integer not above x, ⌊x⌋")
ceil = _step("ceil", np.ceil, "the least integer not below x, ⌈x⌉")
trunc = _step("trunc", np.trunc, "x without its fraction", aliases=("fix",))
_round_plain = _step("round", np.rint, "the nearest integer", complex_too=False)
numpy_functions[np.fix] = trunc


_NOT_GIVEN: Any = object()


def _round_decimals(x: Any, decimals: int) -> Any:
    scale = x.dtype.type(10.0 ** abs(decimals))
    return np.rint(x * scale) / scale if decimals > 0 else np.rint(x / scale) * scale


_round_operator = parametric(
    "round",
    "RoundBackward1",
    lambda x, decimals: _round_decimals(x, decimals) if decimals else np.rint(x),
    lambda g: np.zeros_like(g),
    refuses={c: kernel("round_cpu") for c in (BOOL, INTEGER, COMPLEX)},
)


@public(out=True, in_place=True)
def _round(input: Tensor, *, decimals: int = _NOT_GIVEN) -> Tensor:
    """The nearest integer, elementwise, halves to the even one; integers stay as they are. The derivative is zero.

    Args:
        input: a tensor, not bool or complex.
        decimals: round to so many decimals; negative: to tens, hundreds, ...
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.round(zanjir.tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    >>> zanjir.round(zanjir.tensor([0.1234]), decimals=2)
    tensor([0.1200])
    """
    if decimals is _NOT_GIVEN:
        return _round_plain(input)
    if not isinstance(decimals, int):
        raise combination(
            "round",
            (input,),
            {"decimals": decimals},
            "Tensor input, *, Tensor out = None",
            "Tensor input, *, int decimals, Tensor out = None",
        )
    return _round_operator(input, decimals)


numpy_function(np.round, np.around)(
    lambda a, decimals=0, out=None: functions["round"](a, **({"decimals": decimals} if decimals else {}), out=out)
)

frac = pointwise(
    "frac", lambda x: x - np.trunc(x), lambda g: g, refuses={c: kernel("frac_cpu") for c in (BOOL, INTEGER, COMPLEX)},
    doc="""The fraction of x, x - trunc(x), elementwise.

    >>> import zanjir
    >>> zanjir.frac(zanjir.tensor([1.5, -2.25]))
    tensor([ 0.5000, -0.2500])
    """,
)  # fmt: skip


sign = pointwise(
    "sign", _sign, zero, fast=frozenset(d for d in _NUMBERS if d.kind != "c"),
    refuses={COMPLEX: says(
        NotImplementedError,
        "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead.",
    )},
    doc="""-1, 0 or 1: the sign of x, elementwise. The derivative is zero.

    >>> import zanjir
    >>> zanjir.sign(zanjir.tensor([-3.0, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """,
)  # fmt: skip


def _sgn_rule(g: Any, x: Any, y: Any) -> Any:
    """For a complex number y = x / |x| moves along the circle only; for a real one not at all."""
    if not np.iscomplexobj(x):
        return np.zeros_like(g)
    size = np.absolute(x)
    return np.where(size == 0, 0, (g - (g * conj(y)).real * y) / size)


sgn = pointwise(
    "sgn", _sign, _sgn_rule,
    doc="""x / |x|, and 0 at 0, elementwise: the sign of real and complex numbers.

    >>> import zanjir
    >>> zanjir.sgn(zanjir.tensor([3 + 4j]))
    tensor([0.6000+0.8000j])
    """,
)  # fmt: skip
ufuncs[np.sign] = _sgn.on_tensors = sgn

# ---------------------------------------------------------------------- not a number


def _nan_to_num(x: Any, nan: float | None, posinf: float | None, neginf: float | None, d: Any) -> Any:
    if x.dtype.kind == "c":
        return _from_parts(*[_nan_to_num(part, nan, posinf, neginf, d) for part in (x.real, x.imag)])
    if x.dtype.kind != "f":
        return x.copy()
    limits = dtypes.finfo(d)
    y = np.where(np.isnan(x), 0 if nan is None else nan, x)
    y = np.where(x == np.inf, limits.max if posinf is None else posinf, y)
    return np.where(x == -np.inf, limits.min if neginf is None else neginf, y).astype(x.dtype)


_nan_to_num_operator = parametric(
    "nan_to_num", "NanToNumBackward0", _nan_to_num, lambda g, x: g * np.isfinite(x), fast=_NUMBERS
)


@public(out=True, in_place=True)
def nan_to_num(
    input: Tensor, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """x, but NaN and infinities replaced, elementwise.

    Args:
        input: a tensor; integers stay as they are.
        nan, posinf, neginf: the replacements; by default 0 and the dtype's largest and smallest number.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.nan_to_num(zanjir.tensor([1.0, float("nan"), float("inf")]), posinf=9.0)
    tensor([1., 0., 9.])
    """
    if not isinstance(input, Tensor):
        raise argument("nan_to_num", "input", 1, "Tensor", input)
    real_only("nan_to_num", input)
    for parameter, value in (("nan", nan), ("posinf", posinf), ("neginf", neginf)):
        if value is not None and not isinstance(value, (int, float)):
            raise argument("nan_to_num", parameter, None, "float", value)
    return _nan_to_num_operator(input, nan, posinf, neginf, input.dtype)


@numpy_function(np.nan_to_num)
def _numpy_nan_to_num(x: Tensor, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Tensor:
    result: Tensor = nan_to_num(x, nan, posinf, neginf)
    return result


numpy_functions.setdefault(np.zeros_like, lambda a, **options: _zeros_like(a))


def _zeros_like(t: Tensor) -> Tensor:
    return wrap(np.zeros(t._array.shape, t._array.dtype))
