"""A head around the template's brain: signed distances of skull, scalp, eyes, air, neck.

Every part is a signed distance d (mm, below 0 inside) on a coarse grid; the share of a voxel that
a part fills is clip(1/2 - d / voxel), parts in front hide parts behind.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.simulate import head_shapes as shapes
from mslens.simulate.head_shapes import Ellipsoid, Rod

FloatMap = npt.NDArray[np.float32]

#: Parts of the head, one signed distance each.
PARTS = (
    "hull", "skin", "eye", "lens", "orbit", "strand", "air", "tongue", "marrow", "canal", "cord",
    "muscle", "vessel",
)  # fmt: skip

_CLOSING_MM, _SKIN_SMOOTHING_MM = 14.0, 7.0
#: Distances are right up to the margin around each shape, beyond it they are just far.
_MARGIN_MM, _FAR_MM = 14.0, 1e3
#: Box of the head in template space, mm: first and last voxel centre per axis.
BOX_MM = ((-100.0, 100.0), (-140.0, 124.0), (-150.0, 112.0))


@dataclass(frozen=True, eq=False)
class Head:
    """Signed distances of the parts of the head on one grid.

    Parameters
    ----------
    distance_mm : ndarray, shape (x, y, z, n_parts), float32
        In the order of `PARTS`; below 0 inside.
    grid : Grid
    """

    distance_mm: FloatMap
    grid: Grid


def head_grid(voxel_size_mm: float) -> Grid:
    """Grid of the head's box in template space."""
    affine = np.diag([voxel_size_mm] * 3 + [1.0])
    affine[:3, 3] = [low for low, _ in BOX_MM]
    shape = [int((high - low) / voxel_size_mm) + 1 for low, high in BOX_MM]
    return Grid(affine, (shape[0], shape[1], shape[2]))


def build_head(brain: Array, brain_grid: Grid, *, voxel_size_mm: float = 2.0) -> Head:
    """Build the head around a brain mask in template space.

    Parameters
    ----------
    brain : ndarray, shape (x, y, z)
        Brain mask, non-zero inside.
    brain_grid : Grid
        RAS axes, isotropic.
    voxel_size_mm : float
        Of the distances.

    Returns
    -------
    Head
    """
    grid = head_grid(voxel_size_mm)
    hull = _hull_distance(brain, brain_grid, grid)
    axes = [
        grid.affine[a, 3] + grid.affine[a, a] * np.arange(grid.shape[a], dtype=np.float32)
        for a in range(3)
    ]
    parts = {"hull": hull}
    # The skin is smoother than the skull: bone and scalp fill up the hollows.
    smooth = ndimage.gaussian_filter(hull, _SKIN_SMOOTHING_MM / voxel_size_mm)
    smooth = np.minimum(smooth - np.float32(shapes.FLUID_MM + shapes.WALL_MM), hull - 6.0)
    face = _union(shapes.SKIN, axes, blend_mm=9.0)
    skin = _smooth_min(smooth, face, 8.0)
    parts["skin"] = np.minimum(skin, _union(shapes.EARS, axes))
    groups: dict[str, Sequence[Ellipsoid | Rod]] = {
        "eye": shapes.EYES,
        "lens": shapes.LENSES,
        "orbit": shapes.ORBITS,
        "strand": shapes.EYE_NERVES_AND_MUSCLES,
        "air": shapes.AIR,
        "tongue": shapes.TONGUE,
        "marrow": shapes.MARROW,
        "canal": shapes.CANAL,
        "cord": shapes.CORD,
        "muscle": (*shapes.TEMPORAL_MUSCLES, *shapes.NECK_MUSCLES),
        "vessel": shapes.VESSELS,
    }
    for name, group in groups.items():
        parts[name] = _union(group, axes)
    return Head(np.stack([parts[name] for name in PARTS], axis=-1).astype(np.float32), grid)


def _hull_distance(brain: Array, brain_grid: Grid, grid: Grid) -> FloatMap:
    """Signed distance to the brain mask closed over its fissures."""
    size = grid.voxel_size_mm[0]
    mask = Volume(np.asarray(brain) != 0, brain_grid, "mask")
    inside = resample(mask, grid, interpolation="nearest").data
    far = ndimage.distance_transform_edt(~inside, sampling=size) > _CLOSING_MM
    closed = ndimage.distance_transform_edt(~far, sampling=size) > _CLOSING_MM
    outer = ndimage.distance_transform_edt(~closed, sampling=size)
    inner = ndimage.distance_transform_edt(closed, sampling=size)
    signed = np.where(closed, -(inner - size / 2), outer - size / 2)
    return np.asarray(ndimage.gaussian_filter(signed.astype(np.float32), 1.5 / size))


def _union(
    group: Sequence[Ellipsoid | Rod], axes: Sequence[FloatMap], *, blend_mm: float = 0.0
) -> FloatMap:
    """Signed distance to the nearest part; far from all of them a large number."""
    nearest = np.full([len(axis) for axis in axes], np.float32(_FAR_MM))
    for part in group:
        for side in (1.0, -1.0) if part.mirrored else (1.0,):
            box = _box_around(part, axes, side)
            near = [axis[cut] for axis, cut in zip(axes, box, strict=True)]
            if isinstance(part, Ellipsoid):
                away = _ellipsoid(part, near, side)
            else:
                away = _rod(part, near, side)
            if blend_mm:
                nearest[box] = _smooth_min(nearest[box], away, blend_mm)
            else:
                nearest[box] = np.minimum(nearest[box], away)
    return nearest


def _box_around(
    part: Ellipsoid | Rod, axes: Sequence[FloatMap], side: float
) -> tuple[slice, slice, slice]:
    if isinstance(part, Ellipsoid):
        low = np.subtract(part.centre, part.radii)
        high = np.add(part.centre, part.radii)
    else:
        low = np.min(part.points, axis=0) - part.radius
        high = np.max(part.points, axis=0) + part.radius
    if side < 0:
        low[0], high[0] = -high[0], -low[0]
    x, y, z = (
        slice(
            int(np.searchsorted(axis, first - _MARGIN_MM)),
            int(np.searchsorted(axis, last + _MARGIN_MM)),
        )
        for axis, first, last in zip(axes, low, high, strict=True)
    )
    return x, y, z


def _ellipsoid(part: Ellipsoid, axes: Sequence[FloatMap], side: float) -> FloatMap:
    """Approximate signed distance (|p/r| - 1) |p/r| / |p/r^2| of an ellipsoid."""
    squares, gradients = [], []
    centre = (side * part.centre[0], part.centre[1], part.centre[2])
    for axis, c, r in zip(axes, centre, part.radii, strict=True):
        scaled = (axis - np.float32(c)) / np.float32(r)
        squares.append(scaled**2)
        gradients.append((scaled / np.float32(r)) ** 2)
    k0 = np.sqrt(_outer_sum(squares))
    k1 = np.sqrt(_outer_sum(gradients))
    return np.asarray(k0 * (k0 - 1.0) / np.maximum(k1, 1e-6), dtype=np.float32)


def _rod(part: Rod, axes: Sequence[FloatMap], side: float) -> FloatMap:
    nearest = np.full([len(axis) for axis in axes], np.float32(_FAR_MM))
    points = np.array(part.points) * [side, 1.0, 1.0]
    for start, stop in itertools.pairwise(points):
        along = stop - start
        length = float(along @ along)
        offsets = [axis - np.float32(s) for axis, s in zip(axes, start, strict=True)]
        t = _outer_sum([o * np.float32(d / length) for o, d in zip(offsets, along, strict=True)])
        np.clip(t, 0.0, 1.0, out=t)
        squared = np.zeros_like(t)
        for axis, (o, d) in enumerate(zip(offsets, along, strict=True)):
            broadcast = [1, 1, 1]
            broadcast[axis] = len(o)
            squared += (o.reshape(broadcast) - t * np.float32(d)) ** 2
        nearest = np.minimum(nearest, np.sqrt(squared))
    return np.asarray(nearest - np.float32(part.radius))


def _outer_sum(values: Sequence[FloatMap]) -> FloatMap:
    x, y, z = values
    return np.asarray(x[:, None, None] + y[None, :, None] + z[None, None, :], dtype=np.float32)


def _smooth_min(a: FloatMap, b: FloatMap, width_mm: float) -> FloatMap:
    """Minimum with a fillet of the given width."""
    h = np.maximum(np.float32(width_mm) - np.abs(a - b), 0.0) / np.float32(width_mm)
    return np.asarray(np.minimum(a, b) - h * h * np.float32(width_mm / 4.0), dtype=np.float32)
