"""Indexing, read and written, against PyTorch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from harness import (
    ALL,
    COMPLEX,
    FLOATING,
    Raised,
    agree,
    noncontiguous,
    run,
    same,
    sample,
    to_torch,
    to_zanjir,
    torch,
    transposed,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import zanjir

warnings.simplefilter("ignore")

CUBE = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)


def tensors(library: Any) -> dict[str, Any]:
    """What index expressions may name."""
    dtypes = ("uint8", "int8", "int16", "int32", "int64", "float32", "float64", "bool", "bfloat16", "complex64")
    return {
        "L": library.tensor, "torch": library, "np": np, "zeros": library.zeros, "ones": library.ones,
        "M": library.tensor([[True, False, True], [True, True, False]]), **{d: getattr(library, d) for d in dtypes},
    }  # fmt: skip


READ = """
0|-1|1, 2|1, -2|0, 1, 2|:|...|()|...,|None|None, 0|0, None|:, None, :, 0:2|0:2|0:2, :|:, 0:3|:, 0:2|::2|0:2:1|:, ::3
-2:|-2:, 0|:, 0:99|:99|0:, 0:, 1:|:, ::1|0:2:1, 0|:, ...|..., :|..., None|None, ...|0:0|2:1|-1:|-9:-1|..., 0|:, 0
:, -1|..., 0, :|0, ..., 0|..., 0:2|:, 1:, 2:|None, None|:, :, :, None|1:, None, 0|None, 1:|:, None, 1|...,...
..., 0, ...|True|False|True, 0|0, True|True, :|:, True|L([0, 1]), True|:, True, [0, 1]|[True, False], True
True, [0, 1]|False, [0, 1]|L(1)|L(1), L(2)|L(1), [0, 2]|L(-1)|L(1, dtype=int8)|L(1, dtype=int16)|L(1, dtype=uint8)
L(0, dtype=uint8)|L(True)|L(False)|[0, 1]|[0, 1], [0, 2]|[[0, 1], [0, 2]]|[L(0), L(1)]|[slice(0, 1), slice(0, 2)]
[None, 0]|[True, False]|[0, True]|[True, 0]|[[True, False, True], [True, True, False]]|L([True, False])
:, L([True, False, True])|M|M, 0|M, :2|M, None|M, L([0, 1, 2, 3])|L([1, 0], dtype=uint8)|L([1, 0], dtype=int8)
L([1, 0], dtype=int16)|L([1, 0], dtype=int32)|L([1., 0])|L(1.)|L([1 + 0j])|np.array([0, 1])|np.array([True, False])
np.int64(1)|np.int8(1)|np.array(1)|np.bool_(True)|range(2)|range(0)|[]|np.array([0., 1.])|[0., 1.]|1.0|'a'|{}|0, 'a'|5
-5|0, 5|:, 5|..., 7|0, 0, 0, 0|0, 0, 0, 0, ...|::-1|::0|0:2.0|L(0):L(2)|:L(1)|:L([1, 2])|slice(0, 'a')|L([0, 5])
L([0, -5])|:, L([0, 5])|L([0, 1]), L([0, 1, 2])|L([True, False, True])|:, L([True, False])|L([[True, False]])
L([True, False]), L([0, 1, 2])|:, [0, 1], :|:, [0, 1], [1, 2]|[0, 1], :, [1, 2]|[0, 1], ..., [1, 2]
[0, 1], None, [1, 2]|0, :, [1, 2]|[0, 1], 0, [1, 2]|:, 0, [1, 2]|[[0], [1]], [[0, 1]]|0:1, [0, 1]|None, [0, 1]
[0, 1], None|L(5)|L([[0]]), ...|(0, 1),|(0, 1), (0, 2)|0, (0, 2)|L([0, 1]), None, ...|np.array([1, 0], dtype=np.int8)
np.array([1, 0], dtype=np.uint8)|np.array([1, 0], dtype=np.uint16)|np.array(True)|np.array(1.)|np.float64(1)
:, [[0, 1]]|:, ([0, 1], [1, 0])|[0, 1, [0, 1]]|[[0, 1], 0]|[np.array([0, 1]), 0]|[(0, 1), (0, 2)]|[range(2)]|[1.5]
0, [True, False, True]|zeros(2, 3, 4, 1, dtype=bool)|zeros(2, 3, 4, dtype=bool), 0
0, zeros(3, dtype=bool), zeros(4, dtype=bool)|0, L([True, True, False]), L([True, True, True, False])
L([0, 1]), L([0, 9])|L([0, -4]), L([0, 9])|L([0, 1]), :, L([0, 9])|:, L([0, 1]), L([9, 1])|zeros(0, dtype=int64)
zeros(0)|[[]]|[[], []]|[], 0|0, [], :|1:2, 5|[5], 5|5, [5]|L([0], dtype=int32), L([0])|2**70|L(2**40)|torch.Size([1])
list(range(2)) * 20|[[0]] * 40|1j|L([[1], [0]]), L([[0, 1, 2]])|L([0, 1])[None], :, L([[0], [1]])
slice(None, None, -1)|{1}|object()|b'a'|0, {}|:, 'a'|0, 1.5|torch.float32|L([[0, 1], [1, 0]]).bool()
np.array([[0, 1], [1, 0]])|L([[0, 1, 1], [1, 0, 0]]).T|:, L([[0, 1, 1], [1, 0, 0]]).T
L([[0, 1, 1], [1, 0, 0]]).T, :, L([[0, 1, 1], [1, 0, 0]]).T|M.T.T|None, 5|0:1, None, 5|True, 5|[0, 0, 1, 0, 1, 0]
L([-1, -2])|..., L([[0, 3], [3, 0], [1, 1]])|L([1]), 1:, 0|1, ..., L([2, 0])|[L(0), L(1)],|[[0, 1], [0]],
"""
READS = [e for line in READ.strip().splitlines() for e in line.split("|")]


def reader(expression: str) -> Any:
    code = compile(f"x[{expression}]", expression, "eval")
    return lambda library, x: eval(code, {**tensors(library), "x": x})


@pytest.mark.parametrize("expression", READS)
def test_read(expression: str) -> None:
    agree(reader(expression), CUBE)


@pytest.mark.parametrize("expression", [e for e in READS if "'" not in e])
@pytest.mark.parametrize("turn", [(2, 1, 0), (2, 0, 1), (0, 2, 1)], ids=str)
def test_read_turned(expression: str, turn: tuple[int, ...]) -> None:
    """The result of advanced indexing lies in memory as PyTorch lays it, whatever the layout of the tensor."""
    turned(reader(expression), np.arange(24.0).reshape(2, 3, 4).transpose(np.argsort(turn)).copy().transpose(turn))


def turned(f: Any, x: np.ndarray) -> None:
    """As agree, but the stride of a dimension of length 1, or of a tensor without elements, may be another."""
    agree(f, x, strides=False)
    z, t = run(f, zanjir, [to_zanjir(x)]), run(f, torch, [to_torch(x)])
    if not isinstance(t, Raised) and t.numel():
        assert [s for s, n in zip(z.stride(), t.shape, strict=True) if n > 1] == [
            s for s, n in zip(t.stride(), t.shape, strict=True) if n > 1
        ]


@pytest.mark.parametrize(
    "expression", ["0", "0, 0", "[0]", "...", "()", "None", ":", "True", "False", "L(True)", "L(0)", "L([0])"]
)
def test_read_zero_dim(expression: str) -> None:
    agree(reader(expression), np.array(2.5))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
@pytest.mark.parametrize("expression", [
    "0", ":, 0", "L([0])", "zeros(0, dtype=int64)", ":, [0]", "[0, 1]", ":, [0, 1]", ":, [9]", "[9]", "L([9, -7])",
    "1:", "None", "ones(0, 3) > 0", "ones(3, 0) > 0", "[0], [0]", ":, []",
])  # fmt: skip
def test_read_empty(expression: str, shape: tuple[int, ...]) -> None:
    agree(reader(expression), np.zeros(shape, np.float32), strides=False)


@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("expression", ["0", "1, 2:", "M", "[0, 0, 1]", ":, L([2, 0, 2])", "[0, 1, 0], L([1, 1, 1])"])
def test_read_dtypes(expression: str, dtype: Any) -> None:
    agree(reader(expression), sample((2, 3, 4), dtype))


def test_gradient_adds_up() -> None:
    """Large enough for every way of adding."""
    for shape, index in (((50,), (400,)), ((7, 30), (60,)), ((7, 3, 30), (20, 2))):
        i = np.random.default_rng(1).integers(-7, 7, index)
        x = sample(shape, np.float64)
        agree(lambda torch, x, i: x[i], x, i)
        agree(lambda torch, x, i: x[:, i % 3] if x.ndim > 1 else x[i, None], x, i)
        if x.ndim == 3:
            agree(lambda torch, x, i: x[i, :, i * i], x, i, second=False)
    for d in FLOATING:
        agree(lambda torch, x, i: x[i], sample((3,), d), np.array([0, 0, 2, 2, 2]))


INDEX = st.one_of(
    st.integers(-2, 1), st.none(), st.just(...), st.slices(3).filter(lambda s: s.step is None or s.step > 0),
    st.lists(st.integers(-2, 1), min_size=1, max_size=3), st.booleans(),
    st.lists(st.booleans(), min_size=2, max_size=3), st.just(np.array([[0, 1], [1, 0]])),
    st.just(np.array([[True, False, True], [False, True, True]])),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(INDEX, max_size=4), st.permutations(range(3)))
def test_read_any(index: list[Any], turn: list[int]) -> None:
    if sum(i is ... for i in index) > 1:
        return
    x = np.arange(18.0).reshape(2, 3, 3) if turn == [0, 1, 2] else np.arange(18.0).reshape(3, 2, 3).transpose(turn)

    def read(library: Any, x: Any) -> Any:
        return x[tuple(library.from_numpy(i.copy()) if isinstance(i, np.ndarray) else i for i in index)]

    turned(read, x)


# ---------------------------------------------------------------------- writing

WRITE = """
x[0] = 1|x[0] = v|x[0, 1] = v|x[...] = v|x[...] = 1|x[...] = v.sum()|x[:] = v|x[:] = 2|x[()] = v|x[None] = v
x[True] = v|x[False] = v|x[True] = 5|x[0, True] = v|x[[0, 1]] = v|x[[0, 1]] = 1.|x[:, [0, 1]] = v|x[0, [0, 1]] = v
x[0:2, [0, 1]] = v|x[0:1, [0, 1]] = v|x[x > 0] = 1|x[x > 3] = v.sum()|x[x == 0] = v|x[x[0] == 0] = v
x[L([True, False])] = v|x[..., 0] = v.sum()|x[0, 0, 0] = v[0]|x[0] = [1, 2, 3, 4]|x[0] = np.ones(4)
x[0] = np.float64(3)|x[0] = np.float32(3)|x[0] = np.int64(3)|x[0] = np.bool_(True)|x[0] = 'a'|x[0] = None|x[0] = (1,)
x[0] = 1j|x[0] = L(1j)|x[[0]] = L(1j)|x[[0]] = 1j|x[[0]] = L(1)|x[[0]] = ones(4, dtype=int64)
x[x > 5] = ones(1, dtype=int64)|x[0] = ones(3)|x[0] = ones(2, 3, 4)|x[0] = ones(1, 3, 4)|x[0] = ones(1, 1, 3, 4)
x[0, 0, 0] = ones(1)|x[0, 0, 0] = ones(2)|x[...] = ones(5, 4)|x[0] = ones(0)|x[[0, 1]] = ones(3)
x[[0, 1]] = ones(5, 4)|x[[0, 1]] = ones(1, 1, 2, 3, 4)|x[[0, 1]] = ones(2, 2, 3, 4)|x[[0, 5]] = 1|x[5] = 1
x[x > 0] = ones(3)|x[x > 0] = ones(23) * v[0]|x[0, 0, 0, 0] = 1|x[::-1] = 1|x['a'] = 1|x[0] = 'a'|x[[0.5]] = 1
x[L([1, 0], dtype=uint8)] = 3|x[L([1, 0], dtype=uint8)] = v|x[False] = ones(7)|x[[]] = 1|x[[]] = ones(7)
x[0:0] = ones(7)|x[zeros(2, dtype=bool)] = ones(7)|x[[0, 0]] = L([1., 2.]).reshape(2, 1, 1)|x[0] = 2**70
x[0] = ones(4, dtype=bfloat16)|x[0] = v[0]|x[1.0] = 1|x[{}] = 1|x[5] = 'a'|x[[7]] = 'a'|x[True] = ones(2)
x[L(True)] = ones(4)|x[L(False)] = ones(4)|x[True, 0] = 7|x[False, 0] = 7|x[0, False] = 7|x[x > 99] = ones(0)
x[0] = x[1]|x[1:] = x[:1]|x[0] = x[0] * 2|x[[0, 1]] = x[[1, 0]]|x[:, 0] = L([[7.], [8.]])|x[..., 0] = v[:3]
x[:, 0] = L([7., 8., 9.])|del x[0]|x[1, 2, 3] = L([5.])|x[1, 2, 3] = L([[5.]])|x[1, 2, 3] = L(7, dtype=int8)
x[0][1] = v|x[0, 1:][0] = v|x[:, 0][[1]] = v|x[0].t()[0] = 1|x[None, 0] = v|x[..., None] = v[0]
x[1:, ::2, 1:3] = v[:2]|x[:, L([2, 0]), 1] = v[:2]|x[L([0, 1]), :, L([3, 3])] = v[:3]|x[M] = v|x[M, 0] = v[0]
x[0] = v; x[1] = x[0] * 2|x[0, 0] = v; x[:, 1] = x[:, 0]|y = x[0]; x[0] = 3; x[1] = y|y = x[0]; y[0] = v; x[1] = y * 2
x[0] = v; v = v * 2; x[0, 1] += v|x[0] *= 2|x[:, [0, 2]] *= 3|x[M] += 1|x[0, 0, 0] += 1|x[[0, 0]] += 1
x[L([0, 0])] = v * 3|x[1, [0, 0, 1]] = ones(3, 4) * v|x[0:2] = v|x[-1:] = v|x[:, :] = 1|x[L(0)] = v
x[L([0]), L(1)] = v
"""
WRITES = [e for line in WRITE.strip().splitlines() for e in line.split("|")]


def writer(statement: str) -> Any:
    code = compile(statement, statement, "exec")

    def write(library: Any, x: Any, v: Any, copies: bool = True) -> Any:
        x = x * 1 if copies else x
        names = {**tensors(library), "x": x, "v": v}
        before = x._version
        exec(code, names)
        return names["x"], names["x"]._version - before, names["x"].requires_grad

    return write


@pytest.mark.parametrize("statement", WRITES)
def test_write(statement: str) -> None:
    agree(writer(statement), CUBE.astype(np.float64), np.array([1.0, 2.0, 3.0, 4.0]))


@pytest.mark.parametrize("statement", WRITES)
def test_write_outside_graph(statement: str) -> None:
    """Without gradients, where the short way is taken; a write that fails changes nothing."""
    outcomes = []
    for library, make in ((zanjir, to_zanjir), (torch, to_torch)):
        x, v = make(CUBE), make(np.arange(4, dtype=np.float32))
        outcomes.append((run(lambda lib, x=x, v=v: writer(statement)(lib, x, v, False), library, []), x))
    (ours, z), (theirs, t) = outcomes
    if isinstance(theirs, Raised):
        assert isinstance(ours, Raised), (ours, theirs.kind, theirs.text)
        assert (ours.kind, ours.text) == (theirs.kind, theirs.text)
        np.testing.assert_array_equal(z.numpy(), CUBE)
    else:
        assert not isinstance(ours, Raised), (ours.kind, ours.text)
        same(list(ours), list(theirs))
        same(z, t)


@pytest.mark.parametrize(
    "statement", ["x[0] = 1", "x[[0]] = 1", "x[...] = 1", "x[x > 0] = 1", "x[False] = 1", "x[0, 0] = v"]
)
def test_write_leaf(statement: str) -> None:
    def write(library: Any, v: Any) -> Any:
        return writer(statement)(library, library.zeros(2, 3, 4).requires_grad_(), v, False)

    agree(write, np.ones(4, np.float32))


@pytest.mark.parametrize("turn", [transposed, noncontiguous])
@pytest.mark.parametrize(
    "statement", ["x[0] = v", "x[:, [1, 0]] = v", "x[x > 3] = 0", "x[..., 1] = 2", "x[M] = v", "x[[1], :, [2]] = 5."]
)
def test_write_layouts(statement: str, turn: Any) -> None:
    agree(lambda library, x, v: writer(statement)(library, x, v), turn(CUBE), np.ones(4, np.float32), strides=False)


NUMBERS = [
    -1, -129, -255, -256, 128, 255, 300, 2**40, 2**63, 2**64 - 1, 1e300, -1e300, 70000.0, 127.9, 255.5, 1e39,
    float("inf"), float("nan"), 1j, 1e300j, True, 0.1,
]  # fmt: skip


@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
def test_write_numbers(dtype: Any) -> None:
    """What a dtype cannot hold is refused, as PyTorch refuses it."""
    for value in NUMBERS:
        for at in (0, [0]):

            def write(library: Any, x: Any, at: Any = at, value: Any = value) -> Any:
                x[at] = value
                return x

            agree(write, np.zeros(2, dtype), grad=False)


@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
def test_write_casts(dtype: Any) -> None:
    for other in (np.int64, np.float32, np.float64, np.complex64, np.bool_):

        def write(library: Any, x: Any, v: Any) -> Any:
            x = x.clone()
            x[1:] = v
            x[0, 0] = v[0]
            return x

        agree(
            write,
            sample((3, 2), dtype),
            sample((2,), other),
            grad=np.dtype(dtype).kind == "f" and np.dtype(other).kind == "f",
            second=False,
        )


@pytest.mark.parametrize("dtype", COMPLEX, ids=lambda d: np.dtype(d).name)
def test_complex(dtype: Any) -> None:
    agree(writer("x[0] = v"), sample((2, 3, 4), dtype), sample((4,), dtype, 1))
    agree(writer("x[M] = v"), sample((2, 3, 4), dtype), sample((4,), dtype, 1))


def test_index_must_stay() -> None:
    """An index tensor may be changed only after the derivative was computed."""

    def late(library: Any, x: Any, write: bool = False) -> Any:
        i = library.tensor([0, 1])
        y = x * x
        if write:
            y[i] = 0
            z = y
        else:
            z = y[i]
        i[0] = 1
        library.autograd.grad(z.sum(), x)

    agree(late, CUBE, message=False)
    agree(lambda library, x: late(library, x, True), CUBE, message=False)

    def twice(library: Any, x: Any) -> Any:
        z = x[library.tensor([0, 1])].sum()
        z.backward()
        z.backward()

    agree(twice, CUBE)


def test_second_derivatives_through_slices() -> None:
    def f(library: Any, x: Any, v: Any) -> Any:
        y = x * x
        y[0] = v * v
        y[:, 1] = y[:, 2].clone() * y[:, 0].clone()
        y[y > 3] *= 2
        return y * y, (y[0, [1, 1, 2]] ** 2)

    agree(f, np.linspace(-1, 2, 24).reshape(2, 3, 4), np.linspace(0.5, 2, 4))


def test_views_that_may_not_be_written() -> None:
    def no_grad(library: Any, x: Any) -> Any:
        y = library.zeros(3)
        with library.no_grad():
            q = y[1:]
        q[0] = x[0, 0, 0]

    def unbound(library: Any, x: Any) -> Any:
        (x * 1).unbind(0)[0][...] = 1

    agree(no_grad, CUBE)
    agree(unbound, CUBE)


def test_next_functions() -> None:
    """The graph has a node for every step, and edges to what PyTorch has edges to."""

    def names(library: Any, x: Any, v: Any) -> Any:
        i = library.tensor([0, 1])
        m = library.tensor([True, False])
        y = x * 1
        outs = [x[0], x[0, 1], x[0, :, [1, 2]], x[:, 0], x[i], x[None, i, 0], x[m], x[...], x[:], x[0:2, :]]
        for key in (0, i, (0, i), ..., (slice(None), i)):
            z = x * 1
            z[key] = v
            outs.append(z)
        del y
        return [chain(o.grad_fn) for o in outs]

    agree(names, CUBE.astype(np.float64), np.ones(4))


def chain(node: Any) -> Any:
    if node is None:
        return None
    name = node.name().removeprefix("torch::autograd::")
    return (name, *(chain(n) for n, _ in node.next_functions))
