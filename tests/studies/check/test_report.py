from mslens.studies.check.findings import DerivativeFinding, ImageFinding, SessionFinding
from mslens.studies.check.report import STEP_WORDS, CheckReport
from mslens.studies.run.steps import STAGES


def session(label: str, *, possible: tuple[str, ...] = ("brain-mask",), **other) -> SessionFinding:
    return SessionFinding(label, None, other.get("images", ()), (), possible, other.get("no", {}))


def report(*sessions: SessionFinding, problems: tuple[str, ...] = ()) -> CheckReport:
    derivatives = (DerivativeFinding("empty", {}), DerivativeFinding("lst", {"lesion masks": 3}))
    return CheckReport(
        "study", len(sessions), sessions, {"T1w": 2, "bold": 1}, derivatives, (), problems, False
    )


def test_every_step_has_its_words() -> None:
    assert set(STEP_WORDS) == {step.name for stage in STAGES.values() for step in stage}


def test_the_exit_code() -> None:
    good, none = session("1"), session("2", possible=())
    assert report(good).exit_code == 0
    assert report(good, none).exit_code == 2
    assert report(good, problems=("x",)).exit_code == 2
    assert report(none).exit_code == 1


def test_long_lists_are_cut() -> None:
    sessions = [session(f"{i:02d}", no={"tissue": "tissue needs a T1w"}) for i in range(25)]
    text = report(*sessions).to_text()
    assert "not for 25: tissue needs a T1w (sub-00, sub-01" in text
    assert "sub-09 and 15 more)" in text
    assert "sub-10" not in text


def test_choices_are_cut_and_problems_are_not() -> None:
    image = ImageFinding("T1w", "a.nii.gz", choice="a is used, not b", problem="broken")
    text = report(*[session(f"{i:02d}", images=(image,)) for i in range(12)]).to_text()
    assert "... and 2 more like these" in text
    assert "Problems (12):" in text
    assert "sub-11, a.nii.gz: broken" in text


def test_the_parts_of_the_text() -> None:
    text = report(session("1")).to_text()
    assert text.startswith("study: 1 participant(s), 1 session(s)")
    assert "not used by 'mslens run' in this version: bold (1)" in text
    assert "derivatives/lst: lesion masks for 3 session(s)" in text
    assert "derivatives/empty" not in text
    assert "Problems" not in text
    assert text.endswith("Next: mslens run BIDS OUT")
    assert "Next" not in report(session("1", possible=())).to_text()
