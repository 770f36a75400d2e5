"""Running totals against PyTorch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from harness import ALL, BFLOAT16, COMPLEX, FLOATING, INTEGER, TOLERANCE, agree, noncontiguous, sample, transposed
from hypothesis import given, settings
from hypothesis import strategies as st

NAN, INF = math.nan, math.inf
SCANS = {
    "cumsum": ALL, "cumprod": ALL, "cummax": (np.bool_, *INTEGER, *FLOATING), "cummin": (np.bool_, *INTEGER, *FLOATING),
    "logcumsumexp": (*FLOATING, *COMPLEX),
}  # fmt: skip


@pytest.mark.parametrize("name,dtype", [(name, dtype) for name, kinds in SCANS.items() for dtype in kinds])
def test_dtypes(name, dtype):
    fine = np.dtype(dtype).itemsize > 2 or np.dtype(dtype).kind not in "fV"
    x = sample((3, 4), dtype, low=-2, high=2)
    for dim in (0, 1, -1):
        agree(lambda torch, x: getattr(torch, name)(x, dim), x, second=fine)  # noqa: B023
        agree(lambda torch, x: getattr(x, name)(dim=dim), x, grad=False)  # noqa: B023


@pytest.mark.parametrize("layout", [noncontiguous, transposed, lambda a: a.transpose(2, 0, 1), lambda a: a[:, :1]])
@pytest.mark.parametrize("name", SCANS)
def test_layouts(name, layout):
    for dim in (0, 1, 2):
        agree(lambda torch, x: getattr(torch, name)(x, dim), layout(sample((2, 3, 4), np.float64)))  # noqa: B023


@pytest.mark.parametrize("name", SCANS)
def test_small(name):
    for dim in (0, -1, 1):
        agree(lambda torch, x: getattr(x, name)(dim), sample((), np.float64))  # noqa: B023
        agree(lambda torch, x: getattr(x, name)(dim), sample((1, 1), np.float64))  # noqa: B023
        for shape in ((0,), (2, 0), (0, 2)):
            agree(lambda torch, x: getattr(x, name)(dim), np.empty(shape), second=False)  # noqa: B023


@pytest.mark.parametrize("name", SCANS)
def test_misused(name):
    x = np.ones((2, 3))
    for dim in (2, -3, None, "a", 1.5, (0,), True):
        agree(lambda torch, x: getattr(x, name)(dim), x)  # noqa: B023
    agree(lambda torch, x: getattr(x, name)(), x)
    agree(lambda torch, x: getattr(torch, name)([1.0], 0), x)
    agree(lambda torch, x: getattr(x, name)(axis=1), x)
    agree(lambda torch, x: getattr(x, name)(0, foo=1), x)


@pytest.mark.parametrize("name", ["cummax", "cummin", "logcumsumexp"])
def test_refused(name):
    agree(lambda torch, x: getattr(x, name)(0), np.ones(3, np.int64 if name == "logcumsumexp" else np.complex64))


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
@pytest.mark.parametrize("given", ["float16", "bfloat16", "float64", "int32", "complex64", "bool"])
@pytest.mark.parametrize("dtype", [np.int32, np.float32, np.bool_])
def test_dtype(name, given, dtype):
    x = sample((3, 4), dtype, low=1, high=3)
    agree(lambda torch, x: getattr(x, name)(0, dtype=getattr(torch, given)), x, grad=False)
    if "float" in given:
        # the derivative of a product is computed in the dtype given
        agree(
            lambda torch, x: getattr(x, name)(0, dtype=getattr(torch, given)), x, second=False,
            tolerance=max(TOLERANCE[given], TOLERANCE["float32"]),
        )  # fmt: skip


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_in_place(name):
    def f(torch, x):
        y = x * 1
        assert getattr(y, name + "_")(1) is y
        return y

    agree(f, sample((3, 4), np.float64))
    agree(f, sample((3, 4), np.int64))
    agree(lambda torch, x: getattr(x, name + "_")(0), np.ones(3))


@pytest.mark.parametrize("zeros", [(), (1,), (0, 2), (3,), (0, 1, 2, 3)])
@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_cumprod_with_zeros(zeros, dtype):
    x = sample((4, 3), dtype, 1)
    x[list(zeros), 1] = 0
    agree(lambda torch, x: x.cumprod(0), x)
    agree(lambda torch, x: x.cumprod(1), x)
    agree(lambda torch, x: x.cumprod(0), np.zeros(1, dtype))


@pytest.mark.parametrize("name", ["cummax", "cummin"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, BFLOAT16, np.int64])
def test_ties_and_nan(name, dtype):
    x = np.array([[1, 3, 3, 2, 3], [2, 2, 1, 1, 2], [0, 0, 0, 0, 0]]).astype(dtype)
    agree(lambda torch, x: getattr(x, name)(1), x, second=False)
    if dtype is not np.int64:
        y = x.copy()
        y[0, 2] = y[1, 0] = y[2, 1] = y[2, 3] = NAN
        agree(lambda torch, x: getattr(x, name)(1), y, second=False)
        agree(lambda torch, x: getattr(x, name)(0), y, second=False)
        y[0, 1], y[1, 1] = INF, -INF
        agree(lambda torch, x: getattr(x, name)(1), y, second=False)


def test_logcumsumexp_at_the_edges():
    x = np.array([[1000.0, 0, -1000, 1001], [-INF, 0, 1, 2], [-1000, -1000, -999, 0], [0, INF, 1, 2]])
    agree(lambda torch, x: x.logcumsumexp(1), x, grad=False)
    agree(lambda torch, x: x.logcumsumexp(1), x[[0, 2]], second=False)
    agree(lambda torch, x: x.logcumsumexp(1), np.array([[1, NAN, 0], [-INF, -INF, 1], [-INF, -INF, -INF]]), grad=False)


def test_logcumsumexp_takes_gradients_of_either_sign():
    x = sample((3, 5), np.float64, low=-40, high=40)
    agree(lambda torch, x: x.logcumsumexp(1) * torch.as_tensor([1.0, -1.0, 0.0, 2.0, -3.0], dtype=torch.float64), x)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_anything(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    name = data.draw(st.sampled_from([*SCANS]))
    x = np.random.default_rng(data.draw(st.integers(0, 99))).integers(-3, 4, shape) / 2
    if data.draw(st.booleans()):
        x = transposed(x)
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    # of a single element the second derivative is 0, of which only rounding errors can be compared
    agree(lambda torch, x: getattr(x, name)(dim), x, second=shape[dim] > 1)
