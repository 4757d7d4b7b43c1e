"""How a run is told: bars on a terminal, one line per step otherwise, and a log of JSON lines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mslens.pipeline.events import Event, Reporter
from mslens.pipeline.outcomes import RunResult
from mslens.pipeline.plan import GROUP, name_subject

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: At most so many lines of good news per second; trouble is always told.
MAX_LINES_PER_S = 20
TROUBLE = ("failed", "blocked", "interrupted", "worker-died")
ENDINGS = ("done", "cached", "failed", "blocked", "skipped", "interrupted")


def make_reporter(
    out: Path, run_id: str, *, stream: TextIO | None = None, verbose: bool = False
) -> Reporter:
    """Return the reporter of a command: the log, and bars or lines on `stream`.

    Parameters
    ----------
    out : Path
        Output folder; the log is ``OUT/logs/RUN_ID.jsonl``.
    run_id : str
    stream : text file, optional
        Default: standard error.
    verbose : bool
        Also tell when a step starts and why, and each step of an earlier run.
    """
    stream = sys.stderr if stream is None else stream
    shown: Reporter
    shown = BarReporter(stream) if stream.isatty() else LineReporter(stream, verbose=verbose)
    return JointReporter([LogReporter(out / "logs" / f"{run_id}.jsonl"), shown])


class JointReporter:
    """Tell several reporters the same."""

    def __init__(self, reporters: Sequence[Reporter]) -> None:
        self._reporters = reporters

    def begin(self, subjects: int, steps: int, workers: int) -> None:
        """Pass on."""
        for reporter in self._reporters:
            reporter.begin(subjects, steps, workers)

    def report(self, event: Event) -> None:
        """Pass on."""
        for reporter in self._reporters:
            reporter.report(event)

    def end(self, result: RunResult) -> None:
        """Pass on."""
        for reporter in self._reporters:
            reporter.end(result)


class LogReporter:
    """Write each event as a line of JSON; a full disk silences the log, never the run.

    Parameters
    ----------
    path : Path
        One file per run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, subjects: int, steps: int, workers: int) -> None:
        """Write what is to be done."""
        self._write(
            {
                "time": _iso(time.time()),
                "state": "run-started",
                "subjects": subjects,
                "steps": steps,
                "workers": workers,
            }
        )

    def report(self, event: Event) -> None:
        """Write an event, and each warning of the step as a line of its own."""
        line = {
            "time": _iso(event.time),
            "subject": event.subject,
            "session": event.session,
            "step": event.step,
            "state": event.state,
            "seconds": event.seconds,
            "message": event.message,
        }
        self._write(line)
        if event.state != "cached":
            for warning in event.warnings:
                self._write({**line, "state": "warning", "message": warning})

    def end(self, result: RunResult) -> None:
        """Write the exit code."""
        self._write(
            {
                "time": _iso(time.time()),
                "state": "run-ended",
                "exit_code": result.exit_code,
                "failed_subjects": list(result.failed_subjects),
            }
        )

    def _write(self, values: dict[str, Any]) -> None:
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write((json.dumps(values) + "\n").encode("ascii"))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


class LineReporter:
    """Write one line per step that ended; steps of earlier runs are summed up per subject.

    Parameters
    ----------
    stream : text file
    verbose : bool
        Also write starts with their reason, and each step of an earlier run.
    clock : callable
        Seconds, for the limit on lines.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        verbose: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._verbose = verbose
        self._clock = clock
        self._steps = 0
        self._ended = 0
        self._cached = 0
        self._window = 0.0
        self._lines = 0
        self._untold = 0

    def begin(self, subjects: int, steps: int, workers: int) -> None:
        """Write what is to be done."""
        self._steps = steps
        at_a_time = f", {workers} at a time" if workers > 1 else ""
        self._write(f"{_count(subjects, 'subject')}, {_count(steps, 'step')}{at_a_time}")

    def report(self, event: Event) -> None:
        """Write a line, unless there were too many within this second."""
        if event.state in ENDINGS:
            self._ended += 1
        if event.state == "cached":
            self._cached += 1
        quiet = event.state in ("cached", "started") and not self._verbose
        if quiet and not (event.state == "cached" and event.warnings):
            return
        if event.state not in TROUBLE and not event.warnings and self._is_too_fast():
            self._untold += 1
            return
        self._write(f"[{self._ended}/{self._steps}] {describe_event(event)}")
        for warning in event.warnings:
            self._write(f"    warning: {warning}")

    def end(self, result: RunResult) -> None:
        """Write how it ended."""
        if self._untold:
            self._write(f"({_count(self._untold, 'line')} left out; all are in the log)")
        if self._cached:
            self._write(f"{_count(self._cached, 'step')} already done by an earlier run")
        for line in describe_result(result):
            self._write(line)

    def _is_too_fast(self) -> bool:
        now = self._clock()
        if now - self._window >= 1.0:
            self._window, self._lines = now, 0
        self._lines += 1
        return self._lines > MAX_LINES_PER_S

    def _write(self, line: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()


class BarReporter:
    """Show a bar for the run and one row per step that runs, on a terminal.

    Parameters
    ----------
    stream : text file
        A terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._progress: Progress | None = None
        self._total: TaskID | None = None
        self._rows: dict[str, TaskID] = {}

    def begin(self, subjects: int, steps: int, workers: int) -> None:
        """Draw the bar."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(file=self._stream),
            transient=True,
            redirect_stdout=False,
        )
        title = _count(subjects, "subject") + (f", {workers} at a time" if workers > 1 else "")
        self._total = self._progress.add_task(title, total=steps)
        self._progress.start()

    def report(self, event: Event) -> None:
        """Move the bars; write trouble and warnings above them."""
        if self._progress is None or self._total is None:
            return
        row = self._rows.pop(event.subject, None)
        if row is not None:
            self._progress.remove_task(row)
        if event.state == "started":
            title = f"  {_name(event)}  {event.step}"
            self._rows[event.subject] = self._progress.add_task(title, total=None)
        elif event.state in ENDINGS:
            self._progress.advance(self._total)
        if event.state in TROUBLE:
            self._say(describe_event(event), "red")
        for warning in event.warnings:
            text = f"{_name(event)} {event.step}: {warning}"
            self._say(text, "yellow")

    def end(self, result: RunResult) -> None:
        """Take the bars away and write how it ended."""
        if self._progress is None:
            return
        self._progress.stop()
        for line in describe_result(result):
            self._say(line, "")

    def _say(self, line: str, style: str) -> None:
        from rich.text import Text

        if self._progress is not None:
            self._progress.console.print(Text(line, style), soft_wrap=True)


def describe_event(event: Event) -> str:
    """Tell an event in one line."""
    seconds = f" in {event.seconds:.1f} s" if event.state == "done" else ""
    message = " ".join(event.message.split())
    message = f": {message}" if message and event.state != "done" else ""
    step = event.step or "(between two steps)"
    return f"{_name(event)} {step} {event.state}{seconds}{message}"


def describe_result(result: RunResult) -> list[str]:
    """Tell the end of a run in a few lines, naming the subjects that failed."""
    failed = result.failed_subjects
    finished = len(result.outcomes) - len(failed)
    lines = [f"{finished} of {_count(len(result.outcomes), 'subject')} without failure"]
    if failed:
        lines.append(f"with failures: {', '.join(map(name_subject, failed))}")
        where = GROUP if failed == (GROUP,) else "sub-*"
        lines.append(f"why: OUT/status/{where}.json")
    if result.signal_number is not None:
        lines.append("stopped; the same command resumes where it stopped")
    return lines


def _name(event: Event) -> str:
    session = "" if event.session is None else f" ses-{event.session}"
    return f"{name_subject(event.subject)}{session}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
