"""The measures that reports pick out of the tables, with the names that readers know."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mslens.report.tables import Lesion, Measure


@dataclass(frozen=True)
class GroupMeasure:
    """A measure of the group report.

    Parameters
    ----------
    name : str
        ``lesion_load`` and ``lesion_count`` come from the lesion table, every other name is a
        measure of the whole brain in ``volumes.tsv``.
    label : str
        With its unit.
    short : str
        For the head of a column on the page.
    column : str
        For the head of a column in a file.
    log : bool
        Whether outliers are sought on a logarithmic scale.
    """

    name: str
    label: str
    short: str
    column: str
    log: bool = False


GROUP_MEASURES = (
    GroupMeasure("lesion_load", "Lesion volume (ml)", "Lesions (ml)", "lesion_ml", log=True),
    GroupMeasure("lesion_count", "Number of lesions", "Lesions (n)", "lesion_count", log=True),
    GroupMeasure("brain", "Brain volume (ml)", "Brain (ml)", "brain_ml"),
    GroupMeasure("gm", "Grey matter volume (ml)", "GM (ml)", "gm_ml"),
    GroupMeasure("wm", "White matter volume (ml)", "WM (ml)", "wm_ml"),
    GroupMeasure("csf", "Cerebrospinal fluid volume (ml)", "CSF (ml)", "csf_ml"),
    GroupMeasure("tiv", "Total intracranial volume (ml)", "TIV (ml)", "tiv_ml"),
)


def find_value(
    measure: GroupMeasure, lesions: Sequence[Lesion] | None, measures: Sequence[Measure]
) -> float:
    """Return the value of a measure for a session; NaN when it was not measured."""
    if measure.name == "lesion_load":
        return math.nan if lesions is None else sum(lesion.volume_ml for lesion in lesions)
    if measure.name == "lesion_count":
        return math.nan if lesions is None else float(len(lesions))
    for row in measures:
        if row.name == measure.name and not row.region:
            return row.value
    return math.nan
