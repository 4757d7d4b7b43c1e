"""Where lesions of multiple sclerosis sit in the template: one sampling map per place.

Places are those of the location rule of `mslens.image.location`; their shares and the gradient
with the distance to the ventricles follow Filippi 2019 (Brain 142:1858) and the lesion maps of
Di Perri 2008 (Arch Neurol 65:236): around the bodies and trigones of the ventricles above all.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import MaskArray
from mslens.image.distance import measure_distance
from mslens.image.location import Location
from mslens.image.parcel_names import REGIONS
from mslens.simulate.folding import Levels
from mslens.simulate.template_store import TemplateMaps, indices_of, load_template_maps

FloatMap = npt.NDArray[np.float32]

#: Share of the foci that start at each place.
PLACE_SHARES: dict[Location, float] = {
    "periventricular": 0.32,
    "juxtacortical": 0.22,
    "infratentorial": 0.07,
    "deep-grey-matter": 0.02,
    "deep-white-matter": 0.37,
}
_REACH_MM = 40.0
#: Falls of the frequency with the distance to the ventricles, in mm.
_FALL_MM = 18.0
#: Lesions start and spread lateral of the ventricles rather than between them.
_MEDIAL_MM, _MEDIAL_SHARE = 8.0, 0.25
_BESIDE_VENTRICLE_MM, _BELOW_CORTEX_MM = 4.0, 2.5


@dataclass(frozen=True, eq=False)
class LesionPriors:
    """Maps on the grid of the template's brain box.

    Parameters
    ----------
    places : mapping of Location to ndarray, float32
        Frequency with which a focus starts in a voxel; 0 where none can.
    ventricle_mm : ndarray, float32
        Distance to the lateral ventricles.
    medial : ndarray, float32
        1 in the corpus callosum, septum and fornix: lesions touch them but seldom cross them.
    away_from_ventricle : ndarray, shape (x, y, z, 3), float32
        Gradient of the smoothed distance: the direction in which Dawson's fingers point.
    """

    places: dict[Location, FloatMap]
    ventricle_mm: FloatMap
    medial: FloatMap
    away_from_ventricle: FloatMap


@functools.lru_cache(maxsize=2)
def load_lesion_priors(voxel_size_mm: float) -> LesionPriors:
    """Build the priors for the template maps of a voxel size, once per process."""
    maps = load_template_maps(voxel_size_mm)
    size = maps.grid.voxel_size_mm
    labels = maps.parcels.labels
    ventricle = np.isin(labels, indices_of("Lateral_Ventricle"))
    cortex = np.isin(labels, [region.index for region in REGIONS if region.group == "cortex"])
    to_ventricle = measure_distance(ventricle, voxel_size_mm=size, limit_mm=_REACH_MM)
    to_ventricle = np.minimum(to_ventricle, np.float32(_REACH_MM))
    to_cortex = np.minimum(
        measure_distance(cortex, voxel_size_mm=size, limit_mm=12.0), np.float32(12.0)
    )
    smooth = ndimage.gaussian_filter(to_ventricle, 1.5 / size[0])
    slope = np.stack(np.gradient(smooth, *size), axis=-1)
    length = np.linalg.norm(slope, axis=-1, keepdims=True)
    return LesionPriors(
        places=_place_maps(maps, to_ventricle, to_cortex),
        ventricle_mm=to_ventricle,
        medial=_medial(maps).astype(np.float32),
        away_from_ventricle=(slope / np.maximum(length, 1e-3)).astype(np.float32),
    )


def find_receptive_tissue(maps: TemplateMaps, levels: Levels) -> FloatMap:
    """Say how much of each voxel can become lesion: white matter, its border, nuclei, brainstem.

    Parameters
    ----------
    maps : TemplateMaps
    levels : Levels
        Of the person, with folds.

    Returns
    -------
    ndarray, shape (x, y, z), float32
        0 to 1, on the grid of the template's brain box.
    """
    white = np.clip(0.65 + 0.5 * levels.white, 0.0, 1.0)
    dry = np.clip(-2.0 * levels.fluid, 0.0, 1.0)
    inside = np.clip(maps.brain_level - 1.0, 0.0, 1.0)
    return np.asarray(np.maximum(white, 0.9 * maps.deep) * dry * inside, dtype=np.float32)


def _place_maps(
    maps: TemplateMaps, to_ventricle: FloatMap, to_cortex: FloatMap
) -> dict[Location, FloatMap]:
    labels = maps.parcels.labels
    lobes = ("Frontal", "Parietal", "Temporal", "Occipital")
    white: MaskArray = np.isin(
        labels, indices_of("Corpus_Callosum", *(f"White_Matter_{lobe}" for lobe in lobes))
    )
    near = np.exp(-to_ventricle / np.float32(_FALL_MM))
    horns = _horn_weight(maps)
    # Even voxels larger than the margins have neighbours that touch.
    touching = 1.05 * maps.grid.voxel_size_mm[0]
    beside, below = max(_BESIDE_VENTRICLE_MM, touching), max(_BELOW_CORTEX_MM, touching)
    periventricular = white * (to_ventricle <= beside) * horns
    periventricular = periventricular * np.where(_medial(maps), _MEDIAL_SHARE, 1.0)
    juxtacortical = white * (to_cortex <= below) * (to_ventricle > beside + 1.0)
    deep = white * (to_ventricle > beside + 1.0) * (to_cortex > below + 1.0) * near
    deep_grey = np.isin(labels, indices_of("Thalamus")) * 1.0
    deep_grey = deep_grey + 0.4 * np.isin(labels, indices_of("Putamen", "Caudate"))
    stem = np.isin(labels, indices_of("Brainstem")) * (maps.levels.fluid < -1.0)
    infratentorial = stem * 1.0 + 0.8 * np.isin(labels, indices_of("White_Matter_Cerebellum"))
    maps_by_place: dict[Location, npt.NDArray[np.floating]] = {
        "periventricular": periventricular,
        "juxtacortical": juxtacortical * (0.3 + near),
        "infratentorial": infratentorial,
        "deep-grey-matter": deep_grey,
        "deep-white-matter": deep,
    }
    return {place: value.astype(np.float32) for place, value in maps_by_place.items()}


def _medial(maps: TemplateMaps) -> MaskArray:
    x = maps.grid.affine[0, 0] * np.arange(maps.grid.shape[0]) + maps.grid.affine[0, 3]
    z = maps.grid.affine[2, 2] * np.arange(maps.grid.shape[2]) + maps.grid.affine[2, 3]
    between = (np.abs(x) < _MEDIAL_MM)[:, None, None] & (z > -5.0)[None, None, :]
    return np.asarray(between | np.isin(maps.parcels.labels, indices_of("Corpus_Callosum")))


def _horn_weight(maps: TemplateMaps) -> FloatMap:
    """Weigh the trigones and occipital horns, and the frontal horns, above the rest."""
    _, y, z = (
        maps.grid.affine[a, a] * np.arange(maps.grid.shape[a]) + maps.grid.affine[a, 3]
        for a in range(3)
    )
    along = (
        1.0 + 0.5 * np.exp(-(((y + 55.0) / 22.0) ** 2)) + 0.5 * np.exp(-(((y - 24.0) / 10.0) ** 2))
    )
    height = np.where(z < -4.0, 0.7, 1.0)
    return np.asarray(along[None, :, None] * height[None, None, :], dtype=np.float32)
