import base64
import gzip

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import GridMismatch, ImageError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.report.layers import (
    MAX_BRAIN_ML,
    coarsen_grid,
    find_brain_box,
    make_image_layer,
    make_label_layer,
    make_mask_layer,
)


def decode(layer) -> nib.Nifti1Image:
    return nib.Nifti1Image.from_bytes(gzip.decompress(base64.b64decode(layer.content)))


@pytest.fixture(scope="module")
def brain(head):
    return find_brain_box(head.brain)


def world_of(image: nib.Nifti1Image) -> np.ndarray:
    """World points of the voxels that are not 0."""
    index = np.argwhere(np.asanyarray(image.dataobj) != 0)
    return nib.affines.apply_affine(image.affine, index)


@pytest.mark.parametrize("factors", [(1, 1, 1), (2, 2, 2), (2, 1, 3)])
def test_nothing_outside_the_brain_mask_is_kept(head, brain, factors):
    layers = [
        make_image_layer("T1w", head.t1w, brain, factors=factors),
        make_image_layer("FLAIR", head.flair, brain, factors=factors),
        make_mask_layer("Lesions", head.t1w.like(head.t1w.data > 0), brain, factors=factors),
        make_label_layer(
            "Tissue", head.t1w.like(head.t1w.data.astype(np.int32)), brain, factors=factors
        )[0],
    ]
    for layer in layers:
        index = np.rint(head.brain.grid.to_index(world_of(decode(layer)))).astype(int)
        assert len(index) > 100
        assert head.brain.data[tuple(index.T)].all()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_no_projection_of_a_layer_shows_more_than_the_brain(head, brain, axis):
    image = np.asanyarray(decode(make_image_layer("T1w", head.t1w, brain)).dataobj)
    shadow = image.max(axis=axis) > 0
    np.testing.assert_array_equal(shadow, brain.inside.data.any(axis=axis))


def test_a_layer_lies_where_the_image_lies(head, brain):
    image = decode(make_mask_layer("Lesions", head.lesions, brain))
    expected = head.lesions.grid.to_world(np.argwhere(head.lesions.data & head.brain.data))
    found = world_of(image)
    np.testing.assert_allclose(
        found[np.lexsort(found.T)], expected[np.lexsort(expected.T)], atol=1e-3
    )


def test_an_image_stored_left_to_right_gives_the_same_layer(head, brain):
    def flipped(volume: Volume) -> Volume:
        affine = volume.grid.affine @ np.diag([-1.0, 1, 1, 1])
        affine[:3, 3] = volume.grid.to_world(np.array([volume.grid.shape[0] - 1, 0, 0]))
        return Volume(volume.data[::-1], Grid(affine, volume.grid.shape), volume.kind)

    there = find_brain_box(flipped(head.brain))
    first = decode(make_image_layer("T1w", head.t1w, brain))
    second = decode(make_image_layer("T1w", flipped(head.t1w), there))
    np.testing.assert_allclose(first.affine, second.affine, atol=1e-4)
    np.testing.assert_array_equal(first.dataobj, second.dataobj)


def test_the_header_is_blank_but_for_the_geometry(head, brain):
    header = decode(make_image_layer("T1w", head.t1w, brain)).header
    for name in ("descrip", "aux_file", "db_name", "intent_name"):
        assert header[name].item() == b""
    assert header.get_data_dtype() == np.uint8
    assert not header.extensions
    assert header.get_xyzt_units()[0] == "mm"


def test_the_gzip_stream_names_no_file_and_no_time(head, brain):
    content = base64.b64decode(make_image_layer("T1w", head.t1w, brain).content)
    flags, time = content[3], content[4:8]
    assert flags == 0
    assert time == bytes(4)


def test_labels_are_numbered_anew_and_named_back(head, brain):
    codes = np.where(head.brain.data, 1000, 0) + 1035 * head.lesions.data
    layer, labels = make_label_layer("Regions", head.t1w.like(codes.astype(np.int32)), brain)
    assert labels == [1000, 2035]
    image = decode(layer)
    assert image.get_data_dtype() == np.uint8
    assert set(np.unique(image.dataobj)) == {0, 1, 2}
    assert (np.asanyarray(image.dataobj) == 2).sum() == (head.lesions.data & head.brain.data).sum()


def test_more_than_255_labels_take_two_bytes(head, brain):
    codes = np.where(head.brain.data, np.arange(head.t1w.data.size).reshape(head.t1w.data.shape), 0)
    layer, labels = make_label_layer("R", head.t1w.like((codes % 400).astype(np.int32)), brain)
    assert decode(layer).get_data_dtype() == np.int16
    assert np.asanyarray(decode(layer).dataobj).max() == len(labels) > 255


def test_no_dark_voxel_of_the_brain_becomes_background(head, brain):
    image = np.asanyarray(decode(make_image_layer("T1w", head.t1w, brain)).dataobj)
    assert (image[brain.inside.data] >= 1).all()


@pytest.mark.parametrize("ml", [0.0, MAX_BRAIN_ML + 100])
def test_a_mask_that_is_no_brain_embeds_nothing(ml):
    grid = Grid(np.diag([10.0, 10, 10, 1]), (20, 20, 20))
    mask = np.zeros(grid.shape, dtype=bool)
    mask.reshape(-1)[: round(ml)] = True
    with pytest.raises(ImageError, match="no image is embedded"):
        find_brain_box(Volume(mask, grid, "mask"))


def test_an_image_on_another_grid_is_refused(head, brain):
    affine = head.t1w.grid.affine.copy()
    affine[0, 3] += 9
    elsewhere = Volume(head.t1w.data, Grid(affine, head.t1w.grid.shape))
    with pytest.raises(GridMismatch):
        make_image_layer("T1w", elsewhere, brain)


@given(shape=st.tuples(*[st.integers(1, 12)] * 3), factors=st.tuples(*[st.integers(1, 4)] * 3))
def test_coarse_voxels_sit_in_the_middle_of_their_blocks(shape, factors):
    grid = Grid(np.diag([1.5, 2.0, 3.0, 1.0]), shape)
    coarse = coarsen_grid(grid, factors)
    np.testing.assert_allclose(
        coarse.to_world(np.zeros(3)), grid.to_world((np.array(factors) - 1) / 2)
    )
    assert all(c * f >= n for c, f, n in zip(coarse.shape, factors, shape, strict=True))
