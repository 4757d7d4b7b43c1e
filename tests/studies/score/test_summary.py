import numpy as np
import pandas as pd
import pytest

from mslens.studies.score.summary import ASKED, summarise_scores

N = 6


def sessions(**columns):
    table = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(N)], "session_id": None})
    return table.assign(**columns)


def regions(factor=0.9):
    true = 5.0 + np.arange(N)
    parts = [
        pd.DataFrame(
            {"region": name, "estimate_ml": factor * scale * true, "true_ml": scale * true}
        )
        for name, scale in (("small", 1.0), ("large", 20.0))
    ]
    return pd.concat(parts, ignore_index=True)


def value(table, name, column="value"):
    return table.set_index("score")[column][name]


def test_means_worst_cases_and_what_is_asked():
    table = summarise_scores(sessions(dice_brain=[0.9, 0.95, 1.0, np.nan, 0.9, 0.95]), regions())
    assert value(table, "dice_brain") == pytest.approx(0.94)
    assert value(table, "dice_brain", "worst") == 0.9
    assert value(table, "dice_brain", "n") == 5
    assert value(table, "dice_brain", "asked") == ASKED["dice_brain"]


def test_dice_of_lesions_counts_only_where_there_are_enough():
    table = summarise_scores(
        sessions(dice_lesion=[0.0, 0.5, 0.7, 0.6, 0.6, 0.6], true_lesion_ml=[0.5, 2, 3, 4, 5, 6]),
        regions(),
    )
    assert value(table, "dice_lesion") == pytest.approx(0.6)
    assert value(table, "dice_lesion", "n") == 5


def test_lesions_are_pooled_over_sessions():
    table = summarise_scores(
        sessions(
            lesions_true=[10, 0, 10, 10, 10, 10], lesions_detected=[10, 0, 5, 0, 5, 5],
            false_positives=[0, 3, 0, 0, 0, 0],
            locations_compared=[10, 0, 5, 0, 5, 5], locations_equal=[10, 0, 0, 0, 5, 0],
            lesion_ml=[1, 2, 3, 5, 4, 6], true_lesion_ml=[2, 4, 6, 8, 10, 12],
            true_lesion_mask_ml=[0.8, 1.6, 2.4, 4, 3.2, 4.8],
        ),
        regions(),
    )  # fmt: skip
    assert value(table, "lesion_sensitivity") == 0.5
    assert value(table, "false_positives") == 0.5
    assert value(table, "location_accuracy") == pytest.approx(0.6)
    assert value(table, "load_spearman") == pytest.approx(1 - 6 * 2 / (N * (N**2 - 1)))
    assert value(table, "load_bias") == pytest.approx(-0.5)
    assert value(table, "load_mask_bias") == pytest.approx(0.25)


def test_volumes_and_regions_have_association_and_bias():
    true = np.array([1000.0, 1100, 1200, 1300, 1400, 1500])
    table = summarise_scores(sessions(brain_ml=0.95 * true, true_brain_ml=true), regions())
    assert value(table, "brain_r") == pytest.approx(1.0)
    assert value(table, "brain_bias") == pytest.approx(-0.05)
    assert value(table, "region_r") == value(table, "region_r_median") == pytest.approx(1.0)
    assert value(table, "region_bias") == pytest.approx(-0.1)
    assert value(table, "region_r", "n") == 2


def test_size_of_regions_alone_is_no_agreement():
    table = regions()
    rng = np.random.default_rng(0)
    noise = rng.permuted(table["true_ml"].to_numpy().reshape(2, N), axis=1).ravel()
    summary = summarise_scores(sessions(), table.assign(estimate_ml=noise))
    assert abs(value(summary, "region_r")) < 0.7


def test_few_sessions_give_no_association():
    few = sessions(brain_ml=1000.0, true_brain_ml=1000.0).head(2)
    table = summarise_scores(few, regions().head(0))
    assert set(table["score"]) == {"brain_bias"}


def test_new_lesions_are_pooled_over_the_visits_that_have_one_before():
    nan = np.nan
    table = summarise_scores(
        sessions(
            new_true=[nan, 3, 1, nan, 0, 0], new_detected=[nan, 2, 0, nan, 0, 0],
            new_found=[nan, 2, 1, nan, 1, 0], new_false=[nan, 0, 1, nan, 1, 0],
        ),
        regions(),
    )  # fmt: skip
    assert value(table, "new_lesion_f1") == pytest.approx(0.5)
    assert value(table, "new_lesion_f1", "n") == 4
    assert "new_lesion_f1" not in set(summarise_scores(sessions(), regions())["score"])


def test_growth_of_regions_across_regions_and_sessions():
    rng = np.random.default_rng(0)
    true = rng.normal(scale=0.1, size=(N, 25))
    table = pd.DataFrame(
        [
            {
                "participant_id": f"sub-{i}", "session_id": None, "region": f"r{k}",
                "estimate_ml": 1.0, "true_ml": 1.0,
                "estimate_growth": 0.5 * true[i, k] - 0.2, "true_growth": true[i, k],
            }
            for i in range(N)
            for k in range(25)
        ]
    )  # fmt: skip
    scores = summarise_scores(sessions(jacobian_bias=[-0.2] * N), table)
    assert value(scores, "growth_r") == pytest.approx(1.0)
    assert value(scores, "growth_r_median") == pytest.approx(1.0)
    assert value(scores, "jacobian_bias") == pytest.approx(-0.2)


def test_a_region_that_was_lost_counts_against_the_scores():
    table = regions(factor=1.0)
    table.loc[0, "estimate_ml"] = 0.0
    summary = summarise_scores(sessions(), table)
    assert value(summary, "region_r", "n") == 2
    assert value(summary, "region_r_median") < 0.96
    assert value(summary, "regions_lost") == pytest.approx(1 / (2 * N))
    everywhere = table.assign(estimate_ml=table["estimate_ml"].where(table["region"] == "large", 0))
    summary = summarise_scores(sessions(), everywhere)
    assert value(summary, "regions_lost") == 0.5
    assert value(summary, "region_bias") == pytest.approx(-0.5)


def test_a_region_that_is_not_there_is_not_lost():
    table = regions()
    table.loc[table["region"] == "small", ["estimate_ml", "true_ml"]] = 0.0
    assert value(summarise_scores(sessions(), table), "regions_lost") == 0
