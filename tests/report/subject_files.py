"""Derivatives and outcomes of a subject from the phantom, as the pipeline leaves them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage

from mslens.connectome.steps import TABLE_COLUMNS
from mslens.core.volume import Volume
from mslens.image.location import LOCATIONS
from mslens.image.parcel_names import Region
from mslens.io.nifti import save_volume
from mslens.io.tables import write_tsv
from mslens.io.templates import load_template
from mslens.segment.lesion_table import LESION_COLUMNS
from mslens.segment.parcel_store import write_regions
from mslens.segment.volumes import (
    VOLUME_COLUMNS,
    VolumeTable,
    measure_lesions,
    measure_regions,
    measure_tissue,
)
from phantom import Head

TIV_ML = 1450.0
REGIONS = (
    Region(1, "Thalamus_L", "THA.L", "left", "deep-grey-matter", "subcortical"),
    Region(2, "Thalamus_R", "THA.R", "right", "deep-grey-matter", "subcortical"),
)


def write_session(head: Head, folder: Path) -> dict[str, Path]:
    images = {
        "ref": ("sub-01_desc-preproc_T1w", head.t1w),
        "flair": ("sub-01_space-T1w_desc-preproc_FLAIR", head.flair),
        "mask": ("sub-01_space-T1w_desc-brain_mask", head.brain),
        "lesions": ("sub-01_space-T1w_label-lesion_mask", head.lesions),
        "tissue": ("sub-01_space-T1w_desc-tissue_dseg", tissue_of(head)),
        "parcels": ("sub-01_space-T1w_desc-parcels_dseg", halves_of(head)),
        "template_image": ("sub-01_space-MNI_desc-preproc_T1w", load_template(4.0).t1w),
    }
    files = {role: folder / f"{name}.nii.gz" for role, (name, _) in images.items()}
    for role, (_, volume) in images.items():
        save_volume(files[role], volume)
    for role in ("lesion_table", "volumes", "parcel_table"):
        files[role] = folder / f"sub-01_{role}.tsv"
    lesions = lesion_table(head)
    write_tsv(files["lesion_table"], lesions, columns={n: LESION_COLUMNS[n] for n in lesions})
    write_tsv(files["volumes"], volume_table(head), columns=VOLUME_COLUMNS)
    write_regions(files["parcel_table"], REGIONS)
    files["disconnection"] = folder / "sub-01_disconnection.tsv"
    losses = pd.DataFrame(
        {
            "region": ["Thalamus_L", "Thalamus_R", "Insula_L"],
            "label": [1, 2, 3],
            "chaco": [0.125, 0.03, np.nan],
            "chaco_sd": [0.02, 0.01, np.nan],
            "n_subjects": [2, 2, 0],
            "n_streamlines": [80, 60, 0],
            "reference": "synthetic-v1 (not anatomy)",
        }
    )
    write_tsv(files["disconnection"], losses, columns=TABLE_COLUMNS)
    return files


def tissue_of(head: Head) -> Volume:
    csf = 1 - head.gm.data - head.wm.data
    labels = np.argmax(np.stack([csf, head.gm.data, head.wm.data]), axis=0) + 1
    return Volume(np.where(head.brain.data, labels, 0).astype(np.int32), head.t1w.grid, "label")


def halves_of(head: Head) -> Volume:
    middle = head.t1w.grid.shape[0] // 2
    side = np.where(np.arange(head.t1w.grid.shape[0]) < middle, 1, 2)[:, None, None]
    labels = np.where(head.brain.data, side, 0).astype(np.int32)
    return Volume(labels, head.t1w.grid, "label")


def lesion_table(head: Head) -> pd.DataFrame:
    instances, count = ndimage.label(head.lesions.data)
    rows = []
    for number in range(1, count + 1):
        found = np.argwhere(instances == number)
        x, y, z = head.t1w.grid.to_world(found.mean(axis=0))
        rows.append(
            {
                "lesion": number,
                "volume_ml": len(found) * head.t1w.grid.voxel_volume_ml,
                "voxels": len(found),
                "x_mm": x,
                "y_mm": y,
                "z_mm": z,
                "location": LOCATIONS[number % len(LOCATIONS)],
                "extent_mm": 4.0 * number,
                "contrast": 0.1 * number,
            }
        )
    return pd.DataFrame(rows)


def volume_table(head: Head) -> pd.DataFrame:
    """What `segment.volumes` writes, with a head size that is known."""
    table, voxel_ml = VolumeTable(), head.t1w.grid.voxel_volume_ml
    table.add("tiv", TIV_ML, method="known")
    classes = tissue_of(head).data
    sums = {name: float((classes == k).sum()) for k, name in enumerate(("csf", "gm", "wm"), 1)}
    measure_tissue(table, sums, voxel_ml=voxel_ml)
    measure_regions(table, halves_of(head).data, REGIONS, voxel_ml=voxel_ml, method="halves")
    lesions = lesion_table(head)
    volumes_ml = lesions["volume_ml"].tolist()
    places = lesions["location"].tolist()
    measure_lesions(table, volumes_ml, places, total_ml=sum(volumes_ml), method="known")
    return table.frame()


def done(step: str, *, session: str | None = None, **facts: object) -> dict[str, object]:
    return {
        "session": session,
        "step": step,
        "state": "done",
        "wall_s": 12.5,
        "cpu_s": 11.0,
        "peak_rss_bytes": 512_000_000,
        "facts": facts,
    }


def write_outcomes(path: Path, entries: list[dict[str, object]]) -> Path:
    path.write_text(json.dumps({"subject": "01", "entries": entries}), encoding="utf-8")
    return path
