import itertools

import numpy as np
import pytest

from mslens.radiomics.mesh import measure_mesh, mesh_vertices


def test_one_voxel_is_an_octahedron():
    inside = np.zeros((3, 3, 3), dtype=bool)
    inside[1, 1, 1] = True
    area, volume = measure_mesh(inside, spacing_mm=(1, 1, 1))
    assert volume == pytest.approx(1 / 6)
    assert area == pytest.approx(np.sqrt(3))
    assert len(mesh_vertices(inside, spacing_mm=(1, 1, 1))) == 6


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 0.7, 1.1)])
def test_a_ball_has_about_the_volume_and_area_of_a_ball(spacing):
    z, y, x = (np.arange(-12, 13) * s for s in spacing)
    inside = (z[:, None, None] ** 2 + y[:, None] ** 2 + x**2) < 64 * min(spacing) ** 2
    inside = np.pad(inside, 1)
    area, volume = measure_mesh(inside, spacing_mm=spacing)
    radius = 8 * min(spacing)
    assert volume == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.05)
    assert area == pytest.approx(4 * np.pi * radius**2, rel=0.12)


def test_turning_a_solid_keeps_its_area_and_volume():
    z, y, x = np.meshgrid(*[np.arange(-7, 8)] * 3, indexing="ij")
    inside = (z / 3) ** 2 + (y / 4) ** 2 + (x / 6) ** 2 <= 1
    reference = measure_mesh(inside, spacing_mm=(1, 1, 1))
    for axes in itertools.permutations(range(3)):
        turned = measure_mesh(np.transpose(inside, axes), spacing_mm=(1, 1, 1))
        assert turned == pytest.approx(reference, rel=0.01)
