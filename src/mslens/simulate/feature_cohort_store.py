"""A simulated cohort as feature tables without images, with its clinic, oracle and truth."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from mslens.core.errors import SettingsError
from mslens.core.features import OBS_COLUMNS, VAR_COLUMNS, FeatureTable
from mslens.core.settings import Settings
from mslens.io.feature_files import save_cohort
from mslens.io.files import write_atomically
from mslens.simulate.clinic import Clinic
from mslens.simulate.cohort import (
    CohortSettings,
    draw_clinics,
    name_patients,
    require_settings,
    simulate_cohort,
)
from mslens.simulate.dataset_store import claim_folder, write_clinical, write_latent
from mslens.simulate.features import N_FEATURES, UNSTABLE_SHARE, draw_features, name_features


class FeatureCohortSettings(Settings):
    """A cohort of feature tables.

    Parameters
    ----------
    cohort : CohortSettings
        Patients only; the first site is the reference.
    n_features : int
        Columns, taken evenly from the 125,580.
    n_second : int
        Patients of the reference site that are measured twice.
    unstable_share : float
        Share of the columns whose second measurement falls below ICC .90.
    """

    cohort: CohortSettings = CohortSettings(n_patients=604)
    n_features: int = Field(default=N_FEATURES, ge=1, le=N_FEATURES)
    n_second: int = Field(default=30, ge=0)
    unstable_share: float = Field(default=UNSTABLE_SHARE, ge=0, le=1)


def simulate_feature_cohort(out: Path, *, settings: FeatureCohortSettings) -> FeatureTable:
    """Simulate feature tables and write them with the clinic and the truth.

    Writes ``participants.tsv``, ``features`` and ``features_second`` (as
    `mslens.io.feature_files.load_cohort` reads them), and in ``truth`` ``latent.tsv`` with the
    oracle and ``features.parquet`` with the weights of every column.

    Parameters
    ----------
    out : Path
        Empty or missing, or of an earlier call with the same settings.
    settings : FeatureCohortSettings

    Returns
    -------
    FeatureTable
        The first measurement, rows in the order of the participants' table.

    Raises
    ------
    SettingsError
        If controls, further visits or more second measurements than patients are asked for.
    UnknownName
        If a site is unknown.
    DatasetError
        If `out` holds something else.
    """
    clinics = _require_patients(settings)
    claim_folder(out, settings)
    first, second, truth = _draw(clinics, settings)
    cohort = simulate_cohort(settings.cohort)
    people = first.obs["participant_id"]
    chart = cohort.participants.set_index("participant_id").loc[people].reset_index()
    write_clinical(out / "participants.tsv", chart)
    write_latent(out / "truth", cohort.latent.query("session_id == 'ses-1'"))
    buffer = io.BytesIO()
    truth.to_parquet(buffer, index=False)
    write_atomically(out / "truth" / "features.parquet", buffer.getvalue())
    if len(second.obs):
        save_cohort(out / "features_second", second, facts={"Simulated": True})
    save_cohort(out / "features", first, facts={"Simulated": True})
    return first


def _require_patients(settings: FeatureCohortSettings) -> tuple[Clinic, ...]:
    cohort = settings.cohort
    require_settings(cohort)
    if cohort.n_controls or cohort.n_visits > 1:
        raise SettingsError(
            "features without images are simulated for patients at their first visit",
            expected="n_controls = 0 and n_visits = 1",
        )
    clinics = draw_clinics(cohort)
    if settings.n_second > len(clinics[0].female):
        raise SettingsError(
            f"{settings.n_second} second measurements are asked for",
            expected=f"at most the {len(clinics[0].female)} patients of {cohort.sites[0]}",
            cure="Set n_second, or simulate more patients",
        )
    return clinics


def _draw(
    clinics: tuple[Clinic, ...], settings: FeatureCohortSettings
) -> tuple[FeatureTable, FeatureTable, pd.DataFrame]:
    people = np.concatenate([name_patients(c.site, len(c.female)) for c in clinics])
    matrix = np.empty((len(people), settings.n_features), dtype=np.float32)
    again = np.empty((settings.n_second, settings.n_features), dtype=np.float32)
    truths = []
    for chunk in draw_features(
        clinics,
        seed=settings.cohort.seed,
        n_features=settings.n_features,
        n_second=settings.n_second,
        unstable_share=settings.unstable_share,
    ):
        columns = slice(chunk.start, chunk.start + chunk.features.shape[1])
        matrix[:, columns], again[:, columns] = chunk.features, chunk.second
        truths.append(chunk.truth)
    names = name_features(settings.n_features)
    var = names[list(VAR_COLUMNS)]
    obs = pd.DataFrame({OBS_COLUMNS[0]: people, OBS_COLUMNS[1]: ""})
    truth = pd.concat([names, pd.concat(truths, ignore_index=True)], axis=1)
    return (
        FeatureTable(matrix, obs, var),
        FeatureTable(again, obs.iloc[: settings.n_second].reset_index(drop=True), var),
        truth.drop(columns="number"),
    )
