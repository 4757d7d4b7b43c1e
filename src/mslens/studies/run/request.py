"""What a user asks of `mslens run`, in the words of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Level = Literal["participant", "group", "all"]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which part of the dataset and of the work.

    Parameters
    ----------
    participant_label
        Only these participants, with or without "sub-".
    session_id
        Only these sessions, with or without "ses-".
    steps
        Only these stages: preprocess, segment, quality, longitudinal, radiomics, disconnect, report
        (default: all).
    """

    participant_label: tuple[str, ...] = ()
    session_id: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Brought:
    """Results of other tools, used in place of a step.

    Parameters
    ----------
    derivatives
        BIDS derivatives dataset with brain masks, lesion masks or parcels of your own.
    lesion_mask
        Pattern of your lesion masks, e.g. "masks/sub-{subject}_ses-{session}_mask.nii.gz".
    lesion_space
        Image whose grid the lesion masks are on.
    lesion_model
        "fallback" for the unsupervised mixture, or a folder that 'mslens train-lesions' wrote
        (default: "trained", the model of the package).
    brain_mask
        Pattern of your brain masks, on the grid of the T1w.
    parcels
        Pattern of your label maps (FreeSurfer, FastSurfer, SynthSeg, AAL), on the T1w's grid.
    parcel_table
        Table of names for the label maps (TSV with index and name).
    tractogram
        Reference for disconnection, a folder that 'mslens import-tractogram' wrote (default: a
        synthetic one, which is not anatomy).
    """

    derivatives: Path | None = None
    lesion_mask: str | None = None
    lesion_space: Literal["T1w", "FLAIR"] = "T1w"
    lesion_model: str | None = None
    brain_mask: str | None = None
    parcels: str | None = None
    parcel_table: Path | None = None
    tractogram: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Computing:
    """How to run.

    Parameters
    ----------
    nprocs
        Subjects worked on at a time (default: the processors that this process may use).
    mem
        Memory limit in GB; fewer subjects run at a time when it would not suffice.
    scheduler
        Dask scheduler file or address, to run on a cluster (extra [cluster]).
    config
        TOML file of settings; every run writes its own as settings.toml.
    seed
        Seed of everything random (default: the settings').
    dry_run
        Show what would be done, and do nothing.
    """

    nprocs: int | None = None
    mem: float | None = None
    scheduler: str | None = None
    config: Path | None = None
    seed: int | None = None
    dry_run: bool = False
