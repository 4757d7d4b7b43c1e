"""`mslens radiomics-robustness` from the command line, on images whose truth is known."""

import json

import numpy as np
import pandas as pd
import pytest

from mslens.cli.main import execute
from region_images import make_image, make_labels, save

PARAMS = """
featureClass: {firstorder: [Mean, Skewness], glcm: [Contrast], shape: [VoxelVolume]}
setting: {binWidth: 5}
"""


def write_people(folder, n=12, *, seed=0, noise=0.5):
    """Write people who differ in brightness and in contrast; the noise is new every time."""
    rng = np.random.default_rng(seed)
    for person in range(n):
        base = make_image(person)
        base = 100 + (base - base.mean()) * (1 + 0.2 * person)
        image = base + 10 * person + rng.normal(0, noise, base.shape)
        save(folder / f"sub-{person:02d}_T1w.nii.gz", image.astype(np.float32))
    return str(folder)


@pytest.fixture
def study(tmp_path, capsys):
    (tmp_path / "params.yaml").write_text(PARAMS)
    images = write_people(tmp_path / "images")
    for person in range(12):
        save(tmp_path / "labels" / f"sub-{person:02d}_dseg.nii.gz", make_labels())
    base = ["radiomics-robustness", images, str(tmp_path / "labels"), str(tmp_path / "out")]

    def run(*options):
        words = ["--params", str(tmp_path / "params.yaml"), "--nprocs", "0", *options]
        return execute([*base, *words]), capsys.readouterr()

    return tmp_path, run


def test_stable_features_are_kept_and_what_a_disturbance_destroys_is_not(study):
    folder, run = study
    code, said = run("--perturbation", "noise-0.01", "noise-3")
    assert code == 0, said.err
    shares = pd.read_csv(folder / "out" / "robustness.tsv", sep="\t")
    assert set(shares["assessment"]) == {"noise-0.01", "noise-3", "all"}
    assert set(shares["subjects"]) == {12}
    by_set = shares.groupby("assessment")[["robust", "features"]].sum()
    assert by_set.loc["noise-0.01", "robust"] > by_set.loc["noise-3", "robust"]
    table = pd.read_parquet(folder / "out" / "assessments" / "noise-3.parquet")
    table = table.set_index(["roi", "feature"])
    assert table.loc[("3", "Mean"), "robust"]
    assert not table.loc[("3", "Skewness"), "robust"]
    assert "the same everywhere" in table.loc[("3", "VoxelVolume"), "reason"]
    page = (folder / "out" / "robustness.html").read_text()
    assert "noise-3" in page
    assert str(folder) not in page


def test_repeats_are_compared_at_every_grey_level_and_an_incomplete_subject_is_left_out(study):
    folder, run = study
    again = write_people(folder / "again", 11, seed=1)
    options = ("--preset", "qsm-robustness", "--repeat-images", again, "--bin-count", "8", "32")
    code, said = run(*options)
    assert code == 2
    assert "image-2: there is not exactly one image" in said.err
    shares = pd.read_csv(folder / "out" / "robustness.tsv", sep="\t")
    assert set(shares["assessment"]) == {"images", "bins-8", "bins-32"}
    assert set(shares["subjects"]) == {11}
    assert "shape" not in set(shares["feature_class"])
    facts = json.loads((folder / "out" / "assessments" / "bins-8.json").read_text())["Facts"]
    assert facts["measurements"] == ["bins-8", "image-2_bins-8"]
    assert "sub-11" in facts["flags"][0]["message"]
    assert facts["threshold"] == 0.85


def test_the_lower_limit_is_stricter_and_a_second_run_measures_nothing(study):
    folder, run = study
    options = ("--perturbation", "noise-0.2", "--threshold", "0.9")
    assert run(*options)[0] == 0
    share = pd.read_csv(folder / "out" / "robustness.tsv", sep="\t")["robust"].sum()
    parts = {p: p.stat().st_mtime_ns for p in (folder / "out" / "measurements").rglob("*.parquet")}
    assert len(parts) == 24
    assert run(*options, "--limit", "lower")[0] == 0
    assert {p: p.stat().st_mtime_ns for p in parts} == parts
    assert pd.read_csv(folder / "out" / "robustness.tsv", sep="\t")["robust"].sum() <= share
    assert "lower 95% limit of ICC(2,1) ≥ 0.90" in (folder / "out/robustness.html").read_text()


def test_one_subject_or_no_repeat_is_refused(study, tmp_path):
    folder, run = study
    assert run("--perturbation", "none")[0] == 1
    code = execute(
        [
            "radiomics-robustness",
            str(folder / "images" / "sub-00_T1w.nii.gz"),
            str(folder / "labels" / "sub-00_dseg.nii.gz"),
            str(tmp_path / "other"),
        ]
    )
    assert code == 1
