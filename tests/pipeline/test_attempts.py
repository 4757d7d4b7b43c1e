import subprocess
import sys

import pytest

from mslens.pipeline.atomic import read_json, write_atomically
from mslens.pipeline.attempts import AttemptBook

DIE = """
import sys; sys.path[:] = {path!r}
from pathlib import Path
from mslens.pipeline.attempts import AttemptBook
print(AttemptBook(Path({out!r}), "01", "run").begin("label", "key"))
"""


@pytest.fixture
def die_trying(tmp_path):
    """Return a function: a process begins the task and is gone without an end."""

    def die():
        code = DIE.format(path=sys.path, out=str(tmp_path))
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    return die


def test_a_death_is_counted_and_an_end_forgets_it(tmp_path, die_trying):
    book = AttemptBook(tmp_path, "01", "run")
    assert (die_trying(), die_trying()) == (1, 2)
    assert book.read("label", "key").deaths == 2
    assert book.begin("label", "key") == 3
    book.end("label")
    book.end("label")
    assert book.read("label", "key").deaths == 0


def test_an_attempt_of_a_live_process_is_no_death(tmp_path):
    book = AttemptBook(tmp_path, "01", "run")
    assert book.begin("label", "key") == 1
    assert book.read("label", "key").deaths == 0


def test_another_key_starts_from_the_beginning(tmp_path, die_trying):
    die_trying()
    book = AttemptBook(tmp_path, "01", "run")
    assert book.read("label", "other key").deaths == 0
    assert book.begin("label", "other key") == 1


def test_what_one_run_gave_up_the_next_tries_again(tmp_path, die_trying):
    die_trying()
    book = AttemptBook(tmp_path, "01", "run")
    book.record_death("label", "was ended by SIGKILL")
    book.give_up("label", "key")
    assert book.read("label", "key").given_up_in == "run"
    assert book.read("label", "key").last_death == "was ended by SIGKILL"
    later = AttemptBook(tmp_path, "01", "next run").read("label", "key")
    assert (later.deaths, later.given_up_in) == (0, "")


@pytest.mark.parametrize("content", [b"{}", b'{"key": "key", "owners": 3}', b"x"])
def test_a_damaged_record_counts_nothing(tmp_path, content):
    book = AttemptBook(tmp_path, "01", "run")
    book.begin("label", "key")
    path = next((tmp_path / ".mslens" / "attempts").rglob("*.json"))
    write_atomically(path, content)
    assert book.read("label", "key").deaths == 0


def test_a_full_disk_is_no_obstacle_to_the_record_of_a_death(tmp_path, monkeypatch):
    book = AttemptBook(tmp_path, "01", "run")
    book.begin("label", "key")

    def refuse(*arguments, **named):
        raise OSError(28, "full")

    monkeypatch.setattr("mslens.pipeline.attempts.write_atomically", refuse)
    book.record_death("label", "reason")
    path = next((tmp_path / ".mslens" / "attempts").rglob("*.json"))
    assert read_json(path)["last_death"] == ""
