import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import SettingsError, UnknownName
from mslens.core.settings import Settings, read_settings_file


class Inner(Settings):
    radius_mm: float = 3.0
    name: str = "a"


class Outer(Settings):
    seed: int = 1
    radii_mm: tuple[float, ...] = (12.0, 8.0)
    fast: bool = False
    inner: Inner = Inner()


def test_an_unknown_setting_names_the_closest_one_even_when_nested():
    with pytest.raises(UnknownName, match="radius_mm"):
        Outer.parse({"inner": {"radius": 2}})


def test_a_wrong_value_names_setting_and_value():
    with pytest.raises(SettingsError, match=r"'inner.radius_mm' is 'wide'"):
        Outer.parse({"inner": {"radius_mm": "wide"}})


class Series(Settings):
    parts: tuple[Inner, ...] = ()


def test_models_in_a_list_survive_the_round_trip():
    settings = Series(parts=(Inner(radius_mm=1.5), Inner(name="b")))
    assert Series.parse(tomllib.loads(settings.to_toml())) == settings
    with pytest.raises(SettingsError, match=r"parts\.0\.radius"):
        Series.parse({"parts": [{"radius": 2}]})


@given(
    st.builds(
        Outer,
        seed=st.integers(-(2**40), 2**40),
        radii_mm=st.tuples(st.floats(allow_nan=False, allow_infinity=False)),
        fast=st.booleans(),
        inner=st.builds(
            Inner,
            name=st.text(
                st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20
            ),
        ),
    )
)
def test_toml_round_trip(settings):
    assert Outer.parse(tomllib.loads(settings.to_toml())) == settings


def test_a_file_that_is_no_toml_is_named(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("seed: 1")
    with pytest.raises(SettingsError, match=r"settings.toml.*not a TOML"):
        read_settings_file(path)
    with pytest.raises(SettingsError, match="no such"):
        read_settings_file(tmp_path / "none.toml")
