import pytest

from mslens.core.errors import UnknownName
from mslens.core.registry import choose_method


def test_the_method_or_the_closest_name():
    assert choose_method({"em": 1, "atropos": 2}, "em", stage="tissue") == 1
    with pytest.raises(UnknownName, match="Did you mean 'atropos'"):
        choose_method({"em": 1, "atropos": 2}, "atrops", stage="tissue")
