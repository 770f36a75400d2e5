"""Reading arguments that are integers, dimensions, shapes; and registering what takes them in two ways."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from ..signature import argument, element, missing, type_name, unexpected
from ..tensor import Tensor, _dimension
from .declare import functions


def whole(name: str, parameter: str, position: int | None, value: Any) -> int:
    """An argument that is to be an integer.

    Raises:
        TypeError: if it is none.
    """
    if value.__class__ is int:
        return value
    if not isinstance(value, (bool, np.bool_)):
        try:
            return as_index(value)
        except TypeError:
            pass
    raise argument(name, parameter, position, "int", value)


def axis(name: str, parameter: str, position: int | None, value: Any, ndim: int) -> int:
    """An argument that is to be a dimension, counted from the front."""
    if value.__class__ is int and 0 <= value < ndim:
        return value
    return _dimension(whole(name, parameter, position, value), ndim)


def numbers(name: str, parameter: str, position: int, value: Any) -> tuple[int, ...]:
    """An argument that is to be a tuple (or list) of integers.

    Raises:
        TypeError: if it is none.
    """
    if isinstance(value, (tuple, list)):
        for n in value:
            if n.__class__ is not int:
                break
        else:
            return tuple(value)
        found = []
        for place, n in enumerate(value):
            try:
                found.append(whole(name, parameter, position, n))
            except TypeError:
                if not place:
                    break
                raise TypeError(
                    f"{name}(): argument '{parameter}' failed to unpack the object at pos {place + 1} with error "
                    '"type must '
                    f'be tuple of ints,but got {type_name(n)}"'
                ) from None
        else:
            return tuple(found)
    raise argument(name, parameter, position, "tuple of ints", value)


def given(name: str, parameter: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[int, ...]:
    """Integers given one by one, as one sequence, or by keyword: ``x.repeat(2, 3)``, ``x.repeat((2, 3))``."""
    if args and not kwargs:
        found = args[0] if len(args) == 1 and args[0].__class__ is tuple else args
        for n in found:
            if n.__class__ is not int:
                break
        else:
            return found
    if kwargs:
        if args or kwargs.keys() != {parameter}:
            odd = next((k for k in kwargs if k != parameter), parameter)
            raise unexpected(name, odd)
        return numbers(name, parameter, 1, kwargs[parameter])
    if not args:
        raise missing(name, parameter)
    first = args[0]
    if first.__class__ is int or len(args) > 1:
        return numbers(name, parameter, 1, args) if is_integer(first) else numbers(name, parameter, 1, first)
    return (as_index(first),) if is_integer(first) else numbers(name, parameter, 1, first)


def is_integer(value: Any) -> bool:
    return value.__class__ is int or (
        isinstance(value, (int, np.integer, Tensor)) and not isinstance(value, bool)
        and not (isinstance(value, Tensor) and (value._array.size != 1 or value._array.dtype.kind not in "iu"))
    )  # fmt: skip


def tensor(name: str, value: Any, parameter: str = "input", position: int = 1) -> Tensor:
    """An argument that is to be a tensor.

    Raises:
        TypeError: if it is none.
    """
    if not isinstance(value, Tensor):
        raise argument(name, parameter, position, "Tensor", value)
    return value


def distinct(dims: list[int]) -> tuple[int, ...]:
    for i, d in enumerate(dims):
        if d in dims[:i]:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return tuple(dims)


def tensors_in(args: Sequence[Any]) -> None:
    """Checks that these are tensors.

    Raises:
        TypeError: if one is none.
    """
    for i, t in enumerate(args):
        if not isinstance(t, Tensor):
            raise element(i, t)


def function_only(f: Any, name: str | None = None) -> Any:
    """Registers the function of the ``torch`` namespace where it takes its arguments otherwise than the method."""
    name = name or f.__name__.strip("_").removesuffix("_function")
    f.__name__ = f.__qualname__ = name
    functions[name] = f
    return f


def in_place(f: Any) -> Any:
    """Registers a method whose name ends in an underscore."""
    setattr(Tensor, f.__name__, f)
    if f.__name__ in ("detach_", "as_strided_"):
        functions[f.__name__] = f
    return f
