"""The whole study on small simulated tables, then prediction with its model."""

import json

import numpy as np
import pandas as pd
import pytest

from mslens.cli.main import execute
from mslens.core.errors import TableError
from mslens.io.feature_files import load_cohort
from mslens.studies.edss_radiomics.light import demonstrate
from mslens.studies.edss_radiomics.prediction import predict_subjects
from mslens.studies.edss_radiomics.request import Brought
from report.html_page import Page
from studies.edss_radiomics.tables_on_disk import SMALL

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    settings = SMALL.model_copy(update={"n_null": 1})
    demonstrate(folder, n_patients=120, n_features=250, seed=3, settings=settings)
    return folder


@pytest.fixture(scope="module")
def result(out):
    return json.loads((out / "edss-radiomics" / "study.json").read_text())


def test_every_patient_is_in_one_set_and_predicted_once(out, result):
    table = pd.read_csv(out / "edss-radiomics" / "predictions.tsv", sep="\t")
    people = pd.read_csv(out / "cohort" / "participants.tsv", sep="\t")
    assert sorted(table["participant_id"]) == sorted(people["participant_id"])
    assert table["set"].value_counts().to_dict() == result["sizes"]
    site = people.set_index("participant_id").loc[table["participant_id"], "site"].to_numpy()
    assert set(site[table["set"] == "external"]) == {"site2"}
    assert set(site[table["set"] != "external"]) == {"site1"}


def test_scores_are_those_of_the_predictions(out, result):
    table = pd.read_csv(out / "edss-radiomics" / "predictions.tsv", sep="\t")
    for row in result["performance"]:
        part = table[table["set"] == row["set"]]
        r = np.corrcoef(part["observed"], part[row["model"]])[0, 1]
        scores = row["scores"]
        assert scores["r"][0] == pytest.approx(r, abs=1e-4)
        assert scores["r"][1] < scores["r"][0] < scores["r"][2]
        assert scores["r_squared"][0] == pytest.approx(r**2, abs=1e-4)
        error = (part["observed"] - part[row["model"]]).abs().mean()
        assert scores["mean_absolute_error"][0] == pytest.approx(error, abs=1e-4)


def test_the_paper_stands_beside_its_algorithms_only(result):
    beside = {(row["set"], row["model"]): row["paper"] for row in result["performance"]}
    assert beside["external", "ridge"] == [0.755, 0.570, 1.155]
    assert beside["training", "stack"] is None
    assert [row["paper"] for row in result["funnel"]][-2:] == ["21", "9"]


def test_the_published_order_is_more_optimistic_and_says_so(result):
    assert not result["optimistic"]
    ridge = next(row for row in result["optimism"] if row["model"] == "ridge")
    assert ridge["optimism"] > 0.05
    assert ridge["optimism"] == pytest.approx(ridge["r_paper"] - ridge["r_nested"])


def test_the_funnel_adds_up(result):
    left = result["funnel"][0]["left"]
    for row in result["funnel"][1:]:
        left -= row["dropped"]
        assert row["left"] == left
    assert left == len(result["selected"]["features"])


def test_the_saved_model_is_the_best_of_the_training_patients(out, result):
    table = pd.read_csv(out / "edss-radiomics" / "predictions.tsv", sep="\t")
    part = table[table["set"] == "training"]
    errors = {name: ((part[name] - part["observed"]) ** 2).mean() for name in part.columns[3:]}
    assert result["saved"]["model"] == min(errors, key=errors.get)


def test_the_page_shows_every_model_and_loads_nothing(out, result):
    html = (out / "edss-radiomics" / "edss-radiomics.html").read_text()
    page = Page(html)
    text = " ".join(page.text)
    for row in result["performance"]:
        assert row["title"] in text
    for words in ("SIMULATED", "Optimism of the published order", "Null cohort", "TRIPOD+AI"):
        assert words in text
    assert str(out) not in html
    assert not [values for tag, values in page.tags if "http" in values.get("src", "")]


def test_predict_gives_what_the_study_predicted(out, result, tmp_path):
    brought = Brought(
        features=out / "cohort" / "features", clinical=out / "cohort" / "participants.tsv"
    )
    told = []
    path = predict_subjects(
        out / "edss-radiomics" / "model.mslens",
        tmp_path,
        brought=brought,
        coverage=None,
        tell=told.append,
    )
    found = pd.read_csv(path, sep="\t").set_index("participant_id")
    table = pd.read_csv(out / "edss-radiomics" / "predictions.tsv", sep="\t").set_index(
        "participant_id"
    )
    unseen = table[table["set"] != "training"]
    expected = unseen[result["saved"]["model"]].clip(0, 10)
    np.testing.assert_allclose(found.loc[unseen.index, "predicted"], expected, atol=1e-4)
    half = result["intervals"]["half_width"]
    inner = found[(found["low"] > 0) & (found["high"] < 10)]
    np.testing.assert_allclose(inner["high"] - inner["low"], 2 * half, atol=1e-3)


def test_predict_warns_of_a_subject_unlike_the_cohort_and_names_who_is_left_out(out, tmp_path):
    cohort = load_cohort(out / "cohort" / "features")
    wide = pd.DataFrame(np.array(cohort.X[:4]), columns=cohort.names)
    wide.iloc[0] *= 30
    wide.insert(0, "participant_id", cohort.obs["participant_id"][:4].to_numpy())
    wide.iloc[2, 1:] = np.nan
    wide.to_csv(tmp_path / "new.csv", index=False)
    told = []
    brought = Brought(features=tmp_path / "new.csv", clinical=out / "cohort" / "participants.tsv")
    model = out / "edss-radiomics" / "model.mslens"
    path = predict_subjects(model, tmp_path, brought=brought, coverage=0.8, tell=told.append)
    found = pd.read_csv(path, sep="\t")
    assert len(found) == 3
    assert bool(found["unlike"][0])
    assert any("WARNING" in line and "unlike" in line for line in told)
    name = cohort.obs["participant_id"][2].removeprefix("sub-")
    assert any("a feature of the model is missing" in line and name in line for line in told)
    wide.iloc[:, :20].to_csv(tmp_path / "few.csv", index=False)
    few = Brought(features=tmp_path / "few.csv", clinical=brought.clinical)
    with pytest.raises(TableError, match="columns of the model are missing"):
        predict_subjects(model, tmp_path, brought=few, coverage=None, tell=told.append)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:-9] + b"x" + content[-8:], "its hash differs"),
        (lambda content: content[:-400], "its hash differs"),
        (lambda content: content.replace(b"mslens-model 1", b"mslens-model 9", 1), "format 9"),
        (lambda content: b"\x80\x04" + content, "not a model file"),
    ],
    ids=["changed", "truncated", "another format", "a pickle"],
)
def test_the_command_refuses_a_tampered_model(out, tmp_path, capsys, change, message):
    content = (out / "edss-radiomics" / "model.mslens").read_bytes()
    broken = tmp_path / "m.mslens"
    broken.write_bytes(change(content))
    people = out / "cohort" / "participants.tsv"
    options = [f"--features={out / 'cohort' / 'features'}", f"--clinical={people}"]
    assert execute(["predict", str(broken), str(tmp_path / "new"), *options]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert str(broken) in said
    assert "Traceback" not in said
    assert not (tmp_path / "new" / "predictions.tsv").exists()


def test_the_command_runs_the_published_order_and_labels_it(out, tmp_path, capsys):
    config = tmp_path / "small.toml"
    config.write_text(SMALL.to_toml())
    code = execute(
        [
            "study",
            "edss-radiomics",
            str(tmp_path / "run"),
            f"--features={out / 'cohort' / 'features'}",
            f"--clinical={out / 'cohort' / 'participants.tsv'}",
            "--protocol=paper",
            "--harmonise=combat",
            f"--config={config}",
        ]
    )
    assert code == 0
    page = capsys.readouterr().out.strip()
    assert page.endswith("edss-radiomics.html")
    found = json.loads((tmp_path / "run" / "edss-radiomics" / "study.json").read_text())
    assert found["optimistic"]
    assert {row["model"] for row in found["performance"]} == {"ridge", "random-forest"}
    html = (tmp_path / "run" / "edss-radiomics" / "edss-radiomics.html").read_text()
    assert "OPTIMISTIC PROTOCOL" in html
    assert "External sites were harmonised by ComBat" in html
    assert "optimistic" in (tmp_path / "run" / "edss-radiomics" / "model_card.md").read_text()
    assert str(tmp_path) not in html
