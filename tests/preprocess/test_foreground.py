from __future__ import annotations

import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.preprocess.foreground import find_foreground, find_threshold
from phantom import make_head


def test_the_head_is_found_and_the_air_is_not() -> None:
    head = make_head(4.0)
    found = find_foreground(head.t1w.data)
    assert found[head.brain.data & (head.wm.data > 0.9)].mean() > 0.99
    air = np.zeros(found.shape, dtype=bool)
    air[:2] = air[-2:] = True
    assert found[air].mean() < 0.01


def test_a_small_bright_spot_in_the_air_is_left_out() -> None:
    head = make_head(4.0)
    data = head.t1w.data.copy()
    data[1:4, 1:4, 1:4] = 200.0
    assert not find_foreground(data)[1:4, 1:4, 1:4].any()


def test_a_constant_image_has_no_foreground() -> None:
    with pytest.raises(ImageError, match="constant"):
        find_threshold(np.full(100, 3.0))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_the_threshold_lies_between_two_classes(share: float) -> None:
    rng = np.random.default_rng(0)
    n_bright = int(20_000 * share)
    values = np.concatenate([rng.normal(100, 8, n_bright), rng.normal(20, 8, 20_000 - n_bright)])
    assert 40 < find_threshold(values) < 80
