"""Shape operators against PyTorch: views, parts, elements in another order, diagonals and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from harness import ALL, agree, noncontiguous, sample, torch, transposed

import zanjir

# Every case is an expression evaluated in both libraries: ``x`` is 2x3x4, ``m`` and ``c`` 3x4 (``c`` complex), ``v`` 4,
# ``s`` 0-dim, ``o`` 1x3x1, ``i`` three integers, ``y`` a non-leaf like ``m``. What PyTorch raises is compared too.
CASES = r"""
x.view(6,4)
x.view(-1)
x.view((2,12))
x.view_as(torch.zeros(6,4))
x.view(torch.int32)
x.detach().view(torch.int32)
x.detach().view(torch.int16)
x.detach().view(torch.float64)
x.view(torch.float32)
x.reshape(6,4)
x.reshape(2,3,4)
x.transpose(0,1).reshape(6,4)
x.transpose(0,1).reshape(3,2,4)
m.t().reshape(4,3,1)
m.t().reshape(4,3)
s.reshape(1)
v.expand(3,4).reshape(12)
x[:,:,::2].reshape(6,2)
torch.reshape(x,(-1,))
x.flatten()
x.flatten(1)
v.flatten()
s.flatten()
x.flatten(1,1)
x.transpose(0,1).flatten()
x.unflatten(2,(2,2))
x.unflatten(2,(2,-1))
x.ravel()
x.transpose(0,1).ravel()
v.ravel()
o.squeeze()
o.squeeze(0)
o.squeeze(1)
o.squeeze((0,2))
o.squeeze([0,1])
s.squeeze()
s.squeeze(0)
x.unsqueeze(0)
x.unsqueeze(-1)
x.unsqueeze(2)
s.unsqueeze(0)
m.t().unsqueeze(0)
m.t().unsqueeze(1)
m.t().unsqueeze(2)
x.transpose(0,1)
x.transpose(1,1)
s.transpose(0,0)
x.swapaxes(0,1)
x.swapdims(0,1)
x.permute(2,0,1)
x.permute((2,0,1))
s.permute()
m.t()
v.t()
s.t()
m.T
x.T
v.T
m.mT
x.mT
m.H
c.H
c.mH
c.adjoint()
x.mH
s.H
x.movedim(0,1)
x.movedim((0,1),(1,0))
x.moveaxis(0,-1)
v.expand(3,4)
v.expand(3,-1)
o.expand(2,3,4)
o.expand_as(x)
s.expand(3)
s.expand(1)
v.expand(1,4)
v.expand(2,1,4)
v.broadcast_to(3,4)
torch.broadcast_to(v,(3,4))
torch.broadcast_tensors(v,m)
m.narrow(0,1,2)
m.narrow(1,torch.tensor(1),2)
m.select(0,1)
m.unbind()
m.unbind(1)
m.split(2)
m.split([1,2])
m.split_with_sizes([1,2])
m.chunk(2)
m.chunk(5)
m.tensor_split(2)
m.tensor_split((1,2))
torch.tensor_split(m,torch.tensor([1]))
x.hsplit(3)
x.vsplit(2)
x.dsplit(2)
v.hsplit(2)
x.unfold(2,2,1)
s.unfold(0,1,1)
m.as_strided((2,2),(1,2))
m.as_strided((2,2),(1,2),3)
m.detach()
m.t().detach()
m.flip(0)
m.flip(0,1)
m.flip((0,))
m.t().flip(0)
m.fliplr()
m.flipud()
m.roll(1)
m.roll(1,0)
m.roll((1,2),(0,1))
m.rot90()
m.rot90(2)
m.rot90(1,(0,1))
m.rot90(0)
m.repeat(2,1)
m.repeat(2,2,2)
v.repeat(1)
m.tile(2)
m.tile((2,1,1))
m.repeat_interleave(2)
m.repeat_interleave(2,0)
m.repeat_interleave(torch.tensor([1,2,3]),0)
m.repeat_interleave(torch.tensor([2]),0)
torch.repeat_interleave(torch.tensor([1,2]))
m.view_as(m)
m.reshape_as(torch.zeros(12))
torch.numel(m)
x.view(5,5)
x.view(-1,-1)
x.view(-1,5)
x.view(-2,5)
x.view(2.0,12)
x.view('a')
x.view()
x.view((2,12.0))
x.view(torch.tensor(24))
x.view(2,torch.tensor(12))
x.transpose(0,1).view(-1)
x[:0].view(-1,0)
x[:0].view(0,-1)
x.reshape(5,5)
x.reshape(-1,-1)
x.reshape('a')
x.reshape()
torch.reshape(x,5)
torch.reshape(x,(5,))
torch.reshape(3,(1,))
x.reshape(-2)
x.view_as(m)
x.view_as(3)
x.flatten(2,1)
x.flatten(5)
x.flatten('a')
x.unflatten(2,(3,2))
x.unflatten(5,(3,2))
x.unflatten(2,())
x.unflatten(2,(-1,3))
x.squeeze(3)
x.squeeze((0,0))
x.squeeze('a')
x.squeeze((0,5))
x.unsqueeze(4)
x.unsqueeze(-5)
x.unsqueeze(1.5)
x.unsqueeze('a')
x.transpose(0,3)
x.transpose('a','b')
x.permute(0,1)
x.permute(0,0,1)
x.permute(0,1,5)
x.t()
v.mT
s.mT
x.H
v.H
v.mH
s.mH
v.adjoint()
s.adjoint()
x.movedim(0,5)
x.movedim((0,1),(0,))
x.movedim((0,0),(0,1))
x.movedim((0,1),(0,0))
x.expand(3,4)
x.expand(2,3,5)
x.expand(-1,2,3,4)
x.expand(2,3,-2)
v.expand(-1,4)
v.expand('a')
v.expand()
v.expand(2)
torch.broadcast_to(v,(3,3))
torch.broadcast_to(m,(4,))
torch.broadcast_tensors(v,m.t())
torch.broadcast_tensors(v,3)
torch.broadcast_shapes((2,),(3,))
torch.broadcast_shapes((2,),(-3,))
torch.broadcast_shapes(2,(3,1))
torch.broadcast_shapes((1,2),(3,1),(3,2))
torch.broadcast_shapes()
torch.broadcast_shapes('a')
m.narrow(0,1,3)
m.narrow(0,4,0)
m.narrow(0,-1,1)
m.narrow(0,-4,1)
m.narrow(2,0,1)
m.narrow(0,0,-1)
s.narrow(0,0,1)
m.narrow(0,torch.tensor([1]),1)
m.narrow(0,torch.tensor(1.0),1)
m.narrow('a',0,1)
m.select(0,3)
m.select(0,-4)
m.select(2,0)
s.select(0,0)
m.unbind(2)
s.unbind()
m.unbind('a')
m.split(0)
m.split(-1)
m.split([1,1])
m.split([1,-1,3])
m.split(2,2)
s.split(1)
m.split('a')
torch.split(m,1.5)
torch.split(3,1)
m[:0].split(0)
m.split_with_sizes([1,1])
m.split_with_sizes(2)
m.chunk(0)
m.chunk(-1)
m.chunk(2,3)
s.chunk(1)
m.chunk(1.5)
m[:0].chunk(3)
m.tensor_split(0)
m.tensor_split(2,3)
m.tensor_split(1.5)
s.tensor_split(2)
m.tensor_split(torch.tensor([1.0]))
m.tensor_split(torch.tensor([[1]]))
s.hsplit(2)
v.hsplit(3)
v.vsplit(2)
m.vsplit(2)
m.dsplit(2)
m.hsplit(3)
m.hsplit(0)
m.unfold(0,4,1)
m.unfold(0,1,0)
m.unfold(0,-1,1)
m.unfold(2,1,1)
s.unfold(0,2,1)
m.as_strided((2,2),(1,))
m.as_strided((2,2),(1,-1))
m.as_strided((20,2),(1,1))
m.as_strided((2,-2),(1,1))
m.as_strided((2,2),(1,1),-1)
m.as_strided((2,2),(1,1),20)
m.flip(2)
m.flip(0,0)
m.flip('a')
m.flip()
v.fliplr()
s.flipud()
m.roll((1,2),0)
m.roll((1,2))
m.roll(1,2)
m.roll(())
m.rot90(1,(0,0))
m.rot90(1,(0,1,2))
m.rot90(1,(0,5))
v.rot90()
m.rot90(1.5)
m.repeat(2)
m.repeat(2,-1)
m.repeat('a')
m.repeat()
m.tile('a')
m.tile(-1)
m.tile()
v.repeat_interleave(-1)
m.repeat_interleave(torch.tensor([1,2]),0)
m.repeat_interleave(torch.tensor([1,2,-1]),0)
m.repeat_interleave(torch.tensor([1.,2,1]),0)
m.repeat_interleave(torch.tensor([[1,2,1]]),0)
m.repeat_interleave(2,5)
m.repeat_interleave('a')
m.repeat_interleave(torch.tensor([1,2,3]),0,output_size=5)
m.repeat_interleave(2,0,output_size=5)
torch.numel(3)
v.expand(3,4).add_(1)
v.expand(3,4).mul_(2)
v.expand(3,4).fill_(2)
v.expand(3,4).zero_()
v.expand(3,4).copy_(m)
v.expand(3,4)[0].add_(1)
v.unfold(0,2,1).add_(1)
v.expand(3,4).__setitem__(0,1)
x.unsqueeze(dim=0,foo=1)
x.unsqueeze(axis=0)
x.squeeze(axis=0)
torch.squeeze(x,dim=(0,1))
x.transpose(dim0=0,dim1=1)
x.swapaxes(axis0=0,axis1=1)
x.swapdims(dim0=0,dim1=1)
torch.swapaxes(input=x,axis0=0,axis1=1)
torch.flip(x,0)
torch.flip(x,[0])
torch.permute(x,0)
torch.permute(x,(0,1,2))
torch.movedim(x,0,1)
torch.movedim(x,source=0,destination=1)
torch.unbind(x,axis=0)
torch.split(tensor=m,split_size_or_sections=1)
torch.chunk(input=m,chunks=1)
torch.tensor_split(m,sections=2)
torch.tensor_split(m,indices=(1,))
torch.tensor_split(m,tensor_indices_or_sections=torch.tensor(2))
torch.hsplit(m,sections=2)
torch.hsplit(m,indices=(1,))
torch.tile(m,(2,))
torch.tile(m,2)
m.tile(dims=(2,))
torch.repeat_interleave(m,repeats=2)
torch.repeat_interleave(m,2,dim=0)
torch.narrow(m,dim=0,start=0,length=1)
torch.select(m,dim=0,index=1)
torch.t(x)
torch.roll(m,shifts=1,dims=0)
torch.rot90(m,k=1,dims=[0,1])
torch.swapdims(x,0,1)
torch.ravel(x)
torch.unflatten(x,2,(2,2))
torch.adjoint(m)
torch.detach(m)
torch.slice_scatter(m,m[:1],0,0,1)
torch.select_scatter(m,v,0,0)
m.view(torch.float64)
m.t().view(torch.float64)
m.t().view(torch.int16)
s.view(torch.int16)
s.view(torch.float64)
s.view(torch.int32)
m[:,1:3].view(torch.float64)
m[:,::2].view(torch.float64)
m.view(torch.bool)
m.view(torch.bfloat16)
m.view(torch.complex64)
m.view(torch.uint8)
m.view(dtype=torch.int32)
m.view(size=(12,))
y.view(torch.float32) is y
m.view(torch.float32) is m
m.view(m.dtype)._is_view()
y.view(torch.int32).requires_grad
y.view(torch.complex64).requires_grad
y.view(torch.float64).requires_grad
m.reshape((3,'a'))
m.reshape([3,4.0])
m.reshape(None)
m.reshape(3,None)
m.permute('a')
m.permute(0,'a')
m.permute(dims=(1,0))
m.reshape(shape=(12,))
m.expand(size=(2,3,4))
m.expand((2,-1,-1))
m.expand(*[2,3,4], implicit=True)
m.repeat(repeats=(1,2))
m.repeat((2,2))
m.repeat([2,2])
m.tile([2,2])
m.flip([0,1])
m.flip(dims=(0,))
m.flip(())
m.flip([])
m.squeeze(())
m.squeeze([])
m.squeeze(0,1)
m.broadcast_to((2,3,4))
m.unflatten(1,[2,2])
m.unflatten(-1,(2,-1))
m.unflatten(dim=1,sizes=(2,2))
m.unflatten(1,4)
m.unflatten('a',(2,2))
m[:0].unflatten(0,(0,2))
y.movedim(0,0)
y.movedim((),())
s.movedim(0,0)
s.T
m.roll(0)
m.roll(5,1)
m.roll(-1,0)
m.roll((1,),(0,))
m.roll([1,2],[0,0])
s.roll(1)
s.roll(1,0)
torch.zeros(0).roll(1)
m.rot90(-1)
m.rot90(5)
m.rot90(1,(-1,0))
x.rot90(1,(0,2))
y.rot90(4)
torch.numel(input=m)
m.narrow(0,torch.tensor(-1),1)
m.narrow(dim=0,start=0,length=2)
m.select(-1,-1)
m.select(dim=1,index=0)
m.select(0,torch.tensor(1))
m.select(0,1.0)
m.select('a',0)
m.unbind(dim=1)
m.unbind(-1)
m.split(split_size=2)
m.split(2,dim=1)
m.split((1,2),0)
m.split(torch.tensor(2))
m.split(torch.tensor([1,2]))
torch.split(m,2)
torch.split(m,[1,2],dim=0)
m.split(5)
m[:,:0].split(1,1)
m[:,:0].split([],1)
m[:,:0].split([0,0],1)
m.split_with_sizes([1,2],0)
m.split_with_sizes(split_sizes=[1,2])
m.chunk(2,dim=-1)
m.chunk(chunks=2)
m.tensor_split([1,5])
m.tensor_split([2,1])
m.tensor_split([-1])
m.tensor_split(5)
m.tensor_split(sections=2,dim=1)
m.tensor_split(indices=(1,2))
m.tensor_split(torch.tensor(2))
m.tensor_split(())
m.hsplit([1])
m.hsplit((1,3))
m.hsplit('a')
m.unfold(0,2,1)
m.unfold(dimension=0,size=2,step=1)
m.unfold(-1,3,2)
m.unfold(0,0,1)
s.unfold(0,0,1)
m.unfold(0,2,-1)
m.as_strided(size=(2,),stride=(1,),storage_offset=1)
m[1:].as_strided((2,),(1,))
m[1:].as_strided((2,),(1,),0)
m.as_strided((),())
m.as_strided((0,),(1,))
torch.as_strided(m,(2,),(1,))
m.as_strided('a',(1,))
m.swapdims(0,5)
torch.swapdims(m,0,1)
m.ravel()
m.repeat(0,1)
m.repeat(1,1,1)
s.repeat(2)
s.repeat()
s.repeat(())
s.tile(())
s.tile((2,2))
m.repeat_interleave(0)
m.repeat_interleave(3,1)
m.repeat_interleave(3,-1)
y.repeat_interleave(1,0)
s.repeat_interleave(3)
s.repeat_interleave(3,0)
m.repeat_interleave(torch.tensor(2))
y.repeat_interleave(torch.tensor(2),1)
y.repeat_interleave(torch.tensor([2]),1)
y.repeat_interleave(torch.tensor([1,0,2]),0)
y.repeat_interleave(torch.tensor([1,0,2],dtype=torch.int32),0)
m.repeat_interleave(torch.tensor([1]*12))
m.repeat_interleave(torch.tensor([1,2,3]))
m.repeat_interleave(repeats=2,dim=0,output_size=6)
torch.repeat_interleave(torch.tensor([1,2]),output_size=3)
torch.repeat_interleave(repeats=torch.tensor([1,2]))
torch.broadcast_tensors(v)
torch.broadcast_tensors()
torch.broadcast_tensors([v,m])
torch.broadcast_tensors((v,m))
torch.broadcast_to(v,2)
torch.broadcast_shapes((1,),(3,),(2,1))
torch.broadcast_shapes(torch.Size([2]),5)
torch.broadcast_shapes((2,),-1)
torch.broadcast_shapes([2])
v.flipud()
torch.fliplr(m)
m.permute()
m.permute(())
m.T.permute(0,1).stride()
m.expand(-1,4)
m.expand(3,-1)
m[:,:1].expand(3,0)
m.expand_as(x)
m.expand_as(3)
m.unsqueeze(torch.tensor(0))
m.unsqueeze(None)
m.flatten(start_dim=0,end_dim=1)
s.flatten(0,0)
x.flatten(-2)
x.flatten(1,torch.tensor(2))
torch.flatten(x,1)
m.moveaxis(0,1)
torch.moveaxis(m,0,1)
m.movedim('a',0)
m.movedim(0,(1,))
m.swapaxes('a',0)
m.reshape_as(3)
m.adjoint()
m.chunk(None)
""".strip().split("\n")

DIAGONALS = r"""
m.diagonal()
m.diagonal(1)
m.diagonal(-1)
torch.tril(m)
torch.tril(m,1)
m.t().tril()
torch.triu(m)
torch.diag(v)
torch.diag(v,1)
torch.diag(m)
torch.diag(m,1)
torch.diagonal(m)
torch.diag_embed(m)
torch.diag_embed(v,1)
torch.diagflat(m)
torch.diagflat(v,1)
torch.diagflat(s)
torch.trace(m)
torch.tril_indices(3,3)
torch.triu_indices(3,4,1)
m.diagonal(0,1,0)
x.diagonal(0,0,2)
m.diagonal(0,0,0)
v.diagonal()
m.diagonal(0,2,0)
m.diagonal(5)
torch.tril(v)
torch.tril(s)
torch.triu(v)
torch.tril(m,1.5)
torch.tril(m,'a')
torch.diag(x)
torch.diag(s)
torch.diag(v,1.5)
torch.diag_embed(v,0,0,0)
torch.diag_embed(v,0,0,3)
torch.diag_embed(s)
torch.trace(x)
torch.trace(v)
torch.tril_indices(-1,2)
torch.tril_indices(3,3,dtype=torch.float32)
torch.triu_indices(3,3,dtype=torch.int32)
torch.diagonal(m,offset=1,dim1=0,dim2=1)
torch.tril(m,diagonal=1)
torch.diagonal_scatter(m,v[:3])
torch.trace(m.half())
torch.trace(m.bfloat16())
torch.trace(i[:,None].bool())
torch.trace(i[:,None])
torch.trace(c)
torch.trace(torch.zeros(0,0))
torch.tril(m.bool())
torch.tril(m.bfloat16())
torch.tril(torch.zeros(0,3))
x.tril(-1)
x.transpose(0,1).tril()
torch.diag_embed(x,0,0,2)
torch.diag_embed(m,1,0,-1)
torch.diag_embed(m,-1,dim1=1,dim2=0)
torch.diagflat(m,-2)
torch.diag(torch.zeros(0))
torch.diag(m,5)
torch.tril_indices(3,4,-1)
torch.tril_indices(3,4,2)
torch.tril_indices(0,0)
torch.triu_indices(2,4,-1)
torch.triu_indices(row=2,col=3,offset=0)
torch.tril_indices(3,3,dtype=torch.int16)
torch.tril_indices(3,3,dtype=torch.uint8)
torch.tril_indices(3,3,dtype=torch.int8)
torch.tril_indices(3,3,dtype=torch.bool)
torch.tril_indices(3,3,requires_grad=True)
torch.triu_indices(3,-1)
m.diagonal(offset=-5)
x.diagonal(0,-1,-2)
""".strip().split("\n")


ARRAYS = (
    sample((2, 3, 4), np.float32), sample((3, 4), np.float32, 1), sample((4,), np.float32, 2),
    sample((), np.float32, 3), sample((3, 4), np.complex64, 4), sample((1, 3, 1), np.float32, 5), np.arange(3),
)  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES + DIAGONALS)
def test_case(case: str) -> None:
    code = compile(case, case, "eval")

    def f(torch: Any, x: Any, m: Any, v: Any, s: Any, c: Any, o: Any, i: Any) -> Any:
        return eval(code, {"torch": torch, "x": x, "m": m, "v": v, "s": s, "c": c, "o": o, "i": i, "y": m * 1})

    agree(f, *ARRAYS)


OPERATORS = {
    "view": lambda torch, x: x.view(x.shape),
    "reshape": lambda torch, x: x.reshape(-1),
    "flatten": lambda torch, x: x.flatten(),
    "ravel": lambda torch, x: x.ravel(),
    "squeeze": lambda torch, x: x.squeeze(),
    "unsqueeze": lambda torch, x: x.unsqueeze(-1).unsqueeze(0),
    "transpose": lambda torch, x: x.transpose(0, -1),
    "permute": lambda torch, x: x.permute(*range(x.ndim - 1, -1, -1)) if x.ndim else x,
    "movedim": lambda torch, x: x.movedim(0, -1),
    "expand": lambda torch, x: x.expand(2, *x.shape),
    "narrow": lambda torch, x: x.narrow(0, 1, 1),
    "select": lambda torch, x: x.select(-1, -1),
    "unbind": lambda torch, x: x.unbind(-1),
    "split": lambda torch, x: x.split(2),
    "chunk": lambda torch, x: x.chunk(2, -1),
    "tensor_split": lambda torch, x: x.tensor_split(3),
    "unfold": lambda torch, x: x.unfold(-1, 2, 1),
    "detach": lambda torch, x: x.detach(),
    "flip": lambda torch, x: x.flip(0),
    "roll": lambda torch, x: x.roll(1, 0),
    "roll all": lambda torch, x: x.roll(2),
    "rot90": lambda torch, x: x.rot90(),
    "repeat": lambda torch, x: x.repeat(2, *[1] * (x.ndim - 1), 3),
    "tile": lambda torch, x: x.tile(2),
    "repeat_interleave": lambda torch, x: x.repeat_interleave(2, 0),
    "diagonal": lambda torch, x: x.diagonal(1),
    "tril": lambda torch, x: x.tril(),
    "triu": lambda torch, x: x.triu(1),
    "trace": lambda torch, x: x.trace(),
    "diag": lambda torch, x: x.diag(),
    "diag_embed": lambda torch, x: torch.diag_embed(x),
    "diagflat": lambda torch, x: torch.diagflat(x),
    "cat": lambda torch, x: torch.cat([x, x]),
    "stack": lambda torch, x: torch.stack([x, x], -1),
    "hstack": lambda torch, x: torch.hstack([x, x]),
    "dstack": lambda torch, x: torch.dstack([x, x]),
    "block_diag": lambda torch, x: torch.block_diag(x, x),
}


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("dtype", ALL, ids=lambda d: np.dtype(d).name)
def test_dtypes(name: str, dtype: Any) -> None:
    agree(OPERATORS[name], sample((3, 4), dtype), second=False)


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize(
    "shape", [(), (1,), (0,), (5,), (1, 1), (3, 1), (1, 3), (0, 3), (3, 0), (2, 3, 4), (2, 1, 3), (1, 2, 1, 2)]
)
@pytest.mark.parametrize("layout", ["plain", "gaps", "transposed"])
def test_layouts(name: str, shape: tuple[int, ...], layout: str) -> None:
    x = sample(shape, np.float64)
    x = noncontiguous(x) if layout == "gaps" else transposed(x) if layout == "transposed" else x
    agree(OPERATORS[name], x)


def test_every_name_pytorch_has() -> None:
    functions = [
        "reshape", "flatten", "unflatten", "ravel", "squeeze", "unsqueeze", "transpose", "swapaxes", "swapdims",
        "permute", "t", "movedim", "moveaxis", "broadcast_to", "broadcast_tensors", "broadcast_shapes",
        "narrow", "select", "unbind", "split", "split_with_sizes", "chunk", "tensor_split", "hsplit", "vsplit",
        "dsplit", "diagonal", "as_strided", "as_strided_", "detach", "detach_", "flip", "fliplr", "flipud",
        "roll", "rot90", "tile", "repeat_interleave", "cat", "concat", "concatenate", "stack", "hstack",
        "vstack", "dstack", "column_stack", "row_stack", "meshgrid", "atleast_1d", "atleast_2d", "atleast_3d",
        "block_diag", "cartesian_prod", "combinations", "tril", "triu", "diag", "diag_embed", "diagflat",
        "trace", "tril_indices", "triu_indices", "numel", "adjoint", "slice_scatter", "select_scatter",
        "diagonal_scatter", "as_strided_scatter",
    ]  # fmt: skip
    methods = [
        "view", "view_as", "reshape", "reshape_as", "flatten", "unflatten", "ravel", "squeeze", "unsqueeze",
        "transpose", "swapaxes", "swapdims", "permute", "t", "movedim", "moveaxis", "expand", "expand_as",
        "broadcast_to", "narrow", "select", "unbind", "split", "split_with_sizes", "chunk", "tensor_split",
        "hsplit", "vsplit", "dsplit", "unfold", "diagonal", "as_strided", "detach", "detach_", "flip", "fliplr",
        "flipud", "roll", "rot90", "repeat", "tile", "repeat_interleave", "tril", "triu", "diag", "diag_embed",
        "diagflat", "trace", "adjoint", "squeeze_", "unsqueeze_", "transpose_", "t_", "swapaxes_", "swapdims_",
        "as_strided_", "tril_", "triu_", "slice_scatter", "select_scatter", "diagonal_scatter",
        "as_strided_scatter",
    ]  # fmt: skip
    for name in functions:
        assert hasattr(torch, name)
        assert callable(getattr(zanjir, name)), name
    for name in methods:
        assert hasattr(torch.Tensor, name)
        assert callable(getattr(zanjir.Tensor, name)), name
    for name in {*functions} - {*methods}:
        assert hasattr(torch.Tensor, name) == hasattr(zanjir.Tensor, name), name
    for name in {*methods} - {*functions}:
        assert hasattr(torch, name) == hasattr(zanjir, name), name


def test_bytes_as_another_dtype() -> None:
    for lib in (torch, zanjir):
        x = lib.arange(6.0)
        bits = x.view(lib.int32)
        bits.add_(1)
        assert x._version == 1
        assert bits.data_ptr() == x.data_ptr()
        assert not (x * 1.0).requires_grad_().view(lib.int32).requires_grad
    a, b = zanjir.arange(6.0).view(zanjir.int16), torch.arange(6.0).view(torch.int16)
    assert a.tolist() == b.tolist()


@pytest.mark.parametrize("case", ["x.tril_()", "x.triu_(1)", "x.t_()", "x.unsqueeze_(0)", "x.squeeze_()",
                                  "x.squeeze_(0)",
                                  "x.squeeze_((0, 1))", "x.transpose_(0, 1)", "x.swapaxes_(0, 1)", "x.swapdims_(0, 1)",
                                  "x.as_strided_((2, 2), (1, 2))", "x.detach_()",
                                  "x.unsqueeze_(5)", "x.transpose_(0, 5)"])  # fmt: skip
def test_in_place(case: str) -> None:
    code = compile(case, case, "eval")

    def f(torch: Any, m: Any) -> Any:
        x = m * 1
        result = eval(code, {"x": x})
        assert result is x
        assert x._version == (0 if "detach" in case else 1)
        return result

    agree(f, sample((3, 4), np.float64))
