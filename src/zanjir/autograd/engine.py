"""Reverse mode: the walk back over the graph.

The chain rule, read from the end: the gradient of a result with respect to a value is the sum, over everything that
used the value, of that user's gradient times its local derivative. So

1. count for every node how many users it has on the way (:func:`count_users`);
2. start at the result with the gradient given (1 for a scalar);
3. take the newest node whose users have all sent their share; its rules turn its gradient into those of its inputs;
   add these to what the inputs have so far; what the node had saved is freed;
4. a leaf that has everything adds it to ``.grad``.

Gradients on the way are plain arrays, or tensors where the walk itself is recorded (``create_graph``). No recursion: a
chain of a million nodes is walked like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from .. import dtypes
from ..node import Node, Output
from ..ops.inplace import bump, fit
from ..state import state
from ..tensor import Tensor, wrap

ndarray = np.ndarray


class Walk:
    """One walk back.

    Attributes:
        keep: whether saved values stay for another walk.
        create: whether the walk is recorded.
        wanted: nodes and leaves whose gradient is to be returned (of a node, of which outputs), none accumulated; or
            ``None``: accumulate into all leaves.
        results: the gradients wanted, by leaf, or by node and output number.
        needed: if only some gradients are wanted, the nodes on the way to them.
        pending: the gradient so far of each node (a list where it has several outputs) and leaf (with whether the array
            belongs to nobody else).
        users: how many shares each is still to receive.
        ready: the nodes that have received all, newest first.
    """

    __slots__ = ("create", "keep", "needed", "pending", "ready", "results", "users", "wanted")

    def __init__(self, keep: bool, create: bool, wanted: dict[Any, list[int]] | None = None) -> None:
        self.keep, self.create, self.wanted = keep, create, wanted
        self.pending: dict[Any, Any] = {}
        self.users: dict[Any, int] = {}
        self.ready: list[tuple[int, Node]] = []
        if wanted is not None:
            self.results: dict[Any, Any] = {}
            self.needed: set[Any] = set()

    def run(self, roots: Sequence[Any], seeds: Sequence[Any]) -> None:
        """Walks from the edges ``roots``, whose gradients are ``seeds``."""
        self.count_users(roots)
        ready, pending, create, keep, wanted = self.ready, self.pending, self.create, self.keep, self.wanted
        deliver = self.deliver
        for edge, g in zip(roots, seeds, strict=True):
            deliver(edge, g, False)
        while ready:
            node = heappop(ready)[1]
            g = pending.pop(node, None)
            extras = node.extras
            if extras is not None:
                g = self.before(node, g)
            if wanted is not None and node in wanted:
                self.capture(node, g)
                if node not in self.needed:
                    continue
            if g is None:
                grads: Any = (None,) * len(node.next)
            else:
                if node.outputs != 1:
                    g = self.filled(node, g)
                grads = node.vjp(g, create)
                if extras is not None and extras.hooks:
                    grads = self.after(node, grads, g)
                    g = grads  # whoever hooked may keep what he saw: none of it is a leaf's to take
            if not keep:
                node.release()
            for edge, d in zip(node.next, grads):  # noqa: B905 (strict would cost a tenth of a microsecond a node)
                if edge is not None:
                    deliver(edge, d, d is not g and g is not grads)

    def count_users(self, roots: Sequence[Any]) -> None:
        """Step 1: how many shares each node is to receive; and, if only some gradients are wanted, which nodes
        matter."""
        users = self.users
        stack: list[Any] = []
        order: list[Node] = []
        edges: Any = roots
        while True:
            for edge in edges:
                if edge is None:
                    continue
                if edge.__class__ is Output:
                    edge = edge.node
                if edge in users:
                    users[edge] += 1
                else:
                    users[edge] = 1
                    if isinstance(edge, Node):
                        stack.append(edge)
            if not stack:
                break
            node = stack.pop()
            order.append(node)
            edges = node.next
        if self.wanted is not None:
            order.sort(key=_age)
            needed = self.needed
            for node in order:  # oldest first: an edge leads to an older node, so what it leads to is known
                for edge in node.next:
                    target = edge.node if edge.__class__ is Output else edge
                    if target in needed or target in self.wanted:
                        needed.add(node)
                        break

    def deliver(self, edge: Any, g: Any, fresh: bool) -> None:
        """Adds a share ``g`` (``None``: nothing) to the gradient of ``edge``; whoever has all its shares is ready.

        ``fresh``: the array belongs to nobody else, so a leaf may keep it.
        """
        pending = self.pending
        if edge.__class__ is Output:
            node = edge.node
            if g is not None:
                index = edge.index
                g = self.fitted(g, node.shape[index], node.dtype[index])
                parts = pending.get(node)
                if parts is None:
                    parts = pending[node] = [None] * len(node.shape)
                parts[index] = g if parts[index] is None else self.add(parts[index], g)
        elif isinstance(edge, Node):
            node = edge
            if g is not None:
                if self.create or g.shape != node.shape or g.dtype is not node.dtype:
                    g = self.fitted(g, node.shape, node.dtype)
                have = pending.get(node)
                pending[node] = g if have is None else self.add(have, g)
        else:
            self.deliver_leaf(edge, g, fresh)
            return
        left = self.users[node] = self.users[node] - 1
        if not left and (self.wanted is None or node in self.needed or node in self.wanted):
            heappush(self.ready, (-node.seq, node))

    def deliver_leaf(self, leaf: Tensor, g: Any, fresh: bool) -> None:
        """Likewise for a leaf."""
        if g is not None:
            array = leaf._array
            if self.create or g.shape != array.shape or g.dtype is not array.dtype:
                raw, g = g, self.fitted(g, array.shape, array.dtype)
                fresh = fresh or g is not raw
            have = self.pending.get(leaf)
            self.pending[leaf] = (g, fresh) if have is None else (self.add(have[0], g), True)
        left = self.users[leaf] = self.users[leaf] - 1
        if not left:
            self.leaf(leaf)

    def fitted(self, g: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        """``g`` as the gradient of something of this shape and dtype: broadcasting undone, cast, made real."""
        array = g._array if self.create else g
        if array.shape != shape:
            g = fit(g, shape) if self.create else state.now.run(fit, g, shape)
            array = g._array if self.create else g
        if array.dtype is not dtype and array.dtype != dtype:
            if array.dtype.kind == "c" and dtype.kind != "c":
                g = g.real
                array = g._array if self.create else g
            if array.dtype != dtype:
                g = g.to(dtypes.of(dtype)) if self.create else g.astype(dtype)
        return g

    def add(self, a: Any, b: Any) -> Any:
        return a + b if self.create else state.now.run(np.add, a, b)

    def filled(self, node: Node, parts: list[Any]) -> list[Any]:
        """Zeros for the outputs that got no gradient."""
        for index, part in enumerate(parts):
            if part is None:
                zero = np.zeros(node.shape[index], node.dtype[index])
                parts[index] = wrap(zero) if self.create else zero
        return parts

    # ------------------------------------------------------------------ leaves

    def leaf(self, leaf: Tensor) -> None:
        """All shares of a leaf have come."""
        g, fresh = self.pending.pop(leaf, (None, False))
        meta = leaf._meta
        if g is not None and meta is not None and meta.hooks:
            g, fresh = self.hooked(meta.hooks.values(), g), False
        if self.wanted is not None:
            if leaf in self.wanted:
                self.results[leaf] = g
            return
        if g is None:
            return
        node = None
        if meta is not None and meta.accumulator is not None:
            node = meta.accumulator()
        if node is not None and node.extras is not None:
            g = self.before(node, g)
        self.accumulate(leaf, g, fresh)
        if meta is not None and meta.post_hooks:
            for hook in tuple(meta.post_hooks.values()):
                hook(leaf)
        if node is not None and node.extras is not None and node.extras.hooks:
            self.after(node, (), g)

    def accumulate(self, leaf: Tensor, g: Any, fresh: bool) -> None:
        """Adds ``g`` into ``leaf.grad``: in place, unless the walk is recorded."""
        have = leaf._grad
        if self.create:
            leaf._grad = (g if fresh else g.clone()) if have is None else have + g
            return
        array = leaf._array
        if have is None:
            g = np.asarray(g)
            if not fresh or g.base is not None or (g.strides != array.strides and g.ndim):
                keep = np.empty_like(array, subok=False)
                keep[...] = g
                g = keep
            leaf._grad = wrap(g)
        else:
            state.run(np.add, have._array, g, have._array)
            bump(have)

    # ------------------------------------------------------------------ hooks

    def tensor(self, g: Any) -> Tensor:
        return g if self.create else wrap(np.asarray(g))

    def value(self, t: Tensor) -> Any:
        return t if self.create else t._array

    def hooked(self, hooks: Any, g: Any) -> Any:
        """``g`` after tensor hooks, each of which may replace it."""
        t = self.tensor(g)
        for hook in tuple(hooks):
            new = hook(t)
            if new is not None:
                t = replaced(t, new, hook)
        return self.value(t)

    def before(self, node: Node, g: Any) -> Any:
        """The hooks of the output tensors, then those of the node itself."""
        extras = node.extras
        assert extras is not None
        parts = [g] if node.outputs == 1 else ([None] * len(node.shape) if g is None else g)
        for index, own in extras.tensors.items():
            if parts[index] is None:
                continue
            if own.hooks:
                parts[index] = self.hooked(own.hooks.values(), parts[index])
            keeper = None if own.retain is None else own.retain()
            if keeper is not None:
                kept = self.tensor(parts[index])
                if keeper._grad is None:
                    keeper._grad = kept if self.create else wrap(kept._array.copy())
                else:
                    keeper._grad = keeper._grad + kept
        if extras.prehooks:
            given = tuple(None if p is None else self.tensor(p) for p in parts)
            for hook in tuple(extras.prehooks.values()):
                new = hook(given)
                if new is not None:
                    given = new if isinstance(new, tuple) else (new,)
            parts = [None if t is None else self.value(t) for t in given]
        if all(part is None for part in parts):
            return None
        return parts[0] if node.outputs == 1 else parts

    def after(self, node: Node, grads: Any, g: Any) -> Any:
        """The hooks that see what the node made of its gradient."""
        outputs = tuple(None if p is None else self.tensor(p) for p in ([g] if node.outputs == 1 else g))
        inputs = tuple(None if d is None else self.tensor(d) for d in grads)
        assert node.extras is not None
        for hook in tuple(node.extras.hooks.values()):
            new = hook(inputs, outputs)
            if new is not None:
                inputs = new if isinstance(new, tuple) else (new,)
        return [None if t is None else self.value(t) for t in inputs]

    def capture(self, node: Node, g: Any) -> None:
        """Keeps the gradients of a node's outputs that are wanted."""
        assert self.wanted is not None
        for index in self.wanted[node]:
            part = g if node.outputs == 1 or g is None else g[index]
            self.results[node, index] = part


def replaced(old: Tensor, new: Any, hook: Any) -> Tensor:
    """What a hook returned, if it can stand for the gradient it was given."""
    if not isinstance(new, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(new).__name__}'")
    name = getattr(hook, "__name__", type(hook).__name__)
    if new._array.dtype != old._array.dtype:
        raise RuntimeError(f"hook '{name}' has changed the type of value (was {old.type()} got {new.type()})")
    if new._array.shape != old._array.shape:
        raise RuntimeError(f"hook '{name}' has changed the size of value")
    return new


def _age(node: Node) -> int:
    return node.seq
