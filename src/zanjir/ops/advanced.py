"""The NumPy side of advanced indexing: taking elements that masks and integer arrays name, and adding to them.

A *key* here is NumPy's: a tuple of integer arrays and full slices, or of full slices and one mask.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..dtypes import REDUCED

ALL = slice(None)
_BOOL = np.dtype(np.bool_)


def taken(x: Any, key: tuple[Any, ...]) -> Any:
    """``x[key]`` for masks and integer arrays, in the memory order PyTorch gives it."""
    last = key[-1]
    # To NumPy the stride of a dimension of length 1 means nothing; PyTorch's order in memory goes by it too.
    orderly = x.flags.c_contiguous and (1 not in x.shape or sorted(x.strides, reverse=True) == list(x.strides))
    try:
        if last.dtype is _BOOL or not orderly:
            result = x[key]
        elif len(key) == 1:
            result = x.take(last, 0)
        else:
            for k in key[:-1]:
                if k is not ALL:
                    result = x[key]
                    break
            else:
                result = x.take(last, len(key) - 1)
    except IndexError:
        return np.empty(outside(key, x.shape), x.dtype)
    if orderly:
        for k in key:
            if k is not ALL and not k.flags.c_contiguous:
                break
        else:
            return result if result.flags.c_contiguous else np.ascontiguousarray(result)
    order = layout(x, key, result.shape)
    back = sorted(range(len(order)), key=order.__getitem__)
    out = np.empty([result.shape[d] for d in order], x.dtype).transpose(back)
    out[...] = result
    return out


def outside(key: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Raises what PyTorch raises for an index NumPy refused; returns the shape of the result if it raises nothing."""
    pairs = [(k, shape[d]) for d, k in enumerate(key) if k is not ALL]
    if pairs[0][0].dtype is _BOOL:
        return tuple(shape)
    try:
        np.broadcast_shapes(*[a.shape for a, _ in pairs])
    except ValueError:
        shapes = ", ".join(str(list(a.shape)) for a, _ in pairs)
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
        ) from None
    for a, size in pairs:
        if not size and a.size:
            raise IndexError("index is out of bounds for dimension with size 0") from None
    stand_in = np.empty((), np.bool_)
    harmless = tuple([k if k is ALL else k * 0 for k in key])
    result: tuple[int, ...] = np.broadcast_to(stand_in, shape)[harmless].shape
    if math.prod(result):
        for dim, (a, size) in enumerate(pairs):
            wrong = a[(a < -size) | (a >= size)]
            if wrong.size:
                raise IndexError(f"index {wrong[0]} is out of bounds for dimension {dim} with size {size}") from None
    return result


def layout(x: Any, key: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The dimensions of the result of ``x[key]`` from the outermost in memory to the innermost.

    PyTorch walks the result along with ``x`` and the index arrays and orders its dimensions so that their strides
    descend: those of ``x`` decide, then those of each array; a dimension along which one does not move says nothing.
    """
    ndim = len(shape)
    places = [d for d, k in enumerate(key) if k is not ALL]
    arrays = [key[d] for d in places]
    if arrays[0].dtype.kind == "b":  # stands for arrays of one dimension, all alike
        places = list(range(places[0], places[0] + arrays[0].ndim))
        arrays = [np.empty(shape[places[0]], np.int64)]
    width = max([a.ndim for a in arrays])
    front = places[0] if places[-1] - places[0] == len(places) - 1 else 0
    rest = [d for d in range(x.ndim) if d not in places]
    lengths = shape[front : front + width]
    back = ndim - front - width
    operands = [[*[x.strides[d] for d in rest[:front]], *(0,) * width, *[x.strides[d] for d in rest[front:]]]]
    for a in arrays:
        missing = width - a.ndim
        steps = [0] * missing + [
            0 if have == 1 != n else s for s, have, n in zip(a.strides, a.shape, lengths[missing:], strict=True)
        ]
        steps = [_outer_step(lengths, steps)] * front + steps + [steps[-1] if steps else a.itemsize] * back
        operands.append(
            [
                0 if not front <= d < front + width and n != 1 else s
                for d, (n, s) in enumerate(zip(shape, steps, strict=True))
            ]
        )
    order = list(range(ndim))[::-1]

    def compare(a: int, b: int) -> int:
        for strides in operands:
            if strides[a] and strides[b]:
                if strides[a] != strides[b]:
                    return -1 if strides[a] < strides[b] else 1
                if shape[a] > shape[b]:
                    return 1
        return 0

    for i in range(1, ndim):
        at = i
        for j in range(i - 1, -1, -1):
            way = compare(order[j], order[at])
            if way > 0:
                order[j], order[at] = order[at], order[j]
                at = j
            elif way < 0:
                break
    return tuple(order[::-1])


def _outer_step(shape: tuple[int, ...], steps: list[int]) -> int:
    """The stride of a dimension of length 1 put before an array of this shape: as if it repeated the array."""
    if not shape:
        return 8
    base, count = steps[-1], 1
    for d in range(len(shape) - 1, -1, -1):
        count *= shape[d]
        if d and shape[d - 1] != 1 and steps[d - 1] != count * base:
            base, count = steps[d - 1], 1
    return base * count


def positions(key: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Where the elements of ``x[key]`` lie in a contiguous ``x`` of this shape; ``key`` holds no mask."""
    places = [d for d, k in enumerate(key) if k is not ALL]
    steps = contiguous(shape)
    where: Any = 0
    for d in places:
        k = key[d].astype(np.int64, copy=False)
        where = where + np.where(k < 0, k + shape[d], k) * steps[d]
    rest = [d for d in range(len(shape)) if d not in places]
    front = places[0] if places[-1] - places[0] == len(places) - 1 else 0
    width = where.ndim
    where = where.reshape((1,) * front + where.shape + (1,) * (len(rest) - front))
    for n, d in enumerate(rest):
        where = where + along(shape[d], steps[d], n if n < front else width + n, where.ndim)
    return where


def along(length: int, step: int, axis: int, ndim: int) -> Any:
    """``0, step, 2·step, ...`` along ``axis`` of an array of ``ndim`` dimensions."""
    return np.arange(0, length * step, step).reshape((-1,) + (1,) * (ndim - axis - 1))


def contiguous(shape: tuple[int, ...]) -> list[int]:
    """The strides, in elements, of a contiguous array."""
    steps, step = [], 1
    for length in reversed(shape):
        steps.append(step)
        step *= length
    return steps[::-1]


_WIDE = 64  # from so many elements a row on, rows are added whole
_OFTEN = 8
_SMALL = 512  # up to so many elements ufunc.at on the key itself is faster than finding positions


def _by_rows(target: Any, index: Any, values: Any, ufunc: np.ufunc) -> bool:
    """:func:`accumulate` of whole rows, where each is long; ``False`` if that was not possible.

    A row that occurs often is given the sum of all that is for it. The others are added to together, in rounds: first
    what comes first for each row, then what comes second, and so on.
    """
    order = index.argsort(kind="stable")
    rows = index[order]
    if rows[0] < 0 <= rows[-1]:  # two numbers for the same row, perhaps
        return False
    first = np.empty(len(rows), np.bool_)
    first[0] = True
    np.not_equal(rows[1:], rows[:-1], out=first[1:])
    start = np.flatnonzero(first)
    counts = np.diff(start, append=len(rows))
    rounds = int(counts.max())
    if rounds == 1:
        target[index] = ufunc(target[index], values)
        return True
    number = np.arange(len(rows)) - start.repeat(counts)
    if rounds > _OFTEN:
        often = counts > _OFTEN
        for at, count in zip(start[often].tolist(), counts[often].tolist(), strict=True):
            row = rows[at]
            target[row] = ufunc(target[row], ufunc.reduce(values[order[at : at + count]], 0))
        number[often.repeat(counts)] = _OFTEN
        rounds = min(_OFTEN, int(counts[~often].max(initial=0)))
    for n in range(rounds):
        now = order[number == n]
        rows = index[now]
        target[rows] = ufunc(target[rows], values[now])
    return True


def accumulate(target: Any, key: tuple[Any, ...], values: Any, ufunc: np.ufunc = np.add) -> None:
    """``target[key] += values``, where an index that occurs twice counts twice; ``target`` is contiguous.

    Half and bfloat16 are summed in float32 and rounded once.
    """
    if target.dtype in REDUCED:
        exact = target.astype(np.float32)
        accumulate(exact, key, values.astype(np.float32), ufunc)
        target[...] = exact
    elif key[-1].dtype.kind == "b":
        target[key] = ufunc(target[key], values)
    elif target.ndim == 1 or values.size <= _SMALL:
        ufunc.at(target, key, values)
    elif not (
        len(key) == 1
        and key[0].ndim == 1
        and values.size >= _WIDE * key[0].size
        and _by_rows(target, key[0], values, ufunc)
    ):
        where = positions(key, target.shape)
        if values.shape != where.shape:
            values = np.broadcast_to(values, where.shape)
        ufunc.at(target.reshape(-1), where.reshape(-1), values.reshape(-1))
