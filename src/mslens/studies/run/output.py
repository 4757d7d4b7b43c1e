"""Whether a folder may be used as the output of a run."""

from __future__ import annotations

from pathlib import Path

from mslens.core.errors import OutputError
from mslens.io.derivatives import read_makers


def require_output_folder(out: Path, *, inputs: Path) -> None:
    """Refuse an output folder that holds something else, or the inputs themselves.

    Raises
    ------
    OutputError
        If `out` is a file, holds the inputs themselves, or has content that is not ours.
    """
    cure = "Choose an empty or a new folder, such as BIDS/derivatives/mslens"
    if out.exists() and not out.is_dir():
        raise OutputError("the output folder is a file", where=out, cure=cure)
    if inputs.resolve().is_relative_to(out.resolve()):
        raise OutputError("the output folder holds the input itself", where=out, cure=cure)
    if not out.is_dir() or not _visible_content(out):
        return
    if "mslens" not in read_makers(out):
        raise OutputError(
            "the output folder holds something that mslens did not write",
            where=out,
            expected="an empty folder or an output of mslens",
            cure=cure,
        )


def _visible_content(folder: Path) -> bool:
    try:
        return any(not child.name.startswith(".") for child in folder.iterdir())
    except OSError as error:
        raise OutputError(
            f"the output folder cannot be read ({error.strerror})", where=folder
        ) from error
