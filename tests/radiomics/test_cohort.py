import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import InputError, UnknownName
from mslens.core.features import FeatureTable
from mslens.radiomics.cohort import score_against_cohort


def make(n=40):
    rng = np.random.default_rng(0)
    rows = [
        (roi, t, "glcm", f, "") for roi in "AB" for t in ("original", "log") for f in ("x", "y")
    ]
    var = pd.DataFrame(rows, columns=["roi", "image_type", "feature_class", "feature", "ibsi_code"])
    obs = pd.DataFrame({"participant_id": [f"sub-{k}" for k in range(n)], "session_id": ""})
    matrix = rng.normal(5, 2, (n, len(var))).astype(np.float32)
    matrix[:, 1] = 3.0
    matrix[0, 0] = 5 + 2 * 6
    return FeatureTable(matrix, obs, var)


def test_an_outlier_stands_out_in_its_region_and_feature():
    z = score_against_cohort(make(), "sub-0")
    assert z.index.tolist() == ["glcm_x", "glcm_y"]
    assert z.columns.tolist() == ["A", "B"]
    assert z.loc["glcm_x", "A"] > 4
    assert abs(z.loc["glcm_x", "B"]) < 4
    assert np.isnan(z.loc["glcm_y", "A"])


def test_what_cannot_be_compared_is_named():
    with pytest.raises(UnknownName, match="participant"):
        score_against_cohort(make(), "sub-99")
    with pytest.raises(UnknownName, match="log"):
        score_against_cohort(make(), "sub-0", image_type="lag")
    with pytest.raises(InputError, match="others"):
        score_against_cohort(make(3), "sub-0")
