import os
import signal
import subprocess
import sys

import pytest

from mslens.pipeline.processes import describe_exit, owner_state, process_token
from pipeline.fake_steps import eventually


def sleeper():
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def test_this_process_is_alive():
    assert owner_state(process_token()) == "alive"


def test_a_killed_process_is_dead_even_before_its_parent_noticed():
    process = sleeper()
    token = process_token(process.pid)
    assert owner_state(token) == "alive"
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert owner_state(token) == "dead"
    process.communicate()
    assert owner_state(token) == "dead"


def test_a_process_id_used_again_is_another_process():
    place, pid, start = process_token().split("-")
    assert owner_state(f"{place}-{pid}-{int(start) + 1}") == "dead"


@pytest.mark.parametrize("token", ["", "probe", "0123456789abcdef-1-2", "a-b-c"])
def test_a_process_elsewhere_is_never_called_dead(token):
    assert owner_state(token) == "unknown"


def test_a_child_dies_with_its_parent():
    child = (
        "import os, sys, time; from mslens.pipeline.processes import die_with_parent;"
        "die_with_parent(int(sys.argv[1])); print(os.getpid(), flush=True); time.sleep(60)"
    )
    parent = (
        "import os, subprocess, sys;"
        f"subprocess.Popen([sys.executable, '-c', {child!r}, str(os.getpid())]); input()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    pid = int(process.stdout.readline())
    token = process_token(pid)
    assert owner_state(token) == "alive"
    process.kill()
    process.wait()
    process.communicate()
    eventually(lambda: owner_state(token) == "dead")


def test_a_child_whose_parent_is_gone_already_does_not_stay():
    code = "from mslens.pipeline.processes import die_with_parent; die_with_parent(1); print('!')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended with exit code 0"),
        (-9, "SIGKILL (often: out of memory)"),
        (-11, "ended by SIGSEGV"),
        (-99, "signal 99"),
    ],
)
def test_how_a_process_ended_is_told_in_words(code, words):
    assert words in describe_exit(code)
