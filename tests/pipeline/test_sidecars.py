import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mslens.core.settings import Settings
from mslens.pipeline.failures import StepError
from mslens.pipeline.sidecars import (
    describe_source,
    json_ready,
    list_sources,
    make_sidecar,
    redact,
    sidecar_path,
)
from pipeline import fake_steps
from pipeline.fake_steps import make_task, step


@pytest.mark.parametrize(
    ("name", "sidecar"),
    [
        ("sub-01_T1w.nii.gz", "sub-01_T1w.json"),
        ("sub-01_T1w.nii", "sub-01_T1w.json"),
        ("volumes.tsv", "volumes.json"),
        ("a.b_xfm.txt", "a.b_xfm.json"),
        ("name", "name.json"),
        ("sub-01.json", None),
    ],
)
def test_the_sidecar_stands_beside_its_file(name, sidecar):
    expected = None if sidecar is None else Path("/x", sidecar)
    assert sidecar_path(Path("/x", name)) == expected


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/data/out/sub-01/anat/a.nii.gz", "bids::sub-01/anat/a.nii.gz"),
        ("/data/bids/sub-01/anat/a b.nii.gz", "bids:raw:sub-01/anat/a b.nii.gz"),
        ("/data/bids/derivatives/lst/m.nii.gz", "bids:raw:derivatives/lst/m.nii.gz"),
        ("/home/jane.doe/masks/m.nii.gz", "m.nii.gz"),
        ("/data/bids2/m.nii.gz", "m.nii.gz"),
    ],
)
def test_a_source_is_a_uri_and_tells_no_folder_of_the_user(path, source):
    found = describe_source(Path(path), Path("/data/out"), {"raw": Path("/data/bids")})
    assert found == source


def test_an_output_folder_inside_the_dataset_is_still_the_output_folder():
    out = Path("/data/bids/derivatives/mslens")
    assert describe_source(out / "a.nii", out, {"raw": Path("/data/bids")}) == "bids::a.nii"


def test_sources_are_named_once_and_without_the_files_of_the_engine():
    out = Path("/out")
    files = {"a": out / "a.nii", "b": out / "a.nii", "outcomes": out / ".mslens/outcomes/x.json"}
    assert list_sources(files, out, {}) == ["bids::a.nii"]


def test_the_sidecar_describes_by_the_first_line_of_the_step(tmp_path):
    task = make_task(tmp_path, "01", step("join", version=3), "a.nii.gz")
    values = make_sidecar(task, ["image", "table"], ["bids::x"], {"a": 1}, fake_steps.join)
    assert values["Description"] == "Join the texts of the inputs: image, table"
    assert values["Sources"] == ["bids::x"]
    assert values["GeneratedBy"]["Step"] == "join"
    assert values["GeneratedBy"]["StepVersion"] == 3
    assert values["Facts"] == {"a": 1}
    json.dumps(values)


class WithPaths(Settings):
    model: Path = Path("/home/jane.doe/models/m.onnx")
    nested: dict[str, tuple[str, ...]] = {"a": ("/home/jane.doe/x.txt", "relative/y.txt")}  # noqa: RUF012


def test_settings_tell_of_an_absolute_path_only_the_name(tmp_path):
    task = replace(make_task(tmp_path, "01", step("join"), "a.nii.gz"), settings=WithPaths())
    values = make_sidecar(task, ["image"], [], {}, fake_steps.join)
    assert values["Settings"] == {"model": "m.onnx", "nested": {"a": ["x.txt", "relative/y.txt"]}}


def test_facts_become_plain_json():
    facts = {
        "volume_ml": np.float32(1.5),
        "count": np.int64(3),
        "ok": np.bool_(True),
        "centre": np.array([1.0, np.nan]),
        1: (None, float("inf"), "text"),
    }
    plain = json_ready(facts, step="s")
    assert json.loads(json.dumps(plain, allow_nan=False)) == {
        "volume_ml": 1.5,
        "count": 3,
        "ok": True,
        "centre": [1.0, None],
        "1": [None, None, "text"],
    }


def test_a_fact_that_is_no_json_is_refused_by_step_and_type():
    with pytest.raises(StepError, match="'bias' returned a fact of type PosixPath"):
        json_ready({"a": [Path("/x")]}, step="bias")


def test_a_temporary_folder_is_taken_out_of_every_text():
    values = {"a": ["/tmp/x/image/a.nii", 1], "b": {"c": "wrote /tmp/x/a and /tmp/xy"}}
    expected = {"a": ["image/a.nii", 1], "b": {"c": "wrote a and /tmp/xy"}}
    assert redact(values, Path("/tmp/x")) == expected
