import numpy as np
import pytest

from mslens.connectome.region_store import built_in_regions, load_regions, select_regions
from mslens.core.errors import TableError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.io.nifti import save_volume
from mslens.io.templates import load_template

LABELS = np.zeros((9, 9, 9), dtype=np.int32)
LABELS[0], LABELS[1], LABELS[2, 0, 0] = 30, 4, 2
VOLUME = Volume(LABELS, Grid(np.eye(4), (9, 9, 9)), "label")


@pytest.fixture
def atlas(tmp_path):
    save_volume(tmp_path / "atlas.nii.gz", VOLUME)
    return tmp_path / "atlas.nii.gz"


def test_regions_are_numbered_in_the_order_of_their_labels():
    regions = select_regions(VOLUME, {30: "c", 2: "a"})
    assert (regions.names, regions.labels) == (("a", "c"), (2, 30))
    assert regions.places.data[0, 0, 0] == 2
    assert regions.places.data[2, 0, 0] == 1
    assert not regions.places.data[1].any()


@pytest.mark.parametrize("text", ["2 a\n30 c\n99 z\n", "index\tname\n2\ta\n30\tc\n", "2,a\n30,c\n"])
def test_names_come_from_a_table_of_any_common_form(tmp_path, atlas, text):
    (tmp_path / "names.txt").write_text(text)
    regions = load_regions(atlas, tmp_path / "names.txt")
    assert (regions.names, regions.labels) == (("a", "c"), (2, 30))


def test_without_a_table_regions_are_called_by_their_labels(atlas):
    assert load_regions(atlas, None).names == ("region-2", "region-4", "region-30")


@pytest.mark.parametrize(
    ("text", "message"),
    [("7 x\n", "none of 1 labels"), ("2 a\n2 b\n", "label 2 stands twice"), ("x\n", "no label")],
)
def test_refuses_tables_of_another_atlas(tmp_path, atlas, text, message):
    (tmp_path / "names.txt").write_text(text)
    with pytest.raises(TableError, match=message):
        load_regions(atlas, tmp_path / "names.txt")


@pytest.mark.data
def test_real_names(data_dir):
    folder = data_dir / "hcp_tract" / "ICBM152_adult"
    regions = load_regions(
        folder / "FreeSurferDKT_Cortical.nii.gz", folder / "FreeSurferDKT_Cortical.txt"
    )
    assert len(regions.names) == 62
    assert regions.names[0] == "left_caudal_anterior_cingulate"


def test_built_in_regions_are_the_116():
    regions = built_in_regions(load_template(1.0))
    assert len(regions.names) == 116
    assert regions.names[0].startswith("Precentral")
    assert set(np.unique(regions.places.data)) == set(range(117))
