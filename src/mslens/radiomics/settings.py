"""Settings of an extraction, and the presets of the two studies that use radiomics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import model_validator

from mslens.core.errors import UnknownName
from mslens.core.registry import choose_method
from mslens.core.settings import Settings
from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.filters.laplacian_of_gaussian import Implementation
from mslens.radiomics.images import AnyImageType, LaplacianOfGaussian, Original, Wavelet
from mslens.radiomics.names import CLASS_FEATURES

#: Paper 000 counts 22 GLCM features.
_GLCM_22 = tuple(f for f in CLASS_FEATURES["glcm"] if f not in ("SumAverage", "MCC"))


class RadiomicsSettings(Settings):
    """What is extracted, under PyRadiomics' names and definitions.

    Parameters
    ----------
    images : sequence of image types
    features : mapping of str to sequence of str
        Features of every wanted class; an empty sequence means all of them.
    discretisation : Discretisation
    normalise : bool
        Subtract the image's mean and divide by its standard deviation, times `normalise_scale`.
    remove_outliers : float, optional
        Clip the normalised image at so many standard deviations.
    resampled_spacing_mm : tuple of 3 float, optional
        Resample image and labels first; 0 keeps the spacing of an axis.
    interpolation : {"bspline", "linear", "nearest"}
    resegment_range : tuple of 1 or 2 float, optional
        Keep only voxels of a region between these intensities (and from the first one up).
    resegment_mode : {"absolute", "relative", "sigma"}
    resegment_shape : bool
        Let the re-segmentation change the shape features as well.
    minimum_dimensions, minimum_voxels : int
        Smaller regions get no values, with the reason.
    shift : float
        PyRadiomics' ``voxelArrayShift``.
    coarseness : int
        PyRadiomics' ``gldm_a``.
    in_plane : bool
        PyRadiomics' ``force2D`` for axial slices.
    implementation : {"exact", "fast"}
        Exact filters equal SimpleITK's and PyWavelets' to the last bit (on x86-64).
    """

    images: tuple[AnyImageType, ...] = (Original(),)
    features: Mapping[str, tuple[str, ...]] = dict.fromkeys(CLASS_FEATURES, ())
    discretisation: Discretisation = Discretisation()
    normalise: bool = False
    normalise_scale: float = 1.0
    remove_outliers: float | None = None
    resampled_spacing_mm: tuple[float, float, float] | None = None
    interpolation: Literal["bspline", "linear", "nearest"] = "bspline"
    resegment_range: tuple[float, ...] | None = None
    resegment_mode: Literal["absolute", "relative", "sigma"] = "absolute"
    resegment_shape: bool = False
    minimum_dimensions: int = 2
    minimum_voxels: int = 1
    shift: float = 0.0
    coarseness: int = 0
    in_plane: bool = False
    implementation: Implementation = "exact"

    @model_validator(mode="after")
    def _know_the_features(self) -> RadiomicsSettings:
        for name, features in self.features.items():
            if name not in CLASS_FEATURES:
                raise UnknownName.of(name, CLASS_FEATURES, kind="feature class")
            for feature in features:
                if feature not in CLASS_FEATURES[name]:
                    raise UnknownName.of(feature, CLASS_FEATURES[name], kind=f"{name} feature")
        return self

    def features_of(self, name: str) -> tuple[str, ...]:
        """Return the wanted features of a class."""
        return tuple(self.features[name]) or CLASS_FEATURES[name]


#: Paper 000: 12 image types x 91 features. Widths and bin width are our inference.
EDSS_RADIOMICS = RadiomicsSettings(
    images=(Original(), LaplacianOfGaussian(sigma_mm=(1.0, 3.0, 5.0)), Wavelet()),
    features={
        "firstorder": (),
        "glcm": _GLCM_22,
        "gldm": (),
        "glrlm": (),
        "glszm": (),
        "ngtdm": (),
    },
    discretisation=Discretisation(bin_width=5.0),
    normalise=True,
    normalise_scale=100.0,
)

#: Paper 003: the 107 default features at 64 grey levels per volume of interest.
QSM_ROBUSTNESS = RadiomicsSettings(
    discretisation=Discretisation(method="count", bin_count=64),
)

PRESETS: dict[str, RadiomicsSettings] = {
    "pyradiomics": RadiomicsSettings(),
    "edss-radiomics": EDSS_RADIOMICS,
    "qsm-robustness": QSM_ROBUSTNESS,
}


def choose_preset(name: str) -> RadiomicsSettings:
    """Return the preset called `name`.

    Raises
    ------
    UnknownName
        If there is none; the message offers the closest.
    """
    return choose_method(PRESETS, name, stage="radiomics preset")
