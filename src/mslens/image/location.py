"""The location class of each lesion: one rule, exclusive classes, counts that add up.

In this order: periventricular (any voxel within 3 mm of the lateral ventricles), juxtacortical
(at least half of the lesion within 2 mm of the cerebral cortex), infratentorial, deep grey matter
(at least half inside), deep white matter (the rest). The margins and shares are those of
Barquero et al., NeuroImage Clin 2020 (RimNet), after Jehna et al., Ann Neurol 2015, and Filippi
et al., Brain 2019; the lateral ventricles alone count as ventricles because the consensus
criteria (Thompson et al., Lancet Neurol 2018) call brainstem and cerebellum infratentorial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from mslens.core.arrays import Array
from mslens.core.settings import Settings

Location = Literal[
    "periventricular", "juxtacortical", "infratentorial", "deep-grey-matter", "deep-white-matter"
]
#: Order of the rule: the first class that fits is taken.
LOCATIONS: tuple[Location, ...] = (
    "periventricular",
    "juxtacortical",
    "infratentorial",
    "deep-grey-matter",
    "deep-white-matter",
)


class LocationSettings(Settings):
    """Margins and shares of the location rule.

    Parameters
    ----------
    ventricle_margin_mm : float
        Periventricular: any voxel this close to the lateral ventricles.
    cortex_margin_mm : float
        Juxtacortical: enough of the lesion this close to the cortex.
    min_share : float
        What is enough of a lesion.
    """

    ventricle_margin_mm: float = Field(default=3.0, ge=0)
    cortex_margin_mm: float = Field(default=2.0, ge=0)
    min_share: float = Field(default=0.5, gt=0, le=1)


@dataclass(frozen=True)
class Neighbourhood:
    """What the location of a lesion is judged by, all on one grid of shape (x, y, z).

    Parameters
    ----------
    ventricle_distance_mm, cortex_distance_mm : ndarray of float
        Distance to the lateral ventricles and to the cerebral cortex (`measure_distance`).
    infratentorial, deep_grey : ndarray of bool
        Brainstem and cerebellum; deep grey matter.
    """

    ventricle_distance_mm: Array
    cortex_distance_mm: Array
    infratentorial: Array
    deep_grey: Array


def classify_locations(
    instances: Array, near: Neighbourhood, settings: LocationSettings
) -> list[Location]:
    """Give every lesion its location class.

    Parameters
    ----------
    instances : ndarray of int, shape (x, y, z)
        0 outside, 1 ... n for the lesions.
    near : Neighbourhood
    settings : LocationSettings

    Returns
    -------
    list of str, length instances.max()
        Class of lesion 1, 2, ...; a number that no voxel holds is deep white matter.
    """
    lesion = np.asarray(instances).ravel()
    inside = np.flatnonzero(lesion)
    label = lesion[inside].astype(np.int64) - 1
    count = int(label.max(initial=-1)) + 1
    total = np.maximum(np.bincount(label, minlength=count), 1)

    def share(region: Array) -> npt.NDArray[np.float64]:
        return np.bincount(label, weights=region.ravel()[inside], minlength=count) / total

    tests = (
        share(near.ventricle_distance_mm <= settings.ventricle_margin_mm) > 0,
        share(near.cortex_distance_mm <= settings.cortex_margin_mm) >= settings.min_share,
        share(near.infratentorial) >= settings.min_share,
        share(near.deep_grey) >= settings.min_share,
        np.ones(count, dtype=bool),
    )
    first = np.argmax(np.stack(tests), axis=0)
    return [LOCATIONS[int(index)] for index in first]
