"""The steps of radiomics: an image and a label map in, one Parquet part out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mslens.core.arrays import Array
from mslens.core.errors import ImageError, TableError, UnknownName
from mslens.core.rng import make_rng
from mslens.core.settings import Settings
from mslens.core.volume import Volume
from mslens.io.feature_files import write_feature_part
from mslens.io.nifti import load_volume, save_volume
from mslens.io.tables import read_tsv
from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.extract import Extraction, extract_features, name_images
from mslens.radiomics.names import TEXTURE_CLASSES
from mslens.radiomics.perturb import STANDARD, Perturbation, perturb
from mslens.radiomics.regions import check_labels
from mslens.radiomics.robustness_store import assess_parts
from mslens.radiomics.settings import EDSS_RADIOMICS, RadiomicsSettings
from mslens.radiomics.stored import as_stored
from mslens.radiomics.voxelwise import map_features

Files = Mapping[str, Path]
Facts = dict[str, Any]

__all__ = [
    "DisturbedSettings",
    "ExtractionSettings",
    "assess_parts",
    "extract_disturbed",
    "extract_regions",
    "map_voxels",
]

#: Name of the row for normal-appearing white matter.
NAWM = "NAWM"
#: Column of a region table that marks the 114 regions of paper 000.
IN_SET = "in_set114"
#: Groups of a region table that stand for the marked regions in another parcellation.
GREY_MATTER = frozenset({"cortex", "deep-grey-matter", "cerebellum"})


class ExtractionSettings(Settings):
    """What the extraction stage does.

    Parameters
    ----------
    radiomics : RadiomicsSettings
        Default: the preset of paper 000, 91 features on 12 image types.
    only_set114 : bool
        Where the table marks the 114 regions, take only those (and NAWM where it is given); of
        another parcellation whose table tells groups, take the regions of grey matter.
    labels : sequence of int
        Take only these labels; empty takes all.
    """

    radiomics: RadiomicsSettings = EDSS_RADIOMICS
    only_set114: bool = True
    labels: tuple[int, ...] = ()


class DisturbedSettings(ExtractionSettings):
    """Extraction of repeated, disturbed measurements.

    Parameters
    ----------
    perturbations : sequence of Perturbation
    bin_counts : sequence of int
        Numbers of grey levels, each a measurement of its own (paper 003).
    seed : int
    subject : str
        Enters the seed, so that subjects are disturbed differently.
    """

    perturbations: tuple[Perturbation, ...] = STANDARD
    bin_counts: tuple[int, ...] = ()
    seed: int = 0
    subject: str = ""


def extract_regions(inputs: Files, outputs: Files, settings: ExtractionSettings) -> Facts:
    """Extract the features of every region of a label map.

    Inputs ``image``, ``labels`` on its grid, and optionally ``table`` (index and name of the
    labels) and ``nawm`` (a mask that becomes one more region); outputs ``features`` (long
    Parquet) and, for ``--save-filtered``, one role per image type that is to be saved
    (``"wavelet-LLH"``).
    """
    image, labels, names, flags = load_regions(inputs, settings)
    saved = {role: path for role, path in outputs.items() if role != "features"}
    seen: list[str] = []

    def keep(name: str, filtered: Array) -> None:
        seen.append(name)
        if name in saved:
            save_volume(saved[name], image.like(np.ascontiguousarray(filtered), "scalar"))

    found = extract_features(
        as_stored(image.data, inputs["image"]),
        labels,
        voxel_size_mm=image.grid.voxel_size_mm,
        settings=settings.radiomics,
        wanted=list(names),
        keep_image=keep,
    )
    _require_images(saved, seen, settings.radiomics)
    part = tabulate(found, names)
    write_feature_part(outputs["features"], part, settings=settings.to_toml())
    return summarise(found, names, images=seen, flags=flags)


def _require_images(saved: Files, seen: Sequence[str], settings: RadiomicsSettings) -> None:
    for name in sorted(set(saved) - set(seen)):
        if name in name_images(settings):
            raise ImageError(
                f"the image is too small for {name}, so it cannot be saved",
                cure="Leave --save-filtered out: its features are then empty, with the reason",
            )
        raise UnknownName.of(name, seen, kind="image type")


def map_voxels(inputs: Files, outputs: Files, settings: ExtractionSettings) -> Facts:
    """Map features voxel by voxel, each region with its own grey levels.

    Inputs as for `extract_regions`, or ``mask`` in place of ``labels``; one output role per
    wanted feature (``"original_glcm_Contrast"``).
    """
    chosen = name_features(list(outputs), settings.radiomics)
    if "mask" in inputs:
        image, mask = load_volume(inputs["image"]), load_volume(inputs["mask"], kind="mask")
        image.grid.require_close(mask.grid, ours="the image", theirs="the mask")
        labels, names = mask.data.astype(np.int32), {1: "mask"}
    else:
        image, labels, names, _ = load_regions(inputs, settings)
    size, made = image.grid.voxel_size_mm, {role: np.zeros(labels.shape) for role in outputs}
    for label in names:
        inside = labels == label
        if inside.any():
            maps = map_features(
                as_stored(image.data, inputs["image"]), inside, voxel_size_mm=size, settings=chosen
            )
            for column, values in maps.items():
                if column.name in made:
                    made[column.name] += values
    for role, path in outputs.items():
        save_volume(path, image.like(np.ascontiguousarray(made[role]), "scalar"))
    voxels = int(np.isin(labels, list(names)).sum())
    return {"features": sorted(outputs), "voxels": voxels, "flags": []}


def name_features(names: Sequence[str], settings: RadiomicsSettings) -> RadiomicsSettings:
    """Return the settings that give nothing but some features by their full names.

    Raises
    ------
    UnknownName
        If a name is not ``IMAGE_CLASS_FEATURE`` of an image, class and feature that there is.
    """
    classes: dict[str, tuple[str, ...]] = {}
    for name in names:
        words = name.rsplit("_", 2)
        if len(words) != 3:
            raise UnknownName.of(name, ["original_glcm_Contrast"], kind="feature")
        image, feature_class, feature = words
        if image not in name_images(settings):
            raise UnknownName.of(image, name_images(settings), kind="image type")
        if feature_class not in TEXTURE_CLASSES:
            raise UnknownName.of(feature_class, TEXTURE_CLASSES, kind="feature class of maps")
        classes[feature_class] = (*classes.get(feature_class, ()), feature)
    return RadiomicsSettings.parse(settings.model_dump() | {"features": classes})


def extract_disturbed(inputs: Files, outputs: Files, settings: DisturbedSettings) -> Facts:
    """Extract the features again after disturbing image, regions or bins.

    Inputs as for `extract_regions`; one output role per measurement: ``original``, the name of a
    perturbation (``rotation-2``) or ``bins-N``.
    """
    image, labels, names, flags = load_regions(inputs, settings)
    kinds = {perturbation.name: perturbation for perturbation in settings.perturbations}
    known = ["original", *kinds, *(f"bins-{count}" for count in settings.bin_counts)]
    size = image.grid.voxel_size_mm
    for role, path in outputs.items():
        if role not in known:
            raise UnknownName.of(role, known, kind="measurement")
        radiomics, pair = settings.radiomics, (as_stored(image.data, inputs["image"]), labels)
        if role in kinds:
            rng = make_rng(settings.seed, "perturb", settings.subject, role)
            pair = perturb(
                image.data, labels, perturbation=kinds[role], voxel_size_mm=size, rng=rng
            )
        elif role != "original":
            bins = Discretisation(method="count", bin_count=int(role.removeprefix("bins-")))
            radiomics = radiomics.model_copy(update={"discretisation": bins})
        found = extract_features(*pair, voxel_size_mm=size, settings=radiomics, wanted=list(names))
        write_feature_part(path, tabulate(found, names), settings=settings.to_toml())
    return {
        "measurements": list(outputs),
        "regions": len(names),
        "seed": settings.seed,
        "flags": flags,
    }


def tabulate(found: Extraction, names: Mapping[int, str]) -> pd.DataFrame:
    """Lay an extraction out as one row per value.

    Parameters
    ----------
    found : Extraction
    names : mapping of int to str
        Name of every label.
    """
    n_rows, n_columns = found.matrix.shape
    per_column = {
        "image_type": [c.image_type for c in found.columns],
        "feature_class": [c.feature_class for c in found.columns],
        "feature": [c.feature for c in found.columns],
        "ibsi_code": [c.ibsi_code for c in found.columns],
    }
    part = {
        key: np.tile(np.array(values, dtype=object), n_rows) for key, values in per_column.items()
    }
    rois = np.array([names[label] for label in found.labels], dtype=object)
    part["roi"] = np.repeat(rois, n_columns)
    part["label"] = np.repeat(np.array(found.labels, dtype=np.int64), n_columns)
    part["value"] = found.matrix.reshape(-1)
    part["reason"] = found.reasons.reshape(-1)
    return pd.DataFrame(part)


Flags = list[dict[str, str]]


def load_regions(
    inputs: Files, settings: ExtractionSettings
) -> tuple[Volume, Array, dict[int, str], Flags]:
    """Load image and regions; return them, label -> name, and what to tell.

    Raises
    ------
    GridMismatch
        If they do not share a grid.
    ImageError, TableError
        If one cannot be used, or no region is left.
    """
    image = load_volume(inputs["image"])
    volume = load_volume(inputs["labels"], kind="label")
    image.grid.require_close(
        volume.grid,
        ours="the image",
        theirs="the label map",
        cure="Resample the label map onto the image with nearest neighbour",
    )
    labels, flags = check_labels(volume.data), []
    names = _name_labels(inputs, labels, only_set114=settings.only_set114 and not settings.labels)
    if settings.labels:
        names = {label: names.get(label, str(label)) for label in settings.labels}
    elif "table" in inputs and not settings.only_set114:
        flags = _flag_unnamed(labels, names)
    if "nawm" in inputs:
        white = load_volume(inputs["nawm"], kind="mask")
        image.grid.require_close(white.grid, ours="the image", theirs="the NAWM mask")
        code = max(names, default=0) + 1
        kept = np.isin(labels, list(names))
        labels = np.where(kept, labels, np.where(white.data, code, 0)).astype(np.int32)
        names[code] = NAWM
    if not names:
        raise ImageError("there is no region to describe", where=inputs["labels"])
    return image, labels, names, flags


def _flag_unnamed(labels: Array, names: Mapping[int, str]) -> Flags:
    unnamed = [str(label) for label in np.unique(labels) if label and label not in names]
    if not unnamed:
        return []
    more = ", ..." if len(unnamed) > 5 else ""
    message = (
        f"{len(unnamed)} labels are not in the table of names and were left out:"
        f" {', '.join(unnamed[:5])}{more}."
    )
    return [{"level": "warning", "message": message}]


def _name_labels(inputs: Files, labels: Array, *, only_set114: bool) -> dict[int, str]:
    """Return label -> name, in the order of the table or, without one, of the labels."""
    if "table" not in inputs:
        return {int(label): str(label) for label in np.unique(labels) if label > 0}
    table = read_tsv(inputs["table"])
    missing = {"index", "name"} - set(table.columns)
    if missing:
        raise TableError(
            f"the table has no column {', '.join(sorted(missing))}", where=inputs["table"]
        )
    if only_set114:
        table = _choose_rows(table)
    try:
        names = {
            int(index): str(name) for index, name in zip(table["index"], table["name"], strict=True)
        }
    except ValueError as error:
        raise TableError("an index is no whole number", where=inputs["table"]) from error
    if len(names) < len(table):
        raise TableError("the table names a label twice", where=inputs["table"])
    return names


def _choose_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the marked regions; of a table that marks none, grey matter; of one without, all."""
    for column, wanted in ((IN_SET, {"true"}), ("group", GREY_MATTER)):
        if column in table.columns:
            chosen = table[table[column].str.lower().isin(wanted)]
            if len(chosen):
                return chosen
    return table


def summarise(
    found: Extraction, names: Mapping[int, str], *, images: Sequence[str], flags: Flags
) -> Facts:
    """Return the facts of an extraction, with a flag for regions without any value."""
    why = Counter(str(reason) for reason in found.reasons[found.reasons != ""])
    empty = [
        names[label]
        for label, values in zip(found.labels, found.matrix, strict=True)
        if np.isnan(values).all()
    ]
    if empty:
        message = f"{len(empty)} regions have no radiomic features: {', '.join(empty)}."
        flags = [*flags, {"level": "warning", "message": message}]
    return {
        "profile": "pyradiomics",
        "regions": len(found.labels),
        "image_types": list(images),
        "features_per_region": len(found.columns),
        "values": int(found.matrix.size),
        "missing": dict(sorted(why.items())),
        "flags": flags,
    }
