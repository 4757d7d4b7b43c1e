import pytest

from mslens.report.outcomes import Outcome
from mslens.report.verdict import WORDS, judge


def flagged(level: str, message: str = "look") -> Outcome:
    return Outcome(None, "lesions", "done", facts={"flags": [{"level": level, "message": message}]})


DONE = Outcome(None, "bias", "done")
FAILED = Outcome("1", "brain-mask", "failed", what="too small")
BLOCKED = Outcome("1", "bias", "blocked", what="blocked by brain-mask")
SKIPPED = Outcome("1", "fill", "skipped", what="no lesion mask")


@pytest.mark.parametrize(
    ("outcomes", "level"),
    [
        ([DONE], "ok"),
        ([DONE, SKIPPED], "ok"),
        ([DONE, flagged("warning")], "review"),
        ([DONE, flagged("error")], "review"),
        ([flagged("error"), BLOCKED], "failed"),
        ([flagged("error"), FAILED], "failed"),
        ([Outcome(None, "bias", "interrupted")], "failed"),
        ([], "failed"),
    ],
)
def test_the_worst_decides(outcomes, level):
    assert judge(outcomes).level == level
    assert level in WORDS


def test_reasons_come_worst_first_and_name_where():
    verdict = judge([flagged("warning", "w"), flagged("error", "e"), FAILED, BLOCKED], notes=["n"])
    assert [(r.level, r.text) for r in verdict.reasons] == [
        ("failed", "too small."),
        ("error", "e"),
        ("warning", "w"),
        ("warning", "n"),
    ]
    assert (verdict.reasons[0].session, verdict.reasons[0].step) == ("1", "brain-mask")
    assert verdict.title == "Incomplete: 1 step failed"
    assert verdict.blocked == 1


def test_a_failure_without_a_reason_still_has_one():
    assert judge([Outcome(None, "bias", "failed")]).reasons[0].text


def test_flags_of_a_step_that_failed_are_not_counted_twice():
    failed = Outcome(
        None, "bias", "failed", what="x", facts={"flags": [{"level": "error", "message": "y"}]}
    )
    assert len(judge([failed]).reasons) == 1
