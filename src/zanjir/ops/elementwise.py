"""How an elementwise operator is called: promotion, broadcasting, and the short way for the common case.

``pointwise`` makes from a ufunc and its rules everything users call: ``zanjir.mul``, ``Tensor.mul``, ``Tensor.mul_``,
``out=``, the Python operators, ``np.multiply(tensor, ...)``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import BOOL, COMPLEX, FLOATING, INTEGER, REDUCED, dtype
from ..node import clock
from ..state import state
from ..tensor import Tensor, new, refresh, version_of, wrap
from .declare import _OUTPUT, Operator, as_array, functions, record, ufuncs
from .inplace import bump, check, inplace, overlaps, to_out

ndarray = np.ndarray
_OF = dtypes._BY_NUMPY
_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)

#: Dtypes that take the short way: those NumPy computes as PyTorch does, alone and with a Python number.
_FLOATS = frozenset((_F32, _F64))
_NUMBERS = frozenset(d.numpy for d in dtypes.ALL if d.category != BOOL and d.numpy not in REDUCED and not d.name.startswith("uint"))

_SCALARS = (bool, int, float, complex, np.bool_, np.number)


class Pointwise:
    """What an elementwise operator computes, apart from its rules.

    Attributes:
        op: the forward function, rules and node.
        name: as users call it, for error messages.
        floats: whether integers are turned into the default floating dtype first.
        result: ``None`` (as computed), or a function of the common dtype that gives the result's.
        refuses: categories (BOOL, INTEGER, FLOATING, COMPLEX) it is not defined for.
    """

    __slots__ = ("fast", "floats", "name", "op", "refuses", "result", "wording")

    def __init__(
        self,
        op: Operator,
        name: str,
        floats: bool,
        result: Callable[[dtype], dtype] | None,
        refuses: Sequence[int],
        wording: str | None,
        fast: frozenset[Any] | None,
    ) -> None:
        self.op, self.name, self.floats, self.result = op, name, floats, result
        self.refuses = frozenset(refuses)
        self.wording = wording
        if fast is None:
            fast = _FLOATS if floats or result is not None or refuses else _NUMBERS
        self.fast = fast

    def common(self, operands: Sequence[Any]) -> dtype:
        """The dtype the operands are computed in."""
        dims = zeros = scalars = None
        for operand in operands:
            if isinstance(operand, Tensor):
                d = _OF[operand._array.dtype]
                if operand._array.ndim:
                    dims = d if dims is None else dtypes.promote_types(dims, d)
                else:
                    zeros = d if zeros is None else dtypes.promote_types(zeros, d)
            else:
                d = dtypes.of_scalar(operand)
                scalars = d if scalars is None else dtypes.promote_types(scalars, d)
        d = dtypes.combine(dims, zeros, scalars)
        if d.category < FLOATING and self.floats:
            d = dtypes.get_default_dtype()
        if d.category in self.refuses:
            raise RuntimeError(self.wording or f'"{self.name}_cpu" not implemented for \'{d.legacy}\'')
        return d

    def compute(self, operands: Sequence[Any]) -> tuple[Any, dtype]:
        """The result as an array, and the dtype the operands were cast to."""
        d = self.common(operands)
        # Half and bfloat16 meet Python numbers in float32: the number is not rounded before it is used.
        kind = _F32 if d.numpy in REDUCED else d.numpy
        arrays = [
            o._array.astype(kind, copy=False) if isinstance(o, Tensor) else number(o, dtypes.of(kind)) for o in operands
        ]
        try:
            y = state.run(self.op.forward, *arrays)
        except ValueError:
            raise mismatch(operands) from None
        want = d if self.result is None else self.result(d)
        return as_array(y).astype(want.numpy, copy=False), d

    def __call__(self, *operands: Any) -> Tensor:
        """The long way, for any operands."""
        for position, operand in enumerate(operands, 1):
            if not isinstance(operand, (Tensor, *_SCALARS)):
                raise not_tensor(self.name, ("input", "other")[position - 1] if position < 3 else "value", position, operand)
        y, d = self.compute(operands)
        t = wrap(y)
        recording = False
        mixed = False
        for o in operands:
            if isinstance(o, Tensor):
                if o._base is not None:
                    refresh(o)
                recording = recording or o._rg
                mixed = mixed or o._array.dtype is not d.numpy
        if recording and state.grad and y.dtype.kind != "b" and any(self.op.rules):
            record(self.op, t, operands, (), d.numpy if mixed else None)
        return t


def number(value: Any, d: dtype) -> Any:
    """A Python number as an array of dtype ``d``; integers too large for it wrap around."""
    if d.category == INTEGER and not isinstance(value, (bool, np.bool_)):
        bits = d.itemsize * 8
        value = int(value) & ((1 << bits) - 1)
        if d.is_signed and value >> (bits - 1):
            value -= 1 << bits
    return np.array(value, d.numpy)


def mismatch(operands: Sequence[Any]) -> RuntimeError:
    """What PyTorch says of shapes that do not broadcast."""
    shapes = [o._array.shape for o in operands if isinstance(o, Tensor)]
    seen: tuple[int, ...] = ()
    for shape in shapes:
        for back in range(1, min(len(seen), len(shape)) + 1):
            a, b = seen[-back], shape[-back]
            if a != b and 1 not in (a, b):
                where = max(len(seen), len(shape)) - back
                return RuntimeError(
                    f"The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension {where}"
                )
        try:
            seen = np.broadcast_shapes(seen, shape)
        except ValueError:
            break
    return RuntimeError(f"the shapes {', '.join(str(list(s)) for s in shapes)} cannot be broadcast together")


def not_tensor(name: str, argument: str, position: int, value: Any) -> TypeError:
    """What PyTorch says of an argument that should have been a tensor."""
    return TypeError(f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {type(value).__name__}")


def pointwise(
    name: str,
    forward: Callable[..., Any],
    *rules: Callable[..., Any] | None,
    doc: str = "",
    node: str | None = None,
    aliases: Sequence[str] = (),
    floats: bool = False,
    result: Callable[[dtype], dtype] | None = None,
    refuses: Sequence[int] = (),
    wording: str | None = None,
    fast: frozenset[Any] | None = None,
    dunder: str | None = None,
    reflected: bool = False,
    in_place: bool = True,
    method: bool = True,
    function: bool = True,
) -> Callable[..., Tensor]:
    """Declares an elementwise operator of one or two operands.

    Args:
        name: ``"mul"``.
        forward: a NumPy ufunc, or a function of arrays built from them.
        rules: the derivative rule for each operand, or ``None``.
        doc: the docstring.
        node: the node's name; by default ``MulBackward0``.
        aliases: other names for the same (``multiply``).
        floats, result, refuses, wording: see :class:`Pointwise`; ``wording`` is the error for what it refuses.
        fast: dtypes for which the forward function alone, on operands of one dtype, is what PyTorch computes.
        dunder: the Python operator: ``"mul"`` gives ``__mul__`` and ``__imul__``, and with ``reflected`` ``__rmul__``.
        in_place, method, function: whether there is ``Tensor.mul_``, ``Tensor.mul``, ``zanjir.mul``.

    Returns:
        The method: the function on tensors, without ``out=``.
    """
    count = len(rules)
    op = Operator(node or f"{''.join(w.capitalize() for w in name.split('_'))}Backward0", forward, rules)
    spec = Pointwise(op, name, floats, result, refuses, wording, fast)
    build = unary if count == 1 else binary
    f = build(spec, False)
    names = (name, *aliases)
    into = None
    if in_place:
        into = (inplace_unary if count == 1 else inplace_binary)(spec, f)
    for n in names:
        if method:
            setattr(Tensor, n, f)
        if function:
            functions[n] = _with_out(spec, f, n, doc)
        if into is not None and method:
            setattr(Tensor, n + "_", into)
    f.__name__ = f.__qualname__ = name
    f.__doc__ = doc
    f.__annotations__ = {"input": Tensor, **({"other": Any} if count == 2 else {}), "return": Tensor}
    if dunder is not None:
        special = build(spec, True)
        setattr(Tensor, f"__{dunder}__", special)
        if reflected:
            setattr(Tensor, f"__r{dunder}__", special)
        if into is not None and count == 2:
            setattr(Tensor, f"__i{dunder}__", _operator_only(into))
    if isinstance(forward, np.ufunc):
        ufuncs.setdefault(forward, f)
    return f


def _with_out(spec: Pointwise, f: Callable[..., Any], name: str, doc: str) -> Callable[..., Any]:
    function: Callable[..., Any]
    if len(spec.op.inputs) == 1:

        def function(input: Any, *, out: Tensor | None = None) -> Tensor:
            if out is not None:
                return to_out(name, out, f(input))
            return f(input)  # type: ignore[no-any-return]

    else:

        def function(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
            if out is not None:
                return to_out(name, out, f(input, other))
            return f(input, other)  # type: ignore[no-any-return]

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _operator_only(into: Callable[..., Any]) -> Callable[..., Any]:
    """``__imul__`` from ``mul_``: what is neither tensor nor number is left to the other operand."""

    def special(self: Tensor, other: Any) -> Any:
        if isinstance(other, (Tensor, *_SCALARS)):
            return into(self, other)
        if isinstance(other, ndarray):
            return into(self, wrap(other))
        return NotImplemented

    return special


def unary(spec: Pointwise, special: bool) -> Callable[..., Tensor]:
    """The function for an operator of one operand."""
    forward, fast, op = spec.op.forward, spec.fast, spec.op
    cls = op.node
    recorded = op.rules[0] is not None
    takes_x, takes_y = bool(op.masks[0] & 1), bool(op.masks[0] & _OUTPUT)

    def f(input: Tensor) -> Tensor:
        try:
            x = input._array
        except AttributeError:
            raise not_tensor(spec.name, "input", 1, input) from None
        if x.dtype not in fast:
            return spec(input)
        y = state.run(forward, x)
        if y.__class__ is not ndarray:
            y = as_array(y)
        t = new(Tensor)
        t._array = y
        t._rg = False
        t._node = t._grad = t._counter = t._base = t._meta = None
        if input._base is not None:
            refresh(input)
        if input._rg and recorded and state.grad:
            node = new(cls)
            node.next = (input._node or input,)
            node.params = ()
            node.seq = next(clock)
            node.hooks = node.prehooks = node.tensor_hooks = node.cast = node.kept = None
            node.shape = y.shape
            node.dtype = y.dtype
            if takes_x:
                node.saved = (input,)
                node.versions = (0 if input._counter is None else input._counter.n,)
            else:
                node.saved = (None,)
                node.versions = (0,)
            if takes_y:
                node.kept = ([y], [version_of(t)], [0])
            t._node = node
            t._rg = True
        return t

    return f


def binary(spec: Pointwise, special: bool) -> Callable[..., Tensor]:
    """The function for an operator of two operands; ``special``: for a Python operator, which may be left unanswered."""
    forward, fast, op = spec.op.forward, spec.fast, spec.op
    cls = op.node
    recorded = any(op.rules)
    first, second = op.masks

    def f(input: Any, other: Any) -> Any:
        kind = other.__class__
        tensor = False
        try:
            x = input._array
            if kind is float:
                if x.dtype not in _FLOATS or x.dtype not in fast:
                    return spec(input, other)
                y = state.run(forward, x, other)
            elif kind is int:
                if x.dtype not in fast:
                    return spec(input, other)
                y = state.run(forward, x, other)
            else:
                b = other._array
                tensor = True
                if x.dtype is not b.dtype or x.dtype not in fast:
                    return spec(input, other)
                y = state.run(forward, x, b)
        except AttributeError:
            if special and not isinstance(other, (Tensor, *_SCALARS)):
                return spec(input, wrap(other)) if isinstance(other, ndarray) else NotImplemented
            return spec(input, other)
        except (ValueError, OverflowError):
            return spec(input, other)
        if y.__class__ is not ndarray:
            y = as_array(y)
        t = new(Tensor)
        t._array = y
        t._rg = False
        t._node = t._grad = t._counter = t._base = t._meta = None
        if input._base is not None:
            refresh(input)
        if tensor:
            if other._base is not None:
                refresh(other)
            if (input._rg or other._rg) and recorded and state.grad:
                node = new(cls)
                left = input._node or (input if input._rg else None)
                right = other._node or (other if other._rg else None)
                node.next = (left, right)
                mask = (first if left is not None else 0) | (second if right is not None else 0)
                a = input if mask & 1 else None
                b = other if mask & 2 else None
                node.saved = (a, b)
                node.versions = (
                    0 if a is None or a._counter is None else a._counter.n,
                    0 if b is None or b._counter is None else b._counter.n,
                )
            else:
                return t
        elif input._rg and recorded and state.grad:
            node = new(cls)
            node.next = (input._node or input, None)
            mask = first
            node.saved = (input if mask & 1 else None, other)
            node.versions = (0 if input._counter is None else input._counter.n, 0)
        else:
            return t
        node.params = ()
        node.seq = next(clock)
        node.hooks = node.prehooks = node.tensor_hooks = node.cast = node.kept = None
        node.shape = y.shape
        node.dtype = y.dtype
        if mask & _OUTPUT:
            node.kept = ([y], [version_of(t)], [0])
        t._node = node
        t._rg = True
        return t

    return f


def inplace_unary(spec: Pointwise, f: Callable[..., Any]) -> Callable[..., Any]:
    """``exp_``: straight into memory where nothing is recorded, else as :func:`inplace`."""
    forward, fast = spec.op.forward, spec.fast
    direct = isinstance(forward, np.ufunc) and spec.result is None
    recorded = inplace(f, spec.name + "_")

    def method(self: Tensor) -> Tensor:
        if self._base is not None:
            refresh(self)
        x = self._array
        if not direct or (self._rg and state.grad) or x.dtype not in fast or not x.flags.c_contiguous:
            return recorded(self)  # type: ignore[no-any-return]
        check(self)
        state.run(forward, x, x)
        bump(self)
        return self

    method.__name__ = method.__qualname__ = spec.name + "_"
    method.__doc__ = recorded.__doc__
    return method


def inplace_binary(spec: Pointwise, f: Callable[..., Any]) -> Callable[..., Any]:
    """``mul_``: straight into memory where nothing is recorded, else as :func:`inplace`."""
    forward, fast = spec.op.forward, spec.fast
    direct = isinstance(forward, np.ufunc) and spec.result is None
    recorded = inplace(f, spec.name + "_")

    def method(self: Tensor, other: Any) -> Tensor:
        x = self._array
        if direct and x.dtype in fast and not (state.grad and (self._rg or self._base is not None)):
            kind = other.__class__
            if kind is float:
                b = other if x.dtype in _FLOATS else None
            elif kind is int:
                b = other
            elif isinstance(other, Tensor) and not (other._rg and state.grad):
                b = other._array
                if b.dtype is not x.dtype:
                    b = None
            else:
                b = None
            if b is not None and not overlaps(x):
                try:
                    state.run(forward, x, b, x)
                except (ValueError, OverflowError):
                    return recorded(self, other)  # type: ignore[no-any-return]
                bump(self)
                return self
        return recorded(self, other)  # type: ignore[no-any-return]

    method.__name__ = method.__qualname__ = spec.name + "_"
    method.__doc__ = recorded.__doc__
    return method


def to_bool(d: dtype) -> dtype:
    """The result dtype of comparisons."""
    return dtypes.bool_


def to_real(d: dtype) -> dtype:
    """The result dtype of ``abs`` and ``angle``: real for complex."""
    return d.to_real()


__all__ = ["BOOL", "COMPLEX", "FLOATING", "INTEGER", "pointwise", "to_bool", "to_real"]
