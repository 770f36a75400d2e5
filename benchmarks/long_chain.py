"""Backward through a chain of a million nodes with the cyclic collector switched off.

A recursive engine ends here with an error, and one whose graph refers to itself keeps all of it. Each round is a fresh
process: build the chain, walk it back, let go of it, then the same again. What the second pass leaves above the first
was not freed; what an allocator keeps at hand for the next pass does not count.
"""

from __future__ import annotations

import gc
import time
from typing import Any

from harness import LIBRARIES, Failure, Row, Settings, Worker, installed, progress

LENGTH, QUICK_LENGTH = 1_000_000, 100_000
MOST_ROUNDS = 3  # a round takes two minutes, most of it the peers'
FACTOR = 1 - 2**-20  # float32 holds it and its products round evenly: the gradient stays near e**-0.95
TOLERANCE = 0.05


def torch_chain(torch: Any, length: int) -> tuple[Any, Any]:
    """The leaf and the end of the chain: y is multiplied by a number `length` times."""
    y = x = torch.ones(1, requires_grad=True)
    for _ in range(length):
        y = y * FACTOR
    return x, y


def mygrad_chain(mygrad: Any, length: int) -> tuple[Any, Any]:
    """The same with MyGrad, in float32 too."""
    import numpy as np

    y = x = mygrad.tensor([1.0], dtype=np.float32)
    for _ in range(length):
        y = y * FACTOR
    return x, y


def micrograd_chain(micrograd: Any, length: int) -> tuple[Any, Any]:
    """The same with micrograd."""
    y = x = micrograd.engine.Value(1.0)
    for _ in range(length):
        y = y * FACTOR
    return x, y


def hips_pass(autograd: Any, length: int) -> tuple[float, float, float]:
    """HIPS autograd builds and walks inside one call each."""
    np = autograd.numpy

    def chain(y: Any) -> Any:
        for _ in range(length):
            y = y * FACTOR
        return y

    start = time.perf_counter()
    vjp, _ = autograd.make_vjp(chain)(np.ones(1, dtype=np.float32))
    built = time.perf_counter()
    held = resident()
    walking = time.perf_counter()
    gradient = vjp(np.ones(1, dtype=np.float32))
    walked = time.perf_counter()
    check(gradient, length)
    return built - start, walked - walking, held


CHAINS = {"zanjir": torch_chain, "torch": torch_chain, "mygrad": mygrad_chain, "micrograd": micrograd_chain}


def leaf_pass(library: Any, length: int) -> tuple[float, float, float]:
    """Build, measure, walk back, in a library whose results know their graph."""
    start = time.perf_counter()
    x, y = CHAINS[library.__name__](library, length)
    built = time.perf_counter()
    held = resident()
    walking = time.perf_counter()
    y.backward()
    walked = time.perf_counter()
    check(x.grad, length)
    return built - start, walked - walking, held


def check(gradient: Any, length: int) -> None:
    """The derivative of the chain is the factor to the power of its length."""
    value = float(gradient.item() if hasattr(gradient, "item") else gradient)
    if abs(value - FACTOR**length) > TOLERANCE:
        raise ArithmeticError(f"computes {value!r}, not {FACTOR**length!r}")


def resident() -> float:
    """Resident memory of this process now, in MiB; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return 0.0
    import resource

    return pages * resource.getpagesize() / 2**20


def trim() -> None:
    """Ask the C allocator to return what is free, which glibc otherwise may keep."""
    import ctypes

    trimmer = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trimmer is not None:
        trimmer(0)


def walk(library: Any, length: int) -> dict[str, float]:
    """One round, in a worker: seconds and MiB."""
    run = hips_pass if library.__name__ == "autograd" else leaf_pass
    run(library, 1000)  # what a library loads on first use is no part of the chain
    gc.collect()
    gc.disable()
    trim()
    before = resident()
    build, backward, held = run(library, length)
    trim()
    first = resident()
    run(library, length)
    trim()
    second = resident()
    return {"build": build, "backward": backward, "held": held - before, "left": second - first}


def rows(settings: Settings) -> list[Row]:
    """Seconds to build and to walk, memory held while it stands and what is left of it."""
    length = QUICK_LENGTH if settings.quick else LENGTH
    build = Row("chain-build", f"chain of {length:,} nodes, no collector: build", "s")
    backward = Row("chain-backward", "the same: backward", "s")
    held = Row("chain-held", "the same: memory the graph holds", "MiB")
    left = Row("chain-left", "the same: memory a pass leaves behind", "MiB", compared=False)
    libraries = [library for library in LIBRARIES if installed(library)]
    progress(build.title)
    for _ in range(min(settings.rounds, MOST_ROUNDS)):
        for library in libraries.copy():
            try:
                with Worker(__name__, library) as worker:
                    found = worker.ask("call", function="walk", arguments=[length])
            except Failure as failure:
                backward.notes[library] = str(failure)
                libraries.remove(library)
                continue
            for row, key in ((build, "build"), (backward, "backward"), (held, "held"), (left, "left")):
                row.values.setdefault(library, []).append(found[key])
    return [build, backward, held, left]
