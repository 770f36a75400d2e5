"""What rules and declarations of elementwise operators share: operators that PyTorch names by overload, twins of NumPy
functions that rules may call on tensors too, the rules of what has no derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..signature import SCALARS
from ..state import state
from ..tensor import Tensor, wrap
from .declare import Operator, functions, ufuncs
from .elementwise import (
    _FLOATS,
    _NUMBERS,
    Pointwise,
    _operator_only,
    binary,
)
from .inplace import bump, inplace, overlaps, to_out

ndarray = np.ndarray

#: Dtypes that have an order and that NumPy computes as PyTorch does.
REALS = frozenset(d for d in _NUMBERS if d.kind != "c")

#: Signatures, as PyTorch prints them.
BOTH = "Tensor input, Tensor other, *, Tensor out = None"
FIRST = "Number self, Tensor other, *, Tensor out = None"
SECOND = "Tensor input, Number other, *, Tensor out = None"


def underived(name: str) -> Callable[[Any], Any]:
    """The rule of an operator that PyTorch has no derivative for: walking back through it raises."""

    def rule(g: Any) -> Any:
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return rule


def attach(**methods: Any) -> None:
    """Gives ``Tensor`` methods that no declaration attaches."""
    for name, method in methods.items():
        setattr(Tensor, name, method)


class Twin:
    """A function that rules may call on arrays and on tensors alike: NumPy for the one, an operator for the other."""

    def __init__(self, on_arrays: Callable[..., Any], on_tensors: Callable[..., Any] | None = None) -> None:
        self.on_arrays = on_arrays
        self.on_tensors = on_tensors

    def __call__(self, *args: Any) -> Any:
        for a in args:
            if isinstance(a, Tensor):
                return self.on_tensors(*args)  # type: ignore[misc]
        return self.on_arrays(*args)


class Constant(dict[Any, Any]):
    """One number as a 0-dim array of any dtype: NumPy takes half the time for it that it takes for a Python number."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def __missing__(self, dtype: Any) -> Any:
        array = self[dtype] = np.array(self.value, dtype)
        return array


ZERO, ONE = Constant(0), Constant(1)


def keep(mask: Any, g: Any) -> Any:
    """``g`` where ``mask`` holds, 0 elsewhere; for arrays and tensors."""
    return np.where(mask, g, ZERO[g.dtype] if g.__class__ is ndarray else 0)


def drop(mask: Any, g: Any) -> Any:
    """0 where ``mask`` holds, ``g`` elsewhere; for arrays and tensors."""
    return np.where(mask, ZERO[g.dtype] if g.__class__ is ndarray else 0, g)


def alike(*operands: Any) -> bool:
    """Whether all are tensors of one shape and one floating dtype: what NumPy makes of them is at once the result."""
    kinds = {(o._array.dtype, o._array.shape) if o.__class__ is Tensor else None for o in operands}
    if len(kinds) != 1:
        return False
    kind = kinds.pop()
    return kind is not None and kind[0] in _FLOATS


def writable_at_once(self: Tensor, *others: Any) -> bool:
    """Whether an in-place operator may write straight into memory: nothing is recorded, all have one floating dtype."""
    x = self._array
    grad = state.grad
    if x.dtype not in _FLOATS or (grad and (self._rg or self._base is not None)):
        return False
    for o in others:
        if o.__class__ is not Tensor or (grad and o._rg) or o._array.dtype is not x.dtype:
            return False
    return not overlaps(x)


def write_at_once(self: Tensor, forward: Callable[..., Any], *operands: Any) -> bool:
    """Writes what ``forward`` makes of ``self`` and the operands into ``self``, if it has its shape."""
    x = self._array
    try:
        y = state.run(forward, x, *[o._array if o.__class__ is Tensor else o for o in operands])
    except ValueError:
        return False
    if y.shape != x.shape:
        return False
    x[...] = y
    bump(self)
    return True


def zero(g: Any) -> Any:
    """The rule of a step function."""
    return np.zeros_like(g)


def overloaded(
    name: str,
    both: Pointwise,
    number: Pointwise,
    first: Pointwise | None,
    *,
    doc: str,
    argument: str = "other",
    dunder: str | None = None,
    ufunc: Any = None,
    in_place: bool = True,
) -> Callable[[Any, Any], Tensor]:
    """Attaches an operator that is another one by overload: tensor and tensor, tensor and number, number and tensor."""

    def choose(special: bool) -> Callable[[Any, Any], Any]:
        with_tensor, with_number = binary(both, special), binary(number, special)

        def f(input: Any, other: Any) -> Any:
            if isinstance(other, Tensor):
                if isinstance(input, Tensor):
                    return with_tensor(input, other)
                if first is not None:
                    return first(input, other)
            elif special and isinstance(other, ndarray):
                return with_tensor(input, wrap(other))
            return with_number(input, other)

        return f

    f, operator = choose(False), choose(True)
    method: Any = f
    function: Any
    if argument == "exponent":

        def method(input: Any, exponent: Any) -> Any:
            return f(input, exponent)

        def function(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
            try:
                result: Tensor = f(input, exponent)
            except TypeError as error:
                raise number.misuse((input, exponent), False) or error from None
            return result if out is None else to_out(name, out, result)

    else:

        def function(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
            try:
                result: Tensor = f(input, other)
            except TypeError as error:
                raise number.misuse((input, other), False) or error from None
            return result if out is None else to_out(name, out, result)

    for g in (method, function):
        g.__name__ = g.__qualname__ = name
        g.__doc__ = doc
    functions[name] = function
    setattr(Tensor, name, method)
    into = inplace(f, name + "_")
    if in_place:
        setattr(Tensor, name + "_", into)
    if dunder is not None:
        setattr(Tensor, f"__{dunder}__", operator)
        setattr(Tensor, f"__i{dunder}__", _operator_only(into))

        def reflected(self: Tensor, other: Any) -> Any:
            if isinstance(other, Tensor):
                return f(other, self)
            if isinstance(other, SCALARS):
                return first(other, self) if first is not None else f(wrap(np.asarray(other)), self)
            return f(wrap(other), self) if isinstance(other, ndarray) else NotImplemented

        setattr(Tensor, f"__r{dunder}__", reflected)
    if ufunc is not None:
        ufuncs[ufunc] = f
    return f


def kinds(
    name: str, both: str, number: str, first: str | None, forward: Any, rules: Any, **options: Any
) -> tuple[Any, ...]:
    """The three overloads of one forward function; the rules are for the tensors among the operands."""
    a, b = rules
    return (
        Pointwise(Operator(both, forward, (a, b)), name, **options),
        Pointwise(Operator(number, forward, (a, None)), name, **options),
        None if first is None else Pointwise(Operator(first, forward, (None, b)), name, **options),
    )


def left_number(f: Callable[..., Any], reflected: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy scalar on the left of a tensor calls the ufunc; PyTorch's node is that of the reflected operator."""
    return lambda a, b: f(a, b) if isinstance(a, Tensor) else reflected(b, a)


def sign_values(x: Any) -> Any:
    """x / |x|, and 0 at 0; of real numbers the sign, 0 for NaN too; bool as it is."""
    if x.dtype.kind in "fV":
        return (x > 0).astype(x.dtype) - (x < 0)
    return x.copy() if x.dtype.kind == "b" else np.sign(x)


sgn = Twin(sign_values)  # the operator joins it in rounding.py
