"""Flags for quality control, in plain words, with the bounds that raise them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mslens.core.arrays import Array
from mslens.image.parcel_names import Region

Flag = dict[str, str]

#: Loads above this share of the brain are rarely lesions alone.
MAX_LESION_SHARE = 0.06
#: Adult heads (ml), generous on both sides.
TIV_RANGE_ML = (900.0, 2200.0)
#: Tissue means closer than this many spreads cannot be told apart.
MIN_SEPARATION = 1.0
MIN_TISSUE_SHARE = 0.05


def warn(message: str) -> Flag:
    """Make a flag for something that a person should look at."""
    return {"level": "warning", "message": message}


def report_error(message: str) -> Flag:
    """Make a flag for a result that should not be used as it is."""
    return {"level": "error", "message": message}


def check_lesions(lesion_ml: float, brain_ml: float) -> list[Flag]:
    """Flag a lesion load of nothing, or of more than is likely."""
    if lesion_ml == 0:
        return [warn("No lesion was found.")]
    if lesion_ml > MAX_LESION_SHARE * brain_ml:
        share = 100 * lesion_ml / brain_ml
        return [warn(f"The lesions fill {share:.0f}% of the brain: look for artefacts.")]
    return []


def check_tissue(mean: Array, sd: Array, volumes_ml: Array) -> list[Flag]:
    """Flag tissues that cannot be told apart, and tissues that are hardly there."""
    raised = []
    gap = abs(float(mean[2] - mean[1])) / float(np.mean(sd[1:]))
    if gap < MIN_SEPARATION:
        raised.append(
            warn(f"Grey and white matter differ by {gap:.1f} spreads only: weak contrast.")
        )
    for name, volume in zip(("CSF", "grey matter", "white matter"), volumes_ml, strict=True):
        if volume < MIN_TISSUE_SHARE * float(np.sum(volumes_ml)):
            raised.append(report_error(f"Hardly any {name} was found ({volume:.0f} ml)."))
    return raised


def check_regions(parcels: Array, regions: Iterable[Region]) -> list[Flag]:
    """Flag regions that no voxel got."""
    present = set(np.unique(parcels).tolist())
    empty = [region.name for region in regions if region.index not in present]
    if not empty:
        return []
    listed = ", ".join(empty[:6]) + (" and others" if len(empty) > 6 else "")
    return [warn(f"{len(empty)} regions are empty: {listed}.")]


def check_nuclei(parcels: Array, tissue: Array, regions: Iterable[Region]) -> list[Flag]:
    """Flag nuclei that the tissue map calls fluid: they are where the template puts them."""
    fluid = np.bincount(np.asarray(parcels)[np.asarray(tissue) == 1], minlength=1)
    whole = np.bincount(np.asarray(parcels).ravel(), minlength=1)
    fluid = np.pad(fluid, (0, whole.size - fluid.size))
    doubtful = [
        region.name
        for region in regions
        if region.group == "deep-grey-matter"
        and region.index < whole.size
        and 2 * fluid[region.index] > whole[region.index]
    ]
    if not doubtful:
        return []
    listed = ", ".join(doubtful[:6]) + (" and others" if len(doubtful) > 6 else "")
    return [
        warn(
            f"The tissue map takes {listed} for fluid: they are where the template puts them; look"
            " at the registration and the tissue."
        )
    ]


def check_imported(parcels: Array, regions: Iterable[Region]) -> list[Flag]:
    """Flag what a user's label map lacks for the location of lesions, and unknown labels."""
    described = list(regions)
    present = set(np.unique(parcels).tolist())
    groups = {region.group for region in described if region.index in present}
    raised = []
    for group, loss in (
        ("lateral-ventricle", "no lesion can be called periventricular"),
        ("cortex", "no lesion can be called juxtacortical"),
        ("brainstem", "no lesion can be called infratentorial by the brainstem"),
        ("white-matter", "there is no normal-appearing white matter"),
    ):
        if group not in groups:
            raised.append(warn(f"The label map has no {group.replace('-', ' ')}: {loss}."))
    unknown = [r.name for r in described if r.group == "other" and r.name.startswith("label-")]
    if unknown:
        raised.append(warn(f"{len(unknown)} labels of the map are in no table: {unknown[0]} ..."))
    return raised


def check_head_size(tiv_ml: float, brain_ml: float) -> list[Flag]:
    """Flag a head size that no adult has, and a brain larger than its head."""
    low, high = TIV_RANGE_ML
    raised = []
    if not low <= tiv_ml <= high:
        raised.append(
            warn(f"The intracranial volume of {tiv_ml:.0f} ml is outside {low:.0f}-{high:.0f} ml.")
        )
    if brain_ml > 1.1 * tiv_ml:
        raised.append(
            warn(f"The brain mask ({brain_ml:.0f} ml) is larger than the head ({tiv_ml:.0f} ml).")
        )
    return raised
