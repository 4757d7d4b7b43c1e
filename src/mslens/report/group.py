"""The page of a group: who is in it, how the measures are distributed, who failed and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from markupsafe import Markup

import mslens
from mslens.image.location import LOCATIONS
from mslens.pipeline.plan import GROUP, name_subject
from mslens.plot import palette
from mslens.plot.distribution import draw_distribution
from mslens.plot.encode import to_svg
from mslens.plot.location_load import draw_location_load
from mslens.report.changes import CHANGE_KINDS, Change, sum_by_kind
from mslens.report.group_rows import choose_rows
from mslens.report.measures import GROUP_MEASURES, GroupMeasure, find_value
from mslens.report.methods import collect_uses, describe_methods
from mslens.report.outcomes import Outcome, sum_step_costs
from mslens.report.page import read_asset, render_page
from mslens.report.redaction import redact
from mslens.report.robust_z import robust_z
from mslens.report.session import session_order
from mslens.report.settings import GroupReportSettings
from mslens.report.tables import Lesion, Measure, sum_by_location
from mslens.report.truth import Truth
from mslens.report.verdict import WORDS, Verdict, judge
from mslens.report.z_scores import ZScore, arrange_z_scores, describe_z_basis


@dataclass(frozen=True)
class SessionResult:
    """What was measured in one session.

    Parameters
    ----------
    session : str or None
    lesions : sequence of Lesion or None
    measures : sequence of Measure
    changes : sequence of Change or None
        Since the visit before; None when they were not sought.
    """

    session: str | None
    lesions: Sequence[Lesion] | None = None
    measures: Sequence[Measure] = ()
    changes: Sequence[Change] | None = None


@dataclass(frozen=True)
class SubjectResult:
    """What is known of one subject.

    Parameters
    ----------
    subject : str
    outcomes : sequence of Outcome
    sessions : sequence of SessionResult
    has_page : bool
        Whether ``sub-X.html`` lies beside the group report.
    """

    subject: str
    outcomes: Sequence[Outcome] = ()
    sessions: Sequence[SessionResult] = ()
    has_page: bool = True


@dataclass(frozen=True)
class GroupWork:
    """What the steps that join all subjects made.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Of these steps.
    z_scores : sequence of ZScore
    radiomics : mapping
        ``cohort`` and ``robust`` of `mslens.report.radiomics`; None where there is nothing.
    """

    outcomes: Sequence[Outcome] = ()
    z_scores: Sequence[ZScore] = ()
    radiomics: Mapping[str, Any] = field(default_factory=lambda: {"cohort": None, "robust": None})


@dataclass(frozen=True)
class _Row:
    name: str
    subject: SubjectResult
    result: SessionResult | None
    verdict: Verdict


def render_group(
    subjects: Sequence[SubjectResult],
    settings: GroupReportSettings,
    *,
    truth: Truth | None = None,
    work: GroupWork = GroupWork(),
) -> str:
    """Write the page of a group as HTML; subjects are put in natural order.

    Parameters
    ----------
    subjects : sequence of SubjectResult
    settings : GroupReportSettings
    truth : Truth, optional
        What is true of simulated people: shown beside the estimates.
    work : GroupWork
        What was made for all subjects together.
    """
    ordered = sorted(subjects, key=lambda s: session_order(s.subject))
    rows = [row for subject in ordered for row in _rows(subject)]
    columns = [_column(measure, rows, settings) for measure in GROUP_MEASURES]
    columns = [column for column in columns if column["any"]]
    outcomes = [outcome for subject in ordered for outcome in subject.outcomes]
    methods = describe_methods(collect_uses(outcomes, settings.methods), version=mslens.__version__)
    counts = _counts(ordered)
    context = {
        "title": redact(settings.title) or "Group report",
        "subtitle": _subtitle(len(ordered), len(rows)),
        "sections": _sections(columns, truth, work, rows),
        "truth": None if truth is None else truth.context(),
        "version": mslens.__version__,
        "counts": counts,
        "failures": [*_problems(ordered), *_group_problems(work.outcomes)],
        "remarks": _remarks([*ordered, SubjectResult(GROUP, work.outcomes, has_page=False)]),
        "skipped": _skipped(ordered),
        "columns": columns,
        "z_scores": arrange_z_scores(work.z_scores) if work.z_scores else None,
        "z_remark": describe_z_basis(work.outcomes),
        "radiomics": work.radiomics,
        "outliers": _outliers(columns, rows),
        "change_kinds": CHANGE_KINDS,
        "changes": _changes(rows),
        "load_chart": _load_chart(rows),
        "load_legend": [(palette.LOCATION[c], c.replace("-", " ")) for c in LOCATIONS],
        "rows": [_row_context(rows[i], columns, i, truth) for i in _choose(rows, columns)],
        "n_rows": len(rows),
        "words": WORDS,
        "outlier_z": settings.outlier_z,
        "min_sessions": settings.min_sessions,
        "steps": sum_step_costs(outcomes),
        "methods": methods,
        "versions": [(redact(k), redact(v)) for k, v in sorted(settings.versions.items())],
        "command": redact(settings.command),
    }
    return render_page("group.html.j2", context, scripts=[read_asset("tables.js")])


def group_table(subjects: Sequence[SubjectResult]) -> str:
    """Write one row per session with every measure of the page, as TSV; n/a where unknown."""
    heads = [f"{location.replace('-', '_')}_ml" for location in LOCATIONS]
    lines = ["\t".join(["participant_id", "session_id", "verdict", *_MEASURE_COLUMNS, *heads])]
    for subject in sorted(subjects, key=lambda s: session_order(s.subject)):
        for row in _rows(subject):
            result = row.result or SessionResult(None)
            values = [find_value(m, result.lesions, result.measures) for m in GROUP_MEASURES]
            loads = [math.nan] * len(LOCATIONS)
            if result.lesions is not None:
                loads = [load.volume_ml for load in sum_by_location(result.lesions)]
            session = "n/a" if result.session is None else f"ses-{result.session}"
            texts = [_cell(value) for value in [*values, *loads[: len(LOCATIONS)]]]
            lines.append("\t".join([f"sub-{subject.subject}", session, row.verdict.level, *texts]))
    return "\n".join(lines) + "\n"


_MEASURE_COLUMNS = tuple(measure.column for measure in GROUP_MEASURES)


def _cell(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else "n/a"


def _rows(subject: SubjectResult) -> list[_Row]:
    rows = []
    sessions = sorted(subject.sessions, key=lambda s: session_order(s.session))
    for result in sessions:
        own = [o for o in subject.outcomes if o.session in (None, result.session)]
        name = _full_name(subject.subject, result.session)
        rows.append(_Row(name, subject, result, judge(own)))
    if not rows:
        rows.append(_Row(f"sub-{subject.subject}", subject, None, judge(subject.outcomes)))
    return rows


def _column(
    measure: GroupMeasure, rows: Sequence[_Row], settings: GroupReportSettings
) -> dict[str, Any]:
    values = [
        np.nan if r.result is None else find_value(measure, r.result.lesions, r.result.measures)
        for r in rows
    ]
    scores = robust_z(values, log=measure.log, min_values=settings.min_sessions)
    far = {i for i, z in enumerate(scores) if abs(z) > settings.outlier_z}
    names = [row.name for row in rows]
    figure = draw_distribution(
        values, names, label=measure.label, outliers=frozenset(names[i] for i in far)
    )
    title = f"Distribution of: {measure.label}"
    return {
        "measure": measure,
        "values": values,
        "scores": scores,
        "far": far,
        "any": bool(np.isfinite(values).any()),
        "chart": Markup(to_svg(figure, title=title)),
    }


def _outliers(columns: Sequence[Mapping[str, Any]], rows: Sequence[_Row]) -> list[dict[str, Any]]:
    found = [
        {
            "name": rows[index].name,
            "href": _href(rows[index].subject),
            "measure": column["measure"].label,
            "value": column["values"][index],
            "z": float(column["scores"][index]),
        }
        for column in columns
        for index in sorted(column["far"])
    ]
    return sorted(found, key=lambda item: -abs(item["z"]))


def _choose(rows: Sequence[_Row], columns: Sequence[Mapping[str, Any]]) -> list[int]:
    far = frozenset(index for column in columns for index in column["far"])
    return choose_rows([row.verdict.level for row in rows], far)


def _row_context(
    row: _Row, columns: Sequence[Mapping[str, Any]], index: int, truth: Truth | None
) -> dict[str, Any]:
    return {
        "name": row.name,
        "href": _href(row.subject),
        "verdict": row.verdict,
        "cells": [
            {
                "value": column["values"][index],
                "far": index in column["far"],
                "digits": 0 if column["measure"].name == "lesion_count" else None,
                "true": _true_value(row, column["measure"], truth),
            }
            for column in columns
        ],
    }


def _true_value(row: _Row, measure: GroupMeasure, truth: Truth | None) -> float:
    if truth is None or row.result is None:
        return math.nan
    return truth.true_value(row.subject.subject, row.result.session, measure.column)


def _changes(rows: Sequence[_Row]) -> list[dict[str, Any]]:
    """List the sessions that were compared with the visit before."""
    return [
        {
            "name": row.name,
            "href": _href(row.subject),
            "loads": sum_by_kind(row.result.changes),
        }
        for row in rows
        if row.result is not None and row.result.changes is not None
    ]


def _full_name(subject: str, session: str | None) -> str:
    name = name_subject(subject)
    return name if session is None else f"{name} ses-{session}"


def _href(subject: SubjectResult) -> str:
    return f"sub-{subject.subject}.html" if subject.has_page else ""


def _counts(subjects: Sequence[SubjectResult]) -> dict[str, int]:
    verdicts = [judge(subject.outcomes) for subject in subjects]
    return {
        "subjects": len(subjects),
        "ok": sum(v.level == "ok" for v in verdicts),
        "review": sum(v.level == "review" for v in verdicts),
        "failed": sum(v.level == "failed" for v in verdicts),
    }


def _problems(subjects: Sequence[SubjectResult]) -> list[dict[str, Any]]:
    return [
        {"name": f"sub-{subject.subject}", "href": _href(subject), "reason": reason}
        for subject in subjects
        for reason in judge(subject.outcomes).reasons
        if reason.level == "failed"
    ]


def _group_problems(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    failed = [reason for reason in judge(outcomes).reasons if reason.level == "failed"]
    return [{"name": "all subjects together", "href": "", "reason": why} for why in failed]


def _remarks(subjects: Sequence[SubjectResult]) -> list[dict[str, Any]]:
    """List the flags of finished steps, one row for a remark that many share, gravest first."""
    found: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for subject in subjects:
        for reason in judge(subject.outcomes).reasons:
            if reason.level != "failed":
                key = (reason.level, reason.step, reason.text)
                name = _full_name(subject.subject, reason.session)
                found.setdefault(key, []).append({"name": name, "href": _href(subject)})
    ordered = sorted(found.items(), key=lambda item: (item[0][0], -len(item[1]), item[0]))
    return [
        {"level": level, "step": step, "text": text, "who": who}
        for (level, step, text), who in ordered
    ]


def _skipped(subjects: Sequence[SubjectResult]) -> list[dict[str, Any]]:
    """Why steps were skipped, with everyone concerned, the most common first."""
    found: dict[tuple[str, str], list[str]] = {}
    for subject in subjects:
        for outcome in subject.outcomes:
            if outcome.state == "skipped":
                name = _full_name(subject.subject, outcome.session)
                found.setdefault((outcome.step, outcome.reason), []).append(name)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [{"step": step, "reason": why, "names": who} for (step, why), who in ordered]


def _load_chart(rows: Sequence[_Row]) -> Markup | None:
    measured = [
        (row.name, {load.location: load.volume_ml for load in sum_by_location(row.result.lesions)})
        for row in rows
        if row.result is not None and row.result.lesions is not None
    ]
    if not measured:
        return None
    measured.sort(key=lambda item: -sum(item[1].values()))
    names = [name for name, _ in measured]
    loads: dict[str, list[float]] = {
        c: [load.get(c, 0.0) for _, load in measured] for c in LOCATIONS
    }
    figure = draw_location_load(names, loads, label="Lesion volume (ml)")
    return Markup(to_svg(figure, title="Lesion volume by location, one bar per session"))


def _subtitle(subjects: int, sessions: int) -> str:
    people = f"{subjects} subject{'' if subjects == 1 else 's'}"
    visits = f"{sessions} session{'' if sessions == 1 else 's'}"
    return f"{people}, {visits}"


def _sections(
    columns: Sequence[Mapping[str, Any]],
    truth: Truth | None,
    work: GroupWork,
    rows: Sequence[_Row],
) -> list[tuple[str, str]]:
    sections = [
        ("summary", "Summary", True),
        ("truth", "Against the truth", truth is not None),
        ("distributions", "Distributions", bool(columns)),
        ("z-scores", "Z-scores", bool(work.z_scores or describe_z_basis(work.outcomes))),
        ("radiomics", "Radiomics", any(work.radiomics.values())),
        ("sessions", "Sessions", True),
        ("changes", "Changes", bool(_changes(rows))),
        ("quality", "Quality", True),
        ("steps", "Steps", True),
        ("methods", "Methods", True),
    ]
    return [(anchor, name) for anchor, name, wanted in sections if wanted]
