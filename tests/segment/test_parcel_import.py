import numpy as np
import pytest

from mslens.core.errors import GridMismatch, InputError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.segment.parcel_import import ImportParcelsSettings, choose_format, place_labels

GRID = Grid(np.diag([2.0, 2, 2, 1]), (8, 8, 8))


def labels(shape=(8, 8, 8), offset=0.0):
    affine = np.diag([2.0, 2, 2, 1])
    affine[0, 3] = offset
    data = np.zeros(shape, np.int32)
    data[2:6, 3:5, 3:5] = 10
    return Volume(data, Grid(affine, shape), "label")


def place(volume, *, name="freesurfer", xfm=None, **settings):
    return place_labels(
        volume, GRID, name=name, to_template=xfm, settings=ImportParcelsSettings(**settings)
    )


def test_a_map_on_the_grid_is_taken_as_it_is():
    volume = labels()
    placed, way = place(volume)
    assert way == "grid"
    assert placed is volume


def test_freesurfers_conformed_grid_shares_the_world():
    placed, way = place(labels((10, 8, 8), offset=-4.0))
    assert way == "world"
    assert np.flatnonzero(placed.data[:, 3, 3]).tolist() == [0, 1, 2, 3]


def test_aal_comes_through_the_registration():
    shift = np.eye(4)
    shift[0, 3] = 2.0
    placed, way = place(labels((9, 8, 8)), name="aal", xfm=AffineTransform(shift))
    assert way == "template"
    assert np.flatnonzero(placed.data[:, 3, 3]).tolist() == [1, 2, 3, 4]
    with pytest.raises(InputError, match="no registration"):
        place(labels((9, 8, 8)), name="aal")


def test_a_map_of_unknown_space_must_be_on_the_grid():
    with pytest.raises(GridMismatch, match="9x8x8") as caught:
        place(labels((9, 8, 8)), name="table")
    assert "space = 'ref'" in str(caught.value)
    assert place(labels((9, 8, 8)), name="table", space="ref")[1] == "world"


def test_template_space_can_be_forced():
    assert place(labels(), space="template", xfm=AffineTransform(np.eye(4)))[1] == "template"


def test_format_is_guessed_or_given():
    assert choose_format({2, 41, 10, 49}, {}, ImportParcelsSettings()) == "freesurfer"
    assert choose_format({5}, {}, ImportParcelsSettings(format="aal")) == "aal"
    with pytest.raises(InputError, match="no known tool") as caught:
        choose_format({5, 6}, {}, ImportParcelsSettings())
    assert "--parcel-table" in str(caught.value)
