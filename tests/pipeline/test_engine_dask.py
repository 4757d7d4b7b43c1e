import json
import os
import signal
import sys

import pytest

from mslens.core.errors import MissingDependency
from mslens.pipeline.engine import EngineSettings, run_chains
from mslens.pipeline.failures import SchedulerError
from mslens.pipeline.processes import owner_state, process_token
from pipeline.fake_steps import FakeSettings, eventually, make_chain, states, traced


@pytest.fixture(scope="module")
def address():
    """Address of a scheduler with two workers of one thread each, in this process."""
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": False}
    where = {"protocol": "tcp", "host": "127.0.0.1", "dashboard_address": ":0"}
    with distributed.LocalCluster(**options, **where) as cluster:
        yield cluster.scheduler_address


class Listener:
    def __init__(self):
        self.events = []

    def begin(self, subjects, steps, workers):
        pass

    def report(self, event):
        self.events.append((event.subject, event.step, event.state))

    def end(self, result):
        pass


def test_subjects_run_on_the_cluster_and_are_recalled_without_it(address, folders, trace):
    settings = EngineSettings(scheduler=address)
    chains = [make_chain(*folders, subject) for subject in ("01", "02", "03")]
    listener = Listener()
    result = run_chains(chains, folders[1], settings=settings, reporter=listener)
    assert result.exit_code == 0
    assert list(result.outcomes) == ["01", "02", "03"]
    assert len(traced(trace)) == 15
    assert str(os.getpid()) not in {path.name.split("__")[2] for path in trace.iterdir()}
    endings = [event for event in listener.events if event[2] == "done"]
    assert len(endings) == len(set(endings)) == 15
    nowhere = EngineSettings(scheduler="tcp://127.0.0.1:1")
    assert run_chains(chains, folders[1], settings=nowhere).exit_code == 0
    assert len(traced(trace)) == 15


def test_one_bad_subject_and_one_that_kills_its_process_fail_alone(address, folders):
    bad = make_chain(*folders, "01", middle="crash")
    deadly = make_chain(
        *folders, "02", middle="kill_itself", settings=FakeSettings(subjects=("02",))
    )
    good = make_chain(*folders, "03")
    settings = EngineSettings(scheduler=address, max_attempts=2)
    result = run_chains([bad, deadly, good], folders[1], settings=settings)
    assert result.exit_code == 2
    assert result.failed_subjects == ("01", "02")
    assert result.outcomes["02"][1].attempts == 2
    assert set(states(result.outcomes["03"]).values()) == {"done"}


def test_a_stopped_run_stops_on_the_cluster_too(address, drive, folders, tmp_path):
    pytest.importorskip("distributed")
    settings = {"folder": str(tmp_path)}
    options = {"middle": "wait_for_release", "settings": settings, "scheduler": address}
    process = drive(["01", "02", "03"], **options)
    paths = eventually(lambda: len(p := list(tmp_path.glob("running-*"))) == 2 and p)
    tokens = [process_token(int(path.name.split("-")[-1])) for path in paths]
    process.send_signal(signal.SIGTERM)
    told = json.loads(process.communicate(timeout=60)[0])
    assert process.returncode == 143
    assert [owner_state(token) for token in tokens] == ["dead", "dead"]
    stopped = [row["middle"][0] for row in told["outcomes"].values()]
    assert stopped == ["interrupted", "interrupted"]
    (tmp_path / "go").touch()
    again = drive(["01", "02", "03"], **options)
    again.communicate(timeout=60)
    assert again.returncode == 0


def test_a_scheduler_file_is_as_good_as_an_address(address, folders, tmp_path):
    path = tmp_path / "scheduler.json"
    path.write_text(json.dumps({"address": address}))
    settings = EngineSettings(scheduler=str(path))
    assert run_chains([make_chain(*folders, "01")], folders[1], settings=settings).exit_code == 0


def test_a_scheduler_that_does_not_answer_is_named(folders, monkeypatch):
    pytest.importorskip("distributed", reason="distributed is not installed")
    monkeypatch.setattr("mslens.pipeline.engine_dask.CONNECT_S", 0.5)
    settings = EngineSettings(scheduler="tcp://127.0.0.1:1")
    with pytest.raises(SchedulerError, match=r"no Dask scheduler answers.*dask scheduler"):
        run_chains([make_chain(*folders, "01")], folders[1], settings=settings)


def test_without_distributed_the_cure_is_named(folders, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    settings = EngineSettings(scheduler="tcp://127.0.0.1:1")
    with pytest.raises(MissingDependency, match=r"mslens\[cluster\]"):
        run_chains([make_chain(*folders, "01")], folders[1], settings=settings)


def test_a_killed_dask_worker_is_survived(folders, tmp_path):
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    settings = FakeSettings(folder=tmp_path)
    chains = [
        make_chain(*folders, subject, middle="wait_for_release", settings=settings)
        for subject in ("01", "02")
    ]

    class Killer(Listener):
        killed = False

        def report(self, event):
            if event.step == "middle" and event.state == "started" and not self.killed:
                eventually(lambda: list(tmp_path.glob("running-*")))
                self.killed = True
                pid = next(iter(client.run(os.getpid).values()))
                self.orphan = process_token(
                    int(next(tmp_path.glob("running-*")).name.split("-")[-1])
                )
                os.kill(pid, signal.SIGKILL)
                (tmp_path / "go").touch()

    options = {"n_workers": 1, "threads_per_worker": 1, "processes": True}
    with (
        distributed.LocalCluster(**options, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        killer = Killer()
        result = run_chains(
            chains,
            folders[1],
            settings=EngineSettings(scheduler=cluster.scheduler_address),
            reporter=killer,
        )
        assert result.exit_code == 0
        eventually(lambda: owner_state(killer.orphan) == "dead")
