"""Floating dtypes, and arithmetic in them that rounds once: what a fused multiply-add of the processor gives."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

F2, BF, F4, F8 = np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16), np.dtype(np.float32), np.dtype(np.float64)
#: The digits of each: the integers up to 2**digits are held exactly.
DIGITS = {F2: 11, BF: 8, F4: 24, F8: 53}
#: The largest finite number of each.
MAX = {d: float(ml_dtypes.finfo(d).max) for d in DIGITS}
#: What PyTorch's error messages call each.
C_NAMES = {F2: "c10::Half", BF: "c10::BFloat16", F4: "float", F8: "double"}

#: Longer arrays are worked on by so many elements at a time: what lies between then stays in the processor's cache.
CHUNK = 1 << 14


def fma32(a: Array, b: Any, c: Any) -> Array:
    """``a * b + c`` in float32, rounded once, for float32 arguments.

    The product is exact in float64. The sum is rounded there before it is rounded to float32; that this changes the
    result needs 28 bits in a row to fall one way.
    """
    wide = a.astype(F8)
    wide *= np.asarray(b, F8)  # in one dtype NumPy is twice as fast as in two
    wide += np.asarray(c, F8)
    return wide.astype(F4)


def fma64(a: Array, b: float, c: float) -> Array:
    """``a * b + c`` in float64, rounded once, by error-free transformations.

    The product and its error by Dekker's (1971) and Veltkamp's splitting, the sum and its error by Knuth's (TAOCP 2,
    4.2.2).
    """
    if c == 0.0 or not math.isfinite(b + c):
        return a * b + c
    if abs(b) > 2.0**900 or abs(c) > 2.0**900:  # the splitting might overflow
        return fma64(a, b * 2.0**-200, c * 2.0**-200) * 2.0**200
    product = a * b
    a_high = high_half(a)
    a_low = a - a_high
    b_high = float(high_half(np.float64(b)))
    b_low = b - b_high
    error = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    total = product + c
    of_product = total - c
    error += (product - of_product) + (c - (total - of_product))
    total += error
    return total


def high_half(a: Any) -> Any:
    """The upper 26 bits of a float64 number: the product of two such is exact."""
    scaled = a * (2.0**27 + 1)
    return scaled - (scaled - a)


def narrow(values: Array, dtype: np.dtype[Any]) -> Array:
    """``values`` in ``dtype``; the 16-bit floats by way of float32, as PyTorch converts."""
    if dtype is F2 or dtype is BF:
        values = values.astype(F4, copy=False)
    return values.astype(dtype, copy=False)
