"""The page of a study of robustness: how large the robust share is, by set, class and region."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup
from pydantic import Field

import mslens
from mslens.core.settings import Settings
from mslens.plot.encode import to_svg
from mslens.plot.palette import name_without_side
from mslens.plot.robustness import draw_heat_map
from mslens.radiomics.robustness import compare_sides
from mslens.report.page import read_asset, render_page
from mslens.report.redaction import redact

#: The order in which classes are shown.
CLASSES = ("shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm")
#: Rows of the list of the least robust features.
_WORST = 25
_SHARE = "robust share"
_SIDES = {
    side: re.compile(rf"(^|[^a-z])({words})(?=[^a-z]|$)", re.IGNORECASE)
    for side, words in (("left", "left|lh|l"), ("right", "right|rh|r"))
}


class RobustnessReportSettings(Settings):
    """What the page needs besides the tables.

    Parameters
    ----------
    judge : dict
        Settings of the assessment: form, threshold, limit, left-out classes.
    command : str
        Without folders.
    """

    judge: dict[str, Any] = Field(default_factory=dict)
    command: str = ""


def join_shares(tables: Mapping[str, pd.DataFrame], *, leave_out: tuple[str, ...]) -> pd.DataFrame:
    """Return number and share of robust features by set, region and class.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Name of a set of measurements to its ICCs (`assess_parts`).
    leave_out : tuple of str
        Classes that do not count.
    """
    parts = []
    for name, table in tables.items():
        counted = table[~table["feature_class"].isin(leave_out)]
        grouped = counted.groupby(["roi", "feature_class"], sort=False, observed=True)["robust"]
        part = grouped.agg(features="size", robust="sum").reset_index()
        parts.append(part.assign(assessment=name, subjects=int(table["subjects"].iloc[0])))
    joined = pd.concat(parts, ignore_index=True)
    joined["share"] = joined["robust"] / joined["features"]
    return joined[["assessment", "subjects", "roi", "feature_class", "features", "robust", "share"]]


def render_robustness(
    tables: Mapping[str, pd.DataFrame], settings: RobustnessReportSettings
) -> str:
    """Write the page as HTML.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As for `join_shares`, in the order of the page.
    settings : RobustnessReportSettings
    """
    left_out = tuple(settings.judge.get("leave_out", ()))
    shares = join_shares(tables, leave_out=left_out)
    main = "all" if "all" in tables else next(iter(tables))
    counted = tables[main][~tables[main]["feature_class"].isin(left_out)]
    form = str(settings.judge.get("form", "ICC(2,1)"))
    sides = [side for name in tables if (side := _compare_sides(name, tables[name], form))]
    context = {
        "title": "Robustness of radiomic features",
        "subtitle": f"{shares['subjects'].max()} subjects, {len(tables)} sets of measurements",
        "sections": [
            ("summary", "Summary"),
            ("regions", "Regions"),
            *([("sides", "Left and right")] if sides else []),
            ("least", "Least robust"),
            ("methods", "Methods"),
        ],
        "version": mslens.__version__,
        "sets": [_describe_set(name, table, left_out) for name, table in tables.items()],
        "by_class": draw_shares(shares, rows="assessment", title="Robust share by set and class"),
        "by_region": draw_shares(
            shares[shares["assessment"] == main], rows="roi", title="Robust share by region"
        ),
        "by_region_and_set": _draw_region_sets(shares),
        "by_image": _draw_image_types(counted),
        "main": main,
        "sides": sides,
        "worst": _list_worst(counted, form),
        "judge": settings.judge,
        "rule": write_rule(settings.judge),
        "left_out": left_out,
        "command": redact(settings.command),
    }
    return render_page("robustness.html.j2", context, scripts=[read_asset("tables.js")])


def draw_shares(shares: pd.DataFrame, *, rows: str, title: str) -> Markup:
    """Draw the robust share by class (columns) and by sets or regions (rows), with all classes.

    Parameters
    ----------
    shares : DataFrame
        From `join_shares`.
    rows : {"assessment", "roi"}
    title : str
        Another one for every drawing of a page.
    """
    wide = _share_table(shares, rows)
    whole = shares.groupby(rows, sort=False)[["robust", "features"]].sum()
    wide["all classes"] = whole["robust"] / whole["features"]
    return _draw_table(wide, title=title)


def write_rule(judge: Mapping[str, Any]) -> str:
    """Write when a feature counts as robust, in words."""
    sign = "≥" if judge.get("inclusive", True) else ">"
    what = (
        ""
        if judge.get("limit") == "estimate"
        else f"lower {judge.get('confidence', 0.95):.0%} limit of "
    )
    return f"{what}{judge.get('form', 'ICC(2,1)')} {sign} {judge.get('threshold', 0.9):.2f}"


def _describe_set(name: str, table: pd.DataFrame, left_out: tuple[str, ...]) -> dict[str, Any]:
    counted = table[~table["feature_class"].isin(left_out)]
    return {
        "name": name,
        "subjects": int(table["subjects"].iloc[0]),
        "measurements": int(table["measurements"].iloc[0]),
        "features": len(counted),
        "robust": int(counted["robust"].sum()),
        "share": float(counted["robust"].mean()),
        "undefined": int((counted["reason"] != "").sum()),
    }


def _draw_region_sets(shares: pd.DataFrame) -> Markup | None:
    """Draw regions x sets over all classes; None where there is only one set."""
    summed = shares.pivot_table(
        index="roi",
        columns="assessment",
        values=["robust", "features"],
        aggfunc="sum",
        sort=False,
    )
    wide = summed["robust"] / summed["features"]
    if wide.shape[1] < 2:
        return None
    return _draw_table(pd.DataFrame(wide), title="Robust share by region and set")


def _draw_image_types(counted: pd.DataFrame) -> Markup | None:
    """Draw image types x classes; None where there is only one image type."""
    shares = _share_table(counted.assign(features=1), "image_type")
    if len(shares) < 2:
        return None
    return _draw_table(shares, title="Robust share by image type and class")


def _draw_table(shares: pd.DataFrame, *, title: str) -> Markup:
    figure = draw_heat_map(
        shares.to_numpy(dtype=float),
        [str(name) for name in shares.index],
        [str(name) for name in shares.columns],
        label=_SHARE,
        write_values=True,
    )
    return Markup(to_svg(figure, title=title))


def _share_table(counts: pd.DataFrame, rows: str) -> pd.DataFrame:
    """Return the robust share by one column (rows) and class (columns, in their order)."""
    summed = counts.pivot_table(
        index=rows,
        columns="feature_class",
        values=["robust", "features"],
        aggfunc="sum",
        sort=False,
        observed=True,
    )
    shares = (summed["robust"] / summed["features"]).reindex(counts[rows].drop_duplicates())
    return pd.DataFrame({name: shares[name] for name in CLASSES if name in shares})


def _list_worst(counted: pd.DataFrame, form: str) -> list[dict[str, Any]]:
    """List the features whose median ICC over all regions is least."""
    keys = ["image_type", "feature_class", "feature"]
    grouped = counted.groupby(keys, sort=False, observed=True)
    summary = grouped.agg(
        median=(form, "median"), share=("robust", "mean"), regions=("roi", "size")
    )
    least = summary.dropna(subset=["median"]).sort_values("median", kind="stable").head(_WORST)
    return [
        {
            "name": "_".join(str(word) for word in key),
            **{str(name): value for name, value in row.items()},
        }
        for key, row in zip(least.index, least.to_dict("records"), strict=True)
    ]


def _compare_sides(name: str, table: pd.DataFrame, form: str) -> dict[str, Any] | None:
    """Compare the ICCs of left and right regions; None where no region has a twin."""
    sided = table.assign(
        side=[_find_side(str(roi)) for roi in table["roi"]],
        twin=[name_without_side(str(roi)) for roi in table["roi"]],
    )
    keys = ["twin", "image_type", "feature_class", "feature"]
    left, right = (
        sided.loc[sided["side"] == side, [*keys, form]].drop_duplicates(keys)
        for side in ("left", "right")
    )
    both = left.merge(right, on=keys, suffixes=("_left", "_right"))
    if len(both.dropna()) < 2:
        return None
    found = compare_sides(both[f"{form}_left"].to_numpy(), both[f"{form}_right"].to_numpy())
    return {
        "name": name,
        "pairs": both["twin"].nunique(),
        "left": found.mean_left,
        "right": found.mean_right,
        "t": found.t,
        "p": f"{found.p:.2g}",
        "t_paired": found.t_paired,
        "p_paired": f"{found.p_paired:.2g}",
    }


def _find_side(name: str) -> str:
    """Return the side that a region's name tells: ``Thalamus_L``, ``Left-Thalamus``, ``lh.x``."""
    for side, pattern in _SIDES.items():
        if pattern.search(name):
            return side
    return ""
