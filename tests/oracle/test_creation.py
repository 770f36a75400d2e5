"""Making tensors, compared with PyTorch: values to the last bit, dtypes, strides, and what misuse raises."""

from __future__ import annotations

import array
import collections
import decimal
import fractions
import pickle
import warnings
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from harness import agree, numbers, torch
from hypothesis import given, settings
from hypothesis import strategies as st

import zanjir
from zanjir.ops import convert

LIBRARIES = {
    "np": np, "array": array, "collections": collections, "decimal": decimal, "fractions": fractions,
    "inf": float("inf"), "nan": float("nan"),
}  # fmt: skip


def both(source: str) -> None:
    """Evaluates the expression in both libraries, and compares what comes of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        agree(lambda torch: eval(source, {**LIBRARIES, "torch": torch}))


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


TENSOR = lines("""
    torch.tensor([])
    torch.tensor([[], []])
    torch.tensor([[[]]])
    torch.tensor(())
    torch.tensor([[], [1]])
    torch.tensor([[1], []])
    torch.tensor([1, 2.5])
    torch.tensor([1, 2.5, 1j])
    torch.tensor([True, 2])
    torch.tensor([True, False])
    torch.tensor([[1, 2], [3]])
    torch.tensor([[1, 2, 3], [4, 5]])
    torch.tensor([[[1], [2, 3]]])
    torch.tensor([[[1, 2], [3, 4]], [[5, 6]]])
    torch.tensor([[1, 2], 3])
    torch.tensor([[1, 2], 3.5])
    torch.tensor([3, [1, 2]])
    torch.tensor([3.5, [1, 2]])
    torch.tensor([True, [1, 2]])
    torch.tensor([1j, [1, 2]])
    torch.tensor([1, (2, 3)])
    torch.tensor([[1, 2], [3, [4]]])
    torch.tensor([[1, 2], None])
    torch.tensor([[1, 2], "ab"])
    torch.tensor("abc")
    torch.tensor(["a"])
    torch.tensor([1, "a"])
    torch.tensor(["a", 1])
    torch.tensor(b"abc")
    torch.tensor(bytearray(b"abc"))
    torch.tensor(memoryview(b"ab"))
    torch.tensor(array.array("f", [1, 2]))
    torch.tensor(collections.deque([1, 2]))
    torch.tensor([None])
    torch.tensor(None)
    torch.tensor({})
    torch.tensor({1, 2})
    torch.tensor({1: 2}.keys())
    torch.tensor(object())
    torch.tensor([object()])
    torch.tensor([fractions.Fraction(1, 2)])
    torch.tensor([decimal.Decimal(1)])
    torch.tensor(range(5))
    torch.tensor([range(2), [3, 4]])
    torch.tensor(x for x in range(3))
    torch.tensor(iter([1, 2]))
    torch.tensor(torch.Size([2, 3]))
    torch.tensor([torch.tensor(1), torch.tensor(2.5)])
    torch.tensor([torch.tensor(1), 2.5])
    torch.tensor([[torch.tensor(1.5)], [2]])
    torch.tensor([torch.tensor([1]), torch.tensor([2])])
    torch.tensor([torch.tensor([1, 2]), torch.tensor([2, 3])])
    torch.tensor([torch.tensor([1.5, 2]), torch.tensor([2.5, 3])])
    torch.tensor([torch.ones(0)])
    torch.tensor([1, torch.tensor([2])])
    torch.tensor([torch.tensor(1.5, dtype=torch.float64), 1])
    torch.tensor([torch.tensor(1.5, dtype=torch.bfloat16), 1])
    torch.tensor([torch.tensor(1.5, dtype=torch.float16), 1.0])
    torch.tensor(np.array([1, 2]))
    torch.tensor(np.array([1.0, 2]), dtype=torch.float16)
    torch.tensor([np.array([1.5]), [2]])
    torch.tensor([np.array([1, 2]), np.array([3, 4])])
    torch.tensor([1, np.array([2, 3])])
    torch.tensor([1.5, np.array([2, 3])])
    torch.tensor([np.array(1.5)])
    torch.tensor([np.float32(1), np.float32(2)])
    torch.tensor([np.float64(1), np.float32(2)])
    torch.tensor([np.int32(1)])
    torch.tensor(np.int32(1))
    torch.tensor(np.float16(1))
    torch.tensor(np.bool_(1))
    torch.tensor(np.longdouble(1))
    torch.tensor(np.array("a"))
    torch.tensor(np.array([1, 2], dtype=">i4"))
    torch.tensor(np.array([object()]))
    torch.tensor(np.arange(6)[::-1])
    torch.tensor(np.arange(6)[::2])
    torch.tensor(np.arange(6).reshape(2, 3).T)
    torch.tensor(np.zeros((2, 3), order="F"))
    torch.tensor(1 << 63)
    torch.tensor([1 << 64])
    torch.tensor([-(1 << 63)])
    torch.tensor([10**400], dtype=torch.float32)
    torch.tensor([10**400], dtype=torch.bool)
    torch.tensor([1, 2], requires_grad=True)
    torch.tensor([1.0, 2], requires_grad=True)
    torch.tensor([1, 2], dtype=torch.float32, requires_grad=True)
    torch.tensor([1], requires_grad=1)
    torch.tensor([1], requires_grad=None)
    torch.tensor([1, 2], dtype=float)
    torch.tensor([1, 2], dtype=int)
    torch.tensor([1, 2], dtype=bool)
    torch.tensor([1, 2], dtype=complex)
    torch.tensor([1, 2], dtype=str)
    torch.tensor([1, 2], dtype="float32")
    torch.tensor([1, 2], dtype=np.float32)
    torch.tensor([1, 2], device="cuda")
    torch.tensor([1, 2], device="cuda:0")
    torch.tensor([1, 2], device="foo")
    torch.tensor([1, 2], device="")
    torch.tensor([1, 2], device=0)
    torch.tensor([1, 2], device=1.5)
    torch.tensor([1, 2], device=torch.device("cpu"))
    torch.tensor([1, 2], pin_memory=True)
    torch.tensor([1, 2], torch.float32)
    torch.tensor([1], foo=3)
    torch.tensor(data=[1])
    torch.tensor(torch.tensor(1.5), dtype=torch.int64)
    torch.tensor(torch.ones(2), requires_grad=True)
    torch.tensor([[[[1.5]]]])
    torch.tensor([["a"]])
    torch.tensor([[1], ["a"]])
    torch.scalar_tensor(3)
    torch.scalar_tensor(1j)
    torch.scalar_tensor(3, dtype=torch.int64)
    torch.scalar_tensor("a")
    torch.scalar_tensor(torch.tensor(2.0))
    torch.scalar_tensor(3, requires_grad=True)
""")


@pytest.mark.parametrize("source", TENSOR)
def test_tensor(source: str) -> None:
    both(source)


VALUES = [
    0, 1, -1, 3, 127, 128, -128, -129, 255, 256, -255, -256, 40000, 1 << 31, 1 << 40, (1 << 63) - 1, 1 << 63, 1 << 64,
    1 << 70, True, False, 0.0, -0.5, 0.1, 1.7, -1.7, 127.9, 255.9, 65504.0, 65520.0, 1e6, 1e10, -1e10, 1e19, 1e40,
    -1e40, float("inf"), float("-inf"), float("nan"), 1j, 1 + 2j, 1 + 0j, 1e40j, np.float64(1.5), np.float32(1.5),
    np.int32(3), np.bool_(True), np.complex64(1 + 1j),
]  # fmt: skip
DTYPES = [d.name for d in zanjir.dtypes.ALL]
MAKERS: dict[str, Any] = {
    "tensor": lambda torch, value, dtype: torch.tensor(value, dtype=dtype),
    "list": lambda torch, value, dtype: torch.tensor([value, 1], dtype=dtype),
    "nested": lambda torch, value, dtype: torch.tensor([[1], (value,)], dtype=dtype),
    "full": lambda torch, value, dtype: torch.full((2,), value, dtype=dtype),
    "full of one": lambda torch, value, dtype: torch.full((1,), value, dtype=dtype),
    "fill_": lambda torch, value, dtype: torch.zeros(2, dtype=dtype).fill_(value),
    "fill_ of one": lambda torch, value, dtype: torch.zeros((), dtype=dtype).fill_(value),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("make", MAKERS)
def test_numbers_in_every_dtype(make: str, dtype: str) -> None:
    for value in VALUES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                agree(lambda torch: MAKERS[make](torch, value, getattr(torch, dtype)))  # noqa: B023
            except AssertionError as error:
                raise AssertionError(f"{make} of {value!r}") from error


LEAVES = st.one_of(st.integers(-5, 5), st.floats(-2, 2, width=16), st.booleans(), st.sampled_from([1j, 0.5 - 2j]))
NESTED = st.recursive(LEAVES, lambda s: st.lists(s, max_size=3), max_leaves=9)


@settings(max_examples=300, deadline=None)
@given(NESTED)
def test_nested_lists(data: Any) -> None:
    agree(lambda torch: torch.tensor(data))


def test_the_default_dtype_decides() -> None:
    def f(torch: Any) -> Any:
        before = torch.get_default_dtype()
        try:
            torch.set_default_dtype(torch.float64)
            made = [torch.tensor([1.5]), torch.tensor(1j), torch.zeros(2), torch.Tensor([1]), torch.arange(3.0),
                    torch.full((1,), 2.5), torch.linspace(0, 1, 3)]  # fmt: skip
            torch.set_default_dtype(torch.bfloat16)
            return (*made, torch.tensor([1.5, 2]), torch.Tensor(2, 0), torch.eye(2))
        finally:
            torch.set_default_dtype(before)

    agree(f)


FACTORIES = lines("""
    torch.zeros("a")
    torch.zeros(2.5)
    torch.zeros([2.5])
    torch.zeros([2, 2.5])
    torch.zeros(None)
    torch.zeros()
    torch.zeros(())
    torch.zeros(2, "a")
    torch.zeros("a", 2)
    torch.zeros(2, 2.5)
    torch.zeros([2, [3]])
    torch.zeros([[2, 3]])
    torch.zeros((2, None))
    torch.zeros((True, 2))
    torch.zeros(2, True)
    torch.zeros(-1)
    torch.zeros(2, -1)
    torch.ones(2, -1)
    torch.zeros((2, 3))
    torch.zeros([2, 3])
    torch.zeros(size=(2, 3))
    torch.zeros(torch.tensor(3), 2)
    torch.zeros(torch.tensor([3, 2]))
    torch.zeros((torch.tensor(2), 3))
    torch.zeros(np.int64(2), 3)
    torch.zeros((2, np.float32(3)))
    torch.zeros(np.array([2, 3]))
    torch.zeros(True)
    torch.zeros(2, dtype=torch.int32, requires_grad=True)
    torch.zeros(2, dtype="float32")
    torch.zeros(2, dtype=float)
    torch.zeros(2, dtype=None)
    torch.zeros(2, layout=torch.strided)
    torch.zeros(2, layout=3)
    torch.zeros(2, device="cuda")
    torch.zeros(2, device=1)
    torch.zeros(2, device=1.5)
    torch.zeros(2, pin_memory=True)
    torch.zeros(2, foo=1)
    torch.zeros(2, requires_grad="a")
    torch.zeros(2, out=torch.ones(3))
    torch.zeros(2, out=torch.ones(2), dtype=torch.float64)
    torch.zeros(2, out=torch.ones(2, dtype=torch.int64))
    torch.zeros(2, out=torch.ones(2, requires_grad=True))
    torch.zeros(2, out=np.ones(2))
    torch.ones(3, 0)
    torch.ones(2, dtype=torch.bool)
    torch.ones(())
    torch.empty("a")
    torch.empty(2, 3).shape
    torch.empty(2, 2, 2, 2, memory_format=torch.channels_last).stride()
    torch.empty(2, memory_format=torch.channels_last)
    torch.empty(2, memory_format=torch.preserve_format)
    torch.empty(-2)
    torch.empty(2, foo=3)
    torch.full((2,), 1)
    torch.full((2,), 1.5)
    torch.full((2,), True)
    torch.full((2,), 1j)
    torch.full((2,), torch.tensor(2))
    torch.full((2,), torch.tensor(2.5, dtype=torch.float64))
    torch.full((2,), torch.tensor([2.5]))
    torch.full((2,), "a")
    torch.full((2,), None)
    torch.full(2, 1)
    torch.full((2,))
    torch.full()
    torch.full(size=(2,), fill_value=3)
    torch.full((2,), np.float64(3))
    torch.full((2,), np.int32(3))
    torch.full((2,), 1, requires_grad=True)
    torch.full((2,), 1.0, requires_grad=True)
    torch.full((2,), 3, out=torch.ones(2))
    torch.full((2,), 3.5, out=torch.ones(2, dtype=torch.int64))
    torch.full((-2,), 3)
    torch.eye(3)
    torch.eye(3, 2)
    torch.eye(2, dtype=torch.bool)
    torch.eye(2, 3, dtype=torch.float16)
    torch.eye(-1)
    torch.eye(2, -1)
    torch.eye(2.5)
    torch.eye("a")
    torch.eye()
    torch.eye(n=2, m=3)
    torch.eye(2, out=torch.zeros(1))
    torch.eye(0)
    torch.empty_strided((2, 3), (1, 2)).stride()
    torch.empty_strided((2, 3), (0, 0)).stride()
    torch.empty_strided((2, 3), (1, 2, 3))
    torch.empty_strided((2, 3), (-1, 2))
    torch.empty_strided((-2, 3), (1, 2))
    torch.empty_strided(2, 3)
    torch.zeros_like([1, 2])
    torch.zeros_like(np.ones(2))
    torch.ones_like(3)
    torch.zeros_like(torch.zeros(2, requires_grad=True))
    torch.zeros_like(torch.zeros(2), requires_grad=True)
    torch.zeros_like(torch.zeros(2, dtype=torch.int64), requires_grad=True)
    torch.zeros_like(torch.zeros(2), device="cuda")
    torch.zeros_like(torch.zeros(2), dtype="a")
    torch.zeros_like(torch.zeros(2), out=3)
    torch.zeros_like(input=torch.zeros(2))
    torch.zeros_like(torch.zeros(2, 3, 4, 5), memory_format=torch.channels_last)
    torch.ones_like(torch.zeros(2, dtype=torch.int8))
    torch.empty_like(torch.ones(2), dtype=torch.int64, requires_grad=True)
    torch.full_like(torch.zeros(2), 3)
    torch.full_like(torch.zeros(2, dtype=torch.int64), 3.7)
    torch.full_like(torch.zeros(2), 1j)
    torch.full_like(torch.zeros(2, dtype=torch.uint8), 300)
    torch.full_like(torch.zeros(2), torch.tensor(2))
    torch.full_like(torch.zeros(2), "a")
    torch.full_like([1], 2)
    torch.zeros(2, 3).new_zeros(2, 3)
    torch.zeros(2, 3).new_zeros((2, 3), dtype=torch.int64)
    torch.zeros(2, 3).new_zeros(size=(2,))
    torch.zeros(2, 3).new_zeros(2, "a")
    torch.zeros(2, 3).new_zeros("a")
    torch.zeros(2, 3).new_zeros()
    torch.zeros(2, 3).new_zeros(-1)
    torch.zeros(2, 3).new_ones(2, requires_grad=True)
    torch.zeros(2, 3).new_empty(-1)
    torch.zeros(2, 3).new_empty(2, 2).shape
    torch.zeros(2, 3, dtype=torch.int64).new_full((2,), 3.5)
    torch.zeros(2, 3).new_full((2,), 3, dtype=torch.int64)
    torch.zeros(2, 3).new_full(2, 3)
    torch.zeros(2, 3).new_full((2,))
    torch.zeros(2, 3).new_tensor([1, 2])
    torch.zeros(2, 3, dtype=torch.int64).new_tensor([1.5, 2])
    torch.zeros(2, 3).new_tensor(torch.tensor([1, 2]))
    torch.zeros(2, 3).new_tensor(np.array([1, 2]))
    torch.zeros(2, 3).new_tensor([1, 2], dtype=torch.int64)
    torch.zeros(2, 3).new_tensor([1, 2], requires_grad=True)
    torch.zeros(2, 3, dtype=torch.int64).new_tensor([1, 2], requires_grad=True)
    torch.zeros(2, 3).new_tensor("a")
    torch.zeros(2, 3).new_empty_strided((2, 2), (1, 2)).stride()
    torch.zeros(2, 3).new([1, 2])
    torch.zeros(2, 3).new(2, 3).shape
    torch.zeros(2, 3).new().shape
    torch.zeros(2, 3, dtype=torch.int64).new([1, 2])
    torch.zeros(2, 3).new(torch.ones(2, dtype=torch.int64))
""")


@pytest.mark.parametrize("source", FACTORIES)
def test_factories(source: str) -> None:
    both(source)


@pytest.mark.parametrize("name", ["zeros_like", "ones_like", "clone", "double", "rand_like"])
def test_strides_are_kept(name: str) -> None:
    """``preserve_format``: the order of dimensions in memory, without gaps."""
    rng = np.random.default_rng(1)
    for _ in range(300):
        ndim = int(rng.integers(0, 5))
        array = np.zeros(rng.integers(1, 4, ndim), np.float32)
        view = array[tuple(slice(None, None, int(rng.integers(1, 3))) for _ in range(ndim))]
        for axis in range(ndim):  # as expand() would
            if view.shape[axis] == 1 and rng.integers(2):
                strides = tuple(0 if a == axis else s for a, s in enumerate(view.strides))
                shape = tuple(3 if a == axis else n for a, n in enumerate(view.shape))
                view = np.lib.stride_tricks.as_strided(view, shape, strides)
        view = view.transpose(rng.permutation(ndim))
        if 1 in view.shape:
            continue  # the stride of a dimension of length 1 is not the business of this test
        item = view.itemsize
        sizes, steps = view.shape, [s // item for s in view.strides]
        theirs = torch.empty(400).as_strided(sizes, steps)
        ours = zanjir.from_numpy(np.lib.stride_tricks.as_strided(np.zeros(400, np.float32), sizes, view.strides))
        t = getattr(theirs, name)() if hasattr(theirs, name) else getattr(torch, name)(theirs)
        z = getattr(ours, name)() if hasattr(ours, name) else getattr(zanjir, name)(ours)
        assert z.stride() == t.stride(), (sizes, steps)


RANGES = lines("""
    torch.arange(5)
    torch.arange(0)
    torch.arange(5.0)
    torch.arange(1, 5, 2)
    torch.arange(1, 5, 0)
    torch.arange(1, 5, -1)
    torch.arange(5, 1)
    torch.arange(5, 1, -1)
    torch.arange(-3)
    torch.arange(1, 2.5, 0.5)
    torch.arange(start=1, end=4)
    torch.arange(end=4)
    torch.arange(end=4, step=2)
    torch.arange(0, end=4, step=2)
    torch.arange(start=1)
    torch.arange()
    torch.arange("a")
    torch.arange(1j)
    torch.arange(True)
    torch.arange(0, 5, dtype=torch.float16)
    torch.arange(5, dtype=torch.bool)
    torch.arange(3, dtype=torch.complex64)
    torch.arange(3, dtype=torch.uint16)
    torch.arange(3, dtype=torch.bfloat16)
    torch.arange(300, dtype=torch.uint8)
    torch.arange(-3, 3, dtype=torch.uint8)
    torch.arange(0.5, 3.7, dtype=torch.int64)
    torch.arange(0.5, 3.7, dtype=torch.int32)
    torch.arange(0.5, 3.7, 0.9, dtype=torch.int32)
    torch.arange(0.5, 3.7, 0.9, dtype=torch.int64)
    torch.arange(0.5, 3.7, 1.9, dtype=torch.int64)
    torch.arange(3, 0, -0.5, dtype=torch.int32)
    torch.arange(nan)
    torch.arange(0, inf)
    torch.arange(0, 1, nan)
    torch.arange(torch.tensor(3))
    torch.arange(torch.tensor(3, dtype=torch.float64))
    torch.arange(torch.tensor([3]))
    torch.arange(torch.tensor(1), torch.tensor(3.0))
    torch.arange(np.int32(3))
    torch.arange(np.float64(3))
    torch.arange(3, requires_grad=True)
    torch.arange(3.0, requires_grad=True)
    torch.arange(3, out=torch.zeros(3))
    torch.arange(3.5, out=torch.zeros(3, dtype=torch.int64))
    torch.arange(3, out=torch.ones(2), dtype=torch.int64)
    torch.arange(3, out=torch.ones(2, requires_grad=True))
    torch.arange(2**53, 2**53 + 3)
    torch.arange(0, 2**62, 2**61)
    torch.arange(1 << 63)
    torch.arange(1, 4, 1, 1)
    torch.range(1, 4)
    torch.range(1, 4, 0.5)
    torch.range(1, 4, dtype=torch.int64)
    torch.range(4, 1)
    torch.range(1)
    torch.linspace(0, 1, 5)
    torch.linspace(0, 1, 1)
    torch.linspace(0, 1, 0)
    torch.linspace(0, 1, -1)
    torch.linspace(0, 1)
    torch.linspace(0, 10, 4, dtype=torch.uint8)
    torch.linspace(3, -2, 7, dtype=torch.int32)
    torch.linspace(-1.5, 2.7, 7, dtype=torch.int32)
    torch.linspace(0, 1j, 3)
    torch.linspace(0, 1, 5, dtype=torch.complex64)
    torch.linspace(0, 1, 3, dtype=torch.bool)
    torch.linspace(0, 1j, 3, dtype=torch.float32)
    torch.linspace(torch.tensor(0), 1, 3)
    torch.linspace(torch.tensor([0.0]), 1, 3)
    torch.linspace(0, 1, 2.5)
    torch.linspace(0, 1, True)
    torch.linspace(0, 1, steps=None)
    torch.linspace(start=0, end=1, steps=3)
    torch.linspace("a", 1, 3)
    torch.linspace(0, 10, 3, out=torch.zeros(3, dtype=torch.int64))
    torch.linspace(0, 1, 3, out=torch.ones(2), dtype=torch.int64)
    torch.logspace(0, 3, 4)
    torch.logspace(0, 3, 4, base=2)
    torch.logspace(0, 3, 4, 2, dtype=torch.int64)
    torch.logspace(0, 1, 3, dtype=torch.int32)
    torch.logspace(0, 1, 3, dtype=torch.bool)
    torch.logspace(0, 1, 3, dtype=torch.float16)
    torch.logspace(0, 3, 0)
    torch.logspace(0, 3, 1)
    torch.logspace(0, 3, -1)
    torch.logspace(0, 1, 3, base=-2)
    torch.logspace(0, 1j, 3)
    torch.logspace(0, 1)
""")


@pytest.mark.parametrize("source", RANGES)
def test_ranges(source: str) -> None:
    both(source)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "int16", "int64"])
def test_ranges_to_the_last_bit(dtype: str) -> None:
    rng = np.random.default_rng(2)
    for _ in range(300):
        start, step, count = (
            float(rng.normal(0, 3)),
            float(rng.choice([-1, 1]) * rng.uniform(0.01, 2)),
            rng.integers(0, 90),
        )
        if dtype == "int64":
            step = round(step) or 1
        end = start + step * (count - 0.5)
        if (end - start) * step < 0:
            continue
        t = torch.arange(start, end, step, dtype=getattr(torch, dtype))
        z = zanjir.arange(start, end, step, dtype=getattr(zanjir, dtype))
        np.testing.assert_array_equal(numbers(z), numbers(t), err_msg=f"arange({start}, {end}, {step})")


@pytest.mark.parametrize(
    "dtype", ["float16", "bfloat16", "float32", "float64", "complex64", "complex128", "int16", "int64"]
)
def test_linspace_to_the_last_bit(dtype: str) -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        start, end, steps = float(rng.normal(0, 9)), float(rng.normal(0, 9)), int(rng.integers(0, 90))
        t = torch.linspace(start, end, steps, dtype=getattr(torch, dtype))
        z = zanjir.linspace(start, end, steps, dtype=getattr(zanjir, dtype))
        np.testing.assert_array_equal(numbers(z), numbers(t), err_msg=f"linspace({start}, {end}, {steps})")


MEMORY = lines("""
    torch.as_tensor([1, 2], dtype=torch.float64)
    torch.as_tensor(np.arange(3.0))
    torch.as_tensor(np.arange(3.0), dtype=torch.float32)
    torch.as_tensor(torch.ones(2, requires_grad=True))
    torch.as_tensor(torch.ones(2, requires_grad=True), dtype=torch.float64)
    torch.as_tensor(3)
    torch.as_tensor("a")
    torch.as_tensor(np.float32(3))
    torch.as_tensor([1, 2], device="cuda")
    torch.as_tensor([1, 2], requires_grad=True)
    torch.as_tensor(None)
    torch.asarray([1, 2])
    torch.asarray(3)
    torch.asarray(np.arange(3), dtype=torch.float32)
    torch.asarray(np.arange(3), copy=False, dtype=torch.float32)
    torch.asarray([1, 2], copy=False)
    torch.asarray([1, 2], copy=True)
    torch.asarray([1.0, 2], requires_grad=True)
    torch.asarray([1, 2], requires_grad=True)
    torch.asarray(torch.ones(2, requires_grad=True))
    torch.asarray(torch.ones(2, requires_grad=True) * 2)
    torch.asarray(torch.ones(2, requires_grad=True) * 2, requires_grad=False)
    torch.asarray(torch.ones(2, requires_grad=True), copy=True)
    torch.asarray(torch.ones(2), dtype=torch.float64, copy=False)
    torch.asarray(b"abcd")
    torch.asarray(bytearray(b"abcd"), dtype=torch.int32)
    torch.asarray(array.array("f", [1, 2]))
    torch.asarray("a")
    torch.asarray(np.float32(2))
    torch.asarray(np.float32(2), copy=False)
    torch.asarray(None)
    torch.from_numpy(np.arange(3))
    torch.from_numpy(np.arange(6).reshape(2, 3).T)
    torch.from_numpy(np.arange(10)[3:]).storage_offset()
    torch.from_numpy(np.arange(3)[::-1])
    torch.from_numpy([1, 2])
    torch.from_numpy(torch.ones(2))
    torch.from_numpy(np.array(["a"]))
    torch.from_numpy(np.array([1, 2], dtype=">f4"))
    torch.from_numpy(np.zeros(3, np.datetime64))
    torch.from_numpy(np.float32(3))
    torch.from_numpy(np.array(3.0))
    torch.from_numpy(np.zeros(0)).shape
    torch.from_numpy(np.zeros(3, dtype=[("a", "f4"), ("b", "i2")])["a"])
    torch.frombuffer(bytearray(b"abcd"), dtype=torch.uint8)
    torch.frombuffer(bytearray(b"abcd"), dtype=torch.int16, count=1, offset=2)
    torch.frombuffer(bytearray(b"abcd"), dtype=torch.int16, count=3)
    torch.frombuffer(bytearray(b"abc"), dtype=torch.int16)
    torch.frombuffer(bytearray(b""), dtype=torch.int16)
    torch.frombuffer(bytearray(b"abcd"), dtype=torch.int16, offset=4)
    torch.frombuffer(bytearray(b"abcd"), dtype=torch.int16, offset=-1)
    torch.frombuffer(bytearray(b"abcd"), dtype=torch.int16, count=0)
    torch.frombuffer(bytearray(b"abcd"), dtype=torch.int16, count=-2)
    torch.frombuffer(bytearray(b"abcd"))
    torch.frombuffer([1, 2], dtype=torch.int16)
    torch.frombuffer(bytearray(b"abcd"), dtype=torch.float32, requires_grad=True)
    torch.frombuffer(bytearray(b"abcd"), dtype=torch.int32, requires_grad=True)
    torch.from_dlpack(np.arange(3))
    torch.from_dlpack(torch.arange(3))
    torch.from_dlpack(torch.ones(2, requires_grad=True))
    torch.from_dlpack([1, 2])
    np.from_dlpack(torch.arange(3)).tolist()
    np.from_dlpack(torch.ones(2, requires_grad=True))
""")


@pytest.mark.parametrize("source", MEMORY)
def test_memory_of_others(source: str) -> None:
    both(source)


LEGACY = lines("""
    torch.Tensor()
    torch.Tensor(2, 3).shape
    torch.Tensor([1, 2])
    torch.Tensor((2, 3))
    torch.Tensor([[1, 2], [3, 4]])
    torch.Tensor(3).shape
    torch.Tensor(3.5)
    torch.Tensor(True)
    torch.Tensor("a")
    torch.Tensor(None)
    torch.Tensor(torch.tensor([1, 2]))
    torch.Tensor(torch.ones(2, requires_grad=True) * 2)
    torch.Tensor(np.array([1, 2]))
    torch.Tensor(np.int64(2)).shape
    torch.Tensor(np.array(2)).shape
    torch.Tensor(np.float32(2.0))
    torch.Tensor(torch.Size([2, 3])).shape
    torch.Tensor(size=(2, 3)).shape
    torch.Tensor([2], device="cpu")
    torch.Tensor([2], device="cuda")
    torch.Tensor([2], dtype=torch.float64)
    torch.Tensor([1, 2], requires_grad=True)
    torch.Tensor([1j])
    torch.Tensor(range(3))
    torch.Tensor(-1)
    torch.Tensor(2, "a")
    torch.Tensor([1, 2], 3)
    torch.Tensor(2, [3])
    torch.Tensor([[1], [2, 3]])
    torch.Tensor(["a"])
    torch.Tensor(x for x in range(2))
    torch.Tensor(data=[1])
    torch.FloatTensor(2, 3).shape
    torch.FloatTensor()
    torch.FloatTensor([1, 2]).type()
    torch.DoubleTensor([1, 2])
    torch.LongTensor([1.5, 2])
    torch.LongTensor(3).shape
    torch.LongTensor(np.array([1.5, 2]))
    torch.LongTensor(torch.tensor([1, 2]))
    torch.LongTensor(torch.tensor([1.0, 2]))
    torch.LongTensor(torch.ones(2, dtype=torch.int32))
    torch.IntTensor([1]).type()
    torch.ShortTensor([1]).type()
    torch.CharTensor([1]).type()
    torch.ByteTensor([300])
    torch.ByteTensor([-1])
    torch.BoolTensor([1, 0])
    torch.HalfTensor([1]).type()
    torch.BFloat16Tensor([1]).type()
    torch.FloatTensor.__name__
    torch.FloatTensor.dtype
    torch.FloatTensor.is_cuda
    isinstance(torch.tensor(1.0), torch.FloatTensor)
    isinstance(torch.tensor(1), torch.FloatTensor)
    isinstance(3, torch.FloatTensor)
    isinstance(torch.tensor(1), torch.LongTensor)
    issubclass(torch.FloatTensor, torch.Tensor)
    type(torch.FloatTensor([1])) is torch.Tensor
    torch.FloatTensor("a")
    torch.FloatTensor(3.5)
    torch.set_default_tensor_type(torch.LongTensor)
    torch.set_default_tensor_type(torch.float32)
""")


@pytest.mark.parametrize("source", LEGACY)
def test_legacy(source: str) -> None:
    both(source)


QUESTIONS = lines("""
    torch.is_tensor(3)
    torch.is_tensor(torch.ones(2))
    torch.is_floating_point(torch.ones(2))
    torch.is_floating_point(3)
    torch.is_complex([1])
    torch.numel(torch.ones(2, 3))
    torch.numel(3)
    torch.is_nonzero(torch.tensor(0.0))
    torch.is_nonzero(torch.tensor([1, 2]))
    torch.is_nonzero(torch.tensor([]))
    torch.result_type(torch.tensor([1]), 1.0)
    torch.result_type(torch.tensor([1], dtype=torch.int8), torch.tensor(5))
    torch.result_type(1, 1.0)
    torch.result_type(1.0, torch.tensor(2, dtype=torch.float64))
    torch.result_type("a", 2)
    torch.typename(torch.tensor(1.0))
    torch.typename(3)
    torch.typename(int)
    torch.typename(torch.FloatTensor)
    torch.typename(np.ones(2))
    str(torch.get_default_device())
    str(torch.ones(2).layout).split(".")[-1]
    str(torch.channels_last).split(".")[-1]
    torch.ones(2).layout is torch.strided
    torch.is_storage(torch.ones(2))
    torch.is_storage(torch.ones(2).untyped_storage())
""")


@pytest.mark.parametrize("source", QUESTIONS)
def test_questions(source: str) -> None:
    both(source)


def test_default_device() -> None:
    def f(torch: Any) -> Any:
        torch.set_default_device("cuda")
        try:
            return torch.ones(2)
        finally:
            torch.set_default_device(None)

    agree(f)


@pytest.mark.parametrize(
    "source",
    [
        "torch.tensor(torch.ones(2))",
        "torch.ones(2).new_tensor(torch.ones(2))",
        "torch.from_numpy(np.broadcast_to(np.zeros(1), (3,)))",
        "torch.asarray(torch.ones(2, requires_grad=True))",
        "torch.range(1, 2)",
        "torch.set_default_tensor_type(torch.FloatTensor)",
        "torch.tensor([1j, 2]).float()",
    ],
)
def test_warnings(source: str) -> None:
    def warned(library: Any) -> list[tuple[type, str]]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            eval(source, {**LIBRARIES, "torch": library})
        return [(w.category, str(w.message).split(" (Triggered")[0]) for w in caught]

    convert._warned.clear()
    torch.set_warn_always(True)
    try:
        assert warned(zanjir) == warned(torch)
    finally:
        torch.set_warn_always(False)


def test_memory_is_shared_with_torch_by_dlpack() -> None:
    theirs = torch.arange(6.0).reshape(2, 3).T
    ours = zanjir.from_dlpack(theirs)
    assert ours.stride() == (1, 3)
    ours._array[0, 0] = 7
    assert theirs[0, 0] == 7
    back = torch.from_dlpack(zanjir.arange(3.0))
    assert back.tolist() == [0, 1, 2]
    mine = zanjir.zeros(2)
    torch.from_dlpack(mine)[0] = 5
    assert mine.tolist() == [5, 0]


def test_bfloat16_comes_from_torch() -> None:
    assert zanjir.tensor(np.array([1.5], ml_dtypes.bfloat16)).dtype is zanjir.bfloat16


def test_objects_that_stand_for_a_choice_are_pickled_by_name() -> None:
    assert pickle.loads(pickle.dumps(zanjir.strided)) is zanjir.strided
    assert pickle.loads(pickle.dumps(zanjir.channels_last)) is zanjir.channels_last
