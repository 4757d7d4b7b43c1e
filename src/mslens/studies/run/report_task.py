"""The task that writes a subject's report from whatever its sessions left behind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mslens.pipeline.plan import Task
from mslens.report.settings import SubjectReportSettings
from mslens.studies.run.names import session_outputs, subject_report_path
from mslens.studies.run.steps import REPORT

#: Role of the report -> role of the session's outputs; ``ref`` is the preprocessed reference.
_ROLES = {
    "mask": "brain_mask",
    "ref": "preproc",
    "flair": "flair",
    "t2w": "t2w",
    "lesions": "lesions",
    "tissue": "tissue",
    "parcels": "parcels",
    "template_image": "template_image",
    "lesion_table": "lesion_table",
    "volumes": "volumes",
    "parcel_table": "parcel_table",
    "disconnection": "disconnection",
    "feature_scores": "feature_scores",
    "change_table": "change_table",
    "quality": "quality",
    "halfway_earlier": "halfway_earlier",
    "halfway_later": "halfway_later",
    "halfway_mask": "halfway_mask",
    "halfway_changes": "halfway_changes",
}


def report_task(
    out: Path,
    subject: str,
    references: Mapping[str | None, str],
    settings: SubjectReportSettings,
) -> Task:
    """Build the report task of a subject.

    Parameters
    ----------
    out : Path
        Output folder of the run.
    subject : str
    references : mapping
        Session label (None without sessions) to the suffix of its reference image.
    settings : SubjectReportSettings
    """
    inputs = {"outcomes": outcomes_path(out, subject)}
    for session, reference in references.items():
        names = session_outputs(out, subject=subject, session=session, reference=reference)
        prefix = "" if session is None else f"ses-{session}:"
        inputs |= {prefix + role: names[name] for role, name in _ROLES.items()}
    return Task(
        subject=subject,
        session=None,
        step=REPORT,
        inputs=inputs,
        outputs={"html": subject_report_path(out, subject)},
        settings=settings,
        optional=frozenset(inputs) - {"outcomes"},
    )


def outcomes_path(out: Path, subject: str) -> Path:
    """Path of the file in which the engine says what became of a subject's steps."""
    return out / ".mslens" / "outcomes" / f"sub-{subject}.json"
