"""N4 bias-field correction: sharpen the histogram of the log image, smooth what that changed.

b <- b + S(u - E[u]), u = log v - b, E from a Wiener-deconvolved histogram (Sled 1998,
doi:10.1109/42.668698), S a B-spline of rising resolution (Tustison 2010,
doi:10.1109/TMI.2010.2046908). One thread, no random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from mslens.core.arrays import Array, MaskArray
from mslens.core.errors import ImageError
from mslens.core.settings import Settings
from mslens.core.volume import Volume
from mslens.image.resample import coarsen
from mslens.preprocess.bspline import Lattice, evaluate_lattice, fit_lattice

MIN_VOXELS = 200


class N4Settings(Settings):
    """Settings of N4, the same for every back-end."""

    #: Voxel size at which the field is estimated (an axis is never made finer).
    working_voxel_size_mm: float = Field(default=3.0, gt=0)
    #: Distance between the spline's knots at the first level; halved at each further level.
    knot_distance_mm: float = Field(default=200.0, gt=0)
    #: Largest number of iterations per level.
    iterations: tuple[int, ...] = (50, 50, 50)
    #: A level ends when the field's change has a smaller coefficient of variation than this.
    tolerance: float = Field(default=1e-4, gt=0)
    #: Width of the Gaussian that blurs the true histogram, in units of log intensity.
    histogram_fwhm: float = Field(default=0.15, gt=0)
    wiener_noise: float = Field(default=0.01, gt=0)
    n_bins: int = Field(default=200, ge=20)


@dataclass(frozen=True, eq=False)
class BiasCorrection:
    """The corrected image, the field it was divided by, and how the estimation went."""

    image: Volume
    field: Volume
    iterations: tuple[int, ...]


def correct_bias_n4(image: Volume, mask: MaskArray, *, settings: N4Settings) -> BiasCorrection:
    """Divide `image` by the smooth field that N4 finds inside `mask`.

    Parameters
    ----------
    image : Volume, scalar, intensities >= 0
    mask : ndarray of bool, shape = image.grid.shape
        Where the field is estimated; it is applied everywhere.
    settings : N4Settings

    Returns
    -------
    BiasCorrection
        float32; the field's geometric mean inside the mask is 1.

    Raises
    ------
    ImageError
        If the mask holds too few positive voxels.
    """
    working = prepare_working_image(image, mask, settings=settings)
    inside, grid = working.inside, working.image.grid
    logs = np.log(np.where(inside, working.image.data, 1.0).astype(np.float64))
    lattices, counts = _estimate(logs, inside, _positions(grid.shape, grid.voxel_size_mm), settings)
    fine = _positions(image.grid.shape, image.grid.voxel_size_mm)
    log_field = np.zeros(image.grid.shape, dtype=np.float64)
    for lattice in lattices:
        log_field += evaluate_lattice(lattice, fine)
    return apply_field(image, mask, log_field, iterations=counts)


@dataclass(frozen=True, eq=False)
class WorkingImage:
    """The image at the size at which the field is estimated, and where."""

    image: Volume
    inside: MaskArray


def prepare_working_image(image: Volume, mask: MaskArray, *, settings: N4Settings) -> WorkingImage:
    """Thin the image out to the working voxel size and drop voxels that are all but dark.

    Raises
    ------
    ImageError
        If the mask holds too few positive voxels.
    """
    coarse = coarsen(image, settings.working_voxel_size_mm)
    share = coarsen(
        image.like(mask.astype(np.float32), "scalar"), settings.working_voxel_size_mm
    ).data
    values = np.asarray(coarse.data)
    inside = np.asarray((share >= 0.5) & (values > _floor(values[share >= 0.5])))
    count = int(np.count_nonzero(inside))
    if count < MIN_VOXELS:
        raise ImageError(
            f"the mask holds {count} positive voxels at {settings.working_voxel_size_mm:g} mm",
            expected=f"at least {MIN_VOXELS}",
            cure="Look at the mask and at the image's intensities",
        )
    return WorkingImage(coarse, inside)


def apply_field(
    image: Volume,
    mask: MaskArray,
    log_field: npt.NDArray[np.float64],
    *,
    iterations: tuple[int, ...],
) -> BiasCorrection:
    """Divide the image by a log field, shifted to a geometric mean of 1 inside the mask."""
    field = np.exp(log_field - float(log_field[mask].mean())).astype(np.float32)
    corrected = (np.asarray(image.data, dtype=np.float32) / field).astype(np.float32)
    return BiasCorrection(image.like(corrected), image.like(field), iterations)


def _floor(values: Array) -> float:
    """Intensity below which a voxel is noise: its logarithm would rule the histogram."""
    return 0.02 * float(np.median(values)) if values.size else 0.0


def _positions(
    shape: tuple[int, ...], sizes_mm: tuple[float, ...]
) -> tuple[npt.NDArray[np.float64], ...]:
    """Millimetres along each axis from the outer edge of the first voxel."""
    return tuple(
        np.asarray((np.arange(n) + 0.5) * size, dtype=np.float64)
        for n, size in zip(shape, sizes_mm, strict=True)
    )


def _estimate(
    logs: npt.NDArray[np.float64],
    inside: MaskArray,
    positions: tuple[npt.NDArray[np.float64], ...],
    settings: N4Settings,
) -> tuple[list[Lattice], tuple[int, ...]]:
    """Estimate the log field as a sum of lattices, one per level."""
    found = [np.flatnonzero(inside.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
    steps = np.array([float(p[1] - p[0]) if len(p) > 1 else 2 * float(p[0]) for p in positions])
    start = np.array([p[f[0]] for p, f in zip(positions, found, strict=True)]) - steps / 2
    stop = np.array([p[f[-1]] for p, f in zip(positions, found, strict=True)]) + steps / 2
    box = tuple(slice(int(f[0]), int(f[-1]) + 1) for f in found)
    near = tuple(p[s] for p, s in zip(positions, box, strict=True))
    logs, inside = np.ascontiguousarray(logs[box]), np.ascontiguousarray(inside[box])
    field = np.zeros_like(logs)
    lattices, counts = [], []
    for level, limit in enumerate(settings.iterations):
        knots = settings.knot_distance_mm / 2**level
        i, j, k = (max(1, round(float(extent) / knots)) for extent in stop - start)
        control = np.zeros((i + 3, j + 3, k + 3))
        count = 0
        while count < limit:
            count += 1
            current = (logs - field)[inside]
            residual = np.zeros_like(logs)
            residual[inside] = current - sharpen_histogram(current, settings=settings)
            step = fit_lattice(residual, inside, near, start=start, stop=stop, elements=(i, j, k))
            control += step.control
            change = evaluate_lattice(step, near)
            field += change
            ratio = np.exp(change[inside])
            if float(ratio.std() / ratio.mean()) < settings.tolerance:
                break
        lattices.append(Lattice(control, start, stop))
        counts.append(count)
    return lattices, tuple(counts)


def sharpen_histogram(
    values: npt.NDArray[np.float64], *, settings: N4Settings
) -> npt.NDArray[np.float64]:
    """Replace each log intensity by its expectation under the deconvolved histogram.

    Parameters
    ----------
    values : ndarray, shape (n,), float64
    settings : N4Settings

    Returns
    -------
    ndarray, shape (n,), float64
    """
    n_bins = settings.n_bins
    low, high = float(values.min()), float(values.max())
    width = (high - low) / (n_bins - 1)
    if width <= 0:
        return values.copy()
    scaled = (values - low) / width
    lower = np.minimum(scaled.astype(np.int64), n_bins - 2)
    upper_share = scaled - lower
    histogram = np.bincount(lower, 1.0 - upper_share, minlength=n_bins)
    histogram += np.bincount(lower + 1, upper_share, minlength=n_bins)
    size = 2 ** int(np.ceil(np.log2(2 * n_bins)))
    offset = (size - n_bins) // 2
    padded = np.zeros(size)
    padded[offset : offset + n_bins] = histogram
    sigma = settings.histogram_fwhm / (2 * np.sqrt(2 * np.log(2))) / width
    away = np.minimum(np.arange(size), size - np.arange(size))
    gaussian = np.exp(-0.5 * (away / sigma) ** 2)
    blur = np.fft.rfft(gaussian / gaussian.sum()).real
    sharp = np.fft.irfft(
        np.fft.rfft(padded) * blur / (blur**2 + settings.wiener_noise), n=size
    ).clip(min=0.0)
    centres = low + (np.arange(size) - offset) * width
    above = np.fft.irfft(np.fft.rfft(sharp * centres) * blur, n=size)
    below = np.fft.irfft(np.fft.rfft(sharp) * blur, n=size)
    expected = np.where(below > 1e-9 * below.max(), above / np.maximum(below, 1e-300), centres)
    inner = expected[offset : offset + n_bins]
    return np.asarray(inner[lower] * (1 - upper_share) + inner[lower + 1] * upper_share)
