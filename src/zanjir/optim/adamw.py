"""Adam with decoupled weight decay."""

from __future__ import annotations

import functools
from typing import Any

from ..tensor import Tensor
from .adam import Adam, adam
from .optimizer import ParamsT

__all__ = ["AdamW", "adamw"]


class AdamW(Adam):
    """:class:`Adam` whose weight decay λ shrinks the parameters, ahead of the step (Loshchilov & Hutter 2019).

        θ ← (1 − γ λ) θ

    Args:
        weight_decay: λ.
        params, lr, betas, eps, amsgrad, maximize, foreach, capturable, differentiable, fused: as for :class:`Adam`.

    >>> import zanjir
    >>> w = zanjir.tensor([2.0, -1.0], requires_grad=True)
    >>> optimizer = zanjir.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 1.8000, -0.8500], requires_grad=True)
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True,
        )  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True


#: One step for many parameters; the arguments are those of :func:`zanjir.optim.adam.adam`.
adamw = functools.partial(adam, decoupled_weight_decay=True)
