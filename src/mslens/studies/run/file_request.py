"""What a user asks of `mslens preprocess` and `mslens segment`: one session's files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class FileInputs:
    """Images of one session and how to call them.

    Parameters
    ----------
    flair
        FLAIR of the same session.
    t2w
        T2w of the same session.
    brain_mask
        Your own brain mask on the grid of the image.
    label
        Participant label of the outputs.
    config
        TOML file of settings.
    """

    flair: Path | None = None
    t2w: Path | None = None
    brain_mask: Path | None = None
    label: str = "image"
    config: Path | None = None


@dataclass(frozen=True, kw_only=True)
class FileResults:
    """Your own results for single files, in place of a step.

    Parameters
    ----------
    lesion_mask
        Your own lesion mask.
    lesion_space
        Image whose grid the lesion mask is on.
    lesion_model
        "fallback" for the unsupervised mixture, or a folder that 'mslens train-lesions' wrote.
    parcels
        Your own label map on the grid of the image.
    parcel_table
        Table of names for the label map (TSV with index and name).
    """

    lesion_mask: Path | None = None
    lesion_space: Literal["T1w", "FLAIR"] = "T1w"
    lesion_model: str | None = None
    parcels: Path | None = None
    parcel_table: Path | None = None
