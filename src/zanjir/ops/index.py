"""Reading and writing by index: ``x[i]``, ``x[2:5, None]``, ``x[mask]``, ``x[[0, 2]] = v``.

An index is read in two halves, as PyTorch reads it. Integers, slices, ``None`` and ``...`` come first and give a view,
in one NumPy indexing call whatever their number; the graph shows a node for every step of it. Masks, integer tensors and
lists are then applied to that view together, and give a copy:

    x[0, :, [1, 2]]      x ──► SelectBackward0 (0) ──► IndexBackward0 (:, [1, 2])

The derivative of taking elements is adding the gradient to zeros where they were taken from, and the derivative of that is
taking again: each is declared as the rule of the other, so any number of derivatives works.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import REDUCED
from ..node import FREED, Version, clock, fresh_version
from ..state import state
from ..tensor import Tensor, new, refresh, version_of, wrap
from .declare import Operator, OperatorNode, _type_name, modified, record
from .inplace import alias, bump, check, overlaps, settle
from .views import View, either, strided

ndarray = np.ndarray
_ALL = slice(None)
_WHOLE = (...,)


def _blank(x: Any) -> Any:
    return np.zeros(x.shape, x.dtype)


#: Zeros in the shape and dtype of a gradient.
blank = either(Operator("ZerosLikeBackward0", _blank, (None,), inputs=("x",)))

# ---------------------------------------------------------------------- basic indexing: views


def _part(x: Any, key: Any) -> Any:
    return x[key]


def _whole(g: Any, key: Any, shape: Any) -> Any:
    whole = np.zeros(shape, g.dtype)
    whole[key] = g
    return whole


def _basic(name: str, back: str) -> View:
    """A view that NumPy's basic index ``key`` takes; ``back`` is the node of its derivative, which puts it into zeros."""
    put = either(Operator(back, _whole, (lambda g, key: g[key],), params=("key", "shape"), inputs=("g",)))
    return View(name, _part, lambda g, key, shape: put(g, key, shape))


select = _basic("SelectBackward0", "SelectBackwardBackward0")
slices = _basic("SliceBackward0", "SliceBackwardBackward0")
unsqueeze = View("UnsqueezeBackward0", _part, lambda g, key, shape: g.reshape(shape))
whole = View("AliasBackward0", _part, lambda g: g, params=("key",), inputs=("x",))


def node_of(op: Operator, edge: Any, params: tuple[Any, ...], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """A node that saves nothing, for a step from ``edge`` to an output of this shape."""
    node = new(op.node)
    node.next = (edge,)
    node.params = params
    node.saved, node.versions = op.nothing, op.zeros
    node.shape, node.dtype = shape, dtype
    node.seq = next(clock)
    return node


def _view(x: Tensor, part: Any) -> Tensor:
    """The tensor for ``part``, a view of ``x``; not yet in the graph."""
    t = new(Tensor)
    t._array = part
    t._rg = False
    t._node = t._grad = t._meta = None
    counter = x._counter
    if counter is None:
        counter = x._counter = fresh_version()
    t._counter = counter
    t._seen = counter.n
    base = x._base
    if base is None:
        t._base, t._kind = x, None
    else:
        t._base, t._kind = base, x._kind
    now = state.now
    if not now.grad:
        t._kind = "inference" if now.inference else "no_grad"
    return t


def _getitem(self: Tensor, index: Any) -> Tensor:
    """``x[index]``: a view for integers, slices, ``None`` and ``...``; a copy where masks, tensors or lists take part.

    Raises:
        IndexError: where an index is out of bounds, there are too many, or one is of another type.
        ValueError: for a slice whose step is not positive.

    >>> import zanjir
    >>> x = zanjir.tensor([[1., 2., 3.], [4., 5., 6.]])
    >>> x[1], x[:, [0, 2]], x[x > 4]
    (tensor([4., 5., 6.]), tensor([[1., 3.],
            [4., 6.]]), tensor([5., 6.]))
    """
    x = self._array
    kind = index.__class__
    if kind is int:
        key: Any = (index, ...)
    elif kind is Tensor:
        return _by_tensor(self, index)
    else:
        key = basic(index)
        if key is None:
            return _by_tensors(self, index) if kind is tuple else _by_any(self, index)
    try:
        part = x[key]
    except IndexError:
        read(x.shape, index if kind is tuple else (index,), kind is not tuple)
        raise
    base = self._base
    if base is not None:
        refresh(self)
    if part.ndim and (index is None or (kind is tuple and None in index)):
        part = unsqueezed(x, part, key)
    # What follows is _view, at the place where a call would be felt.
    t = new(Tensor)
    t._array = part
    t._grad = t._meta = None
    counter = self._counter
    if counter is None:
        counter = self._counter = fresh_version()
    t._counter = counter
    t._seen = counter.n
    if base is None:
        t._base, t._kind = self, None
    else:
        t._base, t._kind = base, self._kind
    now = state.now
    if not now.grad:
        t._kind = "inference" if now.inference else "no_grad"
    elif self._rg:
        t._node = edge_of(self, key, index, part)
        t._rg = True
        return t
    t._node = None
    t._rg = False
    return t


def edge_of(x: Tensor, key: Any, index: Any, part: Any) -> Any:
    """The edge of ``part``, which the basic ``index`` takes of ``x``."""
    if index.__class__ is tuple:
        edge = x._node or x
        shape = x._array.shape
        for i in index:
            if i.__class__ is not int:
                return _edge(x, basic_steps(x._array.shape, index))
            shape = shape[1:]
            edge = node_of(select, edge, ((i, ...),), shape, part.dtype)
        return edge if index else _edge(x, ())
    op = select if index.__class__ is int else _OPS[index] if index is None or index is ... else slices
    return node_of(op, x._node or x, (key,), part.shape, part.dtype)


def unsqueezed(x: Any, part: Any, key: tuple[Any, ...]) -> Any:
    """``part``, which is ``x[key]``, with the strides PyTorch gives to the dimensions that ``None`` made.

    Such a dimension has the stride that one of its length would have outside of what follows it when it is made.
    """
    if x.flags.c_contiguous and part.size == x.size:
        return x.reshape(part.shape)
    sizes, steps = list(x.shape), list(x.strides)
    dim = 0
    for item in key:
        if item.__class__ is int:
            del sizes[dim], steps[dim]
            continue
        if item is None:
            steps.insert(dim, sizes[dim] * steps[dim] if dim < len(sizes) else x.itemsize)
            sizes.insert(dim, 1)
        elif item is ...:
            dim += x.ndim - (len(key) - 1 - key.count(None))
            continue
        elif item is not _ALL:
            start, stop, stride = item.indices(sizes[dim])
            sizes[dim] = len(range(start, stop, stride))
            steps[dim] *= stride
        dim += 1
    if not part.size:
        return part
    return strided(part, part.shape, [s // x.itemsize for s in steps])


_OPS: dict[Any, View] = {None: unsqueeze, ...: whole}


def basic(index: Any) -> Any:
    """NumPy's key for an index of integers, slices, ``None`` and ``...``; ``None`` for any other, and for odd ones."""
    kind = index.__class__
    if kind is tuple:
        dots = False
        for i in index:
            k = i.__class__
            if k is int or i is None:
                continue
            if k is slice:
                if not (i is _ALL or _plain(i)):
                    return None
            elif i is ... and not dots:
                dots = True
            else:
                return None
        return index if dots else (*index, ...)
    if kind is int or index is None:
        return (index, ...)
    if kind is slice:
        return (index, ...) if _plain(index) else None
    return _WHOLE if index is ... else None


def _plain(s: slice) -> bool:
    """Whether NumPy may take the slice as it is: bounds are numbers, the step is positive."""
    start, stop, step = s.start, s.stop, s.step
    return (
        (start is None or start.__class__ is int)
        and (stop is None or stop.__class__ is int)
        and (step is None or (step.__class__ is int and step > 0))
    )


def _by_tensor(self: Tensor, index: Tensor) -> Tensor:
    """``x[index]`` for one tensor, a mask or one of integers."""
    x, array = self._array, index._array
    dtype = array.dtype
    if not x.ndim or not array.ndim or not (dtype is _INT64 or (dtype is _BOOL and array.shape == x.shape[: array.ndim])):
        return _by_any(self, index)
    return _copied(self, self._node, x, (array,), (index,))


def _by_tensors(self: Tensor, index: tuple[Any, ...]) -> Tensor:
    """``x[index]`` for several tensors of integers, and slices that take everything."""
    key, tensors = [], []
    for i in index:
        if i.__class__ is Tensor and i._array.dtype is _INT64 and i._array.ndim:
            key.append(i._array)
            tensors.append(i)
        elif i.__class__ is slice and i.start is None and i.stop is None and i.step is None:
            key.append(_ALL)
        else:
            return _by_any(self, index)
    if len(key) > self._array.ndim:
        return _by_any(self, index)
    while key[-1] is _ALL:
        key.pop()
    return _copied(self, self._node, self._array, tuple(key), tensors)


def _copied(self: Tensor, edge: Any, part: Any, key: tuple[Any, ...], tensors: Sequence[Tensor]) -> Tensor:
    """The tensor of what ``key`` takes from ``part``, a view of ``self`` to which ``edge`` leads."""
    base = self._base
    if base is not None and edge is self._node:
        refresh(self)
        edge = self._node
    t = wrap(taken(part, key))
    if self._rg and state.now.grad:
        params = (key, guards(tensors))
        t._node, t._rg = node_of(index_op, edge or self, params, t._array.shape, part.dtype), True
    return t


def _by_any(self: Tensor, index: Any) -> Tensor:
    """``x[index]`` for every kind of index."""
    x = self._array
    index, alone = _tuple(index)
    found = read(x.shape, index, alone)
    part = x[found.key]
    if self._base is not None:
        refresh(self)
    recording = self._rg and state.now.grad
    if part.ndim and None in found.key:
        part = unsqueezed(x, part, found.key)
    if found.arrays is None:
        t = _view(self, part)
        if recording:
            t._node, t._rg = _edge(self, basic_steps(x.shape, found.key[:-1], alone)), True
        return t
    key = advanced(found.arrays, part.shape)
    steps = basic_steps(x.shape, found.key[:-1]) if recording else ()
    return _copied(self, _edge(self, steps) if steps else self._node, part, key, found.tensors)


def _edge(x: Tensor, steps: Sequence[Any]) -> Any:
    """The edge to ``x``, seen through the steps of a basic index, each a node."""
    edge = x._node or x
    if not steps:
        return node_of(whole, edge, (_WHOLE,), x._array.shape, x._array.dtype)
    for op, key, shape in steps:
        edge = node_of(op, edge, (key,), shape, x._array.dtype)
    return edge


# ---------------------------------------------------------------------- how an index is read


class Index:
    """An index, read.

    Attributes:
        key: the basic part of it, for NumPy; its last element is ``...``, and there is no other.
        arrays: masks and integer arrays, at the dimension of the view that each is for; ``None`` if there are none.
        tensors: those that came as tensors, which must not be written before the derivative was computed.
    """

    __slots__ = ("arrays", "key", "tensors")


def basic_steps(shape: tuple[int, ...], index: Sequence[Any], alone: bool = False) -> list[Any]:
    """A basic index of a tensor of this shape as PyTorch's steps: (view operator, its key, the shape it gives).

    A slice that takes everything is no step, unless it is ``alone``.
    """
    sizes = list(shape)
    steps: list[Any] = []
    dim = 0
    for item in index:
        if item.__class__ is int:
            del sizes[dim]
            steps.append((select, (*_ALLS[:dim], item, ...), tuple(sizes)))
            continue
        if item.__class__ is slice:
            if item is not _ALL or alone:
                size = sizes[dim]
                start, stop, stride = item.indices(size)
                if item.start or stop != size or stride != 1 or alone:
                    sizes[dim] = len(range(start, stop, stride))
                    steps.append((slices, (*_ALLS[:dim], item, ...), tuple(sizes)))
            dim += 1
        elif item is None:
            sizes.insert(dim, 1)
            steps.append((unsqueeze, (*_ALLS[:dim], None, ...), tuple(sizes)))
            dim += 1
        else:
            taken = len(index) - 1 - index.count(None)
            dim += len(shape) - taken
    return steps


_ALLS = (_ALL,) * 64


def _tuple(index: Any) -> tuple[tuple[Any, ...], bool]:
    """The index as a tuple, and whether it was a single one."""
    if isinstance(index, tuple):
        return index, False
    if isinstance(index, (list, range)) and len(index) < 32:
        for i in index:
            if i is None or i is ... or isinstance(i, (Tensor, slice, list, tuple, range, ndarray, str, bytes)):
                warnings.warn(
                    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in "
                    "pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor "
                    "index, x[torch.tensor(seq)], which will result either in an error or a different result",
                    stacklevel=4,
                )
                return tuple(index), False
    return (index,), True


def read(shape: tuple[int, ...], index: tuple[Any, ...], alone: bool = False) -> Index:
    """Reads an index of a tensor of this shape. ``alone``: it was not a tuple.

    Raises:
        IndexError, TypeError, ValueError: as PyTorch does.
    """
    ndim = len(shape)
    specified = 0
    items = []
    for item in index:
        if item.__class__ is int or item.__class__ is slice:
            specified += 1
        elif item is None or item is ... or item is True or item is False:
            pass
        elif isinstance(item, (Tensor, ndarray, list, tuple, range, str, bytes)):
            if not isinstance(item, Tensor):
                item = sequence(item)
            specified += item._array.ndim if item._array.dtype.kind == "b" or item._array.dtype == np.uint8 else 1
        elif isinstance(item, (int, np.integer)):
            item = int(item)
            specified += 1
        elif isinstance(item, slice):
            specified += 1
        else:
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
                f"(got {type_name(item)})"
            )
        items.append(item)
    if not ndim and alone:
        if item.__class__ is int:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert "
                "a 0-dim tensor to a number"
            )
        if item.__class__ is slice:
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if specified > ndim:
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    key: list[Any] = []
    arrays: list[Any] = []
    tensors: list[Tensor] = []
    dim = place = 0  # of the view, of x
    for number, item in enumerate(items):
        if isinstance(item, Tensor):
            array = item._array
            mask = array.dtype.kind == "b" or array.dtype == np.uint8
            if array.ndim or array.dtype.kind not in "iub":
                width = array.ndim if mask else 1
                arrays += [None] * (dim - len(arrays))
                arrays.append(array)
                arrays += [_ALL] * (width - 1)  # a mask covers these as well
                tensors.append(item)
                key += [_ALL] * width
                dim += width
                place += width
                continue
            item = bool(array) if mask else int(array)
        if item.__class__ is int:
            size = shape[place] if place < ndim else 0
            if not -size <= item < size:
                if not -(1 << 63) <= item < 1 << 63:
                    raise ValueError("Overflow when unpacking long long")
                raise IndexError(f"index {item} is out of bounds for dimension {number} with size {size}")
            key.append(item)
            place += 1
        elif item is ...:
            width = ndim - specified
            key += [_ALL] * min(width, ndim - place)  # a second ellipsis finds nothing left
            dim += width
            place += width
        elif item is None:
            key.append(None)
            dim += 1
        elif item is True or item is False:
            key.append(None)
            arrays += [None] * (dim - len(arrays))
            arrays.append(np.zeros(1 if item else 0, np.int64))
            dim += 1
        else:
            if item is not _ALL:
                size = shape[place] if place < ndim else 0
                start, stop, step = item.indices(size)
                if step < 0:
                    raise ValueError("step must be greater than zero")
                item = slice(start if item.start else None, max(start, stop), step)
            key.append(item)
            dim += 1
            place += 1
    found = Index()
    found.key = (*key, ...)
    found.tensors = tensors
    found.arrays = arrays or None
    return found


def sequence(values: Any) -> Tensor:
    """A list, range or array as an index: a mask if its elements are truth values, else integers."""
    if isinstance(values, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(values).__name__}'")
    if isinstance(values, (list, tuple)):
        values = [v.tolist() if isinstance(v, Tensor) else v for v in values]
    try:
        array = np.array(values)
        known = array.dtype in dtypes._BY_NUMPY
    except ValueError:
        known = False
    if not known:
        from ..creation import tensor

        array = tensor(values)._array  # says what is wrong with them
    if array.dtype.kind != "b" and array.dtype != np.uint8:
        array = array.astype(np.int64)
    return wrap(array)


def advanced(arrays: Sequence[Any], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """NumPy's key for the masks and integer arrays of an index, on a view of this shape.

    A mask that is alone stays one; beside others it becomes the integers where it is true.

    Raises:
        IndexError: for an array of another type, or a mask of another shape than what it is for.
    """
    only = True
    seen = False
    for array in arrays:
        if array is None or array is _ALL:
            continue
        only = only and not seen
        seen = True
        if not (array.dtype.kind == "b" or array.dtype in _INDICES):
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    key: list[Any] = []
    for place, array in enumerate(arrays):
        if array is None:
            key.append(_ALL)
        elif array is _ALL:
            continue
        elif array.dtype.kind == "b" or array.dtype == np.uint8:
            if array.dtype.kind != "b":
                warnings.warn(
                    "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.",
                    stacklevel=4,
                )
                array = array != 0
            for j, length in enumerate(array.shape):
                if shape[place + j] != length:
                    raise IndexError(
                        f"The shape of the mask {list(array.shape)} at index {j} does not match the shape of the indexed "
                        f"tensor {list(shape)} at index {place + j}"
                    )
            if only:
                key.append(array)
            else:
                key += array.nonzero()
        else:
            key.append(array)
    return tuple(key)


_INT64, _BOOL = np.dtype(np.int64), np.dtype(np.bool_)
_INDICES = frozenset((np.dtype(np.int64), np.dtype(np.int32), np.dtype(np.uint8)))


def type_name(value: Any) -> str:
    """The name of a value's type as PyTorch's messages have it."""
    cls = type(value)
    if cls.__module__.startswith("numpy"):
        return f"numpy.{cls.__name__}"
    return "torch.dtype" if cls is dtypes.dtype else cls.__name__


# ---------------------------------------------------------------------- advanced indexing: copies


def taken(x: Any, key: tuple[Any, ...]) -> Any:
    """``x[key]`` for masks and integer arrays, in the memory order PyTorch gives it."""
    last = key[-1]
    orderly = x.flags.c_contiguous
    try:
        if last.dtype is _BOOL or not orderly:
            result = x[key]
        elif len(key) == 1:
            result = x.take(last, 0)
        else:
            for k in key[:-1]:
                if k is not _ALL:
                    result = x[key]
                    break
            else:
                result = x.take(last, len(key) - 1)
    except IndexError:
        return np.empty(outside(key, x.shape), x.dtype)
    if orderly:
        for k in key:
            if k is not _ALL and not k.flags.c_contiguous:
                break
        else:
            return result if result.flags.c_contiguous else np.ascontiguousarray(result)
    order = layout(x, key, result.shape)
    back = sorted(range(len(order)), key=order.__getitem__)
    out = np.empty([result.shape[d] for d in order], x.dtype).transpose(back)
    out[...] = result
    return out


def outside(key: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Raises what PyTorch raises for an index NumPy refused; returns the shape of the result if it raises nothing."""
    pairs: list[tuple[Any, int]] = []
    place = 0
    for k in key:
        if k is not _ALL and k.dtype.kind == "b":
            return tuple(shape)
        if k is not _ALL:
            pairs.append((k, shape[place]))
        place += 1
    try:
        np.broadcast_shapes(*[a.shape for a, _ in pairs])
    except ValueError:
        shapes = ", ".join(str(list(a.shape)) for a, _ in pairs)
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
        ) from None
    for a, size in pairs:
        if not size and a.size:
            raise IndexError("index is out of bounds for dimension with size 0") from None
    stand_in = np.empty((), np.bool_)
    harmless = tuple([k if k is _ALL else k * 0 for k in key])
    result: tuple[int, ...] = np.broadcast_to(stand_in, shape)[harmless].shape
    if math.prod(result):
        for dim, (a, size) in enumerate(pairs):
            wrong = a[(a < -size) | (a >= size)]
            if wrong.size:
                raise IndexError(
                    f"index {wrong[0]} is out of bounds for dimension {dim} with size {size}"
                ) from None
    return result


def layout(x: Any, key: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The dimensions of the result of ``x[key]`` from the outermost in memory to the innermost.

    PyTorch walks the result along with ``x`` and the index arrays and orders its dimensions so that their strides
    descend: those of ``x`` decide, then those of each array; a dimension along which one does not move says nothing.
    """
    ndim = len(shape)
    places = [d for d, k in enumerate(key) if k is not _ALL]
    arrays = [key[d] for d in places]
    if arrays[0].dtype.kind == "b":  # each of its columns of indices is a plain array of one dimension
        places = list(range(places[0], places[0] + arrays[0].ndim))
        arrays = []
    width = max([a.ndim for a in arrays], default=1)
    front = places[0] if places[-1] - places[0] == len(places) - 1 else 0
    rest = [d for d in range(x.ndim) if d not in places]
    lengths = shape[front : front + width]
    back = ndim - front - width
    operands = [[*[x.strides[d] for d in rest[:front]], *(0,) * width, *[x.strides[d] for d in rest[front:]]]]
    for a in arrays:
        missing = width - a.ndim
        steps = [0] * missing + [0 if have == 1 != n else s for s, have, n in zip(a.strides, a.shape, lengths[missing:], strict=True)]
        steps = [_outer_step(lengths, steps)] * front + steps + [steps[-1] if steps else a.itemsize] * back
        operands.append([0 if not front <= d < front + width and n != 1 else s for d, (n, s) in enumerate(zip(shape, steps, strict=True))])
    order = list(range(ndim))[::-1]

    def compare(a: int, b: int) -> int:
        for strides in operands:
            if strides[a] and strides[b]:
                if strides[a] != strides[b]:
                    return -1 if strides[a] < strides[b] else 1
                if shape[a] > shape[b]:
                    return 1
        return 0

    for i in range(1, ndim):
        at = i
        for j in range(i - 1, -1, -1):
            way = compare(order[j], order[at])
            if way > 0:
                order[j], order[at] = order[at], order[j]
                at = j
            elif way < 0:
                break
    return tuple(order[::-1])


def _outer_step(shape: tuple[int, ...], steps: list[int]) -> int:
    """The stride of a dimension of length 1 put before an array of this shape: as if it repeated the array."""
    if not shape:
        return 8
    base, count = steps[-1], 1
    for d in range(len(shape) - 1, -1, -1):
        count *= shape[d]
        if d and shape[d - 1] != 1 and steps[d - 1] != count * base:
            base, count = steps[d - 1], 1
    return base * count


def positions(key: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Where the elements of ``x[key]`` lie in a contiguous ``x`` of this shape; ``key`` has integer arrays and full slices."""
    places = [d for d, k in enumerate(key) if k is not _ALL]
    steps = contiguous(shape)
    where: Any = 0
    for d in places:
        k = key[d].astype(np.int64, copy=False)
        where = where + np.where(k < 0, k + shape[d], k) * steps[d]
    rest = [d for d in range(len(shape)) if d not in places]
    front = places[0] if places[-1] - places[0] == len(places) - 1 else 0
    width = where.ndim
    where = where.reshape((1,) * front + where.shape + (1,) * (len(rest) - front))
    for n, d in enumerate(rest):
        where = where + along(shape[d], steps[d], n if n < front else width + n, where.ndim)
    return where


def along(length: int, step: int, axis: int, ndim: int) -> Any:
    """``0, step, 2·step, ...`` along ``axis`` of an array of ``ndim`` dimensions."""
    return np.arange(0, length * step, step).reshape((-1,) + (1,) * (ndim - axis - 1))


def contiguous(shape: tuple[int, ...]) -> list[int]:
    """The strides, in elements, of a contiguous array."""
    steps, step = [], 1
    for length in reversed(shape):
        steps.append(step)
        step *= length
    return steps[::-1]


_SMALL = 512  # up to so many elements ufunc.at on the key itself is faster than finding positions


def accumulate(target: Any, key: tuple[Any, ...], values: Any, ufunc: np.ufunc = np.add) -> None:
    """``target[key] += values``, where an index that occurs twice counts twice; ``target`` is contiguous.

    ``key`` is a mask alone, or integer arrays and full slices. Half and bfloat16 are summed in float32 and rounded once.
    """
    if target.dtype in REDUCED:
        exact = target.astype(np.float32)
        accumulate(exact, key, values.astype(np.float32), ufunc)
        target[...] = exact
    elif key[-1].dtype.kind == "b":
        target[key] = ufunc(target[key], values)
    elif target.ndim == 1 or values.size <= _SMALL:
        ufunc.at(target, key, values)
    else:
        where = positions(key, target.shape)
        if values.shape != where.shape:
            values = np.broadcast_to(values, where.shape)
        ufunc.at(target.reshape(-1), where.reshape(-1), values.reshape(-1))


def _added(g: Any, key: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    whole = np.zeros(shape, g.dtype)
    if key[-1].dtype.kind == "b":
        whole[key] = g
    elif g.size:
        accumulate(whole, key, g)
    return whole


class IndexNode(OperatorNode):
    """The node of an operator whose parameters end with index tensors, which must not have been written since."""

    __slots__ = ()

    def unpack(self, create_graph: bool) -> list[Any]:
        if self.saved is not FREED:
            for t, version in self.params[-1]:
                if t._counter is not None and t._counter.n != version:
                    raise modified(t._array, t._node, t._counter.n, version)
        return super().unpack(create_graph)

    def release(self) -> None:
        self.saved, self.params = FREED, ()


def _indexed(op: Operator) -> Operator:
    op.node = type(op.name, (IndexNode,), {"op": op, "__slots__": ("params",), "__module__": "zanjir.autograd.graph"})
    op.saves = True
    return op


def guards(tensors: Sequence[Tensor]) -> tuple[Any, ...]:
    """The tensors with their versions as they are now."""
    return tuple([(t, version_of(t).n) for t in tensors])


#: Zeros with ``g`` added at ``key``.
added = either(
    Operator("IndexPutImplBackward0", _added, (lambda g, key: g[key],), inputs=("g",), params=("key", "shape"))
)
index_op = _indexed(
    Operator(
        "IndexBackward0", taken, (lambda g, key, shape: added(g, key, shape),),
        inputs=("x",), params=("key", "guards"),
    )
)  # fmt: skip

# ---------------------------------------------------------------------- writing


def _put(x: Any, values: Any, key: tuple[Any, ...], add: bool, guards: Any = ()) -> Any:
    x = x.copy()
    if add:
        accumulate(x, key, values)
    else:
        x[key] = values
    return x


def _without(g: Any, key: tuple[Any, ...]) -> Any:
    g = g.copy()
    g[key] = 0
    return g


#: ``g`` with zeros at ``key``.
without = either(
    Operator("IndexPutBackward0", _without, (lambda g, key: without(g, key),), inputs=("g",), params=("key",))
)
put_op = _indexed(
    Operator(
        "IndexPutBackward0", _put,
        (lambda g, key, add: g if add else without(g, key), lambda g, key: g[key]),
        inputs=("x", "values"), params=("key", "add", "guards"),
    )
)  # fmt: skip
copy_op = Operator("CopyBackwards", lambda x, values: values, (lambda g: blank(g), lambda g: g))
fill_op = Operator("FillBackward3", lambda x, values: values, (lambda g: blank(g), lambda g: g))

_C_NAMES = {
    "bool": "bool", "uint8": "uint8_t", "uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t", "int8": "int8_t",
    "int16": "int16_t", "int32": "int", "int64": "int64_t", "float16": "double", "bfloat16": "double", "float32": "float",
    "float64": "double", "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip
_F32_MAX = float(np.finfo(np.float32).max)


def number(value: Any, dtype: np.dtype[Any]) -> Any:
    """A Python number as PyTorch writes it into a tensor of this dtype.

    Raises:
        RuntimeError: if the dtype cannot hold it.
    """
    kind = dtype.kind
    if value.__class__ is float and kind == "f":
        if dtype.itemsize != 4 or -_F32_MAX <= value <= _F32_MAX or value != value or value in (math.inf, -math.inf):
            return value
    elif isinstance(value, (int, np.integer)) and not isinstance(value, bool) and not -(1 << 63) <= value < 1 << 63:
        raise ValueError("Overflow when unpacking long long")
    elif kind == "b":
        return bool(value)
    elif isinstance(value, complex):
        if kind == "c":
            parts = [p for p in (value.real, value.imag) if math.isfinite(p)]
            if dtype.itemsize == 16 or all(abs(p) <= _F32_MAX for p in parts):
                return value
        elif not value.imag:
            return number(value.real, dtype)
    elif kind in "iu":
        limits = np.iinfo(dtype)
        if math.isfinite(value):
            if limits.min <= value <= limits.max:
                return int(value)
            if kind == "u" and -limits.max <= value < 0 and not isinstance(value, float):
                return int(value) + limits.max + 1
    elif kind == "c" and dtype.itemsize == 8:
        if not math.isfinite(value) or abs(value) <= _F32_MAX:
            return value
    else:
        return value
    name = _C_NAMES[dtypes.of(dtype).name]
    raise RuntimeError(f"value cannot be converted to type {name} without overflow")


def _setitem(self: Tensor, index: Any, value: Any) -> None:
    """``x[index] = value``: writes a tensor or a number, broadcast to what the index selects and cast to its dtype.

    Raises:
        IndexError, ValueError: as reading does.
        TypeError: if the value is neither a tensor nor a number.
        RuntimeError: if it does not broadcast, its dtype differs where index tensors take part, or ``x`` may not be
            written in place now. Nothing has been written then.

    >>> import zanjir
    >>> x = zanjir.tensor([1., 2., 3.])
    >>> x[0] = 10; x[x < 5] = 0; x
    tensor([10.,  0.,  0.])
    """
    x = self._array
    tensor = isinstance(value, Tensor)
    if not tensor:
        if not isinstance(value, (int, float, complex, np.integer)):
            raise TypeError(f"can't assign a {type_name(value)} to a {_type_name(x)}")
        value = number(value, x.dtype)
    if self._base is not None:
        refresh(self)
    if tensor and value._base is not None:
        refresh(value)
    recording = state.now.grad and (self._rg or (tensor and value._rg) or (self._base is not None and self._base._rg))
    if not recording and (x.flags.c_contiguous or not overlaps(x)):
        key = _one(index, x) if index.__class__ is Tensor else basic(index)
        if key is not None and (not tensor or value._array.dtype is x.dtype):
            try:
                x[key] = value._array if tensor else value
                bump(self)
                return
            except (IndexError, ValueError):
                pass  # found again below, and explained
    if index is False:
        return
    if index is True:
        index = None
    index, alone = _tuple(index)
    found = read(x.shape, index, alone)
    part = x[found.key]
    target = self
    if recording:
        steps = basic_steps(x.shape, found.key[:-1])
        if steps:
            target = _view(self, part)
            if self._rg:
                target._node, target._rg = _edge(self, steps), True
        check(target, (value,))
    if found.arrays is None:
        _copy(self, target, part, value, tensor)
    else:
        _index_put(self, target, part, found, value)


def _one(index: Tensor, x: Any) -> Any:
    """The key for writing with one index tensor, if nothing about it is odd."""
    array = index._array
    if array.ndim and x.ndim and (array.dtype is _INT64 or (array.dtype is _BOOL and array.shape == x.shape)):
        return (array,)
    return None


def _copy(owner: Tensor, target: Tensor, part: Any, value: Any, tensor: bool) -> None:
    """Writes ``value`` into ``part``, the memory of ``target``, itself ``owner`` or a view of it."""
    if overlaps(part):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )
    if not tensor:
        part[...] = value
        counter = bump(owner)
        if target._rg and state.now.grad:
            _settle(target, fill_op, None, counter)
        return
    values = value._array
    lead = 0
    while lead < values.ndim and values.shape[lead] == 1:
        lead += 1
    if values.shape != part.shape:
        values = values.reshape(values.shape[lead:])
        expandable(values.shape, part.shape, values.dtype)
    store(part, values)
    counter = bump(owner)
    if state.now.grad and (target._rg or value._rg):
        if value._array.ndim and value._array.shape != part.shape and value._rg:
            value = value.view(values.shape).expand(part.shape)
        _settle(target, copy_op if value._array.ndim or not part.ndim else fill_op, value, counter)


def store(part: Any, values: Any) -> None:
    """``part[...] = values``, cast; a complex value loses its imaginary part."""
    if values.dtype.kind == "c" and part.dtype.kind != "c":
        warnings.warn("Casting complex values to real discards the imaginary part", stacklevel=4)
        values = values.real
    state.now.run(part.__setitem__, ..., values)


def _settle(target: Tensor, op: Operator, value: Any, counter: Version) -> None:
    """Gives ``target``, just overwritten with ``value``, its history."""
    result = wrap(target._array)
    # What was written over gets no gradient; of a view that is understood, and its own edge is not needed.
    before = None if target._base is not None else alias(target)
    record(op, result, (before, value), ())
    settle(target, result, counter)


def expandable(have: tuple[int, ...], want: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Raises what PyTorch raises if a tensor of shape ``have`` cannot be expanded to ``want``."""
    if len(have) > len(want):
        raise RuntimeError(
            f"expand(torch.{dtypes.of(dtype).legacy}Tensor{{{list(have)}}}, size={list(want)}): the number of sizes provided "
            f"({len(want)}) must be greater or equal to the number of dimensions in the tensor ({len(have)})"
        )
    for back in range(1, len(have) + 1):
        if have[-back] not in (1, want[-back]):
            raise RuntimeError(
                f"The expanded size of the tensor ({want[-back]}) must match the existing size ({have[-back]}) at "
                f"non-singleton dimension {len(want) - back}.  Target sizes: {list(want)}.  Tensor sizes: {list(have)}"
            )


def _index_put(owner: Tensor, target: Tensor, part: Any, found: Index, value: Any) -> None:
    """Writes ``value`` where the masks and integer arrays of the index point in ``part``, the memory of ``target``."""
    key = advanced(found.arrays, part.shape)
    tensor = isinstance(value, Tensor)
    values = value._array if tensor else np.array(value, part.dtype)
    lead = 0
    while lead < values.ndim and values.shape[lead] == 1:
        lead += 1
    stripped = values.shape[lead:]
    if values.size == 1 and sum(k is not _ALL for k in key) == 1 and key[-1].dtype.kind == "b":
        if any(a.dtype == np.uint8 for a in found.arrays if isinstance(a, ndarray)):
            raise RuntimeError("masked_fill_ only supports boolean masks, but got mask with dtype unsigned char")
        if values.dtype is not part.dtype:
            values = np.array(number(values.astype(np.float64).item() if values.dtype in REDUCED else values.item(), part.dtype), part.dtype)
    elif values.dtype != part.dtype:
        _fits(part, key, stripped)
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {dtypes.of(part.dtype).legacy} for the "
            f"destination and {dtypes.of(values.dtype).legacy} for the source."
        )
    put_at(part, key, values.reshape(stripped))
    counter = bump(owner)
    if state.now.grad and (target._rg or (tensor and value._rg)):
        if tensor and value._rg and lead:
            value = value.view(stripped)
        result = wrap(target._array)
        record(put_op, result, (alias(target), value if tensor else None), (key, False, guards(found.tensors)))
        settle(target, result, counter)


def put_at(part: Any, key: tuple[Any, ...], values: Any) -> None:
    """``part[key] = values``; of an index that occurs twice the last value stays.

    Raises:
        IndexError: where an index is out of bounds.
        RuntimeError: if the values do not broadcast to what the key selects, or lie in the memory written to.
    """
    if values.ndim and np.may_share_memory(part, values) and _dense(part) and _dense(values):
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
            "location. Please clone() the tensor before performing the operation."
        )
    if overlaps(part):
        warnings.warn(
            "Use of index_put_ on expanded tensors is deprecated. Please clone() the tensor before performing this "
            "operation. This also applies to advanced indexing e.g. tensor[indices] = tensor",
            stacklevel=5,
        )
    try:
        part[key] = values
    except IndexError:
        outside(key, part.shape)
    except ValueError:
        _fits(part, key, values.shape)
        raise


def _fits(part: Any, key: tuple[Any, ...], shape: tuple[int, ...]) -> None:
    """Raises what PyTorch raises if values of this shape do not broadcast to ``part[key]``."""
    try:
        result = np.broadcast_to(np.empty((), np.bool_), part.shape)[key].shape
    except IndexError:
        result = outside(key, part.shape)
    try:
        fits = np.broadcast_shapes(result, shape) == result
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(shape)} cannot be broadcast to indexing result of shape "
            f"{list(result)}"
        ) from None


def _dense(array: Any) -> bool:
    return bool(array.flags.c_contiguous or array.flags.f_contiguous)


def _delitem(self: Tensor, index: Any) -> None:
    raise TypeError("Tensor does not support deleting items")


for _name, _method in (("__getitem__", _getitem), ("__setitem__", _setitem), ("__delitem__", _delitem)):
    _method.__name__ = _method.__qualname__ = _name
    setattr(Tensor, _name, _method)
