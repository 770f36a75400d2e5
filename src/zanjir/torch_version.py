"""``TorchVersion``: a string that compares as a version, so that ``torch.__version__ >= "2.9"`` is true of 2.13."""

from __future__ import annotations

import re
from typing import Any

_FORM = re.compile(
    r"v?(?P<release>\d+(\.\d+)*)[-_.]?((?P<stage>dev|a|b|rc|post)[-_.]?(?P<number>\d*))?(\+(?P<local>.*))?"
)
_STAGES = {"dev": -4, "a": -3, "b": -2, "rc": -1, None: 0, "post": 2}


def _key(version: Any) -> tuple[tuple[int, ...], int, int, str]:
    """What orders versions: the release without trailing zeros, then the stage, then the local part (of ``+cpu``)."""
    if isinstance(version, (tuple, list)):
        version = ".".join(map(str, version))
    match = _FORM.fullmatch(version) if isinstance(version, str) else None
    if match is None:
        raise ValueError(f"not a version: {version!r}")
    release = [int(part) for part in match["release"].split(".")]
    while release and not release[-1]:
        release.pop()
    return tuple(release), _STAGES[match["stage"]], int(match["number"] or 0), match["local"] or ""


class TorchVersion(str):
    """A version string that may be compared with a string or a tuple of numbers, as :pep:`440` orders them.

    What is not a version compares as a string does.

    >>> TorchVersion("2.13.0+zanjir") >= "2.9", TorchVersion("2.13.0") == (2, 13)
    (True, True)
    """

    __slots__ = ()

    def _compare(self, other: Any, method: str) -> Any:
        try:
            mine: Any = _key(self)
            theirs: Any = _key(other)
        except ValueError:
            return getattr(str, method)(self, other)
        return getattr(mine, method)(theirs)

    def __eq__(self, other: object) -> bool:
        return bool(self._compare(other, "__eq__") is True)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, "__lt__")

    def __le__(self, other: Any) -> Any:
        return self._compare(other, "__le__")

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, "__gt__")

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, "__ge__")

    __hash__ = str.__hash__
