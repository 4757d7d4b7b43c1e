import base64
import dataclasses
import gzip

import nibabel as nib
import numpy as np
import pytest

from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.report.layers import find_brain_box
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
    assert viewer["note"] == ""


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


def test_detail_is_given_up_until_the_layers_fit(images):
    images = dataclasses.replace(images, images={**images.images, "t2w": images.images["flair"]})
    full = build_viewer([images], {}, budget_bytes=PLENTY)
    assert build_viewer([images], {}, budget_bytes=size(full))["note"] == ""
    greys = build_viewer([images], {}, budget_bytes=size(full) - 1)
    assert greys["note"] == "To keep the page small, the viewer shows 64 grey levels."
    assert len(np.unique(decode(greys["sessions"][0]["images"][0]).dataobj)) <= 64
    two = build_viewer([images], {}, budget_bytes=size(greys) - 1)
    assert "64 grey levels, at most 2 images" in two["note"]
    assert [layer["name"] for layer in two["sessions"][0]["images"]] == ["FLAIR", "T1w"]
    fewer = build_viewer([images], {}, budget_bytes=size(two) - 1)
    assert [layer["name"] for layer in fewer["sessions"][0]["images"]] == ["FLAIR"]
    # Voxels of 4 mm cannot be made coarser by targets of 3 mm: nothing else fits.
    assert build_viewer([images], {}, budget_bytes=size(fewer) - 1) is None


def test_fine_voxels_are_made_coarser_and_stay_in_the_brain(head):
    images = load_fine(head)
    brain_points = images.mask.grid.to_index
    full = build_viewer([images], {}, budget_bytes=PLENTY)
    coarse = build_viewer([images], {}, budget_bytes=size(full) // 8)
    assert "voxels of about" in coarse["note"]
    layer = decode(coarse["sessions"][0]["images"][0])
    points = nib.affines.apply_affine(layer.affine, np.argwhere(np.asanyarray(layer.dataobj) > 0))
    index = np.rint(brain_points(points)).astype(int)
    assert images.mask.data[tuple(index.T)].all()


def load_fine(head) -> SessionImages:
    """The phantom with every voxel cut into 4 x 4 x 4 of 1 mm around a small brain."""
    middle = tuple(slice(n // 2 - 6, n // 2 + 6) for n in head.brain.data.shape)
    inside = np.zeros(head.brain.data.shape, dtype=bool)
    inside[middle] = head.brain.data[middle]
    fine = [np.kron(data[middle], np.ones((4, 4, 4))) for data in (head.t1w.data, inside)]
    noise = np.random.default_rng(0).normal(0, 5, fine[0].shape)
    grid = Grid(np.diag([1.0, 1.0, 1.0, 1.0]), fine[0].shape)
    mask = Volume(fine[1] > 0, grid, "mask")
    t1w = Volume((fine[0] + noise).astype(np.float32), grid)
    return SessionImages(None, "T1w", mask, find_brain_box(mask), {"ref": t1w}, None, ())


def test_no_image_no_viewer(images):
    bare = SessionImages(None, "T1w", images.mask, images.brain, {}, None, ())
    assert build_viewer([bare], {}, budget_bytes=PLENTY) is None
    assert build_viewer([], {}, budget_bytes=PLENTY) is None
