"""How relaxation varies within a tissue: by structure, by place, by person and by damage.

T1 and T2 of a voxel are those of its class times exp(m1) and exp(m2). m1 and m2 add up fixed
differences between structures (iron in the pallidum, myelin in the callosum), faint caps around
the ventricles, dirty-appearing white matter, smooth noise of the person, and the damage factors.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.rng import make_rng
from mslens.image.parcel_names import REGIONS
from mslens.simulate.body import Body
from mslens.simulate.controls import HEALTHY_DAMAGE
from mslens.simulate.diffeomorphism import draw_smooth_noise
from mslens.simulate.lesion_priors import load_lesion_priors
from mslens.simulate.template_store import factor_labels, load_template_maps

FloatMap = npt.NDArray[np.float32]

#: Log differences of T1 and T2 of structures against their class.
_STRUCTURES: Mapping[str, tuple[float, float]] = {
    "Pallidum": (-0.22, -0.34),
    "Putamen": (-0.06, -0.13),
    "Caudate": (-0.02, -0.08),
    "Thalamus": (-0.07, -0.05),
    "Hippocampus": (0.03, 0.07),
    "Amygdala": (0.03, 0.07),
    "Insula": (0.02, 0.06),
    "Cingulum_Ant": (0.02, 0.05),
    "Cingulum_Mid": (0.02, 0.04),
    "ParaHippocampal": (0.02, 0.06),
    "Precentral": (-0.06, -0.05),
    "Postcentral": (-0.05, -0.04),
    "Calcarine": (-0.05, -0.04),
    "Corpus_Callosum": (-0.07, -0.09),
    "White_Matter_Occipital": (0.00, 0.04),
    "White_Matter_Parietal": (0.01, 0.03),
    "Brainstem": (0.03, 0.00),
    "White_Matter_Cerebellum": (0.02, -0.02),
}
#: Smooth noise of the person: filter width in mm, standard deviations of m1 and m2.
_NOISE: tuple[tuple[float, float, float], ...] = (
    (14.0, 0.018, 0.028), (4.0, 0.018, 0.028), (1.3, 0.024, 0.034),
)  # fmt: skip
_CAP_MM, _CAP_T2 = 1.6, 0.16
#: Dirty-appearing white matter: blobs of this size, where the noise exceeds the level.
_DIRTY_MM, _DIRTY_LEVEL, _DIRTY_T1, _DIRTY_T2 = 6.0, 0.9, 0.03, 0.07
_HALO_T1, _HALO_T2 = 0.06, 0.13
#: One standard deviation of damage prolongs T1 and T2 and roughens the texture by this much.
_DAMAGE_T1, _DAMAGE_T2, _DAMAGE_ROUGHNESS = 0.010, 0.008, 0.10


@dataclass(frozen=True, eq=False)
class Texture:
    """Log change of T1 and T2 on the grid of the template's brain box, float32."""

    t1: FloatMap
    t2: FloatMap


def weave_texture(
    body: Body,
    damage: npt.NDArray[np.float64],
    *,
    visit: str,
    dirty: float,
    voxel_size_mm: float,
) -> Texture:
    """Draw the texture of one visit; without the halo of its lesions (`add_halo`).

    Parameters
    ----------
    body : Body
    damage : ndarray, shape (7,), float64
        Damage factors at the visit.
    visit : str
        A small part of the noise changes from visit to visit.
    dirty : float
        How much dirty-appearing white matter there is, 0 (control) to about 2.
    voxel_size_mm : float
        Of the template maps.

    Returns
    -------
    Texture
    """
    maps = load_template_maps(voxel_size_mm)
    fixed_t1, fixed_t2 = _fixed_texture(voxel_size_mm)
    factor = _factor_map(voxel_size_mm)
    level = np.concatenate([[0.0], np.asarray(damage) - HEALTHY_DAMAGE]).astype(np.float32)[factor]
    rng = make_rng(body.seed, body.name, "texture")
    fresh = make_rng(body.seed, body.name, visit, "texture")
    rough = 1 + np.float32(_DAMAGE_ROUGHNESS) * level
    t1 = fixed_t1 + np.float32(_DAMAGE_T1) * level
    t2 = fixed_t2 + np.float32(_DAMAGE_T2) * level
    for scale, sd_t1, sd_t2 in _NOISE:
        lasting = _noise(maps.grid.shape, voxel_size_mm, scale, rng)
        own: FloatMap | float = 1.0
        if scale == _NOISE[-1][0]:
            changing = _noise(maps.grid.shape, voxel_size_mm, scale, fresh)
            lasting = np.float32(0.95) * lasting + np.float32(0.31) * changing
            own = rough
        t1 += np.float32(sd_t1) * lasting * own
        t2 += np.float32(sd_t2) * lasting * own
    blobs = _noise(maps.grid.shape, voxel_size_mm, _DIRTY_MM, rng) - np.float32(_DIRTY_LEVEL)
    blobs = np.clip(blobs, 0, 1.5) * _dirty_where(voxel_size_mm) * np.float32(dirty)
    return Texture(
        t1 + np.float32(_DIRTY_T1) * blobs,
        t2 + np.float32(_DIRTY_T2) * blobs,
    )


def add_halo(texture: Texture, halo: FloatMap) -> Texture:
    """Prolong T1 and T2 in the faintly abnormal tissue around lesions.

    Parameters
    ----------
    texture : Texture
    halo : ndarray, float32
        0 to 1, of `LesionMaps`.

    Returns
    -------
    Texture
    """
    return Texture(
        texture.t1 + np.float32(_HALO_T1) * halo**2, texture.t2 + np.float32(_HALO_T2) * halo**2
    )


def _noise(
    shape: tuple[int, int, int], voxel_size_mm: float, scale: float, rng: np.random.Generator
) -> FloatMap:
    size = (voxel_size_mm, voxel_size_mm, voxel_size_mm)
    return draw_smooth_noise(
        shape, voxel_size_mm=size, scale_mm=max(scale, 0.7 * voxel_size_mm), rng=rng
    )


@functools.lru_cache(maxsize=2)
def _fixed_texture(voxel_size_mm: float) -> tuple[FloatMap, FloatMap]:
    maps = load_template_maps(voxel_size_mm)
    table = np.zeros((len(REGIONS) + 1, 2), dtype=np.float32)
    for region in REGIONS:
        name = region.name.removesuffix("_L").removesuffix("_R")
        table[region.index] = _STRUCTURES.get(name, (0.0, 0.0))
    sigma = 1.2 / voxel_size_mm
    t1, t2 = (ndimage.gaussian_filter(table[maps.parcels.labels][..., k], sigma) for k in range(2))
    away = load_lesion_priors(voxel_size_mm).ventricle_mm
    return t1, t2 + np.float32(_CAP_T2) * np.exp(-((away / np.float32(_CAP_MM)) ** 2))


@functools.lru_cache(maxsize=2)
def _factor_map(voxel_size_mm: float) -> npt.NDArray[np.int8]:
    return np.asarray(factor_labels()[load_template_maps(voxel_size_mm).parcels.labels])


@functools.lru_cache(maxsize=2)
def _dirty_where(voxel_size_mm: float) -> FloatMap:
    priors = load_lesion_priors(voxel_size_mm)
    white = load_template_maps(voxel_size_mm).deep_white
    near = np.exp(-priors.ventricle_mm / np.float32(16.0)) * (1 - priors.medial)
    return np.asarray(white * near, dtype=np.float32)
