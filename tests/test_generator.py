"""Facts about the random numbers that need no PyTorch: published figures, and algebra."""

from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zanjir import generator
from zanjir.generator import Generator

FLOAT16, BFLOAT16, FLOAT32, FLOAT64 = map(np.dtype, (np.float16, ml_dtypes.bfloat16, np.float32, np.float64))
FLOATS = [FLOAT16, BFLOAT16, FLOAT32, FLOAT64]


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


# ---------------------------------------------------------------------------------------------------------- the stream


def test_mersenne_twister_as_published() -> None:
    """The C++ standard, [rand.predef]: the 10000th number of a default-constructed mt19937, whose seed is 5489."""
    assert int(seeded(5489).words(10_000)[-1]) == 4123659995


def test_only_the_low_32_bits_of_a_seed_matter_to_the_stream() -> None:
    np.testing.assert_array_equal(seeded(2**40 + 5).words(5), seeded(5).words(5))
    assert seeded(2**40 + 5).initial_seed() == 2**40 + 5


@given(st.lists(st.integers(0, 700), max_size=5))
def test_the_stream_does_not_depend_on_how_it_is_cut(counts: list[int]) -> None:
    gen = seeded(3)
    pieces = [gen.words(count) for count in counts]
    np.testing.assert_array_equal(np.concatenate([*pieces, gen.words(1)]), seeded(3).words(sum(counts) + 1))


def test_words_make_long_words_and_uniform_numbers() -> None:
    words = seeded(1).words(6)
    high, low = [int(word) for word in words[::2]], [int(word) for word in words[1::2]]
    long = [a << 32 | b for a, b in zip(high, low, strict=True)]
    assert seeded(1).long_words(3).tolist() == long
    assert seeded(1).doubles(3).tolist() == [(word % 2**53) / 2**53 for word in long]
    assert seeded(1).floats(6).tolist() == [int(word) % 2**24 / 2**24 for word in words]


def test_nothing_is_drawn_before_it_is_asked_for() -> None:
    assert Generator()._bits is None  # numpy.random is slow to import
    assert seeded(4)._bits is None


# ------------------------------------------------------------------------------------------------------- distributions


def test_figures_that_everybody_has_seen() -> None:
    """torch.manual_seed(0), then torch.rand(2), torch.randn(3), torch.randperm(5), as printed in many a tutorial."""
    assert generator.uniform(seeded(), 2).round(4).tolist() == pytest.approx([0.4963, 0.7682])
    assert generator.normal(seeded(), 3).round(4).tolist() == pytest.approx([1.5410, -0.2934, -2.1788])
    assert generator.randperm(seeded(), 5).tolist() == [4, 0, 1, 3, 2]


@pytest.mark.parametrize("dtype", FLOATS)
def test_moments(dtype: np.dtype[Any]) -> None:
    count = 100_000
    noise = 5 / math.sqrt(count)
    uniform = generator.uniform(seeded(), count, dtype, 1, 3).astype(float)
    assert uniform.min() >= 1
    assert uniform.max() < 3
    assert abs(uniform.mean() - 2) < noise
    normal = generator.normal(seeded(), count, dtype, 3, 2).astype(float)
    assert abs(normal.mean() - 3) < 2 * noise
    assert abs(normal.std() - 2) < 2 * noise
    pairs = generator.normal(seeded(), count, dtype, contiguous=False).astype(float)
    assert abs(pairs.mean()) < noise
    assert abs((pairs**3).mean()) < 4 * noise


def test_the_whole_of_a_complex_number_has_the_variance() -> None:
    normal = generator.normal(seeded(), 100_000, np.dtype(np.complex64), 0, 3)
    assert (abs(normal) ** 2).mean() == pytest.approx(9, rel=0.02)


@pytest.mark.parametrize("count", [1, 5, 15])
def test_the_second_of_a_pair_is_kept(count: int) -> None:
    one_by_one = seeded(2)
    separately = np.concatenate([generator.normal(one_by_one, 1) for _ in range(count)])
    np.testing.assert_array_equal(separately, generator.normal(seeded(2), count))


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (2, 3), (4, 5), 7])
def test_shapes(shape: Any) -> None:
    gen, wanted = seeded(), np.empty(shape).shape
    for draw in (
        generator.uniform(gen, shape), generator.normal(gen, shape), generator.randint(gen, 0, 5, shape),
        generator.random_(gen, shape), generator.normal(gen, shape, np.dtype(np.complex128)),
    ):  # fmt: skip
        assert draw.shape == wanted


@given(st.integers(-(2**63), 2**63 - 2), st.data())
def test_integers_stay_in_their_range(low: int, data: st.DataObject) -> None:
    high = data.draw(st.integers(low + 1, 2**63 - 1))
    drawn = generator.randint(seeded(), low, high, 50)
    assert low <= int(drawn.min())
    assert int(drawn.max()) < high


def test_every_integer_comes_up() -> None:
    counts = np.bincount(generator.randint(seeded(), 0, 6, 60_000), minlength=6)
    assert abs(counts - 10_000).max() < 500


# -------------------------------------------------------------------------------------------------------- permutations


@pytest.mark.parametrize("n", [0, 1, 2, 10, 300, 301, 3000, 100_000])
def test_permutations(n: int) -> None:
    np.testing.assert_array_equal(np.sort(generator.randperm(seeded(n), n)), np.arange(n))


@given(st.data())
def test_swaps_without_a_loop(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 60))
    targets = [data.draw(st.integers(i, n - 1)) for i in range(n)]
    order = list(range(n))
    for i, k in enumerate(targets):
        order[i], order[k] = order[k], order[i]
    assert generator._swaps(np.arange(n), np.array(targets)).tolist() == order


@pytest.mark.parametrize("n", [301, 1000, 5000])
def test_both_ways_to_swap_agree(n: int) -> None:
    np.testing.assert_array_equal(generator.randperm(seeded(n), n), generator._swap_in_turn(seeded(n), n, block=64))


def test_inside_out() -> None:
    """The form for 2**32 / 20 elements and more, at a size that can be followed."""
    words = seeded(1).long_words(200).tolist()
    order: list[int] = []
    for i, word in enumerate(words):
        k = word % (i + 1)
        order.append(i)
        order[i], order[k] = order[k], i
    assert generator._inside_out(seeded(1), 200, block=64).tolist() == order


# ----------------------------------------------------------------------------------------------------- in one rounding

NUMBERS = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_fma64(a: float, b: float, c: float) -> None:
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    assert generator.fma64(np.array([a]), b, c)[0] == float(exact)


def test_fma64_of_huge_numbers() -> None:
    a, b, c = 0.3, 1.1e308, -0.7e308
    assert generator.fma64(np.array([a]), b, c)[0] == float(Fraction(a) * Fraction(b) + Fraction(c))


def test_fma32() -> None:
    a, b, c = np.random.RandomState(0).standard_normal((3, 1000)).astype(np.float32)
    exact = [Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z)) for x, y, z in zip(a, b, c, strict=True)]
    assert (generator.fma32(a, b, c) == np.array([float(value) for value in exact]).astype(np.float32)).all()


def test_elementary_functions_of_the_float32_kernel() -> None:
    u = np.concatenate([2.0 ** -np.arange(25), seeded().floats(10_000)[1:]]).astype(np.float32)
    np.testing.assert_allclose(generator._log32(u), np.log(u.astype(float)), rtol=3e-7)
    angles = np.float32(2 * math.pi) * seeded().floats(10_000)
    cos, sin = generator._cos_sin32(angles)
    np.testing.assert_allclose(cos, np.cos(angles.astype(float)), atol=2e-7)
    np.testing.assert_allclose(sin, np.sin(angles.astype(float)), atol=2e-7)


# ----------------------------------------------------------------------------------------------------------- the state


def test_layout_of_the_state() -> None:
    gen = seeded(2**40 + 7)
    state = generator.state_bytes(gen)
    assert state.dtype == np.uint8
    assert state.shape == (5056,)
    assert state[:8].view("<u8")[0] == 2**40 + 7
    assert state[8:24].view("<i4").tolist() == [1, 1, 0, 0]  # left, seeded, next
    assert state[24:32].view("<u8")[0] == 7  # init_genrand starts from the seed itself
    generator.normal(gen, 1)
    state = generator.state_bytes(gen)
    assert state[8:24].view("<i4").tolist() == [621, 1, 4, 0]
    assert state[5040] == 1
    assert state[5024:5032].view("<f8")[0] == gen._next_double


@given(st.integers(0, 2000), st.integers(0, 3))
def test_states_return(words: int, normals: int) -> None:
    gen, other = seeded(6), seeded(8)
    gen.words(words)
    generator.normal(gen, normals)
    state = generator.state_bytes(gen)
    generator.load_state_bytes(other, state)
    np.testing.assert_array_equal(generator.state_bytes(other), state)
    np.testing.assert_array_equal(generator.normal(other, 5), generator.normal(gen, 5))


def test_looking_at_the_state_changes_nothing() -> None:
    gen = seeded(6)
    np.testing.assert_array_equal(generator.state_bytes(gen), generator.state_bytes(gen))
    np.testing.assert_array_equal(gen.words(3), seeded(6).words(3))


@pytest.mark.parametrize(
    "state, error",
    [
        (np.zeros(5056), TypeError),
        (np.zeros(5055, np.uint8), RuntimeError),
        (np.zeros(5056, np.uint8), RuntimeError),
        (np.zeros(10112, np.uint8)[::2], RuntimeError),
    ],
)
def test_a_bad_state_leaves_the_old_one(state: np.ndarray[Any, Any], error: type[Exception]) -> None:
    gen = seeded(5)
    generator.normal(gen, 3)
    before = generator.state_bytes(gen)
    with pytest.raises(error):
        generator.load_state_bytes(gen, state)
    np.testing.assert_array_equal(generator.state_bytes(gen), before)


def test_a_state_whose_counts_disagree_is_refused() -> None:
    state = generator.state_bytes(seeded())
    state[8:12] = np.array([300], "<i4").view(np.uint8)  # 299 words left, but from the first
    with pytest.raises(RuntimeError, match="Invalid mt19937 state"):
        generator.load_state_bytes(seeded(), state)


# ------------------------------------------------------------------------------------------------------- the generator


def test_copies_go_their_own_way() -> None:
    gen = seeded(9)
    generator.normal(gen, 3)
    copies = [copy.copy(gen), copy.deepcopy(gen), pickle.loads(pickle.dumps(gen)), gen.clone_state()]
    expected = generator.normal(gen, 20)
    for other in copies:
        assert other.initial_seed() == 9
        np.testing.assert_array_equal(generator.normal(other, 20), expected)


def test_seed_is_not_the_same_twice() -> None:
    gen = Generator()
    assert gen.seed() != gen.seed()
    assert gen.initial_seed() < 2**64


def test_generators_do_not_share_their_stream() -> None:
    a, b = seeded(1), seeded(1)
    generator.uniform(a, 10)
    np.testing.assert_array_equal(generator.uniform(b, 3), generator.uniform(seeded(1), 3))


@pytest.mark.parametrize("seed, error", [(2**64, ValueError), (-(2**63) - 1, ValueError), (1.5, RuntimeError)])
def test_seeds_that_cannot_be(seed: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Generator().manual_seed(seed)


# ------------------------------------------------------------------------------------------------------ where they go


@given(st.permutations(range(3)), st.tuples(*[st.integers(1, 4)] * 3))
def test_serial_view_goes_through_memory_in_order(axes: list[int], shape: tuple[int, int, int]) -> None:
    memory = np.arange(math.prod(shape))
    target = memory.reshape(shape).transpose(axes)
    np.testing.assert_array_equal(generator.serial_view(target).ravel(), memory)
