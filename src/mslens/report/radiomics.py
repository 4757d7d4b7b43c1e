"""Radiomics on a page: one session against the cohort, and the cohort's sessions by region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup

from mslens.core.errors import TableError
from mslens.io.feature_files import read_feature_part
from mslens.io.tables import read_tsv
from mslens.plot.encode import to_svg
from mslens.plot.robustness import draw_cohort_heat_map, draw_subject_heat_map
from mslens.report.redaction import redact
from mslens.report.robustness import CLASSES, draw_shares

#: Robust z beyond which a feature lies far from the cohort (Iglewicz and Hoaglin 1993).
FAR_Z = 3.5
#: Image type that is drawn; all of them are counted.
DRAWN = "original"
#: Rows of the table of regions, and of the drawing of sessions.
_REGIONS, _SESSIONS = 15, 60


@dataclass(frozen=True, eq=False)
class RegionDeviation:
    """How far a session's features lie from the cohort.

    Parameters
    ----------
    share : Series
        Region -> share of its scored features with a robust z beyond `FAR_Z`.
    total : float
        The same over all regions.
    features : int
        Scored features.
    drawn : DataFrame
        Robust z of the drawn image type: ``roi``, ``feature_class``, ``feature``, ``value``.
    """

    share: pd.Series[float]
    total: float
    features: int
    drawn: pd.DataFrame


def read_deviation(path: Path) -> RegionDeviation:
    """Read the scores of a session (``_desc-zscore_features.parquet``).

    Raises
    ------
    TableError
        If the file cannot be read.
    """
    part = read_feature_part(path)
    scored = part[np.isfinite(part["value"])]
    far = scored["value"].abs() > FAR_Z
    share = far.groupby(scored["roi"].astype(str), sort=False).mean()
    kinds = part["image_type"].astype(str)
    chosen = DRAWN if DRAWN in set(kinds) else kinds.iloc[0]
    drawn = part.loc[kinds == chosen, ["roi", "feature_class", "feature", "value"]]
    return RegionDeviation(
        share, float(far.mean()) if len(far) else 0.0, len(scored), drawn.reset_index(drop=True)
    )


def describe_deviation(found: RegionDeviation, *, label: str) -> dict[str, Any] | None:
    """Return what the page of a subject shows; None when no feature has a score.

    Parameters
    ----------
    found : RegionDeviation
    label : str
        Of the session, for the title of the drawing.
    """
    if not found.features:
        return None
    laid = _lay_out(found.drawn)
    figure = draw_subject_heat_map(laid.matrix, laid.regions, laid.features, laid.classes)
    title = f"Radiomic features by region against the cohort {label}".rstrip()
    first = found.share.sort_values(ascending=False, kind="stable").head(_REGIONS)
    return {
        "chart": Markup(to_svg(figure, title=title)),
        "total": found.total,
        "features": found.features,
        "regions": [
            {"name": redact(str(name)), "share": float(share)}
            for name, share in first.items()
            if share > 0
        ],
        "far_z": FAR_Z,
    }


def describe_cohort(sessions: Mapping[str, RegionDeviation]) -> dict[str, Any] | None:
    """Return what the page of a group shows; None when no session has scores.

    Parameters
    ----------
    sessions : mapping of str to RegionDeviation
        Name of a session, as the page writes it, to its deviation.
    """
    scored = {name: found for name, found in sessions.items() if found.features}
    if not scored:
        return None
    order = sorted(scored, key=lambda name: -scored[name].total)
    shown = order[:_SESSIONS]
    regions = list(dict.fromkeys(str(r) for name in order for r in scored[name].share.index))
    shares = np.array([scored[name].share.reindex(regions).to_numpy() for name in shown])
    figure = draw_cohort_heat_map(shares, shown, [redact(name) for name in regions])
    return {
        "chart": Markup(to_svg(figure, title="Radiomic features far from the cohort by region")),
        "rows": [{"name": name, "total": scored[name].total} for name in order],
        "left_out": len(order) - len(shown),
        "far_z": FAR_Z,
    }


@dataclass(frozen=True, eq=False)
class _Layout:
    """A matrix of z-scores with the names of its rows and columns."""

    matrix: npt.NDArray[np.float64]
    regions: list[str]
    features: list[str]
    classes: list[str]


def _lay_out(drawn: pd.DataFrame) -> _Layout:
    """Lay scores out as regions x features, classes in their usual order."""
    rows, regions = pd.factorize(drawn["roi"].astype(str))
    pairs = drawn["feature_class"].astype(str) + "_" + drawn["feature"].astype(str)
    columns, names = pd.factorize(pairs)
    matrix = np.full((len(regions), len(names)), np.nan)
    matrix[rows, columns] = drawn["value"]
    words = [str(name).split("_", 1) for name in names]
    order = sorted(range(len(words)), key=lambda n: CLASSES.index(words[n][0]))
    return _Layout(
        matrix[:, order],
        [redact(str(name)) for name in regions],
        [words[n][1] for n in order],
        [words[n][0] for n in order],
    )


def read_shares(path: Path) -> pd.DataFrame:
    """Read the table of robust shares (`mslens.report.robustness.join_shares`).

    Raises
    ------
    TableError
        If it cannot be read or lacks a column.
    """
    table = read_tsv(path)
    needed = ("assessment", "subjects", "roi", "feature_class", "features", "robust")
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise TableError(f"the table has no column {', '.join(missing)}", where=path)
    counts = ["subjects", "features", "robust"]
    table[counts] = table[counts].apply(pd.to_numeric, errors="coerce")
    return table.dropna(subset=counts)


def describe_robustness(shares: pd.DataFrame) -> dict[str, Any] | None:
    """Return what the page of a group shows of a study of robustness; None of an empty one."""
    if shares.empty:
        return None
    names = shares["assessment"].drop_duplicates().tolist()
    main = "all" if "all" in names else names[0]
    return {
        "main": redact(str(main)),
        "subjects": int(shares["subjects"].max()),
        "by_class": draw_shares(shares, rows="assessment", title="Robust share by set and class"),
        "by_region": draw_shares(
            shares[shares["assessment"] == main], rows="roi", title="Robust share by region"
        ),
    }
