"""What a run survives: real processes, real kill -9."""

import json
import os
import resource
import shutil
import signal

import pytest

from mslens.core.errors import OutputError
from mslens.pipeline.engine import EngineSettings, run_chains
from mslens.pipeline.processes import owner_state, process_token
from mslens.pipeline.scratch import scratch_root
from mslens.pipeline.status import status_path
from pipeline.fake_steps import (
    FakeSettings,
    eventually,
    make_chain,
    output,
    states,
    traced,
)

SUBJECTS = ["01", "02", "03", "04"]
TWO = EngineSettings(workers=2)


def finish(process):
    """Return exit code and outcomes of a driver."""
    text, errors = process.communicate(timeout=60)
    assert text, errors
    return process.returncode, json.loads(text)["outcomes"]


def running(folder):
    """Return subject -> process id of the steps that wait for release."""
    names = [path.name.split("-") for path in folder.glob("running-*")]
    return {f"{sub}-{label}": int(pid) for _, sub, label, pid in names}


def left_behind(out):
    root = scratch_root(out)
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


def runs_of(trace, subject, name="join"):
    return traced(trace).count(f"sub-{subject}__{name}")


def calls(subjects):
    """Return what runs once for chains whose middle waits."""
    names = ("join", "join", "report", "tabulate", "wait_for_release")
    return sorted(f"sub-{subject}__{name}" for subject in subjects for name in names)


@pytest.fixture
def waiting(drive, tmp_path, trace):
    """Start a driver whose middle steps wait for release; return it and its settings."""
    settings = {"folder": str(tmp_path)}
    process = drive(SUBJECTS, middle="wait_for_release", settings=settings)
    eventually(lambda: len(running(tmp_path)) == 2)
    return process, settings


def test_a_killed_worker_is_replaced_and_its_subject_finished(waiting, folders, tmp_path, trace):
    process, _ = waiting
    victim, pid = next(iter(running(tmp_path).items()))
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(list(tmp_path.glob("running-*"))) >= 3)
    (tmp_path / "go").touch()
    code, outcomes = finish(process)
    assert code == 0
    assert {subject: row["middle"][0] for subject, row in outcomes.items()} == dict.fromkeys(
        SUBJECTS, "done"
    )
    attempts = {f"sub-{subject}": row["middle"][1] for subject, row in outcomes.items()}
    assert attempts == {**{f"sub-{subject}": 1 for subject in SUBJECTS}, victim: 2}
    # What the victim had finished was not done again.
    assert runs_of(trace, victim.removeprefix("sub-")) == 2
    assert left_behind(folders[1]) == []


def test_a_killed_driver_leaves_no_orphan_and_nothing_is_done_again(
    waiting, drive, folders, tmp_path, trace
):
    process, settings = waiting
    workers = [process_token(pid) for pid in running(tmp_path).values()]
    assert [owner_state(token) for token in workers] == ["alive", "alive"]
    before = traced(trace)
    process.kill()
    process.communicate()
    eventually(lambda: [owner_state(token) for token in workers] == ["dead", "dead"])
    assert left_behind(folders[1]) == []
    (tmp_path / "go").touch()
    code, _ = finish(drive(SUBJECTS, middle="wait_for_release", settings=settings))
    assert code == 0
    again = traced(trace)
    for call in set(before):
        if "wait" not in call:
            assert again.count(call) == calls(SUBJECTS).count(call)
    assert list(scratch_root(folders[1]).iterdir()) == []


def test_a_step_that_kills_its_worker_each_time_is_given_up_and_the_others_finish(folders, trace):
    settings = FakeSettings(subjects=("02",))
    chains = [
        make_chain(*folders, subject, middle="kill_itself", settings=settings)
        for subject in SUBJECTS
    ]
    result = run_chains(chains, folders[1], settings=TWO)
    assert result.exit_code == 2
    assert result.failed_subjects == ("02",)
    assert states(result.outcomes["02"]) == {
        "first": "done",
        "middle": "failed",
        "last": "blocked",
        "tabulate": "done",
        "report": "done",
    }
    assert runs_of(trace, "02", "kill_itself") == 3
    assert runs_of(trace, "02") == 1
    status = json.loads(status_path(folders[1], "02").read_text())["steps"][1]
    assert status["attempts"] == 3
    assert "SIGKILL" in status["problem"]["what"]
    # A person who starts the run again has it tried again.
    run_chains(chains, folders[1], settings=EngineSettings(workers=1, max_attempts=1))
    assert runs_of(trace, "02", "kill_itself") == 4


def test_a_step_killed_once_is_done_at_the_second_attempt(folders, tmp_path):
    settings = FakeSettings(folder=tmp_path)
    chain = make_chain(*folders, "01", middle="kill_itself_once", settings=settings)
    result = run_chains([chain], folders[1], settings=TWO)
    assert result.exit_code == 0
    assert [outcome.attempts for outcome in result.outcomes["01"]] == [1, 2, 1, 1, 1]


def test_a_crash_in_native_code_is_told_with_its_signal(folders):
    chain = make_chain(*folders, "01", middle="crash_natively")
    settings = EngineSettings(workers=1, max_attempts=2)
    result = run_chains([chain, make_chain(*folders, "02")], folders[1], settings=settings)
    assert result.exit_code == 2
    assert "killed 2 times; the last one was ended by SIGSEGV" in result.outcomes["01"][1].message
    logs = "".join(path.read_text() for path in (folders[1] / "logs").iterdir())
    assert "crash_natively" in logs


def test_attempts_are_counted_though_the_driver_dies_with_its_worker(drive, folders, tmp_path):
    settings = {"folder": str(tmp_path)}
    for attempt in range(2):
        process = drive(["01"], middle="wait_for_release", settings=settings, max_attempts=2)
        eventually(lambda n=attempt: len(list(tmp_path.glob("running-*"))) > n)
        process.kill()
        process.communicate()
        workers = [process_token(pid) for pid in running(tmp_path).values()]
        eventually(lambda tokens=workers: "alive" not in map(owner_state, tokens))
    code, outcomes = finish(
        drive(["01"], middle="wait_for_release", settings=settings, max_attempts=2)
    )
    assert code == 2
    assert outcomes["01"]["middle"] == ["failed", 2]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_stopped_run_ends_its_steps_and_resumes(
    waiting, drive, folders, tmp_path, trace, number, code
):
    process, settings = waiting
    workers = [process_token(pid) for pid in running(tmp_path).values()]
    process.send_signal(number)
    returned, outcomes = finish(process)
    assert returned == code
    assert {owner_state(token) for token in workers} == {"dead"}
    assert left_behind(folders[1]) == []
    interrupted = [row for row in outcomes.values() if row["middle"][0] == "interrupted"]
    assert len(interrupted) == 2
    status = json.loads(status_path(folders[1], "01").read_text())
    assert status["states"] == {"done": 1, "interrupted": 1}
    (tmp_path / "go").touch()
    returned, outcomes = finish(drive(SUBJECTS, middle="wait_for_release", settings=settings))
    assert returned == 0
    # Being stopped is no failed attempt.
    assert {row["middle"][1] for row in outcomes.values()} == {1}
    assert runs_of(trace, "01") == 2


def test_a_step_deaf_to_sigterm_is_killed_with_the_programs_it_started(drive, folders, tmp_path):
    settings = {"folder": str(tmp_path)}
    process = drive(["01"], middle="hang", settings=settings, stop_grace_s=0.2)
    pids = eventually(
        lambda: (tmp_path / "hanging").exists() and (tmp_path / "hanging").read_text()
    )
    tokens = [process_token(int(pid)) for pid in pids.split()]
    assert [owner_state(token) for token in tokens] == ["alive", "alive"]
    process.send_signal(signal.SIGTERM)
    code, _ = finish(process)
    assert code == 143
    eventually(lambda: [owner_state(token) for token in tokens] == ["dead", "dead"])
    assert left_behind(folders[1]) == []
    assert not output(folders[1], "01", "desc-middle_T1w.nii.gz").exists()


def test_who_asks_twice_does_not_wait_for_the_grace(drive, folders, tmp_path):
    settings = {"folder": str(tmp_path)}
    process = drive(["01"], middle="hang", settings=settings, stop_grace_s=1000)
    eventually((tmp_path / "hanging").exists)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 130


def results_of(out):
    return {
        path.relative_to(out): path.read_bytes()
        for path in out.rglob("sub-*/anat/*")
        if ".mslens" not in path.parts
    }


def test_two_runs_at_once_both_finish_and_leave_the_same_bytes(drive, folders, tmp_path):
    subjects = [f"{n:02d}" for n in range(6)]
    pair = [drive(subjects), drive(subjects)]
    for process in pair:
        code, outcomes = finish(process)
        assert code == 0
        assert {state for row in outcomes.values() for state, _ in row.values()} == {"done"}
    together = results_of(folders[1])
    shutil.rmtree(folders[1])
    assert finish(drive(subjects))[0] == 0
    assert results_of(folders[1]) == together
    assert left_behind(folders[1]) == []


def test_two_runs_in_the_same_step_both_finish(drive, folders, tmp_path):
    settings = {"folder": str(tmp_path)}
    pair = [drive(["01"], middle="wait_for_release", settings=settings) for _ in range(2)]
    eventually(lambda: len(list(tmp_path.glob("running-*"))) == 2)
    (tmp_path / "go").touch()
    for process in pair:
        code, outcomes = finish(process)
        assert code == 0
        assert outcomes["01"]["middle"] == ["done", 1]
    assert left_behind(folders[1]) == []


def test_a_start_does_not_clean_what_a_live_run_uses(waiting, drive, folders, tmp_path):
    process, _ = waiting
    assert finish(drive(["99"]))[0] == 0
    (tmp_path / "go").touch()
    assert finish(process)[0] == 0


def test_an_output_cut_afterwards_is_made_again_and_nothing_else(folders, trace):
    chains = [make_chain(*folders, subject) for subject in ("01", "02")]
    run_chains(chains, folders[1], settings=TWO)
    path = output(folders[1], "02", "desc-middle_T1w.nii.gz")
    whole, before = path.read_bytes(), len(traced(trace))
    path.write_bytes(whole[:5])
    assert run_chains(chains, folders[1], settings=TWO).exit_code == 0
    assert path.read_bytes() == whole
    assert len(traced(trace)) == before + 1


def test_a_changed_input_concerns_its_subject_only(folders, trace):
    chains = [make_chain(*folders, subject) for subject in ("01", "02")]
    run_chains(chains, folders[1], settings=TWO)
    next((folders[0] / "sub-02").rglob("*.nii.gz")).write_text("another scan")
    result = run_chains(chains, folders[1], settings=TWO)
    assert all(outcome.cached for outcome in result.outcomes["01"])
    assert not any(outcome.cached for outcome in result.outcomes["02"])
    assert "image=another scan" in output(folders[1], "02", "desc-last_T1w.nii.gz").read_text()


def test_a_changed_setting_concerns_its_step_and_what_follows(folders):
    run_chains([make_chain(*folders, "01")], folders[1], settings=TWO)
    chain = make_chain(*folders, "01", settings=FakeSettings(text="other"))
    result = run_chains([chain], folders[1], settings=TWO)
    assert {outcome.step: outcome.cached for outcome in result.outcomes["01"]} == {
        "first": True,
        "middle": False,
        "last": False,
        "tabulate": True,
        "report": False,
    }


def test_a_full_disk_fails_the_step_that_needs_it_and_leaves_nothing_half_written(
    small_disk, folders
):
    out = small_disk / "out"
    chains = [
        make_chain(folders[0], out, "01", middle="write_much"),
        make_chain(folders[0], out, "02"),
    ]
    result = run_chains(chains, out, settings=EngineSettings(workers=1))
    assert result.exit_code == 2
    assert states(result.outcomes["01"])["middle"] == "failed"
    assert result.outcomes["01"][1].problem.what == "the disk is full"
    assert set(states(result.outcomes["02"]).values()) == {"done"}
    assert left_behind(out) == []
    assert not output(out, "01", "desc-middle_T1w.nii.gz").exists()


def fill_disk(folder):
    with (folder / "block").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def test_a_disk_that_is_full_before_the_start_is_named(small_disk, folders):
    with pytest.raises(OSError, match="No space left"):
        fill_disk(small_disk)
    out = small_disk / "out"
    with pytest.raises(OutputError, match=r"No space left on device.*Free space"):
        run_chains([make_chain(folders[0], out, "01")], out, settings=TWO)


def test_a_limit_on_file_size_is_told_in_plain_words(folders):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    try:
        chain = make_chain(*folders, "01", middle="write_much")
        result = run_chains([chain], folders[1], settings=TWO)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert result.exit_code == 2
    assert "larger than this account may write" in result.outcomes["01"][1].problem.what
    assert left_behind(folders[1]) == []
