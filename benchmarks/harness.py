"""How the benchmarks measure: one process a library, woken in turn, so that all meet the same minutes of the machine.

A family of cases is a module beside this one. It declares each case as one small function a library:

    square = Case("square", "Square of 11 elements")

    @square.on("zanjir", "torch")
    def _(torch):
        x = torch.ones(11)
        return lambda: x * x

The function receives the library, prepares, and returns the step to be timed. What the step returns is what the
libraries must agree on: it is compared before anything is timed. A library without a function shows as '-'.

This module and the families import nothing but the standard library at the top: the runner stays small, because on
Linux the peak memory of a child process is counted from its parent's size upwards.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

HERE = Path(__file__).resolve().parent

#: Import name → the name a reader knows. The first is the library that is measured, the others its peers.
LIBRARIES = {
    "zanjir": "zanjir",
    "torch": "PyTorch",
    "autograd": "HIPS autograd",
    "mygrad": "MyGrad",
    "micrograd": "micrograd",
}
OURS = "zanjir"

#: Whose numbers the others must reproduce, where it takes part.
REFERENCE = "torch"

#: Read by OpenMP, MKL and OpenBLAS when a worker starts.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

Step = Callable[[], Any]
Setup = Callable[[Any], Step]


@dataclass
class Case:
    """One row of the table: the same computation, written once for each library in its own idiom."""

    name: str
    title: str
    setups: dict[str, Setup] = field(default_factory=dict)
    tolerance: float = 1e-4
    """Largest relative difference from the reference's numbers; most compute in float32, micrograd in float64."""

    def on(self, *libraries: str) -> Callable[[Setup], Setup]:
        """Declare the function below as this case's program for `libraries`."""

        def declare(setup: Setup) -> Setup:
            for library in libraries:
                self.setups[library] = setup
            return setup

        return declare


@dataclass
class Settings:
    """What the command line asked for."""

    rounds: int = 11
    seconds: float = 0.1
    """Least time that one library's turn in one round takes: the step is repeated until it does."""
    quick: bool = False


@dataclass
class Row:
    """One measured line: for every library the value of each round, in the order of the rounds."""

    name: str
    title: str
    unit: str
    """'s' (seconds), 'MiB' or 'x' (a multiple of something)."""
    values: dict[str, list[float]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    """Why a library that was asked has no value."""
    compared: bool = True
    """Whether zanjir's ratio to each peer means anything here."""

    def median(self, library: str) -> float | None:
        """Median over the rounds, None without a value."""
        return statistics.median(self.values[library]) if self.values.get(library) else None

    def ratio(self, peer: str) -> float | None:
        """Median over the rounds of zanjir's value by the peer's of the same round; None where either is missing."""
        ours, theirs = self.values.get(OURS, []), self.values.get(peer, [])
        if not (self.compared and ours and theirs) or min(theirs) <= 0:
            return None
        return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


class Failure(Exception):
    """A worker could not do what it was asked; the message is the library's own."""


class Worker:
    """A process that has imported one library and obeys requests: see worker.py for what it can be asked."""

    def __init__(self, family: str, library: str, threads: int | None = 1) -> None:
        command = [sys.executable, str(HERE / "worker.py"), family, library]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(threads)
        )

    def ask(self, request: str, **arguments: Any) -> Any:
        """Send one request and wait for its answer; raises Failure with the error's last line."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"request": request, **arguments}) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise Failure(f"the process ended with status {self.process.wait()}")
        message = json.loads(answer)
        if "error" in message:
            raise Failure(message["error"])
        return message["answer"]

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.terminate()
        self.process.communicate()


def environment(threads: int | None) -> dict[str, str]:
    """This process's environment with the numeric libraries held to `threads`, or to their own choice for None."""
    variables = {name: value for name, value in os.environ.items() if name not in THREAD_VARIABLES}
    if threads is not None:
        variables |= dict.fromkeys(THREAD_VARIABLES, str(threads))
    return variables


def installed(library: str) -> bool:
    """Whether `import library` would find something."""
    return importlib.util.find_spec(library) is not None


def version(library: str) -> str:
    """The installed version, or that the library runs from its sources."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "from source"


def progress(text: str) -> None:
    """Tell the person who waits; the table alone goes to standard output."""
    print(f"  {text}", file=sys.stderr, flush=True)


def timed(family: str, cases: Iterable[Case], settings: Settings, threads: int | None = 1) -> Iterator[Row]:
    """Verify and time `cases` of the module `family`, one row a case; the workers live through all of them."""
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for case in cases:
            progress(case.title)
            row = Row(case.name, case.title, "s")
            for library in (name for name in LIBRARIES if name in case.setups and installed(name)):
                if library not in workers:
                    workers[library] = stack.enter_context(Worker(family, library, threads))
            measure(case, {name: worker for name, worker in workers.items() if name in case.setups}, settings, row)
            yield row


def measure(case: Case, workers: dict[str, Worker], settings: Settings, row: Row) -> None:
    """Fill `row`: the same numbers first, then every library's turn in every round."""
    reference: tuple[str, list[float]] | None = None
    repeats: dict[str, int] = {}
    for library in sorted(workers, key=lambda name: name != REFERENCE):
        try:
            numbers = workers[library].ask("prepare", case=case.name)
            if reference is not None:
                agree(numbers, *reference, case.tolerance)
            repeats[library] = workers[library].ask("calibrate", seconds=settings.seconds)
            reference = reference or (library, numbers)
        except Failure as failure:
            row.notes[library] = str(failure)
    turns = [library for library in workers if library in repeats]
    for _ in range(settings.rounds):
        for library in turns:
            count = repeats[library]
            row.values.setdefault(library, []).append(workers[library].ask("time", count=count) / count)


def agree(numbers: list[float], other: str, expected: list[float], tolerance: float) -> None:
    """Raise Failure unless `numbers` are `expected`, the numbers of the library `other`."""
    if len(numbers) != len(expected):
        raise Failure(f"computes {len(numbers)} numbers where {LIBRARIES[other]} computes {len(expected)}")
    for got, want in zip(numbers, expected, strict=True):
        if not abs(got - want) <= tolerance * max(1.0, abs(want)):
            raise Failure(f"computes {got!r} where {LIBRARIES[other]} computes {want!r}")
