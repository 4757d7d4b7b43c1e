import numpy as np
import pytest

from mslens.radiomics.directions import flat_offsets, list_directions
from mslens.radiomics.emphasis import EMPHASES
from mslens.radiomics.gldzm import border_distance, describe_gldzm
from radiomics import brute


def test_distance_counts_shells_from_the_border():
    inside = np.zeros((7, 7, 7), dtype=bool)
    inside[1:6, 1:6, 1:6] = True
    found = border_distance(inside)
    assert found[3, 3, 3] == 3
    assert found[1, 3, 3] == 1
    assert found[0, 0, 0] == 0
    flat = border_distance(inside, in_plane=True)
    assert flat[1, 3, 3] == 3


def test_features_equal_their_definitions(lump):
    region, box, n = lump
    distance = border_distance(box > 0)
    counts = {}
    for level, zone in brute.zones(box):
        key = (level, int(min(distance[at] for at in zone)))
        counts[key] = counts.get(key, 0) + 1
    found = describe_gldzm(
        box.reshape(-1),
        region.cells,
        flat_offsets(list_directions(), region.shape),
        distance.reshape(-1),
        n_levels=n,
    )
    found = dict(zip(EMPHASES, found, strict=True))
    for name, value in brute.emphases(counts).items():
        assert found[name] == pytest.approx(value), name
