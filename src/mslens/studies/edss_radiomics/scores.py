"""Table 3 and beyond: every score with its interval, per algorithm and set, beside the paper's."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mslens.core.rng import make_rng
from mslens.evaluate.calibration import bin_predictions
from mslens.evaluate.conformal import calibrate_half_width, measure_coverage
from mslens.evaluate.edss import EDSS_STEPS, measure_edss_errors
from mslens.evaluate.oracle import compare_with_oracle
from mslens.evaluate.regression import bootstrap_regression
from mslens.stats.bootstrap import BootstrapSettings
from mslens.studies.edss_radiomics.settings import StudySettings
from mslens.studies.edss_radiomics.split import TRAINING
from mslens.studies.edss_radiomics.trees import TITLES

Floats = npt.NDArray[np.float64]
Row = dict[str, Any]
_MAX_EDSS = 10.0


def score_sets(
    observed: dict[str, Floats],
    predictions: dict[str, dict[str, Floats]],
    settings: StudySettings,
    *,
    published: dict[str, dict[str, list[float]]] | None = None,
    oracle: dict[str, Floats] | None = None,
) -> list[Row]:
    """Score every model on every set.

    Parameters
    ----------
    observed : dict
        Set -> ndarray, shape (n,).
    predictions : dict
        Set -> model -> ndarray, shape (n,).
    settings : StudySettings
    published : dict, optional
        Set -> model -> r, r squared and mean absolute error of the paper.
    oracle : dict, optional
        Set -> the best attainable prediction.

    Returns
    -------
    list of dict
        ``set``, ``model``, ``title``, ``n``, ``scores`` (name -> [value, low, high]), ``paper``
        and ``oracle`` ([ratio, low, high]) or None.
    """
    rows = []
    for name, models in predictions.items():
        for model, predicted in models.items():
            rng = make_rng(settings.seed, "bootstrap", name, model)
            row: Row = {"set": name, "model": model, "title": TITLES.get(model, model)}
            row["n"] = int(observed[name].size)
            row["scores"] = _intervals(observed[name], predicted, rng, settings)
            row["paper"] = (published or {}).get(name, {}).get(model)
            row["oracle"] = None
            if oracle is not None and np.ptp(predicted) > 0:
                ratio = compare_with_oracle(observed[name], predicted, oracle[name], rng=rng)
                row["oracle"] = [ratio.ratio, ratio.low, ratio.high, ratio.r_oracle]
            rows.append(row)
    return rows


def _intervals(
    observed: Floats, predicted: Floats, rng: np.random.Generator, settings: StudySettings
) -> dict[str, list[float | None]]:
    if np.ptp(predicted) == 0:
        error = float(np.abs(predicted - observed).mean())
        return {"r": [None] * 3, "mean_absolute_error": [error, None, None]}
    found = bootstrap_regression(
        observed,
        predicted,
        rng=rng,
        settings=BootstrapSettings(n_resamples=settings.n_resamples, method="percentile"),
    )
    return {name: [value.estimate, value.low, value.high] for name, value in found.items()}


def measure_intervals(
    observed: dict[str, Floats], models: dict[str, dict[str, Floats]], saved: str, coverage: float
) -> Row:
    """Conformal half width from cross-validated residuals, and the coverage on the tests."""
    residuals = observed[TRAINING] - models[TRAINING][saved]
    half = calibrate_half_width(residuals, coverage=coverage)
    shown = {
        name: measure_coverage(observed[name], predicted[saved] - half, predicted[saved] + half)
        for name, predicted in models.items()
        if name != TRAINING
    }
    return {"coverage": coverage, "half_width": half, "measured": shown}


def describe_edss(
    observed: dict[str, Floats], predictions: dict[str, dict[str, Floats]]
) -> list[Row]:
    """Errors on the EDSS scale; empty when the target is not on it."""
    if any(np.setdiff1d(values, EDSS_STEPS).size for values in observed.values()):
        return []
    return [
        {
            "set": name,
            "model": model,
            "title": TITLES.get(model, model),
            **vars(measure_edss_errors(observed[name], np.clip(predicted, 0, _MAX_EDSS))),
        }
        for name, models in predictions.items()
        for model, predicted in models.items()
    ]


def describe_calibration(observed: Floats, predicted: Floats) -> list[Row]:
    """Observed against predicted means in up to ten bins."""
    bins = bin_predictions(observed, predicted, n_bins=min(10, max(2, observed.size // 10)))
    return [
        {"predicted": float(p), "observed": float(o), "standard_error": float(s), "n": int(n)}
        for p, o, s, n in zip(
            bins.predicted, bins.observed, bins.standard_error, bins.count, strict=True
        )
    ]
