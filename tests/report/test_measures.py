import math

from mslens.report.measures import GROUP_MEASURES, find_value
from mslens.report.tables import Lesion, Measure

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
