"""The step that brings two visits of a subject into their half-way space."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from mslens.core.arrays import MaskArray
from mslens.core.errors import ImageError
from mslens.core.rng import make_rng
from mslens.core.settings import Settings
from mslens.core.transform import AffineTransform, identity
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.io.nifti import load_volume, save_volume
from mslens.io.transforms import load_transform, save_transform
from mslens.preprocess.bias import BiasSettings, correct_bias_field
from mslens.preprocess.coregister import RigidSettings
from mslens.preprocess.flags import Flag, warn
from mslens.preprocess.halfway import HalfwayFit, meet_halfway, plan_halfway_grid
from mslens.preprocess.handedness import measure_handedness_margin

Files = Mapping[str, Path]
Facts = dict[str, Any]
#: Voxels of two visits that differ by more than this factor do not show the same lesions.
_LARGEST_VOXEL_RATIO = 2.0


class AlignVisitsSettings(Settings):
    """Settings of the step ``align-visits``.

    Parameters
    ----------
    rigid : RigidSettings
        Of the registration in each direction.
    bias : BiasSettings
        Of each FLAIR, in its own space.
    voxel_size_mm : float, optional
        Of the half-way grid; default: the smallest voxel edge of both FLAIRs, at least 1 mm.
    margin_mm : float
        Around the brains.
    min_coverage : float
        Share of either brain that the other image must cover, else it is flagged.
    max_disagreement_mm : float
        Beyond this difference of both directions the registration is flagged.
    min_handedness : float
        NMI less that of the mirror image, below which left and right are said to be exchanged.
    seed : int
    """

    rigid: RigidSettings = RigidSettings()
    bias: BiasSettings = BiasSettings()
    voxel_size_mm: float | None = Field(default=None, ge=0.3, le=4)
    margin_mm: float = Field(default=4.0, ge=0)
    min_coverage: float = Field(default=0.9, ge=0, le=1)
    max_disagreement_mm: float = Field(default=1.0, gt=0)
    min_handedness: float = -0.005
    seed: int = Field(default=1, ge=0, lt=2**32)


def align_visits(inputs: Files, outputs: Files, settings: AlignVisitsSettings) -> Facts:
    """Bring the FLAIRs of two visits into the space half-way between them.

    Inputs ``earlier`` and ``later`` (raw FLAIRs), ``earlier_mask`` and ``later_mask`` (brain, on
    the grid of each visit's reference image), ``earlier_xfm`` and ``later_xfm`` (points of the
    reference to points of the FLAIR) where the FLAIR is not the reference itself. Outputs
    ``earlier_image``, ``later_image`` (bias-corrected, interpolated once), ``mask`` (brain that
    both visits show), ``earlier_to_halfway`` and ``later_to_halfway`` (points of the half-way
    space to points of the reference).
    """
    visits = [_load_visit(inputs, name) for name in ("earlier", "later")]
    (earlier, first_mask, _), (later, second_mask, _) = visits
    fit = meet_halfway(
        earlier,
        later,
        (np.asarray(first_mask.data), np.asarray(second_mask.data)),
        settings=settings.rigid,
        rng=make_rng(settings.seed, "align-visits"),
    )
    places = (fit.to_earlier, fit.to_later)
    size = settings.voxel_size_mm
    if size is None:
        size = max(1.0, min(min(image.grid.voxel_size_mm) for image in (earlier, later)))
    grid = plan_halfway_grid(
        (first_mask, second_mask), places, voxel_size_mm=size, margin_mm=settings.margin_mm
    )
    handedness = measure_handedness_margin(
        later,
        earlier,
        np.asarray(second_mask.data),
        AffineTransform(fit.to_earlier.matrix @ fit.to_later.inverse().matrix),
        rng=make_rng(settings.seed, "align-visits", "mirror"),
    )
    brain: MaskArray = np.ones(grid.shape, dtype=bool)
    for name, (flair, mask, to_flair), place in zip(
        ("earlier", "later"), visits, places, strict=True
    ):
        corrected = correct_bias_field(flair, np.asarray(mask.data), settings=settings.bias).image
        moved = resample(corrected, grid, (place,), interpolation="cubic")
        save_volume(outputs[f"{name}_image"], moved, space="aligned")
        back = AffineTransform(to_flair.inverse().matrix @ place.matrix)
        save_transform(outputs[f"{name}_to_halfway"], back)
        brain &= np.asarray(resample(mask, grid, (place,)).data)
    save_volume(outputs["mask"], Volume(brain, grid, "mask"), space="aligned")
    return {
        "method": "rigid, normalised mutual information, both directions averaged",
        "nmi": round(fit.nmi, 4),
        "coverage": round(fit.covered, 4),
        "disagreement_mm": round(fit.disagreement_mm, 3),
        "moved_deg": round(fit.moved_deg, 2),
        "moved_mm": round(fit.moved_mm, 2),
        "handedness": round(handedness, 4),
        "voxel_size_mm": round(size, 3),
        "flags": _raise_flags(fit, handedness, earlier, later, settings),
    }


def _load_visit(inputs: Files, name: str) -> tuple[Volume, Volume, AffineTransform]:
    """Load a FLAIR, the brain mask on its grid, and the map of reference points to its points."""
    flair = load_volume(inputs[name])
    mask = load_volume(inputs[f"{name}_mask"], kind="mask")
    role = f"{name}_xfm"
    to_flair = load_transform(inputs[role]) if role in inputs else identity()
    if not isinstance(to_flair, AffineTransform):
        raise ImageError(f"the transform of the {name} visit's FLAIR is not linear")
    return flair, resample(mask, flair.grid, (to_flair.inverse(),)), to_flair


def _raise_flags(
    fit: HalfwayFit,
    handedness: float,
    earlier: Volume,
    later: Volume,
    settings: AlignVisitsSettings,
) -> list[Flag]:
    raised = []
    if handedness < settings.min_handedness:
        raised.append(
            warn(
                "Left and right of the two visits' FLAIRs are not the same (the mirror image fits"
                f" better, NMI {-handedness:+.3f}): one of them is mirrored."
            )
        )
    if fit.nmi < settings.rigid.min_nmi:
        raised.append(
            warn(
                f"The FLAIRs of the two visits agree badly (NMI {fit.nmi:.3f}): another contrast,"
                " another resolution, or they do not lie on each other."
            )
        )
    if fit.disagreement_mm > settings.max_disagreement_mm:
        raised.append(
            warn(
                "The registration between the visits depends on its direction by"
                f" {fit.disagreement_mm:.1f} mm: do not trust small changes."
            )
        )
    if fit.covered < settings.min_coverage:
        raised.append(warn(f"Only {100 * fit.covered:.0f}% of the brain is seen at both visits."))
    volumes = sorted(image.grid.voxel_volume_ml for image in (earlier, later))
    if volumes[1] > _LARGEST_VOXEL_RATIO * volumes[0]:
        raised.append(
            warn("The FLAIRs of the two visits have unlike voxels: small changes are uncertain.")
        )
    return raised
