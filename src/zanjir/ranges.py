"""Rows of numbers by rule: ``arange``, ``linspace``, ``logspace``; to the last digit those of PyTorch's kernels."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from . import dtypes, factory
from .dtypes import BOOL, COMPLEX, INTEGER
from .factory import NUMBERS, finish, given, integer, number, options
from .layout import strided
from .ops.fill import CPP_NAMES, plain_number
from .rounding import fma32, fma64, high_half
from .signature import OPTIONS, argument, combination, missing, unexpected
from .state import state
from .tensor import Tensor, wrap

__all__ = ["arange", "eye", "linspace", "logspace", "range"]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)


def eye(
    n: Any = None, m: int | None = None, *, out: Tensor | None = None, dtype: Any = None, layout: Any = strided,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The identity matrix of ``n`` rows and ``m`` columns (by default ``n``).

    >>> import zanjir
    >>> zanjir.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    if n is None:
        raise combination("eye", (), {}, f"int n, *, Tensor out = None, {OPTIONS}",
                          f"int n, int m, *, Tensor out = None, {OPTIONS}")  # fmt: skip
    for name, position, value in (("n", 1, n), ("m", 2, m)):
        if value is None:
            continue
        if integer(value) is None or isinstance(value, bool):
            raise argument("eye", name, position, "int", value)
        if value < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {value}")
    own = given("eye", out, dtype)
    d = options("eye", dtype, layout, device, pin_memory, requires_grad, own or dtypes.get_default_dtype())
    assert d is not None
    return finish("eye", np.eye(int(n), None if m is None else int(m), dtype=d.numpy), out, requires_grad)


def arange(*args: Any, **kwargs: Any) -> Tensor:
    """The numbers from ``start`` (0) up to, not including, ``end``, in steps of ``step`` (1).

    ``arange(end)``, ``arange(start, end)`` or ``arange(start, end, step)``; then ``out``, ``dtype``, ``layout``,
    ``device``, ``pin_memory``, ``requires_grad``. Of dtype int64 if all three are integers, else the default dtype.

    Raises:
        RuntimeError: if ``step`` is zero or leads away from ``end``.

    >>> import zanjir
    >>> zanjir.arange(1, 2.5, 0.5)
    tensor([1.0000, 1.5000, 2.0000])
    """
    if not kwargs and len(args) == 1 and args[0].__class__ is int and 0 <= args[0] < 2**63 and factory._device is None:
        return wrap(np.arange(args[0]))
    return _arange(*_bounds("arange", args, kwargs), **kwargs)


def _bounds(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Takes start, end and step out of the arguments."""
    names = ("start", "end", "step")
    given_names = [k for k in names if k in kwargs]
    if len(args) == 1 and not given_names:
        found: dict[str, Any] = {"end": args[0]}
    else:
        found = dict(zip(names, args, strict=False))
        if not args and given_names == ["start"]:
            raise missing(name, "end")
        if (
            len(args) > 3
            or "end" not in {*found, *given_names}
            or ("start" not in {*found, *given_names} and "step" in given_names)
            or any(k in found for k in given_names)
        ):
            raise combination(name, args, kwargs, *_ARANGE)
        for k in given_names:
            found[k] = kwargs.pop(k)
    values = []
    for position, k in enumerate(names if "start" in found else ("end",), 1):
        if k in found:
            values.append(number(name, k, position, found[k]))
    if len(values) == 1:
        return 0, values[0], 1
    return values[0], values[1], values[2] if len(values) > 2 else 1


_ARANGE = (
    f"Number end, *, Tensor out = None, {OPTIONS}",
    f"Number start, Number end, *, {OPTIONS}",
    f"Number start, Number end, Number step = 1, *, Tensor out = None, {OPTIONS}",
)


def _arange(
    start: Any, end: Any, step: Any, *, out: Tensor | None = None, dtype: Any = None, layout: Any = strided,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    whole = not any(isinstance(v, (float, complex)) for v in (start, end, step))
    own = given("arange", out, dtype)
    d = own or (dtypes.int64 if whole else dtypes.get_default_dtype())
    d = options("arange", dtype, layout, device, pin_memory, requires_grad, d)  # type: ignore[assignment]
    for v in (start, end, step):
        if isinstance(v, complex):
            raise RuntimeError("value cannot be converted to type double without overflow")
    array = _sequence_of(start, end, step, d)
    return finish("arange", array, out, requires_grad)


def _sequence_of(start: Any, end: Any, step: Any, d: dtypes.dtype, inclusive: bool = False) -> Any:
    """The values of ``arange``, to the last digit as PyTorch's: see :func:`_steps`."""
    if not (step > 0 or step < 0):
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if (end - start) * (1 if step > 0 else -1) < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if d.category in (BOOL, COMPLEX) or d in (dtypes.uint16, dtypes.uint32, dtypes.uint64):
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{d.legacy}'")
    if d.category == INTEGER:
        first, by = int(start), int(step)
        if d is dtypes.int64:
            last = int(end)
            for bound in (first, last, by):
                if not -(2**63) <= bound < 2**63:
                    raise RuntimeError("value cannot be converted to type int64_t without overflow")
            if not by:
                raise ValueError("step must be nonzero")
            if inclusive:
                return np.arange(first, last + (1 if by > 0 else -1), by, dtype=np.int64)
            return np.arange(first, last, by, dtype=np.int64)
        count = math.floor((end - start) / step) + 1 if inclusive else math.ceil((end - start) / step)
        return (first + by * np.arange(count)).astype(d.numpy)
    count = math.floor((end - start) / step) + 1 if inclusive else math.ceil((end - start) / step)
    return _steps(float(start), float(step), count, d)


_LANES = {dtypes.float64: 4, dtypes.float32: 8, dtypes.float16: 16, dtypes.bfloat16: 16}


def _steps(start: float, step: float, count: int, d: dtypes.dtype) -> Any:
    """``start + step * i`` as PyTorch's kernel computes it, on eight floats (four doubles) at a time.

    The first of each eight is computed for itself, the others are that plus a multiple of ``step``. Sums are of doubles
    (of floats, for the 16-bit ones), with the product not rounded; what eight times two does not divide is computed one
    by one.
    """
    if start.is_integer() and step.is_integer() and abs(start) + abs(step) * count < 2**24:
        return (start + step * np.arange(count, dtype=_F64)).astype(_F32).astype(d.numpy)
    to, lanes = d.numpy, _LANES[d]
    whole = count // (2 * lanes) * (2 * lanes)
    index = np.arange(count, dtype=_F64)
    if to in dtypes.REDUCED:
        first, by = np.float32(start), np.float32(step)
        values = fma32(index.astype(_F32), by, first).astype(to)
        if whole:
            base = values[:whole:lanes, None].astype(_F64)
            multiples = index[:lanes] * float(by)
            if d is dtypes.bfloat16:  # whose product is rounded
                multiples = multiples.astype(_F32)
            values[:whole] = (multiples + base).astype(_F32).astype(to).ravel()
        return values
    if d is dtypes.float64:
        values = fma64(index, step, start)
        if whole:
            base = values[:whole:lanes, None].copy()
            values[:whole] = _fused(index[:lanes], step, base).ravel()
        return values
    values = (index * step + start).astype(to)
    if whole:
        base = values[:whole:lanes, None].astype(_F64)
        values[:whole] = (index[:lanes] * step + base).ravel()
    return values


def _fused(a: Any, b: float, c: Any) -> Any:
    """``a * b + c`` rounded once, for moderate float64 numbers: error-free product and sum (Dekker 1971, Knuth)."""
    product = a * b
    a_high, b_high = high_half(a), float(high_half(np.float64(b)))
    a_low, b_low = a - a_high, b - b_high
    error = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    total = product + c
    of_product = total - c
    return total + (error + ((product - of_product) + (c - (total - of_product))))


def range(*args: Any, **kwargs: Any) -> Tensor:
    """As :func:`arange`, but ``end`` is included, and the dtype is the default one; deprecated.

    >>> import zanjir
    >>> zanjir.range(1, 3)
    tensor([1., 2., 3.])
    """
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        stacklevel=2,
    )
    if len(args) + ("end" in kwargs) < 2 and "start" not in kwargs:
        raise missing("range", "end")
    start, end, step = _bounds("range", args, kwargs)
    out = kwargs.pop("out", None)
    dtype = kwargs.pop("dtype", None)
    own = given("range", out, dtype)
    keys = ("layout", "device", "pin_memory", "requires_grad")
    for k in kwargs:
        if k not in keys:
            raise unexpected("range", k)
    requires_grad = kwargs.get("requires_grad", False)
    d = options("range", dtype, kwargs.get("layout"), kwargs.get("device"), kwargs.get("pin_memory"), requires_grad,
                own or dtypes.get_default_dtype())  # fmt: skip
    assert d is not None
    return finish("range", _sequence_of(start, end, step, d, True), out, requires_grad)


def _ends(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], signatures: tuple[str, ...]) -> dict[str, Any]:
    """The arguments of ``linspace`` and ``logspace`` by name, checked."""
    names = ("start", "end", "steps", "base")[: 4 if name == "logspace" else 3]
    found = dict(zip(names, args, strict=False))
    keys = {"start", "end", "steps", "base", "out", "dtype", "layout", "device", "pin_memory", "requires_grad"}
    for k in kwargs:
        if k in found or k not in keys or (k == "base" and name != "logspace"):
            raise combination(name, args, kwargs, *signatures)
    found.update(kwargs)
    steps = found.get("steps")
    if len(args) > len(names) or integer(steps) is None or isinstance(steps, bool):
        raise combination(name, args, kwargs, *signatures)
    for k in ("start", "end"):
        value = found.get(k)
        if isinstance(value, Tensor):
            if value._array.ndim:
                raise RuntimeError(
                    f"{name} only supports 0-dimensional start and end tensors, but got {k} with {value._array.ndim} "
                    "dimension(s)."
                )
            found[k] = value.item()
        elif not isinstance(value, NUMBERS):
            raise combination(name, args, kwargs, *signatures)
        elif isinstance(value, np.generic):
            found[k] = value.item()
    if integer(steps) < 0:  # type: ignore[operator]
        raise RuntimeError("number of steps must be non-negative")
    found["steps"] = integer(steps)
    return found


def _space(name: str, found: dict[str, Any], values: Callable[[Any, Any, int, dtypes.dtype], Any]) -> Tensor:
    start, end, out = found["start"], found["end"], found.get("out")
    own = given(name, out, found.get("dtype"))
    requires_grad = found.get("requires_grad", False)
    any_complex = isinstance(start, complex) or isinstance(end, complex)
    default = dtypes.get_default_dtype()
    d = options(name, found.get("dtype"), found.get("layout"), found.get("device"), found.get("pin_memory"),
                requires_grad, own or (default.to_complex() if any_complex else default))  # fmt: skip
    assert d is not None
    if any_complex and d.category != COMPLEX:
        inferred = CPP_NAMES[default.to_complex()]
        raise RuntimeError(f"torch.{name}(): inferred dtype {inferred} can't be safely cast to passed dtype {d.legacy}")
    if d is dtypes.bool_ or d in (dtypes.uint16, dtypes.uint32, dtypes.uint64):
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{d.legacy}'")
    return finish(name, state.run(values, start, end, found["steps"], d), out, requires_grad)


def _evenly(start: Any, end: Any, steps: int, d: dtypes.dtype) -> Any:
    """``steps`` numbers, the first half counted from ``start``, the second from ``end``; product and sum round once."""
    if steps == 1:
        return np.array([plain_number(start, d)], d.numpy)
    to = d.numpy
    if d.category == COMPLEX:
        out = np.empty(steps, to)
        out.real = _evenly(complex(start).real, complex(end).real, steps, d.to_real())
        out.imag = _evenly(complex(start).imag, complex(end).imag, steps, d.to_real())
        return out
    index, half = np.arange(steps, dtype=_F64), steps // 2
    back = index[half:] - (steps - 1)
    out = np.empty(steps, np.int64 if d.category == INTEGER else to)
    if d is dtypes.float64 or d.category == INTEGER:
        a, b = (float(int(start)), float(int(end))) if d.category == INTEGER else (float(start), float(end))
        step = (b - a) / max(steps - 1, 1)
        out[:half], out[half:] = fma64(index[:half], step, a), fma64(back, step, b)
        return out.astype(to, copy=False)
    # Products and sums of float32 numbers in float64, rounded at the end: as good as fused.
    first, last = np.array(start, _F32).astype(to), np.array(end, _F32).astype(to)
    by = ((last - first) / to.type(max(steps - 1, 1))).astype(to)
    if d is dtypes.float32:
        out[:half], out[half:] = index[:half] * float(by) + float(first), back * float(by) + float(last)
    else:
        out[:half], out[half:] = first + index[:half].astype(to) * by, last + back.astype(to) * by
    return out


def linspace(*args: Any, **kwargs: Any) -> Tensor:
    """``steps`` numbers from ``start`` to ``end``, both included, evenly spaced: ``linspace(start, end, steps)``.

    Args:
        start, end: numbers or 0-dim tensors.
        steps: how many.
        out, dtype, layout, device, pin_memory, requires_grad: as for :func:`zeros`.

    Raises:
        RuntimeError: if ``steps`` is negative.

    >>> import zanjir
    >>> zanjir.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    return _space("linspace", _ends("linspace", args, kwargs, _LINSPACE), _evenly)


def logspace(*args: Any, **kwargs: Any) -> Tensor:
    """``steps`` powers of ``base`` (10) with evenly spaced exponents: ``logspace(start, end, steps, base=10.0)``.

    >>> import zanjir
    >>> zanjir.logspace(0, 3, 4)
    tensor([   1.,   10.,  100., 1000.])
    """
    found = _ends("logspace", args, kwargs, _LOGSPACE)
    base = found.get("base", 10.0)

    def values(start: Any, end: Any, steps: int, d: dtypes.dtype) -> Any:
        if d.category == INTEGER:
            return np.power(float(base), _evenly(float(start), float(end), steps, dtypes.float64)).astype(d.numpy)
        exponents = _evenly(start, end, steps, d)
        if d.numpy in dtypes.REDUCED:
            return np.power(np.float32(base), exponents.astype(_F32)).astype(d.numpy)
        return np.power(np.array(base).astype(d.numpy), exponents)

    return _space("logspace", found, values)


def _signatures(extra: str) -> tuple[str, ...]:
    kinds = (("Tensor", "Tensor"), ("Number", "Tensor"), ("Tensor", "Number"), ("Number", "Number"))
    return tuple(f"{a} start, {b} end, int steps, {extra}*, Tensor out = None, {OPTIONS}" for a, b in kinds)


_LINSPACE = _signatures("")
_LOGSPACE = _signatures("float base = 10.0, ")
