"""Multilevel B-spline approximation of values on a regular grid, axis by axis.

For one lattice, control_c = sum w_c^3 z / sum_a w_a^2 over sum w_c^2, where w are the cubic
weights of a voxel (Lee, Wolberg & Shin 1997, doi:10.1109/2945.620490). On a grid the weights are
products over the axes, so that every sum is three short one-dimensional sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from mslens.core.arrays import MaskArray

Weights = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Lattice:
    """Control points of a cubic B-spline over a box.

    Parameters
    ----------
    control : ndarray, shape (n + 3 per axis), float64
    start, stop : ndarray, shape (3,)
        The box, in the caller's coordinates along each axis. Outside, the border's value holds.
    """

    control: npt.NDArray[np.float64]
    start: npt.NDArray[np.float64]
    stop: npt.NDArray[np.float64]


def fit_lattice(
    values: npt.NDArray[np.float64],
    mask: MaskArray,
    positions: tuple[npt.NDArray[np.float64], ...],
    *,
    start: npt.NDArray[np.float64],
    stop: npt.NDArray[np.float64],
    elements: tuple[int, int, int],
) -> Lattice:
    """Approximate `values` inside `mask` by a lattice of `elements` per axis.

    Parameters
    ----------
    values : ndarray, shape (x, y, z), float64
    mask : ndarray of bool, shape (x, y, z)
    positions : three ndarrays of lengths x, y, z
        Coordinates of the voxels along each axis.
    start, stop : ndarray, shape (3,)
        The box of the lattice.
    elements : tuple of 3 int

    Returns
    -------
    Lattice
        Control points without a voxel in reach are 0.
    """
    above = np.where(mask, values, 0.0)
    below = mask.astype(np.float64)
    for axis in range(3):
        weights, first = _axis_weights(positions[axis], start[axis], stop[axis], elements[axis])
        energy = (weights**2).sum(axis=1, keepdims=True)
        size = elements[axis] + 3
        above = _turn(_contract(above, weights**3 / energy, first, size))
        below = _turn(_contract(below, weights**2, first, size))
    control = np.where(below > 1e-9, above / np.maximum(below, 1e-9), 0.0)
    return Lattice(control, start, stop)


def evaluate_lattice(
    lattice: Lattice, positions: tuple[npt.NDArray[np.float64], ...]
) -> npt.NDArray[np.float64]:
    """Evaluate the spline on the grid that `positions` span, shape (x, y, z), float64."""
    values = np.ascontiguousarray(lattice.control)
    for axis in range(3):
        elements = lattice.control.shape[axis] - 3
        weights, first = _axis_weights(
            positions[axis], lattice.start[axis], lattice.stop[axis], elements
        )
        values = _turn(_expand(values, weights, first))
    return values


def _axis_weights(
    positions: npt.NDArray[np.float64], start: float, stop: float, elements: int
) -> Weights:
    """Cubic weights, shape (n, 4), and the first control point, shape (n,), of each position."""
    scaled = np.clip((positions - start) / (stop - start), 0.0, 1.0) * elements
    first = np.minimum(scaled.astype(np.int64), elements - 1)
    t = scaled - first
    s = 1.0 - t
    weights = np.stack(
        [
            s**3 / 6.0,
            (4.0 - 6.0 * t**2 + 3.0 * t**3) / 6.0,
            (4.0 - 6.0 * s**2 + 3.0 * s**3) / 6.0,
            t**3 / 6.0,
        ],
        axis=1,
    )
    return weights, first


def _turn(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Make the first axis the last; in a kernel this takes seconds to compile."""
    return np.ascontiguousarray(values.transpose(1, 2, 0))


@numba.njit(cache=True, nogil=True)
def _contract(
    values: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    first: npt.NDArray[np.int64],
    size: int,
) -> npt.NDArray[np.float64]:
    """Sum the first axis into `size` control points."""
    nx, ny, nz = values.shape
    out = np.zeros((size, ny, nz))
    for i in range(nx):
        for c in range(4):
            weight = weights[i, c]
            row = first[i] + c
            for j in range(ny):
                for k in range(nz):
                    out[row, j, k] += weight * values[i, j, k]
    return out


@numba.njit(cache=True, nogil=True)
def _expand(
    values: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    first: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Spread the first axis from control points to positions."""
    n = weights.shape[0]
    ny, nz = values.shape[1], values.shape[2]
    out = np.zeros((n, ny, nz))
    for i in range(n):
        for c in range(4):
            weight = weights[i, c]
            row = first[i] + c
            for j in range(ny):
                for k in range(nz):
                    out[i, j, k] += weight * values[row, j, k]
    return out
