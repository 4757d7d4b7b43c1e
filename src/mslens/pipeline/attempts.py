"""How often a step began and never ended, kept on disk because the driver may die with it.

A step that ends, well or badly, leaves no record. One whose process was killed does, and after
`limit` such deaths the run gives the step up. The next run, started by a person who may have given
it more memory, counts from the beginning.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mslens.pipeline.atomic import read_json, write_atomically
from mslens.pipeline.plan import name_subject
from mslens.pipeline.processes import owner_state, process_token


@dataclass(frozen=True)
class Attempts:
    """Attempts at one key of a task that began and are not known to have ended.

    Parameters
    ----------
    key : str
    owners : tuple of str
        Token of the process of each attempt.
    last_death : str
        How the last one ended, in words, where the driver saw it.
    given_up_in : str
        Identifier of the run that gave up; empty if none did.
    """

    key: str
    owners: tuple[str, ...] = ()
    last_death: str = ""
    given_up_in: str = ""

    @property
    def deaths(self) -> int:
        """Number of attempts whose process is no longer alive."""
        return sum(owner_state(owner) != "alive" for owner in self.owners)


class AttemptBook:
    """The attempts at the tasks of one subject.

    Parameters
    ----------
    out : Path
    subject : str
    run_id : str
        Identifier of this run.
    """

    def __init__(self, out: Path, subject: str, run_id: str) -> None:
        self._folder = out / ".mslens" / "attempts" / name_subject(subject)
        self._run_id = run_id

    def read(self, label: str, key: str | None = None) -> Attempts:
        """Return the attempts at a task; none if they were at another key or in a finished run."""
        values = read_json(self._path(label)) or {}
        try:
            found = Attempts(
                str(values["key"]),
                tuple(str(owner) for owner in values["owners"]),
                str(values["last_death"]),
                str(values["given_up_in"]),
            )
        except (KeyError, TypeError):
            return Attempts(key or "")
        if key not in (None, found.key) or found.given_up_in not in ("", self._run_id):
            return Attempts(key or found.key)
        return found

    def begin(self, label: str, key: str) -> int:
        """Record that this process begins a task; return the number of this attempt."""
        earlier = self.read(label, key)
        self._write(label, replace(earlier, owners=(*earlier.owners, process_token())))
        return earlier.deaths + 1

    def end(self, label: str) -> None:
        """Forget the attempts: the task ended, or was stopped on purpose."""
        with suppress(OSError):
            self._path(label).unlink()

    def give_up(self, label: str, key: str) -> None:
        """Record that this run tries no more."""
        self._write(label, replace(self.read(label, key), given_up_in=self._run_id))

    def record_death(self, label: str, reason: str) -> None:
        """Record how the process of the last attempt ended; silent when the disk is full."""
        try:
            self._write(label, replace(self.read(label), last_death=reason))
        except OSError:
            return

    def _path(self, label: str) -> Path:
        return self._folder / f"{label}.json"

    def _write(self, label: str, attempts: Attempts) -> None:
        values = {
            "key": attempts.key,
            "owners": list(attempts.owners),
            "last_death": attempts.last_death,
            "given_up_in": attempts.given_up_in,
        }
        write_atomically(self._path(label), json.dumps(values).encode(), durable=False)
