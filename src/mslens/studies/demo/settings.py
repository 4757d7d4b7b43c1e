"""What the demo shows: few people, a coarse grid."""

from __future__ import annotations

from pydantic import Field

from mslens.core.settings import Settings
from mslens.simulate.cohort import CohortSettings
from mslens.simulate.settings import SimulationSettings


class DemoSettings(Settings):
    """Size of the demo.

    Parameters
    ----------
    n_patients : int
        Shared by two sites, the second with a thick-slice FLAIR.
    n_returning : int
        Patients of the first site with a second visit.
    n_controls : int
        Of the full demo alone: as many as z-scores for age, sex and head size need. In the light
        one they would take three times as long as all else.
    voxel_size_mm : float
    seed : int
        Of everything random. With the default one T2w has motion ghosts, one lesion is new at the
        second visit and loads are 2 to 20 ml.
    """

    n_patients: int = Field(default=5, ge=2)
    n_returning: int = Field(default=1, ge=0)
    n_controls: int = Field(default=20, ge=0)
    voxel_size_mm: float = Field(default=2.0, ge=0.5, le=4.0)
    seed: int = Field(default=5, ge=0)

    def simulation(self, *, is_full: bool = False) -> SimulationSettings:
        """Return what is simulated."""
        cohort = CohortSettings(
            n_patients=self.n_patients,
            n_controls=self.n_controls if is_full else 0,
            n_returning=self.n_returning,
            sites=("site1", "site2"),
            seed=self.seed,
        )
        return SimulationSettings(cohort=cohort, voxel_size_mm=self.voxel_size_mm)
