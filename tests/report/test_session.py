from pathlib import Path

import numpy as np
import pytest

from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.io.nifti import save_volume
from mslens.report.session import (
    HALFWAY_ROLES,
    ROLES,
    load_session,
    session_order,
    show_inside,
    split_roles,
    split_subjects,
)


def test_roles_are_sorted_by_session_in_natural_order():
    inputs = {
        "outcomes": Path("o"),
        "ses-10:ref": Path("a"),
        "ses-2:flair": Path("b"),
        "ses-2:unknown": Path("c"),
        "ses-pre:mask": Path("d"),
    }
    found = split_roles(inputs)
    assert list(found) == ["2", "10", "pre"]
    assert found["2"] == {"flair": Path("b")}


def test_roles_without_a_session_belong_to_none():
    assert split_roles({"ref": Path("a"), "outcomes": Path("o")}) == {None: {"ref": Path("a")}}


def test_group_roles_are_sorted_by_subject():
    inputs = {"sub-10:outcomes": Path("a"), "sub-2:ses-1:volumes": Path("b"), "table": Path("c")}
    assert split_subjects(inputs) == {
        "2": {"ses-1:volumes": Path("b")},
        "10": {"outcomes": Path("a")},
    }


def test_labels_that_mix_letters_and_digits_can_be_ordered():
    labels = ["b2", "2b", None, "a10", "a9", "10"]
    assert sorted(labels, key=session_order) == [None, "2b", "10", "a9", "a10", "b2"]


def test_everything_that_is_there_is_loaded(derivatives):
    images = load_session(None, derivatives)
    assert set(images.images) == {"ref", "flair", "lesions", "tissue", "parcels"}
    assert images.reference == "T1w"
    assert images.template_image is not None
    assert images.notes == ()
    compared = {*HALFWAY_ROLES, "change_table", "feature_scores", "quality"}
    assert set(derivatives) | {"t2w"} | compared == set(ROLES)


def test_without_a_brain_mask_no_image_is_kept(derivatives):
    files = {role: path for role, path in derivatives.items() if role != "mask"}
    images = load_session(None, files)
    assert images.images == {}
    assert images.brain is None


def test_what_cannot_be_used_is_left_out_and_named(derivatives, head, tmp_path):
    broken = tmp_path / "broken.nii.gz"
    broken.write_bytes(b"not an image")
    elsewhere = tmp_path / "elsewhere.nii.gz"
    affine = head.flair.grid.affine.copy()
    affine[2, 3] += 20
    save_volume(elsewhere, Volume(head.flair.data, Grid(affine, head.flair.grid.shape)))
    files = {**derivatives, "tissue": broken, "flair": elsewhere, "t2w": tmp_path / "gone.nii.gz"}
    images = load_session(None, files)
    assert set(images.images) == {"ref", "lesions", "parcels"}
    assert sorted(note.split()[0] for note in images.notes) == ["flair", "tissue"]
    assert str(tmp_path) not in " ".join(images.notes)


def test_a_mask_that_is_no_brain_keeps_every_image_out(derivatives, head, tmp_path):
    whole = tmp_path / "mask.nii.gz"
    save_volume(whole, head.brain.like(np.ones(head.brain.data.shape, dtype=bool)))
    images = load_session(None, {**derivatives, "mask": whole})
    assert images.images == {}
    assert "no image is embedded" in images.notes[0]


@pytest.mark.parametrize(("margin_mm", "reach"), [(0.0, 0), (3.9, 0), (4.0, 1), (9.0, 2)])
def test_an_image_is_shown_up_to_the_margin_only(margin_mm, reach):
    grid = Grid(np.diag([4.0, 4.0, 4.0, 1.0]), (15, 15, 15))
    mask = np.zeros(grid.shape, dtype=bool)
    mask[7, 7, 7] = True
    image = Volume(np.ones(grid.shape, dtype=np.float32), grid)
    shown = show_inside(image, Volume(mask, grid, "mask"), margin_mm=margin_mm)
    expected = np.zeros(grid.shape)
    around = slice(7 - reach, 8 + reach)
    expected[around, around, around] = 1
    np.testing.assert_array_equal(shown.data, expected)


def test_every_role_of_a_session_is_documented():
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text()
    assert [role for role in ROLES if f"`ses-X:{role}`" not in page] == []
