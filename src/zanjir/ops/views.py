"""Views: operators whose result looks into the memory of their input.

A view remembers its base, the tensor that is not itself a view. The two share their memory and one version counter, so
a write to either is seen and counted by both. If the write is part of the graph, the base gets a new history, and the
view finds its own place in the graph again when somebody next asks: the base as it stands now, then its
:class:`Window`, where in the base's memory the view lies. How it was once taken, and by how many steps, is forgotten.

``Tensor._kind`` of a view is ``None``, or why it must not be written in place while gradients are recorded: ``"multi"``
(a function returned it together with others), ``"no_grad"`` or ``"inference"`` (made while nothing was recorded),
``"custom"`` (an ``autograd.Function`` returned it). Views of such a view inherit it.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from ..dtypes import REDUCED
from ..node import Output, clock
from ..state import state
from ..tensor import Tensor, _address, _owner, late, new, refresh, version_of
from .declare import Operator

ndarray = np.ndarray

#: What a node that saves none of its one input keeps.
NOTHING, NEVER = (None,), (0,)


class View(Operator):
    """An operator whose forward function gives a NumPy view of its one input.

    ``View("TransposeBackward0", lambda x, dim0, dim1: x.swapaxes(dim0, dim1), lambda g, dim0, dim1: ...)``
    """

    __slots__ = ()

    def __init__(self, node: str, forward: Callable[..., Any], rule: Callable[..., Any] | None, **options: Any) -> None:
        super().__init__(node, forward, (rule,), **options)

    def __call__(self, *args: Any) -> Tensor:
        x, params = args[0], args[1:]
        return self.attach(x, self.forward(x._array, *params), params)

    def attach(self, x: Tensor, array: Any, params: tuple[Any, ...] = ()) -> Tensor:
        """The tensor for ``array``, which is this view of ``x``."""
        base = x._base
        if base is not None:
            refresh(x)
        t = new(Tensor)
        t._array = array
        t._grad = t._meta = None
        counter = x._counter
        if counter is None:
            counter = version_of(x)
        t._counter = counter
        t._seen = counter.n
        now = state.now
        if base is None:
            t._base, t._kind = x, None
        else:
            t._base, t._kind = base, x._kind
        if not now.grad:
            t._kind = "inference" if now.inference else "no_grad"
        elif x._rg:
            t._node = node = new(self.node)
            t._rg = True
            node.next = (x._node or x,)
            if self.params:
                node.params = params
            node.saved, node.versions = NOTHING, NEVER
            node.seq = next(clock)
            node.shape = array.shape
            node.dtype = array.dtype
            return t
        t._node = None
        t._rg = False
        return t


def link(t: Tensor, x: Tensor, kind: str | None = None) -> None:
    """Makes ``t``, whose array looks into that of ``x``, a view of it; ``kind``: see the module."""
    counter = t._counter = version_of(x)
    base = x._base
    if base is None:
        t._base = x
    else:
        t._base = base
        kind = kind or x._kind
    t._kind = kind if state.grad else "inference" if state.inference else "no_grad"
    t._seen = counter.n


def several(op: Operator, x: Tensor, arrays: Sequence[Any], params: tuple[Any, ...]) -> tuple[Tensor, ...]:
    """The tensors for ``arrays``, all views of ``x`` that one operator ``op`` gave (``split``, ``unbind``)."""
    base = x._base
    if base is not None:
        refresh(x)
    now = state.now
    counter = version_of(x)
    seen = counter.n
    if base is None:
        base = x
    kind = "multi" if now.grad else "inference" if now.inference else "no_grad"
    make, kind_of = new, Tensor
    outs: list[Tensor] = list(map(make, repeat(kind_of, len(arrays))))
    if x._rg and now.grad and arrays:
        node = make(op.node)
        node.next = (x._node or x,)
        node.params = params
        node.saved, node.versions = NOTHING, NEVER
        node.seq = next(clock)
        node.shape = [a.shape for a in arrays]
        node.dtype = [x._array.dtype] * len(arrays)
        edges = map(make, repeat(Output, len(arrays)))
        for index, (t, edge, array) in enumerate(zip(outs, edges, arrays, strict=True)):
            t._node = edge
            edge.node = node
            edge.index = index
            t._array = array
            t._grad = t._meta = None
            t._rg = True
            t._counter = counter
            t._base = base
            t._kind = kind
            t._seen = seen
    else:
        for t, array in zip(outs, arrays, strict=True):
            t._array = array
            t._node = t._grad = t._meta = None
            t._rg = False
            t._counter = counter
            t._base = base
            t._kind = kind
            t._seen = seen
    return tuple(outs)


def either(op: Operator) -> Callable[..., Any]:
    """``op`` as a function for rules: on arrays its forward function, on tensors the operator itself, which records."""
    forward, count = op.forward, len(op.inputs)

    def f(*args: Any) -> Any:
        for a in args[:count]:
            if isinstance(a, Tensor):
                return op(*args)
        return forward(*args)

    return f


# ---------------------------------------------------------------------- memory seen with any shape and strides


def strided(x: Any, shape: Sequence[int], strides: Sequence[int], offset: int = 0) -> Any:
    """The memory of ``x`` seen with this shape and strides, ``offset`` after its first element; all counted in "
    "elements."""
    size = x.itemsize
    steps = tuple([s * size for s in strides])
    if x.flags.forc and offset >= 0:
        try:
            return ndarray(shape, x.dtype, x, offset * size, steps)
        except (ValueError, TypeError):  # looks outside of x, though perhaps not of the memory x looks into
            pass
    whole = x
    while True:
        dense = (
            whole if whole.flags.forc else whole.transpose(sorted(range(whole.ndim), key=lambda d: -whole.strides[d]))
        )
        if dense.flags.forc and dense.flags.writeable == x.flags.writeable:
            try:
                return ndarray(shape, x.dtype, dense, _address(x) - _address(whole) + offset * size, steps)
            except (ValueError, TypeError):
                pass
        if not isinstance(whole.base, ndarray):
            break
        whole = whole.base
    # Memory with gaps, of some other library perhaps: by address.
    return np.asarray(_Memory(x, tuple(shape), steps, offset * size)).view(x.dtype)


class _Memory:
    """What NumPy reads to make an array of any shape and strides at the address of another."""

    def __init__(self, x: Any, shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> None:
        self.base = x
        interface = x.__array_interface__
        kind = interface["typestr"] if x.dtype.kind != "V" else f"|V{x.itemsize}"
        where = (interface["data"][0] + offset, not x.flags.writeable)
        self.__array_interface__ = {"version": 3, "typestr": kind, "data": where, "shape": shape, "strides": strides}


def contiguous_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides, in elements, of a tensor of this shape whose elements lie in order."""
    strides, step = [], 1
    for length in reversed(shape):
        strides.append(step)
        step *= max(length, 1)
    return tuple(reversed(strides))


def repeats(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether two elements may lie at the same place."""
    reach = 0
    for step, length in sorted([(s, n) for s, n in zip(strides, shape, strict=True) if n != 1]):
        if step <= reach and length:
            return True
        reach += step * (length - 1)
    return False


class Window:
    """Where in the memory of one array another lies: shapes, dtypes, strides and the distance between them, in bytes.

    It stays valid for any memory of the same layout, such as that of a gradient.
    """

    __slots__ = ("above", "below", "dtype", "offset", "repeated", "shape", "shared", "strides", "whole")

    def __init__(
        self, whole: tuple[Any, Any, Any], shape: tuple[int, ...], strides: tuple[int, ...], dtype: Any, offset: int
    ) -> None:
        """``whole``: shape, strides and dtype of the array looked into."""
        self.whole = whole
        self.shape, self.strides, self.dtype, self.offset = shape, strides, dtype, offset
        low, high = _extent(*whole)
        under, over = _extent(shape, strides, dtype)
        self.below = max(-low, -(under + offset)) if 0 not in shape else -low
        self.above = max(high, over + offset) if 0 not in shape else high
        self.shared = repeats(whole[0], [abs(s) for s in whole[1]])
        self.repeated = repeats(shape, [abs(s) for s in strides])

    def memory(self) -> Any:
        """Zeros, as memory of this layout: the whole array, and the part the window shows."""
        shape, strides, dtype = self.whole
        memory = np.zeros(self.below + self.above, np.uint8)
        whole = ndarray(shape, dtype, memory, self.below, strides)
        offset = self.below + (0 if 0 in self.shape else self.offset)
        return whole, ndarray(self.shape, self.dtype, memory, offset, self.strides)

    def look(self, x: Any) -> Any:
        """A copy of what the window shows of ``x``."""
        whole, part = self.memory()
        whole[...] = x
        return part.copy()

    def patch(self, x: Any, v: Any) -> Any:
        """``x`` with ``v`` in the window."""
        whole, part = self.memory()
        whole[...] = x
        part[...] = v
        return whole

    def spread(self, g: Any) -> Any:
        """The adjoint of :meth:`look`: zeros with ``g`` added in the window; what has several places is shared "
        "equally."""
        whole, part = self.memory()
        if not (self.repeated or self.shared):
            part[...] = g
            return whole
        # Elements are counted from the start of the memory, in units both layouts fit.
        _, steps, dtype = self.whole
        unit = part.itemsize
        places = self.places(self.shape, self.strides, self.offset, unit)
        sums = np.zeros((self.below + self.above) // unit, np.float32 if self.dtype in REDUCED else self.dtype)
        np.add.at(sums, places, g.astype(sums.dtype))
        if self.shared and dtype == self.dtype:
            own = self.places(whole.shape, steps, 0, unit)
            counts = np.zeros(sums.shape, np.intp)
            np.add.at(counts, own, 1)
            sums /= np.maximum(counts, 1).astype(sums.real.dtype)
            return sums[own].astype(dtype, copy=False)
        whole[...] = ndarray(whole.shape, dtype, sums.astype(self.dtype), self.below, steps)
        return whole

    def places(self, shape: Any, strides: Any, offset: int, unit: int) -> Any:
        """For every element, the number of its place in memory."""
        places = np.full(shape, (self.below + offset) // unit, np.intp)
        for i, (n, s) in enumerate(zip(shape, strides, strict=True)):
            places += (np.arange(n) * (s // unit)).reshape((n,) + (1,) * (len(shape) - i - 1))
        return places


def _extent(shape: Any, strides: Any, dtype: Any) -> tuple[int, int]:
    """The first and the last byte, from the first element on."""
    ends = [s * (n - 1) for s, n in zip(strides, shape, strict=True)] if 0 not in shape else []
    return sum([e for e in ends if e < 0]), sum([e for e in ends if e > 0]) + dtype.itemsize


def window(whole: Any, part: Any) -> Window:
    """Where the array ``part`` lies in the memory of the array ``whole``."""
    offset = 0
    if part.size and whole.size:
        offset = _address(part) - _address(whole)
        own, other = _owner(whole), _owner(part)
        if own is not other:  # the base was given other memory (``.data = ``): the same place there
            offset += _address(own) - _address(other)
    return Window((whole.shape, whole.strides, whole.dtype), part.shape, part.strides, part.dtype, offset)


def window_of(shape: tuple[int, ...], part: Sequence[int], strides: Sequence[int], offset: int, dtype: Any) -> Window:
    """The window that shows ``part``, by these strides and offset in elements, of a contiguous array of ``shape``."""
    size = dtype.itemsize
    whole = (shape, tuple([s * size for s in contiguous_strides(shape)]), dtype)
    return Window(whole, tuple(part), tuple([s * size for s in strides]), dtype, offset * size)


# Each is the derivative of another, so they can be differentiated any number of times.
_look = Operator(
    "AsStridedBackward0", lambda x, window: window.look(x), (lambda g, window: spread(g, window),), inputs=("x",)
)
_spread = Operator(
    "AsStridedBackwardBackward0", lambda x, window: window.spread(x), (lambda g, window: look(g, window),)
)
_patch = Operator(
    "AsStridedScatterBackward0", lambda x, v, window: window.patch(x, v),
    (lambda g, window: patch(g, 0, window), lambda g, window: look(g, window)),
)  # fmt: skip
look: Any = either(_look)
spread: Any = either(_spread)
patch: Any = either(_patch)


# ---------------------------------------------------------------------- after a write


def replay(view: Tensor) -> None:
    """Gives ``view`` its place in the graph anew, its base having been written: the base as it is now, then the window.

    Raises:
        RuntimeError: if it is a kind of view for which that is not allowed.
    """
    base = view._base
    assert base is not None
    assert view._counter is not None
    if view._kind is not None:
        if not state.grad:
            return
        raise forbidden(view, "its base or another view of its base has been")
    view._seen = view._counter.n
    rebase(view, shown(base._node or (base if base._rg else None), window(base._array, view._array)))


late.replay = replay


def shown(edge: Any, window: Window) -> Any:
    """A node for what ``window`` shows of the tensor whose edge this is."""
    node = new(_look.node)
    node.params = (window,)
    node.next = (edge,)
    node.saved, node.versions = NOTHING, NEVER
    node.seq = next(clock)
    node.shape, node.dtype = window.shape, window.dtype
    return node


def rebase(t: Tensor, edge: Any) -> None:
    """Gives ``t`` another place in the graph; if its gradient is retained, it is from there on that of the new "
    "place."""
    if t._meta is not None and t._meta.retains and t._node is not None:
        t._tensor_hooks().retain = None
        t._node, t._rg = edge, True
        t._tensor_hooks().retain = weakref.ref(t)
    else:
        t._node, t._rg = edge, True


def forbidden(t: Tensor, what: str = "is being") -> RuntimeError:
    """What PyTorch says where a view of this kind, or its base, is written in place; ``what``: which of the two."""
    kind, node = t._kind, t._node
    nr, node = (node.index, node.node) if isinstance(node, Output) else (0, node)
    name = None if node is None else re.sub(r"Backward0?(\d*)$", r"\1", node.name())
    if kind in ("no_grad", "inference") or node is None:
        text = (
            "A view was created in"
            if node is None
            else f"Output {nr} of {name} is a view of a view which was created in"
        )
        if kind == "inference":
            text += f" inference mode and {what} modified inplace in normal mode."
        else:
            text += f" no_grad mode and {what} modified inplace with grad mode enabled."
    else:
        text = f"Output {nr} of {name} is a view and {what} modified inplace."
    if kind == "multi":
        return RuntimeError(
            f"{text} This view is the output of a function that returns multiple views. Such functions do not allow "
            "the "
            "output views to be modified inplace. You should replace the inplace operation by an out-of-place one."
        )
    if kind == "custom":
        return RuntimeError(
            f"{text} This view was created inside a custom Function (or because an input was returned as-is) and the "
            "autograd logic to handle view+inplace would override the custom backward associated with the custom "
            "Function, "
            "leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the "
            "custom Function."
        )
    return RuntimeError(
        f"{text} Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by "
        "moving "
        f"both the view and the inplace either both inside the {kind if kind == 'no_grad' else 'inference_mode'} "
        "block (if "
        "you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked)."
    )
