"""The feature-level cohort: the weights that it was made with are found in the values."""

import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import InputError
from mslens.simulate.clinic import DAMAGE_FACTORS, draw_clinic
from mslens.simulate.features import (
    N_FEATURES,
    draw_features,
    name_features,
)
from mslens.simulate.sites import SITES


def clinics(first=1500, second=600):
    return tuple(
        draw_clinic(n, site=SITES[name], seed=1)
        for name, n in (("site1", first), ("site2", second))
        if n
    )


def collect(chunks):
    chunks = list(chunks)
    values = np.concatenate([chunk.features for chunk in chunks], axis=1)
    second = np.concatenate([chunk.second for chunk in chunks], axis=1)
    return values, second, pd.concat([chunk.truth for chunk in chunks], ignore_index=True)


@pytest.fixture(scope="module")
def cohort():
    people = clinics()
    values, second, truth = collect(draw_features(people, seed=4, n_features=3000, n_second=200))
    return people, name_features(3000), values, second, truth


def test_the_full_table_has_the_published_size():
    assert N_FEATURES == 125_580
    names = name_features(N_FEATURES)
    assert (
        names[["roi", "image_type", "feature_class", "feature"]].drop_duplicates().shape[0]
        == N_FEATURES
    )
    assert names["roi"].nunique() == 115
    assert names["image_type"].nunique() == 12
    assert set(names["group"]) == set(DAMAGE_FACTORS)


def test_features_have_unit_variance_at_the_reference_site(cohort):
    _, _, values, _, _ = cohort
    assert values.dtype == np.float32
    assert values[:1500].std(axis=0).mean() == pytest.approx(1.0, abs=0.01)
    assert values[:1500].mean() == pytest.approx(0.0, abs=0.02)


def test_two_in_a_hundred_carry_signal_and_only_of_their_group(cohort):
    people, names, values, _, truth = cohort
    assert (truth["w1"] != 0).mean() == pytest.approx(0.02, abs=0.008)
    damage = people[0].damage
    standard = (damage - damage.mean(axis=0)) / damage.std(axis=0)
    correlation = standard.T @ values[:1500] / 1500
    own = names["group"].map({k: i for i, k in enumerate(DAMAGE_FACTORS)}).to_numpy()
    found = correlation[own, np.arange(3000)]
    informative = (truth["w1"] != 0).to_numpy()
    np.testing.assert_allclose(found[informative], truth["w1"][informative], atol=0.12)
    assert np.abs(found[~informative]).mean() < 0.04


def test_groups_share_two_factors_that_say_nothing_about_severity(cohort):
    people, names, values, _, truth = cohort
    rows = (names["group"] == "cerebellum").to_numpy() & (truth["w1"] == 0).to_numpy()
    weights = truth.loc[rows, ["w2", "w3"]].to_numpy()
    block = values[:1500][:, rows]
    np.testing.assert_allclose(
        np.corrcoef(block.T),
        weights @ weights.T + np.eye(rows.sum()) * (1 - (weights**2).sum(axis=1)),
        atol=0.2,
    )
    severity = people[0].severity
    correlation = np.corrcoef(severity, block.T)[0, 1:]
    assert np.abs(correlation).mean() < 0.045


def test_the_second_site_is_shifted_and_scaled_as_stated(cohort):
    _, _, values, _, truth = cohort
    shift = values[1500:].mean(axis=0) - values[:1500].mean(axis=0)
    assert np.corrcoef(shift, truth["shift_2"])[0, 1] > 0.95
    assert truth["shift_2"].std() == pytest.approx(0.3, abs=0.02)
    assert (truth["scale_2"] ** 2).mean() == pytest.approx(1.0, abs=0.02)
    quiet = (truth[["w1", "w2", "w3"]] ** 2).sum(axis=1) < 0.1
    scale = values[1500:].std(axis=0) / values[:1500].std(axis=0)
    assert np.corrcoef(scale[quiet], truth["scale_2"][quiet])[0, 1] > 0.8


def test_the_second_measurement_is_as_reliable_as_stated():
    people = clinics(400, 0)
    values, second, truth = collect(
        draw_features(people, seed=4, n_features=800, n_second=30, unstable_share=0.1)
    )
    first = values[:30]
    between = (first + second).var(axis=0, ddof=1) / 2
    within = ((first - second) ** 2).mean(axis=0) / 2
    icc = (between - within) / (between + within)
    assert 40 < (~truth["stable"]).sum() < 130
    assert ((icc >= 0.90) == truth["stable"]).mean() > 0.99


def test_bytes_do_not_depend_on_chunks_or_on_which_features_are_asked_for():
    people = clinics(40, 10)
    full, second, _ = collect(draw_features(people, seed=4, n_features=1380, chunk_columns=1380))
    cut, _, _ = collect(draw_features(people, seed=4, n_features=1380, chunk_columns=77))
    np.testing.assert_array_equal(full, cut)
    wide_numbers = name_features(2760)["number"].to_numpy()
    wide, _, _ = collect(draw_features(people, seed=4, n_features=2760))
    shared = np.isin(wide_numbers, name_features(1380)["number"])
    np.testing.assert_array_equal(wide[:, shared], full)
    assert second.shape == (30, 1380)


def test_more_subjects_leave_the_others_as_they_are():
    few, _, _ = collect(draw_features(clinics(40, 0), seed=4, n_features=50))
    more, _, _ = collect(draw_features(clinics(60, 0), seed=4, n_features=50))
    np.testing.assert_array_equal(few, more[:40])


@pytest.mark.parametrize("n_features", [0, -3, N_FEATURES + 1])
def test_an_impossible_number_of_features_is_refused(n_features):
    with pytest.raises(InputError, match="1 to 125580"):
        name_features(n_features)


def test_more_second_measurements_than_subjects_are_refused():
    with pytest.raises(InputError, match="second measurements"):
        next(draw_features(clinics(10, 0), seed=4, n_features=50, n_second=11))
    with pytest.raises(InputError, match="no site"):
        next(draw_features((), seed=4, n_features=50))
