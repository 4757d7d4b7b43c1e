"""Numbers as a reader wants them: a unit, sensible digits, no false precision."""

from __future__ import annotations

import math

MISSING = "–"
_NARROW_SPACE = "\u202f"
_MINUS = "\u2212"


def write_number(value: float | None, *, digits: int | None = None) -> str:
    """Write a number with about three significant digits, or with `digits` decimals.

    Thousands are set apart by a narrow space; None and NaN become a dash.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    decimals = _decimals(value) if digits is None else digits
    text = f"{abs(value):,.{decimals}f}".replace(",", _NARROW_SPACE)
    negative = value < 0 and float(text.replace(_NARROW_SPACE, "")) != 0
    return f"{_MINUS if negative else ''}{text}"


def write_share(value: float | None, *, signed: bool = False) -> str:
    """Write a share, e.g. 0.123, as percent, with a plus sign where that is wanted."""
    if value is None or not math.isfinite(value):
        return MISSING
    plus = "+" if signed and value > 0 else ""
    return f"{plus}{write_number(100 * value, digits=1)} %"


def write_seconds(value: float | None) -> str:
    """Write a duration, e.g. ``"2 min 05 s"``."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def write_megabytes(value: float | None) -> str:
    """Write an amount of memory given in MB."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value / 1000:.1f} GB" if value >= 1000 else f"{value:.0f} MB"


def write_location(location: str) -> str:
    """Write a location class as words."""
    return location.replace("-", " ")


def write_session(session: str | None, *, otherwise: str = "") -> str:
    """Write a session's label as BIDS does, or `otherwise` when there is none."""
    return otherwise if session is None else f"ses-{session}"


def _decimals(value: float) -> int:
    size = abs(value)
    if size >= 100:
        return 0
    if size >= 10:
        return 1
    return 2 if size >= 0.1 or size == 0 else 3
