import numpy as np

from mslens.radiomics.alike import find_alike
from mslens.radiomics.directions import flat_offsets, list_directions
from mslens.radiomics.regions import find_regions


def test_links_join_equal_neighbours_inside_the_region_only():
    labels = np.ones((1, 2, 3), dtype=np.int32)
    region = find_regions(labels)[0]
    box = region.fill_box(np.array([5, 5, 2, 2, 5, 5], dtype=np.int32))
    offsets = flat_offsets(list_directions(in_plane=True), region.shape)
    found = find_alike(box.reshape(-1), region.cells, offsets)
    # Steps (0, 1), (1, -1), (1, 0), (1, 1) along (j, i) of [[5, 5, 2], [2, 5, 5]].
    places = [
        np.searchsorted(region.cells, row[:count]).tolist()
        for row, count in zip(found.cells, found.counts, strict=True)
    ]
    assert places == [[0, 4], [], [1], [0, 1]]


def test_links_are_those_of_a_comparison_of_all_pairs(lump):
    region, box, _ = lump
    steps = list_directions()
    found = find_alike(box.reshape(-1), region.cells, flat_offsets(steps, region.shape))
    for row, count, step in zip(found.cells, found.counts, steps, strict=True):
        moved = np.roll(box, tuple(-step), axis=(0, 1, 2))
        assert (row[:count] == np.flatnonzero((box > 0) & (box == moved))).all()
