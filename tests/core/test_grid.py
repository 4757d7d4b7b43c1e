import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import GridMismatch, ImageError
from mslens.core.grid import Grid


def oblique(angles=(0.2, -0.1, 0.3), size=(0.7, 0.9, 3.0)):
    from scipy.spatial.transform import Rotation

    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles).as_matrix() @ np.diag(size)
    affine[:3, 3] = (-80, -100, -60)
    return affine


@given(
    st.tuples(*[st.floats(-0.7, 0.7)] * 3),
    st.tuples(*[st.floats(0.3, 5)] * 3),
    st.permutations([0, 1, 2]),
    st.tuples(*[st.sampled_from([-1, 1])] * 3),
)
def test_axis_codes_and_sizes_agree_with_nibabel(angles, size, order, signs):
    affine = oblique(angles, size)
    affine[:3, :3] = affine[:3, :3][:, order] * signs
    grid = Grid(affine, (5, 6, 7))
    assert grid.axis_codes == "".join(nib.aff2axcodes(affine))
    assert np.allclose(grid.voxel_size_mm, nib.affines.voxel_sizes(affine))


def test_world_and_index_are_inverse():
    grid = Grid(oblique(), (30, 30, 10))
    points = np.random.default_rng(0).uniform(0, 9, (50, 3))
    assert np.allclose(grid.to_index(grid.to_world(points)), points)


def test_voxel_volume_of_a_sheared_grid_is_its_determinant():
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    affine[0, 1] = 1.0
    assert Grid(affine, (2, 2, 2)).voxel_volume_ml == pytest.approx(0.024)


@pytest.mark.parametrize(
    "affine",
    [
        np.zeros((4, 4)),
        np.diag([1.0, 1.0, 0.0, 1.0]),
        np.array([[1.0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
        np.full((4, 4), np.nan),
    ],
)
def test_a_singular_affine_is_refused(affine):
    with pytest.raises(ImageError, match="affine"):
        Grid(affine, (4, 4, 4))


def test_a_shift_far_below_a_voxel_is_the_same_grid_and_a_voxel_is_not():
    grid = Grid(oblique(), (30, 30, 10))
    near, far = np.array(grid.affine), np.array(grid.affine)
    near[0, 3] += 1e-3
    far[0, 3] += 0.7
    assert grid.is_close(Grid(near, grid.shape))
    assert not grid.is_close(Grid(far, grid.shape))
    with pytest.raises(GridMismatch, match=r"mask is 30x30x10.*image is 30x30x10"):
        grid.require_close(Grid(far, grid.shape), ours="image", theirs="mask")


def test_a_resampled_grid_keeps_the_outer_corner_of_the_field_of_view():
    grid = Grid(oblique(), (30, 30, 10))
    other = grid.resampled((3.0, 3.0, 3.0))
    assert np.allclose(other.to_world([-0.5] * 3), grid.to_world([-0.5] * 3))
    assert other.shape == (7, 9, 10)
    assert np.allclose(other.voxel_size_mm, 3.0)


def test_the_affine_cannot_be_changed_from_outside():
    affine = np.eye(4)
    grid = Grid(affine, (3, 3, 3))
    affine[0, 0] = 5
    assert grid.affine[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        grid.affine[0, 0] = 2
