from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from connectome.test_traversal import cut_by_hand
from connectome.tracts import make_tractogram, random_curves
from mslens.connectome.chaco import measure_disconnection, total_ends
from mslens.connectome.inverse_index import build_index
from mslens.connectome.tractogram_store import read_tractogram
from mslens.core.errors import GridMismatch, InputError
from mslens.core.grid import Grid

GRID = Grid(
    np.array([[1.0, 0, 0, -15], [0, 1, 0, -15], [0, 0, 1, -15], [0, 0, 0, 1]]), (31, 31, 31)
)


def count_by_hand(voxels, ends, subject_of, lesion, n_regions, *, within=False):
    """ChaCo as the definition says it: loops over streamlines, subjects and regions."""
    hit = np.array([any(lesion[v] for v in of_one) for of_one in voxels])
    n_subjects = subject_of.max() + 1
    region = np.full((n_subjects, n_regions), np.nan)
    pair = np.full((n_subjects, n_regions, n_regions), np.nan)
    for s in range(n_subjects):
        mine = [
            i
            for i in range(len(ends))
            if subject_of[i] == s and (within or ends[i][0] != ends[i][1])
        ]
        for r in range(1, n_regions + 1):
            of_region = [i for i in mine if r in ends[i]]
            if of_region:
                region[s, r - 1] = np.mean(hit[of_region])
            for q in range(1, n_regions + 1):
                between = [i for i in mine if tuple(sorted(ends[i])) == tuple(sorted((r, q)))]
                if between:
                    pair[s, r - 1, q - 1] = np.mean(hit[between])
    return region, pair, int(hit.sum())


def moments(values):
    with np.testing.suppress_warnings() as quiet:
        quiet.filter(RuntimeWarning)
        count = (~np.isnan(values)).sum(axis=0)
        mean = np.nanmean(values, axis=0)
        spread = np.where(count > 1, np.nanstd(values, axis=0, ddof=1), np.nan)
    return mean, spread, count


@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(1, 4))
@settings(max_examples=20)
def test_is_the_count_by_hand(seed, within, n_subjects):
    rng = np.random.default_rng(seed)
    curves = random_curves(seed, 50)
    subject_of = np.arange(50) % n_subjects
    index = build_index(make_tractogram(curves, subject_of), GRID)
    ends = rng.integers(0, 5, size=(50, 2)).astype(np.int32)
    lesion = rng.random(GRID.shape) < 0.003
    totals = total_ends(ends, index.subject_of, n_regions=4, include_within=within)
    found = measure_disconnection(index, lesion, totals)
    voxels = [cut_by_hand(GRID.to_index(c), GRID.shape) for c in curves]
    region, pair, n_hit = count_by_hand(voxels, ends.tolist(), subject_of, lesion, 4, within=within)
    for ours, expected in zip(
        (found.mean, found.spread, found.n_subjects), moments(region), strict=True
    ):
        np.testing.assert_allclose(ours, expected, atol=1e-7)
    mean, spread, _ = moments(pair)
    np.testing.assert_allclose(found.pair_mean, mean, atol=1e-7)
    np.testing.assert_allclose(found.pair_spread, spread, atol=1e-7)
    assert found.n_hit == n_hit


@pytest.mark.data
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_real_tractogram_by_hand(data_dir, seed):
    """Every streamline of the real reference that comes near the lesion, counted one by one."""
    tractogram = read_tractogram(data_dir / "hcp_tract" / "ICBM152_adult.tck")
    grid = Grid(
        np.array([[2.0, 0, 0, -90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]]), (91, 109, 91)
    )
    rng = np.random.default_rng(seed)
    index = build_index(tractogram, grid)
    ends = rng.integers(0, 7, size=(tractogram.n_streamlines, 2)).astype(np.int32)
    subject_of = rng.integers(0, 3, size=tractogram.n_streamlines).astype(np.int32)
    lesion = np.zeros(grid.shape, dtype=bool)
    for _ in range(6):
        middle = grid.to_index(rng.choice(np.asarray(tractogram.points_mm[:-1]))).astype(float)
        away = np.indices(grid.shape).reshape(3, -1).T - np.nan_to_num(middle)
        lesion |= ((away**2).sum(axis=1) < rng.uniform(1, 9)).reshape(grid.shape)
    near = ndimage.binary_dilation(lesion, np.ones((3, 3, 3)))
    hit = np.zeros(tractogram.n_streamlines, dtype=bool)
    for number, (a, b) in enumerate(zip(tractogram.start, tractogram.stop, strict=True)):
        curve = grid.to_index(np.asarray(tractogram.points_mm[a:b]))
        # Points lie less than a voxel apart: only segments that begin near can enter.
        for row in np.flatnonzero(near[tuple(np.floor(curve + 0.5).astype(int).T)]):
            hit[number] |= any(lesion[v] for v in cut_by_hand(curve[row : row + 2], grid.shape))
    index = replace(index, subject_of=subject_of)
    totals = total_ends(ends, subject_of, n_regions=6)
    found = measure_disconnection(index, lesion, totals)
    assert found.n_hit == hit.sum() > 20
    expected = np.full((3, 6), np.nan)
    between = ends[:, 0] != ends[:, 1]
    for s in range(3):
        for r in range(1, 7):
            rows = (subject_of == s) & between & (ends == r).any(axis=1)
            expected[s, r - 1] = hit[rows].mean()
    np.testing.assert_allclose(found.mean, expected.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.spread, expected.std(axis=0, ddof=1), atol=1e-7)


def line_cohort():
    """Three streamlines from region 1 to 2, one from 1 to 3, one within 1."""
    curves = [np.array([[-10.0, y, 0], [10, y, 0]], dtype=np.float32) for y in (0, 3, 6, 9, 12)]
    ends = np.array([[1, 2], [2, 1], [1, 2], [1, 3], [1, 1]], dtype=np.int32)
    return build_index(make_tractogram(curves), GRID), ends


def lesion_on(*rows):
    lesion = np.zeros(GRID.shape, dtype=bool)
    for y in rows:
        lesion[15, 15 + y, 15] = True
    return lesion


def test_by_hand():
    index, ends = line_cohort()
    totals = total_ends(ends, index.subject_of, n_regions=3)
    found = measure_disconnection(index, lesion_on(0, 12), totals)
    np.testing.assert_allclose(found.mean, [1 / 4, 1 / 3, 0])
    np.testing.assert_allclose(found.pair_mean[0], [np.nan, 1 / 3, 0])
    np.testing.assert_allclose(found.pair_mean, found.pair_mean.T)
    assert np.isnan(found.spread).all()
    assert found.n_hit == 2
    within = measure_disconnection(
        index,
        lesion_on(0, 12),
        total_ends(ends, index.subject_of, n_regions=3, include_within=True),
    )
    np.testing.assert_allclose(within.mean, [2 / 5, 1 / 3, 0])
    assert within.pair_mean[0, 0] == 1


def test_no_lesion_disconnects_nothing_and_the_whole_brain_everything():
    index, ends = line_cohort()
    totals = total_ends(ends, index.subject_of, n_regions=4)
    nothing = measure_disconnection(index, np.zeros(GRID.shape, dtype=bool), totals)
    np.testing.assert_allclose(nothing.mean, [0, 0, 0, np.nan])
    everything = measure_disconnection(index, np.ones(GRID.shape, dtype=bool), totals)
    np.testing.assert_allclose(everything.mean, [1, 1, 1, np.nan])
    assert everything.n_subjects.tolist() == [1, 1, 1, 0]


def test_the_order_of_the_mask_in_memory_does_not_matter():
    index, ends = line_cohort()
    totals = total_ends(ends, index.subject_of, n_regions=3)
    lesion = lesion_on(0, 12)
    lesion[-1, -1, -1] = True
    plain = measure_disconnection(index, lesion, totals)
    turned = measure_disconnection(index, np.asfortranarray(lesion), totals)
    np.testing.assert_array_equal(turned.mean, plain.mean)
    assert turned.n_hit == plain.n_hit == 2


def test_the_last_voxels_are_seen():
    """The grid has seven voxels more than a multiple of eight."""
    curve = np.array([[15.0, 15, 10], [15, 15, 15]], dtype=np.float32)
    index = build_index(make_tractogram([curve]), GRID)
    ends = np.array([[1, 2]], dtype=np.int32)
    lesion = np.zeros(GRID.shape, dtype=bool)
    lesion[-1, -1, -1] = True
    found = measure_disconnection(index, lesion, total_ends(ends, index.subject_of, n_regions=2))
    np.testing.assert_array_equal(found.mean, [1, 1])


def test_a_lesion_of_thousands_of_specks_is_seen_to_its_last():
    """Each speck is a run of its own; nothing but the last one is on the curve."""
    curve = np.array([[15.0, 15, 13], [15, 15, 15]], dtype=np.float32)
    index = build_index(make_tractogram([curve]), GRID)
    totals = total_ends(np.array([[1, 2]], dtype=np.int32), index.subject_of, n_regions=2)
    long = build_index(make_tractogram([np.array([[-15.0, -15, -15], [15, 15, 15]])]), GRID)
    specks = np.zeros(GRID.shape, dtype=bool)
    specks[:, :, ::2] = True
    assert specks.sum() > 10_000
    for of in (index, long):
        assert measure_disconnection(of, specks, totals).n_hit == 1
    specks[30, 30] = False
    assert measure_disconnection(index, specks, totals).n_hit == 0


def test_a_larger_lesion_never_disconnects_less():
    index, ends = line_cohort()
    totals = total_ends(ends, index.subject_of, n_regions=3)
    before = np.zeros(3)
    for rows in ((0,), (0, 3), (0, 3, 9), (0, 3, 6, 9)):
        now = measure_disconnection(index, lesion_on(*rows), totals).mean
        assert (now >= before).all()
        before = now


def test_refuses_masks_and_regions_that_do_not_fit():
    index, ends = line_cohort()
    totals = total_ends(ends, index.subject_of, n_regions=3)
    with pytest.raises(GridMismatch, match=r"\(5, 5, 5\)"):
        measure_disconnection(index, np.zeros((5, 5, 5), dtype=bool), totals)
    with pytest.raises(InputError, match="an end has region 3"):
        total_ends(ends, index.subject_of, n_regions=2)
    with pytest.raises(InputError, match="no streamline ends in a region"):
        total_ends(np.zeros_like(ends), index.subject_of, n_regions=2)
