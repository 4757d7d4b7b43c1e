import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.segment.filling import FillingSettings, fill_lesions, find_peak
from phantom import make_head

SIZE = (3.0, 3.0, 3.0)


@pytest.fixture(scope="module")
def head():
    return make_head(3.0, seed=5, n_lesions=12)


def fill(head, image, *, lesions=None, seed=0):
    return fill_lesions(
        image,
        head.brain.data,
        head.lesions.data if lesions is None else lesions,
        voxel_size_mm=SIZE,
        rng=np.random.default_rng(seed),
        settings=FillingSettings(),
    )


@pytest.mark.parametrize("contrast", ["t1w", "flair"])
def test_filled_voxels_look_like_white_matter(head, contrast):
    image = getattr(head, contrast).data
    filled = fill(head, image)
    lesions = head.lesions.data
    normal = (head.wm.data > 0.9) & ~lesions
    new = filled.image[lesions]
    assert new.mean() == pytest.approx(image[normal].mean(), abs=float(0.5 * image[normal].std()))
    assert new.std() == pytest.approx(image[normal].std(), rel=0.35)
    assert abs(image[lesions].mean() - image[normal].mean()) > 8 * image[normal].std()


def test_the_rest_of_the_image_is_unchanged_to_the_bit(head):
    filled = fill(head, head.t1w.data)
    outside = ~(head.lesions.data & head.brain.data)
    assert filled.image[outside].tobytes() == head.t1w.data[outside].tobytes()
    assert filled.n_filled == (~outside).sum()


def test_local_brightness_is_followed(head):
    slope = np.linspace(0.7, 1.3, head.t1w.data.shape[1])[None, :, None]
    image = (head.t1w.data * slope).astype(np.float32)
    filled = fill(head, image)
    where = np.argwhere(head.lesions.data)
    expected = 100 * slope[0, where[:, 1], 0]
    error = filled.image[head.lesions.data] - expected
    assert np.abs(error).mean() < 0.1 * 100


def test_texture_repeats_with_its_seed_only(head):
    one, same, other = (fill(head, head.t1w.data, seed=s).image for s in (1, 1, 2))
    assert one.tobytes() == same.tobytes()
    lesions = head.lesions.data
    assert np.corrcoef(one[lesions], other[lesions])[0, 1] < 0.9


def test_texture_is_as_smooth_as_the_white_matter():
    rng = np.random.default_rng(0)
    from scipy import ndimage

    noise = ndimage.gaussian_filter(rng.normal(size=(40, 40, 40)), 1.0)
    image = 100 + 5 * noise / noise.std()
    mask = np.ones(image.shape, bool)
    lesions = np.zeros_like(mask)
    lesions[15:25, 15:25, 15:25] = True
    filled = fill_lesions(
        image, mask, lesions, voxel_size_mm=(1, 1, 1), rng=rng, settings=FillingSettings()
    ).image
    patch = filled[15:25, 15:25, 15:25] - filled[15:25, 15:25, 15:25].mean()
    correlation = (patch[1:] * patch[:-1]).mean() / (patch**2).mean()
    assert correlation > 0.5
    assert patch.std() == pytest.approx(5, rel=0.4)


def test_no_lesion_changes_nothing(head):
    nothing = fill(head, head.t1w.data, lesions=np.zeros(head.t1w.data.shape))
    assert nothing.n_filled == 0
    assert nothing.image.tobytes() == head.t1w.data.tobytes()
    assert nothing.image is not head.t1w.data


def test_lesions_outside_of_the_brain_are_left_alone(head):
    outside = ~head.brain.data & (head.t1w.data > 50)
    filled = fill(head, head.t1w.data, lesions=head.lesions.data | outside)
    assert filled.image[outside].tobytes() == head.t1w.data[outside].tobytes()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_type_of_the_image_is_kept(head, dtype):
    image = np.clip(head.t1w.data, 0, 255).astype(dtype)
    filled = fill(head, image)
    assert filled.image.dtype == dtype
    assert filled.image[head.lesions.data].mean() == pytest.approx(99, abs=2)


def test_nan_in_the_brain_is_an_error(head):
    image = head.t1w.data.copy()
    image[head.lesions.data] = np.nan
    with pytest.raises(ImageError, match="NaN"):
        fill(head, image)


def test_peak_of_a_mixture_is_the_larger_part():
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(100, 4, 6000), rng.normal(70, 8, 3000)])
    mean, sd = find_peak(values)
    assert mean == pytest.approx(100, abs=1)
    assert sd == pytest.approx(4, rel=0.35)


def test_too_few_or_constant_values_are_named():
    with pytest.raises(ImageError, match="only 10 brain voxels"):
        find_peak(np.arange(10.0))
    with pytest.raises(ImageError, match="constant"):
        find_peak(np.ones(100))
