import numpy as np
import pytest

from mslens.evaluate.subgroups import compare_subgroups


def test_finds_the_group_with_the_larger_error():
    rng = np.random.default_rng(0)
    y = rng.normal(3, 1, size=200)
    group = np.where(np.arange(200) < 60, "site2", "site1")
    predicted = y + rng.normal(size=200) * np.where(group == "site2", 2.0, 0.5)
    result = compare_subgroups(y, predicted, group, rng=np.random.default_rng(1))
    worse = {entry.name: entry.mean_absolute_error for entry in result.groups}
    assert worse["site2"] > 2 * worse["site1"]
    assert result.p < 0.01
    for entry in result.groups:
        assert entry.interval[0] < entry.mean_absolute_error < entry.interval[1]


def test_no_difference_gives_uniform_p():
    rng = np.random.default_rng(2)
    p = [
        compare_subgroups(
            np.zeros(40), rng.normal(size=40), np.arange(40) % 2, rng=rng, n_permutations=99
        ).p
        for _ in range(60)
    ]
    assert 0.35 < np.mean(p) < 0.65


def test_scans_of_one_patient_are_exchanged_together():
    """Ten patients with a level each: rows alone would look like a strong difference."""
    rng = np.random.default_rng(3)
    small = 0
    for _ in range(40):
        patient = np.repeat(np.arange(10), 20)
        level = np.abs(rng.normal(size=10))
        group = rng.permutation(np.arange(10) < 5)[patient]
        p = compare_subgroups(
            np.zeros(200), level[patient], group, rng=rng, patients=patient, n_permutations=99
        ).p
        small += p <= 0.05
    assert small <= 7


def test_small_groups_get_no_interval():
    result = compare_subgroups(
        np.zeros(8), np.arange(8.0), ["a"] * 5 + ["b"] * 3, rng=np.random.default_rng(4)
    )
    assert result.groups[0].interval is not None
    assert (result.groups[1].interval, result.groups[1].n_patients) == (None, 3)
    assert result.groups[1].bias == pytest.approx(6.0)
