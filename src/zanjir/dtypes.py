"""Data types: the objects PyTorch calls ``dtype``, each standing for one NumPy dtype, and how they promote.

The rules are PyTorch's: types fall in categories (bool < integer < floating < complex), the result takes the highest
category present, and within it tensors with dimensions outrank 0-dim tensors, which outrank Python numbers.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

#: What dtypes, devices and sizes call their library when printed; ``install_as_torch`` makes it "torch".
brand = "zanjir"

BOOL, INTEGER, FLOATING, COMPLEX = range(4)


class dtype:
    """The type of a tensor's elements: ``zanjir.float32``, ``zanjir.int64``, ...

    Attributes:
        name: ``"float32"``.
        numpy: the :class:`numpy.dtype` that holds such elements.
        itemsize: bytes an element.
        is_floating_point, is_complex, is_signed: what PyTorch answers.

    >>> import zanjir
    >>> zanjir.float32.itemsize, zanjir.float32.is_floating_point
    (4, True)
    """

    __slots__ = (
        "category",
        "is_complex",
        "is_floating_point",
        "is_signed",
        "itemsize",
        "kind",
        "legacy",
        "name",
        "numpy",
    )

    def __init__(self, name: str, numpy_type: Any, category: int, legacy: str) -> None:
        self.name = name
        self.numpy: np.dtype[Any] = np.dtype(numpy_type)
        self.itemsize = self.numpy.itemsize
        self.category = category
        self.kind = "f" if category == FLOATING else self.numpy.kind
        self.is_floating_point = category == FLOATING
        self.is_complex = category == COMPLEX
        self.is_signed = category >= FLOATING or self.kind == "i"
        self.legacy = legacy  # the "Float" of FloatTensor, which error messages use

    def __repr__(self) -> str:
        return f"{brand}.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return by_name, (self.name,)

    def to_real(self) -> dtype:
        """The real dtype of the same precision: complex64 gives float32."""
        return _REAL.get(self, self)

    def to_complex(self) -> dtype:
        """The complex dtype of the same precision: float32 gives complex64."""
        return _COMPLEX.get(self, self)


bool_ = dtype("bool", np.bool_, BOOL, "Bool")
uint8 = dtype("uint8", np.uint8, INTEGER, "Byte")
uint16 = dtype("uint16", np.uint16, INTEGER, "UInt16")
uint32 = dtype("uint32", np.uint32, INTEGER, "UInt32")
uint64 = dtype("uint64", np.uint64, INTEGER, "UInt64")
int8 = dtype("int8", np.int8, INTEGER, "Char")
int16 = dtype("int16", np.int16, INTEGER, "Short")
int32 = dtype("int32", np.int32, INTEGER, "Int")
int64 = dtype("int64", np.int64, INTEGER, "Long")
float16 = dtype("float16", np.float16, FLOATING, "Half")
bfloat16 = dtype("bfloat16", ml_dtypes.bfloat16, FLOATING, "BFloat16")
float32 = dtype("float32", np.float32, FLOATING, "Float")
float64 = dtype("float64", np.float64, FLOATING, "Double")
complex64 = dtype("complex64", np.complex64, COMPLEX, "ComplexFloat")
complex128 = dtype("complex128", np.complex128, COMPLEX, "ComplexDouble")

ALL = (
    bool_, uint8, uint16, uint32, uint64, int8, int16, int32, int64,
    float16, bfloat16, float32, float64, complex64, complex128,
)  # fmt: skip

ALIASES = {
    "half": float16, "float": float32, "double": float64, "cfloat": complex64, "cdouble": complex128,
    "short": int16, "int": int32, "long": int64,
}  # fmt: skip

_BY_NUMPY = {d.numpy: d for d in ALL}
_BY_NAME = {d.name: d for d in ALL}
_REAL = {complex64: float32, complex128: float64}
_WIDE = frozenset((uint16, uint32, uint64))
_COMPLEX = {float16: complex64, bfloat16: complex64, float32: complex64, float64: complex128}

#: Types computed in float32 and rounded once at the end, as PyTorch does.
REDUCED = frozenset((float16.numpy, bfloat16.numpy))


def by_name(name: str) -> dtype:
    """The dtype called ``name`` ("float32")."""
    return _BY_NAME[name]


def of(numpy_dtype: np.dtype[Any]) -> dtype:
    """The zanjir dtype of a NumPy dtype.

    Raises:
        TypeError: where PyTorch has no such type (strings, objects, longdouble, ...).
    """
    try:
        return _BY_NUMPY[numpy_dtype]
    except KeyError:
        native = numpy_dtype.newbyteorder("=")
        if native in _BY_NUMPY:
            raise ValueError(
                "given numpy array has byte order different from the native byte order. "
                "Conversion between byte orders is currently not supported."
            ) from None
        raise TypeError(
            f"can't convert np.ndarray of type {numpy_dtype.type.__module__}.{numpy_dtype.type.__name__}. The only "
            "supported types are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, "
            "uint32, uint16, uint8, and bool."
        ) from None


_default = float32


def get_default_dtype() -> dtype:
    """The floating dtype given to Python floats: ``float32`` unless changed."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Sets the floating dtype given to Python floats.

    Raises:
        TypeError: if ``d`` is not a floating dtype.

    >>> import zanjir
    >>> zanjir.set_default_dtype(zanjir.float64)
    >>> zanjir.tensor(1.5).dtype
    zanjir.float64
    >>> zanjir.set_default_dtype(zanjir.float32)
    """
    global _default
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default = d


_RANK = {d: i for i, d in enumerate((int8, int16, int32, int64))}


def promote_types(a: dtype, b: dtype) -> dtype:
    """The smallest dtype to which both may be cast.

    >>> import zanjir
    >>> zanjir.promote_types(zanjir.int64, zanjir.float16), zanjir.promote_types(zanjir.uint8, zanjir.int8)
    (zanjir.float16, zanjir.int16)
    """
    if a is b:
        return a
    if FLOATING not in (a.category, b.category) and not _WIDE.isdisjoint((a, b)):
        raise RuntimeError(
            "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
            f"{a.legacy} and {b.legacy}"
        )
    if a.category < b.category:
        a, b = b, a
    if b.category == BOOL:
        return a
    if a.category == COMPLEX:
        return complex128 if complex128 in (a, b) or float64 in (a, b) else complex64
    if a.category == FLOATING:
        if b.category == INTEGER:
            return a
        return float64 if float64 in (a, b) else float32  # two unlike floats: half and bfloat16 meet in float32
    if a is uint8 or b is uint8:
        other = b if a is uint8 else a
        return int16 if other is int8 else other
    return a if _RANK[a] > _RANK[b] else b


def of_scalar(value: Any) -> dtype:
    """The dtype a Python number has on its own: its category, in the default precision."""
    if isinstance(value, (bool, np.bool_)):
        return bool_
    if isinstance(value, (int, np.integer)):
        return int64
    if isinstance(value, (float, np.floating)):
        return _default
    if isinstance(value, (complex, np.complexfloating)):
        return _default.to_complex()
    raise TypeError(f"unsupported type for a number: {type(value).__name__}")


def combine(dims: dtype | None, zeros: dtype | None, scalars: dtype | None) -> dtype:
    """The result of tensors with dimensions, 0-dim tensors and Python numbers, each promoted within its own group.

    A group only matters if its category is above that of the groups before it.
    """
    result = dims
    for group in (zeros, scalars):
        if group is None:
            continue
        if result is None:
            result = group
        elif group.category > result.category:
            # What is complex joins a floating tensor in that tensor's precision: float64 and 1j give complex128.
            result = result.to_complex() if result.category == FLOATING else group
    assert result is not None
    return result


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether PyTorch's promotion allows writing ``from_`` into ``to``: never to a lower category.

    >>> import zanjir
    >>> zanjir.can_cast(zanjir.float64, zanjir.float32), zanjir.can_cast(zanjir.float32, zanjir.int64)
    (True, False)
    """
    return from_.category <= to.category


class finfo:
    """Limits of a floating dtype (of the parts, for a complex one): ``bits eps max min tiny smallest_normal
    resolution``.

    >>> import zanjir
    >>> zanjir.finfo(zanjir.float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type: dtype | None = None) -> None:
        d = _default if type is None else type
        if not isinstance(d, dtype):
            raise TypeError(f"finfo(): argument 'type' (position 1) must be torch.dtype, not {_kind(d)}")
        if d.category < FLOATING:
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'"
            )
        d = d.to_real()
        limits = ml_dtypes.finfo(d.numpy)
        self.bits = int(limits.bits)
        self.eps = float(limits.eps)
        self.max = float(limits.max)
        self.min = float(limits.min)
        self.tiny = self.smallest_normal = float(limits.tiny)
        self.resolution = float(f"1e-{int(limits.precision)}")
        self.dtype = d.name

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integer dtype: ``bits min max``.

    >>> import zanjir
    >>> zanjir.iinfo(zanjir.int8)
    iinfo(min=-128, max=127, dtype=int8)
    """

    def __init__(self, type: dtype) -> None:
        if not isinstance(type, dtype):
            raise TypeError(f"iinfo(): argument 'type' (position 1) must be torch.dtype, not {_kind(type)}")
        if type.category >= FLOATING:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        if type is bool_:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        limits = np.iinfo(type.numpy)
        self.bits, self.min, self.max, self.dtype = int(limits.bits), int(limits.min), int(limits.max), type.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


def _kind(value: Any) -> str:
    return type(value).__name__
