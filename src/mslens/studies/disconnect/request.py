"""What a user asks of `mslens import-tractogram` and `mslens disconnect`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Streamlines:
    """Where the streamlines are, and whose they are.

    Parameters
    ----------
    warp
        Transform from-template_to-tractogram, for streamlines that are not in template space.
    subject_ids
        Text file with the reference subject of each streamline, one per line.
    subject_property
        Property of a .trk file that holds the reference subject.
    """

    warp: Path | None = None
    subject_ids: Path | None = None
    subject_property: str | None = None


@dataclass(frozen=True, kw_only=True)
class Atlas:
    """The regions in which streamlines end.

    Parameters
    ----------
    parcels
        Label map in template space (default: the built-in 116 regions).
    parcel_table
        Table of its names.
    margin_mm
        How far from a region the end of a streamline may lie.
    """

    parcels: Path | None = None
    parcel_table: Path | None = None
    margin_mm: float = 2.0


@dataclass(frozen=True, kw_only=True)
class LesionFile:
    """How a lesion mask is read.

    Parameters
    ----------
    xfm
        Transform of the image to the template, as 'mslens run' writes it
        (from-T1w_to-MNI152NLin2009aSym); without it the mask is taken to be in template space.
    label
        Participant label of the outputs.
    include_within
        Count streamlines within one region too.
    """

    xfm: Path | None = None
    label: str = "image"
    include_within: bool = False
