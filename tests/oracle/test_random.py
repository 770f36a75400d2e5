"""Random tensors: the numbers, and the generator's state afterwards, are PyTorch's."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from harness import agree, numbers, torch
from test_creation import LIBRARIES, lines

import zanjir

FLOATS = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")
INTS = ("bool", "uint8", "int8", "int16", "int32", "int64")
SIZES = ((), (0,), (1,), (3,), (15,), (16,), (17,), (31,), (5, 7), (40,), (2, 0, 3), (300,))


def drawn(f: Any, seed: int = 7, exact: bool = True) -> None:
    """Asserts that ``f(library)`` is the same after the same seed, and that both generators then stand the same.

    ``exact``: to the bit; else but for the last digit, where the C library's functions have their part.
    """

    def seeded(torch: Any) -> Any:
        torch.manual_seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return f(torch)

    agree(seeded, tolerance=0 if exact else None, second=False)
    assert torch.get_rng_state().tolist() == zanjir.get_rng_state().tolist()
    assert torch.rand(1).item() == zanjir.rand(1).item()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["rand", "randn"])
def test_sizes_and_dtypes(name: str, dtype: str) -> None:
    for size in SIZES:
        drawn(lambda torch: getattr(torch, name)(size, dtype=getattr(torch, dtype)))  # noqa: B023
        drawn(lambda torch: getattr(torch, name)(*(size or (2,)), dtype=getattr(torch, dtype)))  # noqa: B023
        drawn(lambda torch: getattr(torch, name)(size, dtype=getattr(torch, dtype), requires_grad=True))  # noqa: B023


@pytest.mark.parametrize("dtype", [*INTS[1:], *FLOATS[:4]])
def test_integers(dtype: str) -> None:
    for size in SIZES:
        drawn(lambda torch: torch.randint(100, size, dtype=getattr(torch, dtype)))  # noqa: B023
        drawn(lambda torch: torch.randint(3, 17, size, dtype=getattr(torch, dtype)))  # noqa: B023
        drawn(lambda torch: torch.zeros(size, dtype=getattr(torch, dtype)).random_())  # noqa: B023
        drawn(lambda torch: torch.zeros(size, dtype=getattr(torch, dtype)).random_(9))  # noqa: B023
        drawn(lambda torch: torch.zeros(size, dtype=getattr(torch, dtype)).random_(3, 9))  # noqa: B023
    drawn(lambda torch: torch.randperm(50, dtype=getattr(torch, dtype)))
    drawn(lambda torch: torch.randperm(0, dtype=getattr(torch, dtype)))


def test_large_permutations() -> None:
    for n in (1, 2, 299, 300, 301, 5000):
        drawn(lambda torch: torch.randperm(n))  # noqa: B023


@pytest.mark.parametrize("dtype", FLOATS)
def test_targets_that_are_not_contiguous(dtype: str) -> None:
    def targets(torch: Any) -> list[Any]:
        d = getattr(torch, dtype)
        return [
            torch.zeros(3, 4, dtype=d).T, torch.zeros(6, 8, dtype=d)[::2, ::2],
            torch.zeros(2, 3, 4, dtype=d).permute(2, 0, 1), torch.zeros(9, 9, dtype=d).T[1:],
            torch.zeros(5, 2, 3, dtype=d).transpose(0, 1), torch.zeros(8, dtype=d)[2:], torch.zeros(40, dtype=d)[2:],
        ]  # fmt: skip

    for i in range(7):
        drawn(lambda torch: targets(torch)[i].uniform_())  # noqa: B023
        drawn(lambda torch: targets(torch)[i].uniform_(-2, 3))  # noqa: B023
        drawn(lambda torch: targets(torch)[i].normal_())  # noqa: B023
        drawn(lambda torch: targets(torch)[i].normal_(1.5, 0.25))  # noqa: B023
        drawn(lambda torch: torch.rand_like(targets(torch)[i]))  # noqa: B023
        drawn(lambda torch: torch.randn_like(targets(torch)[i]))  # noqa: B023
        if not dtype.startswith("complex"):
            drawn(lambda torch: targets(torch)[i].random_(50))  # noqa: B023
            drawn(lambda torch: targets(torch)[i].bernoulli_(0.4))  # noqa: B023
            drawn(lambda torch: torch.randint_like(targets(torch)[i], 3, 50))  # noqa: B023


@pytest.mark.parametrize("dtype", FLOATS[:4])
def test_normal_with_tensors(dtype: str) -> None:
    def f(torch: Any, which: int) -> Any:
        mean = torch.linspace(-1, 1, 20, dtype=getattr(torch, dtype))
        std = torch.linspace(0, 2, 20, dtype=getattr(torch, dtype))
        return [
            lambda: torch.normal(mean, std), lambda: torch.normal(mean, 2.0), lambda: torch.normal(1.0, std),
            lambda: torch.normal(mean), lambda: torch.normal(mean[:3], std[:3]),
            lambda: torch.normal(mean=mean, std=0.5), lambda: torch.normal(mean.reshape(4, 5), std[:5]),
            lambda: torch.normal(2.0, 3.0, (5,), dtype=mean.dtype),
        ][which]()  # fmt: skip

    for which in range(8):
        drawn(lambda torch: f(torch, which))  # noqa: B023


def test_coins() -> None:
    for dtype in FLOATS[:4]:
        drawn(lambda torch: torch.bernoulli(torch.linspace(0, 1, 21, dtype=getattr(torch, dtype))))  # noqa: B023
        drawn(lambda torch: torch.zeros(4, 3).bernoulli_(torch.linspace(0, 1, 3, dtype=getattr(torch, dtype))))  # noqa: B023
    for dtype in (*INTS, *FLOATS[:4]):
        drawn(lambda torch: torch.zeros(21, dtype=getattr(torch, dtype)).bernoulli_(0.3))  # noqa: B023
        drawn(lambda torch: torch.zeros(21, dtype=getattr(torch, dtype)).bernoulli_())  # noqa: B023
    drawn(lambda torch: torch.bernoulli(torch.linspace(0, 1, 12).reshape(3, 4).T))
    drawn(lambda torch: torch.zeros(4, 3).T.bernoulli_(torch.linspace(0, 1, 4)))
    drawn(lambda torch: torch.bernoulli(torch.ones(9), 0.5))
    drawn(lambda torch: torch.ones(9).bernoulli(0.5))


EXPRESSIONS = lines("""
    torch.rand()
    torch.rand(size=(2,))
    torch.rand(2, size=(2,))
    torch.rand("a")
    torch.rand(2.5)
    torch.rand(-1)
    torch.rand(2, dtype=torch.int64)
    torch.rand(2, dtype="a")
    torch.rand(2, generator=3)
    torch.rand(2, generator=torch.Generator().manual_seed(5))
    torch.rand(2, generator=None)
    torch.rand(2, requires_grad=True)
    torch.rand(2, out=torch.zeros(2))
    torch.rand(2, out=torch.zeros(3))
    torch.rand(2, out=torch.zeros(2, dtype=torch.float64))
    torch.rand(2, out=torch.zeros(2, dtype=torch.int64))
    torch.rand(3, 4, out=torch.zeros(4, 3).T)
    torch.rand(2, dtype=torch.float64, out=torch.zeros(2))
    torch.rand(3, out=torch.ones(2, requires_grad=True))
    torch.rand(3, out=3)
    torch.rand(3, device="cuda")
    torch.rand(2, names=("a",))
    torch.randn()
    torch.randn("a")
    torch.randn(2, dtype=torch.int64)
    torch.randn(0, dtype=torch.int64)
    torch.randn(-1)
    torch.randn(2, foo=3)
    torch.randn(())
    torch.randn(20, out=torch.zeros(20))
    torch.randn(3, 10, out=torch.zeros(10, 3).T)
    torch.randint(10, (2,))
    torch.randint(10)
    torch.randint()
    torch.randint(0, 10)
    torch.randint(0, 10, 2)
    torch.randint(10, size=(2,))
    torch.randint(low=0, high=10, size=(2,))
    torch.randint(high=10, size=(2,))
    torch.randint(10, 5, (2,))
    torch.randint(0, (2,))
    torch.randint(0, 300, (2,), dtype=torch.uint8)
    torch.randint(0, 3, (2,), dtype=torch.bool)
    torch.randint(0, 3, (2,), dtype=torch.complex64)
    torch.randint(0, 3, (2,), requires_grad=True)
    torch.randint(0, 3, (2,), dtype=torch.float32, requires_grad=True)
    torch.randint(0.5, 3, (2,))
    torch.randint(torch.tensor(0), torch.tensor(3), (2,))
    torch.randint(0, 2**40, [2, 2])
    torch.randint(-(2**63), 2**63 - 1, (3,))
    torch.randint(0, 3, (2,), out=torch.zeros(2))
    torch.randint(0, 3, (-2,))
    torch.randint(0, 3, (2,), generator=torch.Generator().manual_seed(5))
    torch.randperm(-1)
    torch.randperm(4.5)
    torch.randperm("a")
    torch.randperm()
    torch.randperm(n=4)
    torch.randperm(4, dtype=torch.bool)
    torch.randperm(4, requires_grad=True)
    torch.randperm(300, dtype=torch.uint8)
    torch.randperm(3, out=torch.zeros(3))
    torch.randperm(3, out=torch.zeros(2, dtype=torch.int64))
    torch.randperm(True)
    torch.randperm(4, generator=torch.Generator().manual_seed(5))
    torch.normal(0.0, 1.0, (2,))
    torch.normal(0, 1, (2,))
    torch.normal(0, 1)
    torch.normal()
    torch.normal("a", 1.0)
    torch.normal(0.0, 1.0, 2)
    torch.normal(0.0, 1.0, size=(2,), dtype=torch.float64)
    torch.normal(mean=0.0, std=1.0, size=(2,))
    torch.normal(torch.zeros(2), torch.ones(3))
    torch.normal(torch.zeros(2), -1.0)
    torch.normal(torch.zeros(2), torch.tensor([1.0, -1]))
    torch.normal(torch.zeros(2, dtype=torch.int64), 1.0)
    torch.normal(torch.zeros(2, requires_grad=True), torch.ones(2))
    torch.normal(torch.zeros(2, requires_grad=True), 1.0)
    torch.normal(0.0, torch.ones(2, requires_grad=True))
    torch.normal(torch.zeros(2), 1.0, out=torch.zeros(2))
    torch.normal(torch.zeros(2), torch.ones(2), out=torch.zeros(0))
    torch.normal(0.0, 1.0, (2,), out=torch.zeros(2))
    torch.normal(0.0, 1.0, (2,), requires_grad=True)
    torch.normal(torch.zeros(2), 1.0, generator=torch.Generator().manual_seed(5))
    torch.rand_like(torch.zeros(2, dtype=torch.int64))
    torch.rand_like(torch.zeros(2, dtype=torch.int64), dtype=torch.float32)
    torch.rand_like(torch.zeros(2), requires_grad=True)
    torch.rand_like(3)
    torch.rand_like()
    torch.randn_like(torch.zeros(2), 3)
    torch.randn_like(torch.zeros(2, dtype=torch.int64))
    torch.randint_like(torch.zeros(2), 5)
    torch.randint_like(torch.zeros(2), 1, 5)
    torch.randint_like(torch.zeros(2), 5, 1)
    torch.randint_like(torch.zeros(2), low=1, high=5)
    torch.randint_like(torch.zeros(2))
    torch.zeros(2).uniform_(2, 1)
    torch.zeros(2).uniform_(to=2)
    torch.zeros(2).uniform_(**{"from": 1, "to": 2})
    torch.zeros(2).uniform_(from_=0)
    torch.zeros(2).uniform_("a")
    torch.zeros(2, dtype=torch.int64).uniform_()
    torch.zeros(2).uniform_(generator=torch.Generator().manual_seed(5))
    torch.zeros(2).normal_(mean=1, std=2)
    torch.zeros(2).normal_(1, -2)
    torch.zeros(2).normal_("a")
    torch.zeros(2, dtype=torch.int64).normal_()
    torch.zeros(2).normal_(generator=torch.Generator().manual_seed(5))
    torch.zeros(2).random_(5, 1)
    torch.zeros(2).random_(to=5)
    torch.zeros(2).random_(**{"from": 1, "to": 5})
    torch.zeros(2).random_(1.5)
    torch.zeros(2).random_(2, None)
    torch.zeros(2).random_(-5)
    torch.zeros(2).random_("a")
    torch.zeros(2, requires_grad=True).uniform_()
    torch.zeros(2, requires_grad=True).normal_()
    torch.zeros(2, requires_grad=True).random_()
    (torch.zeros(2, requires_grad=True) * 1).uniform_()
    (torch.zeros(2, requires_grad=True) * 1).normal_()
    (torch.zeros(2, requires_grad=True) * 1).random_()
    (torch.zeros(2, requires_grad=True) * 1).random_(2)
    (torch.zeros(2, requires_grad=True) * 1).random_(2, 3)
    (torch.zeros(2, requires_grad=True) * 1).bernoulli_(0.5)
    (torch.zeros(2, requires_grad=True) * 1).bernoulli_(torch.tensor(0.5))
    torch.bernoulli(torch.ones(2, requires_grad=True) * 0.5)
    torch.zeros(1).expand(3).uniform_()
    torch.zeros(1).expand(3).normal_()
    torch.zeros(1).expand(3).random_()
    torch.zeros(1).expand(3).bernoulli_()
    torch.bernoulli(torch.tensor([nan]))
    torch.bernoulli(torch.tensor([1, 0]))
    torch.bernoulli(torch.tensor([1, 0]), 0.5)
    torch.bernoulli(torch.tensor([0.5]), out=torch.zeros(3, dtype=torch.int64))
    torch.bernoulli(torch.tensor([0.5]), generator=3)
    torch.bernoulli(torch.zeros(2, dtype=torch.complex64))
    torch.bernoulli(3)
    torch.zeros(3).bernoulli_(2)
    torch.zeros(3).bernoulli_("a")
    torch.zeros(3).bernoulli_(torch.tensor([0.5, 0.5]))
    torch.zeros(3).bernoulli_(torch.tensor(1))
    torch.manual_seed(3.5).initial_seed()
    torch.manual_seed(-3).initial_seed()
    torch.manual_seed("a")
    torch.manual_seed(2**64)
    torch.manual_seed(torch.tensor(3)).initial_seed()
    torch.manual_seed(True).initial_seed()
    torch.manual_seed(12) is torch.default_generator
    torch.random.default_generator is torch.default_generator
    torch.initial_seed()
    torch.get_rng_state()
    torch.set_rng_state(torch.get_rng_state())
    torch.set_rng_state(torch.zeros(3))
    torch.set_rng_state(torch.zeros(3, dtype=torch.uint8))
    torch.set_rng_state(3)
    torch.Generator().get_state()
    torch.Generator().set_state(3)
    torch.Generator(device="cpu").initial_seed()
    torch.Generator(device=0)
""")


@pytest.mark.parametrize("source", EXPRESSIONS)
def test_expressions(source: str) -> None:
    drawn(lambda torch: eval(source, {**LIBRARIES, "torch": torch}))


def test_impossible_probabilities() -> None:
    agree(lambda torch: torch.bernoulli(torch.tensor([0.5, 2.0])))


def test_a_stream_of_calls() -> None:
    """Everything draws from one stream, and normals drawn in pairs leave one over for the next."""

    def f(torch: Any) -> Any:
        return (
            torch.randn(3), torch.rand(2), torch.randn(2), torch.randint(9, (5,)), torch.randn(1), torch.randn(17),
            torch.randperm(6), torch.randn(1, dtype=torch.float64), torch.zeros(3).uniform_(), torch.randn(5).T,
            torch.zeros(2, dtype=torch.int64).random_(), torch.randn(2, 2),
        )  # fmt: skip

    for seed in (0, 1, 42, 2**32 - 1, 2**40, 2**64 - 1):
        drawn(f, seed)


def test_states_go_both_ways() -> None:
    torch.manual_seed(3)
    torch.randn(5)
    zanjir.set_rng_state(zanjir.tensor(torch.get_rng_state().numpy()))
    np.testing.assert_array_equal(numbers(zanjir.randn(21)), numbers(torch.randn(21)))
    torch.set_rng_state(torch.from_numpy(zanjir.get_rng_state().numpy().copy()))
    np.testing.assert_array_equal(numbers(zanjir.rand(4)), numbers(torch.rand(4)))


def test_generators_are_apart() -> None:
    def f(torch: Any) -> Any:
        g = torch.Generator()
        g.manual_seed(11)
        before = torch.get_rng_state()
        first = torch.randn(4, generator=g), torch.rand(3, generator=g)
        untouched = torch.equal(before, torch.get_rng_state()) if hasattr(torch, "equal") else True
        state = g.get_state()
        then = torch.rand(3, generator=g)
        back = torch.rand(3, generator=g.set_state(state))
        return (*first, then, back, untouched, g.initial_seed(), g.device)

    drawn(f)


def test_fork() -> None:
    def f(torch: Any) -> Any:
        with torch.random.fork_rng():
            a = torch.rand(3)
        b = torch.rand(3)
        with torch.random.fork_rng(enabled=False):
            c = torch.rand(3)
        return a, b, c, torch.rand(3)

    drawn(f)


def test_writing_in_place_counts_and_cuts() -> None:
    def f(torch: Any) -> Any:
        x = torch.zeros(6)
        seen = [x._version]
        for write in (lambda: x.uniform_(), lambda: x[1:].normal_(), lambda: x.random_(3), lambda: x.bernoulli_()):
            write()
            seen.append(x._version)
        w = torch.ones(4, requires_grad=True)
        y = w * 2
        y[1:3].uniform_()
        y.sum().backward()
        return x, seen, y, w.grad, type(y.grad_fn).__name__

    drawn(f)


def test_generators_are_copied_and_pickled() -> None:
    for way in (copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))):
        g = zanjir.Generator().manual_seed(4)
        zanjir.randn(3, generator=g)
        twin = way(g)
        assert zanjir.randn(5, generator=twin).tolist() == zanjir.randn(5, generator=g).tolist()
