"""The NiiVue viewer (Rorden et al., BSD-2), read from the installed nilearn wheel, never copied."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from mslens.core.errors import MissingDependency
from mslens.io.files import read_bytes

ASSET = Path("_assets", "js", "niivue.umd.js")
#: Versions of NiiVue, (major, minor), that the viewer's calls were tried with.
MIN_VERSION, BELOW_VERSION = (0, 60), (1, 0)
_CURE = "Install 'nilearn>=0.14,<0.15', whose wheel carries it"
_VERSION = re.compile(r"\{version:\"(\d+)\.(\d+)\.(\d+)\"\}")


@dataclass(frozen=True)
class Bundle:
    """The script, ready to stand inside a ``<script>`` element, and its version."""

    script: str
    version: str


def read_niivue(package: Path | None = None) -> Bundle:
    """Read the viewer's script.

    Parameters
    ----------
    package : Path, optional
        Folder of nilearn; found without importing it when not given.

    Raises
    ------
    MissingDependency
        If nilearn does not carry the script, or carries a version that was never tried.
    """
    folder = package if package is not None else _nilearn_folder()
    script = read_bytes(folder / ASSET, error=MissingDependency).decode("utf-8")
    match = _VERSION.search(script)
    version = (0, 0) if match is None else (int(match[1]), int(match[2]))
    if match is None or not MIN_VERSION <= version < BELOW_VERSION:
        found = "unknown" if match is None else ".".join(match.groups())
        raise MissingDependency(
            f"the version of the NiiVue viewer is {found}",
            expected=f"at least {_dotted(MIN_VERSION)} and below {_dotted(BELOW_VERSION)}",
            cure=_CURE,
        )
    return Bundle(make_inlinable(script), ".".join(match.groups()))


def make_inlinable(script: str) -> str:
    """Escape what would end a ``<script>`` element or confuse its parser, inside its strings."""
    text = script.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"</(script)", r"<\\/\1", text, flags=re.IGNORECASE)
    return text.replace("<!--", "<\\!--")


def _nilearn_folder() -> Path:
    spec = importlib.util.find_spec("nilearn")
    if spec is None or spec.origin is None:
        raise MissingDependency("nilearn is not installed", cure=_CURE)
    return Path(spec.origin).parent


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(str(part) for part in version)
