"""What `simulate_dataset` is asked for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from mslens.core.settings import Settings
from mslens.simulate.cohort import CohortSettings

Suffix = Literal["T1w", "FLAIR", "T2w"]


class SimulationSettings(Settings):
    """A dataset of images with a known truth.

    Parameters
    ----------
    cohort : CohortSettings
        Who is simulated; its seed is the seed of everything.
    voxel_size_mm : float
        Of the anatomy, 0.5 to 4; no image has smaller voxels, except where a scanner
        interpolates its matrix.
    images : tuple of {"T1w", "FLAIR", "T2w"}
        T1w is always among them: the truth lies on its grid.
    scanner : str, optional
        One scanner for all, instead of the sites' own.
    motion_share : float
        Share of the images with motion ghosts.
    """

    cohort: CohortSettings = CohortSettings()
    voxel_size_mm: float = Field(default=1.0, ge=0.5, le=4.0)
    images: tuple[Suffix, ...] = ("T1w", "FLAIR", "T2w")
    scanner: str | None = None
    motion_share: float = Field(default=0.04, ge=0, le=1)

    @field_validator("images")
    @classmethod
    def _t1w_is_there(cls, value: tuple[Suffix, ...]) -> tuple[Suffix, ...]:
        if "T1w" not in value or len(set(value)) != len(value):
            raise ValueError("images must name T1w, and each image once")
        return value
