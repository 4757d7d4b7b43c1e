import pytest

from mslens.core.errors import TableError
from mslens.image.parcel_names import REGIONS
from mslens.segment.formats.freesurfer import freesurfer_regions
from mslens.segment.parcel_store import read_lookup, read_regions, write_regions


@pytest.mark.parametrize("regions", [REGIONS, freesurfer_regions([2, 10, 1024, 999], {})])
def test_regions_survive_the_file(tmp_path, regions):
    write_regions(tmp_path / "dseg.tsv", regions)
    assert read_regions(tmp_path / "dseg.tsv") == list(regions)


def test_broken_tables_are_named(tmp_path):
    path = tmp_path / "dseg.tsv"
    write_regions(path, REGIONS)
    text = path.read_text()
    path.write_text(text.replace("\tleft\tcortex", "\tleft\tcortx", 1))
    with pytest.raises(TableError, match="group is 'cortx'"):
        read_regions(path)
    path.write_text("index\tname\n1\ta\n")
    with pytest.raises(TableError, match="no column abbreviation"):
        read_regions(path)
    path.write_text(text.replace("\n1\t", "\none\t", 1))
    with pytest.raises(TableError, match="index is 'one'"):
        read_regions(path)


def test_lookup_of_a_user(tmp_path):
    path = tmp_path / "lut ü.txt"
    path.write_text("1 Precentral_L 0 0 0 0\n", encoding="utf-8")
    assert read_lookup(path) == {1: "Precentral_L"}
    path.write_text("nothing")
    with pytest.raises(TableError, match="no label numbers") as caught:
        read_lookup(path)
    assert caught.value.where == str(path)
    with pytest.raises(TableError):
        read_lookup(tmp_path / "absent.txt")
