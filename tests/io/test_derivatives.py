import json
from pathlib import Path

import pytest

import mslens
from mslens.core.errors import SettingsError, UnknownName
from mslens.io.bids import index_dataset
from mslens.io.derivatives import BIDS_VERSION, derivative_path, write_dataset_description


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            {"subject": "01", "session": None, "suffix": "T1w", "entities": {"desc": "preproc"}},
            "sub-01/anat/sub-01_desc-preproc_T1w.nii.gz",
        ),
        (
            {
                "subject": "01",
                "session": "2",
                "suffix": "mask",
                "entities": {"label": "lesion", "space": "T1w"},
            },
            "sub-01/ses-2/anat/sub-01_ses-2_space-T1w_label-lesion_mask.nii.gz",
        ),
        (
            {
                "subject": "01",
                "session": "2",
                "suffix": "xfm",
                "extension": ".txt",
                "entities": {"mode": "image", "from": "FLAIR", "to": "T1w"},
            },
            "sub-01/ses-2/anat/sub-01_ses-2_from-FLAIR_to-T1w_mode-image_xfm.txt",
        ),
        (
            {"subject": "01", "session": None, "suffix": "volumes", "extension": ".tsv"},
            "sub-01/anat/sub-01_volumes.tsv",
        ),
    ],
)
def test_names_of_outputs(tmp_path: Path, arguments: dict, expected: str) -> None:
    assert derivative_path(tmp_path, **arguments) == tmp_path / expected


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        derivative_path(
            tmp_path, subject="1", session=None, suffix="mask", entities={"colour": "red"}
        )
    with pytest.raises(SettingsError):
        derivative_path(tmp_path, subject="sub-1", session=None, suffix="mask")


def test_the_description_of_a_derivative(tmp_path: Path) -> None:
    write_dataset_description(tmp_path, name="mslens run", source="../raw", inputs=["../lesions"])
    content = json.loads((tmp_path / "dataset_description.json").read_text())
    assert content == {
        "Name": "mslens run",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "mslens", "Version": mslens.__version__}],
        "SourceDatasets": [{"URL": "../raw"}, {"URL": "../lesions"}],
    }


def test_what_we_write_we_index(tmp_path: Path) -> None:
    write_dataset_description(tmp_path, name="mslens run")
    path = derivative_path(tmp_path, subject="1", session="2", suffix="mask")
    path.parent.mkdir(parents=True)
    path.touch()
    index = index_dataset(tmp_path)
    (file,) = index.find(subject="1", session="2", suffix="mask", datatype="anat")
    assert file.path == path
    assert "SourceDatasets" not in index.description
