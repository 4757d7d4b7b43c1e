import math

import pytest

from mslens.core.errors import TableError
from mslens.report.group import SessionResult, SubjectResult, render_group
from mslens.report.settings import GroupReportSettings
from mslens.report.tables import Measure
from mslens.report.truth import SummaryRow, Truth, read_truth
from report.html_page import Page

SESSIONS = (
    "participant_id\tsession_id\tdice_brain\tlesions_true\tlesions_detected\ttrue_brain_ml\n"
    "sub-1\tses-2\t0.981\t10\t7\t1234\n"
    "sub-2\tn/a\tn/a\tn/a\tn/a\tn/a\n"
)
SUMMARY = "score\tlabel\tvalue\tworst\tasked\tn\nb\tBrain mask, Dice\t0.981\t0.98\t0.97\t2\n"


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "sessions.tsv").write_text(SESSIONS)
    (tmp_path / "summary.tsv").write_text(SUMMARY)
    return tmp_path / "sessions.tsv", tmp_path / "summary.tsv"


def test_tables_are_read(tables):
    truth = read_truth(*tables)
    assert truth.true_value("1", "2", "brain_ml") == 1234
    assert math.isnan(truth.true_value("2", None, "brain_ml"))
    assert math.isnan(truth.true_value("3", None, "brain_ml"))
    assert truth.summary == [SummaryRow("Brain mask, Dice", 0.981, 0.98, 0.97, 2)]
    assert truth.summary[0].is_reached


def test_the_page_puts_the_truth_beside_the_estimate_and_says_what_it_is_worth(tables):
    subjects = [SubjectResult("1", sessions=[SessionResult("2", measures=[
        Measure("brain", 1200.0, "ml")])])]  # fmt: skip
    page = Page(render_group(subjects, GroupReportSettings(), truth=read_truth(*tables)))
    assert "shows the flow, not the performance" in page.section("truth")
    (row,) = page.table("Session", "Verdict")
    assert row[2].replace("\u202f", " ") == "1 200 true 1 234"
    assert page.table("Compared", "Value")[0][:4] == ["Brain mask, Dice", "0.981", "0.980", "0.97"]
    rows = page.table("Session", "Brain", "GM")
    assert rows[0][0] == "sub-1 ses-2"
    assert "7 of 10" in rows[0]
    assert rows[1][1:] == ["–"] * 8


def test_without_truth_the_page_does_not_speak_of_it():
    page = render_group([SubjectResult("1")], GroupReportSettings())
    assert 'id="truth"' not in page
    assert "Against the truth" not in page


def test_a_score_that_is_missed_is_marked():
    missed = Truth({}, [SummaryRow("Lesions, Dice", 0.4, 0.2, 0.7, 4)])
    page = render_group([], GroupReportSettings(), truth=missed)
    assert 'class="n far" data-value="0.4"' in page
    assert SummaryRow("Count", 3.0, math.nan, math.nan, 4).is_reached is None


def test_a_table_without_its_columns_is_refused(tables):
    sessions, summary = tables
    summary.write_text("score\tvalue\nb\t1\n")
    with pytest.raises(TableError, match="label"):
        read_truth(sessions, summary)
