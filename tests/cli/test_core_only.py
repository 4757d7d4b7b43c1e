"""The commands with nothing installed but what the core requires."""

import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from dataset import write_dataset_root, write_session

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
#: Hides distributions as if they were not installed: neither imported nor asked for a version.
HIDE = """
import json, sys
from importlib import metadata
modules, names = map(set, json.loads(sys.argv.pop(1)))

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in modules:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
find = metadata.Distribution.from_name.__func__
def from_name(cls, name):
    if name.lower().replace("_", "-") in names:
        raise metadata.PackageNotFoundError(name)
    return find(cls, name)
metadata.Distribution.from_name = classmethod(from_name)
from mslens.cli.main import run_cli
run_cli()
"""


def tidy(name: str) -> str:
    return re.split(r"[^\w.-]", name, maxsplit=1)[0].lower().replace("_", "-")


def required_by(name: str, known: set[str]) -> set[str]:
    """Add a distribution and all that it needs without extras to `known`."""
    if name in known:
        return known
    try:
        needs = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return known
    known.add(name)
    for need in needs:
        if "extra ==" not in need:
            required_by(tidy(need), known)
    return known


@pytest.fixture(scope="module")
def hidden() -> str:
    core = {"mslens"}
    for need in tomllib.loads(PROJECT.read_text())["project"]["dependencies"]:
        required_by(tidy(need), core)
    owners = metadata.packages_distributions()
    modules = [m for m, names in owners.items() if not {tidy(n) for n in names} & core]
    everything = {tidy(name) for names in owners.values() for name in names}
    assert "hypothesis" in modules
    return json.dumps([modules, sorted(everything - core)])


@pytest.mark.parametrize("command", ["check", "run", "methods"])
def test_no_command_needs_an_extra(hidden, command, tmp_path):
    bids = write_dataset_root(tmp_path / "BIDS", ["01"])
    write_session(bids, "01")
    arguments = {
        "check": [str(bids)],
        "run": [str(bids), str(tmp_path / "out"), "--steps", "report", "--nprocs", "0"],
        "methods": [],
    }[command]
    done = subprocess.run(
        [sys.executable, "-c", HIDE, hidden, command, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
