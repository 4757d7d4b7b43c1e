import json
from pathlib import Path

import pytest

from mslens.io.bids import index_dataset
from mslens.io.bids_walk import walk_dataset


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def walked(root: Path) -> list[str]:
    return sorted(file.relative for file in walk_dataset(root).files)


def problems(root: Path) -> dict[str, str]:
    return {problem.relative: problem.message for problem in walk_dataset(root).problems}


def test_every_level_is_walked_and_nothing_below(tmp_path: Path) -> None:
    kept = [
        "participants.tsv",
        "T1w.json",
        "sub-1/sub-1_sessions.tsv",
        "sub-1/anat/sub-1_T1w.nii.gz",
        "sub-1/ses-2/sub-1_ses-2_scans.tsv",
        "sub-1/ses-2/anat/sub-1_ses-2_T1w.nii.gz",
    ]
    left = [
        ".git/config",
        ".bidsignore",
        "code/sub-1_T1w.nii.gz",
        "derivatives/x/sub-1/anat/sub-1_T1w.nii.gz",
        "sourcedata/sub-1/anat/sub-1_T1w.nii.gz",
        "sub-1/meg/sub-1_meg.ds/sub-1_meg.meg4",
        "sub-1/anat/.sub-1_T2w.nii.gz.swp",
    ]
    assert walked(touch(tmp_path, *kept, *left)) == sorted(kept)
    assert problems(tmp_path) == {}


def test_the_parts_of_a_file(tmp_path: Path) -> None:
    touch(tmp_path, "sub-1/ses-2/anat/sub-1_ses-2_ce-gad_T1w.nii.gz")
    (file,) = walk_dataset(tmp_path).files
    assert (file.subject, file.session, file.datatype) == ("1", "2", "anat")
    assert (file.suffix, file.extension, file.entities["ce"]) == ("T1w", ".nii.gz", "gad")
    assert file.path == tmp_path / "sub-1" / "ses-2" / "anat" / file.name
    assert file.name == "sub-1_ses-2_ce-gad_T1w.nii.gz"


def test_names_that_are_not_bids_are_reported(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "notes of mine.txt",
        "sub-1/anat/T1 (copy).nii.gz",
        "sub-1/anat/sub-2_T1w.nii.gz",
        "sub-1/ses-1/anat/sub-1_ses-2_T1w.nii.gz",
        "sub-1/ses-1/anat/sub-1_T1w.nii.gz",
    )
    assert walked(tmp_path) == []
    found = problems(tmp_path)
    assert "does not follow BIDS" in found["sub-1/anat/T1 (copy).nii.gz"]
    assert "'sub-1'" in found["sub-1/anat/sub-2_T1w.nii.gz"]
    assert "'ses-1'" in found["sub-1/ses-1/anat/sub-1_ses-2_T1w.nii.gz"]
    assert "'ses-1'" in found["sub-1/ses-1/anat/sub-1_T1w.nii.gz"]
    assert len(found) == 4  # the user's own notes at the top are no concern of ours


@pytest.mark.parametrize("target", ["..", "../..", ".", "../../sub-1"])
def test_links_that_loop_are_recorded_and_not_fatal(tmp_path: Path, target: str) -> None:
    touch(tmp_path, "sub-1/anat/sub-1_T1w.nii.gz", "sub-2/anat/sub-2_T1w.nii.gz")
    (tmp_path / "sub-1" / "ses-1").symlink_to(tmp_path / "sub-1" / "anat" / target)
    (tmp_path / "sub-1" / "self").symlink_to("self")
    assert walked(tmp_path) == ["sub-1/anat/sub-1_T1w.nii.gz", "sub-2/anat/sub-2_T1w.nii.gz"]
    found = problems(tmp_path)
    assert "broken link" in found.pop("sub-1/self")
    if target != ".":
        assert "loops back" in found["sub-1/ses-1"]
    else:
        assert found  # a second way to the same files: their names do not fit the folder


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    touch(tmp_path / "store", "x/sub-1_T1w.nii.gz")
    (tmp_path / "bids" / "sub-1").mkdir(parents=True)
    (tmp_path / "bids" / "sub-1" / "anat").symlink_to(tmp_path / "store" / "x")
    assert walked(tmp_path / "bids") == ["sub-1/anat/sub-1_T1w.nii.gz"]


def test_a_dangling_image_is_listed(tmp_path: Path) -> None:
    (tmp_path / "sub-1" / "anat").mkdir(parents=True)
    (tmp_path / "sub-1" / "anat" / "sub-1_T1w.nii.gz").symlink_to("../../.git/annex/objects/gone")
    assert walked(tmp_path) == ["sub-1/anat/sub-1_T1w.nii.gz"]


def test_spaces_and_other_letters_in_the_path(tmp_path: Path) -> None:
    root = touch(tmp_path / "Müller's data", "sub-ß1/anat/sub-ß1_T1w.nii.gz")
    assert walked(root) == ["sub-ß1/anat/sub-ß1_T1w.nii.gz"]


def test_an_unreadable_folder_is_recorded(run_unprivileged, open_folder: Path) -> None:
    touch(open_folder, "sub-1/anat/sub-1_T1w.nii.gz", "sub-2/anat/sub-2_T1w.nii.gz")
    (open_folder / "dataset_description.json").write_text(json.dumps({"Name": "x"}))
    (open_folder / "sub-1" / "anat").chmod(0)
    answer = run_unprivileged(
        "from pathlib import Path\nfrom mslens.io.bids import index_dataset",
        f"index = index_dataset(Path({str(open_folder)!r}))\n"
        "print([f.name for f in index.files if f.subject], index.problems[0].message)",
    )
    assert answer == "['sub-2_T1w.nii.gz'] the folder cannot be read (Permission denied)"
    (open_folder / "sub-1" / "anat").chmod(0o755)
    assert len(index_dataset(open_folder).problems) == 0
