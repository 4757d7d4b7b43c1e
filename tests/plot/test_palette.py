import colorsys
import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mslens.image.location import LOCATIONS
from mslens.plot import palette

#: Dichromatic vision as a linear map of linear RGB (Viénot, Brettel and Mollon 1999).
PROTANOPIA = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]])
DEUTERANOPIA = np.array(
    [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]
)


def linear(colour: str) -> np.ndarray:
    return np.array(to_rgb(colour)) ** 2.2


@pytest.mark.parametrize("vision", [np.eye(3), PROTANOPIA, DEUTERANOPIA])
@pytest.mark.parametrize("table", [palette.TISSUE, palette.LOCATION])
def test_every_pair_of_classes_stays_apart_for_colour_blind_readers(table, vision):
    seen = [np.clip(vision @ linear(colour), 0, 1) ** (1 / 2.2) for colour in table.values()]
    apart = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(apart) > 0.2


def test_every_location_class_has_a_colour():
    assert tuple(palette.LOCATION) == LOCATIONS


def test_left_and_right_twins_share_a_colour():
    names = {
        1: "Thalamus_L",
        2: "Thalamus_R",
        3: "Left-Caudate",
        4: "Right-Caudate",
        5: "lh-insula",
    }
    colours = palette.colour_parcels([1, 2, 3, 4, 5], names)
    assert colours[1] == colours[2]
    assert colours[3] == colours[4]
    assert len(set(colours.values())) == 3


def test_a_side_inside_a_word_is_part_of_the_name():
    colours = palette.colour_parcels([1, 2], {1: "Lingual", 2: "Rectus"})
    assert colours[1] != colours[2]


def test_labels_that_follow_each_other_differ_clearly():
    colours = palette.colour_parcels(range(1, 117))
    hues = [colorsys.rgb_to_hls(*to_rgb(colours[label]))[0] for label in range(1, 117)]
    steps = [min(abs(a - b), 1 - abs(a - b)) for a, b in itertools.pairwise(hues)]
    assert min(steps) > 0.3
    assert len(set(colours.values())) == 116
