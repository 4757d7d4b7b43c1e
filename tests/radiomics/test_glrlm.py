import numpy as np
import pytest

from mslens.radiomics.directions import list_directions
from mslens.radiomics.emphasis import EMPHASES
from mslens.radiomics.glrlm import describe_glrlm
from mslens.radiomics.regions import find_regions
from radiomics import brute


def describe(region, box, n, **options):
    found = describe_glrlm(
        box.reshape(-1),
        region.cells,
        list_directions(),
        shape=region.shape,
        n_levels=n,
        **options,
    )
    return dict(zip(EMPHASES, found, strict=True))


def test_features_equal_their_definitions_averaged_over_directions(lump):
    region, box, n = lump
    per_direction = [brute.emphases(runs) for runs in brute.run_matrices(box, n)]
    found = describe(region, box, n)
    for name in per_direction[0]:
        assert found[name] == pytest.approx(np.mean([d[name] for d in per_direction])), name


def test_merged_features_equal_those_of_the_summed_matrix(lump):
    region, box, n = lump
    total = {}
    for runs in brute.run_matrices(box, n):
        for key, count in runs.items():
            total[key] = total.get(key, 0) + count
    expected = brute.emphases(total)
    found = describe(region, box, n, merge=True)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value), name
    assert found["percentage"] == pytest.approx(sum(total.values()) / region.size / 13)


def test_directions_through_a_flat_region_are_left_out_like_pyradiomics_does():
    labels = np.zeros((4, 5, 6), dtype=np.int32)
    labels[1, 1:4, 1:5] = 1
    region = find_regions(labels)[0]
    box = region.fill_box(np.arange(12, dtype=np.int32) % 2 + 1)
    flat = describe(region, box, 2)
    kept = describe(region, box, 2, skip_flat=False)
    runs = [brute.emphases(r) for r in brute.run_matrices(box, 2)]
    in_plane = [r for r, s in zip(runs, brute.STEPS, strict=True) if s[0] == 0]
    assert flat["short"] == pytest.approx(np.mean([r["short"] for r in in_plane]))
    assert kept["short"] == pytest.approx(np.mean([r["short"] for r in runs]))
