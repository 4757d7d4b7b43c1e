import pytest

from mslens.pipeline.outcomes import Outcome, RunResult, count_states, has_failed


def result(*rows, signal_number=None):
    outcomes = {}
    for number, row in enumerate(rows):
        outcomes[f"{number:02d}"] = tuple(
            Outcome(f"{number:02d}", None, f"step-{place}", state, summary=state_is_summary)
            for place, (state, state_is_summary) in enumerate(map(parse, row))
        )
    return RunResult(outcomes, signal_number)


def parse(word):
    """``"done*"`` is a report that is done."""
    return word.rstrip("*"), word.endswith("*")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([["done", "done*"]], 0),
        ([["done", "skipped"], ["done"]], 0),
        ([["done", "failed"]], 2),
        ([["done"], ["failed", "blocked", "done*"]], 2),
        ([["failed", "blocked", "done*"]], 1),
        ([["failed"], ["failed"]], 1),
        ([["done*"]], 0),
        ([["skipped"]], 1),
        ([], 1),
    ],
)
def test_the_exit_code_says_all_some_or_none(rows, code):
    assert result(*rows).exit_code == code


def test_a_stopped_run_ends_with_its_signal():
    assert result(["done"], signal_number=15).exit_code == 143
    assert result(signal_number=2).exit_code == 130


def test_failed_subjects_are_named():
    run = result(["done"], ["done", "blocked"], ["interrupted"], ["skipped"])
    assert run.failed_subjects == ("01", "02")
    assert [has_failed(row[-1]) for row in run.outcomes.values()] == [False, True, True, False]


def test_states_are_counted():
    row = result(["done", "failed", "done"]).outcomes["00"]
    assert count_states(row) == {"done": 2, "failed": 1}
