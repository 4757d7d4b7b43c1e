"""One wide table of many parts: a row per image and region, a column per feature."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from mslens.core.errors import TableError
from mslens.core.settings import Settings
from mslens.io.feature_files import read_feature_part
from mslens.io.tables import ColumnDescription, write_tsv

_KEYS = {
    "participant_id": ColumnDescription("Participant, or name of the image"),
    "session_id": ColumnDescription("Session, n/a where the names tell none"),
    "roi": ColumnDescription("Region"),
    "label": ColumnDescription("Value in the label map"),
}


class WideSettings(Settings):
    """How a wide table is written.

    Parameters
    ----------
    significant_digits : int
    """

    significant_digits: int = Field(default=12, ge=3, le=17)


def write_wide(
    inputs: Mapping[str, Path], outputs: Mapping[str, Path], settings: WideSettings
) -> dict[str, Any]:
    """Write the features of all images into one wide table.

    Input roles are ``NAME`` or ``NAME:ses-Y``, all optional; output ``table`` (.tsv). A feature
    that one image lacks is n/a in its rows.
    """
    frames = []
    codes: dict[str, str] = {}
    for role, path in inputs.items():
        participant, _, session = role.partition(":")
        wide, own = _widen(read_feature_part(path))
        codes |= own
        frames.append(wide.assign(participant_id=participant, session_id=session or None))
    if not frames:
        raise TableError("there is no feature table to join")
    table = pd.concat(frames, ignore_index=True)[[*_KEYS, *codes]]
    digits = settings.significant_digits
    described = {
        name: ColumnDescription(
            f"IBSI {code}" if code else "No IBSI code", significant_digits=digits
        )
        for name, code in codes.items()
    }
    write_tsv(outputs["table"], table, columns={**_KEYS, **described})
    return {"rows": len(table), "features": len(codes), "flags": []}


def _widen(part: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return a part with a row per region, and the code of every column."""
    words = [part[name].astype(str) for name in ("image_type", "feature_class", "feature")]
    names = words[0] + "_" + words[1] + "_" + words[2]
    codes = dict(zip(names, part["ibsi_code"].astype(str), strict=True))
    values = part["value"].to_numpy().reshape(-1, len(codes))
    first = part.iloc[:: len(codes)]
    frame = pd.DataFrame(values, columns=list(codes))
    keys = pd.DataFrame({"roi": first["roi"].astype(str), "label": first["label"]})
    return pd.concat([keys.reset_index(drop=True), frame], axis=1), codes
