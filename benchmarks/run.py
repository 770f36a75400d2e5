"""Measure zanjir and its peers and print one Markdown table:

    python benchmarks/run.py                      # everything, about ten minutes
    python benchmarks/run.py --quick              # a first look: short rounds, a shorter chain
    python benchmarks/run.py --only training_step # one family
    python benchmarks/run.py --json > result.json # every round of every row

It measures the libraries that the running interpreter can import (`pip install zanjir[bench]` brings the peers).
Ends with status 1 where zanjir failed a case or any library computed other numbers than the rest.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from dataclasses import asdict

from harness import LIBRARIES, OURS, Row, Settings, installed, progress, version

#: The modules beside this one, in the order of the table.
FAMILIES = ("training_step", "elementwise", "element_access", "perceptron", "imports", "long_chain")

NOTE = """\
Each cell is the median of the rounds; a peer's cell begins with zanjir's ratio to it, the median of the ratios \
within a round: below 1 zanjir takes less. The libraries take turns in every round, each in a process of its own, and \
must have computed the same numbers before they are timed. All are held to one thread except where a row says \
otherwise. '-': not installed, or cannot express the case."""


def machine() -> str:
    """One line: processor, system, Python, and the version of every library."""
    versions = [f"{name} {version(key)}" for key, name in LIBRARIES.items() if installed(key)]
    absent = [name for key, name in LIBRARIES.items() if not installed(key)]
    parts = [
        f"{processor()} ({os.cpu_count()} CPUs)",
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
        f"NumPy {version('numpy')}",
        *versions,
    ]
    return ", ".join(parts) + (f"; not installed: {', '.join(absent)}" if absent else "") + "."


def processor() -> str:
    """The processor's name as the system gives it."""
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"


def warn_if_busy() -> None:
    """Say so where other programs compete for the processor: rounds even that out between libraries, not threads."""
    load, cpus = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0, os.cpu_count() or 1
    if load > 0.5 * cpus:
        progress(f"the machine is busy (load {load:.1f} on {cpus} CPUs): the row with several threads will suffer")


def quantity(value: float, unit: str) -> str:
    """`value` with three figures in the unit a reader would choose: 3.2e-05 s is '32.0 µs'."""
    if unit == "s":
        scale, unit = next(pair for pair in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")) if value >= pair[0])
        value /= scale
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    if unit == "MiB":
        digits = 0 if value >= 10 else 1
    value = round(value, digits) + 0.0  # no -0.0
    return f"{value:.{digits}f}{'×' if unit == 'x' else ' ' + unit}"


def cell(row: Row, library: str) -> str:
    """One cell of the table."""
    median = row.median(library)
    if median is None:
        return "-"
    ratio = row.ratio(library) if library != OURS else None
    text = quantity(median, row.unit)
    return text if ratio is None else f"**{ratio:.2f}** ({text})"


def table(rows: list[Row]) -> str:
    """The Markdown table; peers' columns in the order of LIBRARIES."""
    lines = [
        "| | " + " | ".join(LIBRARIES.values()) + " |",
        "|---|" + "---:|" * len(LIBRARIES),
    ]
    lines += [f"| {row.title} | " + " | ".join(cell(row, library) for library in LIBRARIES) + " |" for row in rows]
    return "\n".join(lines)


def notes(rows: list[Row]) -> str:
    """Why a library that was asked has no value, a line each."""
    return "\n".join(
        f"- {LIBRARIES[library]}, {row.name}: {note}" for row in rows for library, note in row.notes.items()
    )


def troubled(rows: list[Row]) -> bool:
    """Whether zanjir failed somewhere or numbers differed."""
    return any(library == OURS or "computes" in note for row in rows for library, note in row.notes.items())


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure zanjir and its peers; print a Markdown table.")
    parser.add_argument(
        "--only", action="append", choices=FAMILIES, metavar="NAME", help="a family: " + ", ".join(FAMILIES)
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="interleaved rounds (default 11; 3 with --quick)")
    parser.add_argument("--quick", action="store_true", help="short rounds and a chain of 100,000")
    parser.add_argument("--json", action="store_true", help="print every round's value as JSON instead")
    options = parser.parse_args(arguments)
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options


def main() -> int:
    """Run the families that were asked for; the process's exit status."""
    options = parse()
    settings = Settings(quick=options.quick)
    if options.quick:
        settings.rounds, settings.seconds = 3, 0.02
    settings.rounds = options.rounds or settings.rounds
    warn_if_busy()
    rows: list[Row] = []
    for family in options.only or FAMILIES:
        rows += importlib.import_module(family).rows(settings)
    if options.json:
        print(json.dumps({"machine": machine(), "rows": [asdict(row) for row in rows]}, indent=1))
    else:
        print(table(rows), NOTE, machine(), notes(rows), sep="\n\n")
    return int(troubled(rows))


if __name__ == "__main__":
    sys.exit(main())
