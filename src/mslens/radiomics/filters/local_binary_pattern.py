"""Local binary patterns on a sphere around every voxel, described by spherical harmonics.

Banerjee et al. 2012, as PyRadiomics computes them: the image is sampled at the vertices of a
subdivided icosahedron, compared with the centre, and the powers of the first harmonics are
taken; the kurtosis of the samples is a map of its own.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.special import lpmv
from scipy.stats import kurtosis

from mslens.core.arrays import Array, MaskArray
from mslens.core.settings import Settings

#: Voxels that are sampled at once.
_BATCH = 20_000


class LocalBinaryPattern(Settings):
    """Settings of the 3D local binary pattern (PyRadiomics' ``lbp3D...``)."""

    levels: int = 2
    radius_voxels: float = 1.0
    subdivisions: int = 1


def icosphere(subdivisions: int) -> npt.NDArray[np.float64]:
    """Return the vertices of a subdivided icosahedron on the unit sphere, shape (n, 3)."""
    golden = (1 + math.sqrt(5)) / 2
    corners = [(a, b * golden, 0.0) for a, b in itertools.product((-1, 1), repeat=2)]
    points = np.array([np.roll(c, shift) for shift in range(3) for c in corners])
    points /= np.linalg.norm(points[0])
    faces = _nearest_triples(points)
    for _ in range(subdivisions):
        points, faces = _subdivide(points, faces)
    return points


def _nearest_triples(points: Array) -> list[tuple[int, int, int]]:
    near = np.linalg.norm(points[:, None] - points, axis=-1)
    edge = np.isclose(near, near[near > 0].min())
    triples = itertools.combinations(range(len(points)), 3)
    return [(a, b, c) for a, b, c in triples if edge[a, b] and edge[b, c] and edge[a, c]]


def _subdivide(
    points: Array, faces: list[tuple[int, int, int]]
) -> tuple[Array, list[tuple[int, int, int]]]:
    vertices = list(points)
    middle: dict[tuple[int, int], int] = {}

    def between(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in middle:
            centre = vertices[a] + vertices[b]
            middle[key] = len(vertices)
            vertices.append(centre / np.linalg.norm(centre))
        return middle[key]

    smaller = []
    for a, b, c in faces:
        ab, bc, ca = between(a, b), between(b, c), between(c, a)
        smaller += [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
    return np.array(vertices), smaller


def _harmonics(points: Array, degree: int) -> npt.NDArray[np.complex128]:
    """Spherical harmonics of one degree, with PyRadiomics' reading of the two angles."""
    azimuth = np.arccos(np.clip(points[:, 2], -1, 1))
    height = np.cos(np.arctan2(points[:, 1], points[:, 0]))
    columns = []
    for order in range(-degree, degree + 1):
        m = abs(order)
        norm = (2 * degree + 1) / (4 * math.pi)
        norm *= math.factorial(degree - m) / math.factorial(degree + m)
        value = math.sqrt(norm) * lpmv(m, degree, height) * np.exp(1j * m * azimuth)
        columns.append(value if order >= 0 else (-1) ** m * np.conj(value))
    return np.stack(columns, axis=1)


def local_binary_pattern(
    image: Array, inside: MaskArray, *, settings: LocalBinaryPattern
) -> dict[str, npt.NDArray[np.float64]]:
    """Return the maps ``m1``, ``m2``, ... and ``k``.

    Parameters
    ----------
    image, inside : ndarray, shape (k, j, i)
        Computed inside the mask only; 0 elsewhere.
    settings : LocalBinaryPattern

    Returns
    -------
    dict of str to ndarray, shape (k, j, i), float64
    """
    directions = icosphere(settings.subdivisions)
    offsets = directions * settings.radius_voxels
    harmonics = [_harmonics(directions, degree) for degree in range(settings.levels)]
    smooth = ndimage.spline_filter(image, order=3, output=np.float64)
    places = np.argwhere(inside)
    names = [*(f"m{n + 1}" for n in range(settings.levels)), "k"]
    maps = {name: np.zeros(image.shape) for name in names}
    for start in range(0, len(places), _BATCH):
        batch = places[start : start + _BATCH]
        samples = ndimage.map_coordinates(
            smooth, (batch[:, None] + offsets).T, order=3, prefilter=False, output=image.dtype
        ).T
        above = (samples >= image[tuple(batch.T)][:, None]).astype(np.float64)
        maps["k"][tuple(batch.T)] = kurtosis(samples, axis=1)
        for degree, basis in enumerate(harmonics):
            spectrum = above @ basis
            pattern = spectrum @ basis.T
            power = np.sqrt(np.sum(pattern**2, axis=1))
            maps[f"m{degree + 1}"][tuple(batch.T)] = power.real
    return maps
