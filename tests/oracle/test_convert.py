"""Copies, casts and filling, compared with PyTorch."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from harness import (
    ALL,
    BFLOAT16,
    FLOATING,
    agree,
    noncontiguous,
    numbers,
    sample,
    to_torch,
    to_zanjir,
    torch,
    transposed,
)
from test_creation import LIBRARIES, lines

import zanjir


def both(source: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        agree(lambda torch: eval(source, {**LIBRARIES, "torch": torch}))


NAMES = [d.name for d in zanjir.dtypes.ALL if not d.name.startswith("uint") or d.name == "uint8"]
CASTS = ("float", "double", "half", "bfloat16", "int", "long", "short", "char", "byte", "bool", "cfloat", "cdouble")
ODD = [float("nan"), float("inf"), -float("inf"), 1e20, -1e20, 300.0, -1.0, 256.7, 4e9, -4e9, 3e9, 1e30, 65519.9, 0.0,
       -0.0, 1e-45, 0.3, 127.5, -128.9]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Casting complex")
@pytest.mark.parametrize("to", NAMES)
@pytest.mark.parametrize("dtype", ALL)
def test_every_cast(dtype: Any, to: str) -> None:
    x = sample((3, 4), dtype, low=-200, high=200)
    for shaped in (x, noncontiguous(x), transposed(x), x[0, 0], x[:0]):  # NumPy forgets the strides of no elements
        agree(lambda torch, a: a.to(getattr(torch, to)), np.asarray(shaped), strides=shaped.size > 0)


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
@pytest.mark.parametrize("to", NAMES)
@pytest.mark.parametrize("dtype", [*FLOATING, np.int64])
def test_what_does_not_fit(dtype: Any, to: str, recwarn: pytest.WarningsRecorder) -> None:
    values = np.array([0, 1, -1, 255, 256, 2**31, 2**40 + 1, -(2**63), 2**63 - 1, 2**24 + 1, 2**53 + 1, 65520, 2049])
    x = values if dtype is np.int64 else np.array(ODD).astype(np.float32 if dtype == BFLOAT16 else dtype).astype(dtype)
    theirs = numbers(to_torch(x).to(getattr(torch, to)))
    ours = to_zanjir(x)
    recwarn.clear()
    cast = ours.to(getattr(zanjir, to))
    assert not recwarn.list
    np.testing.assert_array_equal(numbers(cast), theirs)


@pytest.mark.parametrize("dtype", FLOATING)
def test_double_rounding(dtype: Any) -> None:
    """float64 goes to the 16-bit types by way of float32, and so rounds twice."""
    x = np.random.default_rng(0).normal(0, 3, 20000)
    x = np.concatenate(
        [x, (1 + 2.0**-11 + 2.0**-40) * 2.0 ** np.arange(-10, 10), (1 + 2.0**-8 + 2.0**-40) * 2.0 ** np.arange(9)]
    )
    d = zanjir.dtypes.of(np.dtype(dtype)).name
    np.testing.assert_array_equal(
        numbers(to_zanjir(x).to(getattr(zanjir, d))), numbers(to_torch(x).to(getattr(torch, d)))
    )


@pytest.mark.parametrize("name", CASTS)
def test_casting_methods(name: str) -> None:
    agree(lambda torch, a: getattr(a, name)(), sample((2, 3), np.float32))
    agree(lambda torch, a: getattr(a, name)() is a, sample((2, 3), np.float32))
    agree(lambda torch, a: getattr(a, name)(), sample((2, 3), np.complex128))


EXPRESSIONS = lines("""
    torch.tensor([1.5]).type()
    torch.tensor(1j).type()
    torch.tensor(1, dtype=torch.uint16).type()
    torch.tensor([1.5]).type(torch.LongTensor)
    torch.tensor([1.5]).type("torch.LongTensor")
    torch.tensor([1.5]).type(torch.float64)
    torch.tensor([1.5]).type("torch.float64")
    torch.tensor([1.5]).type("foo")
    torch.tensor([1.5]).type("torch.FooTensor")
    torch.tensor([1.5]).type(3)
    torch.tensor([1.5]).type(torch.Tensor)
    torch.tensor([1.5]).type("torch.Tensor")
    torch.tensor([1.5]).type(float)
    torch.tensor([1.5]).type(dtype=torch.int64)
    torch.tensor([1.5]).type(torch.float32, True)
    torch.tensor([1.5]).to(torch.int64)
    torch.tensor([1.5]).to("cpu")
    torch.tensor([1.5]).to("cpu", torch.float64)
    torch.tensor([1.5]).to("cpu", torch.float64, True, True)
    torch.tensor([1.5]).to(torch.float64, True, True)
    torch.tensor([1.5]).to(dtype=torch.float64)
    torch.tensor([1.5]).to(device="cpu", dtype=torch.float64, copy=True)
    torch.tensor([1.5]).to(torch.tensor(1))
    torch.tensor([1.5]).to(other=torch.tensor(1))
    torch.tensor([1.5]).to()
    torch.tensor([1.5]).to(None)
    torch.tensor([1.5]).to("cuda")
    torch.tensor([1.5]).to(3)
    torch.tensor([1.5]).to("foo")
    torch.tensor([1.5]).to("mps")
    torch.tensor([1.5]).to(float)
    torch.tensor([1.5]).to(np.float32)
    torch.tensor([1.5]).to("cpu", 3)
    torch.tensor([1.5]).to("cpu", "cpu")
    torch.tensor([1.5]).to(torch.float64, "cpu")
    torch.tensor([1.5]).to(torch.float64, foo=3)
    torch.tensor([1.5]).to(copy=True)
    torch.ones(2, 3, 2, 2).to(memory_format=torch.channels_last)
    torch.ones(1, 2, 2).to(memory_format=torch.channels_last)
    torch.tensor([1.5]).cuda()
    torch.tensor([1.5]).cuda(0)
    torch.tensor([1.5]).cuda("cpu")
    torch.tensor([1.5]).cpu()
    torch.tensor([1.5]).pin_memory()
    torch.tensor([1.5]).is_pinned()
    torch.tensor([1.5]).share_memory_().is_shared()
    torch.ones(2).type_as(torch.tensor(1))
    torch.ones(2).type_as(3)
    torch.ones(2, requires_grad=True).type_as(torch.ones(1, dtype=torch.float64))
    torch.ones(2, requires_grad=True).float()
    torch.ones(2, requires_grad=True).int()
    torch.ones(2, requires_grad=True).to("cpu", copy=True)
    torch.clone(3)
    torch.ones(2).clone(memory_format=3)
    torch.ones(2).clone(memory_format=torch.channels_last)
    torch.ones(2, 3, 4, 5).clone(memory_format=torch.channels_last)
    torch.ones(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    torch.ones(2, 3, 4, 5).clone(memory_format=torch.channels_last).is_contiguous(memory_format=torch.channels_last)
    torch.ones(2, 3, 4, 5).is_contiguous(memory_format=torch.channels_last)
    torch.ones(1, 2, 1, 1).is_contiguous(memory_format=torch.channels_last)
    torch.ones(1, 2, 1, 2).contiguous(memory_format=torch.channels_last)
    torch.ones(2, 3).is_contiguous(memory_format=torch.channels_last)
    torch.ones(2).contiguous(memory_format=torch.channels_last)
    torch.ones(2).copy_(torch.tensor([1, 2]))
    torch.ones(2).copy_(torch.tensor([1, 2, 3]))
    torch.ones(2, 3).copy_(torch.tensor([1, 2, 3]))
    torch.ones(2, 3).copy_(torch.tensor(5))
    torch.ones(3).copy_(torch.ones(2, 3))
    torch.ones(3).copy_(torch.ones(1, 3))
    torch.ones(2).copy_(3)
    torch.ones(2).copy_(1j)
    torch.ones(2).copy_([1, 2])
    torch.ones(2).copy_(None)
    torch.ones(2).copy_(np.ones(2))
    torch.ones(3).copy_(torch.ones(3), 3)
    torch.ones(2).copy_(torch.tensor([1j, 2]))
    torch.ones(2).copy_(torch.tensor([1.0, 2], requires_grad=True))
    torch.ones(2, dtype=torch.int64).copy_(torch.tensor([1.7, 2], requires_grad=True))
    torch.ones(2, requires_grad=True).copy_(torch.ones(2))
    torch.ones(1).expand(3).copy_(torch.ones(3))
    (torch.ones(2, requires_grad=True) * 1).copy_(torch.ones(2))
    torch.ones(2).fill_(3)
    torch.ones(2).fill_("a")
    torch.ones(2).fill_(None)
    torch.ones(2).fill_(np.array(2))
    torch.ones(2).fill_(np.float32(2))
    torch.ones(2).fill_(value=3)
    torch.ones(2).fill_(torch.tensor(3))
    torch.ones(2).fill_(torch.tensor([3]))
    torch.ones(2, dtype=torch.uint8).fill_(torch.tensor(300))
    torch.ones(2).fill_(torch.tensor(1e40, dtype=torch.float64))
    torch.ones(2).fill_(torch.tensor(1j))
    torch.ones(2).fill_(torch.tensor(3.0, requires_grad=True))
    (torch.ones(2, requires_grad=True) * 1).fill_(torch.tensor(3.0, requires_grad=True))
    (torch.ones(2, requires_grad=True) * 1).fill_(3.0)
    (torch.ones(2, requires_grad=True) * 1).zero_()
    torch.ones(2, requires_grad=True).zero_()
    torch.ones(2, requires_grad=True).fill_(2)
    torch.ones(1).expand(3).fill_(2)
    torch.ones(1).expand(3).zero_()
    torch.fill(torch.ones(2, requires_grad=True), 3)
    torch.fill(torch.ones(2, requires_grad=True), torch.tensor(3.0))
    torch.fill_(torch.ones(2), 3)
    torch.zero_(torch.ones(2))
    torch.ones(2).resize_(3).shape
    torch.ones(2).resize_((1, 2))
    torch.ones(2, requires_grad=True).resize_(3)
    torch.ones(4).resize_(2, 2)
    torch.ones(4).resize_(2)
    torch.ones(4)[1:].resize_(3)
    torch.ones(4).resize_as_(torch.ones(2, 2))
    torch.ones(4).resize_(-1)
    torch.ones(4).resize_("a")
    torch.ones(4).resize_()
    torch.ones(4).set_(torch.zeros(2))
    torch.ones(4).set_().shape
    torch.ones(4).set_(torch.zeros(4).untyped_storage(), 0, (2, 2), (2, 1))
    torch.ones(4).set_(torch.zeros(4).storage(), 1, (2,), (1,))
    torch.ones(4).set_(torch.zeros(2, dtype=torch.int64))
    torch.ones(4).set_(3)
    torch.ones(2).is_set_to(torch.ones(2))
    torch.ones(2).is_same_size(torch.ones(2))
    torch.ones(2).is_same_size(torch.ones(2, 1))
    torch.ones(2).is_same_size(3)
    torch.ones(4)[1:].untyped_storage().nbytes()
    torch.ones(2).untyped_storage().tolist()
    torch.ones(2).storage().tolist()
    torch.ones(2).storage().size()
    torch.ones(4)[1:].storage_offset()
    torch.ones(0).data_ptr()
    (lambda x: x[1:].untyped_storage().data_ptr() == x.untyped_storage().data_ptr())(torch.ones(3))
    np.asarray(torch.ones(2)).tolist()
    np.asarray(torch.ones(2, requires_grad=True))
    np.asarray(torch.ones(2, dtype=torch.bfloat16))
    np.array(torch.ones(2), dtype=np.int32).tolist()
    np.asarray(torch.ones(2)).dtype
    torch.ones(2, requires_grad=True).numpy()
    torch.ones(2, requires_grad=True).numpy(force=True).tolist()
""")


@pytest.mark.parametrize("source", EXPRESSIONS)
def test_expressions(source: str) -> None:
    both(source)


def test_storage_prints_as_in_torch() -> None:
    for f in (lambda t: t.ones(2).untyped_storage(), lambda t: t.ones(2).storage()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert repr(f(zanjir)).replace("zanjir.", "torch.") == repr(f(torch))


@pytest.mark.parametrize("dtype", [*FLOATING, np.complex64, np.complex128])
def test_gradients(dtype: Any) -> None:
    x, y = sample((2, 3), dtype), sample((2, 3), dtype, seed=1)
    row = sample((3,), dtype, seed=2)
    agree(lambda torch, a: a.clone(), x)
    agree(lambda torch, a: a.T.contiguous(), x)
    agree(lambda torch, a: a.to(torch.complex128), x)
    agree(lambda torch, a, b: (a * 2).copy_(b), x, y)
    agree(lambda torch, a, b: (a * 2).copy_(b), x, row)
    agree(lambda torch, a, b: (a * 2).copy_(b), x, sample((3,), np.float64))
    agree(lambda torch, a: (a * a).fill_(2), x)
    agree(lambda torch, a: (a * a).zero_(), x)
    agree(lambda torch, a, b: (a * a).fill_(b), x, np.asarray(y[0, 0]))
    agree(lambda torch, a, b: torch.fill(a, b), x, np.asarray(y[0, 0]))


@pytest.mark.filterwarnings("ignore:Casting complex")
def test_a_real_gradient_of_complex_origin() -> None:
    agree(lambda torch, a: a.to(torch.float32), sample((3,), np.complex64))
    agree(lambda torch, a: a.to(torch.complex64), sample((3,), np.float16))
    agree(lambda torch, a: a.double() * a, sample((3,), np.float32))


def test_writing_into_views_and_bases() -> None:
    x, row = sample((4, 3), np.float32), sample((3,), np.float32, seed=1)

    def into_view(torch: Any, a: Any, b: Any) -> Any:
        base = a * 2
        base[1:3].copy_(b)
        base[0].fill_(3)
        base[:, 0].zero_()
        return base

    def into_base(torch: Any, a: Any, b: Any) -> Any:
        base = a * 2
        view = base[1]
        base.copy_(b)
        return view * view, base

    def leaf(torch: Any, a: Any, b: Any) -> Any:
        base = torch.zeros(4, 3)
        base[2].copy_(b)
        return base, base._version, type(base.grad_fn).__name__

    agree(into_view, x, row)
    agree(into_base, x, row)
    agree(leaf, x, row)


def test_versions() -> None:
    def f(torch: Any) -> Any:
        x = torch.ones(3)
        seen = [x._version]
        for write in (lambda: x.fill_(2), lambda: x.zero_(), lambda: x.copy_(torch.ones(3)), lambda: x[1:].fill_(3)):
            write()
            seen.append(x._version)
        return seen

    agree(f)


def test_a_saved_tensor_that_is_overwritten() -> None:
    def f(torch: Any, a: Any) -> Any:
        b = a * 1
        c = b * b
        b.fill_(2)
        return torch.autograd.grad(c.sum(), a)

    agree(f, sample((3,), np.float32))


# ------------------------------------------------------------------------------------------------------------- copies


@pytest.mark.parametrize("dtype", ALL)
def test_copies_of_every_dtype(dtype: Any) -> None:
    x = sample((3, 4), dtype)
    for shaped in (x, noncontiguous(x), transposed(x), x[:0], np.asarray(x[0, 0])):
        for way in (
            copy.copy,
            copy.deepcopy,
            lambda t: pickle.loads(pickle.dumps(t)),
            lambda t: pickle.loads(pickle.dumps(t, 2)),
        ):
            agree(lambda torch, a: (way(a), way(a).is_leaf), shaped, strides=shaped.size > 0)  # noqa: B023


def test_what_shares_memory_still_does() -> None:
    def sharing(way: Any) -> Any:
        def f(torch: Any) -> Any:
            x = torch.arange(6.0)
            pair = way([x, x[2:4], x.reshape(2, 3).T])
            pair[0][2] = 10
            return (*pair, x)

        return f

    agree(sharing(copy.deepcopy))
    agree(sharing(lambda v: pickle.loads(pickle.dumps(v))))
    agree(sharing(copy.copy))

    def shallow(torch: Any) -> Any:
        x = torch.zeros(2)
        copy.copy(x)[0] = 1
        return x

    agree(shallow)


def test_deepcopy_of_what_was_computed() -> None:
    agree(lambda torch: copy.deepcopy(torch.ones(2, requires_grad=True) * 2))
    agree(lambda torch: copy.copy(torch.ones(2, requires_grad=True) * 2))
    agree(lambda torch: pickle.loads(pickle.dumps(torch.ones(2, requires_grad=True) * 2)))


def test_deepcopy_takes_the_gradient_and_attributes_along() -> None:
    def f(torch: Any) -> Any:
        x = torch.ones(2, requires_grad=True)
        (x * x).sum().backward()
        x.note = ["seen"]
        y = copy.deepcopy(x)
        y.grad.zero_()
        y.note.append("copied")
        same = copy.deepcopy([x, x])
        return x, x.grad, y, y.grad, x.note, y.note, same[0] is same[1]

    agree(f)


def test_data_shares_memory_without_history() -> None:
    def f(torch: Any, a: Any) -> Any:
        b = a * 2
        b.data.fill_(3)
        b.data = torch.ones(2)
        return b, b.data, b._version, b.grad_fn.name()

    agree(f, sample((2,), np.float32))


def test_subclasses() -> None:
    def f(torch: Any) -> Any:
        class Sub(torch.Tensor):
            pass

        x = torch.ones(2, requires_grad=True)
        s = x.as_subclass(Sub)
        m = torch.Tensor._make_subclass(Sub, torch.ones(2), True)
        made = Sub([1, 2])
        return (
            type(s) is Sub, type(m) is Sub, m.requires_grad, type(made) is Sub, made.dtype, s.requires_grad, s.is_leaf,
            s.grad_fn.name(), isinstance(m, torch.FloatTensor),
        )  # fmt: skip

    agree(f)


def test_numpy_calls_in_rules_make_tensors() -> None:
    x = zanjir.ones(2, 3, requires_grad=True) * 2
    assert np.copy(x).grad_fn.name() == "CloneBackward0"
    for made, value in ((np.zeros_like(x), 0), (np.ones_like(x), 1), (np.full_like(x, 7), 7)):
        assert isinstance(made, zanjir.Tensor) and made.tolist() == [[value] * 3] * 2
    assert np.empty_like(x).shape == (2, 3)
    assert x.astype(np.float64).dtype is zanjir.float64
    assert x.copy().grad_fn.name() == "CloneBackward0"
