"""The options of `mslens run` reach the flow; nothing is run."""

import pytest

from mslens.cli.main import execute
from mslens.studies.run import flow

#: Option of the design -> (arguments, where it arrives, value).
OPTIONS = {
    "--participant-label": (["01", "sub-02"], "selection.participant_label", ("01", "sub-02")),
    "--session-id": (["1"], "selection.session_id", ("1",)),
    "--steps": (["preprocess", "report"], "selection.steps", ("preprocess", "report")),
    "--config": (["my.toml"], "computing.config", "my.toml"),
    "--nprocs": (["3"], "computing.nprocs", 3),
    "--mem": (["7.5"], "computing.mem", 7.5),
    "--scheduler": (["s.json"], "computing.scheduler", "s.json"),
    "--dry-run": ([], "computing.dry_run", True),
    "--verbose": ([], "verbose", True),
    "-v": ([], "verbose", True),
}


@pytest.fixture
def received(monkeypatch):
    """What `run_dataset` is given."""
    found = {}

    def note(bids, out, *, level, selection, brought, computing, verbose):
        found.update(level=level, selection=selection, computing=computing, verbose=verbose)
        return 0

    monkeypatch.setattr(flow, "run_dataset", note)
    return found


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_of_the_design_is_there(received, option):
    arguments, place, value = OPTIONS[option]
    assert execute(["run", "BIDS", "OUT", "participant", option, *arguments]) == 0
    assert received["level"] == "participant"
    first, _, rest = place.partition(".")
    found = getattr(received[first], rest) if rest else received[first]
    assert (str(found) if isinstance(value, str) else found) == value


def test_the_exit_code_is_that_of_the_flow(monkeypatch):
    monkeypatch.setattr(flow, "run_dataset", lambda *_, **__: 2)
    assert execute(["run", "BIDS", "OUT"]) == 2


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "BIDS", "OUT", "--nproc", "2"], ["run", "B", "O", "everyone"]]
)
def test_what_cannot_be_understood_does_nothing(received, arguments):
    assert execute(arguments) == 1
    assert received == {}


def test_the_help_shows_defaults_that_say_something(capsys):
    assert execute(["run", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "[default: all]" in told
    assert "[default: T1w]" in told
    assert "default: ()" not in told
    assert "default: False" not in told
