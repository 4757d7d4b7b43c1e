"""``mslens preprocess``: brain mask, bias correction and registration of single files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mslens.studies.run.file_request import FileInputs


def preprocess(
    image: Path,
    out: Path,
    /,
    *,
    inputs: Annotated[FileInputs, Parameter(name="*")] = FileInputs(),
) -> int:
    """Preprocess one T1w (or one FLAIR): brain mask, N4, FLAIR to T1w, T1w to MNI.

    Parameters
    ----------
    image
        T1w image; a FLAIR when its name ends in _FLAIR and none is given with --flair.
    out
        Output folder, laid out as by 'mslens run'.
    """
    from mslens.studies.run.files import run_files

    return run_files(image, out, inputs=inputs, stages=("preprocess",))
