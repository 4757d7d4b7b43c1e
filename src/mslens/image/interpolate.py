"""Sample an array at fractional voxel indices: nearest, linear, cubic B-spline, label vote.

A voxel is the cell of +-0.5 around its centre, so indices from -0.5 to n - 0.5 are inside
(the outer half voxel takes the border's value) and everything else takes the fill value.
Cubic weights act on B-spline coefficients (Unser 1999, doi:10.1109/79.799930).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

#: The most labels that meet in one cell of eight corners.
_CORNERS = 8


@numba.njit(cache=True, inline="always")
def _cell(x: float, n: int) -> tuple[int, int, float]:
    """Lower and upper neighbour and the weight of the upper, clamped to 0 .. n-1."""
    if x <= 0.0:
        return 0, 0, 0.0
    if x >= n - 1:
        return n - 1, n - 1, 0.0
    low = int(x)
    return low, low + 1, x - low


@numba.njit(cache=True, inline="always")
def _is_inside(x: float, y: float, z: float, shape: tuple[int, int, int]) -> bool:
    return (
        x >= -0.5
        and y >= -0.5
        and z >= -0.5
        and x < shape[0] - 0.5
        and y < shape[1] - 0.5
        and z < shape[2] - 0.5
    )


@numba.njit(cache=True, nogil=True)
def sample_linear(
    data: npt.NDArray[np.float32],
    index: npt.NDArray[np.float64],
    fill: float,
    out: npt.NDArray[np.float32],
) -> None:
    """Trilinear samples of `data` at `index`, shape (n, 3), written into `out`, shape (n,)."""
    shape = data.shape
    for p in range(index.shape[0]):
        x, y, z = index[p, 0], index[p, 1], index[p, 2]
        if not _is_inside(x, y, z, shape):
            out[p] = fill
            continue
        i0, i1, a = _cell(x, shape[0])
        j0, j1, b = _cell(y, shape[1])
        k0, k1, c = _cell(z, shape[2])
        v00 = data[i0, j0, k0] * (1 - c) + data[i0, j0, k1] * c
        v01 = data[i0, j1, k0] * (1 - c) + data[i0, j1, k1] * c
        v10 = data[i1, j0, k0] * (1 - c) + data[i1, j0, k1] * c
        v11 = data[i1, j1, k0] * (1 - c) + data[i1, j1, k1] * c
        out[p] = (v00 * (1 - b) + v01 * b) * (1 - a) + (v10 * (1 - b) + v11 * b) * a


@numba.njit(cache=True, nogil=True)
def sample_nearest(
    data: npt.NDArray[np.float32],
    index: npt.NDArray[np.float64],
    fill: float,
    out: npt.NDArray[np.float32],
) -> None:
    """Nearest samples of `data` (any type) at `index`, written into `out` of the same type."""
    shape = data.shape
    for p in range(index.shape[0]):
        x, y, z = index[p, 0], index[p, 1], index[p, 2]
        if _is_inside(x, y, z, shape):
            i = min(int(np.floor(x + 0.5)), shape[0] - 1)
            j = min(int(np.floor(y + 0.5)), shape[1] - 1)
            k = min(int(np.floor(z + 0.5)), shape[2] - 1)
            out[p] = data[i, j, k]
        else:
            out[p] = fill


@numba.njit(cache=True, inline="always")
def _cubic_weights(t: float) -> tuple[float, float, float, float]:
    s = 1.0 - t
    return (
        s * s * s / 6.0,
        (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0,
        (4.0 - 6.0 * s * s + 3.0 * s * s * s) / 6.0,
        t * t * t / 6.0,
    )


@numba.njit(cache=True, inline="always")
def _mirror(i: int, n: int) -> int:
    """Whole-sample mirror, the boundary under which the coefficients are computed."""
    if n == 1:
        return 0
    period = 2 * (n - 1)
    i = abs(i) % period
    return period - i if i >= n else i


@numba.njit(cache=True, nogil=True)
def sample_cubic(
    coefficients: npt.NDArray[np.float32],
    index: npt.NDArray[np.float64],
    fill: float,
    out: npt.NDArray[np.float32],
) -> None:
    """Cubic B-spline samples at `index`; `coefficients` are prefiltered with mirror borders."""
    shape = coefficients.shape
    for p in range(index.shape[0]):
        x, y, z = index[p, 0], index[p, 1], index[p, 2]
        if not _is_inside(x, y, z, shape):
            out[p] = fill
            continue
        x = min(max(x, 0.0), shape[0] - 1.0)
        y = min(max(y, 0.0), shape[1] - 1.0)
        z = min(max(z, 0.0), shape[2] - 1.0)
        i, j, k = int(x), int(y), int(z)
        wx, wy, wz = _cubic_weights(x - i), _cubic_weights(y - j), _cubic_weights(z - k)
        total = 0.0
        for a in range(4):
            ii = _mirror(i + a - 1, shape[0])
            for b in range(4):
                jj = _mirror(j + b - 1, shape[1])
                row = 0.0
                for c in range(4):
                    row += wz[c] * coefficients[ii, jj, _mirror(k + c - 1, shape[2])]
                total += wx[a] * wy[b] * row
        out[p] = total


@numba.njit(cache=True, nogil=True)
def sample_vote(
    data: npt.NDArray[np.int32],
    index: npt.NDArray[np.float64],
    fill: int,
    out: npt.NDArray[np.int32],
) -> None:
    """Label with the largest trilinear weight among the eight corners; ties go to the smaller."""
    shape = data.shape
    labels = np.empty(_CORNERS, np.int32)
    weights = np.empty(_CORNERS, np.float64)
    for p in range(index.shape[0]):
        x, y, z = index[p, 0], index[p, 1], index[p, 2]
        if not _is_inside(x, y, z, shape):
            out[p] = fill
            continue
        i0, i1, a = _cell(x, shape[0])
        j0, j1, b = _cell(y, shape[1])
        k0, k1, c = _cell(z, shape[2])
        known = 0
        for corner in range(_CORNERS):
            i, wi = (i1, a) if corner & 1 else (i0, 1 - a)
            j, wj = (j1, b) if corner & 2 else (j0, 1 - b)
            k, wk = (k1, c) if corner & 4 else (k0, 1 - c)
            label = data[i, j, k]
            slot = 0
            while slot < known and labels[slot] != label:
                slot += 1
            if slot == known:
                labels[slot] = label
                weights[slot] = 0.0
                known += 1
            weights[slot] += wi * wj * wk
        best = 0
        for slot in range(1, known):
            gain = weights[slot] - weights[best]
            if gain > 1e-9 or (gain > -1e-9 and labels[slot] < labels[best]):
                best = slot
        out[p] = labels[best]


@numba.njit(cache=True, nogil=True)
def _displacement_at(
    field: npt.NDArray[np.float32],
    matrix: npt.NDArray[np.float64],
    point: npt.NDArray[np.float64],
    out: npt.NDArray[np.float64],
) -> None:
    x, y, z = point[0], point[1], point[2]
    shape = field.shape
    u = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * z + matrix[0, 3]
    v = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * z + matrix[1, 3]
    w = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * z + matrix[2, 3]
    i0, i1, a = _cell(u, shape[0])
    j0, j1, b = _cell(v, shape[1])
    k0, k1, c = _cell(w, shape[2])
    for d in range(3):
        v00 = field[i0, j0, k0, d] * (1 - c) + field[i0, j0, k1, d] * c
        v01 = field[i0, j1, k0, d] * (1 - c) + field[i0, j1, k1, d] * c
        v10 = field[i1, j0, k0, d] * (1 - c) + field[i1, j0, k1, d] * c
        v11 = field[i1, j1, k0, d] * (1 - c) + field[i1, j1, k1, d] * c
        out[d] = (v00 * (1 - b) + v01 * b) * (1 - a) + (v10 * (1 - b) + v11 * b) * a


@numba.njit(cache=True, nogil=True)
def add_displacement(
    field: npt.NDArray[np.float32],
    matrix: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64],
) -> None:
    """Move `points`, shape (n, 3), in place by the trilinear `field`, shape (x, y, z, 3).

    `matrix`, shape (3, 4), takes a point to the field's voxel index. Outside, the nearest
    sample of the field holds.
    """
    moved = np.empty(3)
    for p in range(points.shape[0]):
        _displacement_at(field, matrix, points[p], moved)
        for d in range(3):
            points[p, d] += moved[d]


@numba.njit(cache=True, nogil=True)
def _newton_step(
    field: npt.NDArray[np.float32],
    matrix: npt.NDArray[np.float64],
    point: npt.NDArray[np.float64],
    error: npt.NDArray[np.float64],
    out: npt.NDArray[np.float64],
) -> None:
    """Solve (I + du/dx) step = error by Cramer's rule; the error itself where that is singular.

    Derivatives are central differences over half a sample of the field.
    """
    m, low, high, near = np.empty((3, 3)), np.empty(3), np.empty(3), np.empty(3)
    for e in range(3):
        near[e] = point[e]
    for e in range(3):
        half = 0.25 / np.sqrt(matrix[0, e] ** 2 + matrix[1, e] ** 2 + matrix[2, e] ** 2)
        near[e] = point[e] + half
        _displacement_at(field, matrix, near, high)
        near[e] = point[e] - half
        _displacement_at(field, matrix, near, low)
        near[e] = point[e]
        for d in range(3):
            m[d, e] = (high[d] - low[d]) / (2 * half)
        m[e, e] += 1.0
    c0 = m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1]
    c1 = m[1, 2] * m[2, 0] - m[1, 0] * m[2, 2]
    c2 = m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0]
    determinant = m[0, 0] * c0 + m[0, 1] * c1 + m[0, 2] * c2
    if determinant < 0.01:
        for d in range(3):
            out[d] = error[d]
        return
    x, y, z = error[0], error[1], error[2]
    out[0] = (
        c0 * x
        + (m[0, 2] * m[2, 1] - m[0, 1] * m[2, 2]) * y
        + (m[0, 1] * m[1, 2] - m[0, 2] * m[1, 1]) * z
    ) / determinant
    out[1] = (
        c1 * x
        + (m[0, 0] * m[2, 2] - m[0, 2] * m[2, 0]) * y
        + (m[0, 2] * m[1, 0] - m[0, 0] * m[1, 2]) * z
    ) / determinant
    out[2] = (
        c2 * x
        + (m[0, 1] * m[2, 0] - m[0, 0] * m[2, 1]) * y
        + (m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]) * z
    ) / determinant


@numba.njit(cache=True, nogil=True)
def undo_displacement(
    field: npt.NDArray[np.float32],
    matrix: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64],
    max_iterations: int,
    tolerance: float,
) -> None:
    """Replace each point y, in place, by the x with x + field(x) = y.

    Newton's iteration from y; a step that makes the largest error grow is taken back and halved.
    `matrix` as in `add_displacement`; a point is done when its error along each axis is below
    `tolerance`.
    """
    goal, here, trial = np.empty(3), np.empty(3), np.empty(3)
    error, left, moved, toward = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    for p in range(points.shape[0]):
        for d in range(3):
            goal[d] = here[d] = points[p, d]
        _displacement_at(field, matrix, here, moved)
        size, step = 0.0, 1.0
        for d in range(3):
            error[d] = -moved[d]
            size = max(size, abs(error[d]))
        is_new = True
        for _ in range(max_iterations):
            if size < tolerance:
                break
            if is_new:
                _newton_step(field, matrix, here, error, toward)
            for d in range(3):
                trial[d] = here[d] + step * toward[d]
            _displacement_at(field, matrix, trial, moved)
            largest = 0.0
            for d in range(3):
                left[d] = goal[d] - trial[d] - moved[d]
                largest = max(largest, abs(left[d]))
            is_new = largest < size
            if is_new:
                size = largest
                step = min(1.0, 2.0 * step)
                for d in range(3):
                    here[d], error[d] = trial[d], left[d]
            else:
                step /= 2
        for d in range(3):
            points[p, d] = here[d]


@numba.njit(cache=True, nogil=True)
def index_to_points(
    start: int,
    stop: int,
    shape: tuple[int, int, int],
    matrix: npt.NDArray[np.float64],
    out: npt.NDArray[np.float64],
) -> None:
    """Write `matrix`, shape (3, 4), times every index of a slab into `out`, shape (n, 3)."""
    p = 0
    for i in range(start, stop):
        for j in range(shape[1]):
            for k in range(shape[2]):
                for d in range(3):
                    out[p, d] = (
                        matrix[d, 0] * i + matrix[d, 1] * j + matrix[d, 2] * k + matrix[d, 3]
                    )
                p += 1


@numba.njit(cache=True, nogil=True)
def move_points(matrix: npt.NDArray[np.float64], points: npt.NDArray[np.float64]) -> None:
    """Apply `matrix`, shape (3, 4), to `points`, shape (n, 3), in place.

    Not by BLAS, whose bytes and whose processor time depend on its threads.
    """
    for p in range(points.shape[0]):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        for d in range(3):
            points[p, d] = matrix[d, 0] * x + matrix[d, 1] * y + matrix[d, 2] * z + matrix[d, 3]
