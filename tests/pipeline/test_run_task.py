import json
import warnings
from dataclasses import replace

import pytest

from mslens.core.errors import InputError, OutputError
from mslens.pipeline import run_task as module
from mslens.pipeline.failures import StepError
from mslens.pipeline.ledger import Ledger
from mslens.pipeline.run_task import run_task
from mslens.pipeline.scratch import scratch_root
from pipeline.fake_steps import FakeSettings, make_raw, make_task, output, step


@pytest.fixture
def run(folders):
    """Return `run(function, task=None)`: run a fake step on the image of sub-01."""
    raw, out = folders
    image = make_raw(raw, "01")

    def start(function="join", **changes):
        task = make_task(out, "01", step(function), "desc-a_T1w.nii.gz", image=image)
        task = replace(task, **changes)
        ledger = Ledger(out, "01")
        verdict = ledger.examine(task, task.inputs)
        return run_task(task, task.inputs, ledger=ledger, verdict=verdict, datasets={"raw": raw})

    return start


def files_of(out):
    return sorted(path.name for path in out.rglob("*") if path.is_file())


def test_output_sidecar_and_marker_are_in_place_and_nothing_else(folders, run):
    run()
    assert files_of(folders[1]) == [
        "sub-01_desc-a_T1w.json",
        "sub-01_desc-a_T1w.nii.gz",
        "sub-01_join.json",
    ]
    text = output(folders[1], "01", "desc-a_T1w.nii.gz").read_text()
    assert text == "settings|image=raw"


def test_the_sidecar_is_the_same_whenever_and_wherever_it_is_written(folders, run):
    path = output(folders[1], "01", "desc-a_T1w.json")
    run()
    first = path.read_bytes()
    run()
    assert path.read_bytes() == first
    values = json.loads(first)
    assert values["Sources"] == ["bids:raw:sub-01/anat/sub-01_T1w.nii.gz"]
    assert values["Facts"]["flags"] == []
    assert str(folders[0].parent) not in first.decode()


def test_the_data_dictionary_of_a_table_is_kept_and_completed(folders, run):
    run("tabulate", outputs={"table": output(folders[1], "01", "volumes.tsv")})
    values = json.loads(output(folders[1], "01", "volumes.json").read_text())
    assert values["volume_ml"] == {"Units": "mL"}
    assert values["GeneratedBy"]["Step"] == "tabulate"


def test_outputs_of_one_name_share_a_sidecar(folders, run):
    outputs = {
        "dseg": output(folders[1], "01", "dseg.nii.gz"),
        "table": output(folders[1], "01", "dseg.tsv"),
    }
    marker = run("tabulate", outputs={"table": outputs["table"]})
    marker = run("join", outputs=outputs)
    assert list(marker.sidecars) == ["sub-01/anat/sub-01_dseg.json"]
    values = json.loads(output(folders[1], "01", "dseg.json").read_text())
    assert values["Description"].endswith(": dseg, table")


def test_an_output_that_is_json_has_no_sidecar(folders, run):
    marker = run(outputs={"facts": output(folders[1], "01", "facts.json")})
    assert marker.sidecars == {}


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        ("write_nothing", StepError, "step 'write-nothing' did not write: image"),
        ("write_empty", StepError, "step 'write-empty' left empty: image"),
        ("return_object", StepError, "returned a fact of type object"),
        ("change_input", InputError, "an input of step 'change-input' changed"),
        ("crash", KeyError, "secret"),
        ("no_such_function", AttributeError, "no_such_function"),
    ],
)
def test_a_step_that_fails_leaves_nothing(folders, run, function, error, message):
    with pytest.raises(error, match=message):
        run(function)
    assert files_of(folders[1]) == []
    assert list(scratch_root(folders[1]).glob("*/*")) == []


def test_a_failure_leaves_the_result_of_the_earlier_run_alone(folders, run):
    run()
    before = output(folders[1], "01", "desc-a_T1w.nii.gz").read_bytes()
    with pytest.raises(StepError):
        run("write_empty")
    assert output(folders[1], "01", "desc-a_T1w.nii.gz").read_bytes() == before


def test_no_temporary_path_stays_in_facts_or_warnings(run):
    marker = run("tell_path")
    assert marker.facts == {"path": ["image/sub-01_desc-a_T1w.nii.gz"], "nan": None}
    assert marker.warnings == ("wrote image/sub-01_desc-a_T1w.nii.gz",)


def test_other_warnings_go_their_usual_way(run):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        warnings.warn("before", UserWarning, stacklevel=1)
        run()
    assert [str(item.message) for item in heard] == ["before"]


def test_a_repeat_with_the_same_result_keeps_the_measurements(run):
    first = run(settings=FakeSettings(seconds=0.02))
    assert first.cost.wall_s >= 0.02
    for again in (run(settings=FakeSettings(seconds=0.02)) for _ in range(2)):
        assert (again.key, again.cost) == (first.key, first.cost)
    other = run(settings=FakeSettings(seconds=0.03))
    assert other.cost.wall_s >= 0.03


def test_a_full_disk_is_noticed_even_if_the_step_did_not(folders, run, monkeypatch):
    class Full:
        f_bfree = f_bavail = 0
        f_blocks = 1000

    monkeypatch.setattr(module.os, "statvfs", lambda _: Full)
    with pytest.raises(OutputError, match="the disk is full"):
        run()
    assert files_of(folders[1]) == []
