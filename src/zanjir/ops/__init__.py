"""The operators, a file a family; each is declared once, with its derivative. See :mod:`.declare`."""

from . import index, matmul, pointwise, reduce, shape  # noqa: F401  (their declarations fill the tables)
from .declare import functions

__all__ = ["functions"]
