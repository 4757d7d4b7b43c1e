"""`mslens predict`: a saved model on new subjects, with intervals and a warning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.errors import InputError
from mslens.evaluate.conformal import calibrate_half_width
from mslens.io.tables import ColumnDescription, write_tsv
from mslens.learn.model_store import SavedModel, load_model
from mslens.studies.edss_radiomics.inputs import gather_inputs
from mslens.studies.edss_radiomics.new_subjects import arrange_subjects
from mslens.studies.edss_radiomics.progress import Tell
from mslens.studies.edss_radiomics.request import Brought
from mslens.studies.edss_radiomics.saving import STUDY

#: A subject is called unlike when fewer training subjects lie as far away, or none does.
UNLIKE_P = 0.01
COLUMNS = {
    "participant_id": ColumnDescription("Participant"),
    "predicted": ColumnDescription("Predicted target"),
    "low": ColumnDescription("Lower end of the conformal interval"),
    "high": ColumnDescription("Upper end of the conformal interval"),
    "coverage": ColumnDescription("Share of subjects like the training cohort that it covers"),
    "likeness_p": ColumnDescription("Share of training subjects that lie at least as far away"),
    "unlike": ColumnDescription("Whether the subject is unlike the training cohort"),
    "outside": ColumnDescription("Columns of the model outside of their training range"),
}


def predict_subjects(
    model: Path, out: Path, *, brought: Brought, coverage: float | None, tell: Tell
) -> Path:
    """Predict everybody who has what the model needs, and name everybody who has not.

    Parameters
    ----------
    model : Path
        As `mslens study` wrote it.
    out : Path
        Output of a run over the subjects, or a folder to write to.
    brought : Brought
    coverage : float, optional
    tell : callable

    Returns
    -------
    Path
        ``predictions.tsv``.

    Raises
    ------
    InputError
        If the model is damaged, changed, of another version or of another study.
    TableError
        If columns of the model are missing, or nobody can be predicted.
    """
    saved = load_model(model)
    if saved.card.get("study") != STUDY:
        raise InputError("the model is of another study", where=model, expected=f"one of {STUDY}")
    data = gather_inputs(out, brought, columns={})
    people, X = arrange_subjects(data, saved, tell=tell)
    table = tabulate(saved, people, X, coverage=coverage)
    for who in table.loc[table["unlike"], "participant_id"]:
        tell(f"WARNING {who} is unlike the training cohort: the prediction says little")
    path = out / "predictions.tsv"
    write_tsv(path, table, columns=COLUMNS)
    return path


def tabulate(
    saved: SavedModel,
    people: tuple[str, ...],
    X: npt.NDArray[np.float32],
    *,
    coverage: float | None,
) -> pd.DataFrame:
    """Predict with interval and likeness; columns as `COLUMNS`."""
    wanted = float(saved.card["coverage"]) if coverage is None else coverage
    half = calibrate_half_width(saved.residuals, coverage=wanted)
    predicted = saved.predict(X)
    low, high = saved.card.get("bounds") or (-np.inf, np.inf)
    table = pd.DataFrame({"participant_id": [f"sub-{name}" for name in people]})
    table["predicted"] = np.clip(predicted, low, high)
    table["low"] = np.clip(predicted - half, low, high)
    table["high"] = np.clip(predicted + half, low, high)
    table["coverage"] = wanted
    table["likeness_p"], table["unlike"], table["outside"] = np.nan, False, 0
    if saved.likeness is not None:
        likeness = saved.likeness.compare(saved.inputs_of(X))
        table["likeness_p"] = likeness.p
        smallest = 1.0 / (saved.likeness.distances_.size + 1)
        table["unlike"] = likeness.p <= max(UNLIKE_P, 1.0001 * smallest)
        table["outside"] = likeness.outside.sum(axis=1)
    return table
