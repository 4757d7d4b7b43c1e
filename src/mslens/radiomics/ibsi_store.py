"""The step of the IBSI profile: every feature of the reference manual for every region."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mslens.core.errors import ImageError
from mslens.io.feature_files import write_feature_part
from mslens.radiomics.extract import Column, Extraction
from mslens.radiomics.ibsi import CONFIGURATIONS, IbsiSettings, code_of, describe_ibsi
from mslens.radiomics.steps import ExtractionSettings, load_regions, summarise, tabulate

Files = Mapping[str, Path]


class IbsiExtractionSettings(ExtractionSettings):
    """Extraction under IBSI's names and definitions.

    Parameters
    ----------
    ibsi : IbsiSettings
        Default: configuration D, which takes no range of CT intensities for granted.
    """

    only_set114: bool = False
    ibsi: IbsiSettings = CONFIGURATIONS["D"]


def extract_ibsi(inputs: Files, outputs: Files, settings: IbsiExtractionSettings) -> dict[str, Any]:
    """Extract the features of the IBSI reference manual for every region of a label map.

    Inputs as for `mslens.radiomics.steps.extract_regions`; output ``features``. The class of a
    feature is the family of IBSI's tag, its name the rest of the tag.
    """
    image, labels, names, flags = load_regions(inputs, settings)
    rows: list[dict[str, float]] = []
    whys: list[str] = []
    for label in names:
        try:
            row = describe_ibsi(
                image.data,
                labels == label,
                voxel_size_mm=image.grid.voxel_size_mm,
                settings=settings.ibsi,
            )
        except ImageError as error:
            row, why = {}, error.what
        else:
            why = ""
        rows.append(row)
        whys.append(why)
    found = _collect(rows, whys, tuple(names))
    part = tabulate(found, names)
    write_feature_part(outputs["features"], part, settings=settings.ibsi.to_toml())
    facts = summarise(found, names, images=["original"], flags=flags)
    return {**facts, "profile": "ibsi"}


def _collect(rows: list[dict[str, float]], whys: list[str], labels: tuple[int, ...]) -> Extraction:
    frame = pd.DataFrame(rows, index=pd.Index(labels))
    if frame.empty:
        raise ImageError(f"no region can be described: {whys[0]}")
    values = frame.to_numpy(dtype=np.float64, copy=True)
    values[~np.isfinite(values)] = np.nan
    reasons = np.full(values.shape, "", dtype=object)
    reasons[np.isnan(values)] = "undefined for this region"
    for row, why in enumerate(whys):
        if why:
            reasons[row] = why
    columns = tuple(_column(str(tag)) for tag in frame.columns)
    return Extraction(values, reasons, labels, columns)


def _column(tag: str) -> Column:
    family, _, feature = tag.partition("_")
    return Column("original", family, feature, code_of(tag))
