from __future__ import annotations

import numpy as np
import pytest

from mslens.core.errors import MissingDependency
from mslens.core.volume import Volume
from mslens.preprocess.bias import METHODS, BiasSettings, correct_bias_field
from mslens.preprocess.n4 import N4Settings
from phantom import make_head

HEAD = make_head(6.0, n_lesions=0)
N4 = N4Settings(working_voxel_size_mm=6.0, iterations=(30, 20))
NEEDS = {"ants": "ants", "simpleitk": "SimpleITK"}


def biased() -> tuple[Volume, np.ndarray]:
    world = HEAD.t1w.grid.to_world(np.stack(np.indices(HEAD.t1w.grid.shape), axis=-1)) / 90.0
    log_field = 0.3 * world[..., 0] - 0.25 * world[..., 1] ** 2 + 0.2 * world[..., 2]
    return HEAD.t1w.like((HEAD.t1w.data * np.exp(log_field)).astype(np.float32)), log_field


@pytest.mark.parametrize("method", ["n4", "ants", "simpleitk"])
def test_every_back_end_takes_a_known_field_away(method: str) -> None:
    if method in NEEDS:
        pytest.importorskip(NEEDS[method])
    image, truth = biased()
    settings = BiasSettings.parse({"method": method, "n4": N4.model_dump()})
    found = correct_bias_field(image, HEAD.brain.data, settings=settings)
    rest = (np.log(found.field.data) - truth)[HEAD.brain.data]
    assert rest.std() < 0.75 * truth[HEAD.brain.data].std()
    np.testing.assert_allclose(found.image.data * found.field.data, image.data, rtol=1e-5)


def test_the_settings_choose_among_the_methods() -> None:
    assert set(METHODS) == set(BiasSettings.model_fields["method"].annotation.__args__)


def test_none_changes_nothing() -> None:
    found = correct_bias_field(HEAD.t1w, HEAD.brain.data, settings=BiasSettings(method="none"))
    np.testing.assert_array_equal(found.image.data, HEAD.t1w.data)
    np.testing.assert_array_equal(found.field.data, 1.0)


def test_negative_intensities_count_as_nothing() -> None:
    rung = HEAD.t1w.like(np.where(HEAD.brain.data, HEAD.t1w.data, -5.0).astype(np.float32))
    found = correct_bias_field(rung, HEAD.brain.data, settings=BiasSettings(n4=N4))
    assert found.image.data.min() == 0
    assert np.isfinite(found.image.data).all()


@pytest.mark.parametrize("method", ["ants", "simpleitk"])
def test_an_absent_back_end_is_named_with_a_cure(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, NEEDS[method], None)
    with pytest.raises(MissingDependency, match="pip install"):
        correct_bias_field(
            HEAD.t1w, HEAD.brain.data, settings=BiasSettings.parse({"method": method})
        )
