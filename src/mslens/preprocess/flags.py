"""Flags for quality control, in plain words."""

from __future__ import annotations

Flag = dict[str, str]


def warn(message: str) -> Flag:
    """Make a flag for something that a person should look at."""
    return {"level": "warning", "message": message}


def report_error(message: str) -> Flag:
    """Make a flag for a result that should not be used as it is."""
    return {"level": "error", "message": message}
