"""The operators, a file a family; each is declared once, with its derivative. See :mod:`.declare`."""

from . import (  # noqa: F401  (their declarations fill the tables)
    activations,
    arithmetic,
    compare,
    complexes,
    convert,
    diagonals,
    einsum,
    extremes,
    fill,
    flat,
    gather,
    index,
    join,
    masked,
    matmul,
    moments,
    pairs,
    parts,
    pointwise,
    powers,
    rearrange,
    reduce,
    rounding,
    scan,
    setitem,
    shape,
    slabs,
    softmax,
    sort,
    special,
    storage,
    where,
)
from .declare import functions

__all__ = ["functions"]
