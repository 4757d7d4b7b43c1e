import pytest

from mslens.core.errors import TableError
from mslens.image.location import LOCATIONS
from mslens.report.tables import (
    OTHER_LOCATION,
    Lesion,
    read_lesions,
    read_measures,
    read_region_names,
    sum_by_location,
)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_lesions_with_and_without_a_place(tmp_path):
    path = write(
        tmp_path / "lesions.tsv",
        "lesion\tvolume_ml\tlocation\tx_mm\ty_mm\tz_mm\textent_mm\tcontrast\tname\n"
        "1\t0.5\tjuxtacortical\t-1.5\t2\t3\t9\t1.4\tJane\n"
        "2\t0.25\tsomewhere\tn/a\t2\t3\tn/a\tn/a\tDoe\n",
    )
    assert read_lesions(path) == [
        Lesion(1, 0.5, "juxtacortical", (-1.5, 2.0, 3.0), 9.0, 1.4),
        Lesion(2, 0.25, OTHER_LOCATION),
    ]


def test_a_table_without_lesions_is_no_error(tmp_path):
    assert read_lesions(write(tmp_path / "l.tsv", "lesion\tvolume_ml\tlocation\n")) == []


def test_every_lesion_is_counted_in_one_location():
    lesions = [Lesion(n, 0.1 * n, LOCATIONS[n % 5]) for n in range(1, 12)]
    lesions.append(Lesion(12, 2.0, OTHER_LOCATION))
    loads = sum_by_location(lesions)
    assert [load.location for load in loads] == [*LOCATIONS, OTHER_LOCATION]
    assert sum(load.count for load in loads) == 12
    assert sum(load.volume_ml for load in loads) == pytest.approx(6.6 + 2.0)
    assert [load.count for load in sum_by_location([])] == [0] * 5


def test_measures_of_the_brain_and_of_regions(tmp_path):
    path = write(
        tmp_path / "v.tsv",
        "measure\tregion\tindex\themisphere\tvalue\tunit\tmethod\n"
        "tiv\tn/a\tn/a\tn/a\t1450.5\tml\tx\nregion\tThalamus_L\t7\tleft\t7\tml\tx\n",
    )
    whole, part = read_measures(path)
    assert (whole.name, whole.region, whole.value, whole.hemisphere) == ("tiv", "", 1450.5, "")
    assert (part.region, part.hemisphere, part.unit) == ("Thalamus_L", "left", "ml")


def test_region_names(tmp_path):
    path = write(tmp_path / "p.tsv", "index\tname\n3\tCaudate_L\n4\t/home/jane/x\n")
    assert read_region_names(path) == {3: "Caudate_L", 4: "[path]"}


@pytest.mark.parametrize("text", ["a\tb\n1\t2\n", "", "lesion\tvolume_ml\tlocation\n1\tbig\tx\n"])
def test_a_table_that_cannot_be_used_is_refused(tmp_path, text):
    with pytest.raises(TableError):
        read_lesions(write(tmp_path / "l.tsv", text))
