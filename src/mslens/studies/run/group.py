"""The group stage: join the tables of all subjects, score them, write one report."""

from __future__ import annotations

from pathlib import Path

from mslens.core.settings import Settings
from mslens.io.bids import BidsIndex
from mslens.pipeline.plan import GROUP, Chain, Step, Task
from mslens.studies.run.names import session_outputs, subject_report_path
from mslens.studies.run.report_task import outcomes_path
from mslens.studies.run.settings import RunSettings
from mslens.studies.run.steps import GROUP_REPORT, GROUP_TABLES

_TABLES = ("lesion_table", "volumes")


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
    participants = index.root.absolute() / "participants.tsv"
    entries = (
        _task(
            GROUP_TABLES,
            settings.group_tables,
            inputs={**tables, "participants": participants},
            outputs={
                "volumes": out / "group_volumes.tsv",
                "lesions": out / "group_lesions.tsv",
                "z_scores": out / "group_zscores.tsv",
            },
        ),
        _task(
            GROUP_REPORT,
            settings.group_report_of(index.subjects, command=command),
            inputs={**tables, **pages},
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
