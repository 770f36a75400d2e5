"""Reading by index: ``x[i]``, ``x[2:5, None]``, ``x[mask]``, ``x[:, [0, 2]]``.

An index is read in two halves, as PyTorch reads it. Integers, slices, ``None`` and ``...`` come first and give a view,
in one NumPy indexing call whatever their number; the graph shows a node for every step of it. Masks, integer tensors
and lists are then applied to that view together, and give a copy:

    x[0, :, [1, 2]]      x ──► SelectBackward0 (0) ──► IndexBackward0 (:, [1, 2])

The derivative of taking elements is adding the gradient to zeros where they were taken from, and the derivative of that
is taking again: each is declared as the rule of the other, so any number of derivatives works.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..node import FREED, clock
from ..signature import type_name
from ..state import state
from ..tensor import Tensor, new, refresh, version_of, wrap
from .advanced import ALL, accumulate, taken
from .declare import Operator, OperatorNode, modified
from .views import View, either, strided

ndarray = np.ndarray
_WHOLE = (...,)


# ---------------------------------------------------------------------- basic indexing: views


def _part(x: Any, key: Any) -> Any:
    return x[key]


def _whole(g: Any, key: Any, shape: Any) -> Any:
    whole = np.zeros(shape, g.dtype)
    whole[key] = g
    return whole


def _basic(name: str, back: str) -> View:
    """The view that the basic index ``key`` takes; ``back``: the node of its derivative, which puts it into zeros."""
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
        counter = version_of(x)
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
        counter = version_of(self)
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
        elif item is not ALL:
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
                if not (i is ALL or _plain(i)):
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
    if not array.ndim and dtype.kind == "i" and x.ndim:
        return _getitem(self, int(array))
    if (
        not x.ndim
        or not array.ndim
        or not (dtype is _INT64 or (dtype is _BOOL and array.shape == x.shape[: array.ndim]))
    ):
        return _by_any(self, index)
    return _copied(self, self._node, x, (array,), (index,))


def _by_tensors(self: Tensor, index: tuple[Any, ...]) -> Tensor:
    """``x[index]`` for several tensors of integers, and slices that take everything."""
    key: list[Any] = []
    tensors = []
    for i in index:
        if i.__class__ is Tensor and i._array.dtype is _INT64 and i._array.ndim:
            key.append(i._array)
            tensors.append(i)
        elif i.__class__ is slice and i.start is None and i.stop is None and i.step is None:
            key.append(ALL)
        else:
            return _by_any(self, index)
    if len(key) > self._array.ndim:
        return _by_any(self, index)
    while key[-1] is ALL:
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

    arrays: list[Any] | None
    key: tuple[Any, ...]
    tensors: list[Tensor]


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
            if item is not ALL or alone:
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


_ALLS = (ALL,) * 64


def _tuple(index: Any) -> tuple[tuple[Any, ...], bool]:
    """The index as a tuple, and whether it was a single one."""
    if isinstance(index, tuple):
        return index, False
    if isinstance(index, (list, range)) and len(index) < 32:
        for i in index:
            if i is None or i is ... or isinstance(i, (Tensor, slice, list, tuple, range, ndarray, str, bytes)):
                warnings.warn(
                    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in "
                    "pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as "
                    "tensor index, x[torch.tensor(seq)], which will result either in an error or a different result",
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
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to "
                "convert a 0-dim tensor to a number"
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
                arrays += [ALL] * (width - 1)  # a mask covers these as well
                tensors.append(item)
                key += [ALL] * width
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
            key += [ALL] * min(width, ndim - place)  # a second ellipsis finds nothing left
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
            if item is not ALL:
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
        raise TypeError(f"new(): invalid data type '{type_name(values)}'")
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
        if array is None or array is ALL:
            continue
        only = only and not seen
        seen = True
        if not (array.dtype.kind == "b" or array.dtype in _INDICES):
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    key: list[Any] = []
    for place, array in enumerate(arrays):
        if array is None:
            key.append(ALL)
        elif array is ALL:
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
                        f"The shape of the mask {list(array.shape)} at index {j} does not match the shape of the "
                        f"indexed tensor {list(shape)} at index {place + j}"
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


# ---------------------------------------------------------------------- masks and integers: copies


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


def indexed(op: Operator) -> Operator:
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
index_op = indexed(
    Operator(
        "IndexBackward0", taken, (lambda g, key, shape: added(g, key, shape),),
        inputs=("x",), params=("key", "guards"),
    )
)  # fmt: skip


_getitem.__name__ = _getitem.__qualname__ = "__getitem__"
setattr(Tensor, "__getitem__", _getitem)  # noqa: B010 (the stub declares it)
