import numpy as np
import pytest

from mslens.radiomics.filters.gradient import gradient_magnitude


def test_a_ramp_has_its_slope_inside_and_half_of_it_at_the_edge():
    ramp = np.broadcast_to(3.0 * np.arange(6.0), (4, 5, 6))
    found = gradient_magnitude(ramp, spacing_mm=(1.0, 1.0, 2.0))
    assert found[:, :, 1:-1] == pytest.approx(1.5)
    assert found[:, :, 0] == pytest.approx(0.75)
    per_voxel = gradient_magnitude(ramp, spacing_mm=(1.0, 1.0, 2.0), use_spacing=False)
    assert per_voxel[:, :, 2] == pytest.approx(3.0)


def test_it_equals_simpleitk():
    sitk = pytest.importorskip("SimpleITK")
    image = np.random.default_rng(0).normal(0, 5, (6, 7, 8))
    source = sitk.GetImageFromArray(image)
    source.SetSpacing((1.5, 0.8, 2.0))
    expected = sitk.GetArrayFromImage(sitk.GradientMagnitude(source))
    assert gradient_magnitude(image, spacing_mm=(2.0, 0.8, 1.5)) == pytest.approx(
        expected, rel=1e-6
    )
