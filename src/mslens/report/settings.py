"""Settings of the reports."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from mslens.core.settings import Settings


class ReportSettings(Settings):
    """What every report needs besides the results.

    Parameters
    ----------
    title : str
        Name of the study or dataset, printed under the heading.
    command : str
        Equivalent command with BIDS and OUT in the place of paths.
    versions : dict of str to str
        Name of a program or library to its version.
    methods : dict of str to dict
        Step to the settings that it ran with, for the methods paragraph.
    max_megabytes : float
        Largest size of a report.
    """

    title: str = ""
    command: str = ""
    versions: dict[str, str] = Field(default_factory=dict)
    methods: dict[str, dict[str, Any]] = Field(default_factory=dict)
    max_megabytes: float = Field(default=15.0, ge=1.0, le=100.0)


class SubjectReportSettings(ReportSettings):
    """Settings of the report of one subject.

    Parameters
    ----------
    subject : str
        Label without ``sub-``.
    viewer : bool
        Whether the interactive viewer is put in.
    pixel_mm : float
        Edge of a pixel of the pictures.
    tiles : int
        Slices per picture.
    margin_mm : float
        How far beyond the brain mask the picture of the mask shows the image.
    notes : dict of str to tuple of str
        Session label (empty without sessions) to remarks on its input images.
    """

    subject: str
    viewer: bool = True
    pixel_mm: float = Field(default=0.7, ge=0.2, le=3.0)
    tiles: int = Field(default=12, ge=4, le=40)
    margin_mm: float = Field(default=6.0, ge=0.0, le=10.0)
    notes: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class GroupReportSettings(ReportSettings):
    """Settings of the report of a group.

    Parameters
    ----------
    subjects : tuple of str
        Labels of everyone who should be in it: who has no result at all is named as such.
    outlier_z : float
        Robust z beyond which a value is named an outlier.
    min_sessions : int
        With fewer values than this no outlier is named.
    """

    subjects: tuple[str, ...] = ()
    outlier_z: float = Field(default=3.5, gt=0)
    min_sessions: int = Field(default=8, ge=3)
