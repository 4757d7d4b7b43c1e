import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import TableError
from mslens.io.feature_files import load_cohort, read_feature_part, write_feature_part
from mslens.radiomics.cohort_store import CohortSettings, join_cohort, score_sessions

FILES = {
    "X": "X.npy",
    "obs": "obs.parquet",
    "var": "var.parquet",
    "features": "features.json",
}


def write_part(path, values, rois=("Thalamus_L", "Putamen_R")):
    rows = [(roi, "original", "glcm", f, "") for roi in rois for f in ("Contrast", "Idm")]
    names = ["roi", "image_type", "feature_class", "feature", "ibsi_code"]
    part = pd.DataFrame(rows, columns=names).assign(label=1, value=np.asarray(values, float))
    write_feature_part(path, part.assign(reason=np.where(part["value"].isna(), "small", "")))
    return path


@pytest.fixture
def outputs(tmp_path):
    return {role: tmp_path / name for role, name in FILES.items()}


def test_sessions_become_rows_and_features_columns(tmp_path, outputs):
    parts = {
        "sub-02": write_part(tmp_path / "2.parquet", [1, 2, np.nan, 4]),
        "sub-01:ses-1": write_part(tmp_path / "1.parquet", [5, 6, 7, 8]),
    }
    facts = join_cohort(parts, outputs, CohortSettings())
    table = load_cohort(tmp_path)
    assert table.obs.to_numpy().tolist() == [["sub-02", ""], ["sub-01", "ses-1"]]
    assert np.array_equal(table.X, [[1, 2, np.nan, 4], [5, 6, 7, 8]], equal_nan=True)
    assert table.names[0] == "Thalamus_L.original_glcm_Contrast"
    assert (facts["sessions"], facts["features"], facts["missing"], facts["flags"]) == (2, 4, 1, [])


def test_other_regions_are_columns_of_their_own_and_told(tmp_path, outputs):
    parts = {
        "sub-01": write_part(tmp_path / "1.parquet", [1, 2, 3, 4]),
        "sub-02": write_part(tmp_path / "2.parquet", [5, 6, 7, 8], rois=("Putamen_R", "NAWM")),
    }
    facts = join_cohort(parts, outputs, CohortSettings())
    expected = [[1, 2, 3, 4, np.nan, np.nan], [np.nan, np.nan, 5, 6, 7, 8]]
    assert np.array_equal(load_cohort(tmp_path).X, expected, equal_nan=True)
    assert facts["columns_not_in_all"] == 4
    assert "not in every session" in facts["flags"][0]["message"]


def test_a_feature_named_twice_and_an_empty_cohort_are_refused(tmp_path, outputs):
    with pytest.raises(TableError, match="no feature table"):
        join_cohort({}, outputs, CohortSettings())
    twice = write_part(tmp_path / "1.parquet", [1, 2, 3, 4], rois=("A", "A"))
    with pytest.raises(TableError, match="twice"):
        join_cohort({"sub-01": twice}, outputs, CohortSettings())


def test_every_session_gets_its_scores(tmp_path, outputs):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(9, 4))
    values[4, 3] = 40
    values[:, 2] = 1
    parts = {f"sub-{n}": write_part(tmp_path / f"{n}.parquet", row) for n, row in enumerate(values)}
    join_cohort(parts, outputs, CohortSettings())
    scored = {role: tmp_path / f"z{role}.parquet" for role in ("sub-4", "sub-5")}
    facts = score_sessions(outputs, scored, CohortSettings())
    part = read_feature_part(scored["sub-4"])
    assert part["value"][3] > 10
    assert np.isnan(part["value"][2])
    assert part["reason"][2] != ""
    assert abs(read_feature_part(scored["sub-5"])["value"][3]) < 5
    assert facts["sessions"] == 9
