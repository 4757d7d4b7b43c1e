"""The 29 morphological features of IBSI (reference manual 3.1)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.spatial import ConvexHull

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.radiomics.diameter import largest_distance
from mslens.radiomics.enclosing import enclosing_ellipsoid, smallest_box
from mslens.radiomics.mesh import measure_mesh, mesh_vertices
from mslens.radiomics.shape import axis_variances

#: Tag -> code of the IBSI reference manual.
MORPHOLOGY = {
    "volume": "RNU0",
    "vol_approx": "YEKZ",
    "area_mesh": "C0JK",
    "av": "2PR5",
    "comp_1": "SKGS",
    "comp_2": "BQWJ",
    "sph_dispr": "KRCK",
    "sphericity": "QCFX",
    "asphericity": "25C7",
    "com": "KLMA",
    "diam": "L0JK",
    "pca_maj_axis": "TDIC",
    "pca_min_axis": "P9VJ",
    "pca_least_axis": "7J51",
    "pca_elongation": "Q3CK",
    "pca_flatness": "N17B",
    "vol_dens_aabb": "PBX1",
    "area_dens_aabb": "R59B",
    "vol_dens_ombb": "ZH1A",
    "area_dens_ombb": "IQYR",
    "vol_dens_aee": "6BDE",
    "area_dens_aee": "RDD2",
    "vol_dens_mvee": "SWZ1",
    "area_dens_mvee": "BRI8",
    "vol_dens_conv_hull": "R3ER",
    "area_dens_conv_hull": "7T7F",
    "integ_int": "99N0",
    "moran_i": "N365",
    "geary_c": "NPT7",
}

#: Terms of the Legendre series for the surface of an ellipsoid.
_TERMS = 20


def ellipsoid_area(semi_axes: Array) -> float:
    """Return the surface of an ellipsoid as the IBSI reference manual writes it.

    The manual's Legendre series takes 1 - b^2/a^2 and 1 - c^2/a^2, which is exact for spheres
    only (a flat disc gets pi / 2 of its surface); IBSI's reference values follow it, so do we.
    """
    c, b, a = np.sort(np.asarray(semi_axes, dtype=np.float64))
    alpha2, beta2 = 1 - (b / a) ** 2, 1 - (c / a) ** 2
    mean, product = (alpha2 + beta2) / 2, alpha2 * beta2
    previous, current, total = 0.0, 1.0, 0.0
    for v in range(_TERMS + 1):
        total += current / (1 - 4 * v**2)
        following = ((2 * v + 1) * mean * current - v * product * previous) / (v + 1)
        previous, current = current, following
    return float(4 * np.pi * a * b * total)


def spatial_autocorrelation(
    image: Array, inside: MaskArray, *, spacing_mm: Spacing
) -> tuple[float, float]:
    """Return Moran's I and Geary's C with weights 1 / distance, through a Fourier convolution.

    Parameters
    ----------
    image, inside : ndarray, shape (k, j, i)
    spacing_mm : tuple of 3 float
    """
    n = int(inside.sum())
    x = np.where(inside, image - image[inside].mean(), 0.0)
    square = float(np.sum(x**2))
    if n < 2 or square == 0:
        return float("nan"), float("nan")
    shape = [fft.next_fast_len(2 * s - 1, real=True) for s in x.shape]
    axes = [
        s * np.minimum(np.arange(m), m - np.arange(m))
        for s, m in zip(spacing_mm, shape, strict=True)
    ]
    distance = np.sqrt(sum(g**2 for g in np.meshgrid(*axes, indexing="ij")))
    distance[0, 0, 0] = np.inf
    weights = fft.rfftn(1 / distance)

    def spread(values: Array) -> npt.NDArray[np.float64]:
        wide = fft.irfftn(fft.rfftn(values, shape) * weights, shape)
        return np.asarray(wide[tuple(slice(0, s) for s in values.shape)])

    near = spread(inside.astype(np.float64))
    total = float(near[inside].sum())
    products = float(np.sum(x * spread(x)))
    differences = 2 * float(np.sum(x**2 * near)) - 2 * products
    return n / total * products / square, (n - 1) / (2 * total) * differences / square


def describe_morphology(
    image: Array, body: MaskArray, inside: MaskArray, *, spacing_mm: Spacing
) -> dict[str, float]:
    """Return the features by the tags of `MORPHOLOGY`.

    Parameters
    ----------
    image : ndarray, shape (k, j, i)
    body, inside : ndarray of bool, shape (k, j, i)
        The morphological mask, and the intensity mask after re-segmentation; both with a rim.
    spacing_mm : tuple of 3 float
    """
    scale = np.asarray(spacing_mm)
    area, volume = measure_mesh(body, spacing_mm=spacing_mm)
    points, places = mesh_vertices(body, spacing_mm=spacing_mm), np.argwhere(body) * scale
    hull = ConvexHull(points)
    corners = points[hull.vertices]
    sample = len(places) / max(1, len(places) - 1)
    least, minor, major = np.sqrt(axis_variances(places) * sample) * 4
    weights = image[inside].astype(np.float64)
    centre = np.average(np.argwhere(inside) * scale, axis=0, weights=weights)
    moran, geary = spatial_autocorrelation(image, inside, spacing_mm=spacing_mm)
    boxes = {
        "aabb": _box_measures(np.ptp(corners, axis=0)),
        "ombb": _box_measures(smallest_box(corners, hull.equations[:, :3])),
        "aee": _ellipsoid_measures(np.array([least, minor, major]) / 2),
        "mvee": _ellipsoid_measures(enclosing_ellipsoid(corners)),
        "conv_hull": (float(hull.volume), float(hull.area)),
    }
    found = {
        "volume": volume,
        "vol_approx": len(places) * float(np.prod(scale)),
        "area_mesh": area,
        "av": area / volume,
        "comp_1": volume / (np.sqrt(np.pi) * area**1.5),
        "comp_2": 36 * np.pi * volume**2 / area**3,
        "sph_dispr": area / (36 * np.pi * volume**2) ** (1 / 3),
        "sphericity": (36 * np.pi * volume**2) ** (1 / 3) / area,
        "asphericity": (area**3 / (36 * np.pi * volume**2)) ** (1 / 3) - 1,
        "com": float(np.linalg.norm(places.mean(axis=0) - centre)),
        "diam": largest_distance(corners),
        "pca_maj_axis": major,
        "pca_min_axis": minor,
        "pca_least_axis": least,
        "pca_elongation": minor / major,
        "pca_flatness": least / major,
        "integ_int": float(weights.mean()) * volume,
        "moran_i": moran,
        "geary_c": geary,
    }
    for name, (its_volume, its_area) in boxes.items():
        found[f"vol_dens_{name}"] = volume / its_volume
        found[f"area_dens_{name}"] = area / its_area
    return {name: float(found[name]) for name in MORPHOLOGY}


def _box_measures(edges: Array) -> tuple[float, float]:
    a, b, c = edges
    return float(a * b * c), float(2 * (a * b + b * c + c * a))


def _ellipsoid_measures(semi_axes: Array) -> tuple[float, float]:
    return float(4 / 3 * np.pi * np.prod(semi_axes)), ellipsoid_area(semi_axes)
