"""The page of one subject, from what happened, the pictures, the tables and the layers."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from PIL import Image

import mslens
from mslens.image.location import LOCATIONS
from mslens.plot import palette
from mslens.plot.encode import to_svg
from mslens.plot.orientation import CONVENTION
from mslens.plot.volume_bars import draw_volume_bars
from mslens.report.changes import Change, sum_by_kind
from mslens.report.disconnection import Loss, list_losses
from mslens.report.formats import write_number, write_session, write_share
from mslens.report.measures import (
    KEY_MEASURES,
    MEASURE_NAMES,
    PAIRED_STRUCTURES,
    RegionPair,
    pair_regions,
)
from mslens.report.methods import collect_uses, describe_methods
from mslens.report.niivue import Bundle
from mslens.report.outcomes import Outcome
from mslens.report.page import embed_json, read_asset, render_page
from mslens.report.pictures import Picture
from mslens.report.quality import QualityRow
from mslens.report.radiomics import RegionDeviation, describe_deviation
from mslens.report.redaction import redact
from mslens.report.settings import SubjectReportSettings
from mslens.report.tables import Lesion, Measure, sum_by_location
from mslens.report.verdict import judge

#: More rows than this nobody reads, and they would make the page large.
MAX_LESION_ROWS = 500


@dataclass(frozen=True)
class SessionPage:
    """What the page of a subject shows of one session.

    Parameters
    ----------
    session : str or None
    key : Picture or None
        The few slices for the summary.
    pictures : sequence of Picture
    lesions : sequence of Lesion or None
        None when they were not measured.
    deviation : RegionDeviation or None
        Of the radiomic features from the cohort; None where they have no scores.
    measures : sequence of Measure
    notes : sequence of str
        Why something is missing.
    losses : sequence of Loss or None
        Disconnection by region; None when it was not measured.
    loss_map : Picture or None
    changes : sequence of Change or None
        Since the visit before; None when they were not sought.
    change_pictures : sequence of Picture
    quality : sequence of QualityRow
    """

    session: str | None
    key: Picture | None
    pictures: Sequence[Picture]
    lesions: Sequence[Lesion] | None
    measures: Sequence[Measure]
    notes: Sequence[str]
    deviation: RegionDeviation | None = None
    losses: Sequence[Loss] | None = None
    loss_map: Picture | None = None
    changes: Sequence[Change] | None = None
    change_pictures: Sequence[Picture] = ()
    quality: Sequence[QualityRow] = ()


def render_subject(
    sessions: Sequence[SessionPage],
    outcomes: Sequence[Outcome],
    settings: SubjectReportSettings,
    *,
    viewer: Mapping[str, Any] | None = None,
    bundle: Bundle | None = None,
    viewer_absent: str = "",
) -> str:
    """Write the page of a subject.

    Parameters
    ----------
    sessions : sequence of SessionPage
    outcomes : sequence of Outcome
    settings : SubjectReportSettings
    viewer : mapping, optional
        See `mslens.report.viewer_data.build_viewer`.
    bundle : Bundle, optional
        NiiVue; without it the viewer draws axial slices by itself.
    viewer_absent : str
        Why there is no viewer, or no NiiVue.

    Returns
    -------
    str
        HTML.
    """
    notes = [f"{write_session(s.session)} {note}".strip() for s in sessions for note in s.notes]
    order = [] if viewer is None else [entry["label"] for entry in viewer["sessions"]]
    shown = [_session_context(session, order) for session in sessions]
    methods = describe_methods(collect_uses(outcomes, settings.methods), version=mslens.__version__)
    context = {
        "title": f"sub-{settings.subject}",
        "subtitle": redact(settings.title) or "Multiple-sclerosis imaging report",
        "sections": _sections(shown, has_viewer=viewer is not None or bool(viewer_absent)),
        "version": mslens.__version__,
        "verdict": judge(outcomes, notes=[*notes, *([viewer_absent] if viewer_absent else [])]),
        "sessions": shown,
        "has_sessions": any(o.session is not None for o in outcomes),
        "convention": CONVENTION,
        "viewer": None if viewer is None else embed_json({"sessions": viewer["sessions"]}),
        "viewer_note": "" if viewer is None else viewer["note"],
        "viewer_absent": viewer_absent,
        "has_measures": any(s["measures"] or s["pairs"] for s in shown),
        "has_lesions": any(s["lesions"] for s in shown),
        "approximate_parcels": any(o.step == "parcels" and o.state == "done" for o in outcomes),
        "lesion_note": _lesion_note(outcomes),
        "outcomes": outcomes,
        "total_wall_s": sum(o.wall_s or 0.0 for o in outcomes),
        "total_cpu_s": sum(o.cpu_s or 0.0 for o in outcomes),
        "peak_memory_mb": max((o.peak_memory_mb or 0.0 for o in outcomes), default=0.0) or None,
        "methods": methods,
        "versions": [(redact(k), redact(v)) for k, v in sorted(settings.versions.items())],
        "command": redact(settings.command),
    }
    return render_page("subject.html.j2", context, scripts=_scripts(viewer, bundle))


def _scripts(viewer: Mapping[str, Any] | None, bundle: Bundle | None) -> list[str]:
    scripts = [read_asset("tables.js")]
    if viewer is None:
        return scripts
    return [*([] if bundle is None else [bundle.script]), *scripts, read_asset("viewer.js")]


def _sections(shown: Sequence[Mapping[str, Any]], *, has_viewer: bool) -> list[tuple[str, str]]:
    sections = [
        ("summary", "Summary", True),
        ("viewer-section", "Viewer", has_viewer),
        ("pictures", "Pictures", True),
        ("volumes", "Volumes", any(s["measures"] or s["pairs"] for s in shown)),
        ("lesions", "Lesions", any(s["lesions"] for s in shown)),
        ("changes", "Changes", any(s["changes"] is not None for s in shown)),
        ("disconnection", "Disconnection", any(s["losses"] for s in shown)),
        ("radiomics", "Radiomics", any(s["radiomics"] for s in shown)),
        ("quality", "Quality", True),
        ("methods", "Methods", True),
    ]
    return [(anchor, name) for anchor, name, wanted in sections if wanted]


def _session_context(page: SessionPage, order: Sequence[str]) -> dict[str, Any]:
    label = "all" if page.session is None else f"ses-{page.session}"
    lesions = page.lesions or ()
    load_ml = sum(lesion.volume_ml for lesion in lesions)
    pairs = pair_regions(page.measures)
    return {
        "label": write_session(page.session),
        "figures": _figures(page, load_ml),
        "key": None if page.key is None else _picture_context(page.key, label),
        "loads": None if page.lesions is None else _loads(lesions, load_ml),
        "count": len(lesions),
        "load_ml": load_ml,
        "pictures": [_picture_context(picture, label) for picture in page.pictures],
        "why_no_picture": " ".join(page.notes) or "its images were not processed.",
        "lesions": [_lesion_context(lesion) for lesion in _largest(lesions)],
        "lesions_left_out": max(0, len(lesions) - MAX_LESION_ROWS),
        "viewer_index": order.index(label) if label in order else None,
        "measures": _measures_context(page.measures),
        "changes": _changes_context(page, label),
        "quality": page.quality,
        "losses": _losses_context(page, label),
        "radiomics": _radiomics_context(page),
        "pairs": pairs,
        **_volume_chart(pairs, write_session(page.session)),
    }


def _changes_context(page: SessionPage, label: str) -> dict[str, Any] | None:
    if page.changes is None:
        return None
    return {
        "loads": sum_by_kind(page.changes),
        "rows": [
            {
                "number": change.number,
                "kind": change.kind,
                "location": change.location,
                "volume_ml": change.volume_ml,
                "confidence": change.confidence,
                "centre_mm": change.centre_mm,
                "place": _write_place(change.centre_mm),
            }
            for change in page.changes[:MAX_LESION_ROWS]
        ],
        "left_out": max(0, len(page.changes) - MAX_LESION_ROWS),
        "pictures": [_picture_context(picture, label) for picture in page.change_pictures],
    }


def _losses_context(page: SessionPage, label: str) -> dict[str, Any] | None:
    if not page.losses:
        return None
    return {
        "rows": list_losses(page.losses),
        "n_regions": len(page.losses),
        "n_hit": sum(bool(loss.chaco) for loss in page.losses),
        "n_unknown": sum(loss.chaco is None for loss in page.losses),
        "reference": page.losses[0].reference,
        "picture": None if page.loss_map is None else _picture_context(page.loss_map, label),
    }


def _radiomics_context(page: SessionPage) -> dict[str, Any] | None:
    if page.deviation is None:
        return None
    return describe_deviation(page.deviation, label=write_session(page.session))


def _measures_context(measures: Sequence[Measure]) -> list[dict[str, Any]]:
    """List the whole brain and groups of regions; the rest has tables of its own."""
    rows = []
    for measure in measures:
        if measure.region and measure.name != "group":
            continue
        name = MEASURE_NAMES.get(measure.name, measure.name)
        if measure.name == "group":
            name = measure.region.replace("-", " ").capitalize()
        digits = 0 if measure.unit == "count" else 3 if measure.unit == "fraction" else None
        rows.append(
            {
                "name": name,
                "value": measure.value,
                "digits": digits,
                "unit": measure.unit if measure.unit == "ml" else "",
            }
        )
    return rows


def _picture_context(picture: Picture, label: str) -> dict[str, Any]:
    width, height = Image.open(io.BytesIO(base64.b64decode(picture.content))).size
    return {
        "anchor": f"{picture.key}-{label}",
        "title": picture.title,
        "caption": picture.caption,
        "alt": f"{picture.title}. {CONVENTION}",
        "legend": picture.legend,
        "content": picture.content,
        "width": width,
        "height": height,
    }


def _figures(page: SessionPage, load_ml: float) -> list[dict[str, str]]:
    figures = []
    if page.lesions is not None:
        count = len(page.lesions)
        figures.append(_figure("Lesion load", write_number(load_ml), "ml"))
        figures.append(_figure("Lesions", str(count), ""))
    whole = {m.name: m for m in page.measures if not m.region}
    tiv = whole.get("tiv")
    for name, title in KEY_MEASURES:
        measure = whole.get(name)
        if measure is not None:
            share = ""
            if tiv is not None and tiv.value > 0 and measure is not tiv:
                share = f"{write_share(measure.value / tiv.value)} of TIV"
            figures.append(_figure(title, write_number(measure.value), measure.unit, share))
    return figures


def _figure(name: str, value: str, unit: str, more: str = "") -> dict[str, str]:
    return {"name": name, "value": value, "unit": unit, "more": more}


def _loads(lesions: Sequence[Lesion], load_ml: float) -> list[dict[str, Any]]:
    loads = sum_by_location(lesions)
    largest = max((load.volume_ml for load in loads), default=0.0)
    return [
        {
            "location": load.location,
            "count": load.count,
            "volume_ml": load.volume_ml,
            "share": load.volume_ml / load_ml if load_ml > 0 else None,
            "width": round(100 * load.volume_ml / largest, 1) if largest > 0 else 0,
            "colour": palette.LOCATION.get(load.location, palette.GREY),
        }
        for load in loads
    ]


def _largest(lesions: Sequence[Lesion]) -> list[Lesion]:
    """Keep the largest lesions, in the order of the table."""
    if len(lesions) <= MAX_LESION_ROWS:
        return list(lesions)
    least = sorted(lesion.volume_ml for lesion in lesions)[-MAX_LESION_ROWS]
    return [lesion for lesion in lesions if lesion.volume_ml >= least][:MAX_LESION_ROWS]


def _lesion_context(lesion: Lesion) -> dict[str, Any]:
    return {
        "number": lesion.number,
        "location": lesion.location,
        "volume_ml": lesion.volume_ml,
        "extent_mm": lesion.extent_mm,
        "contrast": lesion.contrast,
        "centre_mm": lesion.centre_mm,
        "place": _write_place(lesion.centre_mm),
    }


def _write_place(centre_mm: tuple[float, float, float] | None) -> str:
    if centre_mm is None:
        return "–"
    x, y, z = centre_mm
    return (
        f"{'L' if x < 0 else 'R'} {abs(x):.0f}, {'P' if y < 0 else 'A'} {abs(y):.0f},"
        f" {'I' if z < 0 else 'S'} {abs(z):.0f}"
    )


def _volume_chart(pairs: Sequence[RegionPair], label: str) -> dict[str, Any]:
    """Left and right bars of the structures that readers look for first."""
    chosen = {p.name: p for p in pairs if p.name in PAIRED_STRUCTURES and p.asymmetry is not None}
    names = [name for name in PAIRED_STRUCTURES if name in chosen]
    if not names:
        return {"volume_chart": None}
    colours = (palette.BLUE, palette.ORANGE)
    sides = {
        "left": [chosen[name].left_ml or 0.0 for name in names],
        "right": [chosen[name].right_ml or 0.0 for name in names],
    }
    figure = draw_volume_bars([name.capitalize() for name in names], sides, colours=colours)
    title = f"Volumes of paired structures {label}".rstrip()
    return {
        "volume_chart": Markup(to_svg(figure, title=title)),
        "volume_caption": "Paired structures, left and right of the patient.",
        "volume_legend": list(zip(colours, sides, strict=True)),
    }


def _lesion_note(outcomes: Sequence[Outcome]) -> str:
    classes = ", ".join(location.replace("-", " ") for location in LOCATIONS)
    note = f"Each lesion has one location; the first that fits counts: {classes}."
    methods = [str(o.facts.get("method", "")) for o in outcomes if o.step == "lesions"]
    if any("fallback" in method for method in methods):
        note += " Lesions were segmented by the unsupervised fallback, not by a trained model."
    return note
