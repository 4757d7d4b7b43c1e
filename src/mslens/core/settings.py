"""Frozen settings: one model per algorithm, one TOML file per run."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from mslens.core.errors import SettingsError, UnknownName


class Settings(BaseModel):
    """Base of every settings model: frozen, no unknown keys, defaults stated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def parse(cls, values: Mapping[str, Any], *, where: str | Path | None = None) -> Self:
        """Validate `values`; the error names the setting, the value and the closest known name."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise _readable(cls, error, where) from error

    def to_toml(self) -> str:
        """Write the settings as TOML, nested models as tables."""
        return "\n".join(_toml_lines(self.model_dump(mode="json"), ())) + "\n"


def read_settings_file(path: Path) -> dict[str, Any]:
    """Read a TOML file into a dictionary.

    Raises
    ------
    SettingsError
        If the file is missing or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError("there is no such settings file", where=path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, IsADirectoryError) as error:
        raise SettingsError(f"not a TOML file ({error})", where=path) from error


def _readable(cls: type[Settings], error: ValidationError, where: str | Path | None) -> Exception:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    if first["type"] == "extra_forbidden":
        model: type[BaseModel] = cls
        for part in path[:-1]:
            found = model.model_fields.get(part)
            inner = None if found is None else found.annotation
            if not isinstance(inner, type) or not issubclass(inner, BaseModel):
                return SettingsError(f"no setting is called '{'.'.join(path)}'", where=where)
            model = inner
        return UnknownName.of(path[-1], model.model_fields, kind="setting")
    message = first["msg"].removeprefix("Value error, ")
    said = f"setting '{'.'.join(path)}' is {first.get('input')!r}: " if path else ""
    return SettingsError(
        said + message,
        where=where,
        cure="Look at '--help' of the command, or at the settings.toml of an earlier run",
    )


def _toml_lines(values: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    lines = [f"{key} = {_toml_value(value)}" for key, value in values.items() if _is_leaf(value)]
    for key, value in values.items():
        if isinstance(value, Mapping):
            inner = (*path, key)
            lines += ["", f"[{'.'.join(inner)}]", *_toml_lines(value, inner)]
    return lines


def _is_leaf(value: object) -> bool:
    return value is not None and not isinstance(value, Mapping)


def _toml_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    if isinstance(value, Mapping):
        known = {key: item for key, item in value.items() if item is not None}
        return "{" + ", ".join(f"{key} = {_toml_value(item)}" for key, item in known.items()) + "}"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
