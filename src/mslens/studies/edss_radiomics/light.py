"""The study in a light form on a simulated cohort, for demonstrations and tests."""

from __future__ import annotations

from pathlib import Path

from mslens.simulate.cohort import CohortSettings
from mslens.simulate.feature_cohort_store import FeatureCohortSettings, simulate_feature_cohort
from mslens.studies.edss_radiomics.flow import run_study
from mslens.studies.edss_radiomics.inputs import StudyInput, gather_inputs
from mslens.studies.edss_radiomics.outputs import StudyFiles
from mslens.studies.edss_radiomics.progress import Tell
from mslens.studies.edss_radiomics.request import Brought
from mslens.studies.edss_radiomics.settings import ModelSettings, StudySettings


def light_settings(*, seed: int = 0) -> StudySettings:
    """Return settings that take a minute: five folds, small forests, few searches and resamples."""
    return StudySettings(
        n_folds=5,
        n_resamples=500,
        seed=seed,
        models=ModelSettings(n_trees=60, n_trees_tuned=15, n_restarts=0),
    )


def demonstrate(
    out: Path,
    *,
    n_patients: int = 604,
    n_features: int = 3000,
    seed: int = 7,
    settings: StudySettings | None = None,
    n_workers: int = 1,
    tell: Tell = lambda _: None,
) -> StudyFiles:
    """Simulate feature tables of a cohort and run the whole study on them.

    Parameters
    ----------
    out : Path
        Gets ``cohort`` (the simulated tables with their truth) and ``edss-radiomics``.
    n_patients : int
        604 are the 500 + 104 of the paper's two sites.
    n_features : int
        1 to 125,580.
    seed : int
    settings : StudySettings, optional
        Default: `light_settings`.
    n_workers : int
        Folds worked on at a time.
    tell : callable
        Told what is being done.

    Returns
    -------
    StudyFiles
        ``report``, ``model`` and ``result``.
    """
    settings = settings or light_settings(seed=seed)
    data = simulate_input(
        out, n_patients=n_patients, n_features=n_features, seed=seed, settings=settings
    )
    command = "mslens study edss-radiomics OUT --features FEATURES --clinical TABLE"
    folder = out / "edss-radiomics"
    return run_study(data, folder, settings, command=command, n_workers=n_workers, tell=tell)


def simulate_input(
    out: Path,
    *,
    n_patients: int = 604,
    n_features: int = 3000,
    seed: int = 7,
    settings: StudySettings,
) -> StudyInput:
    """Simulate feature tables of a cohort in ``out / "cohort"`` and read them as the study does."""
    cohort = out / "cohort"
    simulate_feature_cohort(
        cohort,
        settings=FeatureCohortSettings(
            cohort=CohortSettings(n_patients=n_patients, seed=seed), n_features=n_features
        ),
    )
    brought = Brought(
        features=cohort / "features",
        features_repeat=cohort / "features_second",
        clinical=cohort / "participants.tsv",
    )
    return gather_inputs(out, brought, columns=settings.columns)
