from __future__ import annotations

import numpy as np
import pytest

from mslens.core.arrays import MaskArray, Spacing
from mslens.preprocess.brain_core import find_detached_tissue

SHAPE = (48, 48, 48)
AWAY = np.linalg.norm(np.stack(np.indices(SHAPE), axis=-1) - 23.5, axis=-1)
BRAIN = AWAY < 14
MARROW = (AWAY > 17) & (AWAY < 21)


def detached(
    data: np.ndarray, certain: MaskArray | None = None, voxel_size_mm: Spacing = (1.0, 1.0, 1.0)
) -> MaskArray:
    return find_detached_tissue(
        data,
        np.zeros(SHAPE, dtype=bool) if certain is None else certain,
        level=0.6,
        voxel_size_mm=voxel_size_mm,
    )


def head() -> np.ndarray:
    return np.where(BRAIN | MARROW, 1.0, 0.1)


def test_marrow_behind_a_dark_table_is_detached_and_the_brain_is_not() -> None:
    np.testing.assert_array_equal(detached(head()), MARROW)


@pytest.mark.parametrize(("width", "is_cut"), [(2, True), (12, False)])
def test_a_thin_bridge_is_cut_and_a_broad_one_connects(width: int, is_cut: bool) -> None:
    data = head()
    half = width // 2
    data[24 - half : 24 + half, 24 - half : 24 + half, 24:43] = 1.0
    found = detached(data)
    far_side = MARROW & (AWAY > 19) & (np.indices(SHAPE)[2] > 41)
    assert bool(found[far_side].all()) is is_cut


def test_a_dark_lesion_or_ventricle_does_not_cut_the_brain() -> None:
    data = head()
    data[:, :, 22:26] = 0.1
    found = detached(data, certain=AWAY < 10)
    assert found[BRAIN].mean() < 0.01
    assert detached(data)[BRAIN].mean() > 0.3


def test_the_ball_is_measured_in_millimetres() -> None:
    # A bridge of 6 voxels is 6 mm at 1 mm and stays; at 0.5 mm it is 3 mm and is cut.
    data = head()
    data[21:27, 21:27, 24:43] = 1.0
    spot = (24, 24, 43)
    assert not detached(data)[spot]
    assert detached(data, voxel_size_mm=(0.5, 0.5, 0.5))[spot]


def test_where_nothing_is_bright_nothing_is_detached() -> None:
    assert not detached(np.zeros(SHAPE)).any()
