"""Making, converting and copying tensors: facts that need no other library to check."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import subprocess
import sys
import threading

import ml_dtypes
import numpy as np
import pytest

import zanjir
from zanjir.layout import copy_as, empty_as, is_dense
from zanjir.ops.convert import converted


def test_lists_become_tensors() -> None:
    t = zanjir.tensor([[1, 2], [3, 4]])
    assert t.dtype is zanjir.int64 and t.shape == (2, 2) and t.tolist() == [[1, 2], [3, 4]]
    assert zanjir.tensor([1, 2.0]).dtype is zanjir.float32
    assert zanjir.tensor([]).shape == (0,)


def test_data_is_copied_and_memory_shared_where_it_is_said() -> None:
    a = np.zeros(3)
    zanjir.tensor(a).fill_(1)
    assert not a.any()
    zanjir.from_numpy(a).fill_(2)
    zanjir.as_tensor(a)[0] = 5
    assert a.tolist() == [5, 2, 2]
    buffer = bytearray(4)
    zanjir.frombuffer(buffer, dtype=zanjir.uint8).fill_(7)
    assert buffer == b"\7\7\7\7"


def test_a_slice_of_an_array_is_memory_of_its_own() -> None:
    a = np.arange(10.0)
    t = zanjir.from_numpy(a[3:7:2])
    assert t.storage_offset() == 0 and t.stride() == (2,) and t.tolist() == [3, 5]
    t.fill_(0)
    assert a[3] == a[5] == 0


def test_bfloat16_arrays() -> None:
    a = np.zeros((4, 4), ml_dtypes.bfloat16)
    t = zanjir.from_numpy(a[1:, ::2])
    t.fill_(2)
    assert t.dtype is zanjir.bfloat16 and float(a.astype(np.float32).sum()) == 12


def test_ragged_lists() -> None:
    with pytest.raises(ValueError, match=r"expected sequence of length 2 at dim 1 \(got 3\)"):
        zanjir.tensor([[1, 2], [3, 4, 5]])


@pytest.mark.parametrize("steps", [2, 3, 10, 101])
def test_linspace_is_symmetric_and_exact_at_its_ends(steps: int) -> None:
    for low, high in ((0.1, 0.7), (-3.3, 9.9), (1e-3, 1e3)):
        there = zanjir.linspace(low, high, steps, dtype=zanjir.float64).tolist()
        back = zanjir.linspace(high, low, steps, dtype=zanjir.float64).tolist()
        assert there[0] == low and there[-1] == high
        middle = steps // 2 if steps % 2 else None  # counted from the end, whichever that is
        for i, (a, b) in enumerate(zip(there, reversed(back), strict=True)):
            assert a == b or (i == middle and math.isclose(a, b, rel_tol=1e-15))
        for i, a in enumerate(there):
            assert math.isclose(a, low + (high - low) * i / (steps - 1), rel_tol=1e-14, abs_tol=1e-15)


def test_arange_counts() -> None:
    assert zanjir.arange(0, 1, 0.1).shape == (10,)
    assert zanjir.arange(2**62, 2**62 + 2).tolist() == [2**62, 2**62 + 1]
    assert zanjir.arange(5, 0, -2).tolist() == [5, 3, 1]


def test_logspace_is_powers() -> None:
    assert zanjir.logspace(0, 10, 11, base=2, dtype=zanjir.float64).tolist() == [2.0**k for k in range(11)]


def test_a_failed_call_leaves_its_target_alone() -> None:
    t = zanjir.ones(3)
    for bad in (
        lambda: t.fill_(1e40), lambda: t.fill_("a"), lambda: t.copy_(zanjir.ones(2)), lambda: t.uniform_(2, 1),
        lambda: t.normal_(0, -1), lambda: zanjir.arange(2, out=t, dtype=zanjir.int64),
        lambda: zanjir.rand(2, out=t, dtype=zanjir.float64), lambda: t.bernoulli_(2.0),
    ):  # fmt: skip
        with pytest.raises((RuntimeError, TypeError)):
            bad()
        assert t.tolist() == [1, 1, 1] and t._version == 0 and t.shape == (3,)


def test_floats_are_cut_towards_zero() -> None:
    assert zanjir.tensor([1.9, -1.9]).long().tolist() == [1, -1]
    assert converted(np.array([256.0, -1.0]), np.dtype(np.uint8)).tolist() == [0, 255]


def test_casting_says_nothing(recwarn: pytest.WarningsRecorder) -> None:
    before = np.geterr()
    x = zanjir.tensor([float("nan"), 1e300, -1e300], dtype=zanjir.float64)
    for d in zanjir.dtypes.ALL:
        x.to(d)
    assert not recwarn.list and np.geterr() == before


def test_gradients_pass_casts_and_copies() -> None:
    x = zanjir.tensor([1.0, 2.0], requires_grad=True)
    y = x.double().clone()
    z = zanjir.zeros(3, 2, dtype=zanjir.float64)
    z.copy_(y * y)
    z.sum().backward()
    assert x.grad.dtype is zanjir.float32 and x.grad.tolist() == [6, 12]
    assert not x.int().requires_grad


def test_filling_cuts_the_gradient() -> None:
    x = zanjir.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 2
    y[0].fill_(7)
    y.sum().backward()
    assert y.tolist() == [7, 4, 6] and x.grad.tolist() == [0, 2, 2]


def test_no_reference_cycles() -> None:
    """What was written in place is freed as its last name goes, without the collector."""
    gc.collect()
    gc.disable()
    try:
        x = zanjir.ones(3, requires_grad=True)
        y = (x * 2).copy_(x * 3)
        y.fill_(zanjir.tensor(2.0, requires_grad=True))
        y.uniform_()
        del x, y
        assert not gc.collect()
    finally:
        gc.enable()


def test_strides_of_copies() -> None:
    x = np.zeros((2, 3, 4))
    assert zanjir.zeros_like(zanjir.from_numpy(x.transpose(2, 0, 1))).stride() == (1, 12, 4)
    assert zanjir.from_numpy(x[:, ::2]).clone().stride() == (8, 4, 1)
    assert is_dense(x.transpose(1, 2, 0)) and not is_dense(x[:, ::2]) and not is_dense(np.broadcast_to(x, (2, 2, 3, 4)))
    for axes in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        view = x.transpose(axes)
        assert empty_as(view, np.dtype(np.int8)).strides == tuple(s // 8 for s in view.strides)
        assert copy_as(view).strides == view.strides


def test_legacy_types() -> None:
    assert isinstance(zanjir.tensor(1.0), zanjir.FloatTensor) and not isinstance(zanjir.tensor(1), zanjir.FloatTensor)
    assert zanjir.LongTensor([1, 2]).dtype is zanjir.int64 and zanjir.FloatTensor(2, 3).shape == (2, 3)
    assert type(zanjir.HalfTensor([1])) is zanjir.Tensor
    assert repr(zanjir.FloatTensor) == "<class 'zanjir.FloatTensor'>"


def test_copies_share_as_the_originals_do() -> None:
    x = zanjir.arange(4.0)
    a, b = copy.deepcopy((x, x[1:]))
    a.fill_(9)
    assert b.tolist() == [9, 9, 9] and x.tolist() == [0, 1, 2, 3]
    copy.copy(x).fill_(5)
    assert x.tolist() == [5, 5, 5, 5]


def test_pickles_are_read_by_another_process() -> None:
    x = zanjir.tensor([[1.5, 2], [3, 4]], dtype=zanjir.bfloat16, requires_grad=True)
    code = "import pickle, sys; t = pickle.load(sys.stdin.buffer); print(t.dtype.name, t.requires_grad, t.tolist())"
    out = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(x), capture_output=True, check=True)
    assert out.stdout.decode().strip() == "bfloat16 True [[1.5, 2.0], [3.0, 4.0]]"


def test_the_same_seed_gives_the_same_numbers() -> None:
    zanjir.manual_seed(0)
    first = zanjir.rand(2).tolist()
    zanjir.manual_seed(0)
    assert zanjir.rand(2).tolist() == first
    np.testing.assert_allclose(first, [0.4963, 0.7682], atol=5e-5)  # what PyTorch's own documentation shows
    with zanjir.random.fork_rng():
        zanjir.rand(100)
    inside = zanjir.rand(1)
    zanjir.manual_seed(0)
    zanjir.rand(2)
    assert zanjir.rand(1).tolist() == inside.tolist()


def test_random_numbers_have_the_moments_they_should() -> None:
    g = zanjir.Generator().manual_seed(1)
    n = 40_000
    for values, mean, variance in (
        (zanjir.rand(n, generator=g), 0.5, 1 / 12),
        (zanjir.randn(n, generator=g), 0.0, 1.0),
        (zanjir.randint(0, 10, (n,), generator=g), 4.5, 99 / 12),
        (zanjir.normal(2.0, 3.0, (n,), generator=g), 2.0, 9.0),
        (zanjir.empty(n).bernoulli_(0.3, generator=g), 0.3, 0.21),
    ):
        a = values.double().numpy()
        assert abs(a.mean() - mean) < 5 * math.sqrt(variance / n)
        assert abs(a.var() / variance - 1) < 0.05
    assert sorted(zanjir.randperm(1000, generator=g).tolist()) == list(range(1000))


def test_threads_draw_without_harm() -> None:
    zanjir.manual_seed(2)
    got: list[float] = []
    threads = [threading.Thread(target=lambda: got.extend(zanjir.rand(500).tolist())) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    zanjir.manual_seed(2)
    assert sorted(got) == sorted(zanjir.rand(4000).tolist())
