import numpy as np
import pytest
from scipy import stats

from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform
from mslens.simulate.acquire import Motion, degrade, draw_motion, sample_slices
from mslens.simulate.acquisition_grid import Slices
from mslens.simulate.sequences import Sequence

SHAPE = (40, 44, 30)
SEQUENCE = Sequence("flair", 9000, 90, 2500, (2.0, 2.0, 2.0), snr=20.0)
IDENTITY = AffineTransform(np.eye(4))


def grid_of(size=2.0, shape=SHAPE):
    return Grid(np.diag([size, size, size, 1.0]), shape)


def scan(image, slices=None, motion=None, bias_sd=0.0, seed=0, sequence=SEQUENCE):
    slices = slices or Slices(grid_of(shape=image.shape), 1, 1)
    return degrade(
        image.astype(np.float32), slices, sequence, bias_sd=bias_sd, motion=motion,
        rng=np.random.default_rng(seed),
    )  # fmt: skip


def test_noise_in_air_is_rayleigh_and_in_tissue_has_the_stated_ratio():
    image = np.zeros(SHAPE)
    image[20:] = 1.0
    data = scan(image).astype(float)
    tissue, air = data[20:], data[:20]
    assert tissue.mean() / tissue.std() == pytest.approx(20.0, rel=0.05)
    # Rayleigh: mean / sd = sqrt(pi / (4 - pi)).
    assert air.mean() / air.std() == pytest.approx(np.sqrt(np.pi / (4 - np.pi)), rel=0.03)
    sigma = air.std() / np.sqrt(2 - np.pi / 2)
    grid = np.linspace(0.5, 3, 6) * sigma
    expected = stats.rayleigh.cdf(grid, scale=sigma)
    observed = (air.ravel()[:, None] <= grid).mean(axis=0)
    np.testing.assert_allclose(observed, expected, atol=0.03)


def test_inhomogeneity_is_smooth_and_as_strong_as_stated():
    data = scan(
        np.ones(SHAPE), bias_sd=0.2, sequence=Sequence("flair", 9000, 90, 2500, (2.0,) * 3, snr=1e4)
    )
    log = np.log(data.astype(float))
    assert 0.05 < log.std() < 0.4
    assert np.abs(np.diff(log, axis=0)).max() < 0.06


def test_motion_ghosts_along_the_phase_encoding_only():
    image = np.zeros(SHAPE)
    image[15:25, 18:26, 10:20] = 1.0
    motion = Motion(shifts_mm=(4.0, -3.0), starts=(0.4, 0.6))
    still, moved = scan(image), scan(image, motion=motion)
    beside = moved[15:25, :14, 10:20].mean() / still[15:25, :14, 10:20].mean()
    assert beside > 1.3
    other_axis = moved[:12, 18:26, 10:20].mean() / still[:12, 18:26, 10:20].mean()
    assert other_axis == pytest.approx(1.0, abs=0.05)


def test_motion_starts_in_order():
    motion = draw_motion(np.random.default_rng(0))
    assert list(motion.starts) == sorted(motion.starts)
    assert 3 <= len(motion.shifts_mm) == len(motion.starts) <= 6


def test_a_thick_slice_averages_over_its_profile():
    """A plane of 1 mm across slices of 4 mm keeps its sum and gets the profile's width."""
    fine = np.zeros((6, 6, 120), np.float32)
    fine[:, :, 60] = 1.0
    thick = Grid(np.diag([1.0, 1.0, 4.0, 1.0]), (6, 6, 30))
    out = sample_slices(fine, grid_of(1.0, fine.shape), Slices(thick, 4, 1), IDENTITY)
    profile = out[3, 3]
    # Profiles of neighbouring slices overlap and gap by a few percent.
    assert profile.sum() * 4 == pytest.approx(1.0, rel=0.06)
    position = np.arange(30)
    centre = (profile * position).sum() / profile.sum()
    assert centre * 4 == pytest.approx(60, abs=0.6)
    assert (profile > 0.01 * profile.max()).sum() <= 4


def test_constant_stays_constant_inside():
    image = np.ones(SHAPE, np.float32)
    thick = Grid(np.diag([2.0, 2.0, 6.0, 1.0]), (*SHAPE[:2], 10))
    out = sample_slices(image, grid_of(), Slices(thick, 3, 1), IDENTITY)
    np.testing.assert_allclose(out[:, :, 2:-2], 1.0, atol=1e-5)


def test_the_head_moves_with_the_transform():
    image = np.zeros(SHAPE, np.float32)
    image[20, 20, 15] = 1.0
    matrix = np.eye(4)
    matrix[0, 3] = 4.0
    out = sample_slices(image, grid_of(), Slices(grid_of(), 1, 1), AffineTransform(matrix))
    assert np.unravel_index(out.argmax(), out.shape) == (18, 20, 15)


def test_zero_filling_doubles_the_matrix_and_keeps_the_mean():
    rng = np.random.default_rng(0)
    image = np.pad(np.ones((20, 20, 4)), ((10, 10), (10, 10), (0, 0)))
    affine = np.diag([0.5, 0.5, 3.0, 1.0])
    slices = Slices(Grid(affine, (80, 80, 4)), 1, 2)
    data = degrade(
        image.astype(np.float32), slices, Sequence("flair", 1, 1, 1, (0.5, 0.5, 3.0), snr=200.0),
        bias_sd=0.0, motion=None, rng=rng,
    ).astype(float)  # fmt: skip
    assert data.shape == (80, 80, 4)
    assert data[30:50, 30:50].std() / data[30:50, 30:50].mean() < 0.06
    small = degrade(
        image.astype(np.float32), Slices(Grid(np.diag([1.0, 1.0, 3.0, 1.0]), (40, 40, 4)), 1, 1),
        Sequence("flair", 1, 1, 1, (1.0, 1.0, 3.0), snr=200.0),
        bias_sd=0.0, motion=None, rng=np.random.default_rng(0),
    ).astype(float)  # fmt: skip
    # The same stream of random numbers draws the same gain of the scanner.
    assert data[30:50, 30:50].mean() == pytest.approx(small[15:25, 15:25].mean(), rel=0.02)


def test_values_are_those_of_a_scanner():
    data = scan(np.random.default_rng(2).random(SHAPE) * 3)
    assert data.dtype == np.int32
    assert data.min() >= 0
    assert data.max() <= 4095


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_scan(seed):
    image = np.random.default_rng(3).random(SHAPE)
    np.testing.assert_array_equal(scan(image, seed=seed), scan(image, seed=seed))
    assert not np.array_equal(scan(image, seed=seed), scan(image, seed=seed + 5))
