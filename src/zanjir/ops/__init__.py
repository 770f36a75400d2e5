"""The operators, a file a family; each is declared once, with its derivative. See :mod:`.declare`."""

from . import activations, arithmetic, compare, convert, diagonals, extremes, fill, gather, index, join, matmul, moments, parts, pointwise, rearrange, reduce, scan, shape, softmax, sort, storage, where    # noqa: F401  (their declarations fill the tables)
from .declare import functions

__all__ = ["functions"]
