"""What may be skipped for being absent, and what may not be skipped on CI."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

REQUIRED = set(filter(None, os.environ.get("MSLENS_REQUIRE", "").split(",")))


def absent(what: str, message: str) -> NoReturn:
    """Skip by name, or fail where `MSLENS_REQUIRE` says that it must be there."""
    if what in REQUIRED:
        pytest.fail(f"MSLENS_REQUIRE names '{what}', but {message}")
    pytest.skip(message)
