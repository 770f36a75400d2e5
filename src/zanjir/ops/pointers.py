"""What the functions that take an index tensor share: reading their arguments, and being registered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..layout import empty_as
from ..signature import argument
from ..state import state
from ..tensor import _CPP, Tensor
from .declare import Operator, functions
from .inplace import bump, public, to_out

F = TypeVar("F", bound=Callable[..., Any])

_INT64, _UINT64 = np.dtype(np.int64), np.dtype(np.uint64)
#: The dtypes of an index.
INDICES = frozenset((np.dtype(np.int64), np.dtype(np.int32)))


def registered(
    *,
    out: Callable[[Tensor, Tensor], None] | bool = False,
    in_place: Callable[..., Any] | bool = False,
) -> Callable[[F], F]:
    """As :func:`public`; as a function, errors count the arguments from the tensor itself.

    Args:
        out: whether the function takes ``out=``; or what raises if a tensor is not of the dtype that it must have.
        in_place: whether there is an in-place method; or, of an :class:`Into`, what the function calls and with what.
    """

    def attach(f: F) -> F:
        public(function=False, in_place=bool(in_place))(f)
        name = f.__name__
        if callable(in_place):
            setattr(Tensor, name + "_", direct(in_place, getattr(Tensor, name + "_")))

        def function(*args: Any, **kwargs: Any) -> Any:
            try:
                return f(*args, **kwargs)
            except TypeError as error:
                raise _counted(error) from None

        def into(*args: Any, out: Tensor | None = None, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            if out is None:
                return result
            if typed is not None and isinstance(out, Tensor) and not result._rg:
                typed(out, result)
            return to_out(name, out, result)

        typed = out if callable(out) else None
        wrapper: Any = into if out else function
        wrapper.__name__ = wrapper.__qualname__ = name
        wrapper.__doc__ = f.__doc__
        wrapper.__wrapped__ = f
        functions[name] = wrapper
        return f

    return attach


class Into(Operator):
    """An operator that writes into a copy of its first input; ``kernel(x, *rest)`` does the writing, where ``x`` is."""

    __slots__ = ("kernel",)

    def __init__(
        self,
        node: str,
        kernel: Callable[..., None],
        rules: Any,
        *,
        keep: bool = False,
        grows: bool = False,
        **options: Any,
    ) -> None:
        """``keep``: the copy has the memory layout of the input; ``grows``: the shape it has with the last input's."""
        self.kernel = kernel

        def forward(x: Any, *rest: Any) -> Any:
            if grows:
                mask = rest[len(self.inputs) - 2]
                if mask.shape != x.shape:
                    x = np.broadcast_to(x, np.broadcast_shapes(x.shape, mask.shape))
            whole = x.copy()
            kernel(whole, *rest)
            if not keep or x.flags.c_contiguous:
                return whole
            out = empty_as(x, x.dtype)
            out[...] = whole
            return out

        super().__init__(node, forward, rules, **options)


def direct(call: Callable[..., Any], recorded: Callable[..., Any]) -> Callable[..., Any]:
    """The in-place method that writes straight into memory where nothing is recorded; else it is ``recorded``.

    ``call``, given the arguments, checks them and gives the operator and what it is to be called with.
    """

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        x = self._array
        if not x.flags.c_contiguous or (state.now.grad and (self._rg or self._base is not None)):
            return recorded(self, *args, **kwargs)
        op, given = call(self, *args, **kwargs)
        rest = []
        whole = self if self._base is None else self._base
        for a in given[1:]:
            if isinstance(a, Tensor):
                if a._rg and state.now.grad:
                    return recorded(self, *args, **kwargs)
                if (a if a._base is None else a._base) is whole and np.may_share_memory(x, a._array):
                    raise RuntimeError(
                        "unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
                        "single memory location. Please clone() the tensor before performing the operation."
                    )
                a = a._array
            rest.append(a)
        try:
            state.now.run(op.kernel, x, *rest)
        except ValueError:  # nothing was written; a shape that fits a copy, but not this tensor
            return recorded(self, *args, **kwargs)
        bump(self)
        return self

    method.__name__ = method.__qualname__ = recorded.__name__
    method.__doc__ = recorded.__doc__
    method.__wrapped__ = recorded.__wrapped__  # type: ignore[attr-defined]
    return method


def _counted(error: TypeError) -> TypeError:
    """An error of the method as that of the function, of whose arguments the tensor is the first."""
    text = str(error)
    text = re.sub(
        r"argument '(?!input')(\w+)' \(position (\d+)\)",
        lambda m: f"argument '{m[1]}' (position {int(m[2]) + 1})",
        text,
    )
    return TypeError(text)


def same_out(text: str) -> Callable[[Tensor, Tensor], None]:
    """For ``out=``: raises unless it has the dtype of the result."""

    def check(out: Tensor, result: Tensor) -> None:
        if out._array.dtype is not result._array.dtype:
            want, have = result.dtype, out.dtype
            raise RuntimeError(
                text.format(want=want.legacy, have=have.legacy, want_c=_CPP[want.name], have_c=_CPP[have.name])
            )

    return check


TYPED = same_out("Expected out tensor to have dtype {want_c}, but got {have_c} instead")


def array_of(name: str, parameter: str, position: int, value: Any) -> Any:
    """The array of a tensor argument."""
    if not isinstance(value, Tensor):
        raise argument(name, parameter, position, "Tensor", value)
    return value._array


def flag(name: str, parameter: str, value: Any) -> None:
    """Raises unless an argument is a truth value."""
    if not isinstance(value, bool):
        raise argument(name, parameter, None, "bool", value)


def bounded(
    index: Any, dim: int, size: int, error: type[Exception] = RuntimeError,
    text: str = "index {index} is out of bounds for dimension {dim} with size {size}",
) -> None:  # fmt: skip
    """Raises unless all of an integer array is at least 0 and less than ``size``."""
    if index.size:
        if index.dtype is not _INT64:
            index = index.astype(np.int64)
        # Without its sign a negative number is a very large one, so that one look is enough.
        if np.maximum.reduce(index.view(_UINT64), axis=None) >= size:
            wrong = index[(index < 0) | (index >= size)][0]
            raise error(text.format(index=wrong, dim=dim, size=size))


def length(x: Any, dim: int) -> int:
    """Of ``x`` along ``dim``; a tensor without dimensions counts as one of length 1."""
    n: int = x.shape[dim] if x.ndim else 1
    return n
