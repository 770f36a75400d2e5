"""Autograd against PyTorch: whole programs, everything they return compared; and every error, class and text."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from harness import agree

Program = Callable[[Any], Any]
PROGRAMS: list[Program] = []


def program(f: Program) -> Program:
    PROGRAMS.append(f)
    return f


def leaf(torch: Any, *values: float) -> Any:
    return torch.tensor(list(values) if len(values) > 1 else values[0], requires_grad=True)


def error(f: Callable[[], Any]) -> tuple[str, str]:
    try:
        f()
    except Exception as e:
        return type(e).__name__, str(e).replace("zanjir.", "torch.")
    return "nothing", ""


@program
def accumulates(torch):
    x = leaf(torch, 1.0, 2.0)
    (x * x).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    return x.grad, first is x.grad, x.is_leaf, x.grad.requires_grad


@program
def gradient_argument(torch):
    x = leaf(torch, 1.0, 2.0)
    y = x * x
    y.backward(torch.tensor([1.0, 0.5]))
    return x.grad, y.requires_grad, y.is_leaf


@program
def wrong_gradients(torch):
    x = leaf(torch, 1.0, 2.0)
    return [
        error(lambda: (x * 2).backward()),
        error(lambda: (x * 2).backward(torch.ones(3))),
        error(lambda: (x * 2).backward(torch.ones(2, 1))),
        error(lambda: x.detach().sum().backward()),
        error(lambda: torch.autograd.backward([x.sum(), x.detach().sum()])),
        error(lambda: torch.autograd.grad(x.sum(), [x.detach()])),
        error(lambda: torch.autograd.grad(x.sum(), [leaf(torch, 1.0)])),
        error(lambda: torch.autograd.grad((x * 2), x)),
        error(lambda: torch.autograd.grad(x.detach(), x)),
        error(lambda: torch.autograd.backward([x.sum()], inputs=[])),
        error(lambda: torch.autograd.backward([x.sum(), x.sum()], [torch.ones(())])),
        error(lambda: x.sum().backward(torch.tensor(1.0 + 1j))),
        error(lambda: torch.autograd.grad(x.sum(), x, materialize_grads=True, allow_unused=False)),
        x.grad,
    ]


@program
def through_twice(torch):
    x = leaf(torch, 1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    again = error(y.backward)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    z = (x + 1).sum()
    z.backward()
    z.backward()  # nothing was saved, so there is nothing to miss
    return again, x.grad


@program
def grad_of_inner(torch):
    x = leaf(torch, 1.0, 2.0)
    y = x * 3
    z = (y * y).sum()
    return *torch.autograd.grad(z, [x, y], retain_graph=True), torch.autograd.grad(z, y), x.grad


@program
def unused(torch):
    x, y = leaf(torch, 1.0), leaf(torch, 2.0)
    z = x * 2
    return (
        torch.autograd.grad(z, [x, y], allow_unused=True),
        torch.autograd.grad(x * 2, [x, y], materialize_grads=True),
        torch.autograd.grad(x * 2, [x, x]),
    )


@program
def several_outputs(torch):
    x = leaf(torch, 1.0, 2.0)
    a, b = x * 2, x * x
    return torch.autograd.grad([a, b], x, [torch.ones(2), torch.tensor([1.0, 10.0])])


@program
def inputs_only(torch):
    x, y = leaf(torch, 1.0), leaf(torch, 2.0)
    z = x * y
    w = z * z
    w.backward(inputs=[x])
    first = x.grad, y.grad
    w = (x * y) ** 2
    w.backward(inputs=y)
    return first, x.grad, y.grad


@program
def orders(torch):
    x = torch.tensor(3.0, requires_grad=True)
    f, out = x**5, []
    for _ in range(6):
        (f,) = torch.autograd.grad(f, x, create_graph=True)
        out.append(f)
    return out


@program
def create_graph_accumulates(torch):
    x = leaf(torch, 2.0)
    (x**3).backward(create_graph=True)
    g = x.grad
    x.grad = None
    g.backward()
    return g, g.requires_grad, x.grad


@program
def mixed_paths(torch):
    x = leaf(torch, 0.5, 1.5)
    y = x.exp()
    z = y * x + y / x - x.log()
    (z.sum() * z.mean()).backward()
    return x.grad


@program
def modified(torch):
    x = leaf(torch, 1.0, 2.0)
    out = []
    y = x.exp()
    y.add_(1)
    out.append(error(y.sum().backward))
    y = x * 1
    z = y * y
    y.mul_(2)
    out.append(error(z.sum().backward))
    y = x * 1
    z = y + 1
    y.mul_(2)  # addition saved nothing
    z.sum().backward()
    out.append(x.grad)
    y = x.detach()
    z = (x * y).sum()
    y.add_(1)  # shares memory and counter with x
    out.append(error(z.backward))
    return out


@program
def leaf_in_place(torch):
    x = leaf(torch, 1.0, 2.0)
    out = [error(lambda: x.add_(1)), error(lambda: x[0].zero_()), error(lambda: x.__setitem__(0, 5.0)), x.detach()]
    with torch.no_grad():
        x.add_(1)
        x[0] = 7.0
    return out, x, x._version


@program
def augmented(torch):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    y += x
    y *= y
    y -= 1
    y /= 2
    y.sum().backward()
    return y, x.grad


@program
def in_place_history(torch):
    x = leaf(torch, 1.0, 2.0)
    b = torch.zeros(2)
    b += x
    b.mul_(x)
    b.exp_()
    b.sum().backward()
    return b, x.grad, b._version


@program
def in_place_on_view(torch):
    x = leaf(torch, 1.0, 2.0, 3.0)
    b = x * 1
    v = b[1:]
    v.mul_(2)
    w = b[:2]
    w.add_(b[2])
    (b * b).sum().backward()
    return b, v, w, x.grad


@program
def view_of_view_in_place(torch):
    x = torch.arange(6.0, requires_grad=True)
    b = x * 1
    v = b.view(2, 3).t()
    v[0].mul_(10)
    v.add_(1)
    (b * torch.arange(6.0)).sum().backward()
    return b, v, x.grad


@program
def base_in_place_then_view(torch):
    x = leaf(torch, 1.0, 2.0, 3.0)
    b = x * 1
    v = b[1:]
    b.mul_(3)
    (v * v).sum().backward()
    return v, x.grad


@program
def view_gets_history(torch):
    x = leaf(torch, 5.0)
    b = torch.zeros(3)
    v = b[1]
    b[1:] = x
    before = v.requires_grad
    v.backward()
    return before, b, x.grad


@program
def forbidden_views(torch):
    x = leaf(torch, 1.0, 2.0)
    y = x * 1
    with torch.no_grad():
        v = y[:1]
    a, _b = (x * 1).unbind(0)
    s, _ = (x * 1).split(1)
    return [
        error(lambda: v.mul_(2)),
        error(lambda: a.mul_(2)),
        error(lambda: s.mul_(2)),
        error(lambda: x.view(2, 1).mul_(2)),
    ]


@program
def detached(torch):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    d = y.detach()
    d.zero_()
    out = [y, d.requires_grad, d._version, y._version]
    z = x * 3
    z.detach_()
    out += [z.requires_grad, z.grad_fn is None, z.is_leaf]
    return out


@program
def data_swap(torch):
    x = leaf(torch, 1.0, 2.0)
    y = (x * x).sum()
    x.data = torch.tensor([5.0, 6.0])
    y.backward()  # sees the new data, as PyTorch
    x.data.mul_(2)
    return (
        x,
        x.grad,
        x._version,
        error(lambda: setattr(x, "data", torch.tensor([1, 2]))),
        error(lambda: setattr(x, "data", 3)),
    )


@program
def requires_grad_rules(torch):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    return [
        error(lambda: y.requires_grad_(False)),
        error(lambda: setattr(y, "requires_grad", False)),
        error(lambda: torch.tensor([1, 2]).requires_grad_()),
        error(lambda: torch.tensor([1, 2], requires_grad=True)),
        y.requires_grad_().requires_grad,
        x.requires_grad_(False).requires_grad,
        error(lambda: torch.tensor([True]).requires_grad_()),
        error(lambda: setattr(torch.tensor([1]), "requires_grad", True)),
    ]


@program
def grad_assignment(torch):
    x = leaf(torch, 1.0, 2.0)
    x.grad = torch.tensor([1.0, 1.0])
    (x * 2).sum().backward()
    bad = (torch.ones(3), torch.ones(2, dtype=torch.float64), 3, "a", x)
    out = [x.grad, *(error(lambda b=b: setattr(x, "grad", b)) for b in bad)]
    del x.grad
    out.append(x.grad)
    return out


@program
def hooks(torch):
    x = leaf(torch, 1.0, 2.0)
    y = x * 3
    seen = []
    y.retain_grad()
    h1 = y.register_hook(lambda g: seen.append(("y1", g.clone())))
    y.register_hook(lambda g: g * 2)
    y.register_hook(lambda g: seen.append(("y3", g.clone())))
    x.register_hook(lambda g: seen.append(("x", g.clone())) or g + 1)
    x.register_post_accumulate_grad_hook(lambda t: seen.append(("post", t.grad.clone())))
    (y * y).sum().backward(retain_graph=True)
    h1.remove()
    (y * 1).sum().backward()
    return seen, y.grad, x.grad, y.retains_grad


@program
def hook_errors(torch):
    x = leaf(torch, 1.0, 2.0)

    def with_hook(result):
        y = x * 2
        y.register_hook(lambda g: result)
        return error(y.sum().backward)

    return [
        with_hook(3),
        with_hook(torch.ones(3)),
        with_hook(torch.ones(2, dtype=torch.float64)),
        error(lambda: x.detach().register_hook(print)),
        error(lambda: x.detach().retain_grad()),
        error(lambda: (x * 2).register_post_accumulate_grad_hook(print)),
    ]


@program
def node_hooks(torch):
    x = leaf(torch, 1.0, 2.0)
    y = x * 3
    seen = []
    y.grad_fn.register_hook(lambda gi, go: seen.append((gi[0].clone(), len(gi), go[0].clone())))
    y.grad_fn.register_prehook(lambda go: (go[0] * 5,))
    y.sum().backward()
    return seen, x.grad


@program
def hook_order(torch):
    seen = []
    w = [torch.tensor(float(i + 1), requires_grad=True) for i in range(4)]
    for i, t in enumerate(w):
        t.register_hook(lambda g, i=i: seen.append(f"leaf {i}"))
    h = torch.tensor(1.0)
    for i, t in enumerate(w):
        h = h * t
        h.register_hook(lambda g, i=i: seen.append(f"inner {i}"))
    h.backward()
    return seen


@program
def graph_walk(torch):
    x, w = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    loss = ((x * w - 1) ** 2).mean()
    out = []

    def walk(node, depth):
        out.append((depth, type(node).__name__, node.name(), [n for _, n in node.next_functions]))
        for parent, _ in node.next_functions:
            if parent is not None:
                walk(parent, depth + 1)

    walk(loss.grad_fn, 0)
    acc = loss.grad_fn.next_functions[0][0].next_functions[0][0].next_functions[0][0].next_functions[0][0]
    return [(d, t, n.replace("torch::autograd::", ""), i) for d, t, n, i in out], acc.variable is x


@program
def modes(torch):
    x = leaf(torch, 1.0, 2.0)
    out = []
    with torch.no_grad():
        out.append((x * 2).requires_grad)
        with torch.enable_grad():
            out.append((x * 2).requires_grad)
        out.append(torch.is_grad_enabled())

    @torch.no_grad()
    def f():
        return x * 2

    @torch.enable_grad()
    def g():
        return x * 2

    @torch.no_grad
    def h():
        return x * 2

    out += [f().requires_grad, h().requires_grad, torch.is_grad_enabled()]
    with torch.no_grad():
        out.append(g().requires_grad)
    torch.set_grad_enabled(False)
    out.append((x * 2).requires_grad)
    torch.set_grad_enabled(True)
    with torch.set_grad_enabled(False):
        out.append((x * 2).requires_grad)
    out.append(torch.is_grad_enabled())
    try:
        with torch.no_grad():
            raise KeyError
    except KeyError:
        pass
    out.append(torch.is_grad_enabled())

    @torch.no_grad()
    def rows():
        for _ in range(2):
            yield torch.is_grad_enabled()

    out += [(r, torch.is_grad_enabled()) for r in rows()]
    with torch.inference_mode():
        y = x * 2
        out += [y.requires_grad, torch.is_inference_mode_enabled()]
    out.append(torch.is_inference_mode_enabled())
    return out


@program
def variable(torch):
    from importlib import import_module

    Variable = import_module(torch.__name__ + ".autograd").Variable
    t = torch.ones(2)
    v = Variable(t, requires_grad=True)
    v.data.add_(1)
    return t, v, isinstance(t, Variable), type(v) is torch.Tensor


@program
def numpy_of_grad(torch):
    x = leaf(torch, 1.0, 2.0)
    import numpy as np

    return [
        error(lambda: x.numpy()),
        error(lambda: np.asarray(x)),
        error(lambda: (x * 2).numpy()),
        x.detach().numpy().tolist(),
        x.numpy(force=True).tolist(),
        x.tolist(),
        x.sum().item(),
        float(x[0]),
    ]


@program
def unbroadcast(torch):
    a, b, c = torch.ones(3, 1, requires_grad=True), torch.ones(4, requires_grad=True), leaf(torch, 2.0)
    ((a + b) * c * torch.arange(12.0).reshape(3, 4)).sum().backward()
    return a.grad, b.grad, c.grad


@program
def mixed_dtypes(torch):
    a = torch.ones(2, requires_grad=True)
    b = torch.ones(2, dtype=torch.float64, requires_grad=True)
    h = torch.ones(2, dtype=torch.float16, requires_grad=True)
    i = torch.tensor([2, 3])
    (a * b * h * i).sum().backward()
    return a.grad, b.grad, h.grad


@program
def complex_to_real(torch):
    a = torch.tensor([1.0, 2.0], requires_grad=True)
    c = torch.tensor([1.0 + 2j, 3.0 - 1j], requires_grad=True)
    y = (a * c).abs().sum()
    y.backward()
    return a.grad, c.grad, error(lambda: (a * c).sum().backward())


@program
def integers_stop(torch):
    x = leaf(torch, 1.5, 2.5)
    return (x > 2).requires_grad, x.long().requires_grad, x.argmax().requires_grad, (x * 2).int().requires_grad


@program
def deepcopies(torch):
    import copy

    x = leaf(torch, 1.0, 2.0)
    (x * 2).sum().backward()
    y = copy.deepcopy(x)
    z = copy.copy(x)
    return y, y.grad, y.requires_grad, z.requires_grad, error(lambda: copy.deepcopy(x * 2))


@program
def grad_layout(torch):
    w = torch.ones(3, 2, requires_grad=True)
    x = torch.arange(8.0).reshape(4, 2)
    (x @ w.t()).sum().backward()
    v = torch.ones(2, 3).t().requires_grad_()
    (v * torch.arange(6.0).reshape(3, 2)).sum().backward()
    return w.grad, w.grad.stride(), v.grad, v.grad.stride()


@program
def grads_are_their_own(torch):
    x, y = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    g = torch.ones(2)
    (x + y).backward(g)
    x.grad.zero_()
    g.mul_(7)
    return x.grad, y.grad, g


@program
def batched(torch):
    x = leaf(torch, 1.0, 2.0, 3.0)
    y = x * x
    return torch.autograd.grad(y, x, torch.eye(3), is_grads_batched=True)


@program
def views_know_their_base(torch):
    x = torch.zeros(2, 3)
    v = x[0]
    w = v[1:]
    d = x.detach()
    return (
        v._is_view(),
        v._base is x,
        w._base is x,
        x._is_view(),
        x._base,
        d._is_view(),
        v._version,
        x.add_(1)._version,
        v._version,
    )


@program
def output_numbers(torch):
    x = leaf(torch, 1.0, 2.0, 3.0)
    a, b, c = (x * 1).unbind()
    return a.output_nr, b.output_nr, c.output_nr, x.output_nr, (a * b).grad_fn.next_functions[1][1]


@program
def non_leaf_grad_warns(torch):
    import warnings

    y = leaf(torch, 1.0) * 2
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        g = y.grad
    return g, [str(w.message).split(" (Triggered")[0] for w in caught], [w.category.__name__ for w in caught]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_program(f):
    agree(f, names=False)


def test_graphs_are_freed_without_the_collector():
    import zanjir

    gc.disable()
    try:
        x = zanjir.ones(3, requires_grad=True)
        y = (x.exp() * x).sum()
        node, tensor = weakref.ref(y.grad_fn), weakref.ref(y)
        y.backward()
        del y
        assert node() is None
        assert tensor() is None
        b = x * 1
        b[1:].mul_(2)
        b.exp_()
        node = weakref.ref(b.grad_fn)
        del b
        assert node() is None
    finally:
        gc.enable()
