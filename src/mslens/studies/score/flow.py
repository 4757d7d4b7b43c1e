"""Score a folder of estimates against the truth of a simulated dataset, session by session."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mslens.core.errors import DatasetError
from mslens.core.volume import Volume
from mslens.evaluate.lesion_matching import MIN_LESION_ML
from mslens.image.parcel_names import REGIONS
from mslens.image.resample import resample
from mslens.io.bids import BidsIndex, index_derivative
from mslens.io.derivatives import derivative_path
from mslens.io.nifti import load_volume
from mslens.io.tables import ColumnDescription, read_tsv, write_tsv
from mslens.io.templates import load_template
from mslens.simulate.template_store import load_parcels
from mslens.studies.run.group import TRUTH_TABLES
from mslens.studies.run.names import session_outputs
from mslens.studies.score.maps import (
    SMOOTH_FWHM_MM,
    measure_growth,
    score_changes,
    score_jacobian,
    score_lesions,
    score_overlap,
)
from mslens.studies.score.summary import summarise_scores

_IDS = {
    "participant_id": ColumnDescription("Participant"),
    "session_id": ColumnDescription("Session, n/a in a dataset without sessions"),
}
#: Column of the group's table -> measure of the estimate's and of the truth's volumes.tsv.
MEASURES = {
    "lesion_ml": ("lesion-load", "lesion-load"),
    "brain_ml": ("brain", "brain"),
    "gm_ml": ("gm", "gm"),
    "wm_ml": ("wm", "wm"),
    "csf_ml": ("csf", "csf"),
    "tiv_ml": ("tiv", "intracranial"),
}
#: Volume of the voxels that are at least half lesion, of the truth alone.
_TRUE_MASK = "true_lesion_mask_ml"
_SCORES = {
    "dice_brain": "Dice of the brain mask",
    "dice_csf": "Dice of cerebrospinal fluid",
    "dice_gm": "Dice of grey matter",
    "dice_wm": "Dice of white matter",
    "dice_lesion": "Dice of the lesion mask",
    "lesions_true": f"True lesions of {MIN_LESION_ML:g} ml or more",
    "lesions_detected": "Those of them that a found lesion touches",
    "false_positives": "Found lesions that touch no true one",
    "lesion_sensitivity": "Detected over true lesions",
    "lesion_f1": "F1 of lesions found",
    "locations_compared": "Detected lesions whose location class is known on both sides",
    "locations_equal": "Those of them whose class agrees",
    "new_true": f"True new lesions of {MIN_LESION_ML:g} ml or more since the visit before",
    "new_detected": "Those of them that a found new lesion touches",
    "new_found": "New lesions found",
    "new_false": "Found new lesions that touch no true one",
    "single_compared": "Detected lesions whose found lesion touches no other true one",
    "single_equal": "Those of them whose location class agrees",
    "jacobian_r": "Correlation of estimated and true log-Jacobian inside the template's brain",
    "jacobian_smooth_r": f"The same, both smoothed by {SMOOTH_FWHM_MM:g} mm",
    "jacobian_bias": "Mean of estimated less true log-Jacobian inside the template's brain",
}
SESSION_COLUMNS = {
    **_IDS,
    **{name: ColumnDescription(text) for name, text in _SCORES.items()},
    **{name: ColumnDescription("Estimate", units="ml") for name in MEASURES},
    **{f"true_{name}": ColumnDescription("Truth", units="ml") for name in MEASURES},
    "lesion_count": ColumnDescription("Estimate"),
    "true_lesion_count": ColumnDescription(f"Truth, of {MIN_LESION_ML:g} ml or more"),
    _TRUE_MASK: ColumnDescription("Voxels that are at least half lesion", units="ml"),
}
REGION_COLUMNS = {
    **_IDS,
    "region": ColumnDescription("Region"),
    "estimate_ml": ColumnDescription("Estimate", units="ml"),
    "true_ml": ColumnDescription("Truth", units="ml"),
    "estimate_growth": ColumnDescription("Log volume change from the template: log-Jacobian"),
    "true_growth": ColumnDescription("Truth"),
}
SUMMARY_COLUMNS = {
    "score": ColumnDescription("Short name"),
    "label": ColumnDescription("What is compared"),
    "value": ColumnDescription("Value over all sessions"),
    "worst": ColumnDescription("Lowest value of a session"),
    "asked": ColumnDescription("What the simulated cohort asks for"),
    "n": ColumnDescription("Sessions, lesions or regions behind the value"),
}
#: Files that `write_scores` leaves beside the group report.
SESSION_FILE, SUMMARY_FILE = TRUTH_TABLES["truth"], TRUTH_TABLES["truth_summary"]
REGION_FILE = "group_truth_regions.tsv"
#: Voxels of the template's parcels in which log-Jacobians are compared.
_PARCELS_MM = 2.0
_MAPS = {
    "brain_mask": "mask",
    "tissue": "label",
    "lesions": "mask",
    "instances": "label",
    "changes": "label",
}


@dataclass(frozen=True, eq=False)
class TruthScores:
    """How the estimates of a run agree with the truth.

    Parameters
    ----------
    sessions, regions, summary : DataFrame
        Columns of `SESSION_COLUMNS`, `REGION_COLUMNS` and `SUMMARY_COLUMNS`.
    """

    sessions: pd.DataFrame
    regions: pd.DataFrame
    summary: pd.DataFrame


def score_run(out: Path, truth: Path) -> TruthScores:
    """Compare everything that a run estimated with the truth.

    Parameters
    ----------
    out : Path
        Output folder of `mslens run` on a simulated dataset.
    truth : Path
        Its ``truth`` folder.

    Returns
    -------
    TruthScores
        What a session lacks is NaN; a session without any estimate has a row of NaN.

    Raises
    ------
    DatasetError
        If `truth` holds nobody.
    MslensError
        If a file cannot be read or lies on another grid.
    """
    index = index_derivative(truth)
    if not index.subjects:
        raise DatasetError("the truth holds nobody", where=truth, expected="sub-* folders")
    sessions, regions = [], []
    for subject, session in _visits(index):
        ids = {
            "participant_id": f"sub-{subject}",
            "session_id": None if session is None else f"ses-{session}",
        }
        ours = session_outputs(out, subject=subject, session=session, reference="T1w")
        theirs = session_outputs(truth, subject=subject, session=session, reference="T1w")
        theirs["lesion_table"] = derivative_path(
            truth, subject=subject, session=session, suffix="lesions", extension=".tsv",
            entities={"space": "T1w"},
        )  # fmt: skip
        values, table = _score_session(ours, theirs)
        sessions.append({**ids, **values})
        regions.append(table.assign(**ids))
    by_session = pd.DataFrame(sessions).reindex(columns=list(SESSION_COLUMNS))
    by_region = pd.concat(regions, ignore_index=True)[list(REGION_COLUMNS)]
    return TruthScores(by_session, by_region, summarise_scores(by_session, by_region))


def write_scores(scores: TruthScores, out: Path) -> None:
    """Write the three tables beside the group report, which shows them.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    write_tsv(out / SESSION_FILE, scores.sessions, columns=SESSION_COLUMNS)
    write_tsv(out / REGION_FILE, scores.regions, columns=REGION_COLUMNS)
    write_tsv(out / SUMMARY_FILE, scores.summary, columns=SUMMARY_COLUMNS)


def _visits(index: BidsIndex) -> list[tuple[str, str | None]]:
    return [(subject, visit) for subject in index.subjects for visit in index.sessions(subject)]


def _score_session(
    ours: Mapping[str, Path], theirs: Mapping[str, Path]
) -> tuple[dict[str, float], pd.DataFrame]:
    estimate, truth = _load(ours), _load(theirs)
    for role in estimate.keys() & truth.keys():
        estimate[role].grid.require_close(
            truth[role].grid, ours=f"the estimated {role}", theirs=f"the true {role}"
        )
    values = score_overlap(
        {role: volume.data for role, volume in estimate.items()},
        {role: volume.data for role, volume in truth.items()},
    )
    if "instances" in estimate and ours["lesion_table"].is_file():
        values |= score_lesions(
            estimate["instances"].data,
            truth["lesions"].data,
            found_locations=_locations(ours["lesion_table"]),
            true_locations=_locations(theirs["lesion_table"]),
            true_instances=truth["instances"].data,
            voxel_volume_ml=truth["lesions"].grid.voxel_volume_ml,
        )
    if "changes" in estimate and "changes" in truth:
        values |= score_changes(
            estimate["changes"].data,
            truth["changes"].data,
            voxel_volume_ml=truth["changes"].grid.voxel_volume_ml,
        )
    growth: dict[str, tuple[float, float]] = {}
    if ours["log_jacobian"].is_file() and theirs["log_jacobian"].is_file():
        scores, growth = _compare_jacobians(ours["log_jacobian"], theirs["log_jacobian"])
        values |= scores
    volumes = {side: _volumes(paths["volumes"]) for side, paths in (("", ours), ("true_", theirs))}
    for column, names in MEASURES.items():
        for (side, table), name in zip(volumes.items(), names, strict=True):
            values[side + column] = table.get((name, None), math.nan)
    values["lesion_count"] = volumes[""].get(("lesion-count", None), math.nan)
    values["true_lesion_count"] = values.get("lesions_true", math.nan)
    values[_TRUE_MASK] = volumes["true_"].get(("lesion-load-mask", None), math.nan)
    return values, _compare_regions(volumes[""], volumes["true_"], growth)


def _load(paths: Mapping[str, Path]) -> dict[str, Volume]:
    return {
        role: load_volume(paths[role], kind="mask" if kind == "mask" else "label")
        for role, kind in _MAPS.items()
        if paths[role].is_file()
    }


def _locations(path: Path) -> dict[int, str]:
    table = read_tsv(path)
    numbers = pd.to_numeric(table["lesion"])
    return {int(number): str(text) for number, text in zip(numbers, table["location"], strict=True)}


def _volumes(path: Path) -> dict[tuple[str, str | None], float]:
    if not path.is_file():
        return {}
    table = read_tsv(path)
    regions = [None if pd.isna(region) else str(region) for region in table["region"]]
    values = pd.to_numeric(table["value"], errors="coerce")
    return {
        (str(measure), region): float(value)
        for measure, region, value in zip(table["measure"], regions, values, strict=True)
    }


def _compare_regions(
    ours: Mapping[tuple[str, str | None], float],
    theirs: Mapping[tuple[str, str | None], float],
    growth: Mapping[str, tuple[float, float]],
) -> pd.DataFrame:
    unknown = (math.nan, math.nan)
    rows = []
    for (measure, region), value in theirs.items():
        if measure == "region" and region is not None and (measure, region) in ours:
            volumes = (ours[measure, region], value)
            rows.append((region, *volumes, *growth.get(region, unknown)))
    names = [name for name in REGION_COLUMNS if name not in _IDS]
    return pd.DataFrame(rows, columns=names)


def _compare_jacobians(
    ours: Path, theirs: Path
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    estimate, truth = load_volume(ours), load_volume(theirs)
    if not estimate.grid.is_close(truth.grid):
        estimate = resample(estimate, truth.grid)
    brain = resample(load_template(1.0).brain, truth.grid).data != 0
    parcels, grid = load_parcels(_PARCELS_MM)
    labels = resample(Volume(parcels.labels, grid, "label"), truth.grid, interpolation="nearest")
    growth = measure_growth(estimate.data, truth.data, np.asarray(labels.data))
    names = {region.index: region.name for region in REGIONS}
    scores = score_jacobian(
        estimate.data, truth.data, brain, voxel_size_mm=truth.grid.voxel_size_mm
    )
    return scores, {names[index]: pair for index, pair in growth.items()}
