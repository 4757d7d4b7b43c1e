import numpy as np
import pytest
from scipy.spatial.distance import pdist

from mslens.radiomics.mesh import mesh_vertices
from mslens.radiomics.names import KERNEL_NAMES
from mslens.radiomics.regions import find_regions
from mslens.radiomics.shape import describe_shape

SPACING = (3.0, 0.9, 1.2)


def describe(labels, spacing):
    region = find_regions(labels)[0]
    found = describe_shape(region, spacing_mm=spacing)
    return region, dict(zip(KERNEL_NAMES["shape"], found, strict=True))


def test_an_ellipsoid_has_its_axes():
    k, j, i = np.meshgrid(*[np.arange(-25, 26)] * 3, indexing="ij")
    ball = ((k / 10) ** 2 + (j / 15) ** 2 + (i / 20) ** 2 <= 1).astype(np.int32)
    _, found = describe(ball, (1.0, 1.0, 1.0))
    axis = 2 / np.sqrt(5) * 2
    assert found["MajorAxisLength"] == pytest.approx(20 * axis, rel=0.01)
    assert found["MinorAxisLength"] == pytest.approx(15 * axis, rel=0.01)
    assert found["LeastAxisLength"] == pytest.approx(10 * axis, rel=0.01)
    assert found["Elongation"] == pytest.approx(0.75, rel=0.01)
    assert found["Flatness"] == pytest.approx(0.5, rel=0.01)
    assert found["VoxelVolume"] == ball.sum()
    assert found["Maximum3DDiameter"] == pytest.approx(41, rel=0.01)
    assert 0.85 < found["Sphericity"] < 1


@pytest.mark.parametrize("density", [0.3, 0.8])
def test_diameters_equal_those_of_all_pairs_of_mesh_points(density):
    labels = (np.random.default_rng(3).random((6, 9, 8)) < density).astype(np.int32)
    region, found = describe(labels, SPACING)
    inside = region.fill_box(np.ones(region.size, dtype=bool))
    points = mesh_vertices(inside, spacing_mm=(1, 1, 1))
    scaled = points * np.array(SPACING)
    assert found["Maximum3DDiameter"] == pytest.approx(pdist(scaled).max())
    for axis, name in enumerate(("Slice", "Column", "Row")):
        planes = [scaled[points[:, axis] == v] for v in np.unique(points[:, axis])]
        expected = max(pdist(p).max() for p in planes if len(p) > 1)
        assert found[f"Maximum2DDiameter{name}"] == pytest.approx(expected)


def test_a_single_voxel_has_no_elongation_and_no_infinities():
    labels = np.zeros((3, 3, 3), dtype=np.int32)
    labels[1, 1, 1] = 1
    _, found = describe(labels, SPACING)
    assert np.isnan(found["Elongation"])
    assert np.isnan(found["Flatness"])
    assert found["VoxelVolume"] == pytest.approx(np.prod(SPACING))
    assert np.isfinite([v for k, v in found.items() if k not in ("Elongation", "Flatness")]).all()
