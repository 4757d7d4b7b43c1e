"""Tractogram files: .tck, .trk and .tt.gz in, with the reference subject of each streamline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mslens.connectome.tck import parse_tck
from mslens.connectome.tinytrack import parse_tinytrack
from mslens.connectome.tractogram import Tractogram, join_tractograms
from mslens.connectome.trk import parse_trk
from mslens.core.errors import InputError
from mslens.io.files import decompress, read_bytes, read_start

_EXPECTED = "a tractogram: .tck (MRtrix), .trk (TrackVis) or .tt.gz (DSI Studio)"


def read_tractogram(path: Path, *, subject_property: str | None = None) -> Tractogram:
    """Read a tractogram; a .tck file is memory-mapped.

    Parameters
    ----------
    path : Path
        ``.tck``, ``.trk``, ``.tt`` or ``.tt.gz``.
    subject_property : str, optional
        Property of a .trk file that tells the reference subject of each streamline.

    Returns
    -------
    Tractogram

    Raises
    ------
    InputError
        If the file cannot be read, is of another kind or damaged; the message names it.
    """
    name = path.name.lower()
    try:
        if name.endswith(".tck"):
            read_start(path, 16)
            return parse_tck(np.memmap(path, dtype=np.uint8, mode="r"))
        if name.endswith(".trk"):
            content = np.frombuffer(read_bytes(path), dtype=np.uint8)
            return parse_trk(content, subject_property=subject_property)
        if name.endswith((".tt", ".tt.gz")):
            return parse_tinytrack(decompress(read_bytes(path), where=path))
    except InputError as error:
        if error.where is not None:
            raise
        raise InputError(
            error.what, where=path, expected=error.expected, cure=error.cure
        ) from error
    raise InputError(
        f"files of type '{path.suffix}' cannot be read", where=path, expected=_EXPECTED
    )


def read_tractograms(
    paths: Sequence[Path],
    *,
    subject_ids: Path | None = None,
    subject_property: str | None = None,
) -> tuple[Tractogram, tuple[str, ...]]:
    """Read one or more tractograms; several files are several reference subjects.

    Parameters
    ----------
    paths : sequence of Path
    subject_ids : Path, optional
        Text file with one id per line, one line per streamline of the only tractogram.
    subject_property : str, optional
        As in `read_tractogram`.

    Returns
    -------
    tractogram : Tractogram
    subjects : tuple of str
        Ids of the reference subjects, in the order of their numbers.

    Raises
    ------
    InputError
        If there is no file, ids are given for several files, or their number is not that of
        the streamlines.
    """
    if not paths:
        raise InputError("no tractogram is given", expected=_EXPECTED)
    if subject_ids is not None and len(paths) > 1:
        raise InputError(
            f"ids of streamlines are given for {len(paths)} tractograms",
            where=subject_ids,
            expected="one tractogram, or one file per reference subject",
        )
    parts = [read_tractogram(path, subject_property=subject_property) for path in paths]
    if subject_ids is not None:
        names, codes = _read_ids(subject_ids, parts[0].n_streamlines)
        return replace(parts[0], subject_of=codes), names
    joined = join_tractograms(parts)
    if len(parts) > 1 and subject_property is None:
        return joined, tuple(path.name.split(".")[0] for path in paths)
    count = int(joined.subject_of.max()) + 1
    return joined, tuple(f"reference-{i + 1}" for i in range(count))


def _read_ids(path: Path, n_streamlines: int) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    lines = read_bytes(path).decode("utf-8-sig").splitlines()
    ids = [line.strip() for line in lines if line.strip()]
    if len(ids) != n_streamlines:
        raise InputError(
            f"{len(ids)} ids for {n_streamlines} streamlines",
            where=path,
            expected="one id per line, in the order of the streamlines",
        )
    names, codes = np.unique(np.array(ids), return_inverse=True)
    return tuple(str(name) for name in names), codes.astype(np.int32).reshape(-1)
