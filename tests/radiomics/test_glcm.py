import numpy as np
import pytest

from mslens.radiomics.alike import find_alike
from mslens.radiomics.directions import flat_offsets, list_directions
from mslens.radiomics.glcm import GLCM, describe_glcm, describe_glcm_and_links
from mslens.radiomics.regions import find_regions
from radiomics import brute


def by_definition(p):
    """Haralick's features of one normalised matrix."""
    n = len(p)
    i, j = np.meshgrid(np.arange(1, n + 1), np.arange(1, n + 1), indexing="ij")
    px = p.sum(1)
    mean, k = (i * p).sum(), np.abs(i - j)
    sigma = ((i - mean) ** 2 * p).sum()
    plus = np.array([p[i + j == s].sum() for s in range(2, 2 * n + 1)])
    minus = np.array([p[k == s].sum() for s in range(n)])

    def entropy(q):
        q = q[q > 0]
        return -(q * np.log2(q)).sum()

    hxy, hx, hxy2 = entropy(p), entropy(px), entropy(np.outer(px, px))
    average = (np.arange(n) * minus).sum()
    outer = np.outer(px, px)
    q = sum(np.outer(p[:, a], p[:, a]) / (outer[:, [a]] + (outer[:, [a]] == 0)) for a in range(n))
    eigen = np.sort(np.linalg.eigvals(q).real)
    return {
        "Autocorrelation": (i * j * p).sum(),
        "ClusterProminence": ((i + j - 2 * mean) ** 4 * p).sum(),
        "ClusterShade": ((i + j - 2 * mean) ** 3 * p).sum(),
        "ClusterTendency": ((i + j - 2 * mean) ** 2 * p).sum(),
        "Contrast": (k**2 * p).sum(),
        "Correlation": ((i - mean) * (j - mean) * p).sum() / sigma,
        "DifferenceAverage": average,
        "DifferenceEntropy": entropy(minus),
        "DifferenceVariance": ((np.arange(n) - average) ** 2 * minus).sum(),
        "Id": (p / (1 + k)).sum(),
        "Idm": (p / (1 + k**2)).sum(),
        "Idmn": (p / (1 + k**2 / n**2)).sum(),
        "Idn": (p / (1 + k / n)).sum(),
        "Imc1": (hxy + (p[p > 0] * np.log2(outer[p > 0])).sum()) / hx,
        "Imc2": np.sqrt(max(0, 1 - np.exp(-2 * (hxy2 - hxy)))),
        "InverseVariance": (p[k > 0] / k[k > 0] ** 2).sum(),
        "JointAverage": mean,
        "JointEnergy": (p**2).sum(),
        "JointEntropy": hxy,
        "MaximumProbability": p.max(),
        "SumAverage": 2 * mean,
        "SumEntropy": entropy(plus),
        "SumSquares": sigma,
        "MCC": np.sqrt(eigen[-2]),
    }


def describe(region, box, n, **options):
    offsets = flat_offsets(list_directions(), region.shape)
    found = describe_glcm(box.reshape(-1), region.cells, offsets, n_levels=n, **options)
    return dict(zip(GLCM, found, strict=True))


def test_features_equal_their_definitions_averaged_over_directions(lump):
    region, box, n = lump
    matrices = [m / m.sum() for m in brute.pair_matrices(box, n)]
    found = describe(region, box, n)
    for name in GLCM:
        expected = np.mean([by_definition(m)[name] for m in matrices])
        assert found[name] == pytest.approx(expected, rel=1e-9, abs=1e-10), name


def test_merged_features_equal_those_of_the_summed_matrix(lump):
    region, box, n = lump
    merged = brute.pair_matrices(box, n).sum(0)
    expected = by_definition(merged / merged.sum())
    found = describe(region, box, n, merge=True, with_mcc=False)
    for name in set(GLCM) - {"MCC"}:
        assert found[name] == pytest.approx(expected[name], rel=1e-9, abs=1e-10), name


def test_scratch_is_given_back_as_zeroes(lump):
    region, box, n = lump
    scratch = np.zeros(1000, dtype=np.int32)
    first = describe(region, box, n, scratch=scratch)
    assert not scratch.any()
    assert first == describe(region, box, n, scratch=scratch)


def test_one_grey_level_is_perfectly_correlated():
    region = find_regions(np.ones((3, 3, 3), dtype=np.int32))[0]
    found = describe(region, region.fill_box(np.ones(27, dtype=np.int32)), 1)
    assert found["Correlation"] == found["MCC"] == found["JointEnergy"] == 1
    assert found["JointEntropy"] == found["Contrast"] == found["Imc1"] == found["Imc2"] == 0


def test_voxels_without_neighbours_have_no_matrix():
    labels = np.zeros((5, 5, 5), dtype=np.int32)
    labels[0, 0, 0] = labels[4, 4, 4] = 1
    region = find_regions(labels)[0]
    found = describe(region, region.fill_box(np.array([1, 2], dtype=np.int32)), 2)
    assert np.isnan(list(found.values())).all()


def test_many_levels_are_counted_sparsely_to_the_same_values(lump):
    """Unused levels change nothing but the normalised differences, and how pairs are counted."""
    region, box, n = lump
    few, many = describe(region, box, n), describe(region, box, 40 * n)
    for name in set(GLCM) - {"Idmn", "Idn"}:
        assert many[name] == pytest.approx(few[name], rel=1e-12), name


def test_links_are_noted_in_passing(lump):
    region, box, n = lump
    offsets = flat_offsets(list_directions(), region.shape)
    flat = box.reshape(-1)
    expected = find_alike(flat, region.cells, offsets)
    for levels in (n, 40 * n):
        _, links = describe_glcm_and_links(flat, region.cells, offsets, n_levels=levels)
        assert (links.counts == expected.counts).all()
        for row, other, count in zip(links.cells, expected.cells, links.counts, strict=True):
            assert (row[:count] == other[:count]).all()
