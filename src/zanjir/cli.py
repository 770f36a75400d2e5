"""The command ``zanjir``: ``zanjir run SCRIPT`` runs a script written for torch on zanjir.

The script must not notice that anything but Python started it. It becomes ``__main__`` itself, and stays that until the
process ends, so that what it defines can be pickled, inspected and found by child processes. How it ends is left to
Python.
"""

from __future__ import annotations

import argparse
import builtins
import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from . import standin, version

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

_VERSION = version.__version__  # before standing in for torch changes it

_USAGE = """\
zanjir run [-h] SCRIPT [ARG ...]
       zanjir run -m MODULE [ARG ...]
       zanjir run -c CODE [ARG ...]
       zanjir run - [ARG ...]"""


class _Unusable(Exception):
    """What was to be run cannot be: (why, exit status). The statuses are those of the ``python`` command."""


def main(argv: list[str] | None = None) -> int:
    """Runs the command line ``argv`` (that of the process unless given) and returns the exit status.

    What a script raises goes through, ``SystemExit`` too: Python then ends the process as it would end the script.
    """
    parser = argparse.ArgumentParser(
        prog="zanjir", description="PyTorch's tensors and autograd, in Python on NumPy.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"zanjir {_VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    run = commands.add_parser(
        "run",
        usage=_USAGE,
        help="run a script that says `import torch`",
        description="Run a script that says `import torch`, unchanged, with zanjir in the place of torch. "
        "What follows the script's name is the script's.",
        allow_abbrev=False,
    )
    run.add_argument("-m", dest="module", metavar="MODULE", help="run an importable module, as python -m does")
    run.add_argument("-c", dest="code", metavar="CODE", help="run this code, as python -c does")
    run.add_argument(
        "script",
        metavar="SCRIPT",
        nargs="?",
        help="a file, a directory or zip file with a __main__.py, or - for the standard input",
    )
    own, arguments = _split(sys.argv[1:] if argv is None else argv)
    options = parser.parse_args(own)
    try:
        if options.module is not None:
            _run_module(options.module, arguments)
        elif options.code is not None:
            _run_code(options.code, arguments)
        elif options.script is not None:
            _run_script(options.script, arguments)
        else:
            run.error("nothing to run")
    except _Unusable as error:
        why, status = error.args
        print(f"zanjir: {why}", file=sys.stderr)
        return int(status)
    return 0


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """What is for zanjir, and the script's arguments. Of these argparse would drop or mistake some (``--``)."""
    if argv[:1] != ["run"]:
        return argv, []
    end = 3 if argv[1:2] in (["-m"], ["-c"]) else 2
    return argv[:end], argv[end:]


def _run_script(name: str, arguments: list[str]) -> None:
    """Runs a file, a directory, a zip file or, for ``-``, standard input."""
    if name == "-":
        _prepare([name, *arguments], "")
        source = sys.stdin.buffer.read()
        _execute(lambda: compile(source, "<stdin>", "exec", dont_inherit=True), _new_main(__file__="<stdin>"))
        return
    # Absolute, as Python makes it, so that the script may change directory; and no more normal than Python makes it.
    path = os.path.abspath(name) if os.name == "nt" else os.path.join(os.getcwd(), name)
    spec = PathFinder.find_spec("__main__", [path])
    if spec is not None:  # a directory or a zip file
        _prepare([name, *arguments], path)
        _execute_spec(spec)
        return
    loader = SourceFileLoader("__main__", path)
    try:
        source = loader.get_data(path)
    except OSError as error:
        raise _Unusable(f"can't open file {path!r}: [Errno {error.errno}] {error.strerror}", 2) from None
    _prepare([name, *arguments], os.path.dirname(os.path.realpath(path)))
    # Not loader.get_code: it would write the script's bytecode beside it.
    _execute(lambda: loader.source_to_code(source, path), _new_main(__file__=path, __loader__=loader, __cached__=None))


def _run_code(code: str, arguments: list[str]) -> None:
    """Runs a string, as ``python -c`` does."""
    _prepare(["-c", *arguments], "")
    _execute(lambda: compile(code, "<string>", "exec", dont_inherit=True), _new_main())


def _run_module(name: str, arguments: list[str]) -> None:
    """Runs an importable module, or the ``__main__`` of a package, as ``python -m`` does."""
    _prepare(["-m", *arguments], os.getcwd())
    spec = _guarded(lambda: _find_module(name))
    sys.argv[0] = spec.origin or name
    _execute_spec(spec)


def _find_module(name: str) -> ModuleSpec:
    """The spec of module ``name``; its parent packages are imported on the way, and may raise what they like."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name + ".").startswith(error.name + "."):
            raise  # some import in a parent package failed, not the search for the module
        spec = None
    if spec is None:
        raise _Unusable(f"No module named {name}", 1)
    if spec.submodule_search_locations is None:
        return spec
    if name.rpartition(".")[2] != "__main__":
        try:
            return _find_module(name + ".__main__")
        except _Unusable as error:
            why, status = error.args
            raise _Unusable(f"{why}; {name!r} is a package and cannot be directly executed", status) from None
    raise _Unusable("Cannot use package as __main__ module", 1)


def _prepare(argv: list[str], first_path: str) -> None:
    """Stands in for torch and makes ``sys.argv`` and ``sys.path`` the script's."""
    try:
        standin.install_as_torch()
    except RuntimeError as error:
        raise _Unusable(str(error), 1) from None
    sys.argv = argv
    if not sys.flags.safe_path:
        sys.path[:1] = [first_path]  # in the place of zanjir's own start
    # Behind what is the script's, a package torch for the child processes, which inherit this list but no import hooks.
    sys.path.insert(1, os.path.join(os.path.dirname(__file__), "_as_torch"))


def _new_main(**attributes: Any) -> ModuleType:
    """A fresh module ``__main__``, with what Python itself puts in one."""
    main = ModuleType("__main__")
    vars(main).update(attributes, __builtins__=builtins)
    return main


def _execute_spec(spec: ModuleSpec) -> None:
    """Executes the module that ``spec`` found as ``__main__``."""

    def code() -> CodeType:
        get_code = getattr(spec.loader, "get_code", None)
        found: CodeType | None = get_code(spec.name) if get_code is not None else None
        if found is None:
            raise _Unusable(f"No code object available for {spec.name}", 1)
        return found

    _execute(
        code,
        # The spec's name tells multiprocessing how a child finds this module again.
        _new_main(
            __file__=spec.origin,
            __loader__=spec.loader,
            __cached__=spec.cached,
            __spec__=spec,
            __package__=spec.parent,
        ),
    )


def _execute(code: Callable[[], CodeType], main: ModuleType) -> None:
    sys.modules["__main__"] = main
    _guarded(lambda: exec(code(), vars(main)))


def _guarded(action: Callable[[], _T]) -> _T:
    """``action()``; should it raise, the traceback that Python will print shows no frame of this file."""
    try:
        return action()
    except (_Unusable, SystemExit):
        raise
    except BaseException as error:
        raised = error
        hook = sys.excepthook  # the script's own, if it has set one
        shown = _without_own_frames(error.__traceback__)

        def excepthook(kind: type[BaseException], value: BaseException, traceback: TracebackType | None) -> None:
            if value is raised:
                value.__traceback__ = traceback = shown
            hook(kind, value, traceback)

        # Raised again rather than printed here: Python ends the process as it should (130 for an interrupt, the
        # prompt under -i). Only what is shown is ours to mend, since each frame on the way out adds itself.
        sys.excepthook = excepthook
        raise


def _without_own_frames(traceback: TracebackType | None) -> TracebackType | None:
    """Cuts off what led to the script and, at the other end, the hooks that only say that zanjir lacks something."""

    def leads(name: str) -> bool:
        return name == __name__ or name == "importlib" or name.startswith("importlib.")

    while traceback is not None and leads(traceback.tb_frame.f_globals.get("__name__", "")):
        traceback = traceback.tb_next
    frame = traceback
    while frame is not None:
        rest = frame.tb_next
        if rest is not None and _says_missing(rest):
            frame.tb_next = None
        frame = frame.tb_next
    return traceback


def _says_missing(traceback: TracebackType) -> bool:
    if traceback.tb_next is not None:
        return False
    code, module = traceback.tb_frame.f_code, traceback.tb_frame.f_globals.get("__name__", "")
    return module == standin.__name__ or (
        code.co_qualname == "__getattr__" and module.partition(".")[0] == __package__  # a module's __getattr__
    )
