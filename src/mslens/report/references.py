"""The papers that a report cites, as `references.toml` lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib import resources

from mslens.core.errors import UnknownName
from mslens.report.reference import Reference


def _load() -> dict[str, Reference]:
    text = resources.files("mslens.report").joinpath("references.toml").read_text(encoding="utf-8")
    return {key: Reference(key, **work) for key, work in tomllib.loads(text).items()}


REFERENCES: dict[str, Reference] = _load()


def find_references(keys: Iterable[str]) -> list[Reference]:
    """Return the references of `keys` in the order in which they first appear.

    Raises
    ------
    UnknownName
        If a key is not in `REFERENCES`.
    """
    found = []
    for key in dict.fromkeys(keys):
        if key not in REFERENCES:
            raise UnknownName.of(key, REFERENCES, kind="reference")
        found.append(REFERENCES[key])
    return found
