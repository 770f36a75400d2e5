"""Indexing against NumPy and against finite differences; no PyTorch needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zanjir

X = np.arange(24.0).reshape(2, 3, 4)


def slices(length: int) -> Any:
    return st.builds(
        slice, st.none() | st.integers(-5, 5), st.none() | st.integers(-5, 5), st.none() | st.integers(1, 3)
    )


BASIC = st.tuples(st.integers(-2, 1) | slices(2), st.integers(-3, 2) | slices(3), st.integers(-4, 3) | slices(4))


@st.composite
def basic_index(draw: Any) -> tuple[Any, ...]:
    index = list(draw(BASIC))[: draw(st.integers(0, 3))]
    for _ in range(draw(st.integers(0, 2))):
        index.insert(draw(st.integers(0, len(index))), None)
    if draw(st.booleans()):
        index.append(...)
    return tuple(index)


@given(basic_index())
def test_basic_index_is_numpys_and_a_view(index: tuple[Any, ...]) -> None:
    x = zanjir.tensor(X)
    y = x[index]
    np.testing.assert_array_equal(y.numpy(), X[index])
    assert y._base is x
    y.zero_()
    expected = X.copy()
    expected[index] = 0
    np.testing.assert_array_equal(x.numpy(), expected)


@given(basic_index(), st.booleans())
def test_write_is_numpys(index: tuple[Any, ...], graph: bool) -> None:
    x = zanjir.tensor(X, requires_grad=graph) * 1
    value = np.full(X[index].shape, 7.0)
    x[index] = zanjir.tensor(value)
    expected = X.copy()
    expected[index] = value
    np.testing.assert_array_equal(x.detach().numpy(), expected)
    assert x._version == 1


@st.composite
def advanced_index(draw: Any) -> tuple[Any, ...]:
    """One or more integer arrays that broadcast together, with slices that take everything between them."""
    shape = draw(st.sampled_from([(), (3,), (2, 1), (2, 3)]))
    index: list[Any] = []
    for length in (2, 3, 4):
        if draw(st.booleans()):
            own = draw(st.sampled_from([shape, shape[1:]])) if shape else (1,)
            size = int(np.prod(own))
            index.append(
                np.array(draw(st.lists(st.integers(-length, length - 1), min_size=size, max_size=size))).reshape(own)
            )
        else:
            index.append(slice(None))
    if all(isinstance(i, slice) for i in index):
        index[0] = np.array([1, 0, 1])
    index = [i if isinstance(i, slice) or i.ndim else i.reshape(1) for i in index]
    return tuple(index)


def tensors(index: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(i if isinstance(i, slice) else zanjir.tensor(i) for i in index)


@given(advanced_index())
def test_advanced_index_is_numpys(index: tuple[Any, ...]) -> None:
    x = zanjir.tensor(X)
    y = x[tensors(index)]
    np.testing.assert_array_equal(y.numpy(), X[index])
    assert not np.shares_memory(y.numpy(), x.numpy())
    np.testing.assert_array_equal(x[index].numpy(), X[index])


@given(advanced_index())
def test_gradient_counts_how_often_an_element_was_taken(index: tuple[Any, ...]) -> None:
    x = zanjir.tensor(X, requires_grad=True)
    y = x[tensors(index)]
    weights = np.arange(1.0, y.numel() + 1).reshape(tuple(y.shape))
    y.backward(zanjir.tensor(weights), create_graph=True)
    expected = np.zeros_like(X)
    np.add.at(expected, index, weights)
    np.testing.assert_array_equal(x.grad.detach().numpy(), expected)


@given(advanced_index(), st.booleans())
def test_written_and_unwritten_parts_share_the_gradient(index: tuple[Any, ...], scalar: bool) -> None:
    x = zanjir.tensor(X, requires_grad=True)
    v = zanjir.tensor(5.0 if scalar else np.full(X[index].shape, 5.0), dtype=zanjir.float64, requires_grad=True)
    y = x * 3
    y[tensors(index)] = v
    (y * 2).sum().backward()
    written = np.zeros(X.shape, bool)
    written[index] = True
    np.testing.assert_array_equal(x.grad.numpy(), np.where(written, 0.0, 6.0))
    assert v.grad.sum().item() == 2 * X[index].size
    np.testing.assert_array_equal(y.detach().numpy(), np.where(written, 5.0, X * 3))


@given(st.lists(st.booleans(), min_size=24, max_size=24))
def test_masks(bits: list[bool]) -> None:
    mask = np.array(bits).reshape(X.shape)
    x, m = zanjir.tensor(X), zanjir.tensor(mask)
    np.testing.assert_array_equal(x[m].numpy(), X[mask])
    np.testing.assert_array_equal(x.masked_select(m).numpy(), X[mask])
    np.testing.assert_array_equal(x.masked_fill(m, -1).numpy(), np.where(mask, -1, X))
    np.testing.assert_array_equal(m.nonzero().numpy(), np.argwhere(mask))
    x[m] = 0
    np.testing.assert_array_equal(x.numpy(), np.where(mask, 0, X))
    x[m] = zanjir.tensor(X[mask])
    np.testing.assert_array_equal(x.numpy(), X)
    np.testing.assert_array_equal((x * 0).masked_scatter(m, zanjir.tensor(X[mask])).numpy(), np.where(mask, X, 0))


@settings(max_examples=50)
@given(st.integers(0, 2), st.data())
def test_gather_and_scatter_add_are_adjoint(dim: int, data: Any) -> None:
    """⟨gather(x), s⟩ = ⟨x, scatter_add(s)⟩."""
    shape = tuple(
        data.draw(st.integers(1, n)) if d != dim else data.draw(st.integers(1, 6)) for d, n in enumerate(X.shape)
    )
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    index = zanjir.tensor(rng.integers(0, X.shape[dim], shape))
    s, x = zanjir.tensor(rng.integers(-5, 5, shape).astype(float)), zanjir.tensor(X)
    left = (x.gather(dim, index) * s).sum().item()
    right = (x * zanjir.zeros(*X.shape, dtype=zanjir.float64).scatter_add(dim, index, s)).sum().item()
    assert left == right
    if shape[:dim] + shape[dim + 1 :] == X.shape[:dim] + X.shape[dim + 1 :]:
        np.testing.assert_array_equal(x.gather(dim, index).numpy(), np.take_along_axis(X, index.numpy(), dim))


def numeric(f: Any, x: np.ndarray, h: float = 1e-6) -> np.ndarray:
    g = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        a, b = x.copy(), x.copy()
        a[place] += h
        b[place] -= h
        g[place] = (f(zanjir.tensor(a)) - f(zanjir.tensor(b))).item() / (2 * h)
    return g


PLACES = zanjir.tensor([[0, 2, 1, 0], [1, 1, 2, 2]])
SOURCE = zanjir.tensor(np.linspace(0.5, 2.0, 8).reshape(2, 4))
FUNCTIONS = [
    lambda x: x[1:, [0, 0, 3]],
    lambda x: x[:, None, 2],
    lambda x: x[PLACES, PLACES],
    lambda x: x[x > 1],
    lambda x: x.gather(0, PLACES),
    lambda x: x.scatter(0, PLACES[:1], SOURCE[:1]),
    lambda x: SOURCE.scatter_add(1, PLACES, x[:2]),
    lambda x: x.scatter_reduce(0, PLACES, SOURCE, "prod"),
    lambda x: x.scatter_reduce(0, PLACES, SOURCE, "mean", include_self=False),
    lambda x: x.scatter_reduce(0, PLACES, SOURCE, "amax"),
    lambda x: SOURCE.scatter_reduce(1, PLACES, x[:2], "prod"),
    lambda x: SOURCE.scatter_reduce(1, PLACES, x[:2], "amin"),
    lambda x: x.index_select(1, PLACES[0]),
    lambda x: SOURCE.index_add(0, PLACES[0, ::3], x[:2], alpha=3.0),
    lambda x: x.take(PLACES),
    lambda x: x.index_copy(0, PLACES[0, 1:3], SOURCE),
    lambda x: x.index_fill(1, PLACES[1], 2.0),
    lambda x: x.put(PLACES, SOURCE, accumulate=True),
    lambda x: SOURCE.masked_scatter(SOURCE > 1, x),
    lambda x: x.masked_fill(x > 1, 0.0),
    lambda x: x.index_put((PLACES[:, 0],), SOURCE),
]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_derivatives_by_finite_differences(f: Any) -> None:
    """First and second: of the sum of squares, so that the second is not zero."""
    a = np.linspace(-1.0, 2.6, 12).reshape(3, 4)

    def loss(x: Any) -> Any:
        return (f(x) ** 3).sum()

    def slope(x: Any) -> Any:
        x = x.detach().requires_grad_()
        (g,) = zanjir.autograd.grad(loss(x), x, create_graph=True)
        return (g**2).sum()

    x = zanjir.tensor(a, requires_grad=True)
    loss(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), numeric(loss, a), rtol=1e-5, atol=1e-5)
    x = zanjir.tensor(a, requires_grad=True)
    (g,) = zanjir.autograd.grad(loss(x), x, create_graph=True)
    (second,) = zanjir.autograd.grad((g**2).sum(), x)
    np.testing.assert_allclose(second.numpy(), numeric(slope, a), rtol=1e-4, atol=1e-4)


def test_failed_writes_change_nothing() -> None:
    x = zanjir.tensor(X)
    for index, value, error in (
        (5, 1, IndexError), ([0, 7], 1, IndexError), (0, zanjir.ones(7), RuntimeError), ((0, 0, 0, 0), 1, IndexError),
        ([0], zanjir.ones(7), RuntimeError), (x > 3, zanjir.ones(3, dtype=zanjir.float64), RuntimeError),
        (0, "a", TypeError), (0, 1j, RuntimeError), ([0], zanjir.ones(4, dtype=zanjir.int64), RuntimeError),
        (slice(None, None, -1), 1, ValueError),
    ):  # fmt: skip
        with pytest.raises(error):
            x[index] = value
        np.testing.assert_array_equal(x.numpy(), X)
        assert x._version == 0
