"""Gaussian smoothing and its second derivative as recursive filters along one axis.

Deriche 1993 with the coefficients of Farneback and Westin 2006, edges extended by their value:
the operations, and their order, of ITK's RecursiveGaussianImageFilter, so that results agree to
the last bit. A block of neighbouring lines is filtered at once, which lets the compiler use
vector instructions although each line is a recursion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.core.errors import ImageError, SettingsError

#: Lines that are filtered together.
_BLOCK = 16

#: Shortest line that the recursion can start on.
MIN_LENGTH = 4

# Exponential series of the Gaussian (index 0) and of its second derivative (index 2).
_A1, _B1, _W1, _L1 = {0: 1.3530, 2: -1.3563}, {0: 1.8151, 2: 5.2318}, 0.6681, -1.3932
_A2, _B2, _W2, _L2 = {0: -0.3531, 2: 0.3446}, {0: 0.0902, 2: -2.2355}, 2.0787, -1.3732


@dataclass(frozen=True, eq=False)
class RecursiveFilter:
    """Coefficients of a causal and an anti-causal filter with common poles.

    Parameters
    ----------
    causal, anticausal, poles : ndarray, shape (4,), float64
    causal_edge, anticausal_edge : ndarray, shape (4,), float64
        What takes the poles' place before the first output.
    """

    causal: npt.NDArray[np.float64]
    anticausal: npt.NDArray[np.float64]
    poles: npt.NDArray[np.float64]
    causal_edge: npt.NDArray[np.float64]
    anticausal_edge: npt.NDArray[np.float64]


def _poles(sigma: float) -> npt.NDArray[np.float64]:
    cos1, cos2 = np.cos(_W1 / sigma), np.cos(_W2 / sigma)
    exp1, exp2 = np.exp(_L1 / sigma), np.exp(_L2 / sigma)
    d4 = exp1 * exp1 * exp2 * exp2
    d3 = -2 * cos1 * exp1 * exp2 * exp2
    d3 += -2 * cos2 * exp2 * exp1 * exp1
    d2 = 4 * cos2 * cos1 * exp1 * exp2
    d2 += exp1 * exp1 + exp2 * exp2
    d1 = -2 * (exp2 * cos2 + exp1 * cos1)
    return np.array([d1, d2, d3, d4])


def _numerator(sigma: float, order: int) -> npt.NDArray[np.float64]:
    a1, b1, a2, b2 = _A1[order], _B1[order], _A2[order], _B2[order]
    sin1, sin2 = np.sin(_W1 / sigma), np.sin(_W2 / sigma)
    cos1, cos2 = np.cos(_W1 / sigma), np.cos(_W2 / sigma)
    exp1, exp2 = np.exp(_L1 / sigma), np.exp(_L2 / sigma)
    n1 = exp2 * (b2 * sin2 - (a2 + 2 * a1) * cos2)
    n1 += exp1 * (b1 * sin1 - (a1 + 2 * a2) * cos1)
    n2 = (a1 + a2) * cos2 * cos1
    n2 -= b1 * cos2 * sin1 + b2 * cos1 * sin2
    n2 *= 2 * exp1 * exp2
    n2 += a2 * exp1 * exp1 + a1 * exp2 * exp2
    n3 = exp2 * exp1 * exp1 * (b2 * sin2 - a2 * cos2)
    n3 += exp1 * exp2 * exp2 * (b1 * sin1 - a1 * cos1)
    return np.array([a1 + a2, n1, n2, n3])


def _moments(numerator: Array) -> tuple[float, float, float]:
    n0, n1, n2, n3 = numerator
    return n0 + n1 + n2 + n3, n1 + 2 * n2 + 3 * n3, n1 + 4 * n2 + 9 * n3


def design_filter(sigma_voxels: float, *, derivative: int, scale: float = 1.0) -> RecursiveFilter:
    """Design the smoothing filter or its second derivative.

    Parameters
    ----------
    sigma_voxels : float
        Standard deviation in voxels of the axis.
    derivative : {0, 2}
    scale : float
        Factor on the response: ITK's normalisation across scale is sigma^2 in mm^2.

    Raises
    ------
    SettingsError
        If sigma is not positive.
    """
    if not sigma_voxels > 0:
        raise SettingsError(f"sigma is {sigma_voxels}", expected="a positive width in mm")
    d = _poles(sigma_voxels)
    sd = 1.0 + d[0] + d[1] + d[2] + d[3]
    dd = d[0] + 2 * d[1] + 3 * d[2] + 4 * d[3]
    ed = d[0] + 4 * d[1] + 9 * d[2] + 16 * d[3]
    n = _numerator(sigma_voxels, 0)
    sn, dn, en = _moments(n)
    if derivative == 0:
        n = n * (1.0 / (2 * sn / sd - n[0]))
    else:
        n2 = _numerator(sigma_voxels, 2)
        sn2, dn2, en2 = _moments(n2)
        beta = -(2 * sn2 - sd * n2[0]) / (2 * sn - sd * n[0])
        n = n2 + beta * n
        sn, dn, en = sn2 + beta * sn, dn2 + beta * dn, en2 + beta * en
        alpha = en * sd * sd - ed * sn * sd - 2 * dn * dd * sd + 2 * dd * dd * sn
        alpha /= sd * sd * sd
        n = n * (scale / alpha)
    m = np.array([n[1] - d[0] * n[0], n[2] - d[1] * n[0], n[3] - d[2] * n[0], -d[3] * n[0]])
    s_n, s_m = n[0] + n[1] + n[2] + n[3], m[0] + m[1] + m[2] + m[3]
    return RecursiveFilter(n, m, d, d * s_n / sd, d * s_m / sd)


@kernel
def _forward(x: Array, n: Array, d: Array, edge: Array, y: Array) -> None:
    """Y = causal filter of the columns of x."""
    for w in range(x.shape[1]):
        v = x[0, w]
        y[0, w] = v * n[0] + v * n[1] + v * n[2] + v * n[3]
        y[1, w] = x[1, w] * n[0] + v * n[1] + v * n[2] + v * n[3]
        y[2, w] = x[2, w] * n[0] + x[1, w] * n[1] + v * n[2] + v * n[3]
        y[3, w] = x[3, w] * n[0] + x[2, w] * n[1] + x[1, w] * n[2] + v * n[3]
        y[0, w] -= v * edge[0] + v * edge[1] + v * edge[2] + v * edge[3]
        y[1, w] -= y[0, w] * d[0] + v * edge[1] + v * edge[2] + v * edge[3]
        y[2, w] -= y[1, w] * d[0] + y[0, w] * d[1] + v * edge[2] + v * edge[3]
        y[3, w] -= y[2, w] * d[0] + y[1, w] * d[1] + y[0, w] * d[2] + v * edge[3]
    n0, n1, n2, n3 = n[0], n[1], n[2], n[3]
    d0, d1, d2, d3 = d[0], d[1], d[2], d[3]
    for i in range(4, x.shape[0]):
        for w in range(x.shape[1]):
            s = x[i, w] * n0 + x[i - 1, w] * n1 + x[i - 2, w] * n2 + x[i - 3, w] * n3
            r = y[i - 1, w] * d0 + y[i - 2, w] * d1 + y[i - 3, w] * d2 + y[i - 4, w] * d3
            y[i, w] = s - r


@kernel
def _backward(x: Array, m: Array, d: Array, edge: Array, y: Array) -> None:
    """Y = anti-causal filter of the columns of x."""
    e = x.shape[0] - 1
    for w in range(x.shape[1]):
        v = x[e, w]
        y[e, w] = v * m[0] + v * m[1] + v * m[2] + v * m[3]
        y[e - 1, w] = x[e, w] * m[0] + v * m[1] + v * m[2] + v * m[3]
        y[e - 2, w] = x[e - 1, w] * m[0] + x[e, w] * m[1] + v * m[2] + v * m[3]
        y[e - 3, w] = x[e - 2, w] * m[0] + x[e - 1, w] * m[1] + x[e, w] * m[2] + v * m[3]
        y[e, w] -= v * edge[0] + v * edge[1] + v * edge[2] + v * edge[3]
        y[e - 1, w] -= y[e, w] * d[0] + v * edge[1] + v * edge[2] + v * edge[3]
        y[e - 2, w] -= y[e - 1, w] * d[0] + y[e, w] * d[1] + v * edge[2] + v * edge[3]
        y[e - 3, w] -= y[e - 2, w] * d[0] + y[e - 1, w] * d[1] + y[e, w] * d[2] + v * edge[3]
    m0, m1, m2, m3 = m[0], m[1], m[2], m[3]
    d0, d1, d2, d3 = d[0], d[1], d[2], d[3]
    for i in range(e - 4, -1, -1):
        for w in range(x.shape[1]):
            s = x[i + 1, w] * m0 + x[i + 2, w] * m1 + x[i + 3, w] * m2 + x[i + 4, w] * m3
            r = y[i + 1, w] * d0 + y[i + 2, w] * d1 + y[i + 3, w] * d2 + y[i + 4, w] * d3
            y[i, w] = s - r


@kernel
def _filter_lines(
    image: Array, n: Array, m: Array, d: Array, en: Array, em: Array, out: Array
) -> None:
    """Filter axis 1 of (outer, length, inner); `out` has the shape of `image`."""
    outer, length, inner = image.shape
    contiguous = inner == 1
    count = outer if contiguous else inner
    x = np.zeros((length, _BLOCK))
    forth = np.empty((length, _BLOCK))
    back = np.empty((length, _BLOCK))
    for o in range(1 if contiguous else outer):
        for start in range(0, count, _BLOCK):
            width = min(_BLOCK, count - start)
            if contiguous:
                for w in range(width):
                    for t in range(length):
                        x[t, w] = image[start + w, t, 0]
            else:
                for t in range(length):
                    for w in range(width):
                        x[t, w] = image[o, t, start + w]
            _forward(x, n, d, en, forth)
            _backward(x, m, d, em, back)
            if contiguous:
                for w in range(width):
                    for t in range(length):
                        out[start + w, t, 0] = forth[t, w] + back[t, w]
            else:
                for t in range(length):
                    for w in range(width):
                        out[o, t, start + w] = forth[t, w] + back[t, w]


def filter_axis(image: Array, design: RecursiveFilter, *, axis: int) -> npt.NDArray[np.float32]:
    """Filter a volume along one axis.

    Parameters
    ----------
    image : ndarray, shape (a, b, c), any real type, C-ordered
    design : RecursiveFilter
    axis : {0, 1, 2}

    Returns
    -------
    ndarray, shape (a, b, c), float32
        Computed in float64; ITK, too, stores float32 between its passes.

    Raises
    ------
    ImageError
        If the axis is shorter than four voxels.
    """
    length = image.shape[axis]
    if length < MIN_LENGTH:
        raise ImageError(
            f"the image has {length} voxels along an axis",
            expected=f"at least {MIN_LENGTH} for a recursive Gaussian",
        )
    lines = image.reshape(int(np.prod(image.shape[:axis], dtype=int)), length, -1)
    out = np.empty(lines.shape, dtype=np.float32)
    _filter_lines(
        lines,
        design.causal,
        design.anticausal,
        design.poles,
        design.causal_edge,
        design.anticausal_edge,
        out,
    )
    return out.reshape(image.shape)
