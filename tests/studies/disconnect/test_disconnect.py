"""`mslens import-tractogram` and `mslens disconnect`, from the command line."""

import numpy as np
import pandas as pd
import pytest

from connectome.tracts import write_tck
from mslens.cli.main import execute
from mslens.core.errors import InputError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.io.nifti import save_volume
from mslens.io.transforms import save_transform
from mslens.studies.disconnect.importing import describe_import, list_tractograms
from mslens.studies.disconnect.reference import locate_reference

GRID = Grid(
    np.array([[4.0, 0, 0, -88], [0, 4, 0, -124], [0, 0, 4, -70], [0, 0, 0, 1]]), (45, 54, 45)
)
LEFT, RIGHT = (-40.0, -20.0, 20.0), (40.0, -20.0, 20.0)
PLACES = GRID.to_world(np.indices(GRID.shape).reshape(3, -1).T)


def ball(*centre, radius):
    return (np.linalg.norm(PLACES - centre, axis=1) < radius).reshape(GRID.shape)


def line(y):
    return np.linspace(LEFT, RIGHT, 90) + np.array([0.0, y, 0.0])


@pytest.fixture
def reference(tmp_path):
    """Two reference subjects; one of two and two of three streamlines run 6 mm behind."""
    subjects = tmp_path / "subjects"
    subjects.mkdir()
    write_tck(subjects / "a.tck", [line(-6), line(6)])
    write_tck(subjects / "b.tck", [line(-6), line(-6), line(6)])
    labels = np.where(ball(*LEFT, radius=12), 5, np.where(ball(*RIGHT, radius=12), 6, 0))
    save_volume(tmp_path / "atlas.nii.gz", Volume(labels.astype(np.int32), GRID, "label"))
    (tmp_path / "names.txt").write_text("5 left\n6 right\n")
    atlas = ["--parcels", tmp_path / "atlas.nii.gz", "--parcel-table", tmp_path / "names.txt"]
    assert run("import-tractogram", subjects, tmp_path / "reference", "--name", "two", *atlas) == 0
    return tmp_path / "reference"


def run(*words):
    return execute([str(word) for word in words])


def save_lesion(path, *centre):
    save_volume(path, Volume(ball(*centre, radius=5.0), GRID, "mask"))
    return path


def read_regions(out):
    return pd.read_csv(out / "sub-image" / "anat" / "sub-image_disconnection.tsv", sep="\t")


def test_a_folder_of_tractograms_becomes_reference_subjects(tmp_path, reference, capsys):
    lesion = save_lesion(tmp_path / "lesions.nii.gz", 0, -26, 20)
    out = tmp_path / "out"
    assert run("disconnect", lesion, out, "--tractogram", reference) == 0
    table = read_regions(out)
    assert table["region"].tolist() == ["left", "right"]
    np.testing.assert_allclose(table["chaco"], (1 / 2 + 2 / 3) / 2, rtol=1e-5)
    assert set(table["reference"]) == {"two"}
    assert capsys.readouterr().out.strip().endswith("sub-image_disconnection.tsv")


def test_the_mask_of_a_patient_comes_with_its_transform(tmp_path, reference):
    shift = np.eye(4)
    shift[1, 3] = 28.0
    save_transform(tmp_path / "xfm.txt", AffineTransform(shift))
    lesion = save_lesion(tmp_path / "lesions.nii.gz", 0, 2, 20)
    out = tmp_path / "out"
    options = ["--tractogram", reference, "--xfm", tmp_path / "xfm.txt"]
    assert run("disconnect", lesion, out, *options) == 0
    np.testing.assert_allclose(read_regions(out)["chaco"], 7 / 12, rtol=1e-5)


def test_what_was_counted_is_said(tmp_path, capsys):
    write_tck(tmp_path / "far.tck", [line(-6), line(-6) + np.array([0.0, 0.0, 15.0])])
    labels = np.where(ball(*LEFT, radius=12), 5, np.where(ball(*RIGHT, radius=12), 6, 0))
    labels[ball(0, 40, 20, radius=8)] = 7
    save_volume(tmp_path / "atlas.nii.gz", Volume(labels.astype(np.int32), GRID, "label"))
    parcels = ["--parcels", tmp_path / "atlas.nii.gz"]
    assert run("import-tractogram", tmp_path / "far.tck", tmp_path / "made", *parcels) == 0
    said = capsys.readouterr()
    assert "2 streamlines of 1 reference subject(s)" in said.err
    assert "1 end in no region" in said.err
    assert "no streamline ends in region-7" in said.err
    assert str(tmp_path / "made") in said.out


@pytest.mark.parametrize(
    ("shift", "message"),
    [((0.0, 0.0, 60.0), "in another space"), ((0.0, 400.0, 0.0), "3 of 3 streamlines leave")],
)
def test_a_tractogram_in_another_space_is_refused(tmp_path, capsys, shift, message):
    write_tck(tmp_path / "away.tck", [line(-6) + np.array(shift)] * 3)
    labels = np.where(ball(*LEFT, radius=12), 5, np.where(ball(*RIGHT, radius=12), 6, 0))
    save_volume(tmp_path / "atlas.nii.gz", Volume(labels.astype(np.int32), GRID, "label"))
    parcels = ["--parcels", tmp_path / "atlas.nii.gz"]
    assert run("import-tractogram", tmp_path / "away.tck", tmp_path / "made", *parcels) == 1
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert not (tmp_path / "made").exists()


def test_long_lists_of_regions_are_shortened():
    facts = {
        "n_streamlines": 1,
        "n_subjects": 1,
        "brain_share": 1.0,
        "n_leaving_the_grid": 0,
        "n_without_region": 0,
        "n_with_one_region": 0,
        "regions_without_streamlines": [f"r{i}" for i in range(20)],
    }
    assert describe_import(facts).endswith("r6, r7 and 12 more")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["import-tractogram", "absent.tck", "made"], "no such file or folder"),
        (["import-tractogram", "empty", "made"], "no tractogram lies in the folder"),
        (["disconnect", "absent.nii.gz", "out"], "no such file"),
        (["disconnect", "names.txt", "out", "--tractogram", "empty"], "no tractogram index"),
    ],
)
def test_bad_requests_say_what_is_wrong(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "names.txt").write_text("5 left\n")
    assert run(*words) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_a_lesion_file_that_is_no_image_fails_by_name(tmp_path, reference, capsys):
    bad = tmp_path / "lesions.nii.gz"
    bad.write_text("no image")
    assert run("disconnect", bad, tmp_path / "out", "--tractogram", reference) == 1
    said = capsys.readouterr()
    assert "disconnect" in said.err + said.out
    assert not list((tmp_path / "out").rglob("*disconnection.tsv"))


def test_a_mask_that_says_it_is_the_patients_needs_a_transform(tmp_path, reference, capsys):
    lesion = save_lesion(tmp_path / "sub-1_space-T1w_label-lesion_mask.nii.gz", 0, -26, 20)
    assert run("disconnect", lesion, tmp_path / "out", "--tractogram", reference) == 1
    said = capsys.readouterr().err
    assert "space-T1w" in said
    assert "--xfm" in said
    assert not (tmp_path / "out").exists()
    there = save_lesion(tmp_path / "sub-1_space-MNI152NLin2009aSym_mask.nii.gz", 0, -26, 20)
    assert run("disconnect", there, tmp_path / "out", "--tractogram", reference) == 0


def test_an_index_is_located_only_where_there_is_one(tmp_path, reference):
    assert locate_reference(reference) == reference / "index.json"
    with pytest.raises(InputError, match="no tractogram index"):
        locate_reference(tmp_path)
    assert locate_reference(None).parent.name.startswith("synthetic-reference")


def test_tractograms_of_a_folder_come_in_order(tmp_path):
    for name in ("b.trk", "a.tck", "notes.txt"):
        (tmp_path / name).write_text("")
    assert [path.name for path in list_tractograms(tmp_path)] == ["a.tck", "b.trk"]
