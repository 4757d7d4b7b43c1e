"""Errors of the engine, and every other error turned into what, expected and cure."""

from __future__ import annotations

import errno
import traceback
from dataclasses import dataclass

from mslens.core.errors import MslensError


class StepError(MslensError, RuntimeError):
    """A step broke its contract with the engine."""


class PlanError(MslensError, ValueError):
    """The chains given to the engine contradict each other."""


class WorkerDied(MslensError, RuntimeError):
    """The process that ran a step was killed."""


class SchedulerError(MslensError, ConnectionError):
    """A scheduler cannot be reached."""


@dataclass(frozen=True)
class Problem:
    """Why something failed, as plain text that travels between processes.

    Parameters
    ----------
    kind : str
        Class of the error.
    what : str
        Free of paths, host names and foreign text: a report may print it.
    expected, cure : str, optional
        As `what`.
    where : str, optional
        File or setting concerned, for status files and the terminal only.
    detail : str, optional
        Text of an error that mslens did not raise, for status files and the terminal only.
    traceback : str, optional
        For status files only.
    """

    kind: str
    what: str
    expected: str | None = None
    cure: str | None = None
    where: str | None = None
    detail: str | None = None
    traceback: str | None = None

    def __str__(self) -> str:
        head = self.what if self.where is None else f"{self.where}: {self.what}"
        head = head if self.detail is None else f"{head} ({self.detail})"
        expected = None if self.expected is None else f"Expected {self.expected}"
        parts = (head, expected, self.cure)
        return " ".join(f"{part.rstrip('.')}." for part in parts if part)


class PortableError(Exception):
    """Any error in a form that travels between processes.

    Parameters
    ----------
    problem : Problem
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


_FULL = {errno.ENOSPC, errno.EDQUOT}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}


def describe_problem(error: BaseException) -> Problem:
    """Turn any error into a `Problem`; the cure of a full disk or memory is known."""
    if isinstance(error, PortableError):
        return error.problem
    text = "".join(traceback.format_exception(error))
    kind = type(error).__name__
    if isinstance(error, MslensError):
        return Problem(
            kind, error.what, error.expected, error.cure, error.where, traceback=text or None
        )
    what, cure = _plain_words(error)
    return Problem(kind, what, None, cure, detail=str(error) or None, traceback=text)


def _plain_words(error: BaseException) -> tuple[str, str]:
    if isinstance(error, MemoryError):
        return (
            "there was not enough memory for the step",
            "Run fewer subjects at a time (--nprocs) or give the run more memory (--mem)",
        )
    if isinstance(error, OSError):
        if error.errno in _FULL:
            return "the disk is full", "Free space and run again: what is finished is kept"
        if error.errno == errno.EFBIG:
            return (
                "a file would be larger than this account may write",
                "Raise the limit on the size of a file (ulimit -f) and run again",
            )
        if error.errno in _DENIED:
            return (
                "a file may not be read or written (permission denied)",
                "Check the rights of the file that OUT/status names",
            )
    return (
        f"the step stopped with an unexpected {type(error).__name__}",
        "The traceback is in OUT/status; please report it as a bug",
    )
