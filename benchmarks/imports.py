"""What the import costs, in fresh interpreters, next to importing NumPy alone."""

from __future__ import annotations

import subprocess
import sys

from harness import LIBRARIES, Row, Settings, environment, installed, progress

PROGRAM = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"

#: Where the whole of a library is not in its package's own namespace.
STATEMENTS = {"autograd": "autograd.numpy", "micrograd": "micrograd.engine"}


def compiled() -> dict[str, str]:
    """An environment in which Python keeps bytecode, as it does for every library that is installed."""
    variables = environment(1)
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    return variables


def seconds(module: str) -> float:
    """Seconds that importing `module` takes in an interpreter that has just started."""
    run = subprocess.run([sys.executable, "-c", PROGRAM.format(module)], capture_output=True, text=True, env=compiled())
    if run.returncode:
        raise ImportError((run.stderr.strip() or f"status {run.returncode}").splitlines()[-1])
    return float(run.stdout)


def rows(settings: Settings) -> list[Row]:
    """Import times, and the same as multiples of NumPy's."""
    absolute = Row("import", "`import` of the library, fresh process", "s")
    relative = Row("import-numpy", "the same, as a multiple of `import numpy`", "x", compared=False)
    progress(absolute.title)
    libraries = []
    seconds("numpy")  # from here on all files are in the page cache and all bytecode is written
    for library in filter(installed, LIBRARIES):
        try:
            seconds(STATEMENTS.get(library, library))
            libraries.append(library)
        except ImportError as error:
            absolute.notes[library] = str(error)
    for _ in range(settings.rounds):
        numpy = seconds("numpy")
        for library in libraries:
            spent = seconds(STATEMENTS.get(library, library))
            absolute.values.setdefault(library, []).append(spent)
            relative.values.setdefault(library, []).append(spent / numpy)
    return [absolute, relative]
