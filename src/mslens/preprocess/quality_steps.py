"""The step that measures the quality of a session's images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from scipy import ndimage

from mslens.core.arrays import Array, MaskArray
from mslens.core.errors import ImageError
from mslens.core.rng import make_rng
from mslens.core.transform import AffineTransform, Transform
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.io.nifti import load_volume
from mslens.io.tables import ColumnDescription, write_tsv
from mslens.io.templates import load_template
from mslens.io.transforms import load_transform
from mslens.preprocess.coverage import measure_missing
from mslens.preprocess.ghosting import measure_ghosting
from mslens.preprocess.handedness import measure_handedness_margin
from mslens.preprocess.image_quality import (
    MEASURES,
    QualityFigure,
    QualitySettings,
    is_beyond,
    judge_quality,
    limit_of,
)
from mslens.preprocess.noise_level import estimate_noise
from mslens.preprocess.registration_margin import measure_registration_margin
from mslens.preprocess.slice_jumps import measure_slice_jumps
from mslens.preprocess.tissue_contrast import Contrast, measure_tissue_contrast

Files = Mapping[str, Path]
Facts = dict[str, Any]
QUALITY_COLUMNS = {
    "image": ColumnDescription("What was measured"),
    "measure": ColumnDescription(
        "Name of the measure", levels={name: m.words for name, m in MEASURES.items()}
    ),
    "value": ColumnDescription("Value; n/a where it cannot be measured"),
    "limit": ColumnDescription("Limit beyond which the image is flagged"),
    "flagged": ColumnDescription("1 where the value is beyond the limit"),
}
_MAD_TO_SD = 1.4826
_SURELY_WHITE = 0.9
_MIN_LESION_VOXELS = 10


def measure_quality(inputs: Files, outputs: Files, settings: QualitySettings) -> Facts:
    """Measure the quality of the images of a session.

    Inputs ``mask`` (brain, on the reference's grid), ``coarse_xfm`` (points of the reference to
    points of the template), the raw images ``t1w``, ``flair``, ``t2w`` as far as there are any
    (the T1w, else the FLAIR, is the reference; another one without its transform is left out),
    ``preproc`` (the corrected reference),
    ``flair_xfm``, ``t2w_xfm`` (points of the reference to points of that image) and, when known,
    ``lesions`` and ``aligned_flair`` on the reference's grid. Output ``table``.
    """
    mask = load_volume(inputs["mask"], kind="mask")
    to_template = load_transform(inputs["coarse_xfm"])
    names: tuple[Contrast, ...] = get_args(Contrast)
    reference: Contrast = "T1w" if "t1w" in inputs else "FLAIR"
    images = {
        name: load_volume(inputs[name.lower()])
        for name in names
        if name.lower() in inputs and (name == reference or f"{name.lower()}_xfm" in inputs)
    }
    figures: list[QualityFigure] = []
    for name, image in images.items():
        moved = None if name == reference else _load_rigid(inputs[f"{name.lower()}_xfm"])
        figures += _measure_image(name, image, mask, to_template, moved)
        if moved is not None:
            figures += _compare_with_reference(
                name, images[reference], image, mask, moved, settings.seed
            )
    corrected = load_volume(inputs["preproc"]).data
    bias = _measure_bias(images[reference].data, corrected, np.asarray(mask.data))
    figures.append(QualityFigure(reference, "bias", bias))
    if "lesions" in inputs:
        flair = corrected
        if "aligned_flair" in inputs:
            flair = load_volume(inputs["aligned_flair"]).data
        lesions = load_volume(inputs["lesions"], kind="mask")
        figures += _measure_lesions(flair, np.asarray(mask.data), np.asarray(lesions.data))
    write_tsv(outputs["table"], _tabulate(figures, settings), columns=QUALITY_COLUMNS)
    return {
        "method": "figures without a truth, limits from simulated images",
        "measured": sum(bool(np.isfinite(figure.value)) for figure in figures),
        "flags": judge_quality(figures, settings=settings),
    }


def _load_rigid(path: Path) -> AffineTransform:
    transform = load_transform(path)
    if not isinstance(transform, AffineTransform):
        raise ImageError("the transform between two images of a session is not linear", where=path)
    return transform


def _measure_image(
    name: Contrast,
    image: Volume,
    mask: Volume,
    to_template: Transform,
    moved: AffineTransform | None,
) -> list[QualityFigure]:
    back = () if moved is None else (moved.inverse(),)
    brain = np.asarray(resample(mask, image.grid, back).data) if back else np.asarray(mask.data)
    template = load_template()
    grey, white = (
        resample(part, image.grid, (*back, to_template)).data for part in (template.gm, template.wm)
    )
    data, size = np.asarray(image.data), image.grid.voxel_size_mm
    middle = float(np.median(data[brain])) if brain.any() else 0.0
    noise = float("nan")
    if middle > 0:
        # Of a whole brain at 2 mm the figure is mostly its folds.
        core = brain & ndimage.binary_erosion(np.asarray(white) > _SURELY_WHITE)
        noise = estimate_noise(data, core, voxel_size_mm=size, flat_share=1.0) / middle
    values = {
        "noise": noise,
        "ghost": measure_ghosting(data, brain, voxel_size_mm=size),
        "slice_jump": measure_slice_jumps(data, brain),
        "contrast_fit": measure_tissue_contrast(data, brain, grey, white).fits(name),
    }
    return [QualityFigure(name, measure, value) for measure, value in values.items()]


def _compare_with_reference(
    name: Contrast,
    reference: Volume,
    image: Volume,
    mask: Volume,
    moved: AffineTransform,
    seed: int,
) -> list[QualityFigure]:
    brain = np.asarray(mask.data)
    margin = measure_registration_margin(
        reference, image, brain, moved, rng=make_rng(seed, "quality", name)
    )
    handedness = measure_handedness_margin(
        reference, image, brain, moved, rng=make_rng(seed, "quality", name, "mirror")
    )
    return [
        QualityFigure(name, "registration_margin", margin),
        QualityFigure(name, "handedness", handedness),
        QualityFigure(name, "missing", measure_missing(image, mask, moved)),
    ]


def _measure_bias(raw: Array, corrected: Array, brain: MaskArray) -> float:
    """Ratio of the 99th to the 1st percentile of what the bias correction took out."""
    inside = brain & (raw > 0) & (corrected > 0)
    if not inside.any():
        return float("nan")
    low, high = np.percentile(raw[inside] / corrected[inside], [1, 99])
    return float(high / low) if low > 0 else float("nan")


def _measure_lesions(flair: Array, brain: MaskArray, lesions: MaskArray) -> list[QualityFigure]:
    brightness = float("nan")
    share = float(lesions.sum()) / max(1, int(brain.sum()))
    rest = flair[brain & ~lesions]
    if int(lesions.sum()) >= _MIN_LESION_VOXELS and rest.size:
        middle = float(np.median(rest))
        spread = _MAD_TO_SD * float(np.median(np.abs(rest - middle)))
        if spread > 0:
            brightness = (float(np.median(flair[lesions])) - middle) / spread
    return [
        QualityFigure("lesions", "lesion_brightness", brightness),
        QualityFigure("lesions", "lesion_share", share),
    ]


def _tabulate(figures: list[QualityFigure], settings: QualitySettings) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image": [figure.image for figure in figures],
            "measure": [figure.measure for figure in figures],
            "value": [float(f"{figure.value:.6g}") for figure in figures],
            "limit": [limit_of(figure, settings) for figure in figures],
            "flagged": [int(is_beyond(figure, settings)) for figure in figures],
        }
    )
