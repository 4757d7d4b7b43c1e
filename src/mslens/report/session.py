"""The images of one session as a report needs them: RAS order, cropped to the brain, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from mslens.core.arrays import Array
from mslens.core.errors import ImageError, MslensError
from mslens.core.grid import Grid
from mslens.core.volume import Kind, Volume
from mslens.io.nifti import load_volume
from mslens.plot.orientation import reorient_to_ras
from mslens.report.layers import BrainBox, find_brain_box

#: Roles of images that lie on the reference image's grid.
IMAGE_KINDS: Mapping[str, Kind] = {
    "ref": "scalar",
    "flair": "scalar",
    "t2w": "scalar",
    "lesions": "mask",
    "tissue": "label",
    "parcels": "label",
}
#: Roles of tables.
TABLE_ROLES = (
    "lesion_table",
    "volumes",
    "parcel_table",
    "disconnection",
    "change_table",
    "feature_scores",
    "quality",
)
#: Roles of images half-way between this visit and the one before.
HALFWAY_ROLES = ("halfway_earlier", "halfway_later", "halfway_mask", "halfway_changes")
#: Every role of a session; all are optional.
ROLES = ("mask", *IMAGE_KINDS, "template_image", *HALFWAY_ROLES, *TABLE_ROLES)
_ROLE = re.compile(r"(?:ses-(?P<session>[A-Za-z0-9+]+):)?(?P<role>[a-z0-9_]+)")
_SUBJECT_ROLE = re.compile(r"sub-(?P<subject>[A-Za-z0-9+]+):(?P<rest>.+)")
_SUFFIX = re.compile(r"_(T1w|T2w|FLAIR|UNIT1|PDw)\.nii(?:\.gz)?$")


@dataclass(frozen=True, eq=False)
class SessionImages:
    """What could be read of a session.

    Parameters
    ----------
    session : str or None
    reference : str
        Name of the contrast that is the reference, e.g. ``"T1w"``.
    mask : Volume or None
        Brain mask as stored; without it no image is kept.
    brain : BrainBox or None
    images : mapping of str to Volume
        By role, as stored, on the mask's grid.
    template_image : Volume or None
        The reference image in template space.
    notes : tuple of str
        Why something that exists was left out.
    """

    session: str | None
    reference: str
    mask: Volume | None
    brain: BrainBox | None
    images: Mapping[str, Volume]
    template_image: Volume | None
    notes: tuple[str, ...]


def split_roles(inputs: Mapping[str, Path]) -> dict[str | None, dict[str, Path]]:
    """Sort the inputs of the report by session.

    Parameters
    ----------
    inputs : mapping of str to Path
        Roles such as ``"ses-1:flair"``, or ``"flair"`` where there are no sessions. Roles that
        the report does not know are not looked at.

    Returns
    -------
    dict
        Session label, or None, to files by role; sessions in natural order.
    """
    found: dict[str | None, dict[str, Path]] = {}
    for name, path in inputs.items():
        match = _ROLE.fullmatch(name)
        if match is not None and match["role"] in ROLES:
            found.setdefault(match["session"], {})[match["role"]] = path
    return {session: found[session] for session in sorted(found, key=session_order)}


def split_subjects(inputs: Mapping[str, Path]) -> dict[str, dict[str, Path]]:
    """Sort the inputs of a group report by subject.

    Parameters
    ----------
    inputs : mapping of str to Path
        Roles such as ``"sub-01:outcomes"`` or ``"sub-01:ses-1:volumes"``; others are not looked
        at.

    Returns
    -------
    dict
        Subject label to files by what follows the subject, subjects in natural order.
    """
    found: dict[str, dict[str, Path]] = {}
    for name, path in inputs.items():
        match = _SUBJECT_ROLE.fullmatch(name)
        if match is not None:
            found.setdefault(match["subject"], {})[match["rest"]] = path
    return {subject: found[subject] for subject in sorted(found, key=session_order)}


def session_order(session: str | None) -> tuple[tuple[int, int | str], ...]:
    """Key that sorts session labels the way people count: none, 2, 10, pre."""
    parts = re.findall(r"\d+|\D+", session or "")
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in parts)


def load_session(session: str | None, files: Mapping[str, Path]) -> SessionImages:
    """Load the images of a session; what cannot be used is left out with a note, never fatal."""
    notes: list[str] = []
    mask = _load(files, "mask", "mask", notes)
    brain = None if mask is None else _brain_box(mask, notes)
    images: dict[str, Volume] = {}
    if mask is not None and brain is not None:
        for role, kind in IMAGE_KINDS.items():
            volume = _load(files, role, kind, notes)
            if volume is None:
                continue
            if volume.grid.is_close(mask.grid):
                images[role] = volume
            else:
                notes.append(f"{role} is left out: it does not lie on the brain mask's grid.")
    match = _SUFFIX.search(files["ref"].name) if "ref" in files else None
    return SessionImages(
        session=session,
        reference="Reference image" if match is None else match[1],
        mask=mask,
        brain=brain,
        images=images,
        template_image=_load(files, "template_image", "scalar", notes),
        notes=tuple(notes),
    )


def show_inside(volume: Volume, mask: Volume, *, margin_mm: float) -> Volume:
    """Set an image to 0 further than `margin_mm` from a mask (along each axis).

    Parameters
    ----------
    volume, mask : Volume
        On one grid.
    margin_mm : float
        0 keeps nothing outside the mask.
    """
    reach: Array = mask.data.astype(np.uint8)
    for axis, size_mm in enumerate(volume.grid.voxel_size_mm):
        width = 2 * int(margin_mm / size_mm) + 1
        reach = ndimage.maximum_filter1d(reach, width, axis=axis, mode="constant")
    return volume.like(np.where(reach > 0, volume.data, 0).astype(volume.data.dtype))


def to_picture_box(volume: Volume, box: tuple[tuple[int, int], ...]) -> Volume:
    """Bring an image into RAS order and cut a box of voxels out of it."""
    whole = reorient_to_ras(volume)
    data = whole.data[tuple(slice(first, last) for first, last in box)]
    affine = whole.grid.affine.copy()
    affine[:3, 3] = whole.grid.to_world(np.array([first for first, _ in box]))
    i, j, k = data.shape
    return Volume(data, Grid(affine, (i, j, k)), volume.kind)


def _load(files: Mapping[str, Path], role: str, kind: Kind, notes: list[str]) -> Volume | None:
    path = files.get(role)
    if path is None or not path.exists():
        return None
    try:
        return load_volume(path, kind=kind, constant="accept", non_finite="zero")
    except MslensError as error:
        notes.append(f"{role} is left out: {error.what}.")
        return None


def _brain_box(mask: Volume, notes: list[str]) -> BrainBox | None:
    try:
        return find_brain_box(mask)
    except ImageError as error:
        notes.append(f"{error.what}. {error.cure}.")
        return None
