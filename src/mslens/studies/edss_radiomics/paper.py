"""The published values that stand beside the study's own."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import Any


@functools.cache
def load_paper() -> dict[str, Any]:
    """Return the values of ``paper.toml`` by table and cell."""
    file = resources.files("mslens.studies.edss_radiomics") / "paper.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
