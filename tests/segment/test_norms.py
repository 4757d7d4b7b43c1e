import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import TableError
from mslens.segment.norms import Norm, fit_norm, score_norm

COVARIATES = ("age", "sex", "tiv")


def cohort(n=400, seed=0, outliers=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "age": rng.uniform(18, 70, n),
            "sex": rng.integers(0, 2, n),
            "tiv": rng.normal(1500, 120, n),
            "control": rng.random(n) < 0.6,
        }
    )
    table["thalamus"] = 4 - 0.03 * table["age"] + 0.1 * table["sex"] + 0.004 * table["tiv"]
    table["thalamus"] += rng.normal(0, 0.4, n)
    table.loc[~table["control"], "thalamus"] -= 0.8
    table.loc[table.index[table["control"]][:outliers], "thalamus"] += 8
    return table


def fit(table, **changes):
    return fit_norm(
        table, "thalamus", covariates=COVARIATES, controls=table["control"].to_numpy(), **changes
    )


def test_known_coefficients_are_found():
    norm = fit(cohort())
    assert norm.terms["age"] == pytest.approx(-0.03, abs=0.006)
    assert norm.terms["tiv"] == pytest.approx(0.004, abs=0.0008)
    assert norm.spread == pytest.approx(0.4, rel=0.15)
    assert norm.n_controls == cohort()["control"].sum()


def test_controls_are_standard_and_patients_are_two_spreads_below():
    table = cohort()
    z = score_norm(table, "thalamus", norm=fit(table))
    assert z[table["control"]].mean() == pytest.approx(0, abs=0.15)
    assert z[table["control"]].std() == pytest.approx(1, abs=0.15)
    assert z[~table["control"]].mean() == pytest.approx(-2, abs=0.3)


def test_wrong_controls_pull_the_norm_little():
    clean, dirty = fit(cohort()), fit(cohort(outliers=12))
    young = pd.DataFrame({"age": [40.0], "sex": [1.0], "tiv": [1500.0], "thalamus": [8.9]})
    apart = score_norm(young, "thalamus", norm=clean) - score_norm(young, "thalamus", norm=dirty)
    assert abs(apart[0]) < 0.4
    assert dirty.spread < 0.6, "least squares would give 1.9"


def test_given_coefficients():
    norm = Norm({"intercept": 10.0, "age": -0.1}, spread=2.0)
    table = pd.DataFrame({"age": [50.0, 20.0, np.nan], "brain": [5.0, 12.0, 5.0]})
    np.testing.assert_allclose(score_norm(table, "brain", norm=norm), [0, 2, np.nan])


def test_units_do_not_matter():
    table = cohort()
    litres = table.assign(tiv=table["tiv"] / 1000, thalamus=table["thalamus"] / 1000)
    ours = score_norm(table, "thalamus", norm=fit(table))
    np.testing.assert_allclose(score_norm(litres, "thalamus", norm=fit(litres)), ours, atol=1e-3)


def test_missing_values_are_left_out_and_scored_as_missing():
    table = cohort()
    table.loc[3, "age"] = np.nan
    assert fit(table).n_controls == table["control"].sum() - bool(table["control"][3])
    assert np.isnan(score_norm(table, "thalamus", norm=fit(table))[3])


def test_what_cannot_be_fitted_is_named():
    with pytest.raises(TableError, match="8 controls"):
        fit(cohort(n=14, seed=1).assign(control=[True] * 8 + [False] * 6))
    with pytest.raises(TableError, match="sex is the same"):
        fit(cohort().assign(sex=1))
    with pytest.raises(TableError, match="no column tiv"):
        fit(cohort().drop(columns="tiv"))
    with pytest.raises(TableError, match="no column age"):
        score_norm(cohort().drop(columns="age"), "thalamus", norm=fit(cohort()))
    with pytest.raises(TableError, match="no spread"):
        score_norm(cohort(), "thalamus", norm=Norm({"intercept": 1.0}, spread=0.0))
