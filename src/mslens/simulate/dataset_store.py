"""Write the tables and descriptions of a simulated dataset."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import mslens
from mslens.core.errors import DatasetError
from mslens.core.settings import Settings
from mslens.io.clinical import CLINICAL_COLUMNS
from mslens.io.derivatives import BIDS_VERSION, write_dataset_description
from mslens.io.files import read_bytes, write_atomically
from mslens.io.sidecars import write_sidecar
from mslens.io.tables import ColumnDescription, write_tsv
from mslens.simulate.clinic import DAMAGE_FACTORS
from mslens.simulate.cohort import Cohort
from mslens.simulate.steps import RAW_FOLDER, TRUTH_FOLDER

_README = """# Simulated multiple sclerosis cohort

Nobody in this dataset is a real person. People, disease, anatomy, lesions and images come from
`mslens simulate`; `../truth` holds what is true of each of them, under the names that the
pipeline gives to its estimates. A score on these data shows that the machinery works, not that it
works in the clinic.
"""

_LATENT = {
    "participant_id": ColumnDescription("Participant"),
    "session_id": ColumnDescription("Visit"),
    "years_since_first_visit": ColumnDescription("Time since the first visit", units="years"),
    "severity": ColumnDescription("Latent severity, standard normal"),
    "age_factor": ColumnDescription("Latent age factor, standard normal"),
    "duration_factor": ColumnDescription("Latent duration factor, standard normal"),
    **{
        f"damage_{name}": ColumnDescription(f"Damage factor of {name.replace('_', ' ')}")
        for name in DAMAGE_FACTORS
    },
    "oracle_score": ColumnDescription("Best attainable prediction of the score"),
    "oracle_disabled": ColumnDescription("Best attainable probability of a score from 3 on"),
    "target_lesion_load_ml": ColumnDescription(
        "Lesion volume asked for at the first visit", units="ml"
    ),
}


SETTINGS_FILE = "simulation.toml"


def claim_folder(out: Path, settings: Settings, *, name: str = SETTINGS_FILE) -> None:
    """Leave the settings in an empty folder, or recognise our own.

    Parameters
    ----------
    out : Path
    settings : Settings
    name : str
        File that holds them.

    Raises
    ------
    DatasetError
        If the folder holds something else, or was made with other settings.
    OutputError
        If it cannot be written.
    """
    path = out / name
    text = settings.to_toml()
    if path.is_file():
        if read_bytes(path).decode(errors="replace") == text:
            return
        raise DatasetError(
            "the folder holds something that was made with other settings",
            where=out,
            cure="Choose another folder, or delete this one",
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DatasetError(
            "the folder already holds something else",
            where=out,
            expected="an empty or missing folder",
            cure="Choose another folder",
        )
    write_atomically(path, text)


def write_tables(out: Path, cohort: Cohort, *, has_sessions: bool) -> None:
    """Write descriptions, participants, sessions and the latent truth.

    Parameters
    ----------
    out : Path
        Holds ``bids`` and ``truth``.
    cohort : Cohort
    has_sessions : bool
        Whether there are ``ses-`` folders; else the dates go into the participants' table.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    raw, truth = out / RAW_FOLDER, out / TRUTH_FOLDER
    write_sidecar(
        raw / "dataset_description.json",
        {
            "Name": "Simulated multiple sclerosis cohort",
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "raw",
            "License": "CC0",
            "GeneratedBy": [{"Name": "mslens simulate", "Version": mslens.__version__}],
        },
    )
    write_atomically(raw / "README", _README)
    write_dataset_description(truth, name="Truth of a simulated cohort", source=f"../{RAW_FOLDER}")
    participants = cohort.participants
    if has_sessions:
        _write_sessions(raw, cohort.sessions)
    else:
        dates = cohort.sessions[["participant_id", "scan_date", "examination_date"]]
        participants = participants.merge(dates, on="participant_id", how="left")
    write_clinical(raw / "participants.tsv", participants)
    write_latent(truth, cohort.latent)


def write_latent(truth: Path, latent: pd.DataFrame) -> None:
    """Write ``latent.tsv``: severity, factors, damage, the oracle, per visit."""
    table = latent.reindex(columns=list(_LATENT))
    write_tsv(truth / "latent.tsv", table, columns=_LATENT)


def _write_sessions(raw: Path, sessions: pd.DataFrame) -> None:
    constant = ["participant_id", "sex", "group", "site"]
    for name, visits in sessions.groupby("participant_id"):
        path = raw / str(name) / f"{name}_sessions.tsv"
        write_clinical(path, visits.drop(columns=constant))


def write_clinical(path: Path, table: pd.DataFrame) -> None:
    """Write a table of clinical columns with its data dictionary."""
    columns = {}
    for name in table.columns:
        known = CLINICAL_COLUMNS.get(str(name))
        if known is None:
            columns[str(name)] = ColumnDescription("Identifier")
            continue
        levels = {level: level for level in known.levels}
        columns[str(name)] = ColumnDescription(known.description, units=known.units, levels=levels)
    write_tsv(path, table, columns=columns)
