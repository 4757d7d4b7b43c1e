import hashlib
from dataclasses import replace

import pytest

from mslens.pipeline.ledger import Ledger, make_key, settings_of
from mslens.pipeline.run_task import run_task
from pipeline.fake_steps import FakeSettings, make_raw, make_task, step


@pytest.fixture
def task(folders):
    raw, out = folders
    image = make_raw(raw, "01")
    extra = make_raw(raw, "02")
    return make_task(out, "01", step("join"), "desc-a_T1w.nii.gz", image=image, flair=extra)


@pytest.fixture
def ledger(folders, task):
    """Ledger in which the task is done."""
    ledger = Ledger(folders[1], "01")
    run(task, ledger)
    return ledger


def run(task, ledger):
    verdict = ledger.examine(task, task.inputs)
    return run_task(task, task.inputs, ledger=ledger, verdict=verdict, datasets={})


def why(task, ledger):
    fresh = Ledger(ledger.out, "01")
    files = {role: path for role, path in task.inputs.items() if path.exists()}
    verdict = fresh.examine(task, files)
    assert fresh.is_done(task) == verdict.done == (verdict.reason == "")
    return verdict.reason


def test_a_task_is_not_done_before_and_done_after(folders, task):
    ledger = Ledger(folders[1], "01")
    assert why(task, ledger) == "not done yet"
    run(task, ledger)
    assert why(task, ledger) == ""


def test_an_input_that_changed_is_named(task, ledger):
    task.inputs["flair"].write_text("other")
    assert why(task, ledger) == "changed inputs: flair"


def test_an_input_touched_but_not_changed_is_no_reason(task, ledger):
    task.inputs["flair"].write_text(task.inputs["flair"].read_text())
    assert why(task, ledger) == ""


def test_a_sidecar_of_an_input_that_changed_appeared_or_went_is_a_reason(task, ledger):
    sidecar = task.inputs["image"].parent / "sub-01_T1w.json"
    before = sidecar.read_text()
    sidecar.write_text('{"EchoTime": 0.004}')
    assert why(task, ledger) == "changed inputs: image"
    sidecar.unlink()
    assert why(task, ledger) == "changed inputs: image"
    sidecar.write_text(before)
    assert why(task, ledger) == ""


def test_an_optional_input_that_appears_is_a_reason(task, ledger):
    more = replace(task, inputs={**task.inputs, "t2w": task.inputs["flair"]})
    assert why(more, ledger) == "changed inputs: t2w"


def test_two_inputs_that_change_places_are_a_reason(task, ledger):
    task.inputs["flair"].write_text("another image")
    (task.inputs["flair"].parent / "sub-02_T1w.json").unlink()
    run(task, ledger)
    swapped = {"image": task.inputs["flair"], "flair": task.inputs["image"]}
    assert why(replace(task, inputs=swapped), ledger) == "changed inputs: image, flair"


def test_a_setting_that_changed_is_named(task, ledger):
    assert why(replace(task, settings=FakeSettings(text="b")), ledger) == "changed settings: text"


def test_a_step_version_that_changed_is_named(task, ledger):
    newer = replace(task, step=step("join", version=2))
    assert why(newer, ledger) == "the step is version 2, it was version 1"


@pytest.mark.parametrize("name", ["desc-a_T1w.nii.gz", "desc-a_T1w.json"])
@pytest.mark.parametrize("damage", ["cut", "edited", "deleted"])
def test_an_output_or_sidecar_damaged_afterwards_is_seen(task, ledger, name, damage):
    path = task.outputs["image"].parent / f"sub-01_{name}"
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[:-3])
    elif damage == "edited":
        path.write_bytes(content[:-3] + b"XYZ")
    else:
        path.unlink()
    what = "gone" if damage == "deleted" else "changed afterwards"
    assert what in why(task, ledger)
    assert ("sidecar" in why(task, ledger)) == name.endswith(".json")


def test_other_names_of_outputs_are_a_reason(task, ledger):
    other = replace(task, outputs={"image": task.outputs["image"].with_name("other.nii.gz")})
    assert why(other, ledger) == "the names of the outputs changed"


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format": 1}', b'{"format": 1, "x": 2}'])
def test_a_damaged_marker_is_as_good_as_none(task, ledger, content):
    next((ledger.out / ".mslens" / "ledger").rglob("*.json")).write_bytes(content)
    assert why(task, ledger) == "not done yet"


def test_the_key_depends_on_neither_folder_nor_package_version(tmp_path, monkeypatch):
    keys = []
    for name in ("here", "there"):
        monkeypatch.setattr("mslens.__version__", name)
        image = make_raw(tmp_path / name, "01")
        task = make_task(tmp_path / f"out {name}", "01", step("join"), "a.nii.gz", image=image)
        verdict = Ledger(tmp_path / f"out {name}", "01").examine(task, task.inputs)
        keys.append(verdict.key)
    assert keys[0] == keys[1]


def test_the_key_is_the_hash_of_step_version_settings_and_contents(task):
    inputs = {"image": ("0a", "1b"), "flair": ("2c", None)}
    text = (
        '["join", 1, {"folder": null, "seconds": 0.0, "subjects": [], "text": "settings"},'
        ' {"flair": ["2c", null], "image": ["0a", "1b"]}]'
    )
    # Written out, because another form of key would compute every dataset in the world again.
    assert make_key(task, settings_of(task), inputs) == hashlib.sha256(text.encode()).hexdigest()


def test_the_marker_holds_what_the_specification_asks_for(task, ledger):
    marker = ledger.read(task.label)
    assert marker.outputs["image"][0] == "sub-01/anat/sub-01_desc-a_T1w.nii.gz"
    assert list(marker.sidecars) == ["sub-01/anat/sub-01_desc-a_T1w.json"]
    assert marker.facts["flags"] == []
    assert marker.cost.peak_rss_bytes > 1_000_000
    assert marker.host
    assert marker.finished
    assert marker.attempts == 1
