from __future__ import annotations

import numpy as np
import pytest

from mslens.core.arrays import MaskArray
from mslens.core.grid import Grid
from mslens.core.transform import DisplacementTransform, identity
from mslens.io.templates import load_template
from mslens.preprocess.mask_quality import (
    MaskQuality,
    MaskQualitySettings,
    judge_brain_mask,
    measure_overlap,
)
from mslens.preprocess.template_fit import TemplateFit

TEMPLATE = load_template(4.0)
BRAIN = TEMPLATE.brain


def perfect_fit(nmi: float = 1.2) -> TemplateFit:
    grid = Grid(np.diag([50.0, 50.0, 50.0, 1.0]), (3, 3, 3))
    still = DisplacementTransform(np.zeros((3, 3, 3, 3), np.float32), grid)
    return TemplateFit(still, identity(), nmi, 0.7)


def judged(mask: MaskArray, nmi: float = 1.2) -> MaskQuality:
    return judge_brain_mask(
        BRAIN.like(mask), perfect_fit(nmi), TEMPLATE, settings=MaskQualitySettings()
    )


def words(quality: MaskQuality) -> str:
    return " ".join(flag["message"] for flag in quality.flags)


def test_a_good_mask_passes_with_its_figures() -> None:
    quality = judged(BRAIN.data)
    assert quality.is_passed
    assert quality.flags == ()
    assert quality.figures == {
        "volume_ml": pytest.approx(BRAIN.data.sum() * 0.064, abs=0.05),
        "on_border_share": pytest.approx(0.0, abs=0.001),
        "cut_area_cm2": pytest.approx(0.0, abs=30.0),
        "cut_missing_mm": 0.0,
        "nmi": 1.2,
        "agreement": 1.0,
        "symmetry": 1.0,
    }


def test_half_a_brain_is_an_error() -> None:
    half = BRAIN.data.copy()
    half[: half.shape[0] // 2] = False
    quality = judged(half)
    assert not quality.is_passed
    assert "halves" in words(quality)
    assert "agree by" in words(quality)


def test_a_scalp_around_the_brain_lowers_the_agreement() -> None:
    from mslens.preprocess.field_of_view import widen_mask

    wide = widen_mask(BRAIN.data, voxel_size_mm=BRAIN.grid.voxel_size_mm, by_mm=8.0)
    quality = judged(wide)
    assert "agree by" in words(quality)
    assert "ml" in words(quality)


def test_a_brain_that_is_cut_off_is_said_to_be() -> None:
    cut = BRAIN.data[:, :, 12:]
    affine = BRAIN.grid.affine.copy()
    affine[:3, 3] = BRAIN.grid.to_world(np.array([0, 0, 12]))
    mask = type(BRAIN)(cut, Grid(affine, cut.shape), "mask")
    quality = judge_brain_mask(mask, perfect_fit(), TEMPLATE, settings=MaskQualitySettings())
    assert quality.is_passed
    assert "cut off by the field of view" in words(quality)


def test_a_brain_whose_top_is_missing_is_said_to_be_cut() -> None:
    """The field of view was filled up: nothing of the mask lies on the border."""
    cut = BRAIN.data.copy()
    top = int(np.flatnonzero(cut.any(axis=(0, 1)))[-1])
    cut[:, :, top - 3 :] = False
    assert "cut off" in words(judged(cut))


def test_a_thimble_and_a_bad_fit_are_flagged() -> None:
    tiny = np.zeros_like(BRAIN.data)
    tiny[20:26, 25:31, 20:26] = True
    assert not judged(tiny).is_passed
    assert "NMI" in words(judged(BRAIN.data, nmi=1.01))


def test_overlap() -> None:
    one, other = np.zeros(10, bool), np.zeros(10, bool)
    assert measure_overlap(one, other) == 1.0
    one[:4], other[2:6] = True, True
    assert measure_overlap(one, other) == 0.5
