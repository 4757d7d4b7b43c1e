from mslens.report.group import SessionResult, SubjectResult, group_table, render_group
from mslens.report.outcomes import Outcome
from mslens.report.settings import GroupReportSettings
from mslens.report.tables import Lesion, Measure
from report.html_page import Page

FALLBACK = {"flags": [{"level": "warning", "message": "unsupervised fallback"}]}


def subject(label: str, load_ml: float = 1.0, **values) -> SubjectResult:
    result = SessionResult(
        None, [Lesion(1, load_ml, "periventricular")], [Measure("tiv", 1400.0, "ml")]
    )
    known = {
        "outcomes": [Outcome(None, "lesions", "done", cpu_s=10.0, facts=FALLBACK)],
        "sessions": [result],
    }
    return SubjectResult(label, **{**known, **values})


def render(subjects, **values) -> Page:
    return Page(render_group(subjects, GroupReportSettings(**values)))


def test_a_remark_that_everyone_shares_is_written_once():
    page = render([subject(str(n)) for n in range(1, 4)])
    assert page.table("Level", "Step", "Reason", "Sessions") == [
        ["warning", "lesions", "unsupervised fallback", "3", "sub-1 , sub-2 , sub-3"]
    ]


def test_subjects_come_in_natural_order():
    rows = render([subject("10"), subject("9"), subject("b")]).table("Session", "Verdict")
    assert [row[0] for row in rows] == ["sub-9", "sub-10", "sub-b"]


def test_with_few_sessions_no_outlier_is_named():
    loads = [1.0, 1.1, 0.9, 1.05, 0.95, 900.0]
    subjects = [subject(str(n), load) for n, load in enumerate(loads)]
    assert "Robust z" not in render(subjects).words.replace("its robust z", "")
    few = render(subjects, min_sessions=5)
    assert [row[0] for row in few.table("Session", "Measure")] == ["sub-5"]


def test_the_cost_of_a_step_is_the_median_and_the_worst():
    times = (10.0, 20.0, 90.0)
    subjects = [
        subject(str(n), outcomes=[Outcome(None, "bias", "done", cpu_s=t, peak_memory_mb=t * 10)])
        for n, t in enumerate(times)
    ]
    (row,) = render(subjects).table("Step", "Done")
    assert row == ["bias", "3", "0", "0", "0", "20 s", "1 min 30 s", "900 MB"]


def test_measures_that_nobody_has_are_left_out():
    heads = render([subject("1")]).tables
    head = next(table[0] for table in heads if table[0][0] == "Session")
    assert head == ["Session", "Verdict", "Lesions (ml)", "Lesions (n)", "TIV (ml)"]


def test_a_thousand_sessions_stay_small():
    html = render_group(
        [subject(f"{n:04d}", 1 + n % 7) for n in range(1000)], GroupReportSettings()
    )
    assert len(html.encode()) < 3e6


def test_the_table_says_what_is_unknown():
    text = group_table([subject("1"), subject("2", sessions=[])])
    head, first, second = (line.split("\t") for line in text.splitlines())
    assert dict(zip(head, first, strict=True))["tiv_ml"] == "1400"
    assert dict(zip(head, first, strict=True))["brain_ml"] == "n/a"
    assert dict(zip(head, first, strict=True))["infratentorial_ml"] == "0"
    assert dict(zip(head, second, strict=True))["lesion_ml"] == "n/a"
