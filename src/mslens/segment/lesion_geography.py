"""Where a voxel lies in the template: tissue, distances and coordinates, on a session's grid."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from mslens.core.grid import Grid
from mslens.core.transform import Transform, apply_affine
from mslens.image.chain import iterate_slabs
from mslens.image.distance import measure_distance
from mslens.image.interpolate import sample_linear
from mslens.io.templates import load_template

#: The maps, in order. Outside of the template all is fluid.
GEOGRAPHY = (
    "csf", "gm", "wm", "ventricle_mm", "depth_mm", "lateral_mm", "anterior_mm", "superior_mm",
)  # fmt: skip
_FARTHEST_MM = 60.0
#: Fluid this deep, this near to the midline and this high is the lateral ventricles'.
_DEEP_MM, _MEDIAL_MM, _LOWEST_MM = 20.0, 34.0, -16.0


def map_geography(grid: Grid, to_template: Transform) -> npt.NDArray[np.float32]:
    """Bring the template's maps to a grid.

    Parameters
    ----------
    grid : Grid
    to_template : Transform
        Points of the grid's world to points of the template.

    Returns
    -------
    ndarray, shape (8, x, y, z), float32
        In the order of `GEOGRAPHY`: probabilities of CSF, GM and WM, which add up to 1; distance
        to the lateral ventricles; depth under the surface of the brain; distance from the
        midline; coordinates towards the front and upwards. Millimetres of the template.
    """
    template = load_template().gm.grid
    maps = _template_maps()
    out = np.zeros((len(GEOGRAPHY), *grid.shape), dtype=np.float32)
    for slab, index in iterate_slabs(grid, [to_template], source=template):
        for place, samples, outside in zip((1, 2, 3, 4), maps, (0, 0, 60, 0), strict=True):
            sample_linear(samples, index, outside, out[place][slab].reshape(-1))
        points = apply_affine(template.affine, index)
        for place, values in zip((5, 6, 7), (np.abs(points[:, 0]), *points[:, 1:].T), strict=True):
            out[place][slab] = values.reshape(out[place][slab].shape)
    out[0] = np.clip(1 - out[1] - out[2], 0, 1)
    return out


@functools.lru_cache(maxsize=1)
def _template_maps() -> tuple[npt.NDArray[np.float32], ...]:
    """GM, WM, distance to the ventricles and depth on the template's grid."""
    template = load_template()
    grid, gm, wm = template.gm.grid, template.gm.data, template.wm.data
    size = grid.voxel_size_mm
    depth = measure_distance(~np.asarray(template.brain.data), voxel_size_mm=size)
    points = apply_affine(grid.affine, np.moveaxis(np.indices(grid.shape), 0, -1))
    middle = (np.abs(points[..., 0]) < _MEDIAL_MM) & (points[..., 2] > _LOWEST_MM)
    fluid = (gm + wm < 0.5) & (depth > _DEEP_MM) & middle
    away = np.minimum(measure_distance(fluid, voxel_size_mm=size), _FARTHEST_MM)
    maps = (gm, wm, away, depth)
    return tuple(np.ascontiguousarray(values, dtype=np.float32) for values in maps)
