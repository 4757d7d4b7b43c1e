import numpy as np
import pytest

from mslens.core.transform import identity
from mslens.image.resample import resample
from mslens.io.templates import load_template
from mslens.preprocess.to_template import NormaliseSettings, register_to_template
from phantom import make_head


@pytest.fixture(scope="module")
def head():
    return make_head(4.0)


def overlap(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def register(head, lesions=None):
    return register_to_template(
        head.t1w,
        head.brain.data,
        load_template(2.0),
        lesions,
        first=identity(),
        settings=NormaliseSettings(),
        rng=np.random.default_rng(0),
    )


def test_the_templates_tissue_lands_on_the_heads_and_nothing_folds(head):
    found = register(head)
    white = resample(load_template(2.0).wm, head.t1w.grid, (found.to_template,))
    assert overlap(white.data > 0.5, head.wm.data > 0.5) > 0.8
    assert found.smallest_jacobian > 0


def test_both_fields_undo_each_other(head):
    found = register(head, lesions=head.lesions.data)
    there = resample(head.brain, load_template(2.0).brain.grid, (found.from_template.transform,))
    back = resample(there, head.t1w.grid, (found.to_template,))
    assert overlap(back.data, head.brain.data) > 0.95
