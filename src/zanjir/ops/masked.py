"""Masks: filling, taking and replacing the elements where a tensor of truth values is true.

masked_fill      x with value where mask
masked_select    the x where mask, in order
masked_scatter   x with the source, in order, where mask      the gradient of masked_select, and the other way round
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..signature import SCALARS, combination, of_method
from ..tensor import _CPP, Tensor
from .declare import Operator
from .elementwise import mismatch
from .fill import scalar_array
from .pointers import Into, array_of, registered, same_out
from .views import either

_BOOL = np.dtype(np.bool_)


def _over(mask: Any, shape: tuple[int, ...]) -> Any:
    return mask if mask.shape == shape else np.broadcast_to(mask, shape)


def _fill_into(x: Any, mask: Any, value: Any) -> None:
    x[_over(mask, x.shape)] = value


def _scatter_into(x: Any, source: Any, mask: Any) -> None:
    mask = _over(mask, x.shape)
    x[mask] = source.reshape(-1)[: np.count_nonzero(mask)]


def _masked_select(x: Any, mask: Any) -> Any:
    if x.shape != mask.shape:
        shape = np.broadcast_shapes(x.shape, mask.shape)
        x, mask = np.broadcast_to(x, shape), np.broadcast_to(mask, shape)
    return x[mask]


def _masked_spread(g: Any, mask: Any, shape: tuple[int, ...]) -> Any:
    shape = np.broadcast_shapes(shape, mask.shape)
    whole = np.zeros(shape, g.dtype)
    whole[np.broadcast_to(mask, shape)] = g
    return whole


def _first(g: Any, mask: Any, shape: tuple[int, ...]) -> Any:
    """The elements of ``g`` where the mask is true as the first elements of zeros of ``shape``."""
    values = _masked_select(g, mask)
    whole = np.zeros(shape, g.dtype)
    whole.reshape(-1)[: values.size] = values
    return whole


def _from_first(g: Any, mask: Any, shape: tuple[int, ...]) -> Any:
    whole = np.zeros(np.broadcast_shapes(shape, mask.shape), g.dtype)
    _scatter_into(whole, g, mask)
    return whole


masked_fill_op = Into(
    "MaskedFillBackward0", _fill_into, (lambda g, mask: masked_filled(g, mask, 0),),
    inputs=("x", "mask"), params=("value",), grows=True,
)  # fmt: skip
masked_filled: Callable[..., Any] = either(masked_fill_op)
masked_select_op = Operator(
    "MaskedSelectBackward0", _masked_select, (lambda g, mask, shape: masked_spread(g, mask, shape),),
    inputs=("x", "mask"),
)  # fmt: skip
masked_selected: Callable[..., Any] = either(masked_select_op)
masked_spread: Callable[..., Any] = either(
    Operator(
        "MaskedScatterBackward0", _masked_spread, (lambda g, mask: masked_selected(g, mask),),
        inputs=("g", "mask"), params=("shape",),
    )
)  # fmt: skip
masked_fill_tensor_op = Into(
    "MaskedFillBackward1", lambda x, value, mask: _fill_into(x, mask, value),
    (lambda g, mask: masked_filled(g, mask, 0), lambda g, mask: masked_selected(g, mask)),
    inputs=("x", "value", "mask"), grows=True,
)  # fmt: skip
first: Callable[..., Any] = either(
    Operator(
        "MaskedScatterBackwardBackward0", _first, (lambda g, mask, shape: from_first(g, mask, shape),),
        inputs=("g", "mask"), params=("size",),
    )
)  # fmt: skip
from_first: Callable[..., Any] = either(
    Operator(
        "MaskedScatterBackward0", _from_first, (lambda g, mask, shape: first(g, mask, shape),),
        inputs=("g", "mask"), params=("size",),
    )
)  # fmt: skip
masked_scatter_op = Into(
    "MaskedScatterBackward0", _scatter_into,
    (lambda g, mask: masked_filled(g, mask, 0), lambda g, mask, shape: first(g, mask, shape)),
    inputs=("x", "source", "mask"), grows=True,
)  # fmt: skip

_MASKED_FILL = ("Tensor input, Tensor mask, Tensor value", "Tensor input, Tensor mask, Number value")


def _together(input: Tensor, mask: Tensor) -> None:
    """Raises what PyTorch raises if the shapes of a mask and a tensor do not broadcast."""
    if input._array.shape != mask._array.shape:
        try:
            np.broadcast_shapes(input._array.shape, mask._array.shape)
        except ValueError:
            raise mismatch((mask, input)) from None


def _masked_fill_call(input: Any, mask: Any, value: Any) -> tuple[Into, tuple[Any, ...]]:
    tensor = isinstance(value, Tensor)
    if not isinstance(input, Tensor) or not isinstance(mask, Tensor) or not (tensor or isinstance(value, SCALARS)):
        raise combination("masked_fill", (mask, value), {}, *of_method(_MASKED_FILL))
    if tensor and value._array.ndim:
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value._array.ndim} dimension(s)."
        )
    _together(input, mask)
    if mask._array.dtype is not _BOOL:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {_CPP[mask.dtype.name]}")
    array = scalar_array("masked_fill_", value.item() if tensor else value, input.dtype)
    if tensor:
        return masked_fill_tensor_op, (input, value, mask)
    return masked_fill_op, (input, mask, array)


@registered(in_place=_masked_fill_call)
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """``input`` with ``value``, a number or a 0-dim tensor, wherever ``mask`` is true.

    Args:
        input: a tensor of any dtype.
        mask: bool; its shape and that of ``input`` broadcast.
        value: cast to the dtype of ``input``.

    Raises:
        RuntimeError: if the mask is not bool, ``value`` has dimensions or does not fit the dtype, or the shapes do not
            broadcast.

    >>> import zanjir
    >>> x = zanjir.tensor([1.0, -2.0, 3.0])
    >>> x.masked_fill(x < 0, 0)
    tensor([1., 0., 3.])
    """
    op, args = _masked_fill_call(input, mask, value)
    return op(*args)


@registered(out=same_out("masked_select(): self and result must have the same scalar type"))
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements of ``input`` where ``mask`` is true, in order, as a tensor of one dimension.

    Args:
        input: a tensor of any dtype.
        mask: bool; its shape and that of ``input`` broadcast.

    Raises:
        RuntimeError: if the mask is not bool, or the shapes do not broadcast.

    >>> import zanjir
    >>> x = zanjir.tensor([[1, 2], [3, 4]])
    >>> zanjir.masked_select(x, x > 2)
    tensor([3, 4])
    """
    array_of("masked_select", "input", 1, input)
    if array_of("masked_select", "mask", 1, mask).dtype is not _BOOL:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    _together(input, mask)
    return masked_select_op(input, mask)


def _masked_scatter_call(input: Any, mask: Any, source: Any) -> tuple[Into, tuple[Any, ...]]:
    x, m = array_of("masked_scatter", "input", 1, input), array_of("masked_scatter", "mask", 1, mask)
    s = array_of("masked_scatter", "source", 2, source)
    _together(input, mask)
    if s.dtype is not x.dtype:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes but got{input.dtype.legacy} and "
            f"{source.dtype.legacy}"
        )
    if m.dtype is not _BOOL:
        if m.dtype == np.uint8:
            warnings.warn(
                "masked_scatter_ received a mask with dtype torch.uint8, this behavior is now deprecated,please use a "
                "mask with dtype torch.bool instead.",
                stacklevel=3,
            )
        raise RuntimeError(f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype.legacy}")
    count = int(np.count_nonzero(m))
    if x.shape != m.shape:
        shape = np.broadcast_shapes(x.shape, m.shape)
        count *= int(np.prod(shape)) // m.size if m.size else 0
    if s.size < count:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    return masked_scatter_op, (input, source, mask)


@registered(in_place=_masked_scatter_call)
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """``input`` with the elements of ``source``, in order, wherever ``mask`` is true.

    Args:
        input: a tensor of any dtype.
        mask: bool; its shape and that of ``input`` broadcast.
        source: a tensor of the dtype of ``input``, with at least as many elements as the mask has true ones.

    Raises:
        RuntimeError: if dtypes differ, the mask is not bool, or ``source`` has too few elements.

    >>> import zanjir
    >>> x = zanjir.zeros(4)
    >>> x.masked_scatter(zanjir.tensor([False, True, False, True]), zanjir.tensor([5.0, 6.0, 7.0]))
    tensor([0., 5., 0., 6.])
    """
    op, args = _masked_scatter_call(input, mask, source)
    return op(*args)
