"""The step on a phantom in template space: files in, a table and flags out."""

import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import ImageError
from mslens.core.transform import AffineTransform, DisplacementTransform, identity
from mslens.io.nifti import load_volume, save_volume
from mslens.io.transforms import save_transform
from mslens.preprocess.image_quality import QualitySettings
from mslens.preprocess.quality_steps import QUALITY_COLUMNS, measure_quality
from phantom import make_head

#: The phantom is small and has hard edges: its noise figure is that of its anatomy.
SETTINGS = QualitySettings(max_noise=0.25)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quality")
    head = make_head(4.0)
    volumes = {
        "t1w": head.t1w,
        "flair": head.flair,
        "preproc": head.t1w,
        "aligned_flair": head.flair,
        "mask": head.brain,
        "lesions": head.lesions,
    }
    for role, volume in volumes.items():
        save_volume(folder / f"{role}.nii.gz", volume)
    for role in ("coarse_xfm", "flair_xfm"):
        save_transform(folder / f"{role}.txt", identity())
    found = {role: folder / f"{role}.nii.gz" for role in volumes}
    return found | {role: folder / f"{role}.txt" for role in ("coarse_xfm", "flair_xfm")}


def measure(inputs, folder, settings=SETTINGS):
    facts = measure_quality(inputs, {"table": folder / "quality.tsv"}, settings)
    return pd.read_csv(folder / "quality.tsv", sep="\t"), [f["message"] for f in facts["flags"]]


def test_a_sound_session_raises_no_flag(inputs, tmp_path):
    table, flags = measure(inputs, tmp_path)
    assert flags == []
    assert list(table.columns) == list(QUALITY_COLUMNS)
    assert set(table["image"]) == {"T1w", "FLAIR", "lesions"}
    assert not table["flagged"].any()
    rows = table.set_index(["image", "measure"])["value"]
    assert rows["T1w", "bias"] == pytest.approx(1.0)
    assert rows["FLAIR", "registration_margin"] > 0


def test_exchanged_contrasts_are_named(inputs, tmp_path):
    _, flags = measure(inputs | {"t1w": inputs["flair"], "flair": inputs["t1w"]}, tmp_path)
    assert any(flag.startswith("T1w: the tissues") for flag in flags)
    assert any(flag.startswith("FLAIR: the tissues") for flag in flags)


def test_a_misplaced_flair_is_named(inputs, tmp_path):
    wrong = np.eye(4)
    wrong[:3, 3] = (0.0, 8.0, 0.0)
    save_transform(tmp_path / "wrong.txt", AffineTransform(wrong))
    _, flags = measure(inputs | {"flair_xfm": tmp_path / "wrong.txt"}, tmp_path)
    assert any("does not lie on the reference" in flag for flag in flags)


def test_a_flair_that_is_cut_is_named(inputs, tmp_path):
    flair = load_volume(inputs["flair"])
    data = np.array(flair.data)
    data[:, :, 38:] = 0
    save_volume(tmp_path / "flair.nii.gz", flair.like(data))
    table, flags = measure(inputs | {"flair": tmp_path / "flair.nii.gz"}, tmp_path)
    assert any("FLAIR: the field of view cuts the brain" in flag for flag in flags)
    rows = table.set_index(["image", "measure"])["value"]
    assert rows["FLAIR", "missing"] > 0.005


def test_the_figures_of_left_and_right_and_of_the_field_are_there(inputs, tmp_path):
    rows = measure(inputs, tmp_path)[0].set_index(["image", "measure"])["value"]
    assert rows["FLAIR", "missing"] == 0.0
    assert np.isfinite(rows["FLAIR", "handedness"])


def test_lesions_that_are_no_lesions_are_named(inputs, tmp_path):
    _, flags = measure(inputs | {"lesions": inputs["mask"]}, tmp_path)
    assert any(flag.startswith("lesions: the lesions are implausible") for flag in flags)


def test_a_flair_alone_is_the_reference(inputs, tmp_path):
    alone = {role: inputs[role] for role in ("flair", "mask", "coarse_xfm")}
    table, _ = measure(alone | {"preproc": inputs["flair"]}, tmp_path)
    assert set(table["image"]) == {"FLAIR"}
    assert "registration_margin" not in set(table["measure"])


def test_an_image_without_its_transform_is_left_out(inputs, tmp_path):
    some = {role: path for role, path in inputs.items() if role != "flair_xfm"}
    table, _ = measure(some, tmp_path)
    assert "FLAIR" not in set(table["image"])


def test_a_field_in_place_of_a_rigid_transform_is_an_error(inputs, tmp_path):
    grid = make_head(4.0).t1w.grid
    field = DisplacementTransform(np.zeros((*grid.shape, 3), dtype=np.float32), grid)
    save_transform(tmp_path / "field.nii.gz", field)
    with pytest.raises(ImageError, match="not linear"):
        measure(inputs | {"flair_xfm": tmp_path / "field.nii.gz"}, tmp_path)
