"""The steps that write reports: read what is there, draw, write one HTML file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from mslens.core.errors import MissingDependency, MslensError, OutputError
from mslens.core.volume import Volume
from mslens.io.files import write_atomically
from mslens.io.templates import load_template
from mslens.pipeline.plan import Facts, Files
from mslens.report.changes import draw_changes, read_changes
from mslens.report.disconnection import Loss, colour_losses, describe_classes, read_losses
from mslens.report.formats import write_session
from mslens.report.group import GroupWork, SessionResult, SubjectResult, group_table, render_group
from mslens.report.niivue import Bundle, read_niivue
from mslens.report.outcomes import read_outcomes
from mslens.report.page_size import count_picture_bytes, fit_pages, without_pictures
from mslens.report.pictures import (
    Album,
    Picture,
    PictureStyle,
    Template,
    draw_disconnection,
    draw_key_slices,
    draw_session,
    open_album,
)
from mslens.report.quality import read_quality
from mslens.report.radiomics import (
    describe_cohort,
    describe_robustness,
    read_deviation,
    read_shares,
)
from mslens.report.session import (
    SessionImages,
    load_session,
    session_order,
    split_roles,
    split_subjects,
)
from mslens.report.settings import GroupReportSettings, SubjectReportSettings
from mslens.report.subject import SessionPage, render_subject
from mslens.report.tables import read_lesions, read_measures, read_region_names
from mslens.report.truth import Truth, read_truth
from mslens.report.viewer_data import build_viewer
from mslens.report.z_scores import read_z_scores

T = TypeVar("T")

#: Room for what notes, captions and the viewer's frame add to a page's text.
_SPARE_BYTES = 200_000
#: With more sessions than each of these, pictures are drawn coarser, then with fewer slices.
_COARSER, _FEWER = 2, 4
_WHITE_MATTER = 0.5


def write_subject_report(inputs: Files, outputs: Files, settings: SubjectReportSettings) -> Facts:
    """Write the report of a subject.

    Parameters
    ----------
    inputs : mapping of str to Path
        ``outcomes``, and per session the roles of `mslens.report.session.ROLES` behind
        ``ses-X:`` (nothing in front where there are no sessions). Every role is optional.
    outputs : mapping of str to Path
        ``html``.
    settings : SubjectReportSettings

    Returns
    -------
    dict
        Size, viewer and number of pictures; flags for what had to be left out.

    Raises
    ------
    OutputError
        If the text and tables alone do not fit the allowed size; what else does not fit is left
        out by the rule of `mslens.report.page_size`.
    """
    outcomes = read_outcomes(inputs["outcomes"]) if "outcomes" in inputs else []
    by_session: dict[str | None, dict[str, Path]] = split_roles(inputs)
    for outcome in outcomes:
        if outcome.session is not None:
            by_session.setdefault(outcome.session, {})
    loaded: list[SessionImages] = []
    pages: list[SessionPage] = []
    names: dict[str | None, dict[int, str]] = {}
    style = _style(settings, len(by_session))
    for session, files in by_session.items():
        names[session] = _read(files, "parcel_table", read_region_names, []) or {}
        remarks = settings.notes.get(session or "", ())
        images, page = _read_session(session, files, style, names[session], remarks)
        loaded.append(images)
        pages.append(page)
    bundle, absent = _bundle(settings)
    text = render_subject(without_pictures(pages), outcomes, settings).encode("utf-8")
    room = int(settings.max_megabytes * 1e6) - len(text) - _SPARE_BYTES
    pages = fit_pages(pages, room_bytes=room)
    room -= count_picture_bytes(pages) + (0 if bundle is None else len(bundle.script.encode()))
    viewer = build_viewer(loaded, names, budget_bytes=room) if settings.viewer else None
    if viewer is None and settings.viewer and any(images.brain is not None for images in loaded):
        absent = absent or "The viewer is left out: its layers would make the page too large."
    html = render_subject(
        pages, outcomes, settings, viewer=viewer, bundle=bundle, viewer_absent=absent
    )
    _write_page(outputs["html"], html, settings.max_megabytes)
    return _facts(html, viewer, bundle, pages)


def write_group_report(inputs: Files, outputs: Files, settings: GroupReportSettings) -> Facts:
    """Write the report of a group.

    Parameters
    ----------
    inputs : mapping of str to Path
        Per subject ``sub-X:outcomes``, ``sub-X:html`` (only looked for, never read) and per
        session ``sub-X:ses-Y:lesion_table`` and ``sub-X:ses-Y:volumes`` (no ``ses-Y:`` where
        there are no sessions); of simulated people ``truth`` and ``truth_summary``; of the steps
        that join all subjects ``outcomes`` and ``z_scores``, ``robustness`` (TSV) and of
        every session ``feature_scores``. Every role is optional.
    outputs : mapping of str to Path
        ``html`` and, where it is given, ``table``: one row per session.
    settings : GroupReportSettings

    Returns
    -------
    dict
        Size and number of subjects; flags for tables that could not be read.

    Raises
    ------
    OutputError
        If the page does not fit the allowed size.
    """
    notes: list[str] = []
    found = split_subjects(inputs)
    everyone = sorted({*found, *settings.subjects}, key=session_order)
    subjects = [_read_subject(subject, found.get(subject, {}), notes) for subject in everyone]
    work = GroupWork(
        _read(inputs, "outcomes", read_outcomes, notes) or (),
        _read(inputs, "z_scores", read_z_scores, notes) or (),
        _describe_radiomics(inputs, notes),
    )
    html = render_group(subjects, settings, truth=_read_truth(inputs, notes), work=work)
    _write_page(outputs["html"], html, settings.max_megabytes)
    if "table" in outputs:
        write_atomically(outputs["table"], group_table(subjects))
    return {
        "megabytes": round(len(html.encode("utf-8")) / 1e6, 2),
        "subjects": len(subjects),
        "flags": [{"level": "warning", "message": note} for note in notes],
    }


def _read_subject(subject: str, files: Mapping[str, Path], notes: list[str]) -> SubjectResult:
    own: list[str] = []
    outcomes = _read(files, "outcomes", read_outcomes, own) or []
    sessions = [
        SessionResult(
            session,
            lesions=_read(roles, "lesion_table", read_lesions, own),
            changes=_read(roles, "change_table", read_changes, own),
            measures=_read(roles, "volumes", read_measures, own) or (),
        )
        for session, roles in split_roles(files).items()
    ]
    notes += [f"sub-{subject}: {note}" for note in own]
    has_page = "html" in files and files["html"].exists()
    return SubjectResult(subject, outcomes, sessions, has_page=has_page)


def _describe_radiomics(inputs: Files, notes: list[str]) -> dict[str, Any]:
    """Return what the page shows of the cohort's features and of a study of their robustness."""
    found = {
        f"sub-{subject} {write_session(session)}".strip(): _read(
            roles, "feature_scores", read_deviation, notes
        )
        for subject, files in split_subjects(inputs).items()
        for session, roles in split_roles(files).items()
    }
    shares = _read(inputs, "robustness", read_shares, notes)
    return {
        "cohort": describe_cohort({name: one for name, one in found.items() if one is not None}),
        "robust": None if shares is None else describe_robustness(shares),
    }


def _read_truth(inputs: Files, notes: list[str]) -> Truth | None:
    if "truth" not in inputs or "truth_summary" not in inputs:
        return None
    try:
        return read_truth(inputs["truth"], inputs["truth_summary"])
    except MslensError as error:
        notes.append(f"the comparison with the truth is left out: {error.what}.")
        return None


def _style(settings: SubjectReportSettings, sessions: int) -> PictureStyle:
    style = PictureStyle(
        tiles=settings.tiles, pixel_mm=settings.pixel_mm, margin_mm=settings.margin_mm
    )
    if sessions > _COARSER:
        style = dataclasses.replace(style, pixel_mm=max(0.9, settings.pixel_mm))
    if sessions > _FEWER:
        style = dataclasses.replace(style, tiles=min(6, settings.tiles))
    return style


def _read_session(
    session: str | None,
    files: Mapping[str, Path],
    style: PictureStyle,
    region_names: Mapping[int, str],
    remarks: Sequence[str],
) -> tuple[SessionImages, SessionPage]:
    images = load_session(session, files)
    notes = [*remarks, *images.notes]
    album = open_album(images, style, region_names=region_names)
    losses = _read(files, "disconnection", read_losses, notes)
    page = SessionPage(
        session=session,
        key=None if album is None else draw_key_slices(album),
        pictures=()
        if album is None
        else draw_session(album, images.template_image, _template(images.template_image)),
        losses=losses,
        loss_map=None if album is None or not losses else _map_losses(album, losses),
        quality=_read(files, "quality", read_quality, notes) or (),
        changes=_read(files, "change_table", read_changes, notes),
        change_pictures=_draw_changes(files, style, notes),
        deviation=_read(files, "feature_scores", read_deviation, notes),
        lesions=_read(files, "lesion_table", read_lesions, notes),
        measures=_read(files, "volumes", read_measures, notes) or (),
        notes=notes,
    )
    return images, page


def _draw_changes(
    files: Mapping[str, Path], style: PictureStyle, notes: list[str]
) -> Sequence[Picture]:
    try:
        return draw_changes(files, style)
    except MslensError as error:
        notes.append(f"The pictures of the changes are left out: {error.what}.")
        return ()


def _map_losses(album: Album, losses: Sequence[Loss]) -> Picture | None:
    colours = colour_losses(losses, album.region_names)
    return draw_disconnection(album, colours, describe_classes())


def _read(
    files: Mapping[str, Path], role: str, reader: Callable[[Path], T], notes: list[str]
) -> T | None:
    path = files.get(role)
    if path is None or not path.exists():
        return None
    try:
        return reader(path)
    except MslensError as error:
        notes.append(f"{role} is left out: {error.what}.")
        return None


def _template(image: Volume | None) -> Template | None:
    if image is None:
        return None
    sizes = image.grid.voxel_size_mm
    try:
        template = load_template(round(sizes[0], 3))
    except MslensError:
        return None
    white = template.wm.like(template.wm.data > _WHITE_MATTER, "mask")
    return Template(template.brain, white)


def _bundle(settings: SubjectReportSettings) -> tuple[Bundle | None, str]:
    if not settings.viewer:
        return None, ""
    try:
        return read_niivue(), ""
    except MissingDependency as error:
        return None, f"The NiiVue viewer is not there: {error.what}. {error.cure}."


def _write_page(path: Path, html: str, max_megabytes: float) -> None:
    content = html.encode("utf-8")
    if len(content) > max_megabytes * 1e6:
        raise OutputError(
            f"the report is {len(content) / 1e6:.1f} MB",
            where=path,
            expected=f"at most {max_megabytes:g} MB",
            cure="Raise max_megabytes in the settings",
        )
    write_atomically(path, content)


def _facts(
    html: str,
    viewer: Mapping[str, Any] | None,
    bundle: Bundle | None,
    pages: Sequence[SessionPage],
) -> Facts:
    return {
        "megabytes": round(len(html.encode("utf-8")) / 1e6, 2),
        "pictures": sum(len(page.pictures) for page in pages),
        "viewer": "none" if viewer is None else "slices" if bundle is None else "niivue",
        "niivue": None if bundle is None else bundle.version,
        "viewer_note": "" if viewer is None else viewer["note"],
        "flags": [],
    }
