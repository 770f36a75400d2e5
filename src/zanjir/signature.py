"""What PyTorch says of arguments that fit none of a function's signatures.

Signatures are written as PyTorch prints them, without the brackets: ``"Tensor input, *, Tensor out = None"``. Those of
the method follow from those of the function (:func:`of_method`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import dtypes
from .device import device
from .dtypes import dtype
from .layout import layout, memory_format
from .size import Size
from .tensor import Tensor

__all__ = [
    "OPTIONS", "SCALARS", "argument", "checked_dtype", "checked_number", "combination", "element", "is_number",
    "missing", "of_method", "of_tensors", "type_name", "unexpected",
]  # fmt: skip

#: What counts as a number.
SCALARS = (bool, int, float, complex, np.bool_, np.number)

#: The keywords that every function making a tensor ends with.
OPTIONS = (
    "torch.dtype dtype = None, torch.layout layout = None, torch.device device = None, bool pin_memory = False, "
    "bool requires_grad = False"
)


def type_name(value: Any) -> str:
    """What error messages call the type of ``value``: ``int``, ``numpy.ndarray``, ``torch.dtype``."""
    kind = type(value)
    if kind in _OWN:
        return f"torch.{kind.__name__}"
    if kind.__module__ == "builtins" or (kind.__flags__ & 1 << 9 and not issubclass(kind, np.generic)):
        return kind.__name__  # made by a class statement: known by its bare name
    return f"{kind.__module__}.{kind.__name__}"


_OWN = frozenset((dtype, device, layout, memory_format, Size))


def argument(name: str, parameter: str, position: int | None, wanted: str, value: Any) -> TypeError:
    """The error for one argument of the wrong type; ``position``, from 1, if it was not a keyword."""
    where = "" if position is None else f" (position {position})"
    return TypeError(f"{name}(): argument '{parameter}'{where} must be {wanted}, not {type_name(value)}")


def element(place: int, value: Any) -> TypeError:
    """The error for what is no tensor in a list of tensors."""
    return TypeError(f"expected Tensor as element {place} in argument 0, but got {type_name(value)}")


def missing(name: str, *parameters: str) -> TypeError:
    """The error for arguments that were not given."""
    plural = "s" if len(parameters) == 1 else ""  # the wrong way round, but so PyTorch says it
    names = ", ".join(f'"{p}"' for p in parameters)
    return TypeError(f"{name}() missing {len(parameters)} required positional argument{plural}: {names}")


def unexpected(name: str, keyword: str) -> TypeError:
    """The error for a keyword the function does not know."""
    return TypeError(f"{name}() got an unexpected keyword argument '{keyword}'")


def combination(name: str, args: Sequence[Any], kwargs: dict[str, Any], *signatures: str) -> TypeError:
    """The error for arguments that fit none of several signatures (``"Number end, *, Tensor out = None"``, ...)."""
    got = ", ".join(type_name(a) for a in args)
    keywords = ", ".join(f"{k}={type_name(v)}" for k, v in reversed(kwargs.items()))
    got = f"{got}, {keywords}" if args and kwargs else f"{keywords}, " if kwargs else got
    text = f"{name}() received an invalid combination of arguments - got ({got}), but expected "
    if len(signatures) == 1:
        return TypeError(f"{text}({signatures[0]})")
    lines = [text + "one of:"]
    for signature in signatures:
        lines.append(f" * ({signature})")
        parameters = signature.split(", ")
        if len(parameters) != len(args) + len(kwargs):
            continue
        known = {p.split(" = ")[0].split()[-1] for p in parameters if p}
        odd = [k for k in kwargs if k not in known]
        if odd:
            lines.append(f"      didn't match because some of the keywords were incorrect: {', '.join(odd)}")
        else:
            parts = [_marked(a, p) for a, p in zip(args, parameters, strict=False)]
            parts += [f"!{k}={_described(v)}!" for k, v in kwargs.items()]
            if not args:
                parts.append("")  # PyTorch takes the last comma off only where there are positional arguments
            lines.append(f"      didn't match because some of the arguments have invalid types: ({', '.join(parts)})")
    return TypeError("\n".join([*lines, ""]))


def _marked(value: Any, parameter: str) -> str:
    text = _described(value)
    return text if text == parameter.rsplit(" ", 1)[0] else f"!{text}!"


def _described(value: Any) -> str:
    name = type_name(value)
    if isinstance(value, (list, tuple)):
        return (
            f"{name} of {'[' if isinstance(value, list) else '('}"
            + ", ".join(type_name(v) for v in value)
            + ("]" if isinstance(value, list) else ",)" if len(value) == 1 else ")")
        )
    return name


def of_method(signatures: Sequence[str]) -> tuple[str, ...]:
    """The signatures of the method, from those of the function: the first tensor is ``self``, there is no ``out``."""
    found = []
    for signature in signatures:
        first, _, rest = signature.partition(", ")
        if first == "Tensor input":
            found.append(rest.replace(", Tensor out = None", "").removesuffix(", *"))
    return tuple(found)


def of_tensors(*parameters: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The function for a method whose operands are all tensors: checks them, counting from the first."""

    def decorate(f: Callable[..., Any]) -> Callable[..., Any]:
        name = f.__name__

        def function(*args: Any, **kwargs: Any) -> Any:
            for position, (parameter, value) in enumerate(zip(parameters, args, strict=False), 1):
                if not isinstance(value, Tensor):
                    raise argument(name, parameter, position, "Tensor", value)
            return f(*args, **kwargs)

        function.__name__ = function.__qualname__ = name
        function.__doc__ = f.__doc__
        function.__wrapped__ = f  # type: ignore[attr-defined]
        return function

    return decorate


def is_number(value: Any) -> bool:
    """Whether ``value`` can stand for a number: a Python or NumPy number, or a 0-dim tensor that asks for
    no gradient."""
    return isinstance(value, SCALARS) or (isinstance(value, Tensor) and not value._array.ndim and not value._rg)


def checked_number(name: str, parameter: str, value: Any) -> Any:
    """A keyword that is to be a number, as a Python number.

    Raises:
        TypeError: if it is none.
    """
    if value.__class__ in (float, int, bool, complex):
        return value
    if is_number(value):
        return value.item() if hasattr(value, "item") else value
    raise argument(name, parameter, None, "Number", value)


def checked_dtype(name: str, value: Any) -> dtype:
    """A ``dtype=`` argument that is not ``None``: a dtype, or ``float``, ``int``, ``bool``, ``complex``."""
    if value.__class__ is dtype:
        return value
    try:
        return _PYTHON[value]
    except (KeyError, TypeError):
        raise argument(name, "dtype", None, "torch.dtype", value) from None


_PYTHON = {float: dtypes.float64, int: dtypes.int64, bool: dtypes.bool_, complex: dtypes.complex128}
