import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import TableError
from mslens.io.feature_files import write_feature_part
from mslens.report.radiomics import (
    describe_cohort,
    describe_deviation,
    describe_robustness,
    read_deviation,
    read_shares,
)
from mslens.report.settings import GroupReportSettings, SubjectReportSettings
from mslens.report.steps import write_group_report, write_subject_report
from report.html_page import Page

ROIS = ("Thalamus_L", "Putamen_R")
FEATURES = [("glcm", "Contrast"), ("firstorder", "Mean"), ("firstorder", "Energy")]


def write_scores(path, values):
    rows = [(roi, kind, *f, "") for roi in ROIS for kind in ("original", "log") for f in FEATURES]
    names = ["roi", "image_type", "feature_class", "feature", "ibsi_code"]
    part = pd.DataFrame(rows, columns=names).assign(label=0, value=np.asarray(values, float))
    write_feature_part(path, part.assign(reason=""))
    return path


@pytest.fixture
def far(tmp_path):
    values = np.zeros(12)
    values[:3] = [9, -5, np.nan]  # Thalamus, original
    return read_deviation(write_scores(tmp_path / "far.parquet", values))


def test_what_lies_far_is_counted_over_scored_features_only(far):
    assert far.features == 11
    assert far.total == pytest.approx(2 / 11)
    assert far.share.to_dict() == {"Thalamus_L": 2 / 5, "Putamen_R": 0.0}


def test_a_session_is_drawn_with_its_regions_features_and_classes(far):
    shown = describe_deviation(far, label="ses-1")
    assert [r["name"] for r in shown["regions"]] == ["Thalamus_L"]
    for word in ("Thalamus_L", "Putamen_R", "Contrast", "Energy", "firstorder", "glcm", "ses-1"):
        assert word in shown["chart"]
    first, second = shown["chart"].index(">Mean<"), shown["chart"].index(">Contrast<")
    assert first < second  # classes in their order


def test_without_any_score_nothing_is_shown(tmp_path):
    nothing = read_deviation(write_scores(tmp_path / "x.parquet", np.full(12, np.nan)))
    assert describe_deviation(nothing, label="") is None
    assert describe_cohort({"sub-1": nothing}) is None


def test_sessions_of_a_cohort_come_with_the_farthest_first(tmp_path, far):
    near = read_deviation(write_scores(tmp_path / "near.parquet", np.zeros(12)))
    shown = describe_cohort({"sub-1": near, "sub-2": far})
    assert [row["name"] for row in shown["rows"]] == ["sub-2", "sub-1"]
    assert shown["chart"].index(">sub-2<") < shown["chart"].index(">sub-1<")


def test_robust_shares_are_drawn_from_their_table(tmp_path):
    path = tmp_path / "robustness.tsv"
    lines = ["assessment\tsubjects\troi\tfeature_class\tfeatures\trobust\tshare"]
    lines += ["noise-1\t30\tNAWM\tglcm\t20\t5\t0.25", "all\t30\tNAWM\tglcm\t20\t3\t0.15"]
    path.write_text("\n".join(lines) + "\n")
    shown = describe_robustness(read_shares(path))
    assert (shown["main"], shown["subjects"]) == ("all", 30)
    assert ">25</text>" in shown["by_class"]
    assert ">15</text>" in shown["by_region"]
    assert ">25</text>" not in shown["by_region"]
    path.write_text("roi\nNAWM\n")
    with pytest.raises(TableError, match="assessment"):
        read_shares(path)


def test_the_pages_show_radiomics_only_where_there_is_something(tmp_path):
    values = np.zeros(12)
    values[:3] = [9, -5, np.nan]
    files = {"ses-1:feature_scores": write_scores(tmp_path / "z.parquet", values)}
    target = {"html": tmp_path / "page.html"}
    write_subject_report(files, target, SubjectReportSettings(subject="01", viewer=False))
    shown = Page(target["html"].read_text())
    assert "18.2 % of 11 features" in shown.section("radiomics").replace("\u202f", " ")
    assert "Thalamus L" in shown.section("radiomics")
    group = {f"sub-01:{role}": path for role, path in files.items()}
    write_group_report(group, target, GroupReportSettings(subjects=("01",)))
    assert "sub-01 ses-1" in Page(target["html"].read_text()).section("radiomics")
    for write, settings in (
        (write_subject_report, SubjectReportSettings(subject="01", viewer=False)),
        (write_group_report, GroupReportSettings(subjects=("01",))),
    ):
        write({}, target, settings)
        assert "Radiomics" not in target["html"].read_text()
