"""What the check of a dataset found, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mslens.core.errors import MslensError


@dataclass(frozen=True)
class ImageFinding:
    """One image that `mslens run` would use.

    Parameters
    ----------
    suffix : str
        ``"T1w"``, ``"FLAIR"`` or ``"T2w"``.
    name : str
        File name.
    geometry : str or None
        Shape, voxel size and orientation; None when the header cannot be read.
    thickest_mm : float
        Largest edge of a voxel.
    choice : str or None
        Which file is used and which are not, where there are several.
    problem : str or None
        Why the image cannot be used, and the cure.
    """

    suffix: str
    name: str
    geometry: str | None = None
    thickest_mm: float = 0.0
    choice: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class SessionFinding:
    """What one session holds and which steps it allows.

    Parameters
    ----------
    subject : str
    session : str or None
    images : tuple of ImageFinding
    notes : tuple of str
        Choices that a user should know about.
    possible : tuple of str
        Names of the steps that can run.
    impossible : Mapping of str to str
        Name of a step to the reason why it cannot run.
    """

    subject: str
    session: str | None
    images: tuple[ImageFinding, ...]
    notes: tuple[str, ...]
    possible: tuple[str, ...]
    impossible: Mapping[str, str]

    @property
    def label(self) -> str:
        """``sub-01 ses-2``."""
        return f"sub-{self.subject}" + ("" if self.session is None else f" ses-{self.session}")

    @property
    def reference(self) -> str | None:
        """Image on whose grid the session is worked: T1w (or what stands for it), else FLAIR."""
        found = {image.suffix for image in self.images}
        if found & {"T1w", "UNIT1"}:
            return "T1w"
        return "FLAIR" if "FLAIR" in found else None

    @property
    def problems(self) -> tuple[str, ...]:
        """Every problem of an image, with the session and the file."""
        return tuple(
            f"{self.label}, {image.name}: {image.problem}"
            for image in self.images
            if image.problem is not None
        )


@dataclass(frozen=True)
class DerivativeFinding:
    """Results of other tools in a folder of the dataset's ``derivatives``.

    Parameters
    ----------
    name : str
        Folder below ``derivatives``.
    counts : Mapping of str to int
        Kind of result, in words, to the number of sessions that it can be used for.
    """

    name: str
    counts: Mapping[str, int]


def explain(error: MslensError) -> str:
    """Say what is wrong, what was expected and the cure, without the path."""
    return str(MslensError(error.what, expected=error.expected, cure=error.cure))
