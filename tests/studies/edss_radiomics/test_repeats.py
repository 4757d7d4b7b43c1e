"""Sessions of a run that repeat another one serve the stability filter and nothing else."""

import json

import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import InputError
from mslens.core.features import FeatureTable
from mslens.io.feature_files import save_cohort
from mslens.pipeline.origin import record_origin
from mslens.studies.edss_radiomics.flow import run_study
from mslens.studies.edss_radiomics.inputs import gather_inputs
from mslens.studies.edss_radiomics.repeats import find_repeats
from mslens.studies.edss_radiomics.request import Brought
from studies.edss_radiomics.tables_on_disk import SMALL, make_clinical, make_features

CLINICAL = make_clinical()
WIDE = make_features(CLINICAL)
#: The first five were scanned twice; of their features, this one changes from scan to scan.
N_REPEATED, UNSTABLE = 5, 7


def write_run(root, *, labels=("1", "2"), days=True, repeated=N_REPEATED):
    """Output of a run outside its dataset, with some participants scanned twice on one day."""
    dataset, out = root / "data", root / "elsewhere" / "out"
    dataset.mkdir(parents=True)
    CLINICAL.to_csv(dataset / "participants.tsv", sep="\t", index=False)
    rng = np.random.default_rng(8)
    first = WIDE.drop(columns="participant_id").to_numpy(dtype=np.float32)
    second = first[:repeated] + rng.normal(0, 0.01, first[:repeated].shape).astype(np.float32)
    second[:, UNSTABLE] += rng.normal(0, 5, repeated).astype(np.float32)
    people = CLINICAL["participant_id"].tolist()
    obs = pd.DataFrame(
        {
            "participant_id": people + people[:repeated],
            "session_id": [f"ses-{labels[0]}"] * len(people) + [f"ses-{labels[1]}"] * repeated,
        }
    )
    names = [name for name in WIDE.columns if name != "participant_id"]
    var = pd.DataFrame([name.replace(".", "_", 1).rsplit("_", 3) for name in names])
    var.columns = ["roi", "image_type", "feature_class", "feature"]
    table = FeatureTable(np.vstack([first, second]), obs, var.assign(ibsi_code=""))
    save_cohort(out / "radiomics", table)
    volumes = obs.assign(tiv=1500.0, brain=[1000.0] * len(people) + [9.0] * repeated)
    volumes.to_csv(out / "group_volumes.tsv", sep="\t", index=False)
    for who, session in obs.to_numpy() if days else ():
        folder = dataset / who
        folder.mkdir(exist_ok=True)
        path = folder / f"{who}_sessions.tsv"
        old = path.read_text() if path.exists() else "session_id\tacq_time\n"
        hour = "09" if session.endswith(labels[0]) else "11"
        path.write_text(f"{old}{session}\t2020-03-04T{hour}:00:00\n")
    record_origin(out, dataset)
    return out


def test_scans_of_one_day_are_a_scan_and_its_repeat(tmp_path):
    out = write_run(tmp_path)
    data = gather_inputs(out, Brought(), columns={})
    assert data.features.obs["participant_id"].is_unique
    assert data.repeat.obs["participant_id"].tolist() == [f"{i:03d}" for i in range(N_REPEATED)]
    assert data.remarks == (
        "5 participant(s) were scanned twice in a day: the second scan serves as a repeat only",
    )
    files = run_study(data, tmp_path / "study", SMALL, command="", tell=lambda _: None)
    result = json.loads(files.result.read_text())
    assert result["n_repeated"] == N_REPEATED
    assert result["funnel"][1]["dropped"] == 1
    assert any("scanned twice in a day" in text for text in result["limits"])
    # One row per patient, so that no patient is in two folds or two sets.
    table = pd.read_csv(files.result.parent / "predictions.tsv", sep="\t", dtype=str)
    sets = table.groupby("participant_id")["set"].nunique()
    assert (sets == 1).all()
    assert sum(result["sizes"].values()) == len(CLINICAL)


def test_a_label_names_the_repeats_whatever_its_place_in_the_alphabet(tmp_path):
    out = write_run(tmp_path, labels=("test", "retest"), days=False)
    data = gather_inputs(out, Brought(repeat_session="retest"), columns={})
    assert set(data.features.obs["session_id"]) == {"ses-test"}
    assert set(data.repeat.obs["session_id"]) == {"ses-retest"}
    # Volumes come from the session whose features are used.
    assert (data.volumes["brain"] == 1000.0).all()


def test_without_days_and_label_another_session_is_another_visit(tmp_path):
    data = gather_inputs(write_run(tmp_path, days=False), Brought(), columns={})
    assert data.repeat is None
    assert data.remarks == ()
    assert len(data.features.obs) == len(CLINICAL) + N_REPEATED


def test_two_repeats_are_too_few_and_that_is_said(tmp_path):
    data = gather_inputs(write_run(tmp_path, repeated=2), Brought(), columns={})
    assert data.repeat is None
    assert data.remarks == (
        "2 participant(s) were scanned twice in a day: too few for the stability filter"
        " (3 are needed)",
    )
    assert data.features.obs["participant_id"].is_unique


def test_a_label_that_nobody_has_is_refused_with_those_there_are(tmp_path):
    out = write_run(tmp_path)
    with pytest.raises(InputError, match=r"session 'again'.*--repeat-session.*1, 2"):
        gather_inputs(out, Brought(repeat_session="ses-again"), columns={})
    twice = Brought(repeat_session="2", features_repeat=out / "radiomics")
    with pytest.raises(InputError, match="named twice"):
        gather_inputs(out, twice, columns={})


def test_the_repeat_of_a_later_visit_is_compared_with_that_visit(tmp_path):
    visits = [("a", "1"), ("a", "2"), ("a", "2b"), ("a", "2c"), ("b", "1")]
    folder = tmp_path / "sub-a"
    for session, day in (("1", "2019-01-01"), ("2", "2020-01-01"), ("2b", "2020-01-01")):
        scans = folder / f"ses-{session}"
        scans.mkdir(parents=True)
        (scans / f"sub-a_ses-{session}_scans.tsv").write_text(
            f"filename\tacq_time\nanat/sub-a_FLAIR.nii.gz\t1999-01-01\nanat/sub-a_T1w.nii.gz\t{day}\n"
        )
    found = find_repeats(visits, label="2b", dataset=tmp_path)
    assert found.first_of == {("a", "2b"): ("a", "2")}
    assert find_repeats(visits, dataset=tmp_path).left_out == {("a", "2b")}


def test_an_output_outside_its_dataset_finds_the_clinical_table(tmp_path):
    out = write_run(tmp_path)
    assert len(gather_inputs(out, Brought(), columns={}).clinical) == len(CLINICAL)
    (tmp_path / "data" / "participants.tsv").unlink()
    with pytest.raises(InputError, match=r"data: .*has no participants.tsv.*--clinical"):
        gather_inputs(out, Brought(), columns={})
    (tmp_path / "data").rename(tmp_path / "moved")
    with pytest.raises(InputError, match=r"data: .*is not where it was.*--clinical"):
        gather_inputs(out, Brought(), columns={})
