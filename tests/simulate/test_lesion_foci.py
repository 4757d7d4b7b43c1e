import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.simulate.lesion_foci import (
    NEW_PER_YEAR,
    draw_activity,
    draw_foci,
    draw_new_foci,
    join_foci,
)
from mslens.simulate.lesion_priors import PLACE_SHARES, load_lesion_priors

WHITE_ML = 500.0


@pytest.fixture(scope="module")
def priors():
    return load_lesion_priors(4.0)


def foci_of(priors, load, seed=0):
    rng = np.random.default_rng(seed)
    return draw_foci(priors, load_ml=load, white_matter_ml=WHITE_ML, rng=rng)


@pytest.mark.parametrize("load", [0.3, 2.0, 10.0, 50.0, 150.0])
def test_the_foci_add_up_to_the_load(priors, load):
    for seed in range(5):
        foci = foci_of(priors, load, seed)
        assert foci.volume_ml.sum() == pytest.approx(load, rel=1e-6)
        assert (foci.volume_ml > 0).all()


def test_their_number_grows_with_the_square_root_of_the_load(priors):
    loads = np.geomspace(0.5, 60, 8)
    counts = [np.mean([len(foci_of(priors, load, s)) for s in range(30)]) for load in loads]
    slope, at_one = np.polyfit(np.log(loads), np.log(counts), 1)
    assert slope == pytest.approx(0.49, abs=0.1)
    assert np.exp(at_one) == pytest.approx(21, rel=0.25)


def test_sizes_are_those_of_real_lesions(priors):
    sizes = np.concatenate([foci_of(priors, 8.0, s).volume_ml for s in range(40)])
    assert 0.015 < np.median(sizes) < 0.045
    assert 1.0 < np.quantile(sizes, 0.99) < 8.0


def test_places_follow_their_shares_and_seeds_lie_there(priors):
    place = np.concatenate([foci_of(priors, 20.0, s).place for s in range(30)])
    for name, share in PLACE_SHARES.items():
        assert (place == name).mean() == pytest.approx(share, abs=0.03)
    foci = foci_of(priors, 20.0)
    for name, frequency in priors.places.items():
        assert (frequency[tuple(foci.index[foci.place == name].T)] > 0).all()


def test_large_lesions_are_periventricular_as_a_rule(priors):
    foci = [foci_of(priors, 40.0, s) for s in range(30)]
    largest = [f.place[np.argmax(f.volume_ml)] for f in foci]
    assert np.mean([name == "periventricular" for name in largest]) > 0.7


def test_no_load_is_no_lesion(priors):
    assert len(foci_of(priors, 0.0)) == 0


def test_impossible_loads_are_refused(priors):
    with pytest.raises(InputError, match="does not fit into 500 ml"):
        foci_of(priors, 600.0)
    with pytest.raises(InputError, match="0 ml or more"):
        foci_of(priors, -1.0)


def test_new_lesions_come_at_the_stated_rate_and_after_the_visit(priors):
    rng = np.random.default_rng(3)
    counts = []
    for _ in range(600):
        new = draw_new_foci(
            priors, course="RR", from_years=1.0, to_years=3.0, activity=draw_activity(rng), rng=rng
        )
        counts.append(len(new))
        assert (new.onset_years > 1.0).all()
        assert (new.onset_years <= 3.0).all()
    assert np.mean(counts) == pytest.approx(2 * NEW_PER_YEAR["RR"], rel=0.15)
    assert np.mean(np.array(counts) == 0) > 0.15


def test_volumes_follow_onset_and_growth(priors):
    old, rng = foci_of(priors, 5.0), np.random.default_rng(4)
    new = draw_new_foci(priors, course="RR", from_years=0.0, to_years=20.0, activity=1.0, rng=rng)
    both = join_foci(old, new)
    assert len(both) == len(old) + len(new)
    at_start = both.volume_at(0.0)
    np.testing.assert_allclose(at_start[: len(old)], old.volume_ml)
    assert not at_start[len(old) :].any()
    late = both.volume_at(20.0)
    assert (late[len(old) :] > 0).all()
    growing = old.growth_per_year > 0.1
    assert (late[: len(old)][growing] > at_start[: len(old)][growing]).all()
