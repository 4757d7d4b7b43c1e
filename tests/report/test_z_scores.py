import math

import pytest

from mslens.core.errors import TableError
from mslens.report.group import GroupWork, render_group
from mslens.report.outcomes import Outcome
from mslens.report.settings import GroupReportSettings
from mslens.report.z_scores import ZScore, arrange_z_scores, read_z_scores
from report.html_page import Page

TABLE = """participant_id\tsession_id\tmeasure\tz\texpected_spread\tn_controls
sub-10\tn/a\tbrain\t-3.25\t10\t30
sub-9\tses-2\tbrain\t0.5\t10\t30
sub-9\tses-2\tregion_Thalamus_L\t-2.5\t1\t28
sub-9\tses-2\tregion_Insula_L\t0.1\t1\t28
sub-9\tses-2\tgm\tn/a\t10\t30
"""


@pytest.fixture
def scores(tmp_path):
    path = tmp_path / "group_zscores.tsv"
    path.write_text(TABLE)
    return read_z_scores(path)


def test_scores_are_read_with_their_session_and_without_the_missing(scores):
    assert scores[0] == ZScore("sub-10", "brain", -3.25, 30)
    assert [score.name for score in scores] == ["sub-10", *["sub-9 ses-2"] * 3]


def test_a_table_without_scores_is_refused(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("participant_id\tsession_id\nsub-1\tn/a\n")
    with pytest.raises(TableError, match="measure, z"):
        read_z_scores(path)


def test_sessions_come_in_natural_order_and_what_is_far_is_marked(scores):
    table = arrange_z_scores(scores)
    assert table["heads"] == ["Brain", "Thalamus L"]
    assert [row["name"] for row in table["rows"]] == ["sub-9 ses-2", "sub-10"]
    assert [[cell["far"] for cell in row["cells"]] for row in table["rows"]] == [
        [False, True],
        [True, False],
    ]
    assert math.isnan(table["rows"][1]["cells"][1]["z"])
    assert table["controls"] == (28, 30)
    assert table["measures"] == 3


def test_given_norms_have_no_controls():
    assert arrange_z_scores([ZScore("sub-1", "brain", 1.0, None)])["controls"] is None


def page(*outcomes, z_scores=()) -> Page:
    work = GroupWork(outcomes, z_scores)
    return Page(render_group([], GroupReportSettings(), work=work))


def test_the_page_shows_the_scores_and_what_they_rest_on(scores):
    facts = {"z_scores": "3 measures scored for age, sex, tiv"}
    shown = page(Outcome(None, "group-tables", "done", facts=facts), z_scores=scores)
    assert shown.table("Session", "Brain") == [
        ["sub-9 ses-2", "0.5", "−2.5"],
        ["sub-10", "−3.2", "–"],
    ]
    assert "3 measures scored for age, sex, tiv." in shown.words
    assert "28 to 30 controls of this dataset" in shown.words
    assert "No diagnosis follows" in shown.words


def test_the_page_says_why_there_are_none():
    why = "no z-scores: 2 controls have brain and every covariate"
    words = page(Outcome(None, "group-tables", "done", facts={"z_scores": why})).words
    assert "No z-scores: 2 controls have brain and every covariate." in words
    assert "Z-scores for age" not in page().words


def test_a_table_of_people_that_cannot_be_used_is_told_on_the_page():
    failed = Outcome(None, "participants", "failed", what="the table has no column", cure="Add it")
    assert page(failed).table("Subject", "Session", "Step") == [
        ["all subjects together", "–", "participants", "the table has no column. Add it."]
    ]
