import json
from dataclasses import replace

from mslens.core.errors import DatasetError
from mslens.pipeline.chain_walk import recall_chain, survey_chain
from mslens.pipeline.plan import Chain, Failure, Skip
from mslens.pipeline.run_chain import RunContext, run_chain
from pipeline.fake_steps import (
    FakeSettings,
    make_chain,
    make_raw,
    make_report,
    make_task,
    output,
    states,
    step,
    traced,
)

DONE = dict.fromkeys(["first", "middle", "last", "tabulate", "report"], "done")


def run(chain, out):
    context = RunContext(out, {}, "run")
    return run_chain(chain, context, on_start=lambda *_: None, on_outcome=lambda _: None)


def reasons(outcomes):
    return {outcome.step: outcome.reason for outcome in outcomes if outcome.state == "pending"}


def test_a_survey_of_a_new_chain_says_that_everything_must_run(folders, trace):
    outcomes = survey_chain(make_chain(*folders, "01"), folders[1])
    assert set(states(outcomes).values()) == {"pending"}
    assert reasons(outcomes)["first"] == "not done yet"
    assert "follows" in reasons(outcomes)["last"]
    assert traced(trace) == []
    assert not folders[1].exists()


def test_a_survey_of_a_finished_chain_says_that_nothing_must_run(folders):
    chain = make_chain(*folders, "01")
    assert states(run(chain, folders[1])) == DONE
    outcomes = survey_chain(chain, folders[1])
    assert states(outcomes) == DONE
    assert all(outcome.cached for outcome in outcomes)
    assert recall_chain(chain, folders[1]) == outcomes


def test_a_survey_says_why(folders):
    chain = make_chain(*folders, "01")
    run(chain, folders[1])
    changed = make_chain(*folders, "01", settings=FakeSettings(text="b"))
    outcomes = survey_chain(changed, folders[1])
    assert states(outcomes) | {"middle": "", "last": "", "report": ""} == DONE | {
        "middle": "",
        "last": "",
        "report": "",
    }
    assert reasons(outcomes) == {
        "middle": "changed settings: text",
        "last": "follows another step that must run",
        "report": "follows another step that must run",
    }
    assert recall_chain(changed, folders[1]) is None


def test_an_output_cut_afterwards_must_run_again(folders):
    chain = make_chain(*folders, "01")
    run(chain, folders[1])
    output(folders[1], "01", "desc-last_T1w.nii.gz").write_text("x")
    assert (
        reasons(survey_chain(chain, folders[1]))["last"] == "output 'image' was changed afterwards"
    )
    assert recall_chain(chain, folders[1]) is None


def test_a_large_file_not_hashed_yet_is_left_to_a_worker(folders, monkeypatch):
    chain = make_chain(*folders, "01")
    run(chain, folders[1])
    for cache in (folders[1] / ".mslens" / "hashes").iterdir():
        cache.unlink()
    monkeypatch.setattr("mslens.pipeline.chain_walk.RECALL_LIMIT_BYTES", 1)
    assert recall_chain(chain, folders[1]) is None


def test_a_missing_input_is_a_failure_that_names_it(folders):
    chain = make_chain(*folders, "01")
    next(folders[0].rglob("*.nii.gz")).unlink()
    outcomes = run(chain, folders[1])
    assert outcomes[0].problem.what == "input 'image' of step 'first' is not there"
    assert states(outcomes) == {
        "first": "failed",
        "middle": "blocked",
        "last": "blocked",
        "tabulate": "blocked",
        "report": "done",
    }


def test_a_link_to_what_is_not_here_says_how_to_fetch_it(folders):
    chain = make_chain(*folders, "01")
    path = next(folders[0].rglob("*.nii.gz"))
    path.unlink()
    path.symlink_to("../.git/annex/objects/1")
    problem = run(chain, folders[1])[0].problem
    assert "a link to something that is not here" in problem.what
    assert "git annex get" in problem.cure


def test_a_step_whose_input_failed_is_blocked_though_another_is_missing(folders):
    chain = make_chain(*folders, "01")
    second = replace(
        chain.entries[1],
        inputs={**chain.entries[1].inputs, "raw": chain.entries[0].inputs["image"]},
    )
    next(folders[0].rglob("*.nii.gz")).unlink()
    changed = replace(chain, entries=(chain.entries[0], second, *chain.entries[2:]))
    assert states(run(changed, folders[1]))["middle"] == "blocked"


def test_blocked_steps_name_the_one_that_failed_first(folders):
    settings = FakeSettings(subjects=("01",))
    outcomes = run(make_chain(*folders, "01", middle="fail", settings=settings), folders[1])
    last = next(outcome for outcome in outcomes if outcome.step == "last")
    assert last.state == "blocked"
    assert last.problem.what == "input 'image' is missing because step 'middle' failed"


def test_a_chain_of_blocked_steps_names_its_root(folders):
    chain = make_chain(*folders, "01")
    next(folders[0].rglob("*.nii.gz")).unlink()
    last = run(chain, folders[1])[2]
    assert last.problem.what == "input 'image' is missing because step 'first' failed"


def test_what_is_left_of_an_earlier_run_is_not_taken_for_a_result(folders):
    run(make_chain(*folders, "01"), folders[1])
    assert output(folders[1], "01", "desc-middle_T1w.nii.gz").exists()
    settings = FakeSettings(subjects=("01",))
    outcomes = run(make_chain(*folders, "01", middle="fail", settings=settings), folders[1])
    assert states(outcomes)["last"] == "blocked"
    report = (folders[1] / "sub-01.html").read_text()
    assert "tabulate=" in report
    assert "last=" not in report


def test_an_optional_input_of_a_failed_step_is_left_out(folders):
    raw, out = folders
    image = make_raw(raw, "01")
    bad = make_task(out, "01", step("crash"), "bad.nii.gz", image=image)
    good = make_task(
        out, "01", step("join"), "good.nii.gz", image=image, flair=bad.outputs["image"]
    )
    outcomes = run(Chain("01", (bad, replace(good, optional=frozenset({"flair"})))), out)
    assert states(outcomes) == {"crash": "failed", "join": "done"}
    assert output(out, "01", "good.nii.gz").read_text() == "settings|image=raw"


def test_a_file_that_no_step_of_the_chain_makes_is_used_as_it_is(folders):
    raw, out = folders
    first, *_ = make_chain(raw, out, "01").entries
    run(Chain("01", (first,)), out)
    chain = Chain(
        "01", (Skip("01", None, "first", "left out"), make_chain(raw, out, "01").entries[1])
    )
    assert states(run(chain, out)) == {"first": "skipped", "middle": "done"}


def test_skips_and_failures_are_recorded_and_the_report_runs_all_the_same(folders):
    _, out = folders
    failure = Failure("01", "1", "plan", DatasetError("no T1w", where="/secret/place"))
    chain = Chain("01", (Skip("01", "2", "bias", "no T1w"), failure, make_report(out, "01")))
    outcomes = run(chain, out)
    assert [outcome.state for outcome in outcomes] == ["skipped", "failed", "done"]
    assert recall_chain(chain, out) is not None
    entries = json.loads((out / ".mslens" / "outcomes" / "sub-01.json").read_text())["entries"]
    assert [entry["reason"] for entry in entries] == ["no T1w", "no T1w"]
    assert [entry["session"] for entry in entries] == ["2", "1"]
