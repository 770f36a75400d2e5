"""Making tensors: of numbers, of one value all over, and questions about tensors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from . import dtypes, factory
from .data import from_data
from .factory import (
    ABSENT,
    NUMBERS,
    finish,
    given,
    made,
    no_negative,
    number,
    options,
    sequence_of_sizes,
    size_of,
)
from .layout import contiguous_format, empty_as, preserve_format, strided, strided_array
from .ops.convert import method
from .ops.fill import scalar_array
from .signature import argument, combination, missing
from .tensor import Tensor, wrap

__all__ = [
    "empty", "empty_like", "empty_strided", "full", "full_like", "is_complex", "is_floating_point", "is_nonzero",
    "is_tensor", "numel", "ones", "ones_like", "result_type", "scalar_tensor", "tensor", "typename", "zeros",
    "zeros_like",
]  # fmt: skip


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new tensor of ``data``, which is copied.

    Args:
        data: a number, nested lists or tuples of numbers, an array, a tensor.
        dtype: of the elements; by default what fits ``data``, floats being of the default dtype.
        device: ``"cpu"``.
        requires_grad: whether gradients are to be computed.

    Raises:
        ValueError: if nested lists have unlike lengths.
        RuntimeError: if a number does not fit ``dtype``, or the dtype cannot require grad.

    >>> import zanjir
    >>> zanjir.tensor([[1, 2], [3, 4.5]])
    tensor([[1.0000, 2.0000],
            [3.0000, 4.5000]])
    """
    if dtype is not None or device is not None or pin_memory or requires_grad is not False or factory._device:
        dtype = options("tensor", dtype, None, device, pin_memory, requires_grad, None)
    if isinstance(data, Tensor):
        _warn_copy("torch.tensor(sourceTensor)")
    array = from_data(data, dtype)
    return made(array, True) if requires_grad else wrap(array)


def _warn_copy(instead: str) -> None:
    warnings.warn(
        "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
        f"sourceTensor.detach().clone().requires_grad_(True), rather than {instead}.",
        stacklevel=3,
    )


def scalar_tensor(
    s: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A 0-dim tensor of the number ``s``, of the default dtype unless another is given.

    >>> import zanjir
    >>> zanjir.scalar_tensor(3)
    tensor(3.)
    """
    d = options("scalar_tensor", dtype, layout, device, pin_memory, requires_grad, dtypes.get_default_dtype())
    assert d is not None
    return made(scalar_array("scalar_tensor", number("scalar_tensor", "s", 1, s), d, True), requires_grad)


# -------------------------------------------------------------------------------------------------- one value all over


def _filled(name: str, value: int) -> Callable[..., Tensor]:
    """``zeros`` or ``ones``."""
    build: Callable[..., Any] = np.ones if value else np.zeros

    def function(
        *args: Any, size: Any = None, out: Tensor | None = None, dtype: Any = None, layout: Any = strided,
        device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
    ) -> Tensor:  # fmt: skip
        if size is not None:
            args = (*args, size)
        if not args:
            raise missing(name, "size")
        shape = size_of(name, args)
        own = given(name, out, dtype)
        d = options(name, dtype, layout, device, pin_memory, requires_grad, own or dtypes._default)
        try:
            array = build(shape, d.numpy)  # type: ignore[union-attr]
        except ValueError:
            if not value:
                raise RuntimeError("zeros: Dimension size must be non-negative.") from None
            no_negative(shape)
            raise
        if out is None and not requires_grad:
            return wrap(array)
        return finish(name, array, out, requires_grad)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""A tensor of {name}.

    Args:
        size: as numbers or as one sequence: ``{name}(2, 3)``, ``{name}((2, 3))``.
        out: a tensor to write into, resized where its shape is another.
        dtype: of the elements; by default the default dtype.
        requires_grad: whether gradients are to be computed.

    >>> import zanjir
    >>> zanjir.{name}(2)
    tensor([{value}., {value}.])
    """
    return function


zeros = _filled("zeros", 0)
ones = _filled("ones", 1)


def empty(
    *args: Any, size: Any = None, out: Tensor | None = None, dtype: Any = None, layout: Any = strided,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """A tensor whose elements are whatever the memory held.

    >>> import zanjir
    >>> zanjir.empty(2, 3).shape
    zanjir.Size([2, 3])
    """
    if size is not None:
        args = (*args, size)
    if not args:
        raise missing("empty", "size")
    shape = no_negative(size_of("empty", args))
    own = given("empty", out, dtype)
    d = options("empty", dtype, layout, device, pin_memory, requires_grad, own or dtypes._default)
    assert d is not None
    if memory_format is preserve_format:
        raise RuntimeError("unsupported memory format Preserve")
    array = np.empty(shape, d.numpy)
    if memory_format is not None and memory_format is not contiguous_format:
        array = empty_as(array, d.numpy, memory_format)
    return finish("empty", array, out, requires_grad)


def full(
    size: Any = ABSENT, fill_value: Any = ABSENT, *, out: Tensor | None = None, dtype: Any = None,
    layout: Any = strided, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor with ``fill_value`` in every place.

    Args:
        size: a sequence.
        fill_value: a number, whose type decides the dtype if none is given.

    >>> import zanjir
    >>> zanjir.full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    if size is ABSENT or fill_value is ABSENT:
        raise missing("full", *[n for n, v in (("size", size), ("fill_value", fill_value)) if v is ABSENT])
    shape = sequence_of_sizes("full", size)
    value = number("full", "fill_value", 2, fill_value)
    own = given("full", out, dtype)
    d = options("full", dtype, layout, device, pin_memory, requires_grad, own or dtypes.of_scalar(value))
    assert d is not None
    no_negative(shape)
    return finish("full", _fill(np.empty(shape, d.numpy), value, d, "full"), out, requires_grad)


def _fill(array: Any, value: Any, d: dtypes.dtype, name: str) -> Any:
    array[...] = scalar_array(name, value, d, array.size == 1)
    return array


def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, layout: Any = strided, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """An uninitialised tensor with these strides, counted in elements.

    >>> import zanjir
    >>> zanjir.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    shape = sequence_of_sizes("empty_strided", size)
    strides = sequence_of_sizes("empty_strided", stride, 2, "stride")
    d = options("empty_strided", dtype, layout, device, pin_memory, requires_grad, dtypes.get_default_dtype())
    assert d is not None
    if len(shape) != len(strides):
        raise RuntimeError(
            f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides ({len(strides)})"
        )
    no_negative(shape)
    if any(s < 0 for s in strides):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(strides)}")
    return made(strided_array(shape, strides, d.numpy), requires_grad)


def _like(name: str, value: int | None) -> Callable[..., Tensor]:
    """``zeros_like``, ``ones_like`` or ``empty_like``."""

    def function(
        input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
        requires_grad: bool = False, memory_format: Any = preserve_format,
    ) -> Tensor:  # fmt: skip
        if not isinstance(input, Tensor):
            raise argument(name, "input", 1, "Tensor", input)
        array = input._array
        if dtype is None and layout is None and device is None and not pin_memory and factory._device is None:
            to = array.dtype
            if requires_grad is not False:
                options(name, None, None, None, False, requires_grad, None)
        else:
            to = options(name, dtype, layout, device, pin_memory, requires_grad, input.dtype).numpy  # type: ignore[union-attr]
        made_array = empty_as(array, to, memory_format)
        if value is not None:
            made_array.fill(value)
        return made(made_array, requires_grad) if requires_grad else wrap(made_array)

    what = "uninitialised" if value is None else f"of {name.removesuffix('_like')}"
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""A tensor {what}, with the shape, dtype and strides of ``input``.

    Args:
        input: a tensor.
        dtype: another dtype.
        requires_grad: whether gradients are to be computed.
        memory_format: ``preserve_format`` keeps the order of dimensions in memory.
    """
    return function


zeros_like = _like("zeros_like", 0)
ones_like = _like("ones_like", 1)
empty_like = _like("empty_like", None)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: Any = preserve_format,
) -> Tensor:  # fmt: skip
    """A tensor with ``fill_value`` in every place, with the shape, dtype and strides of ``input``.

    >>> import zanjir
    >>> zanjir.full_like(zanjir.zeros(2), 3)
    tensor([3., 3.])
    """
    if not isinstance(input, Tensor):
        raise argument("full_like", "input", 1, "Tensor", input)
    value = number("full_like", "fill_value", 2, fill_value)
    d = options("full_like", dtype, layout, device, pin_memory, requires_grad, input.dtype)
    assert d is not None
    return made(_fill(empty_as(input._array, d.numpy, memory_format), value, d, "full_like"), requires_grad)


# ------------------------------------------------------------------------------------------------------ Tensor.new_...


def new_tensor(
    self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A new tensor of ``data``, of this tensor's dtype unless another is given. See :func:`tensor`."""
    d = options("new_tensor", dtype, layout, device, pin_memory, requires_grad, self.dtype)
    if isinstance(data, Tensor):
        _warn_copy("tensor.new_tensor(sourceTensor)")
    return made(from_data(data, d), requires_grad)


def _new(name: str, value: int | None) -> Callable[..., Tensor]:
    def method(
        self: Tensor, *args: Any, size: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
        pin_memory: bool = False, requires_grad: bool = False,
    ) -> Tensor:  # fmt: skip
        if size is not None:
            args = (*args, size)
        if not args:
            raise missing(name, "size")
        shape = no_negative(size_of(name, args))
        d = options(name, dtype, layout, device, pin_memory, requires_grad, self.dtype)
        assert d is not None
        build = np.empty if value is None else np.ones if value else np.zeros
        return made(build(shape, d.numpy), requires_grad)

    method.__name__ = method.__qualname__ = name
    what = "uninitialised" if value is None else "of ones" if value else "of zeros"
    method.__doc__ = f"A new tensor {what} of this size, of the dtype of this one unless another is given."
    return method


def new_full(
    self: Tensor, size: Any, fill_value: Any = None, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A new tensor with ``fill_value`` in every place, of this tensor's dtype unless another is given."""
    if fill_value is None:
        raise missing("new_full", "fill_value")
    shape = no_negative(sequence_of_sizes("new_full", size))
    value = number("new_full", "fill_value", 2, fill_value)
    d = options("new_full", dtype, layout, device, pin_memory, requires_grad, self.dtype)
    assert d is not None
    return made(_fill(np.empty(shape, d.numpy), value, d, "new_full"), requires_grad)


def new_empty_strided(self: Tensor, size: Any, stride: Any, *, dtype: Any = None, **kwargs: Any) -> Tensor:
    """An uninitialised tensor with these strides, of this tensor's dtype unless another is given."""
    return empty_strided(size, stride, dtype=self.dtype if dtype is None else dtype, **kwargs)


for _f in (
    new_tensor, new_full, new_empty_strided, _new("new_zeros", 0), _new("new_ones", 1), _new("new_empty", None),
):  # fmt: skip
    method(_f)

# ---------------------------------------------------------------------------------------------------------- questions


def is_tensor(obj: Any, /) -> bool:
    """Whether ``obj`` is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether the tensor is of a floating dtype."""
    if not isinstance(input, Tensor):
        raise argument("is_floating_point", "input", 1, "Tensor", input)
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Whether the tensor is of a complex dtype."""
    if not isinstance(input, Tensor):
        raise argument("is_complex", "input", 1, "Tensor", input)
    return input.is_complex()


def numel(input: Tensor) -> int:
    """How many elements the tensor has."""
    if not isinstance(input, Tensor):
        raise argument("numel", "input", 1, "Tensor", input)
    return input._array.size


def is_nonzero(input: Tensor) -> bool:
    """Whether the only element of the tensor is not zero.

    Raises:
        RuntimeError: if there are several, or none.
    """
    if not isinstance(input, Tensor):
        raise argument("is_nonzero", "input", 1, "Tensor", input)
    return bool(input)


method(is_nonzero)


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The dtype that an operator on the two, tensors or numbers, would compute in.

    >>> import zanjir
    >>> zanjir.result_type(zanjir.tensor([1, 2], dtype=zanjir.int8), 1.0)
    zanjir.float32
    """
    dims = zeros = scalars = None
    for operand in (tensor1, tensor2):
        if isinstance(operand, Tensor):
            if operand._array.ndim:
                dims = operand.dtype if dims is None else dtypes.promote_types(dims, operand.dtype)
            else:
                zeros = operand.dtype if zeros is None else dtypes.promote_types(zeros, operand.dtype)
        elif isinstance(operand, NUMBERS):
            d = dtypes.of_scalar(operand)
            scalars = d if scalars is None else dtypes.promote_types(scalars, d)
        else:
            raise combination("result_type", (tensor1, tensor2), {}, *_RESULT_TYPE)
    return dtypes.combine(dims, zeros, scalars)


_RESULT_TYPE = (
    "Tensor tensor, Tensor other", "Number scalar, Tensor tensor", "Tensor tensor, Number other",
    "Number scalar1, Number scalar2",
)  # fmt: skip


def typename(obj: Any, /) -> str:
    """What the type of ``obj`` is called: ``"torch.FloatTensor"``, ``"numpy.ndarray"``, ``"int"``."""
    if isinstance(obj, Tensor):
        return obj.type()
    kind = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(kind, "__module__", None) or ""
    module = "torch" + module[6:] if module == "zanjir" or module.startswith("zanjir.") else module
    name: str = kind.__qualname__
    return name if module in ("", "builtins") else f"{module}.{name}"
