"""Grey-level dependence matrix: how many neighbours have (nearly) the level of a voxel.

Sun and Wee 1983. The same matrix is IBSI's NGLDM (reference manual 3.11).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.radiomics.emphasis import emphasise
from mslens.radiomics.entropy import C_LOG_C
from mslens.radiomics.neighbourhood import Neighbourhoods


@kernel
def _describe(dependences: Array, table: Array) -> Array:
    n_levels, n_sizes = dependences.shape
    triples = np.empty((n_levels * n_sizes, 3), dtype=np.int64)
    n = total = 0
    for level in range(n_levels):
        for size in range(n_sizes):
            count = dependences[level, size]
            if count > 0:
                triples[n, 0], triples[n, 1], triples[n, 2] = level, size, count
                total += count
                n += 1
    by_level = np.zeros(n_levels, dtype=np.int64)
    by_size = np.zeros(n_sizes, dtype=np.int64)
    return emphasise(triples, n, float(total), by_level, by_size, table)


def describe_gldm(neighbourhoods: Neighbourhoods) -> npt.NDArray[np.float64]:
    """Return the shared features of the dependence matrix, in the order of `EMPHASES`."""
    return _describe(neighbourhoods.dependences, C_LOG_C)
