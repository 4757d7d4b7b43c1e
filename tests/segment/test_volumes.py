import numpy as np
import pytest

from mslens.image.location import LOCATIONS
from mslens.image.parcel_names import REGIONS, region_index
from mslens.segment.volumes import (
    VOLUME_COLUMNS,
    VolumeTable,
    measure_lesions,
    measure_regions,
    measure_tissue,
)


def values(table, measure, region=None):
    rows = table.frame()
    rows = rows[rows["measure"] == measure]
    rows = rows[rows["region"].isna()] if region is None else rows[rows["region"] == region]
    assert len(rows) == 1
    return rows["value"].item()


def test_tissue():
    table = VolumeTable()
    measure_tissue(table, {"csf": 1.0, "gm": 2.0, "wm": 4.0}, voxel_ml=0.5)
    assert [values(table, name) for name in ("csf", "gm", "wm", "brain")] == [0.5, 1, 2, 3]
    assert values(table, "brain-parenchymal-fraction") == pytest.approx(6 / 7)
    assert list(table.frame().columns) == list(VOLUME_COLUMNS)


def test_an_empty_tissue_map_has_volumes_of_nothing():
    table = VolumeTable()
    measure_tissue(table, {"csf": 0.0, "gm": 0.0, "wm": 0.0}, voxel_ml=1)
    assert values(table, "brain") == 0
    assert "brain-parenchymal-fraction" not in set(table.frame()["measure"])


def test_regions_and_groups():
    table = VolumeTable()
    labels = np.zeros((4, 4, 4), np.int32)
    labels[0] = region_index("Thalamus_L")
    labels[1] = region_index("Thalamus_R")
    labels[2] = region_index("Brainstem")
    measure_regions(table, labels, REGIONS, voxel_ml=0.1, method="test")
    assert values(table, "region", "Thalamus_L") == pytest.approx(1.6)
    assert values(table, "region", "Putamen_L") == 0
    assert values(table, "group", "deep-grey-matter") == pytest.approx(3.2)
    rows = table.frame()
    assert rows[rows["region"] == "Thalamus_R"]["hemisphere"].item() == "right"
    assert (rows["measure"] == "region").sum() == len(REGIONS)


def test_lesions_by_place_add_up():
    table = VolumeTable()
    places = ["periventricular", "juxtacortical", "periventricular"]
    measure_lesions(table, [3.0, 0.5, 0.25], places, total_ml=3.75, method="test")
    assert values(table, "lesion-load") == 3.75
    assert values(table, "lesion-count") == 3
    assert values(table, "lesion-load", "periventricular") == 3.25
    assert values(table, "lesion-count", "infratentorial") == 0
    assert sum(values(table, "lesion-load", name) for name in LOCATIONS) == 3.75
    assert sum(values(table, "lesion-count", name) for name in LOCATIONS) == 3


def test_without_parcels_there_are_no_places():
    table = VolumeTable()
    measure_lesions(table, [1.0], [], total_ml=1.0, method="test")
    assert table.frame()["region"].isna().all()
