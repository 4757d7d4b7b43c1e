import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import SettingsError, UnknownName
from mslens.io.bids_name import ENTITY_ORDER, BidsName, format_name, parse_name

LETTERS = "abcXYZ0189"
words = st.text(LETTERS, min_size=1, max_size=6)
labels = st.builds("+".join, st.lists(words, min_size=1, max_size=2))
names = st.builds(
    BidsName,
    st.dictionaries(st.sampled_from(ENTITY_ORDER), labels, max_size=8),
    words,
    st.sampled_from(["", ".json", ".nii.gz", ".tsv", ".nii"]),
)


@given(names)
def test_what_is_formatted_is_parsed(name: BidsName) -> None:
    assert parse_name(format_name(name)) == name


@given(names)
def test_a_formatted_name_has_the_entities_in_order(name: BidsName) -> None:
    parsed = parse_name(format_name(name))
    assert parsed is not None
    assert list(parsed.entities) == sorted(name.entities, key=ENTITY_ORDER.index)


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    parsed = parse_name(text)
    if parsed is not None:
        assert text.startswith("_".join("-".join(pair) for pair in parsed.entities.items()))
        assert text.endswith(parsed.suffix + parsed.extension)


@pytest.mark.parametrize(
    ("name", "entities", "suffix", "extension"),
    [
        ("sub-01_T1w.nii.gz", {"sub": "01"}, "T1w", ".nii.gz"),
        ("task-rest_bold.json", {"task": "rest"}, "bold", ".json"),
        ("participants.tsv", {}, "participants", ".tsv"),
        ("README", {}, "README", ""),
        ("sub-ä1_ses-2_FLAIR.nii", {"sub": "ä1", "ses": "2"}, "FLAIR", ".nii"),
        (
            "sub-1_space-MNI152NLin6Asym+x_foo-bar_mask.nii.gz",
            {"sub": "1", "space": "MNI152NLin6Asym+x", "foo": "bar"},
            "mask",
            ".nii.gz",
        ),
    ],
)
def test_names_in_their_parts(
    name: str, entities: dict[str, str], suffix: str, extension: str
) -> None:
    assert parse_name(name) == BidsName(entities, suffix, extension)


@pytest.mark.parametrize(
    "name",
    [
        "sub-01_sub-02_T1w.nii.gz",
        "sub-01_acq-0.5mm_T1w.nii.gz",
        "sub-01__T1w.nii.gz",
        "sub_T1w.nii.gz",
        "sub-_T1w.nii.gz",
        "sub-01_acq-a-b_T1w.nii.gz",
        "sub-01_T1w copy.nii.gz",
        "sub-01.nii.gz",
        ".nii.gz",
        "",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    assert parse_name(name) is None


def test_the_order_of_the_specification() -> None:
    shuffled = {
        "desc": "d",
        "space": "s",
        "run": "1",
        "ses": "2",
        "ce": "x",
        "acq": "a",
        "sub": "1",
    }
    name = BidsName(shuffled, "T1w", ".nii.gz")
    assert format_name(name) == "sub-1_ses-2_acq-a_ce-x_run-1_space-s_desc-d_T1w.nii.gz"
    xfm = BidsName({"mode": "image", "to": "T1w", "from": "FLAIR", "sub": "1"}, "xfm", ".txt")
    assert format_name(xfm) == "sub-1_from-FLAIR_to-T1w_mode-image_xfm.txt"


def test_an_unknown_entity_gets_the_closest() -> None:
    with pytest.raises(UnknownName, match="'space'"):
        format_name(BidsName({"spaces": "T1w"}, "mask", ".nii.gz"))


@pytest.mark.parametrize(
    "name",
    [
        BidsName({"sub": ""}, "T1w", ".nii"),
        BidsName({"sub": "a_b"}, "T1w", ".nii"),
        BidsName({"sub": "../x"}, "T1w", ".nii"),
        BidsName({}, "T1-w", ".nii"),
        BidsName({}, "T1w", "nii"),
        BidsName({}, "T1w", "./nii"),
    ],
)
def test_forbidden_characters_are_refused(name: BidsName) -> None:
    with pytest.raises(SettingsError, match="of a file name is"):
        format_name(name)
