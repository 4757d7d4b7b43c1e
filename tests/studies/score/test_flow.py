"""The truth scored against itself, whole and with parts taken away."""

import shutil

import numpy as np
import pytest

from mslens.core.errors import DatasetError, GridMismatch
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.io.derivatives import write_dataset_description
from mslens.io.nifti import load_volume, save_volume
from mslens.io.tables import read_tsv
from mslens.simulate.cohort import CohortSettings
from mslens.simulate.dataset import simulate_dataset
from mslens.simulate.settings import SimulationSettings
from mslens.studies.run.names import session_outputs
from mslens.studies.score.flow import (
    REGION_FILE,
    SESSION_FILE,
    SUMMARY_FILE,
    score_run,
    write_scores,
)


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    settings = SimulationSettings(
        cohort=CohortSettings(n_patients=1, sites=("site1",), seed=4, lesion_load_ml=(20.0, 5.0)),
        voxel_size_mm=4.0,
        images=("T1w",),
    )
    return simulate_dataset(tmp_path_factory.mktemp("sim") / "out", settings=settings).truth


@pytest.fixture
def out(truth, tmp_path):
    folder = tmp_path / "out"
    shutil.copytree(truth, folder)
    for path in folder.rglob("*_space-T1w_lesions.tsv"):
        path.rename(path.with_name(path.name.replace("_space-T1w", "")))
    return folder


def names(out):
    return session_outputs(out, subject="Site1P0001", session=None, reference="T1w")


def test_the_truth_agrees_with_itself(out, truth):
    scores = score_run(out, truth)
    session = scores.sessions.iloc[0]
    for name in ("dice_brain", "dice_csf", "dice_gm", "dice_wm", "dice_lesion", "lesion_f1"):
        assert session[name] == 1.0
    assert session["locations_compared"] > 2
    assert session["locations_equal"] == session["locations_compared"]
    assert session["false_positives"] == 0
    assert session["jacobian_r"] == pytest.approx(1.0)
    assert session["brain_ml"] == session["true_brain_ml"] > 500
    assert session["lesion_count"] >= session["true_lesion_count"] == session["lesions_true"] > 2
    assert (scores.regions["estimate_ml"] == scores.regions["true_ml"]).all()
    assert scores.summary.set_index("score")["value"]["region_bias"] == 0


def test_a_shifted_lesion_mask_loses(out, truth):
    path = names(out)["lesions"]
    mask = load_volume(path, kind="mask")
    save_volume(path, Volume(np.roll(mask.data, 2, axis=0), mask.grid, "mask"), space="aligned")
    session = score_run(out, truth).sessions.iloc[0]
    assert session["dice_lesion"] < 0.5
    assert session["dice_gm"] == 1.0


def test_what_is_missing_is_not_scored(out, truth):
    paths = names(out)
    for role in ("tissue", "instances", "volumes", "log_jacobian"):
        paths[role].unlink()
    session = score_run(out, truth).sessions.iloc[0]
    assert session[["dice_gm", "lesion_f1", "brain_ml", "jacobian_r"]].isna().all()
    assert session["dice_brain"] == 1.0
    assert session["true_brain_ml"] > 500


def test_an_estimate_on_another_grid_is_named(out, truth):
    path = names(out)["brain_mask"]
    mask = load_volume(path, kind="mask")
    shorter = Grid(mask.grid.affine, (mask.grid.shape[0] - 1, *mask.grid.shape[1:]))
    save_volume(path, Volume(mask.data[:-1], shorter, "mask"), space="aligned")
    with pytest.raises(GridMismatch, match="the estimated brain_mask"):
        score_run(out, truth)


def test_the_tables_are_written_with_their_columns(out, truth):
    write_scores(score_run(out, truth), out)
    assert read_tsv(out / SESSION_FILE)["participant_id"].tolist() == ["sub-Site1P0001"]
    assert len(read_tsv(out / REGION_FILE)) > 100
    assert "dice_brain" in read_tsv(out / SUMMARY_FILE)["score"].tolist()
    assert (out / SUMMARY_FILE).with_suffix(".json").is_file()


def test_a_truth_without_people_is_refused(out, tmp_path):
    write_dataset_description(tmp_path / "empty", name="nobody", source=None)
    with pytest.raises(DatasetError, match="nobody"):
        score_run(out, tmp_path / "empty")
