"""One pass over the folders of a BIDS dataset; no file is opened.

Only the levels that BIDS knows are walked (dataset, subject, session, datatype), so links that
loop cannot trap it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mslens.io.bids_name import parse_name


@dataclass(frozen=True, slots=True)
class BidsFile:
    """A file of a dataset, by its name alone.

    Parameters
    ----------
    root : Path
        Of its dataset.
    relative : str
        Path from the root, with forward slashes.
    entities : Mapping of str to str
        Short key to label, e.g. ``{"sub": "01", "ce": "gadolinium"}``.
    suffix, extension : str
        e.g. ``"T1w"`` and ``".nii.gz"``.
    datatype : str or None
        Folder that holds it, e.g. ``"anat"``; None above that level.
    """

    root: Path
    relative: str
    entities: Mapping[str, str]
    suffix: str
    extension: str
    datatype: str | None

    @property
    def path(self) -> Path:
        """Absolute path, as far as the root is absolute."""
        return self.root / self.relative

    @property
    def name(self) -> str:
        """File name without folders."""
        return self.relative.rpartition("/")[2]

    @property
    def subject(self) -> str | None:
        """Label without ``sub-``."""
        return self.entities.get("sub")

    @property
    def session(self) -> str | None:
        """Label without ``ses-``."""
        return self.entities.get("ses")


@dataclass(frozen=True)
class IndexProblem:
    """Something in the folder that was left out of the index.

    Parameters
    ----------
    relative : str
        Path from the root.
    message : str
    """

    relative: str
    message: str


@dataclass(frozen=True)
class Walk:
    """What one pass over a dataset met, in no particular order."""

    files: list[BidsFile]
    subjects: list[str]
    problems: list[IndexProblem]


def walk_dataset(root: Path) -> Walk:
    """Walk the levels of a dataset that BIDS knows and collect its files by name.

    Parameters
    ----------
    root : Path

    Returns
    -------
    Walk
    """
    walker = _Walker(root)
    walker.scan_root()
    return Walk(walker.files, walker.subjects, walker.problems)


class _Walker:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: list[BidsFile] = []
        self.subjects: list[str] = []
        self.problems: list[IndexProblem] = []

    def scan_root(self) -> None:
        above = (_identity(self.root),)
        for entry in self._folders(str(self.root), "", {}, None, above):
            if entry.name.startswith("sub-"):
                self.subjects.append(entry.name[4:])
                self._scan_subject(entry, above)

    def _scan_subject(self, subject: os.DirEntry[str], above: tuple[_Identity, ...]) -> None:
        inherited = {"sub": subject.name[4:]}
        above = (*above, _identity(subject))
        for entry in self._folders(subject.path, f"{subject.name}/", inherited, None, above):
            if entry.name.startswith("ses-"):
                self._scan_session(subject.name, entry, inherited, above)
            else:
                self._scan_datatype(f"{subject.name}/{entry.name}/", entry, inherited, above)

    def _scan_session(
        self,
        subject: str,
        session: os.DirEntry[str],
        inherited: Mapping[str, str],
        above: tuple[_Identity, ...],
    ) -> None:
        prefix = f"{subject}/{session.name}/"
        inherited = {**inherited, "ses": session.name[4:]}
        above = (*above, _identity(session))
        for entry in self._folders(session.path, prefix, inherited, None, above):
            self._scan_datatype(f"{prefix}{entry.name}/", entry, inherited, above)

    def _scan_datatype(
        self,
        prefix: str,
        folder: os.DirEntry[str],
        inherited: Mapping[str, str],
        above: tuple[_Identity, ...],
    ) -> None:
        for _ in self._folders(folder.path, prefix, inherited, folder.name, above):
            pass

    def _folders(
        self,
        path: str,
        prefix: str,
        inherited: Mapping[str, str],
        datatype: str | None,
        above: tuple[_Identity, ...],
    ) -> Iterator[os.DirEntry[str]]:
        """Add the files of a folder to the index and yield the folders in it."""
        try:
            with os.scandir(path) as scan:
                entries = list(scan)
        except OSError as error:
            self._report(prefix.rstrip("/"), f"the folder cannot be read ({error.strerror})")
            return
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                is_folder = entry.is_dir()
            except OSError as error:
                self._report(prefix + entry.name, f"a broken link ({error.strerror})")
                continue
            if not is_folder:
                self._add(entry.name, prefix, inherited, datatype)
            elif entry.is_symlink() and _identity(entry) in above:
                self._report(prefix + entry.name, "a link that loops back to a folder above it")
            else:
                yield entry

    def _add(
        self, name: str, prefix: str, inherited: Mapping[str, str], datatype: str | None
    ) -> None:
        parsed = parse_name(name)
        if parsed is None:
            if inherited:
                self._report(prefix + name, "the name does not follow BIDS, the file is left out")
            return
        for key, label in inherited.items():
            if parsed.entities.get(key) != label:
                self._report(
                    prefix + name,
                    f"the name does not say '{key}-{label}' as its folder does,"
                    " the file is left out",
                )
                return
        self.files.append(
            BidsFile(
                self.root, prefix + name, parsed.entities, parsed.suffix, parsed.extension, datatype
            )
        )

    def _report(self, relative: str, message: str) -> None:
        self.problems.append(IndexProblem(relative, message))


_Identity = tuple[int, int]


def _identity(entry: os.DirEntry[str] | Path) -> _Identity:
    status = entry.stat()
    return status.st_dev, status.st_ino
