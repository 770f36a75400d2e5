"""Optimizers against PyTorch's: the way the parameters take, what is saved, what is printed, what is refused."""

from __future__ import annotations

import copy
import itertools
import pickle
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from harness import BFLOAT16, numbers, sample, to_torch, to_zanjir, torch

import zanjir

LIBRARIES = (zanjir, torch)
STEPS = 100

#: Relative to the largest element: rounding, as it grows over 100 steps. PyTorch multiplies and adds in one rounding.
ROUNDING = {"float64": 1e-12, "float32": 2e-5, "complex128": 1e-12, "complex64": 2e-5}

SGD_OPTIONS = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.5, "dampening": 0.3},
    {"momentum": 0.5, "dampening": 1.0},
    {"momentum": 0.9, "nesterov": True},
    {"weight_decay": 0.1},
    {"maximize": True},
    {"momentum": 0.9, "weight_decay": 0.1},
    {"momentum": 0.9, "weight_decay": 0.1, "dampening": 0.1, "maximize": True},
    {"momentum": 0.9, "weight_decay": 0.1, "nesterov": True, "maximize": True},
]
ADAM_OPTIONS = [
    {},
    {"betas": (0.5, 0.9)},
    {"betas": (0.3, 0.0)},
    {"betas": (0.0, 0.99), "eps": 1e-3},
    {"eps": 0.0},
    {"weight_decay": 0.1},
    {"weight_decay": 0.1, "decoupled_weight_decay": True},
    {"amsgrad": True},
    {"maximize": True},
    {"amsgrad": True, "weight_decay": 0.1, "maximize": True},
    {"amsgrad": True, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
]
CASES = [("SGD", o) for o in SGD_OPTIONS] + [("Adam", o) for o in ADAM_OPTIONS] + [("AdamW", o) for o in ADAM_OPTIONS[:6]]
CASES = [(n, o) for n, o in CASES if not (n == "AdamW" and "decoupled_weight_decay" in o)]
WAYS = [{}, {"foreach": True}, {"foreach": False}, {"fused": True}, {"differentiable": True}]


def tensor(library: Any, array: np.ndarray) -> Any:
    return to_torch(array) if library is torch else to_zanjir(array)


# ---------------------------------------------------------------------- problems: start, gradient at a point
# The gradients are computed with NumPy from the parameters of each library, so that only the optimizers differ.


def quadratic(x: np.ndarray, t: int) -> np.ndarray:
    scales = np.linspace(0.5, 3.0, x.size, dtype=x.real.dtype).reshape(x.shape)
    return scales * (x - 1)


def noisy(x: np.ndarray, t: int) -> np.ndarray:
    """Gradients of very different sizes, some of them zero."""
    rng = np.random.default_rng(t)
    g = rng.normal(size=x.shape) * 10.0 ** rng.integers(-3, 1, x.shape) * (rng.uniform(size=x.shape) < 0.8)
    return (0.3 * x + g).astype(x.dtype)


def rosenbrock(x: np.ndarray, t: int) -> np.ndarray:
    a, b = x.reshape(-1)[:2]
    g = np.zeros_like(x).reshape(-1)
    g[0] = -2 * (1 - a) - 40 * a * (b - a**2)
    g[1] = 20 * (b - a**2)
    return (0.01 * g).reshape(x.shape).astype(x.dtype)


PROBLEMS = {
    "quadratic": (quadratic, [(3, 4), (), (5,)]),
    "noisy": (noisy, [(2, 3), (0,), (1,)]),
    "rosenbrock": (rosenbrock, [(2,)]),
}


def start(shapes: list[tuple[int, ...]], dtype: Any) -> list[np.ndarray]:
    return [sample(shape, dtype, seed=i, low=-1.0, high=1.0) for i, shape in enumerate(shapes)]


def params(library: Any, arrays: list[np.ndarray]) -> list[Any]:
    return [tensor(library, a).requires_grad_() for a in arrays]


def give(library: Any, tensors: list[Any], gradient: Callable[[np.ndarray, int], np.ndarray], t: int) -> None:
    """Sets the gradients."""
    for i, p in enumerate(tensors):
        if i == 2 and t % 3 == 1:
            p.grad = None  # not every parameter has one every time
            continue
        x = numbers(p.detach())
        g = gradient(x, t)
        p.grad = tensor(library, np.asarray(g).astype(BFLOAT16 if str(p.dtype).endswith("bfloat16") else x.dtype))


def close(ours: Any, theirs: Any, dtype: Any, what: str = "") -> None:
    a, b = numbers(ours.detach()), numbers(theirs.detach())
    assert a.dtype == b.dtype and a.shape == b.shape, what
    tolerance = ROUNDING[np.dtype(dtype).name]
    scale = np.abs(b).max(initial=0.0)
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale, err_msg=what)


def states_agree(ours: Any, theirs: Any, dtype: Any) -> None:
    """Compares two ``state_dict``s: keys, their order, kinds, dtypes, values."""
    assert list(ours) == list(theirs) == ["state", "param_groups"]
    assert list(ours["state"]) == list(theirs["state"])
    for number, values in theirs["state"].items():
        assert list(ours["state"][number]) == list(values)
        for key, value in values.items():
            mine = ours["state"][number][key]
            if value is None:
                assert mine is None
                continue
            assert tuple(mine.shape) == tuple(value.shape) and mine.requires_grad == value.requires_grad
            assert str(mine.dtype).replace("zanjir", "torch") == str(value.dtype), key
            if key == "step":
                assert mine.item() == value.item()
            else:
                close(mine, value, dtype, key)
    assert len(ours["param_groups"]) == len(theirs["param_groups"])
    for mine, group in zip(ours["param_groups"], theirs["param_groups"], strict=True):
        assert list(mine) == list(group)
        for key, value in group.items():
            if isinstance(value, torch.Tensor):
                assert isinstance(mine[key], zanjir.Tensor) and mine[key].item() == value.item()
            elif key == "betas" and isinstance(value[0], torch.Tensor):
                assert [b.item() for b in mine[key]] == [b.item() for b in value]
            else:
                assert mine[key] == value and type(mine[key]) is type(value), key


def across(library: Any, value: Any) -> Any:
    """A state with its tensors turned into those of ``library``."""
    if isinstance(value, (torch.Tensor, zanjir.Tensor)):
        array = value._array if isinstance(value, zanjir.Tensor) else value.detach().numpy()
        t = tensor(library, array.copy())
        return t.requires_grad_() if value.requires_grad else t
    if isinstance(value, dict):
        return {k: across(library, v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(across(library, v) for v in value)
    return value


def optimizers(name: str, options: dict[str, Any], problem: str, dtype: Any) -> Iterator[tuple[Any, list[Any], Any]]:
    for library in LIBRARIES:
        tensors = params(library, start(PROBLEMS[problem][1], dtype))
        given = {k: v(library) if callable(v) else v for k, v in options.items()}
        yield library, tensors, getattr(library.optim, name)(tensors, **given)


def supported(dtype: Any, options: dict[str, Any]) -> bool:
    return not (np.dtype(dtype).kind == "c" and options.get("fused"))


# ---------------------------------------------------------------------- trajectories


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128, np.complex64], ids=lambda d: d.__name__)
@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("name, options", CASES, ids=str)
def test_trajectory(name: str, options: dict[str, Any], way: dict[str, Any], dtype: Any) -> None:
    options = {"lr": 0.02, **options, **way}
    if not supported(dtype, options):
        pytest.skip("fused is for real dtypes")
    for problem, (gradient, _) in PROBLEMS.items():
        if problem == "rosenbrock" and (np.dtype(dtype).kind == "c" or options.get("maximize")):
            continue
        (_, ours, mine), (_, theirs, other) = runs = list(optimizers(name, options, problem, dtype))
        differentiable = options.get("differentiable")
        for t in range(STEPS):
            for library, tensors, optimizer in runs:
                give(library, tensors, gradient, t)
                if differentiable:
                    with library.no_grad():
                        optimizer.step.__wrapped__.__wrapped__(optimizer)
                else:
                    optimizer.step()
            if t in (0, 1, 2, 9, STEPS - 1):
                for i, (z, p) in enumerate(zip(ours, theirs, strict=True)):
                    close(z, p, dtype, f"{problem}, parameter {i} after step {t}")
        states_agree(mine.state_dict(), other.state_dict(), dtype)
