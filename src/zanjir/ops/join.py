"""Joining tensors: cat, stack and their relatives, and what is built from them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import dtype
from ..signature import argument, combination, missing, unexpected
from ..tensor import Tensor, _dimension, wrap
from .convert import warn_once
from .declare import Operator, functions
from .dims import tensors_in, whole
from .inplace import public, to_out
from .protocol import numpy_function
from .shape import expanded_to, flatten, reshaped, unsqueeze, view

_ALL = slice(None)


def sequence(name: str, tensors: Any) -> Sequence[Tensor]:
    """An argument that is to be a tuple (or list) of tensors.

    Raises:
        TypeError: if it is none.
    """
    if not isinstance(tensors, (tuple, list)):
        raise argument(name, "tensors", 1, "tuple of Tensors", tensors)
    tensors_in(tensors)
    return tensors


def common(tensors: Sequence[Tensor]) -> np.dtype[Any]:
    """The dtype all of them promote to."""
    first = tensors[0]._array.dtype
    for t in tensors:
        if t._array.dtype is not first:
            break
    else:
        return first
    # Tensors with dimensions outrank 0-dim ones, within a category.
    groups: list[dtype | None] = [None, None]
    for t in tensors:
        i = 0 if t._array.ndim else 1
        have = groups[i]
        groups[i] = t.dtype if have is None else dtypes.promote_types(have, t.dtype)
    return dtypes.combine(groups[0], groups[1], None).numpy


def _joined(arrays: Sequence[Any], dim: int, kind: Any) -> Any:
    for x in arrays:
        if x.dtype is not kind or not x.flags.c_contiguous:
            shape = list(arrays[0].shape)
            shape[dim] = sum([a.shape[dim] for a in arrays])
            y = np.empty(shape, kind)
            np.concatenate(arrays, dim, out=y, casting="unsafe")
            return y
    return np.concatenate(arrays, dim)


def _cat_forward(arrays: Sequence[Any], dim: int, sizes: Any, kind: Any) -> Any:
    return _joined([x for x, n in zip(arrays, sizes, strict=True) if n is not None], dim, kind)


def _pieces(g: Any, dim: int, sizes: Any) -> list[Any]:
    lead = (_ALL,) * dim
    parts: list[Any] = []
    start = 0
    for n in sizes:
        if n is None:  # an empty tensor that was passed over
            parts.append(g.reshape(-1)[:0])
        else:
            parts.append(g[(*lead, slice(start, start + n))])
            start += n
    return parts


_cat = Operator(
    "CatBackward0", _cat_forward, (lambda g, dim, sizes: _pieces(g, dim, sizes),),
    inputs=("x",), params=("dim", "sizes", "kind"), variadic=True,
)  # fmt: skip


def _stack_forward(arrays: Sequence[Any], dim: int, kind: Any) -> Any:
    if not dim and kind in _PLAIN:
        for x in arrays:
            if x.dtype is not kind:
                break
        else:
            return np.array(arrays)
    wide = [x.reshape((*x.shape[:dim], 1, *x.shape[dim:])) for x in arrays]
    return _joined(wide, dim, kind)


#: Dtypes of which ``np.array(list)`` makes what it should.
_PLAIN = frozenset(d.numpy for d in dtypes.ALL if d is not dtypes.bfloat16)


def _layers(g: Any, dim: int) -> list[Any]:
    lead = (_ALL,) * dim
    return [g[(*lead, i, ...)] for i in range(g.shape[dim])]


_stack = Operator(
    "StackBackward0", _stack_forward, (lambda g, dim: _layers(g, dim),),
    inputs=("x",), params=("dim", "kind"), variadic=True,
)  # fmt: skip


def _concatenated(name: str, tensors: Any, dim: Any) -> Tensor:
    if tensors.__class__ not in (list, tuple) or not tensors or dim.__class__ is not int:
        tensors = sequence(name, tensors)
        dim = whole(name, "dim", 2, dim)
        if not tensors:
            raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    try:
        arrays = [t._array for t in tensors]
    except AttributeError:
        sequence(name, tensors)
        raise
    shape, kind = arrays[0].shape, arrays[0].dtype
    if 0 <= dim < len(shape) and shape[0]:
        for x in arrays:
            if x.shape != shape or x.dtype is not kind or not x.flags.c_contiguous:
                break
        else:  # the common case: all alike
            params = dim, (shape[dim],) * len(arrays), kind
            return _cat.finish(np.concatenate(arrays, dim), tensors, params)
    for i, x in enumerate(arrays):
        if not x.ndim:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    # For the sake of old programs an empty vector goes with everything.
    first = next((x for x in arrays if x.shape != (0,)), arrays[0])
    ndim = first.ndim
    dim = _dimension(dim, ndim) if first.shape != (0,) else 0
    sizes: list[int | None] = []
    for i, x in enumerate(arrays):
        if x.shape == (0,) and ndim != 1:
            sizes.append(None)
            continue
        if x.ndim != ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {ndim} and {x.ndim}")
        if x.shape != first.shape:
            for d in range(ndim):
                if d != dim and x.shape[d] != first.shape[d]:
                    raise RuntimeError(
                        f"Sizes of tensors must match except in dimension {dim}. Expected size {first.shape[d]} but "
                        "got size "
                        f"{x.shape[d]} for tensor number {i} in the list."
                    )
        sizes.append(x.shape[dim])
    return _cat.many(tensors, dim, tuple(sizes), common(tensors))


def _into(name: str, out: Tensor, result: Tensor) -> Tensor:
    if (
        isinstance(out, Tensor)
        and not (result._rg or out.requires_grad)
        and not dtypes.can_cast(result.dtype, out.dtype)
    ):
        raise TypeError(f"torch.cat(): input types can't be cast to the desired output type {out.dtype.legacy}")
    return to_out(name, out, result)


def _cat_function(name: str) -> None:
    def cat(tensors: Any = None, dim: Any = 0, *, axis: Any = None, out: Tensor | None = None) -> Tensor:
        if tensors is None:
            raise missing(name, "tensors")
        if axis is not None:
            if dim != 0:
                raise unexpected(name, "axis")
            dim = axis
        if dim is None:
            raise argument(name, "dim", None, "int", dim)
        result = _concatenated(name, tensors, dim)
        return result if out is None else _into(name, out, result)

    cat.__name__ = cat.__qualname__ = name
    cat.__doc__ = """The tensors one after the other along dimension ``dim``; they agree in all others.

    Dtypes are promoted. An empty one-dimensional tensor is passed over, whatever the shape of the others.

    Raises:
        ValueError: if there are none.
        RuntimeError: if the shapes do not fit.

    >>> import zanjir
    >>> zanjir.cat([zanjir.tensor([1, 2]), zanjir.tensor([3])])
    tensor([1, 2, 3])
    """
    functions[name] = cat


for _name in ("cat", "concat", "concatenate"):
    _cat_function(_name)
cat = functions["cat"]


@public(method=False)
def stack(tensors: Any = None, dim: Any = 0, *, axis: Any = None, out: Tensor | None = None) -> Tensor:
    """The tensors, all of one shape, along a new dimension ``dim``.

    Raises:
        RuntimeError: if there are none, or their shapes differ.

    >>> import zanjir
    >>> zanjir.stack([zanjir.tensor([1, 2]), zanjir.tensor([3, 4])], dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    if tensors is None:
        raise missing("stack", "tensors")
    if axis is not None:
        dim = axis
    if dim.__class__ is not int:
        dim = whole("stack", "dim", 2, dim)
    tensors = sequence("stack", tensors)
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    shape = tensors[0]._array.shape
    dim = _dimension(dim, len(shape) + 1)
    for i, t in enumerate(tensors):
        if t._array.shape != shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and "
                f"{list(t._array.shape)} at "
                f"entry {i}"
            )
    result = _stack.many(tensors, dim, common(tensors))
    return result if out is None else _into("stack", out, result)


# ---------------------------------------------------------------------- at least so many dimensions


def _at_least(name: str, one: Any, doc: str) -> Any:
    def f(*tensors: Any) -> Any:
        if len(tensors) == 1:
            if isinstance(tensors[0], Tensor):
                return one(tensors[0])
            if not isinstance(tensors[0], (tuple, list)):
                raise combination(name, tensors, {}, "Tensor input", "tuple of Tensors tensors")
            tensors = tuple(tensors[0])
        tensors_in(tensors)
        return tuple([one(t) for t in tensors])

    f.__name__ = name
    f.__doc__ = doc
    return public(method=False)(f)


def _one_dim(t: Tensor) -> Tensor:
    return t if t._array.ndim else reshaped(t, (1,))


def _two_dim(t: Tensor) -> Tensor:
    ndim = t._array.ndim
    return t if ndim > 1 else unsqueeze(t, 0) if ndim else reshaped(t, (1, 1))


def _three_dim(t: Tensor) -> Tensor:
    ndim = t._array.ndim
    if ndim > 2:
        return t
    if ndim == 2:
        return unsqueeze(t, 2)
    return unsqueeze(unsqueeze(t, 0), 2) if ndim else reshaped(t, (1, 1, 1))


atleast_1d = _at_least("atleast_1d", _one_dim, "Each tensor as it is, a 0-dim one as a vector of one element.")
atleast_2d = _at_least(
    "atleast_2d", _two_dim, "Each tensor as it is; one of fewer than 2 dimensions as a row of a matrix."
)
atleast_3d = _at_least("atleast_3d", _three_dim, "Each tensor with at least 3 dimensions, new ones of length 1.")


def _stacked_along(name: str, one: Any, dim: Any, doc: str) -> Any:
    def f(tensors: Any, *, out: Tensor | None = None) -> Tensor:
        tensors = sequence(name, tensors)
        if not tensors:
            raise RuntimeError(f"{'vstack' if name == 'row_stack' else name} expects a non-empty TensorList")
        parts = [one(t) for t in tensors]
        result = _concatenated(name, parts, dim(parts[0]))
        return result if out is None else _into(name, out, result)

    f.__name__ = name
    f.__doc__ = doc
    return public(method=False)(f)


hstack = _stacked_along(
    "hstack", _one_dim, lambda t: 0 if t._array.ndim == 1 else 1, "The tensors side by side: along the second "
    "dimension, vectors along their only one."
)  # fmt: skip
vstack = _stacked_along("vstack", _two_dim, lambda t: 0, "The tensors one below the other; vectors are rows.")
row_stack = _stacked_along("row_stack", _two_dim, lambda t: 0, "As :func:`vstack`.")
dstack = _stacked_along(
    "dstack", _three_dim, lambda t: 2, "The tensors one behind the other: along the third dimension."
)


def _column(t: Tensor) -> Tensor:
    return t if t._array.ndim > 1 else reshaped(t, (t._array.size, 1))


column_stack = _stacked_along("column_stack", _column, lambda t: 1, "The tensors side by side; vectors are columns.")


# ---------------------------------------------------------------------- grids, products


def _grids(tensors: Sequence[Tensor], swap: bool) -> tuple[Tensor, ...]:
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for t in tensors:
        if t._array.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {t}")
    for t in tensors:
        if t._array.dtype is not tensors[0]._array.dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    count = len(tensors)
    order = list(range(count))
    if swap and count > 1:
        order[0], order[1] = 1, 0
    shape = [1] * count
    for t, d in zip(tensors, order, strict=True):
        shape[d] = t._array.size
    return tuple([
        expanded_to(view(t, tuple([t._array.size if i == d else 1 for i in range(count)])), tuple(shape))
        for t, d in zip(tensors, order, strict=True)
    ])  # fmt: skip


@public(method=False)
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """For every tensor (a vector, or 0-dim) a view of it expanded over the grid of all of them.

    Args:
        indexing: ``"ij"``: the first tensor runs along the first dimension; ``"xy"``: along the second.

    >>> import zanjir
    >>> zanjir.meshgrid(zanjir.tensor([1, 2]), zanjir.tensor([3, 4]), indexing="ij")
    (tensor([[1, 1],
            [2, 2]]), tensor([[3, 4],
            [3, 4]]))
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    tensors_in(tensors)
    if indexing is None:
        warn_once("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.")
    elif indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    return _grids(tensors, indexing == "xy")


def _vectors(tensors: Sequence[Tensor]) -> None:
    for t in tensors:
        if t._array.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(t._array.shape)}")


@public(method=False)
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All tuples with one element of each vector, as rows.

    >>> import zanjir
    >>> zanjir.cartesian_prod(zanjir.tensor([1, 2]), zanjir.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    tensors_in(tensors)
    _vectors(tensors)
    if len(tensors) == 1:
        return tensors[0]
    return stack([flatten(t) for t in _grids(tensors, False)], 1)


@public(method=False)
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All ways to take ``r`` elements of a vector, as rows, in the order of the vector.

    >>> import zanjir
    >>> zanjir.combinations(zanjir.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    tensors_in((input,))
    _vectors((input,))
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    x = input._array
    if not r:
        return wrap(np.empty(0, x.dtype))
    places = np.indices((len(x),) * r)
    mask = np.ones(places.shape[1:], np.bool_)
    for a, b in itertools.pairwise(places):
        mask &= a <= b if with_replacement else a < b
    chosen = wrap(mask)
    return stack([functions["masked_select"](grid, chosen) for grid in _grids([input] * r, False)], 1)


def _block_forward(arrays: Sequence[Any], corners: Any, shape: tuple[int, int], kind: Any) -> Any:
    y = np.zeros(shape, kind)
    for x, (r, c, h, w, _) in zip(arrays, corners, strict=True):
        y[r : r + h, c : c + w] = x
    return y


_block_diag = Operator(
    "BlockDiagBackward0", _block_forward,
    (lambda g, corners: [g[r : r + h, c : c + w].reshape(shape) for r, c, h, w, shape in corners],),
    inputs=("x",), params=("corners", "whole", "kind"), variadic=True,
)  # fmt: skip


@public(method=False)
def block_diag(*tensors: Tensor) -> Tensor:
    """The matrices along the diagonal of a matrix of zeros; vectors are rows.

    >>> import zanjir
    >>> zanjir.block_diag(zanjir.tensor([[1], [2]]), zanjir.tensor([3]))
    tensor([[1, 0],
            [2, 0],
            [0, 3]])
    """
    tensors_in(tensors)
    if not tensors:
        return wrap(np.zeros((1, 0), dtypes.get_default_dtype().numpy))
    corners, row, column = [], 0, 0
    for i, t in enumerate(tensors):
        shape = t._array.shape
        if len(shape) > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has {len(shape)} "
                "dimensions"
            )
        h, w = ((1, 1, *shape)[-2:]) if len(shape) < 2 else shape
        corners.append((row, column, h, w, shape))
        row, column = row + h, column + w
    return _block_diag.many(tensors, tuple(corners), (row, column), common(tensors))


# ---------------------------------------------------------------------- NumPy's functions on tensors


def _tensors(arrays: Any) -> list[Tensor]:
    return [a if isinstance(a, Tensor) else wrap(np.asarray(a)) for a in arrays]


@numpy_function(np.concatenate)
def _np_concatenate(
    arrays: Any, /, axis: int | None = 0, out: Any = None, *, dtype: Any = None, casting: Any = None
) -> Tensor:
    parts = _tensors(arrays)
    if axis is None:
        parts, axis = [flatten(t) for t in parts], 0
    result: Tensor = cat(parts, axis)
    if dtype is not None:
        result = result.to(dtypes.of(np.dtype(dtype)))
    return result if out is None else to_out("cat", out, result)


@numpy_function(np.stack)
def _np_stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = None) -> Tensor:
    result: Tensor = stack(_tensors(arrays), axis)
    if dtype is not None:
        result = result.to(dtypes.of(np.dtype(dtype)))
    return result if out is None else to_out("stack", out, result)


_pairs: Any = ((np.hstack, hstack), (np.vstack, vstack), (np.dstack, dstack), (np.column_stack, column_stack))
for _numpy, _ours in _pairs:
    numpy_function(_numpy)(lambda tup, _ours=_ours, **options: _ours(_tensors(tup)))
_pairs = ((np.atleast_1d, atleast_1d), (np.atleast_2d, atleast_2d), (np.atleast_3d, atleast_3d))
for _numpy, _ours in _pairs:
    numpy_function(_numpy)(lambda *arys, _ours=_ours: _ours(*_tensors(arys)))


@numpy_function(np.meshgrid)
def _np_meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Tensor, ...]:
    return meshgrid(*_tensors(xi), indexing=indexing)
