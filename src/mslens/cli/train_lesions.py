"""``mslens train-lesions``: the lesion model, trained again on the user's own masks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mslens.studies.train_lesions.request import TrainingData


def train_lesions(
    dataset: Path,
    out: Path,
    /,
    *,
    data: Annotated[TrainingData, Parameter(name="*")] = TrainingData(),
) -> int:
    """Train the lesion model on your own lesion masks.

    Every mask is looked at first: one that is empty, on another grid or not binary is named, and
    nothing is trained. Use the result with 'mslens run BIDS OUT --lesion-model OUT'.

    Parameters
    ----------
    dataset
        BIDS dataset with FLAIR (T1w and T2w are used when present) and lesion masks.
    out
        Output folder: lesion_model.npz, its card lesion_model.json, the preprocessed images.
    """
    from mslens.studies.train_lesions.flow import train_on_dataset

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)  # noqa: T201

    print(train_on_dataset(dataset, out, data=data, tell=tell))  # noqa: T201
    return 0
