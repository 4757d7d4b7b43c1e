import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.radiomics.regions import find_regions


def test_regions_hold_the_voxels_of_their_label():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, (6, 7, 8))
    regions = find_regions(labels)
    assert [r.label for r in regions] == [1, 2, 3, 4]
    for region in regions:
        assert (labels.reshape(-1)[region.voxels] == region.label).all()
        assert region.size == (labels == region.label).sum()
        box = region.fill_box(np.ones(region.size, dtype=np.int32))
        assert (box[1:-1, 1:-1, 1:-1] == (labels[region.box] == region.label)).all()
        assert box.sum() == region.size


def test_wanted_labels_keep_their_order_and_missing_ones_are_left_out():
    labels = np.zeros((3, 3, 3), dtype=np.int32)
    labels[0], labels[1] = 4, 2
    assert [r.label for r in find_regions(labels, wanted=[4, 9, 2])] == [4, 2]


def test_two_billion_is_a_label():
    labels = np.zeros((4, 4, 4), dtype=np.int64)
    labels[1:3, 1, 1], labels[3, 3, 3] = 2_000_000_000, 7
    assert [(r.label, r.size) for r in find_regions(labels)] == [(7, 1), (2_000_000_000, 2)]


def test_empty_map_has_no_regions():
    assert find_regions(np.zeros((3, 3, 3), dtype=np.int16)) == []


def test_whole_numbers_stored_as_floats_are_labels():
    assert [r.label for r in find_regions(np.full((2, 2, 2), 3.0))] == [3]


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (np.full((2, 2, 2), 0.5), "not whole"),
        (np.full((2, 2, 2), np.nan), "not whole"),
        (np.full((2, 2, 2), -32768, dtype=np.int16), "-32768"),
        (np.zeros((2, 2), dtype=np.int16), "shape"),
        (np.zeros((2, 2, 2), dtype=complex), "type"),
    ],
)
def test_what_is_no_label_map_is_refused(labels, says):
    with pytest.raises(ImageError, match=says):
        find_regions(labels)


def test_more_than_a_hundred_thousand_labels_are_refused():
    labels = np.arange(100_002, dtype=np.int32).reshape(2, 3, 16667)
    with pytest.raises(ImageError, match="100,001 labels"):
        find_regions(labels)
