"""Every feature of every region of a label map: filters once per image, regions once per map."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, Spacing
from mslens.core.errors import GridMismatch, ImageError, SettingsError
from mslens.radiomics.images import AnyImageType, FilterInput, filtered_images
from mslens.radiomics.names import IBSI_CODES, KERNEL_NAMES, TEXTURE_CLASSES
from mslens.radiomics.regions import Region, check_labels, find_regions
from mslens.radiomics.resample import resample_pair
from mslens.radiomics.settings import RadiomicsSettings
from mslens.radiomics.shape import describe_shape
from mslens.radiomics.texture import Described, Scratch, TextureRequest, describe_texture

#: What is called with the name and the (i, j, k) array of every filtered image.
KeepImage = Callable[[str, Array], None]


@dataclass(frozen=True)
class Column:
    """One feature of one image type."""

    image_type: str
    feature_class: str
    feature: str
    ibsi_code: str = ""

    @property
    def name(self) -> str:
        """PyRadiomics' key, e.g. ``original_glcm_Contrast``."""
        return f"{self.image_type}_{self.feature_class}_{self.feature}"


@dataclass(frozen=True, eq=False)
class Extraction:
    """Features of the regions of one label map.

    Parameters
    ----------
    matrix : ndarray, shape (n_regions, n_columns), float64
    reasons : ndarray, shape (n_regions, n_columns), object
        Why a value is not a number; empty where it is one.
    labels : tuple of int
        One per row.
    columns : tuple of Column
    """

    matrix: npt.NDArray[np.float64]
    reasons: npt.NDArray[np.object_]
    labels: tuple[int, ...]
    columns: tuple[Column, ...]


@dataclass
class _Builder:
    """Collects blocks of columns while image types come and go."""

    n_rows: int
    columns: list[Column] = field(default_factory=list)
    values: list[npt.NDArray[np.float64]] = field(default_factory=list)
    reasons: list[npt.NDArray[np.object_]] = field(default_factory=list)

    def add(self, image_type: str, name: str, features: Sequence[str]) -> tuple[Array, Array]:
        """Open a block of columns; return its values and reasons to be filled."""
        self.columns += [
            Column(image_type, name, feature, IBSI_CODES[name, feature]) for feature in features
        ]
        block = np.full((self.n_rows, len(features)), np.nan)
        why = np.full(block.shape, "", dtype=object)
        self.values.append(block)
        self.reasons.append(why)
        return block, why

    def finish(self, labels: Sequence[int]) -> Extraction:
        if not self.columns:
            raise SettingsError(
                "there is nothing to extract",
                expected="an image type with its settings (LoG needs sigma) and a feature class",
            )
        values, reasons = np.hstack(self.values), np.hstack(self.reasons)
        unexplained = ~np.isfinite(values) & (reasons == "")
        reasons[unexplained] = "undefined for this region"
        return Extraction(values, reasons, tuple(labels), tuple(self.columns))


def extract_features(
    image: Array,
    labels: Array,
    *,
    voxel_size_mm: Spacing,
    settings: RadiomicsSettings,
    wanted: Sequence[int] | None = None,
    keep_image: KeepImage | None = None,
    n_threads: int = 1,
) -> Extraction:
    """Extract every wanted feature of every region.

    Parameters
    ----------
    image : ndarray, shape (i, j, k)
        Intensities. float64 is filtered in float64, float32 in float32, like PyRadiomics.
    labels : ndarray, shape (i, j, k), integer
        Zero is background.
    voxel_size_mm : tuple of 3 float
        Along (i, j, k).
    settings : RadiomicsSettings
    wanted : sequence of int, optional
        Labels that get a row, present or not; default: all that the map holds.
    keep_image : callable, optional
        Receives every filtered image.
    n_threads : int
        Regions that are described at the same time; values do not depend on it.

    Returns
    -------
    Extraction
        Every value that is not a number has its reason.

    Raises
    ------
    GridMismatch
        If image and labels differ in shape.
    ImageError
        If the labels are no label map, or none of the wanted ones is there.
    """
    source, parcels = _prepare(image, labels, voxel_size_mm, settings)
    regions = find_regions(parcels, wanted=wanted)
    if not regions:
        raise ImageError("the label map holds none of the wanted regions")
    rows = [region.label for region in regions] if wanted is None else list(wanted)
    bodies = _find_bodies(source, regions, rows, settings)
    return _describe_all(source, bodies, settings, keep_image, n_threads)


def _prepare(
    image: Array, labels: Array, voxel_size_mm: Spacing, settings: RadiomicsSettings
) -> tuple[FilterInput, Array]:
    if image.shape != labels.shape:
        raise GridMismatch(
            f"the label map has shape {labels.shape}, the image {image.shape}",
            expected="the same grid",
            cure="Resample the label map onto the image with nearest neighbour",
        )
    volume, spacing = np.ascontiguousarray(image.T), voxel_size_mm[::-1]
    parcels = check_labels(np.ascontiguousarray(labels.T))
    volume = _normalise(volume, settings)
    if settings.resampled_spacing_mm is not None:
        volume, parcels, spacing = resample_pair(
            volume,
            parcels,
            spacing_mm=spacing,
            new_spacing_mm=settings.resampled_spacing_mm[::-1],
            interpolation=settings.interpolation,
        )
    return FilterInput(volume, parcels > 0, spacing, settings.implementation), parcels


def _normalise(volume: Array, settings: RadiomicsSettings) -> Array:
    if not settings.normalise:
        return volume
    values = volume.astype(np.float64)
    spread = values.std(ddof=1)
    if not spread > 0:
        raise ImageError("the image has one single value", expected="an image to normalise")
    values = (values - values.mean()) * (1.0 / spread)
    if settings.remove_outliers is not None:
        values = np.clip(values, -settings.remove_outliers, settings.remove_outliers)
    return np.asarray(values * settings.normalise_scale)


@dataclass(frozen=True, eq=False)
class _Bodies:
    """The regions, where their rows are, and why some of them have no values."""

    regions: Sequence[Region]
    rows: dict[int, int]
    why: dict[int, str]
    inner: dict[int, Region | None]

    def usable(self) -> list[tuple[int, Region]]:
        """Row and re-segmented region of every region that can be described."""
        found = ((r.label, self.inner[r.label]) for r in self.regions if not self.why[r.label])
        return [(self.rows[label], body) for label, body in found if body is not None]

    def explain(self, reasons: Array, *, inner: bool) -> None:
        """Write why rows are empty; `inner` where re-segmentation counts."""
        for label, row in self.rows.items():
            if self.why[label]:
                reasons[row] = self.why[label]
            elif inner and self.inner[label] is None:
                reasons[row] = "no voxel is left after re-segmentation"


def _find_bodies(
    source: FilterInput, regions: Sequence[Region], rows: Sequence[int], settings: RadiomicsSettings
) -> _Bodies:
    why = dict.fromkeys(rows, "the region is not in the label map")
    why |= {region.label: _why_unusable(region, settings) for region in regions}
    inner = {r.label: _resegment(r, source.image, settings) for r in regions}
    return _Bodies(regions, {label: row for row, label in enumerate(rows)}, why, inner)


def _describe_all(
    source: FilterInput,
    bodies: _Bodies,
    settings: RadiomicsSettings,
    keep_image: KeepImage | None,
    n_threads: int,
) -> Extraction:
    builder = _Builder(len(bodies.rows))
    if "shape" in settings.features:
        _describe_shapes(source, bodies, settings, builder)
    wanted = {c: settings.features_of(c) for c in _classes_of(settings)}
    chosen = {c: [KERNEL_NAMES[c].index(f) for f in features] for c, features in wanted.items()}
    for name, image, spec in image_sources(source, settings):
        blocks = {c: builder.add(name, c, features) for c, features in wanted.items()}
        if isinstance(image, str):
            for _, reasons in blocks.values():
                reasons[:] = image
            continue
        if keep_image is not None:
            keep_image(name, image.T)
        request = texture_request(settings, spec, source.spacing_mm)
        flat = np.ascontiguousarray(image).reshape(-1)
        for row, found in _describe_regions(flat, bodies.usable(), request, n_threads):
            for c, (values, reasons) in blocks.items():
                values[row] = found.values[c][chosen[c]]
                reasons[row] = found.reasons.get(c, "")
        for _, reasons in blocks.values():
            bodies.explain(reasons, inner=True)
    return builder.finish(list(bodies.rows))


def _describe_shapes(
    source: FilterInput, bodies: _Bodies, settings: RadiomicsSettings, builder: _Builder
) -> None:
    features = settings.features_of("shape")
    values, reasons = builder.add("original", "shape", features)
    chosen = [KERNEL_NAMES["shape"].index(feature) for feature in features]
    for region in bodies.regions:
        body = bodies.inner[region.label] if settings.resegment_shape else region
        if body is not None and not bodies.why[region.label]:
            described = describe_shape(body, spacing_mm=source.spacing_mm)
            values[bodies.rows[region.label]] = described[chosen]
    bodies.explain(reasons, inner=settings.resegment_shape)


def _describe_regions(
    flat: Array, usable: Sequence[tuple[int, Region]], request: TextureRequest, n_threads: int
) -> Iterator[tuple[int, Described]]:
    """Yield row and description of every region; kernels run without the interpreter lock."""
    own = threading.local()

    def describe(task: tuple[int, Region]) -> tuple[int, Described]:
        row, body = task
        if not hasattr(own, "scratch"):
            own.scratch = Scratch()
        return row, describe_texture(flat[body.voxels], body, request, scratch=own.scratch)

    if n_threads == 1:
        yield from map(describe, usable)
        return
    largest_first = sorted(usable, key=lambda task: -task[1].size)
    with ThreadPoolExecutor(n_threads) as pool:
        yield from pool.map(describe, largest_first)


def texture_sources(
    image: Array, labels: Array, voxel_size_mm: Spacing, settings: RadiomicsSettings
) -> Iterator[tuple[str, Array, AnyImageType]]:
    """Yield name, slice-first array and settings of every image that can be made.

    Parameters
    ----------
    image : ndarray, shape (i, j, k)
    labels : ndarray, shape (k, j, i)
    voxel_size_mm : tuple of 3 float
        Along (i, j, k).
    settings : RadiomicsSettings
        Resampling is not applied.
    """
    volume = _normalise(np.ascontiguousarray(image.T), settings)
    source = FilterInput(volume, labels > 0, voxel_size_mm[::-1], settings.implementation)
    for name, filtered, spec in image_sources(source, settings):
        if not isinstance(filtered, str):
            yield name, np.ascontiguousarray(filtered), spec


def image_sources(
    source: FilterInput, settings: RadiomicsSettings
) -> Iterator[tuple[str, Array | str, AnyImageType]]:
    """Yield name, image (or why there is none) and settings, one image at a time."""
    for spec in settings.images:
        for name, image in filtered_images(source, spec):
            yield name, image, spec


def name_images(settings: RadiomicsSettings) -> tuple[str, ...]:
    """Return the names of the images that an extraction makes, as the filters give them."""
    small = np.random.default_rng(0).normal(100.0, 10.0, (8, 8, 8))
    widths = [sigma for spec in settings.images for sigma in getattr(spec, "sigma_mm", ())]
    spacing = max([1.0, *(float(width) for width in widths)])
    source = FilterInput(
        small, np.ones(small.shape, dtype=bool), (spacing,) * 3, settings.implementation
    )
    return tuple(name for name, _, _ in image_sources(source, settings))


def _classes_of(settings: RadiomicsSettings) -> list[str]:
    return [name for name in settings.features if name in TEXTURE_CLASSES]


def texture_request(
    settings: RadiomicsSettings, spec: AnyImageType, spacing_mm: Spacing
) -> TextureRequest:
    """Return what is asked of every region of one image type."""
    glcm = settings.features_of("glcm") if "glcm" in settings.features else ()
    return TextureRequest(
        _classes_of(settings),
        spec.discretisation or settings.discretisation,
        with_mcc="MCC" in glcm,
        voxel_volume_mm3=float(np.prod(spacing_mm)),
        shift=settings.shift,
        coarseness=settings.coarseness,
        in_plane=settings.in_plane,
    )


def _why_unusable(region: Region, settings: RadiomicsSettings) -> str:
    spans = sum(n > 3 for n in region.shape)
    if spans < settings.minimum_dimensions:
        return (
            f"region too small: {region.size} voxels that span {spans} dimensions, "
            f"fewer than {settings.minimum_dimensions}"
        )
    if region.size < settings.minimum_voxels:
        return f"region too small: {region.size} voxels, fewer than {settings.minimum_voxels}"
    return ""


def _resegment(region: Region, image: Array, settings: RadiomicsSettings) -> Region | None:
    """Return the region's voxels in the wanted range of intensities; None if none is left."""
    if settings.resegment_range is None:
        return region
    values = image.reshape(-1)[region.voxels]
    limits = np.sort(np.asarray(settings.resegment_range, dtype=np.float64))
    if settings.resegment_mode == "relative":
        limits = limits * values.max()
    elif settings.resegment_mode == "sigma":
        limits = values.mean() + limits * values.std()
    keep = values >= limits[0]
    if limits.size > 1:
        keep &= values <= limits[1]
    return region.select(keep) if keep.sum() > 1 else None
