"""The operators as functions of the namespace: ``zanjir.sin``, ``zanjir.cat``, ...; see the stub ``_functions.pyi``.

The declarations in ``ops/`` fill :data:`zanjir.ops.declare.functions`; here they become names one can import.
"""

from .ops import functions

globals().update(functions)
__all__ = list(functions)
