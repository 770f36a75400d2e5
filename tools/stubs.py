"""Writes the stubs editors and type checkers read: what the declarations in ``ops/`` attach at import.

python tools/stubs.py            # writes src/zanjir/_methods.pyi and src/zanjir/_functions.pyi
python tools/stubs.py --check    # exits 1 if they are not what would be written
"""

from __future__ import annotations

import argparse
import ast
import inspect
import keyword
import pathlib
import re
import sys
from collections.abc import Callable
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "zanjir"
sys.path.insert(0, str(PACKAGE.parent))

HEADER = '''"""{what} Written by tools/stubs.py from the declarations in ops/; do not edit."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

{imports}

# Some operators are called like builtins.
from builtins import bool as _bool, complex as _complex, float as _float, int as _int, type as _type
'''


IMPORTS = "from .dtypes import dtype as _dtype\nfrom .tensor import Tensor"


def main() -> int:
    """Writes or checks the stubs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for path, text in ((PACKAGE / "_methods.pyi", methods()), (PACKAGE / "_functions.pyi", functions())):
        if check:
            if not path.exists() or path.read_text() != text:
                stale.append(path.relative_to(ROOT))
        else:
            path.write_text(text)
    for path in stale:
        print(f"{path} is stale: run python tools/stubs.py")
    return bool(stale)


def methods() -> str:
    """The stub of ``_methods.py``: every method a declaration attached to ``Tensor``."""
    from zanjir.tensor import Tensor

    tree = ast.parse((PACKAGE / "tensor.py").read_text())
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Tensor")
    written = {n.name for n in body if isinstance(n, ast.FunctionDef)}
    written |= {t.id for n in body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
    written |= {n.target.id for n in body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    lines = [
        HEADER.format(what="The operators of ``Tensor``.", imports=IMPORTS),
        "",
        "class Operators:",
    ]
    for name, value in sorted(vars(Tensor).items()):
        if name in written or name in _OBJECT or (name.startswith("_") and not name.startswith("__")):
            continue
        if isinstance(value, property):
            lines += ["    @property", f"    def {name}(self) -> {_returns(value.fget, name)}: ..."]
        elif inspect.isfunction(value):
            signature = parameters(value, bound=True)
            lines.append(f"    def {name}({signature}) -> {_returns(value, name)}: ...")
    return "\n".join(lines) + "\n"


def functions() -> str:
    """The stub of ``_functions.py``: every function a declaration put in the ``torch`` namespace."""
    from zanjir.ops import functions as table

    lines = [HEADER.format(what="The operators as functions.", imports=IMPORTS), ""]
    for name, f in sorted(table.items()):
        if keyword.iskeyword(name):
            continue
        signature = parameters(f, bound=False)
        lines.append(f"def {name}({signature}) -> {_returns(f, name)}: ...")
    return "\n".join(lines) + "\n"


_OBJECT = {
    "__module__",
    "__doc__",
    "__dict__",
    "__weakref__",
    "__slots__",
    "__new__",
    "__init__",
    "__annotations__",
    "__firstlineno__",
    "__static_attributes__",
}


def parameters(f: Callable[..., Any], bound: bool) -> str:
    """The parameters of ``f`` as source; of a wrapper that takes ``out=``, those of what it wraps and ``out``."""
    inner = getattr(f, "__wrapped__", None)
    extra = ""
    if inner is not None:
        if "out" in f.__code__.co_varnames[: f.__code__.co_argcount + f.__code__.co_kwonlyargcount]:
            extra = "out: Any = None"
        f = inner
    parts = []
    star = False
    for index, p in enumerate(inspect.signature(f).parameters.values()):
        if index == 0 and bound:
            parts.append("self")
            continue
        annotation = _annotation(p.annotation)
        default = " = ..." if p.default is not p.empty else ""
        if p.kind is p.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        if p.kind is p.VAR_POSITIONAL:
            star = True
            parts.append(f"*{p.name}: {annotation}")
        elif p.kind is p.VAR_KEYWORD:
            if extra:
                parts.append(extra if star else f"*, {extra}")
                extra = ""
            parts.append(f"**{p.name}: {annotation}")
        else:
            parts.append(f"{p.name}: {annotation}{default}")
        if p.kind is p.POSITIONAL_ONLY and index + 1 == len(inspect.signature(f).parameters):
            parts.append("/")
    if extra:
        parts.append(extra if star else f"*, {extra}")
    return ", ".join(parts)


def _returns(f: Any, name: str) -> str:
    inner = getattr(f, "__wrapped__", f)
    annotation = inspect.signature(inner).return_annotation
    return "Tensor" if name.endswith("_") and not name.endswith("__") else _annotation(annotation)


#: Names an annotation may use in the stubs as they stand.
_KNOWN = {
    "Any",
    "Tensor",
    "int",
    "float",
    "bool",
    "str",
    "None",
    "complex",
    "Callable",
    "Iterable",
    "Iterator",
    "Sequence",
    "tuple",
    "list",
    "dict",
    "type",
    "object",
    "slice",
    "dtype",
}


def _annotation(annotation: Any) -> str:
    """An annotation as source the stub can resolve; ``Any`` where it cannot."""
    if annotation is inspect.Parameter.empty:
        return "Any"
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "Any")
    text = text.replace("dtypes.dtype", "_dtype").replace("Dtype", "_dtype")
    text = re.sub(r"\bdtype\b", "_dtype", text) if "np." not in text else text
    text = re.sub(r"\b(bool|int|float|complex|type)\b", r"_\1", text)
    names = set(re.findall(r"[A-Za-z_][A-Za-z_0-9.]*", text))
    known = all(n.removeprefix("_") in _KNOWN or n.startswith("np.") for n in names)
    return text if known else "Any"


if __name__ == "__main__":
    sys.exit(main())
