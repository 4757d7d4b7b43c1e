"""The number type of a file decides whether filters run in float32 or float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mslens.core.arrays import Array
from mslens.io.nifti import read_header


def as_stored(data: Array, path: Path) -> Array:
    """Return whole numbers as integers where the file stores integers.

    PyRadiomics filters float32 images with wavelets in float32 and integer images in float64,
    and resampled integers are whole again; to get the same values the type must be known.

    Parameters
    ----------
    data : ndarray
        The image as `mslens.io.nifti.load_volume` gives it.
    path : Path
        Its file.
    """
    stored = read_header(path).dtype
    if stored.kind not in "iu" or (data != np.rint(data)).any():
        return data
    return data.astype(np.int32 if stored.itemsize < 4 else np.int64)
