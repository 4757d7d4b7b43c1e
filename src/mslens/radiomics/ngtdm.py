"""Neighbourhood grey-tone difference matrix: how far a voxel is from its neighbours' mean.

Amadasun and King 1989; IBSI reference manual 3.10.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.radiomics.neighbourhood import Neighbourhoods

#: In the order of the values that `describe_ngtdm` returns.
NGTDM = ("Busyness", "Coarseness", "Complexity", "Contrast", "Strength")

#: Coarseness of a region without any difference (PyRadiomics and IBSI).
_COARSEST = 1e6


@kernel
def _describe(counts: Array, differences: Array) -> Array:
    out = np.full(5, np.nan)
    total = 0
    for c in counts:
        total += c
    if total == 0:
        return out
    used = np.flatnonzero(counts)
    n = used.size
    level = used.astype(np.float64)
    p = np.empty(n)
    s = np.empty(n)
    for k in range(n):
        p[k] = counts[used[k]] / total
        s[k] = differences[used[k]]
    weighted = s_sum = 0.0
    for k in range(n):
        weighted += p[k] * s[k]
        s_sum += s[k]
    out[1] = 1.0 / weighted if weighted > 0.0 else _COARSEST
    spread = complexity = strength = apart = 0.0
    for a in range(n):
        for b in range(a):
            d = level[a] - level[b]
            both = p[a] + p[b]
            spread += p[a] * p[b] * d * d
            complexity += d * (p[a] * s[a] + p[b] * s[b]) / both
            strength += both * d * d
            apart += abs(level[a] * p[a] - level[b] * p[b])
    out[0] = weighted / (2.0 * apart) if apart > 0.0 else 0.0
    out[2] = 2.0 * complexity / total
    out[3] = 2.0 * spread * s_sum / total / (n * (n - 1.0)) if n > 1 else 0.0
    out[4] = 2.0 * strength / s_sum if s_sum > 0.0 else 0.0
    return out


def describe_ngtdm(
    neighbourhoods: Neighbourhoods, *, count_isolated: bool = True
) -> npt.NDArray[np.float64]:
    """Return the five features in the order of `NGTDM`.

    Parameters
    ----------
    neighbourhoods : Neighbourhoods
    count_isolated : bool
        Count voxels without a neighbour in the region too, as PyRadiomics does; IBSI does not.
    """
    found = neighbourhoods
    counts = found.voxels if count_isolated else found.with_neighbours
    return _describe(counts, found.differences)
