from __future__ import annotations
import numpy as np
from .declare import Operator
from .inplace import public
_full = Operator("MeanBackward0", lambda x: np.add.reduce(x, axis=None) / x.dtype.type(x.size), (lambda g, shape: np.full(shape, g / np.prod(shape,dtype=g.dtype)),))
_fulls = Operator("SumBackward0", lambda x: np.add.reduce(x, axis=None), (lambda g, shape: np.full(shape, g),))
@public()
def mean(input): return _full(input)
@public()
def _sum(input): return _fulls(input)
