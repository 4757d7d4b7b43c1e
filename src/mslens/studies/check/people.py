"""Check the tables of a dataset: participants, sessions and phenotype."""

from __future__ import annotations

from collections.abc import Mapping

from mslens.core.errors import MslensError, TableError
from mslens.io.bids import BidsIndex
from mslens.io.clinical import CLINICAL_COLUMNS
from mslens.io.participants import (
    compare_with_folders,
    read_phenotype,
    survey_participants,
    survey_sessions,
)
from mslens.studies.check.findings import explain


def check_tables(index: BidsIndex, columns: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Say what the clinical tables hold and what is wrong in them.

    Parameters
    ----------
    index : BidsIndex
    columns : Mapping of str to str
        mslens' column name to the user's.

    Returns
    -------
    remarks, problems : list of str
    """
    remarks, problems = _participants(index, columns)
    for file in index.find(suffix="sessions", extension=".tsv"):
        try:
            survey = survey_sessions(file.path, columns=columns)
            found = [problem.describe(prefix="ses-") for problem in survey.problems]
        except MslensError as error:
            found = [explain(error)]
        problems += [f"{file.name}: {message}" for message in found]
    try:
        tables = read_phenotype(index.root)
    except TableError as error:
        problems.append(f"phenotype: {error}")
    else:
        if tables:
            remarks.append(f"phenotype tables: {', '.join(tables)}")
    return remarks, problems


def _participants(index: BidsIndex, columns: Mapping[str, str]) -> tuple[list[str], list[str]]:
    path = index.root / "participants.tsv"
    if not path.exists():
        return ["there is no participants.tsv: nothing can be adjusted for age and sex"], []
    try:
        survey = survey_participants(path, columns=columns)
    except MslensError as error:
        return [], [f"participants.tsv: {explain(error)}"]
    known = [name for name in CLINICAL_COLUMNS if name in survey.table.columns]
    others = [str(name) for name in survey.table.columns if name not in CLINICAL_COLUMNS]
    remarks = [
        f"participants.tsv: {len(survey.table)} participants;"
        f" understood: {', '.join(known) or 'none'}"
        + (f"; other columns: {', '.join(others)}" if others else "")
    ]
    found = (*survey.problems, *compare_with_folders(survey.table, index.subjects))
    return remarks, [f"participants.tsv: {problem.describe()}" for problem in found]
