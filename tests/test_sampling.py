"""Facts about uniform and normal numbers that need no PyTorch: published figures, and algebra."""

from __future__ import annotations

import importlib
import math
import sys
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zanjir import box_muller, generator, sampling
from zanjir.generator import Generator
from zanjir.rounding import CHUNK

FLOAT16, BFLOAT16, FLOAT32, FLOAT64 = map(np.dtype, (np.float16, ml_dtypes.bfloat16, np.float32, np.float64))
FLOATS = [FLOAT16, BFLOAT16, FLOAT32, FLOAT64]


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


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
    unit = 2.0**-24
    u = np.concatenate([2 ** np.arange(25), (2**24 * seeded().floats(10_000)).astype(int) + 1]).astype(np.int32)
    np.testing.assert_allclose(box_muller._log32(u), np.log(u * unit), rtol=3e-7)
    v = np.concatenate([2 ** np.arange(24), 2**24 - 2 ** np.arange(24), u[25:] - 1]).astype(np.int32)
    cos, sin = box_muller._cos_sin32(v.copy())
    np.testing.assert_allclose(cos, np.cos(2 * math.pi * unit * v), atol=6e-7)  # 2 pi v itself is rounded
    np.testing.assert_allclose(sin, np.sin(2 * math.pi * unit * v), atol=6e-7)


def test_elementary_functions_of_the_float64_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are those of the C library to the last bit, by whichever way they are called."""
    uniform = seeded().doubles(32_000)
    u, v = uniform.reshape(-1, 2, 8).swapaxes(0, 1).reshape(2, -1).tolist()
    radius = [math.sqrt(-2 * math.log(1 - x)) for x in u]
    turns = [2 * math.pi * x for x in v]
    expected = np.array(
        [[r * math.cos(a) for r, a in zip(radius, turns, strict=True)],
         [r * math.sin(a) for r, a in zip(radius, turns, strict=True)]]
    ).reshape(2, -1, 8).swapaxes(0, 1).ravel()  # fmt: skip
    monkeypatch.delitem(sys.modules, "scipy.special", raising=False)
    np.testing.assert_array_equal(box_muller.box_muller64(uniform, 0.0, 1.0), expected)
    importlib.import_module("scipy.special")
    np.testing.assert_array_equal(box_muller.box_muller64(uniform, 0.0, 1.0), expected)


def test_scipy_is_left_alone_unless_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "scipy.special", raising=False)
    few = generator.normal(seeded(), 1000, FLOAT64)
    assert "scipy.special" not in sys.modules
    monkeypatch.setattr(sampling, "_MANY", 1000)
    np.testing.assert_array_equal(generator.normal(seeded(), 1000, FLOAT64), few)
    assert "scipy.special" in sys.modules


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("count", [CHUNK - 1, CHUNK, CHUNK + 1, CHUNK + 16, 2 * CHUNK + 5])
def test_long_arrays_are_what_short_ones_would_be(
    dtype: np.dtype[Any], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw() -> list[Any]:
        gen = seeded(count)
        return [generator.normal(gen, count, dtype), generator.uniform(gen, count, dtype), gen.words(1)]

    cut = draw()
    for module in (sampling, generator):
        monkeypatch.setattr(module, "CHUNK", 1 << 20)
    for piece, whole in zip(cut, draw(), strict=True):
        np.testing.assert_array_equal(piece, whole)


# ------------------------------------------------------------------------------------------------------ where they go


@given(st.permutations(range(3)), st.tuples(*[st.integers(1, 4)] * 3))
def test_serial_view_goes_through_memory_in_order(axes: list[int], shape: tuple[int, int, int]) -> None:
    memory = np.arange(math.prod(shape))
    target = memory.reshape(shape).transpose(axes)
    np.testing.assert_array_equal(generator.serial_view(target).ravel(), memory)
