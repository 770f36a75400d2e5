"""Writing by index: ``x[i] = v``, ``x[mask] = 0``, ``x[:, [0, 2]] = v``.

The index is read as :mod:`.index` reads it. Its first half gives a view, over which ``v`` is written; if masks or
integer tensors take part, into the places of it that these name.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..layout import copy_as
from ..signature import type_name
from ..state import state
from ..tensor import Tensor, refresh, wrap
from .advanced import ALL, accumulate, outside
from .arguments import expandable
from .declare import Operator, _type_name, record
from .fill import copy_, fill_, scalar_array, unshared
from .index import Index, _edge, _tuple, _view, advanced, basic, basic_steps, guards, indexed, read
from .inplace import alias, bump, check, overlaps, settle
from .views import either

ndarray = np.ndarray
_INT64, _BOOL = np.dtype(np.int64), np.dtype(np.bool_)
_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)


def _put(x: Any, values: Any, key: tuple[Any, ...], add: bool, guards: Any = ()) -> Any:
    if not add:
        x = copy_as(x)
        x[key] = values
        return x
    whole = x.copy()
    accumulate(whole, key, values)
    if x.flags.c_contiguous:
        return whole
    x = copy_as(x)
    x[...] = whole
    return x


def _without(g: Any, key: tuple[Any, ...]) -> Any:
    g = g.copy()
    g[key] = 0
    return g


#: ``g`` with zeros at ``key``.
without: Callable[..., Any] = either(
    Operator("IndexPutBackward0", _without, (lambda g, key: without(g, key),), inputs=("g",), params=("key",))
)
put_op = indexed(
    Operator(
        "IndexPutBackward0", _put,
        (lambda g, key, add: g if add else without(g, key), lambda g, key: g[key]),
        inputs=("x", "values"), params=("key", "add", "guards"),
    )
)  # fmt: skip


def _setitem(self: Tensor, index: Any, value: Any) -> None:
    """``x[index] = value``: writes a tensor or a number, broadcast to what the index selects and cast to its dtype.

    Raises:
        IndexError, ValueError: as reading does.
        TypeError: if the value is neither a tensor nor a number.
        RuntimeError: if it does not broadcast, its dtype differs where index tensors take part, or ``x`` may not be
            written in place now. Nothing has been written then.

    >>> import zanjir
    >>> x = zanjir.tensor([1., 2., 3.])
    >>> x[0] = 10; x[x < 5] = 0; x
    tensor([10.,  0.,  0.])
    """
    x = self._array
    if value.__class__ is float and _direct(self, x, value):
        key = _one(index, x) if index.__class__ is Tensor else basic(index)
        if key is not None:
            try:
                x[key] = value
            except IndexError:
                read(x.shape, index if index.__class__ is tuple else (index,), index.__class__ is not tuple)
                outside(key, x.shape)
            bump(self)
            return
    if not isinstance(value, Tensor):
        if not isinstance(value, (int, float, complex, np.integer)):
            raise TypeError(f"can't assign a {type_name(value)} to a {_type_name(x)}")
        if not isinstance(value, (float, complex)) and not -(1 << 63) <= value < 1 << 63:
            raise ValueError("Overflow when unpacking long long")
        value = wrap(scalar_array("__setitem__", value, dtypes.of(x.dtype), True))
    if self._base is not None:
        refresh(self)
    if value._base is not None:
        refresh(value)
    recording = state.now.grad and (self._rg or value._rg or (self._base is not None and self._base._rg))
    if not recording and (x.flags.c_contiguous or not overlaps(x)):
        key = _one(index, x) if index.__class__ is Tensor else basic(index)
        if key is not None and value._array.dtype is x.dtype:
            try:
                x[key] = value._array
                bump(self)
                return
            except (IndexError, ValueError):
                pass  # found again below, and explained
    if index is False:
        return
    if index is True:
        index = None
    index, alone = _tuple(index)
    found = read(x.shape, index, alone)
    part = x[found.key]
    target = self
    steps = basic_steps(x.shape, found.key[:-1])
    if steps:
        target = _view(self, part)
        if recording and self._rg:
            target._node, target._rg = _edge(self, steps), True
    if recording:
        check(target, (value,))
    if found.arrays is None:
        _assign(target, value)
    else:
        _index_put(target, found, value)


def _direct(t: Tensor, x: Any, value: float) -> bool:
    """Whether a number may be written into ``t`` as it is: most are, into floats that are no view and in no graph."""
    return (
        -1e38 < value < 1e38
        and (x.dtype is _F32 or x.dtype is _F64)
        and not t._rg
        and t._base is None
        and (x.flags.c_contiguous or not overlaps(x))
    )


def _one(index: Tensor, x: Any) -> Any:
    """The key for writing with one index tensor, if nothing about it is odd."""
    array = index._array
    if array.ndim and x.ndim and (array.dtype is _INT64 or (array.dtype is _BOOL and array.shape == x.shape)):
        return (array,)
    return None


def _assign(target: Tensor, value: Tensor) -> None:
    """Writes ``value`` over all of ``target``."""
    shape = value._array.shape
    if shape == target._array.shape or shape:
        if shape != target._array.shape:
            expandable(stripped(shape), target._array.shape, value._array.dtype)
            value = value.view(stripped(shape)).expand(target._array.shape)
        copy_(target, value)
    else:
        unshared(target)
        fill_(target, value)


def stripped(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without the ones it begins with."""
    lead = 0
    while lead < len(shape) and shape[lead] == 1:
        lead += 1
    return shape[lead:]


def _index_put(target: Tensor, found: Index, value: Tensor) -> None:
    """Writes ``value`` where the masks and integer arrays of the index point in ``target``."""
    part, values = target._array, value._array
    arrays = found.arrays or []
    key = advanced(arrays, part.shape)
    shape = stripped(values.shape)
    if values.size == 1 and key[-1].dtype is _BOOL and sum(k is not ALL for k in key) == 1:  # a masked fill
        if any(a.dtype == np.uint8 for a in arrays if isinstance(a, ndarray)):
            raise RuntimeError("masked_fill_ only supports boolean masks, but got mask with dtype unsigned char")
        if values.dtype is not part.dtype:
            values = scalar_array("masked_fill_", value.item(), dtypes.of(part.dtype))
    elif values.dtype is not part.dtype:
        goes(part, key, shape)
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {dtypes.of(part.dtype).legacy} for the "
            f"destination and {dtypes.of(values.dtype).legacy} for the source."
        )
    put_at(part, key, values.reshape(shape))
    counter = bump(target)
    if state.now.grad and (target._rg or value._rg):
        if value._rg and shape != values.shape:
            value = value.view(shape)
        result = wrap(part)
        record(put_op, result, (alias(target), value), (key, False, guards(found.tensors)))
        settle(target, result, counter)


def put_at(part: Any, key: tuple[Any, ...], values: Any) -> None:
    """``part[key] = values``; of an index that occurs twice the last value stays.

    Raises:
        IndexError: where an index is out of bounds.
        RuntimeError: if the values do not broadcast to what the key selects, or lie in the memory written to.
    """
    if values.ndim and np.may_share_memory(part, values) and _dense(part) and _dense(values):
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
            "memory location. Please clone() the tensor before performing the operation."
        )
    if overlaps(part):
        warnings.warn(
            "Use of index_put_ on expanded tensors is deprecated. Please clone() the tensor before performing this "
            "operation. This also applies to advanced indexing e.g. tensor[indices] = tensor",
            stacklevel=5,
        )
    try:
        part[key] = values
    except IndexError:
        outside(key, part.shape)
    except ValueError:
        goes(part, key, values.shape)
        raise


def goes(part: Any, key: tuple[Any, ...], shape: tuple[int, ...]) -> None:
    """Raises what PyTorch raises if values of this shape do not broadcast to ``part[key]``."""
    try:
        result = np.broadcast_to(np.empty((), np.bool_), part.shape)[key].shape
    except IndexError:
        result = outside(key, part.shape)
    try:
        fits = np.broadcast_shapes(result, shape) == result
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(shape)} cannot be broadcast to indexing result of shape "
            f"{list(result)}"
        ) from None


def _dense(array: Any) -> bool:
    return bool(array.flags.c_contiguous or array.flags.f_contiguous)


def _delitem(self: Tensor, index: Any) -> None:
    raise TypeError("Tensor does not support deleting items")


for _name, _method in (("__setitem__", _setitem), ("__delitem__", _delitem)):
    _method.__name__ = _method.__qualname__ = _name
    setattr(Tensor, _name, _method)
