"""Printed forms beside PyTorch's own, character by character, over whatever hypothesis can think of."""

from __future__ import annotations

import contextlib
import math
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the oracle tests need torch==2.13.0")

from zanjir import dtypes, printing  # noqa: E402


class Device(SimpleNamespace):
    def __str__(self):
        return self.type


class Tensor:
    """A NumPy array with what printing asks of a tensor."""

    __module__ = "zanjir.tensor"

    def __init__(self, array, requires_grad=False, grad_fn=None, device="cpu"):
        self._array = np.asarray(array)
        self.dtype = dtypes.of(self._array.dtype)
        self.requires_grad = requires_grad
        self.grad_fn = grad_fn
        self.device = Device(type=device)

    def __repr__(self):
        return printing.tensor_repr(self)

    def __format__(self, spec):
        return printing.tensor_format(self, spec)


@pytest.fixture(autouse=True, scope="module")
def _printed_as_torch():
    before, dtypes.brand = dtypes.brand, "torch"
    yield
    dtypes.brand = before


def torch_of(array):
    if array.dtype == ml_dtypes.bfloat16:
        return torch_of(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(np.array(array))


def ours_of(t):
    """The fake that stands for a torch tensor."""
    plain = t.detach().resolve_conj().resolve_neg()
    is_bfloat16 = t.dtype is torch.bfloat16
    array = plain.view(torch.int16).numpy().view(ml_dtypes.bfloat16) if is_bfloat16 else plain.numpy()
    return Tensor(array, t.requires_grad, t.grad_fn)


def same(t):
    assert repr(ours_of(t)) == repr(t)


@contextlib.contextmanager
def options(default="float32", **chosen):
    """The same print options, and default dtype, in both libraries."""

    def default_dtype(name):
        torch.set_default_dtype(getattr(torch, name))
        dtypes.set_default_dtype(dtypes.by_name(name))

    with torch._tensor_str.printoptions(**chosen), printing.printoptions(**chosen):
        default_dtype(default)
        try:
            yield
        finally:
            default_dtype("float32")


SPECIALS = (0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1e-45, 1e-40, 1.7e308, 3.4e38, 65504.0, 1e8, 1e-4,
            0.00005, 1.0, -1.0, 0.5, 2.5, 999.99995, 1000.0, 0.99995, 1e16, 123456789.0)  # fmt: skip


def numbers(rng, flavour, size):
    """Float64 numbers of one flavour: each the sort of tensor that one of the rules is about."""
    if flavour == "whole":
        x = rng.integers(-(10 ** rng.integers(1, 10)), 10 ** rng.integers(1, 10), size).astype(float)
    elif flavour == "normal":
        x = rng.standard_normal(size) * 10.0 ** rng.integers(-5, 10)
    elif flavour == "wide":
        x = rng.standard_normal(size) * 10.0 ** rng.integers(-40, 40, size)
    elif flavour == "halves":
        x = rng.integers(-20, 20, size) / 2
    elif flavour == "edge":  # on either side of the thresholds for scientific notation
        x = rng.choice([1e-4, 1e8, 1.0, 1e3, 1e-1], size) * rng.choice([1.0, 1 + 1e-7, 1 - 1e-7, -1.0], size)
    elif flavour == "zeros":
        x = rng.choice([0.0, -0.0, math.nan, math.inf, -math.inf], size)
    else:
        x = rng.choice(SPECIALS, size)
    if rng.random() < 0.3:
        x = np.where(rng.random(size) < 0.2, rng.choice(SPECIALS[:5], size), x)
    return x


FLAVOURS = ("whole", "normal", "wide", "halves", "edge", "zeros", "specials")


def make(dtype, shape, flavour, seed):
    rng = np.random.default_rng(seed)
    target, size = dtypes.by_name(dtype).numpy, math.prod(shape)
    with np.errstate(all="ignore"):
        if dtype == "bool":
            x = rng.random(size) < (0.5 if flavour != "zeros" else 1.0)
        elif target.kind in "iu":
            info = np.iinfo(target)
            low, high = (info.min, info.max) if flavour in ("wide", "specials") else (max(-99, info.min), 120)
            x = rng.integers(low, high, size, dtype=target, endpoint=True)
        elif target.kind == "c":
            x = np.empty(size, target)
            x.real, x.imag = numbers(rng, flavour, size), numbers(rng, rng.choice(FLAVOURS), size)
        else:
            x = numbers(rng, flavour, size)
        return x.astype(target).reshape(shape)


SHAPES = st.one_of(
    st.just(()),
    st.lists(st.integers(0, 9), min_size=1, max_size=4).map(tuple),
    st.integers(990, 1010).map(lambda n: (n,)),
    st.sampled_from([(1000,), (1001,), (2, 501), (501, 2), (25, 40), (7, 11, 13), (11, 13, 7), (6, 200), (2,) * 10,
                     (7, 1, 150), (1, 1001), (1001, 1), (8, 8, 8, 2)]),
)  # fmt: skip

ARRAYS = st.builds(
    make, st.sampled_from([d.name for d in dtypes.ALL]), SHAPES, st.sampled_from(FLAVOURS), st.integers(0, 2**32 - 1)
)

OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "profile": st.sampled_from(["default", "short", "full", "none such"]),
        "precision": st.integers(0, 20),
        "threshold": st.sampled_from([0, 1, 5, 20, 100, 1000, math.inf, -1]),
        "edgeitems": st.integers(0, 6),
        "linewidth": st.integers(-5, 200),
        "sci_mode": st.booleans(),
        "default": st.sampled_from(["float16", "bfloat16", "float32", "float64"]),
    },
)

relaxed = settings(deadline=None, max_examples=250, suppress_health_check=list(HealthCheck))


@relaxed
@given(ARRAYS)
def test_repr(array):
    same(torch_of(array))


@relaxed
@given(ARRAYS, OPTIONS)
def test_repr_under_options(array, chosen):
    with options(**chosen):
        assert printing.get_printoptions() == torch._tensor_str.get_printoptions()
        same(torch_of(array))


@relaxed
@given(
    st.sampled_from(["float16", "bfloat16", "float32", "float64"]),
    st.lists(st.floats() | st.floats(width=32) | st.integers(-(10**9), 10**9).map(float), max_size=12),
)
@example("float64", [1.7e308, 5e-324])  # whose ratio overflows
@example("float32", [1e-4])  # which float32 rounds to below 1e-4
def test_repr_of_chosen_floats(dtype, values):
    with np.errstate(all="ignore"):
        same(torch_of(np.array(values, np.float64).astype(dtypes.by_name(dtype).numpy)))
        for value in values[:3]:
            same(torch_of(np.array(value, np.float64).astype(dtypes.by_name(dtype).numpy)))


@relaxed
@given(ARRAYS, st.sampled_from(["leaf", "node", "view"]), st.integers(20, 120))
def test_grad_suffixes(array, how, linewidth):
    t = torch_of(array)
    if not (t.is_floating_point() or t.is_complex()):
        return
    t.requires_grad_()
    with options(linewidth=linewidth):
        same({"leaf": lambda: t, "node": lambda: t * 1, "view": lambda: t.reshape(-1)[None]}[how]())


@pytest.mark.parametrize("length", range(1, 60))
def test_suffixes_wrap_where_pytorch_wraps(length):
    same(torch.zeros(length % 30, dtype=torch.float64, requires_grad=True))
    same(torch.arange(length, dtype=torch.int16))
    with options(linewidth=20 + length, edgeitems=0):
        same(torch.ones(3, 2, dtype=torch.float64, requires_grad=True).exp())


def test_custom_function_is_named_after_its_class():
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x**3

        @staticmethod
        def backward(ctx, g):
            return g

    y = Cube.apply(torch.ones(2, requires_grad=True))
    assert "grad_fn=<CubeBackward>" in repr(y)
    same(y)


def test_view_that_refuses_to_tell_its_grad_fn():
    x = torch.ones(2, requires_grad=True).clone()
    with torch.no_grad():
        view = x[:1]
        view *= 2
    with pytest.raises(RuntimeError):
        _ = view.grad_fn

    class Refusing(Tensor):
        grad_fn = property(lambda self: view.grad_fn, lambda self, _: None)

    Refusing.__name__, Refusing.__module__ = "Tensor", Tensor.__module__
    assert repr(Refusing(view.detach().numpy())) == repr(view)


def test_expanded_and_strided():
    for base, shape in ((torch.tensor(0.5), (10**9, 10**9)), (torch.arange(3.0), (10**6, 10**6, 3))):
        array = np.broadcast_to(base.numpy(), shape)
        assert repr(Tensor(array)) == repr(base.expand(shape))
    same(torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1))
    same(torch.arange(2000.0).reshape(40, 50).T[::2])
    same(torch.tensor([1 + 2j, 3 - 0.5j]).conj())


def test_many_dimensions():
    same(torch.zeros([1] * 30 + [2000]))
    same(torch.zeros([1] * 64))


@relaxed
@given(
    ARRAYS.filter(lambda a: a.ndim == 0 or a.size < 9),
    st.sampled_from(["", ".2f", "d", "e", "g", ">20", "08.3f", "x", "nonsense", ","]),
)
def test_format(array, spec):
    t = torch_of(array)
    mine = ours_of(t)

    def attempt(x):
        try:
            return format(x, spec)
        except Exception as e:
            return type(e), str(e)

    assert attempt(mine) == attempt(t)


def test_format_of_parameters_and_subclasses():
    class Theirs(torch.Tensor):
        pass

    class Ours(Tensor):
        pass

    Ours.__name__ = "Theirs"
    for theirs, ours in (
        (torch.tensor(1.0).as_subclass(Theirs), Ours(np.float32(1.0))),
        (torch.zeros(2).as_subclass(Theirs), Ours(np.zeros(2, np.float32))),
    ):
        assert repr(ours) == repr(theirs)
        assert f"{ours}" == f"{theirs}"
        with pytest.raises(TypeError) as expected:
            format(theirs, ".2f")
        with pytest.raises(TypeError) as actual:
            format(ours, ".2f")
        assert str(actual.value) == str(expected.value)


def test_a_subclass_called_tensor_is_still_a_subclass():
    theirs = type("Tensor", (torch.Tensor,), {})
    ours = type("Tensor", (Tensor,), {"__module__": "user"})
    assert repr(ours(np.zeros(2, np.float32))) == repr(torch.zeros(2).as_subclass(theirs)) == "Tensor([0., 0.])"


def test_parameters():
    class Parameter(Tensor):
        __module__ = "zanjir.nn.parameter"

        def __repr__(self):
            return "Parameter containing:\n" + super().__repr__()

    theirs, ours = type("P", (torch.nn.Parameter,), {}), type("P", (Parameter,), {"__module__": "user"})
    values = np.array([1.5, 2.0], np.float32)
    assert repr(Parameter(values, True)) == repr(torch.nn.Parameter(torch_of(values)))
    assert repr(ours(values, True)) == repr(theirs(torch_of(values)))
    scalar = np.float32(1)
    assert f"{Parameter(scalar, True)}" == f"{torch.nn.Parameter(torch.tensor(1.0))}"

    flagged = type("T", (Tensor,), {"__module__": "user", "_is_param": True})
    t = torch.nn.Parameter(torch_of(values).as_subclass(type("T", (torch.Tensor,), {})))
    assert repr(flagged(values, True)) == repr(t)


@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (0, 3)])
@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "complex64", "float64"])
def test_meta(shape, dtype):
    ours = Tensor(np.zeros(shape, dtypes.by_name(dtype).numpy), device="meta")
    assert repr(ours) == repr(torch.empty(shape, dtype=getattr(torch, dtype), device="meta"))


def test_forward_mode_tangent_and_given_contents():
    import torch.autograd.forward_ad as fwad

    for x in (np.zeros(2, np.float32), np.zeros((), np.float32)):
        with fwad.dual_level():
            theirs = repr(fwad.make_dual(torch_of(x), torch.ones(x.shape)))
        assert printing.tensor_repr(Tensor(x), tangent=Tensor(np.ones_like(x))) == theirs
    x = np.zeros((0, 3))
    assert printing.tensor_repr(Tensor(x), tensor_contents="abc") == torch_of(x).__repr__(tensor_contents="abc")


@pytest.mark.parametrize("precision", [-1, 1.5, "a"])
def test_errors_of_bad_precision(precision):
    def error(t):
        with pytest.raises(ValueError, match="pecifi") as caught:
            repr(t)
        return str(caught.value)

    t = torch.tensor([1.5, 2.0])
    with options(precision=precision):
        assert error(ours_of(t)) == error(t)
