import getpass
import json
import os
import platform
import shlex
from pathlib import Path

import pytest

from mslens.core.settings import read_settings_file
from mslens.pipeline.engine import EngineSettings
from mslens.pipeline.provenance import describe_command, snapshot_environment, write_run_record
from pipeline.fake_steps import FakeSettings

FOLDERS = {"BIDS": Path("/data/my study"), "OUT": Path("/home/jane.doe/out")}


def test_a_command_can_be_pasted_into_a_shell():
    arguments = ["run", "/data/my study", "it's", "--nprocs", "2"]
    assert shlex.split(describe_command(arguments)) == ["mslens", *arguments]


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("/data/my study", "BIDS"),
        ("/data/my study/", "BIDS"),
        ("/home/jane.doe/out", "OUT"),
        ("--out=/home/jane.doe/out", "--out=OUT"),
        ("/data/my study/derivatives/lst", "BIDS/derivatives/lst"),
        ("/home/jane.doe/settings.toml", "settings.toml"),
        ("--config=/home/jane.doe/settings.toml", "--config=settings.toml"),
        ("masks/*_mask.nii.gz", "masks/*_mask.nii.gz"),
        ("--nprocs", "--nprocs"),
        ("key=/a", "key=/a"),
    ],
)
def test_a_record_does_not_tell_where_a_user_keeps_data(argument, told):
    assert shlex.split(describe_command(["run", argument], FOLDERS)) == ["mslens", "run", told]


def test_a_relative_folder_is_recognised(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert describe_command(["run", "bids"], {"BIDS": tmp_path / "bids"}) == "mslens run BIDS"


def test_the_snapshot_names_versions_and_neither_user_nor_host():
    snapshot = snapshot_environment()
    assert snapshot["python"] == platform.python_version()
    assert snapshot["packages"]["numpy"].count(".") >= 1
    assert "mslens" not in snapshot["packages"]
    assert snapshot["fixed_variables"]["OMP_NUM_THREADS"] == "1"
    strings = set(_strings(snapshot))
    assert strings.isdisjoint({getpass.getuser(), platform.node(), os.path.expanduser("~")})  # noqa: PTH111


def _strings(value):
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    return [value]


def test_the_record_of_a_run_can_be_read_back(tmp_path):
    settings = FakeSettings(text="größer", subjects=("01",))
    record = write_run_record(
        tmp_path,
        "20250101T000000Z-0",
        command="mslens run BIDS OUT",
        settings=settings,
        engine=EngineSettings(workers=2),
    )
    assert FakeSettings.parse(read_settings_file(record.settings)) == settings
    values = json.loads(record.run.read_text(encoding="utf-8"))
    assert values["command"] == "mslens run BIDS OUT"
    assert values["engine"]["workers"] == 2
    assert values["settings"] == record.settings.name
    assert values["environment"]["mslens"]
