"""Headers of FreeSurfer's MGH images (.mgh, .mgz): label maps come in this format.

Source: https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from nibabel.freesurfer.mghformat import MGHHeader

from mslens.core.errors import ImageError
from mslens.io.image_header import (
    RECONVERT,
    ImageHeader,
    place,
    require_numbers,
    require_volume,
    require_voxel_size,
)

#: Byte at which the voxels start.
DATA_OFFSET = 284
#: Version 1, big-endian: no NIfTI header starts so.
_MAGIC = b"\0\0\0\1"
_ORIENTATION_FLAG = slice(28, 30)
_TYPES = {0: ">u1", 1: ">i4", 3: ">f4", 4: ">i2", 10: ">u2"}


def is_mgh(content: bytes) -> bool:
    """Say whether the first bytes of a decompressed file are those of an MGH image."""
    return content.startswith(_MAGIC) and len(content) >= DATA_OFFSET


def parse_mgh_header(content: bytes, *, where: Path) -> ImageHeader:
    """Check the first bytes of a decompressed MGH file.

    Parameters
    ----------
    content : bytes
        At least 284.
    where : Path
        For the errors.

    Returns
    -------
    ImageHeader

    Raises
    ------
    ImageError
        As `mslens.io.nifti.read_header`.
    """
    if int.from_bytes(content[_ORIENTATION_FLAG], "big") == 0:
        raise ImageError(
            "the file does not say where left and right are",
            where=where,
            expected="an image with its orientation",
            cure=RECONVERT,
        )
    header = MGHHeader(content[:DATA_OFFSET], check=False)
    shape = require_volume([int(n) for n in header["dims"]], where=where)
    grid = place(np.asarray(header.get_affine(), dtype=np.float64), shape, where=where)
    i, j, k = (abs(float(size)) for size in header["delta"])
    require_voxel_size((i, j, k), grid, unit="mm", where=where)
    return ImageHeader(
        grid=grid,
        dtype=require_numbers(_dtype_of(int(header["type"]), where), where=where),
        space="scanner",
        spatial_unit="mm",
        slope=1.0,
        intercept=0.0,
        data_offset=DATA_OFFSET,
    )


def _dtype_of(code: int, where: Path) -> np.dtype[np.generic]:
    if code not in _TYPES:
        raise ImageError(f"the data type {code} is unknown", where=where, cure=RECONVERT)
    return np.dtype(_TYPES[code])
