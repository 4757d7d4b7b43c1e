import json

import numpy as np
import pytest

from mslens.core.errors import InputError, SettingsError
from mslens.segment.lesion_context import CONTEXT_FEATURES
from mslens.segment.lesion_features import FEATURES
from mslens.segment.lesion_forest import Forest, predict_margin
from mslens.segment.lesion_model import LesionModel
from mslens.segment.lesion_model_store import (
    fingerprint,
    load_lesion_model,
    save_lesion_model,
)

N_SECOND = len(FEATURES) + len(CONTEXT_FEATURES)


def stump(feature):
    return Forest(
        roots=np.array([0], np.int32),
        feature=np.array([feature, -1, -1], np.int16),
        threshold=np.array([1.0, 0.0, 0.0]),
        left=np.array([1, 0, 0], np.int32),
        right=np.array([2, 0, 0], np.int32),
        missing_left=np.array([True, False, False]),
        value=np.array([0.0, -3.0, 3.0]),
        baseline=np.array([0.0]),
    )


def make_model(feature=0):
    return LesionModel(stump(feature), stump(0), np.array([0.5, -1.0]), 0.4)


def rewrite(path, **changes):
    with np.load(path) as stored:
        arrays = dict(stored) | changes
    np.savez(path, **arrays)


def test_a_model_comes_back_with_its_card(tmp_path):
    path = save_lesion_model(tmp_path, make_model(), {"name": "mine"})
    for given in (path, tmp_path):
        again = load_lesion_model(given)
        rows = np.random.default_rng(0).normal(1, 1, (20, len(FEATURES))).astype(np.float32)
        expected = predict_margin(make_model().first, rows)
        assert (predict_margin(again.first, rows) == expected).all()
        assert again.threshold == 0.4
    card = json.loads((tmp_path / "lesion_model.json").read_text())
    assert card["name"] == "mine"
    assert card["sha256"].startswith(fingerprint(path))


def test_the_same_model_has_the_same_bytes(tmp_path):
    one = save_lesion_model(tmp_path / "a", make_model(), {})
    two = save_lesion_model(tmp_path / "b", make_model(), {})
    assert one.read_bytes() == two.read_bytes()


def test_nothing_in_the_file_can_be_run(tmp_path):
    path = save_lesion_model(tmp_path, make_model(), {})
    rewrite(path, threshold=np.array([{"a": 1}], dtype=object))
    with pytest.raises(SettingsError, match="no lesion model"):
        load_lesion_model(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": np.array(["a"])}, "other features"),
        ({"format": np.array([99])}, "other features"),
        ({"scale": np.array([1.0])}, "probability"),
        ({"threshold": np.array([np.nan])}, "probability"),
        ({"first_left": np.array([0, 0, 0])}, "damaged"),
        ({"second_feature": np.array([N_SECOND, -1, -1])}, "damaged"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, change, words):
    path = save_lesion_model(tmp_path, make_model(), {})
    rewrite(path, **change)
    with pytest.raises(SettingsError, match=words):
        load_lesion_model(path)


def test_no_model_at_all(tmp_path):
    with pytest.raises(InputError):
        load_lesion_model(tmp_path / "nothing.npz")
    (tmp_path / "text.npz").write_text("no model")
    with pytest.raises(SettingsError, match="no lesion model"):
        load_lesion_model(tmp_path / "text.npz")
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(SettingsError, match="no lesion model"):
        load_lesion_model(tmp_path / "one.npy")
