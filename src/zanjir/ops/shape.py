"""Shape: the same elements in other dimensions.

All are views where the memory allows it (see :mod:`.views`). Their strides are PyTorch's, also where a dimension of
length 1 leaves the choice free: NumPy is asked where it agrees, and :func:`.views.strided` where it does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import dtype
from ..layout import contiguous_format
from ..node import clock
from ..signature import combination
from ..size import Size
from ..state import state
from ..tensor import Tensor, _dimension, new, version_of, wrap
from .convert import clone, warn_once
from .declare import Operator, record
from .dims import axis, distinct, function_only, given, in_place, is_integer, numbers, tensor, tensors_in, whole
from .elementwise import mismatch
from .index import unsqueeze as unsqueeze_view
from .inplace import bump, check, public
from .protocol import numpy_function
from .views import NEVER, NOTHING, View, contiguous_strides, either, rebase, strided

# ---------------------------------------------------------------------- view, reshape

_view = View("ViewBackward0", lambda x: x, lambda g, shape: g.reshape(shape))
_alias = View("ReshapeAliasBackward0", lambda x: x, lambda g, shape: g.reshape(shape))
_unsafe = Operator("UnsafeViewBackward0", lambda x: x, (lambda g, shape: g.reshape(shape),))


def laid_out(t: Tensor) -> Any:
    """The array of a tensor without elements, with PyTorch's strides; NumPy has none for new empty arrays."""
    return strided(t._array, t._array.shape, t.stride())


def inferred(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """``shape`` with its -1, if there is one, replaced by what ``size`` elements need there.

    Raises:
        RuntimeError: if there is no such shape.
    """
    unknown, product = None, 1
    for i, n in enumerate(shape):
        if n == -1:
            if unknown is not None:
                raise RuntimeError("only one dimension can be inferred")
            unknown = i
        elif n < 0:
            raise RuntimeError(f"invalid shape dimension {n} at index {i} of shape {list(shape)}")
        else:
            product *= n
    if product == size if unknown is None else product and not size % product:
        return shape if unknown is None else (*shape[:unknown], size // product, *shape[unknown + 1 :])
    if not product and unknown is not None and not size:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size -1 "
            "can be "
            "any value and is ambiguous"
        )
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")


def view_strides(have: Sequence[int], strides: Sequence[int], shape: Sequence[int]) -> tuple[int, ...] | None:
    """The strides with which the memory of a tensor can be seen in another ``shape``; ``None`` if it cannot.

    Neighbouring dimensions that lie in memory as one can be divided anew; the others keep their place. So the old
    dimensions are gathered in such groups, last to first, and each must be filled exactly by new ones.
    """
    if 0 in have:
        if tuple(have) == tuple(shape):
            return tuple(strides)
        return contiguous_strides(shape)
    if not have:
        return (1,) * len(shape)
    new_strides = [0] * len(shape)
    place = len(shape) - 1
    step = strides[-1]  # of the current group
    group = done = 1  # elements of the group, and how many of them the new dimensions so far account for
    for d in range(len(have) - 1, -1, -1):
        group *= have[d]
        if not d or (have[d - 1] != 1 and strides[d - 1] != group * step):
            while place >= 0 and (done < group or shape[place] == 1):
                new_strides[place] = done * step
                done *= shape[place]
                place -= 1
            if done != group:
                return None
            if d:
                step, group, done = strides[d - 1], 1, 1
    return tuple(new_strides) if place < 0 else None


def seen_as(t: Tensor, shape: tuple[int, ...]) -> Any:
    """The memory of ``t`` as an array of ``shape``; ``None`` if only a copy could have it."""
    x = t._array
    if x.flags.c_contiguous and x.size and (t._base is None or 1 not in x.shape):
        try:
            y = x.reshape(shape)
        except ValueError:
            inferred(shape, x.size)
            raise
        if y.shape == shape or -1 in shape:
            return y
    shape = inferred(shape, x.size)
    strides = view_strides(x.shape, t.stride(), shape)
    return None if strides is None else strided(x, shape, strides)


@public(function=False)
def view(self: Tensor, *size: Any, **kwargs: Any) -> Tensor:
    """The same memory in another shape, or as elements of another dtype.

    Args:
        size: the shape, as numbers or as one tuple; one of them may be -1, and is then inferred.
        dtype: in place of a size: the dtype its bytes are read as. The last dimension grows or shrinks with the size of
            an element. The result is not differentiable.

    Raises:
        RuntimeError: if the number of elements does not fit, or the strides do not allow it (``reshape`` would copy).

    >>> import zanjir
    >>> zanjir.arange(6).view(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    if len(size) == 1 and size[0].__class__ is tuple and not kwargs:
        shape = size[0]
        for n in shape:
            if n.__class__ is not int:
                shape = _view_size(size, kwargs)
                break
    else:
        for n in size:
            if n.__class__ is not int:
                break
        if (size and n.__class__ is not int) or not size or kwargs:
            first = size[0] if size else kwargs.get("dtype")
            if isinstance(first, dtype) and len(size) + len(kwargs) == 1:
                return _as_dtype(self, first)
            shape = _view_size(size, kwargs)
        else:
            shape = size
    array = seen_as(self, shape)
    if array is None:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return _view.attach(self, array)


def _view_size(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[int, ...]:
    first = args[0] if args else kwargs.get("size")
    if isinstance(first, (tuple, list)) or (args and is_integer(first) and not kwargs):
        return given("view", "size", args, kwargs)
    raise combination("view", args, kwargs, "torch.dtype dtype", "tuple of ints size")


def _as_dtype(t: Tensor, d: dtype) -> Tensor:
    """The bytes of ``t`` read as elements of dtype ``d``."""
    x = t._array
    have, want = x.itemsize, d.itemsize
    if have == want:
        y = x.view(d.numpy)
    else:
        text = f"to view {dtypes.of(x.dtype).legacy} as {d.legacy} (different element sizes)"
        if not x.ndim:
            raise RuntimeError(f"self.dim() cannot be 0 {text}")
        strides = t.stride()
        if have < want:
            ratio = want // have
            if x.shape[-1] % ratio:
                raise RuntimeError(f"self.size(-1) must be divisible by {ratio} {text}, but got {x.shape[-1]}")
            if t.storage_offset() % ratio:
                raise RuntimeError(
                    f"self.storage_offset() must be divisible by {ratio} {text}, but got {t.storage_offset()}"
                )
        if strides[-1] != 1:
            raise RuntimeError(f"self.stride(-1) must be 1 {text}, but got {strides[-1]}")
        if have < want:
            for i, s in enumerate(strides[:-1]):
                if s % ratio:
                    raise RuntimeError(f"self.stride({i}) must be divisible by {ratio} {text}, but got {s}")
        y = x.view(d.numpy) if x.size else np.empty((*x.shape[:-1], x.shape[-1] * have // want), d.numpy)
    return sharing(t, y)


def sharing(t: Tensor, array: Any) -> Tensor:
    """A tensor outside the graph on memory of ``t``, with whom it counts writes."""
    twin = wrap(array)
    twin._counter = version_of(t)
    return twin


@public(function=False)
def view_as(self: Tensor, other: Tensor) -> Tensor:
    """The same memory in the shape of ``other``: ``self.view(other.shape)``."""
    return view(self, tensor("view_as", other, "other")._array.shape)


def reshaped(input: Tensor, shape: tuple[int, ...]) -> Tensor:
    array = seen_as(input, shape)
    if array is None:
        shape = inferred(shape, input._array.size)
        if not (input.requires_grad and state.grad):
            return wrap(np.array(input._array, order="C").reshape(shape))
        copy = clone(input, memory_format=contiguous_format)
        t = wrap(copy._array.reshape(shape))
        record(_unsafe, t, (copy,), ())
        return t
    return (_view if input._array.flags.c_contiguous else _alias).attach(input, array)


@public(function=False)
def reshape(self: Tensor, *shape: Any, **kwargs: Any) -> Tensor:
    """The same elements in another shape: a view where the strides allow it, else a copy.

    Args:
        shape: as numbers or as one tuple; one of them may be -1, and is then inferred.

    Raises:
        RuntimeError: if the number of elements does not fit.

    >>> import zanjir
    >>> zanjir.arange(6).reshape(3, -1).shape
    zanjir.Size([3, 2])
    """
    if len(shape) == 1 and shape[0].__class__ is tuple and not kwargs:
        return reshaped(self, numbers("reshape", "shape", 1, shape[0]))
    return reshaped(self, given("reshape", "shape", shape, kwargs))


@function_only
def reshape_function(input: Tensor, shape: Sequence[int]) -> Tensor:
    """See :meth:`Tensor.reshape`."""
    return reshaped(tensor("reshape", input), numbers("reshape", "shape", 2, shape))


@public(function=False)
def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """The same elements in the shape of ``other``: ``self.reshape(other.shape)``."""
    return reshaped(self, tensor("reshape_as", other, "other")._array.shape)


@public()
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from ``start_dim`` to ``end_dim`` as one: a view, a copy, or the tensor itself if nothing changes.

    >>> import zanjir
    >>> zanjir.zeros(2, 3, 4).flatten(1).shape
    zanjir.Size([2, 12])
    """
    shape = tensor("flatten", input)._array.shape
    start = axis("flatten", "start_dim", 1, start_dim, len(shape))
    end = axis("flatten", "end_dim", 2, end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshaped(input, (1,))
    if start == end:
        return input
    return reshaped(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


@public()
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Dimension ``dim`` divided into several, of lengths ``sizes`` (one may be -1): the opposite of :func:`flatten`.

    >>> import zanjir
    >>> zanjir.zeros(2, 12).unflatten(1, (3, -1)).shape
    zanjir.Size([2, 3, 4])
    """
    shape = tensor("unflatten", input)._array.shape
    dim = whole("unflatten", "dim", 1, dim)
    parts = numbers("unflatten", "sizes", 2, sizes)
    dim = _dimension(dim, len(shape))
    if not parts:
        raise RuntimeError("unflatten: sizes must be non-empty")
    length = shape[dim] if shape else 1
    try:
        found = inferred(parts, length)
    except RuntimeError as error:
        if "is invalid for input" not in str(error):
            raise RuntimeError(f"unflatten got an unexpected error:\n{error}") from None
        raise RuntimeError(
            f"unflatten: Provided sizes {list(parts)} don't multiply up to the size of dim {dim} ({length}) in the "
            "input tensor"
        ) from None
    return view(input, (*shape[:dim], *found, *shape[dim + 1 :]))


@public()
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension; a view where possible."""
    t = tensor("ravel", input)
    return view(t.contiguous(), (-1,))


# ---------------------------------------------------------------------- dimensions of length 1

_squeezes = [
    View(f"SqueezeBackward{i}", lambda x: x, lambda g, shape: g.reshape(shape)) for i in range(6)
]  # all, one, several dimensions; the same in place
_unsqueeze_in_place = View("UnsqueezeBackward1", lambda x: x, lambda g, shape: g.reshape(shape))


def _squeezed(name: str, t: Tensor, args: tuple[Any, ...]) -> tuple[Any, int]:
    """The array without dimensions of length 1, and which form of the operator it was."""
    x = t._array
    shape = x.shape
    if not args:
        return x.squeeze(), 0
    dim: Any = args[0] if len(args) == 1 else args
    if dim.__class__ is int or is_integer(dim):
        d = _dimension(as_index(dim), len(shape))
        return (x.squeeze(d) if shape and shape[d] == 1 else x.view()), 1
    if isinstance(dim, (tuple, list)) and all(map(is_integer, dim)):
        dims = distinct([_dimension(as_index(d), len(shape)) for d in dim])
        drop = tuple([d for d in dims if shape and shape[d] == 1])
        return (x.squeeze(drop) if drop else x.view()), 2
    raise combination(name, args, {}, "", "int dim", "tuple of ints dim")


@public()
def squeeze(input: Tensor, *dim: Any, axis: Any = None, **kwargs: Any) -> Tensor:
    """A view without the dimensions of length 1: all, or those of them named by ``dim`` (a number or a tuple).

    >>> import zanjir
    >>> zanjir.zeros(1, 3, 1).squeeze().shape, zanjir.zeros(1, 3, 1).squeeze(0).shape
    (zanjir.Size([3]), zanjir.Size([3, 1]))
    """
    if axis is not None:
        dim = (axis,)
    elif kwargs:
        if dim or kwargs.keys() != {"dim"}:
            raise combination("squeeze", dim, kwargs, "", "int dim", "tuple of ints dim")
        dim = (kwargs["dim"],)
    array, form = _squeezed("squeeze", tensor("squeeze", input), dim)
    return _squeezes[form].attach(input, array)


def _unsqueezed(t: Tensor, dim: int) -> Any:
    x = t._array
    shape = x.shape
    wide = (*shape[:dim], 1, *shape[dim:])
    if x.size and (
        (1 not in shape and (dim < len(shape) or x.flags.c_contiguous)) or (t._base is None and x.flags.c_contiguous)
    ):
        return x.reshape(wide)
    strides = t.stride()
    step = shape[dim] * strides[dim] if dim < len(shape) else 1
    return strided(x, wide, (*strides[:dim], step, *strides[dim:]))


@public()
def unsqueeze(input: Tensor, dim: Any = None, *, axis: Any = None) -> Tensor:
    """A view with a further dimension of length 1, which becomes dimension ``dim``.

    Raises:
        IndexError: if ``dim`` is not in ``[-ndim - 1, ndim]``.

    >>> import zanjir
    >>> zanjir.zeros(3).unsqueeze(1).shape
    zanjir.Size([3, 1])
    """
    ndim = tensor("unsqueeze", input)._array.ndim + 1
    if axis is not None:
        dim = axis
    if dim.__class__ is not int or not 0 <= dim < ndim:
        dim = _dimension(whole("unsqueeze", "dim", 1, dim), ndim)
    return unsqueeze_view.attach(input, _unsqueezed(input, dim), (None,))


# ---------------------------------------------------------------------- dimensions in another order

_transpose, _transpose_in_place = (
    View(
        f"TransposeBackward{i}", lambda x, dim0, dim1: x.swapaxes(dim0, dim1),
        lambda g, dim0, dim1: g.swapaxes(dim0, dim1),
    )
    for i in range(2)
)  # fmt: skip
_t, _t_in_place = (
    View(f"TBackward{i}", lambda x: x.T, lambda g: g.swapaxes(0, 1) if g.ndim == 2 else g) for i in range(2)
)
_permute = View("PermuteBackward0", lambda x, dims: x.transpose(dims), lambda g, dims: permuted(g, _inverse(dims)))
permuted: Any = either(_permute)


def _inverse(dims: tuple[int, ...]) -> tuple[int, ...]:
    back = [0] * len(dims)
    for i, d in enumerate(dims):
        back[d] = i
    return tuple(back)


def _swapped(name: str, t: Tensor, dim0: Any, dim1: Any, names: tuple[str, str]) -> tuple[Any, int, int]:
    x = tensor(name, t)._array
    if not x.size:
        x = laid_out(t)
    a = axis(name, names[0], 1, dim0, x.ndim)
    b = axis(name, names[1], 2, dim1, x.ndim)
    return x.swapaxes(a, b) if x.ndim else x.view(), a, b


@public()
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """A view with two dimensions swapped.

    >>> import zanjir
    >>> zanjir.zeros(2, 3, 4).transpose(0, 2).shape
    zanjir.Size([4, 3, 2])
    """
    y, a, b = _swapped("transpose", input, dim0, dim1, ("dim0", "dim1"))
    return _transpose.attach(input, y, (a, b))


@public()
def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """As :func:`transpose`."""
    y, a, b = _swapped("swapdims", input, dim0, dim1, ("dim0", "dim1"))
    return _transpose.attach(input, y, (a, b))


@public()
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """As :func:`transpose`, under NumPy's name."""
    y, a, b = _swapped("swapaxes", input, axis0, axis1, ("axis0", "axis1"))
    return _transpose.attach(input, y, (a, b))


def _turned(t: Tensor, name: str = "t") -> Any:
    x = t._array
    if x.ndim > 2:
        raise RuntimeError(f"{name}() expects a tensor with <= 2 dimensions, but self is {x.ndim}D")
    return (x if x.size else laid_out(t)).T


@public()
def t(input: Tensor) -> Tensor:
    """The transpose of a matrix, as a view; of fewer dimensions, the same.

    >>> import zanjir
    >>> zanjir.tensor([[1, 2], [3, 4]]).t()
    tensor([[1, 3],
            [2, 4]])
    """
    return _t.attach(input, _turned(tensor("t", input)))


def _permuted(t: Tensor, dims: tuple[int, ...]) -> Tensor:
    x = t._array
    if not x.size:
        x = laid_out(t)
    ndim = x.ndim
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            "ordering "
            f"of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(dims)}"
        )
    order = dims
    for d in dims:
        if not 0 <= d < ndim:
            order = tuple([_dimension(d, ndim) for d in dims])
            break
    try:
        y = x.transpose(order)
    except ValueError:
        raise RuntimeError("permute(): duplicate dims are not allowed.") from None
    return _permute.attach(t, y, (order,))


@public(function=False)
def permute(self: Tensor, *dims: Any, **kwargs: Any) -> Tensor:
    """A view whose dimensions are those of the tensor in the order ``dims``, given as numbers or as one tuple.

    >>> import zanjir
    >>> zanjir.zeros(2, 3, 4).permute(2, 0, 1).shape
    zanjir.Size([4, 2, 3])
    """
    return _permuted(self, given("permute", "dims", dims, kwargs))


@function_only
def permute_function(input: Tensor, dims: Sequence[int]) -> Tensor:
    """See :meth:`Tensor.permute`."""
    return _permuted(tensor("permute", input), numbers("permute", "dims", 2, dims))


@public("moveaxis")
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with the dimensions ``source`` moved to the places ``destination``, the others in their order around them.

    >>> import zanjir
    >>> zanjir.zeros(2, 3, 4).movedim(0, -1).shape
    zanjir.Size([3, 4, 2])
    """
    ndim = tensor("movedim", input)._array.ndim
    if is_integer(source) and is_integer(destination):
        from_, to = [as_index(source)], [as_index(destination)]
    elif isinstance(source, (tuple, list)) and isinstance(destination, (tuple, list)):
        from_, to = list(map(as_index, source)), list(map(as_index, destination))
    else:
        raise combination(
            "movedim", (source, destination), {}, "int source, int destination",
            "tuple of ints source, tuple of ints destination",
        )  # fmt: skip
    if len(from_) != len(to):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({from_} dims) should contain the same number of "
            "dims as "
            f"destination ({to} dims)"
        )
    sources = [_dimension(d, ndim) for d in from_]
    places = [_dimension(d, ndim) for d in to]
    for name, found, said in (("source", sources, from_), ("destination", places, to)):
        if len(set(found)) != len(found):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({said})")
    if not ndim:
        return _alias_of(input)
    rest = iter([d for d in range(ndim) if d not in sources])
    order = [sources[places.index(i)] if i in places else next(rest) for i in range(ndim)]
    return _permuted(input, tuple(order))


_plain_alias = View("AliasBackward0", lambda x: x, lambda g: g)


def _alias_of(t: Tensor) -> Tensor:
    return _plain_alias.attach(t, t._array.view())


def _T(self: Tensor) -> Tensor:
    """The dimensions in opposite order: of a matrix, its transpose. A view."""
    x = self._array
    ndim = x.ndim
    if ndim != 2:
        if ndim:
            warn_once(
                "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it "
                "will throw "
                "an error in a future release. Consider `x.mT` to transpose batches of matrices or "
                "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor."
            )
        else:
            warn_once("Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases.")
        order: tuple[int, ...] = tuple(range(ndim - 1, -1, -1))
    else:
        order = (1, 0)
    return _permute.attach(self, (x if x.size else laid_out(self)).T, (order,))


def _mT(self: Tensor) -> Tensor:
    """The last two dimensions swapped: the transposes of a batch of matrices. A view."""
    return _matrix(self, "tensor.mT", "mT")


def _matrix(t: Tensor, name: str, short: str) -> Tensor:
    ndim = t._array.ndim
    if not ndim:
        warn_once(f"Tensor.{short} is deprecated on 0-D tensors. This function is the identity in these cases.")
        return t
    if ndim == 1:
        raise RuntimeError(f"{name} is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return transpose(t, ndim - 2, ndim - 1)


def _conjugated(t: Tensor) -> Tensor:
    return t.conj() if t._array.dtype.kind == "c" else t


def _H(self: Tensor) -> Tensor:
    """The conjugate transpose of a matrix."""
    ndim = self._array.ndim
    if ndim in (1,) or ndim > 2:
        more = "" if ndim == 1 else " For batches of matrices, consider using tensor.mH"
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor.{more}")
    return _conjugated(_matrix(self, "tensor.H", "H"))


def _mH(self: Tensor) -> Tensor:
    """The conjugate transposes of a batch of matrices."""
    return _conjugated(_matrix(self, "tensor.mH", "mH"))


for _name, _get in (("T", _T), ("mT", _mT), ("H", _H), ("mH", _mH)):
    setattr(Tensor, _name, property(_get))


@public()
def adjoint(input: Tensor) -> Tensor:
    """The conjugate transposes of a batch of matrices: ``input.mH``."""
    return _conjugated(_matrix(tensor("adjoint", input), "tensor.adjoint()", "adjoint()"))


# ---------------------------------------------------------------------- expand

_expand = View(
    "ExpandBackward0", lambda x: x, lambda g: g
)  # whoever gets the gradient sums it: the engine does, always


def expanded_to(t: Tensor, shape: tuple[int, ...]) -> Tensor:
    x = t._array
    have = x.shape
    # Strides in bytes; NumPy's, but where they may not be PyTorch's.
    strides = [s * x.itemsize for s in t.stride()] if (t._base is None and 1 in have) or not x.size else x.strides
    lead = len(shape) - len(have)
    if lead < 0:
        raise RuntimeError(
            f"expand(torch.{dtypes.of(x.dtype).legacy}Tensor{{{list(have)}}}, size={list(shape)}): the number of "
            "sizes provided "
            f"({len(shape)}) must be greater or equal to the number of dimensions in the tensor ({len(have)})"
        )
    sizes, steps = list(shape), [0] * len(shape)
    for i in range(len(shape) - 1, -1, -1):
        n = shape[i]
        if i >= lead:
            length, step = have[i - lead], strides[i - lead]
            if n == -1:
                n = length
            elif n != length:
                if length != 1 or n < 0:
                    raise RuntimeError(
                        f"The expanded size of the tensor ({n}) must match the existing size ({length}) at "
                        "non-singleton "
                        f"dimension {i}.  Target sizes: {list(shape)}.  Tensor sizes: {list(have)}"
                    )
                step = 0
        else:
            if n < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing dimension {i}"
                )
            step = sizes[i + 1] * steps[i + 1] if n == 1 and have else 0
        sizes[i], steps[i] = n, step
    if x.flags.forc:
        return _expand.attach(t, np.ndarray(sizes, x.dtype, x, 0, steps))
    return _expand.attach(t, strided(x, sizes, [s // x.itemsize for s in steps]))


@public(function=False)
def expand(self: Tensor, *size: Any, implicit: bool = False, **kwargs: Any) -> Tensor:
    """A view in which dimensions of length 1 are repeated, and new ones come in front, without using memory.

    Args:
        size: the lengths, as numbers or as one tuple; -1 leaves a dimension as it is.

    Raises:
        RuntimeError: if a dimension that is not of length 1 should change.

    >>> import zanjir
    >>> zanjir.tensor([1, 2]).expand(3, 2)
    tensor([[1, 2],
            [1, 2],
            [1, 2]])
    """
    return expanded_to(self, given("expand", "size", size, kwargs))


@public(function=False)
def expand_as(self: Tensor, other: Tensor) -> Tensor:
    """``self.expand(other.shape)``."""
    return expanded_to(self, tensor("expand_as", other, "other")._array.shape)


@public(function=False)
def broadcast_to(self: Tensor, *size: Any, **kwargs: Any) -> Tensor:
    """As :meth:`Tensor.expand`."""
    return expanded_to(self, given("broadcast_to", "size", size, kwargs))


@function_only
def broadcast_to_function(input: Tensor, size: Sequence[int]) -> Tensor:
    """See :meth:`Tensor.expand`."""
    return expanded_to(tensor("broadcast_to", input), numbers("broadcast_to", "size", 2, size))


@public(method=False)
def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors expanded to their common shape.

    >>> import zanjir
    >>> a, b = zanjir.broadcast_tensors(zanjir.zeros(3, 1), zanjir.zeros(2))
    >>> a.shape, b.shape
    (zanjir.Size([3, 2]), zanjir.Size([3, 2]))
    """
    tensors_in(tensors)
    try:
        shape = np.broadcast_shapes(*[t._array.shape for t in tensors])
    except ValueError:
        raise mismatch(tensors) from None
    return tuple([t if t._array.shape == shape else expanded_to(t, shape) for t in tensors])


@public(method=False)
def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of these shapes broadcast to.

    Raises:
        RuntimeError: if they do not.

    >>> import zanjir
    >>> zanjir.broadcast_shapes((3, 1), (2,))
    zanjir.Size([3, 2])
    """
    pairs = [(s, (s,) if isinstance(s, int) else tuple(s)) for s in shapes]
    result = [1] * max([len(s) for _, s in pairs], default=0)
    for i, (_, shape) in enumerate(pairs):
        for back in range(1, len(shape) + 1):
            n = shape[-back]
            if n < 0 or (n != 1 and result[-back] not in (1, n)):
                said = (
                    f"({n},)"
                    if isinstance(shapes[i], int)
                    else f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
                )
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {n} at {-back}! Mismatching argument at index {i} "
                    "had "
                    f"{said}; but expected shape should be broadcastable to {result}"
                )
            if n != 1:
                result[-back] = n
    return Size(result)


# ---------------------------------------------------------------------- outside the graph


@public()
def detach(input: Tensor) -> Tensor:
    """The same memory outside the graph: a leaf that requires no grad and counts writes together with the tensor.

    >>> import zanjir
    >>> x = zanjir.ones(2, requires_grad=True)
    >>> (x * 2).detach()
    tensor([2., 2.])
    """
    t = tensor("detach", input)
    return sharing(t, t._array)


@in_place
def detach_(input: Tensor) -> Tensor:
    """Takes the tensor itself out of the graph; it becomes a leaf that requires no grad.

    Raises:
        RuntimeError: if it is a view.
    """
    t = tensor("detach_", input)
    if t._base is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
            "training, "
            "and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() "
            "cannot be "
            "called on these gradients. To fix this error, please refer to the Optimizer.zero_grad() function in "
            "torch/optim/optimizer.py as the solution."
        )
    t._node, t._rg = None, False
    return t


# ---------------------------------------------------------------------- the tensor itself gets another shape


def become(t: Tensor, op: Operator, array: Any, params: tuple[Any, ...]) -> Tensor:
    """Gives ``t`` itself the shape of ``array``, a view of its memory that ``op`` takes; ``check(t)`` came first."""
    counter = bump(t)  # while it is what its node made: a node that keeps its output learns of the write by this
    if t._rg and state.grad:
        node = new(op.node)
        node.next = (t._node or t,)
        if op.params:
            node.params = params
        node.saved, node.versions = NOTHING, NEVER
        node.seq = next(clock)
        node.shape, node.dtype = array.shape, array.dtype
        rebase(t, node)
    t._array = array
    if t._base is not None:
        t._seen = counter.n
    return t


@in_place
def squeeze_(self: Tensor, *dim: Any, **kwargs: Any) -> Tensor:
    """In-place form of :func:`squeeze`: the tensor itself loses the dimensions."""
    check(self)
    array, form = _squeezed("squeeze_", self, (*dim, *kwargs.values()))
    return become(self, _squeezes[form + 3], array, ())


@in_place
def unsqueeze_(self: Tensor, dim: int) -> Tensor:
    """In-place form of :func:`unsqueeze`."""
    check(self)
    dim = _dimension(whole("unsqueeze_", "dim", 1, dim), self._array.ndim + 1)
    return become(self, _unsqueeze_in_place, _unsqueezed(self, dim), ())


@in_place
def transpose_(self: Tensor, dim0: int, dim1: int) -> Tensor:
    """In-place form of :func:`transpose`."""
    check(self)
    y, a, b = _swapped("transpose_", self, dim0, dim1, ("dim0", "dim1"))
    return become(self, _transpose_in_place, y, (a, b))


@in_place
def swapdims_(self: Tensor, dim0: int, dim1: int) -> Tensor:
    """In-place form of :func:`swapdims`."""
    check(self)
    y, a, b = _swapped("swapdims_", self, dim0, dim1, ("dim0", "dim1"))
    return become(self, _transpose_in_place, y, (a, b))


@in_place
def swapaxes_(self: Tensor, axis0: int, axis1: int) -> Tensor:
    """In-place form of :func:`swapaxes`."""
    check(self)
    y, a, b = _swapped("swapaxes_", self, axis0, axis1, ("axis0", "axis1"))
    return become(self, _transpose_in_place, y, (a, b))


@in_place
def t_(self: Tensor) -> Tensor:
    """In-place form of :func:`t`."""
    check(self)
    return become(self, _t_in_place, _turned(self, "t_"), ())


@public(method=False)
def numel(input: Tensor) -> int:
    """The number of elements.

    >>> import zanjir
    >>> zanjir.numel(zanjir.zeros(2, 3))
    6
    """
    return tensor("numel", input)._array.size


# ---------------------------------------------------------------------- NumPy's functions on tensors


@numpy_function(np.reshape)
def _np_reshape(a: Tensor, /, shape: Any, order: str = "C", *, copy: Any = None) -> Tensor:
    return reshaped(a, (shape,) if isinstance(shape, int) else tuple(shape))


@numpy_function(np.ravel)
def _np_ravel(a: Tensor, order: str = "C") -> Tensor:
    return reshaped(a, (-1,))


@numpy_function(np.transpose)
def _np_transpose(a: Tensor, axes: Any = None) -> Tensor:
    return _permuted(a, tuple(range(a._array.ndim - 1, -1, -1)) if axes is None else tuple(axes))


@numpy_function(np.swapaxes)
def _np_swapaxes(a: Tensor, axis1: int, axis2: int) -> Tensor:
    return transpose(a, axis1, axis2)


@numpy_function(np.moveaxis)
def _np_moveaxis(a: Tensor, source: Any, destination: Any) -> Tensor:
    return movedim(a, source, destination)


@numpy_function(np.squeeze)
def _np_squeeze(a: Tensor, axis: Any = None) -> Tensor:
    return squeeze(a) if axis is None else squeeze(a, axis)


@numpy_function(np.expand_dims)
def _np_expand_dims(a: Tensor, axis: Any) -> Tensor:
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    ndim = a._array.ndim + len(axes)
    for d in sorted([d % ndim for d in axes]):
        a = unsqueeze(a, d)
    return a


@numpy_function(np.broadcast_to)
def _np_broadcast_to(array: Tensor, shape: Any, subok: bool = False) -> Tensor:
    return expanded_to(array, (shape,) if isinstance(shape, int) else tuple(shape))


@numpy_function(np.broadcast_arrays)
def _np_broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Tensor, ...]:
    return broadcast_tensors(*[a if isinstance(a, Tensor) else wrap(np.asarray(a)) for a in args])
