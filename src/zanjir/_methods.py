"""The operators that ``Tensor`` has as methods, for editors and type checkers: see the stub ``_methods.pyi``.

At run time the class is empty: a declaration in ``ops/`` attaches its operator to ``Tensor`` itself.
"""


class Operators:
    __slots__ = ()
