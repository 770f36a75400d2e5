"""The other end of harness.Worker: imports one library, then obeys one JSON request a line until its input ends.

prepare CASE      build the case and run its step three times; answers the numbers the third returned
    calibrate SECONDS answers how many steps fill so long a turn
    time COUNT        runs so many steps; answers the seconds they took
    run COUNT         the same, untimed
    peak              answers the highest resident memory of this process so far, in MiB
    call NAME ARGS    answers what the family's function NAME(library, *ARGS) returns
"""

from __future__ import annotations

import gc
import importlib
import itertools
import json
import os
import sys
import time
from typing import Any

from harness import Case, Step

#: What a user of the library imports, where that is more than its name.
SUBMODULES = {"autograd": ["autograd.numpy"], "micrograd": ["micrograd.engine"]}


def numbers(value: Any) -> list[float]:
    """The real numbers in a result of any of the libraries, flat."""
    if isinstance(value, bool | int | float):
        return [float(value)]
    if isinstance(value, list | tuple):
        return [number for item in value for number in numbers(item)]
    for inside in ("_value", "data"):  # HIPS autograd's box; MyGrad's and micrograd's
        if not hasattr(value, "tolist") and hasattr(value, inside):
            return numbers(getattr(value, inside))
    return numbers(value.tolist())


def clock(step: Step, count: int) -> float:
    """Seconds that `count` steps take. The collector runs, as it does for users, on what the steps leave behind."""
    start = time.perf_counter()
    for _ in itertools.repeat(None, count):
        step()
    return time.perf_counter() - start


def peak() -> float:
    """Highest resident memory so far, in MiB."""
    import resource  # absent on Windows, where only this request fails

    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest / (2**20 if sys.platform == "darwin" else 2**10)


class Server:
    """Holds the library and the step that was prepared last; each public method is a request."""

    def __init__(self, family: str, library: str) -> None:
        importlib.import_module("numpy")  # data comes as NumPy arrays: counted to nobody
        self.library = importlib.import_module(library)
        for name in SUBMODULES.get(library, ()):
            importlib.import_module(name)
        self.family = importlib.import_module(family)
        self.cases: dict[str, Case] = {case.name: case for case in getattr(self.family, "CASES", ())}
        self.name = library
        self.step: Step

    def prepare(self, case: str) -> list[float]:
        self.step = self.cases[case].setups[self.name](self.library)
        self.step()
        self.step()
        return numbers(self.step())

    def calibrate(self, seconds: float) -> int:
        gc.collect()
        gc.freeze()  # the size of the imported library is no part of what collecting a step's garbage costs
        count = 1
        while (spent := clock(self.step, count)) < seconds / 5:
            count *= 2
        return max(1, round(count * seconds / spent))

    def time(self, count: int) -> float:
        gc.collect()
        return clock(self.step, count)

    def run(self, count: int) -> None:
        clock(self.step, count)

    def peak(self) -> float:
        return peak()

    def call(self, function: str, arguments: list[Any]) -> Any:
        return getattr(self.family, function)(self.library, *arguments)


def main() -> None:
    """Serve until the runner closes the pipe."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not be read as an answer
    server: Server | None = None
    for line in sys.stdin:
        message = json.loads(line)
        try:
            server = server or Server(*sys.argv[1:])
            answer = {"answer": getattr(server, message.pop("request"))(**message)}
        except Exception as error:  # the runner reports it as the library's note
            text = (str(error).strip() or "no message").splitlines()[0]
            answer = {"error": f"{type(error).__name__}: {text}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
