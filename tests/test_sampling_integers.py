"""Facts about random integers and permutations that need no PyTorch."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zanjir import generator, sampling_integers
from zanjir.generator import Generator
from zanjir.rounding import CHUNK


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


# ------------------------------------------------------------------------------------------------------------ integers


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


@pytest.mark.parametrize("swap", [sampling_integers._swap_at_once, sampling_integers._swap_by_lapack])
@given(st.data())
def test_swaps_without_a_loop(swap: Any, data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 60))
    targets = [data.draw(st.integers(i, n - 1)) for i in range(n)]
    order = list(range(n))
    for i, k in enumerate(targets):
        order[i], order[k] = order[k], order[i]
    assert swap(np.array(targets)).tolist() == order


@pytest.mark.parametrize("n", [2, 199, 200, 5000, CHUNK, CHUNK + 1, CHUNK + 2, 3 * CHUNK + 7])
def test_all_ways_to_swap_agree(n: int) -> None:
    expected = sampling_integers._swap_in_turn(seeded(n), n)
    for swap in (sampling_integers._swap_at_once, sampling_integers._swap_by_lapack):
        np.testing.assert_array_equal(swap(sampling_integers._targets(seeded(n), n)), expected)


def test_scipy_is_left_alone_unless_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(sampling_integers, "_swap_by_lapack", lambda targets: asked.append(len(targets)) or targets)
    monkeypatch.delitem(sys.modules, "scipy.linalg", raising=False)
    generator.randperm(seeded(), 1000)
    assert asked == []
    monkeypatch.setattr(sampling_integers, "_MANY", 1000)
    generator.randperm(seeded(), 1000)
    monkeypatch.setattr(sampling_integers, "_MANY", 2000)
    monkeypatch.setitem(sys.modules, "scipy.linalg", sys)  # in memory already
    generator.randperm(seeded(), 1000)
    assert asked == [1000, 1000]


def test_inside_out() -> None:
    """The form for 2**32 / 20 elements and more, at a size that can be followed."""
    words = seeded(1).long_words(200).tolist()
    order: list[int] = []
    for i, word in enumerate(words):
        k = word % (i + 1)
        order.append(i)
        order[i], order[k] = order[k], i
    assert sampling_integers._inside_out(seeded(1), 200, block=64).tolist() == order
