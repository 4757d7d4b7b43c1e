import os
import stat
from pathlib import Path

import pytest

from mslens.core.caches import find_caches


def test_folders_that_can_be_written_to_are_left_as_they_are(tmp_path):
    assert find_caches({"HOME": str(tmp_path)}) == {}
    assert list(tmp_path.iterdir()) == []


def test_what_the_user_chose_is_kept_if_it_can_be_written_to(tmp_path):
    chosen = {"NUMBA_CACHE_DIR": str(tmp_path / "new"), "HOME": str(tmp_path)}
    assert find_caches(chosen) == {}


READ_ONLY = """
from pathlib import Path
environment = {{"HOME": {home!r}, **{more!r}}}
from mslens.core import caches as module
import tempfile
tempfile.tempdir = {temporary!r}
for name, path in sorted(module.find_caches(environment).items()):
    probe = Path(path, "probe")
    probe.write_text("x")
    print(name, path)
"""


@pytest.fixture
def find_unprivileged(run_unprivileged, open_folder):
    """Find caches as a user who may write neither to the install nor to the home."""

    def find(**more):
        if os.geteuid() != 0:
            pytest.skip("the install can be written to by its owner, and we are not root")
        home = open_folder / "home"
        home.mkdir(mode=0o755, exist_ok=True)
        code = READ_ONLY.format(home=str(home), more=more, temporary=str(open_folder))
        lines = run_unprivileged("import mslens.core.caches", code).splitlines()
        return dict(line.split(" ", 1) for line in lines)

    return find


def test_a_read_only_install_and_home_lead_to_a_private_temporary_folder(
    find_unprivileged, open_folder
):
    caches = find_unprivileged()
    assert sorted(caches) == ["MPLCONFIGDIR", "NUMBA_CACHE_DIR"]
    for path in map(Path, caches.values()):
        assert path.is_relative_to(open_folder)
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_cache_folder_of_the_user_comes_first(find_unprivileged, open_folder):
    caches = find_unprivileged(XDG_CACHE_HOME=str(open_folder / "xdg"))
    assert {str(Path(path).parent) for path in caches.values()} == {
        str(open_folder / "xdg" / "mslens")
    }


def test_a_folder_that_somebody_else_prepared_is_not_trusted(find_unprivileged, open_folder):
    trap = open_folder / "xdg" / "mslens"
    trap.mkdir(parents=True)
    trap.chmod(0o777)
    caches = find_unprivileged(XDG_CACHE_HOME=str(open_folder / "xdg"))
    assert all(not Path(path).is_relative_to(trap) for path in caches.values())


def test_a_trap_in_the_temporary_folder_is_not_trusted_either(find_unprivileged, open_folder):
    trap = open_folder / "mslens-65534"
    trap.mkdir()
    trap.chmod(0o777)
    caches = find_unprivileged()
    assert len(caches) == 2
    assert all(not Path(path).is_relative_to(trap) for path in caches.values())
