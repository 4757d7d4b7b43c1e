import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import TableError
from mslens.report.robustness import (
    RobustnessReportSettings,
    draw_shares,
    join_shares,
    render_robustness,
    write_rule,
)
from mslens.report.robustness_steps import write_robustness_report
from report.html_page import Page

JUDGE = {"form": "ICC(2,1)", "threshold": 0.85, "inclusive": False, "limit": "estimate"}


def assessed(robust, subjects=30):
    """Two regions x two image types x two classes; `robust` marks the first image type."""
    rows = [
        (roi, kind, name, "F", "")
        for roi in ("CST_L", "NAWM")
        for kind in ("original", "log")
        for name in ("shape", "glcm")
    ]
    names = ["roi", "image_type", "feature_class", "feature", "ibsi_code"]
    table = pd.DataFrame(rows, columns=names)
    table["robust"] = (table["image_type"] == "original") & robust
    table["ICC(2,1)"] = np.where(table["robust"], 0.95, 0.4)
    return table.assign(reason="", subjects=subjects, measurements=4)


def test_shares_are_counted_by_set_region_and_class_without_what_is_left_out():
    shares = join_shares({"a": assessed(True), "b": assessed(False)}, leave_out=("shape",))
    assert set(shares["feature_class"]) == {"glcm"}
    assert shares[shares["assessment"] == "a"]["share"].tolist() == [0.5, 0.5]
    assert shares[shares["assessment"] == "b"]["robust"].sum() == 0


def test_the_rule_is_said_in_words():
    assert write_rule(JUDGE) == "ICC(2,1) > 0.85"
    lower = {**JUDGE, "limit": "lower", "inclusive": True, "confidence": 0.95}
    assert write_rule(lower) == "lower 95% limit of ICC(2,1) ≥ 0.85"


def test_the_page_has_every_set_and_names_the_least_robust_features():
    settings = RobustnessReportSettings(judge={**JUDGE, "leave_out": ["shape"]}, command="mslens x")
    page = Page(render_robustness({"all": assessed(True), "b": assessed(False)}, settings))
    rows = page.table("Set", "Subjects", "Measurements", "Features", "Robust", "Share")
    assert [row[:5] for row in rows] == [
        ["all", "30", "4", "4", "2"],
        ["b", "30", "4", "4", "0"],
    ]
    worst = page.table("Feature", "Median ICC over regions")
    assert worst[0][:2] == ["log_glcm_F", "0.40"]
    assert "ICC(2,1) > 0.85" in page.section("summary")


def test_left_is_compared_with_right_by_the_names_of_the_regions():
    left, right = assessed(True), assessed(True)
    right = right.assign(roi=right["roi"].str.replace("CST_L", "CST_R"))
    right["ICC(2,1)"] -= 0.1 + 0.01 * np.arange(len(right))
    table = pd.concat([left, right[right["roi"] == "CST_R"]], ignore_index=True)
    page = Page(render_robustness({"all": table}, RobustnessReportSettings(judge=JUDGE)))
    (row,) = page.table("Set", "Paired regions", "Mean ICC left", "Mean ICC right")
    assert row[:3] == ["all", "1", "0.675"]
    assert float(row[3]) == pytest.approx(0.675 - 0.115, abs=1e-3)
    assert float(row[6]) > 5
    whole = render_robustness({"all": left}, RobustnessReportSettings(judge=JUDGE))
    assert "Left and right" not in whole


def test_classes_stand_in_their_order_before_the_whole():
    shares = join_shares({"a": assessed(True)}, leave_out=())
    drawn = draw_shares(shares, rows="roi", title="t")
    assert drawn.index(">shape<") < drawn.index(">glcm<") < drawn.index(">all classes<")
    assert "CST_L" in drawn


def test_without_any_set_there_is_no_page(tmp_path):
    with pytest.raises(TableError, match="no set"):
        write_robustness_report({}, {"html": tmp_path / "x"}, RobustnessReportSettings())
