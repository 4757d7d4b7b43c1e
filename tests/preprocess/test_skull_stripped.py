from __future__ import annotations

import numpy as np
import pytest

from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.preprocess.skull_stripped import SkullStrippedSettings, examine_support
from phantom import make_head

HEAD = make_head(4.0)
SETTINGS = SkullStrippedSettings()


def stripped(image: Volume, background: float = 0.0) -> Volume:
    return image.like(np.where(HEAD.brain.data, image.data, background).astype(np.float32))


@pytest.mark.parametrize("contrast", ["t1w", "flair"])
@pytest.mark.parametrize("background", [0.0, -3.0])
def test_a_brain_on_a_constant_background_is_recognised(contrast: str, background: float) -> None:
    found = examine_support(stripped(getattr(HEAD, contrast), background), settings=SETTINGS)
    assert found.is_brain
    np.testing.assert_array_equal(found.mask.data, HEAD.brain.data)


def test_holes_of_zeros_inside_the_brain_are_closed() -> None:
    image = stripped(HEAD.t1w)
    data = image.data.copy()
    data[28:31, 33:36, 28:31] = 0.0
    found = examine_support(image.like(data), settings=SETTINGS)
    assert found.is_brain
    np.testing.assert_array_equal(found.mask.data, HEAD.brain.data)


def test_a_head_is_none() -> None:
    assert not examine_support(HEAD.t1w, settings=SETTINGS).is_brain


def test_a_defaced_head_on_a_background_of_zeros_is_none() -> None:
    # Scalp and skull are there, the air was set to 0, and the field of view is cut to a brain's
    # volume: only the dark skull under the scalp says that it is a head.
    head = HEAD.t1w.data > 20
    data = np.where(head, HEAD.t1w.data, 0.0).astype(np.float32)
    from scipy import ndimage

    filled = ndimage.binary_fill_holes(head)
    data[filled & (data == 0)] = 5.0
    image = HEAD.t1w.like(data)
    wide = SETTINGS.model_copy(update={"volume_range_ml": (500.0, 6000.0), "max_on_border": 1.0})
    found = examine_support(image, settings=wide)
    assert found.background_share > 0.3
    assert found.darkest_shell < wide.skull_share
    assert not found.is_brain


def test_a_brain_that_fills_the_image_is_none() -> None:
    inner = HEAD.t1w.grid.resampled((4.0, 4.0, 4.0))
    small = Volume(HEAD.t1w.data[22:38, 26:44, 20:40].copy(), type(inner)(
        inner.affine, (16, 18, 20)))  # fmt: skip
    found = examine_support(small, settings=SETTINGS)
    assert not found.is_brain


def test_thick_slices_are_recognised_too() -> None:
    thick = resample(stripped(HEAD.t1w), HEAD.t1w.grid.resampled((4.0, 4.0, 6.0)))
    assert examine_support(thick, settings=SETTINGS).is_brain
