import re

import pytest

from mslens.core.errors import UnknownName
from mslens.report.references import REFERENCES, find_references


@pytest.mark.parametrize("reference", REFERENCES.values(), ids=REFERENCES)
def test_every_reference_is_complete(reference):
    assert re.fullmatch(r"10\.\d{4,5}/\S+", reference.doi)
    assert 1990 <= reference.year <= 2100
    assert reference.key.endswith(tuple("abcdefghijklmnopqrstuvwxyz0123456789"))
    assert str(reference.year) in reference.key
    assert all(
        re.fullmatch(r"[\w' -]+ [A-Z]{1,3}(?: et al)?", n) for n in reference.authors.split(", ")
    )
    assert not reference.title.endswith(".")


def test_a_reference_as_text_and_as_bibtex():
    reference = REFERENCES["barquero2020rimnet"]
    assert reference.text.startswith("Barquero G, La Rosa F")
    assert reference.text.endswith("NeuroImage Clin 2020;28:102412. doi:10.1016/j.nicl.2020.102412")
    lines = reference.bibtex.splitlines()
    assert lines[0] == "@article{barquero2020rimnet,"
    assert lines[1].startswith("  author = {Barquero, G. and La Rosa, F. and ")
    assert lines[1].endswith(" and others},")
    assert "  doi = {10.1016/j.nicl.2020.102412}," in lines
    assert lines[-1] == "}"


def test_pages_and_initials_follow_bibtex():
    text = REFERENCES["tustison2010n4"].bibtex
    assert "pages = {1310--1320}" in text
    assert "Tustison, N. J. and Avants, B. B." in text


def test_keys_come_once_and_in_order():
    keys = ["zhang2001hmrf", "tustison2010n4", "zhang2001hmrf"]
    assert [r.key for r in find_references(keys)] == ["zhang2001hmrf", "tustison2010n4"]


def test_an_unknown_key_gets_the_closest():
    with pytest.raises(UnknownName, match="tustison2010n4"):
        find_references(["tustison2010"])
