import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from mslens.core.errors import SettingsError, UnknownName
from mslens.studies.run import settings as module
from mslens.studies.run.settings import RunSettings, read_run_settings

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


@pytest.fixture
def core_only(monkeypatch):
    """Only what the core requires is installed."""
    required = " ".join(tomllib.loads(PROJECT.read_text())["project"]["dependencies"])
    whole = metadata.version

    def version(name):
        if name not in required:
            raise metadata.PackageNotFoundError(name)
        return whole(name)

    monkeypatch.setattr(module.metadata, "version", version)
    module._versions.cache_clear()
    yield
    module._versions.cache_clear()


def test_a_run_needs_no_extra_to_name_its_versions(core_only):
    versions = RunSettings().report_of("01", command="").versions
    assert {"mslens", "numpy", "scipy", "numba", "nilearn"} <= set(versions)
    assert "antspyx" not in versions


def test_the_seed_reaches_every_step_that_draws(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("seed = 3\n[fill]\n")
    assert read_run_settings(path, seed=None).fill.seed == 3
    assert read_run_settings(path, seed=7).by_step()["normalise"]["seed"] == 7


def test_what_a_run_writes_as_settings_can_be_read_back(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text(RunSettings().seeded().to_toml())
    assert read_run_settings(path, seed=None) == RunSettings().seeded()


def test_unknown_names_and_impossible_values_are_refused(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("lesins = 3\n")
    with pytest.raises(UnknownName, match="Did you mean 'lesions'"):
        read_run_settings(path, seed=None)
    with pytest.raises(SettingsError, match="seed"):
        read_run_settings(None, seed=-3)


@pytest.mark.parametrize(
    "text", ["[volumes]\nconnectivity = 6\n", "[lesion_table.location]\nmin_share = 0.2\n"]
)
def test_lesions_are_counted_and_placed_alike_in_every_table(tmp_path, text):
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match="would disagree"):
        read_run_settings(path, seed=None)


def test_one_location_rule_may_be_set_for_all_tables(tmp_path):
    path = tmp_path / "settings.toml"
    steps = ("lesion_table", "volumes", "lesion_changes")
    path.write_text("".join(f"[{step}.location]\nmin_share = 0.2\n" for step in steps))
    assert read_run_settings(path, seed=None).volumes.location.min_share == 0.2
