"""The intensity-volume histogram of IBSI (reference manual 3.5): how much volume lies above.

At intensity i the volume fraction nu is the share of voxels with at least i, the intensity
fraction gamma the place of i in the range.
"""

from __future__ import annotations

import numpy as np

from mslens.core.arrays import Array

#: Tag -> code of the IBSI reference manual.
VOLUME_HISTOGRAM = {
    "v10": "BC2M",
    "v90": "BC2M",
    "i10": "GBPN",
    "i90": "GBPN",
    "diff_v10_v90": "DDTU",
    "diff_i10_i90": "CNV2",
    "auc": "9CMM",
}


def describe_volume_histogram(values: Array, *, intensities: Array) -> dict[str, float]:
    """Return the features by the tags of `VOLUME_HISTOGRAM`.

    Parameters
    ----------
    values : ndarray, shape (n,)
        One of `intensities` per voxel.
    intensities : ndarray, shape (m,)
        All intensities of the range, ascending, present or not.
    """
    ordered = np.sort(values)
    steps = np.asarray(intensities, dtype=np.float64)
    below = np.searchsorted(ordered, steps - 1e-9 * max(1.0, float(np.abs(steps).max())))
    volume = 1 - below / ordered.size
    span = steps[-1] - steps[0]
    share = (steps - steps[0]) / span if span > 0 else np.zeros(steps.size)
    step = steps[1] - steps[0] if steps.size > 1 else 1.0

    def volume_at(fraction: float) -> float:
        reached = share >= fraction
        return float(volume[reached].max()) if reached.any() else 0.0

    def intensity_at(fraction: float) -> float:
        rare = volume <= fraction
        return float(steps[rare].min()) if rare.any() else float(steps[-1] + step)

    found = {
        "v10": volume_at(0.1),
        "v90": volume_at(0.9),
        "i10": intensity_at(0.1),
        "i90": intensity_at(0.9),
    }
    found["diff_v10_v90"] = found["v10"] - found["v90"]
    found["diff_i10_i90"] = found["i10"] - found["i90"]
    found["auc"] = float(np.trapezoid(volume, share)) if span > 0 else float("nan")
    return found
