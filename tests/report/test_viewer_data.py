import base64
import gzip

import nibabel as nib
import numpy as np
import pytest

from mslens.report.session import SessionImages, load_session
from mslens.report.viewer_data import build_viewer

PLENTY = 50_000_000


@pytest.fixture(scope="module")
def images(derivatives) -> SessionImages:
    return load_session("2", derivatives)


def decode(layer) -> nib.Nifti1Image:
    return nib.Nifti1Image.from_bytes(gzip.decompress(base64.b64decode(layer["data"])))


def size(viewer) -> int:
    return sum(
        len(layer["data"]) for s in viewer["sessions"] for layer in s["images"] + s["overlays"]
    )


def test_the_layers_of_a_session(images):
    viewer = build_viewer([images], {"2": {1: "Thalamus_L", 2: "Thalamus_R"}}, budget_bytes=PLENTY)
    (session,) = viewer["sessions"]
    assert session["label"] == "ses-2"
    assert [layer["name"] for layer in session["images"]] == ["FLAIR", "T1w"]
    assert [layer["name"] for layer in session["overlays"]] == ["Lesions", "Tissue", "Regions"]
    regions = session["overlays"][2]
    assert regions["names"] == ["Thalamus_L", "Thalamus_R"]
    assert regions["colours"][0] == regions["colours"][1]
    assert session["overlays"][1]["names"][2] == "white matter"
    assert viewer["coarsest_mm"] is None


def test_all_layers_share_one_grid(images):
    session = build_viewer([images], {}, budget_bytes=PLENTY)["sessions"][0]
    layers = [decode(layer) for layer in session["images"] + session["overlays"]]
    for layer in layers[1:]:
        assert layer.shape == layers[0].shape
        np.testing.assert_array_equal(layer.affine, layers[0].affine)


def test_the_viewer_opens_on_a_lesion(images, head):
    start = build_viewer([images], {}, budget_bytes=PLENTY)["sessions"][0]["start"]
    i, j, level = np.rint(head.lesions.grid.to_index(np.array(start))).astype(int)
    assert head.lesions.data[i, j, level]
    areas = head.lesions.data.sum(axis=(0, 1))
    assert areas[level] == areas.max() > 0


def test_voxels_grow_until_the_layers_fit(images):
    full = build_viewer([images], {}, budget_bytes=PLENTY)
    assert build_viewer([images], {}, budget_bytes=size(full))["coarsest_mm"] is None
    # Voxels of 4 mm cannot be made coarser by 3 mm targets: nothing fits.
    assert build_viewer([images], {}, budget_bytes=size(full) - 1) is None


def test_no_image_no_viewer(images):
    bare = SessionImages(None, "T1w", images.mask, images.brain, {}, None, ())
    assert build_viewer([bare], {}, budget_bytes=PLENTY) is None
    assert build_viewer([], {}, budget_bytes=PLENTY) is None
