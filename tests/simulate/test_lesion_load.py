import numpy as np
import pytest

from mslens.simulate.clinic import draw_clinic
from mslens.simulate.lesion_load import LARGEST_LOAD_ML, assign_lesion_load
from mslens.simulate.sites import SITES

N = 40_000


@pytest.mark.parametrize(
    ("name", "mean", "sd"), [("site1", 10.6, 13.4), ("site2", 7.2, 8.6), ("site3", 27.5, 39.9)]
)
def test_the_load_has_the_published_mean_and_spread(name, mean, sd):
    site = SITES[name]
    load = assign_lesion_load(draw_clinic(N, site=site, seed=3), load=site.lesion_load)
    assert load.mean() == pytest.approx(mean, rel=0.06)
    # The largest loads are cut, so the spread is a little below the published one.
    assert 0.8 * sd < load.std() < 1.08 * sd
    assert load.min() > 0
    assert load.max() <= LARGEST_LOAD_ML


def test_disabled_patients_carry_more_lesions_where_published():
    site = SITES["site3"]
    clinic = draw_clinic(N, site=site, seed=3)
    load = assign_lesion_load(clinic, load=site.lesion_load)
    assert load[clinic.score >= 3].mean() > 2.5 * load[clinic.score < 3].mean()


def test_the_load_tells_nothing_beyond_damage_and_duration():
    clinic = draw_clinic(N, site=SITES["site1"], seed=3)
    load = np.log(assign_lesion_load(clinic, load=SITES["site1"].lesion_load))
    known = np.column_stack([np.ones(N), clinic.duration_factor, clinic.damage.sum(axis=1)])

    def rest(values):
        return values - known @ np.linalg.lstsq(known, values, rcond=None)[0]

    assert abs(np.corrcoef(rest(load), rest(clinic.severity))[0, 1]) < 0.02
    assert np.corrcoef(load, clinic.severity)[0, 1] > 0.3
