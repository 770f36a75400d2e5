"""Reading the arguments operators share: dimensions, shapes that must fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import dtypes
from ..signature import argument
from ..tensor import Tensor
from ..tensor import _dimension as dimension

__all__ = ["dimension", "dimensions", "expandable", "tensor_argument"]


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


def expandable(have: tuple[int, ...], want: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Raises what PyTorch raises if a tensor of shape ``have`` cannot be expanded to ``want``."""
    if len(have) > len(want):
        raise RuntimeError(
            f"expand(torch.{dtypes.of(dtype).legacy}Tensor{{{list(have)}}}, size={list(want)}): the number of sizes "
            f"provided ({len(want)}) must be greater or equal to the number of dimensions in the tensor ({len(have)})"
        )
    for back in range(1, len(have) + 1):
        if have[-back] not in (1, want[-back]):
            raise RuntimeError(
                f"The expanded size of the tensor ({want[-back]}) must match the existing size ({have[-back]}) at "
                f"non-singleton dimension {len(want) - back}.  Target sizes: {list(want)}.  Tensor sizes: {list(have)}"
            )


def tensor_argument(name: str, parameter: str, position: int, value: Any) -> Any:
    """The array of a tensor argument.

    Raises:
        TypeError: if it is not a tensor.
    """
    if not isinstance(value, Tensor):
        raise argument(name, parameter, position, "Tensor", value)
    return value._array
