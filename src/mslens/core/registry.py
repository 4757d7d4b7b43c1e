"""Look a method up in its stage's table; an unknown name gets the closest match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from mslens.core.errors import UnknownName

T = TypeVar("T")


def choose_method(methods: Mapping[str, T], name: str, *, stage: str) -> T:
    """Return ``methods[name]``.

    Raises
    ------
    UnknownName
        If `name` is not in the table of `stage`.
    """
    try:
        return methods[name]
    except KeyError:
        raise UnknownName.of(name, methods, kind=f"{stage} method") from None
