from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from mslens.preprocess.bspline import evaluate_lattice, fit_lattice

START, STOP = np.zeros(3), np.array([30.0, 40.0, 20.0])


def positions(counts: tuple[int, int, int]) -> tuple[np.ndarray, ...]:
    return tuple(
        START[a] + (np.arange(n) + 0.5) * (STOP[a] - START[a]) / n for a, n in enumerate(counts)
    )


@settings(max_examples=30)
@given(
    value=st.floats(-5, 5),
    counts=st.tuples(*[st.integers(4, 9)] * 3),
    elements=st.tuples(*[st.integers(1, 4)] * 3),
    place=st.tuples(*[st.integers(0, 3)] * 3),
)
def test_a_lone_voxel_is_met_exactly(
    value: float,
    counts: tuple[int, int, int],
    elements: tuple[int, int, int],
    place: tuple[int, int, int],
) -> None:
    at = positions(counts)
    values, mask = np.zeros(counts), np.zeros(counts, dtype=bool)
    values[place], mask[place] = value, True
    lattice = fit_lattice(values, mask, at, start=START, stop=STOP, elements=elements)
    assert lattice.control.shape == tuple(n + 3 for n in elements)
    np.testing.assert_allclose(evaluate_lattice(lattice, at)[place], value, atol=1e-6)


def test_repeated_fits_of_what_is_left_reach_a_smooth_function() -> None:
    at = positions((15, 20, 10))
    x, y, z = np.meshgrid(*at, indexing="ij")
    truth = np.sin(x / 12) + 0.02 * y + np.cos(z / 9) * y / 40
    mask = np.ones(truth.shape, dtype=bool)
    rest = truth.copy()
    for _ in range(150):
        lattice = fit_lattice(rest, mask, at, start=START, stop=STOP, elements=(4, 4, 4))
        rest = rest - evaluate_lattice(lattice, at)
    assert np.abs(rest).max() < 0.05 * np.abs(truth).max()
    assert np.abs(rest).mean() < 0.01 * np.abs(truth).mean()


def test_values_outside_the_mask_do_not_matter() -> None:
    at = positions((8, 8, 8))
    rng = np.random.default_rng(0)
    values, mask = rng.normal(size=(8, 8, 8)), rng.random((8, 8, 8)) < 0.7
    spoiled = np.where(mask, values, 1e6)
    one, other = (
        fit_lattice(v, mask, at, start=START, stop=STOP, elements=(2, 2, 2)).control
        for v in (values, spoiled)
    )
    np.testing.assert_array_equal(one, other)


def test_outside_its_box_the_border_holds() -> None:
    at = positions((8, 8, 8))
    values = np.broadcast_to(at[0][:, None, None], (8, 8, 8)).copy()
    mask = np.ones((8, 8, 8), dtype=bool)
    lattice = fit_lattice(values, mask, at, start=START, stop=STOP, elements=(2, 2, 2))
    middle = np.array([10.0])
    inside = evaluate_lattice(lattice, (np.array([30.0]), middle, middle))
    outside = evaluate_lattice(lattice, (np.array([90.0]), middle, middle))
    np.testing.assert_array_equal(inside, outside)
