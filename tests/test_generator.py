"""Facts about the stream of random words and its state that need no PyTorch."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zanjir import generator
from zanjir.generator import Generator


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
