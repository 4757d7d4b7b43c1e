"""What has been done, on disk: one marker per task, valid as long as keys and hashes agree.

key = SHA-256(step, step version, settings, content hashes of the inputs and of their sidecars).
A marker is written last and also holds the hashes of the outputs, so an output that was cut,
edited or deleted afterwards is seen. Steps have versions; the version of the package is no part
of a key.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mslens.pipeline.atomic import read_json, write_atomically
from mslens.pipeline.hashes import HashCache, hash_json
from mslens.pipeline.plan import Facts, Files, Task, name_subject
from mslens.pipeline.sidecars import sidecar_path

MARKER_FORMAT = 1

#: Content hash of an input and of the sidecar beside it.
Fingerprint = tuple[str, str | None]


@dataclass(frozen=True)
class Cost:
    """What a step used: wall-clock and CPU seconds, and the most memory it held, in bytes."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_rss_bytes: int = 0


@dataclass(frozen=True)
class Marker:
    """The record of a finished task.

    Parameters
    ----------
    key : str
    step : str
    version : int
    settings : dict
    inputs : dict of str to (str, str or None)
        Role -> content hash of the file and of its sidecar.
    outputs : dict of str to (str, str)
        Role -> path relative to OUT, content hash.
    sidecars : dict of str to str
        Path relative to OUT -> content hash.
    facts : dict
    warnings : tuple of str
        Warnings that the step gave for the user.
    cost : Cost
    host, finished : str
        Where and when (ISO 8601, UTC).
    attempts : int
    """

    key: str
    step: str
    version: int
    settings: dict[str, Any]
    inputs: dict[str, Fingerprint]
    outputs: dict[str, tuple[str, str]]
    sidecars: dict[str, str]
    facts: Facts
    warnings: tuple[str, ...] = ()
    cost: Cost = field(default_factory=Cost)
    host: str = ""
    finished: str = ""
    attempts: int = 1


@dataclass(frozen=True)
class Verdict:
    """Whether a task is done.

    Parameters
    ----------
    done : bool
    key : str
        Key of the task as it stands now.
    inputs : dict of str to (str, str or None)
        Role -> content hash of the file and of its sidecar, as they stand now.
    reason : str
        Why it must run, in words; empty when done.
    marker : Marker or None
        The marker on disk, valid or not.
    """

    done: bool
    key: str
    inputs: dict[str, Fingerprint]
    reason: str
    marker: Marker | None


class Ledger:
    """The markers of one subject.

    Parameters
    ----------
    out : Path
        Output folder.
    subject : str
    cache : HashCache, optional
        Default: the one on disk.
    """

    def __init__(self, out: Path, subject: str, cache: HashCache | None = None) -> None:
        self.out = out
        self.cache = HashCache(out, subject) if cache is None else cache
        self._folder = out / ".mslens" / "ledger" / name_subject(subject)

    def is_done(self, task: Task) -> bool:
        """Say whether every existing input gives the marker's key and every output its hash."""
        files = {role: path for role, path in task.inputs.items() if path.exists()}
        return self.examine(task, files).done

    def examine(
        self, task: Task, files: Files, *, contents: Mapping[str, str] | None = None
    ) -> Verdict:
        """Compare a task with its marker.

        Parameters
        ----------
        task : Task
        files : mapping of str to Path
            The inputs that are there.
        contents : mapping of str to str, optional
            Role -> content hash of inputs that are not files yet.

        Raises
        ------
        InputError
            If an input cannot be read.
        """
        inputs = self.fingerprints(files, contents=contents)
        settings = settings_of(task)
        key = make_key(task, settings, inputs)
        marker = self.read(task.label)
        reason = self._difference(task, key, settings, inputs, marker)
        return Verdict(reason == "", key, inputs, reason, marker)

    def fingerprints(
        self, files: Files, *, contents: Mapping[str, str] | None = None
    ) -> dict[str, Fingerprint]:
        """Hash inputs and the sidecars beside them; parameters as in `examine`."""
        found: dict[str, Fingerprint] = {
            role: (self.cache.content(path), self._sidecar_hash(path))
            for role, path in files.items()
        }
        found.update({role: (digest, None) for role, digest in (contents or {}).items()})
        return found

    def _sidecar_hash(self, path: Path) -> str | None:
        sidecar = sidecar_path(path)
        if sidecar is None or not sidecar.exists():
            return None
        ours = not self.relative(sidecar).startswith(os.pardir)
        return self.cache.meaning(sidecar) if ours else self.cache.content(sidecar)

    def _difference(
        self,
        task: Task,
        key: str,
        settings: dict[str, Any],
        inputs: dict[str, Fingerprint],
        marker: Marker | None,
    ) -> str:
        if marker is None:
            return "not done yet"
        if marker.key != key:
            return _explain(task, settings, inputs, marker)
        expected = {role: self.relative(path) for role, path in task.outputs.items()}
        if {role: path for role, (path, _) in marker.outputs.items()} != expected:
            return "the names of the outputs changed"
        written = {f"output '{role}'": pair for role, pair in marker.outputs.items()}
        written |= {f"the sidecar {path}": (path, sha) for path, sha in marker.sidecars.items()}
        for name, (path, digest) in written.items():
            try:
                if self.cache.content(self.out / path) != digest:
                    return f"{name} was changed afterwards"
            except FileNotFoundError:
                return f"{name} is gone"
        return ""

    def relative(self, path: Path) -> str:
        """Return a path relative to OUT, with forward slashes."""
        return Path(os.path.relpath(path, self.out)).as_posix()

    def read(self, label: str) -> Marker | None:
        """Return the marker of a task; None when it is absent or damaged."""
        values = read_json(self._path(label)) or {}
        if values.pop("format", None) != MARKER_FORMAT:
            return None
        try:
            values["inputs"] = {role: tuple(pair) for role, pair in values["inputs"].items()}
            values["outputs"] = {role: tuple(pair) for role, pair in values["outputs"].items()}
            values["warnings"] = tuple(values["warnings"])
            values["cost"] = Cost(**values["cost"])
            return Marker(**values)
        except (KeyError, TypeError, AttributeError):
            return None

    def write(self, label: str, marker: Marker) -> None:
        """Write a marker; the last act of a task."""
        values = {"format": MARKER_FORMAT, **asdict(marker)}
        write_atomically(self._path(label), json.dumps(values).encode())

    def _path(self, label: str) -> Path:
        return self._folder / f"{label}.json"


def settings_of(task: Task) -> dict[str, Any]:
    """Return the settings of a task as JSON-able values."""
    return task.settings.model_dump(mode="json")


def make_key(task: Task, settings: dict[str, Any], inputs: dict[str, Fingerprint]) -> str:
    """Return the key of a task: the hash of everything that its outputs depend on."""
    return hash_json([task.step.name, task.step.version, settings, inputs])


def _explain(
    task: Task, settings: dict[str, Any], inputs: dict[str, Fingerprint], marker: Marker
) -> str:
    if marker.version != task.step.version:
        return f"the step is version {task.step.version}, it was version {marker.version}"
    names = [*settings, *(name for name in marker.settings if name not in settings)]
    changed = [name for name in names if settings.get(name) != marker.settings.get(name)]
    if changed:
        return f"changed settings: {', '.join(changed)}"
    roles = [*inputs, *(role for role in marker.inputs if role not in inputs)]
    changed = [role for role in roles if inputs.get(role) != marker.inputs.get(role)]
    return f"changed inputs: {', '.join(changed)}"
