"""Standing in for torch: after ``install_as_torch()``, ``import torch`` gives zanjir.

Every ``torch.x.y`` is the very module object ``zanjir.x.y``, so that classes have one identity whichever way they were
imported. Two things make it so: a finder ahead of all others on ``sys.meta_path`` answers for names that begin with
``torch``, and every module of zanjir, as it is loaded, is entered in ``sys.modules`` under its torch name as well.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import dtypes
from .torch_version import TorchVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.metadata import Distribution

__all__ = ["install_as_torch", "missing", "uninstall"]

_OURS = __package__  # "zanjir"
_TORCH = "torch"

#: The release whose behaviour zanjir reproduces; the local part says who is answering.
TORCH_VERSION = TorchVersion("2.13.0+zanjir")


def install_as_torch() -> None:
    """Makes ``import torch``, and of any module of torch that zanjir has, give zanjir's; in this process.

    Dtypes, devices and classes print as torch's, and ``torch.__version__`` begins with 2.13. Further calls do nothing.

    Raises:
        RuntimeError: if the real torch is already imported: two libraries cannot share one name.

    >>> import zanjir
    >>> zanjir.install_as_torch()  # doctest: +SKIP
    >>> import torch  # doctest: +SKIP
    >>> torch.tensor(1).dtype  # doctest: +SKIP
    torch.int64
    """
    if _finder in sys.meta_path:
        return
    for name, module in list(sys.modules.items()):
        # None in sys.modules is how a program forbids an import; no torch has been imported then.
        if (name == _TORCH or name.startswith(_TORCH + ".")) and module is not None:
            where = getattr(module, "__file__", None) or "no file"
            raise RuntimeError(
                f"zanjir cannot stand in for torch: {name} is already imported ({where}). "
                "Call zanjir.install_as_torch() before anything imports torch."
            )
    sys.meta_path.insert(0, _finder)
    dtypes.brand = _TORCH
    root = sys.modules[_OURS]
    version = importlib.import_module(_OURS + ".version")
    for module in (root, version):
        _set(module, "__version__", TORCH_VERSION)
    for name, module in list(sys.modules.items()):
        if name == _OURS or name.startswith(_OURS + "."):
            _adopt(module)


def uninstall() -> None:
    """Undoes :func:`install_as_torch`: the name torch is free again, and what was renamed has its own name back."""
    if _finder not in sys.meta_path:
        return
    sys.meta_path.remove(_finder)
    for name in [name for name in sys.modules if name == _TORCH or name.startswith(_TORCH + ".")]:
        del sys.modules[name]
    while _changed:
        target, attribute, had, value = _changed.pop()
        if had:
            _assign(target, attribute, value)
        else:
            delattr(target, attribute)
    dtypes.brand = _OURS


def missing(module: str, attribute: str) -> AttributeError:
    """The error for an ``attribute`` that zanjir's ``module`` lacks, for the caller to raise.

    For a module's ``__getattr__``; once zanjir stands in for torch, modules that have none are given one.

    >>> missing("zanjir.nn", "Zigzag")
    AttributeError("module 'zanjir.nn' has no attribute 'Zigzag': zanjir does not have it (yet)")
    """
    if dtypes.brand == _TORCH:
        module = _torch_name(module)
    return AttributeError(
        f"module '{module}' has no attribute '{attribute}': zanjir does not have it (yet)",
        name=attribute,
        obj=sys.modules.get(module),  # lets Python suggest the attribute that was meant
    )


# What was changed to look like torch: (object, attribute, whether it had that attribute of its own, its value).
_changed: list[tuple[Any, str, bool, Any]] = []


def _set(target: Any, attribute: str, value: Any) -> None:
    """Sets an attribute, and remembers for :func:`uninstall` what it was."""
    own = vars(target)
    _changed.append((target, attribute, attribute in own, own.get(attribute)))
    _assign(target, attribute, value)


def _assign(target: Any, attribute: str, value: Any) -> None:
    """``setattr``. Since Python 3.13 a new ``__module__`` costs a class the line at which inspect finds its source."""
    line = vars(target).get("__firstlineno__")
    setattr(target, attribute, value)
    if line is not None:
        target.__firstlineno__ = line


def _torch_name(name: str) -> str:
    """``zanjir.nn`` → ``torch.nn``; any other name as it is."""
    return _TORCH + name[len(_OURS) :] if name == _OURS or name.startswith(_OURS + ".") else name


def _adopt(module: ModuleType) -> None:
    """Gives a loaded module of zanjir its torch name, and its classes too, for ``print(type(t))`` to be the same."""
    name = _torch_name(module.__name__)
    if sys.modules.get(name) is module:
        return
    sys.modules[name] = module
    for value in list(vars(module).values()):
        if isinstance(value, type):
            renamed = _torch_name(value.__module__)
            if renamed != value.__module__:
                _set(value, "__module__", renamed)
    if "__getattr__" not in vars(module):

        def __getattr__(attribute: str, module_name: str = module.__name__) -> Any:
            raise missing(module_name, attribute)

        _set(module, "__getattr__", __getattr__)


class _Adopting(Loader):
    """Loads a module of zanjir as its own loader does, then adopts it. It leaves no trace in the module."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)  # get_source and the rest, should they be asked for while the module loads

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _adopt(module)


class _Alias(Loader):
    """Loads ``torch.x`` by importing ``zanjir.x``."""

    def __init__(self, module: ModuleType | str) -> None:
        self._module = module  # a name where the module is yet to be imported
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._module) if isinstance(self._module, str) else self._module
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just written the alias's spec over the module's own. The module has long been executed.
        module.__spec__ = self._spec


class _Finder(MetaPathFinder):
    """Answers for ``torch`` and all below it, and watches modules of zanjir being loaded, to adopt them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, rest = fullname.partition(".")
        if package == _OURS:
            spec = PathFinder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _Adopting(spec.loader)
            return spec
        if package != _TORCH:
            return None
        ours = _OURS + "." + rest if rest else _OURS
        try:
            found = importlib.util.find_spec(ours)
        except ModuleNotFoundError:  # the parent has no such name in zanjir: it is itself an attribute, see below
            found = None
        if found is not None:
            return ModuleSpec(
                fullname, _Alias(ours), origin=found.origin, is_package=found.submodule_search_locations is not None
            )
        parent, _, child = fullname.rpartition(".")
        attribute = getattr(sys.modules[parent], child, None)  # a module under another name than that of its file
        if isinstance(attribute, ModuleType):
            return ModuleSpec(fullname, _Alias(attribute), is_package=hasattr(attribute, "__path__"))
        # A program that asks importlib.util.find_spec("torch.x") whether x exists expects None, not an exception, and
        # only the caller tells the question from an import statement, which deserves to hear whose lack it is.
        if sys._getframe(2).f_globals.get("__name__") == "importlib.util":
            return None
        raise ModuleNotFoundError(f"No module named '{fullname}': zanjir does not have it (yet)", name=fullname)

    def find_distributions(self, context: Any = None) -> Iterable[Distribution]:
        """What ``importlib.metadata`` asks: libraries look up torch's version there without importing it."""
        # No context, or no name in it, asks for every distribution.
        if context is not None and (context.name or _TORCH).lower() != _TORCH:
            return []
        from importlib.metadata import Distribution

        class StandIn(Distribution):
            def read_text(self, filename: str) -> str | None:
                if filename != "METADATA":
                    return None
                return f"Metadata-Version: 2.1\nName: {_TORCH}\nVersion: {TORCH_VERSION}\n"

            def locate_file(self, path: Any) -> Any:
                raise FileNotFoundError(f"{path}: zanjir stands in for torch, whose files are not here")

        return [StandIn()]


_finder = _Finder()
