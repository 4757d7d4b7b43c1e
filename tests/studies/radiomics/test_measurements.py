from pathlib import Path

import pytest

from mslens.core.errors import SettingsError, UnknownName
from mslens.radiomics.robustness import GREY_LEVEL_COUNTS
from mslens.studies.radiomics.measurements import plan_measurements
from mslens.studies.radiomics.request import RepeatRequest

SCAN, RECON = Path("rescan"), Path("reconstruction")


def test_without_repeats_every_disturbance_is_judged_alone_and_with_all_others():
    design = plan_measurements(
        RepeatRequest(perturbation=("noise-0.05", "rotation-2")), preset="edss-radiomics"
    )
    assert design.assessments == {
        "noise-0.05": ("original", "noise-0.05"),
        "rotation-2": ("original", "rotation-2"),
        "all": ("original", "noise-0.05", "rotation-2"),
    }
    assert [s.measurements() for s in design.sources] == [
        {"original": "original"},
        {"noise-0.05": "noise-0.05"},
        {"rotation-2": "rotation-2"},
    ]


def test_paper_003_compares_reconstructions_at_every_number_of_grey_levels():
    design = plan_measurements(
        RepeatRequest(repeat_images=(SCAN, RECON, RECON)), preset="qsm-robustness"
    )
    assert list(design.assessments) == ["images", *(f"bins-{n}" for n in GREY_LEVEL_COUNTS)]
    assert design.assessments["bins-64"] == (
        "bins-64",
        "image-2_bins-64",
        "image-3_bins-64",
        "image-4_bins-64",
    )
    assert design.sources[1].measurements()["bins-8"] == "image-2_bins-8"


def test_a_second_segmentation_and_grey_levels_alone():
    design = plan_measurements(
        RepeatRequest(repeat_labels=(SCAN,), perturbation=("none",)), preset="edss-radiomics"
    )
    assert design.assessments == {"labels": ("original", "labels-2")}
    design = plan_measurements(
        RepeatRequest(bin_count=(16, 32), perturbation=("none",)), preset="edss-radiomics"
    )
    assert design.assessments == {"bin-counts": ("bins-16", "bins-32")}


def test_what_cannot_be_planned_is_refused():
    def plan(**words):
        return plan_measurements(RepeatRequest(**words), preset="edss-radiomics")

    with pytest.raises(SettingsError, match="nothing is measured twice"):
        plan(perturbation=("none",))
    with pytest.raises(UnknownName, match="rotation"):
        plan(perturbation=("rotaton-2",))
    with pytest.raises(SettingsError, match="no amount"):
        plan(perturbation=("rotation",))
