"""The disconnection of a session as a report shows it: classes, the map, the regions hit most."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mslens.plot import palette
from mslens.report.redaction import redact
from mslens.report.tables import read_number, read_rows

#: Regions that the page lists; the table has all.
_LISTED = 12


@dataclass(frozen=True)
class Loss:
    """One row of ``disconnection.tsv``.

    Parameters
    ----------
    region : str
    chaco : float or None
        Share of the region's streamlines that pass a lesion; None for a region without any.
    spread : float or None
        Standard deviation over the reference subjects.
    reference : str
        Tractogram that the streamlines are from.
    """

    region: str
    chaco: float | None
    spread: float | None
    reference: str


def read_losses(path: Path) -> list[Loss]:
    """Read ``disconnection.tsv``.

    Raises
    ------
    TableError
        If the file cannot be read or a needed column is missing.
    """
    return [
        Loss(
            region=redact(row["region"]),
            chaco=read_number(row, "chaco"),
            spread=read_number(row, "chaco_sd"),
            reference=redact(row["reference"]),
        )
        for row in read_rows(path, needed=("region", "chaco", "chaco_sd", "reference"))
    ]


def colour_losses(losses: Sequence[Loss], region_names: Mapping[int, str]) -> dict[int, str]:
    """Give the labels of the regions that lose something the colour of their class.

    Parameters
    ----------
    losses : sequence of Loss
    region_names : mapping of int to str
        Label of a parcel to its name.
    """
    chaco = {loss.region: loss.chaco for loss in losses}
    return {
        label: palette.DISCONNECTION[limit]
        for label, name in region_names.items()
        if (limit := _class_of(chaco.get(name))) is not None
    }


def describe_classes() -> tuple[tuple[str, str], ...]:
    """Legend of `colour_losses`: colour and text, from little to much."""
    limits = list(palette.DISCONNECTION)
    texts = [
        f"{'over ' if low == 0 else ''}{100 * low:g}–{100 * high:g}%"
        for low, high in itertools.pairwise(limits)
    ]
    texts.append(f"over {100 * limits[-1]:g}%")
    return tuple(zip(palette.DISCONNECTION.values(), texts, strict=True))


def list_losses(losses: Sequence[Loss]) -> list[Loss]:
    """Return the regions that lose most, in falling order; none that lose nothing."""
    hit = [loss for loss in losses if loss.chaco]
    return sorted(hit, key=lambda loss: -(loss.chaco or 0.0))[:_LISTED]


def _class_of(chaco: float | None) -> float | None:
    if not chaco:
        return None
    return max(limit for limit in palette.DISCONNECTION if limit <= chaco)
