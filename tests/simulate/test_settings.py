import pytest

from mslens.core.errors import SettingsError, UnknownName
from mslens.simulate.settings import SimulationSettings


@pytest.mark.parametrize(
    "values",
    [
        {"voxel_size_mm": 0.4},
        {"voxel_size_mm": 4.5},
        {"voxel_size_mm": -1.0},
        {"images": ("FLAIR",)},
        {"images": ("T1w", "T1w")},
        {"images": ("T1w", "PDw")},
        {"motion_share": 1.5},
        {"cohort": {"n_patients": -4}},
        {"cohort": {"age_range_years": (200, 300)}},
        {"cohort": {"lesion_load_ml": (700.0, 10.0)}},
    ],
)
def test_impossible_settings_are_refused_by_name(values):
    name = next(iter(values))
    with pytest.raises(SettingsError, match=name):
        SimulationSettings.parse(values)


def test_the_reason_says_what_does_not_fit():
    with pytest.raises(SettingsError, match="white matter"):
        SimulationSettings.parse({"cohort": {"lesion_load_ml": (700.0, 10.0)}})


def test_an_unknown_setting_gets_the_closest_name():
    with pytest.raises(UnknownName, match="Did you mean 'voxel_size_mm'"):
        SimulationSettings.parse({"voxel_size": 2.0})


def test_settings_survive_their_toml():
    import tomllib

    settings = SimulationSettings.parse(
        {"cohort": {"n_patients": 3, "sites": ["site3"], "age_range_years": [20, 60]}}
    )
    assert SimulationSettings.parse(tomllib.loads(settings.to_toml())) == settings
