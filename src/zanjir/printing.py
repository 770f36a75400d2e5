"""How a tensor prints: to the character as PyTorch does it.

A printed tensor is *contents* and *suffixes*::

    tensor([[1.0000, 0.5000],                    contents: cells of one width, in rows, in brackets
            [0.2500, 0.1250]], dtype=torch.float64, grad_fn=<MulBackward0>)
                               ~~~~~~~~~~~~~~~~~~~  suffixes: what the numbers alone do not tell

The contents are made in three steps, each a function below: *cut* a large array down to its corners, write every
remaining element as a *cell* in a notation that is chosen for all of them together, and *lay out* the cells in lines
and brackets.

Nothing here knows the ``Tensor`` class; what is needed of a tensor is written down in :class:`Printable`.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np

from . import dtypes

__all__ = ["get_printoptions", "printoptions", "set_printoptions", "tensor_format", "tensor_repr"]


class Printable(Protocol):
    """What printing asks of a tensor. It also heeds ``device`` and ``_is_param`` where a tensor has them."""

    @property
    def _array(self) -> np.ndarray[Any, Any]: ...
    @property
    def dtype(self) -> dtypes.dtype: ...
    @property
    def requires_grad(self) -> bool: ...
    @property
    def grad_fn(self) -> Any: ...


# ---------------------------------------------------------------------------------------------------------------------
# Options


@dataclass(slots=True)
class _Options:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}

_options = _Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Sets how tensors print. What is ``None`` stays as it is, except ``sci_mode``, which every call sets anew.

    Args:
        precision: digits after the point (4).
        threshold: the number of elements beyond which only the corners of a tensor are printed (1000).
        edgeitems: how many elements a corner shows along each dimension (3).
        linewidth: characters a line (80).
        profile: ``"default"``, ``"short"`` or ``"full"``, applied before the other options. As in PyTorch, any other
            name is ignored.
        sci_mode: scientific notation always (``True``), never (``False``), or where the numbers ask for it (``None``).

    >>> import zanjir
    >>> zanjir.set_printoptions(precision=2)
    >>> zanjir.tensor([1.12345])
    tensor([1.12])
    >>> zanjir.set_printoptions(threshold=5)
    >>> zanjir.arange(10)
    tensor([0, 1, 2,  ..., 7, 8, 9])
    >>> zanjir.set_printoptions(profile="default")
    >>> zanjir.tensor([1.12345])
    tensor([1.1235])
    """
    changes = {} if profile is None else dict(_PROFILES.get(profile, {}))
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    changes.update((name, value) for name, value in given.items() if value is not None)
    for name, value in changes.items():
        setattr(_options, name, value)
    _options.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in force, as keyword arguments for :func:`set_printoptions`.

    >>> from zanjir.printing import get_printoptions
    >>> get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return asdict(_options)


@contextlib.contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Sets print options, the arguments of :func:`set_printoptions`, for the length of a ``with`` block.

    >>> import zanjir
    >>> from zanjir.printing import printoptions
    >>> with printoptions(precision=2, sci_mode=True):
    ...     print(zanjir.tensor([1.0, 20.0]))
    tensor([1.00e+00, 2.00e+01])
    """
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


# ---------------------------------------------------------------------------------------------------------------------
# Contents: cut, cells, layout


def _cut(array: np.ndarray[Any, Any], edge: int) -> np.ndarray[Any, Any]:
    """The corners of ``array``: the first and last ``edge`` items along each dimension longer than twice that."""
    kept = [(*range(edge), *range(n - edge, n)) if n > 2 * edge else range(n) for n in array.shape]
    # One indexing for all dimensions, so that the corners of an expanded array are read without filling it in.
    corners: np.ndarray[Any, Any] = array[np.ix_(*kept)]
    return corners


def _cells(values: Sequence[Any]) -> tuple[list[str], int]:
    """Each of the Python numbers as text, right-aligned, and the width of the column that lines are measured by.

    Floats share one notation, and zeros, infinities and nans have no say in it: scientific where magnitudes are beyond
    1e8, below 1e-4 or more than a factor 1000 apart; else ``"2."`` if all are whole; else ``precision`` digits. They
    do not count for the width either, so they may stand out.
    """
    if not isinstance(values[0], float):
        texts = [str(v) for v in values]
        width = max(map(len, texts))
    else:
        counts = [v != 0.0 and -math.inf < v < math.inf for v in values]  # False for nan
        magnitudes = [abs(v) for v, counted in zip(values, counts, strict=True) if counted]
        scientific, whole = False, True
        if magnitudes:
            low, high = min(magnitudes), max(magnitudes)
            asked = _options.sci_mode
            scientific = bool(asked) if asked is not None else high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4
            whole = all(m.is_integer() for m in magnitudes)
        if whole and not scientific:
            texts = [f"{v:.0f}." if math.isfinite(v) else f"{v}" for v in values]
        else:
            spec = f".{_options.precision}{'e' if scientific else 'f'}"
            texts = [format(v, spec) for v in values]
        width = max((len(text) for text, counted in zip(texts, counts, strict=True) if counted), default=1)
    return [text.rjust(width) for text in texts], width


def _complex_cells(values: Sequence[complex]) -> tuple[list[str], int]:
    """As :func:`_cells`; the real and the imaginary parts choose their notation apart. Only the real ones align."""
    reals, real_width = _cells([v.real for v in values])
    imags, imag_width = _cells([v.imag for v in values])
    texts = []
    for real, padded in zip(reals, imags, strict=True):
        imag = padded.lstrip()
        texts.append(f"{real}{imag}j" if imag[0] == "-" else f"{real}+{imag}j")
    return texts, real_width + imag_width + 1  # PyTorch counts the j and forgets the +


def _layout(cells: Iterator[str], shape: tuple[int, ...], cut: Sequence[bool], indent: int, per_line: int) -> str:
    """The next cells in brackets, ``shape[0]`` rows of them, with an ellipsis where a dimension was ``cut``."""
    inner = shape[1:]
    if inner:
        rows = [_layout(cells, inner, cut[1:], indent + 1, per_line) for _ in range(shape[0])]
        if cut[0]:
            rows.insert(_options.edgeitems, "...")
        newlines = "\n" * len(inner)
    else:
        row = list(islice(cells, shape[0]))
        if cut[0]:
            row.insert(_options.edgeitems, " ...")
        rows = [", ".join(row[i : i + per_line]) for i in range(0, len(row), per_line)]
        newlines = "\n"
    return "[" + f",{newlines}{' ' * (indent + 1)}".join(rows) + "]"


def _contents(array: np.ndarray[Any, Any], indent: int) -> str:
    """The elements of ``array``, as they stand between ``tensor(`` and the suffixes; ``indent`` is their column."""
    if array.size == 0:
        return "[]"
    shape, edge = array.shape, _options.edgeitems
    cut = [False] * len(shape)
    if shape and array.size > _options.threshold:
        if edge == 0:
            return "[...]"
        cut = [n > 2 * edge for n in shape]
        array = _cut(array, edge)

    if array.dtype in dtypes.REDUCED:
        array = array.astype(np.float32)  # ml_dtypes has no Python numbers of its own
    values = array.ravel().tolist()
    texts, width = _complex_cells(values) if array.dtype.kind == "c" else _cells(values)
    if not shape:
        return texts[0]
    room = _options.linewidth - (indent + len(shape) - 1)
    per_line = max(1, math.floor(room / (width + 2)))  # 2 for the comma and the space
    return _layout(iter(texts), array.shape, cut, indent, per_line)


# ---------------------------------------------------------------------------------------------------------------------
# Suffixes, and the whole


def _is_own(cls: type, *names: str) -> bool:
    """Whether ``cls`` is this library's class of one of these names, as against a user's subclass called the same.

    Told by name, so that this module need not import the classes that import it; their module may be given as "torch".
    """
    return cls.__name__ in names and cls.__module__.partition(".")[0] in (__package__, "torch")


def _storage_suffixes(t: Printable, is_meta: bool) -> list[str]:
    """Size and dtype, where the contents do not tell."""
    array, dtype, default = t._array, t.dtype, dtypes.get_default_dtype()
    suffixes = []
    if is_meta or (array.size == 0 and array.ndim != 1) or (array.size and not _options.edgeitems):
        suffixes.append(f"size={tuple(array.shape)}")
    # int64, bool and complex numbers can be told by their looks, but only if there are any to look at.
    evident = array.size > 0 and not is_meta and dtype in (dtypes.int64, dtypes.bool_, default.to_complex())
    if dtype is not default and not evident:
        suffixes.append(f"dtype={dtype!r}")
    return suffixes


def _grad_suffix(t: Printable) -> str | None:
    """What autograd knows of the tensor, in a word."""
    try:
        node = t.grad_fn
    except RuntimeError:  # a view made and then changed in place under no_grad refuses to say; printing must not fail
        return "grad_fn=<Invalid>"
    if node is not None:
        return f"grad_fn=<{type(node).__name__}>"
    return "requires_grad=True" if t.requires_grad else None


def _join(text: str, suffixes: Sequence[str], indent: int) -> str:
    """``text`` and its suffixes, each on the same line if it fits and on a new one if it does not."""
    parts = [text]
    column = len(text) - text.rfind("\n") + 1  # 2 more than there are characters: PyTorch's own margin
    for suffix in suffixes:
        if column + len(suffix) + 2 > _options.linewidth:
            parts.append(f",\n{' ' * indent}{suffix}")
            column = indent + len(suffix)
        else:
            parts.append(f", {suffix}")
            column += len(suffix) + 2
    return "".join(parts) + ")"


def tensor_repr(t: Printable, *, tensor_contents: str | None = None, tangent: Any = None) -> str:
    """The printed form of a tensor: what ``Tensor.__repr__`` returns.

    A subclass prints under its own name, ``Name([1., 2.])``.

    Args:
        t: the tensor.
        tensor_contents: text to print in place of the elements (PyTorch's argument of ``Tensor.__repr__``).
        tangent: the tangent the tensor carries in forward mode, if any.

    >>> import zanjir
    >>> zanjir.tensor([[1.0, 2.5], [-3.0, float("inf")]], requires_grad=True)
    tensor([[ 1.0000,  2.5000],
            [-3.0000,     inf]], requires_grad=True)
    >>> zanjir.tensor([1e-9, 1.0])
    tensor([1.0000e-09, 1.0000e+00])
    >>> zanjir.tensor([1, 2], dtype=zanjir.int8)
    tensor([1, 2], dtype=zanjir.int8)
    """
    cls = type(t)
    plain = _is_own(cls, "Tensor", "Parameter")
    prefix = "tensor(" if plain else f"{cls.__name__}("
    indent = len(prefix)
    device = getattr(t, "device", None)
    suffixes = [f"device='{device}'"] if device is not None and device.type != "cpu" else []
    is_meta = device is not None and device.type == "meta"

    # Other layouts (sparse) would branch here: their own contents, and size, nnz and layout among the suffixes.
    suffixes += _storage_suffixes(t, is_meta)
    if tensor_contents is None:
        tensor_contents = "..." if is_meta else _contents(t._array, indent)

    grad = _grad_suffix(t)
    if grad is not None:
        suffixes.append(grad)
    if tangent is not None:
        suffixes.append(f"tangent={tangent}")
    text = _join(prefix + tensor_contents, suffixes, indent)
    # "Parameter containing:" is written by Parameter itself; parameters of a class of their own are marked here too.
    if not plain and (getattr(t, "_is_param", False) or any(_is_own(c, "Parameter") for c in cls.__mro__)):
        text = f"Parameter({text})"
    return text


def tensor_format(t: Printable, spec: str) -> str:
    """``format(t, spec)``: a 0-dim ``Tensor`` formats as the Python number in it, any other as :func:`repr`.

    Raises:
        TypeError: for a format specification where the tensor is not such a number, nor a parameter one.

    >>> import zanjir
    >>> f"{zanjir.tensor(2.0) / 3:.2f}"
    '0.67'
    """
    device = getattr(t, "device", None)
    if t._array.ndim == 0 and _is_own(type(t), "Tensor") and (device is None or device.type != "meta"):
        array = t._array
        value = float(array) if array.dtype in dtypes.REDUCED else array.item()
        return format(value, spec)
    return object.__format__(t, spec)
