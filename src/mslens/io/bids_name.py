"""BIDS file names: ``sub-01_ses-2_acq-3D_T1w.nii.gz`` to entities, suffix, extension and back.

Source: the BIDS specification 1.10, "Common principles" and its entity table.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from mslens.core.errors import SettingsError, UnknownName

#: The order in which entities stand in a name (from, to and mode: transforms).
ENTITY_ORDER = (
    *("sub", "tpl", "ses", "cohort", "sample", "task", "tracksys", "acq", "nuc", "voi", "ce"),
    *("trc", "stain", "rec", "dir", "run", "mod", "echo", "flip", "inv", "mt", "part", "proc"),
    *("hemi", "space", "from", "to", "mode", "split", "recording", "chunk", "atlas", "seg"),
    *("scale", "res", "den", "label", "desc"),
)

_LABEL = re.compile(r"[^\W_]+(?:\+[^\W_]+)*", re.UNICODE)
_SUFFIX = re.compile(r"[^\W_]+", re.UNICODE)
_EXTENSION = re.compile(r"(?:\.[^\W_]+)*", re.UNICODE)


@dataclass(frozen=True, slots=True)
class BidsName:
    """A file name in its parts.

    Parameters
    ----------
    entities : Mapping of str to str
        Short key to label, e.g. ``{"sub": "01", "ce": "gadolinium"}``.
    suffix : str
        e.g. ``"T1w"``.
    extension : str
        With its dot, e.g. ``".nii.gz"``; empty when there is none.
    """

    entities: Mapping[str, str]
    suffix: str
    extension: str


def parse_name(name: str) -> BidsName | None:
    """Take a file name apart; None when it does not follow the BIDS pattern.

    Unknown entities are kept, in any order: derivatives of other tools use them.
    """
    stem, dot, rest = name.partition(".")
    *pairs, suffix = stem.split("_")
    if not suffix.isalnum():
        return None
    entities: dict[str, str] = {}
    for pair in pairs:
        key, dash, label = pair.partition("-")
        if not dash or not key.isalnum() or key in entities:
            return None
        if not label.isalnum() and not _LABEL.fullmatch(label):
            return None
        # Interned: a hundred thousand names repeat a few hundred keys and labels.
        entities[sys.intern(key)] = sys.intern(label)
    return BidsName(entities, sys.intern(suffix), sys.intern(dot + rest))


def format_name(name: BidsName) -> str:
    """Build a file name with its entities in the order of the specification.

    Raises
    ------
    UnknownName
        If an entity is not known.
    SettingsError
        If a label, the suffix or the extension holds a character that BIDS forbids.
    """
    for key, label in name.entities.items():
        if key not in ENTITY_ORDER:
            raise UnknownName.of(key, ENTITY_ORDER, kind="BIDS entity")
        _require(_LABEL, label, f"label of '{key}'", "letters and digits")
    _require(_SUFFIX, name.suffix, "suffix", "letters and digits")
    if not _EXTENSION.fullmatch(name.extension):
        raise SettingsError(
            f"the extension of a file name is {name.extension!r}", expected="e.g. '.nii.gz'"
        )
    pairs = [f"{key}-{name.entities[key]}" for key in ENTITY_ORDER if key in name.entities]
    return "_".join([*pairs, name.suffix]) + name.extension


def _require(pattern: re.Pattern[str], text: str, what: str, expected: str) -> None:
    if not text.isalnum() and not pattern.fullmatch(text):
        raise SettingsError(f"the {what} of a file name is {text!r}", expected=expected)
