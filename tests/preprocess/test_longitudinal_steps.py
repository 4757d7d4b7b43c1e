"""The step on one phantom head at two visits: files in, files out, facts and flags."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, DisplacementTransform, identity
from mslens.image.resample import resample
from mslens.io.nifti import load_volume, save_volume
from mslens.io.transforms import load_transform, save_transform
from mslens.preprocess.longitudinal_steps import AlignVisitsSettings, align_visits
from phantom import make_head

OUTPUTS = {
    "earlier_image": "earlier.nii.gz",
    "later_image": "later.nii.gz",
    "mask": "mask.nii.gz",
    "earlier_to_halfway": "earlier.txt",
    "later_to_halfway": "later.txt",
}


def motion():
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("z", 6, degrees=True).as_matrix()
    matrix[:3, 3] = (4.0, -6.0, 2.0)
    return AffineTransform(matrix)


def write_visits(folder, later_size=4.0):
    """Both visits without a T1w: the masks lie on the FLAIR's own grid."""
    head = make_head(4.0)
    save_volume(folder / "one.nii.gz", head.flair)
    save_volume(folder / "one_mask.nii.gz", head.brain)
    grid = head.flair.grid.resampled((4.0, 4.0, later_size))
    save_volume(folder / "two.nii.gz", resample(head.flair, grid, (motion(),)))
    save_volume(folder / "two_mask.nii.gz", resample(head.brain, grid, (motion(),)))
    inputs = {"earlier": "one", "later": "two", "earlier_mask": "one_mask"}
    inputs["later_mask"] = "two_mask"
    return {role: folder / f"{name}.nii.gz" for role, name in inputs.items()}


@pytest.fixture(scope="module")
def aligned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("visits")
    inputs = write_visits(folder)
    outputs = {role: folder / "out" / name for role, name in OUTPUTS.items()}
    (folder / "out").mkdir()
    facts = align_visits(inputs, outputs, AlignVisitsSettings())
    return inputs, outputs, facts


def test_both_images_lie_on_each_other_half_way(aligned):
    inputs, outputs, facts = aligned
    earlier, later = (load_volume(outputs[f"{n}_image"]) for n in ("earlier", "later"))
    mask = load_volume(outputs["mask"], kind="mask")
    earlier.grid.require_close(later.grid, ours="earlier", theirs="later")
    before = [resample(load_volume(inputs[n]), mask.grid) for n in ("earlier", "later")]
    assert _correlate(earlier, later, mask) > 0.85
    assert _correlate(*before, mask) < 0.6
    assert facts["moved_deg"] == pytest.approx(6, abs=0.5)
    assert facts["flags"] == []


def _correlate(one, other, mask):
    return np.corrcoef(one.data[mask.data], other.data[mask.data])[0, 1]


def test_the_transforms_lead_from_half_way_to_the_references(aligned):
    inputs, outputs, _ = aligned
    mask = load_volume(outputs["mask"], kind="mask")
    for name in ("earlier", "later"):
        brain = load_volume(inputs[f"{name}_mask"], kind="mask")
        moved = resample(brain, mask.grid, (load_transform(outputs[f"{name}_to_halfway"]),))
        both = (moved.data & mask.data).sum()
        assert 2 * both / (moved.data.sum() + mask.data.sum()) > 0.96


def test_unlike_voxels_are_flagged(tmp_path):
    inputs = write_visits(tmp_path, later_size=10.0)
    outputs = {role: tmp_path / f"out_{name}" for role, name in OUTPUTS.items()}
    facts = align_visits(inputs, outputs, AlignVisitsSettings())
    assert any("unlike voxels" in flag["message"] for flag in facts["flags"])


def test_a_transform_of_the_flair_that_is_not_linear_is_an_error(tmp_path):
    inputs = write_visits(tmp_path)
    field = DisplacementTransform(
        np.zeros((3, 3, 3, 3), dtype=np.float32), Grid(np.diag([4.0, 4, 4, 1]), (3, 3, 3))
    )
    save_transform(tmp_path / "field.nii.gz", field)
    save_transform(tmp_path / "rigid.txt", identity())
    inputs |= {"earlier_xfm": tmp_path / "rigid.txt", "later_xfm": tmp_path / "field.nii.gz"}
    outputs = {role: tmp_path / f"out_{name}" for role, name in OUTPUTS.items()}
    with pytest.raises(ImageError, match="not linear"):
        align_visits(inputs, outputs, AlignVisitsSettings())


def test_a_visit_that_is_the_mirror_image_is_named(tmp_path):
    """The phantom is symmetric: a bright block on one side says which side is which."""
    inputs = write_visits(tmp_path)
    mask = load_volume(inputs["earlier_mask"], kind="mask")
    x, y, z = (int(n) for n in np.argwhere(mask.data).mean(axis=0))
    outputs = {role: tmp_path / name for role, name in OUTPUTS.items()}
    flags = []
    for side in (slice(x + 3, x + 11), slice(x - 10, x - 2)):
        for name in ("earlier", "later"):
            image = load_volume(inputs[name])
            data = np.array(image.data)
            data[side if name == "later" else slice(x + 3, x + 11), y - 6 : y + 6, z : z + 8] = 160
            save_volume(tmp_path / f"{name}.nii.gz", image.like(data))
        changed = inputs | {name: tmp_path / f"{name}.nii.gz" for name in ("earlier", "later")}
        found = align_visits(changed, outputs, AlignVisitsSettings())["flags"]
        flags.append([flag["message"] for flag in found if "mirrored" in flag["message"]])
    assert flags[0] == []
    assert len(flags[1]) == 1
