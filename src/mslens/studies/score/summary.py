"""From scores per session to one line per question: means, worst cases, associations, bias."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from mslens.stats.correlation import correlate

Floats = npt.NDArray[np.float64]

#: From this lesion volume on Dice of lesions is asked for.
MIN_LOAD_ML = 2.0
#: With fewer sessions than this no association across sessions is given.
MIN_SESSIONS = 5
#: With fewer regions than this no association across regions is given.
MIN_REGIONS = 20
#: What the simulated cohort asks for; a score that is not here is only reported.
ASKED = {
    "dice_brain": 0.97,
    "dice_gm": 0.85,
    "dice_wm": 0.85,
    "dice_lesion": 0.70,
    "load_spearman": 0.95,
}
_VOLUMES = {
    "brain_ml": "Brain volume",
    "gm_ml": "Grey matter volume",
    "wm_ml": "White matter volume",
    "tiv_ml": "Intracranial volume",
}


def summarise_scores(sessions: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Summarise how estimates agree with the truth.

    Parameters
    ----------
    sessions : DataFrame
        One row per session, columns of `mslens.studies.score.flow.SESSION_COLUMNS`.
    regions : DataFrame
        Columns of `mslens.studies.score.flow.REGION_COLUMNS`.

    Returns
    -------
    DataFrame
        ``score``, ``label``, ``value``, ``worst``, ``asked``, ``n``: one row per score that can
        be given. ``worst`` is the lowest of any session, ``n`` the number of sessions, lesions or
        regions behind the value.
    """
    rows = [
        *_overlap(sessions),
        *_lesions(sessions),
        *_volumes(sessions),
        *_regions(regions),
        *_jacobians(sessions, regions),
    ]
    table = pd.DataFrame(rows, columns=["score", "label", "value", "worst", "n"])
    table.insert(4, "asked", [ASKED.get(str(name), math.nan) for name in table["score"]])
    return table


def _row(score: str, label: str, value: float, n: int, worst: float = math.nan) -> dict[str, Any]:
    return {"score": score, "label": label, "value": value, "worst": worst, "n": n}


def _mean_of(sessions: pd.DataFrame, name: str, label: str) -> list[dict[str, Any]]:
    values = _finite(sessions, name)
    if not values.size:
        return []
    return [_row(name, label, float(values.mean()), values.size, float(values.min()))]


def _finite(table: pd.DataFrame, name: str) -> Floats:
    if name not in table:
        return np.empty(0)
    values = table[name].to_numpy(dtype=float)
    return np.asarray(values[np.isfinite(values)])


def _pairs(table: pd.DataFrame, estimate: str, truth: str) -> tuple[Floats, Floats]:
    if estimate not in table or truth not in table:
        return np.empty(0), np.empty(0)
    both = table[[estimate, truth]].to_numpy(dtype=float)
    both = both[np.isfinite(both).all(axis=1)]
    return both[:, 0], both[:, 1]


def _overlap(sessions: pd.DataFrame) -> list[dict[str, Any]]:
    rows = [
        *_mean_of(sessions, "dice_brain", "Brain mask, Dice"),
        *_mean_of(sessions, "dice_gm", "Grey matter, Dice"),
        *_mean_of(sessions, "dice_wm", "White matter, Dice"),
    ]
    if "true_lesion_ml" in sessions:
        heavy = sessions[sessions["true_lesion_ml"].to_numpy(dtype=float) >= MIN_LOAD_ML]
        rows += _mean_of(heavy, "dice_lesion", f"Lesions from {MIN_LOAD_ML:g} ml on, Dice")
    return rows


def _lesions(sessions: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    true, detected = _pairs(sessions, "lesions_true", "lesions_detected")
    if true.sum():
        label = "Lesions of 3 mm or more that were found, share"
        rows.append(_row("lesion_sensitivity", label, detected.sum() / true.sum(), int(true.sum())))
    false = _finite(sessions, "false_positives")
    if false.size:
        label = "False lesions per session, mean"
        rows.append(_row("false_positives", label, float(false.mean()), false.size))
    compared, equal = _pairs(sessions, "locations_compared", "locations_equal")
    if compared.sum():
        label = "Location class of lesions found, share that agrees"
        share = equal.sum() / compared.sum()
        rows.append(_row("location_accuracy", label, share, int(compared.sum())))
    compared, equal = _pairs(sessions, "single_compared", "single_equal")
    if compared.sum():
        label = "The same of lesions that did not merge with others, share"
        share = equal.sum() / compared.sum()
        rows.append(_row("single_location_accuracy", label, share, int(compared.sum())))
    rows += _changes(sessions)
    estimate, truth = _pairs(sessions, "lesion_ml", "true_lesion_ml")
    if estimate.size >= MIN_SESSIONS:
        rho = float(stats.spearmanr(estimate, truth).statistic)
        label = "Lesion volume, Spearman's rho across sessions"
        rows.append(_row("load_spearman", label, rho, estimate.size))
    for name, column, what in (
        ("load_bias", "true_lesion_ml", "true"),
        ("load_mask_bias", "true_lesion_mask_ml", "that of the voxels that are half lesion"),
    ):
        estimate, truth = _pairs(sessions, "lesion_ml", column)
        if estimate.size and truth.sum():
            label = f"Lesion volume, all sessions: estimated over {what}, less 1"
            rows.append(_row(name, label, estimate.sum() / truth.sum() - 1, estimate.size))
    return rows


def _changes(sessions: pd.DataFrame) -> list[dict[str, Any]]:
    true, detected = _pairs(sessions, "new_true", "new_detected")
    found, false = _pairs(sessions, "new_found", "new_false")
    if not true.sum() + found.sum():
        return []
    sensitivity = detected.sum() / true.sum() if true.sum() else 0.0
    precision = 1 - false.sum() / found.sum() if found.sum() else 0.0
    both = sensitivity + precision
    f1 = 2 * sensitivity * precision / both if both else 0.0
    return [_row("new_lesion_f1", "New lesions of later visits, F1", f1, int(true.sum()))]


def _volumes(sessions: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for name, label in _VOLUMES.items():
        estimate, truth = _pairs(sessions, name, f"true_{name}")
        measure = name.removesuffix("_ml")
        if estimate.size >= MIN_SESSIONS:
            r = float(correlate(estimate, truth))
            rows.append(_row(f"{measure}_r", f"{label}, r across sessions", r, estimate.size))
        if estimate.size:
            bias = float((estimate / truth).mean() - 1)
            text = f"{label}, mean of estimated over true, less 1"
            rows.append(_row(f"{measure}_bias", text, bias, estimate.size))
    return rows


def _regions(regions: pd.DataFrame) -> list[dict[str, Any]]:
    within: list[Floats] = []
    single, bias, lost, n = [], [], 0, 0
    for _, region in regions.groupby("region", sort=False):
        estimate, truth = _pairs(region, "estimate_ml", "true_ml")
        estimate, truth = estimate[truth > 0], truth[truth > 0]
        if not truth.size:
            continue
        n += truth.size
        lost += int((estimate <= 0).sum())
        bias.append(float(np.median(estimate / truth) - 1))
        if estimate.size >= MIN_SESSIONS:
            measured = estimate > 0
            single.append(float(correlate(estimate, truth)))
            if measured.any():
                pair = _relative(estimate[measured]), _relative(truth[measured])
                within.append(np.stack(pair))
    rows = []
    if within:
        label = "Regional volumes, r across sessions, median of regions"
        rows += _median_of(single, "region_r_median", label)
        pooled = np.concatenate(within, axis=1)
        label = "Regional volumes over their mean, r across sessions and regions"
        rows.append(_row("region_r", label, float(correlate(*pooled)), len(single)))
    if bias:
        label = "Regional volumes, estimated over true less 1, median of regions"
        rows.append(_row("region_bias", label, float(np.median(bias)), len(bias)))
        label = "Regions of a session that are there but were not found, share"
        rows.append(_row("regions_lost", label, lost / n, n))
    return rows


def _jacobians(sessions: pd.DataFrame, regions: pd.DataFrame) -> list[dict[str, Any]]:
    rows = [
        *_mean_of(sessions, "jacobian_r", "Log-Jacobian, r over voxels of the brain"),
        *_mean_of(sessions, "jacobian_smooth_r", "The same, both smoothed by 12 mm"),
    ]
    bias = _finite(sessions, "jacobian_bias")
    if bias.size:
        label = "Log-Jacobian, estimated less true, mean over the brain"
        rows.append(_row("jacobian_bias", label, float(bias.mean()), bias.size))
    if "estimate_growth" not in regions:
        return rows
    across = [
        float(correlate(*pair))
        for _, session in regions.groupby(["participant_id", "session_id"], dropna=False)
        if (pair := _pairs(session, "estimate_growth", "true_growth"))[0].size >= MIN_REGIONS
    ]
    if across:
        label = "Log-Jacobian of regions, r across the regions of a session"
        rows.append(
            _row("growth_r", label, float(np.mean(across)), len(across), float(min(across)))
        )
    pairs = [
        _pairs(region, "estimate_growth", "true_growth")
        for _, region in regions.groupby("region", sort=False)
    ]
    single = [float(correlate(*pair)) for pair in pairs if pair[0].size >= MIN_SESSIONS]
    label = "Log-Jacobian of regions, r across sessions, median of regions"
    return rows + _median_of(single, "growth_r_median", label)


def _median_of(values: list[float], name: str, label: str) -> list[dict[str, Any]]:
    """Median of correlations; where a side is constant there is none."""
    known = [value for value in values if math.isfinite(value)]
    return [_row(name, label, float(np.median(known)), len(known))] if known else []


def _relative(values: Floats) -> Floats:
    return np.asarray(np.log(values / values.mean()))
