import numpy as np
import pytest

from mslens.simulate.relaxation import Relaxation
from mslens.simulate.sequences import Sequence, signal_of

VOXEL = (1.0, 1.0, 1.0)


def test_spin_echo_is_its_equation():
    sequence = Sequence("spin-echo", 500, 20, 0, VOXEL)
    expected = 0.8 * (1 - np.exp(-500 / 1000)) * np.exp(-20 / 80)
    assert signal_of(Relaxation(1000, 80, 0.8), sequence) == pytest.approx(expected)


def test_flair_nulls_the_fluid_at_its_null_time():
    t1, tr = 4000.0, 9000.0
    null = t1 * np.log(2 - np.exp(-tr / t1))
    sequence = Sequence("flair", tr, 90, null, VOXEL)
    assert signal_of(Relaxation(t1, 2000, 1.0), sequence) == pytest.approx(0.0, abs=1e-9)


def test_mprage_inverts_and_recovers():
    sequence = Sequence("mprage", 2300, 0.0, 900, VOXEL, train_ms=200)
    expected = abs(1 - 2 * np.exp(-1000 / 850) + np.exp(-2300 / 850))
    assert signal_of(Relaxation(850, 1e9, 1.0), sequence) == pytest.approx(expected)


def test_a_variable_flip_angle_train_has_the_contrast_of_its_equivalent_echo_time():
    long, equal = (
        Sequence("flair", 5000, te, 1800, VOXEL, contrast_te_ms=c)
        for te, c in ((392, 120), (120, 0))
    )
    tissue = Relaxation(1000, 80, 0.8)
    assert signal_of(tissue, long) == pytest.approx(signal_of(tissue, equal))


def test_thick_slices_are_2d():
    assert Sequence("flair", 9000, 90, 2500, VOXEL).is_3d
    assert not Sequence("flair", 9000, 90, 2500, (0.5, 0.5, 3.0)).is_3d
