"""The imaging act around `mslens run`, which is tested itself: here it returns the truth."""

import shutil

import pytest

from mslens.io.tables import read_tsv
from mslens.segment.norms import CONTROLS_PER_TERM
from mslens.studies.demo import imaging
from mslens.studies.demo.act import Stage
from mslens.studies.demo.settings import DemoSettings
from mslens.studies.run.group_tables import GroupTableSettings

SETTINGS = DemoSettings(n_patients=2, n_returning=0, n_controls=1, voxel_size_mm=4.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "imaging"


@pytest.fixture
def runs(monkeypatch):
    """Calls of `run_dataset`, which hands back the truth as estimates."""
    calls, codes = [], {"participant": 0, "group": 0}

    def pretend(bids, out, *, level, computing):
        calls.append((level, computing.nprocs, sorted(path.name for path in out.glob("*truth*"))))
        if level == "participant":
            shutil.copytree(bids.parent / "truth", out, dirs_exist_ok=True)
            for path in out.rglob("*_space-T1w_lesions.tsv"):
                path.rename(path.with_name(path.name.replace("_space-T1w", "")))
            (out / "sub-Site1P0001.html").touch()
        return codes[level]

    monkeypatch.setattr(imaging, "run_dataset", pretend)
    return calls, codes


def perform(folder, *, is_full=False):
    return imaging.show_imaging(Stage(folder=folder, settings=SETTINGS, nprocs=1, is_full=is_full))


def test_people_are_run_then_scored_then_reported(folder, runs):
    calls, _ = runs
    result = perform(folder)
    tables = [level for level, _, _ in calls]
    assert tables == ["participant", "group"]
    assert calls[0][1] == 1
    assert calls[0][2] == []
    assert "group_truth.tsv" in calls[1][2]
    assert "group_truth_summary.tsv" in calls[1][2]
    assert result.exit_code == 0
    assert [page.name for page in result.pages.values()] == ["group.html", "sub-Site1P0001.html"]
    scores = read_tsv(folder / "derivatives" / "group_truth.tsv")
    assert scores["dice_brain"].astype(float).tolist() == [1.0, 1.0]


def test_a_failure_is_told_and_the_group_is_still_reported(folder, runs):
    calls, codes = runs
    codes["participant"] = 2
    assert perform(folder).exit_code == 2
    assert len(calls) == 2


def test_a_signal_stops_before_the_scores(folder, runs):
    calls, codes = runs
    codes["participant"] = 143
    result = perform(folder)
    assert result.exit_code == 143
    assert not result.pages
    assert len(calls) == 1


def test_controls_come_with_the_full_form_alone(folder, runs):
    light = perform(folder)
    assert "z-scores" in light.skipped[0]
    full = perform(folder, is_full=True)
    assert full.skipped == ()
    groups = read_tsv(folder / "full" / "simulated" / "bids" / "participants.tsv")["group"]
    assert sorted(groups) == ["control", "patient", "patient"]
    groups = read_tsv(folder / "simulated" / "bids" / "participants.tsv")["group"]
    assert sorted(groups) == ["patient", "patient"]


def test_the_full_form_has_as_many_controls_as_norms_need():
    least = CONTROLS_PER_TERM * (1 + len(GroupTableSettings().covariates))
    assert DemoSettings().n_controls >= least


def test_the_page_of_a_patient_is_opened_not_that_of_a_control(folder, runs):
    (folder / "full" / "derivatives").mkdir(parents=True, exist_ok=True)
    (folder / "full" / "derivatives" / "sub-Site1C0001.html").touch()
    pages = perform(folder, is_full=True).pages
    assert pages["one patient"].name == "sub-Site1P0001.html"
