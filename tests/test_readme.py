"""What the README says must hold: its links, its commands, its Python."""

import re
from pathlib import Path

import numpy as np
import pytest

from mslens.cli.main import app, execute

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_python_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    mask = np.zeros((9, 9, 9), dtype=bool)
    mask[1:3] = mask[6:8] = True
    names = {"mask": mask}
    exec(code, names)
    assert names["lesions"].max() == 2


@pytest.mark.parametrize("page", PAGES[2:], ids=lambda page: page.name)
def test_the_examples_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        exec(code, names)


def test_every_command_of_the_readme_exists_with_its_options():
    lines = re.findall(r"^\s*mslens (.+?)(?:\s+#.*)?$", README, re.MULTILINE)
    assert len(lines) >= 4
    for line in lines:
        words, known = line.split(), app
        while words and words[0] in known:
            known = known[words.pop(0)]
        assert known is not app, f"there is no command mslens {line}"
        options = {
            name for argument in known.assemble_argument_collection() for name in argument.names
        }
        for word in words:
            if word.startswith("--"):
                assert word in options, f"mslens {line}: no {word}"


def test_help_is_answered(capsys):
    assert execute(["--help"]) == 0
    assert "mslens COMMAND" in capsys.readouterr().out


def test_a_wrong_command_names_the_closest_one(capsys):
    assert execute(["chek"]) == 1
    assert "check" in capsys.readouterr().err
