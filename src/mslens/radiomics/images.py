"""The image types that features are computed on: the original and its filtered versions.

Each type has settings of its own and a function in `FILTERS` that yields its images one by one,
so that no more than one type is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.core.settings import Settings
from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.filters.boundary import Boundary
from mslens.radiomics.filters.gradient import gradient_magnitude
from mslens.radiomics.filters.laplacian_of_gaussian import Implementation, laplacian_of_gaussian
from mslens.radiomics.filters.laws import laws_filter
from mslens.radiomics.filters.local_binary_pattern import (
    LocalBinaryPattern,
    local_binary_pattern,
)
from mslens.radiomics.filters.mean import mean_filter
from mslens.radiomics.filters.pointwise import exponential, logarithm, square, square_root
from mslens.radiomics.filters.truncated_gaussian import gaussian_truncated
from mslens.radiomics.filters.wavelet import wavelet_bands

#: float64 of one value; whole numbers stay whole, because PyRadiomics prints them so in names.
Number = int | float


class ImageType(Settings):
    """What all image types share.

    Parameters
    ----------
    discretisation : Discretisation, optional
        Instead of that of the whole extraction.
    """

    discretisation: Discretisation | None = None


class Original(ImageType):
    """The image itself."""

    filter: Literal["original"] = "original"


class LaplacianOfGaussian(ImageType):
    """Laplacian of Gaussian at one or more widths in mm."""

    filter: Literal["log"] = "log"
    sigma_mm: tuple[Number, ...] = (1.0, 3.0, 5.0)


class Wavelet(ImageType):
    """Sub-bands of the stationary wavelet transform."""

    filter: Literal["wavelet"] = "wavelet"
    wavelet: str = "coif1"
    level: int = 1
    start_level: int = 0


class Pointwise(ImageType):
    """A function of every intensity by itself."""

    filter: Literal["square", "squareroot", "logarithm", "exponential"]


class Gradient(ImageType):
    """Magnitude of the gradient."""

    filter: Literal["gradient"] = "gradient"
    use_spacing: bool = True


class Lbp3D(ImageType):
    """Local binary patterns on a sphere."""

    filter: Literal["lbp-3d"] = "lbp-3d"
    pattern: LocalBinaryPattern = LocalBinaryPattern()


class Mean(ImageType):
    """Mean over a box (IBSI 2)."""

    filter: Literal["mean"] = "mean"
    support_voxels: int = 5
    boundary: Boundary = "mirror"


class Gaussian(ImageType):
    """Gaussian smoothing with a truncated kernel."""

    filter: Literal["gaussian"] = "gaussian"
    sigma_mm: tuple[Number, ...] = (1.0,)
    boundary: Boundary = "mirror"


class Laws(ImageType):
    """Laws' kernels (IBSI 2)."""

    filter: Literal["laws"] = "laws"
    kernels: tuple[str, ...] = ("E5", "L5", "S5")
    rotation_invariant: bool = True
    energy_distance_voxels: int = 7
    boundary: Boundary = "mirror"


AnyImageType = Annotated[
    Original
    | LaplacianOfGaussian
    | Wavelet
    | Pointwise
    | Gradient
    | Lbp3D
    | Mean
    | Gaussian
    | Laws,
    Field(discriminator="filter"),
]


@dataclass(frozen=True, eq=False)
class FilterInput:
    """What a filter may look at: arrays are (k, j, i), spacing too."""

    image: Array
    inside: MaskArray
    spacing_mm: Spacing
    implementation: Implementation


#: Name and image, or the reason why there is none.
Filtered = tuple[str, Array | str]


def _sigma_name(sigma: Number) -> str:
    return str(sigma).replace(".", "-")


def _yield_original(source: FilterInput, settings: Original) -> Iterator[Filtered]:  # noqa: ARG001
    yield "original", source.image


def _yield_log(source: FilterInput, settings: LaplacianOfGaussian) -> Iterator[Filtered]:
    for sigma in settings.sigma_mm:
        name = f"log-sigma-{_sigma_name(sigma)}-mm-3D"
        needed = np.ceil(float(sigma) / np.asarray(source.spacing_mm)) + 1
        if min(source.image.shape) < 4 or (np.asarray(source.image.shape) < needed).any():
            yield name, "the image is too small for the filter"
            continue
        yield (
            name,
            laplacian_of_gaussian(
                source.image,
                sigma_mm=float(sigma),
                spacing_mm=source.spacing_mm,
                implementation=source.implementation,
            ),
        )


def _yield_wavelet(source: FilterInput, settings: Wavelet) -> Iterator[Filtered]:
    for name, band in wavelet_bands(
        source.image,
        wavelet=settings.wavelet,
        level=settings.level,
        start_level=settings.start_level,
    ):
        yield (f"wavelet{name}" if "-" in name else f"wavelet-{name}"), band


_POINTWISE: dict[str, Callable[[Array], Array]] = {
    "square": square,
    "squareroot": square_root,
    "logarithm": logarithm,
    "exponential": exponential,
}


def _yield_pointwise(source: FilterInput, settings: Pointwise) -> Iterator[Filtered]:
    yield settings.filter, _POINTWISE[settings.filter](source.image)


def _yield_gradient(source: FilterInput, settings: Gradient) -> Iterator[Filtered]:
    yield (
        "gradient",
        gradient_magnitude(
            source.image, spacing_mm=source.spacing_mm, use_spacing=settings.use_spacing
        ),
    )


def _yield_lbp(source: FilterInput, settings: Lbp3D) -> Iterator[Filtered]:
    maps = local_binary_pattern(source.image, source.inside, settings=settings.pattern)
    for name, pattern in maps.items():
        yield f"lbp-3D-{name}", pattern


def _yield_mean(source: FilterInput, settings: Mean) -> Iterator[Filtered]:
    yield (
        f"mean-{settings.support_voxels}-voxels",
        mean_filter(
            source.image, support_voxels=settings.support_voxels, boundary=settings.boundary
        ),
    )


def _yield_gaussian(source: FilterInput, settings: Gaussian) -> Iterator[Filtered]:
    for sigma in settings.sigma_mm:
        yield (
            f"gaussian-sigma-{_sigma_name(sigma)}-mm-3D",
            gaussian_truncated(
                source.image,
                sigma_mm=float(sigma),
                spacing_mm=source.spacing_mm,
                boundary=settings.boundary,
            ),
        )


def _yield_laws(source: FilterInput, settings: Laws) -> Iterator[Filtered]:
    yield (
        f"laws-{''.join(settings.kernels)}",
        laws_filter(
            source.image,
            kernels=settings.kernels,
            boundary=settings.boundary,
            rotation_invariant=settings.rotation_invariant,
            energy_distance_voxels=settings.energy_distance_voxels,
        ),
    )


FILTERS: dict[str, Callable[[FilterInput, Any], Iterator[Filtered]]] = {
    "original": _yield_original,
    "log": _yield_log,
    "wavelet": _yield_wavelet,
    "square": _yield_pointwise,
    "squareroot": _yield_pointwise,
    "logarithm": _yield_pointwise,
    "exponential": _yield_pointwise,
    "gradient": _yield_gradient,
    "lbp-3d": _yield_lbp,
    "mean": _yield_mean,
    "gaussian": _yield_gaussian,
    "laws": _yield_laws,
}


def filtered_images(source: FilterInput, settings: AnyImageType) -> Iterator[Filtered]:
    """Yield the images of one type by PyRadiomics' names, or why one cannot be made."""
    yield from FILTERS[settings.filter](source, settings)
