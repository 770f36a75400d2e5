"""Parts of a tensor: slices, layers, windows, any strides; and tensors in which a part is replaced.

All but the last family are views.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from ..signature import combination
from ..state import state
from ..tensor import Tensor, _dimension, _owner
from .declare import Operator, functions
from .dims import axis, function_only, in_place, is_integer, numbers, tensor, whole
from .index import select as select_view
from .index import slices as slice_view
from .inplace import check, public
from .protocol import numpy_function
from .shape import become, laid_out
from .views import View, contiguous_strides, look, patch, several, spread, strided, window, window_of

_ALL = slice(None)


# ---------------------------------------------------------------------- parts


@public()
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """The ``length`` elements from ``start`` on along ``dim``, as a view.

    Raises:
        IndexError: if there is no such dimension or start.
        RuntimeError: if there are not that many elements.

    >>> import zanjir
    >>> zanjir.arange(5).narrow(0, 1, 3)
    tensor([1, 2, 3])
    """
    x = tensor("narrow", input)._array
    for value in (dim, start, length):
        if not is_integer(value) and not (isinstance(value, Tensor) and value is start):
            raise combination(
                "narrow",
                (dim, start, length),
                {},
                "int dim, Tensor start, int length",
                "int dim, int start, int length",
            )
    if not x.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if isinstance(start, Tensor) and (start._array.ndim or start._array.dtype.kind not in "iu"):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    start, length = as_index(start), as_index(length)
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    d = axis("narrow", "dim", 1, dim, x.ndim)
    size = x.shape[d]
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    if start < 0:
        start += size
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return _slice(input, d, start, start + length)


def _slice(t: Tensor, dim: int, start: int, stop: int) -> Tensor:
    key = (*(_ALL,) * dim, slice(start, stop))
    x = t._array if t._array.size else laid_out(t)
    return slice_view.attach(t, x[key], (key,))


@public()
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The part at ``index`` along ``dim``, as a view without that dimension.

    >>> import zanjir
    >>> zanjir.tensor([[1, 2], [3, 4]]).select(1, 0)
    tensor([1, 3])
    """
    x = tensor("select", input)._array
    d, i = whole("select", "dim", 1, dim), whole("select", "index", 2, index)
    if not x.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    d = _dimension(d, x.ndim)
    if not -x.shape[d] <= i < x.shape[d]:
        raise IndexError(f"select(): index {i} out of range for tensor of size {list(x.shape)} at dimension {d}")
    key: Any = (*(_ALL,) * d, i, ...)
    return select_view.attach(input, (x if x.size else laid_out(input))[key], (key,))


def pile(parts: Sequence[Any], dim: int) -> Any:
    """Arrays, or tensors, of one shape along a new dimension."""
    if isinstance(parts[0], Tensor):
        return functions["stack"](parts, dim)
    return np.array(parts) if not dim else np.stack(parts, dim)


def joined(parts: Sequence[Any], dim: int) -> Any:
    """Arrays, or tensors, one after the other along ``dim``."""
    return functions["cat"](parts, dim) if isinstance(parts[0], Tensor) else np.concatenate(parts, dim)


_unbind = Operator("UnbindBackward0", lambda x, dim: None, (lambda g, dim: pile(g, dim),), differentiable=-1)
_split = Operator("SplitBackward0", lambda x, dim: None, (lambda g, dim: joined(g, dim),), differentiable=-1)
_split_with_sizes = Operator(
    "SplitWithSizesBackward0", lambda x, dim: None, (lambda g, dim: joined(g, dim),), differentiable=-1
)


@public()
def unbind(input: Tensor, dim: int = 0, *, axis: Any = None) -> tuple[Tensor, ...]:
    """The parts along ``dim``, each a view without that dimension. Iterating over a tensor does this.

    >>> import zanjir
    >>> zanjir.tensor([[1, 2], [3, 4]]).unbind(1)
    (tensor([1, 3]), tensor([2, 4]))
    """
    x = tensor("unbind", input)._array
    ndim = x.ndim
    if axis is not None:
        dim = axis
    if dim.__class__ is not int:
        dim = whole("unbind", "dim", 1, dim)
    if not ndim:
        _dimension(dim, 0)
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if not x.size:
        x = laid_out(input)
    if dim < 0 or dim >= ndim:
        dim = _dimension(dim, ndim)
    if ndim == 1:
        # NumPy's iterator makes the 0-dim views in half the time indexing takes.
        flag = "readwrite" if x.flags.writeable else "readonly"
        parts: Any = list(np.nditer(x, op_flags=[[flag]])) if x.size > 2 else [x[i, ...] for i in range(len(x))]  # type: ignore[list-item]
    elif dim:
        lead: Any = (_ALL,) * dim
        parts = [x[(*lead, i)] for i in range(x.shape[dim])]
    else:
        parts = list(x)
    return several(_unbind, input, parts, (dim,))


def _parts(t: Tensor, dim: int, sizes: Sequence[int]) -> list[Any]:
    x = t._array if t._array.size else laid_out(t)
    lead = (_ALL,) * dim
    parts, start = [], 0
    for n in sizes:
        parts.append(x[(*lead, slice(start, start + n))])
        start += n
    return parts


def _divisible(name: str, x: Any) -> None:
    if not x.ndim:
        raise RuntimeError(f"{name} expects at least a 1-dimensional tensor")


@public(function=False)
def split(self: Tensor, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of ``split_size`` elements each along ``dim`` (the last perhaps shorter), or of the sizes listed.

    Raises:
        RuntimeError: if the sizes do not add up to the length of ``dim``.

    >>> import zanjir
    >>> zanjir.arange(5).split(2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if not is_integer(split_size):
        return _sized(self, numbers("split_with_sizes", "split_sizes", 2, split_size), dim)
    x = self._array
    _divisible("split", x)
    n = as_index(split_size)
    dim = whole("split", "dim", 2, dim)
    if n < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={n}")
    dim = _dimension(dim, x.ndim)
    length = x.shape[dim]
    if not n and length:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {length}")
    count = max(-(-length // n), 1) if n else 1
    return several(_split, self, _parts(self, dim, [min(n, length - i * n) for i in range(count)]), (dim,))


def _sized(t: Tensor, sizes: tuple[int, ...], dim: Any) -> tuple[Tensor, ...]:
    x = t._array
    _divisible("split", x)
    dim = axis("split_with_sizes", "dim", 2, dim, x.ndim)
    for n in sizes:
        if n < 0:
            raise RuntimeError(
                "split_with_sizes expects split_sizes have only non-negative entries, but got "
                f"split_sizes={list(sizes)}"
            )
    if sum(sizes) != x.shape[dim]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {x.shape[dim]} (input tensor's size at dimension "
            f"{dim}), "
            f"but got split_sizes={list(sizes)}"
        )
    return several(_split_with_sizes, t, _parts(t, dim, sizes), (dim,))


@function_only
def split_function(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """See :meth:`Tensor.split`."""
    parts: tuple[Tensor, ...] = tensor.split(split_size_or_sections, dim)
    return parts


@public()
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of the sizes listed, along ``dim``."""
    return _sized(tensor("split_with_sizes", input), numbers("split_with_sizes", "split_sizes", 1, split_sizes), dim)


@public()
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most ``chunks`` views of equal length along ``dim`` (the last perhaps shorter).

    >>> import zanjir
    >>> zanjir.arange(5).chunk(2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    x = tensor("chunk", input)._array
    chunks = whole("chunk", "chunks", 1, chunks)
    dim = whole("chunk", "dim", 2, dim)
    _divisible("chunk", x)
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    length = x.shape[_dimension(dim, x.ndim)]
    if not length:
        return _sized(input, (0,) * chunks, dim)
    return split(input, -(-length // chunks), dim)


def _cut(t: Tensor, dim: int, ends: Sequence[int]) -> tuple[Tensor, ...]:
    """Slices that end at ``ends``, each starting where the one before ended, each a view of its own."""
    length = t._array.shape[dim]
    parts, start = [], 0
    for end in ends:
        a = max(start + length, 0) if start < 0 else min(start, length)
        b = max(end + length, 0) if end < 0 else min(end, length)
        parts.append(_slice(t, dim, a, max(a, b)))
        start = end
    return tuple(parts)


def _divided(t: Tensor, sections: Any, dim: int) -> tuple[Tensor, ...]:
    length = t._array.shape[dim]
    if isinstance(sections, int):
        if sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
        size, more = divmod(length, sections)
        sizes = [size + (i < more) for i in range(sections)]
        return _cut(t, dim, [sum(sizes[: i + 1]) for i in range(sections)])
    return _cut(t, dim, [*sections, length])


@public()
def tensor_split(
    input: Tensor,
    indices_or_sections: Any = None,
    dim: int = 0,
    *,
    sections: Any = None,
    indices: Any = None,
    tensor_indices_or_sections: Any = None,
) -> tuple[Tensor, ...]:
    """Views along ``dim``: a number of sections as equal as possible, or divided before the indices listed.

    >>> import zanjir
    >>> zanjir.arange(5).tensor_split(3)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    t = tensor("tensor_split", input)
    where: Any = next(
        (v for v in (sections, indices, tensor_indices_or_sections, indices_or_sections) if v is not None), None
    )
    if not isinstance(where, (Tensor, tuple, list)) and not is_integer(where):
        raise combination(
            "tensor_split", () if where is None else (where,), {}, "tuple of ints indices, int dim = 0",
            "Tensor tensor_indices_or_sections, int dim = 0", "int sections, int dim = 0",
        )  # fmt: skip
    ndim = t._array.ndim
    if not ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    if isinstance(where, Tensor):
        if where._array.ndim > 1:
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional "
                "tensor, but got "
                f"a tensor with {where._array.ndim} dims"
            )
        if where._array.dtype != np.int64:
            raise RuntimeError(
                f"tensor_split expected tensor_indices_or_sections to have dtype of long, but got {where.dtype.legacy}"
            )
        where = where._array.tolist()
    elif isinstance(where, (tuple, list)):
        where = numbers("tensor_split", "indices", 1, where)
    else:
        where = as_index(where)
    return _divided(t, where, axis("tensor_split", "dim", 2, dim, ndim))


def _split_along(name: str, least: int, dim: Any) -> Any:
    def f(
        input: Tensor, indices_or_sections: Any = None, *, sections: Any = None, indices: Any = None
    ) -> tuple[Tensor, ...]:
        t = tensor(name, input)
        where: Any = next((v for v in (sections, indices, indices_or_sections) if v is not None), None)
        if not is_integer(where) and not isinstance(where, (tuple, list)):
            raise combination(name, (where,), {}, "int sections", "tuple of ints indices")
        ndim = t._array.ndim
        if ndim < least:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with {ndim} "
                "dimensions!"
            )
        d = dim(ndim)
        if isinstance(where, (tuple, list)):
            return _divided(t, numbers(name, "indices", 1, where), d)
        n, length = as_index(where), t._array.shape[d]
        if not n or length % n:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {d}, but the size of the dimension {length} is not "
                "divisible "
                f"by the split_size {n}!"
            )
        return _divided(t, n, d)

    f.__name__ = name
    which = {"v": "first", "h": "second", "d": "third"}[name[0]]
    f.__doc__ = f"Views along the {which} dimension: see :func:`tensor_split`."
    return public()(f)


hsplit = _split_along("hsplit", 1, lambda ndim: 0 if ndim == 1 else 1)
vsplit = _split_along("vsplit", 2, lambda ndim: 0)
dsplit = _split_along("dsplit", 3, lambda ndim: 2)


def _unfold_window(shape: tuple[int, ...], dim: int, size: int, step: int, kind: Any) -> Any:
    strides = contiguous_strides(shape)
    if not shape:
        return window_of(shape, (size,), (1,), 0, kind)
    count = (shape[dim] - size) // step + 1
    part = (*shape[:dim], count, *shape[dim + 1 :], size)
    return window_of(shape, part, (*strides[:dim], strides[dim] * step, *strides[dim + 1 :], strides[dim]), 0, kind)


_unfold = View(
    "UnfoldBackward0", lambda x, dim, size, step, kind: x,
    lambda g, dim, size, step, kind, shape: spread(g, _unfold_window(shape, dim, size, step, kind)),
)  # fmt: skip


@public(function=False)
def unfold(self: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows of ``size`` elements along a dimension, ``step`` apart, as the new last dimension. A view.

    >>> import zanjir
    >>> zanjir.arange(5).unfold(0, 3, 1)
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]])
    """
    x = self._array
    dim = axis("unfold", "dimension", 1, dimension, x.ndim)
    size, step = whole("unfold", "size", 2, size), whole("unfold", "step", 3, step)
    length = x.shape[dim] if x.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {length} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    strides = self.stride()
    if x.ndim:
        count = (length - size) // step + 1
        shape = (*x.shape[:dim], count, *x.shape[dim + 1 :], size)
        steps = (*strides[:dim], strides[dim] * step, *strides[dim + 1 :], strides[dim])
    else:
        shape, steps = (size,), (1,)
    return _unfold.attach(self, strided(x, shape, steps), (dim, size, step, x.dtype))


_as_strided, _as_strided_in_place = (
    View(f"AsStridedBackward{i}", lambda x, window: window.look(x), lambda g, window: spread(g, window))
    for i in range(2)
)


def _restrided(t: Tensor, size: Any, stride: Any, storage_offset: Any) -> Any:
    x = t._array
    shape = numbers("as_strided", "size", 1, size)
    strides = numbers("as_strided", "stride", 2, stride)
    own = t.storage_offset()
    offset = own if storage_offset is None else whole("as_strided", "storage_offset", 3, storage_offset)
    if len(shape) != len(strides):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in strides):
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {list(strides)}"
        )
    if any(n < 0 for n in shape):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(strides)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    if 0 not in shape:
        need = (offset + 1 + sum([(n - 1) * s for n, s in zip(shape, strides, strict=True)])) * x.itemsize
        have = _owner(x).nbytes
        if need > have:
            raise RuntimeError(
                f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {offset}, and itemsize "
                f"{x.itemsize} "
                f"requiring a storage size of {need} are out of bounds for storage of size {have}"
            )
    return strided(x, shape, strides, offset - own if 0 not in shape else 0)


@public()
def as_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """The memory of the tensor with any shape and strides (counted in elements); elements may repeat. A view.

    Raises:
        RuntimeError: if it would look outside of the memory.

    >>> import zanjir
    >>> zanjir.arange(4).as_strided((3, 2), (1, 1))
    tensor([[0, 1],
            [1, 2],
            [2, 3]])
    """
    y = _restrided(tensor("as_strided", input), size, stride, storage_offset)
    params = (window(input._array, y),) if input.requires_grad and state.grad else ()
    return _as_strided.attach(input, y, params)


@in_place
def as_strided_(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """In-place form of :func:`as_strided`."""
    check(tensor("as_strided_", input))
    y = _restrided(input, size, stride, storage_offset)
    return become(input, _as_strided_in_place, y, (window(input._array, y),))


# ---------------------------------------------------------------------- a tensor with one part replaced


def _scatter(name: str) -> Operator:
    return Operator(
        name, lambda x, v, window: window.patch(x, v),
        (lambda g, window: patch(g, 0, window), lambda g, window: look(g, window)),
    )  # fmt: skip


_slice_scatter, _select_scatter = _scatter("SliceScatterBackward0"), _scatter("SelectScatterBackward0")
_diagonal_scatter, _as_strided_scatter = _scatter("DiagonalScatterBackward0"), _scatter("AsStridedScatterBackward0")


def _replaced(op: Operator, name: str, input: Tensor, src: Tensor, part: Any) -> Tensor:
    """``input`` with ``src`` in the place of ``part``, a view of its array."""
    have = tensor(name, src, "src", 2)._array.shape
    if have != part.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(have)}, slice size = "
            f"{list(part.shape)}"
        )
    return op(input, src, window(input._array, part))


@public()
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """A copy of the tensor with ``src`` in the place of the slice ``start:end:step`` along ``dim``.

    >>> import zanjir
    >>> zanjir.zeros(4).slice_scatter(zanjir.ones(2), 0, 1, 3)
    tensor([0., 1., 1., 0.])
    """
    x = tensor("slice_scatter", input)._array
    d = axis("slice_scatter", "dim", 2, dim, x.ndim)
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    return _replaced(_slice_scatter, "slice_scatter", input, src, x[(*(_ALL,) * d, slice(start, end, step))])


@public()
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of the tensor with ``src`` in the place of its part at ``index`` along ``dim``."""
    part = select(tensor("select_scatter", input).detach(), dim, index)
    return _replaced(_select_scatter, "select_scatter", input, src, part._array)


@public()
def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of the tensor with ``src`` in the place of a diagonal."""
    part = functions["diagonal"](tensor("diagonal_scatter", input).detach(), offset, dim1, dim2)
    return _replaced(_diagonal_scatter, "diagonal_scatter", input, src, part._array)


@public()
def as_strided_scatter(
    input: Tensor, src: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """A copy of the tensor with ``src`` in the place of what :func:`as_strided` shows of it."""
    part = _restrided(tensor("as_strided_scatter", input), size, stride, storage_offset)
    return _replaced(_as_strided_scatter, "as_strided_scatter", input, src, part)


# ---------------------------------------------------------------------- NumPy's functions on tensors


@numpy_function(np.array_split)
def _np_array_split(ary: Tensor, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    where = indices_or_sections if isinstance(indices_or_sections, int) else list(map(int, indices_or_sections))
    return list(tensor_split(ary, where, axis))


@numpy_function(np.split)
def _np_split(ary: Tensor, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    if isinstance(indices_or_sections, int) and ary._array.shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return _np_array_split(ary, indices_or_sections, axis)
