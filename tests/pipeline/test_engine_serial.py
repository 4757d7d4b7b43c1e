import json
import signal
import sys

import pytest

from mslens.core.errors import MslensWarning
from mslens.pipeline.environment import FIXED_VARIABLES
from mslens.pipeline.scratch import scratch_root
from pipeline.fake_steps import eventually, make_chain, output, traced


def test_everything_runs_in_the_calling_process(drive, folders, trace):
    process = drive(["01", "02"], workers=0)
    told = json.loads(process.communicate()[0])
    assert process.returncode == 0
    assert set(told["outcomes"]) == {"01", "02"}
    pids = {path.name.split("__")[2] for path in trace.iterdir()}
    assert pids == {str(process.pid)}


def test_threads_and_seeds_are_fixed_there_too(drive, folders):
    drive(["01"], workers=0, middle="tell_environment").communicate()
    lines = output(folders[1], "01", "desc-middle_T1w.nii.gz").read_text().split()
    assert "OMP_NUM_THREADS=1" in lines
    assert "ANTS_RANDOM_SEED=1" in lines


def test_a_library_imported_before_is_warned_of(folders, monkeypatch):
    from mslens.pipeline.engine import EngineSettings, run_chains

    monkeypatch.setitem(sys.modules, "numpy", object())
    for name in FIXED_VARIABLES:
        monkeypatch.setenv(name, "7")
    with pytest.warns(MslensWarning, match="numpy"):
        run_chains([make_chain(*folders, "01")], folders[1], settings=EngineSettings(workers=0))


def test_a_signal_stops_the_step_and_the_next_run_resumes(drive, folders, trace, tmp_path):
    settings = {"folder": str(tmp_path)}
    process = drive(["01", "02"], middle="wait_for_release", settings=settings, workers=0)
    eventually(lambda: list(tmp_path.glob("running-*")))
    process.send_signal(signal.SIGTERM)
    told = json.loads(process.communicate()[0])
    assert process.returncode == 143
    assert told["outcomes"] == {"01": {"first": ["done", 1], "middle": ["interrupted", 0]}}
    assert not scratch_root(folders[1]).exists() or not any(scratch_root(folders[1]).iterdir())
    (tmp_path / "go").touch()
    again = drive(["01", "02"], middle="wait_for_release", settings=settings, workers=0)
    told = json.loads(again.communicate()[0])
    assert again.returncode == 0
    assert told["outcomes"]["01"]["middle"] == ["done", 1]
    assert traced(trace).count("sub-01__join") == 2


def test_one_bad_step_fails_alone(drive):
    process = drive(["01", "02"], middle="fail", settings={"subjects": ["01"]}, workers=0)
    told = json.loads(process.communicate()[0])
    assert process.returncode == 2
    assert told["outcomes"]["01"]["middle"] == ["failed", 1]
    assert told["outcomes"]["02"]["middle"] == ["done", 1]
