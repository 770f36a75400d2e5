"""Reductions without PyTorch: against NumPy, against finite differences, and against what is true of them."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zanjir
from zanjir import return_types
from zanjir.ops.expand import SMALL, along, counted, expanded, kept, placed, taken


def tensor(array, requires_grad=False):
    return zanjir.tensor(np.asarray(array).tolist(), dtype=zanjir.float64, requires_grad=requires_grad)


def differences(f, x, step=1e-6):
    """The gradient of the scalar ``f`` at the array ``x``, by central differences."""
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        g[i] = (f(up) - f(down)) / (2 * step)
    return g


#: Reductions, and the same in NumPy; none is at a place here where it has no derivative.
SMOOTH = {
    "sum": (lambda t: t.sum(), np.sum),
    "sum of rows": (lambda t: (t.sum(1) ** 2).sum(), lambda x: (x.sum(1) ** 2).sum()),
    "mean": (lambda t: t.mean(), np.mean),
    "mean of columns": (lambda t: (t.mean(0, True) ** 3).sum(), lambda x: (x.mean(0) ** 3).sum()),
    "prod": (lambda t: t.prod(), np.prod),
    "prod of rows": (lambda t: (t.prod(1) ** 2).sum(), lambda x: (x.prod(1) ** 2).sum()),
    "max": (lambda t: t.max(), np.max),
    "max of rows": (lambda t: (t.max(1).values ** 2).sum(), lambda x: (x.max(1) ** 2).sum()),
    "min of columns": (lambda t: (t.min(0)[0] ** 2).sum(), lambda x: (x.min(0) ** 2).sum()),
    "amax": (lambda t: t.amax((0, 1)), np.max),
    "amin": (lambda t: (t.amin(0) ** 2).sum(), lambda x: (x.min(0) ** 2).sum()),
    "aminmax": (lambda t: t.aminmax().max - t.aminmax().min, np.ptp),
    "var": (lambda t: t.var(), lambda x: x.var(ddof=1)),
    "var of rows": (lambda t: (t.var(1, unbiased=False) ** 2).sum(), lambda x: (x.var(1) ** 2).sum()),
    "std": (lambda t: t.std(), lambda x: x.std(ddof=1)),
    "std of columns": (lambda t: (t.std(0, correction=0) ** 3).sum(), lambda x: (x.std(0) ** 3).sum()),
    "var_mean": (lambda t: zanjir.var_mean(t)[0] * zanjir.var_mean(t)[1], lambda x: x.var(ddof=1) * x.mean()),
    "std_mean": (lambda t: zanjir.std_mean(t)[0] * zanjir.std_mean(t)[1], lambda x: x.std(ddof=1) * x.mean()),
    "norm": (lambda t: t.norm(), np.linalg.norm),
    "1-norm of rows": (lambda t: (t.norm(1, 1) ** 2).sum(), lambda x: (np.abs(x).sum(1) ** 2).sum()),
    "3-norm": (lambda t: t.norm(3), lambda x: (np.abs(x) ** 3).sum() ** (1 / 3)),
    "half-norm": (lambda t: t.norm(0.5), lambda x: (np.abs(x) ** 0.5).sum() ** 2),
    "infinity norm": (lambda t: (t.norm(math.inf, 0) ** 2).sum(), lambda x: (np.abs(x).max(0) ** 2).sum()),
    "median": (lambda t: (t.median(1)[0] ** 2).sum(), lambda x: (np.sort(x, 1)[:, (x.shape[1] - 1) // 2] ** 2).sum()),
    "kthvalue": (lambda t: (t.kthvalue(2)[0] ** 2).sum(), lambda x: (np.sort(x, 1)[:, 1] ** 2).sum()),
    "sort": (
        lambda t: (t.sort(1).values * tensor([1.0, 2, 3, 4])).sum(), lambda x: (np.sort(x, 1) * [1.0, 2, 3, 4]).sum(),
    ),
    "topk": (lambda t: (t.topk(2, 0)[0] ** 2).sum(), lambda x: (np.sort(x, 0)[-2:] ** 2).sum()),
    "cumsum": (lambda t: (t.cumsum(1) ** 2).sum(), lambda x: (x.cumsum(1) ** 2).sum()),
    "cumprod": (lambda t: (t.cumprod(0) ** 2).sum(), lambda x: (x.cumprod(0) ** 2).sum()),
    "cummax": (lambda t: (t.cummax(1)[0] ** 2).sum(), lambda x: (np.maximum.accumulate(x, 1) ** 2).sum()),
    "logcumsumexp": (
        lambda t: (t.logcumsumexp(0) ** 2).sum(), lambda x: (np.log(np.cumsum(np.exp(x), 0)) ** 2).sum(),
    ),
    "softmax": (
        lambda t: (t.softmax(1) ** 2).sum(),
        lambda x: ((np.exp(x) / np.exp(x).sum(1, keepdims=True)) ** 2).sum(),
    ),
    "log_softmax": (
        lambda t: (t.log_softmax(0) ** 2).sum(), lambda x: ((x - np.log(np.exp(x).sum(0))) ** 2).sum(),
    ),
    "logsumexp": (lambda t: t.logsumexp((0, 1)), lambda x: np.log(np.exp(x).sum())),
    "nansum": (lambda t: (t.nansum(0) ** 2).sum(), lambda x: (x.sum(0) ** 2).sum()),
    "nanmean": (lambda t: t.nanmean() ** 2, lambda x: x.mean() ** 2),
}  # fmt: skip


@pytest.mark.parametrize("name", SMOOTH)
def test_value_and_gradient(name):
    f, reference = SMOOTH[name]
    x = np.random.default_rng(7).uniform(0.3, 2, (3, 4)) * np.random.default_rng(8).choice([-1, 1], (3, 4))
    t = tensor(x, requires_grad=True)
    y = f(t)
    assert y.item() == pytest.approx(reference(x), rel=1e-12)
    y.backward()
    np.testing.assert_allclose(t.grad.numpy(), differences(reference, x), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivative(name):
    """The gradient of g·v, for a fixed v, is the difference quotient of g along v."""
    f, _ = SMOOTH[name]
    x = np.random.default_rng(7).uniform(0.3, 2, (3, 4)) * np.random.default_rng(8).choice([-1, 1], (3, 4))
    v = np.random.default_rng(9).normal(size=x.shape)

    def gradient(x):
        t = tensor(x, requires_grad=True)
        f(t).backward()
        return t.grad.numpy()

    t = tensor(x, requires_grad=True)
    (g,) = zanjir.autograd.grad(f(t), t, create_graph=True)
    np.testing.assert_allclose(g.detach().numpy(), gradient(x), rtol=1e-12)
    if not g.requires_grad:  # linear: the gradient does not depend on x
        np.testing.assert_allclose(gradient(x), gradient(x + 0.01 * v), atol=1e-12)
        return
    (h,) = zanjir.autograd.grad((g * tensor(v)).sum(), t, allow_unused=True)
    step = 1e-6
    expected = (gradient(x + step * v) - gradient(x - step * v)) / (2 * step)
    np.testing.assert_allclose(0 if h is None else h.numpy(), expected, rtol=1e-4, atol=1e-6)


# ---------------------------------------------------------------------- what is true of them


arrays = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(0, 1000)).map(
    lambda a: np.random.default_rng(a[2]).integers(-4, 5, a[:2]).astype(float)
)


@settings(max_examples=50, deadline=None)
@given(arrays)
def test_all_at_once_is_one_after_the_other(x):
    t = tensor(x)
    assert t.sum().item() == t.sum(0).sum(0).item() == t.sum((0, 1)).item() == t.sum((1, 0), True).item()
    assert t.amax().item() == t.amax(1).amax(0).item() == t.max().item() == t.max(0)[0].max(0)[0].item()
    assert t.prod().item() == pytest.approx(t.prod(0).prod(0).item())
    assert t.all().item() == t.all(0).all(0).item()


@settings(max_examples=50, deadline=None)
@given(arrays, st.sampled_from(["max", "amax", "median", "aminmax"]))
def test_ties_share_the_gradient(x, name):
    """Of a value that is one of the elements: the gradient sums to 1, and only elements with that value share it."""
    t = tensor(x, requires_grad=True)
    y = getattr(t, name)()
    y = y.max if name == "aminmax" else y
    y.backward()
    g = t.grad.numpy()
    assert g.sum() == pytest.approx(1)
    assert ((g > 0) == (x == y.item())).all()
    assert np.ptp(g[g > 0]) == 0


@settings(max_examples=50, deadline=None)
@given(arrays, st.booleans())
def test_sorting_and_back(x, descending):
    t = tensor(x, requires_grad=True)
    values, indices = t.sort(1, descending)
    steps = np.diff(values.detach().numpy(), axis=1)
    assert (steps <= 0).all() if descending else (steps >= 0).all()
    np.testing.assert_array_equal(np.take_along_axis(x, indices.numpy(), 1), values.detach().numpy())
    weights = np.arange(x.size, dtype=float).reshape(x.shape)
    (values * tensor(weights)).sum().backward()
    np.testing.assert_array_equal(np.take_along_axis(t.grad.numpy(), indices.numpy(), 1), weights)


@settings(max_examples=50, deadline=None)
@given(arrays)
def test_softmax_is_a_distribution(x):
    t = tensor(x * 100)
    p = t.softmax(1).numpy()
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(1), 1)
    np.testing.assert_allclose(np.exp(t.log_softmax(1).numpy()), p, atol=1e-300)
    np.testing.assert_allclose(t.log_softmax(1).numpy(), x * 100 - t.logsumexp(1, True).numpy(), atol=1e-10)


@settings(max_examples=50, deadline=None)
@given(arrays)
def test_running_totals_end_in_the_total(x):
    t = tensor(x)
    assert t.cumsum(1)[:, -1].tolist() == t.sum(1).tolist()
    assert t.cummax(0).values[-1].tolist() == t.amax(0).tolist()
    np.testing.assert_allclose(t.cumprod(1)[:, -1].numpy(), t.prod(1).numpy())
    np.testing.assert_allclose(t.logcumsumexp(1)[:, -1].numpy(), t.logsumexp(1).numpy())


def test_half_precision_adds_in_float32():
    for dtype in (zanjir.float16, zanjir.bfloat16):
        ones = zanjir.ones(5000, dtype=dtype)
        assert ones.sum().item() == pytest.approx(5000, rel=4e-3)
        assert ones.mean().item() == 1
        assert ones.cumsum(0).dtype is dtype


def test_variance_keeps_its_digits_far_from_zero():
    x = zanjir.tensor([1e6, 1e6 + 1, 1e6 + 2], dtype=zanjir.float32)
    assert x.var().item() == 1
    assert x.std(correction=0).item() == pytest.approx(math.sqrt(2 / 3), rel=1e-6)


# ---------------------------------------------------------------------- NumPy's own functions


@pytest.mark.parametrize(
    "f",
    [
        np.sum, np.mean, np.prod, np.max, np.amax, np.min, np.amin, np.var, np.std, np.cumsum, np.cumprod, np.sort,
        np.nansum, np.nanmean, np.add.reduce, np.maximum.reduce, np.add.accumulate, np.multiply.accumulate,
    ],
)  # fmt: skip
def test_numpy_functions_record(f):
    x = np.random.default_rng(0).uniform(0.5, 2, (3, 4))
    for options in ({}, {"axis": 1}, {"axis": 0}):
        t = tensor(x, requires_grad=True)
        y = f(t, **options)
        assert isinstance(y, zanjir.Tensor)
        np.testing.assert_allclose(y.detach().numpy(), f(x, **options))
        y.sum().backward()
        np.testing.assert_allclose(t.grad.numpy(), differences(lambda x: f(x, **options).sum(), x), rtol=1e-6)  # noqa: B023


@pytest.mark.parametrize("f", [np.argmax, np.argmin, np.all, np.any, np.count_nonzero, np.argsort])
def test_numpy_functions_that_do_not(f):
    x = np.random.default_rng(0).uniform(-2, 2, (3, 4))
    for options in ({}, {"axis": 1}):
        y = f(tensor(x, requires_grad=True), **options)
        assert isinstance(y, zanjir.Tensor)
        np.testing.assert_array_equal(y.numpy(), f(x, **options))


def test_numpy_options():
    x = np.arange(12.0).reshape(3, 4)
    t = tensor(x)
    assert np.sum(t, axis=(0, 1), keepdims=True).tolist() == [[66]]
    assert np.std(t, ddof=1).item() == pytest.approx(x.std(ddof=1))
    assert np.var(t, axis=0, ddof=2).tolist() == x.var(0, ddof=2).tolist()
    assert np.sum(t, dtype=np.float32).dtype is zanjir.float32
    assert np.linalg.norm(t).item() == pytest.approx(np.linalg.norm(x))
    assert np.linalg.norm(t, 1, axis=1).tolist() == np.linalg.norm(x, 1, axis=1).tolist()
    assert np.linalg.norm(t, 1) == np.linalg.norm(x, 1)
    out = tensor([0.0, 0, 0])
    assert np.sum(t, axis=1, out=out) is out
    assert out.tolist() == x.sum(1).tolist()


# ---------------------------------------------------------------------- named tuples


def test_named_tuple():
    result = zanjir.tensor([[1.0, 3.0], [4.0, 2.0]]).max(1)
    values, indices = result
    assert values is result.values is result[0]
    assert indices is result.indices is result[-1]
    assert repr(result) == "zanjir.return_types.max(\nvalues=tensor([3., 4.]),\nindices=tensor([1, 0]))"
    assert type(result) is return_types.max is return_types.make("max", ("values", "indices"))
    assert isinstance(result, tuple)
    match result:
        case return_types.max(v, i):
            assert v is values
            assert i is indices
    with pytest.raises(TypeError, match="takes a 2-sequence"):
        return_types.max((1,))


def test_named_tuple_survives_copying():
    plain = return_types.topk((1.5, 2))
    for twin in (pickle.loads(pickle.dumps(plain)), copy.copy(plain), copy.deepcopy(plain)):
        assert twin == plain
        assert type(twin) is return_types.topk


# ---------------------------------------------------------------------- the helpers rules are written with


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 3), (SMALL + 1,), (2, SMALL)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex128])
def test_expanded(shape, dtype):
    for g in (np.array(0.3, dtype), dtype(0.3), np.full(shape[-1:], 0.3, dtype)):
        for over in (1, 7):
            full = expanded(g, shape, over)
            assert full.shape == shape
            assert full.dtype == dtype
            once = np.full(shape, np.asarray(g, dtype).flat[0] / dtype(over), dtype) if np.size(g) else full
            # two ways to divide complex numbers may differ in the last digit
            np.testing.assert_allclose(full, once, rtol=3e-16 if dtype is np.complex128 else 0)


def test_expanded_tensor_is_recorded():
    g = zanjir.tensor(2.0, requires_grad=True)
    full = expanded(g, (2, 3), 4)
    full.sum().backward()
    assert full.tolist() == [[0.5] * 3] * 2
    assert g.grad.item() == 1.5


@pytest.mark.parametrize("dim", [0, 1, (0,), (0, 2), (0, 1, 2), None])
def test_kept_and_counted(dim):
    x = np.ones((2, 3, 4))
    y = np.asarray(x.sum(dim))
    assert kept(y, dim, False, x.shape).shape == x.sum(dim, keepdims=True).shape
    assert kept(x, dim, True, x.shape) is x
    assert counted(x.shape, dim) == y.flat[0]


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_taking_and_placing_are_adjoint(dim):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 4))
    index = np.argsort(rng.normal(size=x.shape), dim).take([0, 1], dim)
    np.testing.assert_array_equal(x[along(index, dim)], np.take_along_axis(x, index, dim))
    g = rng.normal(size=index.shape)
    assert (g * taken(x, index, dim)).sum() == pytest.approx((placed(g, index, dim, x.shape) * x).sum())
