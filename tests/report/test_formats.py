import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.report.formats import (
    MISSING,
    write_location,
    write_megabytes,
    write_number,
    write_seconds,
    write_session,
    write_share,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1432.4, "1\u202f432"),
        (512.34, "512"),
        (49.76, "49.8"),
        (1.234, "1.23"),
        (0.0, "0.00"),
        (0.0456, "0.046"),
        (-2.5, "\u22122.50"),
        (-0.0001, "0.000"),
        (None, MISSING),
        (float("nan"), MISSING),
        (float("inf"), MISSING),
    ],
)
def test_numbers_have_about_three_digits(value, text):
    assert write_number(value) == text


@given(st.floats(-1e9, 1e9))
def test_a_written_number_is_close_to_the_value(value):
    text = write_number(value).replace("\u202f", "").replace("\u2212", "-")
    assert float(text) == pytest.approx(value, rel=0.06, abs=6e-4)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4 s"), (59.2, "59 s"), (125, "2 min 05 s"), (3723, "1 h 02 min"), (None, MISSING)],
)
def test_durations(seconds, text):
    assert write_seconds(seconds) == text


def test_shares_memory_places_and_sessions():
    assert write_share(0.1234) == "12.3 %"
    assert write_share(None) == MISSING
    assert write_share(0.1, signed=True) == "+10.0 %"
    assert write_share(-0.1, signed=True) == "\u221210.0 %"
    assert (write_megabytes(640.0), write_megabytes(2130.0)) == ("640 MB", "2.1 GB")
    assert write_megabytes(None) == MISSING
    assert write_location("deep-grey-matter") == "deep grey matter"
    assert write_session("1") == "ses-1"
    assert write_session(None, otherwise="–") == "–"
