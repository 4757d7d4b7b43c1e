import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mslens.segment.nawm import NawmSettings, find_nawm


def block(shape=(14, 14, 14), margin=2):
    white = np.zeros(shape, bool)
    white[(slice(margin, -margin),) * 3] = True
    return white


def test_one_voxel_is_shaved_off_at_1_mm():
    nawm = find_nawm(block(), voxel_size_mm=(1, 1, 1), settings=NawmSettings())
    np.testing.assert_array_equal(nawm, block(margin=3))


def test_thick_slices_are_not_shaved_off():
    nawm = find_nawm(block(), voxel_size_mm=(1, 1, 3), settings=NawmSettings())
    assert nawm[7, 7, 2]
    assert not nawm[2, 7, 7]


def test_lesions_keep_their_distance():
    lesions = np.zeros((14, 14, 14), bool)
    lesions[7, 7, 7] = True
    nawm = find_nawm(block(), lesions, voxel_size_mm=(1, 1, 1), settings=NawmSettings())
    away = np.linalg.norm(np.indices(nawm.shape) - 7, axis=0)
    np.testing.assert_array_equal(nawm, block(margin=3) & (away > 3))


@pytest.mark.parametrize("lesions", [None, np.zeros((4, 4, 4))])
def test_no_white_matter_has_none(lesions):
    nothing = np.zeros((4, 4, 4))
    nawm = find_nawm(nothing, lesions, voxel_size_mm=(1, 1, 1), settings=NawmSettings())
    assert nawm.dtype == bool
    assert not nawm.any()


@given(
    hnp.arrays(bool, (6, 6, 5)), hnp.arrays(bool, (6, 6, 5)), st.tuples(*[st.floats(0.5, 4)] * 3)
)
def test_nawm_is_white_and_never_lesion(white, lesions, voxel_size_mm):
    nawm = find_nawm(white, lesions, voxel_size_mm=voxel_size_mm, settings=NawmSettings())
    assert not (nawm & ~white).any()
    assert not (nawm & lesions).any()
    looser = NawmSettings(tissue_margin_mm=0, lesion_margin_mm=0)
    np.testing.assert_array_equal(
        find_nawm(white, lesions, voxel_size_mm=voxel_size_mm, settings=looser), white & ~lesions
    )
