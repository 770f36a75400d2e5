"""``Size``: the shape of a tensor."""

from __future__ import annotations

import math
from typing import Any

from . import dtypes


class Size(tuple[int, ...]):
    """A tuple of dimension lengths; slices, sums and multiples of it are sizes too.

    >>> import zanjir
    >>> zanjir.Size([2, 3, 4])[1:].numel()
    12
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements a tensor of this size has."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"{dtypes.brand}.Size([{', '.join(map(str, self))}])"

    def __getitem__(self, index: Any) -> Any:
        item = tuple.__getitem__(self, index)
        return Size(item) if isinstance(index, slice) else item

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to {dtypes.brand}.Size")
        return Size(tuple.__add__(self, other))

    def __radd__(self, other: Any) -> Any:
        return Size(tuple(other) + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, count: Any) -> Any:
        return Size(tuple.__mul__(self, count))

    __rmul__ = __mul__

    def __reduce__(self) -> tuple[Any, ...]:
        return Size, (tuple(self),)
