"""Write one simulated person: raw images as BIDS, and the truth beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import mslens
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.io.derivatives import derivative_path
from mslens.io.nifti import save_volume
from mslens.io.sidecars import write_sidecar
from mslens.io.tables import write_tsv
from mslens.io.templates import TEMPLATE_SPACE
from mslens.io.transforms import save_transform
from mslens.simulate.acquisition_grid import store_as_scanned
from mslens.simulate.clinic import DAMAGE_FACTORS
from mslens.simulate.person import Person, build_person
from mslens.simulate.scanners import Scanner, choose_scanner
from mslens.simulate.settings import SimulationSettings
from mslens.simulate.truth import LESION_COLUMNS, VOLUME_COLUMNS, VisitTruth, describe_truth
from mslens.simulate.visit import (
    Scan,
    Scene,
    VisitState,
    build_scene,
    sample_earlier_lesions,
    scan_scene,
)

RAW_FOLDER, TRUTH_FOLDER = "bids", "truth"


@dataclass(frozen=True)
class PersonPlan:
    """One person of a cohort, as plain data for a worker.

    Parameters
    ----------
    participant : str
        Label without ``sub-``.
    is_female, is_control : bool
    site : str
    load_ml : float
        Lesion volume at the first visit.
    visits : tuple of dict
        Per visit: session, scanner, course, age, duration, years, damage.
    has_sessions : bool
        Whether the dataset has a session level.
    """

    participant: str
    is_female: bool
    is_control: bool
    site: str
    load_ml: float
    visits: tuple[dict[str, Any], ...]
    has_sessions: bool


def marker_path(out: Path, plan: PersonPlan) -> Path:
    """File that is written last, with the sizes of all others."""
    return out / TRUTH_FOLDER / f"sub-{plan.participant}" / f"sub-{plan.participant}_person.json"


def is_complete(out: Path, plan: PersonPlan) -> bool:
    """Say whether every file of a person is there and as large as it was written."""
    try:
        sizes = json.loads(marker_path(out, plan).read_bytes())["FileSizes"]
        return all((out / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, LookupError, AttributeError):
        return False


def _measure_files(out: Path, plan: PersonPlan) -> dict[str, int]:
    marker = marker_path(out, plan)
    return {
        path.relative_to(out).as_posix(): path.stat().st_size
        for folder in (RAW_FOLDER, TRUTH_FOLDER)
        for path in sorted((out / folder / f"sub-{plan.participant}").rglob("*"))
        if path.is_file() and path != marker
    }


def simulate_person(plan: PersonPlan, out: Path, settings: SimulationSettings) -> None:
    """Simulate all visits of one person and write them; does nothing where that is done.

    Parameters
    ----------
    plan : PersonPlan
    out : Path
        Holds ``bids`` and ``truth``.
    settings : SimulationSettings

    Raises
    ------
    InputError
        If the lesion load does not fit into the white matter.
    OutputError
        If a file cannot be written.
    """
    if is_complete(out, plan):
        return
    seed = settings.cohort.seed
    person = build_person(
        seed=seed,
        name=plan.participant,
        female=plan.is_female,
        load_ml=plan.load_ml,
        visits=[] if plan.is_control else [(v["years"], v["course"]) for v in plan.visits],
        voxel_size_mm=settings.voxel_size_mm,
    )
    before: float | None = None
    for visit in plan.visits:
        state = VisitState(
            name=visit["session"],
            age_years=visit["age"],
            duration_years=visit["duration"],
            years=visit["years"],
            years_before=before,
            damage=np.array([visit["damage"][name] for name in DAMAGE_FACTORS]),
        )
        _simulate_visit(person, plan, state, choose_scanner(visit["scanner"]), out, settings)
        before = visit["years"]
    write_sidecar(
        marker_path(out, plan),
        {
            "IntracranialVolume": round(person.body.intracranial_ml, 3),
            "TargetLesionLoad": round(plan.load_ml, 3),
            "Foci": len(person.foci),
            "FileSizes": _measure_files(out, plan),
        },
    )


def _simulate_visit(
    person: Person,
    plan: PersonPlan,
    state: VisitState,
    scanner: Scanner,
    out: Path,
    settings: SimulationSettings,
) -> None:
    scene = build_scene(person, state, voxel_size_mm=settings.voxel_size_mm)
    scans: dict[str, Scan] = {
        suffix: scan_scene(
            scene,
            scanner,
            suffix,
            seed=settings.cohort.seed,
            names=(plan.participant, state.name),
            motion_share=settings.motion_share,
        )
        for suffix in settings.images
    }
    session = state.name if plan.has_sessions else None
    for suffix, scan in scans.items():
        _write_scan(out / RAW_FOLDER, plan, session, suffix, scan, scanner)
    earlier = None
    if state.years_before is not None:
        earlier = sample_earlier_lesions(person, scene, years=state.years_before)
    truth = describe_truth(scene, scans["T1w"], previous_lesion=earlier)
    _write_truth(out / TRUTH_FOLDER, plan, session, truth, scene, scans, scanner)


def _write_scan(
    root: Path, plan: PersonPlan, session: str | None, suffix: str, scan: Scan, scanner: Scanner
) -> None:
    sequence = scanner.sequences[suffix]
    data, grid = store_as_scanned(scan.data, scan.slices.grid, sequence)
    path = derivative_path(root, subject=plan.participant, session=session, suffix=suffix)
    # Integers, as scanners store them: a label volume is written in the smallest integer type.
    save_volume(path, Volume(data, grid, "label"))
    content: dict[str, Any] = {
        "Modality": "MR",
        "Manufacturer": scanner.manufacturer,
        "ManufacturersModelName": scanner.model,
        "MagneticFieldStrength": scanner.field_tesla,
        "InstitutionName": plan.site,
        "MRAcquisitionType": "3D" if sequence.is_3d else "2D",
        "SliceThickness": round(grid.voxel_size_mm[_slice_axis(scan, grid.voxel_size_mm)], 3),
        "RepetitionTime": sequence.tr_ms / 1000,
        "EchoTime": sequence.te_ms / 1000,
        "ConversionSoftware": "mslens simulate",
        "ConversionSoftwareVersion": mslens.__version__,
        "Simulated": True,
    }
    if sequence.ti_ms:
        content["InversionTime"] = sequence.ti_ms / 1000
    write_sidecar(path.with_name(path.name.removesuffix(".nii.gz") + ".json"), content)


def _slice_axis(scan: Scan, voxel_size_mm: tuple[float, float, float]) -> int:
    """Find the stored axis along which slices or partitions lie."""
    own = scan.slices.grid.voxel_size_mm
    return int(np.argmin(np.abs(np.array(voxel_size_mm) - own[2])))


def _write_truth(
    root: Path,
    plan: PersonPlan,
    session: str | None,
    truth: VisitTruth,
    scene: Scene,
    scans: dict[str, Scan],
    scanner: Scanner,
) -> None:
    def place(suffix: str, extension: str = ".nii.gz", **entities: str) -> Path:
        return derivative_path(
            root, subject=plan.participant, session=session, suffix=suffix, extension=extension,
            entities=entities,
        )  # fmt: skip

    t1w = scanner.sequences["T1w"]
    for name, volume in truth.volumes.items():
        *pairs, suffix = name.split("_")
        entities = dict(pair.split("-") for pair in pairs)
        if suffix == "T1w":
            save_volume(place(suffix, space=TEMPLATE_SPACE, **entities), volume, space="template")
            continue
        data, grid = store_as_scanned(volume.data, volume.grid, t1w)
        path = place(suffix, space="T1w", **entities)
        save_volume(path, Volume(data, grid, volume.kind), space="aligned")
    for source, target, transform in (
        (TEMPLATE_SPACE, "T1w", scene.deformation.to_subject),
        ("T1w", TEMPLATE_SPACE, scene.deformation.to_template),
    ):
        save_transform(place("xfm", **{"from": source, "to": target, "mode": "image"}), transform)
    for suffix, scan in scans.items():
        if suffix != "T1w":
            onto_t1w: AffineTransform = scan.to_anatomy.inverse()
            entities = {"from": suffix, "to": "T1w", "mode": "image"}
            save_transform(place("xfm", ".txt", **entities), onto_t1w)
    write_tsv(place("lesions", ".tsv", space="T1w"), truth.lesions, columns=LESION_COLUMNS)
    write_tsv(place("volumes", ".tsv"), truth.measures, columns=VOLUME_COLUMNS)
    moved = {
        suffix: None if scan.motion is None else _motion_of(scan) for suffix, scan in scans.items()
    }
    write_sidecar(place("acquisition", ".json"), {"Scanner": scanner.name, "Motion": moved})


def _motion_of(scan: Scan) -> dict[str, Any]:
    motion = scan.motion
    if motion is None:
        return {}
    return {
        "ShiftMillimetres": [round(value, 4) for value in motion.shifts_mm],
        "ScanShare": [round(value, 4) for value in motion.starts],
    }


def plan_people(
    participants: pd.DataFrame,
    sessions: pd.DataFrame,
    latent: pd.DataFrame,
    settings: SimulationSettings,
) -> list[PersonPlan]:
    """Turn the tables of a cohort into one plan per person, in the order of the participants."""
    has_sessions = bool((sessions["session_id"] != "ses-1").any())
    plans = []
    for _, person in participants.iterrows():
        name = str(person["participant_id"])
        charts = sessions[sessions["participant_id"] == name]
        truths = latent[latent["participant_id"] == name]
        visits = tuple(
            _plan_visit(chart, truth, settings)
            for (_, chart), (_, truth) in zip(charts.iterrows(), truths.iterrows(), strict=True)
        )
        plans.append(
            PersonPlan(
                participant=name.removeprefix("sub-"),
                is_female=person["sex"] == "F",
                is_control=person["group"] == "control",
                site=str(person["site"]),
                load_ml=float(truths["target_lesion_load_ml"].iloc[0]),
                visits=visits,
                has_sessions=has_sessions,
            )
        )
    return plans


def _plan_visit(
    chart: pd.Series[Any], truth: pd.Series[Any], settings: SimulationSettings
) -> dict[str, Any]:
    duration = chart["disease_duration_years"]
    return {
        "session": str(chart["session_id"]).removeprefix("ses-"),
        "scanner": settings.scanner or str(chart["scanner"]),
        "course": None if pd.isna(chart["course"]) else str(chart["course"]),
        "age": float(chart["age"]),
        "duration": 0.0 if pd.isna(duration) else float(duration),
        "years": float(truth["years_since_first_visit"]),
        "damage": {name: float(truth[f"damage_{name}"]) for name in DAMAGE_FACTORS},
    }
