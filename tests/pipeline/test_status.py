import json
import os

from mslens.pipeline.outcomes import Outcome
from mslens.pipeline.status import status_path, write_status

OUTCOMES = [
    Outcome("01", None, "bias", "done", key="k", host="h", attempts=1, warnings=("careful",)),
    Outcome("01", "2", "fill", "skipped", reason="no lesions"),
]


def test_every_step_is_listed_with_what_is_known_of_it(tmp_path):
    assert write_status(tmp_path, "01", OUTCOMES)
    status = json.loads(status_path(tmp_path, "01").read_text())
    assert status["subject"] == "01"
    assert status["states"] == {"done": 1, "skipped": 1}
    done, skipped = status["steps"]
    assert (done["key"], done["host"], done["attempts"]) == ("k", "h", 1)
    assert done["warnings"] == ["careful"]
    assert skipped == {
        "session": "2",
        "step": "fill",
        "state": "skipped",
        "reason": "no lesions",
    }


def test_a_status_that_says_the_same_is_left_alone(tmp_path):
    write_status(tmp_path, "01", OUTCOMES)
    os.utime(status_path(tmp_path, "01"), (1, 1))
    write_status(tmp_path, "01", OUTCOMES)
    assert status_path(tmp_path, "01").stat().st_mtime == 1
    write_status(tmp_path, "01", OUTCOMES[:1])
    assert status_path(tmp_path, "01").stat().st_mtime > 1


def test_a_status_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "status").write_text("in the way")
    assert not write_status(tmp_path, "01", OUTCOMES)
