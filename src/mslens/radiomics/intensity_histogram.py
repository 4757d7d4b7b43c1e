"""The 23 intensity-histogram features of IBSI (reference manual 3.4): grey levels as numbers."""

from __future__ import annotations

import numpy as np

from mslens.core.arrays import Array
from mslens.radiomics.intensity_statistics import describe_statistics

#: Tag -> code of the IBSI reference manual.
HISTOGRAM = {
    "mean": "X6K6",
    "var": "CH89",
    "skew": "88K1",
    "kurt": "C3I7",
    "median": "WIFQ",
    "min": "1PR8",
    "p10": "GPMT",
    "p90": "OZ0C",
    "max": "3NCY",
    "mode": "AMMC",
    "iqr": "WR0O",
    "range": "5Z3W",
    "mad": "D2ZX",
    "rmad": "WRZB",
    "medad": "4RNL",
    "cov": "CWYJ",
    "qcod": "SLWD",
    "entropy": "TLU2",
    "uniformity": "BJ5W",
    "max_grad": "12CE",
    "max_grad_g": "8E6O",
    "min_grad": "VQB3",
    "min_grad_g": "RHQZ",
}


def describe_histogram(levels: Array, *, n_levels: int) -> dict[str, float]:
    """Return the features of grey levels, shape (n,), from 1, by the tags of `HISTOGRAM`."""
    counts = np.bincount(levels, minlength=n_levels + 1)[1:].astype(np.float64)
    share = counts[counts > 0] / counts.sum()
    slope = np.gradient(counts) if counts.size > 1 else np.zeros(1)
    common = np.flatnonzero(counts == counts.max()) + 1
    found = {
        name: value
        for name, value in describe_statistics(levels).items()
        if name not in ("energy", "rms")
    }
    found |= {
        "mode": float(common[np.argmin(np.abs(common - levels.mean()))]),
        "entropy": float(-np.sum(share * np.log2(share))),
        "uniformity": float(np.sum(share**2)),
        "max_grad": float(slope.max()),
        "max_grad_g": float(np.argmax(slope) + 1),
        "min_grad": float(slope.min()),
        "min_grad_g": float(np.argmin(slope) + 1),
    }
    return {name: found[name] for name in HISTOGRAM}
