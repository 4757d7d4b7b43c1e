"""The page of a study: who, how judged, how good, which features, for whom worse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd


def render_study(result: Mapping[str, Any], predictions: pd.DataFrame, card: str) -> str:
    """Write the page of a study as HTML."""
    return "<html></html>"
