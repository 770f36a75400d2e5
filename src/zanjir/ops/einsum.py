"""Sums of products over named dimensions: ``einsum``, ``tensordot``, ``inner``.

All come down to batched matrix products, so their derivatives are those of :mod:`.matmul`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import Tensor
from .inplace import public
from .matmul import _tensors, bmm, mm
from .protocol import numpy_function


@public(out=True)
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sums of products over the last dimension of both; with a 0-dim tensor, the product.

    >>> import zanjir
    >>> zanjir.inner(zanjir.tensor([1., 2., 3.]), zanjir.tensor([0., 2., 1.]))
    tensor(7.)
    """
    _tensors("inner", ("input", input), ("other", other))
    if not input.ndim or not other.ndim:
        return input * other
    if input._array.shape[-1] != other._array.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    return tensordot(input, other, dims=([-1], [-1]))


@public(method=False, out=True)
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Sums of products over pairs of dimensions.

    Args:
        dims: how many dimensions, the last of ``a`` with the first of ``b``; or two lists, of ``a`` and of ``b``.

    >>> import zanjir
    >>> zanjir.tensordot(zanjir.ones(2, 3), zanjir.ones(3, 4), dims=1).shape
    zanjir.Size([2, 4])
    """
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    named = isinstance(dims, int)  # counted from the end, which an error then says
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        left, right = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    else:
        left, right = [d % a.ndim for d in dims[0]], [d % b.ndim for d in dims[1]]
    if len(left) != len(right):
        raise RuntimeError("both dimension lists should have same length")
    for i, j in zip(left, right, strict=True):
        if a._array.shape[i] != b._array.shape[j]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a._array.shape[i]} in dim "
                f"{i - a.ndim if named else i} and second has "
                f"size {b._array.shape[j]} in dim {j}"
            )
    free_a = [d for d in range(a.ndim) if d not in left]
    free_b = [d for d in range(b.ndim) if d not in right]
    shape_a, shape_b = [a._array.shape[d] for d in free_a], [b._array.shape[d] for d in free_b]
    count = math.prod(a._array.shape[d] for d in left)
    rows = a.permute(*free_a, *left).reshape(math.prod(shape_a), count)
    cols = b.permute(*right, *free_b).reshape(count, math.prod(shape_b))
    return mm(rows, cols).view(*shape_a, *shape_b) if shape_a or shape_b else mm(rows, cols).view(())


@public(method=False)
def einsum(equation: Any, *operands: Any) -> Tensor:
    """Sums of products in Einstein's notation: ``einsum("ij,jk->ik", a, b)`` is the matrix product.

    A letter that the output lacks is summed over; without ``->`` the output has the letters that occur once, in
    alphabetical order. ``...`` stands for dimensions that broadcast. Also ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.

    Raises:
        RuntimeError: if the equation does not fit the operands.

    >>> import zanjir
    >>> zanjir.einsum("ii->i", zanjir.tensor([[1., 2.], [3., 4.]]))
    tensor([1., 4.])
    """
    if isinstance(equation, Tensor):
        equation, tensors = _sublists((equation, *operands))
    else:
        tensors = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else list(operands)
    terms, output = _parse(equation, tensors)
    letters = _letters(terms, tensors)
    wide = max(
        (t.ndim - len(term.replace("...", "")) for term, t in zip(terms, tensors, strict=True) if "..." in term),
        default=0,
    )
    dots = [f".{i}" for i in range(wide)]  # names for the dimensions that "..." stands for, right-aligned
    if output is None:
        flat = [c for term in terms for c in term.replace("...", "")]
        out = (dots if any("..." in t for t in terms) else []) + sorted(c for c in set(flat) if flat.count(c) == 1)
    else:
        head, dotted, tail = output.partition("...")
        out = [*head, *(dots if dotted else ()), *tail]
    named = [_diagonals(t, _names(term, t.ndim, dots)) for term, t in zip(terms, tensors, strict=True)]
    _check_sizes(named, letters)
    result, names = named[0]
    rest = named[1:]
    order = [*out, *sorted({n for _, ns in named for n in ns} - set(out))]
    for i, (t, ns) in enumerate(rest):
        later = {n for _, others in rest[i + 1 :] for n in others} | set(out)
        result, names = _pair(result, names, t, ns, later, order)
    gone = [d for d, n in enumerate(names) if n not in out]
    if gone:
        result = result.sum(gone)
        names = [n for n in names if n in out]
    return result.permute([names.index(n) for n in out]) if len(tensors) == 1 or names != out else result


def _sublists(args: tuple[Any, ...]) -> tuple[str, list[Tensor]]:
    """The equation for operands given with lists of numbers in turn."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    def text(sublist: Sequence[Any]) -> str:
        for n in sublist:
            if n is not Ellipsis and not 0 <= n < 52:
                raise RuntimeError(
                    f"einsum: not able to interpret subscripts: {n} is not within the valid range [0, 52)"
                )
        return "".join("..." if n is Ellipsis else alphabet[n] for n in sublist)

    pairs = list(args)
    output = text(pairs.pop()) if len(pairs) % 2 else None
    equation = ",".join(text(s) for s in pairs[1::2])
    return equation if output is None else f"{equation}->{output}", pairs[::2]


def _parse(equation: str, tensors: list[Tensor]) -> tuple[list[str], str | None]:
    if not tensors:
        raise RuntimeError("einsum(): must provide at least one operand")
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    for index, c in enumerate(equation.partition("->")[0]):
        if not (c.isascii() and c.isalpha()) and c not in " ,.":
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {index} in the equation string, subscripts must be in "
                "[a-zA-Z]"
            )
    terms = left.split(",")
    if len(terms) > len(tensors):
        raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
    if len(terms) < len(tensors):
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    for i, (term, t) in enumerate(zip(terms, tensors, strict=True)):
        count = len(term.replace("...", ""))
        if "." in term.replace("...", "", 1):
            raise RuntimeError(
                f"einsum(): found '.' for operand {i} that is not part of any ellipsis"
                if term.count("...") < 2
                else f"einsum(): found '.' for operand {i} for which an ellipsis was already found"
            )
        if "..." not in term and count != t.ndim:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({count}) does not match the number of dimensions "
                f"({t.ndim}) for operand {i} and no ellipsis was given"
            )
        if count > t.ndim:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({count}) is more than the number of dimensions "
                f"({t.ndim}) for operand {i}"
            )
    if not arrow:
        return terms, None
    for c in right.replace("...", ""):
        if right.count(c) > 1:
            raise RuntimeError(f"einsum(): output subscript {c} appears more than once in the output")
        if not any(c in term for term in terms):
            raise RuntimeError(f"einsum(): output subscript {c} does not appear in the equation for any input operand")
    return terms, right


def _letters(terms: list[str], tensors: list[Tensor]) -> dict[str, int]:
    """The length of every letter's dimension, checked."""
    seen: dict[str, int] = {}
    for i, (term, t) in enumerate(zip(terms, tensors, strict=True)):
        head, _, tail = term.partition("...")
        shape = t._array.shape
        own: dict[str, int] = {}
        for c, n in (*zip(head, shape, strict=False), *zip(tail, shape[len(shape) - len(tail) :], strict=True)):
            if own.setdefault(c, n) != n:
                raise RuntimeError(
                    f"einsum(): subscript {c} is repeated for operand {i} but the sizes don't match, {n} != {own[c]}"
                )
            have = seen.get(c, 1)
            if have != n and 1 not in (have, n):
                raise RuntimeError(
                    f"einsum(): subscript {c} has size {n} for operand {i} which does not broadcast with previously "
                    f"seen size {have}"
                )
            seen[c] = max(have, n) if n != 0 else 0
    return seen


def _names(term: str, ndim: int, dots: list[str]) -> list[str]:
    """A name for every dimension of an operand."""
    head, dotted, tail = term.partition("...")
    hidden = ndim - len(head) - len(tail)
    return [*head, *(dots[len(dots) - hidden :] if dotted and hidden else ()), *tail]


def _diagonals(t: Tensor, names: list[str]) -> tuple[Tensor, list[str]]:
    """Dimensions of the same name become their diagonal."""
    for name in dict.fromkeys(names):
        while names.count(name) > 1:
            first = names.index(name)
            second = names.index(name, first + 1)
            t = t.diagonal(0, first, second)
            names = [n for d, n in enumerate(names) if d not in (first, second)] + [name]
    return t, names


def _check_sizes(named: list[tuple[Tensor, list[str]]], letters: dict[str, int]) -> None:
    sizes: dict[str, int] = {}
    for t, names in named:
        for n, length in zip(names, t._array.shape, strict=True):
            have = sizes.get(n, 1)
            if have != length and 1 not in (have, length):
                raise RuntimeError(
                    f"einsum(): the dimensions that the ellipses stand for do not broadcast: {have} and {length}"
                )
            sizes[n] = length if have == 1 else have


def _pair(
    a: Tensor, a_names: list[str], b: Tensor, b_names: list[str], later: set[str], order: list[str]
) -> tuple[Tensor, list[str]]:
    """The product of two operands, summed over what neither the output nor a later operand needs: one batched
    product."""
    size: dict[str, int] = {}
    for t, names in ((a, a_names), (b, b_names)):
        for n, length in zip(names, t._array.shape, strict=True):
            size[n] = length if size.get(n, 1) == 1 else size[n]
    # A name that only one operand has (or has at full length) and nobody needs is summed at once.
    a, a_names = _summed(a, a_names, set(b_names) | later)
    b, b_names = _summed(b, b_names, set(a_names) | later)
    a_names, a = _squeezed(a, a_names, size, set(b_names))
    b_names, b = _squeezed(b, b_names, size, set(a_names))
    both = [n for n in order if n in a_names and n in b_names]
    batch, summed = [n for n in both if n in later], [n for n in both if n not in later]
    only_a = [n for n in order if n in a_names and n not in b_names]
    only_b = [n for n in order if n in b_names and n not in a_names]
    names = [*batch, *only_a, *only_b]
    if not summed:  # nothing to sum: an ordinary product
        names = [n for n in order if n in names]
        return _spread(a, a_names, names) * _spread(b, b_names, names), names
    left = a.permute([a_names.index(n) for n in (*batch, *only_a, *summed)])
    right = b.permute([b_names.index(n) for n in (*batch, *summed, *only_b)])
    counts = [math.prod(size[n] for n in group) for group in (batch, only_a, summed, only_b)]
    result = bmm(left.reshape(counts[0], counts[1], counts[2]), right.reshape(counts[0], counts[2], counts[3]))
    result = result.view([size[n] for n in names])
    wanted = [n for n in order if n in names]
    return (result.permute([names.index(n) for n in wanted]) if wanted != names else result), wanted


def _summed(t: Tensor, names: list[str], needed: set[str]) -> tuple[Tensor, list[str]]:
    gone = [d for d, n in enumerate(names) if n not in needed]
    return (t.sum(gone), [n for n in names if n in needed]) if gone else (t, names)


def _squeezed(t: Tensor, names: list[str], size: dict[str, int], other: set[str]) -> tuple[list[str], Tensor]:
    """Dimensions of length 1 that the other operand has at full length go: they only broadcast."""
    gone = [d for d, n in enumerate(names) if t._array.shape[d] == 1 and size[n] != 1 and n in other]
    return ([n for d, n in enumerate(names) if d not in gone], t.squeeze(tuple(gone))) if gone else (names, t)


def _spread(t: Tensor, names: list[str], target: list[str]) -> Tensor:
    """``t`` with its dimensions in the order of ``target``, of length 1 where it has none."""
    t = t.permute([names.index(n) for n in target if n in names])
    return t[tuple([slice(None) if n in names else None for n in target])]


numpy_function(np.tensordot)(lambda a, b, axes=2: tensordot(a, b, axes))
numpy_function(np.einsum)(lambda equation, *operands: einsum(equation, *operands))
