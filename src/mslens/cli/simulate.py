"""``mslens simulate``: a BIDS dataset of simulated patients with the truth beside it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def simulate(
    out: Path,
    /,
    *,
    n: Annotated[int, Parameter(name=("-n", "--n-patients"))] = 24,
    controls: int = 0,
    seed: int = 0,
    voxel_size: float = 1.0,
    sites: tuple[str, ...] = ("site1", "site2"),
    visits: int = 1,
    age_range: tuple[float, float] | None = None,
    lesion_load: tuple[float, float] | None = None,
    nprocs: int = 1,
) -> int:
    """Simulate a BIDS dataset of patients whose truth is known.

    Anatomy from the bundled template under a random deformation with atrophy, MS-like lesions,
    T1w, FLAIR and T2w of several scanners; the truth lies in OUT/truth. The same seed gives the
    same bytes.

    Parameters
    ----------
    out
        Output folder, empty or of an earlier call with the same settings.
    n
        Number of patients.
    controls
        Number of healthy controls.
    seed
        Seed of everything.
    voxel_size
        Voxel size of the anatomy in mm, 0.5 to 4.
    sites
        Sites that share the patients: site1 to site5.
    visits
        Visits of everybody.
    age_range
        Youngest and oldest age in years (default: the sites' own).
    lesion_load
        Mean and standard deviation of the lesion volume in ml (default: the sites' own).
    nprocs
        Processes at a time.
    """
    from mslens.pipeline.environment import prepare_environment

    prepare_environment()
    from mslens.simulate.dataset import simulate_dataset
    from mslens.simulate.settings import SimulationSettings

    settings = SimulationSettings.parse(
        {
            "cohort": {
                "n_patients": n,
                "n_controls": controls,
                "seed": seed,
                "sites": sites,
                "n_visits": visits,
                "age_range_years": age_range,
                "lesion_load_ml": lesion_load,
            },
            "voxel_size_mm": voxel_size,
        }
    )

    def tell(done: int, total: int, participant: str) -> None:
        print(f"[{done}/{total}] {participant}".rstrip(), file=sys.stderr)  # noqa: T201

    made = simulate_dataset(out, settings=settings, progress=tell, n_workers=nprocs)
    print(made.bids)  # noqa: T201
    return 0
