import pytest

from mslens.core.errors import UnknownName
from mslens.simulate.relaxation import relaxation_at
from mslens.simulate.scanners import SCANNERS, choose_scanner
from mslens.simulate.sequences import signal_of
from mslens.simulate.sites import SITES


def test_every_site_has_known_scanners():
    for site in SITES.values():
        for name in site.scanners:
            assert choose_scanner(name).name == name


@pytest.mark.parametrize(
    ("name", "suffix", "tr", "te", "ti", "voxel"),
    [
        ("Avanto", "T1w", 1980, 3.1, 1100, (1, 1, 1)),
        ("AvantoFit", "FLAIR", 8500, 99, 2440, (0.97, 0.97, 3)),
        ("Symphony", "T1w", 2700, 4.8, 850, (1, 1, 1.2)),
        ("Symphony", "FLAIR", 9000, 114, 2500, (0.49, 0.49, 3)),
        ("SymphonyTim", "T1w", 1980, 3.08, 1100, (1, 1, 1)),
        ("TimTrio", "FLAIR", 9000, 87, 2500, (0.49, 0.49, 3)),
    ],
)
def test_protocols_are_those_of_the_published_table(name, suffix, tr, te, ti, voxel):
    sequence = choose_scanner(name).sequences[suffix]
    assert (sequence.tr_ms, sequence.te_ms, sequence.ti_ms) == (tr, te, ti)
    assert sequence.voxel_mm == voxel


@pytest.mark.parametrize("name", sorted(SCANNERS))
def test_contrasts_are_those_of_real_images(name):
    """Ranges around what was measured on real patients, relative to white matter."""
    scanner = choose_scanner(name)
    tissue = relaxation_at(scanner.field_tesla)

    def relative(suffix, which):
        sequence = scanner.sequences[suffix]
        return signal_of(tissue[which], sequence) / signal_of(tissue["wm"], sequence)

    assert 0.5 < relative("T1w", "gm") < 0.9
    assert relative("T1w", "csf") < 0.5
    assert relative("T1w", "hole") < relative("T1w", "lesion") < 1.0
    assert 1.0 < relative("FLAIR", "gm") < 1.5
    assert relative("FLAIR", "csf") < 0.4
    assert 1.3 < relative("FLAIR", "lesion") < 2.0
    assert 1.3 < relative("T2w", "gm") < 1.7
    assert 1.5 < relative("T2w", "lesion") < relative("T2w", "hole") < relative("T2w", "csf")


def test_an_unknown_scanner_gets_the_closest_name():
    with pytest.raises(UnknownName, match="Did you mean 'Symphony'"):
        choose_scanner("symfony")
