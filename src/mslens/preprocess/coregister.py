"""Rigid registration of two contrasts of one head by normalised mutual information."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy.spatial.transform import Rotation

from mslens.core.arrays import MaskArray
from mslens.core.settings import Settings
from mslens.core.transform import AffineTransform, identity
from mslens.core.volume import Volume
from mslens.preprocess.bias import BiasSettings
from mslens.preprocess.field_of_view import widen_mask
from mslens.preprocess.foreground import find_foreground
from mslens.preprocess.linear import LinearFit, LinearSettings, register_linear


class RigidSettings(Settings):
    """Settings of `register_rigid`.

    Parameters
    ----------
    linear : LinearSettings
        Of the optimisation.
    rim_mm : float
        Rim around the brain that is compared too: the skull steadies the fit.
    turns_deg : tuple of float
        Turns about each axis that are tried beside the position that the headers give.
    wide_turns_deg : tuple of float
        The same for the second try, when the first ends with a low metric.
    min_nmi : float
        Normalised mutual information below which the fit is tried again, then flagged.
    """

    linear: LinearSettings = LinearSettings(
        parameters="rigid",
        levels_mm=(8.0, 4.0, 2.0),
        smoothness_mm=(8.0, 4.0, 0.0),
        kept_starts=(3, 2, 1),
    )
    rim_mm: float = Field(default=2.0, ge=0)
    turns_deg: tuple[float, ...] = (-10.0, 0.0, 10.0)
    wide_turns_deg: tuple[float, ...] = (-40.0, -20.0, 0.0, 20.0, 40.0)
    min_nmi: float = Field(default=1.08, ge=1.0)


class CoregisterSettings(Settings):
    """Settings of the steps ``coregister-FLAIR`` and ``coregister-T2w``.

    Parameters
    ----------
    rigid : RigidSettings
    bias : BiasSettings
        Of the moving image, in its own space.
    min_coverage : float
        Share of the brain that the moving image must cover, else it is flagged.
    seed : int
    """

    rigid: RigidSettings = RigidSettings()
    bias: BiasSettings = BiasSettings()
    min_coverage: float = Field(default=0.9, ge=0, le=1)
    seed: int = Field(default=1, ge=0, lt=2**32)


@dataclass(frozen=True)
class RigidFit:
    """The fit, and whether a second try with wider turns was needed."""

    fit: LinearFit
    retried: bool

    @property
    def transform(self) -> AffineTransform:
        """Fixed points to moving points."""
        return self.fit.transform


def register_rigid(
    fixed: Volume,
    moving: Volume,
    mask: MaskArray,
    *,
    settings: RigidSettings,
    rng: np.random.Generator,
) -> RigidFit:
    """Find the rigid map of points of the fixed image to points of the moving image.

    Parameters
    ----------
    fixed, moving : Volume, scalar
    mask : ndarray of bool, shape = fixed.grid.shape
        Brain of the fixed image.
    settings : RigidSettings
    rng : numpy.random.Generator

    Returns
    -------
    RigidFit
        The better of both tries where a second one was needed.
    """
    where = widen_mask(mask, voxel_size_mm=fixed.grid.voxel_size_mm, by_mm=settings.rim_mm)
    centres = _centres(fixed, moving, mask)

    def attempt(turns_deg: tuple[float, ...]) -> LinearFit:
        starts = _list_starts(*centres, turns_deg)
        return register_linear(
            fixed, moving, where, starts=starts, settings=settings.linear, rng=rng
        )

    first = attempt(settings.turns_deg)
    if first.nmi >= settings.min_nmi:
        return RigidFit(first, retried=False)
    second = attempt(settings.wide_turns_deg)
    return RigidFit(max(first, second, key=lambda fit: fit.nmi), retried=True)


def _centres(
    fixed: Volume, moving: Volume, mask: MaskArray
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Centres of the brain, and of the moving image's foreground, in world millimetres."""
    head = find_foreground(np.asarray(moving.data, dtype=np.float32))
    inside = head if head.any() else np.ones(moving.grid.shape, dtype=bool)
    return (
        fixed.grid.to_world(np.argwhere(mask).mean(axis=0)),
        moving.grid.to_world(np.argwhere(inside).mean(axis=0)),
    )


def _list_starts(
    fixed_centre: npt.NDArray[np.float64],
    moving_centre: npt.NDArray[np.float64],
    turns_deg: tuple[float, ...],
) -> list[AffineTransform]:
    """Return the headers' own position, and turns about the brain's centre.

    Each turn keeps the centre where the headers put it, or moves it to the moving head's.
    """
    starts = [identity()]
    for angles in product(turns_deg, repeat=3):
        turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
        for goal in (fixed_centre, moving_centre):
            matrix = np.eye(4)
            matrix[:3, :3] = turn
            matrix[:3, 3] = goal - turn @ fixed_centre
            starts.append(AffineTransform(matrix))
    return starts
