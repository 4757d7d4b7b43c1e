import pytest

from mslens.learn.regressors import ALGORITHMS
from mslens.studies.edss_radiomics.paper import load_paper


def test_the_papers_r2_is_r_squared_in_all_twelve_cells():
    table = load_paper()["table3"]
    cells = [cell for models in table.values() for cell in models.values()]
    assert len(cells) == 12
    for r, r_squared, _ in cells:
        assert r**2 == pytest.approx(r_squared, abs=0.0015)


def test_every_algorithm_of_the_paper_is_ours():
    for models in load_paper()["table3"].values():
        assert set(models) == set(ALGORITHMS)


def test_the_funnel_leaves_what_the_lasso_saw():
    funnel = load_paper()["funnel"]
    left = funnel["extracted"] - funnel["unstable"] - funnel["low_variance"] - funnel["collinear"]
    assert left == 21318
    assert funnel["selected"] == len(load_paper()["table2"]) + 2


def test_degrees_of_freedom_fit_the_sets():
    for name, n in (("internal", 100), ("external", 104)):
        _, effect, error, _, _, epsilon = load_paper()["effect"][name]
        assert effect == pytest.approx(3 * epsilon, abs=0.02)
        assert error == pytest.approx(3 * (n - 1) * epsilon, rel=0.01)
