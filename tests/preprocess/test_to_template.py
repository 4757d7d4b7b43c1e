from __future__ import annotations

import numpy as np
import pytest

from mslens.core.arrays import MaskArray
from mslens.core.transform import identity
from mslens.image.jacobian import jacobian_determinant
from mslens.image.resample import resample
from mslens.io.templates import load_template
from mslens.preprocess.mask_quality import measure_overlap
from mslens.preprocess.to_template import (
    NormaliseSettings,
    TemplateRegistration,
    register_to_template,
)
from phantom import Head, make_head

TEMPLATE = load_template(2.0)


@pytest.fixture(scope="module")
def head() -> Head:
    return make_head(4.0)


@pytest.fixture(scope="module")
def found(head: Head) -> TemplateRegistration:
    return register(head, lesions=head.lesions.data)


def register(head: Head, lesions: MaskArray | None = None) -> TemplateRegistration:
    return register_to_template(
        head.t1w,
        head.brain.data,
        TEMPLATE,
        lesions,
        first=identity(),
        settings=NormaliseSettings(),
        rng=np.random.default_rng(0),
    )


def test_the_templates_tissue_lands_on_the_heads(found: TemplateRegistration, head: Head) -> None:
    white = resample(TEMPLATE.wm, head.t1w.grid, (found.to_template,))
    assert measure_overlap(white.data > 0.5, head.wm.data > 0.5) > 0.8


def test_neither_field_folds_and_the_smallest_jacobian_is_told(found: TemplateRegistration) -> None:
    smallest = [jacobian_determinant(f).min() for f in (found.to_template, found.from_template)]
    assert found.smallest_jacobian == pytest.approx(min(smallest))
    assert found.smallest_jacobian > 0


def test_both_fields_undo_each_other(found: TemplateRegistration, head: Head) -> None:
    there = resample(head.brain, TEMPLATE.brain.grid, (found.from_template,))
    back = resample(there, head.t1w.grid, (found.to_template,))
    assert measure_overlap(back.data, head.brain.data) > 0.95
    mean, largest = found.round_trip_mm
    assert mean < 0.1
    assert mean < largest < 4.0


def test_the_volume_change_is_smooth_and_keeps_the_brains_volume(
    found: TemplateRegistration,
) -> None:
    rough, smooth = (
        jacobian_determinant(field)[inside]
        for field in (found.from_template, found.volume_change)
        for inside in [resample(TEMPLATE.brain, field.grid).data != 0]
    )
    assert np.log(smooth).std() < np.log(rough).std()
    assert smooth.mean() == pytest.approx(rough.mean(), rel=0.03)
    assert smooth.min() > 0
