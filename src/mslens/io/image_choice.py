"""Choose one image of a kind among the several that a session may hold, and say why.

The rules, in order: no contrast agent; magnitude rather than phase; one echo or inversion is
no image of its own; fewest of the entities acq, rec, dir and mod; the last run (a repeated
scan mostly means that the one before had failed); .nii.gz before .nii; then by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mslens.io.bids import IMAGE_EXTENSIONS, BidsFile, BidsIndex

_VARIANTS = ("acq", "rec", "dir", "mod")
_PARTIAL = ("echo", "inv", "flip", "mt", "chunk", "split")


@dataclass(frozen=True)
class ImageChoice:
    """One image of a session.

    Parameters
    ----------
    file : BidsFile
        The image to be used.
    others : tuple of BidsFile
        The candidates that were left.
    notes : tuple of str
        What a user should know about the choice, for a report: no file name and no label,
        which may identify a person.
    has_contrast_agent : bool
        The image was taken after a contrast agent because there is no other.
    """

    file: BidsFile
    others: tuple[BidsFile, ...] = ()
    notes: tuple[str, ...] = ()
    has_contrast_agent: bool = False

    def describe(self) -> str:
        """Say which file is used and which are not, by name, for the terminal."""
        text = f"{self.file.name} is used"
        return text + (f", not {', '.join(f.name for f in self.others)}" if self.others else "")


def choose_image(
    index: BidsIndex, *, subject: str, session: str | None, suffix: str
) -> ImageChoice | None:
    """Choose the image of a session by the rules of this module.

    Parameters
    ----------
    index : BidsIndex
    subject : str
        Label without ``sub-``.
    session : str or None
        Label without ``ses-``; None for images outside of any session.
    suffix : str
        ``"T1w"``, ``"FLAIR"``, ``"T2w"`` or ``"UNIT1"``.

    Returns
    -------
    ImageChoice or None
        None when the session has no such image.
    """
    found = index.find(
        subject=subject,
        session=session,
        suffix=suffix,
        extension=IMAGE_EXTENSIONS,
        datatype="anat",
    )
    whole = [file for file in found if not _is_partial(file)]
    return _choose(sorted(whole, key=_rank), suffix) if whole else None


def find_inversions(index: BidsIndex, uniform: BidsFile) -> dict[int, Path]:
    """Find the magnitude images of the inversions that a uniform image was made of.

    Parameters
    ----------
    index : BidsIndex
    uniform : BidsFile
        UNIT1; the inversions are called MP2RAGE and share its entities.

    Returns
    -------
    dict of int to Path
        1 and 2, as far as there is a file for each.
    """
    found: dict[int, Path] = {}
    for file in index.find(
        subject=uniform.subject,
        session=uniform.session,
        suffix="MP2RAGE",
        extension=IMAGE_EXTENSIONS,
        datatype="anat",
    ):
        entities = dict(file.entities)
        number, part = entities.pop("inv", ""), entities.pop("part", "mag")
        if number.isdecimal() and part == "mag" and entities == dict(uniform.entities):
            found.setdefault(int(number), file.path)
    return {number: found[number] for number in (1, 2) if number in found}


def _choose(candidates: Sequence[BidsFile], suffix: str) -> ImageChoice:
    best, *others = candidates
    notes = []
    if any(("ce" in file.entities) == ("ce" in best.entities) for file in others):
        run = best.entities.get("run", "")
        which = f", run {int(run)}" if run.isdecimal() else ""
        notes.append(f"{len(candidates)} {suffix} images were found, one is used{which}")
    has_agent = "ce" in best.entities
    if has_agent:
        notes.append(
            f"the only {suffix} was taken after a contrast agent: enhancing tissue is bright in it"
        )
    return ImageChoice(best, tuple(others), tuple(notes), has_agent)


def _is_partial(file: BidsFile) -> bool:
    is_part = file.entities.get("part", "mag") != "mag"
    is_defacing_mask = file.entities.get("mod") is not None
    return is_part or is_defacing_mask or any(key in file.entities for key in _PARTIAL)


def _rank(file: BidsFile) -> tuple[object, ...]:
    run = file.entities.get("run", "")
    return (
        "ce" in file.entities,
        sum(key in file.entities for key in _VARIANTS),
        -int(run) if run.isdecimal() else 0,
        IMAGE_EXTENSIONS.index(file.extension),
        file.name,
    )
