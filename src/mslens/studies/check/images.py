"""Check the images of a session by their headers, or whole."""

from __future__ import annotations

from pathlib import Path

from mslens.core.errors import ImageError
from mslens.io.bids import BidsIndex
from mslens.io.image_choice import ImageChoice, choose_image
from mslens.io.nifti import load_volume, read_header, require_whole_file
from mslens.studies.check.findings import ImageFinding, explain

SUFFIXES = ("T1w", "UNIT1", "FLAIR", "T2w")


def check_images(
    index: BidsIndex, subject: str, session: str | None, *, deep: bool
) -> dict[Path, ImageFinding]:
    """Check every image that `mslens run` would use in a session.

    Parameters
    ----------
    index : BidsIndex
    subject, session : str
        Labels; the session may be None.
    deep : bool
        Read the voxels too, not only the header.

    Returns
    -------
    dict of Path to ImageFinding
    """
    found: dict[Path, ImageFinding] = {}
    for suffix in SUFFIXES:
        if suffix == "UNIT1" and any(image.suffix == "T1w" for image in found.values()):
            continue
        choice = choose_image(index, subject=subject, session=session, suffix=suffix)
        if choice is not None:
            found[choice.file.path] = _check(choice, suffix, deep=deep)
    return found


def _check(choice: ImageChoice, suffix: str, *, deep: bool) -> ImageFinding:
    path, name = choice.file.path, choice.file.name
    which = choice.describe() if choice.others else None
    try:
        header = read_header(path)
        require_whole_file(path, header)
        if deep:
            load_volume(path)
    except ImageError as error:
        return ImageFinding(suffix, name, choice=which, problem=explain(error))
    return ImageFinding(
        suffix,
        name,
        geometry=header.grid.describe(),
        thickest_mm=max(header.grid.voxel_size_mm),
        choice=which,
    )
