import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mslens.core.errors import OutputError
from mslens.pipeline.engine import EngineSettings, make_run_id, run_chains, survey_chains
from mslens.pipeline.failures import PlanError
from mslens.pipeline.plan import Chain, Skip
from pipeline.fake_steps import (
    FakeSettings,
    make_chain,
    output,
    states,
    step,
    traced,
)

TWO = EngineSettings(workers=2)


class Listener:
    def __init__(self):
        self.events = []
        self.began = self.ended = None

    def begin(self, subjects, steps, workers):
        self.began = (subjects, steps, workers)

    def report(self, event):
        self.events.append((event.subject, event.step, event.state))

    def end(self, result):
        self.ended = result


def results_of(out):
    """Bytes of every map, table and sidecar: all but reports, logs, status and the ledger."""
    return {
        path.relative_to(out): path.read_bytes()
        for path in sorted(out.rglob("sub-*/anat/*"))
        if ".mslens" not in path.parts
    }


def test_importing_the_engine_imports_nothing_heavy():
    code = "import sys, mslens.pipeline.engine; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "scipy", "pandas", "ants", "nibabel", "numba", "rich", "distributed"}
    assert heavy.isdisjoint(done.stdout.split())


def test_a_finished_dataset_is_recalled_without_starting_a_worker(folders, trace, monkeypatch):
    chains = [make_chain(*folders, subject) for subject in ("01", "02")]
    first = run_chains(chains, folders[1], settings=TWO)
    assert (first.exit_code, len(traced(trace))) == (0, 10)

    def refuse(*arguments, **named):
        raise AssertionError("a worker was started")

    monkeypatch.setattr("mslens.pipeline.engine.run_pool", refuse)
    listener = Listener()
    again = run_chains(chains, folders[1], settings=TWO, reporter=listener)
    assert again.exit_code == 0
    assert all(outcome.cached for row in again.outcomes.values() for outcome in row)
    assert len(traced(trace)) == 10
    assert {state for _, _, state in listener.events} == {"cached"}
    assert listener.ended is again


def test_every_number_of_workers_gives_the_same_bytes(tmp_path, folders, drive):
    raw, _ = folders
    found = []
    for workers in (1, 2, 4):
        out = tmp_path / f"out {workers}"
        chains = [make_chain(raw, out, f"{n:02d}") for n in range(5)]
        run_chains(chains, out, settings=EngineSettings(workers=workers, memory_gb=64))
        found.append(results_of(out))
    drive([f"{n:02d}" for n in range(5)], workers=0).communicate()
    found.append(results_of(folders[1]))
    assert len(found[0]) == 5 * 8
    assert found[0] == found[1] == found[2]
    assert {path: text for path, text in found[3].items() if path.suffix != ".json"} == {
        path: text for path, text in found[0].items() if path.suffix != ".json"
    }


def test_one_bad_subject_fails_alone(folders):
    settings = FakeSettings(subjects=("02",))
    chains = [
        make_chain(*folders, subject, middle="fail", settings=settings)
        for subject in ("01", "02", "03")
    ]
    result = run_chains(chains, folders[1], settings=TWO)
    assert result.exit_code == 2
    assert result.failed_subjects == ("02",)
    assert list(result.outcomes) == ["01", "02", "03"]
    assert states(result.outcomes["02"])["last"] == "blocked"
    assert json.loads((folders[1] / "status" / "sub-02.json").read_text())["states"]["failed"] == 1


def test_reporters_hear_of_every_entry_once(folders):
    chains = [make_chain(*folders, subject) for subject in ("01", "02")]
    chains[1] = replace(chains[1], entries=(*chains[1].entries, Skip("02", None, "x", "why not")))
    listener = Listener()
    result = run_chains(chains, folders[1], settings=TWO, reporter=listener)
    assert listener.began == (2, 11, 2)
    endings = [event for event in listener.events if event[2] != "started"]
    assert sorted(endings) == sorted(
        (outcome.subject, outcome.step, outcome.state)
        for row in result.outcomes.values()
        for outcome in row
    )
    assert sum(event[2] == "started" for event in listener.events) == 10


def test_the_memory_limits_the_workers(folders):
    listener = Listener()
    settings = EngineSettings(workers=8, memory_gb=9, memory_per_worker_gb=4)
    chains = [make_chain(*folders, subject) for subject in ("01", "02", "03")]
    run_chains(chains, folders[1], settings=settings, reporter=listener)
    assert listener.began[2] == 2


def test_a_survey_runs_nothing(folders, trace):
    chains = [make_chain(*folders, "01")]
    assert set(states(survey_chains(chains, folders[1])["01"]).values()) == {"pending"}
    assert traced(trace) == []


def test_an_output_folder_that_cannot_be_written_is_refused_before_any_work(folders, trace):
    folders[1].write_text("a file stands here")
    with pytest.raises(OutputError, match="the output folder cannot be written") as caught:
        run_chains([make_chain(*folders, "01")], folders[1], settings=TWO)
    assert caught.value.where == str(folders[1])
    assert traced(trace) == []


def test_an_output_folder_of_somebody_else_is_refused(run_unprivileged, open_folder):
    open_folder.chmod(0o755)
    imports = (
        "from pathlib import Path\nfrom mslens.core.errors import OutputError\n"
        "from mslens.pipeline.engine import run_chains"
    )
    code = f"try:\n    run_chains([], Path({str(open_folder / 'out')!r}))\n" + (
        "except OutputError as error:\n    print(error)"
    )
    told = run_unprivileged(imports, code)
    assert "cannot be written (Permission denied)" in told
    assert not (open_folder / "out").exists()


def test_a_plan_that_contradicts_itself_is_refused(folders):
    raw, out = folders
    chain = make_chain(raw, out, "01")
    first = chain.entries[0]
    same_output = replace(first, step=step("join", "other"))
    same_sidecar = replace(
        same_output,
        outputs={"table": first.outputs["image"].with_name("sub-01_desc-first_T1w.tsv")},
    )
    outside = replace(first, outputs={"image": raw / "sub-01_T1w.nii.gz"})
    for chains, message in [
        ([chain, chain], "subject '01' has two chains"),
        ([Chain("01", (first, first))], "sub-01_first and sub-01_first"),
        ([Chain("01", (first, same_output))], "sub-01_first and sub-01_other"),
        ([Chain("01", (first, same_sidecar))], "the same file"),
        ([Chain("01", (outside,))], "outside the output folder"),
    ]:
        with pytest.raises(PlanError, match=message):
            run_chains(chains, out)


def test_outputs_of_one_task_may_share_a_sidecar(folders):
    raw, out = folders
    first = make_chain(raw, out, "01").entries[0]
    table = first.outputs["image"].with_name("sub-01_desc-first_T1w.tsv")
    task = replace(first, outputs={**first.outputs, "table": table})
    assert run_chains([Chain("01", (task,))], out, settings=TWO).exit_code == 0


def test_run_ids_are_unique_and_safe_in_file_names():
    names = {make_run_id() for _ in range(100)}
    assert len(names) == 100
    assert all(name.replace("-", "").isalnum() for name in names)


def test_relative_folders_work(folders, monkeypatch):
    raw, out = folders
    monkeypatch.chdir(out.parent)
    chain = make_chain(raw.relative_to(out.parent), out.relative_to(out.parent), "01")
    result = run_chains([chain], Path(out.name), settings=TWO, datasets={"raw": Path(raw.name)})
    assert result.exit_code == 0
    sidecar = json.loads(output(out, "01", "desc-first_T1w.json").read_text())
    assert sidecar["Sources"] == ["bids:raw:sub-01/anat/sub-01_T1w.nii.gz"]
    assert survey_chains([chain], Path(out.name))["01"][-1].state == "done"


def test_no_sidecar_holds_an_absolute_path_or_a_time(folders):
    raw, out = folders
    result = run_chains([make_chain(raw, out, "01")], out, settings=TWO, datasets={"raw": raw})
    texts = [path.read_text(encoding="utf-8") for path in out.rglob("sub-*/anat/*.json")]
    assert len(texts) == 4
    for text in texts:
        assert '"/' not in text
        assert str(out.parent) not in text
        assert result.outcomes["01"][0].finished[:10] not in text
