import numpy as np
import pytest

from mslens.image.parcel_names import REGIONS
from mslens.segment import flags
from mslens.segment.formats.freesurfer import freesurfer_regions


def messages(raised):
    return " ".join(flag["message"] for flag in raised)


@pytest.mark.parametrize(
    ("lesion_ml", "said"), [(0, "No lesion"), (90, "8% of the brain"), (10, "")]
)
def test_lesion_load(lesion_ml, said):
    raised = flags.check_lesions(lesion_ml, 1200)
    assert said in messages(raised)
    assert len(raised) == bool(said)


def test_tissue():
    good = np.array([300.0, 600.0, 500.0])
    mean, sd = np.array([25.0, 65.0, 100.0]), np.array([5.0, 6.0, 5.0])
    assert flags.check_tissue(mean, sd, good) == []
    assert "weak contrast" in messages(flags.check_tissue(mean, sd * 10, good))
    raised = flags.check_tissue(mean, sd, np.array([1.0, 600, 500]))
    assert "Hardly any CSF" in messages(raised)
    assert raised[0]["level"] == "error"


def test_empty_regions_are_counted():
    full = np.arange(1, len(REGIONS) + 1)
    assert flags.check_regions(full, REGIONS) == []
    said = messages(flags.check_regions(full[10:], REGIONS))
    assert "10 regions are empty" in said
    assert "Precentral_L" in said


def test_nuclei_in_fluid_are_named():
    by_name = {region.name: region.index for region in REGIONS}
    parcels = np.repeat([by_name["Hippocampus_L"], by_name["Thalamus_R"]], 4)
    assert flags.check_nuclei(parcels, np.full(8, 2), REGIONS) == []
    said = messages(flags.check_nuclei(parcels, np.array([1, 1, 1, 1, 1, 2, 2, 2]), REGIONS))
    assert "Hippocampus_L" in said
    assert "Thalamus" not in said


def test_imported_maps_say_what_they_lack():
    labels = [2, 3, 4, 16, 1024, 999]
    regions = freesurfer_regions(labels, {})
    assert messages(flags.check_imported(np.array(labels), regions)).startswith("1 labels")
    said = messages(flags.check_imported(np.array([3]), freesurfer_regions([3], {})))
    assert "no lesion can be called periventricular" in said
    assert "no normal-appearing white matter" in said


@pytest.mark.parametrize(
    ("tiv_ml", "brain_ml", "said"),
    [(1500, 1400, ""), (600, 500, "600 ml is outside"), (1200, 1400, "larger than the head")],
)
def test_head_size(tiv_ml, brain_ml, said):
    assert said in messages(flags.check_head_size(tiv_ml, brain_ml))
    assert len(flags.check_head_size(tiv_ml, brain_ml)) == bool(said)
