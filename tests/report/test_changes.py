"""Changes between two visits on the page: table, sums, pictures of both visits."""

import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import MslensError, TableError
from mslens.image.location import LOCATIONS
from mslens.io.nifti import save_volume
from mslens.io.tables import write_tsv
from mslens.report.changes import Change, draw_changes, read_changes, sum_by_kind
from mslens.report.group import SessionResult, SubjectResult, render_group
from mslens.report.outcomes import Outcome
from mslens.report.pictures import PictureStyle
from mslens.report.settings import GroupReportSettings, SubjectReportSettings
from mslens.report.steps import write_subject_report
from mslens.segment.change_table import CHANGE_COLUMNS
from mslens.segment.lesion_change import CHANGE_LABELS
from phantom import make_head

ROWS = pd.DataFrame(
    {
        "change": [1, 2, 3],
        "kind": ["new", "enlarging", "shrinking"],
        "volume_ml": [0.25, 0.5, 0.125],
        "voxels": [4, 8, 2],
        "x_mm": [-20.0, 15.0, 3.0],
        "y_mm": [10.0, -30.0, 2.0],
        "z_mm": [12.0, 5.0, -14.0],
        "location": ["periventricular", "juxtacortical", "nowhere"],
        "difference": [0.5, 0.4, -0.3],
        "confidence": [0.9, 0.8, 0.75],
    }
)


def write_table(path, rows=ROWS):
    write_tsv(path, rows, columns=CHANGE_COLUMNS)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """What the comparison of visits leaves for the report, from the phantom."""
    folder = tmp_path_factory.mktemp("halfway")
    head = make_head(4.0)
    labels = np.zeros(head.flair.grid.shape, dtype=np.int32)
    labels[head.lesions.data] = CHANGE_LABELS["new"]
    images = {
        "halfway_earlier": head.flair,
        "halfway_later": head.flair,
        "halfway_mask": head.brain,
        "halfway_changes": head.brain.like(labels, "label"),
    }
    found = {role: folder / f"{role}.nii.gz" for role in images}
    for role, volume in images.items():
        save_volume(found[role], volume)
    found["change_table"] = write_table(folder / "changes.tsv")
    return found


def test_the_table_is_read_and_what_is_unknown_is_named(files):
    changes = read_changes(files["change_table"])
    assert [c.kind for c in changes] == ["new", "enlarging", "shrinking"]
    assert changes[0] == Change(1, "new", 0.25, LOCATIONS[0], (-20.0, 10.0, 12.0), 0.9)
    assert changes[2].location == "not classified"


def test_a_table_without_its_columns_is_an_error(tmp_path):
    write_tsv(tmp_path / "x.tsv", ROWS[["change"]], columns={"change": CHANGE_COLUMNS["change"]})
    with pytest.raises(TableError, match="kind"):
        read_changes(tmp_path / "x.tsv")


def test_every_kind_is_summed_even_an_absent_one():
    loads = sum_by_kind([Change(1, "new", 0.25, "x"), Change(2, "new", 0.5, "x")])
    assert [(load.kind, load.count, load.volume_ml) for load in loads] == [
        ("new", 2, 0.75),
        ("enlarging", 0, 0.0),
        ("shrinking", 0, 0.0),
    ]


def test_both_visits_are_drawn_with_the_same_slices(files):
    before, after = draw_changes(files, PictureStyle(pixel_mm=2.0))
    assert before.legend == ()
    assert [text for _, text in after.legend] == ["new", "enlarging", "shrinking"]
    assert before.content != after.content


def test_without_all_images_there_is_no_picture(files):
    some = {role: path for role, path in files.items() if role != "halfway_earlier"}
    assert draw_changes(some, PictureStyle()) == []


def test_images_of_unlike_grids_are_an_error(files, tmp_path):
    save_volume(tmp_path / "other.nii.gz", make_head(5.0).flair)
    with pytest.raises(MslensError, match="FLAIR"):
        draw_changes(files | {"halfway_later": tmp_path / "other.nii.gz"}, PictureStyle())


@pytest.fixture(scope="module")
def page(files, tmp_path_factory):
    html = tmp_path_factory.mktemp("page") / "sub-01.html"
    inputs = {f"ses-2:{role}": path for role, path in files.items()}
    write_subject_report(inputs, {"html": html}, SubjectReportSettings(subject="01", viewer=False))
    return html.read_text(encoding="utf-8")


def test_the_page_of_a_subject_has_the_section(page):
    section = page[page.index('<section id="changes">') :]
    section = section[: section.index("</section>")]
    assert section.count("<img") == 2
    assert section.count("<tr") == 1 + 3 + 1 + 3
    assert 'href="#changes"' in page


def test_a_session_that_was_not_compared_has_no_section(files):
    assert '<section id="changes">' not in render_group(
        [SubjectResult("01", [Outcome("1", "bias", "done")], [SessionResult("1")])],
        GroupReportSettings(),
    )


def test_the_page_of_a_group_lists_who_was_compared():
    changes = [Change(1, "new", 0.25, LOCATIONS[0]), Change(2, "shrinking", 0.5, LOCATIONS[1])]
    sessions = [SessionResult("1"), SessionResult("2", changes=changes)]
    html = render_group(
        [SubjectResult("01", [Outcome("2", "bias", "done")], sessions)], GroupReportSettings()
    )
    section = html[html.index('<section id="changes">') :]
    section = section[: section.index("</section>")]
    assert "sub-01 ses-2" in section
    assert "sub-01 ses-1" not in section
    assert 'data-value="0.25"' in section
