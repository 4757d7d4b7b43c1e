"""The MNI template that the nilearn wheel carries: ICBM 2009a, nonlinear, symmetric, 1 mm.

Source: Fonov et al. 2011, NeuroImage 54:313-327. The files are read where nilearn is
installed; nilearn itself is not imported and nothing is downloaded.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mslens.core.arrays import Array
from mslens.core.errors import MissingDependency, SettingsError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.io.nifti import load_volume

TEMPLATE_SPACE = "MNI152NLin2009aSym"
#: nilearn versions whose files were looked at: first that is good, first that is not known.
NILEARN_BOUNDS = ((0, 12), (0, 15))
VOXEL_SIZE_RANGE_MM = (0.5, 10.0)

_FILE = "mni_icbm152_{}_tal_nlin_sym_09a_converted.nii.gz"
_INSTALL = "Run: pip install 'nilearn>=0.12,<0.15'"
_FULL_SCALE = 255.0


@dataclass(frozen=True, eq=False)
class Template:
    """The template's maps on one grid, each exactly left-right symmetric.

    Parameters
    ----------
    t1w : Volume
        Skull-stripped T1w average, 0-1 (0 outside of the brain).
    gm, wm : Volume
        Tissue probabilities, 0-1; their sum is at most 1.
    brain : Volume
        Mask of everything inside the skull, CSF included: 1.89 l.
    """

    t1w: Volume
    gm: Volume
    wm: Volume
    brain: Volume


@functools.lru_cache(maxsize=4)
def load_template(voxel_size_mm: float = 1.0) -> Template:
    """Load the template at an isotropic voxel size.

    The files hold 8-bit maps at 1 mm; they are scaled to 0-1. At another size the maps are
    averaged with a triangle as wide as the larger voxel, on a grid with the same centre,
    so that left and right stay mirrored.

    Parameters
    ----------
    voxel_size_mm : float
        0.5-10 mm.

    Returns
    -------
    Template
        Cached: the same object for the same size.

    Raises
    ------
    MissingDependency
        If nilearn, or a file of it, is absent, or its version was never looked at.
    SettingsError
        If the voxel size is out of range.
    """
    low, high = VOXEL_SIZE_RANGE_MM
    if not low <= voxel_size_mm <= high:
        raise SettingsError(
            f"a template of {voxel_size_mm:g} mm was asked for", expected=f"{low:g}-{high:g} mm"
        )
    folder = _nilearn_data()
    t1w, gm, wm = (load_volume(_existing(folder / _FILE.format(n))) for n in ("t1", "gm", "wm"))
    grid = _centred(t1w.grid, voxel_size_mm)
    factor = voxel_size_mm / t1w.grid.voxel_size_mm[0]
    scaled = [
        Volume((_averaged(volume.data, grid, factor) / _FULL_SCALE).astype(np.float32), grid)
        for volume in (t1w, gm, wm)
    ]
    inside = _averaged((t1w.data > 0).astype(np.float32), grid, factor) >= 0.5
    brain = Volume(inside, grid, "mask")
    return Template(t1w=scaled[0], gm=scaled[1], wm=scaled[2], brain=brain)


def _nilearn_data() -> Path:
    found = util.find_spec("nilearn")
    if found is None or not found.submodule_search_locations:
        raise MissingDependency(
            "the MNI template comes with nilearn, which is not installed", cure=_INSTALL
        )
    version = metadata.version("nilearn")
    first, after = NILEARN_BOUNDS
    major, minor = (int("".join(c for c in part if c.isdigit())) for part in version.split(".")[:2])
    if not first <= (major, minor) < after:
        raise MissingDependency(
            f"nilearn {version} is installed", expected=">=0.12,<0.15", cure=_INSTALL
        )
    return Path(found.submodule_search_locations[0]) / "datasets" / "data"


def _existing(path: Path) -> Path:
    if path.is_file():
        return path
    raise MissingDependency(
        "nilearn is installed without the MNI template's files",
        where=path,
        cure="Run: pip install --force-reinstall --no-deps 'nilearn>=0.12,<0.15'",
    )


def _centred(grid: Grid, voxel_size_mm: float) -> Grid:
    extent = np.asarray(grid.shape) * np.asarray(grid.voxel_size_mm)
    i, j, k = (int(n) for n in np.ceil(extent / voxel_size_mm - 1e-6))
    affine = np.diag([voxel_size_mm, voxel_size_mm, voxel_size_mm, 1.0])
    centre = grid.to_world((np.asarray(grid.shape) - 1) / 2)
    affine[:3, 3] = centre - voxel_size_mm * (np.array([i, j, k]) - 1) / 2
    return Grid(affine, (i, j, k))


def _averaged(data: Array, grid: Grid, factor: float) -> Array:
    """Average onto `grid`, axis by axis; exactly mirrored along the first axis."""
    if grid.shape == data.shape:
        return data
    values: Array = data.astype(np.float64)
    for n_out in grid.shape:
        # The first axis is averaged and goes last: after three turns all are in place.
        weights = sparse.csr_array(_triangle_weights(values.shape[0], n_out, factor))
        averaged = weights @ values.reshape(values.shape[0], -1)
        values = np.moveaxis(averaged.reshape(n_out, *values.shape[1:]), 0, -1)
    return np.ascontiguousarray((values + values[::-1]) / 2)


def _triangle_weights(n_in: int, n_out: int, factor: float) -> npt.NDArray[np.float64]:
    positions = (n_in - 1) / 2 + factor * (np.arange(n_out) - (n_out - 1) / 2)
    distance = np.abs(positions[:, None] - np.arange(n_in)[None, :])
    weights = np.clip(1.0 - distance / max(1.0, factor), 0.0, None)
    return np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12))
