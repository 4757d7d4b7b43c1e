"""`mslens import-tractogram`: check the request, build the reference, say what was counted."""

from __future__ import annotations

import sys
from pathlib import Path

from mslens.connectome.steps import ImportSettings, import_tractogram
from mslens.core.errors import InputError
from mslens.pipeline.environment import prepare_environment
from mslens.pipeline.plan import Facts
from mslens.studies.disconnect.request import Atlas, Streamlines

_SUFFIXES = (".tck", ".trk", ".tt", ".tt.gz")
#: Regions named in the message; the rest is a number.
_NAMED = 8


def import_reference(
    tractogram: Path,
    out: Path,
    *,
    name: str | None = None,
    streamlines: Streamlines = Streamlines(),
    atlas: Atlas = Atlas(),
) -> int:
    """Turn a tractogram, or a folder of them, into a reference.

    Parameters
    ----------
    tractogram : Path
        A file, or a folder with one file per reference subject.
    out : Path
        Folder of the reference.
    name : str, optional
        As tables show it; by default the tractogram's.
    streamlines : Streamlines
    atlas : Atlas

    Returns
    -------
    int
        Exit code 0.

    Raises
    ------
    InputError
        If there is no tractogram, or it cannot be used.
    OutputError
        If the folder is not empty or cannot be written.
    """
    prepare_environment()
    files = list_tractograms(tractogram)
    chosen = name or tractogram.name.split(".")[0]
    facts = import_tractogram(
        files,
        out,
        ImportSettings.parse({"name": chosen, "margin_mm": atlas.margin_mm}),
        warp=streamlines.warp,
        parcels=atlas.parcels,
        parcel_table=atlas.parcel_table,
        subject_ids=streamlines.subject_ids,
        subject_property=streamlines.subject_property,
    )
    print(describe_import(facts), file=sys.stderr)  # noqa: T201
    print(out)  # noqa: T201
    return 0


def list_tractograms(path: Path) -> list[Path]:
    """Return the tractogram, or those of a folder in the order of their names.

    Raises
    ------
    InputError
        If there is none.
    """
    if not path.exists():
        raise InputError("there is no such file or folder", where=path)
    if path.is_file():
        return [path]
    found = sorted(file for file in path.iterdir() if file.name.lower().endswith(_SUFFIXES))
    if not found:
        raise InputError(
            "no tractogram lies in the folder", where=path, expected=", ".join(_SUFFIXES)
        )
    return found


def describe_import(facts: Facts) -> str:
    """Say in plain words what was counted, one line each."""
    lines = [
        f"{facts['n_streamlines']} streamlines of {facts['n_subjects']} reference subject(s)",
        f"{100 * facts['brain_share']:.1f}% of the voxels passed lie in the template's brain",
        f"{facts['n_leaving_the_grid']} streamlines leave the grid",
        f"{facts['n_without_region']} end in no region, {facts['n_with_one_region']} in one only",
    ]
    empty = facts["regions_without_streamlines"]
    if empty:
        more = f" and {len(empty) - _NAMED} more" if len(empty) > _NAMED else ""
        lines.append(f"no streamline ends in {', '.join(empty[:_NAMED])}{more}")
    return "\n".join(lines)
