"""Adam: steps scaled by running moments of the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import zanjir

from ..autograd.grad_mode import enable_grad
from ..tensor import Tensor
from ._update import count, number, unscaled, update
from .optimizer import (
    Optimizer,
    ParamsT,
    _device_dtype_check_for_fused,
    _get_capturable_supported_devices,
    _get_scalar_dtype,
    _get_value,
    _to_scalar,
    _use_grad_for_differentiable,
)

__all__ = ["Adam", "adam"]

_NOT_GROUPED = "as a Tensor is not supported for capturable=False and foreach=True"


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1).

    With gradient g, rate γ (``lr``), ``betas`` (β₁, β₂) and ε (``eps``), step t is

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        θ ← θ − γ m̂ / (√v̂ + ε)          where m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)

    Before that ``weight_decay`` λ makes g ← g + λ θ or, decoupled, θ ← (1 − γ λ) θ. With ``amsgrad`` v̂ is made of the
    largest v so far (Reddi, Kale & Kumar 2018, "On the convergence of Adam and beyond").

    The state of a parameter: ``step`` t, ``exp_avg`` m, ``exp_avg_sq`` v, and with ``amsgrad`` ``max_exp_avg_sq``.

    Args:
        params: the tensors to optimize, or pairs ``(name, tensor)``, or dicts, one a group with its own options.
        lr: the rate γ, a number or a tensor of one element.
        betas: β₁ and β₂, two numbers or two tensors of one element.
        eps: ε.
        weight_decay: λ.
        amsgrad: never let v̂ fall.
        foreach: update tensors together; the result is the same.
        maximize: climb instead of descending.
        capturable: for CUDA graphs; on a CPU a step raises ``AssertionError``, as PyTorch's does.
        differentiable: record the step, so that gradients flow through it.
        fused: update in one pass; half and bfloat16 parameters are rounded once a step.
        decoupled_weight_decay: decay the parameters, not the gradients: :class:`AdamW`.

    Raises:
        ValueError: if a number is out of its range, or tensors are given for numbers where they may not be.
        RuntimeError: if ``fused`` is given with ``differentiable`` or ``foreach``.

    >>> import zanjir
    >>> w = zanjir.tensor([2.0, -1.0], requires_grad=True)
    >>> optimizer = zanjir.optim.Adam([w], lr=0.1)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    tensor([ 1.7006, -0.7016], requires_grad=True)
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        alone = foreach and not capturable
        if isinstance(lr, Tensor):
            if alone:
                raise ValueError(f"lr {_NOT_GROUPED}")
            if lr.numel() != 1:
                raise ValueError("Tensor lr must be 1-element")
        if not lr >= 0.0:  # nor NaN
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for i in range(2):
            if not 0.0 <= betas[i] < 1.0:
                raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not any(isinstance(betas[0], kind) and isinstance(betas[1], kind) for kind in (float, Tensor)):
            raise ValueError("betas must be either both floats or both Tensors")
        for i, beta in enumerate(betas):
            if isinstance(beta, Tensor):
                if alone:
                    raise ValueError(f"betas[{i}] {_NOT_GROUPED}")
                if beta.numel() != 1:
                    raise ValueError(f"Tensor betas[{i}] must be 1-element")
        defaults = {
            "lr": lr, "betas": tuple(map(_to_scalar, betas)), "eps": eps, "weight_decay": weight_decay,
            "amsgrad": amsgrad, "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable, "fused": fused, "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)
        if fused:
            if differentiable:
                raise RuntimeError("`fused` does not support `differentiable`")
            self._step_supports_amp_scaling = True
            if foreach:
                raise RuntimeError("`fused` and `foreach` cannot be `True` together.")

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in _SINCE.items():
                group.setdefault(name, value)
            for p in group["params"]:
                saved = self.state.get(p)
                if saved and not isinstance(saved["step"], Tensor):  # once it was a number
                    saved["step"] = zanjir.tensor(float(saved["step"]), dtype=_get_scalar_dtype(group["fused"]))

    def _init_group(
        self,
        group: dict[str, Any],
        params_with_grad: list[Tensor],
        grads: list[Tensor],
        exp_avgs: list[Tensor],
        exp_avg_sqs: list[Tensor],
        max_exp_avg_sqs: list[Tensor],
        state_steps: list[Tensor],
    ) -> bool:
        """Collects the parameters that have a gradient, and what belongs to them. Whether one of them is complex."""
        has_complex = False
        amsgrad = group["amsgrad"]
        for p in group["params"]:
            grad = p.grad
            if grad is None:
                continue
            has_complex |= p.is_complex()
            params_with_grad.append(p)
            if grad.is_sparse:
                raise RuntimeError("Adam does not support sparse gradients, please consider SparseAdam instead")
            grads.append(grad)
            state = self.state[p]
            if not state:
                if group["fused"]:
                    _device_dtype_check_for_fused(p)
                state["step"] = zanjir.zeros((), dtype=_get_scalar_dtype(group["fused"]))
                state["exp_avg"] = zanjir.zeros_like(p)
                state["exp_avg_sq"] = zanjir.zeros_like(p)
                if amsgrad:
                    state["max_exp_avg_sq"] = zanjir.zeros_like(p)
            exp_avgs.append(state["exp_avg"])
            exp_avg_sqs.append(state["exp_avg_sq"])
            if amsgrad:
                max_exp_avg_sqs.append(state["max_exp_avg_sq"])
            step = state["step"]
            if group["differentiable"] and step.requires_grad:
                raise RuntimeError("`requires_grad` is not supported for `step` in differentiable mode")
            if group["foreach"] and isinstance(group["lr"], Tensor) and not group["capturable"]:
                raise RuntimeError(f"lr {_NOT_GROUPED}")
            state_steps.append(step)
        return has_complex

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
            exp_avgs: list[Tensor] = []
            exp_avg_sqs: list[Tensor] = []
            max_exp_avg_sqs: list[Tensor] = []
            steps: list[Tensor] = []
            has_complex = self._init_group(group, params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, steps)
            beta1, beta2 = group["betas"]
            adam(
                params,
                grads,
                exp_avgs,
                exp_avg_sqs,
                max_exp_avg_sqs,
                steps,
                amsgrad=group["amsgrad"],
                has_complex=has_complex,
                beta1=beta1,
                beta2=beta2,
                lr=group["lr"],
                weight_decay=group["weight_decay"],
                eps=group["eps"],
                maximize=group["maximize"],
                foreach=group["foreach"],
                capturable=group["capturable"],
                differentiable=group["differentiable"],
                fused=group["fused"],
                grad_scale=getattr(self, "grad_scale", None),
                found_inf=getattr(self, "found_inf", None),
                decoupled_weight_decay=group["decoupled_weight_decay"],
            )
        return loss


#: Options that were added over time: what they are in a state saved before.
_SINCE = {
    "amsgrad": False, "maximize": False, "foreach": None, "capturable": False, "differentiable": False,
    "decoupled_weight_decay": False, "fused": None,
}  # fmt: skip


def adam(
    params: list[Tensor],
    grads: list[Tensor],
    exp_avgs: list[Tensor],
    exp_avg_sqs: list[Tensor],
    max_exp_avg_sqs: list[Tensor],
    state_steps: list[Tensor],
    foreach: bool | None = None,
    capturable: bool = False,
    differentiable: bool = False,
    fused: bool | None = None,
    grad_scale: Tensor | None = None,
    found_inf: Tensor | None = None,
    has_complex: bool = False,
    decoupled_weight_decay: bool = False,
    *,
    amsgrad: bool,
    beta1: float | Tensor,
    beta2: float | Tensor,
    lr: float | Tensor,
    weight_decay: float,
    eps: float,
    maximize: bool,
) -> None:
    """One step for ``params`` with the gradients ``grads``; see :class:`Adam`. The other lists are changed too."""
    if not all(isinstance(step, Tensor) for step in state_steps):
        raise RuntimeError("API has changed, `state_steps` argument must contain a list of singleton tensors")
    if foreach and differentiable and params:
        raise AssertionError("_foreach ops don't support autograd")
    if capturable and not fused and params:
        devices = _get_capturable_supported_devices(supports_xla=not foreach)
        raise AssertionError(f"If capturable=True, params and state_steps must be on supported devices: {devices}.")
    if not unscaled(grads, fused, grad_scale, found_inf):
        return
    lr, beta1, beta2 = _to_scalar(lr), _to_scalar(beta1), _to_scalar(beta2)
    if fused:
        lr, beta1, beta2 = _get_value(lr), _get_value(beta1), _get_value(beta2)
    last: Any = None
    for i, param in enumerate(params):
        tensors = [param, grads[i], exp_avgs[i], exp_avg_sqs[i]]
        if amsgrad:
            tensors.append(max_exp_avg_sqs[i])
        if has_complex and param.is_complex():
            tensors = [zanjir.view_as_real(t) for t in tensors]
        step = state_steps[i]
        if differentiable:
            step += 1
        t = step if differentiable else count(step)
        if differentiable or t != last or isinstance(beta1, Tensor):
            coefficients = _coefficients(t, tensors[0], lr, beta1, beta2, weight_decay, decoupled_weight_decay)
            last = t
        decay1, decay2, decay, shrink, rate, root = coefficients
        fixed = (decay1, number(beta2), decay2, eps, decay, shrink, maximize)
        update(_rule, fixed, (rate, root), *tensors, foreach=foreach, fused=fused)


def _coefficients(t: Any, param: Tensor, lr: Any, beta1: Any, beta2: Any, weight_decay: Any, decoupled: bool) -> Any:
    """What step ``t`` of ``param`` multiplies with. Where anything is a tensor PyTorch computes in its precision."""
    recorded = isinstance(t, Tensor)
    if recorded:
        t = t.clone()  # the next step counts on in place
    rate = -(lr / (1 - beta1**t))
    root = 1 - beta2**t
    return (
        number(1 - (beta1.to(dtype=param.dtype) if isinstance(beta1, Tensor) else beta1)),
        number(1 - beta2),
        0 if decoupled else number(weight_decay),
        number(1 - lr * weight_decay) if decoupled and weight_decay else None,
        rate if recorded else number(rate),
        root.sqrt() if recorded else number(root**0.5),
    )


def _rule(xp: Any, coefficients: Any, param: Any, grad: Any, m: Any, v: Any, largest: Any = None) -> None:
    """One step on tensors or on arrays; the formulas are in :class:`Adam`."""
    decay1, beta2, decay2, eps, weight_decay, shrink, maximize, rate, root = coefficients
    # decay = 1 − β, rate = −γ / (1 − β₁ᵗ), root = √(1 − β₂ᵗ), shrink = 1 − γ λ
    recorded = isinstance(rate, Tensor)
    if maximize:
        grad = xp.neg(grad)
    if shrink is not None:
        xp.mul_(param, shrink)
    elif isinstance(weight_decay, Tensor):  # asks for a gradient, so alpha will not do
        grad = xp.addcmul_(grad, xp.clone(param), weight_decay)
    elif weight_decay:
        grad = xp.add(grad, param, alpha=weight_decay)
    xp.lerp_(m, grad, decay1)
    if isinstance(decay2, Tensor):
        xp.lerp_(v, xp.square(grad), decay2)
    else:
        xp.addcmul_(xp.mul_(v, beta2), grad, grad, value=decay2)
    if largest is not None:
        v = xp.copy_(largest, xp.maximum(xp.clone(largest) if recorded else largest, v))
    if recorded:
        # −γ stands under the fraction, since ``value`` cannot be a tensor.
        denominator = xp.add(xp.div(xp.sqrt(v), root * rate), eps / rate)
        xp.addcdiv_(param, xp.clone(m), denominator)
    else:
        denominator = xp.add_(xp.div_(xp.sqrt(v), root), eps)
        xp.addcdiv_(param, m, denominator, value=rate)
