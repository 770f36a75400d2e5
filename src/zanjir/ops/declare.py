"""What an operator is, and how it is called.

An operator is declared once: a name, a forward function on arrays, and for every tensor input a *rule*, which turns the
gradient of the output into the gradient of that input.

    mul = pointwise("mul", np.multiply, lambda g, b: g * conj(b), lambda g, a: g * conj(a))

A rule names what it needs, and that is all that is saved for it:

    g       the gradient of the output (always first)
    x       the input, by the name it has in the forward function (``x`` or ``a, b`` for a ufunc); any parameter
    likewise y       the output (by its own name, where an operator has several)
    shape   the shape of the input the rule is for

Rules are plain NumPy. Handed arrays they compute the gradient; handed tensors (``create_graph=True``) they record
it, since ``Tensor`` speaks NumPy's protocols. The engine undoes broadcasting and casts to the input's dtype; a rule
need not.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from .. import dtypes
from ..node import FREED, Node, Output, clock, fresh_version
from ..state import state
from ..tensor import Tensor, new, refresh, version_of, wrap

ndarray = np.ndarray
_OF = dtypes._BY_NUMPY

#: name -> function of the ``torch`` namespace, filled by the declarations.
functions: dict[str, Callable[..., Any]] = {}
#: NumPy ufunc -> operator, for ``np.sin(tensor)``.
ufuncs: dict[Any, Callable[..., Any]] = {}
#: NumPy function -> function of the same signature on tensors, for ``np.sum(tensor, axis=0)``.
numpy_functions: dict[Any, Callable[..., Any]] = {}
#: Every declared operator by the name of its node, for tests and for whoever wants to walk the table of rules.
operators: dict[str, Operator] = {}

#: x̄ of a number or an array; itself where it is real.
conj = operator.methodcaller("conjugate")

_BACKWARD = re.compile(r"Backward0?(\d*)$")  # what error messages leave off a node's name

_OUTPUT = 1 << 30  # the bit of a mask that stands for "the output is needed"


class Operator:
    """A forward function on arrays with its derivative rules, and the class of the nodes that record it."""

    __slots__ = (
        "active", "count", "differentiable", "forward", "inputs", "keeps", "masks", "name", "node",
        "nothing", "outputs", "params", "picks", "rules",
        "saves", "shaped", "table", "together", "unary", "variadic", "zeros",
    )  # fmt: skip

    def __init__(
        self,
        node: str,
        forward: Callable[..., Any],
        rules: Sequence[Callable[..., Any] | None],
        *,
        inputs: Sequence[str] | None = None,
        params: Sequence[str] | None = None,
        outputs: Sequence[str] = ("y",),
        together: bool = False,
        variadic: bool = False,
        differentiable: int = 1,
    ) -> None:
        """Declares an operator.

        Args:
            node: what its node class is called, ``"MulBackward0"``.
            forward: takes an array for every input, then the parameters; returns an array, or a tuple of them.
            rules: one for every tensor input, ``None`` for an input without a derivative.
            inputs, params: their names; by default the forward function's own.
            outputs: their names, for rules that need one.
            together: the one rule gives the gradients of all inputs, as a tuple.
            variadic: the forward function and the rule take one list of inputs (``cat``); implies ``together``.
            differentiable: how many of the outputs, from the first, have a gradient; -1: all, however many there are.
        """
        count = len(rules)
        if hasattr(forward, "__code__"):
            names = parameters(forward)
        else:
            names = ("x",) if count == 1 else ("a", "b", "c")[:count]
        inputs = names[:count] if inputs is None else inputs
        params = names[len(inputs) :] if params is None else params
        self.name = node
        self.forward = forward
        self.rules = tuple(rules)
        self.inputs, self.params, self.outputs = tuple(inputs), tuple(params or ()), tuple(outputs)
        self.together = together or variadic
        self.variadic = variadic
        self.differentiable = differentiable
        places = {name: i for i, name in enumerate((*self.inputs, *self.params, *self.outputs))}
        picks, masks, shaped = [], [], []
        for rule in self.rules:
            wants = parameters(rule)[1:] if rule is not None else ()
            shaped.append("shape" in wants)
            where = [places[name] for name in wants if name != "shape"]
            picks.append(_picker(where))
            masks.append(
                sum({1 << i for i in where if i < len(self.inputs)})
                | (_OUTPUT if any(i >= len(self.inputs) + len(self.params) for i in where) else 0)
            )
            assert not shaped[-1] or wants[-1] == "shape", f"{node}: a rule takes `shape` last"
        if together:
            masks = [masks[0]] * len(self.inputs)
        self.picks, self.masks, self.shaped = tuple(picks), tuple(masks), tuple(shaped)
        # The inputs that have a rule: a node has an edge for each of these, and for no other.
        self.active = tuple(i for i, rule in enumerate(self.rules) if rule is not None) if not self.together else ()
        self.table: Any = tuple((self.rules[i], self.picks[i], self.shaped[i]) for i in self.active)
        self.saves = any(masks)
        self.unary = len(self.inputs) == 1 and not variadic
        self.count = len(self.inputs)
        self.nothing, self.zeros = (None,) * len(self.inputs), (0,) * len(self.inputs)
        # A node has a slot only for what its operator uses: the fewer there are to fill, the faster it is made.
        body: dict[str, Any] = {"op": self, "__module__": "zanjir.autograd.graph"}
        self.keeps = any(m & _OUTPUT for m in masks)
        body["__slots__"] = (*(("params",) if self.params else ()), *(("kept",) if self.keeps else ()))
        self.node: type[OperatorNode] = type(node, (OperatorNode,), body)
        if differentiable != 1:
            self.node.outputs = differentiable
        operators.setdefault(node, self)

    def __repr__(self) -> str:
        return f"<operator {self.name}>"

    def __call__(self, *args: Any) -> Any:
        """Runs on tensors (or numbers, or arrays) for the inputs, then the parameters; records if a gradient may flow.

        The inputs are taken as they are: whoever calls has promoted them and checked the parameters.
        """
        now = state.now
        if self.unary:
            x = args[0]
            y = now.run(self.forward, x._array, *args[1:])
            if y.__class__ is not tuple and y.__class__ is not list:
                t = new(Tensor)
                t._array = y if y.__class__ is ndarray else as_array(y)
                t._grad = t._counter = t._base = t._meta = t._node = None
                t._rg = False
                if x._base is not None:
                    refresh(x)
                if x._rg and now.grad:
                    record(self, t, args[:1], args[1:])
                return t
            return self.finish(y, args[:1], args[1:])
        count = self.count
        inputs, params = args[:count], args[count:]
        y = now.run(self.forward, *[i._array if isinstance(i, Tensor) else i for i in inputs], *params)
        return self.finish(y, inputs, params)

    def many(self, inputs: Sequence[Tensor], *params: Any) -> Tensor:
        """Likewise for a variadic operator: the forward function gets a list of arrays."""
        y = state.now.run(self.forward, [i._array for i in inputs], *params)
        return self.finish(y, inputs, params)

    def finish(self, result: Any, inputs: Sequence[Any], params: tuple[Any, ...]) -> Any:
        """Wraps the result in tensors and records the node."""
        recording = False
        for i in inputs:
            if isinstance(i, Tensor):
                if i._base is not None:
                    refresh(i)
                if i._rg:
                    recording = True
        if result.__class__ is tuple or result.__class__ is list:
            outs = [wrap(as_array(r)) for r in result]
            if recording and state.now.grad:
                record(self, outs, inputs, params)
            return tuple(outs)
        t = new(Tensor)
        t._array = result if result.__class__ is ndarray else as_array(result)
        t._grad = t._counter = t._base = t._meta = t._node = None
        t._rg = False
        if recording and state.now.grad:
            record(self, t, inputs, params)
        return t


class OperatorNode(Node):
    """The node of a declared operator: applies its rules to what was saved."""

    __slots__ = ("saved", "versions")
    op: Operator

    # saved     the inputs the rules need (None for others), as they were given
    # versions  their in-place counters at that time
    # kept      the outputs, one after the other: array, in-place counter (None until somebody needs one), its count
    #           then; None where no rule needs them
    # cast      the dtype in which the operator computed, if an input had another
    # within    if the output was written into a view: a weak reference to the CopySlices that has this node inside
    saved: Any
    versions: Sequence[int]
    kept: list[Any] | None = None
    params: tuple[Any, ...] = ()
    cast: np.dtype[Any] | None = None
    within: Any = None

    def vjp(self, g: Any, create_graph: bool) -> Any:
        op = self.op
        values: Any = self.unpack(create_graph) if op.saves or op.params else ()
        run = call if create_graph else state.now.run
        if op.together:
            rule: Any = op.rules[0]
            return run(rule, g, *op.picks[0](values))
        out: list[Any] = []
        for (rule, pick, shaped), edge in zip(op.table, self.next):  # noqa: B905 (this is the hot path)
            if edge is None:
                out.append(None)
            elif shaped:
                out.append(run(rule, g, *pick(values), _shape(edge)))
            else:
                out.append(run(rule, g, *pick(values)))
        return out

    def unpack(self, create_graph: bool) -> list[Any]:
        """The saved inputs, the parameters and the saved outputs, having checked that nobody wrote into them since."""
        saved = self.saved
        values: list[Any] = []
        if saved is FREED:
            raise RuntimeError(
                "Trying to backward through the graph a second time (or directly access saved tensors after they have "
                "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
                "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or "
                "if you need to access saved tensors after calling backward."
            )
        cast = self.cast
        for t, version in zip(saved, self.versions):  # noqa: B905 (this is the hot path)
            if t is None:
                values.append(None)
            elif isinstance(t, Tensor):
                counter = t._counter
                if counter is not None and counter.n != version:
                    whom = t.__dict__.get("_stands_for", lambda: None)()  # see inplace
                    raise modified(t._array, (t if whom is None else whom)._node, counter.n, version)
                if create_graph:
                    values.append(t)
                elif cast is not None and t._array.dtype.kind != "b":
                    values.append(t._array.astype(cast, copy=False))
                else:
                    values.append(t._array)
            else:
                values.append(t)
        op = self.op
        if op.variadic:
            values = [values]
        if op.params:
            values += self.params
        kept = self.kept if op.keeps else None
        if kept is not None:
            for place in range(0, len(kept), 3):
                array, counter, version = kept[place : place + 3]
                if counter is not None and counter.n != version:
                    raise modified(array, self._output(place // 3), counter.n, version)
                if create_graph:
                    t = wrap(array)
                    if counter is None:
                        counter = kept[place + 1] = fresh_version()
                    t._counter = counter
                    if place // 3 < self.outputs or self.outputs < 0:
                        t._node, t._rg = self._output(place // 3), True
                    values.append(t)
                else:
                    values.append(array)
        return values

    def _output(self, index: int) -> Any:
        """What a tensor that is this output holds as its edge."""
        outer = None if self.within is None else self.within()
        if outer is not None:
            return outer.part()
        return self if self.outputs == 1 else Output(self, index)

    def release(self) -> None:
        if self.op.saves:
            self.saved = FREED
            if self.kept is not None:
                self.kept = None


def record(op: Operator, out: Any, inputs: Sequence[Any], params: tuple[Any, ...], cast: Any = None) -> None:
    """Makes the node that remembers how ``out`` (a tensor or a list of them) came from ``inputs``."""
    node = op.node()
    if op.unary:
        x = inputs[0]
        node.next = (x._node or x,)
        mask = op.masks[0]
    else:
        mask = 0
        edges: list[Any] = []
        for k in range(len(inputs)) if op.together else op.active:
            i = inputs[k]
            if isinstance(i, Tensor) and i._rg:
                edges.append(i._node or i)
                mask |= op.masks[0 if op.variadic else k]
            else:
                edges.append(None)
        node.next = tuple(edges)
    if op.params:
        node.params = params
    if cast is not None:
        node.cast = cast
    node.saved = op.nothing
    node.versions = op.zeros
    if mask & ~_OUTPUT:
        saved = list(inputs)
        written = False  # whether any of them was ever written in place
        for k, i in enumerate(saved):
            if not mask >> k & 1 and not op.variadic:  # a variadic operator's list is saved as a whole
                saved[k] = None
            elif isinstance(i, Tensor) and i._counter is not None:
                written = True
        node.saved = saved
        if written or op.variadic:
            node.versions = [0 if i is None or not isinstance(i, Tensor) else i._version for i in saved]
    if op.keeps:
        if mask & _OUTPUT:
            outs = [out] if out.__class__ is Tensor else out
            node.kept = [part for t in outs for part in (t._array, version_of(t), version_of(t).n)]
        else:
            node.kept = None
    node.seq = next(clock)
    if op.differentiable == 1:
        first = out if out.__class__ is Tensor else out[0]
        node.shape, node.dtype = first._array.shape, first._array.dtype
        first._node, first._rg = node, True
    else:
        outs = out[: op.differentiable] if op.differentiable >= 0 else out
        node.shape, node.dtype = [t._array.shape for t in outs], [t._array.dtype for t in outs]
        for index, t in enumerate(outs):
            t._node, t._rg = Output(node, index), True


def modified(array: Any, edge: Any, now: int, then: int) -> RuntimeError:
    """What PyTorch says when something needed for the gradient was written in place."""
    text = f"[{_type_name(array)} [{', '.join(map(str, array.shape))}]]"
    if edge is not None:
        node, index = (edge.node, edge.index) if isinstance(edge, Output) else (edge, 0)
        name = _BACKWARD.sub(r"\1", node.name())
        text += f", which is output {index} of {name},"
    return RuntimeError(
        f"one of the variables needed for gradient computation has been modified by an inplace operation: {text} is at "
        f"version {now}; expected version {then} instead. Hint: enable anomaly detection to find the operation that "
        "failed to compute its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )


def _type_name(array: Any) -> str:
    return f"torch.{_OF[array.dtype].legacy}Tensor"


def _shape(edge: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = edge._array.shape if isinstance(edge, Tensor) else edge.shape
    return shape


def call(f: Callable[..., Any], *args: Any) -> Any:
    """Calls ``f``: stands where ``state.run`` does for arrays, when the rules get tensors.

    These run in contexts of their own; NumPy calls on the numbers among the arguments are quiet here.
    """
    with np.errstate(all="ignore"):
        return f(*args)


def parameters(f: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a Python function's positional parameters (what ``inspect`` would say, a hundred times faster)."""
    code = f.__code__
    return code.co_varnames[: code.co_argcount]


def _picker(where: list[int]) -> Callable[[Any], Any]:
    """A function that takes the values at ``where`` out of a list, as a sequence. (All of it in C: it is hot.)"""
    if len(where) > 1:
        return itemgetter(*where)
    first = where[0] if where else 0
    return itemgetter(slice(first, first + len(where)))


def as_array(value: Any) -> Any:
    """NumPy gives a scalar where the result is 0-dim; tensors hold arrays."""
    return np.asarray(value) if isinstance(value, np.generic) else value
