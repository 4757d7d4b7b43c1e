import pytest

from mslens.radiomics.directions import flat_offsets, list_directions
from mslens.radiomics.emphasis import EMPHASES
from mslens.radiomics.glszm import describe_glszm
from radiomics import brute


def test_features_equal_their_definitions(lump):
    region, box, n = lump
    counts = {}
    for level, zone in brute.zones(box):
        counts[level, len(zone)] = counts.get((level, len(zone)), 0) + 1
    offsets = flat_offsets(list_directions(), region.shape)
    before = box.copy()
    found = describe_glszm(box.reshape(-1), region.cells, offsets, n_levels=n)
    found = dict(zip(EMPHASES, found, strict=True))
    for name, value in brute.emphases(counts).items():
        assert found[name] == pytest.approx(value), name
    assert found["percentage"] == pytest.approx(sum(counts.values()) / region.size)
    assert (before == box).all()
