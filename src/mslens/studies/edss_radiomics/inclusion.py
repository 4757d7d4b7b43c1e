"""Who is in the study and who is not, with the reason of every exclusion and the names."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mslens.core.errors import TableError
from mslens.core.features import FeatureTable
from mslens.evaluate.cohort import list_names, match_participants
from mslens.learn.columns import iterate_blocks
from mslens.studies.edss_radiomics.clinical_source import RULE_COLUMNS
from mslens.studies.edss_radiomics.exclusion import InclusionFlow, Sieve
from mslens.studies.edss_radiomics.inputs import StudyInput
from mslens.studies.edss_radiomics.settings import StudySettings
from mslens.studies.edss_radiomics.tables import ID


def apply_inclusion(data: StudyInput, settings: StudySettings) -> InclusionFlow:
    """Decide who is in the study.

    Parameters
    ----------
    data : StudyInput
    settings : StudySettings

    Returns
    -------
    InclusionFlow

    Raises
    ------
    TableError
        If the features and the clinical table share nobody (examples from both are named), the
        target has no column, or nobody is left.
    """
    if settings.target not in data.clinical.columns:
        raise TableError(
            f"the clinical table has no column '{settings.target}', the target",
            expected=f"it; found {list_names(list(data.clinical.columns))}",
            cure="Pass --target COLUMN, or name it under 'columns' in the settings",
        )
    people = [str(label) for label in data.clinical.index]
    measured = _measured(data)
    match = match_participants(
        people, measured, first_table="clinical table", second_table="measurements"
    )
    flow = Sieve([*people, *match.only_second])
    flow.drop("measured, but not in the clinical table", set(match.only_second))
    flow.drop("in the clinical table, but not measured", set(match.only_first))
    _drop_by_clinic(flow, data.clinical, settings)
    for what, table in (("volumes", data.volumes), ("disconnection", data.disconnection)):
        if table is not None:
            flow.drop(f"no {what}", set(flow.left) - {str(label) for label in table.index})
    if data.features is not None:
        share = settings.inclusion.max_missing_share
        flow.drop(
            f"more than {share:.0%} of the radiomic features missing",
            {name for name, missing in _missing(data.features).items() if missing > share},
        )
    _require_somebody(flow)
    return InclusionFlow(len(people) + len(match.only_second), tuple(flow.steps), tuple(flow.left))


def _require_somebody(flow: Sieve) -> None:
    if not flow.left:
        reasons = [f"{step.reason}: {len(step.names)}" for step in flow.steps if step.names]
        raise TableError(
            f"nobody is left in the study ({'; '.join(reasons)})",
            expected="participants who meet the inclusion rules",
            cure="Complete the clinical table, or change 'inclusion' in the settings",
        )


def _drop_by_clinic(flow: Sieve, table: pd.DataFrame, settings: StudySettings) -> None:
    rules = settings.inclusion
    has = set(table.columns)

    def where(needed: str, wrong: pd.Series[bool]) -> set[str] | None:
        return {str(label) for label in table.index[wrong]} if needed in has else None

    def column(name: str) -> pd.Series[float]:
        return table[name] if name in has else pd.Series(np.nan, index=table.index)

    flow.drop("not a patient", where("group", column("group") == "control"))
    flow.drop(f"no {settings.target}", where(settings.target, column(settings.target).isna()))
    low, high = rules.age_years
    outside = ~column("age").between(low, high)
    flow.drop(f"age missing, or not {low:g}-{high:g} years", where("age", outside))
    listed = " or ".join(rules.courses)
    flow.drop(f"course is not {listed}", where("course", ~column("course").isin(rules.courses)))
    flow.drop("no sex", where("sex", column("sex").isna()))
    duration = "disease_duration_years"
    flow.drop("no disease duration", where(duration, column(duration).isna()))
    flow.drop("no site", where("site", column("site").isna()))
    gap = _days_between(table)
    days = f"{rules.max_days_to_examination:g}"
    far = None if gap is None else {str(i) for i in gap.index[gap > rules.max_days_to_examination]}
    flow.drop(f"scan and examination more than {days} days apart", far)
    for name, what in zip(RULE_COLUMNS[1:], ("relapse", "steroids"), strict=True):
        recent = column(name) < rules.undisturbed_days
        flow.drop(f"{what} in the {rules.undisturbed_days:g} days before", where(name, recent))


def _days_between(table: pd.DataFrame) -> pd.Series[float] | None:
    """Days between scan and examination, NaN where unknown; None without the columns."""
    if RULE_COLUMNS[0] in table.columns:
        return table[RULE_COLUMNS[0]].abs()
    if not {"scan_date", "examination_date"} <= set(table.columns):
        return None
    dates = [pd.to_datetime(table[name]) for name in ("scan_date", "examination_date")]
    return (dates[0] - dates[1]).dt.days.abs().astype(float)


def _measured(data: StudyInput) -> list[str]:
    if data.features is not None:
        return data.features.obs[ID].astype(str).drop_duplicates().tolist()
    tables = [table for table in (data.volumes, data.disconnection) if table is not None]
    return [str(label) for label in tables[0].index]


def _missing(table: FeatureTable) -> dict[str, float]:
    """Participant -> share of the features that are NaN or infinite, in the first session."""
    count = np.zeros(len(table.obs))
    for columns in iterate_blocks(table.X.shape[1]):
        count += (~np.isfinite(table.X[:, columns])).sum(axis=1)
    shares = dict[str, float]()
    for name, missing in zip(table.obs[ID].astype(str), count / table.X.shape[1], strict=True):
        shares.setdefault(name, float(missing))
    return shares
