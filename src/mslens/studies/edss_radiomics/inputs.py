"""Everything the study starts from, gathered from tables and from the output of `mslens run`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mslens.core.errors import InputError, TableError
from mslens.core.features import FeatureTable
from mslens.io.sidecars import read_sidecar
from mslens.studies.edss_radiomics.clinical_source import read_clinical
from mslens.studies.edss_radiomics.feature_source import read_features
from mslens.studies.edss_radiomics.request import Brought
from mslens.studies.edss_radiomics.run_source import find_run_files, read_disconnection
from mslens.studies.edss_radiomics.tables import (
    ID,
    name_participants,
    read_any_table,
    read_measures,
)


@dataclass(frozen=True, eq=False)
class StudyInput:
    """What the study starts from; tables are indexed by participant label.

    Parameters
    ----------
    clinical : DataFrame
    features, repeat : FeatureTable or None
        Radiomics, and their second measurement.
    volumes, disconnection : DataFrame or None
        float64.
    oracle : Series or None
        Best attainable prediction, of a simulated cohort.
    simulated : bool
    from_run : bool
        Whether features come from `mslens run`.
    facts : dict
        Provenance without paths: hash of the features, extraction settings ...
    """

    clinical: pd.DataFrame
    features: FeatureTable | None = None
    repeat: FeatureTable | None = None
    volumes: pd.DataFrame | None = None
    disconnection: pd.DataFrame | None = None
    oracle: pd.Series[float] | None = None
    simulated: bool = False
    from_run: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


def gather_inputs(out: Path, brought: Brought, *, columns: Mapping[str, str]) -> StudyInput:
    """Read what the user brings, and the rest from the output folder of a run.

    Parameters
    ----------
    out : Path
        Output folder; of an earlier `mslens run`, or new.
    brought : Brought
    columns : mapping of str to str
        mslens' clinical column to the user's.

    Raises
    ------
    InputError
        If there is no clinical table, or nothing to predict from.
    TableError
        If a table cannot be used.
    """
    found = find_run_files(out)
    clinical = brought.clinical or found.participants
    if clinical is None:
        raise InputError(
            "there is no clinical table",
            where=out,
            expected="the output of 'mslens run', or tables of your own",
            cure="Pass --clinical FILE (and --features FILE)",
        )
    features = brought.features or found.features
    volumes = brought.volumes or found.volumes
    chaco = read_disconnection(found.disconnection)
    if brought.disconnection is not None:
        chaco = read_measures(brought.disconnection).add_prefix("chaco.")
    if features is None and volumes is None and chaco is None:
        raise InputError(
            "there is nothing to predict from",
            where=out,
            expected="radiomic features, volumes or disconnection",
            cure="Pass --features FILE, or run 'mslens run' first",
        )
    truth = brought.truth or _truth_beside(features)
    facts = _read_facts(features)
    return StudyInput(
        read_clinical(clinical, columns=columns),
        None if features is None else read_features(features),
        None if brought.features_repeat is None else read_features(brought.features_repeat),
        None if volumes is None else read_measures(volumes),
        chaco,
        None if truth is None else _read_oracle(truth),
        simulated=bool(facts.get("Simulated")) or truth is not None or found.simulated,
        from_run=brought.features is None and features is not None,
        facts={key: facts[key] for key in ("sha256", "settings") if key in facts},
    )


def _truth_beside(features: Path | None) -> Path | None:
    """Return the truth of a simulated feature cohort, which lies beside it."""
    if features is None:
        return None
    path = features.parent / "truth" / "latent.tsv"
    return path if path.is_file() else None


def _read_facts(features: Path | None) -> dict[str, Any]:
    if features is None or not (features / "features.json").is_file():
        return {}
    return read_sidecar(features / "features.json")


def _read_oracle(path: Path) -> pd.Series[float]:
    table = read_any_table(path)
    if "oracle_score" not in table.columns:
        raise TableError("the truth has no column 'oracle_score'", where=path)
    first = table.drop_duplicates(ID)
    return pd.Series(
        first["oracle_score"].astype(float).to_numpy(),
        index=pd.Index(name_participants(first[ID])),
    )
