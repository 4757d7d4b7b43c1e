"""The built-in parcellation: symmetric, whole, plausible, and as near to AAL as stated."""

import nibabel as nib
import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.image.components import label_components
from mslens.image.crop import crop_box
from mslens.image.parcel_names import REGIONS, region_index
from mslens.image.parcels import build_parcels
from mslens.io.templates import load_template

#: Published AAL centroids (MNI mm, Rolls et al. 2015, rounded) of regions all over the brain.
PUBLISHED_MM = {
    "Precentral_L": (-39, -6, 51),
    "Frontal_Mid_L": (-33, 33, 35),
    "Supp_Motor_Area_L": (-5, 5, 61),
    "Insula_L": (-35, 7, 3),
    "Cingulum_Mid_L": (-5, -15, 42),
    "Hippocampus_L": (-25, -21, -10),
    "Cuneus_L": (-6, -80, 27),
    "Postcentral_L": (-42, -23, 49),
    "Precuneus_L": (-7, -56, 48),
    "Caudate_L": (-11, 11, 9),
    "Putamen_L": (-24, 4, 2),
    "Thalamus_L": (-11, -18, 8),
    "Temporal_Mid_L": (-56, -34, -2),
    "Cerebelum_6_L": (-23, -59, -22),
}


@pytest.fixture(scope="module")
def template():
    return load_template(1.0)


@pytest.fixture(scope="module")
def built(template):
    return build_parcels(
        template.gm.data, template.wm.data, template.brain.data, grid=template.gm.grid
    )


def test_every_region_is_there_and_in_one_piece(built):
    counts = np.bincount(built.labels.ravel(), minlength=len(REGIONS) + 1)
    assert (counts[1:] >= 200).all(), "every region has at least 0.2 ml"
    for region in REGIONS:
        own = built.labels == region.index
        pieces = label_components(own[crop_box(own)], connectivity=26)
        largest = (pieces == 1).sum()
        assert largest >= 0.8 * counts[region.index], region.name


@pytest.mark.parametrize("name", ["labels", "grey_territory", "white_territory"])
def test_left_and_right_are_exactly_mirrored(built, name):
    swap = np.arange(len(REGIONS) + 1)
    for region in REGIONS:
        swap[region.index] += {"left": 1, "right": -1, "midline": 0}[region.hemisphere]
    labels = getattr(built, name)
    np.testing.assert_array_equal(labels[::-1], swap[labels])


def test_left_is_left(built, template):
    x = template.gm.grid.to_world(np.argwhere(built.labels > 0))[:, 0]
    side = np.array(["", *(region.hemisphere for region in REGIONS)])[
        built.labels[built.labels > 0]
    ]
    assert (x[side == "left"] < 0).all()
    assert (x[side == "right"] > 0).all()


def test_labels_stay_in_the_brain_and_territories_name_its_tissue(built, template):
    assert not (built.labels[~template.brain.data]).any()
    groups = np.array(["", *(region.group for region in REGIONS)])
    grey = np.isin(groups[built.labels], ["cortex", "cerebellum"])
    same = built.labels[grey] == built.grey_territory[grey]
    assert same.mean() > 0.98
    assert (built.grey_territory[grey] > 0).all()
    midline = template.gm.grid.to_world(np.argwhere(template.wm.data > 0.9))[:, 0] == 0
    white = built.white_territory[template.wm.data > 0.9]
    assert (white[~midline] > 0).mean() > 0.9


def test_tissue_of_regions(built, template):
    labels = built.labels.ravel()
    count = np.bincount(labels)
    gm, wm = (
        np.bincount(labels, weights=m.data.ravel()) / count for m in (template.gm, template.wm)
    )
    for region in REGIONS:
        k = region.index
        if region.group in ("cortex", "cerebellum"):
            assert gm[k] > 0.6, region.name
        elif region.group.endswith("white-matter"):
            assert wm[k] > 0.7, region.name
        elif region.group.endswith("ventricle"):
            assert 1 - gm[k] - wm[k] > 0.5, region.name


@pytest.mark.parametrize(("name", "expected"), PUBLISHED_MM.items())
def test_centres_are_near_the_published_ones(built, template, name, expected):
    own = np.argwhere(built.labels == region_index(name))
    centre = template.gm.grid.to_world(own.mean(axis=0))
    # AAL was drawn on one brain (Colin27), some mm off the average: never more than this.
    assert np.linalg.norm(centre - expected) < 8


@pytest.mark.parametrize(
    ("name", "low_ml", "high_ml"),
    [
        ("Lateral_Ventricle_L", 4, 15),
        ("Third_Ventricle", 0.5, 3),
        ("Fourth_Ventricle", 0.8, 4),
        ("Brainstem", 20, 45),
        ("Thalamus_L", 5, 10),
        ("Caudate_L", 3, 7),
        ("Putamen_L", 3, 8),
        ("Pallidum_L", 0.8, 3),
        ("Hippocampus_L", 3, 8),
        ("Amygdala_L", 1, 3),
    ],
)
def test_volumes_are_those_of_an_adult_brain(built, name, low_ml, high_ml):
    assert low_ml <= (built.labels == region_index(name)).sum() / 1000 <= high_ml


@pytest.mark.data
def test_agreement_with_aal_is_what_the_documentation_says(built, template, data_dir):
    """Not AAL, but near: most grey voxels that both name have the same name."""
    image = nib.load(data_dir / "mricron" / "aal.nii.gz")
    atlas = np.zeros(built.labels.shape, int)
    start = np.rint(template.gm.grid.to_index(image.affine[:3, 3])).astype(int)
    place = tuple(slice(s, s + n) for s, n in zip(start, image.shape, strict=True))
    atlas[place] = np.asarray(image.dataobj)
    ours = np.where(built.labels <= 116, built.labels, 0)
    table = np.bincount((atlas * 117 + ours).ravel(), minlength=117 * 117).reshape(117, 117)
    named = table[1:, 1:]
    assert np.trace(named) / named.sum() > 0.72
    dice = 2 * np.diag(named) / (table.sum(axis=1) + table.sum(axis=0))[1:]
    assert np.median(dice) > 0.50
    assert dice[:90].min() > 0.25, "every cerebral region overlaps its namesake"
    away = np.linalg.norm(centres(atlas) - centres(ours), axis=1)
    assert np.median(away) < 5.0
    assert away.max() < 12.0


def centres(labels):
    index = np.argwhere(labels)
    own = labels[labels > 0] - 1
    count = np.bincount(own, minlength=116)
    return np.stack([np.bincount(own, weights=x, minlength=116) / count for x in index.T], axis=1)


def test_grid_must_be_symmetric(template):
    maps = (template.gm.data, template.wm.data, template.brain.data)
    shifted = template.gm.grid.affine.copy()
    shifted[0, 3] += 0.5
    with pytest.raises(ImageError, match="template grid"):
        build_parcels(*maps, grid=Grid(shifted, template.gm.grid.shape))
