"""Matrix products: mm, mv, dot, bmm, and what is built from them (matmul, addmm, outer)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..signature import argument
from ..tensor import _CPP, Tensor
from .arguments import expandable
from .declare import Operator, conj, ufuncs
from .inplace import public
from .protocol import numpy_function


def product(a: Any, b: Any) -> Any:
    """a @ b; half and bfloat16 are multiplied and summed in float32 and rounded once."""
    if a.dtype in dtypes.REDUCED:
        return np.matmul(a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)
    return np.matmul(a, b)


def _inner(a: Any, b: Any) -> Any:
    """:func:`product` of matrices and vectors: ``dot`` costs less than ``matmul`` where they are small."""
    if a.dtype in dtypes.REDUCED:
        return np.dot(a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)
    return np.dot(a, b)


def _by_columns(a: Any) -> bool:
    """Whether a matrix lies in memory column by column."""
    if a.flags.c_contiguous:
        return False
    rows, cols = a.strides[-2:]
    return bool(rows == a.itemsize and cols >= a.itemsize * a.shape[-2])


# The gradient of a matrix that lies column by column is computed column by column too: transposed products, no copies.
_mm = Operator(
    "MmBackward0",
    lambda a, b, ta, tb: _inner(a, b),
    (
        lambda g, b, ta: (conj(b) @ g.T).T if ta else g @ conj(b).T,
        lambda g, a, tb: (g.T @ conj(a)).T if tb else conj(a).T @ g,
    ),
)
_bmm = Operator(
    "BmmBackward0",
    product,
    (lambda g, b: g @ np.swapaxes(conj(b), 1, 2), lambda g, a: np.swapaxes(conj(a), 1, 2) @ g),
)
_mv = Operator(
    "MvBackward0",
    _inner,
    (lambda g, b: g[:, None] * conj(b), lambda g, a: conj(a).T @ g),
)
_dot = Operator("DotBackward0", _inner, (lambda g, b: g * conj(b), lambda g, a: g * conj(a)))
_vdot = Operator(
    "VdotBackward0", lambda a, b: product(conj(a), b), (lambda g, b: conj(g) * b, lambda g, a: g * a)
)  # fmt: skip
_addmm = Operator(
    "AddmmBackward0",
    lambda x, a, b, beta, alpha, ta, tb: _add(x, product(a, b), beta, alpha),
    (
        lambda g, beta: _times(g, beta),
        lambda g, b, alpha, ta: _times((conj(b) @ g.T).T if ta else g @ conj(b).T, alpha),
        lambda g, a, alpha, tb: _times((g.T @ conj(a)).T if tb else conj(a).T @ g, alpha),
    ),
)
_addmv = Operator(
    "AddmvBackward0",
    lambda x, a, b, beta, alpha: _add(x, product(a, b), beta, alpha),
    (
        lambda g, beta: _times(g, beta),
        lambda g, b, alpha: _times(g[:, None] * conj(b), alpha),
        lambda g, a, alpha: _times(conj(a).T @ g, alpha),
    ),
)
_addr = Operator(
    "AddrBackward0",
    lambda x, a, b, beta, alpha: _add(x, a[:, None] * b, beta, alpha),
    (
        lambda g, beta: _times(g, beta),
        lambda g, b, alpha: _times(g @ conj(b), alpha),
        lambda g, a, alpha: _times(conj(a) @ g, alpha),
    ),
)
_baddbmm = Operator(
    "BaddbmmBackward0",
    lambda x, a, b, beta, alpha: _add(x, product(a, b), beta, alpha),
    (
        lambda g, beta: _times(g, beta),
        lambda g, b, alpha: _times(g @ np.swapaxes(conj(b), 1, 2), alpha),
        lambda g, a, alpha: _times(np.swapaxes(conj(a), 1, 2) @ g, alpha),
    ),
)
_addbmm = Operator(
    "AddbmmBackward0",
    lambda x, a, b, beta, alpha: _add(x, np.add.reduce(product(a, b), axis=0), beta, alpha),
    (
        lambda g, beta: _times(g, beta),
        lambda g, b, alpha: _times(g @ np.swapaxes(conj(b), 1, 2), alpha),
        lambda g, a, alpha: _times(np.swapaxes(conj(a), 1, 2) @ g, alpha),
    ),
)


def _times(g: Any, factor: Any) -> Any:
    """g · conj(factor), spared where the factor is 1."""
    return g if factor == 1 else g * conj(factor)


def _add(x: Any, y: Any, beta: Any, alpha: Any) -> Any:
    """β x + α y; with β = 0, ``x`` is not looked at, so that its NaNs do not count."""
    kind = y.dtype
    y = y if alpha == 1 else (y * alpha).astype(kind, copy=False)
    if beta == 0:
        return y + np.zeros((), kind)
    return (y + (x if beta == 1 else x * beta)).astype(kind, copy=False)


# ---------------------------------------------------------------------- checks


def _tensors(name: str, *named: Any) -> None:
    for position, (parameter, value) in enumerate(named, 1):
        if not isinstance(value, Tensor):
            raise argument(name, parameter, position, "Tensor", value)


def _defined(a: Tensor, kernel: str) -> None:
    """Matrix products of bools are not defined."""
    if a._array.dtype.kind == "b":
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


def _scalar_name(t: Tensor) -> str:
    """How messages from the depths of PyTorch call a dtype: ``float``, ``double``, ``c10::Half``."""
    return _CPP[t.dtype.name]


def _same_dtype(a: Tensor, b: Tensor) -> None:
    if a._array.dtype != b._array.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {_scalar_name(a)} != {_scalar_name(b)}"
        )


def _shape_text(t: Tensor) -> str:
    return "x".join(map(str, t._array.shape))


def _matrices(a: Tensor, b: Tensor) -> None:
    if a._array.shape[1] != b._array.shape[0]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({_shape_text(a)} and {_shape_text(b)})")


def _batches(a: Tensor, b: Tensor) -> None:
    if a.ndim != 3 or b.ndim != 3:
        raise RuntimeError(f"batch{1 if a.ndim != 3 else 2} must be a 3D tensor")
    expected = [a._array.shape[0], a._array.shape[2]]
    if list(b._array.shape[:2]) != expected:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: {expected} but got: "
            f"{list(b._array.shape[:2])}."
        )
    if a._array.dtype != b._array.dtype:
        raise RuntimeError(f"expected scalar type {a.dtype.legacy} but found {b.dtype.legacy}")


# ---------------------------------------------------------------------- the products


@public(out=True)
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices, ``[n, m]`` and ``[m, p]``: ``[n, p]``. No broadcasting.

    >>> import zanjir
    >>> zanjir.mm(zanjir.tensor([[1., 2.]]), zanjir.tensor([[3.], [4.]]))
    tensor([[11.]])
    """
    try:
        a, b = input._array, mat2._array
    except AttributeError:
        _tensors("mm", ("input", input), ("mat2", mat2))
        raise
    if a.ndim != 2 or b.ndim != 2:
        raise RuntimeError(f"{'self' if a.ndim != 2 else 'mat2'} must be a matrix")
    if a.shape[1] != b.shape[0] or a.dtype is not b.dtype or a.dtype.kind == "b":
        _matrices(input, mat2)
        _same_dtype(input, mat2)
        _defined(input, "addmm_impl_cpu_")
    return _mm(input, mat2, _by_columns(a), _by_columns(b))


@public(out=True)
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of the matrices in two batches, ``[b, n, m]`` and ``[b, m, p]``: ``[b, n, p]``.

    >>> import zanjir
    >>> zanjir.bmm(zanjir.ones(2, 1, 3), zanjir.ones(2, 3, 1)).shape
    zanjir.Size([2, 1, 1])
    """
    _tensors("bmm", ("input", input), ("mat2", mat2))
    _batches(input, mat2)
    _defined(input, "bmm")
    return _bmm(input, mat2)


@public(out=True)
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix ``[n, m]`` and a vector ``[m]``: ``[n]``.

    >>> import zanjir
    >>> zanjir.mv(zanjir.tensor([[1., 2.], [3., 4.]]), zanjir.tensor([1., 1.]))
    tensor([3., 7.])
    """
    _tensors("mv", ("input", input), ("vec", vec))
    a, b = input._array, vec._array
    if a.ndim != 2 or b.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {a.ndim}, {b.ndim}")
    if a.shape[1] != b.shape[0]:
        raise RuntimeError(f"size mismatch, got input ({a.shape[0]}), mat ({_shape_text(input)}), vec ({b.shape[0]})")
    if a.dtype != b.dtype:
        v = vec.dtype.legacy
        raise RuntimeError(f"addmv input tensors must have the same dtype, but got {v}, {input.dtype.legacy}, and {v}")
    _defined(input, "addmv_impl_cpu")
    return _mv(input, vec)


def _vectors(name: str, input: Tensor, other: Tensor, second: str) -> None:
    try:
        a, b = input._array, other._array
    except AttributeError:
        _tensors(name, ("input", input), (second, other))
        raise
    if a.ndim == 1 and a.shape == b.shape and a.dtype is b.dtype and a.dtype.kind != "b":
        return
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {input.dtype.legacy} and {other.dtype.legacy}"
        )
    if a.shape != b.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{a.shape[0]}] and src [{b.shape[0]}] to have the same "
            "number of "
            f"elements, but got {a.shape[0]} and {b.shape[0]} elements respectively"
        )
    _defined(input, name)


@public(out=True)
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The sum of the products of two vectors' elements.

    >>> import zanjir
    >>> zanjir.dot(zanjir.tensor([2., 3.]), zanjir.tensor([2., 1.]))
    tensor(7.)
    """
    _vectors("dot", input, tensor, "tensor")
    return _dot(input, tensor)


@public(out=True)
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """As :func:`dot`, with the first vector conjugated.

    >>> import zanjir
    >>> zanjir.vdot(zanjir.tensor([2., 3.]), zanjir.tensor([2., 1.]))
    tensor(7.)
    """
    _vectors("vdot", input, other, "other")
    return _vdot(input, other)


@public("ger", out=True)
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Every element of one vector times every element of the other: ``[n]`` and ``[m]`` give ``[n, m]``.

    >>> import zanjir
    >>> zanjir.outer(zanjir.tensor([1., 2.]), zanjir.tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    _tensors("outer", ("input", input), ("vec2", vec2))
    for operand, t in (("self", input), ("vec2", vec2)):
        if t.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {operand}, but got {t.ndim}-D")
    return input.reshape(-1, 1) * vec2


@public(out=True)
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product, by the number of dimensions: vector·vector, matrix·vector, vector·matrix, matrix·matrix, and
    batches of matrices, whose leading dimensions broadcast.

    Raises:
        RuntimeError: if the shapes or the dtypes do not fit.

    >>> import zanjir
    >>> zanjir.matmul(zanjir.ones(5, 2, 3), zanjir.ones(3)).shape
    zanjir.Size([5, 2])
    """
    try:
        m, n = input._array.ndim, other._array.ndim
    except AttributeError:
        _tensors("matmul", ("input", input), ("other", other))
        raise
    if m == 2 and n == 2:
        return mm(input, other)
    if m == 1 and n == 1:
        return dot(input, other)
    if m == 2 and n == 1:
        return mv(input, other)
    if not m or not n:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {m}D and {n}D")
    if m == 1 and n == 2:
        return mm(input.unsqueeze(0), other).squeeze_(0)
    if m >= 3 and n <= 2 and not (n == 2 and other._array.size == 0):
        return _fold(input, other)
    if n >= 3 and m == 1:
        # a · [.., k, p]: the matrices' transposes times the vector
        return _fold(other.mT, input)
    if n >= 3 and m == 2:
        # A · [.., k, p]: transposed, it is [.., p, k] · Aᵀ
        return _fold(other.mT, input.t()).mT.contiguous()
    return _batched(input, other)


def _unsafe_view(t: Tensor, shape: Sequence[int]) -> Tensor:
    return _reshaped(t, tuple(shape))


_reshaped = Operator(
    "UnsafeViewBackward0", lambda x, size: x.reshape(size), (lambda g, shape: g.reshape(shape),)
)  # fmt: skip


def _fold(input: Tensor, other: Tensor) -> Tensor:
    """``[.., n, m]`` times ``[m, p]`` or ``[m]``: all rows in one product."""
    shape = input._array.shape
    rows = math.prod(shape[:-1])
    flat = input.reshape(rows, shape[-1])
    if other._array.ndim == 1:
        return _unsafe_view(mv(flat, other), shape[:-1])
    return _unsafe_view(mm(flat, other), (*shape[:-1], other._array.shape[1]))


def _batched(input: Tensor, other: Tensor) -> Tensor:
    a, b = input._array.shape, other._array.shape
    try:
        lead = np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError:
        from .elementwise import clash

        raise clash(a[:-2], b[:-2]) from None
    count = math.prod(lead)
    left = input.expand(*lead, *a[-2:]).reshape(count, *a[-2:])
    right = other.expand(*lead, *b[-2:]).reshape(count, *b[-2:])
    return _unsafe_view(bmm(left, right), (*lead, a[-2], b[-1]))


def _matmul_operator(self: Tensor, other: Any) -> Any:
    if isinstance(other, Tensor):
        return matmul(self, other)
    if isinstance(other, np.ndarray):
        from ..tensor import wrap

        return matmul(self, wrap(other))
    return NotImplemented


setattr(Tensor, "__matmul__", _matmul_operator)  # noqa: B010 (a type checker sees the stub's)
ufuncs[np.matmul] = matmul


# ---------------------------------------------------------------------- products added to something


def _sum_dtype(input: Tensor, mat: Tensor) -> None:
    if input._array.dtype != mat._array.dtype:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {input.dtype.legacy} and {mat.dtype.legacy}"
        )


def _square_up(name: str) -> None:
    """``addmm_`` and its like do not broadcast what they write into."""
    method = getattr(Tensor, name)

    def checked(self: Tensor, first: Tensor, second: Tensor, **factors: Any) -> Tensor:
        if isinstance(first, Tensor) and isinstance(second, Tensor) and first.ndim >= 2 and second.ndim >= 2:
            size = [*first.shape[:-1], second.shape[-1]]
            if list(self.shape) != size:
                raise RuntimeError(
                    f"Bad in-place call: input tensor size {list(self.shape)} and output tensor size {size} should "
                    "match"
                )
        return method(self, first, second, **factors)

    checked.__name__ = checked.__qualname__ = name
    checked.__doc__ = method.__doc__
    setattr(Tensor, name, checked)


@public(out=True, in_place=True)
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """β · input + α · (mat1 @ mat2); ``input`` broadcasts to the product.

    >>> import zanjir
    >>> zanjir.addmm(zanjir.ones(1), zanjir.ones(1, 2), zanjir.ones(2, 1), alpha=10)
    tensor([[21.]])
    """
    _tensors("addmm", ("input", input), ("mat1", mat1), ("mat2", mat2))
    for name, m in (("mat1", mat1), ("mat2", mat2)):
        if m.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {m.ndim}-D tensor")
    _matrices(mat1, mat2)
    expandable(input._array.shape, (mat1._array.shape[0], mat2._array.shape[1]), input._array.dtype)
    _sum_dtype(input, mat2)
    _same_dtype(mat1, mat2)
    _defined(mat1, "addmm_impl_cpu_")
    return _addmm(input, mat1, mat2, beta, alpha, _by_columns(mat1._array), _by_columns(mat2._array))


_square_up("addmm_")


@public(out=True, in_place=True)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """β · input + α · (mat @ vec).

    >>> import zanjir
    >>> zanjir.addmv(zanjir.ones(2), zanjir.ones(2, 3), zanjir.ones(3))
    tensor([4., 4.])
    """
    _tensors("addmv", ("input", input), ("mat", mat), ("vec", vec))
    if mat.ndim != 2 or vec.ndim != 1 or input.ndim > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}")
    n, m = mat._array.shape
    if m != vec._array.shape[0] or (input.ndim and input._array.shape[0] not in (1, n)):
        raise RuntimeError(
            f"size mismatch, got input ({input._array.shape[0] if input.ndim else n}), mat ({n}x{m}), "
            f"vec ({vec._array.shape[0]})"
        )
    kinds = [t.dtype.legacy for t in (input, mat, vec)]
    if len(set(kinds)) > 1:
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {kinds[0]}, {kinds[1]}, and {kinds[2]}"
        )
    return _addmv(input, mat, vec, beta, alpha)


@public(out=True, in_place=True)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """β · input + α · (vec1 ⊗ vec2).

    >>> import zanjir
    >>> zanjir.addr(zanjir.zeros(1, 2), zanjir.ones(1), zanjir.ones(2), alpha=3)
    tensor([[3., 3.]])
    """
    _tensors("addr", ("input", input), ("vec1", vec1), ("vec2", vec2))
    if vec1.ndim != 1 or vec2.ndim != 1:
        which, t = ("vec1", vec1) if vec1.ndim != 1 else ("vec2", vec2)
        raise RuntimeError(f"addr: Expected 1-D argument {which}, but got {t.ndim}-D")
    expandable(input._array.shape, (vec1._array.shape[0], vec2._array.shape[0]), input._array.dtype)
    return _addr(input, vec1, vec2, beta, alpha)


@public(out=True, in_place=True)
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """β · input + α · (batch1 @ batch2), a matrix product for each of the batch.

    >>> import zanjir
    >>> zanjir.baddbmm(zanjir.ones(1), zanjir.ones(2, 1, 3), zanjir.ones(2, 3, 1)).flatten()
    tensor([4., 4.])
    """
    _tensors("baddbmm", ("input", input), ("batch1", batch1), ("batch2", batch2))
    _batches(batch1, batch2)
    expandable(input._array.shape, (*batch1._array.shape[:2], batch2._array.shape[2]), input._array.dtype)
    return _baddbmm(input, batch1, batch2, beta, alpha)


@public(out=True, in_place=True)
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """β · input + α · the sum over the batch of batch1 @ batch2.

    >>> import zanjir
    >>> zanjir.addbmm(zanjir.ones(1), zanjir.ones(2, 1, 3), zanjir.ones(2, 3, 1))
    tensor([[7.]])
    """
    _tensors("addbmm", ("input", input), ("batch1", batch1), ("batch2", batch2))
    _batches(batch1, batch2)
    expandable(input._array.shape, (batch1._array.shape[1], batch2._array.shape[2]), input._array.dtype)
    return _addbmm(input, batch1, batch2, beta, alpha)


# ---------------------------------------------------------------------- NumPy's names


@numpy_function(np.dot)
def _numpy_dot(a: Any, b: Any) -> Any:
    return a * b if not getattr(a, "ndim", 0) or not getattr(b, "ndim", 0) else matmul(a, b)


@numpy_function(np.outer)
def _numpy_outer(a: Any, b: Any) -> Any:
    return outer(a.reshape(-1), b.reshape(-1))
