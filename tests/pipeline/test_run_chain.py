import json
from pathlib import Path

import pytest

from mslens.pipeline.attempts import AttemptBook
from mslens.pipeline.ledger import Ledger
from mslens.pipeline.run_chain import RunContext, run_chain
from mslens.pipeline.status import status_path
from pipeline.fake_steps import FakeSettings, make_chain, output, states, traced


def run(chain, out, run_id="run"):
    context = RunContext(out, {}, run_id)
    return run_chain(chain, context, on_start=lambda *_: None, on_outcome=lambda _: None)


def rerun(folders, trace, **changes):
    """Run again and return what really ran."""
    for file in trace.iterdir():
        file.unlink()
    outcomes = run(make_chain(*folders, "01", **changes), folders[1])
    assert {outcome.state for outcome in outcomes} == {"done"}
    ran = traced(trace)
    assert len(ran) == sum(not outcome.cached for outcome in outcomes)
    return ran


@pytest.fixture
def finished(folders, trace):
    run(make_chain(*folders, "01"), folders[1])
    assert len(traced(trace)) == 5


@pytest.mark.usefixtures("finished")
class TestAgain:
    def test_nothing_is_done_twice(self, folders, trace):
        assert rerun(folders, trace) == []

    @pytest.mark.parametrize("damage", ["cut", "deleted"])
    def test_a_damaged_output_is_made_again_and_nothing_else(self, folders, trace, damage):
        path = output(folders[1], "01", "desc-first_T1w.nii.gz")
        before = path.read_bytes()
        if damage == "cut":
            path.write_bytes(before[:4])
        else:
            path.unlink()
        assert rerun(folders, trace) == ["sub-01__join"]
        assert path.read_bytes() == before
        assert rerun(folders, trace) == []

    def test_a_changed_input_is_followed_to_the_end(self, folders, trace):
        next(folders[0].rglob("*.nii.gz")).write_text("changed")
        ran = rerun(folders, trace)
        assert ran == ["sub-01__join"] * 3 + ["sub-01__report", "sub-01__tabulate"]
        assert "image=changed" in output(folders[1], "01", "desc-last_T1w.nii.gz").read_text()

    def test_a_changed_setting_redoes_its_step_and_what_follows(self, folders, trace):
        ran = rerun(folders, trace, settings=FakeSettings(text="b"))
        assert ran == ["sub-01__join", "sub-01__join", "sub-01__report"]

    def test_a_new_package_version_redoes_nothing_even_after_a_repair(
        self, folders, trace, monkeypatch
    ):
        monkeypatch.setattr("mslens.__version__", "99.0")
        assert rerun(folders, trace) == []
        output(folders[1], "01", "desc-first_T1w.nii.gz").unlink()
        assert rerun(folders, trace) == ["sub-01__join"]


def test_the_same_bytes_from_another_input_stop_the_recomputation(folders, trace):
    chain = {"middle": "ignore_settings"}
    run(make_chain(*folders, "01", **chain), folders[1])
    next(folders[0].rglob("*.nii.gz")).write_text("raW")
    ran = rerun(folders, trace, **chain)
    # 'first' ran; 'last' only sees what 'middle' wrote, which did not change.
    assert [name for name in ran if "report" not in name] == [
        "sub-01__ignore_settings",
        "sub-01__join",
        "sub-01__tabulate",
    ]


@pytest.mark.parametrize(
    ("middle", "kind", "what"),
    [
        ("fail", "ImageError", "the image has 2 slices"),
        ("crash", "KeyError", "the step stopped with an unexpected KeyError"),
        ("exit_python", "SystemExit", "the step stopped with an unexpected SystemExit"),
        ("exhaust_memory", "MemoryError", "there was not enough memory for the step"),
        ("write_nothing", "StepError", "step 'middle' did not write: image"),
    ],
)
def test_whatever_a_step_raises_is_recorded_and_the_rest_goes_on(folders, middle, kind, what):
    chain = make_chain(*folders, "01", middle=middle, settings=FakeSettings(subjects=("01",)))
    outcomes = run(chain, folders[1])
    assert states(outcomes) == {
        "first": "done",
        "middle": "failed",
        "last": "blocked",
        "tabulate": "done",
        "report": "done",
    }
    assert (outcomes[1].problem.kind, outcomes[1].problem.what) == (kind, what)
    assert "fake_steps.py" in (outcomes[1].problem.traceback or "") or kind == "StepError"


def test_the_report_learns_no_path_host_or_time(folders):
    settings = FakeSettings(subjects=("01",))
    outcomes = run(make_chain(*folders, "01", middle="fail", settings=settings), folders[1])
    text = (folders[1] / ".mslens" / "outcomes" / "sub-01.json").read_text()
    entries = {entry["step"]: entry for entry in json.loads(text)["entries"]}
    assert entries["middle"] == {
        "session": None,
        "step": "middle",
        "state": "failed",
        "reason": "the image has 2 slices",
        "expected": "3D",
        "cure": "Scan again",
    }
    assert entries["first"]["wall_s"] == outcomes[0].cost.wall_s
    assert entries["first"]["facts"] == outcomes[0].facts
    for secret in ("secret", str(folders[0].parent), outcomes[0].host, outcomes[0].finished):
        assert secret not in text


def test_a_failure_is_tried_again_and_the_report_follows(folders, trace):
    settings = FakeSettings(subjects=("01",))
    chain = make_chain(*folders, "01", middle="fail", settings=settings)
    run(chain, folders[1])
    before = (folders[1] / "sub-01.html").read_bytes()
    assert len(traced(trace)) == 4
    run(chain, folders[1])
    assert traced(trace).count("sub-01__fail") == 2
    assert traced(trace).count("sub-01__report") == 1
    assert (folders[1] / "sub-01.html").read_bytes() == before
    run(make_chain(*folders, "01", middle="fail"), folders[1])
    assert traced(trace).count("sub-01__report") == 2


def test_a_step_that_killed_its_process_too_often_is_given_up_in_this_run(folders, monkeypatch):
    chain = make_chain(*folders, "01")
    middle = chain.entries[1]
    with monkeypatch.context() as patch:
        patch.setattr("mslens.pipeline.attempts.owner_state", lambda _: "dead")
        run(make_chain(*folders, "01", middle="crash"), folders[1])  # makes 'first'
        book = AttemptBook(folders[1], "01", "run")
        key = Ledger(folders[1], "01").examine(middle, middle.inputs).key
        for _ in range(3):
            book.begin(middle.label, key)
        book.record_death(middle.label, "was ended by SIGKILL")
        outcomes = run(chain, folders[1])
        assert states(outcomes) == {
            "first": "done",
            "middle": "failed",
            "last": "blocked",
            "tabulate": "done",
            "report": "done",
        }
        assert outcomes[1].problem.kind == "WorkerDied"
        assert "killed 3 times; the last one was ended by SIGKILL" in outcomes[1].problem.what
        assert outcomes[1].attempts == 3
        assert states(run(chain, folders[1]))["middle"] == "failed"
    assert states(run(chain, folders[1], run_id="next run"))["middle"] == "done"


def test_the_status_file_says_what_became_of_each_step(folders):
    settings = FakeSettings(subjects=("01",))
    run(make_chain(*folders, "01", middle="fail", settings=settings), folders[1])
    status = json.loads(status_path(folders[1], "01").read_text(encoding="utf-8"))
    assert status["states"] == {"done": 3, "failed": 1, "blocked": 1}
    failed = status["steps"][1]
    assert failed["problem"]["where"] == "/secret/place.nii"
    assert "fake_steps.py" in failed["problem"]["traceback"]
    assert failed["attempts"] == 1
    assert failed["peak_rss_bytes"] > 1_000_000
    assert failed["key"]
    assert failed["host"]
    assert Path(failed["inputs"]["image"]).exists()


def test_events_are_told_in_order(folders):
    chain = make_chain(*folders, "01", middle="crash")
    told = []
    run_chain(
        chain,
        RunContext(folders[1], {}, "run"),
        on_start=lambda task, reason: told.append((task.step.name, reason)),
        on_outcome=lambda outcome: told.append((outcome.step, outcome.state)),
    )
    assert told == [
        ("first", "not done yet"),
        ("first", "done"),
        ("middle", "not done yet"),
        ("middle", "failed"),
        ("last", "blocked"),
        ("tabulate", "not done yet"),
        ("tabulate", "done"),
        ("report", "not done yet"),
        ("report", "done"),
    ]
