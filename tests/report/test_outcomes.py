import json

import pytest

from mslens.core.errors import InputError
from mslens.pipeline.ledger import Cost
from mslens.pipeline.outcomes import Outcome as EngineOutcome
from mslens.pipeline.outcomes import write_outcomes_text
from mslens.report.outcomes import parse_outcome, read_outcomes


def test_what_the_engine_writes_is_read(tmp_path):
    engine = [
        EngineOutcome(
            "01", "2", "bias", "done", facts={"flags": []}, cost=Cost(2.0, 1.5, 300_000_000)
        ),
        EngineOutcome("01", None, "fill", "skipped", reason="there is no lesion mask to fill"),
    ]
    path = tmp_path / "outcomes.json"
    path.write_bytes(write_outcomes_text("01", engine))
    first, second = read_outcomes(path)
    assert (first.session, first.step, first.state) == ("2", "bias", "done")
    assert (first.wall_s, first.cpu_s, first.peak_memory_mb) == (2.0, 1.5, 300.0)
    assert (second.session, second.reason) == (None, "there is no lesion mask to fill.")


def test_a_reason_is_written_as_sentences():
    entry = {
        "step": "bias",
        "state": "failed",
        "reason": "the image is constant",
        "expected": "contrast.",
        "cure": "Convert it again",
    }
    outcome = parse_outcome(entry)
    assert outcome.reason == "the image is constant. Expected contrast. Convert it again."


def test_paths_in_reasons_and_flags_are_taken_out():
    flags = [{"level": "error", "message": "see /home/jane/x.nii.gz"}, "not a flag"]
    outcome = parse_outcome({"step": "s", "state": "done", "facts": {"flags": flags}})
    assert [(f.level, f.message) for f in outcome.flags] == [("error", "see [path]")]
    failed = parse_outcome({"step": "s", "state": "failed", "reason": "no /home/jane/x"})
    assert failed.what == "no [path]"


def test_flags_that_are_not_a_list_are_none():
    assert parse_outcome({"step": "s", "state": "done", "facts": {"flags": 3}}).flags == ()


@pytest.mark.parametrize(
    "entry", [{}, [], {"step": "bias"}, {"step": "bias", "state": "perhaps"}, "bias"]
)
def test_what_is_no_outcome_is_refused(entry):
    with pytest.raises(InputError, match="an outcome"):
        parse_outcome(entry)


@pytest.mark.parametrize("content", ["{", "[]", '{"entries": 3}'])
def test_a_file_without_outcomes_is_refused(tmp_path, content):
    path = tmp_path / "outcomes.json"
    path.write_text(content)
    with pytest.raises(InputError, match="outcomes"):
        read_outcomes(path)


def test_an_empty_run_is_no_error(tmp_path):
    path = tmp_path / "outcomes.json"
    path.write_text(json.dumps({"subject": "01", "entries": []}))
    assert read_outcomes(path) == []
