"""Find the masks and label maps that the user brings for a session, by pattern or derivative."""

from __future__ import annotations

import glob
from pathlib import Path
from string import Formatter

from mslens.core.errors import DatasetError, InputError, SettingsError
from mslens.io.bids import IMAGE_EXTENSIONS, BidsIndex, index_derivative
from mslens.studies.run.lesion_choice import find_lesion_model
from mslens.studies.run.request import Brought

_OPTIONS = {
    "brain_mask": "--brain-mask",
    "lesions": "--lesion-mask",
    "parcels": "--parcels",
}
#: What to look for in a derivatives dataset: suffixes in the order of preference, entities.
_DERIVATIVES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "brain_mask": (("mask",), {"desc": "brain"}),
    "lesions": (("mask",), {"label": "lesion"}),
    "parcels": (("dseg",), {"desc": "parcels"}),
}


class NothingMatches(InputError):
    """No file matches a pattern for a session."""


class BroughtFiles:
    """The user's own results, ready to be looked up per session.

    Parameters
    ----------
    brought : Brought
        What the command line said.

    Raises
    ------
    SettingsError
        If a pattern does not name the subject.
    DatasetError
        If the derivatives folder does not exist.
    InputError
        If the table of names does not exist.
    """

    def __init__(self, brought: Brought) -> None:
        self._patterns = {
            "brain_mask": brought.brain_mask,
            "lesions": brought.lesion_mask,
            "parcels": brought.parcels,
        }
        for role, pattern in self._patterns.items():
            if pattern is not None:
                _require_pattern(pattern, option=_OPTIONS[role])
        table = brought.parcel_table
        if table is not None and not table.is_file():
            raise InputError("there is no such table of names (--parcel-table)", where=table)
        self._index = None if brought.derivatives is None else index_derivative(brought.derivatives)
        self.lesion_space = brought.lesion_space
        self.lesion_model = find_lesion_model(brought.lesion_model)
        self.parcel_table = brought.parcel_table

    def find(self, role: str, *, subject: str, session: str | None, space: str) -> Path | None:
        """Return the user's file for a session, or None when the user brings none of that role.

        Parameters
        ----------
        role : {"brain_mask", "lesions", "parcels"}
        subject, session : str
            Labels without ``sub-`` and ``ses-``.
        space : {"T1w", "FLAIR"}
            Image on whose grid a derivative must lie.

        Raises
        ------
        InputError
            If the user brings this role, but this session has no file or several.
        """
        pattern = self._patterns[role]
        if pattern is not None:
            return _match(pattern, subject, session, option=_OPTIONS[role])
        if self._index is None:
            return None
        return _derivative(self._index, role, subject, session, space)


def _require_pattern(pattern: str, *, option: str) -> None:
    try:
        fields = {field for _, field, _, _ in Formatter().parse(pattern) if field is not None}
    except ValueError:
        fields = {pattern}
    strange = sorted(fields - {"subject", "session"})
    if not strange and "subject" in fields:
        return
    wrong = f"holds {{{strange[0]}}}" if strange else "has no {subject}"
    raise SettingsError(
        f"the pattern of {option} {wrong}",
        where=pattern,
        expected='something like "masks/sub-{subject}_ses-{session}_mask.nii.gz"',
    )


def _match(pattern: str, subject: str, session: str | None, *, option: str) -> Path:
    if session is None and "{session}" in pattern:
        raise InputError(
            f"the pattern of {option} names a session, but sub-{subject} has none",
            cure="Leave {session} out of the pattern",
        )
    filled = pattern.format(subject=subject, session=session)
    found = sorted(glob.glob(filled, recursive=True))  # noqa: PTH207 - absolute patterns
    if len(found) == 1:
        return Path(found[0])
    kind = InputError if found else NothingMatches
    raise kind(
        f"{option} matches {len(found)} files for sub-{subject}"
        + ("" if session is None else f", ses-{session}"),
        where=filled,
        expected="exactly one",
        cure="Correct the pattern, or leave the subject out with --participant-label",
    )


def _derivative(
    index: BidsIndex, role: str, subject: str, session: str | None, space: str
) -> Path | None:
    suffixes, entities = _DERIVATIVES[role]
    for suffix in suffixes:
        found = [
            file
            for file in index.find(
                subject=subject,
                session=session,
                suffix=suffix,
                extension=IMAGE_EXTENSIONS,
                entities=entities,
            )
            if file.entities.get("space", space) == space
        ]
        if len(found) > 1:
            raise DatasetError(
                f"the derivatives hold {len(found)} files of that kind for sub-{subject}",
                where=found[0].path,
                expected="one",
                cure=f"Name the one you mean with {_OPTIONS[role]}",
            )
        if found:
            return found[0].path
    return None
