import pytest

from mslens.core.errors import DatasetError
from mslens.radiomics.pair_store import list_pairs


def touch(folder, *names):
    folder.mkdir()
    for name in names:
        (folder / name).touch()
    return folder


def test_label_maps_find_their_images(tmp_path):
    images = touch(tmp_path / "i", "sub-01_T1w.nii.gz", "sub-02_T1w.nii.gz", "sub-3.nii", "a.txt")
    labels = touch(
        tmp_path / "l", "sub-01_desc-parcels_dseg.nii.gz", "sub-02_T1w.nii.gz", "sub-3_mask.nii.gz"
    )
    pairs = list_pairs(images, labels)
    assert [(p.name, p.labels.name) for p in pairs] == [
        ("sub-01", "sub-01_desc-parcels_dseg.nii.gz"),
        ("sub-02", "sub-02_T1w.nii.gz"),
        ("sub-3", "sub-3_mask.nii.gz"),
    ]


def test_an_image_without_a_label_map_or_with_two_is_named(tmp_path):
    images = touch(tmp_path / "i", "sub-01_T1w.nii.gz")
    with pytest.raises(DatasetError, match="has 0 label maps"):
        list_pairs(images, touch(tmp_path / "l", "sub-02_dseg.nii.gz"))
    two = touch(tmp_path / "m", "sub-01_dseg.nii.gz", "sub-01_mask.nii.gz")
    with pytest.raises(DatasetError, match="has 2"):
        list_pairs(images, two)
    with pytest.raises(DatasetError, match="no such folder"):
        list_pairs(images, tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="no NIfTI"):
        list_pairs(images, touch(tmp_path / "e"))
