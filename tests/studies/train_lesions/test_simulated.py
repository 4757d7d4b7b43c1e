import numpy as np
import pytest

from mslens.core.rng import make_rng
from mslens.simulate.scanners import SCANNERS
from mslens.studies.train_lesions.simulated import choose_scanner, draw_protocol, simulate_cases


@pytest.fixture(scope="module")
def cases():
    return simulate_cases("simulated004", seed=5, n_scans=2, voxel_size_mm=4.0)


def test_scans_share_the_person_but_not_the_protocol(cases):
    one, two = cases
    assert one.group == two.group == "simulated004"
    assert one.name != two.name
    assert not one.is_real
    for case in cases:
        assert case.mask.shape == case.flair.shape == case.t1w.shape == case.geography.shape[1:]
        assert not (case.lesions & ~case.mask).any()
        assert 900 < case.mask.sum() * np.prod(case.voxel_size_mm) / 1000 < 2200
    contrast = [np.median(c.flair[c.mask]) / np.percentile(c.flair[c.mask], 5) for c in cases]
    assert abs(contrast[0] - contrast[1]) > 1e-3


def test_geography_fits_the_brain(cases):
    for case in cases:
        csf, gm, wm = case.geography[:3]
        assert (gm + wm)[case.mask].mean() > 0.6
        assert (gm + wm)[~case.mask].mean() < 0.05
        np.testing.assert_allclose(csf + gm + wm, 1, atol=1e-4)
        bright_t1w = np.median(case.t1w[case.mask & (wm > 0.8)])
        assert bright_t1w > np.median(case.t1w[case.mask & (gm > 0.7)])


def test_protocols_vary_within_what_is_possible():
    drawn = [draw_protocol(make_rng(1, str(n))) for n in range(40)]
    flair = [scanner.sequences["FLAIR"] for scanner in drawn]
    assert {scanner.field_tesla for scanner in drawn} == {1.5, 3.0}
    assert 0.3 < np.mean([not sequence.is_3d for sequence in flair]) < 0.7
    assert min(sequence.te_ms for sequence in flair) > 0
    assert len({sequence.ti_ms for sequence in flair}) == 40


def test_a_chosen_scanner_scans_as_it_is_known_to():
    rng = make_rng(1, "scanner")
    chosen = [choose_scanner(rng) for _ in range(20)]
    assert len({scanner.name for scanner in chosen}) > 1
    for scanner in chosen:
        assert scanner.sequences == SCANNERS[scanner.name].sequences
        assert 0.005 <= scanner.bias_sd <= 0.04
