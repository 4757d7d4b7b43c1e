"""How a convolution continues an image beyond its edge, by the names of IBSI 2."""

from __future__ import annotations

from typing import Literal

Boundary = Literal["zero", "nearest", "periodic", "mirror"]

#: The mode of scipy.ndimage for each; IBSI's mirror repeats the edge voxel.
SCIPY_MODES: dict[Boundary, Literal["constant", "nearest", "wrap", "reflect"]] = {
    "zero": "constant",
    "nearest": "nearest",
    "periodic": "wrap",
    "mirror": "reflect",
}
