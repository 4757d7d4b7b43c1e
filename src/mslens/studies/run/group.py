"""The group stage: join the tables of all subjects, score them, write one report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mslens.core.settings import Settings
from mslens.io.bids import BidsIndex
from mslens.pipeline.plan import GROUP, Chain, Skip, Step, Task
from mslens.studies.run.names import (
    radiomics_cohort,
    score_path,
    session_outputs,
    subject_report_path,
)
from mslens.studies.run.report_task import outcomes_path
from mslens.studies.run.settings import RunSettings
from mslens.studies.run.steps import (
    GROUP_REPORT,
    GROUP_TABLES,
    RADIOMICS_COHORT,
    RADIOMICS_SCORES,
)

_TABLES = ("lesion_table", "volumes", "change_table", "quality")
#: What `mslens radiomics-robustness` leaves when its output folder is OUT/robustness.
ROBUSTNESS = "robustness/robustness.tsv"
#: What a comparison with the truth of simulated people leaves beside the group report.
TRUTH_TABLES = {"truth": "group_truth.tsv", "truth_summary": "group_truth_summary.tsv"}


def group_chain(index: BidsIndex, out: Path, settings: RunSettings, *, command: str) -> Chain:
    """Plan the group stage over every subject of the dataset, finished or not.

    Parameters
    ----------
    index : BidsIndex
    out : Path
        Output folder of the run.
    settings : RunSettings
    command : str
        Equivalent command without paths, for the report.

    Returns
    -------
    Chain
        Tables first, then the report; both name the subjects whose results are missing.
    """
    tables = _table_inputs(index, out)
    pages = {
        f"sub-{subject}:{role}": path
        for subject in index.subjects
        for role, path in (
            ("outcomes", outcomes_path(out, subject)),
            ("html", subject_report_path(out, subject)),
        )
    }
    features = _radiomics_inputs(index, out)
    participants = index.root.absolute() / "participants.tsv"
    entries = (
        _task(
            GROUP_TABLES,
            settings.group_tables,
            inputs={**tables, "participants": participants},
            outputs={
                "volumes": out / "group_volumes.tsv",
                "lesions": out / "group_lesions.tsv",
                "changes": out / "group_lesion_changes.tsv",
                "quality": out / "group_quality.tsv",
                "z_scores": out / "group_zscores.tsv",
            },
        ),
        *_radiomics_entries(features, out, settings),
        _task(
            GROUP_REPORT,
            settings.group_report_of(index.subjects, command=command),
            inputs={
                **tables,
                **pages,
                **{role: out / name for role, name in TRUTH_TABLES.items()},
                "outcomes": outcomes_path(out, GROUP),
                "robustness": out / ROBUSTNESS,
                **_score_inputs(index, out),
                "z_scores": out / "group_zscores.tsv",
            },
            outputs={"html": out / "group.html", "table": out / "group.tsv"},
        ),
    )
    return Chain(GROUP, entries)


def _table_inputs(index: BidsIndex, out: Path) -> dict[str, Path]:
    inputs: dict[str, Path] = {}
    for subject in index.subjects:
        for session in index.sessions(subject):
            names = session_outputs(out, subject=subject, session=session, reference="T1w")
            prefix = f"sub-{subject}:" + ("" if session is None else f"ses-{session}:")
            inputs |= {prefix + role: names[role] for role in _TABLES}
    return inputs


def _score_inputs(index: BidsIndex, out: Path) -> dict[str, Path]:
    """Return everyone's scores by role: those of which this run makes the features."""
    return {
        f"{role}:feature_scores": score_path(path)
        for role, path in _radiomics_inputs(index, out).items()
    }


def _radiomics_inputs(index: BidsIndex, out: Path) -> dict[str, Path]:
    """Return the features that there are: role ``sub-X`` or ``sub-X:ses-Y`` to file."""
    found = {
        f"sub-{subject}" + ("" if session is None else f":ses-{session}"): session_outputs(
            out, subject=subject, session=session, reference="T1w"
        )["features"]
        for subject in index.subjects
        for session in index.sessions(subject)
    }
    return {role: path for role, path in found.items() if path.exists()}


def _radiomics_entries(
    features: dict[str, Path], out: Path, settings: RunSettings
) -> list[Task | Skip]:
    """Plan the cohort's matrix and everyone's scores against it."""
    if not features:
        return [Skip(GROUP, None, RADIOMICS_COHORT.name, "no session has radiomic features")]
    cohort, chosen = radiomics_cohort(out), settings.radiomics_cohort
    join = _task(RADIOMICS_COHORT, chosen, inputs=features, outputs=cohort)
    if len(features) < chosen.min_sessions:
        reason = f"scores need {chosen.min_sessions} sessions; there are {len(features)}"
        return [join, Skip(GROUP, None, RADIOMICS_SCORES.name, reason)]
    scored = {role: score_path(path) for role, path in features.items()}
    scores = _task(RADIOMICS_SCORES, chosen, inputs=cohort, outputs=scored)
    return [join, replace(scores, optional=frozenset())]


def _task(
    step: Step, settings: Settings, *, inputs: dict[str, Path], outputs: dict[str, Path]
) -> Task:
    return Task(
        subject=GROUP,
        session=None,
        step=step,
        inputs=inputs,
        outputs=outputs,
        settings=settings,
        optional=frozenset(inputs),
    )
