from __future__ import annotations
import numpy as np
from ..tensor import Tensor, wrap, _dimension
from .declare import Operator, functions
from .inplace import public
from .views import View, several

_select = View("SelectBackward0", lambda x, dim, index: x[(slice(None),) * dim + (index, ...)], None)
_unbind = Operator("UnbindBackward0", lambda x, dim: None, (lambda g, dim: np.stack(g, dim),), differentiable=-1)

@public()
def unbind(input, dim=0):
    x = input._array
    dim = _dimension(dim, x.ndim)
    if dim == 0:
        arrays = [x[i, ...] for i in range(x.shape[0])]
    return several(_unbind, _select, input, arrays, [(0, i) for i in range(x.shape[0])], (dim,))
