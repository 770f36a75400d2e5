"""Matrix products against PyTorch: values, dtypes, strides, nodes, gradients, second gradients, errors."""

from __future__ import annotations

import numpy as np
import pytest
from harness import ALL, BFLOAT16, COMPLEX, REAL, agree, noncontiguous, sample, transposed
from hypothesis import given, settings
from hypothesis import strategies as st

SHAPES = {
    "vector vector": ((3,), (3,)),
    "matrix vector": ((2, 3), (3,)),
    "vector matrix": ((2,), (2, 3)),
    "matrix matrix": ((2, 3), (3, 4)),
    "batch matrix": ((5, 2, 3), (3, 4)),
    "batch vector": ((5, 2, 3), (3,)),
    "vector batch": ((2,), (5, 2, 3)),
    "matrix batch": ((2, 3), (5, 3, 4)),
    "batch batch": ((5, 2, 3), (5, 3, 4)),
    "broadcast batches": ((5, 2, 3), (6, 1, 3, 4)),
    "ones": ((1, 1), (1, 1)),
    "empty rows": ((0, 3), (3, 2)),
    "empty sum": ((2, 0), (0, 3)),
    "empty batch": ((0, 2, 3), (0, 3, 4)),
}


@pytest.mark.parametrize("dtype", (*REAL, np.complex64))
@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES.keys())
def test_matmul(shapes, dtype):
    a, b = (sample(s, dtype, seed=i) for i, s in enumerate(shapes))
    agree(lambda torch, a, b: a @ b, a, b)
    agree(lambda torch, a, b: torch.matmul(a, b), a, b)


@pytest.mark.parametrize("layout", [noncontiguous, transposed])
@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES.keys())
def test_layouts(shapes, layout):
    a, b = (sample(s, np.float64, seed=i) for i, s in enumerate(shapes))
    agree(lambda torch, a, b: a @ b, layout(a), b)
    agree(lambda torch, a, b: a @ b, a, layout(b))


@pytest.mark.parametrize("dtype", ALL)
def test_dtypes(dtype):
    tolerance = {np.float16: 4e-3, BFLOAT16: 3e-2}.get(dtype)
    for f, a, b in (
        ("mm", (3, 4), (4, 2)),
        ("mv", (3, 4), (4,)),
        ("dot", (4,), (4,)),
        ("bmm", (2, 3, 4), (2, 4, 2)),
        ("outer", (3,), (4,)),
    ):
        agree(
            lambda torch, a, b, f=f: getattr(torch, f)(a, b), sample(a, dtype), sample(b, dtype, 1), tolerance=tolerance
        )


@pytest.mark.parametrize("dtype", (*REAL, *COMPLEX))
@pytest.mark.parametrize("options", [{}, {"beta": 2, "alpha": 3}, {"beta": 0}, {"alpha": 0.5}])
def test_added(dtype, options):
    def s(*shape, seed=0):
        return sample(shape, dtype, seed)

    for name, *args in (
        ("addmm", s(4), s(2, 3, seed=1), s(3, 4, seed=2)),
        ("addmm", s(2, 4), s(2, 3, seed=1), transposed(s(3, 4, seed=2))),
        ("addmm", s(2, 1), transposed(s(2, 3, seed=1)), s(3, 4, seed=2)),
        ("addmv", s(2), s(2, 3, seed=1), s(3, seed=2)),
        ("addr", s(2, 3), s(2, seed=1), s(3, seed=2)),
        ("baddbmm", s(2, 4), s(5, 2, 3, seed=1), s(5, 3, 4, seed=2)),
        ("addbmm", s(4), s(5, 2, 3, seed=1), s(5, 3, 4, seed=2)),
    ):
        agree(lambda torch, *t, name=name: getattr(torch, name)(*t, **options), *args)
        agree(lambda torch, x, a, b, name=name: getattr(x, name)(a, b, **options), *args)


def test_added_in_place():
    x, a, b = sample((2, 4), np.float64), sample((2, 3), np.float64, 1), sample((3, 4), np.float64, 2)
    agree(lambda torch, x, a, b: (x * 1).addmm_(a, b, beta=0.5), x, a, b)
    agree(lambda torch, x, a, b: (x * 1).addmm_(a, b[:, :2]), x, a, b)


def test_nan_times_zero():
    x = np.full((2, 4), np.nan, np.float32)
    agree(
        lambda torch, x, a, b: torch.addmm(x, a, b, beta=0),
        x,
        sample((2, 3), np.float32),
        sample((3, 4), np.float32),
        grad=False,
    )


A, B, V, W = (2, 3), (3, 4), (3,), (2,)


@pytest.mark.parametrize(
    "call",
    [
        lambda t, a, b, v, w: a @ a,
        lambda t, a, b, v, w: a @ w,
        lambda t, a, b, v, w: v @ w,
        lambda t, a, b, v, w: a.sum() @ v,
        lambda t, a, b, v, w: v @ a.sum(),
        lambda t, a, b, v, w: a @ 3,
        lambda t, a, b, v, w: t.matmul(a, 3),
        lambda t, a, b, v, w: t.mm(a, 3),
        lambda t, a, b, v, w: t.mm(a, v),
        lambda t, a, b, v, w: t.mm(v, a),
        lambda t, a, b, v, w: t.mm(a, b.double()),
        lambda t, a, b, v, w: a @ b.double(),
        lambda t, a, b, v, w: t.mv(a, w),
        lambda t, a, b, v, w: t.mv(v, v),
        lambda t, a, b, v, w: t.mv(a, v.double()),
        lambda t, a, b, v, w: t.dot(v, w),
        lambda t, a, b, v, w: t.dot(a, v),
        lambda t, a, b, v, w: t.dot(v, v.double()),
        lambda t, a, b, v, w: t.bmm(a, b),
        lambda t, a, b, v, w: t.bmm(a[None], b),
        lambda t, a, b, v, w: t.bmm(a[None], a[None]),
        lambda t, a, b, v, w: t.bmm(a[None], b[None].double()),
        lambda t, a, b, v, w: t.outer(a, v),
        lambda t, a, b, v, w: t.addmm(w, a, b),
        lambda t, a, b, v, w: t.addmm(v, a, a),
        lambda t, a, b, v, w: t.addmm(v, a, v),
        lambda t, a, b, v, w: t.addmm(b[0].double(), a, b),
        lambda t, a, b, v, w: t.inner(a, w),
        lambda t, a, b, v, w: a[None].expand(2, 2, 3) @ b[None].expand(3, 3, 4),
    ],
)
def test_errors(call):
    agree(call, *(sample(s, np.float32, i) for i, s in enumerate((A, B, V, W))))


EQUATIONS = [
    ("ij,jk->ik", A, B), ("ij,jk", A, B), ("ij->j", A), ("ij->ji", A), ("ij->", A), ("ii->i", (3, 3)), ("ii", (3, 3)),
    ("i,j->ij", V, W), ("i,i->", V, V), ("i,i,i->i", V, V, V), ("ij,ij->ij", A, A), ("ij,j->i", A, V),
    ("bij,bjk->bik", (5, 2, 3), (5, 3, 4)), ("...ij,...jk->...ik", (5, 2, 3), (3, 4)), ("...i,...i->...", (4, 3), (3,)),
    ("bi,bj,bk->ijk", (5, 2), (5, 3), (5, 4)), ("ij,kj->ik", A, (4, 3)), ("ij,jk,kl->il", A, B, (4, 2)),
    ("i...->...", A), ("ijk,jil->kl", (2, 3, 4), (3, 2, 5)), ("ij,jk->ik", (2, 1), B), (" i j , j k -> i k ", A, B),
    ("iij->j", (2, 2, 3)), ("ij,jk->iz", A, B), ("ij", A, B), ("ij,jk", A), ("ijk", A), ("i1", A), ("ij->iij", A),
    ("ij,jk->ik", A, A), ("...ij->...ji", (2, 3, 4)), ("ii", A),
]  # fmt: skip


@pytest.mark.parametrize(("equation", "shapes"), [(e, s) for e, *s in EQUATIONS], ids=[str(e) for e in EQUATIONS])
def test_einsum(equation, shapes):
    arrays = [sample(s, np.float64, i) for i, s in enumerate(shapes)]
    agree(lambda torch, *t: torch.einsum(equation, *t), *arrays, names=False, strides=False)


def test_einsum_spellings():
    a, b = sample(A, np.float64), sample(B, np.float64, 1)
    agree(lambda torch, a, b: torch.einsum(a, [0, 1], b, [1, 2], [0, 2]), a, b, names=False)
    agree(lambda torch, a, b: torch.einsum("ij,jk->ik", [a, b]), a, b, names=False)
    agree(lambda torch, a, b: torch.tensordot(a, b, 1), a, b)
    agree(lambda torch, a, b: torch.tensordot(a, b, ([1], [0])), a, b)
    agree(lambda torch, a, b: torch.tensordot(a, b, 2), a, b)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_einsum_random(data):
    letters = "abcde"
    size = {c: data.draw(st.integers(1, 3)) for c in letters}
    terms = data.draw(st.lists(st.text(letters, min_size=0, max_size=3), min_size=1, max_size=3))
    used = sorted(set("".join(terms)))
    output = data.draw(st.permutations(used)) if used else []
    output = "".join(output[: data.draw(st.integers(0, len(output)))])
    arrays = [sample(tuple(size[c] for c in t), np.float64, i) for i, t in enumerate(terms)]
    agree(
        lambda torch, *t: torch.einsum(f"{','.join(terms)}->{output}", *t),
        *arrays,
        names=False,
        strides=False,
        second=False,
    )


@pytest.mark.parametrize("f", [np.dot, np.matmul, np.outer])
def test_numpy_calls_record(f):
    import zanjir

    a = zanjir.tensor([1.0, 2.0], requires_grad=True)
    b = zanjir.tensor([3.0, 5.0], requires_grad=True)
    f(a, b).sum().backward()
    g = np.array([3.0, 5.0]) if f is not np.outer else np.array([8.0, 8.0])
    np.testing.assert_allclose(a.grad.numpy(), g)
