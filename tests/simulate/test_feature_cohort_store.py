import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import DatasetError, SettingsError, UnknownName
from mslens.io.feature_files import load_cohort
from mslens.io.tables import read_tsv
from mslens.simulate.cohort import CohortSettings
from mslens.simulate.feature_cohort_store import FeatureCohortSettings, simulate_feature_cohort

SETTINGS = FeatureCohortSettings(
    cohort=CohortSettings(n_patients=200, seed=2), n_features=400, n_second=30
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("features") / "out"
    return out, simulate_feature_cohort(out, settings=SETTINGS)


def test_tables_clinic_and_truth_name_the_same_people_in_the_same_order(made):
    out, table = made
    loaded = load_cohort(out / "features")
    np.testing.assert_array_equal(loaded.X, table.X)
    people = read_tsv(out / "participants.tsv")["participant_id"].tolist()
    assert loaded.obs["participant_id"].tolist() == people
    assert read_tsv(out / "truth" / "latent.tsv")["participant_id"].tolist() == people
    assert loaded.X.shape == (200, 400)


def test_informative_columns_follow_the_latent_damage(made):
    out, table = made
    truth = pd.read_parquet(out / "truth" / "features.parquet")
    latent = read_tsv(out / "truth" / "latent.tsv")
    own = truth["w1"].abs() > 0.3
    assert own.any()
    site1 = table.obs["participant_id"].str.startswith("sub-Site1").to_numpy()
    for index in np.flatnonzero(own):
        damage = latent[f"damage_{truth['group'][index]}"].astype(float).to_numpy()
        r = np.corrcoef(damage[site1], table.X[site1, index])[0, 1]
        assert r == pytest.approx(truth["w1"][index], abs=0.3)


def test_the_second_measurement_belongs_to_the_first_patients(made):
    out, table = made
    second = load_cohort(out / "features_second")
    assert second.X.shape == (30, 400)
    assert second.obs["participant_id"].tolist() == table.obs["participant_id"].tolist()[:30]
    assert np.corrcoef(second.X.ravel(), table.X[:30].ravel())[0, 1] > 0.97


def test_the_same_settings_give_the_same_bytes(made, tmp_path):
    out, _ = made
    simulate_feature_cohort(tmp_path / "again", settings=SETTINGS)
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(out)).read_bytes()


@pytest.mark.parametrize(
    ("cohort", "changes", "error"),
    [
        ({"n_patients": 20, "n_controls": 2}, {}, SettingsError),
        ({"n_patients": 20, "n_visits": 2}, {}, SettingsError),
        ({"n_patients": 20}, {"n_second": 30}, SettingsError),
        ({"n_patients": 40, "sites": ("site9",)}, {}, UnknownName),
    ],
)
def test_impossible_requests_write_nothing(tmp_path, cohort, changes, error):
    out = tmp_path / "out"
    settings = FeatureCohortSettings(cohort=CohortSettings(**cohort), n_features=10, **changes)
    with pytest.raises(error):
        simulate_feature_cohort(out, settings=settings)
    assert not out.exists()


def test_something_else_is_not_overwritten(tmp_path):
    (tmp_path / "mine").write_text("keep")
    with pytest.raises(DatasetError, match="something else"):
        simulate_feature_cohort(tmp_path, settings=SETTINGS)
