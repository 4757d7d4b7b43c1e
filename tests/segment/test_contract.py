"""What every kernel of the domain keeps to: types, orientation, anisotropy, read-only input."""

import numpy as np
import pytest

from mslens.image.components import label_components
from mslens.image.distance import measure_distance
from mslens.image.parcel_names import region_index
from mslens.image.parcels import Parcellation
from mslens.segment.filling import FillingSettings, fill_lesions
from mslens.segment.lesions import LesionSettings, score_lesions, threshold_lesions
from mslens.segment.nawm import NawmSettings, find_nawm
from mslens.segment.parcels import assign_parcels
from mslens.segment.tissue import TissueSettings, label_tissue, segment_tissue
from phantom import make_head


def run_tissue(part, size):
    maps = segment_tissue(
        part["t1w"],
        part["brain"],
        np.stack([part["csf"], part["gm"], part["wm"]]),
        part["lesions"],
        voxel_size_mm=size,
        settings=TissueSettings(fit_voxels=10**6),
    )
    return label_tissue(maps.probability)


def run_lesions(part, size):
    settings = LesionSettings(fit_voxels=10**6)
    found = score_lesions(
        part["flair"],
        part["brain"],
        np.stack([part["csf"], part["gm"], part["wm"]]),
        [part["t1w"]],
        voxel_size_mm=size,
        settings=settings,
    )
    return threshold_lesions(found.score, found.brightness, voxel_size_mm=size, settings=settings)


def run_filling(part, size):
    filled = fill_lesions(
        part["t1w"],
        part["brain"],
        part["lesions"],
        voxel_size_mm=size,
        rng=np.random.default_rng(0),
        settings=FillingSettings(),
    )
    return np.abs(filled.image - part["t1w"]) > 10


def run_nawm(part, size):
    return find_nawm(part["wm"] > 0.5, part["lesions"], voxel_size_mm=size, settings=NawmSettings())


def run_parcels(part, size):
    cortex, lobe = region_index("Cuneus_L"), region_index("White_Matter_Occipital_L")
    ventricle = region_index("Lateral_Ventricle_L")
    labels = np.select(
        [part["gm"] > 0.5, part["wm"] > 0.5, part["brain"] != 0], [cortex, lobe, ventricle]
    )
    grey, white = np.where(part["brain"], cortex, 0), np.where(part["brain"], lobe, 0)
    tissue = np.argmax([part["csf"], part["gm"], part["wm"]], axis=0) + 1
    return assign_parcels(Parcellation(labels, grey, white), part["brain"], tissue)


def run_distance(part, size):
    return np.round(measure_distance(part["lesions"], voxel_size_mm=size), 3)


def run_components(part, size):
    return label_components(part["lesions"]) > 0


KERNELS = (
    run_tissue,
    run_lesions,
    run_filling,
    run_nawm,
    run_parcels,
    run_distance,
    run_components,
)


@pytest.fixture(scope="module")
def part():
    head = make_head(4.0, seed=8, n_lesions=8)
    gm, wm, brain = head.gm.data, head.wm.data, head.brain.data
    arrays = {
        "t1w": head.t1w.data,
        "flair": head.flair.data,
        "brain": brain,
        "lesions": head.lesions.data & brain,
        "gm": gm,
        "wm": wm,
        "csf": np.where(brain, 1 - gm - wm, 1).astype(np.float32),
    }
    frozen = {name: array.copy() for name, array in arrays.items()}
    for array in frozen.values():
        array.setflags(write=False)
    return frozen


@pytest.mark.parametrize("kernel", KERNELS)
def test_read_only_input_is_left_alone_and_repeats(kernel, part):
    size = (4.0, 4.0, 4.0)
    assert kernel(part, size).tobytes() == kernel(part, size).tobytes()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("order", "signs"), [((1, 2, 0), (1, -1, 1)), ((2, 1, 0), (-1, -1, 1)), ((0, 2, 1), (1, 1, -1))]
)
def test_orientation_of_the_voxels_does_not_matter(kernel, part, order, signs):
    size = (4.0, 4.0, 4.0)

    def turned(array):
        return np.transpose(array, order)[tuple(slice(None, None, s) for s in signs)]

    expected = turned(kernel(part, size))
    found = kernel({name: turned(array) for name, array in part.items()}, size)
    brain = turned(part["brain"])
    assert (found == expected)[brain].mean() > 0.999


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dtype", [np.float64, np.int16])
def test_type_of_the_image_does_not_matter(kernel, part, dtype):
    other = dict(part)
    for name in ("t1w", "flair"):
        other[name] = np.rint(part[name]).astype(dtype)
    for name in ("brain", "lesions"):
        other[name] = part[name].astype(np.uint8)
    expected, found = (kernel(arrays, (4.0, 4.0, 4.0)) for arrays in (part, other))
    assert (found == expected)[part["brain"]].mean() > 0.99


@pytest.mark.parametrize("kernel", KERNELS)
def test_thick_slices_give_nearly_the_same(kernel, part):
    """Every second slice left out and the voxel twice as thick: the same anatomy."""
    thin = kernel(part, (4.0, 4.0, 4.0))[:, :, ::2]
    thick = kernel({name: array[:, :, ::2] for name, array in part.items()}, (4.0, 4.0, 8.0))
    brain = part["brain"][:, :, ::2]
    if kernel is run_distance:
        thin, thick = thin < 10, thick < 10
    assert (thin == thick)[brain].mean() > 0.9


@pytest.mark.parametrize("kernel", [run_filling, run_nawm, run_tissue, run_components])
def test_no_lesions_is_no_error(kernel, part):
    empty = part | {"lesions": np.zeros(part["brain"].shape, bool)}
    assert kernel(empty, (4.0, 4.0, 4.0)).shape == part["brain"].shape
