"""What a user asks of `mslens train-lesions`, in the words of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mslens.core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """What to learn from.

    Parameters
    ----------
    derivatives
        BIDS derivatives dataset with your lesion masks (default: every dataset in the folder
        derivatives of DATASET).
    lesion_mask
        Pattern of your lesion masks, e.g. "masks/sub-{subject}_ses-{session}_mask.nii.gz".
    lesion_space
        Image whose grid the lesion masks are on.
    leave_out
        Participants that are not trained on; the model is judged by them instead.
    simulated
        Simulated people to learn from besides yours.
    seed
        Seed of everything random.
    nprocs
        Subjects preprocessed at a time (default: the processors that this process may use).
    """

    derivatives: Path | None = None
    lesion_mask: str | None = None
    lesion_space: Literal["T1w", "FLAIR"] = "T1w"
    leave_out: tuple[str, ...] = ()
    simulated: int = 0
    seed: int = 20261128
    nprocs: int | None = None


class TrainingRecord(Settings):
    """What makes a model another one, but for the masks: kept beside it.

    Parameters
    ----------
    leave_out, lesion_space, simulated, seed
        As in `TrainingData`.
    """

    leave_out: tuple[str, ...]
    lesion_space: Literal["T1w", "FLAIR"]
    simulated: int
    seed: int

    @classmethod
    def of(cls, data: TrainingData) -> TrainingRecord:
        """Take what counts."""
        return cls(
            leave_out=tuple(sorted(data.leave_out)),
            lesion_space=data.lesion_space,
            simulated=data.simulated,
            seed=data.seed,
        )
