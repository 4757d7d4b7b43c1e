from types import SimpleNamespace

import numpy as np
import pytest

from mslens.core.errors import GridMismatch
from mslens.core.volume import Volume
from mslens.io.templates import load_template
from mslens.preprocess import brain_mask
from mslens.preprocess.brain_mask import BrainMaskSettings, find_brain
from mslens.preprocess.skull_stripped import SkullStrippedSettings, examine_support
from mslens.preprocess.template_mask import TemplateMask
from phantom import make_head


@pytest.fixture(scope="module")
def head():
    return make_head(4.0)


def overlap(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


@pytest.mark.parametrize("contrast", ["t1w", "flair"])
def test_the_brain_is_found_in_a_head_of_either_contrast(head, contrast):
    found = find_brain(getattr(head, contrast), load_template(2.0), settings=BrainMaskSettings())
    assert found.method == "template"
    assert overlap(found.mask.data, head.brain.data) > 0.93


def test_a_skull_stripped_image_is_recognised_and_a_head_is_not(head):
    stripped = head.t1w.like(np.where(head.brain.data, head.t1w.data, 0).astype(np.float32))
    assert examine_support(stripped, settings=SkullStrippedSettings()).is_brain
    assert not examine_support(head.t1w, settings=SkullStrippedSettings()).is_brain
    found = find_brain(stripped, load_template(2.0), settings=BrainMaskSettings())
    assert found.method == "skull-stripped"
    assert overlap(found.mask.data, head.brain.data) > 0.98


def test_the_users_mask_is_taken_as_it_is(head):
    found = find_brain(
        head.t1w, load_template(2.0), settings=BrainMaskSettings(), brought=head.brain
    )
    assert found.method == "user"
    assert np.array_equal(found.mask.data, head.brain.data)


def test_a_users_mask_that_lies_elsewhere_is_taken_and_flagged(head):
    moved = head.brain.like(np.roll(np.asarray(head.brain.data), 5, axis=1))
    found, good = (
        find_brain(head.t1w, load_template(2.0), settings=BrainMaskSettings(), brought=mask)
        for mask in (moved, head.brain)
    )
    assert np.array_equal(found.mask.data, moved.data)
    assert any("Your brain mask" in flag["message"] for flag in found.flags)
    assert good.quality.figures["estimate_overlap"] > 0.92
    assert not any("Your brain mask" in flag["message"] for flag in good.flags)


def test_a_mask_on_another_grid_is_refused(head):
    small = head.t1w.grid.resampled((8.0, 8.0, 8.0))
    other = Volume(np.ones(small.shape, dtype=bool), small, "mask")
    with pytest.raises(GridMismatch, match="brain mask"):
        find_brain(head.t1w, load_template(2.0), settings=BrainMaskSettings(), brought=other)


def test_a_mask_of_an_impossible_size_does_not_pass_the_gate(head):
    tiny = np.zeros(head.t1w.grid.shape, dtype=bool)
    tiny[26:34, 30:38, 25:33] = True
    found = find_brain(
        head.t1w,
        load_template(2.0),
        settings=BrainMaskSettings(),
        brought=head.brain.like(tiny, "mask"),
    )
    assert not found.quality.is_passed
    assert any(flag["level"] == "error" for flag in found.flags)


def shrunken(mask):
    """A tenth of the brain: no volume of a brain."""
    data = np.zeros(mask.grid.shape, dtype=bool)
    inside = np.argwhere(mask.data)
    data[tuple(inside[: len(inside) // 10].T)] = True
    return mask.like(data, "mask")


@pytest.mark.parametrize("bad", [1, 2, 3])
def test_an_implausible_fit_is_started_anew_and_the_best_is_kept(head, monkeypatch, bad):
    calls = []

    def made(image, template, *, settings, rng):
        calls.append(rng.integers(1 << 30))
        mask = shrunken(head.brain) if len(calls) <= bad else head.brain
        return TemplateMask(mask, SimpleNamespace(nmi=1.1 + 0.01 * len(calls)), 1.1)

    monkeypatch.setattr(brain_mask, "mask_by_template", made)
    found = brain_mask.METHODS["template"](head.t1w, load_template(4.0), BrainMaskSettings())
    assert len(calls) == min(bad + 1, 3)
    assert len(set(calls)) == len(calls)
    assert found.fit.nmi == pytest.approx(1.1 + 0.01 * len(calls))
