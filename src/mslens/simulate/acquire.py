"""What a scanner makes of a noise-free image: slices, inhomogeneity, motion, noise, integers.

y = |F_z (b H x + n)| with slice profile H, inhomogeneity b, complex Gaussian noise n (so the
magnitude is Rician, Gudbjartsson 1995) and zero filling F_z of the k-space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform
from mslens.simulate.acquisition_grid import Slices
from mslens.simulate.diffeomorphism import draw_smooth_noise
from mslens.simulate.sequences import Sequence

FloatMap = npt.NDArray[np.float32]

_FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))
_BIAS_SCALE_MM = 45.0
#: The receive coils see the surface better than the middle: part of the inhomogeneity.
_RADIAL_SHARE, _HEAD_RADIUS_MM = 0.6, 90.0
#: Larger voxels than the protocol's gain signal, but not without end.
_LARGEST_SNR_GAIN = 1.6


@dataclass(frozen=True)
class Motion:
    """Sudden movements along the phase-encoding direction while k-space is filled.

    Parameters
    ----------
    shifts_mm : tuple of float
        Where the head lies after each movement, relative to the start.
    starts : tuple of float
        Share of the scan at which each movement happens, rising, 0 to 1.
    """

    shifts_mm: tuple[float, ...]
    starts: tuple[float, ...]


def draw_motion(rng: np.random.Generator, *, severity_mm: float = 1.6) -> Motion:
    """Draw a few sudden movements.

    Parameters
    ----------
    rng : numpy Generator
    severity_mm : float
        Standard deviation of a movement.

    Returns
    -------
    Motion
    """
    count = int(rng.integers(3, 7))
    starts = np.sort(rng.uniform(0.05, 0.95, count))
    shifts = severity_mm * rng.standard_normal(count)
    return Motion(tuple(float(s) for s in shifts), tuple(float(s) for s in starts))


def sample_slices(
    image: FloatMap, grid: Grid, slices: Slices, transform: AffineTransform
) -> FloatMap:
    """Average an image over the slice profile at every voxel of an acquisition.

    Parameters
    ----------
    image : ndarray, shape = grid.shape, float32
    grid : Grid
        RAS, of the anatomy.
    slices : Slices
        Before interpolation of the matrix: with `zoom` 2, every second voxel in plane.
    transform : AffineTransform
        Points of the acquisition's world to the anatomy's.

    Returns
    -------
    ndarray, float32
    """
    target = _acquired_grid(slices)
    n_sub = slices.sub_slices
    reach = n_sub if n_sub > 1 else 0
    affine = target.affine.copy()
    affine[:3, 2] /= n_sub
    affine[:3, 3] += affine[:3, 2] * ((1 - n_sub) / 2 - reach)
    shape = (*target.shape[:2], target.shape[2] * n_sub + 2 * reach)
    to_image = np.linalg.inv(grid.affine) @ transform.matrix @ affine
    fine = ndimage.affine_transform(
        image, to_image[:3, :3], to_image[:3, 3], output_shape=shape, order=1, output=np.float32
    )
    if n_sub == 1:
        return np.asarray(fine)
    offsets = np.arange(-reach, n_sub + reach) - (n_sub - 1) / 2
    weights = np.exp(-0.5 * (offsets / (n_sub / _FWHM_PER_SIGMA)) ** 2)
    weights /= weights.sum()
    out = np.zeros(target.shape, dtype=np.float32)
    for j, weight in enumerate(weights):
        out += np.float32(weight) * fine[:, :, j : j + n_sub * target.shape[2] : n_sub]
    return out


def degrade(
    image: FloatMap,
    slices: Slices,
    sequence: Sequence,
    *,
    bias_sd: float,
    motion: Motion | None,
    rng: np.random.Generator,
) -> npt.NDArray[np.int32]:
    """Add inhomogeneity, motion and noise, and store integers.

    Parameters
    ----------
    image : ndarray, float32
        White matter has the value 1, on the acquired matrix.
    slices : Slices
    sequence : Sequence
    bias_sd : float
        Standard deviation of the log inhomogeneity.
    motion : Motion, optional
    rng : numpy Generator

    Returns
    -------
    ndarray, shape = slices.grid.shape, int32
        0 to 4095.
    """
    grid = _acquired_grid(slices)
    image = image * _draw_bias(grid, bias_sd, rng)
    if motion is not None:
        image = _ghost(image, grid.voxel_size_mm, motion)
    nominal = float(np.prod(sequence.voxel_mm)) * slices.zoom**2
    actual = float(np.prod(grid.voxel_size_mm))
    gain = min(_LARGEST_SNR_GAIN, np.sqrt(max(1.0, actual / nominal)))
    sigma = np.float32(1.0 / (sequence.snr * gain))
    real = image + sigma * rng.standard_normal(image.shape, dtype=np.float32)
    imaginary = sigma * rng.standard_normal(image.shape, dtype=np.float32)
    magnitude = np.hypot(real, imaginary) if slices.zoom == 1 else _zero_fill(real, imaginary)
    level = rng.uniform(220.0, 480.0)
    return np.clip(np.rint(magnitude * np.float32(level)), 0, 4095).astype(np.int32)


def _acquired_grid(slices: Slices) -> Grid:
    """Grid before the matrix was interpolated: the same corner of the field of view."""
    if slices.zoom == 1:
        return slices.grid
    x, y, z = slices.grid.shape
    affine = slices.grid.affine.copy()
    affine[:3, :2] *= slices.zoom
    return Grid(affine, (x // slices.zoom, y // slices.zoom, z))


def _draw_bias(grid: Grid, bias_sd: float, rng: np.random.Generator) -> FloatMap:
    coarse_mm = 8.0
    size = np.asarray(grid.voxel_size_mm)
    extent = np.asarray(grid.shape) * size
    shape = [int(np.ceil(e / coarse_mm)) + 2 for e in extent]
    noise = draw_smooth_noise(
        (shape[0], shape[1], shape[2]),
        voxel_size_mm=(coarse_mm, coarse_mm, coarse_mm),
        scale_mm=_BIAS_SCALE_MM,
        rng=rng,
    )
    index = np.moveaxis(np.indices(noise.shape), 0, -1) * coarse_mm
    radius = np.linalg.norm(index - extent / 2, axis=-1) / _HEAD_RADIUS_MM
    log_bias = bias_sd * (noise + _RADIAL_SHARE * 2.0 * np.clip(radius**2 - 0.4, -0.4, 1.6))
    field: npt.NDArray[np.floating] = np.exp(log_bias)
    for axis in range(3):
        where = np.arange(grid.shape[axis]) * size[axis] / coarse_mm
        low = where.astype(int)
        broadcast = [1, 1, 1]
        broadcast[axis] = -1
        upper = (where - low).reshape(broadcast).astype(np.float32)
        field = np.take(field, low, axis) * (1 - upper) + np.take(field, low + 1, axis) * upper
    return field.astype(np.float32)


def _ghost(image: FloatMap, voxel_size_mm: tuple[float, float, float], motion: Motion) -> FloatMap:
    """Shift the k-space lines acquired after each movement, along the second axis."""
    n = image.shape[1]
    lines = fft.fft(image, axis=1, workers=1)
    frequency = np.fft.fftfreq(n)
    # Lines are acquired from one edge of k-space to the other.
    when = np.argsort(np.argsort(frequency)) / n
    shift = np.zeros(n)
    for start, value in zip(motion.starts, motion.shifts_mm, strict=True):
        shift[when >= start] = value
    phase = np.exp(-2j * np.pi * frequency * shift / voxel_size_mm[1]).astype(np.complex64)
    moved = fft.ifft(lines * phase[None, :, None], axis=1, workers=1)
    return np.abs(moved).astype(np.float32)


def _zero_fill(real: FloatMap, imaginary: FloatMap) -> FloatMap:
    """Interpolate every slice twice by zeros around its k-space; return the magnitude."""
    x, y, z = real.shape
    out = np.empty((2 * x, 2 * y, z), dtype=np.float32)
    for k in range(z):
        space = fft.fftshift(fft.fft2(real[:, :, k] + 1j * imaginary[:, :, k], workers=1))
        padded = np.pad(space, ((x // 2, x - x // 2), (y // 2, y - y // 2)))
        out[:, :, k] = np.abs(fft.ifft2(fft.ifftshift(padded), workers=1)) * 4
    return out
