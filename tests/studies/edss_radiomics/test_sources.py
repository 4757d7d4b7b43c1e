"""Features, volumes and disconnection from every place that the study reads."""

import json

import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import TableError
from mslens.core.features import FeatureTable
from mslens.image.parcel_names import REGIONS
from mslens.io.feature_files import save_cohort, write_feature_part
from mslens.studies.edss_radiomics.blocks import CHACO, COVARIATE, RADIOMICS, VOLUMES
from mslens.studies.edss_radiomics.feature_source import name_columns, read_features
from mslens.studies.edss_radiomics.flow import run_study
from mslens.studies.edss_radiomics.inputs import gather_inputs
from mslens.studies.edss_radiomics.prediction import predict_subjects
from mslens.studies.edss_radiomics.request import Brought
from mslens.studies.edss_radiomics.run_source import find_run_files, read_disconnection
from studies.edss_radiomics.tables_on_disk import SMALL, make_clinical, make_features

CLINICAL = make_clinical()
WIDE = make_features(CLINICAL)
NAMES = [name for name in WIDE.columns if name != "participant_id"]
VALUES = WIDE[NAMES].to_numpy(dtype=np.float32)


def as_table() -> FeatureTable:
    parts = [name.replace(".", "_", 1).rsplit("_", 3) for name in NAMES]
    var = pd.DataFrame(parts, columns=["roi", "image_type", "feature_class", "feature"])
    obs = pd.DataFrame({"participant_id": WIDE["participant_id"], "session_id": ""})
    return FeatureTable(VALUES, obs, var.assign(ibsi_code=""))


def as_long() -> pd.DataFrame:
    table = as_table()
    rows = [
        {"participant_id": who, **dict(table.var.iloc[j]), "value": table.X[i, j]}
        for i, who in enumerate(table.obs["participant_id"])
        for j in range(len(table.var))
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("form", ["tsv", "csv", "parquet", "long", "cohort", "parts"])
def test_features_are_the_same_in_every_form(tmp_path, form):
    path = tmp_path / f"features.{form}"
    if form in ("tsv", "csv"):
        WIDE.to_csv(path, sep="\t" if form == "tsv" else ",", index=False)
    elif form == "parquet":
        WIDE.to_parquet(path)
    elif form == "long":
        path = tmp_path / "long.csv"
        as_long().to_csv(path, index=False)
    elif form == "cohort":
        save_cohort(path, as_table())
    else:
        for i, who in enumerate(WIDE["participant_id"]):
            part = as_table().var.assign(label=1, value=VALUES[i].astype(float), reason="")
            write_feature_part(path / who / f"{who}_features.parquet", part)
    table = read_features(path)
    assert name_columns(table) == NAMES
    assert table.obs["participant_id"].tolist() == [f"{i:03d}" for i in range(len(CLINICAL))]
    np.testing.assert_allclose(table.X, VALUES, rtol=1e-6)


def test_names_of_the_user_stay_as_they_are(tmp_path):
    table = WIDE.rename(columns={NAMES[0]: "my texture", NAMES[1]: "a_b"})
    table.to_csv(tmp_path / "f.csv", index=False)
    assert name_columns(read_features(tmp_path / "f.csv"))[:3] == ["my texture", "a_b", NAMES[2]]


@pytest.mark.parametrize(
    ("name", "message"),
    [("x.xlsx", "ending in '.xlsx'"), ("nothing", "no such features"), ("", "holds no features")],
)
def test_refuses_what_it_cannot_read(tmp_path, name, message):
    path = tmp_path / name
    if path.suffix:
        path.write_bytes(b"PK")
    with pytest.raises(TableError, match=message):
        read_features(path)


@pytest.fixture(scope="module")
def run_output(tmp_path_factory):
    """Output of a run: cohort of features, volumes, disconnection, inside its dataset."""
    root = tmp_path_factory.mktemp("bids")
    out = root / "derivatives" / "mslens"
    CLINICAL.to_csv(root / "participants.tsv", sep="\t", index=False)
    (root / "dataset_description.json").write_text(
        json.dumps({"GeneratedBy": [{"Name": "mslens simulate"}]})
    )
    save_cohort(out / "radiomics", as_table())
    rng = np.random.default_rng(5)
    n = len(CLINICAL)
    regions = [region.name for region in REGIONS if region.in_set114][:4]
    volumes = pd.DataFrame({"participant_id": CLINICAL["participant_id"], "session_id": None})
    tiv = rng.normal(1500, 100, n)
    volumes["tiv"] = tiv
    volumes["lesion-load"] = rng.gamma(1, 8, n)
    volumes["lesion-load_periventricular"] = 1.0
    volumes["brain"] = 0.7 * tiv + rng.normal(0, 20, n)
    for name in regions:
        volumes[f"region_{name}"] = 0.004 * tiv + rng.normal(0, 0.3, n)
    volumes["group_cortex"] = 500.0
    volumes.to_csv(out / "group_volumes.tsv", sep="\t", index=False, na_rep="n/a")
    for who in CLINICAL["participant_id"]:
        chaco = pd.DataFrame({"region": ["A", "B"], "chaco": rng.random(2), "reference": "R"})
        (out / who / "anat").mkdir(parents=True)
        path = out / who / "anat" / f"{who}_disconnection.tsv"
        chaco.to_csv(path, sep="\t", index=False)
    return out


def test_a_run_is_found_with_its_dataset(run_output):
    found = find_run_files(run_output)
    assert found.simulated
    assert len(found.disconnection) == len(CLINICAL)
    data = gather_inputs(run_output, Brought(), columns={})
    assert data.from_run
    assert data.simulated
    assert list(data.disconnection.columns) == ["chaco.A", "chaco.B"]


def test_disconnection_by_two_references_is_refused(tmp_path):
    paths = {}
    for who, reference in (("a", "HCP"), ("b", "synthetic")):
        paths[who] = tmp_path / f"sub-{who}_disconnection.tsv"
        table = pd.DataFrame({"region": ["A"], "chaco": [0.1], "reference": [reference]})
        table.to_csv(paths[who], sep="\t", index=False)
    with pytest.raises(TableError, match="2 references: HCP, synthetic"):
        read_disconnection(paths)


def test_the_study_uses_all_blocks_of_a_run_and_predicts_from_them(run_output, tmp_path):
    data = gather_inputs(run_output, Brought(), columns={})
    files = run_study(data, tmp_path / "study", SMALL, command="", tell=lambda _: None)
    result = json.loads(files.result.read_text())
    assert result["blocks"] == {"clinical": 4, COVARIATE: 1, VOLUMES: 6, CHACO: 2, RADIOMICS: 30}
    joined = next(row for row in result["funnel"] if row["step"].startswith("Clinic"))
    assert joined["left"] == 30 + 4 + 6 + 2
    tests = {row["key"]: row["test"] for row in result["sites"]}
    assert tests["lesion_load"] == "ANCOVA for age, sex and head size"
    assert tests["age"].startswith("Student")
    path = predict_subjects(
        files.model, run_output, brought=Brought(), coverage=None, tell=lambda _: None
    )
    found = pd.read_csv(path, sep="\t").set_index("participant_id")["predicted"]
    table = pd.read_csv(tmp_path / "study" / "predictions.tsv", sep="\t")
    table = table[table["set"] == "external"].set_index("participant_id")
    expected = table[result["saved"]["model"]].clip(0, 10)
    np.testing.assert_allclose(found.loc[table.index], expected, atol=1e-4)
