"""The group scores everyone's features; the pages of the subjects follow in the same run."""

import json

import numpy as np
import pandas as pd
import pytest

from dataset import image_path, write_dataset_root, write_image
from mslens.cli.main import execute
from mslens.io.feature_files import load_cohort, write_feature_part

SUBJECTS = [f"{n:02d}" for n in range(1, 9)]


def write_features(path, values):
    rows = [(roi, "original", "glcm", f, "") for roi in ("Thalamus_L", "NAWM") for f in "ab"]
    names = ["roi", "image_type", "feature_class", "feature", "ibsi_code"]
    part = pd.DataFrame(rows, columns=names).assign(label=1, value=values, reason="")
    write_feature_part(path, part)


@pytest.fixture
def run(tmp_path):
    bids = write_dataset_root(tmp_path / "bids", SUBJECTS)
    rng = np.random.default_rng(0)
    for subject in SUBJECTS:
        ramp = np.arange(64, dtype=np.float32).reshape(4, 4, 4)
        write_image(image_path(bids, subject, "T1w"), ramp, np.eye(4))
        values = rng.normal(size=4) + 40 * (subject == "03")
        anat = tmp_path / "out" / f"sub-{subject}" / "anat"
        write_features(anat / f"sub-{subject}_features.parquet", values)
    (tmp_path / "out" / "dataset_description.json").write_text(
        json.dumps({"GeneratedBy": [{"Name": "mslens"}]})
    )

    def call(*options):
        command = ["run", str(bids), str(tmp_path / "out"), "--steps", "report", "--nprocs", "0"]
        return execute([*command, *options]), tmp_path / "out"

    return call


def test_pages_show_the_scores_of_the_same_run_and_the_next_run_does_nothing(run, capsys):
    code, out = run()
    assert code == 0, capsys.readouterr().err
    assert load_cohort(out / "radiomics").X.shape == (8, 4)
    page = (out / "sub-03.html").read_text()
    assert "100.0 %" in page.replace("\u202f", " ")
    assert "Radiomics" in page
    assert "Radiomics" in (out / "group.html").read_text()
    pages = {path: path.stat().st_mtime_ns for path in out.glob("*.html")}
    capsys.readouterr()
    assert run()[0] == 0
    assert "done in" not in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in pages} == pages
    lines = ["assessment\tsubjects\troi\tfeature_class\tfeatures\trobust\tshare"]
    lines.append("noise-0.05\t8\tNAWM\tglcm\t2\t1\t0.5")
    (out / "robustness").mkdir()
    (out / "robustness" / "robustness.tsv").write_text("\n".join(lines) + "\n")
    assert execute(["report", str(out), "--participant-label", "03"]) == 0
    assert "Robust share by class and region" in (out / "group.html").read_text()


def test_with_too_few_sessions_nothing_is_scored_and_it_is_said(run, tmp_path, capsys):
    (tmp_path / "settings.toml").write_text("[radiomics_cohort]\nmin_sessions = 20\n")
    code, out = run("--config", str(tmp_path / "settings.toml"))
    assert code == 0
    assert "scores need 20 sessions; there are 8" in capsys.readouterr().err
    assert "Radiomics" not in (out / "sub-03.html").read_text()
    assert load_cohort(out / "radiomics").obs["participant_id"].tolist()[0] == "sub-01"
