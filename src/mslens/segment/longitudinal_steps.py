"""The step that finds what changed between two visits of a subject."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np

from mslens.core.errors import ImageError
from mslens.core.settings import Settings
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.image.location import LocationSettings
from mslens.image.resample import resample
from mslens.io.nifti import load_volume, save_volume
from mslens.io.tables import write_tsv
from mslens.io.transforms import load_transform
from mslens.segment.change_table import CHANGE_COLUMNS, tabulate_changes
from mslens.segment.flags import Flag, warn
from mslens.segment.lesion_change import (
    CHANGE_LABELS,
    ChangeKind,
    LesionChanges,
    LesionChangeSettings,
    VisitPair,
    find_lesion_changes,
)
from mslens.segment.neighbourhood import find_neighbourhood
from mslens.segment.parcels import region_groups
from mslens.segment.session_store import load_like, load_regions

Files = Mapping[str, Path]
Facts = dict[str, Any]
#: Noise of the subtraction over the contrast of lesions beyond which small ones are not seen.
_LARGEST_NOISE = 0.33


class LesionChangesStepSettings(Settings):
    """Settings of the step ``lesion-changes``.

    Parameters
    ----------
    change : LesionChangeSettings
    location : LocationSettings
        Margins and shares of the location rule.
    """

    change: LesionChangeSettings = LesionChangeSettings()
    location: LocationSettings = LocationSettings()


def track_lesions(inputs: Files, outputs: Files, settings: LesionChangesStepSettings) -> Facts:
    """Find new, enlarging and shrinking lesions between two visits.

    Inputs ``earlier_image``, ``later_image``, ``mask`` (on the half-way grid), ``earlier_lesions``,
    ``later_lesions`` (probability, or mask, on each visit's reference grid), ``earlier_xfm``,
    ``later_xfm`` (points of the half-way space to points of each reference), ``parcels`` of the
    later visit and ``parcel_table`` (else the built-in regions). Outputs ``changes`` (1 new,
    2 enlarging, 3 shrinking) and ``instances`` on the later visit's reference grid,
    ``halfway_changes``, ``table``.
    """
    earlier = load_volume(inputs["earlier_image"])
    later = load_like(inputs["later_image"], earlier, name="later FLAIR")
    brain = load_like(inputs["mask"], earlier, kind="mask", name="brain mask")
    to_earlier, to_later = (_load_rigid(inputs[f"{name}_xfm"]) for name in ("earlier", "later"))
    before, after = (
        resample(_load_probability(inputs[f"{name}_lesions"]), earlier.grid, (transform,)).data
        for name, transform in (("earlier", to_earlier), ("later", to_later))
    )
    found = find_lesion_changes(
        VisitPair(earlier.data, later.data, before, after, np.asarray(brain.data)),
        voxel_size_mm=earlier.grid.voxel_size_mm,
        settings=settings.change,
    )
    parcels = load_volume(inputs["parcels"], kind="label")
    near_parcels = resample(parcels, earlier.grid, (to_later,), interpolation="nearest").data
    near = find_neighbourhood(
        near_parcels,
        region_groups(load_regions(inputs)),
        voxel_size_mm=earlier.grid.voxel_size_mm,
    )
    table = tabulate_changes(
        found, near, grid=earlier.grid, to_later=[to_later], location=settings.location
    )
    write_tsv(outputs["table"], table, columns=CHANGE_COLUMNS)
    _save_maps(outputs, found, earlier, parcels, to_later)
    kinds: tuple[ChangeKind, ...] = get_args(ChangeKind)
    ml = {kind: float(table.loc[table["kind"] == kind, "volume_ml"].sum()) for kind in kinds}
    return {
        "method": "FLAIR subtraction in the half-way space joined with lesion probabilities",
        "count": {kind: found.kinds.count(kind) for kind in kinds},
        "volume_ml": {kind: round(value, 4) for kind, value in ml.items()},
        "contrast": round(found.contrast, 4),
        "noise": round(found.noise, 4),
        "flags": _raise_flags(found),
    }


def _load_probability(path: Path) -> Volume:
    return load_volume(path, constant="accept")


def _load_rigid(path: Path) -> AffineTransform:
    transform = load_transform(path)
    if not isinstance(transform, AffineTransform):
        raise ImageError("the transform to the half-way space is not linear", where=path)
    return transform


def _save_maps(
    outputs: Files, found: LesionChanges, halfway: Volume, later: Volume, to_later: AffineTransform
) -> None:
    """Bring the changes onto the later visit's grid."""
    instances = resample(halfway.like(found.instances, "label"), later.grid, (to_later.inverse(),))
    save_volume(outputs["instances"], instances)
    values = np.array([0, *(CHANGE_LABELS[kind] for kind in found.kinds)], dtype=np.int32)
    save_volume(outputs["changes"], instances.like(values[instances.data]))
    own = halfway.like(values[found.instances], "label")
    save_volume(outputs["halfway_changes"], own, space="aligned")


def _raise_flags(found: LesionChanges) -> list[Flag]:
    raised = []
    if found.noise > _LARGEST_NOISE * found.contrast:
        raised.append(
            warn(
                "The FLAIRs of the two visits differ so much everywhere that small changes cannot"
                " be told from noise."
            )
        )
    return raised
