"""Label maps of other tools: one file per tool says what its numbers mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from mslens.image.parcel_names import Region
from mslens.segment.formats.aal import aal_regions, is_aal
from mslens.segment.formats.freesurfer import freesurfer_regions, is_freesurfer
from mslens.segment.formats.lookup_table import table_regions
from mslens.segment.formats.synthseg import is_synthseg, synthseg_regions

FormatName = Literal["freesurfer", "synthseg", "aal", "table"]
#: Index to name, as the user's lookup table has it; empty without one.
Lookup = Mapping[int, str]


@dataclass(frozen=True)
class LabelFormat:
    """How one tool's label maps are read.

    Parameters
    ----------
    describe : callable
        Label values and the user's table to the regions.
    in_template_space : bool
        The maps are made in MNI space; else in the world of the subject's image.
    has_white_matter : bool
        Ventricles, brainstem and white matter are labelled too.
    """

    describe: Callable[[Iterable[int], Lookup], list[Region]]
    in_template_space: bool
    has_white_matter: bool


FORMATS: dict[FormatName, LabelFormat] = {
    "freesurfer": LabelFormat(freesurfer_regions, False, True),
    "synthseg": LabelFormat(synthseg_regions, False, True),
    "aal": LabelFormat(aal_regions, True, False),
    "table": LabelFormat(table_regions, False, True),
}


def recognise_format(indices: Iterable[int], lookup: Lookup) -> FormatName | None:
    """Guess the tool that made a label map.

    Parameters
    ----------
    indices : iterable of int
        Label values that occur, without 0.
    lookup : mapping of int to str
        The user's table of names, or empty.

    Returns
    -------
    str or None
        Key of `FORMATS`; None when the numbers fit no tool and there is no table.
    """
    values = set(indices)
    if is_aal(values, lookup):
        return "aal"
    if lookup:
        return "table"
    if is_synthseg(values):
        return "synthseg"
    return "freesurfer" if is_freesurfer(values) else None
