"""Shape operators against NumPy, and laws that hold of them, over random shapes. No torch needed."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zanjir

SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)
FULL = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def counting(shape: tuple[int, ...]) -> tuple[Any, np.ndarray]:
    """A tensor that requires grad, and an array, of different numbers."""
    array = np.arange(float(math.prod(shape))).reshape(shape)
    return zanjir.tensor(array, dtype=zanjir.float64).reshape(shape).requires_grad_(), array


def gradient(result: Any, leaf: Any) -> np.ndarray:
    """The gradient of the sum of the elements of ``result``, each times its place: names every element once."""
    weights = zanjir.arange(1.0, result.numel() + 1, dtype=zanjir.float64).reshape(result.shape)
    (g,) = zanjir.autograd.grad((result * weights).sum(), leaf)
    return g.numpy()


def adjoint(f: Any, shape: tuple[int, ...]) -> np.ndarray:
    """What that gradient is, computed from where ``f`` takes each element."""
    places = np.arange(math.prod(shape)).reshape(shape)
    taken = f(places)
    g = np.zeros(math.prod(shape))
    np.add.at(g, taken.ravel(), np.arange(1.0, taken.size + 1))
    return g.reshape(shape)


def check(tensor_form: Any, array_form: Any, shape: tuple[int, ...]) -> None:
    t, a = counting(shape)
    result = tensor_form(t)
    np.testing.assert_array_equal(result.detach().numpy(), array_form(a))
    np.testing.assert_array_equal(gradient(result, t), adjoint(array_form, shape))


@given(FULL, st.data())
def test_rearranging(shape: tuple[int, ...], data: Any) -> None:
    ndim = len(shape)
    order = data.draw(st.permutations(range(ndim)))
    a, b = (data.draw(st.integers(-ndim, ndim - 1)) for _ in range(2))
    shift = data.draw(st.integers(-5, 5))
    times = data.draw(st.lists(st.integers(1, 3), min_size=ndim, max_size=ndim + 1))
    check(lambda x: x.permute(order), lambda x: x.transpose(order), shape)
    check(lambda x: x.transpose(a, b), lambda x: x.swapaxes(a, b), shape)
    check(lambda x: x.movedim(a, b), lambda x: np.moveaxis(x, a, b), shape)
    check(lambda x: x.flip(a), lambda x: np.flip(x, a), shape)
    check(lambda x: x.roll(shift, a), lambda x: np.roll(x, shift, a), shape)
    check(lambda x: x.roll(shift), lambda x: np.roll(x, shift), shape)
    check(lambda x: x.repeat(*times), lambda x: np.tile(x, times), shape)
    check(lambda x: x.repeat_interleave(3, a), lambda x: np.repeat(x, 3, a), shape)
    check(lambda x: x.reshape(-1), lambda x: x.reshape(-1), shape)
    check(lambda x: x.permute(order).reshape(-1), lambda x: x.transpose(order).reshape(-1), shape)
    check(lambda x: x.unsqueeze(a), lambda x: np.expand_dims(x, a), shape)
    check(lambda x: x.squeeze(), lambda x: x.squeeze(), shape)
    if ndim > 1 and a % ndim != b % ndim:
        check(lambda x: x.rot90(shift, (a, b)), lambda x: np.rot90(x, shift, (a, b)), shape)
        check(lambda x: x.diagonal(shift, a, b), lambda x: np.diagonal(x, shift, a, b), shape)
    if ndim > 1:
        check(lambda x: x.tril(shift).flatten()[x.flatten() < 0], lambda x: x.ravel()[:0], shape)
        np.testing.assert_array_equal(
            counting(shape)[0].tril(shift).detach().numpy(), np.tril(counting(shape)[1], shift)
        )
        np.testing.assert_array_equal(
            counting(shape)[0].triu(shift).detach().numpy(), np.triu(counting(shape)[1], shift)
        )


@given(FULL, st.data())
def test_parts(shape: tuple[int, ...], data: Any) -> None:
    dim = data.draw(st.integers(0, len(shape) - 1))
    n = shape[dim]
    start = data.draw(st.integers(0, n))
    length = data.draw(st.integers(0, n - start))
    size = data.draw(st.integers(1, n))
    index = data.draw(st.integers(-n, n - 1))
    check(lambda x: x.narrow(dim, start, length), lambda x: x.take(range(start, start + length), dim), shape)
    check(lambda x: x.select(dim, index), lambda x: x.take(index, dim), shape)
    check(lambda x: zanjir.stack(x.unbind(dim), dim), lambda x: x, shape)
    check(lambda x: zanjir.cat(x.split(size, dim), dim), lambda x: x, shape)
    check(lambda x: zanjir.cat(x.chunk(size, dim), dim), lambda x: x, shape)
    check(lambda x: zanjir.cat(x.tensor_split(size, dim), dim), lambda x: x, shape)
    windows = np.lib.stride_tricks.sliding_window_view
    check(lambda x: x.unfold(dim, size, 1), lambda x: windows(x, size, dim), shape)
    t, a = counting(shape)
    for part, theirs in zip(t.tensor_split(size, dim), np.array_split(a, size, dim), strict=True):
        np.testing.assert_array_equal(part.detach().numpy(), theirs)


@given(st.lists(st.integers(1, 4), max_size=3), st.data())
def test_expand(shape: list[int], data: Any) -> None:
    have = tuple(1 if data.draw(st.booleans()) else n for n in shape)
    want = (*data.draw(st.lists(st.integers(1, 3), max_size=2)), *shape)
    check(lambda x: x.expand(want), lambda x: np.broadcast_to(x, want), have)
    t, _ = counting(have)
    assert t.expand(want).data_ptr() == t.data_ptr()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.data())
def test_view_if_and_only_if_the_memory_allows_it(shape: list[int], data: Any) -> None:
    """A view exists exactly if NumPy can reshape without copying; where it does, it shares the memory."""
    order = data.draw(st.permutations(range(len(shape))))
    cut = tuple(slice(0, None, data.draw(st.integers(1, 2))) for _ in shape)
    base = np.arange(float(math.prod(shape))).reshape(shape)
    array = base[cut].transpose(order)
    want = data.draw(st.sampled_from(sorted(set(divisions(array.size)))))
    t = zanjir.from_numpy(array)
    np.testing.assert_array_equal(t.reshape(want).numpy(), array.reshape(want))
    try:
        possible = array.size == 0 or np.reshape(array, want, copy=False) is not None
    except ValueError:
        possible = False
    if possible:
        v = t.view(want)
        np.testing.assert_array_equal(v.numpy(), array.reshape(want))
        assert not array.size or np.shares_memory(v.numpy(), base)
    else:
        with pytest.raises(RuntimeError, match="view size is not compatible"):
            t.view(want)


def divisions(n: int) -> Any:
    """Shapes with ``n`` elements."""
    yield (n,)
    yield (n, 1)
    yield (1, n)
    for a in range(1, n + 1):
        if n % a == 0:
            yield a, n // a
            for b in range(1, n // a + 1):
                if n // a % b == 0:
                    yield a, b, n // a // b


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(FULL.map(lambda s: s[:3]), st.sampled_from(["float32", "int64", "bool"])), min_size=1, max_size=3
    ),
    st.integers(0, 2),
)
def test_cat(parts: list[Any], dim: int) -> None:
    shape = parts[0][0]
    dim %= len(shape)
    shapes = [(*shape[:dim], (*s, 1)[0], *shape[dim + 1 :]) for s, _ in parts]
    arrays = [np.arange(math.prod(s)).reshape(s).astype(d) for s, (_, d) in zip(shapes, parts, strict=True)]
    result = zanjir.cat([zanjir.from_numpy(a) for a in arrays], dim)
    np.testing.assert_array_equal(result.numpy().astype(float), np.concatenate([a.astype(float) for a in arrays], dim))
    kinds = [d for _, d in parts]
    assert result.dtype is getattr(zanjir, next(k for k in ("float32", "int64", "bool") if k in kinds))


def test_views_share_memory_and_versions() -> None:
    x = zanjir.arange(24.0).reshape(2, 3, 4).clone()
    views = [
        x.view(6, 4), x.reshape(-1), x.transpose(0, 1), x.permute(2, 1, 0), x.mT, x.unsqueeze(0), x.squeeze(),
        x.expand(2, 2, 3, 4), x.narrow(1, 0, 2), x.select(0, 0), x.unbind()[0], x.split(1)[0], x.chunk(2)[0],
        x.unfold(2, 2, 1), x.diagonal(), x.flatten(),
        x.as_strided((2, 2), (1, 1)), x.movedim(0, 1), x.unflatten(2, (2, 2)),
    ]  # fmt: skip
    for v in views:
        assert v._base is x
        assert v._is_view()
        assert v.data_ptr() == x.data_ptr()
    x.add_(1)
    assert {v._version for v in views} == {1}
    assert float(views[0][0, 0]) == 1.0
    views[1][0] = 7
    assert x._version == 2
    assert float(x[0, 0, 0]) == 7.0
    d = x.detach()
    assert not d._is_view()
    d.zero_()
    assert x._version == 3
    x.data.fill_(2)
    assert x._version == 3
    assert float(views[2][0, 0, 0]) == 2.0


def test_gradient_through_a_written_view() -> None:
    """y = x², row 0 doubled in place through a view of a view: dΣ/dx is 4x there, 2x elsewhere."""
    x = zanjir.arange(1.0, 7.0).reshape(2, 3).clone().requires_grad_()
    y = x * x
    row = y.view(-1)[:3].view(1, 3)[0]
    row.mul_(2)
    assert type(y.grad_fn).__name__ == "CopySlices"
    assert type(row.grad_fn).__name__ == "AsStridedBackward0"
    y.sum().backward(retain_graph=True)
    assert x.grad.tolist() == [[4.0, 8.0, 12.0], [8.0, 10.0, 12.0]]
    (g,) = zanjir.autograd.grad((row * row).sum(), x)  # (2x²)² = 4x⁴
    assert g.tolist() == [[16.0, 128.0, 432.0], [0.0, 0.0, 0.0]]


def test_an_in_place_operator_made_of_several() -> None:
    """The history of what was written may itself lead back to the view."""
    from zanjir.ops.inplace import inplace

    write = inplace(lambda x, w: (x * w).sin() * x, "write_")
    x = zanjir.tensor([0.5, 1.0, 1.5], dtype=zanjir.float64, requires_grad=True)
    w = zanjir.tensor(2.0, dtype=zanjir.float64, requires_grad=True)

    def by_hand(x: Any, w: Any) -> Any:
        y = x * 3
        return zanjir.cat([(y[:2] * w).sin() * y[:2], y[2:]])

    def written(x: Any, w: Any) -> Any:
        y = x * 3
        write(y[:2], w)
        return y

    a, b = by_hand(x, w), written(x, w)
    assert a.tolist() == b.tolist()
    for left, right in zip(zanjir.autograd.grad(a.sum(), (x, w)), zanjir.autograd.grad(b.sum(), (x, w)), strict=True):
        np.testing.assert_allclose(left.numpy(), right.numpy(), rtol=1e-14)


def test_memory_that_is_nowhere_contiguous() -> None:
    """Views of an array with gaps, made by somebody else."""
    wide = np.arange(48.0).reshape(4, 12)
    array = wide[::2, ::3].T
    t = zanjir.from_numpy(array)
    for shape in itertools.permutations((4, 2, 1)):
        np.testing.assert_array_equal(t.reshape(shape).numpy(), array.reshape(shape))
    assert t.unsqueeze(1).expand(4, 3, 2).unsqueeze(0).stride() == (12, 3, 0, 24)
    t.unsqueeze(0).add_(1)
    assert wide[0, 3] == 4.0
    assert wide[0, 1] == 1.0


def test_expanded_memory_is_not_written_by_arithmetic() -> None:
    x = zanjir.ones(3)
    with pytest.raises(
        RuntimeError, match="more than one element of the written-to tensor refers to a single memory location"
    ):
        x.expand(2, 3).add_(1)
    assert x.tolist() == [1.0, 1.0, 1.0]
    assert x._version == 0
    x.expand(1, 3).add_(1)
    assert x.tolist() == [2.0, 2.0, 2.0]
