"""Random tensors: the very numbers that PyTorch draws on a CPU. What draws them is :mod:`.generator`."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import dtypes, factory, generator
from .dtypes import FLOATING
from .factory import finish, given, integer, made, no_negative, options, sequence_of_sizes, size_of
from .generator import Generator, default_generator, load_state_bytes, serial_view, state_bytes
from .layout import empty_as, preserve_format
from .ops.declare import Operator
from .ops.elementwise import mismatch
from .ops.fill import overwrite, plainly, unshared
from .ops.inplace import bump, check
from .signature import OPTIONS, argument, combination, type_name, unexpected
from .tensor import Tensor, wrap

__all__ = [
    "Generator", "bernoulli", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "normal",
    "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "seed", "set_rng_state",
]  # fmt: skip

# ---------------------------------------------------------------------------------------------------- seeds and states


def manual_seed(seed: Any) -> Generator:
    """Starts the default generator again from ``seed``, and returns it.

    Args:
        seed: an integer from -2**63 to 2**64 - 1.

    >>> import zanjir
    >>> _ = zanjir.manual_seed(0)
    >>> zanjir.rand(2)
    tensor([0.4963, 0.7682])
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Starts the default generator again from a seed that the operating system gives, and returns that seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator was last started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default generator: a tensor of 5056 uint8, the same as PyTorch's."""
    return _get_state(default_generator)


def set_rng_state(new_state: Tensor) -> None:
    """Puts the default generator in a state that :func:`get_rng_state` gave.

    Raises:
        TypeError, RuntimeError: if it is no such state.

    >>> import zanjir
    >>> before = zanjir.get_rng_state()
    >>> first = zanjir.rand(3)
    >>> zanjir.set_rng_state(before)
    >>> bool((zanjir.rand(3) == first).all())
    True
    """
    _set_state(default_generator, new_state)


def _get_state(self: Generator) -> Tensor:
    """The state, as a tensor of 5056 uint8."""
    return wrap(state_bytes(self))


def _set_state(self: Generator, new_state: Tensor) -> Generator:
    """Puts the generator in a state that :meth:`get_state` gave."""
    if not isinstance(new_state, Tensor):
        raise TypeError(f"expected a torch.ByteTensor, but got {type_name(new_state)}")
    load_state_bytes(self, new_state._array)
    return self


Generator.get_state = _get_state  # type: ignore[attr-defined]
Generator.set_state = _set_state  # type: ignore[attr-defined]


@contextlib.contextmanager
def fork_rng(
    devices: Any = None, enabled: bool = True, _caller: str = "fork_rng", _devices_kw: str = "devices",
    device_type: str = "cuda",
) -> Iterator[None]:  # fmt: skip
    """A context after which the default generator goes on from where it stood before.

    >>> import zanjir
    >>> with zanjir.random.fork_rng():
    ...     inside = zanjir.rand(3)
    >>> bool((zanjir.rand(3) == inside).all())
    True
    """
    if not enabled:
        yield
        return
    before = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(before)


def thread_safe_generator() -> Generator | None:
    """The generator of a data loader's worker thread, if this is one: never."""
    return None


# ------------------------------------------------------------------------------------------------- arguments they share


def _source(gen: Any) -> Generator:
    return default_generator if gen is None else gen


def _keywords(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], signatures: tuple[str, ...]) -> None:
    """Raises what PyTorch raises for keywords these functions do not have, or of the wrong type."""
    for k, v in kwargs.items():
        kind = _KINDS.get(k)
        if k not in _KNOWN or (
            kind is not None and v is not None and not isinstance(v, kind) and not (k == "dtype" and v in _PYTHON)
        ):
            raise combination(name, args, kwargs, *signatures)


_PYTHON = (float, int, bool, complex)
_KINDS: dict[str, Any] = {
    "generator": Generator, "out": Tensor, "dtype": dtypes.dtype, "requires_grad": bool, "pin_memory": bool,
}  # fmt: skip
_KNOWN = frozenset(("generator", "out", "dtype", "layout", "device", "pin_memory", "requires_grad"))


def _both(signature: str, extra: str = "Tensor out = None, ") -> tuple[str, str]:
    """A signature with the generator required, and one without it."""
    return f"{signature}, *, torch.Generator generator, {extra}{OPTIONS}", f"{signature}, *, {extra}{OPTIONS}"


_SIZE = _both("tuple of ints size")
_PERM = _both("int n")
_INTS = (*_both("int high, tuple of ints size"), *_both("int low, int high, tuple of ints size"))
_FORMAT = "torch.memory_format memory_format = None, "
_LIKE = _both("Tensor input", _FORMAT)
_INTS_LIKE = (
    *_both("Tensor input, int low, int high", _FORMAT), *_both("Tensor input, Tensor high", _FORMAT),
    *_both("Tensor input, int high", _FORMAT),
)  # fmt: skip
_NORMAL = (
    "Tensor mean, Tensor std, *, torch.Generator generator = None, Tensor out = None",
    "Tensor mean, float std = 1, *, torch.Generator generator = None, Tensor out = None",
    "float mean, Tensor std, *, torch.Generator generator = None, Tensor out = None",
    "float mean, float std, tuple of ints size, *, torch.Generator generator = None, Tensor out = None, " + OPTIONS,
)
_RANDOM = (
    "*, torch.Generator generator = None", "int from, int to, *, torch.Generator generator = None",
    "int to, *, torch.Generator generator = None",
)  # fmt: skip


def _make(name: str, default: dtypes.dtype | None, draw: Any, kwargs: dict[str, Any]) -> Tensor:
    """The tensor for what ``draw(generator, dtype, contiguous target)`` draws, by the keywords all factories take."""
    out = kwargs.get("out")
    dtype = kwargs.get("dtype")
    own = given(name, out, dtype)
    requires_grad = kwargs.get("requires_grad", False)
    d = options(
        name, dtype, kwargs.get("layout"), kwargs.get("device"), kwargs.get("pin_memory", False), requires_grad,
        own or default or dtypes._default,
    )  # fmt: skip
    assert d is not None
    source = _source(kwargs.get("generator"))
    if out is not None and not out._array.flags.c_contiguous:
        values = draw(source, d.numpy, False)
        if out._array.shape == values.shape:
            _spread(out._array, values)
            bump(out)
            return out
        return finish(name, values, out, requires_grad)
    return finish(name, draw(source, d.numpy, True), out, requires_grad)


# ---------------------------------------------------------------------------------------------------------- by the size


def rand(*args: Any, **kwargs: Any) -> Tensor:
    """Numbers uniform on [0, 1).

    Args:
        size: as numbers or as one sequence.
        generator: by default the one that :func:`manual_seed` seeds.
        out, dtype, layout, device, pin_memory, requires_grad: as for :func:`zeros`.

    Raises:
        NotImplementedError: if the dtype is neither floating nor complex.

    >>> import zanjir
    >>> _ = zanjir.manual_seed(0)
    >>> zanjir.rand(2, 2)
    tensor([[0.4963, 0.7682],
            [0.0885, 0.1320]])
    """
    shape = _shape("rand", args, kwargs)
    if not kwargs and factory._device is None:
        return wrap(generator.uniform(default_generator, shape, dtypes._default.numpy))
    return _make("rand", None, lambda g, d, _: generator.uniform(g, shape, d), kwargs)


def randn(*args: Any, **kwargs: Any) -> Tensor:
    """Normally distributed numbers of mean 0 and standard deviation 1. Arguments: as for :func:`rand`.

    >>> import zanjir
    >>> _ = zanjir.manual_seed(0)
    >>> zanjir.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    shape = _shape("randn", args, kwargs)
    if not kwargs and factory._device is None:
        return wrap(generator.normal(default_generator, shape, dtypes._default.numpy))
    return _make("randn", None, lambda g, d, c: generator.normal(g, shape, d, contiguous=c), kwargs)


def _shape(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[int, ...]:
    if "size" in kwargs:
        if args:
            raise combination(name, args, kwargs, *_SIZE)
        args = (kwargs.pop("size"),)
    elif not args:
        raise combination(name, args, kwargs, *_SIZE)
    if kwargs:
        _keywords(name, args, kwargs, _SIZE)
    return no_negative(size_of(name, args))


def randint(*args: Any, **kwargs: Any) -> Tensor:
    """Integers uniform on [low, high): ``randint(high, size)`` or ``randint(low, high, size)``.

    Args:
        low, high: integers; ``low`` is 0 if not given.
        size: a sequence.
        generator, out, dtype, layout, device, pin_memory, requires_grad: as for :func:`rand`; the dtype is int64 if not
            given.

    Raises:
        RuntimeError: if ``low >= high``, or the dtype does not hold them.

    >>> import zanjir
    >>> _ = zanjir.manual_seed(0)
    >>> zanjir.randint(10, (5,))
    tensor([4, 9, 3, 0, 3])
    """
    everything = dict(kwargs)
    named: dict[str, Any] = {k: kwargs.pop(k) for k in ("low", "high", "size") if k in kwargs}
    _keywords("randint", args, kwargs, _INTS)
    low, high, size = _bounds_and_size(args, named, everything)
    shape = no_negative(sequence_of_sizes("randint", size, 3))
    return _make("randint", dtypes.int64, lambda g, d, _: generator.randint(g, low, high, shape, d), kwargs)


def _bounds_and_size(args: tuple[Any, ...], named: dict[str, Any], kwargs: dict[str, Any]) -> tuple[int, int, Any]:
    values = list(args)
    order = ["low", "high", "size"]
    if len(values) + len(named) == 2 and "low" not in named:
        order = order[1:]
        if len(values) == 2 and isinstance(values[0], int) and not isinstance(values[1], (tuple, list)):
            raise argument("randint", "size", 2, "tuple of ints", values[1])
    found = dict(zip(order, values, strict=False))
    if len(values) > len(order) or any(k in found for k in named):
        raise combination("randint", args, kwargs, *_INTS)
    found.update(named)
    low, high = integer(found.get("low", 0)), integer(found.get("high"))
    if low is None or high is None or not isinstance(found.get("size"), (tuple, list)):
        raise combination("randint", args, kwargs, *_INTS)
    return low, high, found["size"]


def randperm(*args: Any, **kwargs: Any) -> Tensor:
    """A random permutation of 0 ... n - 1: ``randperm(n)``, of dtype int64 if none is given.

    >>> import zanjir
    >>> _ = zanjir.manual_seed(0)
    >>> zanjir.randperm(5)
    tensor([4, 0, 1, 3, 2])
    """
    values = (*args, *([kwargs.pop("n")] if "n" in kwargs else []))
    if len(values) != 1:
        raise combination("randperm", args, kwargs, *_PERM)
    _keywords("randperm", args, kwargs, _PERM)
    n = integer(values[0])
    if n is None or isinstance(values[0], bool):
        raise argument("randperm", "n", 1, "int", values[0])
    return _make("randperm", dtypes.int64, lambda g, d, _: generator.randperm(g, n, d), kwargs)


_to_mean = Operator("NormalBackward1", lambda mean: mean, (lambda g: np.zeros_like(g),))
_to_std = Operator("NormalBackward2", lambda std: std, (lambda g: np.zeros_like(g),))
_to_both = Operator("NormalBackward3", lambda mean, std: mean, (lambda g: np.zeros_like(g), lambda g: np.zeros_like(g)))


def normal(*args: Any, **kwargs: Any) -> Tensor:
    """Normally distributed numbers: ``normal(mean, std)``, one or both of them tensors, or ``normal(mean, std, size)``.

    Args:
        mean, std: tensors that broadcast, or numbers; ``std`` is 1 if not given.
        size: a sequence, where both are numbers.
        generator, out: as for :func:`rand`; with ``size`` its other keywords too.

    Raises:
        RuntimeError: if a standard deviation is negative.

    >>> import zanjir
    >>> _ = zanjir.manual_seed(0)
    >>> zanjir.normal(10.0, 1.0, (2,))
    tensor([11.5410,  9.7066])
    """
    names = ("mean", "std", "size")
    found = dict(zip(names, args, strict=False))
    if len(args) > 3 or any(k in found for k in kwargs):
        raise combination("normal", args, kwargs, *_NORMAL)
    given_kwargs = dict(kwargs)
    for k in names:
        if k in kwargs:
            found[k] = kwargs.pop(k)
    mean: Any = found.get("mean")
    std: Any = found.get("std", 1 if isinstance(mean, Tensor) else None)
    tensors = isinstance(mean, Tensor) or isinstance(std, Tensor)
    if (
        not all(isinstance(v, (int, float, Tensor, np.number)) for v in (mean, std))
        or tensors == ("size" in found)
        or (not tensors and not isinstance(found["size"], (tuple, list)))
    ):
        raise combination("normal", args, given_kwargs, *_NORMAL)
    _keywords("normal", args, kwargs, _NORMAL)
    if not tensors:
        shape = no_negative(size_of("normal", (found["size"],)))
        centre, spread = float(mean), float(std)
        return _make(
            "normal", None, lambda g, d, c: generator.normal(g, shape, d, centre, spread, contiguous=c), kwargs
        )
    out = kwargs.get("out")
    if isinstance(mean, Tensor) and isinstance(std, Tensor):
        try:
            np.broadcast_shapes(mean._array.shape, std._array.shape)
        except ValueError:
            raise mismatch((mean, std)) from None
    values = generator.normal_like(
        _source(kwargs.get("generator")), mean._array if isinstance(mean, Tensor) else float(mean),
        std._array if isinstance(std, Tensor) else float(std),
    )  # fmt: skip
    if out is not None:
        own = given("normal", out, None)
        return finish("normal", values.astype(own.numpy, copy=False), out, False)  # type: ignore[union-attr]
    sources = tuple(t for t in (mean, std) if isinstance(t, Tensor))
    op = _to_both if len(sources) == 2 else _to_mean if sources[0] is mean else _to_std
    return op.finish(values, sources, ())


# ------------------------------------------------------------------------------------------------------- like a tensor


def _like(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], signatures: tuple[str, ...]) -> tuple[Any, Any]:
    """The input and an uninitialised array for ``rand_like`` and its kin."""
    if not args and "input" in kwargs:
        args = (kwargs["input"],)
    if not args:
        raise combination(name, args, kwargs, *signatures)
    input = args[0]
    if not isinstance(input, Tensor):
        raise argument(name, "input", 1, "Tensor", input)
    for k, v in kwargs.items():
        if k not in _KNOWN_LIKE or (k == "generator" and v is not None and not isinstance(v, Generator)):
            raise combination(name, args, kwargs, *signatures)
    d = options(name, kwargs.get("dtype"), kwargs.get("layout"), kwargs.get("device"), kwargs.get("pin_memory", False),
                kwargs.get("requires_grad", False), input.dtype)  # fmt: skip
    assert d is not None
    return input, empty_as(input._array, d.numpy, kwargs.get("memory_format", preserve_format))


_KNOWN_LIKE = _KNOWN - {"out"} | {"memory_format", "input", "low", "high"}


def rand_like(*args: Any, **kwargs: Any) -> Tensor:
    """Numbers uniform on [0, 1), with the shape, dtype and strides of ``input``."""
    _, array = _like("rand_like", args, kwargs, _LIKE)
    if len(args) > 1:
        raise combination("rand_like", args, kwargs, *_LIKE)
    _spread(array, _uniform_values(array, kwargs.get("generator"), 0.0, 1.0))
    return made(array, kwargs.get("requires_grad", False))


def randn_like(*args: Any, **kwargs: Any) -> Tensor:
    """Normally distributed numbers, with the shape, dtype and strides of ``input``."""
    _, array = _like("randn_like", args, kwargs, _LIKE)
    if len(args) > 1:
        raise combination("randn_like", args, kwargs, *_LIKE)
    _spread(array, _normal_values(array, kwargs.get("generator"), 0.0, 1.0))
    return made(array, kwargs.get("requires_grad", False))


def randint_like(*args: Any, **kwargs: Any) -> Tensor:
    """Integers uniform on [low, high), with the shape, dtype and strides of ``input``.

    ``randint_like(input, high)`` or ``randint_like(input, low, high)``.
    """
    _, array = _like("randint_like", args, kwargs, _INTS_LIKE)
    bounds = [*args[1:]] if args else []
    bounds += [kwargs[k] for k in ("low", "high") if k in kwargs]
    numbers = [integer(b) for b in bounds]
    if len(bounds) not in (1, 2) or None in numbers:
        raise combination("randint_like", args, kwargs, *_INTS_LIKE)
    low, high = (0, numbers[0]) if len(numbers) == 1 else numbers
    values = generator.random_(_source(kwargs.get("generator")), array.shape, array.dtype, low, high)
    _spread(array, values)
    return made(array, kwargs.get("requires_grad", False))


# ------------------------------------------------------------------------------------------------------------ in place

_uniform = Operator("UniformBackward0", lambda x: x, (lambda g: np.zeros_like(g),))
_normal = Operator("NormalBackward0", lambda x: x, (lambda g: np.zeros_like(g),))
_randoms = [Operator(f"RandomBackward{i}", lambda x: x, (lambda g: np.zeros_like(g),)) for i in range(3)]
_bernoullis = [
    Operator("BernoulliBackward0", lambda x: x, (lambda g: np.zeros_like(g),)),
    Operator("BernoulliBackward1", lambda x, p: x, (lambda g: np.zeros_like(g), lambda g: np.zeros_like(g))),
    Operator("BernoulliBackward2", lambda x: x, (lambda g: np.zeros_like(g),)),
]


def _uniform_values(array: Any, gen: Any, low: float, high: float) -> Any:
    return generator.uniform(_source(gen), array.shape, array.dtype, low, high)


def _normal_values(array: Any, gen: Any, mean: float, std: float) -> Any:
    contiguous = bool(array.flags.c_contiguous)
    return generator.normal(_source(gen), array.shape, array.dtype, mean, std, contiguous=contiguous)


def _spread(array: Any, values: Any) -> None:
    """Writes ``values``, in the order they were drawn, into ``array``, in the order PyTorch fills it."""
    if array.flags.c_contiguous:
        array[...] = values
    else:
        target = serial_view(array)
        target[...] = values.reshape(target.shape)


def _refill(t: Tensor, op: Operator, values: Any, *sources: Tensor) -> Tensor:
    """Writes what was drawn into ``t`` and records that."""
    if plainly(t) and not sources:
        t._array[...] = values
        bump(t)
        return t
    if not t._array.flags.c_contiguous:
        arranged = empty_as(t._array, t._array.dtype)
        _spread(arranged, values)
        values = arranged
    return overwrite(t, op, values, *sources)


def _method(f: Any) -> Any:
    f.__name__ = f.__qualname__ = f.__name__.lstrip("_")
    setattr(Tensor, f.__name__, f)
    return f


def _float(name: str, parameter: str, position: int, value: Any) -> float:
    if isinstance(value, Tensor) and not value._array.ndim and value.dtype.category <= FLOATING:
        return float(value.item())
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return float(value)
    raise argument(name, parameter, position, "float", value)


@_method
def uniform_(self: Tensor, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
    """Fills the tensor with numbers uniform on [from, to): ``uniform_(from=0, to=1)``.

    Raises:
        NotImplementedError: if the dtype is neither floating nor complex.

    >>> import zanjir
    >>> _ = zanjir.manual_seed(0)
    >>> zanjir.empty(2).uniform_(-1, 1)
    tensor([-0.0075,  0.5364])
    """
    low, high = _pair("uniform_", ("from", "to"), (0.0, 1.0), args, kwargs)
    unshared(self)
    check(self)
    return _refill(self, _uniform, _uniform_values(self._array, generator, low, high))


@_method
def normal_(self: Tensor, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
    """Fills the tensor with normally distributed numbers: ``normal_(mean=0, std=1)``."""
    mean, std = _pair("normal_", ("mean", "std"), (0.0, 1.0), args, kwargs)
    unshared(self)
    check(self)
    return _refill(self, _normal, _normal_values(self._array, generator, mean, std))


def _pair(
    name: str, names: tuple[str, str], default: tuple[float, float], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[float, float]:
    if not args and not kwargs:
        return default
    if len(args) > 2:
        raise TypeError(f"{name}() takes from 0 to 2 positional arguments but {len(args)} were given")
    found = dict(zip(names, args, strict=False))
    for k in kwargs:
        if k not in names:
            raise unexpected(name, k)
        if k in found:
            raise TypeError(f"{name}() got multiple values for argument '{k}'")
    found.update(kwargs)
    first, second = (_float(name, k, i, found[k]) if k in found else default[i - 1] for i, k in enumerate(names, 1))
    return first, second


@_method
def random_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Fills the tensor with integers: ``random_()``, ``random_(to)``, ``random_(from, to)``.

    Without bounds they go from 0 to the largest of an integer dtype, to 2**digits of a floating one.

    >>> import zanjir
    >>> _ = zanjir.manual_seed(0)
    >>> zanjir.empty(5, dtype=zanjir.int64).random_(10)
    tensor([4, 9, 3, 0, 3])
    """
    gen = kwargs.get("generator")
    names = ("from", "to") if len(args) == 2 or "from" in kwargs else ("to",)
    found = dict(zip(names, args, strict=False))
    for k, v in kwargs.items():
        if k in found or k not in ("from", "to", "generator") or (k == "generator" and v is not None
                                                                  and not isinstance(v, Generator)):  # fmt: skip
            raise combination("random_", args, kwargs, *_RANDOM)
        found[k] = v
    low, high = found.get("from"), found.get("to")
    if len(args) > 2 or not all(v is None or integer(v) is not None for v in (low, high)):
        raise combination("random_", args, kwargs, *_RANDOM)
    unshared(self)
    check(self)
    kind = 0 if "from" in found else 1 if "to" in found else 2
    values = generator.random_(_source(gen), self._array.shape, self._array.dtype, low, high)
    return _refill(self, _randoms[kind], values)


# --------------------------------------------------------------------------------------------------------- coin tosses

# As PyTorch tosses them on processors that are not Intel's; on those it asks MKL, for one probability for all.


def _toss(gen: Any, p: Any) -> Any:
    """For every probability in ``p``, in order, whether it came true: one uniform number each."""
    p = np.ascontiguousarray(p)
    if p.dtype == np.float64:
        return _source(gen).doubles(p.size).reshape(p.shape) < p
    return _source(gen).floats(p.size).reshape(p.shape) < p.astype(np.float32)


def _probabilities(p: Any) -> Any:
    """An array of probabilities, checked."""
    if p.dtype.kind not in "fV":
        legacy = dtypes.of(p.dtype).legacy
        raise NotImplementedError(f"\"bernoulli_tensor_cpu_p_\" not implemented for '{legacy}'")
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If "
            "so, please report an enhancement request to PyTorch.)"
        )
    return p


def _tosses(gen: Any, shape: tuple[int, ...], p: float, dtype: Any) -> Any:
    """Ones with probability ``p``, else zeros."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    if dtype.kind == "c":
        raise NotImplementedError(f"\"bernoulli_scalar_cpu_\" not implemented for '{dtypes.of(dtype).legacy}'")
    return (_source(gen).doubles(math.prod(shape)).reshape(shape) < p).astype(dtype)


_BERNOULLI = (
    "Tensor input, *, torch.Generator generator = None, Tensor out = None",
    "Tensor input, float p, *, torch.Generator generator = None",
)
_BERNOULLI_ = (
    "Tensor p, *, torch.Generator generator = None", "float p = 0.5, *, torch.Generator generator = None",
)  # fmt: skip


def bernoulli(input: Tensor, p: Any = None, *, generator: Any = None, out: Tensor | None = None) -> Tensor:
    """Ones with the probabilities in ``input`` (or all with probability ``p``), else zeros; of its shape and dtype.

    Raises:
        RuntimeError: if a probability is not from 0 to 1.
        NotImplementedError: if the dtype is not floating.

    >>> import zanjir
    >>> _ = zanjir.manual_seed(0)
    >>> zanjir.bernoulli(zanjir.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    if not isinstance(input, Tensor):
        raise argument("bernoulli", "input", 1, "Tensor", input)
    if generator is not None and not isinstance(generator, Generator):
        raise combination("bernoulli", (input,), {"generator": generator}, *_BERNOULLI)
    array = input._array
    if p is not None:
        values = _tosses(generator, array.shape, _float("bernoulli", "p", 2, p), array.dtype)
        return _bernoullis[0].finish(values, (input,), ())
    if array.dtype.kind == "c":
        raise NotImplementedError(f"\"bernoulli_tensor_cpu_self_\" not implemented for '{input.dtype.legacy}'")
    values = _toss(generator, _probabilities(array))
    if out is not None:
        given("bernoulli", out, None)
        return finish("bernoulli", values.astype(out._array.dtype), out, False)
    return _bernoullis[0].finish(values.astype(array.dtype), (input,), ())


@_method
def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
    """Fills the tensor with ones with probability ``p`` (a number, or a tensor of them), else zeros."""
    unshared(self)
    array = self._array
    if isinstance(p, Tensor):
        try:
            many = np.broadcast_to(p._array, array.shape)
        except ValueError:
            raise _not_expandable(array.shape, p._array.shape) from None
        check(self, (p,))
        many = serial_view_like(array, _probabilities(many))
        return _refill(self, _bernoullis[1], _toss(generator, many).astype(array.dtype), p)
    if isinstance(p, bool) or not isinstance(p, (int, float, np.number)):
        raise combination("bernoulli_", (p,), {}, *_BERNOULLI_)
    check(self)
    return _refill(self, _bernoullis[2], _tosses(generator, array.shape, float(p), array.dtype))


def serial_view_like(target: Any, values: Any) -> Any:
    """``values``, of the shape of ``target``, in the order in which ``target`` is filled."""
    arranged = empty_as(target, values.dtype)
    arranged[...] = values
    return serial_view(arranged)


def _not_expandable(shape: tuple[int, ...], have: tuple[int, ...]) -> RuntimeError:
    for back in range(1, len(have) + 1):
        if back > len(shape) or have[-back] not in (1, shape[-back]):
            n = shape[-back] if back <= len(shape) else 1
            return RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({have[-back]}) at non-singleton "
                f"dimension {len(shape) - back}.  Target sizes: {list(shape)}.  Tensor sizes: {list(have)}"
            )
    raise AssertionError


setattr(Tensor, "bernoulli", bernoulli)  # noqa: B010 (a type checker sees the stub's)
