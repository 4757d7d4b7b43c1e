"""Drop-in for PyRadiomics: change one import and keep the script.

``from mslens.radiomics.pyradiomics import RadiomicsFeatureExtractor`` takes the same parameter
file, dictionary or keyword settings, reads the same images, and returns the same keys and
values as PyRadiomics 3.0.1 with whole-image filtering. SimpleITK images are accepted when
SimpleITK is installed.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mslens import __version__
from mslens.core.arrays import Array, Spacing
from mslens.core.errors import GridMismatch, ImageError, SettingsError, UnknownName
from mslens.core.grid import Grid
from mslens.io.nifti import load_volume
from mslens.radiomics.extract import extract_features
from mslens.radiomics.names import CLASS_FEATURES
from mslens.radiomics.parameters import load_parameters, translate_parameters
from mslens.radiomics.stored import as_stored
from mslens.radiomics.voxelwise import map_features

_IMAGE_TYPES = (
    "Original",
    "LoG",
    "Wavelet",
    "Square",
    "SquareRoot",
    "Logarithm",
    "Exponential",
    "Gradient",
    "LBP3D",
)
_DEFAULTS: dict[str, Any] = {
    "minimumROIDimensions": 2,
    "minimumROISize": None,
    "normalize": False,
    "normalizeScale": 1,
    "removeOutliers": None,
    "resampledPixelSpacing": None,
    "interpolator": "sitkBSpline",
    "preCrop": False,
    "padDistance": 5,
    "distances": [1],
    "force2D": False,
    "force2Ddimension": 0,
    "resegmentRange": None,
    "label": 1,
    "additionalInfo": True,
}


class RadiomicsFeatureExtractor:
    """Extract features of one label, under PyRadiomics' interface.

    Parameters
    ----------
    parameters : str, Path or dict, optional
        A parameter file or its content; default: all 107 features of the original image.
    **settings
        Override single settings, e.g. ``binWidth=10`` (PyRadiomics' own calling form).
    """

    def __init__(
        self, parameters: str | Path | Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        self.settings: dict[str, Any] = dict(_DEFAULTS)
        self.enabledImagetypes: dict[str, Any] = {"Original": {}}
        self.enabledFeatures: dict[str, Any] = {name: [] for name in CLASS_FEATURES}
        if parameters is not None:
            self._apply(_read(parameters))
        self.settings.update(settings)
        self._translated()

    def loadParams(self, paramsFile: str | Path) -> None:  # noqa: N802, N803
        """Read a parameter file."""
        self._apply(_read(paramsFile))

    def loadJSONParams(self, JSON_configuration: str) -> None:  # noqa: N802, N803
        """Read parameters from JSON text."""
        self._apply(json.loads(JSON_configuration))

    def enableAllFeatures(self) -> None:  # noqa: N802
        """Want every feature of every class."""
        self.enabledFeatures = {name: [] for name in CLASS_FEATURES}

    def disableAllFeatures(self) -> None:  # noqa: N802
        """Want no feature."""
        self.enabledFeatures = {}

    def enableFeatureClassByName(self, featureClass: str, enabled: bool = True) -> None:  # noqa: N802, N803
        """Want all features of a class, or none of it."""
        if featureClass not in CLASS_FEATURES:
            raise UnknownName.of(featureClass, CLASS_FEATURES, kind="feature class")
        self.enabledFeatures.pop(featureClass, None)
        if enabled:
            self.enabledFeatures[featureClass] = []

    def enableFeaturesByName(self, **enabledFeatures: list[str]) -> None:  # noqa: N802, N803
        """Want single features: ``enableFeaturesByName(glcm=["Contrast"])``."""
        self.enabledFeatures.update(enabledFeatures)

    def enableAllImageTypes(self) -> None:  # noqa: N802
        """Want every image type with its default settings."""
        self.enabledImagetypes = {name: {} for name in _IMAGE_TYPES}

    def disableAllImageTypes(self) -> None:  # noqa: N802
        """Want no image type."""
        self.enabledImagetypes = {}

    def enableImageTypeByName(  # noqa: N802
        self,
        imageType: str,  # noqa: N803
        enabled: bool = True,
        customArgs: Mapping[str, Any] | None = None,  # noqa: N803
    ) -> None:
        """Want an image type, with settings of its own, or not."""
        if imageType not in _IMAGE_TYPES:
            raise UnknownName.of(imageType, _IMAGE_TYPES, kind="image type")
        self.enabledImagetypes.pop(imageType, None)
        if enabled:
            self.enabledImagetypes[imageType] = dict(customArgs or {})

    def enableImageTypes(self, **enabledImagetypes: Mapping[str, Any]) -> None:  # noqa: N802, N803
        """Want several image types: ``enableImageTypes(LoG={"sigma": [1.0]})``."""
        self.enabledImagetypes.update(enabledImagetypes)

    def execute(
        self,
        imageFilepath: Any,  # noqa: N803
        maskFilepath: Any,  # noqa: N803
        label: int | None = None,
        label_channel: int | None = None,
        voxelBased: bool = False,  # noqa: N803
    ) -> OrderedDict[str, Any]:
        """Extract the features of one label.

        Parameters
        ----------
        imageFilepath, maskFilepath : str, Path or SimpleITK image
        label : int, optional
            Default: the setting ``label``, else 1.
        label_channel : int, optional
            Not offered: give the mask as one image.
        voxelBased : bool
            Return SimpleITK images of voxel-wise features instead of numbers.

        Returns
        -------
        OrderedDict
            ``diagnostics_...`` and one entry per feature, as PyRadiomics names them.

        Raises
        ------
        ImageError
            If the label is absent or its region is too small for any feature.
        """
        if label_channel:
            raise SettingsError("label_channel is not offered", cure="Pass the channel as an image")
        image, grid = _load(imageFilepath, labels=False)
        labels, label_grid = _load(maskFilepath, labels=True)
        grid.require_close(label_grid, ours="the image", theirs="the mask")
        chosen = int(self.settings.get("label", 1) if label is None else label)
        if voxelBased:
            return self._map(image, labels == chosen, grid.voxel_size_mm, imageFilepath)
        found = extract_features(
            image,
            np.where(labels == chosen, 1, 0),
            voxel_size_mm=grid.voxel_size_mm,
            settings=self._translated(),
            wanted=[1],
        )
        if np.isnan(found.matrix).all():
            raise ImageError(f"label {chosen}: {found.reasons[0, 0]}")
        result: OrderedDict[str, Any] = OrderedDict()
        if self.settings.get("additionalInfo", True):
            result.update(self._diagnostics(image, labels == chosen, grid))
        for column, value in zip(found.columns, found.matrix[0], strict=True):
            result[column.name] = np.array(value)
        return result

    def _map(
        self, image: Array, inside: Array, spacing: Spacing, like: Any
    ) -> OrderedDict[str, Any]:
        maps = map_features(
            image,
            inside,
            voxel_size_mm=spacing,
            settings=self._translated(),
            radius_voxels=int(self.settings.get("kernelRadius", 1)),
        )
        import SimpleITK as sitk  # noqa: N813

        template = like if isinstance(like, sitk.Image) else sitk.ReadImage(str(like))
        result: OrderedDict[str, Any] = OrderedDict()
        for column, values in maps.items():
            result[column.name] = sitk.GetImageFromArray(values.T)
            result[column.name].CopyInformation(template)
        return result

    def _apply(self, parameters: Mapping[str, Any]) -> None:
        self.settings = dict(_DEFAULTS)
        self.settings.update(parameters.get("setting") or {})
        self.settings.update(parameters.get("voxelSetting") or {})
        images = parameters.get("imageType") or {"Original": {}}
        self.enabledImagetypes = {name: custom or {} for name, custom in images.items()}
        classes = parameters.get("featureClass") or {name: [] for name in CLASS_FEATURES}
        self.enabledFeatures = {name: wanted or [] for name, wanted in classes.items()}
        self._translated()

    def _translated(self) -> Any:
        settings = {key: value for key, value in self.settings.items() if value is not None}
        return translate_parameters(
            {
                "setting": settings,
                "imageType": self.enabledImagetypes,
                "featureClass": self.enabledFeatures,
            }
        )

    def _diagnostics(self, image: Array, inside: Array, grid: Grid) -> dict[str, Any]:
        places = np.argwhere(inside)
        low, high = places.min(axis=0), places.max(axis=0)
        box = (*low.tolist(), *(high - low + 1).tolist())
        return {
            "diagnostics_Versions_PyRadiomics": f"mslens {__version__}",
            "diagnostics_Versions_Numpy": np.__version__,
            "diagnostics_Configuration_Settings": dict(self.settings),
            "diagnostics_Configuration_EnabledImageTypes": dict(self.enabledImagetypes),
            "diagnostics_Image-original_Dimensionality": "3D",
            "diagnostics_Image-original_Spacing": grid.voxel_size_mm,
            "diagnostics_Image-original_Size": grid.shape,
            "diagnostics_Image-original_Mean": float(image.mean(dtype=np.float64)),
            "diagnostics_Image-original_Minimum": float(image.min()),
            "diagnostics_Image-original_Maximum": float(image.max()),
            "diagnostics_Mask-original_Spacing": grid.voxel_size_mm,
            "diagnostics_Mask-original_Size": grid.shape,
            "diagnostics_Mask-original_BoundingBox": box,
            "diagnostics_Mask-original_VoxelNum": len(places),
            "diagnostics_Mask-original_CenterOfMassIndex": tuple(places.mean(axis=0).tolist()),
        }


def _read(parameters: str | Path | Mapping[str, Any]) -> Mapping[str, Any]:
    return parameters if isinstance(parameters, Mapping) else load_parameters(Path(parameters))


def _load(source: Any, *, labels: bool) -> tuple[Array, Grid]:
    if hasattr(source, "GetSpacing"):
        return _from_simpleitk(source)
    path = Path(source)
    if path.name.endswith((".nii", ".nii.gz")):
        volume = load_volume(path, kind="label" if labels else "scalar")
        return (volume.data if labels else as_stored(volume.data, path)), volume.grid
    try:
        import SimpleITK as sitk  # noqa: N813
    except ImportError as error:
        raise ImageError(
            "only NIfTI is read without SimpleITK",
            where=path,
            cure="Convert the image to .nii.gz or install mslens[simpleitk]",
        ) from error
    return _from_simpleitk(sitk.ReadImage(str(path)))


def _from_simpleitk(image: Any) -> tuple[Array, Grid]:
    import SimpleITK as sitk  # noqa: N813

    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise GridMismatch("the image is not a 3D image of scalars", expected="one 3D volume")
    direction = np.array(image.GetDirection()).reshape(3, 3)
    affine = np.eye(4)
    affine[:3, :3] = direction * np.array(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    lps_to_ras = np.diag([-1.0, -1.0, 1.0, 1.0])
    data = sitk.GetArrayFromImage(image).T
    return data, Grid(lps_to_ras @ affine, data.shape)
