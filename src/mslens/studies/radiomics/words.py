"""The equivalent command of a request, without the user's folders."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

#: Options that change no result.
_EFFORT = {"nprocs", "mem", "verbose"}


def write_command(command: str, *requests: Any) -> str:
    """Write a command with every option that is not at its default.

    Parameters
    ----------
    command : str
        What follows ``mslens``, with words in the place of folders: ``radiomics IMAGE LABELS OUT``.
    *requests : dataclass instances
        Their fields are the options; of a path only the name is told.
    """
    words = ["mslens", *command.split()]
    for request in requests:
        for option in fields(request):
            value = getattr(request, option.name)
            if option.name in _EFFORT or value == option.default:
                continue
            words.append(f"--{option.name.replace('_', '-')}")
            if value is not True:
                words += _write_values(value)
    return shlex.join(words)


def _write_values(value: Any) -> Iterable[str]:
    values = value if isinstance(value, tuple) else (value,)
    return [item.name if isinstance(item, Path) else str(item) for item in values]
