"""The inverse index on disk: plain arrays that are memory-mapped, and one JSON that says what.

Nothing in it can run code. ``index.json`` holds the hash of every array, so its own content
hash stands for the whole index.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mslens.connectome.inverse_index import InverseIndex
from mslens.core.arrays import Array
from mslens.core.errors import InputError, OutputError
from mslens.core.grid import Grid
from mslens.io.files import write_atomically
from mslens.io.sidecars import read_sidecar

FORMAT = 1
INDEX_FILE = "index.json"
_ARRAYS = ("voxel_start", "visitors", "ends", "subject_of", "end_regions")
_REBUILD = "Import the tractogram again with 'mslens import-tractogram'"


@dataclass(frozen=True, eq=False)
class Reference:
    """A reference for disconnection: an index and the regions in which its streamlines end.

    Parameters
    ----------
    name : str
        As tables and reports show it.
    space : str
        Template space, e.g. "MNI152NLin2009aSym".
    is_synthetic : bool
    index : InverseIndex
    end_regions : ndarray of int32, shape (n, 2)
        Place of each end's region in `region_names`, from 1; 0 is no region.
    region_names : tuple of str
    region_labels : tuple of int
        Their values in the label map.
    subjects : tuple of str
    """

    name: str
    space: str
    is_synthetic: bool
    index: InverseIndex
    end_regions: Array
    region_names: tuple[str, ...]
    region_labels: tuple[int, ...]
    subjects: tuple[str, ...]


def save_reference(folder: Path, reference: Reference) -> None:
    """Write a reference as a folder, all of it or nothing.

    Parameters
    ----------
    folder : Path
        Must not exist yet, or be empty.
    reference : Reference

    Raises
    ------
    OutputError
        If the folder holds something, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            "the folder for the index is not empty",
            where=folder,
            cure="Name another folder, or remove it first",
        )
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.part")
    arrays = _arrays_of(reference)
    try:
        temporary.mkdir(parents=True)
        for name, array in arrays.items():
            np.save(temporary / f"{name}.npy", array)
        hashes = {name: _hash_file(temporary / f"{name}.npy") for name in arrays}
        text = json.dumps(_describe(reference, hashes), indent=2) + "\n"
        write_atomically(temporary / INDEX_FILE, text)
        if folder.exists():
            folder.rmdir()
        temporary.rename(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise OutputError(f"the index cannot be written ({error})", where=folder) from error


def load_reference(folder: Path, *, check: bool = False) -> Reference:
    """Open a reference; its arrays are read from disk when they are used.

    Parameters
    ----------
    folder : Path
    check : bool
        Whether to compare the hash of every array (seconds for a large index); sizes always
        are.

    Returns
    -------
    Reference

    Raises
    ------
    InputError
        If it is no index, of another version, incomplete or changed.
    """
    if not (folder / INDEX_FILE).is_file():
        raise InputError("there is no tractogram index", where=folder, cure=_REBUILD)
    stated = read_sidecar(folder / INDEX_FILE)
    if stated.get("format") != FORMAT:
        raise InputError(
            f"the index has format {stated.get('format')}",
            where=folder,
            expected=f"format {FORMAT}",
            cure=_REBUILD,
        )
    arrays = {name: _load_array(folder, name, stated, check=check) for name in _ARRAYS}
    shape = stated["grid"]["shape"]
    index = InverseIndex(
        Grid(np.array(stated["grid"]["affine"]), (shape[0], shape[1], shape[2])),
        arrays["voxel_start"],
        arrays["visitors"],
        arrays["ends"],
        arrays["subject_of"],
        int(stated["n_outside"]),
    )
    return Reference(
        stated["name"],
        stated["space"],
        bool(stated["is_synthetic"]),
        index,
        arrays["end_regions"],
        tuple(stated["region_names"]),
        tuple(int(label) for label in stated["region_labels"]),
        tuple(stated["subjects"]),
    )


def _arrays_of(reference: Reference) -> dict[str, Array]:
    index = reference.index
    return {
        "voxel_start": np.asarray(index.voxel_start, dtype=np.int64),
        "visitors": np.asarray(index.visitors, dtype=np.int32),
        "ends": np.asarray(index.ends, dtype=np.int32),
        "subject_of": np.asarray(index.subject_of, dtype=np.int32),
        "end_regions": np.asarray(reference.end_regions, dtype=np.int32),
    }


def _describe(reference: Reference, hashes: dict[str, str]) -> dict[str, Any]:
    index = reference.index
    return {
        "format": FORMAT,
        "name": reference.name,
        "space": reference.space,
        "is_synthetic": reference.is_synthetic,
        "grid": {"affine": index.grid.affine.tolist(), "shape": list(index.grid.shape)},
        "n_streamlines": index.n_streamlines,
        "n_visits": int(index.visitors.size),
        "n_outside": index.n_outside,
        "subjects": list(reference.subjects),
        "region_names": list(reference.region_names),
        "region_labels": list(reference.region_labels),
        "sizes": {name: int(array.size) for name, array in _arrays_of(reference).items()},
        "sha256": hashes,
    }


def _load_array(folder: Path, name: str, stated: dict[str, Any], *, check: bool) -> Array:
    path = folder / f"{name}.npy"
    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"the index lacks '{name}' or it is damaged", where=folder, cure=_REBUILD
        ) from error
    changed = array.size != stated["sizes"].get(name)
    if changed or (check and _hash_file(path) != stated["sha256"].get(name)):
        raise InputError(
            f"'{name}' of the index is not what was written", where=folder, cure=_REBUILD
        )
    return array


def _hash_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
