"""The random numbers beside PyTorch's own: bit for bit, and so is the state that they leave behind."""

from __future__ import annotations

import copy
import math
import pickle
import sys
import warnings
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the oracle tests need torch==2.13.0")
torch.set_num_threads(1)

from zanjir import box_muller, dtypes, generator, sampling  # noqa: E402
from zanjir.generator import Generator  # noqa: E402

ALL = [d.name for d in dtypes.ALL]
FLOATS = ["float16", "bfloat16", "float32", "float64"]
NORMALS = [*FLOATS, "complex64", "complex128"]
SIZES = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 623, 624, 625, 1000, 16384, 16400, 20001]

if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
    pytest.skip("without AVX2 and FMA PyTorch's own numbers differ in their last bits", allow_module_level=True)


def of(name: str) -> np.dtype[Any]:
    return dtypes.by_name(name).numpy


def array(tensor: Any) -> np.ndarray[Any, Any]:
    if tensor.dtype == torch.bfloat16:
        return tensor.contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


def pair(seed: int = 0) -> tuple[Any, Generator]:
    return torch.Generator().manual_seed(seed), Generator().manual_seed(seed)


def bits(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8)


def same(theirs: Any, ours: np.ndarray[Any, Any]) -> None:
    """Equal to the bit."""
    expected = array(theirs)
    assert ours.shape == expected.shape
    assert ours.dtype == expected.dtype
    np.testing.assert_array_equal(bits(ours), bits(expected))


def state(gen: Any) -> np.ndarray[Any, Any]:
    return generator.state_bytes(gen) if isinstance(gen, Generator) else gen.get_state().numpy()


def same_state(theirs: Any, ours: Generator) -> None:
    np.testing.assert_array_equal(state(ours), state(theirs))


def outcome(call: Callable[[], Any]) -> tuple[Any, ...]:
    """The class and text of what is raised, or the value; and the warnings, less where in C++ they came from."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = call()
            values = array(value) if isinstance(value, torch.Tensor) else value
            result: tuple[Any, ...] = ("value", bits(values).tobytes())
        except Exception as error:
            result = (type(error), str(error))
    return (*result, *[(w.category, str(w.message).split(" (Triggered")[0]) for w in caught])


# ------------------------------------------------------------------------------------------------------ distributions


@pytest.mark.parametrize("name", NORMALS)
@pytest.mark.parametrize("size", SIZES)
def test_rand_and_randn(name: str, size: int) -> None:
    theirs, ours = pair(size)
    dtype = getattr(torch, name)
    for _ in range(2):
        same(torch.rand(size, dtype=dtype, generator=theirs), generator.uniform(ours, size, of(name)))
        normal = torch.empty(size, dtype=dtype).normal_(generator=theirs)
        same(normal, generator.normal(ours, size, of(name)))
    same_state(theirs, ours)


@pytest.mark.parametrize("name", NORMALS)
@pytest.mark.parametrize("bounds", [(-0.37, 0.123456), (0, 2), (5, 5), (-1e-30, 3e-30), (-3, 1e4), (1, 1 + 2**-10)])
def test_uniform_bounds(name: str, bounds: tuple[float, float]) -> None:
    theirs, ours = pair(7)
    expected = torch.empty(3, 700, dtype=getattr(torch, name)).uniform_(*bounds, generator=theirs)
    same(expected, generator.uniform(ours, (3, 700), of(name), *bounds))
    same_state(theirs, ours)


@pytest.mark.parametrize("name", NORMALS)
@pytest.mark.parametrize("size", [5, 1003])
@pytest.mark.parametrize(
    "mean, std", [(0.7, 1.3), (2, 1), (0, 0.02), (-1e3, 1e-3), (1, 0), (math.nan, 1), (0, math.inf), (0, 1e300)]
)
@pytest.mark.filterwarnings("error")
def test_normal_mean_and_std(name: str, size: int, mean: float, std: float) -> None:
    theirs, ours = pair(3)
    expected = torch.empty(size, dtype=getattr(torch, name)).normal_(mean, std, generator=theirs)
    drawn = generator.normal(ours, size, of(name), mean, std)
    if math.isfinite(mean * std):  # NaNs may differ in their bits
        same(expected, drawn)
    else:
        np.testing.assert_array_equal(drawn.astype(np.complex128), expected.to(torch.complex128).numpy())
    same_state(theirs, ours)


def test_a_million_float32_normals() -> None:
    theirs, ours = pair(1)
    same(torch.randn(1_000_003, generator=theirs), generator.normal(ours, 1_000_003))


@pytest.mark.parametrize("many", [0, 1 << 30])
def test_a_million_float64_normals(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "_MANY", many)  # the logarithm with SciPy, or without
    monkeypatch.delitem(sys.modules, "scipy.special", raising=False)
    theirs, ours = pair(1)
    same(
        torch.randn(1_000_003, dtype=torch.float64, generator=theirs), generator.normal(ours, 1_000_003, of("float64"))
    )


def untempered(words: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What must stand in the state of MT19937 for ``words`` to come out: the inverse of its tempering."""
    y = words.astype(np.uint32)
    y ^= y >> 18
    y ^= (y << 15) & 0xEFC60000
    found = y.copy()
    for _ in range(4):  # each time seven bits more are right
        found = y ^ ((found << 7) & 0x9D2C5680)
    y = found.copy()
    for _ in range(2):
        found = y ^ (found >> 11)
    return found


def their_normals(blocks: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What PyTorch makes of given words, in blocks of 16: they are put into its generator's state, 38 at a time."""
    words = blocks.reshape(-1, 38 * 16)
    record = np.zeros(1, generator._STATE)
    record["seeded"], record["left"], record["next"] = 1, 623, 2  # two words have gone
    state, out = torch.from_numpy(record.view(np.uint8)), torch.empty(words.shape)
    key, source = record["words"][0], torch.Generator()
    for row, target in zip(untempered(words), out, strict=True):
        key[2 : 2 + len(row)] = row
        source.set_state(state)
        target.normal_(generator=source)
    return out.numpy().reshape(blocks.shape)


def test_float32_uniform_numbers_of_every_kind() -> None:
    """An eighth of the 2**24 values of either of the two that make a pair, and all about where the kernel branches.

    The other of the two is such that the result shows any difference. (With a step of 1 this takes 15 s, and passes.)
    """
    octants = np.arange(1 << 20, 1 << 24, 1 << 20)
    sqrt_half = 2 ** np.arange(24) * math.sqrt(0.5)
    radius_2 = 2**24 * (1 - math.exp(-2))
    about = np.concatenate((octants, 2**24 - sqrt_half, 2**24 - 2 ** np.arange(25), [radius_2]))[:, None]
    about = np.rint(about).astype(int) + np.arange(-50, 51)
    every = np.concatenate((np.arange(0, 2**24, 8), about.ravel() % 2**24)).astype(np.uint32)
    every = np.concatenate((every, every[: -len(every) % (38 * 8)]))  # whole states
    blocks = np.zeros((len(every) // 8, 2, 8), np.uint32)
    blocks[:, 0] = every.reshape(-1, 8)
    same(torch.from_numpy(their_normals(blocks)), ours := normals32(blocks))
    radius = ours[:, 0].ravel()  # times a cosine of 1
    (plain,) = every[radius == 2.0][:1]
    blocks[:, 0], blocks[:, 1] = plain, every.reshape(-1, 8)
    same(torch.from_numpy(their_normals(blocks)), normals32(blocks))


def normals32(blocks: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return box_muller.box_muller32(blocks.ravel(), 0.0, 1.0).reshape(blocks.shape)


@pytest.mark.parametrize("name", NORMALS)
@pytest.mark.parametrize("shape", [(3, 5), (40, 50), (4, 3, 7)])
def test_targets_that_are_not_contiguous(name: str, shape: tuple[int, ...]) -> None:
    theirs, ours = pair(5)
    for target in (
        torch.empty(shape, dtype=getattr(torch, name)).transpose(0, -1),
        torch.empty(*shape, 2, dtype=getattr(torch, name))[..., 1],
        torch.empty(4, *shape, dtype=getattr(torch, name)).movedim(0, 1)[:, ::2],
    ):
        strides = tuple(stride * target.element_size() for stride in target.stride())
        filled = np.ndarray(
            tuple(target.shape), of(name), np.empty(target.untyped_storage().nbytes(), np.uint8), 0, strides
        )
        view = generator.serial_view(filled)
        view[...] = generator.normal(ours, view.shape, of(name), 1.5, 2.5, contiguous=False)
        same(target.normal_(1.5, 2.5, generator=theirs), filled)
        view[...] = generator.uniform(ours, view.shape, of(name))
        same(target.uniform_(generator=theirs), filled)
        same_state(theirs, ours)


@pytest.mark.parametrize("name", NORMALS)
@pytest.mark.parametrize("other", FLOATS)
@pytest.mark.parametrize("shapes", [((3,), (3,)), ((40, 1), (5,)), ((), (20,)), ((20,), ())])
def test_normal_with_arrays(name: str, other: str, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    rng = np.random.default_rng(0)
    mean, std = rng.normal(size=shapes[0]).astype(of(name)), rng.random(shapes[1]).astype(np.float32).astype(of(other))

    def tensor(values: np.ndarray[Any, Any]) -> Any:
        kind = dtypes.of(values.dtype).name
        wide = torch.from_numpy(np.array(values.astype(np.complex128 if kind.startswith("complex") else np.float64)))
        return wide.to(getattr(torch, kind))

    theirs, ours = pair(9)
    same(torch.normal(tensor(mean), tensor(std), generator=theirs), generator.normal_like(ours, mean, std))
    same(torch.normal(tensor(mean), 0.3, generator=theirs), generator.normal_like(ours, mean, 0.3))
    same(torch.normal(0.3, tensor(std), generator=theirs), generator.normal_like(ours, 0.3, std))
    same_state(theirs, ours)


RANGES: list[tuple[int | None, ...]] = [
    (), (1,), (2,), (100,), (0, 2), (-1, 2), (-100, 100), (0, 256), (0, 70000), (5, 2**28 + 4), (5, 2**28 + 5),
    (0, 2**31), (-(2**31), 2**31), (0, 2**40), (3, None), (-1, None), (0, None), (2000, None), (-(2**62), 5),
    (0, 2**63 - 1), (-(2**63), 2**63 - 1), (-(2**63), None), (-(2**63) + 1, None), (0, 0), (5, 3), (2**50, 2**50 + 1),
    (2**24 + 1, 2**24 + 2), (2049, 2050), (0, 65504), (0, 65503), (-65504, 65505), (257, None), (2**11, None),
    (0, 4097), (-5001, 5001), (2**53 + 1, 2**53 + 3), (-(2**53) - 1, 2**53 + 1),
]  # fmt: skip


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("size", [0, 3, 700])
def test_random(name: str, size: int) -> None:
    theirs, ours = pair(11)
    for arguments in RANGES:
        target = torch.empty(size, dtype=getattr(torch, name))
        low, high = (0, *arguments) if len(arguments) == 1 else arguments or (None, None)
        expected = outcome(lambda target=target, arguments=arguments: target.random_(*arguments, generator=theirs))
        found = outcome(lambda low=low, high=high: generator.random_(ours, size, of(name), low, high))
        assert found == expected, arguments
    same_state(theirs, ours)


@given(st.sampled_from(ALL), st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
@settings(max_examples=200, deadline=None)
def test_random_between_any_bounds(name: str, low: int, high: int) -> None:
    theirs, ours = pair(13)
    target = torch.empty(5, dtype=getattr(torch, name))
    expected = outcome(lambda: target.random_(low, high, generator=theirs))
    assert outcome(lambda: generator.random_(ours, 5, of(name), low, high)) == expected


@pytest.mark.parametrize("name", ["uint8", "int32", "int64", "float32"])
def test_randint(name: str) -> None:
    theirs, ours = pair(17)
    for low, high in ((0, 10), (3, 100), (100, 101)):
        expected = torch.randint(low, high, (4, 5), dtype=getattr(torch, name), generator=theirs)
        same(expected, generator.randint(ours, low, high, (4, 5), of(name)))
    same_state(theirs, ours)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 127, 199, 200, 201, 1000, 5000, 16384, 16385, 50_000, 200_000])
def test_randperm(n: int) -> None:
    theirs, ours = pair(n)
    for _ in range(3):
        same(torch.randperm(n, generator=theirs), generator.randperm(ours, n))
    same_state(theirs, ours)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("n", [-1, 0, 1, 5, 128, 129, 256, 257, 301, 2049, 2050, 32768, 32769])
def test_randperm_dtypes(name: str, n: int) -> None:
    theirs, ours = pair(19)
    expected = outcome(lambda: torch.randperm(n, dtype=getattr(torch, name), generator=theirs))
    assert outcome(lambda: generator.randperm(ours, n, of(name))) == expected


BOUNDS = [(2, 1), (-1e300, 1e300), (math.nan, 1), (0, math.inf), (-6e4, 6e4), (-3e38, 3e38), (-1.7e308, 1e308)]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("size", [0, 3])
def test_errors_of_uniform_and_normal(name: str, size: int) -> None:
    theirs, ours = pair()
    for low, high in BOUNDS:
        target = torch.empty(size, dtype=getattr(torch, name))
        expected = outcome(lambda target=target, low=low, high=high: target.uniform_(low, high, generator=theirs))
        assert outcome(lambda low=low, high=high: generator.uniform(ours, size, of(name), low, high)) == expected
    for mean, std in ((0, -1), (0, math.nan), (0, -1e-7), (0, -123456789.0)):
        target = torch.empty(size, dtype=getattr(torch, name))
        expected = outcome(lambda target=target, mean=mean, std=std: target.normal_(mean, std, generator=theirs))
        assert outcome(lambda mean=mean, std=std: generator.normal(ours, size, of(name), mean, std)) == expected
    same_state(theirs, ours)


def test_errors_of_normal_with_arrays() -> None:
    for mean, std in (
        (np.zeros(3), np.array([1.0, -1.0, 1.0])),
        (np.zeros(3), np.array([1.0, math.nan, 1.0])),
        (np.zeros(3), np.zeros(3, np.complex64)),
        (np.zeros(3, np.int64), np.zeros(3)),
        (0.0, np.zeros(3, np.int64)),
    ):
        theirs, ours = pair()
        a = torch.from_numpy(mean) if isinstance(mean, np.ndarray) else mean
        expected = outcome(lambda a=a, std=std, theirs=theirs: torch.normal(a, torch.from_numpy(std), generator=theirs))
        assert outcome(lambda mean=mean, std=std, ours=ours: generator.normal_like(ours, mean, std)) == expected


# ----------------------------------------------------------------------------------------------- sequences and states

CALLS: dict[str, tuple[Callable[[Any, int, str], Any], Callable[[Generator, int, str], Any]]] = {
    "rand": (
        lambda g, n, d: torch.rand(n, dtype=getattr(torch, d), generator=g),
        lambda g, n, d: generator.uniform(g, n, of(d)),
    ),
    "randn": (
        lambda g, n, d: torch.randn(n, dtype=getattr(torch, d), generator=g),
        lambda g, n, d: generator.normal(g, n, of(d)),
    ),
    "normal_ of a strided target": (
        lambda g, n, d: torch.empty(n, 2, dtype=getattr(torch, d))[:, 0].normal_(generator=g).clone(),
        lambda g, n, d: generator.normal(g, n, of(d), contiguous=n == 1),
    ),
    "randint": (
        lambda g, n, d: torch.randint(-5, 6, (n,), generator=g),
        lambda g, n, d: generator.randint(g, -5, 6, n),
    ),
    "random_": (
        lambda g, n, d: torch.empty(n, dtype=getattr(torch, d)).random_(generator=g),
        lambda g, n, d: generator.random_(g, n, of(d)),
    ),
    "randperm": (lambda g, n, d: torch.randperm(n, generator=g), lambda g, n, d: generator.randperm(g, n)),
}


COUNTS = st.integers(0, 40) | st.integers(0, 700)


@given(
    st.integers(0, 2**64 - 1),
    st.lists(st.tuples(st.sampled_from(sorted(CALLS)), COUNTS, st.sampled_from(FLOATS))),
)
@settings(max_examples=150, deadline=None)
def test_any_sequence_of_calls(seed: int, calls: list[tuple[str, int, str]]) -> None:
    theirs, ours = torch.Generator().manual_seed(seed), Generator().manual_seed(seed)
    same_state(theirs, ours)
    for call, n, name in calls:
        torch_call, our_call = CALLS[call]
        same(torch_call(theirs, n, name), our_call(ours, n, name))
    same_state(theirs, ours)


@given(st.integers(-(2**63), 2**64 - 1), st.integers(0, 2000), st.booleans())
@settings(max_examples=60, deadline=None)
def test_states_cross_both_ways(seed: int, words: int, odd: bool) -> None:
    theirs, ours = torch.Generator().manual_seed(seed), Generator().manual_seed(seed)
    assert theirs.initial_seed() == ours.initial_seed()
    torch.rand(words, generator=theirs)
    generator.uniform(ours, words)
    if odd:
        torch.randn(1, generator=theirs)
        generator.normal(ours, 1)
    to_torch, to_zanjir = torch.Generator(), Generator()
    to_torch.set_state(torch.from_numpy(generator.state_bytes(ours)))
    generator.load_state_bytes(to_zanjir, theirs.get_state().numpy())
    assert to_torch.initial_seed() == to_zanjir.initial_seed() == theirs.initial_seed()
    same_state(to_torch, to_zanjir)
    for _ in range(2):
        same(torch.randn(3, generator=to_torch), generator.normal(to_zanjir, 3))
    same(torch.rand(1300, generator=to_torch), generator.uniform(to_zanjir, 1300))
    same_state(to_torch, to_zanjir)


def test_the_unused_float_cache_survives() -> None:
    kept = torch.Generator().manual_seed(1).get_state()
    kept[5048:5052] = torch.tensor([1.5]).view(torch.uint8)
    kept[5052] = 1
    theirs, ours = torch.Generator(), Generator()
    theirs.set_state(kept)
    generator.load_state_bytes(ours, kept.numpy())
    same_state(theirs, ours)


def test_bad_states_are_refused() -> None:
    good = torch.Generator().manual_seed(1).get_state()
    changed = good.clone()
    changed[8:12] = torch.tensor([700], dtype=torch.int32).view(torch.uint8)
    for bad in (
        torch.zeros(5), torch.zeros(5, dtype=torch.uint8), torch.zeros(5048, dtype=torch.uint8),
        torch.zeros(5056, dtype=torch.uint8), torch.zeros(5056, dtype=torch.int8), changed,
        good.repeat_interleave(2)[::2],
    ):  # fmt: skip
        theirs, ours = pair(2)
        torch.randn(1, generator=theirs)
        generator.normal(ours, 1)
        found = outcome(lambda ours=ours, bad=bad: generator.load_state_bytes(ours, bad.numpy()))
        assert found == outcome(lambda theirs=theirs, bad=bad: theirs.set_state(bad))
        same_state(theirs, ours)


# ------------------------------------------------------------------------------------------------------ the generator


def test_untouched() -> None:
    assert torch.Generator().initial_seed() == Generator().initial_seed()
    same_state(torch.Generator(), Generator())
    same(torch.rand(3, generator=torch.Generator()), generator.uniform(Generator(), 3))


@pytest.mark.parametrize(
    "seed", [0, 1, -1, 2**32, 2**32 + 5, -(2**63), 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 2**200, 1.0, "a", True, None,
             np.int64(5), np.float32(3)],
)  # fmt: skip
def test_manual_seed(seed: Any) -> None:
    theirs, ours = torch.Generator(), Generator()
    assert outcome(lambda: state(ours.manual_seed(seed))) == outcome(lambda: state(theirs.manual_seed(seed)))
    assert ours.initial_seed() == theirs.initial_seed()
    same_state(theirs, ours)


def test_seeding_forgets_the_kept_normal() -> None:
    theirs, ours = pair(1)
    torch.randn(1, generator=theirs)
    generator.normal(ours, 1)
    same_state(theirs, ours)
    same_state(theirs.manual_seed(4), ours.manual_seed(4))


def test_copies_go_on_alike() -> None:
    theirs, ours = pair(23)
    torch.randn(5, generator=theirs)
    generator.normal(ours, 5)
    for duplicate in (copy.copy, copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g)), lambda g: g.clone_state()):
        their_copy, our_copy = duplicate(theirs), duplicate(ours)
        assert our_copy is not ours
        same_state(their_copy, our_copy)
        same(torch.randn(2, generator=their_copy), generator.normal(our_copy, 2))
        same_state(theirs, ours)


@pytest.mark.parametrize("device", ["cpu", "cpu:0", None, 3, "foo", "meta", "vulkan"])
def test_devices(device: Any) -> None:
    assert outcome(lambda: state(Generator(device))) == outcome(lambda: state(torch.Generator(device)))
    assert repr(Generator().device) == repr(torch.Generator().device)


@pytest.mark.parametrize("method", ["get_offset", "graphsafe_get_state"])
def test_methods_not_for_the_cpu(method: str) -> None:
    assert outcome(getattr(Generator(), method)) == outcome(getattr(torch.Generator(), method))
