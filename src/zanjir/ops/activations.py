"""Activation functions: what neural networks put between their linear maps. :mod:`zanjir.nn.functional`
presents them."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

import numpy as np

from ..dtypes import BOOL, COMPLEX, INTEGER
from ..signature import SCALARS, argument
from ..tensor import Tensor
from .declare import Operator, functions
from .elementwise import _NUMBERS, Pointwise, kernel, parametric, pointwise, says
from .inplace import inplace
from .overloads import ONE, ZERO, Twin, drop, zero
from .special import _erf

_REALS = frozenset(d for d in _NUMBERS if d.kind != "c")


def _only_floats(name: str) -> dict[int, Any]:
    return dict.fromkeys((BOOL, INTEGER, COMPLEX), kernel(name))


def _backward(node: str, mask: Callable[..., Any]) -> Twin:
    """The rule of a piecewise linear function, which PyTorch counts as a function of the input too, if a
    constant one."""
    operator = Operator(node, mask, (mask, zero))

    def on_tensors(g: Tensor, x: Tensor, *params: Any) -> Tensor:
        return operator(g, x, *params)

    return Twin(mask, on_tensors)


_above = _backward("ThresholdBackwardBackward0", lambda g, x, threshold: drop(x <= threshold, g))
_positive = _backward(
    "ThresholdBackwardBackward0", lambda g, y: drop(y <= (ZERO[y.dtype] if y.__class__ is np.ndarray else 0), g)
)
_inside = _backward("HardtanhBackwardBackward0", lambda g, x, low, high: drop((x <= low) | (x >= high), g))
_sloped = _backward("LeakyReluBackwardBackward0", lambda g, x, slope: np.where(x > 0, g, g * slope))

relu = pointwise(
    "relu", lambda x: np.maximum(x, ZERO[x.dtype]), lambda g, y: _positive(g, y), fast=_REALS,
    refuses={
        BOOL: says(RuntimeError, "Boolean inputs not supported for relu"),
        COMPLEX: says(NotImplementedError, "clamp is not supported for complex types"),
    },
    doc="""max(x, 0), elementwise. The derivative at 0 is taken as 0.

    Args:
        input: a tensor, not bool or complex.

    >>> import zanjir
    >>> zanjir.relu(zanjir.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """,
)  # fmt: skip
functions["relu"] = relu  # no out=


def relu_(input: Tensor) -> Tensor:
    """In-place form of :func:`relu`."""
    if not isinstance(input, Tensor):
        raise argument("relu_", "input", 1, "Tensor", input)
    return input.relu_()


functions["relu_"] = relu_

# ---------------------------------------------------------------------- piecewise linear


def _threshold(x: Any, threshold: float, value: float) -> Any:
    return np.where(x <= threshold, value, x).astype(x.dtype)


threshold = parametric(
    "threshold", "ThresholdBackward0", _threshold, lambda g, x, threshold: _above(g, x, threshold), fast=_REALS,
    refuses=dict.fromkeys((BOOL, COMPLEX), kernel("threshold_cpu")),
)  # fmt: skip
hardtanh = parametric(
    "hardtanh", "HardtanhBackward0", lambda x, low, high: np.minimum(np.maximum(x, low), high),
    lambda g, x, low, high: _inside(g, x, low, high), fast=_REALS,
    refuses={COMPLEX: says(NotImplementedError, "clamp is not supported for complex types")},
)  # fmt: skip


def _leaky(x: Any, slope: float) -> Any:
    return np.where(x > 0, x, x * slope)


leaky_relu = parametric(
    "leaky_relu", "LeakyReluBackward0", _leaky, lambda g, x, slope: _sloped(g, x, slope),
    refuses=_only_floats("leaky_relu_cpu"),
)  # fmt: skip

# ---------------------------------------------------------------------- exponential


def _elu(x: Any, alpha: float, scale: float, input_scale: float) -> Any:
    return np.where(x > 0, x * scale, np.expm1(x * input_scale) * (alpha * scale))


def _elu_rule(g: Any, x: Any, alpha: float, scale: float, input_scale: float) -> Any:
    return np.where(x <= 0, g * (input_scale * alpha * scale) * np.exp(x * input_scale), g * scale)


elu = parametric("elu", "EluBackward0", _elu, _elu_rule, refuses=_only_floats("elu_cpu"))


def _softplus(x: Any, beta: float, threshold: float) -> Any:
    z = x * beta
    return np.where(z > threshold, x, np.log1p(np.exp(z)) / beta)


def _softplus_rule(g: Any, x: Any, beta: float, threshold: float) -> Any:
    z = np.exp(x * beta)
    return np.where(x * beta > threshold, g, g * z / (z + 1))


softplus = parametric("softplus", "SoftplusBackward0", _softplus, _softplus_rule, refuses=_only_floats("softplus_cpu"))


def _log_sigmoid(x: Any) -> Any:
    """ln σ(x) = min(x, 0) - ln(1 + e^-|x|), which does not overflow."""
    return np.asarray(np.minimum(x, ZERO[x.dtype]) - np.log1p(np.exp(-np.absolute(x))), order="C")


_logsigmoid = Pointwise(
    Operator("LogSigmoidBackward0", _log_sigmoid, (lambda g, x: g / (1 + np.exp(x)),)), "logsigmoid",
    refuses=_only_floats("log_sigmoid_cpu"),
)  # fmt: skip


def logsigmoid(input: Any) -> Tensor:
    """``f(input)`` for ln σ(x)."""
    if not isinstance(input, Tensor):
        raise argument("log_sigmoid", "input", 1, "Tensor", input)
    return _logsigmoid(input)


def _silu_rule(g: Any, x: Any) -> Any:
    s = 1 / (1 + np.exp(-x))
    return g * s * (1 + x * (1 - s))


silu = parametric(
    "silu", "SiluBackward0", lambda x: x / (np.exp(-x) + ONE[x.dtype]), _silu_rule,
    refuses=dict.fromkeys((BOOL, INTEGER), kernel("silu_cpu")),
)  # fmt: skip

# ---------------------------------------------------------------------- Gaussian

_K = sqrt(2 / pi)


def _gelu(x: Any) -> Any:
    return x * 0.5 * (1 + _erf(x * sqrt(0.5)))


def _gelu_rule(g: Any, x: Any) -> Any:
    """(x Φ(x))' = Φ(x) + x φ(x)."""
    return g * (0.5 * (1 + _erf(x * sqrt(0.5))) + x * np.exp(-0.5 * x * x) / sqrt(2 * pi))


def _gelu_tanh(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(_K * (x + 0.044715 * x * x * x)))


def _gelu_tanh_rule(g: Any, x: Any) -> Any:
    t = np.tanh(_K * (x + 0.044715 * x * x * x))
    return g * 0.5 * (1 + t + x * (1 - t * t) * _K * (1 + 3 * 0.044715 * x * x))


gelu = parametric("gelu", "GeluBackward0", _gelu, _gelu_rule, refuses=_only_floats("GeluKernelImpl"))
gelu_tanh = parametric("gelu", "GeluBackward0", _gelu_tanh, _gelu_tanh_rule, refuses=_only_floats("GeluKernelImpl"))


# ---------------------------------------------------------------------- in place, and in the torch namespace


def check_numbers(name: str, **values: Any) -> None:
    """Raises PyTorch's error where one of these arguments is no number; positions count from 2."""
    for position, (parameter, value) in enumerate(values.items(), 2):
        if not isinstance(value, SCALARS):
            raise argument(name, parameter, position, "Number", value)


def _named(f: Callable[..., Tensor], name: str) -> Callable[..., Tensor]:
    f.__name__ = name
    return inplace(f, name + "_")


threshold_, hardtanh_ = _named(threshold, "threshold"), _named(hardtanh, "hardtanh")
leaky_relu_, elu_, silu_ = _named(leaky_relu, "leaky_relu"), _named(elu, "elu"), _named(silu, "silu")


def _public_threshold(input: Tensor, threshold: float, value: float, *, out: Tensor | None = None) -> Tensor:
    """x where x > ``threshold``, ``value`` elsewhere, elementwise.

    >>> import zanjir
    >>> zanjir.threshold(zanjir.tensor([0.5, 2.0]), 1, 9)
    tensor([9., 2.])
    """
    from .inplace import to_out

    if not isinstance(input, Tensor):
        raise argument("threshold", "input", 1, "Tensor", input)
    check_numbers("threshold", threshold=threshold, value=value)
    result = globals()["threshold"](input, threshold, value)
    return result if out is None else to_out("threshold", out, result)


_public_threshold.__name__ = _public_threshold.__qualname__ = "threshold"
functions["threshold"] = _public_threshold
functions["threshold_"] = lambda input, threshold, value: threshold_(input, threshold, value)
