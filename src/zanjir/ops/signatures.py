"""What PyTorch says of arguments that fit none of a function's signatures.

Signatures are written as PyTorch prints them, ``"(Tensor input, Number other, *, Tensor out = None)"``; those of the
method follow from those of the function: the first tensor becomes ``self``, and there is no ``out``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..signature import type_name as kind
from ..tensor import Tensor

__all__ = ["SCALARS", "fits", "invalid", "is_number", "kind", "method", "number_argument", "of_tensors"]

#: What counts as a number.
SCALARS = (bool, int, float, complex, np.bool_, np.number)


def is_number(value: Any) -> bool:
    """Whether ``value`` can stand for a number: a Python or NumPy number, or a 0-dim tensor that asks for
    no gradient."""
    return isinstance(value, SCALARS) or (isinstance(value, Tensor) and not value._array.ndim and not value._rg)


def fits(value: Any, wanted: str) -> bool:
    """Whether ``value`` can be given for a parameter of type ``wanted``."""
    if wanted == "Tensor":
        return isinstance(value, Tensor)
    if wanted == "Number":
        return is_number(value)
    return type(value).__name__ == wanted


def method(signatures: Sequence[str]) -> tuple[str, ...]:
    """The signatures of the method, from those of the function."""
    found = []
    for signature in signatures:
        first, _, rest = signature[1:-1].partition(", ")
        if first != "Tensor input":
            continue
        rest = rest.replace(", Tensor out = None", "").removesuffix(", *")
        found.append(f"({rest})")
    return tuple(found)


def invalid(name: str, signatures: Sequence[str], args: Sequence[Any], **kwargs: Any) -> TypeError:
    """The error for a call that fits none of ``signatures``.

    A signature with as many parameters as there are arguments is followed by the types that did not fit.
    """
    got = [*map(kind, args), *(f"{key}={kind(value)}" for key, value in kwargs.items())]
    text = f"{name}() received an invalid combination of arguments - got ({', '.join(got)}), but expected "
    if len(signatures) == 1:
        return TypeError(text + signatures[0])
    text += "one of:\n"
    for signature in signatures:
        text += f" * {signature}\n"
        wanted = [part.split()[0] for part in signature[1:-1].split(", ") if part not in ("*", "")]
        if len(wanted) == len(args) and not kwargs:
            marked = [
                kind(a) if w != "Number" and fits(a, w) else f"!{_items(a)}!" for a, w in zip(args, wanted, strict=True)
            ]
            text += f"      didn't match because some of the arguments have invalid types: ({', '.join(marked)})\n"
    return TypeError(text)


def _items(value: Any) -> str:
    """The type of ``value``, with the types of its items if it is a list or tuple."""
    items = ", ".join(map(kind, value)) if isinstance(value, (list, tuple)) else ""
    if isinstance(value, tuple):
        return f"tuple of ({items}{',' * (len(value) == 1)})"
    return f"list of [{items}]" if isinstance(value, list) else kind(value)


def of_tensors(*arguments: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The function for a method whose operands are all tensors: checks them, counting from the first."""

    def decorate(f: Callable[..., Any]) -> Callable[..., Any]:
        name = f.__name__

        def function(*args: Any, **kwargs: Any) -> Any:
            for position, (parameter, value) in enumerate(zip(arguments, args, strict=False), 1):
                if not isinstance(value, Tensor):
                    raise TypeError(
                        f"{name}(): argument '{parameter}' (position {position}) must be Tensor, not {kind(value)}"
                    )
            return f(*args, **kwargs)

        function.__name__ = function.__qualname__ = name
        function.__doc__ = f.__doc__
        function.__wrapped__ = f  # type: ignore[attr-defined]
        return function

    return decorate


def number_argument(name: str, argument: str, value: Any) -> Any:
    """A keyword that is to be a number, as a Python number.

    Raises:
        TypeError: if it is none.
    """
    if value.__class__ in (float, int, bool, complex):
        return value
    if is_number(value):
        return value.item() if hasattr(value, "item") else value
    raise TypeError(f"{name}(): argument '{argument}' must be Number, not {kind(value)}")
