"""The 14 shape features of a region: mesh, axes of inertia, diameters.

Van Griethuysen 2017; IBSI reference manual 3.1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, Spacing
from mslens.radiomics.diameter import largest_distance, largest_distance_in_slices
from mslens.radiomics.mesh import measure_mesh, mesh_vertices
from mslens.radiomics.regions import Region


def axis_variances(points: Array) -> npt.NDArray[np.float64]:
    """Return the variances along the principal axes, ascending, in squared units of `points`."""
    centred = points - points.mean(axis=0)
    covariance = centred.T @ centred / len(points)
    return np.maximum(np.linalg.eigvalsh(covariance), 0.0)


def region_points(region: Region) -> npt.NDArray[np.int64]:
    """Return the voxels' places in the padded box, shape (n, 3), along (k, j, i)."""
    return np.stack(np.unravel_index(region.cells, region.shape), axis=1).astype(np.int64)


def _row_ends(points: Array, along: tuple[int, int, int]) -> Array:
    """Sort by `along` and keep both ends of every row in its last axis.

    No other point of a row can be farthest from anything.
    """
    ordered = points[np.lexsort([points[:, axis] for axis in reversed(along)])]
    starts = np.any(np.diff(ordered[:, along[:2]], axis=0, prepend=-1) != 0, axis=1)
    return ordered[starts | np.append(starts[1:], True)]


def describe_shape(region: Region, *, spacing_mm: Spacing) -> npt.NDArray[np.float64]:
    """Return the 14 features in the order of ``names.KERNEL_NAMES["shape"]``.

    Parameters
    ----------
    region : Region
    spacing_mm : tuple of 3 float
        Voxel size along (k, j, i). A slice is k, a column j and a row i, as in PyRadiomics.
    """
    places = region_points(region)
    inside = region.fill_box(np.ones(region.size, dtype=np.bool_))
    area, volume = measure_mesh(inside, spacing_mm=spacing_mm)
    least, minor, major = 4 * np.sqrt(axis_variances(places * np.asarray(spacing_mm)))
    crossings = mesh_vertices(inside, spacing_mm=(1.0, 1.0, 1.0))
    rows = _row_ends(crossings, (0, 1, 2))
    in_slice = largest_distance_in_slices(rows, axis=0, spacing_mm=spacing_mm)
    in_column = largest_distance_in_slices(rows, axis=1, spacing_mm=spacing_mm)
    columns = _row_ends(crossings, (2, 0, 1))
    in_row = largest_distance_in_slices(columns, axis=2, spacing_mm=spacing_mm)
    longest = largest_distance(rows * np.asarray(spacing_mm))
    flat = major == 0.0
    return np.array(
        [
            np.nan if flat else minor / major,
            np.nan if flat else least / major,
            least,
            major,
            in_column,
            in_row,
            in_slice,
            longest,
            volume,
            minor,
            (36 * np.pi * volume**2) ** (1 / 3) / area,
            area,
            area / volume,
            region.size * float(np.prod(spacing_mm)),
        ]
    )
