import pytest

from mslens.core.errors import TableError
from mslens.segment.formats.lookup_text import parse_lookup

EXPECTED = {1: "Precentral_L", 2: "Precentral_R"}


@pytest.mark.parametrize(
    "text",
    [
        "index\tname\n0\tbackground\n1\tPrecentral_L\n2\tPrecentral_R\n",
        "name\tcolour\tindex\nPrecentral_L\tred\t1\nPrecentral_R\tblue\t2.0\n",
        "Label,Region\n1,Precentral_L\n2,Precentral_R\n",
        "#No. Label Name: R G B A\n1 Precentral_L 70 1 2 0\n2  Precentral_R 1 2 3 0\n",
        "1 Precentral_L 2001\n2 Precentral_R 2002\n",
        "<data><label><index>1</index><name>Precentral_L</name></label>\n"
        "<label><index>2</index>\n<name> Precentral_R </name></label></data>",
    ],
)
def test_every_form(text):
    assert parse_lookup(text) == EXPECTED


def test_names_with_spaces_in_columns():
    assert parse_lookup("index\tname\n4\tLeft Lateral Ventricle\n") == {4: "Left Lateral Ventricle"}


def test_two_names_for_a_label():
    with pytest.raises(TableError, match="label 1 has two names, 'a' and 'b'"):
        parse_lookup("index\tname\n1\ta\n1\tb\n")


@pytest.mark.parametrize("text", ["", "nothing here\n", "index\tname\n", "0 Unknown 0 0 0 0\n"])
def test_nothing_found(text):
    with pytest.raises(TableError, match="no label numbers"):
        parse_lookup(text)
