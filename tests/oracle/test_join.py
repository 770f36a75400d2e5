"""cat, stack and what is built from them, against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from harness import ALL, agree, noncontiguous, sample, torch, transposed

import zanjir

# Every case is an expression evaluated in both libraries: ``x`` is 2x3x4, ``m`` and ``c`` 3x4 (``c`` complex), ``v`` 4,
# ``s`` 0-dim, ``o`` 1x3x1, ``i`` three integers, ``y`` a non-leaf like ``m``. What PyTorch raises is compared too.
CASES = r"""
torch.cat([m,m])
torch.cat([m,m],1)
torch.stack([m,m])
torch.hstack([m,m])
torch.hstack([v,v])
torch.hstack([s,s])
torch.vstack([m,m])
torch.vstack([v,v])
torch.dstack([v,v])
torch.dstack([m,m])
torch.column_stack([v,v])
torch.column_stack([m,v[:3]])
torch.row_stack([v,v])
torch.meshgrid(v,v,indexing='ij')
torch.meshgrid(v,v,indexing='xy')
torch.meshgrid(v,v)
torch.meshgrid(v,s)
torch.meshgrid([v,v[:2]],indexing='xy')
torch.atleast_1d(s)
torch.atleast_1d(v)
torch.atleast_1d(s,v)
torch.atleast_2d(s)
torch.atleast_2d(v)
torch.atleast_3d(s)
torch.atleast_3d(v)
torch.atleast_3d(m)
torch.block_diag(m,v,s)
torch.cartesian_prod(v,v[:2])
torch.cartesian_prod(v)
torch.combinations(v)
torch.combinations(v,3)
torch.combinations(v,1)
torch.combinations(v,0)
torch.combinations(v,2,True)
torch.concat([m,m])
torch.cat([])
torch.cat(m)
torch.cat([m,v])
torch.cat([m,m.t()])
torch.cat([m,m.t()],1)
torch.cat([m,m],2)
torch.cat([s,s])
torch.cat([m,3])
torch.cat([m,s])
torch.cat(3)
torch.cat([m,m],'a')
torch.cat([m,torch.zeros(0)])
torch.cat([m,torch.zeros(0)],5)
torch.cat([m,torch.zeros(0,4)])
torch.cat([m,torch.zeros(0,3)])
torch.cat([torch.zeros(0),torch.zeros(0)])
torch.cat([m,m],out=torch.zeros(6,4,dtype=torch.int32))
torch.cat((x for x in [m,m]))
torch.stack([])
torch.stack([m,v])
torch.stack([m,m],3)
torch.stack([m,m],-4)
torch.stack(m)
torch.stack([m,3])
torch.stack([s,i.double()[0]])
torch.hstack([])
torch.vstack([])
torch.dstack([])
torch.column_stack([])
torch.hstack([m,v])
torch.vstack([m,v[:3]])
torch.meshgrid(v,v.double())
torch.meshgrid()
torch.meshgrid(v,indexing='a')
torch.meshgrid(v,3)
torch.atleast_1d(3)
torch.atleast_2d([3])
torch.block_diag(x)
torch.block_diag()
torch.block_diag(3)
torch.cartesian_prod(m)
torch.cartesian_prod()
torch.combinations(m)
torch.combinations(v,-1)
torch.cat(tensors=[m],axis=0)
torch.concatenate([m],axis=0)
torch.cat([i,torch.zeros(0)])
torch.cat([i,torch.zeros(0,dtype=torch.float64)])
torch.cat([i,m[0]])
torch.cat([i,i.bool()])
torch.cat([torch.zeros(0),m,torch.zeros(0)])
torch.cat([m.t(),m.t()])
torch.cat([m,m],axis=1)
torch.cat((m,m),-1)
torch.cat(tensors=(m,))
torch.cat([m,None])
torch.cat([m],dim=None)
torch.cat()
torch.cat([y,torch.zeros(0,requires_grad=True)])
torch.stack([i,i.double()])
torch.stack((m,m),dim=-1)
torch.stack([m,m],axis=0)
torch.stack([m.t(),m.t()])
torch.stack([y,y])
torch.hstack((i,i.float()))
torch.vstack((i,i.float()))
torch.dstack((s,s))
torch.column_stack((s,s))
torch.column_stack((m,i))
torch.block_diag(i,m)
torch.block_diag(s,s)
torch.block_diag(torch.zeros(0,2),m)
torch.cartesian_prod(i,i[:2])
torch.cartesian_prod(i,v)
torch.combinations(i,2)
torch.combinations(i,r=2,with_replacement=True)
torch.combinations(i[:1],2)
torch.combinations(i,5)
torch.meshgrid(i,v.long())
torch.meshgrid(i,torch.zeros(0,dtype=torch.long),indexing='xy')
torch.meshgrid(i,i,i,indexing='xy')
torch.meshgrid(tensors=(i,))
torch.atleast_1d()
torch.atleast_1d([s,v])
torch.atleast_2d((s,v))
torch.atleast_1d(tensors=s)
""".strip().split("\n")


ARRAYS = (
    sample((2, 3, 4), np.float32), sample((3, 4), np.float32, 1), sample((4,), np.float32, 2),
    sample((), np.float32, 3), sample((3, 4), np.complex64, 4), sample((1, 3, 1), np.float32, 5), np.arange(3),
)  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES)
def test_case(case: str) -> None:
    code = compile(case, case, "eval")

    def f(torch: Any, x: Any, m: Any, v: Any, s: Any, c: Any, o: Any, i: Any) -> Any:
        return eval(code, {"torch": torch, "x": x, "m": m, "v": v, "s": s, "c": c, "o": o, "i": i, "y": m * 1})

    agree(f, *ARRAYS)


@pytest.mark.parametrize("name", ["cat", "stack", "hstack", "vstack", "dstack", "column_stack", "block_diag"])
@pytest.mark.parametrize("first", ALL, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("second", ALL, ids=lambda d: np.dtype(d).name)
def test_dtypes(name: str, first: Any, second: Any) -> None:
    def f(torch: Any, a: Any, b: Any) -> Any:
        return torch.block_diag(a, b) if name == "block_diag" else getattr(torch, name)([a, b])

    agree(f, sample((2, 3), first), sample((2, 3), second, 1), second=False)


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
@pytest.mark.parametrize("shapes", [((2, 3, 4), (2, 3, 4)), ((1, 3, 4), (2, 3, 4)), ((2, 0, 4), (2, 3, 4)),
                                    ((2, 3, 4), (0,), (2, 3, 4)), ((0,), (0,)),
                                    ((2, 1, 1), (2, 1, 1)), ((2, 3, 4), (2, 3)), ((), ())])  # fmt: skip
def test_cat_shapes(shapes: Any, dim: int) -> None:
    arrays = [sample(shape, np.float64, i) for i, shape in enumerate(shapes)]
    agree(lambda torch, *xs: torch.cat(xs, dim), *arrays)
    agree(lambda torch, *xs: torch.cat([xs[0], xs[0]], dim), *[noncontiguous(a) for a in arrays])
    agree(lambda torch, *xs: torch.cat([xs[0], xs[0]], dim), *[transposed(a) for a in arrays])


@pytest.mark.parametrize("dim", [0, 1, 2, -1, 3])
def test_stack_layouts(dim: int) -> None:
    x = sample((3, 4), np.float64)
    for array in (x, noncontiguous(x), transposed(x)):
        agree(lambda torch, a: torch.stack([a, a * 2], dim), array)


@pytest.mark.parametrize("name", ["cat", "stack", "hstack", "vstack", "dstack", "column_stack", "concat", "row_stack"])
@pytest.mark.parametrize("to", ["float32", "float64", "int32", "complex64"])
def test_out(name: str, to: str) -> None:
    def f(torch: Any, a: Any) -> Any:
        out = torch.zeros(0, dtype=getattr(torch, to))
        result = getattr(torch, name)([a, a], out=out)
        assert result is out
        return result

    agree(f, sample((2, 3), np.float32), grad=False)


def test_cat_passes_gradients_back_to_each() -> None:
    """The same tensor twice, an integer tensor between, one that needs no gradient."""
    agree(
        lambda torch, a, b, i: torch.cat([a, i, b.detach(), a * b]),
        *[sample((3,), np.float32, k) for k in range(2)],
        np.arange(2),
    )


def test_numpy_functions() -> None:
    """NumPy's functions on zanjir's tensors give what NumPy gives, as tensors with a gradient."""
    a = np.arange(12.0).reshape(3, 4)
    t = zanjir.tensor(a).requires_grad_()
    for f in (
        lambda x: np.stack([x, x], 1),
        lambda x: np.concatenate([x, x], 1),
        lambda x: np.concatenate([x, x], None),
        lambda x: np.hstack([x, x]),
        lambda x: np.vstack([x, x]),
        lambda x: np.dstack([x, x]),
        lambda x: np.column_stack([x, x]),
        lambda x: np.reshape(x, (4, 3)),
        lambda x: np.transpose(x),
        lambda x: np.transpose(x, (1, 0)),
        lambda x: np.swapaxes(x, 0, 1),
        lambda x: np.moveaxis(x, 0, 1),
        lambda x: np.expand_dims(x, 1),
        lambda x: np.expand_dims(x, (0, -1)),
        lambda x: np.squeeze(np.expand_dims(x, 1)),
        lambda x: np.squeeze(np.expand_dims(x, 1), 1),
        lambda x: np.broadcast_to(x, (2, 3, 4)),
        lambda x: np.ravel(x),
        lambda x: np.flip(x),
        lambda x: np.flip(x, 0),
        lambda x: np.fliplr(x),
        lambda x: np.flipud(x),
        lambda x: np.roll(x, 2),
        lambda x: np.roll(x, 1, 0),
        lambda x: np.roll(x, (1, 2), (0, 1)),
        lambda x: np.rot90(x),
        lambda x: np.tile(x, 2),
        lambda x: np.tile(x, (2, 1)),
        lambda x: np.repeat(x, 2),
        lambda x: np.repeat(x, 2, 0),
        lambda x: np.split(x, 2, 1)[1],
        lambda x: np.split(x, [1, 2])[1],
        lambda x: np.array_split(x, 2)[0],
        lambda x: np.tril(x),
        lambda x: np.triu(x, 1),
        lambda x: np.diag(x),
        lambda x: np.diagonal(x, 1),
        lambda x: np.trace(x),
        lambda x: np.diagflat(x),
        lambda x: np.atleast_3d(x),
        lambda x: np.broadcast_arrays(x, np.ones((2, 1, 1)))[0],
        lambda x: np.meshgrid(x[0], x[1])[0],
    ):
        theirs, ours = f(a), f(t)
        assert isinstance(ours, zanjir.Tensor)
        assert ours.requires_grad
        np.testing.assert_array_equal(ours.detach().numpy(), theirs)


def test_meshgrid_warns_once_without_indexing() -> None:
    assert [g.tolist() for g in zanjir.meshgrid(zanjir.tensor([1]), zanjir.tensor([2]))] == [[[1]], [[2]]]
    assert torch.meshgrid(torch.tensor([1]), torch.tensor([2]))[0].tolist() == [[1]]
