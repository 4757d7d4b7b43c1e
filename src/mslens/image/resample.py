"""Resample a volume onto another grid: one interpolation through the whole pull-back chain.

v_target(p) = v_source(T_n(... T_1(p))). Scalars by trilinear or cubic B-spline weights, masks by
thresholding the interpolated share at one half, labels by nearest or by the largest trilinear
vote, phases as unit phasors. Downsampling can be band-limited by a Gaussian whose FWHM fills up
the source voxel to the target voxel (Cardoso 2015, doi:10.1007/978-3-319-24571-3_81).
"""

from __future__ import annotations

from typing import Literal, cast

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array
from mslens.core.errors import SettingsError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, TransformChain
from mslens.core.volume import Kind, Volume
from mslens.image.chain import iterate_slabs, simplify_chain
from mslens.image.interpolate import sample_cubic, sample_linear, sample_nearest, sample_vote

Interpolation = Literal["nearest", "linear", "cubic", "vote"]

#: Kind -> allowed interpolations, the default first.
INTERPOLATIONS: dict[Kind, tuple[Interpolation, ...]] = {
    "scalar": ("linear", "cubic", "nearest"),
    "phase": ("linear", "cubic", "nearest"),
    "mask": ("linear", "nearest"),
    "label": ("vote", "nearest"),
}
_FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))


def resample(
    volume: Volume,
    target_grid: Grid,
    chain: TransformChain = (),
    *,
    interpolation: Interpolation | None = None,
    fill: float = 0.0,
    antialias: bool = False,
) -> Volume:
    """Resample `volume` onto `target_grid` through `chain`, interpolating once.

    Parameters
    ----------
    volume : Volume
        Its kind fixes the interpolation: scalar linear, mask linear share >= .5, label vote,
        phase (radians) linear on unit phasors.
    target_grid : Grid
    chain : sequence of transforms
        Pull-backs, applied from first to last to a point of the target.
    interpolation : {"nearest", "linear", "cubic", "vote"}, optional
        Another interpolation that the kind allows (`INTERPOLATIONS`). Cubic values are kept
        within the source's range.
    fill : float
        Value of points that lie outside the source's voxels.
    antialias : bool
        Smooth first where the target's voxels are larger than the source's; scalar only.

    Returns
    -------
    Volume
        float32 for scalar and phase, int32 for label, bool for mask.

    Raises
    ------
    SettingsError
        If the kind does not allow the interpolation or the anti-aliasing.
    """
    allowed = INTERPOLATIONS[volume.kind]
    method = allowed[0] if interpolation is None else interpolation
    if method not in allowed:
        raise SettingsError(
            f"a {volume.kind} cannot be interpolated by '{method}'",
            expected=f"one of {', '.join(allowed)}",
        )
    if antialias and volume.kind != "scalar":
        raise SettingsError(f"a {volume.kind} cannot be smoothed before it is resampled")
    chain = simplify_chain(chain)
    if volume.kind == "label":
        return _resample_label(volume, target_grid, chain, method, int(fill))
    if volume.kind == "phase":
        return _resample_phase(volume, target_grid, chain, method, fill)
    data = np.asarray(volume.data, dtype=np.float32)
    if antialias:
        data = _band_limit(data, volume.grid, target_grid, chain)
    values = _resample_scalar(data, volume.grid, target_grid, chain, method, fill)
    if volume.kind == "mask":
        return Volume(values >= 0.5, target_grid, "mask")
    return Volume(values, target_grid, "scalar")


def _resample_scalar(
    data: npt.NDArray[np.float32],
    source: Grid,
    target: Grid,
    chain: TransformChain,
    method: Interpolation,
    fill: float,
) -> npt.NDArray[np.float32]:
    kernels = {"nearest": sample_nearest, "linear": sample_linear, "cubic": sample_cubic}
    kernel = kernels[method]
    samples = np.ascontiguousarray(data, dtype=np.float32)
    if method == "cubic":
        samples = ndimage.spline_filter(samples, order=3, output=np.float32, mode="mirror")
    out = np.empty(target.shape, dtype=np.float32)
    for slab, index in iterate_slabs(target, chain, source=source):
        kernel(samples, index, fill, out[slab].reshape(-1))
    if method == "cubic":
        np.clip(out, min(float(data.min()), fill), max(float(data.max()), fill), out=out)
    return out


def _resample_label(
    volume: Volume, target: Grid, chain: TransformChain, method: Interpolation, fill: int
) -> Volume:
    kernel = sample_vote if method == "vote" else sample_nearest
    labels = np.ascontiguousarray(volume.data, dtype=np.int32)
    out = np.empty(target.shape, dtype=np.int32)
    for slab, index in iterate_slabs(target, chain, source=volume.grid):
        kernel(labels, index, fill, out[slab].reshape(-1))
    return Volume(out, target, "label")


def _resample_phase(
    volume: Volume, target: Grid, chain: TransformChain, method: Interpolation, fill: float
) -> Volume:
    real, imaginary = (
        _resample_scalar(part, volume.grid, target, chain, method, np.nan)
        for part in (np.cos(volume.data), np.sin(volume.data))
    )
    phase = np.arctan2(imaginary, real)
    return Volume(np.where(np.isnan(phase), np.float32(fill), phase), target, "phase")


def _band_limit(
    data: npt.NDArray[np.float32], source: Grid, target: Grid, chain: TransformChain
) -> npt.NDArray[np.float32]:
    """Smooth along the source's axes by what its voxels lack of the target's extent."""
    edges_mm = target.affine[:3, :3]
    for transform in chain:
        if isinstance(transform, AffineTransform):
            edges_mm = transform.matrix[:3, :3] @ edges_mm
    sizes_mm = np.asarray(source.voxel_size_mm)
    axes = source.affine[:3, :3] / sizes_mm
    extent_mm = np.linalg.norm(axes.T @ edges_mm, axis=1)
    missing = np.sqrt(np.maximum(extent_mm**2 - sizes_mm**2, 0.0))
    sigma = missing / _FWHM_PER_SIGMA / sizes_mm
    return cast("Array", ndimage.gaussian_filter(data, sigma, mode="nearest", truncate=3.0))


def coarsen(volume: Volume, voxel_size_mm: float) -> Volume:
    """Smooth and thin out along the volume's own axes where its voxels are smaller.

    Parameters
    ----------
    volume : Volume, scalar
    voxel_size_mm : float
        An axis with larger voxels is left as it is.
    """
    i, j, k = (max(size, voxel_size_mm) for size in volume.grid.voxel_size_mm)
    return resample(volume, volume.grid.resampled((i, j, k)), antialias=True)
