"""A lumpy region with a few grey levels, small enough for the plain definitions."""

from __future__ import annotations

import numpy as np
import pytest

from mslens.radiomics.regions import find_regions


@pytest.fixture(params=[(0, 4), (1, 7), (2, 2)], ids=["4-levels", "7-levels", "2-levels"])
def lump(request):
    """Region, flat padded levels, number of levels."""
    seed, n_levels = request.param
    rng = np.random.default_rng(seed)
    labels = (rng.random((5, 6, 7)) < 0.7).astype(np.int32)
    region = find_regions(labels)[0]
    levels = rng.integers(1, n_levels + 1, region.size).astype(np.int32)
    levels[0] = n_levels
    return region, region.fill_box(levels), n_levels
