"""Derivatives and outcomes of a subject from the phantom, as the pipeline leaves them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy import ndimage

from mslens.core.volume import Volume
from mslens.image.location import LOCATIONS
from mslens.io.nifti import save_volume
from mslens.io.templates import load_template
from phantom import Head

VOLUMES = {"tiv": 1450.0, "brain": 1150.0, "gm": 620.0, "wm": 480.0, "csf": 300.0}


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
    tables = {
        "lesion_table": lesion_table(head),
        "volumes": volume_table(),
        "parcel_table": "index\tname\n1\tThalamus_L\n2\tThalamus_R\n",
    }
    for role, text in tables.items():
        files[role] = folder / f"sub-01_{role}.tsv"
        files[role].write_text(text, encoding="utf-8")
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


def lesion_table(head: Head) -> str:
    instances, count = ndimage.label(head.lesions.data)
    lines = ["lesion\tvolume_ml\tlocation\tx_mm\ty_mm\tz_mm\tcontrast"]
    for number in range(1, count + 1):
        found = np.argwhere(instances == number)
        x, y, z = head.t1w.grid.to_world(found.mean(axis=0))
        volume_ml = len(found) * head.t1w.grid.voxel_volume_ml
        location = LOCATIONS[number % len(LOCATIONS)]
        lines.append(
            f"{number}\t{volume_ml:.4f}\t{location}\t{x:.2f}\t{y:.2f}\t{z:.2f}\t{number / 10:.2f}"
        )
    return "\n".join(lines) + "\n"


def volume_table() -> str:
    whole = [f"{name}\tn/a\t{value}\tml" for name, value in VOLUMES.items()]
    parts = ["parcel\tThalamus_L\t7.1\tml", "parcel\tThalamus_R\t6.9\tml"]
    return "\n".join(["measure\tregion\tvalue\tunit", *whole, *parts]) + "\n"


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
