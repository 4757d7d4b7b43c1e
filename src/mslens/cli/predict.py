"""``mslens predict``: a saved model on new subjects."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mslens.studies.edss_radiomics.request import Brought


def predict(
    model: Path,
    out: Path,
    /,
    *,
    brought: Annotated[Brought, Parameter(name="*", group="Your tables")] = Brought(),
    coverage: float | None = None,
) -> int:
    """Predict new subjects with a saved model, with intervals and a warning for unlike subjects.

    Writes OUT/predictions.tsv. A model file that was changed, or made by another version, is
    refused.

    Parameters
    ----------
    model
        model.mslens that 'mslens study' wrote.
    out
        Output folder of 'mslens run' over the new subjects, or a new folder with tables.
    coverage
        Of the prediction intervals (default: as the model was saved, 0.9).
    """
    from mslens.pipeline.environment import prepare_environment

    prepare_environment()
    from mslens.studies.edss_radiomics.prediction import predict_subjects

    def tell(message: str) -> None:
        print(message, file=sys.stderr)  # noqa: T201

    print(predict_subjects(model, out, brought=brought, coverage=coverage, tell=tell))  # noqa: T201
    return 0
