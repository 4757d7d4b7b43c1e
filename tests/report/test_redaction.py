import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.report.redaction import PLACE, redact


@pytest.mark.parametrize(
    "secret",
    [
        "/data/patients/Jane_Doe/T1.nii.gz",
        "~/study/raw",
        "../elsewhere/sub-01",
        "./run.sh",
        r"C:\Users\jane\scan.nii",
        r"\\server\share\scan",
        "https://intra.example.org/x?y=1",
        "s3://bucket/key",
        "jane.doe@hospital.example",
        "jane@node17:/scratch",
        "sub-01_T1w.nii.gz",
        "derivatives/masks/Jane.tsv",
        "settings.toml",
    ],
)
@pytest.mark.parametrize(
    "sentence", ["cannot read {} now", "'{}' is empty", "({})", "{}", "see {}, then stop"]
)
def test_no_part_of_a_path_or_address_is_left(secret, sentence):
    text = redact(sentence.format(secret))
    assert PLACE in text
    for part in ("Jane", "jane", "study", "elsewhere", "server", "example", "bucket", "T1w"):
        assert part not in text


def test_a_quoted_path_with_spaces_goes_as_a_whole():
    assert redact("cannot open '/data/Jane Doe/T1.nii.gz' (1)") == f"cannot open '{PLACE}' (1)"


@pytest.mark.parametrize(
    "text",
    [
        "the FLAIR is 192x256x256 at 1x1x1 mm (RAS), the mask 176x256x256",
        "mutual information is 0.21; expected at least 0.4 and/or a second start",
        "3/4 of the lesions lie within 2.5 mm, 12 ml/100 ml, T1w/FLAIR",
        "run mslens check, e.g. with --participant-label 01",
        "ratio 1/2 and 50 %; see version 0.6.3 at 12:30",
        "mslens run BIDS OUT participant --config SETTINGS",
    ],
)
def test_ordinary_sentences_are_left_alone(text):
    assert redact(text) == text


@given(st.text())
def test_redaction_is_finished_after_one_pass(text):
    assert redact(redact(text)) == redact(text)
