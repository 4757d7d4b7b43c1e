"""From the images of a subject's sessions to the chain of tasks that `mslens run` executes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mslens.core.errors import DatasetError
from mslens.pipeline.plan import Chain, Failure
from mslens.studies.run.disconnect_tasks import plan_disconnect
from mslens.studies.run.images import SessionImages
from mslens.studies.run.longitudinal_tasks import plan_longitudinal
from mslens.studies.run.preprocess_tasks import plan_normalise, plan_preprocess
from mslens.studies.run.quality_tasks import plan_quality
from mslens.studies.run.radiomics_tasks import plan_radiomics
from mslens.studies.run.report_task import report_task
from mslens.studies.run.segment_tasks import plan_anatomy, plan_lesions
from mslens.studies.run.session_planner import Entry, SessionPlanner
from mslens.studies.run.settings import RunSettings


def subject_chain(
    subject: str,
    sessions: Sequence[SessionImages | Failure],
    *,
    out: Path,
    settings: RunSettings,
    stages: Iterable[str],
    command: str,
    tractogram: Path | None = None,
) -> Chain:
    """Plan everything for one subject: its sessions in order, then its report.

    Parameters
    ----------
    subject : str
        Label without ``sub-``.
    sessions : sequence of SessionImages or Failure
        All sessions of the subject; a failure stands for one whose images were not found.
    out : Path
        Output folder.
    settings : RunSettings
    stages : iterable of str
        Chosen keys of `mslens.studies.run.steps.STAGES`.
    command : str
        Equivalent command without paths, for the report.
    tractogram : Path, optional
        ``index.json`` of the reference for disconnection.
    """
    chosen = set(stages)
    entries: list[Entry] = []
    references: dict[str | None, str] = {}
    notes: dict[str, tuple[str, ...]] = {}
    visits: list[SessionPlanner] = []
    for found in sessions:
        if isinstance(found, Failure):
            entries.append(found)
            continue
        planner = SessionPlanner(found, out, settings)
        entries += _session_entries(planner, stages=chosen, tractogram=tractogram)
        if found.reference is not None:
            references[found.session] = found.reference
            visits.append(planner)
        if found.notes:
            notes[found.session or ""] = found.notes
    if "longitudinal" in chosen:
        entries += plan_longitudinal(visits)
    if "report" in chosen:
        entries.append(
            report_task(
                out, subject, references, settings.report_of(subject, command=command, notes=notes)
            )
        )
    return Chain(subject, tuple(entries))


def _session_entries(
    planner: SessionPlanner, *, stages: set[str], tractogram: Path | None
) -> list[Entry]:
    images = planner.images
    if images.reference is None:
        error = DatasetError(
            "there is no T1w and no FLAIR",
            expected="at least one of them in anat/",
            cure="Run 'mslens check' to see what was found",
        )
        return [Failure(images.subject, images.session, "images", error)]
    entries: list[Entry] = []
    if "preprocess" in stages:
        entries += plan_preprocess(planner)
    if "segment" in stages:
        entries += plan_lesions(planner)
    if "preprocess" in stages:
        entries += plan_normalise(planner, with_lesions="segment" in stages)
    if "segment" in stages:
        entries += plan_anatomy(planner)
    if "quality" in stages:
        entries += plan_quality(planner, with_lesions="segment" in stages)
    if "radiomics" in stages:
        entries += plan_radiomics(planner)
    if "disconnect" in stages:
        entries += plan_disconnect(planner, tractogram=tractogram)
    return entries
