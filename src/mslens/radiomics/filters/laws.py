"""Laws' kernels: level, edge, spot, wave and ripple along each axis, and their energy.

Laws 1980; IBSI 2 reference manual, filter 3: rotation invariance takes the largest response
over all right-angled rotations, the energy is the mean magnitude over a box.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import SettingsError, UnknownName
from mslens.radiomics.filters.boundary import Boundary
from mslens.radiomics.filters.separable import convolve_axes

_KERNELS = {
    "L5": np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / np.sqrt(70),
    "E5": np.array([-1.0, -2.0, 0.0, 2.0, 1.0]) / np.sqrt(10),
    "S5": np.array([-1.0, 0.0, 2.0, 0.0, -1.0]) / np.sqrt(6),
    "W5": np.array([-1.0, 2.0, 0.0, -2.0, 1.0]) / np.sqrt(10),
    "R5": np.array([1.0, -4.0, 6.0, -4.0, 1.0]) / np.sqrt(70),
    "L3": np.array([1.0, 2.0, 1.0]) / np.sqrt(6),
    "E3": np.array([-1.0, 0.0, 1.0]) / np.sqrt(2),
    "S3": np.array([-1.0, 2.0, -1.0]) / np.sqrt(6),
}

Turned = list[tuple[int, bool]]


def _rotations(dimensions: int) -> Iterator[Turned]:
    """Right-angled rotations: for each axis, which kernel it gets and whether mirrored."""
    for order in itertools.permutations(range(dimensions)):
        for flips in itertools.product((False, True), repeat=dimensions):
            swaps = sum(a > b for a, b in itertools.combinations(order, 2))
            if (swaps + sum(flips)) % 2 == 0:
                yield list(zip(order, flips, strict=True))


def laws_filter(
    image: Array,
    *,
    kernels: Sequence[str],
    boundary: Boundary = "mirror",
    rotation_invariant: bool = False,
    energy_distance_voxels: int = 0,
) -> npt.NDArray[np.float64]:
    """Filter a volume.

    Parameters
    ----------
    image : ndarray, shape (k, j, i)
    kernels : sequence of 2 or 3 str
        Names for the axes i, j (and k), e.g. ``("E5", "L5", "S5")``; two filter each slice.
    boundary : Boundary
    rotation_invariant : bool
        Largest response over all right-angled rotations.
    energy_distance_voxels : int
        Mean magnitude over a box that reaches so far; 0 returns the response itself.

    Raises
    ------
    UnknownName, SettingsError
        If a kernel is unknown, or there are not two or three.
    """
    if len(kernels) not in (2, 3):
        raise SettingsError(f"{len(kernels)} Laws kernels were given", expected="two or three")
    for name in kernels:
        if name not in _KERNELS:
            raise UnknownName.of(name, _KERNELS, kind="Laws kernel")
    straight = [(n, False) for n in range(len(kernels))]
    response = _respond(image, kernels, straight, boundary)
    if rotation_invariant:
        for turned in _rotations(len(kernels)):
            response = np.maximum(response, _respond(image, kernels, turned, boundary))
    if energy_distance_voxels > 0:
        box = np.full(2 * energy_distance_voxels + 1, 1 / (2 * energy_distance_voxels + 1))
        axes = [box if 2 - axis < len(kernels) else None for axis in range(3)]
        response = convolve_axes(np.abs(response), axes, boundary=boundary)
    return response


def _respond(
    image: Array, kernels: Sequence[str], turned: Turned, boundary: Boundary
) -> npt.NDArray[np.float64]:
    along: list[Array | None] = [None, None, None]
    for axis, (which, mirrored) in enumerate(turned):
        taps = _KERNELS[kernels[which]]
        along[2 - axis] = taps[::-1] if mirrored else taps
    return convolve_axes(image, along, boundary=boundary)
