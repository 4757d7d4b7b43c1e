import numpy as np
import pytest

from mslens.simulate.composition import Composition
from mslens.simulate.relaxation import CLASSES


def test_no_voxel_holds_more_than_itself(scene):
    total = scene.composition.shares.sum(axis=0)
    assert scene.composition.shares.min() >= -1e-6
    assert total.max() <= 1 + 1e-4


def test_every_class_has_its_volume(scene):
    ml = dict(
        zip(CLASSES, scene.composition.shares.sum(axis=1) * scene.grid.voxel_volume_ml, strict=True)
    )
    for name, least, most in (
        ("csf", 150, 600), ("gm", 450, 900), ("wm", 350, 750), ("lesion", 15, 45),
        ("fat", 200, 1500), ("muscle", 300, 3000), ("marrow", 60, 500), ("bone", 150, 900),
        ("vitreous", 8, 22), ("plexus", 0.2, 4), ("vessel", 2, 40), ("meninges", 20, 150),
    ):  # fmt: skip
        assert least < ml[name] < most, (name, ml[name])


def test_the_brain_is_wrapped_in_fluid_bone_and_scalp(scene):
    """Along a ray from the middle of the brain upwards the layers come in their order."""
    composition = scene.composition
    x, y, z = np.rint(scene.grid.to_index(np.array([8.0, -20.0, 10.0]))).astype(int)
    columns = {name: composition.dense(composition.share(name))[x, y, z:] for name in CLASSES}
    height = np.arange(len(columns["wm"]))
    tissue, bone, fat = (
        (columns[a] * height).sum() / columns[a].sum() for a in ("gm", "bone", "fat")
    )
    assert tissue < bone < fat
    head = sum(columns.values())
    assert head[-1] == 0.0
    assert head[: int(fat)].min() > 0.5


def test_dense_puts_values_where_they_belong(scene):
    composition: Composition = scene.composition
    values = np.arange(len(composition.where), dtype=np.float32)
    dense = composition.dense(values)
    np.testing.assert_array_equal(dense.ravel()[composition.where], values)
    assert dense.sum() == pytest.approx(values.sum(dtype=np.float64), rel=1e-3)
