import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mslens.image.components import count_voxels, keep_overlapping, label_components


def masks(shape=(5, 6, 4)):
    return hnp.arrays(bool, shape)


@pytest.mark.parametrize(
    ("step", "joined"),
    [((1, 0, 0), {6, 18, 26}), ((1, 1, 0), {18, 26}), ((1, 1, 1), {26}), ((2, 0, 0), set())],
)
def test_connectivity_decides_which_neighbours_join(step, joined):
    mask = np.zeros((5, 5, 5), bool)
    mask[1, 1, 1] = mask[1 + step[0], 1 + step[1], 1 + step[2]] = True
    for connectivity in (6, 18, 26):
        expected = 1 if connectivity in joined else 2
        assert label_components(mask, connectivity=connectivity).max() == expected


def test_largest_component_comes_first_and_equals_keep_their_order():
    mask = np.zeros((12, 1, 1), bool)
    mask[[0, 2, 3, 4, 6, 8, 9, 10]] = True
    labels = label_components(mask)[:, 0, 0]
    assert labels.tolist() == [3, 0, 1, 1, 1, 0, 4, 0, 2, 2, 2, 0]
    assert labels.dtype == np.int32


def test_small_components_are_left_out():
    mask = np.zeros((6, 1, 1), bool)
    mask[[0, 1, 3]] = True
    assert label_components(mask, min_voxels=2)[:, 0, 0].tolist() == [1, 1, 0, 0, 0, 0]


def test_nan_is_outside():
    values = np.array([np.nan, 1.0, 0.0, np.nan]).reshape(4, 1, 1)
    assert label_components(values)[:, 0, 0].tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.float32, np.float64])
def test_every_type_of_mask_gives_the_same(dtype):
    mask = np.zeros((4, 4, 4), bool)
    mask[1:3, 1, 1] = mask[3, 3, 3] = True
    np.testing.assert_array_equal(label_components(mask.astype(dtype)), label_components(mask))


def test_empty_mask_has_no_component():
    labels = label_components(np.zeros((3, 3, 3)))
    assert not labels.any()
    assert count_voxels(labels).tolist() == []
    assert not keep_overlapping(np.zeros((3, 3, 3)), np.ones((3, 3, 3))).any()


@given(masks(), st.sampled_from([6, 18, 26]))
def test_labels_cover_the_mask_and_counts_fall(mask, connectivity):
    labels = label_components(mask, connectivity=connectivity)
    np.testing.assert_array_equal(labels > 0, mask)
    counts = count_voxels(labels)
    assert counts.sum() == mask.sum()
    assert (np.diff(counts) <= 0).all()


@given(masks(), st.sampled_from([6, 18, 26]))
def test_components_do_not_depend_on_orientation(mask, connectivity):
    turned = np.flip(np.transpose(mask, (2, 0, 1)), 1)
    ours, theirs = (
        count_voxels(label_components(m, connectivity=connectivity)) for m in (mask, turned)
    )
    np.testing.assert_array_equal(ours, theirs)


@given(masks(), masks())
def test_hysteresis_keeps_whole_components_with_a_seed(mask, seeds):
    kept = keep_overlapping(mask, seeds)
    labels = label_components(mask)
    for label in range(1, labels.max() + 1):
        own = labels == label
        assert (kept & own).sum() == (own.sum() if (seeds & own).any() else 0)
    assert not (kept & ~mask).any()
