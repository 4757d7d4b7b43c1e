"""What is left out of a subject's page that would be too large, by one rule that the page states.

Pictures go first: of the earliest session all but its key slices, then of the next, the last
session's longest; then the key slices in the same order. The viewer gets what room is left.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from mslens.report.pictures import Picture
from mslens.report.subject import SessionPage


def fit_pages(pages: Sequence[SessionPage], *, room_bytes: int) -> list[SessionPage]:
    """Leave out pictures until what remains fits; every session that lost some says so.

    Parameters
    ----------
    pages : sequence of SessionPage
        From the earliest to the latest session.
    room_bytes : int
        Room for all pictures, as they are embedded.
    """
    kept = list(pages)
    for keep_key in (True, False):
        for index in range(len(kept)):
            if count_picture_bytes(kept) <= room_bytes:
                return kept
            kept[index] = _without_pictures(kept[index], pages[index], keep_key=keep_key)
    return kept


def without_pictures(pages: Sequence[SessionPage]) -> list[SessionPage]:
    """Return the pages with their text and tables alone."""
    return [
        dataclasses.replace(page, key=None, pictures=(), loss_map=None, change_pictures=())
        for page in pages
    ]


def count_picture_bytes(pages: Sequence[SessionPage]) -> int:
    """Count what the pictures of the pages take as they are embedded."""
    return sum(len(picture.content) for page in pages for picture in _pictures(page))


def _pictures(page: SessionPage) -> Iterator[Picture]:
    yield from page.pictures
    yield from page.change_pictures
    yield from (picture for picture in (page.key, page.loss_map) if picture is not None)


def _without_pictures(page: SessionPage, whole: SessionPage, *, keep_key: bool) -> SessionPage:
    if not any(True for _ in _pictures(page)):
        return page
    left = "all but the key slices are" if keep_key and page.key is not None else "they are"
    note = f"Pictures of this session: {left} left out to keep the page small."
    return dataclasses.replace(
        page,
        key=page.key if keep_key else None,
        pictures=(),
        loss_map=None,
        change_pictures=(),
        notes=(*whole.notes, note),
    )
