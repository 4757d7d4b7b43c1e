import numpy as np
import pandas as pd
import pytest

from mslens.studies.run.group_tables import (
    GroupTableSettings,
    join_lesions,
    score_volumes,
    widen_volumes,
)


def long(brain: float, left: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "measure": ["brain", "region"],
            "region": [None, "Hippocampus_L"],
            "value": [brain, left],
            "unit": ["ml", "ml"],
        }
    )


def test_one_row_per_session_and_one_column_per_measure_and_region():
    wide = widen_volumes({("01", "1"): long(1200, 3), ("02", None): long(1100, 2.5)})
    assert wide.replace({np.nan: None}).to_dict("records") == [
        {
            "participant_id": "sub-01",
            "session_id": "ses-1",
            "brain": 1200.0,
            "region_Hippocampus_L": 3.0,
        },
        {
            "participant_id": "sub-02",
            "session_id": None,
            "brain": 1100.0,
            "region_Hippocampus_L": 2.5,
        },
    ]


def test_no_session_at_all_gives_empty_tables():
    assert list(widen_volumes({}).columns) == ["participant_id", "session_id"]
    assert list(join_lesions({}).columns) == ["participant_id", "session_id"]


def test_lesions_are_joined_and_a_session_without_lesions_adds_no_row():
    one = pd.DataFrame({"lesion": [1, 2], "volume_ml": [0.5, 0.1]})
    joined = join_lesions({("01", None): one, ("02", None): one.iloc[:0]})
    assert joined["participant_id"].tolist() == ["sub-01", "sub-01"]
    assert joined["volume_ml"].tolist() == [0.5, 0.1]


@pytest.fixture
def cohort():
    rng = np.random.default_rng(3)
    count = 60
    age = rng.uniform(20, 60, count)
    tiv = rng.normal(1500, 100, count)
    brain = 200 + 0.7 * tiv - 3 * age + rng.normal(0, 10, count)
    volumes = pd.DataFrame(
        {
            "participant_id": [f"sub-{i:02d}" for i in range(count)],
            "session_id": None,
            "brain": brain,
            "tiv": tiv,
        }
    )
    people = pd.DataFrame(
        {
            "age": age,
            "sex": rng.choice(["F", "M"], count),
            "group": ["control"] * 40 + ["patient"] * 20,
        },
        index=[f"{i:02d}" for i in range(count)],
    )
    return volumes, people


def test_a_known_loss_is_found_as_its_z_score(cohort):
    volumes, people = cohort
    volumes.loc[50, "brain"] -= 50
    scores, remark = score_volumes(volumes, people, ["brain"], GroupTableSettings())
    z = scores.set_index("participant_id")["z"]
    assert len(z) == 60
    assert abs(z.iloc[:40].median()) < 0.2
    assert z["sub-50"] < -3.0
    assert scores["n_controls"].unique().tolist() == [40]
    assert "1 measures scored" in remark


def test_without_controls_there_are_no_invented_norms(cohort):
    volumes, people = cohort
    people["group"] = "patient"
    scores, remark = score_volumes(volumes, people, ["brain"], GroupTableSettings())
    assert scores.empty
    assert "0 controls" in remark
    scores, remark = score_volumes(volumes, None, ["brain"], GroupTableSettings())
    assert scores.empty
    assert "no usable table of participants" in remark


def test_given_norms_need_no_controls(cohort):
    volumes, people = cohort
    people["group"] = "patient"
    norms = {"brain": {"intercept": 200.0, "tiv": 0.7, "age": -3.0, "spread": 10.0}}
    scores, _ = score_volumes(volumes, people, ["brain"], GroupTableSettings(norms=norms))
    expected = (volumes["brain"] - 200 - 0.7 * volumes["tiv"] + 3 * people["age"].to_numpy()) / 10
    assert np.allclose(scores["z"], expected)


def test_someone_without_age_gets_no_score_and_the_others_do(cohort):
    volumes, people = cohort
    people.loc["45", "age"] = np.nan
    scores, _ = score_volumes(volumes, people, ["brain"], GroupTableSettings())
    assert set(volumes["participant_id"]) - set(scores["participant_id"]) == {"sub-45"}
