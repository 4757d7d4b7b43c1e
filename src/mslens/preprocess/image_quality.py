"""Quality of the images of a session that needs no truth: figures, limits, and what is beyond them.

The limits come from simulated people that no reported figure uses, and from what a measure means
(a registration that a small shift would better is none); docs/quality.md has both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from mslens.core.settings import Settings
from mslens.preprocess.flags import Flag, warn

Direction = Literal["above", "below"]


class QualitySettings(Settings):
    """Limits of `judge_quality`.

    Parameters
    ----------
    max_noise : float
        Standard deviation of the noise in the white matter over the median of the brain.
    max_ghost : float
        Air in the head's shadow over the median of the brain.
    max_slice_jump : float
        Change of a whole slice against its neighbours, as a logarithm.
    max_bias : float
        99th over 1st percentile of the bias field inside the brain.
    min_t1w_fit, min_flair_fit, min_t2w_fit : float
        Contrast of the tissues in the direction that the name of the image promises, in spreads
        of the brain.
    min_margin : float
        NMI of the registration less that of the best small shift or turn.
    min_handedness : float
        NMI of the registration less that of the mirror image.
    max_missing : float
        Share of the brain that the image does not show.
    min_lesion_brightness : float
        Lesions less brain on FLAIR, in spreads of the brain.
    max_lesion_share : float
        Share of the brain.
    seed : int
    """

    max_noise: float = Field(default=0.055, gt=0)
    max_ghost: float = Field(default=0.0015, gt=0)
    max_slice_jump: float = Field(default=0.15, gt=0)
    max_bias: float = Field(default=2.5, gt=1)
    min_t1w_fit: float = 0.5
    min_flair_fit: float = -0.3
    min_t2w_fit: float = -0.5
    min_margin: float = 0.0
    min_handedness: float = -0.005
    max_missing: float = Field(default=0.005, ge=0, le=1)
    min_lesion_brightness: float = 1.5
    max_lesion_share: float = Field(default=0.06, gt=0)
    seed: int = Field(default=1, ge=0, lt=2**32)


@dataclass(frozen=True)
class QualityFigure:
    """One figure of one image.

    Parameters
    ----------
    image : str
        ``T1w``, ``FLAIR``, ``T2w`` or ``lesions``.
    measure : str
        A key of `MEASURES`.
    value : float
        NaN where it could not be measured.
    """

    image: str
    measure: str
    value: float


@dataclass(frozen=True)
class Measure:
    """What a measure is, on which side it is bad, and what that means."""

    words: str
    bad: Direction
    meaning: str


MEASURES: dict[str, Measure] = {
    "noise": Measure(
        "noise in the white matter over the brain's median", "above", "the image is noisy"
    ),
    "ghost": Measure(
        "brightness of the air beside the head", "above", "ghosts, as of motion or flow"
    ),
    "slice_jump": Measure(
        "largest jump between slices", "above", "a slice is brighter or darker than its neighbours"
    ),
    "bias": Measure(
        "bias field, 99th over 1st percentile", "above", "the intensities are very uneven"
    ),
    "contrast_fit": Measure(
        "contrast of fluid, grey and white matter",
        "below",
        "the tissues do not have the order of that contrast: a wrong label, contrast agent, or a"
        " template that does not fit",
    ),
    "registration_margin": Measure(
        "NMI less that of the best small shift or turn",
        "below",
        "it does not lie on the reference image",
    ),
    "handedness": Measure(
        "NMI less that of the mirror image",
        "below",
        "left and right are not those of the reference image: one of the two is mirrored",
    ),
    "missing": Measure(
        "share of the brain outside the image", "above", "the field of view cuts the brain"
    ),
    "lesion_brightness": Measure(
        "brightness of the lesions on FLAIR",
        "below",
        "what was segmented is hardly brighter than the brain",
    ),
    "lesion_share": Measure("lesions' share of the brain", "above", "the lesions are implausible"),
}


def limit_of(figure: QualityFigure, settings: QualitySettings) -> float:
    """Return the limit that a figure is judged by."""
    if figure.measure == "contrast_fit":
        by_image = {
            "T1w": settings.min_t1w_fit,
            "FLAIR": settings.min_flair_fit,
            "T2w": settings.min_t2w_fit,
        }
        return by_image[figure.image]
    return {
        "noise": settings.max_noise,
        "ghost": settings.max_ghost,
        "slice_jump": settings.max_slice_jump,
        "bias": settings.max_bias,
        "registration_margin": settings.min_margin,
        "handedness": settings.min_handedness,
        "missing": settings.max_missing,
        "lesion_brightness": settings.min_lesion_brightness,
        "lesion_share": settings.max_lesion_share,
    }[figure.measure]


def is_beyond(figure: QualityFigure, settings: QualitySettings) -> bool:
    """Say whether a figure is on the bad side of its limit; never when it is unknown."""
    if math.isnan(figure.value):
        return False
    limit = limit_of(figure, settings)
    if MEASURES[figure.measure].bad == "above":
        return figure.value > limit
    return figure.value < limit


def judge_quality(figures: Sequence[QualityFigure], *, settings: QualitySettings) -> list[Flag]:
    """Raise a flag with its reason for every figure that is beyond its limit.

    Parameters
    ----------
    figures : sequence of QualityFigure
    settings : QualitySettings

    Returns
    -------
    list of dict
        ``level`` and ``message``.
    """
    raised = []
    for figure in figures:
        if is_beyond(figure, settings):
            measure = MEASURES[figure.measure]
            sign = ">" if measure.bad == "above" else "<"
            raised.append(
                warn(
                    f"{figure.image}: {measure.meaning} ({measure.words} {figure.value:.3g} {sign}"
                    f" {limit_of(figure, settings):.3g})."
                )
            )
    return raised
