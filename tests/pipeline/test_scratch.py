import os
import signal
import subprocess
import sys
import time

from mslens.pipeline.processes import process_token
from mslens.pipeline.scratch import clean_scratch, remove_scratch, scratch_folder, scratch_root


def test_a_scratch_folder_is_gone_afterwards_even_after_an_error(tmp_path):
    seen = []
    try:
        with scratch_folder(tmp_path) as folder:
            seen.append(folder)
            (folder / "half").write_text("half")
            raise RuntimeError
    except RuntimeError:
        pass
    assert seen[0].is_relative_to(tmp_path)
    assert [path for path in scratch_root(tmp_path).rglob("*") if path.is_file()] == []
    assert not seen[0].exists()
    remove_scratch(tmp_path)
    assert list(scratch_root(tmp_path).iterdir()) == []


def test_only_the_folders_of_dead_processes_are_cleaned(tmp_path):
    root = scratch_root(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    dead, ours = process_token(process.pid), process_token()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    elsewhere, forgotten = "0123456789abcdef-1-2", "0123456789abcdef-1-3"
    for name in (dead, ours, elsewhere, forgotten):
        (root / name / "task").mkdir(parents=True)
    long_ago = time.time() - 3 * 24 * 3600
    os.utime(root / forgotten, (long_ago, long_ago))
    assert sorted(clean_scratch(tmp_path)) == sorted([dead, forgotten])
    assert sorted(path.name for path in root.iterdir()) == sorted([ours, elsewhere])


def test_what_a_process_left_is_removed_by_its_name(tmp_path):
    folder = scratch_root(tmp_path) / "token" / "task"
    folder.mkdir(parents=True)
    remove_scratch(tmp_path, "token")
    remove_scratch(tmp_path, "token")
    assert not folder.exists()


def test_there_may_be_nothing_to_clean(tmp_path):
    assert clean_scratch(tmp_path) == []
