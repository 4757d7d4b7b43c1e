"""A subject with everything that a report can show, from the phantom."""

from __future__ import annotations

from pathlib import Path

import pytest

from phantom import Head, make_head
from report.subject_files import write_session


@pytest.fixture(scope="session")
def head() -> Head:
    return make_head(4.0, seed=3)


@pytest.fixture(scope="session")
def derivatives(head: Head, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Role to file of one session."""
    return write_session(head, tmp_path_factory.mktemp("anat"))
