from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.preprocess.normalise import (
    METHODS,
    IntensitySettings,
    find_white_matter_mode,
    normalise_intensity,
)
from phantom import FLAIR, T1W, make_head

HEAD = make_head(4.0)
BRAIN = HEAD.brain.data


def normalised(image: Volume, method: str, **others: object) -> Volume:
    settings = IntensitySettings.parse({"method": method, **others})
    return normalise_intensity(image, BRAIN, settings=settings)


def test_known_values_of_a_small_image() -> None:
    image = Volume(np.array([0.0, 2.0, 4.0, 10.0], np.float32).reshape(4, 1, 1),
                   Grid(np.eye(4), (4, 1, 1)))  # fmt: skip
    mask = np.array([True, True, True, False]).reshape(4, 1, 1)

    def values(method: str, **others: object) -> list[float]:
        chosen = IntensitySettings.parse({"method": method, **others})
        return normalise_intensity(image, mask, settings=chosen).data.ravel().tolist()

    assert values("min-max") == pytest.approx([0, 0.5, 1, 2.5])
    assert values("z-score") == pytest.approx(np.array([-2, 0, 2, 8]) / np.sqrt(8 / 3), rel=1e-6)
    assert values("percentile", percentiles=(25.0, 75.0)) == pytest.approx([0, 0.5, 1, 1])


def test_the_stripe_is_white_matter_on_both_contrasts() -> None:
    t1w = normalised(HEAD.t1w, "white-stripe")
    white = t1w.data[HEAD.wm.data > 0.95]
    assert abs(float(np.median(white))) < 1.0
    mode = find_white_matter_mode(HEAD.t1w.data[BRAIN].astype(float), which="brightest")
    assert mode == pytest.approx(T1W["wm"], abs=6)
    flair = HEAD.flair.data[BRAIN].astype(float)
    assert find_white_matter_mode(flair, which="largest") == pytest.approx(
        FLAIR["gm"], abs=8
    ) or find_white_matter_mode(flair, which="largest") == pytest.approx(FLAIR["wm"], abs=8)


def test_lesions_do_not_move_the_stripe() -> None:
    healthy = make_head(4.0, n_lesions=0)
    one, other = (
        find_white_matter_mode(head.t1w.data[BRAIN].astype(float), which="brightest")
        for head in (healthy, HEAD)
    )
    assert one == pytest.approx(other, abs=1.5)


@settings(max_examples=20)
@given(
    method=st.sampled_from(sorted(METHODS)), scale=st.floats(0.1, 50), offset=st.floats(-100, 100)
)
def test_the_unit_and_zero_of_the_image_do_not_matter(
    method: str, scale: float, offset: float
) -> None:
    other = HEAD.t1w.like((HEAD.t1w.data * scale + offset).astype(np.float32))
    one, two = normalised(HEAD.t1w, method).data, normalised(other, method).data
    np.testing.assert_allclose(one[BRAIN], two[BRAIN], atol=0.02 * float(one[BRAIN].std()) + 1e-3)
    assert two.dtype == np.float32


def test_the_settings_choose_among_the_methods() -> None:
    assert set(METHODS) == set(IntensitySettings.model_fields["method"].annotation.__args__)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_constant_image_and_an_empty_mask_are_refused(method: str) -> None:
    chosen = IntensitySettings.parse({"method": method})
    flat = HEAD.t1w.like(np.ones_like(HEAD.t1w.data))
    with pytest.raises(ImageError, match="constant"):
        normalise_intensity(flat, BRAIN, settings=chosen)
    with pytest.raises(ImageError, match="empty"):
        normalise_intensity(HEAD.t1w, np.zeros_like(BRAIN), settings=chosen)
