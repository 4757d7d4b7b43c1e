"""From a dataset with masks to a model that `mslens run` takes, and what is refused before."""

import json

import numpy as np
import pytest

from dataset import head, write_dataset_root, write_image, write_session
from mslens.core.errors import DatasetError, OutputError, SettingsError
from mslens.io.derivatives import write_dataset_description
from mslens.segment.lesion_model_store import load_lesion_model
from mslens.simulate.dataset_store import claim_folder
from mslens.studies.run.lesion_choice import find_lesion_model
from mslens.studies.train_lesions.flow import train_on_dataset
from mslens.studies.train_lesions.request import TrainingData, TrainingRecord


@pytest.fixture(scope="module")
def bids(tmp_path_factory):
    root = write_dataset_root(tmp_path_factory.mktemp("train") / "BIDS", ["01", "02", "03"])
    for seed, subject in enumerate(("01", "02", "03")):
        write_session(root, subject, seed=seed)
        truth = head(5.0, seed).lesions
        name = f"sub-{subject}_space-T1w_label-lesion_mask.nii.gz"
        write_image(
            root / f"derivatives/drawn/sub-{subject}/anat" / name,
            truth.data.astype(np.uint8),
            np.array(truth.grid.affine),
        )
    return root


@pytest.mark.slow
def test_a_model_is_trained_judged_by_who_was_left_out_and_can_be_used(bids, tmp_path):
    data = TrainingData(leave_out=("03",), nprocs=1)
    said: list[str] = []
    path = train_on_dataset(bids, tmp_path / "out", data=data, tell=said.append)
    card = json.loads((tmp_path / "out/lesion_model.json").read_text())
    assert card["trained_on"] == {"participants": 2, "simulated": 0}
    assert [score["contrasts"] for score in card["left_out_scores"]] == ["FLAIR", "FLAIR+T1w"]
    assert all(score["model"]["dice"] > 0.5 for score in card["left_out_scores"])
    assert not any("03" in line for line in said if "FLAIR" in line), "left out means unseen"
    assert find_lesion_model(str(tmp_path / "out")) == path
    assert load_lesion_model(path).threshold == 0.4


def test_one_participant_is_too_few(bids, tmp_path):
    data = TrainingData(leave_out=("02", "03"))
    with pytest.raises(DatasetError, match="too little to learn from"):
        train_on_dataset(bids, tmp_path / "out", data=data)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_not_written_to(bids, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(OutputError):
        train_on_dataset(bids, tmp_path, data=TrainingData())


def test_a_model_of_other_settings_is_not_replaced(bids, tmp_path):
    out = tmp_path / "out"
    write_dataset_description(out, name="mslens lesion model")
    claim_folder(out / "other", TrainingRecord.of(TrainingData(seed=1)), name="training.toml")
    (out / "other" / "training.toml").rename(out / "training.toml")
    with pytest.raises(DatasetError, match="other settings"):
        train_on_dataset(bids, out, data=TrainingData(seed=2))


def test_the_output_of_a_run_is_not_written_to(bids, tmp_path):
    write_dataset_description(tmp_path / "out", name="mslens")
    with pytest.raises(DatasetError, match="already holds something else"):
        train_on_dataset(bids, tmp_path / "out", data=TrainingData())


def test_less_than_nobody_cannot_be_simulated(bids, tmp_path):
    with pytest.raises(SettingsError, match="-1 simulated"):
        train_on_dataset(bids, tmp_path / "out", data=TrainingData(simulated=-1))
