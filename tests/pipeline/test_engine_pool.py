import os
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

import mslens.pipeline.engine_pool as module
from mslens.core.settings import Settings
from mslens.pipeline.engine import EngineSettings, run_chains
from mslens.pipeline.environment import make_worker_environment
from mslens.pipeline.failures import WorkerDied
from mslens.pipeline.plan import Chain, Failure
from mslens.pipeline.processes import owner_state, process_token
from pipeline.fake_steps import FakeSettings, eventually, make_chain, output, states, traced

TWO = EngineSettings(workers=2)


def pids_of(trace):
    return {path.name.split("__")[2] for path in trace.iterdir()}


def test_workers_stay_alive_from_one_subject_to_the_next(folders, trace):
    chains = [make_chain(*folders, f"{n:02d}") for n in range(8)]
    assert run_chains(chains, folders[1], settings=TWO).exit_code == 0
    assert len(traced(trace)) == 40
    assert 1 <= len(pids_of(trace)) <= 2
    assert str(os.getpid()) not in pids_of(trace)


def test_the_environment_is_fixed_before_python_starts(folders, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setenv("PYTHONHASHSEED", "5")
    chains = [make_chain(*folders, "01", middle="tell_environment")]
    run_chains(chains, folders[1], settings=TWO)
    assert output(folders[1], "01", "desc-middle_T1w.nii.gz").read_text().split() == [
        "OMP_NUM_THREADS=1",
        "ANTS_RANDOM_SEED=1",
        "PYTHONHASHSEED=0",
        "NUMBA_NUM_THREADS=1",
    ]
    assert os.environ["OMP_NUM_THREADS"] == "8"


def test_what_steps_print_goes_to_a_log_and_empty_logs_are_dropped(folders, capfd):
    chains = [make_chain(*folders, "01", middle="shout")]
    run_chains(chains, folders[1], settings=TWO)
    assert capfd.readouterr() == ("", "")
    (log,) = (folders[1] / "logs").iterdir()
    assert sorted(log.read_text().splitlines()) == ["from below", "from python"]
    log.unlink()
    run_chains([make_chain(*folders, "02")], folders[1], settings=TWO)
    assert list((folders[1] / "logs").iterdir()) == []


def test_what_libraries_leave_in_the_temporary_folder_goes_with_the_worker(folders):
    run_chains([make_chain(*folders, "01", middle="leave_temporary")], folders[1], settings=TWO)
    left = Path(output(folders[1], "01", "desc-middle_T1w.nii.gz").read_text())
    assert left.parents[1] == Path(tempfile.gettempdir())
    assert not left.parent.exists()


def test_what_a_killed_driver_left_there_goes_at_the_next_start(drive, folders, tmp_path):
    settings = {"folder": str(tmp_path), "subjects": ["01"]}
    process = drive(["01"], middle="leave_temporary", settings=settings)
    told = tmp_path / "temporary"
    left = Path(eventually(lambda: told.exists() and told.read_text()))
    process.kill()
    process.communicate()
    assert left.parent.exists()
    run_chains([], folders[1])
    assert not left.parent.exists()


class Local(Settings):
    """Settings that a worker cannot import."""


def test_a_chain_that_a_worker_cannot_load_fails_alone(folders, monkeypatch):
    good, bad = make_chain(*folders, "01"), make_chain(*folders, "02")
    monkeypatch.setattr(Local, "__module__", "nowhere")
    fake = type(sys)("nowhere")
    fake.Local = Local
    monkeypatch.setitem(sys.modules, "nowhere", fake)
    entries = tuple(replace(task, settings=Local()) for task in bad.entries)
    result = run_chains([good, Chain("02", entries)], folders[1], settings=TWO)
    assert result.exit_code == 2
    assert set(states(result.outcomes["01"]).values()) == {"done"}
    assert set(states(result.outcomes["02"]).values()) == {"failed"}
    assert "ModuleNotFoundError" in result.outcomes["02"][0].problem.what


def test_a_chain_that_cannot_be_sent_fails_alone(folders):
    class Hidden(Settings):
        """Settings that pickle cannot find."""

    good, bad = make_chain(*folders, "01"), make_chain(*folders, "02")
    entries = tuple(replace(task, settings=Hidden()) for task in bad.entries)
    result = run_chains([Chain("02", entries), good], folders[1], settings=TWO)
    assert set(states(result.outcomes["01"]).values()) == {"done"}
    assert set(states(result.outcomes["02"]).values()) == {"failed"}
    assert (folders[1] / "status" / "sub-02.json").exists()


def test_an_error_of_the_plan_reaches_the_report_though_it_cannot_travel(folders):
    class Stubborn(ValueError):
        def __reduce__(self):
            raise TypeError("cannot travel")

    failure = Failure("01", None, "plan", Stubborn("sub-01 has two T1w"))
    chain = make_chain(*folders, "01")
    chain = replace(chain, entries=(failure, *chain.entries))
    (outcomes,) = run_chains([chain], folders[1], settings=TWO).outcomes.values()
    assert [outcome.state for outcome in outcomes] == ["failed", *["done"] * 5]
    assert outcomes[0].problem.detail == "sub-01 has two T1w"


def test_workers_that_cannot_start_end_the_run_with_what_they_said(folders, monkeypatch):
    broken = {**make_worker_environment(os.environ), "PYTHONHOME": "/nowhere"}
    monkeypatch.setattr(module, "make_worker_environment", lambda _: broken)
    with pytest.raises(WorkerDied, match="no worker process can start") as caught:
        run_chains([make_chain(*folders, "01")], folders[1], settings=TWO)
    assert "encodings" in caught.value.cure


def test_the_pool_works_outside_the_main_thread(folders):
    results = []

    def run():
        results.append(run_chains([make_chain(*folders, "01")], folders[1], settings=TWO))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert results[0].exit_code == 0


def test_an_error_in_the_driver_leaves_no_worker_behind(folders, tmp_path):
    class Broken:
        def begin(self, subjects, steps, workers):
            pass

        def report(self, event):
            running = list(tmp_path.glob("running-*"))
            if running:
                self.token = process_token(int(running[0].name.split("-")[-1]))
                raise RuntimeError("the reporter is broken")
            if event.step == "tabulate":
                (tmp_path / "go").touch()

    reporter = Broken()
    settings = FakeSettings(folder=tmp_path)
    chains = [
        make_chain(*folders, "01", middle="wait_for_release", settings=settings),
        *[make_chain(*folders, f"1{n}") for n in range(8)],
    ]
    with pytest.raises(RuntimeError, match="the reporter is broken"):
        run_chains(chains, folders[1], settings=TWO, reporter=reporter)
    assert owner_state(reporter.token) == "dead"
