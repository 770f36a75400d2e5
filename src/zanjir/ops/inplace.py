"""Writing into a tensor: in-place forms, ``out=``, and what that does to the graph.

An in-place operator is the ordinary one followed by :func:`assign`: the result is written into the tensor's memory, the
version of that memory goes up, and the tensor takes the result's place in the graph. If it is a view, its base does:

    v = b[1:];  v.mul_(2)        b ──► CopySlices ──► (old b),  with MulBackward0 inside, on the gradient's same slice
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..node import Node, Output, Version, clock
from ..signature import argument
from ..state import state
from ..tensor import Tensor, new, refresh, version_of, wrap
from .declare import OperatorNode, functions
from .views import Window, forbidden, look, patch, rebase, shown, window

ndarray = np.ndarray


def inplace(f: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The in-place form of ``f``: a method that writes what ``f`` gives into the tensor it is called on."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check(self, args, kwargs)
        before = alias(self)
        # An argument that is the tensor itself must not be saved as such: it will soon point to the very node.
        args = tuple([_stand_in(self) if a is self else a for a in args])
        if kwargs:
            kwargs = {k: _stand_in(self) if a is self else a for k, a in kwargs.items()}
        try:
            result = f(before, *args, **kwargs)
        except TypeError as error:
            raise TypeError(str(error).replace(f"{name[:-1]}()", f"{name}()", 1)) from None
        except NotImplementedError as error:
            if hasattr(error, "needs"):
                writable(self, error.needs.numpy, self._array.shape)
            raise
        assign(self, result, before)
        return self

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In-place form of :func:`{f.__name__}`: writes the result into the tensor and returns it."
    method.__wrapped__ = f  # type: ignore[attr-defined]
    return method


def alias(t: Tensor) -> Tensor:
    """The tensor as it stands in the graph now, under another object: what an in-place operator saves of itself."""
    twin = wrap(t._array)
    twin._node, twin._rg, twin._counter = t._node, t._rg, version_of(t)
    return twin


def _stand_in(t: Tensor) -> Tensor:
    """An alias that knows whom it stands for: the error about a later write names the node ``t`` has by then."""
    twin = alias(t)
    twin.__dict__["_stands_for"] = weakref.ref(t)
    return twin


def check(t: Tensor, args: Any = (), kwargs: Any = None) -> None:
    """Raises what PyTorch raises where ``t`` may not be written in place now; nothing has been changed then."""
    base = t._base
    if state.grad:
        own = t.requires_grad
        if own or any(isinstance(a, Tensor) and a.requires_grad for a in (*args, *(kwargs or {}).values())):
            if base is not None:
                if t._kind is not None:
                    raise forbidden(t)
                if own and base._node is None:
                    raise RuntimeError(
                        "a view of a leaf Variable that requires grad is being used in an in-place operation."
                    )
            if own and t._node is None:
                raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    if base is not None:
        refresh(t)


def writable(t: Tensor, result: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Raises what PyTorch raises where a result of this dtype and shape cannot be written into ``t``."""
    array = t._array
    if array.dtype is not result:
        from_, to = dtypes.of(result), dtypes.of(array.dtype)
        if not dtypes.can_cast(from_, to):
            raise RuntimeError(f"result type {from_.legacy} can't be cast to the desired output type {to.legacy}")
    if array.shape != shape:
        raise RuntimeError(f"output with shape {list(array.shape)} doesn't match the broadcast shape {list(shape)}")
    if overlaps(array):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


def overlaps(array: np.ndarray[Any, Any]) -> bool:
    """Whether two elements share memory, as far as an expanded dimension (stride 0) shows it."""
    return not array.flags.c_contiguous and any(
        step == 0 and length > 1 for step, length in zip(array.strides, array.shape, strict=True)
    )


def bump(t: Tensor) -> Version:
    """Counts one write to the memory of ``t``."""
    counter = t._counter
    if counter is None:
        counter = version_of(t)
    counter.n += 1
    return counter


def assign(t: Tensor, result: Tensor, before: Tensor | None = None) -> None:
    """Writes ``result`` into ``t`` and gives ``t`` its history."""
    array = t._array
    writable(t, result._array.dtype, result._array.shape)
    if before is not None and isinstance(result._node, OperatorNode) and any(i is before for i in result._node.saved):
        before._array, before._counter = array.copy(), None  # a rule needs what is about to be overwritten
    write(array, result._array)
    counter = bump(t)
    if result._rg:
        settle(t, result, counter)


def write(array: np.ndarray[Any, Any], values: Any) -> None:
    """Copies ``values`` into ``array``, cast to its dtype; a complex value loses its imaginary part without a word."""
    if array.dtype.kind != "c" and values.dtype.kind == "c":
        values = values.real
    state.run(_copyto, array, values)


def _copyto(array: np.ndarray[Any, Any], values: Any) -> None:
    if array.flags.writeable:
        np.copyto(array, values, casting="unsafe")
    else:
        array[...] = values  # raises NumPy's error about read-only memory


def settle(t: Tensor, result: Tensor, counter: Version) -> None:
    """Moves the history of ``result``, whose values ``t`` now holds, to ``t``, or to the base ``t`` is a view of."""
    edge = result._node
    assert edge is not None
    node, index = (edge.node, edge.index) if isinstance(edge, Output) else (edge, 0)
    if node.outputs == 1:
        node.dtype = t._array.dtype
    else:
        node.dtype[index] = t._array.dtype
    if isinstance(node, OperatorNode) and node.kept is not None:
        node.kept[3 * index : 3 * index + 3] = t._array, counter, counter.n
    base = t._base
    if base is None:
        rebase(t, edge)
        return
    rebase(base, CopySlices.make(base, t, edge))
    refresh(t)


class CopySlices(Node):
    """The history of a tensor one of whose views was written in place by ``inner``.

    The gradient of what was written goes through ``inner``; its part in the gradient of the tensor becomes what
    ``inner`` makes of it. If ``inner`` does not start from the view itself (an operator made of several), its own
    history leads back to the view: then nothing of that part comes here.
    """

    __slots__ = ("alone", "inner", "window")
    inner: Node
    window: Window
    alone: bool

    @staticmethod
    def make(base: Tensor, view: Tensor, edge: Any) -> CopySlices:
        inner = edge.node if isinstance(edge, Output) else edge
        node = new(CopySlices)
        node.window = window(base._array, view._array)
        below = base._node or (base if base._rg else None)
        node.alone = inner is edge and bool(inner.next) and (inner.next[0] is None or inner.next[0] is view._node)
        if node.alone:
            node.inner, node.next = inner, (below, *inner.next[1:])
        else:
            node.inner, node.next = inner, (below, edge)
        node.seq = next(clock)
        node.shape, node.dtype = base._array.shape, base._array.dtype
        if node.alone and isinstance(inner, OperatorNode) and inner.kept is not None:
            inner.within = weakref.ref(node)
        return node

    def part(self) -> Node:
        """A node for what was written: the part the window shows of the tensor this is the history of."""
        return shown(self, self.window)

    def vjp(self, g: Any, create_graph: bool) -> Any:
        part = look(g, self.window)
        if not self.alone:
            return patch(g, 0, self.window), part
        grads = self.inner.vjp(part, create_graph)
        own = grads[0]
        if own is None or self.next[0] is None:
            return (patch(g, 0, self.window), *grads[1:])
        own = fit(own, part.shape)
        if part.dtype.kind != "c" and own.dtype.kind == "c":
            own = own.real
        return (patch(g, own, self.window), *grads[1:])

    def release(self) -> None:
        if self.alone:
            self.inner.release()


def fit(g: Any, shape: tuple[int, ...]) -> Any:
    """The gradient of something of ``shape`` that was broadcast: summed over the dimensions it was repeated along."""
    if not shape and g.__class__ is ndarray and g.dtype not in dtypes.REDUCED:  # the commonest case
        return np.add.reduce(g, axis=None)
    have = tuple(g.shape)
    if have == tuple(shape):
        return g
    lead = len(have) - len(shape)
    axes = (*range(lead), *(i for i in range(lead, len(have)) if shape[i - lead] == 1 != have[i]))
    if axes:
        kind = g.dtype if isinstance(g, Tensor) else None
        if kind is None and g.dtype in dtypes.REDUCED:
            g = np.add.reduce(g, axis=axes, keepdims=True, dtype=np.float32).astype(g.dtype)
        else:
            g = np.add.reduce(g, axis=axes, keepdims=True)
    return g.reshape(tuple(shape))


def to_out(name: str, out: Tensor, result: Tensor) -> Tensor:
    """Writes ``result`` into the tensor given as ``out=``, resized where its shape is another."""
    if not isinstance(out, Tensor):
        raise argument(name, "out", None, "Tensor", out)
    if state.grad and (result._rg or out.requires_grad):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    from_, to = result.dtype, out.dtype
    if not dtypes.can_cast(from_, to):
        raise RuntimeError(f"result type {from_.legacy} can't be cast to the desired output type {to.legacy}")
    if out._array.shape != result._array.shape:
        if out._array.size:
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(out.shape)}, which does not "
                f"match the required output shape {list(result.shape)}. This behavior is deprecated, and in a future "
                "PyTorch release outputs will not be resized unless they have zero elements. You can explicitly "
                "reuse an "
                "out tensor t by resizing it, inplace, to zero elements with t.resize_(0).",
                stacklevel=4,
            )
        out._array = np.empty(result._array.shape, out._array.dtype)
    writable(out, out._array.dtype, result._array.shape)
    write(out._array, result._array)
    bump(out)
    return out


def with_out(f: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function of the ``torch`` namespace for ``f``: the same, and it takes ``out=``."""

    def function(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        result = f(*args, **kwargs)
        if out is None:
            return result
        if isinstance(result, tuple):
            for o, r in zip(out, result, strict=True):
                to_out(name, o, r)
            return getattr(result, "into", tuple)(out)  # a named tuple has a class of its own for this
        return to_out(name, out, result)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f.__doc__
    function.__wrapped__ = f  # type: ignore[attr-defined]
    return function


def public(
    *aliases: str, method: bool = True, function: bool = True, out: bool = False, in_place: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a function an operator for users: ``zanjir.NAME``, ``Tensor.NAME``, and on request ``out=`` and ``NAME_``.

    The name is the function's own, without the underscore that keeps it from hiding a builtin (``_sum``).

    Args:
        aliases: further names for all of it.
        method, function: whether it is a method of ``Tensor``, a function of the ``torch`` namespace.
        out: whether the function takes ``out=``.
        in_place: whether there is an in-place method, its name ending in an underscore.
    """

    def attach(f: Callable[..., Any]) -> Callable[..., Any]:
        names = (f.__name__.strip("_"), *aliases)
        f.__name__ = f.__qualname__ = names[0]
        for name in names:
            if function:
                functions[name] = with_out(f, name) if out else f
            if method:
                setattr(Tensor, name, f)
            if in_place:
                setattr(Tensor, name + "_", inplace(f, name + "_"))
        return f

    return attach
