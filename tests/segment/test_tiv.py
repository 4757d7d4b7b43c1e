import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import QualityError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, DisplacementTransform
from mslens.core.volume import Volume
from mslens.segment.tiv import affine_part, estimate_tiv


def scaling(*factors):
    return AffineTransform(np.diag([*factors, 1.0]))


def test_a_head_that_must_be_enlarged_is_smaller_than_the_template():
    assert estimate_tiv(scaling(1, 1, 1), template_ml=1890) == 1890
    assert estimate_tiv(scaling(1.1, 1, 1), template_ml=1890) == pytest.approx(1890 / 1.1)


@given(st.tuples(*[st.floats(-0.7, 0.7)] * 3), st.floats(0.8, 1.25))
def test_rotation_does_not_matter(angles, scale):
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    matrix[:3, :3] = scale * Rotation.from_euler("xyz", angles).as_matrix()
    expected = 1500 / scale**3
    assert estimate_tiv(AffineTransform(matrix), template_ml=1500) == pytest.approx(expected)


@pytest.mark.parametrize("factors", [(-1, 1, 1), (2, 2, 2), (0.5, 0.5, 0.5)])
def test_impossible_scalings_are_errors(factors):
    with pytest.raises(QualityError, match="scales volumes"):
        estimate_tiv(scaling(*factors), template_ml=1500)


def test_only_the_brain_decides_the_affine_part():
    grid = Grid(np.eye(4), (12, 12, 12))
    points = np.stack(np.indices(grid.shape), axis=-1).astype(np.float32)
    brain = np.zeros(grid.shape, bool)
    brain[2:9, 2:9, 2:9] = True
    displacement = np.where(brain[..., None], 0.2 * points, 5.0).astype(np.float32)
    field = DisplacementTransform(displacement, grid)
    found = affine_part(field, Volume(brain, grid, "mask"))
    np.testing.assert_allclose(found.matrix, np.diag([1.2, 1.2, 1.2, 1]), atol=1e-5)
    assert affine_part(found, Volume(brain, grid, "mask")) is found
