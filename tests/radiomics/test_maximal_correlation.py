import numpy as np
import pytest

from mslens.radiomics.maximal_correlation import maximal_correlation


def row(*levels):
    """A line of voxels with a rim, its cells and its direction."""
    box = np.array([0, *levels, 0], dtype=np.int32)
    return box, np.flatnonzero(box), np.array([1])


def test_levels_that_alternate_determine_each_other():
    assert maximal_correlation(*row(1, 2, 1, 2, 1, 2), 2) == pytest.approx(1)


def test_neighbours_that_are_independent_are_uncorrelated():
    # Pairs 11, 12, 22 and 21 once each: p(i, j) = p(i) p(j).
    assert maximal_correlation(*row(1, 1, 2, 2, 1), 2) == pytest.approx(0, abs=1e-7)


def test_one_level_is_perfectly_correlated():
    assert maximal_correlation(*row(3, 3, 3), 3) == 1


def test_many_levels_agree_with_the_full_eigenvalue_problem():
    levels = np.random.default_rng(0).integers(1, 101, 4000)
    p = np.zeros((101, 101))
    np.add.at(p, (levels[1:], levels[:-1]), 1)
    p = (p + p.T)[1:, 1:]
    p /= p.sum()
    marginal = p.sum(0)
    q = (p / marginal[:, None]) @ (p / marginal).T
    expected = np.sqrt(np.sort(np.linalg.eigvals(q).real)[-2])
    assert maximal_correlation(*row(*levels), 100) == pytest.approx(expected, rel=1e-9)
