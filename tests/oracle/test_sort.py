"""Sorting and selecting against PyTorch, and which of several equal elements is named."""

from __future__ import annotations

import math

import numpy as np
import pytest
from harness import BFLOAT16, FLOATING, INTEGER, agree, noncontiguous, sample, torch, transposed
from hypothesis import given, settings
from hypothesis import strategies as st

import zanjir
from zanjir.ops import select

NAN, INF = math.nan, math.inf


def ordered(dtype):
    return np.dtype(dtype).itemsize > 2 or np.dtype(dtype).kind not in "fV"


@pytest.mark.parametrize("dtype", [np.bool_, *INTEGER, *FLOATING])
@pytest.mark.parametrize("descending", [False, True])
def test_sort(dtype, descending):
    x = sample((3, 7), dtype)
    for dim in (0, 1, -1):
        agree(lambda torch, x: torch.sort(x, dim, descending), x, second=ordered(dtype))  # noqa: B023
        agree(lambda torch, x: torch.argsort(x, dim, descending), x)  # noqa: B023
        agree(lambda torch, x: torch.sort(x, stable=True, dim=dim, descending=descending), x, second=False)  # noqa: B023
    agree(lambda torch, x: torch.msort(x), x, second=False)


@pytest.mark.parametrize(
    "layout",
    [
        noncontiguous, transposed, lambda a: a.transpose(2, 0, 1), lambda a: a[:, :1], lambda a: a[:, 1:2],
        lambda a: a.transpose(1, 0, 2), lambda a: a[1:, 1:],
    ],
)  # fmt: skip
def test_layouts(layout):
    x = layout(sample((2, 3, 4), np.float64))
    for dim in (0, 1, 2):
        agree(lambda torch, x: x.sort(dim), x)  # noqa: B023
        agree(lambda torch, x: x.argsort(dim, True), x)  # noqa: B023
        agree(lambda torch, x: x.topk(1, dim), x)  # noqa: B023
        agree(lambda torch, x: x.kthvalue(1, dim), x)  # noqa: B023
        agree(lambda torch, x: x.median(dim), x)  # noqa: B023
        agree(lambda torch, x: x.msort(), x)


def test_sort_of_a_repeated_row():
    agree(lambda torch, x: x.expand(4, 5, 3).sort(0), sample((5, 3), np.float64))
    agree(lambda torch, x: x.expand(4, 5, 3).sort(2), sample((5, 3), np.float64))


@pytest.mark.parametrize("dtype", [np.float32, np.float16, BFLOAT16])
def test_nan_is_the_largest(dtype):
    x = np.array([[1, NAN, 0, NAN, -INF, INF], [2, 2, NAN, 1, 1, 2]]).astype(dtype)
    for descending in (False, True):
        agree(lambda torch, x: x.sort(1, descending), x, second=False)  # noqa: B023
        agree(lambda torch, x: x.topk(3, 1, descending), x, second=False)  # noqa: B023
        agree(lambda torch, x: x.topk(5, 1, descending), x, second=False)  # noqa: B023
    for k in range(1, 7):
        agree(lambda torch, x: x.kthvalue(k, 1), x, second=False)  # noqa: B023
    for name in ("median", "nanmedian"):
        agree(lambda torch, x: getattr(x, name)(1), x, second=False)  # noqa: B023
        agree(lambda torch, x: getattr(x, name)(0), x, second=False)  # noqa: B023
        agree(lambda torch, x: getattr(x, name)(), x, second=False)  # noqa: B023
        agree(lambda torch, x: getattr(x, name)(1), np.full((2, 3), NAN).astype(dtype), second=False)  # noqa: B023
        agree(lambda torch, x: getattr(x, name)(), np.full((2, 3), NAN).astype(dtype), grad=False)  # noqa: B023


@pytest.mark.parametrize("dtype", [*INTEGER, *FLOATING])
@pytest.mark.parametrize("largest", [False, True])
def test_topk(dtype, largest):
    x = sample((3, 7), dtype)
    for k in (0, 1, 3, 7):
        agree(lambda torch, x: x.topk(k, 1, largest), x, second=ordered(dtype))  # noqa: B023
    agree(lambda torch, x: x.topk(2, dim=0, largest=largest, sorted=False), x, second=ordered(dtype))


@pytest.mark.parametrize("dtype", [*INTEGER, *FLOATING])
def test_kthvalue_and_median(dtype):
    x = sample((3, 7), dtype)
    for k in (1, 4, 7):
        agree(lambda torch, x: x.kthvalue(k), x, second=ordered(dtype))  # noqa: B023
    agree(lambda torch, x: torch.kthvalue(x, 2, 0, True), x, second=ordered(dtype))
    for name in ("median", "nanmedian"):
        agree(lambda torch, x: getattr(torch, name)(x), x, second=False)  # noqa: B023
        agree(lambda torch, x: getattr(torch, name)(x, 0), x, second=ordered(dtype))  # noqa: B023
        agree(lambda torch, x: getattr(torch, name)(x, dim=1, keepdim=True), x, second=ordered(dtype))  # noqa: B023


@pytest.mark.parametrize("name", ["sort", "argsort", "topk", "kthvalue", "median", "nanmedian", "msort"])
def test_small(name):
    args = (1,) if name in ("topk", "kthvalue") else ()
    dims = [(), (0,), (-1,), (1,)] if name != "msort" else [()]
    for dim in dims:
        agree(lambda torch, x: getattr(x, name)(*args, *dim), sample((), np.float64))  # noqa: B023
        for shape in ((0,), (2, 0), (0, 2)):
            agree(lambda torch, x: getattr(x, name)(*args, *dim), np.empty(shape), strides=False)  # noqa: B023
    agree(lambda torch, x: x.median(), np.empty(0, np.int64))
    agree(lambda torch, x: x.topk(0, 1), np.empty((2, 0)))


@pytest.mark.parametrize("k", [0, -1, 4, 3])
def test_no_such_rank(k):
    agree(lambda torch, x: x.kthvalue(k), np.arange(3.0))
    agree(lambda torch, x: x.topk(k), np.arange(3.0))
    agree(lambda torch, x: x.kthvalue(k), np.array(1.0))
    agree(lambda torch, x: x.topk(k), np.array(1.0), grad=k != 0)


@pytest.mark.parametrize("name", ["sort", "argsort", "topk", "kthvalue", "median"])
@pytest.mark.parametrize("dtype", [np.complex64, np.bool_])
def test_refused(name, dtype):
    args = (1,) if name in ("topk", "kthvalue") else ()
    agree(lambda torch, x: getattr(x, name)(*args), np.ones(3, dtype))
    agree(lambda torch, x: getattr(x, name)(*args, dim=0), np.ones(3, dtype))


@pytest.mark.parametrize("name", ["sort", "argsort", "topk", "kthvalue", "median"])
def test_misused(name):
    x = np.ones((2, 3))
    args = (1,) if name in ("topk", "kthvalue") else ()
    for dim in (2, -3, "a", 1.5, (0,)):
        agree(
            lambda torch, x: getattr(x, name)(*args, dim),  # noqa: B023
            x,
            message=not (name == "argsort" and dim in ("a", 1.5, (0,))),
        )
    agree(lambda torch, x: getattr(torch, name)([1.0], *args), x)
    agree(lambda torch, x: getattr(x, name)(*args, axis=1), x)
    if args:
        for k in ("a", 1.5, True, None):
            agree(lambda torch, x: getattr(x, name)(k), x)  # noqa: B023
        agree(lambda torch, x: getattr(x, name)(), x)


# ---------------------------------------------------------------------- which of several equals


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_which_of_equals(data):
    n = data.draw(st.one_of(st.integers(1, 40), st.integers(1, 600)))
    k = data.draw(st.integers(1, n) if data.draw(st.booleans()) else st.integers(1, min(n, 8)))
    few = data.draw(st.sampled_from([1, 2, 5, 100]))
    x = np.random.default_rng(data.draw(st.integers(0, 999))).integers(0, few + 1, (2, n)).astype(np.float32)
    if data.draw(st.booleans()):
        x[:, 0] = NAN
    largest, in_order = data.draw(st.booleans()), data.draw(st.booleans())
    agree(lambda torch, x: x.topk(k, 1, largest, in_order), x, grad=False)
    agree(lambda torch, x: x.kthvalue(k), x, grad=False)
    agree(lambda torch, x: x.median(1), x, grad=False)
    agree(lambda torch, x: x.nanmedian(1), x, grad=False)
    agree(lambda torch, x: x.sort(1, largest), x, grad=False)
    agree(lambda torch, x: x.sort(dim=1, descending=largest, stable=True), x, grad=False)
    agree(lambda torch, x: x.T.contiguous().argsort(0, largest), x, grad=False, strides=n > 1)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32, np.bool_])
@pytest.mark.parametrize("descending", [False, True])
def test_many_equals(dtype, descending):
    x = np.random.default_rng(0).integers(0, 7, 33000).astype(dtype)
    agree(lambda torch, x: x.sort(0, descending), x, grad=False)


@pytest.mark.parametrize("order", ["sorted", "reversed", "organ pipe", "killer"])
@pytest.mark.parametrize("n", [17, 100, 1000])
def test_orders_that_are_hard_for_quicksort(order, n):
    """The heap takes over where halving goes wrong too often."""
    if order == "killer":  # Musser's sequence against the median of three
        half = n // 2
        x = np.array(
            [i + 1 if not i % 2 else half + i + (half % 2 == 0) for i in range(half)]
            + [2 * (i + 1) for i in range(n - half)]
        )
    else:
        x = np.arange(n)
        x = {"sorted": x, "reversed": x[::-1], "organ pipe": np.minimum(x, x[::-1])}[order]
    x = np.ascontiguousarray(x).astype(np.float32)
    for k in (1, n // 3, n // 2, n - 1, n):
        for in_order in (True, False):
            agree(lambda torch, x: x.topk(k, sorted=in_order), x, grad=False)  # noqa: B023
            agree(lambda torch, x: x.topk(k, largest=False, sorted=in_order), x, grad=False)  # noqa: B023
        agree(lambda torch, x: x.kthvalue(k), x, grad=False)  # noqa: B023


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=200), st.data())
def test_selection_selects(key, data):
    """Without the oracle: what is selected is what sorting would have given."""
    k = data.draw(st.integers(1, len(key)))
    for function in (
        lambda q: select.introselect(q, key, k - 1), lambda q: select.quickselect(q, key, k - 1),
        lambda q: select.top(q, key, k, False), lambda q: select.introsort(q, key, len(q)),
        lambda q: (select.heap_select(q, key, 0, k, len(q)), select.sort_heap(q, key, 0, k)),
    ):  # fmt: skip
        q = list(range(len(key)))
        function(q)
        assert sorted(q) == list(range(len(key)))
        assert sorted(key[i] for i in q[:k]) == sorted(key)[:k]


def test_result_types():
    assert zanjir.return_types.sort.__name__ == torch.return_types.sort.__name__
