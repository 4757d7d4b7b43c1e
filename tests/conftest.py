"""Where the real reference data lies, and what may not be skipped on CI."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import hypothesis
import pytest

from absent import absent
from mslens.pipeline.environment import imported_too_early, prepare_environment
from other_user import open_folder, run_unprivileged, unprivileged_prefix
from small_disk import small_disk

__all__ = ["open_folder", "run_unprivileged", "small_disk", "unprivileged_prefix"]

# One thread per process, as in every command; nothing above loads a library that would be late.
assert not imported_too_early({})
prepare_environment()
# Started in the background or under nohup, these would be ignored by every process of the tests.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Machines are shared and noisy: no example may fail for being slow.
hypothesis.settings.register_profile("mslens", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("mslens")

DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that no worker is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the real reference data (environment variable MSLENS_TEST_DATA)."""
    path = Path(os.environ.get("MSLENS_TEST_DATA", DEFAULT_DATA))
    if not path.is_dir():
        absent("data", "the reference data is absent (set MSLENS_TEST_DATA)")
    return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium browser."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        absent("browser", "Chromium is not installed")
    return str(path)
