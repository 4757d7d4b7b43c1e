import math

import pytest

from mslens.report.measures import (
    GROUP_MEASURES,
    KEY_MEASURES,
    MEASURE_NAMES,
    RegionPair,
    find_value,
    pair_regions,
)
from mslens.report.tables import Lesion, Measure
from report.subject_files import volume_table

BY_NAME = {measure.name: measure for measure in GROUP_MEASURES}
LESIONS = [Lesion(1, 0.5, "juxtacortical"), Lesion(2, 1.25, "infratentorial")]
VOLUMES = [Measure("brain", 7.0, "ml", region="Thalamus_L"), Measure("brain", 1100.0, "ml")]


def test_lesions_are_summed_and_counted():
    assert find_value(BY_NAME["lesion_load"], LESIONS, []) == 1.75
    assert find_value(BY_NAME["lesion_count"], LESIONS, []) == 2


def test_no_lesion_is_zero_but_not_measured_is_missing():
    assert find_value(BY_NAME["lesion_load"], [], []) == 0
    assert math.isnan(find_value(BY_NAME["lesion_load"], None, []))


def test_the_whole_brain_is_taken_and_not_a_region():
    assert find_value(BY_NAME["brain"], None, VOLUMES) == 1100.0
    assert math.isnan(find_value(BY_NAME["tiv"], None, VOLUMES))


def test_columns_differ():
    assert len({measure.column for measure in GROUP_MEASURES}) == len(GROUP_MEASURES)


def test_left_and_right_twins_share_a_row():
    rows = [
        Measure("region", 7.0, "ml", region="Thalamus_L", hemisphere="left"),
        Measure("region", 3.0, "ml", region="Brainstem", hemisphere="midline"),
        Measure("region", 5.0, "ml", region="Thalamus_R", hemisphere="right"),
        Measure("group", 12.0, "ml", region="deep-grey-matter"),
    ]
    thalamus, brainstem = pair_regions(rows)
    assert (thalamus.name, thalamus.left_ml, thalamus.right_ml) == ("thalamus", 7.0, 5.0)
    assert thalamus.asymmetry == pytest.approx(2 / 6)
    assert (brainstem.name, brainstem.midline_ml) == ("Brainstem", 3.0)
    assert brainstem.asymmetry is None


def test_two_empty_twins_have_no_asymmetry():
    assert RegionPair("x", left_ml=0.0, right_ml=0.0).asymmetry is None


def test_every_measure_of_the_whole_brain_has_a_name(head):
    named = set(volume_table(head)["measure"]) - {"region", "group"}
    assert named <= set(MEASURE_NAMES)
    assert {name for name, _ in KEY_MEASURES} <= named
