"""Normal numbers from uniform ones, 16 at a time, to the last bit as PyTorch's kernels make them.

Box & Muller (1958): for u uniform on (0, 1] and v on [0, 1), sqrt(-2 log u) cos(2 pi v) and sqrt(-2 log u) sin(2 pi v)
are independent and standard normal. In a block of 16, element j gives u and element j + 8 gives v; their two normals
take the same two places.

In float64 PyTorch calls the C library's functions; in float32 it has its own, which :func:`box_muller32` follows.
"""

from __future__ import annotations

import math
import sys

import numpy as np

from .rounding import F4, F8, Array, fma32, fma64

_I4 = np.dtype(np.int32)


def _join(radius: Array, cos: Array, sin: Array) -> Array:
    """radius (cos, sin), each where its uniform numbers were: the blocks of 16."""
    out: Array = np.empty((len(radius) // 8, 2, 8), radius.dtype)
    eights = radius.reshape(-1, 8)
    np.multiply(cos.reshape(-1, 8), eights, out=out[:, 0])
    np.multiply(sin.reshape(-1, 8), eights, out=out[:, 1])
    return out.ravel()


# ---------------------------------------------------------------------------------------------------------- float64


def box_muller64(uniform: Array, mean: float, std: float) -> Array:
    """Blocks of 16 uniform float64 numbers to as many normal ones."""
    blocks = uniform.reshape(-1, 2, 8)
    radius = _log64((1.0 - blocks[:, 0]).ravel())  # of (0, 1]
    radius *= -2.0
    np.sqrt(radius, out=radius)
    # The exponential of an imaginary number has the C library's cosine and sine; NumPy's own may be a bit off.
    turn = np.zeros(len(radius), np.complex128)
    np.multiply(blocks[:, 1], 2.0 * math.pi, out=turn.imag.reshape(-1, 8))
    np.exp(turn, out=turn)
    return fma64(_join(radius, turn.real, turn.imag), std, mean)


def _log64(x: Array) -> Array:
    """The C library's logarithm, as PyTorch has it: that of NumPy is another where the processor has AVX-512.

    SciPy's x log(y) calls it ten times as fast as Python does, but takes a tenth of a second to load: it is used when
    something else has loaded it, as ``sampling.normal`` does where that pays.
    """
    if "scipy.special" in sys.modules:
        from scipy.special import xlogy

        logarithm: Array = xlogy(1.0, x)
        return logarithm
    return np.fromiter(map(math.log, x.tolist()), F8, len(x))


# ---------------------------------------------------------------------------------------------------------- float32

# The logarithm, sine and cosine are those of Cephes (Moshier, 1992: logf.c, sinf.c; public figures), evaluated eight at
# a time with fused multiply-adds. A fused step rounds once to float32: here each is done in float64, where the product
# is exact, and then narrowed. What is left in float32 is not fused there, or exact anyway.


def _f4(value: float) -> Array:
    """A float32 constant. As 0-dim arrays NumPy's functions take constants up faster than as Python's numbers."""
    return np.array(value, F4)


def _f8(value: float) -> Array:
    """A float64 constant with the value of a float32 one."""
    return np.array(np.float32(value), F8)


def _i4(value: int) -> Array:
    return np.array(value, _I4)


_ONE, _HALF, _MINUS_TWO = _f4(1), _f4(0.5), _f4(-2)
_LOW_24, _2_24 = _i4(2**24 - 1), _i4(2**24)


def box_muller32(words: Array, mean: float, std: float) -> Array:
    """Blocks of 16 words, of which 24 bits make a uniform float32, to as many normal numbers.

    Steps that are exact are left out: u and v stay integers, from 0 to 2**24, in units of 2**-24.
    """
    whole = words.astype(_I4)
    whole &= _LOW_24
    blocks = whole.reshape(-1, 2, 8)
    radius = _log32((_2_24 - blocks[:, 0]).ravel())  # of (0, 1]
    radius *= _MINUS_TWO
    np.sqrt(radius, out=radius)
    out = _join(radius, *_cos_sin32(blocks[:, 1].ravel()))
    if std != 1.0:
        return fma32(out, np.float32(std), np.float32(mean))
    out += np.array(mean, F4)
    return out


_LOG_POLYNOMIAL = (
    _f8(7.0376836292e-2), _f8(-1.1514610310e-1), _f8(1.1676998740e-1), _f8(-1.2420140846e-1), _f8(1.4249322787e-1),
    _f8(-1.6668057665e-1), _f8(2.0000714765e-1), _f8(-2.4999993993e-1), _f8(3.3333331174e-1),
)  # fmt: skip
_LN2 = _f4(0.693359375), _f4(-2.12194440e-4)  # in two parts; the exponent times the first is exact
_SQRT_HALF_BITS = _f4(math.sqrt(0.5)).view(_I4)
_FROM_2_24 = np.array(_SQRT_HALF_BITS + _i4(24 << 23))
_MANTISSA, _MANTISSA_BITS = _i4(0x7FFFFF), _i4(23)


def _log32(u: Array) -> Array:
    """log(u / 2**24) for integers u from 1 to 2**24: u / 2**24 = 2**e (1 + x), with 1 + x from sqrt(1/2) to sqrt(2)."""
    x = u.astype(F4)
    bits = x.view(_I4)
    bits -= _FROM_2_24
    exponent = (bits >> _MANTISSA_BITS).astype(F4)
    bits &= _MANTISSA
    bits += _SQRT_HALF_BITS
    x -= _ONE
    z = x * x
    y = _horner32(x.astype(F8), _LOG_POLYNOMIAL)
    y *= x
    y = _fused(y, z.astype(F8), (exponent * _LN2[1]).astype(F8))
    z *= _HALF
    y -= z
    x += y
    exponent *= _LN2[0]
    x += exponent
    return x


_COS_POLYNOMIAL = _f8(2.443315711809948e-5), _f8(-1.388731625493765e-3), _f8(4.166664568298827e-2)
_SIN_POLYNOMIAL = _f8(-1.9515295891e-4), _f8(8.3321608736e-3), _f8(-1.6666654611e-1)
_TO_ANGLE = _f4(2 * math.pi * 2.0**-24)
# pi/2 in three parts of float32, which the kernel subtracts one by one. All but the last step are exact there; their
# sum, and a small integer times it, are exact in float64.
_MINUS_QUARTER_TURN = np.array(-2 * (_f8(0.78515625) + _f8(2.4187564849853515625e-4) + _f8(3.77489497744594108e-8)))
_HALF_QUARTER, _QUARTER_BITS = _i4(1 << 21), _i4(22)
_MINUS_HALF = _f8(-0.5)
_IS_ODD, _IS_NEGATIVE, _TO_SIGN = _i4(1), _i4(2), _i4(30)


def _cos_sin32(v: Array) -> tuple[Array, Array]:
    """cos(2 pi v / 2**24) and sin(2 pi v / 2**24) for integers v from 0 to 2**24 - 1."""
    angle = v.astype(F4)
    angle *= _TO_ANGLE
    v += _HALF_QUARTER
    v >>= _QUARTER_BITS
    quarter = v  # turns, to the nearest: 0 to 4
    wide = quarter.astype(F8)
    wide *= _MINUS_QUARTER_TURN
    wide += angle.astype(F8)
    x = wide.astype(F4)
    z = x * x
    wide_x, wide_z = x.astype(F8), z.astype(F8)
    # cos x = 1 + (-z/2 + z (z p(z))) and sin x = x + x (z q(z)), where z = x**2
    cos = _horner32(wide_z, _COS_POLYNOMIAL)
    cos *= z
    cos = _fused(cos, wide_z, wide_z * _MINUS_HALF)
    cos += _ONE
    sin = _horner32(wide_z, _SIN_POLYNOMIAL)
    sin *= z
    sin = _fused(sin, wide_x, wide_x)
    # An odd number of quarter turns swaps the two; then the signs of the quadrant.
    cos_bits, sin_bits = cos.view(_I4), sin.view(_I4)
    swap = cos_bits ^ sin_bits
    swap &= np.negative(quarter & _IS_ODD)
    cos_bits ^= swap
    sin_bits ^= swap
    sin_bits ^= (quarter & _IS_NEGATIVE) << _TO_SIGN
    quarter += _IS_ODD
    cos_bits ^= (quarter & _IS_NEGATIVE) << _TO_SIGN
    return cos, sin


def _horner32(x: Array, coefficients: tuple[Array, ...]) -> Array:
    """The polynomial at ``x`` (float64 that holds float32 values) in fused float32 steps."""
    wide = x * coefficients[0]
    narrow: Array = np.empty(wide.shape, F4)
    for coefficient in coefficients[1:-1]:
        wide += coefficient
        narrow[...] = wide
        wide[...] = narrow
        wide *= x
    wide += coefficients[-1]
    narrow[...] = wide
    return narrow


def _fused(a: Array, b: Array, c: Array) -> Array:
    """``fma32(a, b, c)`` for float32 values, of which ``b`` and ``c`` are in float64 already."""
    wide = a.astype(F8)
    wide *= b
    wide += c
    return wide.astype(F4)
