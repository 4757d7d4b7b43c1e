"""Which images of a session `mslens run` uses, and the masks that the user brings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SessionImages:
    """The input images of one session.

    Parameters
    ----------
    subject : str
        Participant label without ``sub-``.
    session : str or None
        Session label without ``ses-``; None for a dataset without sessions.
    t1w, flair, t2w : Path or None
        Raw images.
    uniform, second_inversion, first_inversion : Path or None
        UNIT1 of an MP2RAGE, which stands for a T1w where there is none, and its inversions.
    brain_mask, lesions, parcels, parcel_table : Path or None
        What the user brings in place of a step, on the grid of the image it was drawn on.
    lesions_space : {"T1w", "FLAIR"}
        The image whose grid the user's lesion mask is on.
    lesion_model : Path or None
        Lesion model of the user's own.
    notes : tuple of str
        Choices among several candidates, in words.
    """

    subject: str
    session: str | None
    t1w: Path | None = None
    flair: Path | None = None
    t2w: Path | None = None
    uniform: Path | None = None
    second_inversion: Path | None = None
    first_inversion: Path | None = None
    brain_mask: Path | None = None
    lesions: Path | None = None
    lesions_space: str = "T1w"
    lesion_model: Path | None = None
    parcels: Path | None = None
    parcel_table: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def reference(self) -> str | None:
        """Suffix of the image on whose grid the session is worked: T1w, else FLAIR."""
        if self.t1w is not None or self.uniform is not None:
            return "T1w"
        return None if self.flair is None else "FLAIR"

    @property
    def reference_image(self) -> Path | None:
        """Path of the raw reference image."""
        return self.t1w or self.uniform or self.flair
