"""The cohort's table of quality, and who is far from it."""

import numpy as np
import pandas as pd
import pytest

from mslens.studies.run.quality_table import find_far, join_quality


def table(noise, fit=1.0):
    return pd.DataFrame(
        {
            "image": ["T1w", "T1w"],
            "measure": ["noise", "contrast_fit"],
            "value": [str(noise), str(fit)],
            "limit": [0.1, 0.5],
            "flagged": [0, 0],
        }
    )


def cohort(last, count=12):
    values = 0.05 + 0.001 * np.arange(count)
    tables = {(f"{i:02d}", None): table(v, 1.0 + v) for i, v in enumerate(values)}
    return tables | {("99", "2"): last}


def test_every_session_has_its_rows_with_its_place_in_the_cohort():
    joined = join_quality(cohort(table(0.0555, 1.0555)))
    assert len(joined) == 26
    mine = joined[joined["participant_id"] == "sub-99"]
    assert mine["session_id"].tolist() == ["ses-2", "ses-2"]
    assert mine["robust_z"].to_numpy() == pytest.approx(0.0, abs=0.1)
    assert find_far(joined) == []


def test_a_noisy_image_is_named_and_a_quiet_one_is_not():
    (text,) = find_far(join_quality(cohort(table(0.2, 1.05))))
    assert text.startswith("sub-99 ses-2: noise of the T1w (0.2)")
    assert find_far(join_quality(cohort(table(0.0, 1.05)))) == []


def test_low_is_the_bad_side_of_a_contrast():
    (text,) = find_far(join_quality(cohort(table(0.055, 0.1))))
    assert "contrast fit of the T1w" in text
    assert find_far(join_quality(cohort(table(0.055, 9.0)))) == []


def test_a_small_cohort_scores_nobody():
    joined = join_quality(cohort(table(0.9), count=4))
    assert joined["robust_z"].isna().all()
    assert find_far(joined) == []


def test_nothing_is_an_empty_table():
    joined = join_quality({})
    assert len(joined) == 0
    assert "robust_z" in joined.columns
    assert find_far(joined) == []
