import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.volume import Volume

GRID = Grid(np.eye(4), (3, 4, 5))


def test_the_array_is_read_only_and_the_callers_array_stays_writable():
    data = np.zeros(GRID.shape, dtype=np.float32)
    volume = Volume(data, GRID)
    with pytest.raises(ValueError, match="read-only"):
        volume.data[0, 0, 0] = 1
    data[0, 0, 0] = 1


@pytest.mark.parametrize(("kind", "dtype"), [("label", np.int32), ("mask", np.bool_)])
def test_the_kind_fixes_the_type(kind, dtype):
    assert Volume(np.ones(GRID.shape), GRID, kind).data.dtype == dtype


def test_an_array_of_another_shape_is_refused():
    with pytest.raises(ImageError, match="shape"):
        Volume(np.zeros((3, 4)), GRID)
