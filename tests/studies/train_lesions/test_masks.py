import json
import shutil

import numpy as np
import pytest

from mslens.core.errors import DatasetError, UnknownName
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.io.bids import index_dataset
from mslens.io.derivatives import write_dataset_description
from mslens.io.nifti import save_volume
from mslens.studies.train_lesions.masks import find_drawn_sessions
from mslens.studies.train_lesions.request import TrainingData

GRID = Grid(np.diag([2.0, 2.0, 2.0, 1.0]), (12, 12, 12))
OTHER = Grid(np.diag([2.0, 2.0, 2.5, 1.0]), (12, 12, 12))


def draw(path, values, grid=GRID):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_volume(path, Volume(np.asarray(values), grid, "label"))


@pytest.fixture
def dataset(tmp_path):
    root = tmp_path / "bids"
    root.mkdir()
    about = {"Name": "x", "BIDSVersion": "1.10.0"}
    (root / "dataset_description.json").write_text(json.dumps(about))
    rng = np.random.default_rng(0)
    for subject in ("01", "02", "03"):
        for suffix in ("T1w", "FLAIR"):
            image = rng.integers(1, 200, GRID.shape)
            draw(root / f"sub-{subject}/anat/sub-{subject}_{suffix}.nii.gz", image)
        draw(mask_path(root, subject), good())
    (root / "derivatives/mine/dataset_description.json").write_text(json.dumps(about))
    return root


def good():
    mask = np.zeros(GRID.shape, np.int32)
    mask[4:7, 4:7, 4:7] = 1
    return mask


def mask_path(root, subject):
    name = f"sub-{subject}_space-T1w_label-lesion_mask.nii.gz"
    return root / "derivatives/mine" / f"sub-{subject}/anat" / name


def segment_with_mslens(dataset):
    """Put what looks like a run's output beside the masks that were drawn."""
    ours = dataset / "derivatives/mslens"
    shutil.copytree(dataset / "derivatives/mine", ours)
    write_dataset_description(ours, name="mslens")


def find(dataset, **data):
    return find_drawn_sessions(index_dataset(dataset), TrainingData(**data))


def test_masks_are_found_in_the_derivatives_of_the_dataset(dataset):
    assert [images.subject for images in find(dataset)] == ["01", "02", "03"]


def test_what_mslens_segmented_is_nobodys_drawing(dataset):
    segment_with_mslens(dataset)
    found = find(dataset)
    assert [images.subject for images in found] == ["01", "02", "03"]
    assert all("mine" in str(images.lesions) for images in found)
    shutil.rmtree(dataset / "derivatives/mine")
    with pytest.raises(DatasetError, match="mslens did not write"):
        find(dataset)
    assert len(find(dataset, derivatives=dataset / "derivatives/mslens")) == 3


def test_two_masks_of_one_session_are_named_with_their_datasets(dataset):
    shutil.copytree(dataset / "derivatives/mine", dataset / "derivatives/second")
    with pytest.raises(DatasetError, match=r"several datasets: mine and second.*--derivatives"):
        find(dataset)


def test_masks_are_found_by_pattern(dataset):
    pattern = str(dataset / "derivatives/mine/sub-{subject}/anat/*_mask.nii.gz")
    assert len(find(dataset, lesion_mask=pattern)) == 3


def test_every_bad_mask_is_named_with_what_is_wrong(dataset):
    draw(mask_path(dataset, "01"), np.zeros(GRID.shape, np.int32))
    three = good()
    three[0, 0, 0] = 2
    draw(mask_path(dataset, "02"), three)
    draw(mask_path(dataset, "03"), good(), OTHER)
    with pytest.raises(DatasetError) as raised:
        find(dataset)
    said = str(raised.value)
    assert "3 of the lesion masks" in said
    assert "sub-01_space-T1w_label-lesion_mask.nii.gz: it is empty" in said
    assert (
        "sub-02_space-T1w_label-lesion_mask.nii.gz: it is not binary (3 values between 0 and 2)"
        in said
    )
    assert "sub-03_space-T1w_label-lesion_mask.nii.gz: it is on another grid" in said
    assert "nothing was trained" in said


def test_a_mask_of_ones_alone_is_not_binary(dataset):
    draw(mask_path(dataset, "02"), np.ones(GRID.shape, np.int32))
    with pytest.raises(DatasetError, match=r"sub-02.*not binary"):
        find(dataset)


def test_a_mask_that_is_no_image_is_named(dataset):
    mask_path(dataset, "02").write_text("nothing")
    with pytest.raises(DatasetError, match="sub-02"):
        find(dataset)


def test_sessions_without_a_mask_or_a_flair_are_left_alone(dataset):
    mask_path(dataset, "01").unlink()
    (dataset / "sub-02/anat/sub-02_FLAIR.nii.gz").unlink()
    assert [images.subject for images in find(dataset)] == ["03"]


def test_a_session_that_the_pattern_does_not_match_is_left_alone(dataset):
    pattern = str(dataset / "derivatives/mine/sub-{subject}/anat/*_mask.nii.gz")
    mask_path(dataset, "01").unlink()
    assert [images.subject for images in find(dataset, lesion_mask=pattern)] == ["02", "03"]
    shutil.copy(mask_path(dataset, "02"), mask_path(dataset, "02").with_name("second_mask.nii.gz"))
    with pytest.raises(DatasetError, match="matches 2 files for sub-02"):
        find(dataset, lesion_mask=pattern)


def test_masks_below_zero_are_named(dataset):
    path = mask_path(dataset, "02")
    save_volume(path, Volume(np.where(good() > 0, -0.5, 0.0), GRID, "scalar"))
    with pytest.raises(DatasetError, match=r"sub-02.*not binary \(2 values between -0.5 and 0\)"):
        find(dataset)


def test_no_mask_at_all_says_what_was_looked_for(dataset):
    for subject in ("01", "02", "03"):
        mask_path(dataset, subject).unlink()
    with pytest.raises(DatasetError, match="label-lesion_mask"):
        find(dataset)


def test_an_unknown_participant_cannot_be_left_out(dataset):
    with pytest.raises(UnknownName, match="07"):
        find(dataset, leave_out=("07",))
