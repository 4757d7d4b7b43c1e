"""The steps of disconnection: a tractogram into an index, lesions and an index into ChaCo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mslens.connectome.chaco import Disconnection, EndTotals, measure_disconnection, total_ends
from mslens.connectome.endpoints import assign_ends
from mslens.connectome.index_store import Reference, load_reference, save_reference
from mslens.connectome.inverse_index import InverseIndex, build_index
from mslens.connectome.region_store import Regions, built_in_regions, load_regions
from mslens.connectome.synthetic import (
    SYNTHETIC_NAME,
    SyntheticSettings,
    synthesise_tractogram,
)
from mslens.connectome.tractogram import Tractogram
from mslens.connectome.tractogram_store import read_tractograms
from mslens.core.errors import InputError
from mslens.core.rng import make_rng
from mslens.core.settings import Settings
from mslens.core.transform import TransformChain
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.io.nifti import load_volume
from mslens.io.tables import ColumnDescription, write_tsv
from mslens.io.templates import TEMPLATE_SPACE, load_template
from mslens.io.transforms import load_transform

Files = Mapping[str, Path]
Facts = dict[str, Any]

TABLE_COLUMNS = {
    "region": ColumnDescription("Region of the reference's atlas"),
    "label": ColumnDescription("Its value in the label map"),
    "chaco": ColumnDescription(
        "Share of the streamlines ending in the region that pass a lesion, mean over reference"
        " subjects"
    ),
    "chaco_sd": ColumnDescription("Standard deviation over reference subjects"),
    "n_subjects": ColumnDescription("Reference subjects with streamlines ending in the region"),
    "n_streamlines": ColumnDescription("Streamlines ending in the region, all subjects"),
    "reference": ColumnDescription("Tractogram that the streamlines are from"),
}
MATRIX_COLUMNS = {
    "region": ColumnDescription("Region at one end"),
    "other_region": ColumnDescription("Region at the other end"),
    "chaco": ColumnDescription(
        "Share of the streamlines between the two that pass a lesion, mean over reference subjects"
    ),
    "chaco_sd": ColumnDescription("Standard deviation over reference subjects"),
    "n_subjects": ColumnDescription("Reference subjects with streamlines between the two"),
    "reference": ColumnDescription("Tractogram that the streamlines are from"),
}


class ImportSettings(Settings):
    """How a tractogram becomes a reference.

    Parameters
    ----------
    name : str
        As tables and reports show it.
    space : str
        Template space of the atlas and, after the warp, of the streamlines.
    margin_mm : float
        How far from a region the end of a streamline may lie.
    max_outside_share : float
        Share of streamlines that may leave the grid.
    min_brain_share : float
        Share of the voxels passed that must lie in the template's brain.
    """

    name: str = "tractogram"
    space: str = TEMPLATE_SPACE
    margin_mm: float = 2.0
    max_outside_share: float = 0.01
    min_brain_share: float = 0.9


class DisconnectionSettings(Settings):
    """How disconnection is measured.

    Parameters
    ----------
    include_within : bool
        Whether streamlines within one region count.
    """

    include_within: bool = False


def import_tractogram(
    tractograms: Sequence[Path],
    folder: Path,
    settings: ImportSettings,
    *,
    warp: Path | None = None,
    parcels: Path | None = None,
    parcel_table: Path | None = None,
    subject_ids: Path | None = None,
    subject_property: str | None = None,
) -> Facts:
    """Turn tractograms into a reference for disconnection.

    Parameters
    ----------
    tractograms : sequence of Path
        ``.tck``, ``.trk`` or ``.tt.gz``; several files are several reference subjects.
    folder : Path
        Written; must not hold anything.
    settings : ImportSettings
    warp : Path, optional
        Transform from-template_to-tractogram's space for points that are not in template space
        yet: it takes points of the tractogram to points of the template.
    parcels, parcel_table : Path, optional
        Atlas in template space and its names; by default the built-in 116 regions.
    subject_ids : Path, optional
        One id per line, in the order of the streamlines.
    subject_property : str, optional
        Property of a .trk file that holds the id.

    Returns
    -------
    Facts
        Numbers of streamlines, subjects, voxel visits; streamlines that leave the grid or end
        in no region.

    Raises
    ------
    InputError
        If a file cannot be used, or the streamlines are not in the space of the atlas.
    OutputError
        If the folder cannot be written.
    """
    tractogram, subjects = read_tractograms(
        tractograms, subject_ids=subject_ids, subject_property=subject_property
    )
    regions = (
        built_in_regions(load_template())
        if parcels is None
        else load_regions(parcels, parcel_table)
    )
    chain = () if warp is None else (load_transform(warp),)
    return _store(
        tractogram, regions, folder, settings, chain=chain, subjects=subjects, is_synthetic=False
    )


def make_synthetic_reference(folder: Path, settings: SyntheticSettings) -> Facts:
    """Write the synthetic reference: it is not anatomy, and its name says so."""
    template = load_template()
    regions = built_in_regions(template)
    rng = make_rng(settings.seed, "synthetic reference")
    tractogram = synthesise_tractogram(
        regions.places.data,
        template.wm.data >= 0.5,
        grid=template.gm.grid,
        settings=settings,
        rng=rng,
    )
    subjects = tuple(f"synthetic-{i + 1}" for i in range(settings.n_subjects))
    named = ImportSettings(name=SYNTHETIC_NAME)
    return _store(tractogram, regions, folder, named, subjects=subjects, is_synthetic=True)


def score_disconnection(inputs: Files, outputs: Files, settings: DisconnectionSettings) -> Facts:
    """Measure the disconnection by the lesions of one session.

    Inputs ``lesions``, ``index`` (index.json of a reference) and ``xfm`` (points of the template
    to points of the lesion mask) unless the mask is in template space; outputs ``table`` (one
    row per region) and ``matrix`` (one row per pair of regions with streamlines).
    """
    reference = load_reference(inputs["index"].parent)
    lesions = load_volume(inputs["lesions"], kind="mask")
    chain = (load_transform(inputs["xfm"]),) if "xfm" in inputs else ()
    placed = resample(lesions, reference.index.grid, chain)
    if lesions.data.any() and not placed.data.any():
        raise InputError(
            "no lesion lies on the grid of the reference",
            where=inputs["lesions"],
            expected=f"lesions that reach {reference.space} through the transform",
        )
    totals = total_ends(
        reference.end_regions,
        reference.index.subject_of,
        n_regions=len(reference.region_names),
        include_within=settings.include_within,
    )
    found = measure_disconnection(reference.index, placed.data, totals)
    write_tsv(outputs["table"], tabulate_regions(reference, totals, found), columns=TABLE_COLUMNS)
    write_tsv(outputs["matrix"], tabulate_pairs(reference, totals, found), columns=MATRIX_COLUMNS)
    return _describe(reference, lesions, placed, found)


def tabulate_regions(reference: Reference, totals: EndTotals, found: Disconnection) -> pd.DataFrame:
    """Table of ChaCo, one row per region; a region without streamlines has n/a."""
    return pd.DataFrame(
        {
            "region": reference.region_names,
            "label": reference.region_labels,
            "chaco": found.mean,
            "chaco_sd": found.spread,
            "n_subjects": found.n_subjects,
            "n_streamlines": totals.region.sum(axis=0)[1:],
            "reference": reference.name,
        }
    )


def tabulate_pairs(reference: Reference, totals: EndTotals, found: Disconnection) -> pd.DataFrame:
    """Table of ChaCo between regions, one row per pair that has streamlines."""
    names = np.array(reference.region_names)
    count = totals.n_by_pair[1:, 1:]
    first, second = np.nonzero(np.triu(count))
    return pd.DataFrame(
        {
            "region": names[first],
            "other_region": names[second],
            "chaco": found.pair_mean[first, second],
            "chaco_sd": found.pair_spread[first, second],
            "n_subjects": count[first, second],
            "reference": reference.name,
        }
    )


def _store(
    tractogram: Tractogram,
    regions: Regions,
    folder: Path,
    settings: ImportSettings,
    *,
    chain: TransformChain = (),
    subjects: tuple[str, ...],
    is_synthetic: bool,
) -> Facts:
    grid = regions.places.grid
    index = build_index(tractogram, grid, chain=chain, max_outside_share=settings.max_outside_share)
    brain_share = _require_brain(index, settings)
    ends = assign_ends(
        index.ends,
        regions.places.data,
        voxel_size_mm=grid.voxel_size_mm,
        margin_mm=settings.margin_mm,
    )
    totals = total_ends(ends, index.subject_of, n_regions=len(regions.names))
    reference = Reference(
        settings.name,
        settings.space,
        is_synthetic,
        index,
        ends,
        regions.names,
        regions.labels,
        subjects,
    )
    save_reference(folder, reference)
    empty = [n for n, c in zip(regions.names, totals.n_by_region[1:], strict=True) if c == 0]
    return {
        "name": settings.name,
        "n_streamlines": index.n_streamlines,
        "n_subjects": index.n_subjects,
        "n_visits": int(index.visitors.size),
        "n_leaving_the_grid": index.n_outside,
        "n_without_region": int((ends == 0).all(axis=1).sum()),
        "n_with_one_region": int(((ends == 0).sum(axis=1) == 1).sum()),
        "brain_share": round(brain_share, 4),
        "regions_without_streamlines": empty,
        "flags": [],
    }


def _require_brain(index: InverseIndex, settings: ImportSettings) -> float:
    """Share of the visits that lie in the template's brain."""
    brain = resample(load_template().brain, index.grid).data.ravel()
    visits = np.diff(index.voxel_start)
    share = float(visits[brain].sum() / max(int(visits.sum()), 1))
    if share < settings.min_brain_share:
        raise InputError(
            f"only {100 * share:.0f}% of the voxels that streamlines pass lie in the brain of "
            f"{settings.space}",
            expected=f"at least {100 * settings.min_brain_share:.0f}%",
            cure="The tractogram is in another space: pass the transform "
            "from-template_to-tractogram",
        )
    return share


def _describe(reference: Reference, lesions: Volume, placed: Volume, found: Disconnection) -> Facts:
    before = float(lesions.data.sum()) * lesions.grid.voxel_volume_ml
    after = float(placed.data.sum()) * placed.grid.voxel_volume_ml
    flags = []
    if reference.is_synthetic:
        flags.append(
            {
                "level": "warning",
                "message": f"The disconnection reference is {reference.name}: it shows the flow,"
                " and says nothing about this brain.",
            }
        )
    known = ~np.isnan(found.mean)
    return {
        "reference": reference.name,
        "space": reference.space,
        "n_reference_subjects": reference.index.n_subjects,
        "lesion_ml": round(before, 4),
        "lesion_ml_in_template": round(after, 4),
        "n_streamlines_hit": found.n_hit,
        "share_hit": round(found.n_hit / reference.index.n_streamlines, 6),
        "mean_chaco": round(float(found.mean[known].mean()), 6) if known.any() else None,
        "n_regions_without_streamlines": int((~known).sum()),
        "flags": flags,
    }
