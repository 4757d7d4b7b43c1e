"""``mslens disconnect``: a lesion mask to the disconnection of every region."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mslens.studies.disconnect.request import LesionFile


def disconnect(
    lesions: Path,
    out: Path,
    /,
    *,
    inputs: Annotated[LesionFile, Parameter(name="*")] = LesionFile(),
    tractogram: Path | None = None,
) -> int:
    """Measure which regions lose connections through lesions (ChaCo).

    The share of each region's streamlines that pass a lesion, mean and standard deviation over
    the reference subjects. Without --tractogram the reference is synthetic: it shows the flow
    and is not anatomy.

    Parameters
    ----------
    lesions
        Lesion mask in template space, or in the patient's with --xfm.
    out
        Output folder.
    tractogram
        Reference that 'mslens import-tractogram' wrote.
    """
    from mslens.studies.disconnect.scoring import score_file

    return score_file(lesions, out, inputs=inputs, tractogram=tractogram)
