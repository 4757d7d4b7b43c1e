"""A small head with known tissue, lesions and brain mask, built from the bundled template.

Not the simulator: just enough truth for the tests of single steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from nilearn import datasets
from scipy import ndimage

from mslens.core.grid import Grid
from mslens.core.volume import Volume

T1W = {"csf": 25.0, "gm": 65.0, "wm": 100.0, "lesion": 55.0, "scalp": 90.0, "skull": 8.0}
FLAIR = {"csf": 12.0, "gm": 75.0, "wm": 60.0, "lesion": 130.0, "scalp": 85.0, "skull": 8.0}


@dataclass(frozen=True)
class Head:
    t1w: Volume
    flair: Volume
    brain: Volume
    lesions: Volume
    gm: Volume
    wm: Volume


def make_head(voxel_size_mm: float = 4.0, *, seed: int = 0, n_lesions: int = 6) -> Head:
    """Build a T1w and a FLAIR on one grid with scalp, skull, noise and round WM lesions."""
    rng = np.random.default_rng(seed)
    size = int(voxel_size_mm)
    gm_image = datasets.load_mni152_gm_template(resolution=size)
    wm_image = datasets.load_mni152_wm_template(resolution=size)
    brain_image = datasets.load_mni152_brain_mask(resolution=size)
    pad = round(20 / voxel_size_mm)
    gm, wm, brain = (
        np.pad(np.asarray(i.dataobj, dtype=float), pad) for i in (gm_image, wm_image, brain_image)
    )
    affine = np.array(gm_image.affine, dtype=float)
    affine[:3, 3] -= affine[:3, :3] @ np.full(3, pad)
    grid = Grid(affine, gm.shape)
    brain = ndimage.binary_closing(brain > 0.5, iterations=2) | (brain > 0.5)
    total = np.maximum(gm + wm, 1e-6)
    scale = np.where(brain, np.minimum(1.0, 1.0 / total), 0.0)
    gm, wm = gm * scale, wm * scale
    csf = np.where(brain, 1 - gm - wm, 0.0)
    away = ndimage.distance_transform_edt(~brain) * voxel_size_mm
    lesions = _lesions(wm, rng, n_lesions, voxel_size_mm)
    weights = {
        "csf": csf * ~lesions,
        "gm": gm * ~lesions,
        "wm": wm * ~lesions,
        "lesion": lesions.astype(float),
        "skull": ((away > 0) & (away <= 8)).astype(float),
        "scalp": ((away > 8) & (away <= 14)).astype(float),
    }
    images = {}
    for name, table in (("t1w", T1W), ("flair", FLAIR)):
        clean = sum(table[key] * weight for key, weight in weights.items())
        noise = rng.normal(0, 2.0, (2, *clean.shape))
        images[name] = Volume(
            np.hypot(clean + noise[0], noise[1]).astype(np.float32), grid, "scalar"
        )
    return Head(
        t1w=images["t1w"],
        flair=images["flair"],
        brain=Volume(brain, grid, "mask"),
        lesions=Volume(lesions, grid, "mask"),
        gm=Volume(gm.astype(np.float32), grid),
        wm=Volume(wm.astype(np.float32), grid),
    )


def _lesions(
    wm: np.ndarray, rng: np.random.Generator, count: int, voxel_size_mm: float
) -> np.ndarray:
    inside = np.argwhere(ndimage.minimum_filter(wm, 3) > 0.9)
    mask = np.zeros(wm.shape, dtype=bool)
    if count == 0:
        return mask
    index = np.stack(np.indices(wm.shape), axis=-1)
    for centre in inside[rng.choice(len(inside), count, replace=False)]:
        radius = rng.uniform(1.0, 1.6) * max(3.0, voxel_size_mm)
        mask |= (np.linalg.norm((index - centre) * voxel_size_mm, axis=-1) < radius) & (wm > 0.5)
    return mask
