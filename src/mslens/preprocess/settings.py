"""Settings of the preprocessing steps: which method, and the settings of each."""

from __future__ import annotations

from mslens.preprocess.bias import BiasSettings
from mslens.preprocess.brain_mask import BrainMaskSettings
from mslens.preprocess.coregister import CoregisterSettings
from mslens.preprocess.to_template import NormaliseSettings
from mslens.preprocess.uniform import UniformSettings

__all__ = [
    "BiasSettings",
    "BrainMaskSettings",
    "CoregisterSettings",
    "NormaliseSettings",
    "UniformSettings",
]
