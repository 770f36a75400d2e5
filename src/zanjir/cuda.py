"""``cuda`` on a machine without a GPU: questions are answered, and what needs a GPU raises PyTorch's error.

Of streams, events and graphs there are the names; to make one raises, as it does in PyTorch built for the CPU.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NoReturn

__all__ = [
    "CUDAGraph",
    "Event",
    "OutOfMemoryError",
    "Stream",
    "current_device",
    "current_stream",
    "default_stream",
    "device",
    "device_count",
    "empty_cache",
    "get_arch_list",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "get_rng_state",
    "get_rng_state_all",
    "init",
    "initial_seed",
    "ipc_collect",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "memory_summary",
    "reset_peak_memory_stats",
    "seed",
    "seed_all",
    "set_device",
    "set_rng_state",
    "set_rng_state_all",
    "stream",
    "synchronize",
]


def _no_cuda() -> AssertionError:
    return AssertionError("Torch not compiled with CUDA enabled")


class OutOfMemoryError(RuntimeError):
    """A GPU's memory is exhausted. Never raised here; programs name it in ``except`` clauses."""

    __module__ = "zanjir"


# Questions.


def is_available() -> bool:
    """Whether there is a GPU to compute on: ``False``."""
    return False


def is_initialized() -> bool:
    """Whether CUDA has been initialised: ``False``."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the GPU computes in bfloat16: ``False``."""
    return False


def device_count() -> int:
    """The number of GPUs: 0."""
    return 0


def get_arch_list() -> list[str]:
    """The GPU architectures this library was compiled for: none."""
    return []


def memory_allocated(device: Any = None) -> int:
    """Bytes that tensors occupy on the GPU: 0."""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """The most that :func:`memory_allocated` has been: 0."""
    return 0


def memory_reserved(device: Any = None) -> int:
    """Bytes that the allocator holds on the GPU: 0."""
    return 0


def max_memory_reserved(device: Any = None) -> int:
    """The most that :func:`memory_reserved` has been: 0."""
    return 0


def memory_stats(device: Any = None) -> OrderedDict[str, Any]:
    """The allocator's statistics: none."""
    return OrderedDict()


def get_rng_state_all() -> list[Any]:
    """The state of every GPU's generator: none."""
    return []


# Harmless where there is no GPU, so that a program may call them without asking first.


def manual_seed(seed: int) -> None:
    """Seeds the current GPU's generator. There is none."""
    int(seed)  # what is no number is an error here too


def manual_seed_all(seed: int) -> None:
    """Seeds the generators of all GPUs. There are none."""
    int(seed)


def seed() -> None:
    """Seeds the current GPU's generator with a random number. There is none."""


def seed_all() -> None:
    """Seeds the generators of all GPUs with a random number. There are none."""


def empty_cache() -> None:
    """Gives unoccupied GPU memory back. There is none."""


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Sets the state of a GPU's generator. PyTorch, too, puts this off until there is one."""


def set_rng_state_all(new_states: Any) -> None:
    """Sets the state of every GPU's generator. There are none."""
    for state in new_states:
        set_rng_state(state)


def set_device(device: Any) -> None:
    """Makes a GPU the current one.

    Raises:
        AssertionError: unless ``device`` is a negative number, which stands for no change.
    """
    if not (isinstance(device, int) and device < 0):
        raise _no_cuda()


class device:
    """A context in which a GPU is the current one; with a negative number, a context that does nothing.

    Raises:
        RuntimeError: on entry, with any other device.
    """

    def __init__(self, device: Any) -> None:
        self.idx = device

    def __enter__(self) -> None:
        if not (isinstance(self.idx, int) and self.idx < 0):
            raise RuntimeError("PyTorch was compiled without CUDA support")

    def __exit__(self, *exception: object) -> None:
        return None


class stream:
    """A context in which work goes to the given stream. ``None``, the only one there can be here, changes nothing."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        if self.stream is not None:
            raise _no_cuda()

    def __exit__(self, *exception: object) -> None:
        return None


# What needs a GPU.


def init() -> NoReturn:
    """Initialises CUDA.

    Raises:
        AssertionError: always, as everything below.
    """
    raise _no_cuda()


def synchronize(device: Any = None) -> NoReturn:
    """Waits until the GPU has done all its work."""
    raise _no_cuda()


def current_device() -> NoReturn:
    """The current GPU's number."""
    raise _no_cuda()


def get_device_name(device: Any = None) -> NoReturn:
    """A GPU's name."""
    raise _no_cuda()


def get_device_capability(device: Any = None) -> NoReturn:
    """A GPU's compute capability."""
    raise _no_cuda()


def get_device_properties(device: Any = None) -> NoReturn:
    """A GPU's properties."""
    raise _no_cuda()


def mem_get_info(device: Any = None) -> NoReturn:
    """A GPU's free and total memory."""
    raise _no_cuda()


def memory_summary(device: Any = None, abbreviated: bool = False) -> NoReturn:
    """A table of the allocator's statistics."""
    raise _no_cuda()


def reset_peak_memory_stats(device: Any = None) -> NoReturn:
    """Starts the peaks of the memory statistics anew."""
    raise _no_cuda()


def ipc_collect() -> NoReturn:
    """Frees memory that other processes have released."""
    raise _no_cuda()


def initial_seed() -> NoReturn:
    """The seed of the current GPU's generator."""
    raise _no_cuda()


def get_rng_state(device: Any = "cuda") -> NoReturn:
    """The state of a GPU's generator."""
    raise _no_cuda()


def current_stream(device: Any = None) -> NoReturn:
    """The stream that work goes to."""
    raise _no_cuda()


def default_stream(device: Any = None) -> NoReturn:
    """The stream that work goes to unless another is chosen."""
    raise _no_cuda()


class Stream:
    """A queue of work on a GPU. Making one raises."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("torch.cuda.Stream requires CUDA support")


class Event:
    """A mark in a stream. Making one raises."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("Tried to instantiate dummy base class Event")


class CUDAGraph:
    """Recorded GPU work. Making one raises."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("Tried to instantiate dummy base class CUDAGraph")


class _AbsentTensor(type):
    """The type of ``cuda.FloatTensor`` and its like: types to be named (``t.type(...)``), of which none can be made."""

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"type torch.cuda.{cls.__name__} not available. Torch not compiled with CUDA enabled.")


class BoolTensor(metaclass=_AbsentTensor):
    """Not available: there is no GPU."""


class ByteTensor(metaclass=_AbsentTensor):
    """Not available: there is no GPU."""


class CharTensor(metaclass=_AbsentTensor):
    """Not available: there is no GPU."""


class ShortTensor(metaclass=_AbsentTensor):
    """Not available: there is no GPU."""


class IntTensor(metaclass=_AbsentTensor):
    """Not available: there is no GPU."""


class LongTensor(metaclass=_AbsentTensor):
    """Not available: there is no GPU."""


class HalfTensor(metaclass=_AbsentTensor):
    """Not available: there is no GPU."""


class BFloat16Tensor(metaclass=_AbsentTensor):
    """Not available: there is no GPU."""


class FloatTensor(metaclass=_AbsentTensor):
    """Not available: there is no GPU."""


class DoubleTensor(metaclass=_AbsentTensor):
    """Not available: there is no GPU."""
