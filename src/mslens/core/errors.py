"""Errors that say what is wrong, where, what was expected and how to cure it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class MslensWarning(UserWarning):
    """Something a user should read that does not stop the work."""


class MslensError(Exception):
    """Base of every error that mslens raises on purpose.

    Parameters
    ----------
    what : str
        What is wrong and what was found. Holds no path, so that a report may print it.
    where : str or Path, optional
        The file, column or setting concerned. Never printed in a report.
    expected : str, optional
        What was expected instead.
    cure : str, optional
        What the user can do about it.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | Path | None = None,
        expected: str | None = None,
        cure: str | None = None,
    ) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.expected = expected
        self.cure = cure
        super().__init__(what)

    def __str__(self) -> str:
        head = self.what if self.where is None else f"{self.where}: {self.what}"
        expected = None if self.expected is None else f"Expected {self.expected}"
        parts = (head, expected, self.cure)
        return " ".join(
            part if part.endswith("?") else f"{part.rstrip('.')}." for part in parts if part
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Keep every field when the error travels between processes."""
        return (_rebuild, (type(self), self.what, self.where, self.expected, self.cure))


def _rebuild(
    cls: type[MslensError],
    what: str,
    where: str | None,
    expected: str | None,
    cure: str | None,
) -> MslensError:
    return cls(what, where=where, expected=expected, cure=cure)


class InputError(MslensError, ValueError):
    """Something that the user brought cannot be used."""


class ImageError(InputError):
    """An image cannot be read or holds values that no step can use."""


class GridMismatch(InputError):
    """Two images that must share a grid do not."""


class TableError(InputError):
    """A table cannot be read or lacks what a step needs."""


class DatasetError(InputError):
    """A folder is not the dataset that was asked for."""


class SettingsError(MslensError, ValueError):
    """A setting is unknown or out of range."""


class UnknownName(MslensError, LookupError):
    """A name is not among the known ones; the message offers the closest."""

    @classmethod
    def of(cls, name: str, known: Iterable[str], *, kind: str) -> UnknownName:
        """Build the error for `name`, with the closest of `known` as the cure."""
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        cure = f"Did you mean '{close[0]}'?" if close else None
        expected = f"one of {', '.join(names)}" if names else f"no {kind}, since there is none"
        return cls(f"no {kind} is called '{name}'", expected=expected, cure=cure)


class OutputError(MslensError, OSError):
    """An output cannot be written."""


class QualityError(MslensError, RuntimeError):
    """A result failed its quality gate, so nothing may be built on it."""


class MissingDependency(MslensError, ImportError):
    """An optional back-end was asked for that is not installed."""
