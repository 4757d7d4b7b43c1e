"""An image array with its grid and its kind, which fixes how it may be interpolated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mslens.core.arrays import Array
from mslens.core.errors import ImageError
from mslens.core.grid import Grid

Kind = Literal["scalar", "label", "mask", "phase"]


@dataclass(frozen=True, eq=False)
class Volume:
    """A read-only 3D array on a grid.

    Parameters
    ----------
    data : ndarray, shape = grid.shape
        float32 or float64 for ``scalar`` and ``phase``, int32 for ``label``, bool for ``mask``.
    grid : Grid
    kind : {"scalar", "label", "mask", "phase"}

    Raises
    ------
    ImageError
        If the array does not fit the grid.
    """

    data: Array
    grid: Grid
    kind: Kind = "scalar"

    def __post_init__(self) -> None:
        if self.data.shape != self.grid.shape:
            raise ImageError(
                f"the array has shape {self.data.shape}, its grid {self.grid.shape}",
                expected="the same shape",
            )
        data = self.data.view()
        if self.kind == "label":
            data = data.astype(np.int32, copy=False)
        elif self.kind == "mask":
            data = data.astype(np.bool_, copy=False)
        data.setflags(write=False)
        object.__setattr__(self, "data", data)

    def like(self, data: Array, kind: Kind | None = None) -> Volume:
        """Return another array on the same grid."""
        return Volume(data, self.grid, self.kind if kind is None else kind)
