"""Everything the study starts from, gathered from tables and from the output of `mslens run`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mslens.core.errors import InputError
from mslens.core.features import FeatureTable
from mslens.io.sidecars import read_sidecar
from mslens.studies.edss_radiomics.clinical_source import read_clinical
from mslens.studies.edss_radiomics.measured import read_measured
from mslens.studies.edss_radiomics.oracle_source import find_truth, read_oracle
from mslens.studies.edss_radiomics.request import Brought
from mslens.studies.edss_radiomics.run_source import (
    RunFiles,
    find_run_files,
    read_disconnection,
    without_visits,
)
from mslens.studies.edss_radiomics.tables import (
    read_measures,
)


@dataclass(frozen=True, eq=False)
class StudyInput:
    """What the study starts from; tables are indexed by participant label.

    Parameters
    ----------
    clinical : DataFrame
    features, repeat : FeatureTable or None
        Radiomics without repeated sessions, and a second measurement of some.
    repeated : FeatureTable or None
        What `repeat` repeats, where that is not `features`.
    remarks : tuple of str
        What the user must know of how these were found.
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
    repeated: FeatureTable | None = None
    remarks: tuple[str, ...] = ()


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
        raise _no_clinical(out, found)
    features = brought.features or found.features
    volumes = brought.volumes or found.volumes
    measured, repeats = read_measured(features, brought, found)
    chaco = read_disconnection(without_visits(found.disconnection, repeats.left_out))
    if brought.disconnection is not None:
        chaco = read_measures(brought.disconnection, left_out=repeats.left_out)
        chaco = chaco.add_prefix("chaco.")
    if features is None and volumes is None and chaco is None:
        raise InputError(
            "there is nothing to predict from",
            where=out,
            expected="radiomic features, volumes or disconnection",
            cure="Pass --features FILE, or run 'mslens run' first",
        )
    truth = brought.truth or find_truth(features)
    facts = _read_facts(features)
    return StudyInput(
        read_clinical(clinical, columns=columns),
        measured.rows,
        measured.second,
        None if volumes is None else read_measures(volumes, left_out=repeats.left_out),
        chaco,
        None if truth is None else read_oracle(truth),
        simulated=bool(facts.get("Simulated")) or truth is not None or found.simulated,
        from_run=brought.features is None and features is not None,
        facts={key: facts[key] for key in ("sha256", "settings") if key in facts},
        repeated=measured.first,
        remarks=(repeats.remark,) if repeats.remark else (),
    )


def _no_clinical(out: Path, found: RunFiles) -> InputError:
    if found.lost is None:
        return InputError(
            "there is no clinical table",
            where=out,
            expected="the output of 'mslens run', or tables of your own",
            cure="Pass --clinical FILE (and --features FILE)",
        )
    gone = "has no participants.tsv" if found.lost.is_dir() else "is not where it was"
    return InputError(
        f"there is no clinical table: the dataset of this run {gone}",
        where=found.lost,
        expected="its participants.tsv",
        cure="Pass --clinical FILE",
    )


def _read_facts(features: Path | None) -> dict[str, Any]:
    if features is None or not (features / "features.json").is_file():
        return {}
    return read_sidecar(features / "features.json")
