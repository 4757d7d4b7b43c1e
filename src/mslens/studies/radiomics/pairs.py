"""Which label map belongs to which image.

Files are matched by their names: those that begin with ``sub-`` by subject and session, all others
by the name without its extension and without a last word such as ``_image``, ``_label`` or
``_mask``. One label map given as a file belongs to every image.
"""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path

from mslens.core.errors import DatasetError, InputError
from mslens.io.bids_name import parse_name
from mslens.pipeline.plan import GROUP

EXTENSIONS = (".nii.gz", ".nii", ".mgz")
#: Last words of a name that say what a file is, not whose.
ROLE_WORDS = frozenset(
    ("image", "img", "label", "labels", "labelmap", "mask", "seg", "dseg", "roi", "rois")
)


@dataclass(frozen=True)
class Pair:
    """An image with its label map.

    Parameters
    ----------
    name : str
        What the two names share; names the output folder.
    image, labels : Path or None
        None where there is none, or more than one.
    why : str
        Why the pair cannot be used; empty when it can.
    """

    name: str
    image: Path | None = None
    labels: Path | None = None
    why: str = ""

    @property
    def who(self) -> tuple[str, str]:
        """Participant and session, the session empty where the name tells none."""
        parsed = parse_name(f"{self.name}_x")
        if parsed is None or "sub" not in parsed.entities:
            return self.name, ""
        session = parsed.entities.get("ses")
        return f"sub-{parsed.entities['sub']}", "" if session is None else f"ses-{session}"


def find_pairs(images: Path, labels: Path) -> list[Pair]:
    """Match images with label maps.

    Parameters
    ----------
    images, labels : Path
        A file, a folder (searched with its subfolders) or a pattern with ``*``.

    Returns
    -------
    list of Pair
        By name; what cannot be matched says why. A label map without an image is left out.

    Raises
    ------
    InputError
        If there is no such file or folder, or one image is given with many label maps.
    DatasetError
        If nothing matches at all.
    """
    if images.is_file() and labels.is_file():
        return [Pair(_key(images), images, labels)]
    if images.is_file():
        raise InputError(
            "one image was given with a folder of label maps",
            where=labels,
            expected="an image and a label map, or a folder of each",
        )
    found = _by_key(images)
    shared = labels.is_file()
    maps = {key: [labels] for key in found} if shared else _by_key(labels)
    if not set(found) & set(maps):
        raise DatasetError(
            f"none of {len(found)} images has a label map",
            where=labels,
            expected="the same sub- and ses- in both names, or the same name but for a last word"
            " such as _image, _label or _mask",
        )
    if {GROUP, f"sub-{GROUP}"} & set(found):
        raise InputError(f"an image is called '{GROUP}'", cure="Give it another name")
    return [_pair(key, found[key], maps.get(key, [])) for key in sorted(found)]


def match_files(source: Path, pairs: list[Pair]) -> dict[str, Path]:
    """Return the file of each pair's name among more files, where there is exactly one.

    Parameters
    ----------
    source : Path
        As in `find_pairs`; a single file belongs to every pair.
    pairs : list of Pair
    """
    if source.is_file():
        return {pair.name: source for pair in pairs}
    found = _by_key(source)
    return {pair.name: found[pair.name][0] for pair in pairs if len(found.get(pair.name, ())) == 1}


def find_table(labels: Path) -> Path | None:
    """Return the table of names beside a label map: the same name, with or without its space."""
    stem = _stem(labels)
    kept = "_".join(word for word in stem.split("_") if not word.startswith("space-"))
    candidates = (labels.with_name(f"{name}.tsv") for name in (stem, kept))
    return next((path for path in candidates if path.is_file()), None)


def _pair(key: str, images: list[Path], maps: list[Path]) -> Pair:
    for what, files in (("images", images), ("label maps", maps)):
        if len(files) > 1:
            names = ", ".join(file.name for file in files[:3])
            return Pair(key, why=f"{len(files)} {what} are called {key}: {names}")
    if not maps:
        return Pair(key, images[0], None, f"there is no label map for {images[0].name}")
    return Pair(key, images[0], maps[0])


def _by_key(source: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in _list_files(source):
        found.setdefault(_key(path), []).append(path)
    return found


def _list_files(source: Path) -> list[Path]:
    if source.is_dir():
        inside = (path for path in source.rglob("*") if path.name.endswith(EXTENSIONS))
        files = [p for p in inside if not any(w[0] == "." for w in p.relative_to(source).parts)]
    elif glob.has_magic(str(source)):
        named = glob.glob(str(source), recursive=True)  # noqa: PTH207 - absolute patterns
        files = [Path(name) for name in named if name.endswith(EXTENSIONS)]
    else:
        raise InputError("there is no such file or folder", where=source)
    if not files:
        raise InputError(
            "there is no image", where=source, expected=f"files ending in {', '.join(EXTENSIONS)}"
        )
    return sorted(files)


def _stem(path: Path) -> str:
    for extension in EXTENSIONS:
        if path.name.endswith(extension):
            return path.name.removesuffix(extension)
    return path.stem


def _key(path: Path) -> str:
    parsed = parse_name(path.name)
    if parsed is not None and "sub" in parsed.entities:
        who = [f"{key}-{parsed.entities[key]}" for key in ("sub", "ses") if key in parsed.entities]
        return "_".join(who)
    *words, last = _stem(path).split("_")
    return "_".join(words) if words and last.lower() in ROLE_WORDS else _stem(path)
