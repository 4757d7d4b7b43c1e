"""Where the dataset of a run lies: for later work on its output, in a hidden file of OUT.

The path is relative to OUT and in no sidecar and no report: where a user keeps data is nobody
else's business.
"""

from __future__ import annotations

import os
from pathlib import Path

from mslens.pipeline.atomic import read_json, to_json, write_atomically

_FILE = Path(".mslens") / "origin.json"


def record_origin(out: Path, dataset: Path) -> None:
    """Remember which dataset an output folder was made from.

    Parameters
    ----------
    out, dataset : Path

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    relative = os.path.relpath(dataset.resolve(), out.resolve())
    write_atomically(out / _FILE, to_json({"dataset": Path(relative).as_posix()}))


def read_origin(out: Path) -> Path | None:
    """Return the dataset that an output folder was made from, which may have gone since.

    Parameters
    ----------
    out : Path

    Returns
    -------
    Path or None
        None where nothing was recorded.
    """
    recorded = read_json(out / _FILE)
    if recorded is None or not isinstance(recorded.get("dataset"), str):
        return None
    return Path(os.path.normpath(out.resolve() / recorded["dataset"]))
