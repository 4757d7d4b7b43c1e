import itertools

import numpy as np
import pytest

from mslens.radiomics.directions import list_directions
from mslens.radiomics.neighbourhood import look_around

AROUND = [s for s in itertools.product((-1, 0, 1), repeat=3) if s != (0, 0, 0)]


@pytest.mark.parametrize("coarseness", [0, 1])
def test_counts_equal_a_walk_over_the_voxels(lump, coarseness):
    region, box, n = lump
    found = look_around(
        box.reshape(-1),
        region.cells,
        list_directions(),
        shape=region.shape,
        n_levels=n,
        coarseness=coarseness,
    )
    dependences = np.zeros_like(found.dependences)
    differences = np.zeros(n + 1)
    for at in zip(*np.nonzero(box), strict=True):
        near = [box[tuple(np.add(at, s))] for s in AROUND]
        near = [level for level in near if level > 0]
        alike = sum(abs(level - box[at]) <= coarseness for level in near)
        dependences[box[at], alike + 1] += 1
        if near:
            differences[box[at]] += abs(box[at] - np.mean(near))
    assert (found.dependences == dependences).all()
    assert found.differences == pytest.approx(differences)
    assert (found.voxels == dependences.sum(1)).all()


def test_levels_beyond_those_of_textures_do_not_overflow(lump):
    region, box, n = lump
    factor = 10_000
    near, far = (
        look_around(
            (box * f).reshape(-1),
            region.cells,
            list_directions(),
            shape=region.shape,
            n_levels=n * f,
        )
        for f in (1, factor)
    )
    assert far.differences[::factor] == pytest.approx(factor * near.differences)
    assert (far.voxels[::factor] == near.voxels).all()
