"""``mslens import-tractogram``: streamlines into a reference for disconnection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mslens.studies.disconnect.request import Atlas, Streamlines


def import_tractogram(
    tractogram: Path,
    out: Path,
    /,
    *,
    name: str | None = None,
    streamlines: Annotated[Streamlines, Parameter(name="*")] = Streamlines(),
    atlas: Annotated[Atlas, Parameter(name="*", group="Regions")] = Atlas(),
) -> int:
    """Turn a tractogram into a reference for 'mslens disconnect' and 'mslens run --tractogram'.

    Streamlines that leave the grid or end in no region are counted and named.

    Parameters
    ----------
    tractogram
        File (.tck, .trk, .tt.gz), or a folder of files, one per reference subject.
    out
        Folder of the reference; made, must be empty.
    name
        What tables and reports call the reference (default: the tractogram's name).
    """
    from mslens.studies.disconnect.importing import import_reference

    return import_reference(tractogram, out, name=name, streamlines=streamlines, atlas=atlas)
