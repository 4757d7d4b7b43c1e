import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mslens.core.errors import SettingsError, UnknownName
from mslens.simulate.cohort import CohortSettings, require_settings, simulate_cohort

COLUMNS = [
    *("participant_id", "age", "sex", "group", "course", "disease_duration_years"),
    *("edss", "pdds", "site", "scanner"),
]


def test_the_published_cohort_has_500_and_104_patients():
    cohort = simulate_cohort(CohortSettings(n_patients=604))
    assert cohort.participants.groupby("site").size().to_dict() == {"site1": 500, "site2": 104}
    assert list(cohort.participants.columns) == COLUMNS
    assert cohort.participants["participant_id"].is_unique
    assert set(cohort.participants["sex"]) == {"F", "M"}
    assert len(cohort.sessions) == len(cohort.latent) == 604


def test_the_scanner_is_confounded_with_disability_as_published():
    settings = CohortSettings(n_patients=6000, sites=("site3",), repeated=False)
    sessions = simulate_cohort(settings).sessions
    share = pd.crosstab(sessions["edss"] >= 3, sessions["scanner"], normalize="index")
    assert share.loc[False, "TimTrio"] == pytest.approx(0.62, abs=0.025)
    assert share.loc[True, "TimTrio"] == pytest.approx(0.36, abs=0.03)
    balanced = simulate_cohort(settings.model_copy(update={"confounded": False})).sessions
    share = pd.crosstab(balanced["edss"] >= 3, balanced["scanner"], normalize="index")
    assert abs(share.loc[False, "TimTrio"] - share.loc[True, "TimTrio"]) < 0.04


def test_only_the_disabled_come_back_at_site_3_and_as_often_as_published():
    cohort = simulate_cohort(CohortSettings(n_patients=3190, sites=("site3",)))
    visits = cohort.sessions.groupby("participant_id").size()
    first = cohort.participants.set_index("participant_id")
    again = visits[visits > 1].index
    assert (first.loc[again, "edss"] >= 3).all()
    # Published: 33 of 319 patients came back for 63 further scans.
    assert len(again) == pytest.approx(330, rel=0.2)
    assert len(cohort.sessions) - 3190 == pytest.approx(630, rel=0.2)


def test_visits_move_forward_in_time():
    cohort = simulate_cohort(CohortSettings(n_patients=40, n_visits=3, n_controls=4))
    for _, visits in cohort.sessions.groupby("participant_id"):
        assert visits["session_id"].tolist() == ["ses-1", "ses-2", "ses-3"]
        assert visits["scan_date"].is_monotonic_increasing
        days = pd.to_datetime(visits["scan_date"]).diff().dropna().dt.days
        np.testing.assert_allclose(np.diff(visits["age"]), days / 365.25, atol=0.11)
    gap = pd.to_datetime(cohort.sessions["examination_date"]) - pd.to_datetime(
        cohort.sessions["scan_date"]
    )
    assert gap.dt.days.abs().max() <= 28


def test_controls_have_no_disease():
    cohort = simulate_cohort(CohortSettings(n_patients=2, n_controls=6))
    controls = cohort.participants.query("group == 'control'")
    assert len(controls) == 6
    assert controls[["edss", "course", "disease_duration_years"]].isna().all().all()
    latent = cohort.latent.set_index("participant_id").loc[controls["participant_id"]]
    assert (latent["target_lesion_load_ml"] == 0).all()


def test_pdds_is_recorded_where_patients_report():
    people = simulate_cohort(CohortSettings(n_patients=30, sites=("site4",))).participants
    assert people["edss"].isna().all()
    assert people["pdds"].between(0, 8).all()


def test_the_same_seed_gives_the_same_cohort_and_another_does_not():
    settings = CohortSettings(n_patients=12, n_controls=3, n_visits=2)
    first, again = simulate_cohort(settings), simulate_cohort(settings)
    for name in ("participants", "sessions", "latent"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    other = simulate_cohort(settings.model_copy(update={"seed": 1}))
    assert not first.latent["severity"].equals(other.latent["severity"])


def test_a_site_gets_somebody_even_in_a_small_cohort():
    people = simulate_cohort(CohortSettings(n_patients=4)).participants
    assert people.groupby("site").size().to_dict() == {"site1": 3, "site2": 1}


def test_age_range_and_load_can_be_set():
    settings = CohortSettings(
        n_patients=300, n_controls=40, age_range_years=(30, 40), lesion_load_ml=(27.5, 39.9)
    )
    cohort = simulate_cohort(settings)
    assert cohort.participants["age"].between(30, 40).all()
    assert len(cohort.participants.query("group == 'control'")) == 40
    assert 15 < cohort.latent["target_lesion_load_ml"].mean() < 45


@pytest.mark.parametrize(
    "values",
    [
        {"n_patients": -1},
        {"n_controls": -3},
        {"n_visits": 0},
        {"age_range_years": (70, 18)},
        {"age_range_years": (-5, 18)},
        {"age_range_years": (18, 400)},
        {"lesion_load_ml": (-1.0, 5.0)},
        {"sites": ()},
        {"sites": ("site1", "site1")},
        {"loading": 2.0},
    ],
)
def test_impossible_settings_are_named(values):
    with pytest.raises(SettingsError, match=next(iter(values))):
        CohortSettings.parse(values)


def test_unknown_sites_and_empty_cohorts_are_refused_early():
    with pytest.raises(UnknownName, match="Did you mean 'site3'"):
        require_settings(CohortSettings(sites=("sit3",)))
    with pytest.raises(SettingsError, match="neither patients nor controls"):
        require_settings(CohortSettings(n_patients=0))


def test_nobody_comes_back_who_is_not_there():
    few = CohortSettings(n_patients=4, sites=("site1", "site2"), n_returning=50)
    with pytest.raises(SettingsError, match="n_returning is 50, but site1 has 3 of the 4"):
        require_settings(few)


def test_a_number_of_patients_of_the_first_site_can_come_back():
    sessions = simulate_cohort(CohortSettings(n_patients=7, n_returning=2)).sessions
    again = sessions.loc[sessions["session_id"] == "ses-2", "participant_id"]
    assert again.tolist() == ["sub-Site1P0001", "sub-Site1P0002"]
    assert len(sessions) == 9


def test_the_oracle_of_the_tables_reaches_what_is_stated():
    n = 4000
    cohort = simulate_cohort(CohortSettings(n_patients=n, sites=("site1",), seed=12))
    score = cohort.sessions["edss"].to_numpy(dtype=float)
    oracle = cohort.latent["oracle_score"].to_numpy(dtype=float)
    r = np.corrcoef(score, oracle)[0, 1]
    assert r == pytest.approx(0.799, abs=3.5 * (1 - 0.799**2) / np.sqrt(n))
    away = np.abs(score - oracle)
    assert away.mean() == pytest.approx(0.76, abs=0.005 + 3.5 * away.std() / np.sqrt(n))
    disabled = score >= 3
    u = stats.mannwhitneyu(
        cohort.latent["oracle_disabled"][disabled], cohort.latent["oracle_disabled"][~disabled]
    )
    area = u.statistic / (disabled.sum() * (~disabled).sum())
    # Hanley & McNeil's error of an AUC of .872 in 4000 patients is .006.
    assert area == pytest.approx(0.872, abs=3.5 * 0.006)
