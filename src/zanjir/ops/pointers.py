"""What the functions that take an index tensor share: reading their arguments, and being registered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..signature import argument
from ..tensor import Tensor
from .declare import functions
from .inplace import public, to_out

_INT64 = np.dtype(np.int64)
#: The dtypes of an index.
INDICES = frozenset((np.dtype(np.int64), np.dtype(np.int32)))


def registered(*, out: Callable[[Tensor, Tensor], None] | bool = False, in_place: bool = False) -> Any:
    """As :func:`public`; as a function, errors count the arguments from the tensor itself.

    ``out``: whether the function takes ``out=``; or what raises if a tensor is not of the dtype that it must have.
    """

    def attach(f: Callable[..., Any]) -> Callable[..., Any]:
        public(function=False, in_place=in_place)(f)
        name = f.__name__

        def function(*args: Any, **kwargs: Any) -> Any:
            target = kwargs.pop("out", None) if out else None
            try:
                result = f(*args, **kwargs)
            except TypeError as error:
                raise _counted(error, name) from None
            if target is None:
                return result
            if callable(out) and isinstance(target, Tensor) and not result._rg:
                out(target, result)
            return to_out(name, target, result)

        function.__name__ = function.__qualname__ = name
        function.__doc__ = f.__doc__
        function.__wrapped__ = f  # type: ignore[attr-defined]
        if out:
            function.__kwdefaults__ = None
        functions[name] = function
        return f

    return attach


def _counted(error: TypeError, name: str) -> TypeError:
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
            have, want = out.dtype, result.dtype
            raise RuntimeError(
                text.format(want=want.legacy, have=have.legacy, want_c=_C.get(want.name, want.name), have_c=_C.get(have.name, have.name))
            )

    return check


_C = {"float32": "float", "float64": "double", "int64": "long int", "int32": "int", "float16": "c10::Half", "bfloat16": "c10::BFloat16"}
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
        if np.maximum.reduce(index.view(np.uint64), axis=None) >= size:
            wrong = index[(index < 0) | (index >= size)][0]
            raise error(text.format(index=wrong, dim=dim, size=size))


def length(x: Any, dim: int) -> int:
    """Of ``x`` along ``dim``; a tensor without dimensions counts as one of length 1."""
    n: int = x.shape[dim] if x.ndim else 1
    return n
