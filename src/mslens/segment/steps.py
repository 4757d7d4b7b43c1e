"""The steps of segmentation: files in, files out, facts and flags for quality control."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mslens.core.arrays import Array
from mslens.core.grid import Grid
from mslens.core.rng import make_rng
from mslens.core.volume import Volume
from mslens.image.components import count_voxels, label_components
from mslens.image.location import LOCATIONS, Location, classify_locations
from mslens.image.parcel_names import REGIONS
from mslens.image.resample import resample
from mslens.io.nifti import load_volume, save_volume
from mslens.io.tables import write_tsv
from mslens.io.transforms import load_transform
from mslens.segment import filling, flags, tissue
from mslens.segment.filling import FillingSettings
from mslens.segment.formats import FORMATS
from mslens.segment.lesion_fallback import FALLBACK_WARNING, find_by_fallback
from mslens.segment.lesion_features import LesionContrasts
from mslens.segment.lesion_geography import map_geography
from mslens.segment.lesion_import import ImportLesionsSettings, binarise_lesions
from mslens.segment.lesion_model import describe_found, find_lesions
from mslens.segment.lesion_model_store import PACKAGED, fingerprint, load_lesion_model
from mslens.segment.lesion_table import (
    LESION_COLUMNS,
    LesionImages,
    LesionTableSettings,
    add_template_places,
    tabulate_lesions,
)
from mslens.segment.lesions import LesionSettings
from mslens.segment.neighbourhood import find_neighbourhood
from mslens.segment.parcel_import import ImportParcelsSettings, choose_format, place_labels
from mslens.segment.parcel_store import read_lookup, write_regions
from mslens.segment.parcels import (
    ParcelSettings,
    complete_parcels,
    region_groups,
)
from mslens.segment.session_store import (
    load_like,
    load_nawm,
    load_optional,
    load_regions,
    parcellate,
    template_head_ml,
    template_priors,
)
from mslens.segment.tissue import TISSUES, TissueSettings, label_tissue
from mslens.segment.tiv import TIV_METHOD, affine_part, estimate_tiv
from mslens.segment.volumes import (
    VOLUME_COLUMNS,
    VolumeSettings,
    VolumeTable,
    measure_lesions,
    measure_regions,
    measure_tissue,
)

Files = Mapping[str, Path]
Facts = dict[str, Any]

BUILT_IN = "built-in parcels (approximate, not AAL)"


def segment_lesions(inputs: Files, outputs: Files, settings: LesionSettings) -> Facts:
    """Segment lesions with the trained model, or with the unsupervised fallback.

    Inputs ``ref``, ``mask``, ``coarse_xfm`` (points of ref to points of the template) and
    ``flair`` (on ref's grid; without it, ref is the FLAIR), ``t2w`` and ``model`` (a lesion model
    of the user's own); outputs ``probseg`` and ``mask``.
    """
    ref = load_volume(inputs["ref"])
    mask = load_like(inputs["mask"], ref, kind="mask", name="brain mask")
    flair, t1w = ref.data, None
    if "flair" in inputs:
        flair, t1w = load_like(inputs["flair"], ref, name="FLAIR").data, ref.data
    t2w = load_optional(inputs, "t2w", ref, name="T2w")
    images = LesionContrasts(
        flair=flair,
        t1w=t1w,
        t2w=None if t2w is None else t2w.data,
        mask=mask.data,
        geography=map_geography(ref.grid, load_transform(inputs["coarse_xfm"])),
        voxel_size_mm=ref.grid.voxel_size_mm,
    )
    model = inputs.get("model", PACKAGED)
    by_fallback = settings.model == "fallback" and "model" not in inputs
    if by_fallback:
        probability, lesions, facts = find_by_fallback(images, settings)
    else:
        found = find_lesions(images, load_lesion_model(model), settings=settings)
        probability, lesions = found.probability, found.mask
        facts = describe_found(found) | {"model": fingerprint(model)}
    save_volume(outputs["probseg"], ref.like(probability))
    save_volume(outputs["mask"], ref.like(lesions, "mask"))
    measured = _lesion_facts(lesions, ref.grid)
    brain_ml = float(mask.data.sum()) * ref.grid.voxel_volume_ml
    raised = [flags.warn(FALLBACK_WARNING)] if by_fallback else []
    raised += flags.check_lesions(measured["volume_ml"], brain_ml)
    return measured | facts | {"contrasts": images.contrasts, "flags": raised}


def import_lesions(inputs: Files, outputs: Files, settings: ImportLesionsSettings) -> Facts:
    """Bring the user's lesion mask or probability map to ref's grid.

    Inputs ``lesions``, ``ref`` and ``xfm`` when the mask was drawn on the FLAIR (points of ref to
    points of the FLAIR); output ``mask``.
    """
    ref = load_volume(inputs["ref"])
    brought = load_volume(inputs["lesions"], constant="accept")
    lesions = binarise_lesions(brought.data, threshold=settings.threshold)
    mask = brought.like(lesions.mask, "mask")
    raised = []
    if "xfm" in inputs:
        mask = resample(mask, ref.grid, [load_transform(inputs["xfm"])])
        if mask.data.any() != lesions.mask.any():
            raised.append(
                flags.report_error(
                    "No lesion is left after moving the mask to the T1w: look whether the mask"
                    " was drawn on the FLAIR of this session."
                )
            )
    else:
        ref.grid.require_close(
            mask.grid,
            ours="the reference image",
            theirs="the lesion mask",
            cure="Give the mask on the grid of the T1w, or say --lesion-space FLAIR",
        )
    save_volume(outputs["mask"], ref.like(mask.data, "mask"))
    facts = _lesion_facts(mask.data, ref.grid)
    if lesions.is_probability:
        raised.append(
            flags.warn(f"The lesion map was a probability map; it was cut at {settings.threshold}.")
        )
    if not facts["count"]:
        raised.append(flags.warn("The lesion mask is empty: no lesions."))
    return facts | {"method": "brought by the user", "flags": raised}


def fill_lesions(inputs: Files, outputs: Files, settings: FillingSettings) -> Facts:
    """Fill lesions with normal-appearing white matter.

    Inputs ``image``, ``mask``, ``lesions``; output ``image``.
    """
    image = load_volume(inputs["image"])
    mask = load_like(inputs["mask"], image, kind="mask", name="brain mask")
    lesions = load_like(inputs["lesions"], image, kind="mask", name="lesion mask")
    filled = filling.fill_lesions(
        image.data,
        mask.data,
        lesions.data,
        voxel_size_mm=image.grid.voxel_size_mm,
        rng=make_rng(settings.seed, "fill"),
        settings=settings,
    )
    save_volume(outputs["image"], image.like(filled.image))
    outside = int((lesions.data & ~mask.data).sum())
    raised = []
    if outside > 0.05 * max(1, int(lesions.data.sum())):
        raised.append(
            flags.warn(f"{outside} lesion voxels lie outside of the brain mask and stay unfilled.")
        )
    return {
        "method": "local normal-appearing white matter with texture",
        "filled_voxels": filled.n_filled,
        "wm_mean": None if filled.n_filled == 0 else float(f"{filled.wm_mean:.5g}"),
        "wm_sd": None if filled.n_filled == 0 else float(f"{filled.wm_sd:.5g}"),
        "flags": raised,
    }


def segment_tissue(inputs: Files, outputs: Files, settings: TissueSettings) -> Facts:
    """Segment CSF, GM and WM.

    Inputs ``image`` (filled), ``mask``, ``xfm`` (points of ref to points of the template) and
    ``lesions``; outputs ``csf``, ``gm``, ``wm`` (share of each voxel) and ``dseg`` (the tissue
    of the largest share).
    """
    image = load_volume(inputs["image"])
    mask = load_like(inputs["mask"], image, kind="mask", name="brain mask")
    lesions = load_optional(inputs, "lesions", image, kind="mask", name="lesion mask")
    maps = tissue.segment_tissue(
        image.data,
        mask.data,
        template_priors(image.grid, load_transform(inputs["xfm"])),
        None if lesions is None else lesions.data,
        voxel_size_mm=image.grid.voxel_size_mm,
        settings=settings,
    )
    save_volume(outputs["dseg"], image.like(label_tissue(maps.share), "label"))
    for name, share in zip(TISSUES, maps.share, strict=True):
        save_volume(outputs[name], image.like(share))
    volumes = maps.share.sum(axis=(1, 2, 3), dtype=np.float64) * image.grid.voxel_volume_ml
    return {
        "method": (
            "Gaussian mixture with template priors, bias polynomial, Markov random field and"
            " partial volumes"
        ),
        "class_means": dict(zip(TISSUES, _rounded(maps.mean), strict=True)),
        "class_sds": dict(zip(TISSUES, _rounded(maps.sd), strict=True)),
        "bias_range": _rounded(maps.bias_range),
        "volumes_ml": dict(zip(TISSUES, _rounded(volumes), strict=True)),
        "flags": flags.check_tissue(maps.mean, maps.sd, volumes),
    }


def make_parcels(inputs: Files, outputs: Files, settings: ParcelSettings) -> Facts:
    """Parcellate by the built-in map.

    Inputs ``ref``, ``mask``, ``xfm`` (points of ref to points of the template), ``dseg`` and
    ``lesions``; outputs ``dseg``, ``table``, ``nawm``.
    """
    ref = load_volume(inputs["ref"])
    mask = load_like(inputs["mask"], ref, kind="mask", name="brain mask")
    kinds = load_optional(inputs, "dseg", ref, kind="label", name="tissue map")
    parcels = parcellate(ref.grid, load_transform(inputs["xfm"]), mask=mask, tissue=kinds)
    nawm = load_nawm(inputs, ref, parcels, region_groups(REGIONS), settings.nawm)
    save_volume(outputs["dseg"], ref.like(parcels, "label"))
    write_regions(outputs["table"], REGIONS)
    save_volume(outputs["nawm"], ref.like(nawm, "mask"))
    raised = flags.check_regions(parcels, REGIONS)
    if kinds is not None:
        raised += flags.check_nuclei(parcels, kinds.data, REGIONS)
    return {
        "method": BUILT_IN,
        "regions": len(REGIONS),
        "nawm_ml": round(float(nawm.sum()) * ref.grid.voxel_volume_ml, 3),
        "flags": raised,
    }


def import_parcels(inputs: Files, outputs: Files, settings: ImportParcelsSettings) -> Facts:
    """Bring the user's label map to ref's grid and describe its labels.

    Inputs ``labels``, ``ref``, ``table``, ``xfm`` (points of ref to points of the template),
    ``dseg`` and ``lesions``; outputs ``dseg``, ``table``, ``nawm``. A map of grey matter alone
    (AAL) is completed by the built-in ventricles, brainstem and white matter.
    """
    ref = load_volume(inputs["ref"])
    labels = load_volume(inputs["labels"], kind="label")
    lookup = read_lookup(inputs["table"]) if "table" in inputs else {}
    present = [int(index) for index in np.unique(labels.data) if index > 0]
    name = choose_format(present, lookup, settings)
    xfm = load_transform(inputs["xfm"]) if "xfm" in inputs else None
    placed, way = place_labels(labels, ref.grid, name=name, to_template=xfm, settings=settings)
    regions = FORMATS[name].describe(present, lookup)
    parcels: Array = placed.data
    completed = xfm is not None and not FORMATS[name].has_white_matter
    if xfm is not None and completed:
        kinds = load_optional(inputs, "dseg", ref, kind="label", name="tissue map")
        parcels = complete_parcels(parcels, parcellate(ref.grid, xfm, mask=None, tissue=kinds))
        regions += [r for r in REGIONS if not r.in_aal116 and r.index not in present]
    nawm = load_nawm(inputs, ref, parcels, region_groups(regions), settings.nawm)
    save_volume(outputs["dseg"], ref.like(parcels, "label"))
    write_regions(outputs["table"], regions)
    save_volume(outputs["nawm"], ref.like(nawm, "mask"))
    return {
        "method": f"brought by the user ({name})",
        "format": name,
        "placed_by": way,
        "completed_by_built_in": completed,
        "regions": len(regions),
        "nawm_ml": round(float(nawm.sum()) * ref.grid.voxel_volume_ml, 3),
        "flags": flags.check_imported(parcels, regions),
    }


def describe_lesions(inputs: Files, outputs: Files, settings: LesionTableSettings) -> Facts:
    """Label the lesions and describe each.

    Inputs ``lesions``, ``parcels``, ``ref``, ``mask``, ``parcel_table`` (else the built-in
    regions), ``flair``, ``dseg`` and ``inverse_xfm`` (points of ref to points of the template);
    outputs ``instances`` and ``table``.
    """
    ref = load_volume(inputs["ref"])
    lesions = load_like(inputs["lesions"], ref, kind="mask", name="lesion mask")
    parcels = load_like(inputs["parcels"], ref, kind="label", name="label map")
    groups = region_groups(load_regions(inputs))
    contrasts = {"t1w_contrast" if "flair" in inputs else "contrast": ref.data}
    if "flair" in inputs:
        contrasts = {"contrast": load_like(inputs["flair"], ref, name="FLAIR").data} | contrasts
    instances = label_components(lesions.data, connectivity=settings.connectivity)
    table = tabulate_lesions(
        instances,
        find_neighbourhood(parcels.data, groups, voxel_size_mm=ref.grid.voxel_size_mm),
        LesionImages(contrasts, load_nawm(inputs, ref, parcels.data, groups, settings.nawm)),
        grid=ref.grid,
        settings=settings,
    )
    if "inverse_xfm" in inputs:
        table = add_template_places(table, [load_transform(inputs["inverse_xfm"])])
    save_volume(outputs["instances"], ref.like(instances, "label"))
    columns = {name: LESION_COLUMNS[name] for name in table.columns}
    write_tsv(outputs["table"], table, columns=columns)
    counts = table["location"].value_counts()
    return {
        "method": f"components of {settings.connectivity} neighbours",
        "count": len(table),
        "volume_ml": round(float(table["volume_ml"].sum()), 4),
        "locations": {name: int(counts.get(name, 0)) for name in LOCATIONS},
        "flags": [],
    }


def measure_volumes(inputs: Files, outputs: Files, settings: VolumeSettings) -> Facts:
    """Measure head size, tissue, regions and lesions.

    Inputs ``mask``, ``inverse_xfm`` (points of ref to points of the template), ``csf``, ``gm``
    and ``wm`` (shares of each voxel), ``parcels``, ``parcel_table``, ``lesions``, ``nawm``;
    output ``table``.
    """
    mask = load_volume(inputs["mask"], kind="mask")
    voxel_ml = mask.grid.voxel_volume_ml
    table = VolumeTable()
    affine = affine_part(load_transform(inputs["inverse_xfm"]), mask)
    tiv_ml = estimate_tiv(affine, template_ml=template_head_ml())
    table.add("tiv", tiv_ml, method=TIV_METHOD)
    brain_ml = float(mask.data.sum()) * voxel_ml
    table.add("brain-mask", brain_ml, method="voxels of the brain mask")
    shares = [load_optional(inputs, name, mask, name=f"map of {name}") for name in TISSUES]
    if all(share is not None for share in shares):
        sums = [float(np.sum(s.data, dtype=np.float64)) for s in shares if s is not None]
        measure_tissue(table, dict(zip(TISSUES, sums, strict=True)), voxel_ml=voxel_ml)
    parcels = load_optional(inputs, "parcels", mask, kind="label", name="label map")
    if parcels is not None:
        measure_regions(
            table,
            parcels.data,
            load_regions(inputs),
            voxel_ml=voxel_ml,
            method="voxels of the label map" if "parcel_table" in inputs else BUILT_IN,
        )
    _measure_lesions(table, inputs, mask, parcels, settings)
    nawm = load_optional(inputs, "nawm", mask, kind="mask", name="NAWM mask")
    if nawm is not None:
        table.add("nawm", float(nawm.data.sum()) * voxel_ml, method="voxels of the NAWM mask")
    write_tsv(outputs["table"], table.frame(), columns=VOLUME_COLUMNS)
    return {
        "method": "sums over voxels of the native grid",
        "tiv_ml": round(tiv_ml, 1),
        "brain_mask_ml": round(brain_ml, 1),
        "flags": flags.check_head_size(tiv_ml, brain_ml),
    }


def _measure_lesions(
    table: VolumeTable,
    inputs: Files,
    mask: Volume,
    parcels: Volume | None,
    settings: VolumeSettings,
) -> None:
    lesions = load_optional(inputs, "lesions", mask, kind="mask", name="lesion mask")
    if lesions is None:
        return
    grid = mask.grid
    instances = label_components(lesions.data, connectivity=settings.connectivity)
    sizes_ml = count_voxels(instances) * grid.voxel_volume_ml
    locations: list[Location] = []
    if parcels is not None:
        groups = region_groups(load_regions(inputs))
        near = find_neighbourhood(parcels.data, groups, voxel_size_mm=grid.voxel_size_mm)
        locations = classify_locations(instances, near, settings.location)
    measure_lesions(
        table,
        sizes_ml.tolist(),
        locations,
        total_ml=float(sizes_ml.sum()),
        method=f"components of {settings.connectivity} neighbours of the lesion mask",
    )


def _lesion_facts(lesions: Array, grid: Grid) -> Facts:
    sizes = count_voxels(label_components(lesions))
    return {"count": len(sizes), "volume_ml": round(float(sizes.sum()) * grid.voxel_volume_ml, 4)}


def _rounded(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
