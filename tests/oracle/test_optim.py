"""Optimizers against PyTorch's: the way the parameters take, what is saved, what is printed, what is refused."""

from __future__ import annotations

import copy
import importlib
import inspect
import itertools
import pickle
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from harness import BFLOAT16, numbers, sample, to_torch, to_zanjir, torch

import zanjir

LIBRARIES = (zanjir, torch)
STEPS = 100

#: What rounding may do in 100 steps to parameters of size 1, and to the state that is computed from them. (PyTorch
#: multiplies and adds in one rounding, NumPy in two.)
ROUNDING = {"float64": 1e-12, "float32": 2e-6, "complex128": 1e-12, "complex64": 2e-6}

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
# With a small β₂ Adam near an optimum amplifies rounding, in any library; so there is none below 0.98.
ADAM_OPTIONS = [
    {},
    {"betas": (0.5, 0.98)},
    {"betas": (0.3, 0.99)},
    {"betas": (0.0, 0.99), "eps": 1e-3},
    {"eps": 0.0},
    {"weight_decay": 0.1},
    {"weight_decay": 0.1, "decoupled_weight_decay": True},
    {"amsgrad": True},
    {"maximize": True},
    {"amsgrad": True, "weight_decay": 0.1, "maximize": True},
    {"amsgrad": True, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
]
CASES = [("SGD", o) for o in SGD_OPTIONS] + [("Adam", o) for o in ADAM_OPTIONS]
CASES += [("AdamW", o) for o in ADAM_OPTIONS if "decoupled_weight_decay" not in o]
WAYS = [{}, {"foreach": True}, {"fused": True}, {"differentiable": True}]


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


def params(library: Any, arrays: list[np.ndarray], requires_grad: bool = True) -> list[Any]:
    return [tensor(library, a).requires_grad_(requires_grad) for a in arrays]


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
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=what)


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
        name = str(value.dtype).split(".")[-1]
        t = tensor(library, numbers(value.detach()).astype(BFLOAT16 if name == "bfloat16" else name))
        return t.requires_grad_() if value.requires_grad else t
    if isinstance(value, dict):
        return {k: across(library, v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(across(library, v) for v in value)
    return value


def optimizers(name: str, options: dict[str, Any], problem: str, dtype: Any) -> Iterator[tuple[Any, list[Any], Any]]:
    for library in LIBRARIES:
        # A differentiable step writes to parameters in grad mode, where leaves that require grad may not be written to.
        tensors = params(library, start(PROBLEMS[problem][1], dtype), not options.get("differentiable"))
        given = {k: v(library) if callable(v) else v for k, v in options.items()}
        yield library, tensors, getattr(library.optim, name)(tensors, **given)


# ---------------------------------------------------------------------- trajectories


@pytest.fixture
def precision(dtype: Any) -> Iterator[None]:
    """The default dtype as precise as ``dtype``: steps are counted in it; a differentiable step computes βᵗ in it."""
    for library in LIBRARIES:
        library.set_default_dtype(library.float32 if dtype in (np.float32, np.complex64) else library.float64)
    yield
    for library in LIBRARIES:
        library.set_default_dtype(library.float32)


@pytest.mark.usefixtures("precision")
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128, np.complex64], ids=lambda d: d.__name__)
@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("name, options", CASES, ids=str)
def test_trajectory(name: str, options: dict[str, Any], way: dict[str, Any], dtype: Any) -> None:
    options = {"lr": 0.02, **options, **way}
    if np.dtype(dtype).kind == "c" and (options.get("fused") or options.get("foreach")):
        pytest.skip("PyTorch's fused steps refuse complex parameters, its grouped ones are the plain ones")
    for problem, (gradient, _) in PROBLEMS.items():
        if problem == "rosenbrock" and (np.dtype(dtype).kind == "c" or options.get("maximize")):
            continue
        (_, ours, mine), (_, theirs, other) = runs = list(optimizers(name, options, problem, dtype))
        for t in range(STEPS):
            for library, tensors, optimizer in runs:
                give(library, tensors, gradient, t)
                optimizer.step()
            if t in (0, 1, 2, 9, STEPS - 1):
                for i, (z, p) in enumerate(zip(ours, theirs, strict=True)):
                    close(z, p, dtype, f"{problem}, parameter {i} after step {t}")
        states_agree(mine.state_dict(), other.state_dict(), dtype)


@pytest.mark.parametrize("dtype", [np.float16, BFLOAT16], ids=str)
@pytest.mark.parametrize("way", [{}, {"foreach": True}, {"fused": True}], ids=str)
@pytest.mark.parametrize("name, options", CASES, ids=str)
def test_half(name: str, options: dict[str, Any], way: dict[str, Any], dtype: Any) -> None:
    """From the same state a step ends where PyTorch's does, up to the last place of few elements.

    PyTorch itself has two results of ``a + alpha * b`` in half precision: in full vectors (of 16 or 32 elements, by the
    machine) the product is not rounded, in what is left over it is; one element in 16 shows it.
    """
    options = {"lr": 0.02, **options, **way}
    gradient, _ = PROBLEMS["noisy"]
    eps = float(ml_dtypes.finfo(dtype).eps)
    (_, ours, mine), (_, theirs, other) = optimizers(name, options, "noisy", dtype)
    off = total = 0
    for t in range(20):
        before = [single(p) for p in theirs]
        for library, tensors, optimizer in ((zanjir, ours, mine), (torch, theirs, other)):
            give(library, tensors, gradient, t)
            optimizer.step()
        for i, (z, p) in enumerate(zip(ours, theirs, strict=True)):
            a, b, start = single(z), single(p), before[i]
            unlike = ~((a == b) | (np.isnan(a) & np.isnan(b)))
            unit = 2 * eps * np.maximum(np.abs(b), np.abs(start)) + 4 * eps * np.abs(b - start)
            assert (np.abs(a - b)[unlike] <= unit[unlike]).all(), (t, i, a, b)
            off += int(unlike.sum())
            total += a.size
        mine.load_state_dict(across(zanjir, other.state_dict()))
        for z, p in zip(ours, theirs, strict=True):
            z.data = to_zanjir(numbers(p.detach()).astype(dtype))
    assert off <= total / 10, f"{off} of {total} differ"


def single(t: Any) -> np.ndarray:
    return numbers(t.detach()).astype(np.float32)


HYPERPARAMETERS = [
    ("SGD", {"lr": lambda lib: lib.tensor(0.02)}),
    ("SGD", {"lr": lambda lib: lib.tensor([0.02], dtype=lib.float64), "momentum": 0.9}),
    ("SGD", {"lr": lambda lib: lib.tensor(0.02), "foreach": True, "weight_decay": 0.1}),
    ("SGD", {"lr": lambda lib: lib.tensor(0.02), "fused": True}),
    ("SGD", {"lr": 0.02, "weight_decay": lambda lib: lib.tensor(0.1)}),
    ("SGD", {"lr": lambda lib: lib.tensor(0.02, requires_grad=True)}),
    ("Adam", {"lr": lambda lib: lib.tensor(0.02)}),
    ("Adam", {"lr": lambda lib: lib.tensor([0.02], dtype=lib.float64), "amsgrad": True}),
    ("Adam", {"lr": lambda lib: lib.tensor(0.02), "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("Adam", {"lr": lambda lib: lib.tensor(0.02), "fused": True}),
    ("Adam", {"lr": 0.02, "betas": lambda lib: (lib.tensor(0.8), lib.tensor(0.95))}),
    ("Adam", {"lr": 0.02, "betas": lambda lib: (lib.tensor([0.3]), lib.tensor(0.95))}),
    ("Adam", {"lr": 0.02, "betas": lambda lib: (lib.tensor(0.8), lib.tensor(0.95)), "differentiable": True}),
    ("Adam", {"lr": lambda lib: lib.tensor(0.02), "betas": lambda lib: (lib.tensor(0.8), lib.tensor(0.95))}),
    ("Adam", {"lr": lambda lib: lib.tensor(0.02), "differentiable": True, "amsgrad": True}),
    ("AdamW", {"lr": lambda lib: lib.tensor(0.02), "weight_decay": 0.1}),
]


named = pytest.mark.parametrize(
    "name, options", HYPERPARAMETERS, ids=lambda v: v if isinstance(v, str) else "+".join(v)
)


@pytest.mark.usefixtures("precision")
@pytest.mark.parametrize("dtype, steps", [(np.float64, STEPS), (np.float32, 10)], ids=["float64", "float32"])
@named
def test_tensors_for_numbers(name: str, options: dict[str, Any], dtype: Any, steps: int) -> None:
    """Fewer steps in float32: the last digit of βᵗ, where β is a tensor, is the mathematical library's."""
    (_, ours, mine), (_, theirs, other) = optimizers(name, options, "quadratic", dtype)
    for t in range(steps):
        give(zanjir, ours, quadratic, t)
        give(torch, theirs, quadratic, t)
        mine.step()
        other.step()
    for z, p in zip(ours, theirs, strict=True):
        close(z, p, dtype)
    states_agree(mine.state_dict(), other.state_dict(), dtype)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_layouts(name: str) -> None:
    """Transposed, strided and large parameters, with gradients laid out differently."""
    rng = np.random.default_rng(0)
    big, wide = rng.normal(size=(300, 200)), rng.normal(size=(6, 8))
    arrays = [big, rng.normal(size=(200, 300)).T, wide[:, ::2], wide[::2].T]
    grads = [big.T.copy().T, big, rng.normal(size=(4, 6)).T, rng.normal(size=(8, 3))]
    results = []
    for library in LIBRARIES:
        tensors = params(library, arrays)
        optimizer = getattr(library.optim, name)(tensors, lr=0.1, weight_decay=0.1, maximize=True)
        for _ in range(3):
            for p, g in zip(tensors, grads, strict=True):
                p.grad = tensor(library, g)
            optimizer.step()
        results.append((tensors, optimizer))
    for z, p in zip(results[0][0], results[1][0], strict=True):
        close(z, p, np.float64)
        assert z.stride() == p.stride()
        for key, value in results[1][1].state[p].items():
            if value is not None:
                assert results[0][1].state[z][key].stride() == value.stride(), key


@pytest.mark.parametrize("name, options", CASES, ids=str)
@pytest.mark.parametrize("back", [False, True], ids=["from torch", "to torch"])
def test_state_moves_mid_run(name: str, options: dict[str, Any], back: bool) -> None:
    """A run that goes on in the other library, from its ``state_dict``, ends where the unbroken one does."""
    gradient, _ = PROBLEMS["noisy"]
    options = {"lr": 0.02, **options}
    first, second = (zanjir, torch) if back else (torch, zanjir)
    runs = {library: rest for library, *rest in optimizers(name, options, "noisy", np.float64)}
    tensors, optimizer = runs[first]
    for t in range(10):
        give(first, tensors, gradient, t)
        optimizer.step()
    moved, target = runs[second]
    for p, q in zip(moved, tensors, strict=True):
        p.data = across(second, q.detach())
    target.load_state_dict(across(second, optimizer.state_dict()))
    for t in range(10, 20):
        give(first, tensors, gradient, t)
        optimizer.step()
        give(second, moved, gradient, t)
        target.step()
    (ours, mine), (theirs, other) = runs[zanjir], runs[torch]
    for z, p in zip(ours, theirs, strict=True):
        close(z, p, np.float64)
    states_agree(mine.state_dict(), other.state_dict(), np.float64)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex128], ids=lambda d: d.__name__)
@pytest.mark.parametrize("fused", [None, True])
def test_loaded_dtypes(dtype: Any, fused: bool | None) -> None:
    """State takes the dtype of its parameter, ``step`` its own or float32."""
    seen = []
    for library in LIBRARIES:
        p = tensor(library, np.ones(2, np.float64)).requires_grad_()
        saver = library.optim.Adam([p], fused=fused, amsgrad=True)
        p.grad = tensor(library, np.ones(2))
        saver.step()
        state = saver.state_dict()
        state["state"][0]["step"] = state["state"][0]["step"].double()
        state["state"][0]["more"] = [library.tensor([1, 2]), {"deep": library.ones(2)}, 3, None]
        q = tensor(library, np.ones(2, dtype)).requires_grad_()
        loader = library.optim.Adam([q])
        loader.load_state_dict(state)
        values = loader.state[q]
        dtypes = {k: str(v.dtype).split(".")[-1] for k, v in values.items() if k != "more"}
        more = values["more"]
        seen.append((dtypes, str(more[0].dtype).split(".")[-1], str(more[1]["deep"].dtype).split(".")[-1], more[2:]))
    assert seen[0] == seen[1]


def test_loading_shares_what_needs_no_cast() -> None:
    for library in LIBRARIES:
        p = library.ones(2, requires_grad=True)
        optimizer = library.optim.SGD([p], lr=0.1, momentum=0.9)
        p.grad = library.ones(2)
        optimizer.step()
        state = optimizer.state_dict()
        assert state["state"][0]["momentum_buffer"] is optimizer.state[p]["momentum_buffer"]
        again = library.optim.SGD([p], lr=0.1)
        again.load_state_dict(state)
        assert again.state[p]["momentum_buffer"] is optimizer.state[p]["momentum_buffer"]
        assert again.param_groups[0] is not state["param_groups"][0]
        assert again.param_groups[0]["momentum"] == 0.9


# ---------------------------------------------------------------------- gradients through a step


def through(library: Any, name: str, options: dict[str, Any], wanted: list[str]) -> tuple[list[Any], Any]:
    """Two differentiable steps; the gradients of what came out, by what went in."""
    w = tensor(library, np.array([0.5, -1.0, 2.0])).requires_grad_()
    given = {
        "lr": library.tensor(0.1, dtype=library.float64, requires_grad="lr" in wanted),
        "weight_decay": 0.2,
    }
    if "weight_decay" in wanted:
        given["weight_decay"] = library.tensor(0.2, dtype=library.float64, requires_grad=True)
    if name == "Adam":
        given["betas"] = tuple(
            library.tensor(b, dtype=library.float64, requires_grad=True) if "betas" in wanted else b for b in (0.8, 0.9)
        )
    p = w.clone()
    optimizer = getattr(library.optim, name)([p], differentiable=True, **{**given, **options})
    x = tensor(library, np.array([1.0, 2.0, 3.0])).requires_grad_()
    for k in range(2):
        p.grad = (x * (k + 1)).sin()
        optimizer.step()
    leaves = [w, x, *[given[n] for n in wanted if n != "betas"], *(given["betas"] if "betas" in wanted else ())]
    grads = library.autograd.grad((p * p).sum(), leaves, allow_unused=True)
    return list(grads), p


@pytest.mark.parametrize(
    "name, options, wanted",
    [
        ("SGD", {}, []),
        ("SGD", {}, ["lr"]),
        ("SGD", {"momentum": 0.9}, ["lr"]),
        ("SGD", {"momentum": 0.9, "nesterov": True, "maximize": True}, ["lr"]),
        ("SGD", {"maximize": True}, ["weight_decay", "lr"]),
        ("Adam", {"lr": 0.1}, []),
        ("Adam", {}, ["lr"]),
        ("Adam", {"amsgrad": True, "maximize": True}, ["lr"]),
        ("Adam", {"decoupled_weight_decay": True}, ["lr", "weight_decay"]),
        ("Adam", {}, ["lr", "betas"]),
        ("Adam", {"maximize": True}, ["lr", "weight_decay"]),
    ],
    ids=str,
)
def test_differentiable(name: str, options: dict[str, Any], wanted: list[str]) -> None:
    z = raised(lambda library: through(library, name, options, wanted), zanjir)
    t = raised(lambda library: through(library, name, options, wanted), torch)
    if t is not None:  # a buffer that a second step has overwritten: the counts of its versions are not compared
        assert z is not None and z[0] is t[0]
        assert re.sub(r"version \d+", "version", z[1]) == re.sub(r"version \d+", "version", t[1])
        return
    ours, p = through(zanjir, name, options, wanted)
    theirs, q = through(torch, name, options, wanted)
    close(p, q, np.float64)
    assert type(p.grad_fn).__name__ == type(q.grad_fn).__name__
    for z, t in zip(ours, theirs, strict=True):
        assert (z is None) == (t is None)
        if t is not None:
            close(z, t, np.float64)


# ---------------------------------------------------------------------- what is refused


def raised(f: Callable[[Any], Any], library: Any) -> tuple[type, str] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            f(library)
    except Exception as error:
        return type(error), re.sub(r"0x[0-9a-f]+", "0x", str(error)).replace("zanjir.", "torch.")
    return None


def two(library: Any) -> list[Any]:
    return [library.ones(2, requires_grad=True), library.ones(3, requires_grad=True)]


def stepped(library: Any, name: str, array: Any = None, **options: Any) -> Any:
    p = tensor(library, np.ones(2, np.float32) if array is None else array).requires_grad_()
    p.grad = library.ones_like(p)
    optimizer = getattr(library.optim, name)([p], **options)
    optimizer.step()
    return optimizer


def loaded(library: Any, groups: int, sizes: int) -> None:
    a = [library.ones(1, requires_grad=True) for _ in range(4)]
    optimizer = library.optim.SGD([{"params": a[:2]}, {"params": a[2:]}])
    state = optimizer.state_dict()
    state["param_groups"] = [{"params": list(range(sizes))}] * groups
    optimizer.load_state_dict(state)


def bad_hook(library: Any) -> None:
    optimizer = library.optim.SGD(two(library))
    optimizer.register_step_pre_hook(lambda *args: 3)
    optimizer.step()


def required_missing(library: Any) -> None:
    required = __import__(f"{library.__name__}.optim.optimizer", fromlist=["required"]).required
    assert repr(required) == "<required parameter>"
    library.optim.Optimizer(two(library), {"lr": required})


REFUSED: dict[str, Callable[[Any], Any]] = {
    "empty": lambda lib: lib.optim.SGD([]),
    "tensor": lambda lib: lib.optim.SGD(lib.ones(2, requires_grad=True)),
    "double tensor": lambda lib: lib.optim.Adam(lib.ones(2, dtype=lib.float64)),
    "number": lambda lib: lib.optim.SGD([1.0]),
    "class": lambda lib: lib.optim.SGD([lib.Tensor]),
    "number 2": lambda lib: lib.optim.SGD([{"params": [2]}]),
    "none": lambda lib: lib.optim.SGD(None),
    "set": lambda lib: lib.optim.SGD([{"params": {lib.ones(2)}}]),
    "no params": lambda lib: lib.optim.SGD([{"lr": 1}]),
    "group no dict": lambda lib: lib.optim.SGD([{"params": two(lib)}, two(lib)]),
    "non-leaf": lambda lib: lib.optim.SGD([lib.ones(2, requires_grad=True) * 2]),
    "two groups": lambda lib: [lib.optim.SGD([{"params": p[:1]}, {"params": p}]) for p in [two(lib)]],
    "names for some": lambda lib: lib.optim.SGD([("a", two(lib)[0]), two(lib)[1]]),
    "names for one group": lambda lib: lib.optim.SGD([{"params": [("a", two(lib)[0])]}, {"params": two(lib)}]),
    "names for other group": lambda lib: lib.optim.SGD([{"params": two(lib)}, {"params": [("a", two(lib)[0])]}]),
    "sgd lr": lambda lib: lib.optim.SGD(two(lib), lr=-1),
    "sgd lr float": lambda lib: lib.optim.SGD(two(lib), lr=-0.5),
    "sgd lr nan": lambda lib: lib.optim.SGD(two(lib), lr=float("nan")),
    "sgd lr tensor": lambda lib: lib.optim.SGD(two(lib), lr=lib.tensor(-1.0)),
    "sgd lr tensors": lambda lib: lib.optim.SGD(two(lib), lr=lib.tensor([1.0, 2.0])),
    "sgd lr string": lambda lib: lib.optim.SGD(two(lib), lr="a"),
    "sgd momentum": lambda lib: lib.optim.SGD(two(lib), momentum=-1),
    "sgd weight decay": lambda lib: lib.optim.SGD(two(lib), weight_decay=-1),
    "sgd nesterov": lambda lib: lib.optim.SGD(two(lib), nesterov=True),
    "sgd nesterov dampening": lambda lib: lib.optim.SGD(two(lib), nesterov=True, momentum=0.9, dampening=0.1),
    "sgd nesterov before empty": lambda lib: lib.optim.SGD([], nesterov=True),
    "sgd fused differentiable": lambda lib: lib.optim.SGD(two(lib), fused=True, differentiable=True),
    "sgd fused foreach": lambda lib: lib.optim.SGD(two(lib), fused=True, foreach=True),
    "sgd fused complex": lambda lib: stepped(lib, "SGD", np.ones(2, np.complex64), fused=True),
    "sgd unknown": lambda lib: lib.optim.SGD(two(lib), learning_rate=1),
    "sgd huge": lambda lib: stepped(lib, "SGD", lr=1e300),
    "sgd positional": lambda lib: lib.optim.SGD(two(lib), 1, 0, 0, 0, False, True),
    "adam lr": lambda lib: lib.optim.Adam(two(lib), lr=-1.0),
    "adam lr nan": lambda lib: lib.optim.Adam(two(lib), lr=float("nan")),
    "adam eps": lambda lib: lib.optim.Adam(two(lib), eps=-1.0),
    "adam beta 0": lambda lib: lib.optim.Adam(two(lib), betas=(1.0, 0.9)),
    "adam beta 1": lambda lib: lib.optim.Adam(two(lib), betas=(0.9, -0.1)),
    "adam betas": lambda lib: lib.optim.Adam(two(lib), betas=(0.9, lib.tensor(0.9))),
    "adam betas ints": lambda lib: lib.optim.Adam(two(lib), betas=(0, 0)),
    "adam betas foreach": lambda lib: lib.optim.Adam(two(lib), betas=(lib.tensor(0.9), lib.tensor(0.9)), foreach=True),
    "adam betas many": lambda lib: lib.optim.Adam(two(lib), betas=(lib.tensor([0.9]), lib.tensor([[0.5], [0.6]]))),
    "adam weight decay": lambda lib: lib.optim.Adam(two(lib), weight_decay=-1.0),
    "adam lr tensor foreach": lambda lib: lib.optim.Adam(two(lib), lr=lib.tensor(1.0), foreach=True),
    "adam lr tensors": lambda lib: lib.optim.Adam(two(lib), lr=lib.tensor([1.0, 2.0])),
    "adam fused differentiable": lambda lib: lib.optim.Adam(two(lib), fused=True, differentiable=True),
    "adam fused foreach": lambda lib: lib.optim.Adam(two(lib), fused=True, foreach=True),
    "adam fused complex": lambda lib: stepped(lib, "Adam", np.ones(2, np.complex64), fused=True),
    "adam capturable": lambda lib: stepped(lib, "Adam", capturable=True),
    "adam capturable foreach": lambda lib: stepped(lib, "Adam", capturable=True, foreach=True),
    "adam foreach differentiable": lambda lib: stepped(lib, "Adam", differentiable=True, foreach=True),
    "adamw decoupled": lambda lib: lib.optim.AdamW(two(lib), decoupled_weight_decay=True),
    "group": lambda lib: lib.optim.SGD(two(lib)).add_param_group([1]),
    "step": lambda lib: lib.optim.Optimizer(two(lib), {}).step(),
    "load groups": lambda lib: loaded(lib, 1, 2),
    "load sizes": lambda lib: loaded(lib, 2, 3),
    "hook": bad_hook,
    "required": required_missing,
    "leaf in differentiable": lambda lib: stepped(lib, "SGD", differentiable=True),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str) -> None:
    f = REFUSED[what]
    theirs, ours = raised(f, torch), raised(f, zanjir)
    assert ours == theirs


def test_duplicates_warn() -> None:
    texts = []
    for library in LIBRARIES:
        p = library.ones(2, requires_grad=True)
        with pytest.warns(UserWarning, match="duplicate parameters") as caught:
            library.optim.SGD([p, p], lr=0.1)
        texts.append([str(w.message) for w in caught])
    assert texts[0] == texts[1]


# ---------------------------------------------------------------------- what is shown and kept


@pytest.mark.parametrize(
    "make",
    [
        lambda lib, p: lib.optim.SGD(p),
        lambda lib, p: lib.optim.SGD(p, lr=lib.tensor(0.1), momentum=0.9),
        lambda lib, p: lib.optim.Adam(p, lr=1),
        lambda lib, p: lib.optim.AdamW(p, 1e-3, (0.5, 0.25), 1e-4, 0.5, True, foreach=False),
        lambda lib, p: lib.optim.Adam(p, betas=(lib.tensor(0.9), lib.tensor([0.99]))),
        lambda lib, p: lib.optim.SGD([{"params": p[:1], "lr": 0.5, "mine": [1]}, {"params": p[1]}], momentum=0.9),
        lambda lib, p: lib.optim.Adam([("w", p[0]), ("b", p[1])]),
        lambda lib, p: lib.optim.Adam([{"params": [("w", p[0])], "lr": 3}, {"params": iter([("b", p[1])])}]),
        lambda lib, p: lib.optim.Optimizer(p, {"lr": 1, "a": None}),
        lambda lib, p: lib.optim.SGD((q for q in p), lr=np.float64(0.5)),
    ],
)
def test_shown(make: Callable[[Any, Any], Any]) -> None:
    ours, theirs = (make(library, two(library)) for library in LIBRARIES)
    assert repr(ours).replace("zanjir", "torch") == repr(theirs)
    assert repr(ours.defaults).replace("zanjir", "torch") == repr(theirs.defaults)
    states_agree(ours.state_dict(), theirs.state_dict(), np.float32)
    for mine, group in zip(ours.param_groups, theirs.param_groups, strict=True):
        assert list(mine) == list(group) and len(mine["params"]) == len(group["params"])


def test_signatures() -> None:
    for name in ("SGD", "Adam", "AdamW", "Optimizer"):
        ours, theirs = getattr(zanjir.optim, name), getattr(torch.optim, name)
        for method in ("__init__", *[n for n in vars(torch.optim.Optimizer) if n[0] != "_"]):
            if not callable(getattr(theirs, method)):
                continue
            if method.startswith("Optimizer"):
                assert hasattr(ours, method)
                continue
            mine, other = (inspect.signature(getattr(o, method)).parameters.values() for o in (ours, theirs))
            shape = [(p.name, p.kind, p.default) for p in other]
            assert [(p.name, p.kind, p.default) for p in mine] == shape, (name, method)
    for module, name in (("sgd", "sgd"), ("adam", "adam")):
        modules = [importlib.import_module(f"{library.__name__}.optim.{module}") for library in LIBRARIES]
        mine, other = (inspect.signature(getattr(m, name)).parameters.values() for m in modules)
        assert [(p.name, p.kind, p.default) for p in mine] == [(p.name, p.kind, p.default) for p in other]


def test_names_others_import() -> None:
    for module in ("optimizer", "sgd", "adam", "adamw"):
        ours, theirs = (importlib.import_module(f"{library.__name__}.optim.{module}") for library in LIBRARIES)
        assert set(ours.__all__) == set(theirs.__all__)
        assert not hasattr(torch.optim, module) and not hasattr(zanjir.optim, module)
    ours, theirs = (importlib.import_module(f"{library.__name__}.optim.optimizer") for library in LIBRARIES)
    names = (
        "Args Kwargs StateDict ParamsT DeviceDict DeviceDtypeDict GlobalOptimizerPreHook",
        "GlobalOptimizerPostHook required _RequiredParameter _use_grad_for_differentiable _get_value",
        "_stack_if_compiling _to_scalar _get_scalar_dtype _default_to_fused_or_foreach",
        "_disable_dynamo_if_unsupported _view_as_real _get_capturable_supported_devices",
        "_get_fused_kernels_supported_devices _device_dtype_check_for_fused _params_doc _foreach_doc",
        "_fused_doc _capturable_doc _differentiable_doc _maximize_doc",
    )
    for name in " ".join(names).split():
        assert hasattr(theirs, name) and hasattr(ours, name), name
    assert ours._get_capturable_supported_devices() == theirs._get_capturable_supported_devices()
    assert ours._get_fused_kernels_supported_devices() == theirs._get_fused_kernels_supported_devices()


def test_hooks() -> None:
    """All hooks, their order, what they may change, and how they are taken away."""
    logs = []
    for library in LIBRARIES:
        log: list[Any] = []
        module = importlib.import_module(f"{library.__name__}.optim.optimizer")
        p = library.ones(2, requires_grad=True)
        optimizer = library.optim.SGD([p], lr=0.1, momentum=0.9)

        def note(what: str, log: list[Any] = log, optimizer: Any = optimizer) -> Callable[..., None]:
            def hook(*args: Any) -> None:
                rest = [(type(a).__name__, len(a)) for a in args[1:]]
                log.append((what, args[0] is optimizer, rest))

            return hook

        def closure(p: Any = p, library: Any = library, log: list[Any] = log) -> Any:
            log.append(("closure", library.is_grad_enabled()))
            p.grad = library.ones(2)
            return 5

        handles = [
            optimizer.register_step_pre_hook(note("pre")),
            module.register_optimizer_step_pre_hook(note("global pre")),
            module.register_optimizer_step_post_hook(note("global post")),
            optimizer.register_step_post_hook(note("post")),
            optimizer.register_step_pre_hook(lambda o, a, kwargs: (a[:1], {"closure": a[1]}) if a[1:] else None),
            optimizer.register_step_pre_hook(note("last pre")),
            optimizer.register_state_dict_pre_hook(note("state pre")),
            optimizer.register_state_dict_pre_hook(note("state pre first"), prepend=True),
            optimizer.register_state_dict_post_hook(note("state post")),
            optimizer.register_state_dict_post_hook(lambda o, d: {**d, "extra": 1}, prepend=True),
            optimizer.register_load_state_dict_pre_hook(note("load pre")),
            optimizer.register_load_state_dict_pre_hook(lambda o, d: d.pop("extra", None) and None, prepend=True),
            optimizer.register_load_state_dict_post_hook(note("load post")),
            optimizer.register_load_state_dict_post_hook(note("load post first"), prepend=True),
        ]
        log.append(optimizer.step(closure))
        log.append(optimizer.step())
        state = optimizer.state_dict()
        log.append(list(state))
        optimizer.load_state_dict(state)
        log.append(list(state))
        twin = copy.deepcopy(optimizer)
        for handle in handles:
            handle.remove()
        optimizer.step()
        twin.step()
        log.append(optimizer.state_dict() == 0)
        log.append(p.tolist())
        logs.append(log)
    assert logs[0] == logs[1]


@pytest.mark.parametrize("how", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))], ids=["deepcopy", "pickle"])
def test_copies(how: Callable[[Any], Any]) -> None:
    results = []
    for library in LIBRARIES:
        p = library.tensor([1.0, 2.0], requires_grad=True)
        optimizer = library.optim.Adam([p], lr=0.1)
        p.grad = library.ones(2)
        optimizer.step()
        twin = how(optimizer)
        (q,) = twin.param_groups[0]["params"]
        assert q is not p and q in twin.state and p not in twin.state
        q.grad = library.ones(2)
        twin.step()
        results.append((p.tolist(), q.tolist(), repr(twin), sorted(vars(twin)), twin.state[q]["step"].item()))
    ours, theirs = results
    assert ours[2] == theirs[2] and ours[4] == theirs[4] == 2.0
    np.testing.assert_allclose(ours[0] + ours[1], theirs[0] + theirs[1], rtol=1e-6)


def test_old_states() -> None:
    """A state from before an option existed, with the step a number."""
    results = []
    for library in LIBRARIES:
        p = library.tensor([1.0, 2.0], requires_grad=True)
        optimizer = library.optim.Adam([p], lr=0.1, amsgrad=True, fused=False)
        old = {
            "state": {0: {"step": 3, "exp_avg": library.ones(2), "exp_avg_sq": library.ones(2)}, "extra": 7},
            "param_groups": [{"params": [0], "lr": 0.2, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0}],
        }
        optimizer.load_state_dict(old)
        p.grad = library.ones(2)
        optimizer.step()
        step, extra = optimizer.state[p]["step"], optimizer.state["extra"]
        results.append((p.tolist(), repr(optimizer), step.item(), str(step.dtype).split(".")[-1], extra))
        sgd = library.optim.SGD([p], lr=0.1)
        sgd.load_state_dict({"state": {}, "param_groups": [{"params": [0], "lr": 0.2}]})
        results[-1] += (repr(sgd),)
    assert results[0] == results[1]


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad(set_to_none: bool) -> None:
    results = []
    for library in LIBRARIES:
        p, q, r = (library.ones(2, requires_grad=True) for _ in range(3))
        (p * p).sum().backward(create_graph=True)
        r.grad = library.ones(2, requires_grad=True)
        before = p.grad
        optimizer = library.optim.SGD([p, q, r])
        optimizer.zero_grad(set_to_none=set_to_none)
        results.append([None if t.grad is None else (t.grad.tolist(), t.grad.requires_grad) for t in (p, q, r)])
        assert (p.grad is before) is (not set_to_none)
    assert results[0] == results[1]


def test_versions() -> None:
    """A step counts as a write: backward through what was computed before raises, as it does in PyTorch."""
    texts = []
    for library in LIBRARIES:
        w = library.tensor([1.0, 2.0], requires_grad=True)
        y = (w * w).sum()
        w.grad = library.ones(2)
        library.optim.SGD([w], lr=0.1).step()
        assert w._version == 1
        with pytest.raises(RuntimeError) as error:
            y.backward()
        texts.append(str(error.value))
    assert texts[0] == texts[1]


def test_views_share_the_update() -> None:
    results = []
    for library in LIBRARIES:
        w = library.tensor([1.0, 2.0, 3.0, 4.0])
        view = w[1:3].detach().requires_grad_()
        view.grad = library.ones(2)
        library.optim.SGD([view], lr=0.5).step()
        results.append((w.tolist(), w._version))
    assert results[0] == results[1]


def test_default_dtype() -> None:
    results = []
    for library in LIBRARIES:
        try:
            library.set_default_dtype(library.float64)
            optimizer = stepped(library, "Adam")
            fused = stepped(library, "Adam", fused=True)
        finally:
            library.set_default_dtype(library.float32)
        results.append([str(s["step"].dtype).split(".")[-1] for o in (optimizer, fused) for s in o.state.values()])
    assert results[0] == results[1] == ["float64", "float32"]


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_scaler(name: str) -> None:
    """The attributes a gradient scaler sets on fused optimizers."""
    results = []
    for library, inf in itertools.product(LIBRARIES, (0.0, 1.0)):
        p = library.tensor([1.0, 2.0], requires_grad=True)
        p.grad = library.tensor([4.0, 8.0])
        optimizer = getattr(library.optim, name)([p], lr=0.1, fused=True)
        optimizer.grad_scale, optimizer.found_inf = library.tensor(4.0), library.tensor(inf)
        optimizer.step()
        steps = [state["step"].item() for state in optimizer.state.values() if "step" in state]
        results.append((p.tolist(), p.grad.tolist(), steps))
    for ours, theirs in zip(results[:2], results[2:], strict=True):
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-6)
        assert ours[1:] == theirs[1:]


def test_third_party() -> None:
    """A subclass as they are published: state by key, ``p.grad.data``, options of its own, ``__setstate__``."""
    results = []
    for library in LIBRARIES:

        class Lion(library.optim.Optimizer):
            def __init__(self, params: Any, lr: float = 1e-2, beta: float = 0.9) -> None:
                super().__init__(params, {"lr": lr, "beta": beta})

            def __setstate__(self, state: Any) -> None:
                super().__setstate__(state)
                for group in self.param_groups:
                    group.setdefault("beta", 0.5)

            def step(self, closure: Any = None) -> None:
                for group in self.param_groups:
                    for p in group["params"]:
                        if p.grad is None:
                            continue
                        grad = p.grad.data
                        state = self.state[p]
                        if len(state) == 0:
                            state["step"] = 0
                            state["m"] = library.zeros_like(p.data)  # noqa: B023
                        state["step"] += 1
                        state["m"].mul_(group["beta"]).add_(grad, alpha=1 - group["beta"])
                        p.data.add_(state["m"].sign(), alpha=-group["lr"])

        seen = []
        p = library.tensor([1.0, -2.0], requires_grad=True)
        optimizer = Lion([p])
        optimizer.register_step_post_hook(lambda *args, seen=seen: seen.append(1))
        for _ in range(5):
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()
        again = Lion([p])
        again.load_state_dict(optimizer.state_dict())
        again.step()
        results.append((p.tolist(), len(seen), repr(optimizer), again.state[p]["step"], Lion.step.hooked))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-6)
    assert results[0][1:] == results[1][1:]
