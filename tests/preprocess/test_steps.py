from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mslens.core.errors import GridMismatch
from mslens.core.transform import AffineTransform, apply_affine
from mslens.image.jacobian import jacobian_determinant
from mslens.image.resample import resample
from mslens.io.nifti import load_volume, save_volume
from mslens.io.templates import load_template
from mslens.io.transforms import load_transform
from mslens.preprocess.deformable import DeformableSettings
from mslens.preprocess.mask_quality import measure_overlap
from mslens.preprocess.settings import (
    BiasSettings,
    BrainMaskSettings,
    CoregisterSettings,
    NormaliseSettings,
)
from mslens.preprocess.steps import (
    coregister,
    correct_bias,
    extract_brain,
    normalise_to_template,
)
from phantom import Head, make_head

SHIFT_MM = np.array([6.0, -4.0, 3.0])


@pytest.fixture(scope="module")
def head() -> Head:
    return make_head(4.0)


@pytest.fixture(scope="module")
def folder(head: Head, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """T1w, brain and lesion mask, and a FLAIR whose header lies a shift away."""
    root = tmp_path_factory.mktemp("steps")
    save_volume(root / "T1w.nii.gz", head.t1w)
    save_volume(root / "brain.nii.gz", head.brain)
    save_volume(root / "lesions.nii.gz", head.lesions)
    affine = head.flair.grid.affine.copy()
    affine[:3, 3] += SHIFT_MM
    moved = type(head.flair)(head.flair.data, type(head.flair.grid)(affine, head.flair.grid.shape))
    save_volume(root / "FLAIR.nii.gz", moved)
    outputs = {"mask": root / "mask.nii.gz", "coarse_xfm": root / "coarse.nii.gz"}
    inputs = {"image": root / "T1w.nii.gz", "mask": root / "brain.nii.gz"}
    extract_brain(inputs, outputs, BrainMaskSettings())
    return root


def test_the_users_mask_and_a_coarse_fit_are_written(folder: Path, head: Head) -> None:
    mask = load_volume(folder / "mask.nii.gz", kind="mask")
    np.testing.assert_array_equal(mask.data, head.brain.data)
    template = load_template(2.0)
    warped = resample(template.brain, mask.grid, (load_transform(folder / "coarse.nii.gz"),))
    assert measure_overlap(warped.data, mask.data) > 0.9


def test_bias_facts_are_told(folder: Path) -> None:
    inputs = {"image": folder / "T1w.nii.gz", "mask": folder / "mask.nii.gz"}
    facts = correct_bias(inputs, {"image": folder / "corrected.nii.gz"}, BiasSettings())
    assert facts["method"] == "n4"
    low, high = facts["field_p1_p99"]
    assert 0.7 < low < high < 1.4


def test_a_shifted_flair_is_brought_back(folder: Path, head: Head) -> None:
    inputs = {
        "fixed": folder / "T1w.nii.gz",
        "moving": folder / "FLAIR.nii.gz",
        "mask": folder / "mask.nii.gz",
    }
    outputs = {"image": folder / "FLAIR_in_T1w.nii.gz", "xfm": folder / "xfm.txt"}
    facts = coregister(inputs, outputs, CoregisterSettings())
    found = load_transform(outputs["xfm"])
    assert isinstance(found, AffineTransform)
    points = head.brain.grid.to_world(np.argwhere(head.brain.data))
    away = np.linalg.norm(apply_affine(found.matrix, points) - points - SHIFT_MM, axis=1)
    assert away.mean() < 1.0
    assert facts["coverage"] > 0.95
    assert load_volume(outputs["image"]).grid.is_close(head.t1w.grid)


def test_normalisation_writes_both_fields_and_their_facts(folder: Path, head: Head) -> None:
    inputs = {
        "image": folder / "T1w.nii.gz",
        "mask": folder / "mask.nii.gz",
        "lesions": folder / "lesions.nii.gz",
        "coarse_xfm": folder / "coarse.nii.gz",
    }
    names = ("xfm", "inverse_xfm", "image", "log_jacobian")
    outputs = {name: folder / f"normalised_{name}.nii.gz" for name in names}
    quick = DeformableSettings(levels_mm=(8.0, 4.0), iterations=(30, 20))
    facts = normalise_to_template(
        inputs, outputs, NormaliseSettings(smooth=quick, deformable=quick)
    )
    assert facts["lesions_left_out"]
    assert facts["finest_level_mm"] == 4.0
    assert facts["brain_overlap"] > 0.95
    assert 0 < facts["round_trip_mm"]["mean"] < 0.3
    fields = [load_transform(outputs[name]) for name in ("xfm", "inverse_xfm")]
    assert min(jacobian_determinant(field).min() for field in fields) == pytest.approx(
        facts["smallest_jacobian"], abs=1e-3
    )
    assert load_volume(outputs["image"]).grid.is_close(load_template(1.0).t1w.grid)


def test_a_mask_on_another_grid_is_named(folder: Path, head: Head) -> None:
    coarse = head.brain.grid.resampled((8.0, 8.0, 8.0))
    save_volume(folder / "other.nii.gz", resample(head.brain, coarse))
    inputs = {"image": folder / "T1w.nii.gz", "mask": folder / "other.nii.gz"}
    with pytest.raises(GridMismatch, match="brain mask"):
        correct_bias(inputs, {"image": folder / "never.nii.gz"}, BiasSettings())
    assert not (folder / "never.nii.gz").exists()
