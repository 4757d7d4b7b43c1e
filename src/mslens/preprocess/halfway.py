"""Two visits of one head, met half-way: neither is favoured by the interpolation.

The rigid map M of later points to earlier points is found in both directions and averaged on the
group of rigid motions; with S S = M, a point h of the half-way space lies at S h in the earlier and
at S^-1 h in the later visit, so that both images are interpolated once and alike (Reuter and
Fischl, NeuroImage 2011, doi:10.1016/j.neuroimage.2011.02.076; Reuter 2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from mslens.core.arrays import MaskArray
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, apply_affine
from mslens.core.volume import Volume
from mslens.preprocess.coregister import RigidSettings, register_rigid
from mslens.preprocess.field_of_view import bound_mask


@dataclass(frozen=True)
class HalfwayFit:
    """Where two visits meet.

    Parameters
    ----------
    to_earlier, to_later : AffineTransform
        Points of the half-way space to points of the earlier and of the later image.
    nmi : float
        The smaller normalised mutual information of both directions.
    covered : float
        The smaller share of a brain that the other image covers.
    disagreement_mm : float
        Largest distance over the corners of the brain's box between one direction and the
        inverse of the other.
    moved_deg, moved_mm : float
        Turn of the head between the visits, and shift of the brain's centre.
    """

    to_earlier: AffineTransform
    to_later: AffineTransform
    nmi: float
    covered: float
    disagreement_mm: float
    moved_deg: float
    moved_mm: float


def meet_halfway(
    earlier: Volume,
    later: Volume,
    masks: tuple[MaskArray, MaskArray],
    *,
    settings: RigidSettings,
    rng: np.random.Generator,
) -> HalfwayFit:
    """Find the half-way space of two images of one head.

    Parameters
    ----------
    earlier, later : Volume, scalar
        Of one contrast.
    masks : (ndarray of bool, ndarray of bool)
        Brain of the earlier and of the later image, on their grids.
    settings : RigidSettings
    rng : numpy.random.Generator

    Returns
    -------
    HalfwayFit
    """
    forward = register_rigid(later, earlier, masks[1], settings=settings, rng=rng)
    back = register_rigid(earlier, later, masks[0], settings=settings, rng=rng)
    one, other = forward.transform.matrix, back.transform.inverse().matrix
    corners = _corners(later.grid, masks[1])
    whole = one @ halve_rigid(np.linalg.inv(one) @ other)
    half = halve_rigid(whole)
    centre = corners.mean(axis=0)
    apart = apply_affine(one, corners) - apply_affine(other, corners)
    return HalfwayFit(
        to_earlier=AffineTransform(half),
        to_later=AffineTransform(half).inverse(),
        nmi=min(forward.fit.nmi, back.fit.nmi),
        covered=min(forward.fit.covered, back.fit.covered),
        disagreement_mm=float(np.linalg.norm(apart, axis=1).max()),
        moved_deg=float(np.rad2deg(Rotation.from_matrix(whole[:3, :3]).magnitude())),
        moved_mm=float(np.linalg.norm(apply_affine(whole, centre) - centre)),
    )


def halve_rigid(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the rigid motion that, done twice, is the given one.

    Parameters
    ----------
    matrix : ndarray, shape (4, 4)
        A rotation by less than 180 degrees, and a shift.

    Returns
    -------
    ndarray, shape (4, 4)
        Half the turn about the same axis; (1 + R_half) t_half = t.
    """
    turn = Rotation.from_matrix(matrix[:3, :3]).as_rotvec()
    half = np.eye(4)
    half[:3, :3] = Rotation.from_rotvec(turn / 2).as_matrix()
    half[:3, 3] = np.linalg.solve(np.eye(3) + half[:3, :3], matrix[:3, 3])
    return half


def plan_halfway_grid(
    brains: tuple[Volume, Volume],
    transforms: tuple[AffineTransform, AffineTransform],
    *,
    voxel_size_mm: float,
    margin_mm: float,
) -> Grid:
    """Build an axis-aligned grid of the half-way space that holds both brains.

    Parameters
    ----------
    brains : (Volume, Volume), mask
    transforms : (AffineTransform, AffineTransform)
        Points of the half-way space to points of each brain.
    voxel_size_mm : float
        Edge of the cubic voxels.
    margin_mm : float
    """
    corners = np.concatenate(
        [
            apply_affine(transform.inverse().matrix, _corners(brain.grid, np.asarray(brain.data)))
            for brain, transform in zip(brains, transforms, strict=True)
        ]
    )
    low, high = corners.min(axis=0) - margin_mm, corners.max(axis=0) + margin_mm
    i, j, k = (max(2, int(np.ceil(n))) for n in (high - low) / voxel_size_mm)
    affine = np.diag([voxel_size_mm, voxel_size_mm, voxel_size_mm, 1.0])
    affine[:3, 3] = low + voxel_size_mm / 2
    return Grid(affine, (i, j, k))


def _corners(grid: Grid, mask: MaskArray) -> npt.NDArray[np.float64]:
    low, high = bound_mask(grid, mask)
    return np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
