import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mslens.core.errors import InputError, TableError
from mslens.core.features import FeatureTable
from mslens.radiomics.robustness import (
    ROBUSTNESS_PRESETS,
    RobustnessSettings,
    adjust_volumes,
    assess_robustness,
    compare_sides,
    share_robust,
)

TRUE_ICC = [0.99, 0.95, 0.6, 0.2]


def measure(n_subjects=400, n_measurements=3, *, seed=0):
    """Features with known reliability; the last two are flat and incomplete."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(n_subjects, len(TRUE_ICC)))
    noise = np.sqrt((1 - np.array(TRUE_ICC)) / np.array(TRUE_ICC))
    obs = pd.DataFrame({"participant_id": [f"sub-{n}" for n in range(n_subjects)]})
    obs["session_id"] = ""
    rows = [
        ["CST", "original", c, f"F{n}", ""] for n, c in enumerate(["glcm", "glcm", "gldm", "shape"])
    ]
    rows += [["NAWM", "original", "glcm", "Flat", ""], ["NAWM", "original", "gldm", "Gap", ""]]
    var = pd.DataFrame(rows, columns=["roi", "image_type", "feature_class", "feature", "ibsi_code"])
    tables = []
    for m in range(n_measurements):
        values = truth + noise * rng.normal(size=truth.shape)
        gap = rng.normal(size=n_subjects)
        gap[3] = np.nan if m == 1 else 0.0
        matrix = np.column_stack([values, np.ones(n_subjects), gap]).astype(np.float32)
        tables.append(FeatureTable(matrix, obs, var))
    return tables


def test_stable_features_are_kept_and_unstable_ones_rejected():
    found = assess_robustness(measure(), settings=ROBUSTNESS_PRESETS["edss-radiomics"])
    assert found["robust"].tolist() == [True, True, False, False, False, False]
    assert found["ICC(2,1)"][:4].to_numpy() == pytest.approx(TRUE_ICC, abs=0.06)
    assert (found["lower"][:4] < found["ICC(2,1)"][:4]).all()
    assert found["reason"].tolist()[4:] == [
        "the feature is the same everywhere",
        "a measurement has no value",
    ]


def test_the_lower_limit_is_the_stricter_judge():
    tables = measure(20)
    by_estimate = assess_robustness(tables, settings=RobustnessSettings(threshold=0.93))
    by_limit = assess_robustness(tables, settings=RobustnessSettings(threshold=0.93, limit="lower"))
    assert (by_limit["robust"] <= by_estimate["robust"]).all()
    assert by_limit["robust"].sum() < by_estimate["robust"].sum()


def test_shares_leave_shape_out_where_the_paper_does():
    settings = ROBUSTNESS_PRESETS["qsm-robustness"]
    shares = share_robust(
        assess_robustness(measure(), settings=settings),
        by=("roi", "feature_class"),
        settings=settings,
    )
    assert set(shares["feature_class"]) == {"glcm", "gldm"}
    row = shares[(shares["roi"] == "CST") & (shares["feature_class"] == "glcm")].iloc[0]
    assert (row["features"], row["robust"], row["share"]) == (2, 2, 1.0)


def test_sides_are_compared_paired_and_unpaired():
    rng = np.random.default_rng(0)
    left = rng.uniform(0.6, 1, 50)
    right = left - rng.normal(0.02, 0.01, 50)
    right[0] = np.nan
    found = compare_sides(left, right)
    assert found.p_paired < 1e-6 < found.p
    assert found.t_paired == pytest.approx(stats.ttest_rel(left[1:], right[1:]).statistic)
    with pytest.raises(InputError, match="numbers of features"):
        compare_sides(left, right[1:])
    with pytest.raises(InputError, match="fewer than two"):
        compare_sides(left[:2], right[:2])


def test_volumes_are_adjusted_in_proportion():
    adjusted = adjust_volumes(np.array([10.0, 12.0]), np.array([1000.0, 1200.0]))
    assert adjusted == pytest.approx([11.0, 11.0])


def test_measurements_that_cannot_be_compared_are_refused():
    tables = measure(5)
    settings = RobustnessSettings()
    with pytest.raises(InputError, match="repeated"):
        assess_robustness(tables[:1], settings=settings)
    with pytest.raises(TableError, match="different subjects"):
        assess_robustness([tables[0], tables[1].take(rows=[0, 1, 2, 4, 3])], settings=settings)
    with pytest.raises(TableError, match="different subjects"):
        assess_robustness([tables[0], tables[1].take(columns=[0, 1])], settings=settings)
