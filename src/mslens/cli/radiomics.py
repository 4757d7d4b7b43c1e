"""``mslens radiomics``: features of any image and label map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mslens.studies.radiomics.request import Effort, ExtraRequest, FeatureRequest


def radiomics(
    image: Path,
    labels: Path,
    out: Path,
    /,
    *,
    features: Annotated[
        FeatureRequest, Parameter(name="*", group="Which features")
    ] = FeatureRequest(),
    extra: Annotated[ExtraRequest, Parameter(name="*", group="What is written")] = ExtraRequest(),
    effort: Annotated[Effort, Parameter(name="*", group="How to run")] = Effort(),
) -> int:
    """Compute the radiomic features of every region of a label map.

    One image with one label map, or folders or quoted patterns of them: names that begin with
    sub- are matched by subject and session, others by the name without a last word such as
    _image, _label or _mask. What is finished and unchanged is not computed again; one bad pair
    never stops the rest. Exit code 0 when all succeeded, 2 when some failed, 1 when none did.

    Parameters
    ----------
    image
        Image (NIfTI or .mgz), or a folder or quoted pattern of images.
    labels
        Label map on the image's grid, or a folder or quoted pattern of label maps.
    out
        Output folder: features.parquet (a row per region and feature, with the reason of every
        missing value) and features.json; of many images a folder each, and the matrix of all.
    """
    from mslens.studies.radiomics.flow import describe_images

    return describe_images(image, labels, out, features=features, extra=extra, effort=effort)
