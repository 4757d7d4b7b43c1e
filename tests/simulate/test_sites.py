import pytest

from mslens.core.errors import UnknownName
from mslens.simulate.sites import SCORE_VALUES, SITES, choose_site, score_shares


@pytest.mark.parametrize("name", sorted(SITES))
def test_a_site_is_complete(name):
    site = choose_site(name)
    assert score_shares(site).sum() == pytest.approx(1.0)
    assert len(site.score_percent) == len(SCORE_VALUES[site.score])
    for group in (0, 1):
        total = sum(share[group] for share in site.scanners.values())
        assert total == pytest.approx(100.0, abs=1.5)


def test_an_unknown_site_gets_the_closest_name():
    with pytest.raises(UnknownName, match="Did you mean 'site1'"):
        choose_site("site_1")
