from mslens.report import group_rows
from mslens.report.group import render_group
from mslens.report.group_rows import MAX_ROWS, choose_rows
from mslens.report.settings import GroupReportSettings
from report.html_page import Page
from report.test_group import subject


def test_a_group_of_usual_size_is_shown_whole():
    assert choose_rows(["ok", "failed", "review"], frozenset()) == [0, 1, 2]


def test_incomplete_sessions_come_first_then_outliers_then_flagged_ones(monkeypatch):
    levels = ["ok", "review", "failed", "ok", "review", "failed"]
    for size, expected in ((1, [2]), (2, [2, 5]), (3, [2, 3, 5]), (4, [1, 2, 3, 5])):
        monkeypatch.setattr(group_rows, "MAX_ROWS", size)
        assert choose_rows(levels, frozenset({3, 5})) == expected


def test_a_huge_group_stays_small_and_says_what_is_left_out():
    html = render_group([subject(f"{n:05d}") for n in range(3 * MAX_ROWS)], GroupReportSettings())
    assert len(html.encode()) < 7e6
    page = Page(html)
    assert len(page.table("Session", "Verdict")) == MAX_ROWS
    assert f"{MAX_ROWS} of {3 * MAX_ROWS} sessions are shown" in page.words
