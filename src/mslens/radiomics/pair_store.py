"""Which label map belongs to which image in two folders, by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from mslens.core.errors import DatasetError

_IMAGE = re.compile(r"(?P<stem>.+?)\.(nii|nii\.gz)$")
#: What a label map's name may have beyond the image's.
_LABEL_WORDS = re.compile(r"[_-](dseg|mask|labels?|seg|parcels|label-[^_]+|desc-[^_]+)+$")
_SUFFIX = re.compile(r"[_-](T1w|T2w|FLAIR|Chimap|image|desc-[^_]+)$")


class Pair(NamedTuple):
    """An image and its label map."""

    name: str
    image: Path
    labels: Path


def list_pairs(images: Path, labels: Path) -> list[Pair]:
    """Pair the NIfTI files of two folders by the names that both begin with.

    ``sub-01_T1w.nii.gz`` goes with ``sub-01_T1w.nii.gz``, ``sub-01_dseg.nii.gz`` or
    ``sub-01_desc-parcels_dseg.nii.gz``.

    Raises
    ------
    DatasetError
        If a folder holds no image, or an image has no label map or several.
    """
    found = {path: _key(path, _SUFFIX) for path in _list(images)}
    keys = {path: _key(path, _LABEL_WORDS) for path in _list(labels)}
    pairs = []
    for image, key in found.items():
        same = [path for path in keys if path.name == image.name]
        matches = same or [p for p, k in keys.items() if k == key or _key(p, _SUFFIX) == key]
        if len(matches) != 1:
            raise DatasetError(
                f"{image.name} has {len(matches)} label maps",
                where=labels,
                expected="exactly one whose name begins alike",
                cure="Name label maps like their images, e.g. sub-01_dseg.nii.gz",
            )
        pairs.append(Pair(key, image, matches[0]))
    return pairs


def _list(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DatasetError("there is no such folder", where=folder)
    files = sorted(path for path in folder.iterdir() if _IMAGE.match(path.name))
    if not files:
        raise DatasetError("the folder holds no NIfTI file", where=folder)
    return files


def _key(path: Path, ending: re.Pattern[str]) -> str:
    stem = _IMAGE.sub(r"\g<stem>", path.name)
    shorter = ending.sub("", stem)
    while shorter != stem:
        stem, shorter = shorter, ending.sub("", shorter)
    return stem
