"""Devices. Zanjir computes on the CPU; other device types are known by name, so that asking for one fails as in
PyTorch."""

from __future__ import annotations

import re
from typing import Any

_TYPES = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy",
    "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip


class device:
    """Where a tensor lives: ``device("cpu")``, ``device("cuda", 0)``, ``device("cuda:0")``.

    Attributes:
        type: ``"cpu"``, ``"cuda"``, ...
        index: which one, or ``None``.

    Raises:
        RuntimeError: if the string is not a device.

    >>> import zanjir
    >>> zanjir.device("cuda", 1)
    device(type='cuda', index=1)
    """

    __slots__ = ("index", "type")
    type: str
    index: int | None

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        if isinstance(type, device):
            self.type, self.index = type.type, type.index
            return
        if isinstance(type, int) and not isinstance(type, bool):
            raise RuntimeError("Cannot access accelerator device when none is available.")
        if not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' (position 1) must be str, not {_name(type)}")
        if not type:
            raise RuntimeError("Device string must not be empty")
        match = re.fullmatch(r"([a-z_]+)(?::(0|[1-9]\d*))?", type)
        if match is None:
            raise RuntimeError(f"Invalid device string: '{type}'")
        kind, number = match.groups()
        if kind not in _TYPES:
            raise RuntimeError(f"Expected one of {', '.join(_TYPES)} device type at start of device string: {kind}")
        if number is not None and index is not None:
            raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {type}")
        self.type = kind
        self.index = int(number) if number is not None else index

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + ("" if self.index is None else f", index={self.index}") + ")"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (self.type, self.index)


def _name(value: Any) -> str:
    return type(value).__name__


cpu = device("cpu")


def check(value: Any) -> device:
    """The device that ``value`` names, if tensors can be put there; what PyTorch raises where it has no such device."""
    if value is None or value is cpu:
        return cpu
    d = device(value)
    if d.type == "cpu":
        return cpu
    if d.type in ("cuda", "xpu"):
        raise AssertionError(f"Torch not compiled with {d.type.upper()} enabled")
    raise RuntimeError(f"PyTorch is not linked with support for {d.type} devices")
