"""Reading the arguments operators share: dimensions, sizes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..signature import argument
from ..tensor import Tensor
from ..tensor import _dimension as dimension

__all__ = ["dimension", "dimensions", "sizes", "tensor_argument"]


def dimensions(dim: int | Iterable[int] | None, ndim: int) -> tuple[int, ...]:
    """Dimensions counted from the front, each once; all of them for ``None`` and for an empty list.

    Raises:
        IndexError: where there is no such dimension.
        RuntimeError: where one is named twice.
    """
    if dim is None:
        return tuple(range(ndim))
    if isinstance(dim, int):
        return (dimension(dim, ndim),) if ndim else (dimension(dim, ndim),)[:0]
    found = tuple([dimension(int(d), ndim) for d in dim])
    if len(set(found)) != len(found):
        twice = next(d for i, d in enumerate(found) if d in found[:i])
        raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    return (found if ndim else ()) or tuple(range(ndim))


def sizes(args: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes given as numbers or as one sequence: ``f(2, 3)`` and ``f((2, 3))``."""
    if len(args) == 1 and not isinstance(args[0], (int, Tensor)):
        args = tuple(args[0])
    return tuple([n if n.__class__ is int else n.__index__() for n in args])


def tensor_argument(name: str, parameter: str, position: int, value: Any) -> Any:
    """The array of a tensor argument.

    Raises:
        TypeError: if it is not a tensor.
    """
    if not isinstance(value, Tensor):
        raise argument(name, parameter, position, "Tensor", value)
    return value._array
