import pytest

from mslens.core.errors import InputError
from mslens.simulate.controls import HEALTHY_DAMAGE, draw_controls
from mslens.simulate.sites import SITES


def test_controls_are_as_old_as_published_and_hardly_damaged():
    people = draw_controls(20_000, site=SITES["site5"], seed=1)
    assert people.age_years.mean() == pytest.approx(53.4, abs=1.0)
    assert people.age_years.std() == pytest.approx(17.9, abs=1.5)
    assert people.female.mean() == pytest.approx(17 / 30, abs=0.02)
    assert people.damage.mean() == pytest.approx(HEALTHY_DAMAGE, abs=0.02)


def test_a_negative_number_is_refused():
    with pytest.raises(InputError, match="zero or more"):
        draw_controls(-2, site=SITES["site1"], seed=1)
