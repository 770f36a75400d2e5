"""The operators, a file a family; each is declared once, with its derivative. See :mod:`.declare`."""

from . import activations, arithmetic, compare, convert, diagonals, extremes, index, join, matmul, moments, pointwise, reduce, scan, shape, softmax, sort, where    # noqa: F401  (their declarations fill the tables)
from .declare import functions

__all__ = ["functions"]
