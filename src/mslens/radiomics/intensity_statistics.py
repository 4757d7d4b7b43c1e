"""The 18 intensity statistics of IBSI (reference manual 3.3), on intensities as they are."""

from __future__ import annotations

import numpy as np

from mslens.core.arrays import Array

#: Tag -> code of the IBSI reference manual.
STATISTICS = {
    "mean": "Q4LE",
    "var": "ECT3",
    "skew": "KE2A",
    "kurt": "IPH6",
    "median": "Y12H",
    "min": "1GSF",
    "p10": "QG58",
    "p90": "8DWT",
    "max": "84IY",
    "iqr": "SALO",
    "range": "2OJQ",
    "mad": "4FUA",
    "rmad": "1128",
    "medad": "N72L",
    "cov": "7TET",
    "qcod": "9S40",
    "energy": "N8CA",
    "rms": "5ZWQ",
}


def describe_statistics(values: Array) -> dict[str, float]:
    """Return the statistics of intensities, shape (n,), by the tags of `STATISTICS`."""
    x = np.asarray(values, dtype=np.float64)
    mean, median = x.mean(), np.median(x)
    d = x - mean
    var = np.mean(d**2)
    p10, p25, p75, p90 = np.percentile(x, [10, 25, 75, 90])
    inner = x[(x >= p10) & (x <= p90)]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "mean": mean,
            "var": var,
            "skew": np.mean(d**3) / var**1.5 if var > 0 else 0.0,
            "kurt": np.mean(d**4) / var**2 - 3 if var > 0 else 0.0,
            "median": median,
            "min": x.min(),
            "p10": p10,
            "p90": p90,
            "max": x.max(),
            "iqr": p75 - p25,
            "range": np.ptp(x),
            "mad": np.mean(np.abs(d)),
            "rmad": np.mean(np.abs(inner - inner.mean())),
            "medad": np.mean(np.abs(x - median)),
            "cov": np.sqrt(var) / mean,
            "qcod": (p75 - p25) / (p75 + p25),
            "energy": np.sum(x**2),
            "rms": np.sqrt(np.mean(x**2)),
        }
    return {name: float(value) for name, value in found.items()}
