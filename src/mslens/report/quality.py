"""The figures of image quality of a session as a report shows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mslens.report.redaction import redact
from mslens.report.tables import read_number, read_rows

#: Measures in the words of a table; others are shown as they are called.
QUALITY_NAMES = {
    "noise": "Noise / brain",
    "ghost": "Ghosts in the air / brain",
    "slice_jump": "Largest jump between slices",
    "bias": "Bias, 99th / 1st percentile",
    "contrast_fit": "Contrast of the tissues",
    "registration_margin": "Margin of the registration",
    "handedness": "Margin over the mirror image",
    "missing": "Brain outside the image",
    "lesion_brightness": "Brightness of the lesions",
    "lesion_share": "Lesions / brain",
}


@dataclass(frozen=True)
class QualityRow:
    """One figure of one image.

    Parameters
    ----------
    image, measure : str
    value, limit : float or None
        None where not known.
    is_flagged : bool
    """

    image: str
    measure: str
    value: float | None
    limit: float | None
    is_flagged: bool

    @property
    def name(self) -> str:
        """The measure in words."""
        return QUALITY_NAMES.get(self.measure, self.measure)


def read_quality(path: Path) -> list[QualityRow]:
    """Read the table of quality.

    Raises
    ------
    TableError
        If the file cannot be read or a needed column is missing.
    """
    return [
        QualityRow(
            image=redact(row["image"]),
            measure=redact(row["measure"]),
            value=read_number(row, "value"),
            limit=read_number(row, "limit"),
            is_flagged=read_number(row, "flagged") == 1,
        )
        for row in read_rows(path, needed=("image", "measure", "value", "limit", "flagged"))
    ]
