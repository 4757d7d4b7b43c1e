"""From the words of the command line to the settings of an extraction."""

from __future__ import annotations

from mslens.core.errors import SettingsError
from mslens.core.registry import choose_method
from mslens.radiomics.extract import name_images
from mslens.radiomics.ibsi import CONFIGURATIONS
from mslens.radiomics.ibsi_store import IbsiExtractionSettings
from mslens.radiomics.parameters import read_parameter_file
from mslens.radiomics.settings import choose_preset
from mslens.radiomics.steps import ExtractionSettings
from mslens.studies.radiomics.request import FeatureRequest

#: Preset whose paper describes the 114 marked regions.
_SET114 = "edss-radiomics"
_DEFAULT = {"pyradiomics": "pyradiomics", "ibsi": "D"}


def choose_settings(request: FeatureRequest) -> ExtractionSettings:
    """Return the settings of the wanted profile, preset or parameter file.

    Raises
    ------
    SettingsError, UnknownName
        If options contradict each other, a name is unknown or the file cannot be used.
    """
    if request.preset is not None and request.params is not None:
        raise SettingsError(
            "both --preset and --params are given", expected="one of them", cure="Leave one out"
        )
    preset = request.preset or _DEFAULT[request.profile]
    if request.profile == "ibsi":
        return _choose_ibsi(request, preset)
    if request.params is None:
        radiomics = choose_preset(preset)
    else:
        radiomics = read_parameter_file(request.params)
        name_images(radiomics)  # tells an unknown wavelet or a wrong width before any work
    return ExtractionSettings(
        radiomics=radiomics, only_set114=request.preset == _SET114, labels=request.label
    )


def _choose_ibsi(request: FeatureRequest, preset: str) -> IbsiExtractionSettings:
    if request.params is not None:
        raise SettingsError(
            "a PyRadiomics parameter file has no meaning in the profile ibsi",
            cure="Use --profile pyradiomics, or a --preset",
        )
    chosen = choose_method(CONFIGURATIONS, preset, stage="preset of the profile ibsi")
    return IbsiExtractionSettings(ibsi=chosen, labels=request.label)
