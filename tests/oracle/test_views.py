"""Views and writing in place: random programs, run in both libraries, must leave the same trace.

A program takes views of a tensor, of each other, writes to any of them in place, with gradients recorded or not, and
reshapes tensors in place. After each step everything a user can see of every tensor is compared: shape, strides,
values, version, ``requires_grad``, the names of the nodes on the way back; and the error, if the step raised one. Then
the gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from harness import numbers, to_torch, to_zanjir, torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zanjir

VIEWS = {
    "t": lambda x: x.t() if x.ndim <= 2 else x.transpose(0, 1),
    "T": lambda x: x.T if x.ndim == 2 else x.mT if x.ndim > 2 else x.view(-1),
    "select": lambda x: x.select(0, 0),
    "select last": lambda x: x.select(-1, -1),
    "index": lambda x: x[0],
    "slice": lambda x: x[1:],
    "narrow": lambda x: x.narrow(-1, 1, 2),
    "view": lambda x: x.view(-1),
    "view halves": lambda x: x.view(2, -1),
    "reshape": lambda x: x.reshape(-1, 2),
    "unsqueeze": lambda x: x.unsqueeze(0),
    "unsqueeze last": lambda x: x.unsqueeze(-1),
    "squeeze": lambda x: x.squeeze(),
    "squeeze 0": lambda x: x.squeeze(0),
    "expand": lambda x: x.expand(2, *x.shape),
    "diagonal": lambda x: x.diagonal(),
    "unfold": lambda x: x.unfold(0, 2, 1),
    "movedim": lambda x: x.movedim(0, -1),
    "unbind": lambda x: x.unbind()[0],
    "split": lambda x: x.split(2)[-1],
    "chunk": lambda x: x.chunk(2, -1)[0],
    "tensor_split": lambda x: x.tensor_split(2)[0],
    "as_strided": lambda x: x.as_strided((2, 2), (1, 2)) if x.numel() else x.view(-1),
    "detach": lambda x: x.detach(),
    "data": lambda x: x.data,
    "flatten": lambda x: x.flatten(),
    "ravel": lambda x: x.ravel(),
}
COPIES = {"mul": lambda x, w: x * w, "exp": lambda x, w: x.exp(), "flip": lambda x, w: x.flip(0)}
WRITES = {
    "mul_ 2": lambda x, w: x.mul_(2),
    "add_ 1": lambda x, w: x.add_(1),
    "mul_ w": lambda x, w: x.mul_(w),
    "sub_ w": lambda x, w: x.sub_(w),
    "tanh_": lambda x, w: x.tanh_(),
    "iadd": lambda x, w: x.__iadd__(w),
    "mul_ self": lambda x, w: x.mul_(x),
    "setitem": lambda x, w: x.__setitem__(0, 3.0),
    "setitem w": lambda x, w: x.__setitem__(0, w),
    "setitem all": lambda x, w: x.__setitem__(..., w),
    "copy_": lambda x, w: x.copy_(w),
    "fill_": lambda x, w: x.fill_(2.5),
    "zero_": lambda x, w: x.zero_(),
}
SHAPES = {
    "t_": lambda x: x.t_(),
    "unsqueeze_": lambda x: x.unsqueeze_(0),
    "squeeze_": lambda x: x.squeeze_(),
    "squeeze_ 0": lambda x: x.squeeze_(0),
    "transpose_": lambda x: x.transpose_(0, -1),
}


def chain(node: Any) -> list[str]:
    names = []
    while node is not None and len(names) < 12:
        # Of a real view of a written complex tensor PyTorch shows two steps, zanjir that it is a view.
        name = type(node).__name__.replace("ViewAsReal", "AsStrided")
        if name != "AsStridedBackward0" or names[-1:] != [name]:
            names.append(name)
        node = node.next_functions[0][0] if node.next_functions else None
    return names


def attempt(f: Any, *args: Any) -> Any:
    try:
        return f(*args)
    except Exception as error:
        return type(error).__name__, str(error)


def seen(t: Any) -> tuple[Any, ...]:
    """All a user can see of a tensor, but for its values."""
    fn = attempt(lambda: t.grad_fn)
    name = fn if isinstance(fn, tuple) else chain(fn)
    # How a copy lies in memory is its operator's matter; so are its strides along dimensions of length 1, and views
    # keep those.
    strides = [s for s, n in zip(t.stride(), t.shape, strict=True) if n != 1] if t._is_view() and t.numel() else None
    return tuple(t.shape), strides, t._version, t.requires_grad, t._is_view(), attempt(lambda: t.is_leaf), name


class Program:
    """One library's side of a program: its tensors and what happened."""

    def __init__(self, lib: Any, start: str) -> None:
        self.lib = lib
        make = to_torch if lib is torch else to_zanjir
        values = np.random.default_rng(1).uniform(0.5, 1.5, (4, 4))
        self.leaf = make(values).clone().requires_grad_(start != "plain")
        self.w = make(np.array(1.25)).clone().requires_grad_()
        first = {
            "plain": lambda x: x,
            "leaf": lambda x: x,
            "result": lambda x: x * 1,
            "columns": lambda x: (x * 1).t() * 1,
        }
        self.tensors = [first[start](self.leaf)]
        self.overlapping: set[int] = set()

    def step(self, kind: str, name: str, which: int, recording: bool) -> Any:
        place = which % len(self.tensors)
        x = self.tensors[place]
        if (
            (kind != "write" or "setitem" in name)
            and x._is_view()
            and x.requires_grad
            and attempt(lambda: x.grad_fn) is None
        ):
            return "skipped"  # a view made without recording: see test_quiet_views
        if kind == "write" and place in self.overlapping:
            return "skipped"  # what a write to elements that share memory gives is not defined
        with self.lib.set_grad_enabled(recording):
            if kind == "view":
                result = attempt(VIEWS[name], x)
                new = True
            elif kind == "copy":
                result = attempt(COPIES[name], x, self.w)
                new = True
            elif kind == "write":
                result = attempt(WRITES[name], x, self.w)
                new = False
            else:
                result = attempt(SHAPES[name], x)
                new = False
        if isinstance(result, tuple):
            return result
        if new and not any(result is t for t in self.tensors):
            if name in ("unfold", "expand") or (place in self.overlapping and kind == "view"):
                self.overlapping.add(len(self.tensors))
            self.tensors.append(result)
        return "done"


STEPS = st.one_of(
    st.tuples(
        st.just("view"), st.sampled_from(sorted(VIEWS)), st.integers(0, 5), st.sampled_from([True] * 6 + [False])
    ),
    st.tuples(
        st.just("write"), st.sampled_from(sorted(WRITES)), st.integers(0, 5), st.sampled_from([True] * 6 + [False])
    ),
    st.tuples(st.just("copy"), st.sampled_from(sorted(COPIES)), st.integers(0, 5), st.just(True)),
    st.tuples(st.just("shape"), st.sampled_from(sorted(SHAPES)), st.integers(0, 5), st.just(True)),
)


def compare(steps: list[Any], start: str) -> None:
    ours, theirs = Program(zanjir, start), Program(torch, start)
    for number, step in enumerate(steps):
        a, b = ours.step(*step), theirs.step(*step)
        if a == "skipped":
            continue
        if isinstance(a, tuple) and isinstance(b, tuple) and "modified inplace" in a[1] + b[1]:
            b = a  # where several things are wrong, which of them is said is not compared
        assert a == b, f"step {number}, {step}"
        assert len(ours.tensors) == len(theirs.tensors)
        for i, (z, t) in enumerate(zip(ours.tensors, theirs.tensors, strict=True)):
            assert seen(z) == seen(t), f"tensor {i} after step {number}, {step}"
            np.testing.assert_allclose(
                numbers(z), numbers(t), rtol=1e-12, err_msg=f"tensor {i} after step {number}, {step}"
            )
    results = []
    for side in (ours, theirs):
        total = 0.0 * side.w
        for t in side.tensors:
            if not isinstance(attempt(lambda t=t: t.grad_fn), tuple):
                total = total + (t * t).sum()
        inputs = [side.leaf, side.w] if side.leaf.requires_grad and side.leaf.is_leaf else [side.w]
        grads = attempt(lambda: side.lib.autograd.grad(total, inputs, create_graph=True, allow_unused=True))  # noqa: B023
        results.append(grads)
        if isinstance(grads[0], str):
            continue
        again = sum([g.sum() for g in grads if g is not None and g.requires_grad], 0.0 * side.w)
        results.append(attempt(lambda: side.lib.autograd.grad(again, inputs, allow_unused=True)))  # noqa: B023
    half = len(results) // 2
    assert len(results) == 2 * half
    for z, t in zip(results[:half], results[half:], strict=True):
        if isinstance(t[0], str) or isinstance(z[0], str):
            assert z[0] == t[0]
            assert z[1] == t[1] or "modified" in t[1]  # several things are wrong: which is said is not compared
            continue
        for a, b in zip(z, t, strict=True):
            left = 0.0 if a is None else numbers(a.detach())
            right = 0.0 if b is None else numbers(b.detach())
            np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=1, max_size=7), st.sampled_from(["result", "result", "columns", "plain", "leaf"]))
def test_random_programs(steps: list[Any], start: str) -> None:
    compare(steps, start)


# ---------------------------------------------------------------------- programs worth naming

PROGRAMS = {
    "write to a transpose": "y = X * 1; y.T.mul_(2)",
    "augmented assignment to a transpose": "y = X * 1; t = y.T; t += w; u = t[0]",
    "view of a view": "y = X * 1; v = y.view(-1); u = v[4:].view(2, 6)[0]; u.mul_(w); a = v * 1",
    "write to the base": "y = X * 1; v = y[0]; u = v[1:]; y.mul_(w); a = u * 2",
    "two views written": "y = X * 1; a = y[0]; b = y[:, 1]; a.mul_(w); b.add_(1); a.exp_()",
    "a view written with its sibling": "y = X * 1; a = y[0]; b = y[1]; a.mul_(b)",
    "a view written with itself": "y = X * 1; a = y[0]; a.mul_(a)",
    "nothing required grad before": "y = X.detach().clone(); a = y[0]; b = y[1]; a.mul_(w); c = b * 2",
    "base made a leaf that requires grad after the view":
        "y = X.detach().clone(); a = y[0]; y.requires_grad_(); "
        "b = a.requires_grad",
    "and then written": "y = X.detach().clone(); a = y[0]; y.requires_grad_(); a.mul_(2)",
    "view of a leaf": "v = X[0]; v.mul_(2)",
    "view of a leaf, twice": "v = X.view(-1)[1:]; v.zero_()",
    "leaf": "X.mul_(2)",
    "multi": "y = X * 1; a, b, c = y.unbind(); a.mul_(2)",
    "multi, view of it": "y = X * 1; a = y.split(2)[1]; a.view(-1).mul_(2)",
    "multi, squeezed": "y = X * 1; a = y.split(1)[1]; a.squeeze(0).mul_(2)",
    "multi, base written": "y = X * 1; a, b, c = y.unbind(); y.mul_(2); d = y.sum(); b * 2",
    "multi, without grad": "y = X.detach().clone(); a, b, c = y.unbind(); a.mul_(2)",
    "multi, with what requires grad": "y = X.detach().clone(); a, b, c = y.unbind(); a.mul_(w)",
    "multi, under no_grad": "y = X * 1; a, b, c = y.unbind()\nwith torch.no_grad():\n    a.mul_(2)\nb.sum()",
    "made under no_grad": "y = X * 1\nwith torch.no_grad():\n    v = y[0]\nv.mul_(2)",
    "made under no_grad, base written":
        "y = X * 1\nwith torch.no_grad():\n    v = y[0]\ny.mul_(2); a = v.requires_grad; "
        "v.grad_fn",
    "made under no_grad of a leaf": "with torch.no_grad():\n    v = X[0]\nv.mul_(2)",
    "made under no_grad of a plain tensor": "y = X.detach().clone()\nwith torch.no_grad():\n    v = y[0]\nv.mul_(2)",
    "written under no_grad": "y = X * 1; v = y[0]\nwith torch.no_grad():\n    v.mul_(2)\na = v * w",
    "a leaf written under no_grad": "with torch.no_grad():\n    X[0].zero_()\na = X * 2",
    "inference": "with torch.inference_mode():\n    v = X[0]\nv.mul_(2)",
    "what was saved is written": "y = X * 1; a = y.exp(); y2 = a[0]; y2.mul_(2); a.sum().backward()",
    "what was saved is written through its detached twin":
        "y = X * 1; a = y.exp(); a.detach().zero_(); "
        "a.sum().backward()",
    "what was saved is written through .data": "y = X * 1; a = y * y; y.data.mul_(2); a.sum().backward(); g = X.grad",
    "detach_ of a view": "y = X * 1; y[0].detach_()",
    "detach_": "y = X * 1; v = y[0]; y.detach_(); a = y * 2; v * 2",
    "retained":
        "y = X * 1; y.retain_grad(); v = y[0]; v.retain_grad(); v.mul_(3); (y.sum() + v.sum()).backward(); "
        "g = y.grad; h = v.grad",
    "retained by the base": "y = X * 1; y.retain_grad(); y.mul_(3); (y * w).sum().backward(); g = y.grad",
    "retained by a view whose base is written":
        "y = X * 1; v = y[0]; v.retain_grad(); y.mul_(3); v.sum().backward(); "
        "g = v.grad",
    "expanded": "y = X * 1; v = y[0].expand(2, 4); v.add_(1)",
    "expanded, one row": "y = X * 1; v = y[0].expand(2, 4)[0]; v.mul_(w)",
    "expanded view of a written base": "y = X * 1; v = y[0].expand(2, 4); y.mul_(w); a = v * v",
    "unfolded view of a written base": "y = X * 1; v = y.view(-1).unfold(0, 3, 1); y.mul_(w); a = v * v",
    "overlapping as_strided of a written base": "y = X * 1; v = y.as_strided((3, 3), (1, 1), 2); y.mul_(w); a = v * v",
    "reshaped in place, then written": "y = X * 1; v = y[0]; y.t_(); y.mul_(w); a = v * 2; y.unsqueeze_(0); y.add_(1)",
    "a view reshaped in place, then written": "y = X * 1; v = y[0]; v.unsqueeze_(0); v.mul_(w); v.t_(); v.mul_(2)",
    "columns first": "y = (X * 1).t() * 1; v = y.t().view(-1); v.mul_(w); u = v[3:]; u.mul_(2)",
    "diagonal": "y = X * 1; y.diagonal().mul_(w)",
    "chunks of an index": "y = X * 1; y[:, 1:3].mul_(w); y[1] = 0; y[:, 0] = w",
    "memory exchanged": "y = X * 1; v = y[0]; y.data = torch.ones(3, 4, dtype=torch.float64); y.mul_(w)",
    "real part": "c = torch.complex(X * 1, X * 2); r = c.real; r.mul_(w); i = c.imag; c.mul_(2); a = i * 1",
    "view as real": "c = torch.complex(X * 1, X * 2); r = torch.view_as_real(c); r[0].mul_(w); a = c.abs()",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    sides = []
    for lib, make in ((zanjir, to_zanjir), (torch, to_torch)):
        values = np.random.default_rng(1).uniform(0.5, 1.5, (3, 4))
        scope = {
            "torch": lib,
            "X": make(values).clone().requires_grad_(),
            "w": make(np.array(1.25)).clone().requires_grad_(),
        }
        error = attempt(exec, PROGRAMS[name], scope)
        sides.append((lib, {k: v for k, v in scope.items() if isinstance(v, (lib.Tensor, bool))}, error, scope))
    (_, ours, our_error, _), (_, theirs, their_error, _) = sides
    assert our_error == their_error
    assert ours.keys() == theirs.keys()
    for key, t in theirs.items():
        if isinstance(t, bool):
            assert ours[key] == t, key
            continue
        assert seen(ours[key]) == seen(t), key
        np.testing.assert_allclose(numbers(ours[key].detach()), numbers(t), rtol=1e-12, err_msg=key)
    grads = []
    for lib, tensors, _, scope in sides:
        outs = [
            t
            for t in tensors.values()
            if not isinstance(t, bool) and not isinstance(attempt(lambda t=t: t.grad_fn), tuple)
        ]
        outs = [t for t in outs if t.grad_fn is not None]
        if outs and our_error is None:
            total = sum([(t * t).abs().sum() for t in outs], 0.0 * scope["w"])
            inputs = [scope["X"], scope["w"]]
            first = attempt(lambda: lib.autograd.grad(total, inputs, create_graph=True, allow_unused=True))  # noqa: B023
            grads.append(first)
    if grads:
        ours_, theirs_ = grads
        if isinstance(theirs_[0], str):
            assert ours_ == theirs_
        else:
            for a, b in zip(ours_, theirs_, strict=True):
                assert (a is None) == (b is None)
                if b is not None:
                    np.testing.assert_allclose(numbers(a.detach()), numbers(b), rtol=1e-10)


def test_quiet_views() -> None:
    """A view made under no_grad of what requires grad says it requires grad too, as PyTorch's does, but is a leaf."""
    for lib in (torch, zanjir):
        x = lib.ones(3, requires_grad=True)
        with lib.no_grad():
            v = (x * 1).view(-1)
            assert v.requires_grad is False
            y = x.view(-1)
        assert y.requires_grad
        assert y.is_leaf
        assert y.grad_fn is None


def test_iteration_is_unbind() -> None:
    for lib in (torch, zanjir):
        x = lib.arange(3.0).requires_grad_()
        parts = list(x)
        assert [type(p.grad_fn).__name__ for p in parts] == ["UnbindBackward0"] * 3
        assert [p.output_nr for p in parts] == [0, 1, 2]
        (parts[0] * parts[2]).backward()
        assert x.grad.tolist() == [2.0, 0.0, 0.0]


def test_deep_chain_of_views() -> None:
    """Ten thousand views of views: writing to the last is written to the base, and no step is walked twice."""
    for lib in (torch, zanjir):
        x = lib.ones(4, requires_grad=True)
        y = x * 1
        v = y
        for _ in range(10_000):
            v = v.view(4)
        v.mul_(3)
        y.sum().backward()
        assert x.grad.tolist() == [3.0] * 4
