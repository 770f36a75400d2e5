"""``backends.cuda`` on a machine without a GPU."""

from __future__ import annotations


class _MatMul:
    """Switches of matrix multiplication on a GPU."""

    __slots__ = ("allow_bf16_reduced_precision_reduction", "allow_fp16_reduced_precision_reduction", "allow_tf32")

    def __init__(self) -> None:
        self.allow_tf32 = False
        self.allow_fp16_reduced_precision_reduction = True
        self.allow_bf16_reduced_precision_reduction = True


matmul = _MatMul()


def is_built() -> bool:
    """Whether this library was built with CUDA support: ``False``."""
    return False
