"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import zanjir

from ..autograd.grad_mode import enable_grad
from ..tensor import Tensor
from ._update import number, unscaled, update
from .optimizer import (
    Optimizer,
    ParamsT,
    _device_dtype_check_for_fused,
    _to_scalar,
    _use_grad_for_differentiable,
)

__all__ = ["SGD", "sgd"]


class SGD(Optimizer):
    """Stochastic gradient descent (Robbins & Monro 1951), if wanted with momentum, also Nesterov's.

    With gradient g, rate γ (``lr``), momentum μ, dampening τ and weight decay λ, every step is

        g ← g + λ θ
        b ← μ b + (1 − τ) g             the first time b ← g
        θ ← θ − γ b                     with ``nesterov`` θ ← θ − γ (g + μ b)

    The momentum is Sutskever, Martens, Dahl & Hinton's (2013, "On the importance of initialization and momentum in deep
    learning"), except that the rate stands outside of b, so that a change of it is felt at once.

    Args:
        params: the tensors to optimize, or pairs ``(name, tensor)``, or dicts, one a group with its own options.
        lr: the rate γ, a number or a tensor of one element.
        momentum: μ.
        dampening: τ.
        weight_decay: λ.
        nesterov: look ahead: step along g + μ b.
        maximize: climb instead of descending.
        foreach: update tensors together; the result is the same.
        differentiable: record the step, so that gradients flow through it.
        fused: update in one pass; half and bfloat16 parameters are rounded once a step.

    Raises:
        ValueError: if lr, momentum or weight_decay is negative, or Nesterov's momentum is asked for without momentum or
            with dampening.
        RuntimeError: if ``fused`` is given with ``differentiable`` or ``foreach``.

    >>> import zanjir
    >>> w = zanjir.tensor([2.0, -1.0], requires_grad=True)
    >>> optimizer = zanjir.optim.SGD([w], lr=0.1, momentum=0.9)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([ 0.1240, -0.0620], requires_grad=True)
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for name, value in (("learning rate", lr), ("momentum value", momentum), ("weight_decay value", weight_decay)):
            if value < 0.0:
                raise ValueError(f"Invalid {name}: {value}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        if fused:
            self._step_supports_amp_scaling = True
            self._need_device_dtype_check_for_fused = True
            if differentiable:
                raise RuntimeError("`fused` does not support `differentiable`")
            if foreach:
                raise RuntimeError("`fused` and `foreach` cannot be `True` together.")

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in _SINCE.items():
                group.setdefault(name, value)

    def _init_group(
        self,
        group: dict[str, Any],
        params: list[Tensor],
        grads: list[Tensor],
        momentum_buffer_list: list[Tensor | None],
    ) -> bool:
        """Collects the parameters that have a gradient, and what belongs to them. Whether a gradient is sparse."""
        momentum = group["momentum"]
        for p in group["params"]:
            grad = p.grad
            if grad is not None:
                if group["fused"] and getattr(self, "_need_device_dtype_check_for_fused", True):
                    _device_dtype_check_for_fused(p)
                    self._need_device_dtype_check_for_fused = False
                params.append(p)
                grads.append(grad)
                if momentum != 0:
                    momentum_buffer_list.append(self.state[p].get("momentum_buffer"))
        return False

    @_use_grad_for_differentiable
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Changes every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew, and returns the loss.

        Returns:
            What the closure returned, or ``None``.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            params: list[Tensor] = []
            grads: list[Tensor] = []
            buffers: list[Tensor | None] = []
            self._init_group(group, params, grads, buffers)
            sgd(
                params,
                grads,
                buffers,
                weight_decay=group["weight_decay"],
                momentum=group["momentum"],
                lr=group["lr"],
                dampening=group["dampening"],
                nesterov=group["nesterov"],
                maximize=group["maximize"],
                foreach=group["foreach"],
                fused=group["fused"],
                grad_scale=getattr(self, "grad_scale", None),
                found_inf=getattr(self, "found_inf", None),
            )
            if buffers:
                for p, buffer in zip(params, buffers, strict=True):
                    self.state[p]["momentum_buffer"] = buffer
        return loss


#: Options that were added over time: what they are in a state saved before.
_SINCE = {"nesterov": False, "maximize": False, "foreach": None, "differentiable": False, "fused": False}


def sgd(
    params: list[Tensor],
    d_p_list: list[Tensor],
    momentum_buffer_list: list[Tensor | None],
    has_sparse_grad: bool = False,
    foreach: bool | None = None,
    fused: bool | None = None,
    grad_scale: Tensor | None = None,
    found_inf: Tensor | None = None,
    *,
    weight_decay: float | Tensor,
    momentum: float,
    lr: float | Tensor,
    dampening: float,
    nesterov: bool,
    maximize: bool,
) -> None:
    """One step for ``params`` with the gradients ``d_p_list``; see :class:`SGD`.

    With momentum ``momentum_buffer_list`` has an entry for each; where that is ``None``, a new buffer takes its place.
    """
    if not (grad_scale is found_inf is None or unscaled(d_p_list, fused, grad_scale, found_inf)):
        return
    rate = -lr if lr.__class__ is float else number(-_to_scalar(lr))
    if isinstance(weight_decay, Tensor):
        weight_decay = number(weight_decay)
    for i, param in enumerate(params):
        grad = d_p_list[i]
        if not momentum:
            coefficients: tuple[Any, ...] = (rate, weight_decay, 0, 1, False, maximize, False)
            update(_rule, coefficients, (), param, grad, foreach=foreach, fused=fused)
            continue
        buffer = momentum_buffer_list[i]
        first = buffer is None
        if buffer is None:
            buffer = momentum_buffer_list[i] = zanjir.empty_like(grad)
        coefficients = (rate, weight_decay, momentum, 1 - dampening, nesterov, maximize, first)
        update(_rule, coefficients, (), param, grad, buffer, foreach=foreach, fused=fused)


def _rule(xp: Any, coefficients: Any, param: Any, grad: Any, buffer: Any = None) -> None:
    """One step on tensors or on arrays; the formulas are in :class:`SGD`."""
    rate, weight_decay, momentum, weight, nesterov, maximize, first = coefficients  # rate = −γ, weight = 1 − τ
    if maximize:
        grad = xp.neg(grad)
    if weight_decay:
        if isinstance(weight_decay, Tensor):  # it asks for a gradient, so alpha will not do
            grad = xp.addcmul_(grad, xp.clone(param), weight_decay)
        else:
            grad = xp.add(grad, param, alpha=weight_decay)
    if momentum:
        if first:
            xp.copy_(buffer, xp.detach(grad))
        else:
            xp.add_(xp.mul_(buffer, momentum), grad, alpha=weight)
        grad = xp.add(grad, buffer, alpha=momentum) if nesterov else buffer
    if isinstance(rate, Tensor):
        xp.addcmul_(param, grad, rate)
    else:
        xp.add_(param, grad, alpha=rate)
