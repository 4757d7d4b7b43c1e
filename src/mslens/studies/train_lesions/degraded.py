"""The same real person as another scanner might have shown it.

Thick slices, a power of the intensities, what is left of an inhomogeneity, noise: two real persons
are few, and this keeps a model from learning their scanner.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array, Spacing
from mslens.core.rng import make_rng
from mslens.segment.lesion_case import LesionCase

_THICK_SHARE = 0.6


def degrade_case(case: LesionCase, number: int, *, seed: int) -> LesionCase:
    """Degrade the images of a case; the truth stays.

    Parameters
    ----------
    case : LesionCase
    number : int
        Each has its own random stream.
    seed : int

    Returns
    -------
    LesionCase
        Named after the case and the number.
    """
    rng = make_rng(seed, case.name, str(number), "degraded")

    def change(image: Array | None) -> Array | None:
        return None if image is None else _degrade(image, case.mask, case.voxel_size_mm, rng)

    return replace(
        case,
        name=f"{case.name}-{number}",
        flair=_degrade(case.flair, case.mask, case.voxel_size_mm, rng),
        t1w=change(case.t1w),
        t2w=change(case.t2w),
    )


def _degrade(
    image: Array, mask: Array, size: Spacing, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    brain = np.asarray(image, dtype=np.float32)[mask]
    top = np.float32(np.percentile(brain, 99.5))
    changed = np.clip(np.asarray(image, dtype=np.float32) / top, 0, 2)
    if rng.random() < _THICK_SHARE:
        changed = _thicken(changed, int(rng.integers(3)), float(rng.uniform(2.5, 5.0)), size)
    changed = np.maximum(changed, 0) ** np.float32(np.exp(0.2 * rng.standard_normal()))
    coarse = 0.06 * rng.standard_normal((4, 4, 4))
    factors = [n / 4 for n in changed.shape]
    changed *= np.exp(ndimage.zoom(coarse, factors, order=3)).astype(np.float32)
    noise = np.float32(rng.uniform(0.0, 0.04)) * rng.standard_normal(changed.shape, np.float32)
    return np.maximum(changed + noise, 0).astype(np.float32)


def _thicken(
    image: npt.NDArray[np.float32], axis: int, thickness_mm: float, size: Spacing
) -> npt.NDArray[np.float32]:
    """Average over slices, keep one in so many, and interpolate back linearly."""
    step = max(1, round(thickness_mm / size[axis]))
    if step == 1:
        return image
    sums = ndimage.uniform_filter1d(image, step, axis=axis, mode="nearest")
    n = image.shape[axis]
    centres = np.arange(step // 2, n, step)
    slices = np.take(sums, centres, axis=axis)
    place = np.clip((np.arange(n) - centres[0]) / step, 0, len(centres) - 1)
    low = np.minimum(place.astype(int), max(0, len(centres) - 2))
    high = np.minimum(low + 1, len(centres) - 1)
    weight = np.expand_dims((place - low).astype(np.float32), [k for k in range(3) if k != axis])
    below, above = np.take(slices, low, axis=axis), np.take(slices, high, axis=axis)
    return np.asarray(below * (1 - weight) + above * weight, dtype=np.float32)
