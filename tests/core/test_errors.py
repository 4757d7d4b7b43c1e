import pickle

import pytest

from mslens.core.errors import GridMismatch, InputError, MslensError, UnknownName


def test_the_message_says_what_where_expected_and_cure():
    error = InputError("age is 240", where="participants.tsv", expected="0 to 120", cure="Fix it.")
    assert str(error) == "participants.tsv: age is 240. Expected 0 to 120. Fix it."


def test_what_holds_no_path_so_that_a_report_may_print_it():
    error = InputError("broken", where="/secret/sub-01_T1w.nii.gz")
    assert "secret" in str(error)
    assert "secret" not in error.what


@pytest.mark.parametrize("kind", [MslensError, GridMismatch, UnknownName])
def test_every_field_survives_the_way_between_processes(kind):
    error = kind("what", where="where", expected="expected", cure="cure")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.what, copy.where, copy.expected, copy.cure) == (
        "what",
        "where",
        "expected",
        "cure",
    )


def test_an_unknown_name_gets_the_closest_match():
    error = UnknownName.of("vsharpp", ["vsharp", "pdf"], kind="background method")
    assert "Did you mean 'vsharp'?" in str(error)
    assert isinstance(error, LookupError)


def test_a_question_keeps_its_mark_and_an_empty_choice_is_said():
    assert str(UnknownName.of("lesins", ["lesions"], kind="step")).endswith("'lesions'?")
    empty = str(UnknownName.of("1", [], kind="session"))
    assert empty == "no session is called '1'. Expected no session, since there is none."


def test_a_name_far_from_all_gets_no_guess():
    assert UnknownName.of("zzz", ["vsharp"], kind="method").cure is None
