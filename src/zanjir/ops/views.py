"""Views: operators whose result looks into the memory of their input.

A view remembers its base (the tensor that is not itself a view) and the steps that lead from there to it, so that

* a write to either is seen by both, and counted by both (they share one version counter);
* after a write that is part of the graph, the view's own place in the graph can be found again: the base, then the steps.

``steps`` is a linked list ``(earlier steps, operator, parameters, kind)``; ``kind`` is ``None`` for an ordinary view, or says
why it must not be written in place while gradients are recorded: ``"multi"`` (one of several views a function returned),
``"no_grad"`` or ``"inference"`` (made while nothing was recorded).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..node import Node, clock
from ..state import state
from ..tensor import Tensor, new, refresh, version_of, wrap
from .declare import Operator, record


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

    def attach(self, x: Tensor, array: Any, params: tuple[Any, ...]) -> Tensor:
        """The tensor for ``array``, which is this view of ``x``."""
        if x._base is not None:
            refresh(x)
        t = wrap(array)
        link(t, x, self, params)
        if x._rg and state.grad:
            record(self, t, (x,), params)
        return t


def link(t: Tensor, x: Tensor, op: Operator, params: tuple[Any, ...], kind: str | None = None) -> None:
    """Makes ``t``, whose array looks into that of ``x``, a view of it."""
    counter = t._counter = version_of(x)
    base = x._base
    if base is None:
        t._base, steps = x, None
    else:
        t._base, steps = base, x._steps
        if kind is None:
            kind = steps[3]
    if not state.grad:
        kind = "inference" if state.inference else "no_grad"
    t._steps = (steps, op, params, kind)
    t._seen = counter.n


def several(
    op: Operator, step: Operator, x: Tensor, arrays: Sequence[Any], steps: Sequence[tuple[Any, ...]], params: tuple[Any, ...]
) -> tuple[Tensor, ...]:
    """The tensors for ``arrays``, all views of ``x`` that one operator ``op`` gave (``split``, ``unbind``).

    ``step`` with the parameters in ``steps`` would take each of them alone.
    """
    if x._base is not None:
        refresh(x)
    outs = [wrap(array) for array in arrays]
    for t, where in zip(outs, steps, strict=True):
        link(t, x, step, where, "multi")
    if x._rg and state.grad:
        record(op, outs, (x,), params)
    return tuple(outs)


def _walk(steps: Any) -> list[Any]:
    """The steps, first to last."""
    path = []
    while steps is not None:
        path.append(steps)
        steps = steps[0]
    return path[::-1]


def take(steps: Any, array: Any) -> Any:
    """The view of ``array`` that ``steps`` lead to."""
    for _, op, params, _ in _walk(steps):
        array = op.forward(array, *params)
    return array


def take_views(steps: Any, t: Tensor) -> Tensor:
    """Likewise on a tensor, each step a recorded view."""
    for _, op, params, _ in _walk(steps):
        t = op(t, *params)
    return t


class AsStridedBackward0(Node):
    """The place in the graph of a view whose base was written in place: all its steps at once."""

    __slots__ = ("steps",)
    steps: Any

    def vjp(self, g: Any, create_graph: bool) -> Any:
        (edge,) = self.next
        shape = edge._array.shape if isinstance(edge, Tensor) else edge.shape
        if create_graph:
            whole = wrap(np.zeros(shape, g._array.dtype))
            part: Any = take_views(self.steps, whole)
        else:
            whole = np.zeros(shape, g.dtype)
            part = take(self.steps, whole)
        part[...] = g
        return (whole,)


def replay(view: Tensor) -> None:
    """Gives ``view`` its place in the graph anew, from its base as it stands now."""
    base = view._base
    assert base is not None
    node = new(AsStridedBackward0)
    node.steps = view._steps
    node.next = (base._node or base,)
    node.params = ()
    node.saved = node.hooks = node.prehooks = node.tensor_hooks = None
    node.seq = next(clock)
    node.shape, node.dtype = view._array.shape, view._array.dtype
    view._node, view._rg = node, True
