"""The measures that reports pick out of the tables, with the names that readers know."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mslens.plot.palette import name_without_side
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
    GroupMeasure("tiv", "Total intracranial volume, estimated (ml)", "TIV (ml)", "tiv_ml"),
)


#: Measures of ``volumes.tsv`` in the words of a table; others are shown as they are called.
MEASURE_NAMES: Mapping[str, str] = {
    "tiv": "Total intracranial volume, estimated",
    "brain-mask": "Brain mask",
    "csf": "Cerebrospinal fluid",
    "gm": "Grey matter",
    "wm": "White matter, lesions included",
    "brain": "Brain: grey and white matter",
    "brain-parenchymal-fraction": "Brain parenchymal fraction",
    "nawm": "Normal-appearing white matter",
    "lesion-load": "Lesion load",
    "lesion-count": "Number of lesions",
}
#: Measures that the summary of a subject shows as figures, in this order.
KEY_MEASURES = (
    ("brain", "Brain"),
    ("gm", "Grey matter"),
    ("wm", "White matter"),
    ("csf", "CSF"),
    ("tiv", "TIV, estimated"),
)
#: Structures of the chart of a subject, each with a left and a right part.
PAIRED_STRUCTURES = ("thalamus", "caudate", "putamen", "pallidum", "hippocampus", "amygdala")


@dataclass(frozen=True)
class RegionPair:
    """A region with its parts left and right, or a region in the midline.

    Parameters
    ----------
    name : str
        Without its side.
    left_ml, right_ml, midline_ml : float or None
    """

    name: str
    left_ml: float | None = None
    right_ml: float | None = None
    midline_ml: float | None = None

    @property
    def asymmetry(self) -> float | None:
        """(left - right) over their mean; None where one of the two is missing or both are 0."""
        if self.left_ml is None or self.right_ml is None or self.left_ml + self.right_ml <= 0:
            return None
        return 2 * (self.left_ml - self.right_ml) / (self.left_ml + self.right_ml)


def pair_regions(measures: Sequence[Measure]) -> list[RegionPair]:
    """Join the volumes of left and right twins, in the order in which they come."""
    found: dict[str, dict[str, float]] = {}
    for row in measures:
        if row.name == "region" and row.unit == "ml":
            side = row.hemisphere or "midline"
            name = row.region if side == "midline" else name_without_side(row.region)
            found.setdefault(name, {})[f"{side}_ml"] = row.value
    return [RegionPair(name, **sides) for name, sides in found.items()]


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
