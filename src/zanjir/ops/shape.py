"""Shape: operators that only look at the same memory differently, and a few that copy it in another order.

The views share memory with their input (see :mod:`.views`). Their strides are PyTorch's, also where a dimension of length 1
leaves the choice free: NumPy is asked where it agrees, and :func:`.views.strided` where it does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import dtype
from ..layout import contiguous_format, empty_as
from ..node import clock
from ..signature import argument, combination, missing
from ..size import Size
from ..state import state
from ..tensor import Tensor, _dimension, _owner, new, version_of, wrap
from .convert import clone, warn_once
from .declare import Operator, functions, record
from .elementwise import mismatch, not_tensor
from .index import select as select_view
from .index import slices as slice_view
from .index import unsqueeze as unsqueeze_view
from .inplace import bump, check, fit, public
from .protocol import numpy_function
from .views import NEVER, NOTHING, View, contiguous_strides, either, rebase, several, spread, strided, window, window_of

ndarray = np.ndarray
_ALL = slice(None)

# ---------------------------------------------------------------------- reading arguments


def whole(name: str, parameter: str, position: int | None, value: Any) -> int:
    """An argument that is to be an integer.

    Raises:
        TypeError: if it is none.
    """
    if value.__class__ is int:
        return value  # type: ignore[no-any-return]
    if not isinstance(value, (bool, np.bool_)):
        try:
            return as_index(value)
        except TypeError:
            pass
    raise argument(name, parameter, position, "int", value)


def axis(name: str, parameter: str, position: int | None, value: Any, ndim: int) -> int:
    """An argument that is to be a dimension, counted from the front."""
    if value.__class__ is int and 0 <= value < ndim:
        return value  # type: ignore[no-any-return]
    return _dimension(whole(name, parameter, position, value), ndim)


def numbers(name: str, parameter: str, position: int, value: Any) -> tuple[int, ...]:
    """An argument that is to be a tuple (or list) of integers.

    Raises:
        TypeError: if it is none.
    """
    if isinstance(value, (tuple, list)):
        for n in value:
            if n.__class__ is not int:
                break
        else:
            return tuple(value)
        found = []
        for place, n in enumerate(value):
            try:
                found.append(whole(name, parameter, position, n))
            except TypeError:
                if not place:
                    break
                raise TypeError(
                    f"{name}(): argument '{parameter}' failed to unpack the object at pos {place + 1} with error \"type must "
                    f'be tuple of ints,but got {type(n).__name__}"'
                ) from None
        else:
            return tuple(found)
    raise argument(name, parameter, position, "tuple of ints", value)


def given(name: str, parameter: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[int, ...]:
    """Integers given one by one, as one sequence, or by keyword: ``x.repeat(2, 3)``, ``x.repeat((2, 3))``."""
    if kwargs:
        if args or kwargs.keys() != {parameter}:
            odd = next((k for k in kwargs if k != parameter), parameter)
            raise TypeError(f"{name}() got an unexpected keyword argument '{odd}'")
        return numbers(name, parameter, 1, kwargs[parameter])
    if not args:
        raise missing(name, parameter)
    first = args[0]
    if first.__class__ is int or len(args) > 1:
        return numbers(name, parameter, 1, args) if _is_number(first) else numbers(name, parameter, 1, first)
    return (as_index(first),) if _is_number(first) else numbers(name, parameter, 1, first)


def _is_number(value: Any) -> bool:
    return value.__class__ is int or (
        isinstance(value, (int, np.integer, Tensor)) and not isinstance(value, bool)
        and not (isinstance(value, Tensor) and (value._array.size != 1 or value._array.dtype.kind not in "iu"))
    )  # fmt: skip


def tensor(name: str, value: Any, parameter: str = "input", position: int = 1) -> Tensor:
    """An argument that is to be a tensor.

    Raises:
        TypeError: if it is none.
    """
    if not isinstance(value, Tensor):
        raise not_tensor(name, parameter, position, value)
    return value


def _in_place(f: Any) -> Any:
    """Registers a method whose name ends in an underscore."""
    setattr(Tensor, f.__name__, f)
    if f.__name__ in ("detach_", "as_strided_"):
        functions[f.__name__] = f
    return f


# ---------------------------------------------------------------------- view, reshape

_view = View("ViewBackward0", lambda x: x, lambda g, shape: g.reshape(shape))
_alias = View("ReshapeAliasBackward0", lambda x: x, lambda g, shape: g.reshape(shape))
_unsafe = Operator("UnsafeViewBackward0", lambda x: x, (lambda g, shape: g.reshape(shape),))


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
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size -1 can be "
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
    if isinstance(first, (tuple, list)) or (args and _is_number(first) and not kwargs):
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
                raise RuntimeError(f"self.storage_offset() must be divisible by {ratio} {text}, but got {t.storage_offset()}")
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


def _reshaped(input: Tensor, shape: tuple[int, ...]) -> Tensor:
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
        return _reshaped(self, numbers("reshape", "shape", 1, shape[0]))
    return _reshaped(self, given("reshape", "shape", shape, kwargs))


def _function(f: Any, name: str | None = None) -> Any:
    """Registers the function of the ``torch`` namespace where it differs from the method in how it takes its arguments."""
    name = name or f.__name__.strip("_").removesuffix("_function")
    f.__name__ = f.__qualname__ = name
    functions[name] = f
    return f


@_function
def reshape_function(input: Tensor, shape: Sequence[int]) -> Tensor:
    """See :meth:`Tensor.reshape`."""
    return _reshaped(tensor("reshape", input), numbers("reshape", "shape", 2, shape))


@public(function=False)
def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """The same elements in the shape of ``other``: ``self.reshape(other.shape)``."""
    return _reshaped(self, tensor("reshape_as", other, "other")._array.shape)


@public()
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from ``start_dim`` to ``end_dim`` as one; a view where possible, the tensor itself if nothing changes.

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
        return _reshaped(input, (1,))
    if start == end:
        return input
    return _reshaped(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


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
            f"unflatten: Provided sizes {list(parts)} don't multiply up to the size of dim {dim} ({length}) in the input tensor"
        ) from None
    return view(input, (*shape[:dim], *found, *shape[dim + 1 :]))


@public()
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension; a view where possible."""
    t = tensor("ravel", input)
    return view(t.contiguous(), (-1,))


# ---------------------------------------------------------------------- dimensions of length 1

_squeezes = [
    View(f"SqueezeBackward{i}", lambda x: x, lambda g, shape: g.reshape(shape))
    for i in range(6)
]  # all, one, several dimensions; the same in place
_unsqueeze_in_place = View("UnsqueezeBackward1", lambda x: x, lambda g, shape: g.reshape(shape))


def _squeezed(name: str, t: Tensor, args: tuple[Any, ...]) -> tuple[Any, int]:
    """The array without dimensions of length 1, and which form of the operator it was."""
    x = t._array
    shape = x.shape
    if not args:
        return x.squeeze(), 0
    dim = args[0] if len(args) == 1 else args
    if dim.__class__ is int or _is_number(dim):
        d = _dimension(as_index(dim), len(shape))
        return (x.squeeze(d) if shape and shape[d] == 1 else x.view()), 1
    if isinstance(dim, (tuple, list)) and all(map(_is_number, dim)):
        dims = _distinct([_dimension(as_index(d), len(shape)) for d in dim])
        drop = tuple([d for d in dims if shape and shape[d] == 1])
        return (x.squeeze(drop) if drop else x.view()), 2
    raise combination(name, args, {}, "", "int dim", "tuple of ints dim")


def _distinct(dims: list[int]) -> tuple[int, ...]:
    for i, d in enumerate(dims):
        if d in dims[:i]:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return tuple(dims)


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
    if x.flags.c_contiguous and x.size and (t._base is None or 1 not in shape):
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
permuted = either(_permute)


def _inverse(dims: tuple[int, ...]) -> tuple[int, ...]:
    back = [0] * len(dims)
    for i, d in enumerate(dims):
        back[d] = i
    return tuple(back)


def _ordered(t: Tensor, array: Any, dims: Any) -> Any:
    """``array``, which has the dimensions of ``t`` in the order ``dims``; for want of elements NumPy may have no strides."""
    if array.size or not array.ndim:
        return array
    strides = t.stride()
    return strided(t._array, array.shape, [strides[d] for d in dims])


def _swapped(name: str, t: Tensor, dim0: Any, dim1: Any, names: tuple[str, str]) -> tuple[Any, int, int]:
    x = tensor(name, t)._array
    a = axis(name, names[0], 1, dim0, x.ndim)
    b = axis(name, names[1], 2, dim1, x.ndim)
    y = x.swapaxes(a, b) if x.ndim else x.view()
    if not x.size:
        order = list(range(x.ndim))
        order[a], order[b] = b, a
        y = _ordered(t, y, order)
    return y, a, b


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
    return x.T if x.size else _ordered(t, x.T, range(x.ndim - 1, -1, -1))


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
    ndim = x.ndim
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering "
            f"of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(dims)}"
        )
    order = tuple([d if 0 <= d < ndim else _dimension(d, ndim) for d in dims])
    if len(set(order)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return _permute.attach(t, _ordered(t, x.transpose(order), order), (order,))


@public(function=False)
def permute(self: Tensor, *dims: Any, **kwargs: Any) -> Tensor:
    """A view whose dimensions are those of the tensor in the order ``dims``, given as numbers or as one tuple.

    >>> import zanjir
    >>> zanjir.zeros(2, 3, 4).permute(2, 0, 1).shape
    zanjir.Size([4, 2, 3])
    """
    return _permuted(self, given("permute", "dims", dims, kwargs))


@_function
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
    if _is_number(source) and _is_number(destination):
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
            f"movedim: Invalid source or destination dims: source ({from_} dims) should contain the same number of dims as "
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
                "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will throw "
                "an error in a future release. Consider `x.mT` to transpose batches of matrices or "
                "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor."
            )
        else:
            warn_once("Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases.")
        order: tuple[int, ...] = tuple(range(ndim - 1, -1, -1))
    else:
        order = (1, 0)
    return _permute.attach(self, x.T if x.size else _ordered(self, x.T, order), (order,))


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

_expand = View("ExpandBackward0", lambda x: x, lambda g: g)  # whoever gets the gradient sums it: the engine does, always


def _expanded(t: Tensor, shape: tuple[int, ...]) -> Tensor:
    x = t._array
    have, strides = x.shape, t.stride()
    lead = len(shape) - len(have)
    if lead < 0:
        raise RuntimeError(
            f"expand(torch.{dtypes.of(x.dtype).legacy}Tensor{{{list(have)}}}, size={list(shape)}): the number of sizes provided "
            f"({len(shape)}) must be greater or equal to the number of dimensions in the tensor ({len(have)})"
        )
    sizes, steps = [0] * len(shape), [0] * len(shape)
    for i in range(len(shape) - 1, -1, -1):
        n = shape[i]
        if i >= lead:
            length, step = have[i - lead], strides[i - lead]
            if n == -1:
                n = length
            elif n != length:
                if length != 1 or n < 0:
                    raise RuntimeError(
                        f"The expanded size of the tensor ({n}) must match the existing size ({length}) at non-singleton "
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
    return _expand.attach(t, strided(x, tuple(sizes), steps))


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
    return _expanded(self, given("expand", "size", size, kwargs))


@public(function=False)
def expand_as(self: Tensor, other: Tensor) -> Tensor:
    """``self.expand(other.shape)``."""
    return _expanded(self, tensor("expand_as", other, "other")._array.shape)


@public(function=False)
def broadcast_to(self: Tensor, *size: Any, **kwargs: Any) -> Tensor:
    """As :meth:`Tensor.expand`."""
    return _expanded(self, given("broadcast_to", "size", size, kwargs))


@_function
def broadcast_to_function(input: Tensor, size: Sequence[int]) -> Tensor:
    """See :meth:`Tensor.expand`."""
    return _expanded(tensor("broadcast_to", input), numbers("broadcast_to", "size", 2, size))


def tensors_in(args: Sequence[Any]) -> None:
    """Checks that these are tensors.

    Raises:
        TypeError: if one is none.
    """
    for i, t in enumerate(args):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(t).__name__}")


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
    return tuple([t if t._array.shape == shape else _expanded(t, shape) for t in tensors])


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
                said = f"({n},)" if isinstance(shapes[i], int) else f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {n} at {-back}! Mismatching argument at index {i} had "
                    f"{said}; but expected shape should be broadcastable to {result}"
                )
            if n != 1:
                result[-back] = n
    return Size(result)


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
        if not _is_number(value) and not (isinstance(value, Tensor) and value is start):
            raise combination(
                "narrow", (dim, start, length), {}, "int dim, Tensor start, int length", "int dim, int start, int length"
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
    return slice_view.attach(t, t._array[key], (key,))


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
    key = (*(_ALL,) * d, i, ...)
    return select_view.attach(input, x[key], (key,))


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
_split_with_sizes = Operator("SplitWithSizesBackward0", lambda x, dim: None, (lambda g, dim: joined(g, dim),), differentiable=-1)
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
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if dim < 0 or dim >= ndim:
        dim = _dimension(dim, ndim)
    if ndim == 1:
        parts: Any = [x[i, ...] for i in range(x.shape[0])]
    elif dim:
        lead = (_ALL,) * dim
        parts = [x[(*lead, i)] for i in range(x.shape[dim])]
    else:
        parts = list(x)
    return several(_unbind, input, parts, (dim,))


def _parts(x: Any, dim: int, sizes: Sequence[int]) -> list[Any]:
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
    if not _is_number(split_size):
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
    return several(_split, self, _parts(x, dim, [min(n, length - i * n) for i in range(count)]), (dim,))


def _sized(t: Tensor, sizes: tuple[int, ...], dim: Any) -> tuple[Tensor, ...]:
    x = t._array
    _divisible("split", x)
    dim = axis("split_with_sizes", "dim", 2, dim, x.ndim)
    for n in sizes:
        if n < 0:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={list(sizes)}"
            )
    if sum(sizes) != x.shape[dim]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {x.shape[dim]} (input tensor's size at dimension {dim}), "
            f"but got split_sizes={list(sizes)}"
        )
    return several(_split_with_sizes, t, _parts(x, dim, sizes), (dim,))


@_function
def split_function(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """See :meth:`Tensor.split`."""
    parts: tuple[Tensor, ...] = tensor.split(split_size_or_sections, dim)  # type: ignore[attr-defined]
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
    where = next(
        (v for v in (sections, indices, tensor_indices_or_sections, indices_or_sections) if v is not None), None
    )
    if not isinstance(where, (Tensor, tuple, list)) and not _is_number(where):
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
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but got "
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
    def f(input: Tensor, indices_or_sections: Any = None, *, sections: Any = None, indices: Any = None) -> tuple[Tensor, ...]:
        t = tensor(name, input)
        where = next((v for v in (sections, indices, indices_or_sections) if v is not None), None)
        if not _is_number(where) and not isinstance(where, (tuple, list)):
            raise combination(name, (where,), {}, "int sections", "tuple of ints indices")
        ndim = t._array.ndim
        if ndim < least:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with {ndim} dimensions!"
            )
        d = dim(ndim)
        if isinstance(where, (tuple, list)):
            return _divided(t, numbers(name, "indices", 1, where), d)
        n, length = as_index(where), t._array.shape[d]
        if not n or length % n:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {d}, but the size of the dimension {length} is not divisible "
                f"by the split_size {n}!"
            )
        return _divided(t, n, d)

    f.__name__ = name
    f.__doc__ = f"Views along {('the first', 'the second', 'the third')['vhd'.index(name[0])]} dimension: see :func:`tensor_split`."
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
    """All windows of ``size`` elements along a dimension, ``step`` apart; the windows are the new last dimension. A view.

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
    View(f"AsStridedBackward{i}", lambda x, window: window.look(x), lambda g, window: spread(g, window)) for i in range(2)
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
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(strides)}")
    if any(n < 0 for n in shape):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(strides)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    if 0 not in shape:
        need = (offset + 1 + sum([(n - 1) * s for n, s in zip(shape, strides, strict=True)])) * x.itemsize
        have = _owner(x).nbytes
        if need > have:
            raise RuntimeError(
                f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {offset}, and itemsize {x.itemsize} "
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


@_in_place
def detach_(input: Tensor) -> Tensor:
    """Takes the tensor itself out of the graph; it becomes a leaf that requires no grad.

    Raises:
        RuntimeError: if it is a view.
    """
    t = tensor("detach_", input)
    if t._base is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, "
            "and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be "
            "called on these gradients. To fix this error, please refer to the Optimizer.zero_grad() function in "
            "torch/optim/optimizer.py as the solution."
        )
    t._node, t._rg = None, False
    return t


# ---------------------------------------------------------------------- the tensor itself gets another shape


def _become(t: Tensor, op: Operator, array: Any, params: tuple[Any, ...]) -> Tensor:
    """Gives ``t`` itself the shape and strides of ``array``, a view of its memory that ``op`` takes; ``check(t)`` came first."""
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
    counter = bump(t)
    if t._base is not None:
        t._seen = counter.n
    return t


@_in_place
def squeeze_(self: Tensor, *dim: Any, **kwargs: Any) -> Tensor:
    """In-place form of :func:`squeeze`: the tensor itself loses the dimensions."""
    check(self)
    array, form = _squeezed("squeeze_", self, (*dim, *kwargs.values()))
    return _become(self, _squeezes[form + 3], array, ())


@_in_place
def unsqueeze_(self: Tensor, dim: int) -> Tensor:
    """In-place form of :func:`unsqueeze`."""
    check(self)
    dim = _dimension(whole("unsqueeze_", "dim", 1, dim), self._array.ndim + 1)
    return _become(self, _unsqueeze_in_place, _unsqueezed(self, dim), ())


@_in_place
def transpose_(self: Tensor, dim0: int, dim1: int) -> Tensor:
    """In-place form of :func:`transpose`."""
    check(self)
    y, a, b = _swapped("transpose_", self, dim0, dim1, ("dim0", "dim1"))
    return _become(self, _transpose_in_place, y, (a, b))


@_in_place
def swapdims_(self: Tensor, dim0: int, dim1: int) -> Tensor:
    """In-place form of :func:`swapdims`."""
    check(self)
    y, a, b = _swapped("swapdims_", self, dim0, dim1, ("dim0", "dim1"))
    return _become(self, _transpose_in_place, y, (a, b))


@_in_place
def swapaxes_(self: Tensor, axis0: int, axis1: int) -> Tensor:
    """In-place form of :func:`swapaxes`."""
    check(self)
    y, a, b = _swapped("swapaxes_", self, axis0, axis1, ("axis0", "axis1"))
    return _become(self, _transpose_in_place, y, (a, b))


@_in_place
def t_(self: Tensor) -> Tensor:
    """In-place form of :func:`t`."""
    check(self)
    return _become(self, _t_in_place, _turned(self, "t_"), ())


@_in_place
def as_strided_(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """In-place form of :func:`as_strided`."""
    check(tensor("as_strided_", input))
    y = _restrided(input, size, stride, storage_offset)
    return _become(input, _as_strided_in_place, y, (window(input._array, y),))


# ---------------------------------------------------------------------- copies in another order


def _flip(x: Any, dims: tuple[int, ...]) -> Any:
    y = empty_as(x, x.dtype)
    y[...] = x[tuple([slice(None, None, -1) if i in dims else _ALL for i in range(x.ndim)])]
    return y


def _roll(x: Any, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Any:
    if not dims:
        return _roll(x.reshape(-1), shifts, (0,)).reshape(x.shape)
    for s, d in zip(shifts, dims, strict=True):
        n = x.shape[d]
        start = -s % n if n else 0
        lead = (_ALL,) * d
        x = np.concatenate((x[(*lead, slice(start, None))], x[(*lead, slice(start))]), d)
    return np.ascontiguousarray(x)


def _rot90(x: Any, k: int, dims: tuple[int, int]) -> Any:
    a, b = dims
    if not k:
        return x.copy()
    if k == 2:
        return _flip(x, dims)
    return _flip(x, (b if k == 1 else a,)).swapaxes(a, b)


def _repeat(x: Any, blocks: tuple[int, ...], once: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    y = np.empty(blocks, x.dtype)
    y[...] = x.reshape(once)
    return y.reshape(shape)


_flip_op = Operator("FlipBackward0", _flip, (lambda g, dims: flipped(g, dims),))
_roll_op = Operator("RollBackward0", _roll, (lambda g, shifts, dims: rolled(g, tuple([-s for s in shifts]), dims),))
_rot90_op = Operator("Rot90Backward0", _rot90, (lambda g, k, dims: rotated(g, -k % 4, dims),))
_repeat_op = Operator(
    "RepeatBackward0", _repeat, (lambda g, blocks, once, shape: fit(g.reshape(blocks), once).reshape(shape),),
    params=("blocks", "once", "whole"), inputs=("x",),
)  # fmt: skip
flipped, rolled, rotated = either(_flip_op), either(_roll_op), either(_rot90_op)


def _flipped(t: Tensor, dims: tuple[int, ...]) -> Tensor:
    ndim = t._array.ndim
    return _flip_op(t, _distinct([_dimension(d, ndim) for d in dims]) if ndim or dims else ())  # type: ignore[no-any-return]


@public(function=False)
def flip(self: Tensor, *dims: Any, **kwargs: Any) -> Tensor:
    """A copy with the order of elements reversed along ``dims``.

    >>> import zanjir
    >>> zanjir.arange(3).flip(0)
    tensor([2, 1, 0])
    """
    return _flipped(self, given("flip", "dims", dims, kwargs))


@_function
def flip_function(input: Tensor, dims: Sequence[int]) -> Tensor:
    """See :meth:`Tensor.flip`."""
    return _flipped(tensor("flip", input), numbers("flip", "dims", 2, dims))


@public()
def fliplr(input: Tensor) -> Tensor:
    """A copy with the second dimension reversed."""
    if tensor("fliplr", input)._array.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return _flipped(input, (1,))


@public()
def flipud(input: Tensor) -> Tensor:
    """A copy with the first dimension reversed."""
    if tensor("flipud", input)._array.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return _flipped(input, (0,))


@public()
def roll(input: Tensor, shifts: Any, dims: Any = ()) -> Tensor:
    """A copy with the elements moved on by ``shifts`` along ``dims``, around the end; without ``dims``, as if flattened.

    >>> import zanjir
    >>> zanjir.arange(4).roll(1)
    tensor([3, 0, 1, 2])
    """
    t = tensor("roll", input)
    by = (as_index(shifts),) if _is_number(shifts) else numbers("roll", "shifts", 1, shifts)
    along = (as_index(dims),) if _is_number(dims) else numbers("roll", "dims", 2, dims)
    if not by:
        raise RuntimeError("`shifts` required")
    if len(by) != len(along) and (along or len(by) != 1):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(by)}, dims:{len(along)}")
    ndim = t._array.ndim
    if along and not ndim:
        raise IndexError(f"Dimension specified as {along[0]} but tensor has no dimensions")
    return _roll_op(t, by, tuple([_dimension(d, ndim) for d in along]))  # type: ignore[no-any-return]


@public()
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """A copy turned ``k`` times by 90 degrees in the plane of two dimensions, from the first towards the second.

    >>> import zanjir
    >>> zanjir.tensor([[1, 2], [3, 4]]).rot90()
    tensor([[2, 4],
            [1, 3]])
    """
    t = tensor("rot90", input)
    k, plane = whole("rot90", "k", 1, k), numbers("rot90", "dims", 2, dims)
    ndim = t._array.ndim
    if len(plane) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(plane)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    a, b = plane
    if a == b or abs(a - b) == ndim:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {a} and dim1 = {b}")
    return _rot90_op(t, k % 4, (_dimension(a, ndim), _dimension(b, ndim)))  # type: ignore[no-any-return]


def _repeated(t: Tensor, repeats: tuple[int, ...]) -> Tensor:
    shape = t._array.shape
    if len(repeats) < len(shape):
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    shape = (1,) * (len(repeats) - len(shape)) + shape
    result = tuple([n * r for n, r in zip(shape, repeats, strict=True)])
    for n in result:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(result)}")
    blocks = tuple([part for n, r in zip(shape, repeats, strict=True) for part in (r, n)])
    once = tuple([part for n in shape for part in (1, n)])
    return _repeat_op(t, blocks, once, result)  # type: ignore[no-any-return]


@public(function=False)
def repeat(self: Tensor, *repeats: Any, **kwargs: Any) -> Tensor:
    """A copy in which the whole tensor is repeated along each dimension; further dimensions come in front.

    >>> import zanjir
    >>> zanjir.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    return _repeated(self, given("repeat", "repeats", repeats, kwargs))


def _tiled(t: Tensor, dims: tuple[int, ...]) -> Tensor:
    return _repeated(t, (1,) * (t._array.ndim - len(dims)) + dims)


@public(function=False)
def tile(self: Tensor, *dims: Any, **kwargs: Any) -> Tensor:
    """As :meth:`Tensor.repeat`; dimensions that are not named, the first ones, are not repeated."""
    return _tiled(self, given("tile", "dims", dims, kwargs))


@_function
def tile_function(input: Tensor, dims: Sequence[int]) -> Tensor:
    """See :meth:`Tensor.tile`."""
    return _tiled(tensor("tile", input), numbers("tile", "dims", 2, dims))


@public()
def repeat_interleave(
    input: Tensor | None = None, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """A copy in which every element along ``dim`` is repeated, ``repeats`` times, or each as often as a tensor says.

    With one tensor alone: the number ``i`` as often as its element ``i`` says.

    >>> import zanjir
    >>> zanjir.tensor([1, 2]).repeat_interleave(2)
    tensor([1, 1, 2, 2])
    """
    if repeats is None and dim is None and isinstance(input, Tensor):
        return _counts(input, output_size)
    if input is None and isinstance(repeats, Tensor):
        return _counts(repeats, output_size)
    t = tensor("repeat_interleave", input)
    if not _is_number(repeats) and not isinstance(repeats, Tensor):
        raise combination(
            "repeat_interleave", (repeats,), {}, "Tensor repeats, int dim = None, *, int output_size = None",
            "int repeats, int dim = None, *, int output_size = None",
        )  # fmt: skip
    if dim is None:
        t, dim = flatten(t), 0
    if isinstance(repeats, Tensor):
        ndim, length = t._array.ndim, 1
        d = axis("repeat_interleave", "dim", 2, dim, ndim)
        length = t._array.shape[d] if ndim else 1
        counts = repeats
        if not counts._array.ndim or counts._array.shape == (1,):
            counts = _expanded(_reshaped(counts, (1,)), (length,))
        elif counts._array.ndim == 1:
            if counts._array.shape[0] != length:
                raise RuntimeError(
                    "repeats must have the same size as input along dim, but got repeats.size(0) = "
                    f"{counts._array.shape[0]} and input.size({d}) = {length}"
                )
        else:
            raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
        return functions["index_select"](t, d, _counts(counts, output_size))  # type: ignore[no-any-return]
    n = as_index(repeats)
    if n < 0:
        raise RuntimeError("Repeats must be non-negative")
    shape = t._array.shape
    d = axis("repeat_interleave", "dim", 2, dim, len(shape))
    if not shape:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    if output_size is not None and output_size != n * shape[d]:
        raise RuntimeError(f"repeat_interleave: Invalid output_size, expected {n * shape[d]} but got {output_size}")
    wide = unsqueeze(t, d + 1)
    wide = _expanded(wide, (*shape[: d + 1], n, *shape[d + 1 :]))
    return view(clone(wide, memory_format=contiguous_format), (*shape[:d], n * shape[d], *shape[d + 1 :]))


def _counts(repeats: Tensor, output_size: int | None) -> Tensor:
    """0, 1, 2, ..., each as often as the element of ``repeats`` at that place says."""
    x = repeats._array
    if x.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if x.dtype not in (np.int64, np.int32):
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{repeats.dtype.legacy}'")
    if (x < 0).any():
        raise RuntimeError("repeats can not be negative")
    if output_size is not None and x.sum() != output_size:
        raise RuntimeError("allocated size does not match required size")
    return wrap(np.repeat(np.arange(len(x), dtype=x.dtype), x))


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
    return _reshaped(a, (shape,) if isinstance(shape, int) else tuple(shape))


@numpy_function(np.ravel)
def _np_ravel(a: Tensor, order: str = "C") -> Tensor:
    return _reshaped(a, (-1,))


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
    return _expanded(array, (shape,) if isinstance(shape, int) else tuple(shape))


@numpy_function(np.broadcast_arrays)
def _np_broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Tensor, ...]:
    return broadcast_tensors(*[a if isinstance(a, Tensor) else wrap(np.asarray(a)) for a in args])


@numpy_function(np.flip)
def _np_flip(m: Tensor, axis: Any = None) -> Tensor:
    return _flipped(m, tuple(range(m._array.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis))


numpy_function(np.fliplr)(fliplr)
numpy_function(np.flipud)(flipud)


@numpy_function(np.roll)
def _np_roll(a: Tensor, shift: Any, axis: Any = None) -> Tensor:
    if axis is None:
        return roll(a, shift)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    shifts = (shift,) * len(axes) if isinstance(shift, (int, np.integer)) else tuple(shift)
    return roll(a, shifts, axes * (len(shifts) if len(axes) == 1 else 1))


@numpy_function(np.rot90)
def _np_rot90(m: Tensor, k: int = 1, axes: Any = (0, 1)) -> Tensor:
    return rot90(m, k, axes)


@numpy_function(np.tile)
def _np_tile(A: Tensor, reps: Any) -> Tensor:
    return _tiled(A, (reps,) if isinstance(reps, int) else tuple(reps))


@numpy_function(np.repeat)
def _np_repeat(a: Tensor, repeats: Any, axis: int | None = None) -> Tensor:
    counts = repeats if isinstance(repeats, (int, Tensor)) else wrap(np.asarray(repeats, np.int64))
    return repeat_interleave(a, counts, axis)


@numpy_function(np.array_split)
def _np_array_split(ary: Tensor, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    where = indices_or_sections if isinstance(indices_or_sections, int) else list(map(int, indices_or_sections))
    return list(tensor_split(ary, where, axis))


@numpy_function(np.split)
def _np_split(ary: Tensor, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    if isinstance(indices_or_sections, int) and ary._array.shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return _np_array_split(ary, indices_or_sections, axis)
