"""Runs the same call in PyTorch and in zanjir and compares everything a user can see.

    agree(lambda torch, a, b: torch.mul(a, b), a, b)

``a`` and ``b`` are NumPy arrays; in each library they become tensors of the same strides, leaves that require grad
where their dtype allows. Compared are values, dtype, shape, strides, the node's name, gradients, second gradients; or,
where the call raises, the class and the text of the error.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import zanjir

torch = pytest.importorskip("torch", reason="the oracle tests need torch==2.13.0")
torch.set_num_threads(1)

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)

#: Relative tolerance by dtype name: a few units in the last place.
TOLERANCE = {
    "float16": 2e-3, "bfloat16": 1.6e-2, "float32": 2e-6, "float64": 1e-12, "complex64": 4e-6, "complex128": 1e-12,
}  # fmt: skip

REAL = (np.float32, np.float64)
FLOATING = (np.float16, BFLOAT16, np.float32, np.float64)
COMPLEX = (np.complex64, np.complex128)
INTEGER = (np.uint8, np.int8, np.int16, np.int32, np.int64)
ALL = (np.bool_, *INTEGER, *FLOATING, *COMPLEX)


def to_torch(array: np.ndarray) -> Any:
    """A torch tensor with the values and the strides of ``array``."""
    array = np.asarray(array)
    plain = array.view(np.int16) if array.dtype == BFLOAT16 else array
    if any(s < 0 for s in plain.strides):
        raise ValueError("no negative strides")
    if not plain.size:
        return torch.zeros(plain.shape, dtype=getattr(torch, array.dtype.name))
    if plain.flags.c_contiguous:
        t = torch.from_numpy(plain.copy())  # no view: PyTorch has errors of its own for views of leaves
        return t.view(torch.bfloat16).clone() if array.dtype == BFLOAT16 else t
    owner = plain
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    owner = owner.view(np.int16) if owner.dtype == BFLOAT16 else owner
    offset = (plain.__array_interface__["data"][0] - owner.__array_interface__["data"][0]) // plain.itemsize
    memory = torch.from_numpy(owner.copy("K").reshape(-1) if owner.flags.c_contiguous else owner.T.copy().reshape(-1))
    t = torch.as_strided(memory, plain.shape, [s // plain.itemsize for s in plain.strides], offset)
    return t.view(torch.bfloat16) if array.dtype == BFLOAT16 else t


def to_zanjir(array: np.ndarray) -> zanjir.Tensor:
    """A zanjir tensor likewise; the memory is its own."""
    array = np.asarray(array)
    if array.flags.c_contiguous:
        return _wrap(array.copy())
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    memory = owner.copy("K")
    offset = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    return _wrap(np.ndarray(array.shape, array.dtype, memory, offset, array.strides) if memory.flags.c_contiguous
                 else np.lib.stride_tricks.as_strided(memory, array.shape, array.strides))  # fmt: skip


def _wrap(array: np.ndarray) -> zanjir.Tensor:
    from zanjir.tensor import wrap

    return wrap(array)


def numbers(t: Any) -> np.ndarray:
    """The values of a tensor of either library, as an array NumPy can compare."""
    if isinstance(t, zanjir.Tensor):
        a = t._array
        return a.astype(np.float32) if a.dtype == BFLOAT16 else a
    t = t.detach().resolve_conj().resolve_neg()
    if t._is_zerotensor():
        t = torch.zeros(t.shape, dtype=t.dtype)
    return (t.float() if t.dtype == torch.bfloat16 else t).numpy(force=True)  # a ZeroTensor must be forced


def same(z: Any, t: Any, *, what: str = "result", strides: bool = True, tolerance: float | None = None) -> None:
    """Asserts that a zanjir value is what PyTorch gave."""
    if isinstance(t, torch.Tensor):
        assert isinstance(z, zanjir.Tensor), f"{what}: {type(z).__name__} instead of a tensor"
        assert z.dtype.name == str(t.dtype).removeprefix("torch."), f"{what}: dtype {z.dtype} instead of {t.dtype}"
        assert tuple(z.shape) == tuple(t.shape), f"{what}: shape {tuple(z.shape)} instead of {tuple(t.shape)}"
        if strides:
            assert tuple(z.stride()) == tuple(t.stride()), f"{what}: strides {z.stride()} instead of {t.stride()}"
        assert z.requires_grad == t.requires_grad, (
            f"{what}: requires_grad {z.requires_grad} instead of {t.requires_grad}"
        )
        a, b = numbers(z), numbers(t)
        if a.dtype.kind in "fc":
            rtol = TOLERANCE[z.dtype.name] if tolerance is None else tolerance
            scale = np.abs(b[np.isfinite(b)]).max(initial=0.0)
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * float(scale) + 1e-300, err_msg=what)
        else:
            np.testing.assert_array_equal(a, b, err_msg=what)
    elif isinstance(t, (tuple, list)):
        assert len(z) == len(t), f"{what}: {len(z)} items instead of {len(t)}"
        for i, (zi, ti) in enumerate(zip(z, t, strict=True)):
            same(zi, ti, what=f"{what}[{i}]", strides=strides, tolerance=tolerance)
    elif isinstance(t, float):
        assert z == pytest.approx(t, rel=1e-6, nan_ok=True), what
    elif isinstance(t, (torch.dtype, torch.device)):
        assert str(z).replace("zanjir.", "torch.") == str(t), what
    else:
        assert z == t, f"{what}: {z!r} instead of {t!r}"


class Raised(Exception):
    """What a call raised, as data."""

    def __init__(self, error: BaseException) -> None:
        self.kind = type(error)
        self.text = str(error).replace("zanjir.", "torch.")


def run(f: Callable[..., Any], library: Any, args: list[Any]) -> Any:
    try:
        return f(library, *args)
    except Exception as error:
        return Raised(error)


def flat(value: Any) -> list[Any]:
    """The tensors in a result."""
    if isinstance(value, (torch.Tensor, zanjir.Tensor)):
        return [value]
    if isinstance(value, (tuple, list)):
        return [t for v in value for t in flat(v)]
    return []


def agree(
    f: Callable[..., Any],
    *arrays: Any,
    grad: bool = True,
    second: bool = True,
    strides: bool = True,
    names: bool = True,
    message: bool = True,
    tolerance: float | None = None,
) -> Any:
    """Asserts that ``f(library, *tensors)`` is the same in both libraries. Returns zanjir's result, or its error.

    Args:
        arrays: NumPy arrays become tensors; anything else is passed as it is.
        grad, second: compare gradients, second gradients, of floating and complex inputs.
        strides: compare strides of results.
        names: compare the names of the nodes (``MulBackward0``).
        message: compare the text of errors, not only the class.
        tolerance: relative, in place of the dtype's own.
    """
    ours, theirs, leaves = [], [], []
    for a in arrays:
        if isinstance(a, np.ndarray):
            z, t = to_zanjir(a), to_torch(a)
            if grad and (a.dtype.kind in "fc" or a.dtype == BFLOAT16):
                z.requires_grad_()
                t.requires_grad_()
                leaves.append((z, t))
            ours.append(z)
            theirs.append(t)
        else:
            ours.append(a)
            theirs.append(a)
    t_out, z_out = run(f, torch, theirs), run(f, zanjir, ours)
    if isinstance(t_out, Raised):
        assert isinstance(z_out, Raised), f"PyTorch raised {t_out.kind.__name__}: {t_out.text!r}; zanjir gave {z_out!r}"
        assert z_out.kind is t_out.kind, (z_out.kind, z_out.text, t_out.kind, t_out.text)
        if message:
            assert z_out.text == t_out.text
        return z_out
    assert not isinstance(z_out, Raised), f"zanjir raised {z_out.kind.__name__}: {z_out.text!r}; PyTorch gave {t_out!r}"
    same(z_out, t_out, strides=strides, tolerance=tolerance)
    zs, ts = flat(z_out), flat(t_out)
    if names:
        for z, t in zip(zs, ts, strict=True):
            assert type(z.grad_fn).__name__ == type(t.grad_fn).__name__, "node name"
    if not leaves or not any(t.requires_grad for t in ts):
        return z_out
    rng = np.random.default_rng(0)
    zs, ts = zip(*[(z, t) for z, t in zip(zs, ts, strict=True) if t.requires_grad], strict=True)
    seeds = [cotangent(rng, t) for t in ts]
    create = second
    t_grads = torch.autograd.grad(
        ts, [t for _, t in leaves], [to_torch(s) for s in seeds], create_graph=create, allow_unused=True
    )
    z_grads = zanjir.autograd.grad(
        zs, [z for z, _ in leaves], [to_zanjir(s) for s in seeds], create_graph=create, allow_unused=True
    )
    for i, (z, t) in enumerate(zip(z_grads, t_grads, strict=True)):
        assert (z is None) == (t is None), f"gradient {i}: {z} instead of {t}"
        if t is not None:
            assert z.requires_grad == t.requires_grad or not second or z.requires_grad, (
                f"gradient {i} is not differentiable"
            )
            same(z.detach(), t.detach(), what=f"gradient {i}", strides=False, tolerance=tolerance)
    if not second:
        return z_out
    again = [(z, t) for z, t in zip(z_grads, t_grads, strict=True) if t is not None and t.requires_grad]
    if not again:
        return z_out
    seeds = [cotangent(rng, t) for _, t in again]
    t2 = torch.autograd.grad(
        [t for _, t in again], [t for _, t in leaves], [to_torch(s) for s in seeds], allow_unused=True
    )
    z2 = zanjir.autograd.grad(
        [z for z, _ in again], [z for z, _ in leaves], [to_zanjir(s) for s in seeds], allow_unused=True
    )
    for i, (z, t) in enumerate(itertools.zip_longest(z2, t2)):
        if t is None or z is None:  # a gradient that is zero may be given as None
            assert (t is None or not numbers(t).any()) and (z is None or not numbers(z).any()), (
                f"second gradient {i}: {z}, {t}"
            )
        else:
            same(z.detach(), t.detach(), what=f"second gradient {i}", strides=False,
                 tolerance=10 * TOLERANCE[z.dtype.name] if tolerance is None else 10 * tolerance)  # fmt: skip
    return z_out


def cotangent(rng: np.random.Generator, t: Any) -> np.ndarray:
    """A random gradient for an output of PyTorch's."""
    name = str(t.dtype).removeprefix("torch.")
    values = rng.uniform(0.5, 1.5, tuple(t.shape))
    if t.dtype.is_complex:
        values = values + 1j * rng.uniform(-0.5, 0.5, tuple(t.shape))
    return np.asarray(values).astype(BFLOAT16 if name == "bfloat16" else name)


def sample(shape: tuple[int, ...], dtype: Any, seed: int = 0, low: float = -3.0, high: float = 3.0) -> np.ndarray:
    """Random values of any dtype, between ``low`` and ``high``."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.kind == "u":
        return rng.integers(0, max(1, int(high)) + 1, shape).astype(dtype)
    if dtype.kind == "i":
        return rng.integers(int(low), int(high) + 1, shape).astype(dtype)
    values = rng.uniform(low, high, shape)
    if dtype.kind == "c":
        values = values + 1j * rng.uniform(low, high, shape)
    return np.asarray(values).astype(dtype)


def noncontiguous(array: np.ndarray) -> np.ndarray:
    """The same values in memory with gaps."""
    if not array.ndim:
        return array
    wide = np.zeros((*array.shape[:-1], array.shape[-1] * 2), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def transposed(array: np.ndarray) -> np.ndarray:
    """The same values, the memory in the opposite order of dimensions."""
    return np.ascontiguousarray(array.T).T
