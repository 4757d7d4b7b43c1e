"""PyRadiomics parameter files (.yaml) read as they are.

A setting that this engine knows is translated; one that cannot change any value here is noted;
any other is refused by name, because leaving it out would change values silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mslens.core.errors import SettingsError, UnknownName
from mslens.io.files import read_bytes
from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.filters.local_binary_pattern import LocalBinaryPattern
from mslens.radiomics.images import (
    AnyImageType,
    Gradient,
    LaplacianOfGaussian,
    Lbp3D,
    Original,
    Pointwise,
    Wavelet,
)
from mslens.radiomics.names import CLASS_FEATURES
from mslens.radiomics.settings import RadiomicsSettings

#: Settings that change no value of this engine: it filters whole images, once.
_WITHOUT_EFFECT = {
    "preCrop",
    "padDistance",
    "additionalInfo",
    "enableCExtensions",
    "label",
    "label_channel",
    "correctMask",
    "geometryTolerance",
    "kernelRadius",
    "maskedKernel",
    "initValue",
    "voxelBatch",
}
#: Settings that only their default value is offered for.
_ONLY_DEFAULT: dict[str, Any] = {
    "distances": [1],
    "symmetricalGLCM": True,
    "weightingNorm": None,
    "force2Ddimension": 0,
}
_INTERPOLATORS = {
    "sitkBSpline": "bspline",
    "sitkLinear": "linear",
    "sitkNearestNeighbor": "nearest",
    1: "nearest",
    2: "linear",
    3: "bspline",
}
#: PyRadiomics' setting -> ours, where the value is taken as it is.
_RENAMED = {
    "normalize": "normalise",
    "normalizeScale": "normalise_scale",
    "removeOutliers": "remove_outliers",
    "resampledPixelSpacing": "resampled_spacing_mm",
    "resegmentRange": "resegment_range",
    "resegmentMode": "resegment_mode",
    "resegmentShape": "resegment_shape",
    "minimumROIDimensions": "minimum_dimensions",
    "voxelArrayShift": "shift",
    "gldm_a": "coarseness",
    "force2D": "in_plane",
}
_BINS = ("binWidth", "binCount")
_IMAGE_SETTINGS = {"sigma", "wavelet", "level", "start_level", "gradientUseSpacing"} | {
    "lbp3DLevels",
    "lbp3DIcosphereRadius",
    "lbp3DIcosphereSubdivision",
}


def read_parameter_file(path: Path) -> RadiomicsSettings:
    """Read a PyRadiomics parameter file into our settings.

    Raises
    ------
    SettingsError, UnknownName
        If the file is no YAML mapping, or holds a setting that is unknown or not offered.
    """
    return translate_parameters(load_parameters(path))


def load_parameters(path: Path) -> dict[str, Any]:
    """Read the content of a parameter file.

    Raises
    ------
    SettingsError
        If the file is missing or no YAML mapping.
    """
    try:
        parameters = yaml.safe_load(read_bytes(path, error=SettingsError))
    except yaml.YAMLError as error:
        raise SettingsError(f"not a YAML file ({error})", where=path) from error
    if not isinstance(parameters, dict):
        raise SettingsError("the parameter file holds no mapping", where=path)
    return parameters


def translate_parameters(parameters: Mapping[str, Any]) -> RadiomicsSettings:
    """Turn PyRadiomics parameters into our settings.

    Parameters
    ----------
    parameters : mapping
        With the keys ``imageType``, ``featureClass``, ``setting`` and ``voxelSetting``.
    """
    known = ("imageType", "featureClass", "setting", "voxelSetting")
    for key in parameters:
        if key not in known:
            raise UnknownName.of(str(key), known, kind="section of a parameter file")
    general = {**(parameters.get("setting") or {}), **(parameters.get("voxelSetting") or {})}
    images = parameters.get("imageType") or {"Original": {}}
    values = _translate_settings(general)
    values["images"] = tuple(
        _translate_image(name, custom or {}, general) for name, custom in images.items()
    )
    values["features"] = _translate_features(parameters.get("featureClass") or {})
    return RadiomicsSettings.parse(values)


def _translate_settings(general: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {"discretisation": _discretisation(general)}
    for key, value in general.items():
        if key in _RENAMED:
            values[_RENAMED[key]] = value
        elif key == "minimumROISize":
            values["minimum_voxels"] = 1 if value is None else value + 1
        elif key == "interpolator":
            if value is None:
                continue
            if value not in _INTERPOLATORS:
                names = [str(name) for name in _INTERPOLATORS]
                raise UnknownName.of(str(value), names, kind="interpolator")
            values["interpolation"] = _INTERPOLATORS[value]
        elif key in _ONLY_DEFAULT:
            if value != _ONLY_DEFAULT[key]:
                raise SettingsError(
                    f"setting '{key}' is {value!r}",
                    expected=f"{_ONLY_DEFAULT[key]!r}, the only value that is offered",
                    cure="Use PyRadiomics itself for this setting",
                )
        elif key not in _WITHOUT_EFFECT and key not in _BINS and key not in _IMAGE_SETTINGS:
            offered = {*_RENAMED, *_ONLY_DEFAULT, *_WITHOUT_EFFECT, *_BINS, *_IMAGE_SETTINGS}
            raise UnknownName.of(
                str(key), offered | {"minimumROISize", "interpolator"}, kind="setting"
            )
    return {name: value for name, value in values.items() if value is not None}


def _discretisation(values: Mapping[str, Any]) -> Discretisation:
    if values.get("binCount") is not None:
        return Discretisation.parse({"method": "count", "bin_count": values["binCount"]})
    return Discretisation.parse({"bin_width": values.get("binWidth", 25)})


def _translate_image(
    name: str, custom: Mapping[str, Any], general: Mapping[str, Any]
) -> AnyImageType:
    given = {key: general[key] for key in _IMAGE_SETTINGS if key in general} | dict(custom)
    own = _discretisation({**general, **custom}) if set(custom) & set(_BINS) else None
    for key in set(custom) - _IMAGE_SETTINGS - set(_BINS):
        raise UnknownName.of(str(key), _IMAGE_SETTINGS | set(_BINS), kind=f"setting of {name}")
    if name == "Original":
        return Original(discretisation=own)
    if name == "LoG":
        return LaplacianOfGaussian(sigma_mm=tuple(given.get("sigma", ())), discretisation=own)
    if name == "Wavelet":
        keys = [key for key in ("wavelet", "level", "start_level") if key in given]
        return Wavelet.parse({key: given[key] for key in keys} | {"discretisation": own})
    if name in ("Square", "SquareRoot", "Logarithm", "Exponential"):
        return Pointwise.parse({"filter": name.lower(), "discretisation": own})
    if name == "Gradient":
        return Gradient(use_spacing=given.get("gradientUseSpacing", True), discretisation=own)
    if name == "LBP3D":
        pattern = LocalBinaryPattern(
            levels=given.get("lbp3DLevels", 2),
            radius_voxels=given.get("lbp3DIcosphereRadius", 1),
            subdivisions=given.get("lbp3DIcosphereSubdivision", 1),
        )
        return Lbp3D(pattern=pattern, discretisation=own)
    offered = ("Original", "LoG", "Wavelet", "Square", "SquareRoot", "Logarithm", "Exponential")
    raise UnknownName.of(name, (*offered, "Gradient", "LBP3D"), kind="image type")


def _translate_features(classes: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    if not classes:
        return dict.fromkeys(CLASS_FEATURES, ())
    return {name: tuple(features or ()) for name, features in classes.items()}
