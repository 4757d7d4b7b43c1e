import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.stats.mcnemar import compare_discordant_counts, compare_paired_errors


def errors_with(b, c, both=10):
    first = np.r_[np.ones(b), np.zeros(c), np.ones(both)]
    second = np.r_[np.zeros(b), np.ones(c), np.ones(both)]
    return first, second


def test_worked_example():
    result = compare_paired_errors(*errors_with(86, 150))
    assert result.statistic == pytest.approx(16.8178, abs=5e-5)
    assert (result.only_first, result.only_second) == (86, 150)
    assert compare_discordant_counts(86, 150) == result


def test_statsmodels_gives_the_same_p():
    from statsmodels.stats.contingency_tables import mcnemar

    oracle = mcnemar([[30, 12], [5, 40]], exact=False, correction=True)
    assert compare_discordant_counts(12, 5).p == pytest.approx(oracle.pvalue)


def test_one_observation_per_patient_is_the_uncorrected_test():
    first, second = errors_with(9, 21)
    clustered = compare_paired_errors(first, second, clusters=np.arange(first.size))
    plain = compare_paired_errors(first, second, continuity=False)
    assert clustered.statistic == pytest.approx(plain.statistic)


def test_repeating_every_observation_adds_no_certainty():
    first, second = errors_with(9, 21)
    patient = np.tile(np.arange(first.size), 4)
    once = compare_paired_errors(first, second, clusters=np.arange(first.size))
    four = compare_paired_errors(np.tile(first, 4), np.tile(second, 4), clusters=patient)
    assert four.statistic == pytest.approx(once.statistic)
    assert compare_paired_errors(np.tile(first, 4), np.tile(second, 4)).statistic > 3 * (
        once.statistic
    )


def test_durkalski_by_hand():
    # Patient a: b=2, c=0, n=4; b: b=0, c=1, n=2; c: b=1, c=0, n=1.
    first = [1, 1, 1, 0, 0, 1, 1]
    second = [0, 0, 1, 0, 1, 1, 0]
    result = compare_paired_errors(first, second, clusters=list("aaaabbc"))
    assert result.statistic == pytest.approx((0.5 - 0.5 + 1) ** 2 / (0.25 + 0.25 + 1))


def test_type_one_error_with_clusters_holds():
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(60), 4)
    p = []
    for _ in range(400):
        lean = rng.normal(size=60)[patient]
        first = rng.random(240) < 1 / (1 + np.exp(-lean))
        second = rng.random(240) < 1 / (1 + np.exp(lean))
        p.append(compare_paired_errors(first, second, clusters=patient).p)
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09


def test_no_disagreement_is_no_difference():
    result = compare_paired_errors([1, 0, 1], [1, 0, 1])
    assert (result.statistic, result.p) == (0.0, 1.0)
    assert compare_discordant_counts(3, 3).statistic == 0


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [([1, 0], [1], "first has 2"), ([], [], "0 and 1"), ([1, 2], [1, 0], "0 and 1")],
)
def test_refuses_what_are_no_paired_errors(first, second, message):
    with pytest.raises(InputError, match=message):
        compare_paired_errors(first, second)


def test_refuses_negative_counts():
    with pytest.raises(InputError, match="-1"):
        compare_discordant_counts(-1, 3)
