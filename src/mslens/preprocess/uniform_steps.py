"""The step that makes a T1w of an MP2RAGE uniform image (UNIT1)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mslens.core.arrays import Array
from mslens.core.volume import Volume
from mslens.io.nifti import load_volume, save_volume
from mslens.preprocess.flags import Flag, warn
from mslens.preprocess.uniform import UniformSettings, remove_uniform_background

Files = Mapping[str, Path]
Facts = dict[str, Any]
#: With less background than this there was no noise, or it was not found.
_LITTLE_BACKGROUND = 0.05


def clean_uniform(inputs: Files, outputs: Files, settings: UniformSettings) -> Facts:
    """Remove the background noise of a uniform image.

    Inputs ``image`` (UNIT1), and ``second`` and ``first`` (magnitudes of the inversions) when
    there are any; output ``image``, 0 to 1000.
    """
    uniform = load_volume(inputs["image"])
    flags: list[Flag] = []
    second = _load_inversion(inputs, "second", uniform, flags)
    first = _load_inversion(inputs, "first", uniform, flags)
    found = remove_uniform_background(
        np.asarray(uniform.data),
        second,
        first,
        voxel_size_mm=uniform.grid.voxel_size_mm,
        settings=settings,
    )
    save_volume(outputs["image"], uniform.like(found.image))
    if found.background < _LITTLE_BACKGROUND:
        flags.append(
            warn(
                "Hardly any background was found in the uniform image: look whether noise is left."
            )
        )
    return {
        "method": found.method,
        "background": round(found.background, 4),
        "flags": flags,
    }


def _load_inversion(inputs: Files, role: str, uniform: Volume, flags: list[Flag]) -> Array | None:
    if role not in inputs:
        return None
    inversion = load_volume(inputs[role])
    if inversion.grid.is_close(uniform.grid):
        return np.asarray(inversion.data)
    flags.append(warn(f"The {role} inversion lies on another grid than UNIT1 and is not used."))
    return None
