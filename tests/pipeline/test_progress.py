import io
import json

import pytest

from mslens.pipeline.events import Event
from mslens.pipeline.outcomes import Outcome, RunResult
from mslens.pipeline.progress import (
    BarReporter,
    LineReporter,
    LogReporter,
    describe_event,
    make_reporter,
)

RESULT = RunResult(
    {
        "01": (Outcome("01", None, "bias", "done"),),
        "02": (Outcome("02", "1", "bias", "failed"),),
    }
)


def tell(reporter, *events, result=RESULT):
    reporter.begin(2, 4, 2)
    for event in events:
        reporter.report(event)
    reporter.end(result)


def lines_of(stream):
    return stream.getvalue().splitlines()


def test_a_line_per_step_that_ended():
    stream = io.StringIO()
    tell(
        LineReporter(stream),
        Event("started", "01", None, "bias", message="not done yet"),
        Event("done", "01", None, "bias", seconds=3.14),
        Event("failed", "02", "1", "bias", message="the image has 2 slices."),
    )
    assert lines_of(stream) == [
        "2 subjects, 4 steps, 2 at a time",
        "[1/4] sub-01 bias done in 3.1 s",
        "[2/4] sub-02 ses-1 bias failed: the image has 2 slices.",
        "1 of 2 subjects without failure",
        "with failures: sub-02",
        "why: OUT/status/sub-*.json",
    ]


def test_steps_of_an_earlier_run_are_summed_up():
    stream = io.StringIO()
    tell(LineReporter(stream), *[Event("cached", "01", None, f"step-{n}") for n in range(3)])
    assert "3 steps already done by an earlier run" in lines_of(stream)
    assert "step-1" not in stream.getvalue()


def test_verbose_tells_reasons():
    stream = io.StringIO()
    event = Event("started", "01", None, "bias", message="changed settings: shrink")
    tell(LineReporter(stream, verbose=True), event)
    assert "[0/4] sub-01 bias started: changed settings: shrink" in lines_of(stream)


def test_good_news_is_limited_and_trouble_is_not():
    stream = io.StringIO()
    good = [Event("done", "01", None, f"step-{n}") for n in range(100)]
    bad = [Event("failed", "02", None, f"step-{n}", message="x") for n in range(50)]
    tell(LineReporter(stream, clock=lambda: 1.0), *good, *bad)
    lines = lines_of(stream)
    assert sum(" done " in line for line in lines) == 20
    assert sum(" failed" in line for line in lines) == 50
    assert "(80 lines left out; all are in the log)" in lines
    assert lines[-5].startswith("[150/4]")


def test_the_limit_is_per_second():
    stream = io.StringIO()
    seconds = iter(range(1000))
    events = [Event("done", "01", None, f"step-{n}") for n in range(50)]
    tell(LineReporter(stream, clock=lambda: float(next(seconds))), *events)
    assert stream.getvalue().count(" done ") == 50


def test_warnings_of_a_step_are_told():
    stream = io.StringIO()
    event = Event("done", "01", None, "lesions", warnings=("this is a fallback",))
    tell(LineReporter(stream), event)
    assert "    warning: this is a fallback" in lines_of(stream)


def test_a_closed_pipe_silences_the_lines_and_stops_nothing():
    stream = io.StringIO()
    stream.close()
    tell(LineReporter(stream), Event("done", "01", None, "bias"))


def test_a_stopped_run_says_how_to_go_on():
    stream = io.StringIO()
    tell(LineReporter(stream), result=RunResult({}, 15))
    assert lines_of(stream)[-1] == "stopped; the same command resumes where it stopped"


def test_the_log_is_one_json_object_per_line(tmp_path):
    path = tmp_path / "logs" / "run.jsonl"
    tell(
        LogReporter(path),
        Event("done", "01", "1", "bias", 1.5, "not done yet", ("careful",), time=0.25),
        Event("cached", "01", "1", "fill", warnings=("careful",)),
    )
    first, done, warning, cached, last = map(json.loads, path.read_text().splitlines())
    assert (first["state"], first["subjects"], first["steps"]) == ("run-started", 2, 4)
    assert done == {
        "time": "1970-01-01T00:00:00.250+00:00",
        "subject": "01",
        "session": "1",
        "step": "bias",
        "state": "done",
        "seconds": 1.5,
        "message": "not done yet",
    }
    assert (warning["state"], warning["message"]) == ("warning", "careful")
    assert cached["state"] == "cached"
    assert (last["exit_code"], last["failed_subjects"]) == (2, ["02"])


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "logs").write_text("in the way")
    tell(LogReporter(tmp_path / "logs" / "run.jsonl"), Event("done", "01", None, "bias"))


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_bars_and_a_pipe_gets_lines(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    events = [
        Event("started", "01", None, "bias"),
        Event("done", "01", None, "bias", warnings=("[careful]",)),
        Event("failed", "02", "1", "bias", message="[bad] image"),
    ]
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        tell(make_reporter(tmp_path, "run", stream=stream), *events)
    assert "[1/4] sub-01 bias done" in pipe.getvalue()
    assert "\x1b[" in terminal.getvalue()
    assert "sub-02 ses-1 bias failed: [bad] image" in terminal.getvalue()
    assert "[careful]" in terminal.getvalue()
    assert "1 of 2 subjects without failure" in terminal.getvalue()
    assert len((tmp_path / "logs" / "run.jsonl").read_text().splitlines()) == 2 * 6


def test_bars_that_were_never_drawn_are_not_taken_away():
    stream = Terminal()
    reporter = BarReporter(stream)
    reporter.report(Event("done", "01", None, "bias"))
    reporter.end(RESULT)
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (
            Event("worker-died", "01", None, "", message="was ended by SIGKILL"),
            "(between two steps)",
        ),
        (Event("failed", "01", None, "bias", message="two\nlines"), "failed: two lines"),
        (
            Event("skipped", "01", "2", "fill", message="no lesions"),
            "sub-01 ses-2 fill skipped: no",
        ),
    ],
)
def test_an_event_is_told_in_one_line(event, text):
    assert text in describe_event(event)
