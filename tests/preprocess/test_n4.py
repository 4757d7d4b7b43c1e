from __future__ import annotations

import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.preprocess.n4 import N4Settings, correct_bias_n4, sharpen_histogram
from phantom import make_head

HEAD = make_head(4.0)
SETTINGS = N4Settings(working_voxel_size_mm=4.0)


def add_bias(image: Volume) -> tuple[Volume, np.ndarray]:
    world = image.grid.to_world(np.stack(np.indices(image.grid.shape), axis=-1)) / 90.0
    x, y, z = np.moveaxis(world, -1, 0)
    log_field = 0.25 * x + 0.2 * y**2 - 0.2 * z + 0.15 * x * z
    return image.like((image.data * np.exp(log_field)).astype(np.float32)), log_field


def variation(image: Volume) -> float:
    values = image.data[HEAD.wm.data > 0.95]
    return float(values.std() / values.mean())


@pytest.mark.parametrize("contrast", ["t1w", "flair"])
def test_a_known_field_is_recovered(contrast: str) -> None:
    clean = getattr(HEAD, contrast)
    biased, truth = add_bias(clean)
    found = correct_bias_n4(biased, HEAD.brain.data, settings=SETTINGS)
    inside = HEAD.brain.data
    error = (np.log(found.field.data) - truth)[inside]
    assert error.std() < 0.35 * truth[inside].std()
    if contrast == "t1w":
        assert variation(found.image) < 0.6 * variation(biased)


def test_field_times_result_is_the_input_and_its_geometric_mean_is_one() -> None:
    biased, _ = add_bias(HEAD.t1w)
    found = correct_bias_n4(biased, HEAD.brain.data, settings=SETTINGS)
    np.testing.assert_allclose(found.image.data * found.field.data, biased.data, rtol=1e-5)
    logs = np.log(found.field.data[HEAD.brain.data])
    assert float(logs.mean()) == pytest.approx(0.0, abs=1e-5)
    assert found.image.data.dtype == np.float32


def test_the_unit_of_the_image_does_not_matter() -> None:
    biased, _ = add_bias(HEAD.t1w)
    louder = biased.like((biased.data * 40.0).astype(np.float32))
    one, other = (
        correct_bias_n4(image, HEAD.brain.data, settings=SETTINGS) for image in (biased, louder)
    )
    np.testing.assert_allclose(one.field.data, other.field.data, rtol=2e-3)


def test_the_axis_order_of_the_array_does_not_matter() -> None:
    biased, _ = add_bias(HEAD.t1w)
    order = (2, 0, 1)
    affine = biased.grid.affine[:, [*order, 3]]
    shape = tuple(biased.grid.shape[axis] for axis in order)
    turned = Volume(np.ascontiguousarray(biased.data.transpose(order)), Grid(affine, shape))
    plain = correct_bias_n4(biased, HEAD.brain.data, settings=SETTINGS).field.data
    other = correct_bias_n4(turned, HEAD.brain.data.transpose(order), settings=SETTINGS).field.data
    np.testing.assert_allclose(other, plain.transpose(order), rtol=1e-3)


def test_it_agrees_with_antspyx_on_the_same_image() -> None:
    pytest.importorskip("ants")
    from mslens.preprocess.n4_ants import correct_bias_ants

    biased, _ = add_bias(HEAD.t1w)
    ours = correct_bias_n4(biased, HEAD.brain.data, settings=SETTINGS)
    theirs = correct_bias_ants(biased, HEAD.brain.data, settings=SETTINGS)
    logs = [np.log(found.field.data[HEAD.brain.data]) for found in (ours, theirs)]
    assert np.corrcoef(*logs)[0, 1] > 0.9


def test_sharpening_moves_values_towards_their_class() -> None:
    rng = np.random.default_rng(0)
    truth = np.where(rng.random(20_000) < 0.5, 3.0, 4.0)
    blurred = truth + rng.normal(0, 0.06, truth.size)
    sharp = sharpen_histogram(blurred, settings=N4Settings())
    assert np.abs(sharp - truth).mean() < 0.6 * np.abs(blurred - truth).mean()


def test_constant_values_stay() -> None:
    values = np.full(50, 2.5)
    np.testing.assert_array_equal(sharpen_histogram(values, settings=N4Settings()), values)


def test_a_mask_of_nothing_says_so() -> None:
    empty = np.zeros(HEAD.t1w.grid.shape, dtype=bool)
    with pytest.raises(ImageError, match="0 positive voxels"):
        correct_bias_n4(HEAD.t1w, empty, settings=SETTINGS)
