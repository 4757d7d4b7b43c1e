import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mslens.core.rng import make_rng
from mslens.radiomics.perturb import (
    STANDARD,
    Perturbation,
    add_noise,
    apply_bias,
    displace_borders,
    grow_regions,
    move_pair,
    perturb,
    shrink_regions,
)

SIZE = (1.0, 1.0, 2.0)


def make():
    rng = np.random.default_rng(0)
    labels = np.zeros((20, 18, 12), dtype=np.int32)
    labels[4:10, 4:14, 3:9], labels[11:16, 4:14, 3:9] = 1, 2
    return rng.normal(100, 10, labels.shape).astype(np.float32), labels


@pytest.mark.parametrize("perturbation", STANDARD, ids=lambda p: p.name)
def test_each_kind_disturbs_a_little_and_can_be_replayed(perturbation):
    image, labels = make()
    before = image.copy(), labels.copy()
    first, second = (
        perturb(
            image,
            labels,
            perturbation=perturbation,
            voxel_size_mm=SIZE,
            rng=make_rng(3, perturbation.name),
        )
        for _ in range(2)
    )
    assert (first[0] == second[0]).all()
    assert (first[1] == second[1]).all()
    assert (image == before[0]).all()
    assert (labels == before[1]).all()
    assert (first[0] != image).any() or (first[1] != labels).any()
    assert set(np.unique(first[1])) == {0, 1, 2}
    both = ((first[1] > 0) & (labels > 0)).sum()
    assert 2 * both / ((first[1] > 0).sum() + (labels > 0).sum()) > 0.45


def test_noise_has_its_standard_deviation():
    image, _ = make()
    noisy = add_noise(image, sd=3.0, rng=np.random.default_rng(0))
    assert (noisy - image).std() == pytest.approx(3.0, rel=0.03)


def test_bias_reaches_its_peak_and_no_further():
    coefficients = np.random.default_rng(1).normal(size=9)
    field = apply_bias(np.ones((9, 9, 9)), coefficients=coefficients, peak=0.2)
    assert np.abs(np.log(field)).max() == pytest.approx(np.log(1.2), rel=1e-6)


def test_a_shift_by_a_whole_voxel_moves_by_a_voxel():
    image, labels = make()
    moved, kept = move_pair(
        image, labels, rotation=Rotation.identity(), shift_mm=(0, 0, 2.0), voxel_size_mm=SIZE
    )
    assert moved[:, :, 2:-2] == pytest.approx(image[:, :, 1:-3], rel=1e-4)
    assert (kept[:, :, 1:] == labels[:, :, :-1]).all()


def test_a_quarter_turn_is_exact_on_a_cube():
    image = np.random.default_rng(0).normal(size=(7, 7, 7))
    labels = (image > 0).astype(np.int32)
    turn = Rotation.from_euler("z", 90, degrees=True)
    _, kept = move_pair(image, labels, rotation=turn, shift_mm=(0, 0, 0), voxel_size_mm=(1, 1, 1))
    assert any((kept == np.rot90(labels, k, axes=(0, 1))).all() for k in (1, 3))


def test_growing_and_shrinking_move_the_border_by_millimetres():
    _, labels = make()
    grown = grow_regions(labels, distance_mm=1.0, voxel_size_mm=SIZE)
    assert (grown[labels > 0] == labels[labels > 0]).all()
    assert grown[3, 8, 5] == 1
    assert grown[5, 8, 2] == 0
    small = shrink_regions(labels, distance_mm=1.0, voxel_size_mm=SIZE)
    assert small[4, 8, 5] == 0
    assert small[6, 8, 5] == 1
    assert ((small == 0) | (small == labels)).all()


def test_borders_without_displacement_stay():
    _, labels = make()
    still = displace_borders(labels, shift_mm=np.zeros((3, *labels.shape)), voxel_size_mm=SIZE)
    assert (still == labels).all()


def test_names_are_for_files():
    assert Perturbation(kind="rotation", amount=2.0).name == "rotation-2"
