"""`mslens radiomics` from the command line: tables, names, resume; a bad pair is alone."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mslens.cli.main import app, execute
from mslens.io.feature_files import load_cohort, read_feature_part
from mslens.io.nifti import load_volume
from mslens.radiomics.extract import extract_features
from mslens.radiomics.settings import choose_preset
from region_images import SHAPE, make_image, make_labels, save, save_pair

FAST = ("--nprocs", "0")
PARAMS = """
imageType: {Original: {}, LoG: {sigma: [2.0]}}
featureClass: {firstorder: [Mean, Maximum], glcm: [Contrast]}
setting: {binWidth: 5, minimumROIDimensions: 1}
"""


@pytest.fixture
def params(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS)
    return ("--params", str(path))


def test_one_image_gives_the_values_of_the_kernel_and_its_sidecar(tmp_path):
    out = tmp_path / "out"
    assert execute(["radiomics", *save_pair(tmp_path), str(out), *FAST]) == 0
    part = read_feature_part(out / "features.parquet")
    found = extract_features(
        make_image(), make_labels(), voxel_size_mm=(1, 1, 1), settings=choose_preset("pyradiomics")
    )
    assert len(part) == 2 * 107
    assert np.array_equal(part["value"], found.matrix.ravel(), equal_nan=True)
    facts = json.loads((out / "features.json").read_text())["Facts"]
    assert (facts["regions"], facts["features_per_region"], facts["values"]) == (2, 107, 214)
    assert (out / "status" / "sub-one.json").exists()


def test_names_come_from_the_table_beside_and_labels_can_be_chosen(tmp_path, params, capsys):
    pair = save_pair(tmp_path)
    (tmp_path / "one_label.tsv").write_text("index\tname\n3\tThalamus_L\n")
    out = tmp_path / "out"
    assert execute(["radiomics", *pair, str(out), *params, *FAST]) == 0
    assert read_feature_part(out / "features.parquet")["roi"].unique().tolist() == ["Thalamus_L"]
    (flag,) = json.loads((out / "features.json").read_text())["Facts"]["flags"]
    assert "1 labels are not in the table of names and were left out: 7" in flag["message"]
    assert execute(["radiomics", *pair, str(out), *params, *FAST, "--label", "7", "3"]) == 0
    assert read_feature_part(out / "features.parquet")["roi"].unique().tolist() == [
        "7",
        "Thalamus_L",
    ]


def test_filtered_images_voxel_maps_and_the_wide_table(tmp_path, params):
    out = tmp_path / "out"
    wanted = "log-sigma-2-0-mm-3D_firstorder_Mean"
    options = ("--save-filtered", "--wide", "--voxel-map", wanted)
    assert execute(["radiomics", *save_pair(tmp_path), str(out), *params, *FAST, *options]) == 0
    assert np.array_equal(load_volume(out / "filtered" / "original.nii.gz").data, make_image())
    assert (out / "filtered" / "log-sigma-2-0-mm-3D.nii.gz").exists()
    mapped = load_volume(out / "maps" / f"{wanted}.nii.gz").data
    assert ((mapped != 0) == (make_labels() > 0)).all()
    wide = pd.read_csv(out / "features_wide.tsv", sep="\t")
    assert wide["roi"].tolist() == [3, 7]
    expected = make_image()[make_labels() == 7].mean()
    assert wide["original_firstorder_Mean"][1] == pytest.approx(expected, rel=1e-6)
    assert json.loads((out / "features_wide.json").read_text())["original_glcm_Contrast"] == {
        "Description": "IBSI ACUI"
    }


def test_of_a_folder_the_bad_pair_fails_alone_and_the_rest_is_kept(tmp_path, params, capsys):
    for n in range(3):
        save(tmp_path / "images" / f"sub-0{n}_T1w.nii.gz", make_image(n))
        save(tmp_path / "labels" / f"sub-0{n}_dseg.nii.gz", make_labels())
    save(tmp_path / "labels" / "sub-01_dseg.nii.gz", make_labels() + np.float32(0.5))
    save(tmp_path / "images" / "sub-09_T1w.nii.gz", make_image())
    out = tmp_path / "out"
    command = ["radiomics", str(tmp_path / "images"), str(tmp_path / "labels"), str(out), *params]
    assert execute([*command, *FAST]) == 2
    said = capsys.readouterr().err
    assert "not integers" in said
    assert "there is no label map for sub-09_T1w.nii.gz" in said
    table = load_cohort(out)
    assert table.obs["participant_id"].tolist() == ["sub-00", "sub-02"]
    assert table.X.shape == (2, 2 * 2 * 3)
    save(tmp_path / "labels" / "sub-01_dseg.nii.gz", make_labels())
    (tmp_path / "images" / "sub-09_T1w.nii.gz").unlink()
    before = (out / "sub-02" / "features.parquet").stat().st_mtime_ns
    assert execute([*command, *FAST]) == 0
    assert (out / "sub-02" / "features.parquet").stat().st_mtime_ns == before
    assert len(load_cohort(out).obs) == 3


def test_the_ibsi_profile_carries_its_codes(tmp_path):
    out = tmp_path / "out"
    pair = save_pair(tmp_path)
    assert execute(["radiomics", *pair, str(out), "--profile", "ibsi", *FAST]) == 0
    part = read_feature_part(out / "features.parquet")
    assert set(part["roi"]) == {"3", "7"}
    mean = part[(part["feature_class"] == "stat") & (part["feature"] == "mean")]
    assert mean["ibsi_code"].tolist() == ["Q4LE", "Q4LE"]
    assert json.loads((out / "features.json").read_text())["Facts"]["profile"] == "ibsi"


def test_nawm_is_one_more_region(tmp_path, params):
    nawm = np.zeros(SHAPE, dtype=np.uint8)
    nawm[6] = 1
    path = save(tmp_path / "one_mask.nii.gz", nawm)
    out = tmp_path / "out"
    assert (
        execute(["radiomics", *save_pair(tmp_path), str(out), *params, *FAST, "--nawm", str(path)])
        == 0
    )
    assert read_feature_part(out / "features.parquet")["roi"].unique().tolist() == [
        "3",
        "7",
        "NAWM",
    ]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--preset", "edss"), "edss-radiomics"),
        (("--params", "x.yaml", "--preset", "pyradiomics"), "both --preset and --params"),
        (("--params", "none.yaml"), "none.yaml"),
        (("--profile", "ibsi", "--preset", "Z"), "preset of the profile ibsi"),
        (("--profile", "ibsi", "--save-filtered"), "no filtered images"),
        (("--voxel-map", "original_glcm_Contrst"), "Contrast"),
        (("--voxel-map", "wavelet-LLH_glcm_Contrast"), "no image type"),
        (("--voxel-map", "original_shape_Flatness"), "feature class of maps"),
    ],
)
def test_a_request_that_cannot_be_met_does_nothing(tmp_path, capsys, options, says):
    out = tmp_path / "out"
    assert execute(["radiomics", *save_pair(tmp_path), str(out), *options]) == 1
    assert says in capsys.readouterr().err
    assert not out.exists()


def test_an_output_folder_that_would_be_searched_is_refused(tmp_path, capsys):
    save_pair(tmp_path / "data")
    folder = str(tmp_path / "data")
    assert execute(["radiomics", folder, folder, str(tmp_path / "data" / "out")]) == 1
    said = capsys.readouterr().err
    assert "lies in a folder of inputs" in said
    assert not (tmp_path / "data" / "out").exists()


def test_the_commands_and_options_of_the_page_exist():
    page = (Path(__file__).parents[3] / "docs" / "radiomics.md").read_text()
    lines = re.findall(r"^mslens (radiomics\S*) (.+)$", page, re.MULTILINE)
    assert len(lines) >= 6
    known = {
        name: {
            option
            for argument in app[name].assemble_argument_collection()
            for option in argument.names
        }
        for name in ("radiomics", "radiomics-robustness")
    }
    for name, words in lines:
        assert set(re.findall(r"--[a-z-]+", words)) <= known[name], words
    for option in re.findall(r"^\| `(--[a-z-]+)", page, re.MULTILINE):
        assert option in known["radiomics"]
