"""A whole dataset at 4 mm: complete, readable, the same bytes, safe against what is there."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import DatasetError, SettingsError, UnknownName
from mslens.image.resample import resample
from mslens.io.bids import index_dataset
from mslens.io.nifti import load_volume
from mslens.io.participants import survey_participants
from mslens.io.sidecars import read_sidecar
from mslens.io.tables import read_tsv
from mslens.io.transforms import load_transform
from mslens.simulate.cohort import CohortSettings
from mslens.simulate.dataset import simulate_dataset
from mslens.simulate.settings import SimulationSettings

SETTINGS = SimulationSettings(
    cohort=CohortSettings(n_patients=2, n_controls=1, n_visits=2, seed=5, repeated=False),
    voxel_size_mm=4.0,
)


def digests(root: Path):
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("simulated") / "out"
    calls = []
    dataset = simulate_dataset(
        out, settings=SETTINGS, progress=lambda done, total, name: calls.append((done, total, name))
    )
    return out, dataset, calls


def test_progress_is_told_per_person(made):
    _, dataset, calls = made
    assert dataset.n_people == 3
    assert [done for done, _, _ in calls] == [0, 1, 2, 3]
    assert {total for _, total, _ in calls} == {3}
    assert calls[1][2] == "Site1C0001"


def test_it_is_a_bids_dataset_with_two_visits_each(made):
    _, dataset, _ = made
    index = index_dataset(dataset.bids)
    files = [path.name for path in dataset.bids.rglob("*.nii.gz")]
    assert len(files) == 3 * 2 * 3
    assert len(index.subjects) == 3
    table = survey_participants(dataset.bids / "participants.tsv")
    assert len(table.table) == 3
    assert not table.problems


def test_sidecars_state_a_plausible_protocol(made):
    _, dataset, _ = made
    path = next(dataset.bids.rglob("*Site1P0001_ses-1_FLAIR.json"))
    sidecar = read_sidecar(path)
    assert sidecar["InversionTime"] == 1.8
    assert sidecar["MagneticFieldStrength"] == 3.0
    assert sidecar["Simulated"] is True


def test_truth_lies_on_the_grid_of_the_raw_t1w(made):
    _, dataset, _ = made
    for raw in sorted(dataset.bids.rglob("*_T1w.nii.gz")):
        image = load_volume(raw)
        folder = dataset.truth / raw.relative_to(dataset.bids).parent
        stem = raw.name.removesuffix("_T1w.nii.gz")
        brain = load_volume(folder / f"{stem}_space-T1w_desc-brain_mask.nii.gz", kind="mask")
        assert brain.grid.is_close(image.grid)
        wm = load_volume(folder / f"{stem}_space-T1w_label-WM_probseg.nii.gz").data
        csf = load_volume(folder / f"{stem}_space-T1w_label-CSF_probseg.nii.gz").data
        assert image.data[wm > 0.9].mean() > 2 * image.data[csf > 0.9].mean()


def test_the_true_rigid_transform_aligns_flair_and_t1w(made):
    _, dataset, _ = made
    raw = next(dataset.bids.rglob("*Site1P0001_ses-1_FLAIR.nii.gz"))
    folder = dataset.truth / raw.relative_to(dataset.bids).parent
    stem = raw.name.removesuffix("_FLAIR.nii.gz")
    xfm = load_transform(folder / f"{stem}_from-FLAIR_to-T1w_mode-image_xfm.txt")
    csf = load_volume(folder / f"{stem}_space-T1w_label-CSF_probseg.nii.gz")
    flair = load_volume(raw)

    def darkness(chain):
        moved = resample(flair, csf.grid, chain).data
        return np.corrcoef(moved[csf.data > 0.02], csf.data[csf.data > 0.02])[0, 1]

    assert darkness((xfm,)) < -0.3
    assert darkness((xfm,)) < darkness((xfm.inverse(),))


def test_controls_have_empty_lesion_masks_and_patients_do_not(made):
    _, dataset, _ = made
    for path in dataset.truth.rglob("*_label-lesion_mask.nii.gz"):
        mask = load_volume(path, kind="mask").data
        table = read_tsv(next(path.parent.glob("*_space-T1w_lesions.tsv")))
        if "C0001" in path.name:
            assert not mask.any()
            assert len(table) == 0
        else:
            assert mask.any()
            assert len(table) > 0


def test_the_second_visit_tells_what_changed(made):
    _, dataset, _ = made
    changed = sorted(path.name for path in dataset.truth.rglob("*_desc-changes_dseg.nii.gz"))
    assert len(changed) == 3
    assert all("_ses-2_" in name for name in changed)


def test_the_latent_truth_and_the_oracle_stand_beside(made):
    _, dataset, _ = made
    latent = read_tsv(dataset.truth / "latent.tsv")
    assert len(latent) == 6
    patients = latent[latent["participant_id"].str.contains("P00")]
    assert patients["oracle_score"].astype(float).between(0, 9.5).all()


@pytest.mark.slow
def test_the_same_settings_give_the_same_bytes_on_two_workers(made, tmp_path):
    out, _, _ = made
    again = tmp_path / "again"
    simulate_dataset(again, settings=SETTINGS, n_workers=2)
    assert digests(out) == digests(again)


def test_an_interrupted_run_is_finished_not_repeated(made, tmp_path):
    import shutil

    out, _, _ = made
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    person = "sub-Site2P0001"
    shutil.rmtree(copy / "truth" / person)
    before = next((copy / "bids").rglob("*Site1P0001_ses-1_T1w.nii.gz")).stat().st_mtime_ns
    calls = []
    simulate_dataset(copy, settings=SETTINGS, progress=lambda *call: calls.append(call[0]))
    assert calls == [2, 3]
    after = next((copy / "bids").rglob("*Site1P0001_ses-1_T1w.nii.gz")).stat().st_mtime_ns
    assert before == after
    assert digests(out) == digests(copy)


def test_nothing_is_written_over_something_else(made, tmp_path):
    out, _, _ = made
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(DatasetError, match="already holds something else"):
        simulate_dataset(tmp_path, settings=SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    other = SETTINGS.model_copy(update={"voxel_size_mm": 3.0})
    with pytest.raises(DatasetError, match="other settings"):
        simulate_dataset(out, settings=other)
    file = tmp_path / "mine.txt"
    with pytest.raises(DatasetError, match="already holds something else"):
        simulate_dataset(file, settings=SETTINGS)


def test_unknown_names_are_refused_before_anything_is_written(tmp_path):
    out = tmp_path / "out"
    for settings, error in (
        (SimulationSettings(cohort=CohortSettings(sites=("sitte1",))), UnknownName),
        (SimulationSettings(scanner="Avantgarde"), UnknownName),
        (SimulationSettings(cohort=CohortSettings(n_patients=0)), SettingsError),
    ):
        with pytest.raises(error):
            simulate_dataset(out, settings=settings)
    assert not out.exists()


def test_without_further_visits_there_is_no_session_level(tmp_path):
    settings = SimulationSettings(
        cohort=CohortSettings(n_patients=1, sites=("site2",)), voxel_size_mm=4.0, images=("T1w",)
    )
    dataset = simulate_dataset(tmp_path / "out", settings=settings)
    assert (dataset.bids / "sub-Site2P0001" / "anat" / "sub-Site2P0001_T1w.nii.gz").is_file()
    table = pd.read_csv(dataset.bids / "participants.tsv", sep="\t")
    assert {"scan_date", "examination_date"} <= set(table.columns)
    assert not list(dataset.bids.rglob("*FLAIR*"))


@pytest.mark.parametrize("n_workers", [0, -3])
def test_less_than_one_process_is_refused_before_anything_is_written(tmp_path, n_workers):
    with pytest.raises(SettingsError, match=f"processes is {n_workers}"):
        simulate_dataset(tmp_path / "out", settings=SimulationSettings(), n_workers=n_workers)
    assert not (tmp_path / "out").exists()


def test_ctrl_c_ends_all_processes_with_one_line(tmp_path):
    command = [
        sys.executable, "-m", "mslens", "simulate", str(tmp_path / "out"), "-n", "12",
        "--voxel-size", "4", "--nprocs", "2",
    ]  # fmt: skip
    started = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    )
    told = b""
    while b"[1/12]" not in told:
        told += os.read(started.stderr.fileno(), 4096)
    os.killpg(started.pid, signal.SIGINT)
    told += started.stderr.read()
    assert started.wait() == 130
    assert b"Traceback" not in told
    assert told.strip().endswith(b"mslens: stopped")
    assert len(list(tmp_path.rglob("*_acquisition.json"))) < 12


def test_what_was_damaged_is_simulated_again(made):
    out, dataset, _ = made
    before = digests(out)
    next(dataset.bids.rglob("sub-Site1C0001_ses-2_FLAIR.nii.gz")).write_bytes(b"")
    next(dataset.truth.rglob("sub-Site1P0001_ses-1_volumes.tsv")).unlink()
    told = []
    simulate_dataset(out, settings=SETTINGS, progress=lambda *step: told.append(step))
    assert [name for _, _, name in told] == ["", "Site1C0001", "Site1P0001"]
    assert digests(out) == before
