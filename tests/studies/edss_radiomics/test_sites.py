"""Table 1 with the paper's own counts gives the paper's own p values."""

import numpy as np
import pandas as pd
import pytest

from mslens.studies.edss_radiomics.courses import compare_courses
from mslens.studies.edss_radiomics.sites import compare_sites

N = (500, 104)


@pytest.fixture(scope="module")
def clinical():
    rng = np.random.default_rng(0)
    n = sum(N)
    female = np.concatenate([np.arange(N[0]) < 349, np.arange(N[1]) < 80])
    progressive = np.concatenate([np.arange(N[0]) < 72, np.arange(N[1]) < 20])
    age = rng.normal(37.5, 10, n)
    return pd.DataFrame(
        {
            "age": age,
            "sex": np.where(female, "F", "M"),
            "course": np.where(progressive, "SP", "RR"),
            "disease_duration_years": rng.gamma(1.3, 7, n),
            "edss": np.round(2 * (2 + 3 * progressive + rng.uniform(0, 2, n))) / 2,
        }
    )


AT_FIRST = np.arange(sum(N)) < N[0]


def test_counts_of_the_paper_give_its_p(clinical):
    rows = {row["key"]: row for row in compare_sites(clinical, None, AT_FIRST, "edss")}
    assert rows["female"]["first"] == "349 (69.8)" == rows["female"]["paper"][0]
    assert rows["female"]["second"] == "80 (76.9)" == rows["female"]["paper"][1]
    assert rows["female"]["p"] == pytest.approx(0.1555, abs=5e-5)
    assert rows["progressive"]["p"] == pytest.approx(0.2301, abs=5e-5)
    assert rows["female"]["test"] == "Fisher's exact test"


def test_volumes_are_compared_adjusted(clinical):
    rng = np.random.default_rng(1)
    tiv = rng.normal(1500, 120, sum(N)) + np.where(AT_FIRST, 0, 100)
    # The brain follows the head: the sites differ only before the adjustment.
    volumes = pd.DataFrame({"tiv": tiv, "brain": 0.7 * tiv + rng.normal(0, 10, sum(N))})
    rows = {row["key"]: row for row in compare_sites(clinical, volumes, AT_FIRST, "edss")}
    assert rows["brain"]["test"] == "ANCOVA for age, sex and head size"
    assert rows["brain"]["p"] > 0.001
    without = {
        row["key"]: row
        for row in compare_sites(clinical, volumes.drop(columns="tiv"), AT_FIRST, "edss")
    }
    assert without["brain"]["p"] < 1e-6


def test_one_site_is_described_without_tests(clinical):
    rows = compare_sites(clinical, None, np.ones(sum(N), dtype=bool), "edss")
    assert all(row["second"] is None and row["p"] is None for row in rows)


def test_courses_are_compared_adjusted(clinical):
    found = compare_courses(clinical, "edss")
    assert found["df"] == [1, sum(N) - 5]
    assert found["p"] < 1e-20
    assert set(found["groups"]) == {"RR", "SP"}
    assert compare_courses(clinical.assign(course="RR"), "edss") is None
    assert compare_courses(clinical.drop(columns="sex"), "edss") is None
