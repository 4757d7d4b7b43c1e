"""Keep a field's Jacobian within bounds by smoothing it where it is steep.

Wherever det(I + du/dx) leaves [low, high], the field is blended with its Gaussian smoothing, with
weights that fall off softly around the spot, until no sample is outside. What was within bounds
and far from such spots does not change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.transform import DisplacementTransform
from mslens.image.jacobian import jacobian_determinant


@dataclass(frozen=True, eq=False)
class Unfolded:
    """The field, how many rounds it took, and the largest change in mm.

    `is_within` is False where the rounds did not suffice.
    """

    transform: DisplacementTransform
    rounds: int
    largest_change_mm: float
    is_within: bool


def bound_jacobian(
    transform: DisplacementTransform,
    *,
    low: float = 0.1,
    high: float = 10.0,
    sigma_voxels: float = 1.0,
    max_rounds: int = 40,
) -> Unfolded:
    """Smooth a field locally until its Jacobian lies within [low, high].

    Parameters
    ----------
    transform : DisplacementTransform
    low, high : float
        Bounds of the determinant; `low` above 0 means no fold.
    sigma_voxels : float
        Width of the smoothing in voxels; it grows by a tenth from round to round.
    max_rounds : int

    Returns
    -------
    Unfolded
    """
    field = transform.displacement_mm
    sigma = sigma_voxels
    for done in range(max_rounds + 1):
        determinant = jacobian_determinant(DisplacementTransform(field, transform.grid))
        outside = (determinant < low) | (determinant > high)
        if not outside.any():
            return Unfolded(
                DisplacementTransform(field, transform.grid), done, _change(field, transform), True
            )
        if done == max_rounds:
            break
        field = _blend(field, outside, sigma)
        sigma *= 1.1
    return Unfolded(
        DisplacementTransform(field, transform.grid), max_rounds, _change(field, transform), False
    )


def _blend(
    field: npt.NDArray[np.float32], outside: npt.NDArray[np.bool_], sigma: float
) -> npt.NDArray[np.float32]:
    spot = ndimage.binary_dilation(outside, iterations=max(1, round(sigma)))
    reach = int(np.ceil(4 * sigma)) + 1
    blended = field.copy()
    # Only the box around the spots is smoothed; beyond its reach the weight is 0.
    box = tuple(
        slice(max(0, int(held.min()) - 2 * reach), int(held.max()) + 2 * reach + 1)
        for held in np.nonzero(spot)
    )
    weight = ndimage.gaussian_filter(spot[box].astype(np.float32), sigma, truncate=3.0)
    weight = np.minimum(1.0, 2.0 * weight)[..., None].astype(np.float32)
    smooth = ndimage.gaussian_filter(field[box], (sigma, sigma, sigma, 0), mode="nearest")
    blended[box] += weight * (smooth - field[box])
    return blended


def _change(field: npt.NDArray[np.float32], before: DisplacementTransform) -> float:
    return float(np.linalg.norm(field - before.displacement_mm, axis=-1).max())


def fade_out(transform: DisplacementTransform, *, width_mm: float) -> DisplacementTransform:
    """Let a field fall to 0 at the border of its grid, along a cosine of `width_mm`.

    Outside its grid a field keeps its border's value; after fading nothing moves there, so that
    the field can be inverted everywhere.
    """
    field = np.array(transform.displacement_mm)
    for axis, (n, size) in enumerate(
        zip(transform.grid.shape, transform.grid.voxel_size_mm, strict=True)
    ):
        from_border = np.minimum(np.arange(n), np.arange(n)[::-1]) * size
        share = np.clip(from_border / width_mm, 0.0, 1.0)
        window = (0.5 - 0.5 * np.cos(np.pi * share)).astype(np.float32)
        shape = [1, 1, 1, 1]
        shape[axis] = n
        field *= window.reshape(shape)
    return DisplacementTransform(field, transform.grid)
