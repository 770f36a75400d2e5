"""Sums of exponentials: ``softmax log_softmax logsumexp``.

All subtract the largest element first, so that no exponential overflows: softmax(x) = softmax(x − m), and
log Σ eˣ = m + log Σ eˣ⁻ᵐ.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import FLOATING
from ..signature import argument, checked_dtype, missing
from ..tensor import Tensor
from ..tensor import _dimension as dimension
from .arguments import tensor_argument
from .declare import as_array, conj
from .expand import add_reduce, kept, max_reduce
from .inplace import public
from .reduce import UNSET, Dims, Reduction, add_up, numpy_names, reduced, rounded, unsupported, whole, wide

_OF = dtypes._BY_NUMPY


def _shifted(x: Any, dim: int) -> Any:
    """x − max(x) along ``dim``; half precision becomes float32."""
    x = wide(x)
    return x - max_reduce(x, dim, None, None, True)


def softmax_forward(x: Any, dim: int) -> Any:
    if not x.size or not x.ndim:
        return rounded(as_array(x / x), x.dtype) if not np.isinf(x).any() else np.full_like(x, np.nan)
    e = np.exp(_shifted(x, dim))
    e /= add_reduce(e, dim, None, None, True)
    return rounded(e, x.dtype)


def log_softmax_forward(x: Any, dim: int) -> Any:
    if not x.size or not x.ndim:
        return rounded(as_array(x - x), x.dtype)
    s = _shifted(x, dim)
    s -= np.log(add_reduce(np.exp(s), dim, None, None, True))
    return rounded(s, x.dtype)


def softmax_rule(g: Any, y: Any, dim: int) -> Any:
    """∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ − yⱼ)"""
    g, y = wide(g), wide(y)
    return y * (g - add_up(g * y, _dim(y, dim)))


def log_softmax_rule(g: Any, y: Any, dim: int) -> Any:
    """∂yᵢ/∂xⱼ = δᵢⱼ − exp yⱼ"""
    g, y = wide(g), wide(y)
    return g - np.exp(y) * add_up(g, _dim(y, dim))


softmax_ = Reduction("SoftmaxBackward0", softmax_forward, softmax_rule)
log_softmax_ = Reduction("LogSoftmaxBackward0", log_softmax_forward, log_softmax_rule)


def _dim(y: Any, dim: int) -> Any:
    """A 0-dim tensor is its own row."""
    return dim if y.ndim else ()


def _prepared(name: str, input: Tensor, dim: Any, dtype: Any) -> tuple[Tensor, int]:
    tensor_argument(name, "input", 1, input)
    dim = whole(name, dim)
    if dtype is not None:
        d = checked_dtype(name, dtype)
        if d.numpy is not input._array.dtype:
            input = input.to(d)
    x = input._array
    dim = dimension(dim, x.ndim)
    if _OF[x.dtype].category != FLOATING:
        last = x.ndim == 0 or dim == x.ndim - 1
        raise unsupported(f"{name}_{'lastdim_' if last else ''}kernel_impl", x.dtype)
    return input, dim


@public(out=True)
def softmax(input: Tensor, dim: int = UNSET, dtype: Any = None) -> Tensor:
    """eˣ / Σ eˣ along ``dim``: positive numbers with sum 1.

    Args:
        input: a floating tensor, or any real one if ``dtype`` is given.
        dim: the dimension along which the sum is 1.
        dtype: cast to this first.

    Raises:
        NotImplementedError: for integers and complex numbers.
        IndexError: where there is no such dimension.

    >>> import zanjir
    >>> zanjir.softmax(zanjir.tensor([0.0, 0.0]), 0)
    tensor([0.5000, 0.5000])
    """
    return softmax_(*_prepared("softmax", input, dim, dtype))


@public(out=True)
def log_softmax(input: Tensor, dim: int = UNSET, dtype: Any = None) -> Tensor:
    """log softmax(x) = x − log Σ eˣ along ``dim``, exact where softmax itself would underflow to 0.

    The arguments and errors are those of :func:`softmax`.

    >>> import zanjir
    >>> zanjir.log_softmax(zanjir.tensor([0.0, 1000.0]), 0)
    tensor([-1000.,     0.])
    """
    return log_softmax_(*_prepared("log_softmax", input, dim, dtype))


# ---------------------------------------------------------------------- log Σ eˣ


def logsumexp_forward(x: Any, dim: Any, keepdim: bool) -> Any:
    kind, x = x.dtype, wide(x)
    if not x.size:
        return rounded(as_array(np.log(add_reduce(x, dim, None, None, keepdim))), kind)
    m = max_reduce(x.real, dim, None, None, True)
    m = np.where(np.isinf(m), 0, m)  # ∞ − ∞ would be NaN
    y = np.log(add_reduce(np.exp(x - m), dim, None, None, True)) + m
    return rounded(y if keepdim else y.squeeze(dim), kind)


logsumexp_ = Reduction(
    "LogsumexpBackward0",
    logsumexp_forward,
    lambda g, x, y, dim, keepdim: kept(g, dim, keepdim, x.shape) * conj(np.exp(x - kept(y, dim, keepdim, x.shape))),
)


@public(out=True)
def logsumexp(input: Tensor, dim: Dims = UNSET, keepdim: bool = False, **names: Any) -> Tensor:
    """log Σ eˣ along ``dim``, without overflow.

    Args:
        input: a tensor; integers become the default floating dtype.
        dim: the dimension or dimensions; must be given.
        keepdim: whether they stay, with length 1.

    Raises:
        IndexError: where there is no such dimension.

    >>> import zanjir
    >>> zanjir.logsumexp(zanjir.tensor([1000.0, 1000.0]), 0)
    tensor(1000.6932)
    """
    x = tensor_argument("logsumexp", "input", 1, input)
    if names:
        dim, keepdim = numpy_names("logsumexp", names, dim, keepdim)
    if dim is UNSET:
        raise missing("logsumexp", "dim")
    if dim is None:
        raise argument("logsumexp", "dim", 1, "tuple of ints", dim)
    if _OF[x.dtype].category < FLOATING:
        input = input.to(dtypes.get_default_dtype())
    return logsumexp_(input, reduced("logsumexp", dim, x.ndim), keepdim)
