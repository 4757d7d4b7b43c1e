"""An index of a BIDS dataset: its subjects, sessions, files and their metadata.

Source: the BIDS specification 1.10, https://bids-specification.readthedocs.io.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mslens.core.errors import DatasetError, TableError
from mslens.io.bids_walk import BidsFile, IndexProblem, walk_dataset
from mslens.io.sidecars import read_sidecar

__all__ = [
    "ANY",
    "IMAGE_EXTENSIONS",
    "BidsFile",
    "BidsIndex",
    "IndexProblem",
    "index_dataset",
    "index_derivative",
    "index_derivatives",
]

#: In the order of preference.
IMAGE_EXTENSIONS = (".nii.gz", ".nii")
#: Value of `session` in a query that matches every session and files without one.
ANY = "*"

_NO_ENTITIES: Mapping[str, str | None] = MappingProxyType({})
_DESCRIPTION = "dataset_description.json"


@dataclass(frozen=True, eq=False)
class BidsIndex:
    """What a dataset holds; made by `index_dataset`.

    Parameters
    ----------
    root : Path
    description : Mapping
        Content of ``dataset_description.json``; empty where it may be missing.
    files : tuple of BidsFile
        Sorted by relative path.
    subjects : tuple of str
        Labels of every subject folder, sorted, also of empty ones.
    problems : tuple of IndexProblem
        Links that loop, unreadable folders, names that are not BIDS. None is fatal.
    """

    root: Path
    description: Mapping[str, Any]
    files: tuple[BidsFile, ...]
    subjects: tuple[str, ...]
    problems: tuple[IndexProblem, ...]

    def sessions(self, subject: str) -> tuple[str | None, ...]:
        """Sessions of a subject that hold data; None stands for data outside of any session."""
        found = {f.session for f in self._by_subject.get(subject, ()) if f.datatype is not None}
        return tuple(sorted(found, key=lambda session: (session is not None, session or "")))

    def find(
        self,
        *,
        subject: str | None = None,
        session: str | None = ANY,
        suffix: str | None = None,
        extension: str | Iterable[str] | None = None,
        datatype: str | None = None,
        entities: Mapping[str, str | None] = _NO_ENTITIES,
    ) -> tuple[BidsFile, ...]:
        """Files that match every criterion given, sorted by path.

        Parameters
        ----------
        subject : str, optional
            Label, without ``sub-``.
        session : str or None
            Label without ``ses-``; None means files without a session.
        suffix, datatype : str, optional
        extension : str or several, optional
            With the dot; see `IMAGE_EXTENSIONS`.
        entities : Mapping
            Short key to the label wanted; None means that the entity must be absent.

        Returns
        -------
        tuple of BidsFile
        """
        extensions = {extension} if isinstance(extension, str) else set(extension or ())
        pool = self.files if subject is None else self._by_subject.get(subject, ())
        return tuple(
            file
            for file in pool
            if (suffix is None or file.suffix == suffix)
            and (session == ANY or file.session == session)
            and (not extensions or file.extension in extensions)
            and (datatype is None or file.datatype == datatype)
            and all(file.entities.get(key) == label for key, label in entities.items())
        )

    def metadata(self, file: BidsFile) -> dict[str, Any]:
        """Sidecar metadata of a file by BIDS' inheritance principle.

        JSON files with the same suffix apply when they stand in the file's folder or above it
        and all their entities are the file's own; what stands nearer overrides, and within a
        folder what names more entities.

        Raises
        ------
        TableError
            If a sidecar is not a JSON object.
        """
        merged: dict[str, Any] = {}
        for sidecar in self.sidecars(file):
            merged.update(read_sidecar(sidecar.path))
        return merged

    def sidecars(self, file: BidsFile) -> tuple[BidsFile, ...]:
        """JSON files that apply to a file, from the most general to the nearest."""
        folders = file.relative.split("/")[:-1]
        found: list[BidsFile] = []
        for depth in range(len(folders) + 1):
            here = self._sidecars_by_folder.get(("/".join(folders[:depth]), file.suffix), [])
            fitting = [s for s in here if s.entities.items() <= file.entities.items()]
            found += sorted(fitting, key=lambda s: (len(s.entities), s.name))
        return tuple(found)

    @functools.cached_property
    def _by_subject(self) -> dict[str, tuple[BidsFile, ...]]:
        groups: defaultdict[str, list[BidsFile]] = defaultdict(list)
        for file in self.files:
            if "sub" in file.entities:
                groups[file.entities["sub"]].append(file)
        return {subject: tuple(files) for subject, files in groups.items()}

    @functools.cached_property
    def _sidecars_by_folder(self) -> dict[tuple[str, str], list[BidsFile]]:
        groups: defaultdict[tuple[str, str], list[BidsFile]] = defaultdict(list)
        for file in self.files:
            if file.extension == ".json":
                groups[file.relative.rpartition("/")[0], file.suffix].append(file)
        return dict(groups)


def index_dataset(root: Path) -> BidsIndex:
    """Index a BIDS dataset.

    ``derivatives``, ``sourcedata``, ``code`` and hidden folders are left out; see
    `index_derivatives` for the first.

    Parameters
    ----------
    root : Path
        Folder that holds ``dataset_description.json`` and ``sub-*`` folders.

    Returns
    -------
    BidsIndex

    Raises
    ------
    DatasetError
        If the folder is missing, has no readable ``dataset_description.json`` or no subject.
    """
    if not root.is_dir():
        what = "this is a file" if root.exists() else "there is no such folder"
        raise DatasetError(what, where=root, expected="the folder of a BIDS dataset")
    if not (root / _DESCRIPTION).is_file():
        raise DatasetError(
            f"not a BIDS dataset: it has no {_DESCRIPTION}", where=root, cure=_nearby(root)
        )
    try:
        description = read_sidecar(root / _DESCRIPTION)
    except TableError as error:
        raise DatasetError(error.what, where=error.where, cure=error.cure) from error
    index = _index(root, description)
    if not index.subjects:
        raise DatasetError(
            "the dataset has no subject",
            where=root,
            expected="folders named sub-<label>",
            cure="Convert your data to BIDS (https://bids.neuroimaging.io)",
        )
    return index


def index_derivative(root: Path) -> BidsIndex:
    """Index a folder of derivatives, which may lack ``dataset_description.json``.

    Raises
    ------
    DatasetError
        If the folder is missing or its description is not JSON.
    """
    if not root.is_dir():
        raise DatasetError("there is no such folder of derivatives", where=root)
    path = root / _DESCRIPTION
    try:
        description = read_sidecar(path) if path.is_file() else {}
    except TableError as error:
        raise DatasetError(error.what, where=error.where, cure=error.cure) from error
    return _index(root, description)


def index_derivatives(root: Path) -> tuple[BidsIndex, ...]:
    """Index every dataset in the ``derivatives`` folder of `root`, sorted by name."""
    folder = root / "derivatives"
    if not folder.is_dir():
        return ()
    children = sorted(child for child in folder.iterdir() if child.is_dir())
    return tuple(index_derivative(child) for child in children if child.name[:1] != ".")


def _nearby(root: Path) -> str:
    if root.name.startswith(("sub-", "ses-")):
        return "This is a folder of one subject: give the folder above it"
    for child in sorted(root.iterdir()):
        if (child / _DESCRIPTION).is_file():
            return f"Did you mean the folder '{child.name}' inside of it?"
    return (
        "Give the dataset's top folder, or add the file there:"
        ' {"Name": "my study", "BIDSVersion": "1.10.0"}'
    )


def _index(root: Path, description: Mapping[str, Any]) -> BidsIndex:
    walk = walk_dataset(root)
    return BidsIndex(
        root=root,
        description=description,
        files=tuple(sorted(walk.files, key=lambda file: file.relative)),
        subjects=tuple(sorted(walk.subjects)),
        problems=tuple(sorted(walk.problems, key=lambda p: (p.relative, p.message))),
    )
