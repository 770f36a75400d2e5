"""``Variable``: the name tensors with gradients had before PyTorch 0.4. It makes tensors."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor, wrap


class _VariableMeta(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_VariableMeta):
    """``Variable(data, requires_grad=False)``: a leaf tensor on the memory of ``data``.

    >>> import zanjir
    >>> zanjir.autograd.Variable(zanjir.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Any = None, requires_grad: bool = False, volatile: bool = False) -> Tensor:  # type: ignore[misc]
        if data is None:
            from ..creation import empty

            data = empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        t = wrap(data._array)
        t._counter = data._counter
        return t.requires_grad_() if requires_grad else t
