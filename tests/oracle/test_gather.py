"""gather, scatter and their family against PyTorch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from harness import ALL, COMPLEX, FLOATING, agree, noncontiguous, sample, torch, transposed

import zanjir

warnings.simplefilter("ignore")

X = np.arange(12.0).reshape(3, 4) - 2.5
S = np.linspace(-1, 2, 12).reshape(3, 4)
V = np.array([1.0, 2.0, 3.0, 4.0])


def call(expression: str) -> Any:
    code = compile(expression, expression, "eval" if "=" not in expression.split("(")[0] else "exec")

    def f(library: Any, x: Any, s: Any, v: Any) -> Any:
        L = library.tensor
        names = {
            "x": x, "s": s, "v": v, "L": L, "torch": library, "np": np, "c": x * 1,
            "y": L(X.tolist(), dtype=library.float64),
            "n": library.arange(12).reshape(3, 4),
            "i": L([[0, 1, 2, 0], [2, 2, 1, 0]]), "j": L([0, 2]),
            "m": L((X > 2.5).tolist()),
        }  # fmt: skip
        names["b"] = names["n"].to(library.uint8)
        return eval(code, names)

    return f


GATHER = """
x.gather(0,i)|x.gather(1,i)|x.gather(-1,i)|x.gather(2,i)|x.gather(0,j)|x.gather(0,i.int())|x.gather(0,i.float())
x.gather(0,i*5)|x.gather(0,-i)|x.gather(0,L([[0,0,0,0,0]]))|x.gather(1,torch.zeros(4,1).long())
x.gather(0,torch.zeros(0).long())|torch.gather(x,0,[0])|x.gather(0,torch.zeros(0,4).long())|x.sum().gather(0,L(0))
x.sum().gather(0,L([0,0]))|x.t().gather(0,i.t()[:, :2])|x.gather('a',i)|x.gather(0.5,i)|torch.gather([1],0,i)
torch.gather(x,0,None)|x.gather(1,L([[0,0]]))|torch.gather(y,0,i,out=torch.zeros(0,dtype=torch.float64))
torch.gather(y,0,i,out=torch.zeros(0))|torch.gather(x,0,i,out=torch.zeros(0))
"""
SCATTER = """
x.scatter(0,i,s[:2])|x.scatter(0,L([[0,1,2,0]]),s[:1])|x.scatter(0,i,1.0)|y.scatter(0,i,2.,reduce='add')
y.scatter(0,i,s.detach(),reduce='multiply')|x.scatter(0,i,2.,reduce='sum')|y.scatter(0,i,2.,reduce='multiply')
y.scatter(0,i,y,reduce='add')|x.scatter(0,i,n)|x.scatter(0,i,L(1))|x.scatter(0,i,L(1.,dtype=torch.float64))
x.scatter(0,i,v)|x.scatter(0,i,s[:1])|x.scatter(0,i*9,s)|x.scatter(0,i.float(),s)|x.scatter(0,L([[0,0,0,0,0]]),1.)
x.scatter(0,L([[0,0,0,0,0]]),torch.ones(5,5,dtype=torch.float64))|x.scatter(3,i,s)|n.scatter(0,i,1.5)|n.scatter(0,i,y)
torch.scatter(x,0,L([[0,1,2,0],[2,2,1,0],[1,0,0,1]]),src=s)|torch.scatter(x,0,i,value=3)|x.scatter_(0,i,s)
c.scatter_(0,i,s[:2])|x.scatter(0,j,s)|x.scatter(0,j,1.)|x.scatter(0,i,s.sum())|x.scatter(0,i,'a')|x.scatter(0,i,True)
n.scatter(0,i,300)|b.scatter(0,i,300)|x.scatter(0,torch.zeros(0,4).long(),1.)|x.scatter(0,torch.zeros(0).long(),1.)
x.sum().scatter(0,L(0),v.sum())|x.sum().scatter(0,L(0),3.)|m.scatter(0,i,m)|m.scatter(0,i,2)
y.scatter_(0,i,5,reduce='add')|y.scatter_(0,i,reduce='multiply',value=5)|x.t().scatter(0,i.t(),s[:2].t())
c[:2].scatter_(1,i,s[:2])|c.t().scatter_(1,i.t(),7.)|x.scatter(0,i,1j)|x.scatter(0,i,s,reduce='foo')
torch.scatter(y,0,i,1.,out=torch.zeros(0,dtype=torch.float64))|torch.scatter(y,0,i,1.,out=torch.zeros(0))
y[:1].expand(3,4).scatter_(0,i,1.)|x.scatter_add(0,i,s[:2])|x.scatter_add(1,i,s[:2])|x.scatter_add(0,i,n)
x.scatter_add(0,i,v)|x.scatter_add(0,i,1.)|x.scatter_add(0,i,s[:1])|x.scatter_add(0,i.float(),s)
x.scatter_add(0,i*9,s)|x.scatter_add(0,j,s)|x.scatter_add(0,i,torch.ones(5,5,dtype=torch.float64))
x.scatter_add(2,i,s)|x.sum().scatter_add(0,L(0),v.sum())|m.scatter_add(0,i,m)|c.scatter_add_(0,i,s[:2])
x.t().scatter_add(0,i.t(),s[:2].t())|n.scatter_add(0,i,n)|torch.scatter_add(x,0,torch.zeros(3,4).long(),s)
b.scatter_add(0,i,b)|x.scatter_add(0,torch.zeros(0,4).long(),s[:0])
"""
SCATTER_REDUCE = [
    f"{a}.scatter_reduce(0,i,{s},'{r}'{o})"
    for r in ("sum", "mean", "prod", "amax", "amin") for o in ("", ",include_self=False")
    for a, s in (("x", "s[:2]"), ("x", "x[1:]*0+1"), ("n", "n"), ("(x*0)", "s[:2]"), ("x", "(s[:2]*(s[:2]>0))"))
] + """
x.scatter_reduce(0,i,s,'add')|x.scatter_reduce(0,i,n,'sum')|x.scatter_reduce(0,i.float(),s,'sum')|x.scatter_reduce(0,i*9,s,'sum')
x.scatter_reduce(0,j,s,'sum')|x.scatter_reduce(0,i,s,'foo')|x.scatter_reduce(0,i,s,'sum',include_self=1)|m.scatter_reduce(0,i,m,'sum')
m.scatter_reduce(0,i,m,'amax')|x.scatter_reduce(0,i,s[:2],reduce='mean',include_self=False)|c.scatter_reduce_(0,i,s[:2],'amax')
x.scatter_reduce(0,torch.zeros(3,4).long(),torch.ones(3,4,dtype=torch.float64)*0,'prod')|x.scatter_reduce(1,i,s[:2],'mean')
""".strip().replace("\n", "|").split("|")  # fmt: skip
INDEX = """
x.index_select(0,j)|x.index_select(0,j.int())|x.index_select(0,j.float())|x.index_select(0,i)|x.index_select(0,j*5)
x.index_select(0,-j)|x.index_select(1,L(1))|x.index_select(2,j)|x.sum().index_select(0,L([0]))
x.sum().index_select(0,L([0,0]))|x.sum().index_select(0,L(0))|x.t().index_select(0,j)|x.t().index_select(1,j)
x.index_select(1,L([0,0,3]))|x.index_select(0,torch.zeros(0).long())|x.index_select(0,L([True]))
torch.index_select(x,0,[0])|x.index_select(0,[0])|torch.index_select(y,0,j,out=torch.zeros(0,dtype=torch.float64))
x[:,::2].index_select(1,L([1,0,1]))|torch.index_select(y,0,j,out=torch.zeros(1))
torch.index_select(x,0,j,out=torch.zeros(0))|x.index_select(-1,j)|x.index_add(0,j,s[:2])
x.index_add(0,j,s[:2],alpha=3)|x.index_add(0,L([1,1]),s[:2],alpha=-0.5)|x.index_add(0,j,s)|x.index_add(0,j,v)
x.index_add(0,j.float(),s[:2])|x.index_add(0,j*4,s[:2])|x.index_add(0,j,n[:2])|x.index_add(1,L(1),s[:,:1])
x.index_add(1,L(1),v[:3])|x.index_add(0,i,s)|x.sum().index_add(0,L([0,0]),v[:2])|n.index_add(0,j,n[:2],alpha=1.5)
n.index_add(0,j,n[:2],alpha=2)|m.index_add(0,j,m[:2])|x.sum().index_add(0,L([0]),v[:1])
x.sum().index_add(0,L(0),v.sum())|x.index_add(0,j,s[:2],alpha='a')|x.index_add(0,j,s[:2],alpha=1j)
x.index_add(0,j,s[:2,:2])|x.index_add(0,j.int(),s[:2])|x.index_add(0,-j,s[:2])|x.index_add(0,j,s[:2].sum())
x.index_add(0,L(0),s.sum())|x.index_add(5,j,s[:2])|c.index_add_(0,j,s[:2])|c.t().index_add_(1,j,s[:2].t())
x.t().index_add(1,j,s[:2].t())|v.index_add(0,L([0,0,3]),s[0,:3])|y[:1].expand(3,4).index_add_(0,j,s.detach()[:2])
torch.index_add(y,0,j,y[:2],out=torch.zeros(0,dtype=torch.float64))|x.index_copy(0,j,s[:2])|x.index_copy(0,j,s)
x.index_copy(0,j*4,s[:2])|x.index_copy(0,j,n[:2])|x.index_copy(0,j.int(),s[:2])|x.index_copy(0,i,s[:2])
x.index_copy(0,L(1),s[:1])|x.index_copy(0,L(1),s[0])|x.index_copy(0,j,v)|x.sum().index_copy(0,L([0]),v[:1])
x.sum().index_copy(0,L(0),v.sum())|x.index_copy(0,j,s[:2,:2])|x.index_copy(0,j,s.sum())|x.index_copy(0,-j,s[:2])
x.index_copy(0,L(0),s.sum())|x.index_copy(5,j,s[:2])|c.index_copy_(0,j,s[:2])|x.t().index_copy(1,j,s[:2].t())
c[1:].index_copy_(1,j,s[1:,:2])|torch.index_copy(y,0,j,y[:2],out=torch.zeros(0))|x.index_fill(0,j,1.)
x.index_fill(0,j,v.sum())|x.index_fill(0,L([1,1]),v.sum())|x.index_fill(0,j,L([1.]))|x.index_fill(0,j*4,1.)
x.index_fill(0,j.int(),1.)|x.index_fill(0,j.float(),1.)|x.index_fill(0,i,1.)|x.index_fill(0,-j,1.)
n.index_fill(0,j,1.5)|n.index_fill(0,j,L(1.5))|n.index_fill(0,j,1j)|x.index_fill(0,j,'a')|x.index_fill(0,j,None)
x.index_fill(0,[0],1)|x.index_fill(0,j,300)|b.index_fill(0,j,300)|b.index_fill(0,j,L(300))|x.index_fill(0,j,n[0,0])
x.index_fill(5,j,1.)|x.index_fill(0,L(1),1.)|x.sum().index_fill(0,L(0),1.)|x.sum().index_fill(0,L([0]),1.)
c.index_fill_(0,j,1)|c.index_fill_(1,j,v.sum())|x.t().index_fill(1,j,1.)|x[:, ::2].index_fill(1,L(0),1.)
x.index_put((j,),v)|x.index_put((j,),v,accumulate=True)|x.index_put((L([1,1]),),s[:2],accumulate=True)
x.index_put([j,j],v[:2])|x.index_put((m,),v[0])|x.index_put((j,j,j),L(1.))|x.index_put(j,v)|x.index_put(([0,1],),v)
x.index_put((j,),1.)|x.index_put((j,),n[0])|x.index_put((j*5,),v)|c.index_put_((j,),v)|torch.index_put(x,(j,),v)
torch.index_put(x,(m,),v)|x.index_put((j,j),v)|x.index_put((j,),v,accumulate=1)|x.index_put((j.float(),),v)
x.index_put((j,),torch.ones(5,dtype=torch.float64))|x.index_put((j,i),v)|n.index_put((j,),n[0],accumulate=True)
m.index_put((j,),m[0],accumulate=True)|x.t().index_put((j,),s[0,0])|x.t().index_put((j,),s[0,0],accumulate=True)
c[1:].index_put_((L([0,0]),),v,True)|x.index_put((j,None),v)|x.index_put((m,),v.sum(),True)
x.index_put((j,),v.reshape(1,1,4))|x.index_put((j.byte(),),v)|y.index_put_((j,),v)
"""
MASKED = """
x.masked_fill(m,1)|x.masked_fill(m,v.sum())|x.masked_fill(m,L([1.]))|x.masked_fill(m,n[0,0])|x.masked_fill(n,1)
x.masked_fill(b,1)|x.masked_fill(m[0],1)|x.masked_fill(m[:, :2],1)|v.masked_fill(m,1)|v.masked_fill_(m,1)
y.masked_fill_(m,1)|y.masked_fill_(m[None],1)|n.masked_fill(m,1.5)|n.masked_fill(m,L(1.5))|b.masked_fill(m,300)
x.masked_fill(m,1j)|x.masked_fill(m,'a')|x.masked_fill(m,s)|x.masked_fill(m,True)|torch.masked_fill(x,m,value=2.)
x.t().masked_fill(m.t(),1.)|x.t().masked_fill(m.t()[0],1.)|x.masked_fill(m,None)|m.masked_fill(m,3)
x.float().masked_fill(m,1e300)|x.masked_fill(m,L(1j))|n.masked_fill(m,float('nan'))|n.masked_fill(m,L(float('nan')))
x.half().masked_fill(m,1e30)|x.masked_fill(m,float('-inf'))|c.masked_fill_(m,v[0])|c[1:].masked_fill_(m[1:],v[0])
x.masked_fill(m,s[0,0])|torch.masked_fill(x,m,2)|x.masked_select(m)|x.masked_select(m[0])|v.masked_select(m)
x.masked_select(n)|x.masked_select(b)|x.masked_select(m[:, :2])|x.t().masked_select(m.t())
x.sum().masked_select(L(True))|torch.masked_select(y,m,out=torch.zeros(0,dtype=torch.float64))
torch.masked_select(y,m,out=torch.zeros(0))|torch.masked_select(x,m,out=torch.zeros(0))|torch.masked_select(x,[True])
x.masked_select([True])|x.masked_scatter(m,s)|x.masked_scatter(m,s[0])|x.masked_scatter(m,s[0,:2])
x.masked_scatter(m[0],s)|v.masked_scatter(m,s)|x.masked_scatter(m,n)|x.masked_scatter(n,s)|x.masked_scatter(b,s)
x.masked_scatter_(m,s)|c.masked_scatter_(m,s)|x.masked_scatter(m,s.sum())|x.masked_scatter(m[:,:2],s)
x.masked_scatter(m,None)|x.t().masked_scatter(m.t(),s)|x.masked_scatter(m,s.t())|torch.masked_scatter(x,m,1)
c[1:].masked_scatter_(m[1:],s)
"""
TAKE = """
x.take(i)|x.take(j)|x.take(j*9)|x.take(-j)|x.take(j.int())|x.take(L(3))|torch.take(x,torch.zeros(0).long())
torch.zeros(0).take(j)|torch.zeros(0).take(torch.zeros(0).long())|x.t().take(j)|x.take(L([12]))|x.take(L([-13]))
x.take(L([-12]))|x.take(j.float())|torch.take(x,[0])|x.take(L([[0,1],[2,3]]).t())
torch.take(y,i,out=torch.zeros(0,dtype=torch.float64))|torch.take(y,i,out=torch.zeros(0))|x.take(L([3,3,3]))
torch.take_along_dim(x,i,0)|torch.take_along_dim(x,i)|torch.take_along_dim(x,L([[0]]),1)
torch.take_along_dim(x,L([[0]]),0)|torch.take_along_dim(x,L([0]),0)|torch.take_along_dim(x,i.int(),0)
torch.take_along_dim(x,i.float(),0)|torch.take_along_dim(x,L([[0,0,0]]),0)|torch.take_along_dim(x,i*5,0)
torch.take_along_dim(x,i*5-7,0)|torch.take_along_dim(x,i,2)|x.take_along_dim(i,dim=0)|torch.take_along_dim(x,i*50)
torch.take_along_dim(x,L(3))|torch.take_along_dim(x,L([3]),None)|torch.take_along_dim(x.sum(),L(0),0)
torch.take_along_dim(x,[0],0)|torch.take_along_dim(x[:1],L([[0],[0]]),1)|torch.take_along_dim(x,x.argsort(1),1)
torch.take_along_dim(y,i,0,out=torch.zeros(0,dtype=torch.float64))|x.put(j,v[:2])|x.put(j,v[:2],accumulate=True)
x.put(L([1,1]),v[:2],True)|x.put(j,L([1.]))|x.put(j*9,v[:2])|x.put(j,n[0,:2])|x.put(j.int(),v[:2])|c.put_(j,v[:2])
torch.put(x,j,v)|x.put(index=j,source=v[:2])|x.put(L([12]),v[:1])|x.put(j,v[:2],accumulate=2)
x.put(j,v[:2].reshape(2,1))|x.t().put(j,v[:2])|x.t().put(j,v[:2],True)|c[1:].put_(L([-1,0]),v[:2])|x.put(-j,v[:2])
"""
NONZERO = """
x.nonzero()|torch.nonzero(x)|torch.nonzero(n,as_tuple=True)|n.nonzero(as_tuple=True)|x.sum().nonzero()
x.sum().nonzero(as_tuple=True)|L(0).nonzero()|L(0).nonzero(as_tuple=True)|torch.zeros(3).nonzero()
torch.zeros(3,0).nonzero()|torch.zeros(3,2).nonzero(as_tuple=True)|x.argwhere()|m.nonzero()|torch.argwhere(n)
x.sum().argwhere()|L(0).argwhere()|torch.nonzero_static(n,size=4)|torch.nonzero_static(n,size=14,fill_value=-5)
torch.nonzero([1])|torch.nonzero(x,out=torch.zeros(1))|torch.nonzero(x,out=torch.zeros(0,dtype=torch.long))
torch.nonzero(x,as_tuple=1)|torch.nonzero_static(y,size=-2)|torch.nonzero_static(L(3),size=2)|n.nonzero_static(size=2)
"""


def lines(text: str) -> list[str]:
    return [e for line in text.strip().splitlines() for e in line.split("|")]


@pytest.mark.parametrize(
    "expression",
    [*lines(GATHER), *lines(SCATTER), *SCATTER_REDUCE, *lines(INDEX), *lines(MASKED), *lines(TAKE), *lines(NONZERO)],
)
def test_call(expression: str) -> None:
    empty = "zeros(3" in expression or "zeros(0" in expression or "L(0)" in expression or "L(3)" in expression
    agree(call(expression), X, S, V, strides=not empty)


@pytest.mark.parametrize("layout", [transposed, noncontiguous])
@pytest.mark.parametrize("expression", [
    "x.gather(0,i)", "x.scatter(0,i,s[:2])", "x.scatter(1,i,2.)", "x.scatter_add(0,i,s[:2])",
    "x.scatter_reduce(0,i,s[:2],'amax')", "x.index_select(0,j)", "x.index_add(0,j,s[:2])", "x.index_copy(0,j,s[:2])",
    "x.index_fill(0,j,1.)", "x.index_put((j,),v)", "x.masked_fill(m,0)", "x.masked_select(m)", "x.masked_scatter(m,s)",
    "x.take(i)", "x.put(j,v[:2])", "x.take_along_dim(i,0)", "x.nonzero()", "c.index_fill_(0,j,1.)",
    "c.masked_fill_(m,0)",
])  # fmt: skip
def test_layouts(expression: str, layout: Any) -> None:
    agree(call(expression), layout(X), layout(S), V)


FUNCTIONS = {
    "gather": lambda t, x, s, i: x.gather(0, i),
    "scatter": lambda t, x, s, i: x.scatter(1, i, s),
    "scatter_add": lambda t, x, s, i: x.scatter_add(0, i, s),
    "sum": lambda t, x, s, i: x.scatter_reduce(0, i, s, "sum"),
    "mean": lambda t, x, s, i: x.scatter_reduce(0, i, s, "mean", include_self=False),
    "amax": lambda t, x, s, i: x.scatter_reduce(0, i, s, "amax"),
    "index_select": lambda t, x, s, i: x.index_select(0, i[0]),
    "index_add": lambda t, x, s, i: x.index_add(0, i[0], s[: i.shape[1]]),
    "index_copy": lambda t, x, s, i: x.index_copy(0, t.tensor([2, 0]), s[:2]),
    "index_fill": lambda t, x, s, i: x.index_fill(1, i[0], 1),
    "index_put": lambda t, x, s, i: x.index_put((i[0],), s[0], accumulate=True),
    "masked_fill": lambda t, x, s, i: x.masked_fill(i > 0, 1),
    "masked_select": lambda t, x, s, i: x.masked_select(i > 0),
    "masked_scatter": lambda t, x, s, i: x.masked_scatter(i > 0, s),
    "take": lambda t, x, s, i: x.take(i),
    "put": lambda t, x, s, i: x.put(i.reshape(-1), s.reshape(-1), accumulate=True),
    "nonzero": lambda t, x, s, i: x.nonzero(),
}


@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_dtypes(name: str, dtype: Any) -> None:
    if name == "amax" and np.dtype(dtype).kind == "c":
        pytest.skip("complex numbers have no order")
    i = np.array([[0, 2, 1], [1, 2, 2], [0, 1, 0]])
    f = FUNCTIONS[name]
    agree(lambda t, x, s: f(t, x, s, t.tensor(i.tolist())), sample((3, 3), dtype), sample((3, 3), dtype, 1))


def test_adding_in_low_precision_rounds_once() -> None:
    """4096 + 1 is 4096 in float16 (steps of 4), so adding one by one would never leave it."""
    ones = zanjir.ones(2048, dtype=zanjir.float16)
    where = zanjir.zeros(2048, dtype=zanjir.int64)
    x = zanjir.full((1,), 4096.0, dtype=zanjir.float16)
    assert x.index_add(0, where, ones).item() == 6144
    assert x.scatter_add(0, where, ones).item() == 6144
    assert x.index_put((where,), ones, accumulate=True).item() == 6144


@pytest.mark.parametrize("d", [*FLOATING, *COMPLEX], ids=lambda d: np.dtype(d).name)
def test_many_to_few(d: Any) -> None:
    """Gradients that meet at one place, over sizes at which each way of adding takes its turn."""
    rng = np.random.default_rng(3)
    for shape, count in (((4,), 30), ((5, 6), 40), ((9, 70), 120), ((40, 70), 50), ((3, 4, 50), 30)):
        i = rng.integers(0, shape[0], count)
        x = sample(shape, d)
        agree(lambda torch, x, i: x.index_select(0, i), x, i, tolerance=2e-2 if np.dtype(d).itemsize == 2 else None)
        if len(shape) > 1:
            k = rng.integers(0, shape[0], (count, *shape[1:]))
            agree(lambda torch, x, k: x.gather(0, k), x, k, tolerance=2e-2 if np.dtype(d).itemsize == 2 else None)


def test_index_must_stay() -> None:
    for f in (lambda x, i: x.gather(0, i), lambda x, i: x.index_select(0, i[0]), lambda x, i: x.take(i)):

        def late(library: Any, x: Any, f: Any = f) -> Any:
            i = library.tensor([[0, 1, 2, 0]])
            y = f(x, i)
            i.zero_()
            library.autograd.grad(y.sum(), x)

        agree(late, X, message=False)


def test_sources_longer_than_their_index() -> None:
    for f in ("x.scatter(0,i,s)", "x.scatter_add(0,i,s)", "x.scatter_reduce(0,i,s,'sum')"):

        def backward(library: Any, x: Any, s: Any, v: Any, f: str = f) -> Any:
            library.autograd.grad(call(f)(library, x, s, v).sum(), s)

        agree(backward, X, S, V)
    for f in ("x.scatter(0,i,2.,reduce='add')", "x.scatter(0,i,s,reduce='multiply')"):

        def refused(library: Any, x: Any, s: Any, v: Any, f: str = f) -> Any:
            library.autograd.grad(call(f)(library, x, s, v).sum(), x)

        agree(refused, X, S, V)


def test_edges() -> None:
    """Nodes have edges to what has a derivative only: an index is none."""
    x, s = zanjir.ones(3, 4, requires_grad=True), zanjir.ones(3, 4, requires_grad=True)
    u, w = torch.ones(3, 4, requires_grad=True), torch.ones(3, 4, requires_grad=True)
    for f in FUNCTIONS.values():
        i = [[0, 2, 1, 0], [1, 2, 2, 1], [0, 1, 0, 1]]
        try:
            theirs = f(torch, u, w, torch.tensor(i))
        except RuntimeError:
            continue
        if theirs.grad_fn is not None:
            assert len(f(zanjir, x, s, zanjir.tensor(i)).grad_fn.next_functions) == len(theirs.grad_fn.next_functions)


def test_numpy_calls() -> None:
    x = zanjir.tensor(X, requires_grad=True)
    i = np.array([[0], [1], [1]])
    y = np.take_along_axis(x, i, 1)
    np.testing.assert_array_equal(y.detach().numpy(), np.take_along_axis(X, i, 1))
    y.sum().backward()
    assert x.grad.sum().item() == 3
    np.testing.assert_array_equal(np.take(x, [2, 0], 1).detach().numpy(), X[:, [2, 0]])
    np.testing.assert_array_equal(np.take(x, [2, 0]).detach().numpy(), np.take(X, [2, 0]))
