"""Names for the array types that signatures use."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.floating[Any]]
MaskArray = npt.NDArray[np.bool_]
LabelArray = npt.NDArray[np.int32]
Spacing = tuple[float, float, float]
