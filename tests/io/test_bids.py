import json
from pathlib import Path

import pytest

from absent import absent
from mslens.core.errors import DatasetError, TableError
from mslens.io.bids import (
    IMAGE_EXTENSIONS,
    index_dataset,
    index_derivative,
    index_derivatives,
)

FILES = (
    "sub-1/ses-1/anat/sub-1_ses-1_T1w.nii.gz",
    "sub-1/ses-1/anat/sub-1_ses-1_ce-gadolinium_T1w.nii.gz",
    "sub-1/ses-2/anat/sub-1_ses-2_FLAIR.nii",
    "sub-1/ses-2/dwi/sub-1_ses-2_dir-AP_dwi.nii.gz",
    "sub-2/anat/sub-2_acq-3D_run-2_T1w.nii.gz",
    "sub-2/ses-9/anat/sub-2_ses-9_T1w.nii.gz",
)


def make(root: Path, *names: str, description: str | None = '{"Name": "x"}') -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    root.mkdir(exist_ok=True)
    if description is not None:
        (root / "dataset_description.json").write_text(description)
    return root


def say(root: Path, name: str, **content: object) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(json.dumps(content))


def test_subjects_and_sessions(tmp_path: Path) -> None:
    make(tmp_path, *FILES, "sub-2/sub-2_sessions.tsv")
    (tmp_path / "sub-3").mkdir()
    index = index_dataset(tmp_path)
    assert index.subjects == ("1", "2", "3")
    assert index.sessions("1") == ("1", "2")
    assert index.sessions("2") == (None, "9")
    assert index.sessions("3") == ()
    assert index.description == {"Name": "x"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"suffix": "T1w"}, 4),
        ({"suffix": "T1w", "entities": {"ce": None}}, 3),
        ({"entities": {"ce": "gadolinium"}}, 1),
        ({"subject": "1"}, 4),
        ({"subject": "sub-1"}, 0),
        ({"subject": "2", "session": None}, 1),
        ({"subject": "2", "session": "9"}, 1),
        ({"subject": "2"}, 2),
        ({"extension": ".nii"}, 1),
        ({"extension": IMAGE_EXTENSIONS}, 6),
        ({"datatype": "dwi"}, 1),
        ({"entities": {"acq": "3D", "run": "2"}}, 1),
        ({"subject": "nobody"}, 0),
    ],
)
def test_find(tmp_path: Path, query: dict, expected: int) -> None:
    found = index_dataset(make(tmp_path, *FILES)).find(**query)
    assert len(found) == expected
    assert [file.relative for file in found] == sorted(file.relative for file in found)


def test_metadata_is_inherited_from_the_general_to_the_near(tmp_path: Path) -> None:
    make(tmp_path, *FILES)
    say(tmp_path, "T1w.json", a=1, b=1, c=1, d=1)
    say(tmp_path, "sub-2/sub-2_T1w.json", b=2, c=2, d=2)
    say(tmp_path, "sub-2/anat/sub-2_T1w.json", c=3, d=3)
    say(tmp_path, "sub-2/anat/sub-2_acq-3D_run-2_T1w.json", d=4)
    # None of these applies: other suffix, other entity, other session, other subject.
    say(tmp_path, "T2w.json", a=9)
    say(tmp_path, "acq-2D_T1w.json", a=9)
    say(tmp_path, "sub-2/ses-9/anat/sub-2_ses-9_T1w.json", a=9)
    say(tmp_path, "sub-1/sub-1_T1w.json", a=9)
    index = index_dataset(tmp_path)
    (file,) = index.find(subject="2", session=None, suffix="T1w", extension=".nii.gz")
    assert index.metadata(file) == {"a": 1, "b": 2, "c": 3, "d": 4}
    assert [s.relative for s in index.sidecars(file)] == [
        "T1w.json",
        "sub-2/sub-2_T1w.json",
        "sub-2/anat/sub-2_T1w.json",
        "sub-2/anat/sub-2_acq-3D_run-2_T1w.json",
    ]


def test_within_a_folder_what_names_more_entities_wins(tmp_path: Path) -> None:
    make(tmp_path, *FILES)
    say(tmp_path, "T1w.json", a=1)
    say(tmp_path, "acq-3D_T1w.json", a=2)
    index = index_dataset(tmp_path)
    (file,) = index.find(entities={"acq": "3D"}, extension=".nii.gz")
    assert index.metadata(file) == {"a": 2}


def test_a_file_without_sidecar_has_no_metadata(tmp_path: Path) -> None:
    index = index_dataset(make(tmp_path, *FILES))
    assert index.metadata(index.files[-1]) == {}


def test_a_broken_sidecar_says_where(tmp_path: Path) -> None:
    make(tmp_path, *FILES)
    (tmp_path / "T1w.json").write_text("{broken")
    index = index_dataset(tmp_path)
    (file,) = index.find(entities={"ce": "gadolinium"})
    with pytest.raises(TableError, match=r"T1w\.json: not valid JSON \(line 1\)"):
        index.metadata(file)


def test_what_is_not_a_dataset_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    make(tmp_path / "bare", *FILES, description=None)
    make(tmp_path / "empty")
    make(tmp_path / "broken", *FILES, description="{")
    make(tmp_path / "parent" / "rawdata", *FILES)
    cases = {
        "gone": ("no such folder", ""),
        "file": ("this is a file", ""),
        "bare": ("no dataset_description.json", '"BIDSVersion"'),
        "empty": ("no subject", "bids.neuroimaging.io"),
        "broken": ("not valid JSON", "Repair"),
        "parent": ("no dataset_description.json", "Did you mean the folder 'rawdata'"),
        "bare/sub-1": ("no dataset_description.json", "folder above"),
    }
    for name, (message, cure) in cases.items():
        with pytest.raises(DatasetError, match=message) as caught:
            index_dataset(tmp_path / name)
        assert str(tmp_path) not in caught.value.what
        assert cure in (caught.value.cure or "")


def test_derivatives_are_indexed_apart(tmp_path: Path) -> None:
    make(tmp_path, *FILES)
    mask = "sub-1/ses-1/anat/sub-1_ses-1_space-T1w_label-lesion_mask.nii.gz"
    make(tmp_path / "derivatives" / "manual", mask, description=None)
    make(tmp_path / "derivatives" / "lst", mask)
    (tmp_path / "derivatives" / "notes.txt").touch()
    assert not index_dataset(tmp_path).find(suffix="mask")
    lst, manual = index_derivatives(tmp_path)
    assert (lst.root.name, manual.root.name) == ("lst", "manual")
    assert [f.relative for f in manual.find(entities={"label": "lesion"})] == [mask]
    assert manual.description == {}
    assert index_derivatives(tmp_path / "derivatives") == ()


def test_a_missing_folder_of_derivatives_says_so(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder of derivatives"):
        index_derivative(tmp_path / "gone")


@pytest.mark.data
def test_the_real_datasets(data_dir: Path) -> None:
    raw = index_dataset(data_dir / "open_ms_bids" / "raw")
    assert raw.subjects == ("L01", "L03")
    assert [raw.sessions(subject) for subject in raw.subjects] == [("1", "2")] * 2
    assert len(raw.find(suffix="T1w")) == 3
    assert raw.problems == ()
    (consensus,) = index_derivatives(raw.root)
    assert len(consensus.find(suffix="xfm", entities={"from": "FLAIR"})) == 4


def test_pybids_finds_and_inherits_the_same(tmp_path: Path) -> None:
    try:
        from bids import BIDSLayout
    except ImportError:
        absent("pybids", "pybids is not installed")
    make(tmp_path, *FILES, description='{"Name": "x", "BIDSVersion": "1.10.0"}')
    say(tmp_path, "T1w.json", a=1, b=1)
    say(tmp_path, "sub-1/ses-1/anat/sub-1_ses-1_T1w.json", b=2)
    ours, theirs = index_dataset(tmp_path), BIDSLayout(tmp_path)
    for suffix in ("T1w", "FLAIR", "dwi"):
        found = ours.find(suffix=suffix, extension=IMAGE_EXTENSIONS)
        paths = theirs.get(suffix=suffix, extension=list(IMAGE_EXTENSIONS), return_type="filename")
        assert [str(file.path) for file in found] == sorted(paths)
        for file in found:
            assert ours.metadata(file) == theirs.get_metadata(str(file.path))
