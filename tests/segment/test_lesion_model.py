import hashlib
import json

import numpy as np
import pytest

from mslens.core.transform import identity
from mslens.segment.lesion_features import LesionContrasts
from mslens.segment.lesion_geography import map_geography
from mslens.segment.lesion_model import cut_probability, find_lesions, scale_margin
from mslens.segment.lesion_model_store import CARD_FILE, PACKAGED, load_lesion_model
from mslens.segment.lesions import LesionSettings
from phantom import make_head


def geography_of(head):
    """Maps of a head whose points are points of the template."""
    return map_geography(head.brain.grid, identity())


@pytest.fixture(scope="module")
def head():
    return make_head(2.0, seed=3, n_lesions=12)


def images_of(head, *, t1w=True):
    return LesionContrasts(
        flair=head.flair.data,
        t1w=head.t1w.data if t1w else None,
        t2w=None,
        mask=head.brain.data,
        geography=geography_of(head),
        voxel_size_mm=(2.0, 2.0, 2.0),
    )


def test_margins_become_probabilities_as_the_formula_says():
    likely = scale_margin(np.array([-3.0, 1.0, 99.0]), np.array([0.5, -1.0]))
    logits = np.array([0.5 * -3 - 1, 0.5 * 1 - 1, 0.5 * 12 - 1])
    np.testing.assert_allclose(likely, 1 / (1 + np.exp(-logits)), rtol=1e-6)


def test_the_mask_is_what_reaches_the_threshold_and_is_large_enough():
    p = np.zeros((8, 4, 4))
    p[1:3, 1, 1] = 0.4
    p[6, 1, 1] = 0.9
    size = (2.0, 2.0, 2.0)
    mask = cut_probability(p, threshold=0.4, voxel_size_mm=size, min_volume_mm3=14)
    assert np.argwhere(mask).tolist() == [[1, 1, 1], [2, 1, 1]]
    assert not cut_probability(p, threshold=0.95, voxel_size_mm=size, min_volume_mm3=0).any()


def test_the_packaged_model_is_small_and_is_the_one_of_its_card():
    content = PACKAGED.read_bytes()
    card = json.loads((PACKAGED.parent / CARD_FILE).read_text())
    assert len(content) < 5e6
    assert card["sha256"] == hashlib.sha256(content).hexdigest()
    for heading in ("trained_on", "settings", "held_out_dice", "left_out_scores", "limits"):
        assert card[heading], heading
    assert card["threshold"] == load_lesion_model().threshold


@pytest.mark.parametrize("t1w", [True, False])
def test_the_packaged_model_finds_lesions_of_a_phantom_it_never_saw(head, t1w):
    found = find_lesions(images_of(head, t1w=t1w), load_lesion_model(), settings=LesionSettings())
    truth = head.lesions.data
    assert 2 * (found.mask & truth).sum() / (found.mask.sum() + truth.sum()) > 0.6
    assert found.probability.dtype == np.float32
    assert 0 <= found.probability.min() <= found.probability.max() <= 1
    assert not found.probability[~head.brain.data].any()
    assert (found.probability[found.mask] >= load_lesion_model().threshold).all()


def test_a_head_without_lesions_has_next_to_none():
    healthy = make_head(2.0, seed=4, n_lesions=0)
    mask = find_lesions(images_of(healthy), load_lesion_model(), settings=LesionSettings()).mask
    assert mask.sum() * 8 < 300, "mm3"


def test_the_same_bytes_every_time(head):
    model, settings = load_lesion_model(), LesionSettings()
    one, two = (find_lesions(images_of(head), model, settings=settings) for _ in range(2))
    assert one.probability.tobytes() == two.probability.tobytes()
    assert one.mask.tobytes() == two.mask.tobytes()
