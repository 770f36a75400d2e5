"""Differentiation: ``backward`` and ``grad``, and the modes that switch recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..node import Output
from ..state import state
from ..tensor import Tensor, late, refresh, wrap
from .engine import Walk
from .grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .variable import Variable

__all__ = [
    "Variable", "backward", "enable_grad", "grad", "inference_mode", "is_grad_enabled", "is_inference_mode_enabled",
    "no_grad", "set_grad_enabled",
]  # fmt: skip


def _tuple(value: Any) -> tuple[Any, ...]:
    return (value,) if isinstance(value, Tensor) or value is None else tuple(value)


def _seeds(outputs: Sequence[Tensor], grads: Sequence[Any]) -> list[Any]:
    """The gradients to start from: those given, checked, or 1 for a scalar."""
    seeds: list[Any] = []
    if len(grads) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(grads)} gradients")
    for index, (out, g) in enumerate(zip(outputs, grads, strict=True)):
        array = out._array
        if g is None:
            if out._rg or out.requires_grad:
                if array.size != 1:
                    raise RuntimeError("grad can be implicitly created only for scalar outputs")
                if array.dtype.kind == "c":
                    raise RuntimeError(
                        "grad can be implicitly created only for real scalar outputs but got " + repr(out.dtype)
                    )
                one = np.empty(array.shape, array.dtype)
                one.fill(1)
                seed = wrap(one)
            else:
                seed = None
        else:
            if not isinstance(g, Tensor):
                raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
            if g._array.shape != array.shape:
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{index}] has a shape of {g.shape} and output[{index}] has a shape "
                    f"of {out.shape}."
                )
            if (g._array.dtype.kind == "c") != (array.dtype.kind == "c"):
                raise RuntimeError(
                    "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in "
                    f"dtype: grad_output[{index}] has a dtype of {g.dtype} and output[{index}] has a dtype of "
                    f"{out.dtype}."
                )
            seed = g
        seeds.append(seed)
    return seeds


def _edges(outputs: Sequence[Tensor]) -> list[Any]:
    edges = []
    for index, out in enumerate(outputs):
        if out._base is not None:
            refresh(out)
        if not out._rg:
            raise RuntimeError(f"element {index} of tensors does not require grad and does not have a grad_fn")
        edges.append(out._node or out)
    return edges


def _walk(walk: Walk, outputs: Sequence[Tensor], seeds: Sequence[Tensor]) -> None:
    edges = _edges(outputs)
    now = state.now
    before, now.grad = now.grad, walk.create
    try:
        walk.run(edges, seeds if walk.create else [None if s is None else s._array for s in seeds])
    finally:
        now.grad = before


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Adds into ``.grad`` of the leaves the gradients of ``tensors``.

    Args:
        tensors: a tensor or several.
        grad_tensors: for each the gradient to start from (the vector of the vector-Jacobian product); a scalar needs
        none. retain_graph: keep what was saved for another walk; by default as ``create_graph``.
        create_graph: record the walk, so that the gradients can be differentiated.
        inputs: accumulate into these only.

    Raises:
        RuntimeError: as PyTorch: nothing requires grad, not a scalar, wrong shape, graph already freed.

    >>> import zanjir
    >>> x = zanjir.tensor([1.0, 2.0], requires_grad=True)
    >>> zanjir.autograd.backward(x ** 2, zanjir.tensor([1.0, 10.0]))
    >>> x.grad
    tensor([ 2., 40.])
    """
    if grad_variables is not None:
        import warnings

        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only "
                "use "
                "`grad_tensors`."
            )
        grad_tensors = grad_variables
    if inputs is not None and not isinstance(inputs, Tensor) and not len(inputs):
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    outputs = _tuple(tensors)
    seeds = _seeds(outputs, (None,) * len(outputs) if grad_tensors is None else _tuple(grad_tensors))
    keep = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        _walk(Walk(keep, create_graph), outputs, seeds)
        return
    targets = _tuple(inputs)
    wanted, keys = _want(targets)
    walk = Walk(keep, create_graph, wanted)
    _walk(walk, outputs, seeds)
    for target, key in zip(targets, keys, strict=True):
        g = walk.results.get(key)
        if g is not None:
            walk.accumulate(target, g, False)


late.backward = backward


def _want(targets: Sequence[Tensor]) -> tuple[dict[Any, list[int]], list[Any]]:
    """What a walk is told of the gradients wanted, and under which keys it will return them."""
    wanted: dict[Any, list[int]] = {}
    keys: list[Any] = []
    for target in targets:
        if not target.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        edge = target._node or target
        node, index = (edge.node, edge.index) if isinstance(edge, Output) else (edge, 0)
        wanted.setdefault(node, []).append(index)
        keys.append(node if isinstance(node, Tensor) else (node, index))
    return wanted, keys


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """The gradients of ``outputs`` with respect to ``inputs``; ``.grad`` is left alone.

    Args:
        outputs: a tensor or several.
        inputs: a tensor or several, leaves or not.
        grad_outputs: for each output the gradient to start from; a scalar needs none.
        retain_graph: keep what was saved for another walk; by default as ``create_graph``.
        create_graph: record the walk, so that the result can be differentiated.
        allow_unused: give ``None`` for an input that was not used, instead of an error.
        materialize_grads: give zeros for it.

    Raises:
        RuntimeError: as PyTorch's.

    >>> import zanjir
    >>> x = zanjir.tensor(3.0, requires_grad=True)
    >>> (first,) = zanjir.autograd.grad(x ** 3, x, create_graph=True)
    >>> zanjir.autograd.grad(first, x)
    (tensor(18.),)
    """
    if not only_inputs:
        import warnings

        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient "
            "for other "
            "parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    results, targets = _tuple(outputs), _tuple(inputs)
    starts = (None,) * len(results) if grad_outputs is None else _tuple(grad_outputs)
    if is_grads_batched:
        return _batched(results, targets, starts, retain_graph, create_graph, allow_unused, materialize_grads)
    seeds = _seeds(results, starts)
    wanted, keys = _want(targets)
    walk = Walk(create_graph if retain_graph is None else retain_graph, create_graph, wanted)
    _walk(walk, results, seeds)
    grads: list[Any] = []
    for index, (target, key) in enumerate(zip(targets, keys, strict=True)):
        g = walk.results.get(key)
        if g is None:
            if materialize_grads:
                g = np.zeros_like(target._array)
            elif not allow_unused:
                raise RuntimeError(
                    f"The differentiated Tensor at index {index} appears to not have been used in the graph. Set "
                    "allow_unused=True if this is the desired behavior."
                )
        grads.append(g if g is None or isinstance(g, Tensor) else wrap(_own(g, grads)))
    return tuple(grads)


def _own(g: Any, given: Sequence[Any]) -> np.ndarray[Any, Any]:
    """An array that no other result of the same call shares."""
    g = np.asarray(g)
    return g.copy() if g.base is not None or any(t is not None and t._array is g for t in given) else g


def _batched(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    seeds: Sequence[Any],
    retain: bool | None,
    create: bool,
    unused: bool | None,
    zeros: bool,
) -> tuple[Tensor, ...]:
    """One walk for every row of the ``grad_outputs``, the results stacked."""
    from ..ops import functions

    count = next(len(s) for s in seeds if s is not None)
    rows = []
    for i in range(count):
        keep = True if i < count - 1 else retain
        start = [None if s is None else s[i] for s in seeds]
        rows.append(
            grad(
                outputs,
                inputs,
                start,
                retain_graph=keep,
                create_graph=create,
                allow_unused=unused,
                materialize_grads=zeros,
            )
        )
    return tuple(None if column[0] is None else functions["stack"](column) for column in zip(*rows, strict=True))  # type: ignore[misc]
