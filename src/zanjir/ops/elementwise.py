"""How an elementwise operator is called: promotion, broadcasting, and the short way for the common case.

``pointwise`` makes from a ufunc and its rules everything users call: ``zanjir.mul``, ``Tensor.mul``, ``Tensor.mul_``,
``out=``, the Python operators, ``np.multiply(tensor, ...)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import BOOL, COMPLEX, FLOATING, INTEGER, REDUCED, dtype
from ..node import clock
from ..signature import SCALARS, argument, combination, of_method
from ..state import state
from ..tensor import Tensor, new, refresh, wrap
from .declare import _OUTPUT, Operator, as_array, functions, record, ufuncs
from .inplace import bump, check, inplace, overlaps, to_out

ndarray = np.ndarray
_OF = dtypes._BY_NUMPY
_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)

#: Dtypes that take the short way: those NumPy computes as PyTorch does, alone and with a Python number.
_FLOATS = frozenset((_F32, _F64))
_NUMBERS = frozenset(
    d.numpy for d in dtypes.ALL if d.category != BOOL and d.numpy not in REDUCED and not d.name.startswith("uint")
)

#: What is saved of inputs no rule needs, and the write counts of memory never written in place.
NOTHING, NEVER, NEVER_TWICE = (None,), (0,), (0, 0)


#: The operands of an operator that takes numbers for tensors anywhere.
ANY = ("TT", "TN", "NT", "NN")

Refusal = Callable[[dtype], Exception]


def kernel(name: str) -> Refusal:
    """What PyTorch says where its kernel ``name`` does not know a dtype."""
    return lambda d: NotImplementedError(f"\"{name}\" not implemented for '{d.legacy}'")


def says(error: type[Exception], text: str) -> Refusal:
    """An error with this text, whatever the dtype."""
    return lambda d: error(text)


class Pointwise:
    """What an elementwise operator computes, apart from its rules.

    Attributes:
        op: the forward function, rules and node.
        name: as users call it, for error messages.
        floats: whether integers are turned into the default floating dtype first.
        result: ``None`` (as computed), or a function of the common dtype that gives the result's.
        refuses: what it raises for a category (BOOL, INTEGER, FLOATING, COMPLEX) it is not defined for.
        signatures: as PyTorch prints them where it has several; empty where numbers may stand for tensors anywhere.
        arguments: the names of the operands.
        exact: whether a number meets half and bfloat16 unrounded.
    """

    __slots__ = (
        "accepts", "arguments", "exact", "fast", "floats", "guard", "name", "op", "refuses", "result", "signatures",
    )  # fmt: skip

    def __init__(
        self,
        op: Operator,
        name: str,
        floats: bool = False,
        result: Callable[[dtype], dtype] | None = None,
        refuses: Mapping[int, Refusal] | Sequence[int] = (),
        fast: frozenset[Any] | None = None,
        signatures: Sequence[str] = (),
        arguments: Sequence[str] = ("input", "other"),
        exact: bool = False,
        guard: Callable[[Sequence[Any]], None] | None = None,
    ) -> None:
        self.op, self.name, self.floats, self.result = op, name, floats, result
        if not isinstance(refuses, Mapping):
            refuses = dict.fromkeys(refuses, kernel(f"{name}_cpu"))
        self.refuses = refuses
        if fast is None:
            fast = _FLOATS if floats or result is not None or refuses else _NUMBERS
        self.fast = fast
        self.signatures = tuple(signatures)
        # Where a number goes without ``out=``, PyTorch first makes a tensor of it: then it may come first, too.
        wraps = "Tensor input, Number other" in signatures
        self.accepts = ANY if wraps else tuple([_pattern(s)[: len(op.inputs)] for s in signatures]) or ANY
        self.arguments = tuple(arguments)
        self.exact = exact
        self.guard = guard

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
            error = self.refuses[d.category](d)
            error.needs = d  # type: ignore[attr-defined]  # in place, PyTorch first asks whether the result could be written
            raise error
        return d

    def compute(self, operands: Sequence[Any], params: tuple[Any, ...] = ()) -> tuple[Any, dtype]:
        """The result as an array, and the dtype the operands were cast to."""
        d = self.common(operands)
        narrow = d.numpy
        wide = _F32 if narrow in REDUCED else narrow
        arrays = []
        for o in operands:
            if isinstance(o, Tensor):
                a = o._array
                if wide is not narrow and a.dtype is not narrow and (a.ndim or not self.exact):
                    a = a.astype(narrow)
                arrays.append(a.astype(wide, copy=False))
            elif self.exact or wide is narrow:
                arrays.append(number(o, dtypes.of(wide)))
            else:
                arrays.append(number(o, d).astype(wide))
        try:
            y = state.run(self.op.forward, *arrays, *params)
        except ValueError:
            raise mismatch(operands) from None
        want = d if self.result is None else self.result(d)
        return as_array(y).astype(want.numpy, copy=False), d

    def __call__(self, *operands: Any, params: tuple[Any, ...] = ()) -> Tensor:
        """The long way, for any operands."""
        wrong = self.misuse(operands, True)
        if wrong is not None:
            raise wrong
        if self.guard is not None:
            self.guard(operands)
        y, d = self.compute(operands, params)
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
            record(self.op, t, operands, params, d.numpy if mixed else None)
        return t

    def misuse(self, operands: Sequence[Any], method: bool) -> TypeError | None:
        """What PyTorch says if these are not operands; ``method``: as it says it of the method."""
        given = "".join(["T" if isinstance(o, Tensor) else "N" if isinstance(o, SCALARS) else "?" for o in operands])
        if given in self.accepts or (self.accepts is ANY and "?" not in given):
            return None
        method = method and given[0] == "T"
        if self.signatures:
            if method:
                return combination(self.name, operands[1:], {}, *of_method(self.signatures))
            return combination(self.name, operands, {}, *self.signatures)
        position = given.index("?")
        return argument(self.name, self.arguments[position], position + (not method), "Tensor", operands[position])


def _pattern(signature: str) -> str:
    """ "TN" for ``Tensor input, Number other, *, ...``."""
    return "".join([part[0] for part in signature.partition(", *")[0].split(", ")])


def number(value: Any, d: dtype) -> Any:
    """A Python number as an array of dtype ``d``; integers too large for it wrap around."""
    if isinstance(value, int) and not -1 << 63 <= value < 1 << 64:
        raise OverflowError("int too big to convert")
    if d.category == INTEGER and not isinstance(value, (bool, np.bool_)):
        bits = d.itemsize * 8
        value = int(value) & ((1 << bits) - 1)
        if d.is_signed and value >> (bits - 1):
            value -= 1 << bits
    return np.array(value, d.numpy)


def mismatch(operands: Sequence[Any]) -> RuntimeError:
    """What PyTorch says of operands whose shapes do not broadcast."""
    seen: tuple[int, ...] = ()
    for o in operands:
        if isinstance(o, Tensor):
            try:
                seen = np.broadcast_shapes(seen, o._array.shape)
            except ValueError:
                return clash(seen, o._array.shape)
    return RuntimeError("the operands cannot be broadcast together")


def clash(a: tuple[int, ...], b: tuple[int, ...]) -> RuntimeError:
    """What PyTorch says of two shapes that do not broadcast: it names the last dimension where they differ."""
    for back in range(1, min(len(a), len(b)) + 1):
        if a[-back] != b[-back] and 1 not in (a[-back], b[-back]):
            return RuntimeError(
                f"The size of tensor a ({a[-back]}) must match the size of tensor b ({b[-back]}) at non-singleton "
                f"dimension {max(len(a), len(b)) - back}"
            )
    return RuntimeError(f"the shapes {list(a)} and {list(b)} cannot be broadcast together")


def pointwise(
    name: str,
    forward: Callable[..., Any],
    *rules: Callable[..., Any] | None,
    doc: str = "",
    node: str | None = None,
    aliases: Sequence[str] = (),
    floats: bool = False,
    result: Callable[[dtype], dtype] | None = None,
    refuses: Mapping[int, Refusal] | Sequence[int] = (),
    fast: frozenset[Any] | None = None,
    signatures: Sequence[str] = (),
    arguments: Sequence[str] = ("input", "other"),
    exact: bool = False,
    guard: Callable[[Sequence[Any]], None] | None = None,
    numbers: bool = True,
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
        floats, result, refuses, signatures, arguments, exact: see :class:`Pointwise`.
        guard: called with the operands before anything else, to raise what PyTorch raises.
        numbers: whether the second operand may be a number.
        fast: dtypes for which the forward function alone, on operands of one dtype, is what PyTorch computes.
        dunder: the Python operator: ``"mul"`` gives ``__mul__`` and ``__imul__``, and with ``reflected`` ``__rmul__``.
        in_place, method, function: whether there is ``Tensor.mul_``, ``Tensor.mul``, ``zanjir.mul``.

    Returns:
        The method: the function on tensors, without ``out=``.
    """
    count = len(rules)
    op = Operator(node or f"{''.join(w.capitalize() for w in name.split('_'))}Backward0", forward, rules)
    spec = Pointwise(op, name, floats, result, refuses, fast, signatures, arguments, exact, guard)
    build = unary if count == 1 else binary
    f = build(spec, False)
    plain = f
    if not numbers:
        f = _tensors_only(spec, plain)
    names = (name, *aliases)
    into = None
    if in_place:
        into = inplace_unary(spec, f) if count == 1 else inplace_binary(spec, f) if numbers else inplace(f, name + "_")
    for n in names:
        if method:
            setattr(Tensor, n, f)
        if function:
            functions[n] = _with_out(spec, f, n, doc) if numbers else _of_tensors(spec, plain, n, doc)
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
        ufuncs.setdefault(forward, plain)
    return f


def parametric(
    name: str,
    node: str,
    forward: Callable[..., Any],
    rule: Callable[..., Any] | None,
    *,
    floats: bool = False,
    result: Callable[[dtype], dtype] | None = None,
    refuses: Mapping[int, Refusal] | Sequence[int] = (),
    fast: frozenset[Any] | None = None,
) -> Callable[..., Tensor]:
    """Declares an elementwise operator of one operand with parameters: gives ``f(input, *params)``.

    The parameters take no part in promotion. ``f`` is not yet attached to anything: see :func:`~.inplace.public`.
    """
    op = Operator(node, forward, (rule,))
    spec = Pointwise(op, name, floats, result, refuses, fast)
    fast = spec.fast

    def f(input: Any, *params: Any) -> Tensor:
        if not isinstance(input, Tensor):
            raise argument(name, "input", 1, "Tensor", input)
        if input._array.dtype in fast:
            return op(input, *params)
        return spec(input, params=params)

    return f


def _with_out(spec: Pointwise, f: Callable[..., Any], name: str, doc: str) -> Callable[..., Any]:
    function: Callable[..., Any]
    if len(spec.op.inputs) == 1:

        def function(input: Any, *, out: Tensor | None = None) -> Tensor:
            if out is not None:
                return to_out(name, out, f(input))
            return f(input)

    else:

        def function(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
            try:
                result: Tensor = f(input, other)
            except TypeError as error:
                raise spec.misuse((input, other), False) or error from None
            return result if out is None else to_out(name, out, result)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _tensors_only(spec: Pointwise, f: Callable[..., Any]) -> Callable[..., Any]:
    """For operators that take no number for a tensor."""

    def method(self: Tensor, other: Any) -> Any:
        if not isinstance(other, Tensor):
            raise argument(spec.name, spec.arguments[1], 1, "Tensor", other)
        return f(self, other)

    method.__wrapped__ = f  # type: ignore[attr-defined]
    return method


def _of_tensors(spec: Pointwise, f: Callable[..., Any], name: str, doc: str) -> Callable[..., Any]:
    """The function for an operator that takes no number for a tensor."""

    def function(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        if not isinstance(input, Tensor):
            raise argument(spec.name, spec.arguments[0], 1, "Tensor", input)
        if not isinstance(other, Tensor):
            raise argument(spec.name, spec.arguments[1], 2, "Tensor", other)
        result: Tensor = f(input, other)
        return result if out is None else to_out(name, out, result)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _operator_only(into: Callable[..., Any]) -> Callable[..., Any]:
    """``__imul__`` from ``mul_``: what is neither tensor nor number is left to the other operand."""

    def special(self: Tensor, other: Any) -> Any:
        if isinstance(other, (Tensor, *SCALARS)):
            return into(self, other)
        if isinstance(other, ndarray):
            return into(self, wrap(other))
        return NotImplemented

    return special


def unary(spec: Pointwise, special: bool) -> Callable[..., Tensor]:
    """The function for an operator of one operand."""
    forward, fast, op = spec.op.forward, spec.fast, spec.op
    make = op.node
    recorded = op.rules[0] is not None
    takes_x, takes_y = bool(op.masks[0] & 1), bool(op.masks[0] & _OUTPUT)

    def f(input: Tensor) -> Tensor:
        try:
            x = input._array
        except AttributeError:
            raise argument(spec.name, "input", 1, "Tensor", input) from None
        if x.dtype not in fast:
            return spec(input)
        now = state.now
        y = now.run(forward, x)
        if y.__class__ is not ndarray:
            y = as_array(y)
        t = new(Tensor)
        t._array = y
        t._grad = t._counter = t._base = t._meta = None
        if input._base is not None:
            refresh(input)
        if input._rg and recorded and now.grad:
            t._node = node = make()
            t._rg = True
            node.next = (input._node or input,)
            if takes_x:
                node.saved = (input,)
                node.versions = NEVER if input._counter is None else (input._counter.n,)
            else:
                node.saved, node.versions = NOTHING, NEVER
            if takes_y:
                node.kept = [y, None, 0]
            node.seq = next(clock)
            node.shape = y.shape
            node.dtype = y.dtype
        else:
            t._node = None
            t._rg = False
        return t

    return f


def binary(spec: Pointwise, special: bool) -> Callable[..., Tensor]:
    """The function for an operator of two operands; ``special``: for a Python operator, which may be left unanswered.

    This is the product's hottest code: what is common goes first, and what can be known beforehand is.
    """
    forward, fast, op = spec.op.forward, spec.fast, spec.op
    numbers = with_number(spec)
    # Else: of two arrays of one dtype NumPy's result is PyTorch's, whatever that dtype.
    choosy = fast is not _NUMBERS or bool(spec.refuses)
    make = op.node
    recorded = any(op.rules)
    takes_y = op.keeps
    first, second = op.masks
    # What the first rule needs, if only the first operand has a gradient; what the second needs; what both need.
    first_a, first_b, second_a, second_b = bool(first & 1), bool(first & 2), bool(second & 1), bool(second & 2)
    both_a, both_b = first_a or second_a, first_b or second_b
    first_y, second_y = bool(first & _OUTPUT), bool(second & _OUTPUT)

    def f(input: Any, other: Any) -> Any:
        kind = other.__class__
        if kind is float or kind is int:
            return numbers(input, other)
        now = state.now
        try:
            x = input._array
            b = other._array
            d = x.dtype
            if d is not b.dtype or (choosy and d not in fast):
                return spec(input, other)
            y = now.run(forward, x, b)
        except AttributeError:
            if special and not isinstance(other, (Tensor, *SCALARS)):
                return spec(input, wrap(other)) if isinstance(other, ndarray) else NotImplemented
            return spec(input, other)
        except (ValueError, TypeError):  # shapes that do not broadcast; bool minus bool
            return spec(input, other)
        if y.__class__ is not ndarray:
            y = as_array(y)
        t = new(Tensor)
        t._array = y
        t._grad = t._counter = t._base = t._meta = None
        if input._base is not None:
            refresh(input)
        if other._base is not None:
            refresh(other)
        if input._rg and recorded and now.grad:
            t._node = node = make()
            if other._rg:
                node.next = (input._node or input, other._node or other)
                node.saved = (input if both_a else None, other if both_b else None)
            else:
                node.next = (input._node or input, None)
                node.saved = (input if first_a else None, other if first_b else None)
        elif other._rg and recorded and now.grad:
            t._node = node = make()
            node.next = (None, other._node or other)
            node.saved = (input if second_a else None, other if second_b else None)
        else:
            t._node = None
            t._rg = False
            return t
        t._rg = True
        if input._counter is None and other._counter is None:
            node.versions = NEVER_TWICE
        else:
            node.versions = input._version, other._version
        if takes_y:
            edges = node.next
            if (first_y and edges[0] is not None) or (second_y and edges[1] is not None):
                node.kept = [y, None, 0]
            else:
                node.kept = None
        node.seq = next(clock)
        node.shape = y.shape
        node.dtype = y.dtype
        return t

    return f


def with_number(spec: Pointwise) -> Callable[[Any, Any], Tensor]:
    """The function for an operator of a tensor and a Python float or int."""
    forward, fast, op = spec.op.forward, spec.fast, spec.op
    with_float = fast & _FLOATS
    alone = op.rules[1] is None  # only the first operand has a gradient
    make = op.node
    recorded = op.rules[0] is not None
    takes_y = op.keeps
    takes_a, needs_y = bool(op.masks[0] & 1), bool(op.masks[0] & _OUTPUT)

    def f(input: Any, other: Any) -> Any:
        now = state.now
        try:
            x = input._array
            if x.dtype not in (with_float if other.__class__ is float else fast):
                return spec(input, other)
            y = now.run(forward, x, other)
        except (AttributeError, ValueError, OverflowError):
            return spec(input, other)
        if y.__class__ is not ndarray:
            y = as_array(y)
        t = new(Tensor)
        t._array = y
        t._grad = t._counter = t._base = t._meta = None
        if input._base is not None:
            refresh(input)
        if input._rg and recorded and now.grad:
            t._node = node = make()
            t._rg = True
            node.next = (input._node or input,) if alone else (input._node or input, None)
            node.saved = (input if takes_a else None, other)
            node.versions = NEVER_TWICE if input._counter is None else (input._counter.n, 0)
            if takes_y:
                if needs_y:
                    node.kept = [y, None, 0]
                else:
                    node.kept = None
            node.seq = next(clock)
            node.shape = y.shape
            node.dtype = y.dtype
        else:
            t._node = None
            t._rg = False
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
            return recorded(self)
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
                except (ValueError, OverflowError, TypeError):
                    return recorded(self, other)
                bump(self)
                return self
        return recorded(self, other)

    method.__name__ = method.__qualname__ = spec.name + "_"
    method.__doc__ = recorded.__doc__
    return method


def to_bool(d: dtype) -> dtype:
    """The result dtype of comparisons."""
    return dtypes.bool_


def to_real(d: dtype) -> dtype:
    """The result dtype of ``abs`` and ``angle``: real for complex."""
    return d.to_real()


__all__ = [
    "BOOL",
    "COMPLEX",
    "FLOATING",
    "INTEGER",
    "Pointwise",
    "kernel",
    "parametric",
    "pointwise",
    "says",
    "to_bool",
    "to_real",
]
