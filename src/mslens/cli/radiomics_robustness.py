"""``mslens radiomics-robustness``: which features survive a second measurement."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mslens.studies.radiomics.request import (
    Effort,
    JudgeRequest,
    RepeatRequest,
    RobustnessPreset,
    RobustRegions,
)


def radiomics_robustness(
    image: Path,
    labels: Path,
    out: Path,
    /,
    *,
    preset: RobustnessPreset = "edss-radiomics",
    regions: Annotated[
        RobustRegions, Parameter(name="*", group="Which features")
    ] = RobustRegions(),
    repeats: Annotated[
        RepeatRequest, Parameter(name="*", group="What is repeated")
    ] = RepeatRequest(),
    judge: Annotated[JudgeRequest, Parameter(name="*", group="What is robust")] = JudgeRequest(),
    effort: Annotated[Effort, Parameter(name="*", group="How to run")] = Effort(),
) -> int:
    """Judge which radiomic features survive a second measurement, by intraclass correlation.

    Images and label maps of several subjects, matched by name as by 'mslens radiomics'. Every
    subject is measured again: after small disturbances, in repeated images, with repeated label
    maps, at other numbers of grey levels. Exit code 0 when all succeeded, 2 when some failed, 1
    when none did.

    Parameters
    ----------
    image
        Folder or quoted pattern of images, one per subject.
    labels
        Folder or quoted pattern of label maps, or one for all.
    out
        Output folder: robustness.html, robustness.tsv (share by set, region and class) and the
        ICCs of every feature in assessments.
    preset
        Features and threshold of paper 000 (1,092 features, ICC >= .90) or of paper 003 (107
        features at 8 to 512 grey levels, ICC > .85 without shape).
    """
    from mslens.studies.radiomics.robustness_flow import assess_images

    return assess_images(
        image,
        labels,
        out,
        preset=preset,
        regions=regions,
        repeats=repeats,
        judge=judge,
        effort=effort,
    )
