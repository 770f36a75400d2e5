"""Views and writing in place: random programs, run in both libraries, must leave the same trace.

A program takes views of a tensor, of each other, writes to any of them in place, with gradients recorded or not, and reshapes
tensors in place. After each step everything a user can see of every tensor is compared: shape, strides, values, version,
``requires_grad``, the names of the nodes on the way back; and the error, if the step raised one. Then the gradients.
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
        names.append(type(node).__name__)
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
    # How a copy lies in memory is its operator's matter; so are its strides along dimensions of length 1, which views keep.
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
        first = {"plain": lambda x: x, "leaf": lambda x: x, "result": lambda x: x * 1, "columns": lambda x: (x * 1).t() * 1}
        self.tensors = [first[start](self.leaf)]
        self.overlapping: set[int] = set()

    def step(self, kind: str, name: str, which: int, recording: bool) -> Any:
        place = which % len(self.tensors)
        x = self.tensors[place]
        if (kind != "write" or "setitem" in name) and x._is_view() and x.requires_grad and attempt(lambda: x.grad_fn) is None:
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
            if name == "unfold" or (place in self.overlapping and kind == "view"):
                self.overlapping.add(len(self.tensors))
            self.tensors.append(result)
        return "done"


STEPS = st.one_of(
    st.tuples(st.just("view"), st.sampled_from(sorted(VIEWS)), st.integers(0, 5), st.sampled_from([True] * 6 + [False])),
    st.tuples(st.just("write"), st.sampled_from(sorted(WRITES)), st.integers(0, 5), st.sampled_from([True] * 6 + [False])),
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
            np.testing.assert_allclose(numbers(z), numbers(t), rtol=1e-12, err_msg=f"tensor {i} after step {number}, {step}")
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
            assert z == t
            continue
        for a, b in zip(z, t, strict=True):
            left = 0.0 if a is None else numbers(a.detach())
            right = 0.0 if b is None else numbers(b.detach())
            np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=1, max_size=7), st.sampled_from(["result", "result", "columns", "plain", "leaf"]))
def test_random_programs(steps: list[Any], start: str) -> None:
    compare(steps, start)
