"""``mslens segment``: lesions, tissue, parcels and volumes of single files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mslens.studies.run.file_request import FileInputs, FileResults


def segment(
    image: Path,
    out: Path,
    /,
    *,
    inputs: Annotated[FileInputs, Parameter(name="*")] = FileInputs(),
    results: Annotated[FileResults, Parameter(name="*", group="Your own results")] = FileResults(),
) -> int:
    """Segment one T1w with its FLAIR: lesions, tissue, parcels, volumes, and a report.

    The preprocessing that this needs runs first, unless OUT holds it already.

    Parameters
    ----------
    image
        T1w image; a FLAIR when its name ends in _FLAIR and none is given with --flair.
    out
        Output folder, laid out as by 'mslens run'.
    """
    from mslens.studies.run.files import run_files

    stages = ("preprocess", "segment", "report")
    return run_files(image, out, inputs=inputs, results=results, stages=stages)
