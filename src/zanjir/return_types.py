"""The named tuples that operators with several results return: ``zanjir.return_types.max`` and so on.

They are tuples whose items also have names. As in PyTorch they are made from one sequence; they compare, unpack and
slice as tuples do.

>>> import zanjir
>>> zanjir.return_types.max((3, 4)).values
3
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from . import dtypes


class Result(tuple[Any, ...]):
    """A tuple with names; each operator's own class is made by :func:`make`.

    Attributes:
        n_fields, n_sequence_fields, n_unnamed_fields: how many items there are, as Python's own such types tell it.
    """

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()
    n_fields = n_sequence_fields = n_unnamed_fields = 0
    #: The class of the result where the caller gave ``out=``.
    into: type[Result]

    def __new__(cls, values: Iterable[Any]) -> Result:
        items = tuple.__new__(cls, values)
        if len(items) != cls.n_fields:
            raise TypeError(
                f"torch.return_types.{cls.__name__}() takes a {cls.n_fields}-sequence ({len(items)}-sequence given)"
            )
        return items

    def __repr__(self) -> str:
        lines = ",\n".join(f"{name}={value!r}" for name, value in zip(self.__match_args__, self, strict=True))
        return f"{dtypes.brand}.return_types.{type(self).__name__}(\n{lines})"

    def __reduce__(self) -> Any:
        return type(self), (tuple(self),)


def make(name: str, fields: Sequence[str]) -> type[Result]:
    """The class ``return_types.NAME`` with these fields, in this order; made once, the same at every call."""
    known: type[Result] | None = globals().get(name)
    if known is None:
        known = globals()[name] = _class(name, fields)
        known.into = globals()[f"{name}_out"] = _class(f"{name}_out", fields)
    return known


def _class(name: str, fields: Sequence[str]) -> type[Result]:
    body: dict[str, Any] = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    body |= {
        "__slots__": (), "__module__": __name__, "__match_args__": tuple(fields),
        "n_fields": len(fields), "n_sequence_fields": len(fields),
        "__doc__": f"What ``{name.removesuffix('_out')}`` returns: ``({', '.join(fields)})``.",
    }  # fmt: skip
    return type(name, (Result,), body)
