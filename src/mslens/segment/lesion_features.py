"""What the lesion model sees of a voxel: contrasts to normal tissue, surroundings, place.

Every intensity is measured from the white matter of the same image in units of the spread of its
normal brain tissue, so that neither the scale nor the offset of an image matters; surroundings are
Gaussians in millimetres, so that the voxel size hardly does. The unsupervised mixture
(`mslens.segment.lesions`) gives the tissue classes, and its own opinion is one of the features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.image.crop import crop_box
from mslens.image.curvature import measure_curvatures
from mslens.image.distance import measure_distance
from mslens.segment.lesion_geography import GEOGRAPHY
from mslens.segment.lesions import LesionScore, LesionSettings, score_lesions

Floats = npt.NDArray[np.float32]

_CSF, _GM, _WM, _LESION = range(4)
#: Voxels whose FLAIR, blurred by the first scale, reaches nowhere within `_GATE_MM` the first
#: number, or lies below the second, are never asked about. Black holes and voxels that share their
#: place with fluid are darker than white matter; what is around them is not.
GATE_NEAR, GATE_OWN = 1.0, -2.5
_GATE_MM = 2.0
_SCALES_MM = (0.8, 1.6, 3.2, 6.4)
_CURVATURE_MM = (1.6, 3.2)
_LOCAL_MM = 6.0
_FAR_MM = 30.0
#: How far from a voxel the peak is looked for that its height is a share of.
_PEAK_MM = (3.0, 6.0)
_CLIP = 8.0
#: What a lesion is measured by when the contrast of an image is not known.
_BRIGHTEST_PERCENT = 99.7

_FLAIR_FEATURES = (
    "flair", "flair_0.8", "flair_1.6", "flair_3.2", "flair_0.8-3.2", "flair_1.6-6.4",
    "flair_low_3", "flair_high_3", "flair_to_fluid", "flair_to_local_wm", "flair_to_local_gm",
    "flair_to_brightest",
    *(f"flair_curve{n}_{scale}" for scale in _CURVATURE_MM for n in (1, 2, 3)),
)  # fmt: skip
_OTHER_FEATURES = ("", "_1.6", "_3.2", "_1.6-6.4", "_to_local_wm")
_TISSUE_FEATURES = (
    "mixture", "mixture_1.6", "mixture_4.8", "csf_1.6", "gm_1.6", "gm_4.8", "wm_1.6", "wm_4.8",
    "own_fluid_mm", "own_ventricle_mm", "edge_mm",
)  # fmt: skip
FEATURES = (
    *_FLAIR_FEATURES,
    *(f"t1w{name}" for name in _OTHER_FEATURES),
    *(f"t2w{name}" for name in _OTHER_FEATURES),
    *_TISSUE_FEATURES,
    *(f"template_{name}" for name in GEOGRAPHY),
    "template_wm_4.8",
    *(f"flair_height_{reach}" for reach in _PEAK_MM),
)


@dataclass(frozen=True, eq=False)
class LesionContrasts:
    """Preprocessed images of one session on one grid.

    Parameters
    ----------
    flair : ndarray, shape (x, y, z)
    t1w, t2w : ndarray, shape (x, y, z), or None
    mask : ndarray, shape (x, y, z)
        Brain.
    geography : ndarray, shape (8, x, y, z)
        `mslens.segment.lesion_geography.map_geography`.
    voxel_size_mm : tuple of 3 float
    """

    flair: Array
    t1w: Array | None
    t2w: Array | None
    mask: Array
    geography: Array
    voxel_size_mm: Spacing

    @property
    def contrasts(self) -> list[str]:
        """Names of the images that are there, FLAIR first."""
        others = {"T1w": self.t1w, "T2w": self.t2w}
        return ["FLAIR", *(name for name, image in others.items() if image is not None)]


@dataclass(frozen=True, eq=False)
class VoxelFeatures:
    """Features of the voxels that could be lesion.

    Parameters
    ----------
    values : ndarray, shape (n, len(FEATURES)), float32
        NaN where a contrast is missing.
    where : ndarray, shape (n,), int64
        Flat indices of the voxels in the images.
    brightness : ndarray, shape (x, y, z), float32
        FLAIR from white matter, in spreads of normal tissue; 0 outside of the mask.
    mixture : LesionScore
        What the unsupervised model says.
    """

    values: Floats
    where: npt.NDArray[np.int64]
    brightness: Floats
    mixture: LesionScore


def measure_features(images: LesionContrasts, *, settings: LesionSettings) -> VoxelFeatures:
    """Measure the features of all voxels that are bright enough on FLAIR.

    Parameters
    ----------
    images : LesionContrasts
    settings : LesionSettings
        Of the mixture.

    Returns
    -------
    VoxelFeatures

    Raises
    ------
    ImageError
        If the mask is nearly empty or an image is not finite inside it.
    QualityError
        If a normal tissue is not there.
    """
    others = [image for image in (images.t1w, images.t2w) if image is not None]
    mixture = score_lesions(
        images.flair,
        images.mask,
        images.geography[:3],
        others,
        voxel_size_mm=images.voxel_size_mm,
        settings=settings,
    )
    inside = np.asarray(images.mask) != 0
    box = crop_box(inside)
    inner = inside[box]
    blur = _Blur(inner, images.voxel_size_mm)
    flair = _normalise(images.flair[box], inner, mixture, 0)
    gate = _find_bright_places(blur(flair, _SCALES_MM[0]), inner, images.voxel_size_mm)
    table = np.full((int(gate.sum()), len(FEATURES)), np.nan, dtype=np.float32)
    posterior = np.zeros((4, *inner.shape), dtype=np.float32)
    posterior[:, inner] = mixture.posterior
    columns = _Columns(table, gate)
    _add_flair(columns, flair, posterior, blur, mixture)
    place = 1
    for name, image in (("t1w", images.t1w), ("t2w", images.t2w)):
        if image is not None:
            normal = _normalise(image[box], inner, mixture, place)
            _add_other(columns, name, normal, posterior, blur)
            place += 1
    _add_tissue(columns, posterior, blur, images.geography[(slice(None), *box)])
    whole = np.zeros(inside.shape, dtype=np.float32)
    whole[box] = np.where(inner, flair, 0)
    chosen = np.zeros(inside.shape, dtype=bool)
    chosen[box] = gate
    return VoxelFeatures(table, np.flatnonzero(chosen), whole, mixture)


def _find_bright_places(blurred: Floats, inner: MaskArray, voxel_size_mm: Spacing) -> MaskArray:
    size = [2 * max(1, round(_GATE_MM / step)) + 1 for step in voxel_size_mm]
    near = ndimage.maximum_filter(np.where(inner, blurred, -_CLIP), size)
    return np.asarray(inner & (near > GATE_NEAR) & (blurred > GATE_OWN))


@dataclass(frozen=True, eq=False)
class _Columns:
    table: Floats
    gate: MaskArray

    def put(self, name: str, values: Array) -> None:
        self.table[:, FEATURES.index(name)] = values[self.gate]


@dataclass(frozen=True, eq=False)
class _Blur:
    """Gaussian mean over the brain alone (normalised convolution)."""

    inner: MaskArray
    voxel_size_mm: Spacing

    def __call__(self, values: Array, sigma_mm: float, weight: Array | None = None) -> Floats:
        own = self.inner.astype(np.float32) if weight is None else weight
        total = self._smooth(values * own, sigma_mm)
        return np.asarray(total / np.maximum(self._smooth(own, sigma_mm), np.float32(1e-3)))

    def _smooth(self, values: Array, sigma_mm: float) -> Floats:
        sigma = sigma_mm / np.asarray(self.voxel_size_mm)
        return np.asarray(ndimage.gaussian_filter(values, sigma, mode="constant", truncate=2.5))


def _normalise(image: Array, inner: MaskArray, mixture: LesionScore, contrast: int) -> Floats:
    """Intensity from WM in spreads of normal brain tissue; CSF does not count as such."""
    gm, wm = mixture.mean[_GM, contrast], mixture.mean[_WM, contrast]
    within = (mixture.sd[_GM, contrast] ** 2 + mixture.sd[_WM, contrast] ** 2) / 2
    spread = np.sqrt(within + ((gm - wm) / 2) ** 2)
    normal = (np.asarray(image, dtype=np.float32) - np.float32(wm)) / np.float32(spread)
    return np.where(inner, np.clip(normal, -_CLIP, _CLIP), np.float32(0)).astype(np.float32)


def _add_flair(
    columns: _Columns, flair: Floats, posterior: Floats, blur: _Blur, mixture: LesionScore
) -> None:
    blurred = [blur(flair, scale) for scale in _SCALES_MM]
    columns.put("flair", flair)
    for scale, values in zip(_SCALES_MM[:3], blurred, strict=False):
        columns.put(f"flair_{scale}", values)
    columns.put("flair_0.8-3.2", blurred[0] - blurred[2])
    columns.put("flair_1.6-6.4", blurred[1] - blurred[3])
    size = tuple(max(1, round(3.0 / s)) for s in blur.voxel_size_mm)
    columns.put("flair_low_3", ndimage.minimum_filter(blurred[0], size))
    columns.put("flair_high_3", ndimage.maximum_filter(blurred[0], size))
    csf, wm = mixture.mean[_CSF, 0], mixture.mean[_WM, 0]
    spread = _normalise(np.array([csf]), np.array([True]), mixture, 0)[0]
    columns.put("flair_to_fluid", blurred[0] / np.float32(max(0.5, -spread)) if csf < wm else flair)
    white = blur(flair, _LOCAL_MM, posterior[_WM])
    columns.put("flair_to_local_wm", blurred[0] - white)
    _add_height(columns, flair, blurred[0], white, blur)
    columns.put("flair_to_local_gm", blurred[0] - blur(flair, _LOCAL_MM, posterior[_GM]))
    brightest = float(np.percentile(blurred[0][blur.inner], _BRIGHTEST_PERCENT))
    columns.put("flair_to_brightest", blurred[0] / np.float32(max(0.5, brightest)))
    beyond = np.where(blur.inner, flair, blurred[2])
    for scale in _CURVATURE_MM:
        curvatures = measure_curvatures(
            beyond, columns.gate, sigma_mm=scale, voxel_size_mm=blur.voxel_size_mm
        )
        for n, values in enumerate(curvatures.T, start=1):
            columns.table[:, FEATURES.index(f"flair_curve{n}_{scale}")] = values


def _add_height(
    columns: _Columns, flair: Floats, blurred: Floats, white: Floats, blur: _Blur
) -> None:
    """Height over white matter as a share of the highest nearby.

    However thick the slices and bright the lesion, its border lies about half way up.
    """
    rise = np.where(blur.inner, blurred, -_CLIP)
    for reach in _PEAK_MM:
        size = [2 * max(1, round(reach / step)) + 1 for step in blur.voxel_size_mm]
        peak = ndimage.maximum_filter(rise, size) - white
        share = (flair - white) / np.maximum(peak, np.float32(0.5))
        columns.put(f"flair_height_{reach}", np.clip(share, -2.0, 2.0))


def _add_other(columns: _Columns, name: str, image: Floats, posterior: Floats, blur: _Blur) -> None:
    middle, wide = blur(image, _SCALES_MM[1]), blur(image, _SCALES_MM[3])
    columns.put(name, image)
    columns.put(f"{name}_1.6", middle)
    columns.put(f"{name}_3.2", blur(image, _SCALES_MM[2]))
    columns.put(f"{name}_1.6-6.4", middle - wide)
    columns.put(f"{name}_to_local_wm", image - blur(image, _LOCAL_MM, posterior[_WM]))


def _add_tissue(columns: _Columns, posterior: Floats, blur: _Blur, geography: Array) -> None:
    columns.put("mixture", posterior[_LESION])
    columns.put("mixture_1.6", blur(posterior[_LESION], 1.6))
    columns.put("mixture_4.8", blur(posterior[_LESION], 4.8))
    columns.put("csf_1.6", blur(posterior[_CSF], 1.6))
    for name, k in (("gm", _GM), ("wm", _WM)):
        columns.put(f"{name}_1.6", blur(posterior[k], 1.6))
        columns.put(f"{name}_4.8", blur(posterior[k], 4.8))
    fluid = posterior[_CSF] > 0.5
    near = geography[GEOGRAPHY.index("ventricle_mm")] < 10.0
    for name, part in (
        ("own_fluid_mm", fluid),
        ("own_ventricle_mm", fluid & near),
        ("edge_mm", ~blur.inner),
    ):
        away = measure_distance(np.pad(part, 1, constant_values=name == "edge_mm"),
                                voxel_size_mm=blur.voxel_size_mm)  # fmt: skip
        columns.put(name, np.minimum(away, _FAR_MM)[1:-1, 1:-1, 1:-1])
    for name, values in zip(GEOGRAPHY, geography, strict=True):
        columns.put(f"template_{name}", np.asarray(values, dtype=np.float32))
    white = np.asarray(geography[GEOGRAPHY.index("wm")], dtype=np.float32)
    columns.put("template_wm_4.8", blur(white, 4.8))
