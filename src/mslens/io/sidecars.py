"""JSON beside data: read with a reason for every failure, written with repeatable bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mslens.core.errors import OutputError, TableError
from mslens.io.files import read_bytes, write_atomically


def read_sidecar(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    TableError
        If the file cannot be read or holds no JSON object.
    """
    try:
        content = json.loads(read_bytes(path, error=TableError).decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise TableError(f"not valid JSON{place}", where=path, cure="Repair the file") from error
    if not isinstance(content, dict):
        raise TableError("the JSON file holds no object", where=path, expected="{...}")
    return content


def write_sidecar(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object, keys in the order given, so that equal objects give equal bytes.

    Parameters
    ----------
    path : Path
        Replaced when it exists.
    content : Mapping
        Nothing but JSON: no NaN, no paths, no arrays.

    Raises
    ------
    OutputError
        If a value cannot be said in JSON or the file cannot be written.
    """
    try:
        text = json.dumps(dict(content), indent=2, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise OutputError(
            f"the sidecar holds something that is not JSON ({error})", where=path
        ) from error
    write_atomically(path, text + "\n")
