import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import GridMismatch, ImageError, TableError, UnknownName
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.io.feature_files import read_feature_part
from mslens.io.nifti import load_volume, save_volume
from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.images import Original, Wavelet
from mslens.radiomics.perturb import Perturbation
from mslens.radiomics.robustness import RobustnessSettings
from mslens.radiomics.settings import RadiomicsSettings
from mslens.radiomics.steps import (
    DisturbedSettings,
    ExtractionSettings,
    assess_parts,
    extract_disturbed,
    extract_regions,
    map_voxels,
)

SMALL = ExtractionSettings(
    radiomics=RadiomicsSettings(
        images=(Original(), Wavelet()),
        features={"firstorder": ("Mean",), "glcm": ("Contrast",)},
        discretisation=Discretisation(bin_width=5.0),
    )
)


@pytest.fixture
def inputs(tmp_path):
    rng = np.random.default_rng(0)
    oblique = np.eye(4)
    oblique[:3, :3] = np.array([[0.9, -0.3, 0], [0.3, 0.9, 0], [0, 0, 2.0]])
    grid = Grid(oblique, (12, 11, 10))
    labels = np.zeros(grid.shape, dtype=np.int32)
    labels[1:5, 2:9, 2:8], labels[6:9, 2:9, 2:8], labels[10, 1, 1] = 7, 3, 2_000_000_000
    white = np.zeros(grid.shape, dtype=bool)
    white[9:12, 2:9, 2:8] = True
    image = Volume(rng.normal(100, 20, grid.shape).astype(np.float32), grid)
    paths = {name: tmp_path / f"{name}.nii.gz" for name in ("image", "labels", "nawm")}
    save_volume(paths["image"], image)
    save_volume(paths["labels"], Volume(labels, grid, "label"))
    save_volume(paths["nawm"], Volume(white, grid, "mask"))
    return paths


def write_table(path, rows):
    columns = ["index", "name", "in_set114"]
    pd.DataFrame(rows, columns=columns).to_csv(path, sep="\t", index=False)
    return path


def test_regions_keep_their_names_and_nawm_is_one_more(inputs, tmp_path):
    rows = [[7, "Thalamus_L", "true"], [3, "Putamen_L", "true"], [9, "Lost", "true"]]
    rows.append([4, "Vermis", "false"])
    inputs["table"] = write_table(tmp_path / "regions.tsv", rows)
    outputs = {"features": tmp_path / "features.parquet"}
    facts = extract_regions(inputs, outputs, SMALL)
    part = read_feature_part(outputs["features"])
    assert part["roi"].unique().tolist() == ["Thalamus_L", "Putamen_L", "Lost", "NAWM"]
    assert len(part) == facts["values"] == 4 * 9 * 2
    assert facts["missing"] == {"the region is not in the label map": 18}
    assert "Lost" in facts["flags"][0]["message"]
    lost = part[part["roi"] == "Lost"]
    assert lost["value"].isna().all()
    assert (part.loc[part["value"].notna(), "reason"] == "").all()
    row = part[(part["roi"] == "NAWM") & (part["image_type"] == "original")]
    assert row["ibsi_code"].tolist() == ["Q4LE", "ACUI"]


def test_of_another_parcellation_the_grey_matter_is_described(inputs, tmp_path):
    path = tmp_path / "regions.tsv"
    rows = ["index\tname\tgroup\tin_set114", "7\tLeft-Thalamus\tdeep-grey-matter\tfalse"]
    path.write_text("\n".join([*rows, "3\tLeft-White\twhite-matter\tfalse"]) + "\n")
    outputs = {"features": tmp_path / "features.parquet"}
    extract_regions(inputs | {"table": path}, outputs, SMALL)
    part = read_feature_part(outputs["features"])
    assert part["roi"].unique().tolist() == ["Left-Thalamus", "NAWM"]
    path.write_text("index\tname\tgroup\n7\ta\tother\n3\tb\tother\n")
    extract_regions(inputs | {"table": path}, outputs, SMALL)
    assert read_feature_part(outputs["features"])["roi"].unique().tolist() == ["a", "b", "NAWM"]


def test_without_a_table_labels_name_themselves(inputs, tmp_path):
    inputs = {name: inputs[name] for name in ("image", "labels")}
    outputs = {"features": tmp_path / "features.parquet"}
    facts = extract_regions(inputs, outputs, SMALL)
    part = read_feature_part(outputs["features"])
    assert part["roi"].unique().tolist() == ["3", "7", "2000000000"]
    assert any(reason.startswith("region too small") for reason in facts["missing"])


def test_the_same_input_gives_the_same_bytes(inputs, tmp_path):
    outputs = [{"features": tmp_path / f"{n}.parquet"} for n in "ab"]
    facts = [extract_regions(inputs, o, SMALL) for o in outputs]
    assert facts[0] == facts[1]
    assert outputs[0]["features"].read_bytes() == outputs[1]["features"].read_bytes()


def test_filtered_images_can_be_saved(inputs, tmp_path):
    outputs = {name: tmp_path / f"{name}.nii.gz" for name in ("wavelet-HLL", "original")}
    outputs["features"] = tmp_path / "features.parquet"
    extract_regions(inputs, outputs, SMALL)
    saved, image = load_volume(outputs["original"]), load_volume(inputs["image"])
    assert (saved.data == image.data).all()
    assert saved.grid.is_close(image.grid)
    assert load_volume(outputs["wavelet-HLL"]).data.std() > 0
    outputs["wavelet-HLX"] = tmp_path / "x.nii.gz"
    with pytest.raises(UnknownName, match="wavelet-HL"):
        extract_regions(inputs, outputs, SMALL)


def test_voxel_wise_maps(inputs, tmp_path):
    roles = {"original_firstorder_Mean": tmp_path / "mean.nii.gz"}
    chosen = {"image": inputs["image"], "mask": inputs["nawm"]}
    settings = ExtractionSettings(radiomics=RadiomicsSettings())
    facts = map_voxels(chosen, roles, settings)
    assert facts["voxels"] == 3 * 7 * 6
    mapped = load_volume(roles["original_firstorder_Mean"])
    assert (mapped.data != 0).sum() == facts["voxels"]
    with pytest.raises(UnknownName):
        map_voxels(chosen, {"Mean": tmp_path / "x.nii.gz"}, settings)


def test_bad_input_is_named(inputs, tmp_path):
    outputs = {"features": tmp_path / "features.parquet"}
    shifted = load_volume(inputs["labels"], kind="label")
    affine = shifted.grid.affine.copy()
    affine[0, 3] += 3
    save_volume(
        tmp_path / "moved.nii.gz", Volume(shifted.data, Grid(affine, shifted.grid.shape), "label")
    )
    with pytest.raises(GridMismatch, match="label map"):
        extract_regions(inputs | {"labels": tmp_path / "moved.nii.gz"}, outputs, SMALL)
    half = shifted.like(np.where(shifted.data > 0, 0.5, 0.0).astype(np.float32), "scalar")
    save_volume(tmp_path / "half.nii.gz", half)
    with pytest.raises(ImageError):
        extract_regions(inputs | {"labels": tmp_path / "half.nii.gz"}, outputs, SMALL)
    table = tmp_path / "regions.tsv"
    for rows, says in (
        ([["x", "Thalamus", "true"]], "whole number"),
        ([[7, "Thalamus", "true"], [7, "Again", "true"]], "twice"),
    ):
        with pytest.raises(TableError, match=says):
            extract_regions(inputs | {"table": write_table(table, rows)}, outputs, SMALL)
    table.write_text("label\tname\n7\tThalamus\n")
    with pytest.raises(TableError, match="index"):
        extract_regions(inputs | {"table": table}, outputs, SMALL)
    assert not outputs["features"].exists()


def test_disturbed_measurements_are_assessed_over_subjects(inputs, tmp_path):
    roles = ("original", "noise-0.05", "bins-32")
    parts = {}
    for n in range(3):
        settings = DisturbedSettings(
            radiomics=SMALL.radiomics,
            perturbations=(Perturbation(kind="noise", amount=0.05),),
            bin_counts=(32,),
            subject=f"sub-{n}",
        )
        image = load_volume(inputs["image"])
        ramp = np.linspace(0, 30 * n, image.data.shape[0], dtype=np.float32)[:, None, None]
        path = tmp_path / f"image{n}.nii.gz"
        save_volume(path, image.like(image.data + 40 * n + ramp))
        outputs = {role: tmp_path / f"{role}_{n}.parquet" for role in roles}
        facts = extract_disturbed(inputs | {"image": path}, outputs, settings)
        assert facts["measurements"] == list(roles)
        parts |= {f"{role}/sub-{n}": path for role, path in outputs.items()}
    noisy = {k: v for k, v in parts.items() if not k.startswith("bins")}
    outputs = {"table": tmp_path / "robustness.parquet", "summary": tmp_path / "summary.tsv"}
    facts = assess_parts(noisy, outputs, RobustnessSettings())
    table = pd.read_parquet(outputs["table"])
    mean = table[(table["feature"] == "Mean") & (table["image_type"] == "original")]
    assert mean.loc[mean["roi"] != "2000000000", "robust"].all()
    assert facts["subjects"] == 3
    assert facts["features"] == len(table)
    assert outputs["summary"].read_text().startswith("roi\tfeature_class")
    facts = assess_parts(dict(list(noisy.items())[1:]), outputs, RobustnessSettings())
    assert facts["subjects"] == 2
    assert "1 subjects lack a measurement: sub-0" in facts["flags"][0]["message"]
    with pytest.raises(TableError, match="1 subjects have all of 2 measurements"):
        assess_parts(dict(list(noisy.items())[3:]), outputs, RobustnessSettings())
    with pytest.raises(UnknownName, match="noise-"):
        extract_disturbed(inputs, {"noise-0.5": tmp_path / "x.parquet"}, settings)
