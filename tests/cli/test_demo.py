"""The options of `mslens demo` reach the flow; nothing is run."""

from pathlib import Path

from mslens.cli.main import NOTHING_DONE, execute
from mslens.studies.demo import flow


def test_options_reach_the_flow(monkeypatch):
    calls = []

    def note(out, *, is_full, nprocs):
        calls.append((out, is_full, nprocs))
        return 0

    monkeypatch.setattr(flow, "run_demo", note)
    assert execute(["demo"]) == 0
    assert execute(["demo", "OUT", "--full", "--nprocs", "3"]) == 0
    assert calls == [(Path("mslens-demo"), False, None), (Path("OUT"), True, 3)]


def test_a_folder_that_holds_something_else_is_refused(tmp_path, capsys):
    (tmp_path / "thesis.doc").write_text("mine")
    assert execute(["demo", str(tmp_path)]) == NOTHING_DONE
    assert "something else" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]
