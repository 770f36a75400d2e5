"""The functions of neural networks, without parameters of their own: ``import zanjir.nn.functional as F``.

All take tensors of any shape and work elementwise, unless they say otherwise. ``inplace=True`` writes the result
into the input and returns it.
"""

from __future__ import annotations

from typing import Any

from ..dtypes import BOOL
from ..ops import activations as _ops
from ..ops import functions as _functions
from ..ops.pointwise import real_only as _real_only
from ..signature import argument as _argument
from ..tensor import Tensor

__all__ = [
    "elu", "gelu", "hardtanh", "leaky_relu", "logsigmoid", "relu", "relu6", "sigmoid", "silu", "softplus", "softsign",
    "tanh", "tanhshrink", "threshold",
]  # fmt: skip


def _tensor(name: str, input: Any) -> None:
    if not isinstance(input, Tensor):
        raise _argument(name, "input", 1, "Tensor", input)


# ---------------------------------------------------------------------- activations


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0). The derivative at 0 is taken as 0.

    >>> import zanjir
    >>> zanjir.nn.functional.relu(zanjir.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return _ops.relu_(input) if inplace else _ops.relu(input)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6).

    >>> import zanjir
    >>> zanjir.nn.functional.relu6(zanjir.tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """
    _tensor("relu6_" if inplace else "relu6", input)
    return hardtanh(input, 0, 6, inplace)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e⁻ˣ).

    >>> import zanjir
    >>> zanjir.nn.functional.sigmoid(zanjir.tensor([0.0]))
    tensor([0.5000])
    """
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent.

    >>> import zanjir
    >>> zanjir.nn.functional.tanh(zanjir.tensor([0.0]))
    tensor([0.])
    """
    return input.tanh()


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + e^(βx)) / β, a smooth ``relu``; x itself where βx > ``threshold``.

    >>> import zanjir
    >>> zanjir.nn.functional.softplus(zanjir.tensor([0.0, 30.0]))
    tensor([ 0.6931, 30.0000])
    """
    _tensor("softplus", input)
    _ops.check_numbers("softplus", beta=beta, threshold=threshold)
    return _ops.softplus(input, beta, threshold)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, ``negative_slope`` · x elsewhere.

    >>> import zanjir
    >>> zanjir.nn.functional.leaky_relu(zanjir.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    name = "leaky_relu_" if inplace else "leaky_relu"
    _tensor(name, input)
    _ops.check_numbers(name, negative_slope=negative_slope)
    return (_ops.leaky_relu_ if inplace else _ops.leaky_relu)(input, negative_slope)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, ``alpha`` · (eˣ - 1) elsewhere.

    Source: Clevert, Unterthiner, Hochreiter, 2015, arXiv:1511.07289.

    >>> import zanjir
    >>> zanjir.nn.functional.elu(zanjir.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    name = "elu_" if inplace else "elu"
    _tensor(name, input)
    _ops.check_numbers(name, alpha=alpha)
    return (_ops.elu_ if inplace else _ops.elu)(input, alpha, 1.0, 1.0)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x Φ(x), with the normal distribution function Φ; ``approximate="tanh"``: by a formula with tanh.

    Source: Hendrycks, Gimpel, 2016, arXiv:1606.08415.

    >>> import zanjir
    >>> zanjir.nn.functional.gelu(zanjir.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    _tensor("gelu", input)
    if approximate == "none":
        return _ops.gelu(input)
    if approximate != "tanh":
        raise RuntimeError("approximate argument must be either none or tanh.")
    return _ops.gelu_tanh(input)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x σ(x), with σ the sigmoid.

    >>> import zanjir
    >>> zanjir.nn.functional.silu(zanjir.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    _tensor("silu_" if inplace else "silu", input)
    _real_only("silu", input)
    return (_ops.silu_ if inplace else _ops.silu)(input)


def logsigmoid(input: Tensor) -> Tensor:
    """ln σ(x), with σ the sigmoid, without overflow.

    >>> import zanjir
    >>> zanjir.nn.functional.logsigmoid(zanjir.tensor([0.0, -100.0]))
    tensor([  -0.6931, -100.0000])
    """
    return _ops.logsigmoid(input)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x limited to the interval from ``min_val`` to ``max_val``. The derivative at the bounds is taken as 0.

    Raises:
        ValueError: if ``min_val`` is greater than ``max_val``.

    >>> import zanjir
    >>> zanjir.nn.functional.hardtanh(zanjir.tensor([-2.0, 0.5, 2.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    name = "hardtanh_" if inplace else "hardtanh"
    _tensor(name, input)
    _ops.check_numbers(name, min_val=min_val, max_val=max_val)
    if input.dtype.category == BOOL:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if not input.dtype.is_floating_point and not input.dtype.is_complex:
        if not input.dtype.is_signed and min_val < 0:
            raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
        min_val, max_val = int(min_val), int(max_val)
    return (_ops.hardtanh_ if inplace else _ops.hardtanh)(input, min_val, max_val)


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|).

    >>> import zanjir
    >>> zanjir.nn.functional.softsign(zanjir.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    return input / (input.abs() + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh x.

    >>> import zanjir
    >>> zanjir.nn.functional.tanhshrink(zanjir.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    return input - input.tanh()


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where x > ``threshold``, ``value`` elsewhere.

    >>> import zanjir
    >>> zanjir.nn.functional.threshold(zanjir.tensor([0.5, 2.0]), 1, 9)
    tensor([9., 2.])
    """
    return _functions["threshold_" if inplace else "threshold"](input, threshold, value)
