"""Reading a tensor from Python, element by element: the price of loops, prints and plots.

HIPS autograd has plain NumPy arrays wherever nothing is recorded, so only the recorded rows concern it; micrograd has
no arrays at all.
"""

from __future__ import annotations

from typing import Any

from harness import Case, Row, Settings, Step, timed
from peers import hips_leaf

SIZE = 1000

index = Case("index", "`t[5]`, 1-d")
index_recorded = Case("index-recorded", "`t[5]`, 1-d, recorded")
iterate = Case("iterate", "`for e in t`, 1,000 elements")
iterate_recorded = Case("iterate-recorded", "`for e in t`, 1,000 elements, recorded")
to_list = Case("tolist", "`t.tolist()`, 1,000 elements")
CASES = [index, index_recorded, iterate, iterate_recorded, to_list]


def rows(settings: Settings) -> list[Row]:
    """All five."""
    return list(timed(__name__, CASES, settings))


def last(iterable: Any) -> Any:
    """Walk to the end of `iterable`; the last element."""
    found = None
    for element in iterable:
        found = element
    return found


@index.on("zanjir", "torch")
def _(torch: Any) -> Step:
    t = torch.arange(SIZE, dtype=torch.float32)
    return lambda: t[5]


@index_recorded.on("zanjir", "torch")
def _(torch: Any) -> Step:
    t = torch.arange(SIZE, dtype=torch.float32, requires_grad=True)
    return lambda: t[5]


@iterate.on("zanjir", "torch")
def _(torch: Any) -> Step:
    t = torch.arange(SIZE, dtype=torch.float32)
    return lambda: last(t)


@iterate_recorded.on("zanjir", "torch")
def _(torch: Any) -> Step:
    t = torch.arange(SIZE, dtype=torch.float32, requires_grad=True)
    return lambda: last(t)


@to_list.on("zanjir", "torch")
def _(torch: Any) -> Step:
    t = torch.arange(SIZE, dtype=torch.float32)
    return lambda: t.tolist()


@index_recorded.on("autograd")
def _(autograd: Any) -> Step:
    t = hips_leaf(autograd, autograd.numpy.arange(SIZE, dtype="float32"))
    return lambda: t[5]


@iterate_recorded.on("autograd")
def _(autograd: Any) -> Step:
    t = hips_leaf(autograd, autograd.numpy.arange(SIZE, dtype="float32"))
    return lambda: last(t)


def mygrad_tensor(mygrad: Any, constant: bool) -> Any:
    """A tensor whose uses are recorded unless it is `constant`."""
    import numpy as np

    return mygrad.tensor(np.arange(SIZE, dtype=np.float32), constant=constant)


@index.on("mygrad")
def _(mygrad: Any) -> Step:
    t = mygrad_tensor(mygrad, constant=True)
    return lambda: t[5]


@index_recorded.on("mygrad")
def _(mygrad: Any) -> Step:
    t = mygrad_tensor(mygrad, constant=False)
    return lambda: t[5]


@iterate.on("mygrad")
def _(mygrad: Any) -> Step:
    t = mygrad_tensor(mygrad, constant=True)
    return lambda: last(t)


@iterate_recorded.on("mygrad")
def _(mygrad: Any) -> Step:
    t = mygrad_tensor(mygrad, constant=False)
    return lambda: last(t)
