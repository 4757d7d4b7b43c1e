"""Brain mask by SynthStrip, from a model file on this machine (never downloaded).

SynthStrip (Hoopes 2022, doi:10.1016/j.neuroimage.2022.119474) predicts the signed distance to the
brain on a 1 mm LIA grid; the network comes from nipreps-synthstrip.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from mslens.core.errors import InputError, MissingDependency
from mslens.core.grid import Grid
from mslens.core.settings import Settings
from mslens.core.volume import Volume
from mslens.image.components import label_components
from mslens.image.resample import resample

_CURE = "Run: pip install nipreps-synthstrip (it brings torch), or choose method = 'template'"
#: The network halves its grid six times.
_MULTIPLE = 64
_LIMITS = (192, 320)


class SynthStripSettings(Settings):
    """Settings of `mask_by_synthstrip`."""

    #: The model's weights, ``synthstrip.1.pt`` of FreeSurfer.
    model_file: Path | None = None
    device: Literal["cpu", "cuda", "mps"] = "cpu"
    #: Distance to the brain at which the mask ends.
    border_mm: float = 1.0


def mask_by_synthstrip(image: Volume, *, settings: SynthStripSettings) -> Volume:
    """Find the brain with SynthStrip.

    Parameters
    ----------
    image : Volume, scalar
    settings : SynthStripSettings

    Returns
    -------
    Volume, mask

    Raises
    ------
    MissingDependency
        If torch or nipreps-synthstrip is not installed.
    InputError
        If the model file is not given or not there.
    """
    if settings.model_file is None or not settings.model_file.is_file():
        raise InputError(
            "SynthStrip needs its model file, which is never downloaded here",
            where=settings.model_file,
            expected="the file synthstrip.1.pt",
            cure="Set brain_mask.synthstrip.model_file, or choose method = 'template'",
        )
    try:
        import torch
        from nipreps.synthstrip.model import StripModel
    except ImportError as error:
        raise MissingDependency("SynthStrip needs nipreps-synthstrip", cure=_CURE) from error
    device = torch.device(settings.device)
    model = StripModel()
    weights = torch.load(settings.model_file, map_location=device, weights_only=True)
    model.load_state_dict(weights["model_state_dict"])
    model.to(device)
    model.eval()
    conformed = resample(image, conform_grid(image.grid), antialias=True)
    scaled = _scaled(np.asarray(conformed.data))
    with torch.no_grad():
        distance = model(torch.from_numpy(scaled[None, None]).to(device)).cpu().numpy()
    away = Volume(np.asarray(distance, dtype=np.float32).reshape(scaled.shape), conformed.grid)
    # Outside the conformed grid there is no brain: any distance beyond the border will do.
    near = resample(away, image.grid, fill=10 * settings.border_mm).data < settings.border_mm
    return image.like(label_components(near, connectivity=6) == 1, "mask")


def conform_grid(grid: Grid) -> Grid:
    """Build the 1 mm LIA grid around the same centre, its sizes as the network wants them."""
    corners = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in grid.shape])).reshape(3, -1).T
    world = grid.to_world(corners)
    extent = (world.max(axis=0) - world.min(axis=0))[[0, 2, 1]]
    i, j, k = (int(np.clip(np.ceil(length / _MULTIPLE) * _MULTIPLE, *_LIMITS)) for length in extent)
    affine = np.eye(4)
    affine[:3, :3] = [[-1, 0, 0], [0, 0, 1], [0, -1, 0]]
    centre = (world.max(axis=0) + world.min(axis=0)) / 2
    affine[:3, 3] = centre - affine[:3, :3] @ ((np.array([i, j, k]) - 1) / 2)
    return Grid(affine, (i, j, k))


def _scaled(data: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    shifted = data - data.min()
    top = max(float(np.percentile(shifted, 99)), 1e-12)
    return np.clip(shifted / top, 0.0, 1.0).astype(np.float32)
