"""The step on a phantom with one new lesion: files in, files out, facts."""

import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import ImageError
from mslens.core.transform import AffineTransform, DisplacementTransform
from mslens.core.volume import Volume
from mslens.image.components import label_components
from mslens.image.parcel_names import REGIONS
from mslens.image.resample import resample
from mslens.io.nifti import load_volume, save_volume
from mslens.io.transforms import save_transform
from mslens.segment.lesion_change import CHANGE_LABELS
from mslens.segment.longitudinal_steps import LesionChangesStepSettings, track_lesions
from phantom import FLAIR, make_head

SHIFT = AffineTransform(np.array([[1.0, 0, 0, 4], [0, 1, 0, -8], [0, 0, 1, 0], [0, 0, 0, 1]]))
OUTPUTS = {
    "changes": "changes.nii.gz",
    "instances": "instances.nii.gz",
    "halfway_changes": "halfway.nii.gz",
    "table": "changes.tsv",
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """The half-way space is the earlier visit's own; the later one's world is shifted from it."""
    folder = tmp_path_factory.mktemp("pair")
    head = make_head(4.0, n_lesions=5)
    labels = label_components(head.lesions.data)
    before = head.lesions.data & (labels != 1)
    rng = np.random.default_rng(4)
    noise = rng.normal(0, 2.0, head.flair.grid.shape)
    clean = np.where(labels == 1, FLAIR["wm"], head.flair.data)
    volumes = {
        "earlier_image": Volume((clean + noise).astype(np.float32), head.flair.grid),
        "later_image": head.flair,
        "mask": head.brain,
        "earlier_lesions": head.brain.like(before.astype(np.float32), "scalar"),
    }
    later_world = head.lesions.grid
    moved = resample(
        head.brain.like(head.lesions.data.astype(np.float32), "scalar"),
        later_world,
        (SHIFT.inverse(),),
    )
    volumes["later_lesions"] = moved
    white = next(r.index for r in REGIONS if r.group == "white-matter")
    volumes["parcels"] = moved.like(np.full(moved.grid.shape, white, dtype=np.int32), "label")
    for role, volume in volumes.items():
        save_volume(folder / f"{role}.nii.gz", volume)
    save_transform(folder / "earlier_xfm.txt", AffineTransform(np.eye(4)))
    save_transform(folder / "later_xfm.txt", SHIFT)
    found = {role: folder / f"{role}.nii.gz" for role in volumes}
    found |= {role: folder / f"{role}.txt" for role in ("earlier_xfm", "later_xfm")}
    return found, head.flair.grid.to_world(np.argwhere(labels == 1)).mean(axis=0)


@pytest.fixture(scope="module")
def tracked(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracked")
    outputs = {role: folder / name for role, name in OUTPUTS.items()}
    return outputs, track_lesions(inputs[0], outputs, LesionChangesStepSettings())


def test_the_new_lesion_has_a_row_in_the_later_visits_world(inputs, tracked):
    outputs, facts = tracked
    table = pd.read_csv(outputs["table"], sep="\t")
    new = table[table["kind"] == "new"]
    assert len(new) == 1
    centre = new[["x_mm", "y_mm", "z_mm"]].to_numpy()[0]
    expected = inputs[1] + SHIFT.matrix[:3, 3]
    assert np.linalg.norm(centre - expected) < 3.0
    assert new["location"].item() == "deep-white-matter"
    assert facts["count"] == {"new": 1, "enlarging": 0, "shrinking": 0}
    assert facts["volume_ml"]["new"] == pytest.approx(new["volume_ml"].item())
    assert facts["flags"] == []


def test_the_maps_lie_on_the_later_visits_grid(inputs, tracked):
    outputs, _ = tracked
    later = load_volume(inputs[0]["later_lesions"])
    changes = load_volume(outputs["changes"], kind="label")
    instances = load_volume(outputs["instances"], kind="label")
    later.grid.require_close(changes.grid, ours="the later visit", theirs="the changes")
    assert set(np.unique(changes.data)) == {0, CHANGE_LABELS["new"]}
    np.testing.assert_array_equal(changes.data > 0, instances.data > 0)
    assert (later.data[changes.data > 0] > 0.5).mean() > 0.7


def test_a_field_in_place_of_a_rigid_transform_is_an_error(inputs, tmp_path):
    grid = load_volume(inputs[0]["mask"], kind="mask").grid
    field = DisplacementTransform(np.zeros((*grid.shape, 3), dtype=np.float32), grid)
    save_transform(tmp_path / "field.nii.gz", field)
    outputs = {role: tmp_path / name for role, name in OUTPUTS.items()}
    broken = inputs[0] | {"later_xfm": tmp_path / "field.nii.gz"}
    with pytest.raises(ImageError, match="not linear"):
        track_lesions(broken, outputs, LesionChangesStepSettings())
