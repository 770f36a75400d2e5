"""Neural networks: their functions, in :mod:`zanjir.nn.functional`."""

from . import functional

__all__ = ["functional"]
