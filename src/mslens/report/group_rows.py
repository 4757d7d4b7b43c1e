"""Which sessions of a large group have a row on its page; the table beside it holds all."""

from __future__ import annotations

from collections.abc import Sequence

#: With more rows a page would become slow to open, and larger than it may be.
MAX_ROWS = 2000


def choose_rows(levels: Sequence[str], outlying: frozenset[int]) -> list[int]:
    """Choose at most `MAX_ROWS` sessions: incomplete ones first, then outliers, then flagged ones.

    Parameters
    ----------
    levels : sequence of {"failed", "review", "ok"}
        Verdict of each session, in the order of the page.
    outlying : frozenset of int
        Places of sessions with an outlier.

    Returns
    -------
    list of int
        Places, in the order of the page.
    """
    ranks = {"failed": 0, "review": 2, "ok": 3}

    def rank(place: int) -> tuple[int, int]:
        own = ranks[levels[place]]
        return min(own, 1) if place in outlying else own, place

    return sorted(sorted(range(len(levels)), key=rank)[:MAX_ROWS])
