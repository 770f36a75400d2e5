"""The graph: a node for every recorded operator, edges to the nodes that made its inputs.

A node points only to older nodes (what made its inputs), never to its own output, so there are no reference cycles: a
graph is freed when the last tensor that leads to it goes.

    w (leaf) ───────────────┐
                            ▼
    x ──► MulBackward0 ──► AddBackward0 ──► loss          ``node.next`` follows the arrows backwards

An edge is one of: a :class:`Node`; an :class:`Output` (one of a node's several outputs); a leaf tensor that wants its
gradient; or ``None``, where no gradient is needed.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .tensor import Tensor

#: Every node takes the next number; newer nodes have larger ones, so an edge always leads to a smaller number.
clock = itertools.count()


class Version:
    """How often a piece of memory was written in place: shared by a tensor, its views and its detached twins."""

    __slots__ = ("n",)
    n: int


def fresh_version(new: Any = object.__new__) -> Version:
    """A counter at 0. (Half the time of a class with ``__init__``; one is made for every output that is saved.)"""
    counter: Version = new(Version)
    counter.n = 0
    return counter


class Hooks(dict[int, Any]):
    """Hooks by handle number, in the order they were registered."""

    __slots__ = ("__weakref__",)


class Handle:
    """What registering a hook returns; ``remove()`` takes the hook away. Also a context manager."""

    __slots__ = ("__weakref__", "hooks", "id")
    _ids = itertools.count()

    def __init__(self, hooks: Hooks, hook: Any) -> None:
        self.id = next(Handle._ids)
        self.hooks = weakref.ref(hooks)
        hooks[self.id] = hook

    def remove(self) -> None:
        """Takes the hook away; a second call does nothing."""
        hooks = self.hooks()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class Node:
    """One recorded operator: knows its inputs' nodes and turns the gradient of its output into theirs.

    Attributes:
        next: an edge for every tensor input.
        shape, dtype: of the output (NumPy's), or lists of them where there are several outputs.
        seq: when the node was made.
    """

    __slots__ = ("__dict__", "__weakref__", "dtype", "next", "seq", "shape")

    #: How many outputs take a gradient; an ordinary node has one. -1: as many as there are outputs.
    outputs = 1
    #: Hooks; most nodes have none, so it is no slot: the few that do keep theirs in ``__dict__``.
    extras: Extras | None = None

    next: tuple[Any, ...]
    shape: Any
    dtype: Any
    seq: int

    def name(self) -> str:
        """The name PyTorch gives this node: ``"MulBackward0"``; with their C++ namespace the few it has written by
        hand."""
        name = type(self).__name__
        return f"torch::autograd::{name}" if name in _BY_HAND else name

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """For each input: the node its gradient goes to (``None``: nowhere) and which of that node's outputs it was."""
        return tuple(function_of(edge) for edge in self.next)

    @property
    def metadata(self) -> dict[str, Any]:
        """A dictionary for the user's own notes on this node."""
        notes: dict[str, Any] = self.__dict__.setdefault("_metadata", {})
        return notes

    def register_hook(self, fn: Callable[..., Any]) -> Handle:
        """Calls ``fn(grad_inputs, grad_outputs)`` after the node has run; a tuple it returns replaces
        ``grad_inputs``."""
        return Handle(self.more().hooks, fn)

    def register_prehook(self, fn: Callable[..., Any]) -> Handle:
        """Calls ``fn(grad_outputs)`` before the node runs; a tuple it returns replaces ``grad_outputs``."""
        return Handle(self.more().prehooks, fn)

    def more(self) -> Extras:
        """The hooks of this node; made at the first call."""
        if self.extras is None:
            self.extras = Extras()
        return self.extras

    def _sequence_nr(self) -> int:
        return self.seq

    def vjp(self, grads: Any, create_graph: bool) -> Any:
        """The gradient of every input, given that of the output; ``None`` where there is none."""
        raise NotImplementedError

    def release(self) -> None:
        """Forgets what was saved for the derivative."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"


_BY_HAND = frozenset(("AccumulateGrad", "CopyBackwards", "CopySlices"))


class _Freed:
    """Stands where saved values stood before they were freed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<freed>"


FREED = _Freed()


class Output:
    """One of the outputs of a node that has several: what such an output tensor holds as its edge."""

    __slots__ = ("index", "node")

    def __init__(self, node: Node, index: int) -> None:
        self.node = node
        self.index = index

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.node.shape[self.index]
        return shape

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.node.dtype[self.index]
        return dtype


class TensorHooks:
    """The hooks of one tensor: run on its gradient, in order; then ``retain`` keeps that gradient in ``.grad``."""

    __slots__ = ("hooks", "retain")

    def __init__(self) -> None:
        self.hooks = Hooks()
        self.retain: weakref.ref[Tensor] | None = None


class Extras:
    """What hooks a node has.

    Attributes:
        hooks: run after the node: ``hook(grad_inputs, grad_outputs)``.
        prehooks: run before it: ``hook(grad_outputs)``.
        tensors: those of its output tensors, by output number.
    """

    __slots__ = ("hooks", "prehooks", "tensors")

    def __init__(self) -> None:
        self.hooks, self.prehooks = Hooks(), Hooks()
        self.tensors: dict[int, TensorHooks] = {}


class AccumulateGrad(Node):
    """Where a leaf's gradient arrives: adds it into ``variable.grad``. Made when somebody looks at the graph."""

    __slots__ = ("variable",)
    variable: Tensor


def function_of(edge: Any) -> tuple[Node | None, int]:
    """``(node, output number)`` as PyTorch shows an edge; a leaf's is its :class:`AccumulateGrad`."""
    if edge is None:
        return None, 0
    if isinstance(edge, Node):
        return edge, 0
    if isinstance(edge, Output):
        return edge.node, edge.index
    return accumulator(edge), 0


def accumulator(leaf: Tensor) -> AccumulateGrad:
    """The one :class:`AccumulateGrad` of ``leaf``, as long as somebody holds it."""
    meta = leaf._autograd()
    node = None if meta.accumulator is None else meta.accumulator()
    if node is None:
        node = AccumulateGrad()
        node.next = ()
        node.seq = 2**64 - 1
        node.shape, node.dtype = leaf._array.shape, leaf._array.dtype
        node.variable = leaf
        meta.accumulator = weakref.ref(node)
    return node
