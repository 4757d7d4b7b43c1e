"""Shannon entropy in bits from counts: log2 N - (1/N) sum c log2 c, with a table of c log2 c."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel

_SIZE = 4096


def _make_table() -> npt.NDArray[np.float64]:
    counts = np.arange(1, _SIZE, dtype=np.float64)
    return np.concatenate(([0.0], counts * np.log2(counts)))


#: c log2 c of the small counts; passed into kernels, which cannot cache large globals.
C_LOG_C = _make_table()


@kernel
def c_log_c(count: float, table: Array) -> float:
    """Return ``count * log2(count)``, from the table where the count is small."""
    whole = int(count)
    if whole < table.size:
        return float(table[whole])
    return count * math.log2(count)


@kernel
def entropy_of_counts(counts: Array, total: float, table: Array) -> float:
    """Return the entropy of non-negative integer counts that add up to `total`."""
    inner = 0.0
    for c in counts:
        if c > 0:
            inner += c_log_c(c, table)
    return max(0.0, math.log2(total) - inner / total)
