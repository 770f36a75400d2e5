"""Printed forms known beforehand: no PyTorch needed."""

from __future__ import annotations

import contextlib
import math

import ml_dtypes
import numpy as np
import pytest

from zanjir import dtypes, printing


class Tensor:
    """A NumPy array with what printing asks of a tensor."""

    __module__ = "zanjir.tensor"

    def __init__(self, array, dtype=np.float32, requires_grad=False, grad_fn=None):
        self._array = np.asarray(array, dtype)
        self.dtype = dtypes.of(self._array.dtype)
        self.requires_grad = requires_grad
        self.grad_fn = grad_fn

    def __repr__(self):
        return printing.tensor_repr(self)

    def __format__(self, spec):
        return printing.tensor_format(self, spec)


class MulBackward0:
    pass


@pytest.fixture(autouse=True)
def _restore():
    brand = dtypes.brand
    yield
    dtypes.brand = brand
    printing.set_printoptions(profile="default")


INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("values", "printed"),
    [
        (1.0, "tensor(1.)"),
        (0.1, "tensor(0.1000)"),
        (NAN, "tensor(nan)"),
        ([1.0, -2.0], "tensor([ 1., -2.])"),
        ([1.0, 2.5], "tensor([1.0000, 2.5000])"),
        ([1.0, INF], "tensor([1., inf])"),
        ([NAN, -INF, 0.5], "tensor([   nan,   -inf, 0.5000])"),
        ([-0.0, 1.0], "tensor([-0., 1.])"),
        ([0.0, 0.0], "tensor([0., 0.])"),
        ([1e8, 1.0], "tensor([1.0000e+08, 1.0000e+00])"),
        ([1.0, 1000.0], "tensor([   1., 1000.])"),
        ([1.0, 1001.0], "tensor([1.0000e+00, 1.0010e+03])"),
        ([1e-4 / 2], "tensor([5.0000e-05])"),
        ([], "tensor([])"),
        (np.zeros((0, 3)), "tensor([], size=(0, 3))"),
        (np.arange(4).reshape(1, 2, 2), "tensor([[[0., 1.],\n         [2., 3.]]])"),
        (np.ones((2, 1, 1)), "tensor([[[1.]],\n\n        [[1.]]])"),
    ],
)
def test_floats(values, printed):
    assert repr(Tensor(values)) == printed


@pytest.mark.parametrize(
    ("values", "dtype", "printed"),
    [
        ([1, -10], np.int64, "tensor([  1, -10])"),
        ([True, False], np.bool_, "tensor([ True, False])"),
        ([1, 2], np.int32, "tensor([1, 2], dtype=zanjir.int32)"),
        ([2**64 - 1], np.uint64, "tensor([18446744073709551615], dtype=zanjir.uint64)"),
        (1.5, np.float16, "tensor(1.5000, dtype=zanjir.float16)"),
        ([1.0, 0.1], ml_dtypes.bfloat16, "tensor([1.0000, 0.1001], dtype=zanjir.bfloat16)"),
        ([1 + 2j, -0.5 - 1j], np.complex64, "tensor([ 1.0000+2.j, -0.5000-1.j])"),
        (1j, np.complex128, "tensor(0.+1.j, dtype=zanjir.complex128)"),
        ([], np.int64, "tensor([], dtype=zanjir.int64)"),
        (np.zeros((2, 0)), np.bool_, "tensor([], size=(2, 0), dtype=zanjir.bool)"),
    ],
)
def test_dtypes(values, dtype, printed):
    assert repr(Tensor(values, dtype)) == printed


def test_default_dtype_and_its_complex_are_not_mentioned():
    dtypes.set_default_dtype(dtypes.float64)
    try:
        assert repr(Tensor([1.0], np.float64)) == "tensor([1.])"
        assert repr(Tensor([1j], np.complex128)) == "tensor([0.+1.j])"
        assert repr(Tensor([1.0])) == "tensor([1.], dtype=zanjir.float32)"
    finally:
        dtypes.set_default_dtype(dtypes.float32)


def test_brand():
    dtypes.brand = "torch"
    assert repr(Tensor(1, np.int8)) == "tensor(1, dtype=torch.int8)"


def test_autograd_suffixes():
    assert repr(Tensor(1.0, requires_grad=True)) == "tensor(1., requires_grad=True)"
    assert repr(Tensor(1.0, requires_grad=True, grad_fn=MulBackward0())) == "tensor(1., grad_fn=<MulBackward0>)"
    long = Tensor(range(14), requires_grad=True, grad_fn=MulBackward0())
    assert repr(long).endswith("12., 13.],\n       grad_fn=<MulBackward0>)")


def test_summary_begins_above_the_threshold():
    assert "..." not in repr(Tensor(np.zeros(1000)))
    assert repr(Tensor(np.arange(1001), np.int64)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    assert repr(Tensor(np.zeros((7, 200)))) == (
        "tensor([[0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        ...,\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.]])"
    )


def test_what_is_not_shown_does_not_decide_the_notation():
    x = np.zeros(1001)
    x[500] = 0.123
    assert repr(Tensor(x)) == "tensor([0., 0., 0.,  ..., 0., 0., 0.])"


def test_summary_of_an_expanded_array_does_not_fill_it_in():
    expanded = np.broadcast_to(np.float32(1.0), (10**9, 10**9))
    assert repr(Tensor(expanded)).startswith("tensor([[1., 1., 1.,  ..., 1., 1., 1.],")


def test_lines_wrap():
    assert repr(Tensor(range(24), np.int64)) == (
        "tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
        "        18, 19, 20, 21, 22, 23])"
    )


def test_options():
    x = Tensor([1.12345, 20.0])
    printing.set_printoptions(precision=2, sci_mode=True)
    assert repr(x) == "tensor([1.12e+00, 2.00e+01])"
    printing.set_printoptions(linewidth=20)  # sci_mode does not last
    assert repr(x) == "tensor([ 1.12,\n        20.00])"
    printing.set_printoptions(profile="full")
    assert repr(Tensor(np.zeros(1001))).count("0.") == 1001
    printing.set_printoptions(profile="short", precision=1)
    assert printing.get_printoptions() == {
        "precision": 1, "threshold": 1000, "edgeitems": 2, "linewidth": 80, "sci_mode": None
    }  # fmt: skip
    printing.set_printoptions(profile="no such profile")  # which PyTorch ignores
    assert printing.get_printoptions()["precision"] == 1
    printing.set_printoptions(edgeitems=0, threshold=1)
    assert repr(x) == "tensor([...], size=(2,))"


def test_printoptions_last_as_long_as_the_block():
    before = printing.get_printoptions()
    with printing.printoptions(precision=1, edgeitems=1):
        assert repr(Tensor([0.25, 10.0])) == "tensor([ 0.2, 10.0])"
    assert printing.get_printoptions() == before

    with contextlib.suppress(KeyError), printing.printoptions(precision=1):
        raise KeyError
    assert printing.get_printoptions() == before


def test_format():
    assert f"{Tensor(1.5):.2f}|{Tensor(3, np.int64):>4}|{Tensor(1 + 2j, np.complex64)}" == "1.50|   3|(1+2j)"
    assert f"{Tensor(0.1, ml_dtypes.bfloat16)}" == "0.10009765625"
    assert f"{Tensor([1.5])}" == "tensor([1.5000])"
    with pytest.raises(TypeError, match=r"unsupported format string passed to Tensor.__format__"):
        format(Tensor([1.5]), ".2f")


def test_subclass_prints_its_name():
    class Weight(Tensor):
        pass

    assert repr(Weight([[1.0], [2.0]])) == "Weight([[1.],\n        [2.]])"
