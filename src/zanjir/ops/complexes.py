"""Complex numbers: conjugates, parts, angles, and tensors made of parts."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np

from .. import dtypes
from ..signature import argument
from ..tensor import Tensor
from .declare import Operator, conj, numpy_functions, ufuncs
from .elementwise import (
    _FLOATS,
    Pointwise,
    kernel,
    pointwise,
    to_real,
)
from .inplace import inplace, public
from .overloads import attach
from .pointwise import rad2deg
from .protocol import numpy_function
from .views import View

_conj_physical = Operator("ConjPhysicalBackward0", np.conjugate, (lambda g: conj(g),))
_conj_in_place = pointwise(
    "conj_physical", np.conjugate, lambda g: conj(g), node="ConjPhysicalBackward1", method=False, function=False
)
attach(conj_physical_=inplace(_conj_in_place, "conj_physical_"))


@public(out=True)
def conj_physical(input: Tensor) -> Tensor:
    """x̄, elementwise; the tensor itself where it is real.

    >>> import zanjir
    >>> zanjir.conj_physical(zanjir.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    if not isinstance(input, Tensor):
        raise argument("conj_physical", "input", 1, "Tensor", input)
    return _conj_physical(input) if input._array.dtype.kind == "c" else input


_conj = Operator("ConjBackward0", np.conjugate, (lambda g: conj(g),))


@public()
def _conj_(input: Tensor) -> Tensor:
    """x̄, elementwise; the tensor itself where it is real.

    >>> import zanjir
    >>> zanjir.conj(zanjir.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    if not isinstance(input, Tensor):
        raise argument("conj", "input", 1, "Tensor", input)
    return _conj(input) if input._array.dtype.kind == "c" else input


ufuncs[np.conjugate] = _conj_

_view_as_real = View(
    "ViewAsRealBackward0", lambda x: x[..., None].view(x.real.dtype), lambda g: g[..., 0] + 1j * g[..., 1]
)
_view_as_complex = View(
    "ViewAsComplexBackward0", lambda x: x.view(np.result_type(x.dtype, np.complex64))[..., 0],
    lambda g: np.stack((g.real, g.imag), -1),
)  # fmt: skip


@public(method=False)
def view_as_real(input: Tensor) -> Tensor:
    """A view of a complex tensor as real pairs: the shape gets a last dimension of 2.

    Raises:
        RuntimeError: if the tensor is not complex.

    >>> import zanjir
    >>> zanjir.view_as_real(zanjir.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    if not isinstance(input, Tensor):
        raise argument("view_as_real", "input", 1, "Tensor", input)
    if input._array.dtype.kind != "c":
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return _view_as_real(input)


@public(method=False)
def view_as_complex(input: Tensor) -> Tensor:
    """A view of real pairs as a complex tensor: the shape loses its last dimension, which must be 2.

    Raises:
        RuntimeError: for other shapes, dtypes and strides.

    >>> import zanjir
    >>> zanjir.view_as_complex(zanjir.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    if not isinstance(input, Tensor):
        raise argument("view_as_complex", "input", 1, "Tensor", input)
    x = input._array
    if x.dtype not in _FLOATS:
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
            f"{input.dtype.legacy}"
        )
    if not x.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if x.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    strides = input.stride()
    if strides[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    for i, step in enumerate(strides[:-1]):
        if step % 2:
            raise RuntimeError(f"Tensor must have a stride divisible by 2 for all but last dimension (dimension {i})")
    return _view_as_complex(input)


@public(method=False)
def real(input: Tensor) -> Tensor:
    """The real parts: a view; the tensor itself where it is real.

    >>> import zanjir
    >>> zanjir.real(zanjir.tensor([1 + 2j]))
    tensor([1.])
    """
    if not isinstance(input, Tensor):
        raise argument("real", "input", 1, "Tensor", input)
    return _view_as_real(input).select(-1, 0) if input._array.dtype.kind == "c" else input


@public(method=False)
def imag(input: Tensor) -> Tensor:
    """The imaginary parts: a view.

    Raises:
        RuntimeError: if the tensor is not complex.

    >>> import zanjir
    >>> zanjir.imag(zanjir.tensor([1 + 2j]))
    tensor([2.])
    """
    if not isinstance(input, Tensor):
        raise argument("imag", "input", 1, "Tensor", input)
    if input._array.dtype.kind != "c":
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _view_as_real(input).select(-1, 1)


attach(real=property(real, lambda self, value: real(self).copy_(value)))
attach(imag=property(imag, lambda self, value: imag(self).copy_(value)))
numpy_functions[np.real], numpy_functions[np.imag] = real, imag


def _angle(x: Any) -> Any:
    if x.dtype.kind == "c":
        return np.asarray(np.angle(x), order="C")
    return np.where(np.isnan(x), x, np.where(x < 0, pi, 0)).astype(x.dtype)


def _angle_rule(g: Any, x: Any) -> Any:
    """For z = x + iy the gradient of arctan(y / x) is (-y + ix) / |z|² = i z / |z|²."""
    if not np.iscomplexobj(x):
        return np.zeros_like(g)
    square = (x * conj(x)).real
    return np.where(square == 0, 0, g * (1j * x / square))


angle = pointwise(
    "angle", _angle, _angle_rule, floats=True, result=to_real, in_place=False,
    doc="""The angle of a complex number, between -π and π; 0 or π for a real one. Elementwise.

    >>> import zanjir
    >>> zanjir.angle(zanjir.tensor([1j, -1 + 0j]))
    tensor([1.5708, 3.1416])
    """,
)  # fmt: skip
numpy_function(np.angle)(lambda z, deg=False: rad2deg(angle(z)) if deg else angle(z))
numpy_function(np.iscomplexobj)(lambda x: x.is_complex())


def _two_reals(name: str, first: str, second: str, a: Any, b: Any) -> None:
    for position, (parameter, value) in enumerate(((first, a), (second, b)), 1):
        if not isinstance(value, Tensor):
            raise argument(name, parameter, position, "Tensor", value)
    allowed = (dtypes.float16, dtypes.float32, dtypes.float64)
    if a.dtype not in allowed or b.dtype not in allowed:
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {a.dtype.legacy} and {b.dtype.legacy}"
        )
    if a.dtype is not b.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {a.dtype.legacy} but got scalar type {b.dtype.legacy} for second argument"
        )


def _from_parts(a: Any, b: Any) -> Any:
    y = np.empty(np.broadcast_shapes(a.shape, b.shape), np.result_type(a.dtype, np.complex64))
    y.real, y.imag = a, b
    return y


def _to_complex(d: Any) -> Any:
    return d.to_complex()


_complex = Pointwise(
    Operator("ComplexBackward0", _from_parts, (lambda g: g.real, lambda g: g.imag)), "complex", result=_to_complex
)
_polar = Pointwise(
    Operator(
        "PolarBackward0", lambda a, b: _from_parts(a * np.cos(b), a * np.sin(b)),
        (lambda g, y: (conj(g) * np.sign(y)).real, lambda g, y: (conj(g) * (1j * y)).real),
    ),
    "polar", result=_to_complex,
)  # fmt: skip


@public(method=False, out=True)
def complex_(real: Tensor, imag: Tensor) -> Tensor:
    """The complex numbers with these real and imaginary parts.

    Args:
        real, imag: tensors of one floating dtype and of shapes that broadcast.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.complex(zanjir.tensor([1.0]), zanjir.tensor([2.0]))
    tensor([1.+2.j])
    """
    _two_reals("complex", "real", "imag", real, imag)
    return _complex(real, imag)


@public(method=False, out=True)
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """The complex numbers with these absolute values and angles.

    Args:
        abs, angle: tensors of one floating dtype and of shapes that broadcast.
        out: where to write the result.

    >>> import zanjir
    >>> zanjir.polar(zanjir.tensor([1.0]), zanjir.tensor([0.0]))
    tensor([1.+0.j])
    """
    _two_reals("polar", "abs", "angle", abs, angle)
    if abs.dtype is dtypes.float16:
        raise kernel("polar_cpu")(abs.dtype)
    return _polar(abs, angle)
