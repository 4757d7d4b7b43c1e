"""The `ibsi` profile: the processing and the features of the IBSI reference manual.

Configurations A to E of the CT phantom are presets. Names are the tags of IBSI's reference
files; every feature carries its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.core.errors import GridMismatch, ImageError
from mslens.core.settings import Settings
from mslens.radiomics.discretise import Discretisation, Levels, discretise
from mslens.radiomics.gldzm import border_distance
from mslens.radiomics.ibsi_texture import (
    Aggregation,
    LevelBox,
    describe_ibsi_texture,
    texture_codes,
)
from mslens.radiomics.intensity_histogram import HISTOGRAM, describe_histogram
from mslens.radiomics.intensity_statistics import STATISTICS, describe_statistics
from mslens.radiomics.intensity_volume_histogram import (
    VOLUME_HISTOGRAM,
    describe_volume_histogram,
)
from mslens.radiomics.local_intensity import PEAKS, describe_peaks
from mslens.radiomics.morphology import MORPHOLOGY, describe_morphology

#: Rounding error of an interpolated mask that is exactly one half.
_HALF_ERROR = 1e-6

_SPLINE_ORDERS: dict[str, Literal[1, 3]] = {"linear": 1, "cubic": 3}


class IbsiSettings(Settings):
    """Processing of the IBSI profile, in its order.

    Parameters
    ----------
    new_spacing_mm : tuple of 3 float, optional
        Along (i, j, k); 0 keeps an axis, so that slices are interpolated in their plane.
    interpolation : {"linear", "cubic"}
        Of the image; the mask is interpolated linearly and cut at one half.
    round_intensities : bool
        To whole numbers after interpolation (CT).
    intensity_range : tuple of 2 float, optional
        Re-segmentation: voxels outside leave the intensity mask.
    outlier_sigmas : float, optional
        Re-segmentation: voxels further than this from the mean leave it too.
    discretisation : Discretisation, optional
        None takes whole intensities as grey levels.
    volume_histogram : Discretisation, optional
        For the intensity-volume histogram; None takes whole intensities.
    aggregations : sequence of {"2D", "2_5D", "3D"}
    """

    new_spacing_mm: tuple[float, float, float] | None = None
    interpolation: Literal["linear", "cubic"] = "linear"
    round_intensities: bool = False
    intensity_range: tuple[float, float] | None = None
    outlier_sigmas: float | None = None
    discretisation: Discretisation | None = None
    volume_histogram: Discretisation | None = None
    aggregations: tuple[Aggregation, ...] = ("2D", "2_5D", "3D")


def _width(width: float, anchor: float) -> Discretisation:
    return Discretisation(method="width", bin_width=width, anchor=anchor)


def _count(count: int) -> Discretisation:
    return Discretisation(method="count", bin_count=count, anchor="minimum")


#: The digital phantom, and the five configurations of the CT phantom.
CONFIGURATIONS: dict[str, IbsiSettings] = {
    "digital-phantom": IbsiSettings(),
    "A": IbsiSettings(
        intensity_range=(-500, 400),
        discretisation=_width(25, -500),
        aggregations=("2D", "2_5D"),
    ),
    "B": IbsiSettings(
        new_spacing_mm=(2, 2, 0),
        round_intensities=True,
        intensity_range=(-500, 400),
        discretisation=_count(32),
        aggregations=("2D", "2_5D"),
    ),
    "C": IbsiSettings(
        new_spacing_mm=(2, 2, 2),
        round_intensities=True,
        intensity_range=(-1000, 400),
        discretisation=_width(25, -1000),
        volume_histogram=_width(2.5, -1000),
        aggregations=("3D",),
    ),
    "D": IbsiSettings(
        new_spacing_mm=(2, 2, 2),
        round_intensities=True,
        outlier_sigmas=3,
        discretisation=_count(32),
        aggregations=("3D",),
    ),
    "E": IbsiSettings(
        new_spacing_mm=(2, 2, 2),
        interpolation="cubic",
        round_intensities=True,
        intensity_range=(-1000, 400),
        outlier_sigmas=3,
        discretisation=_count(32),
        volume_histogram=_count(1000),
        aggregations=("3D",),
    ),
}


@dataclass(frozen=True, eq=False)
class Prepared:
    """Image and masks after each stage, arrays (k, j, i)."""

    image: Array
    body: MaskArray
    inside: MaskArray
    spacing_mm: Spacing


def ibsi_codes() -> dict[str, str]:
    """Return tag -> code, tags of textures without their aggregation."""
    families = {
        "morph": MORPHOLOGY,
        "loc": PEAKS,
        "stat": STATISTICS,
        "ih": HISTOGRAM,
        "ivh": VOLUME_HISTOGRAM,
    }
    plain = {
        f"{family}_{tag}": code for family, tags in families.items() for tag, code in tags.items()
    }
    return plain | texture_codes()


def code_of(tag: str) -> str:
    """Return the code of a feature's full tag, e.g. of ``cm_contrast_3D_avg``."""
    codes = ibsi_codes()
    for ending in ("_2D_avg", "_2D_comb", "_2_5D_avg", "_2_5D_comb", "_3D_avg", "_3D_comb"):
        tag = tag.removesuffix(ending)
    for ending in ("_2_5D", "_2D", "_3D"):
        tag = tag.removesuffix(ending)
    return codes.get(tag, "")


def prepare(
    image: Array, mask: Array, *, voxel_size_mm: Spacing, settings: IbsiSettings
) -> Prepared:
    """Interpolate, round and re-segment; arguments as for `describe_ibsi`."""
    if image.shape != mask.shape:
        raise GridMismatch(
            f"the mask has shape {mask.shape}, the image {image.shape}", expected="the same grid"
        )
    volume, body = np.ascontiguousarray(image.T), np.ascontiguousarray(mask.T) > 0
    spacing = voxel_size_mm[::-1]
    if settings.new_spacing_mm is not None:
        wanted = np.where(
            np.asarray(settings.new_spacing_mm) == 0, voxel_size_mm, settings.new_spacing_mm
        )[::-1]
        order = _SPLINE_ORDERS[settings.interpolation]
        volume = _interpolate(volume.astype(np.float64), spacing, wanted, order)
        body = _interpolate(body.astype(np.float64), spacing, wanted, 1) >= 0.5 - _HALF_ERROR
        k, j, i = (float(s) for s in wanted)
        spacing = (k, j, i)
    if settings.round_intensities:
        volume = np.rint(volume)
    if not body.any():
        raise ImageError("the mask is empty", expected="at least one voxel")
    inside = _resegment(volume, body, settings)
    if not inside.any():
        raise ImageError("no voxel of the mask is left after re-segmentation")
    return Prepared(volume, body, inside, spacing)


def _interpolate(
    values: Array, spacing: Spacing, wanted: Array, order: Literal[1, 3]
) -> npt.NDArray[np.float64]:
    """Interpolate on a grid with the same centre (IBSI reference manual 2.4)."""
    old = np.asarray(spacing)
    shape = np.ceil(np.asarray(values.shape) * old / wanted - 1e-9).astype(int)
    first = 0.5 * ((np.asarray(values.shape) - 1) - (shape - 1) * wanted / old)
    axes = [f + np.arange(n) * r for f, n, r in zip(first, shape, wanted / old, strict=True)]
    grid = np.meshgrid(*axes, indexing="ij")
    return np.asarray(ndimage.map_coordinates(values, grid, order=order, mode="nearest"))


def _resegment(volume: Array, body: MaskArray, settings: IbsiSettings) -> MaskArray:
    inside = body.copy()
    if settings.intensity_range is not None:
        low, high = settings.intensity_range
        inside &= (volume >= low) & (volume <= high)
    if settings.outlier_sigmas is not None:
        values = volume[body]
        reach = settings.outlier_sigmas * values.std()
        inside &= np.abs(volume - values.mean()) <= reach
    return inside


def describe_ibsi(
    image: Array, mask: Array, *, voxel_size_mm: Spacing, settings: IbsiSettings
) -> dict[str, float]:
    """Compute every feature of the IBSI reference manual for one mask.

    Parameters
    ----------
    image, mask : ndarray, shape (i, j, k)
    voxel_size_mm : tuple of 3 float
        Along (i, j, k).
    settings : IbsiSettings

    Returns
    -------
    dict of str to float
        By the tags of IBSI's reference files; see `code_of` for the codes.

    Raises
    ------
    GridMismatch, ImageError
        If shapes differ, or no voxel is left.
    """
    prepared = prepare(image, mask, voxel_size_mm=voxel_size_mm, settings=settings)
    volume, body, inside = _crop(prepared)
    values = volume[inside]
    levels = _levels(values, settings.discretisation)
    found = _prefixed(
        "morph", describe_morphology(volume, body, inside, spacing_mm=prepared.spacing_mm)
    )
    peaks = describe_peaks(prepared.image, prepared.inside, spacing_mm=prepared.spacing_mm)
    found |= _prefixed("loc", peaks)
    found |= _prefixed("stat", describe_statistics(values))
    found |= _prefixed("ih", describe_histogram(levels.values, n_levels=levels.count))
    found |= _prefixed("ivh", _volume_histogram(values, settings))
    box = np.zeros(inside.shape, dtype=np.int32)
    box[inside] = levels.values
    for aggregation in settings.aggregations:
        distance = border_distance(body, in_plane=aggregation != "3D")
        found |= describe_ibsi_texture(LevelBox(box, levels.count, distance), aggregation)
    return found


def _crop(prepared: Prepared) -> tuple[Array, MaskArray, MaskArray]:
    """Cut everything to the body's box with a rim of one voxel."""
    places = np.argwhere(prepared.body)
    box = tuple(slice(a, b + 1) for a, b in zip(places.min(0), places.max(0), strict=True))
    return (
        np.pad(prepared.image[box].astype(np.float64), 1),
        np.pad(prepared.body[box], 1),
        np.pad(prepared.inside[box], 1),
    )


def _levels(values: Array, settings: Discretisation | None) -> Levels:
    if settings is not None:
        return discretise(values, settings)
    if (values != np.rint(values)).any() or values.min() < 1:
        raise ImageError(
            "intensities cannot serve as grey levels",
            expected="whole numbers from 1",
            cure="Choose a discretisation",
        )
    levels = values.astype(np.int32)
    return Levels(levels, int(levels.max()))


def _volume_histogram(values: Array, settings: IbsiSettings) -> Mapping[str, float]:
    chosen, limits = settings.volume_histogram, settings.intensity_range
    if chosen is None:
        low, high = limits or (values.min(), values.max())
        return describe_volume_histogram(values, intensities=np.arange(low, high + 1))
    levels = discretise(values, chosen).values
    if chosen.method == "count":
        return describe_volume_histogram(levels, intensities=np.arange(1, chosen.bin_count + 1))
    low, high = limits or (values.min(), values.max())
    centres = np.arange(low + chosen.bin_width / 2, high, chosen.bin_width)
    return describe_volume_histogram(low + (levels - 0.5) * chosen.bin_width, intensities=centres)


def _prefixed(family: str, values: Mapping[str, float]) -> dict[str, float]:
    return {f"{family}_{tag}": value for tag, value in values.items()}
