"""The model card of the saved model, filled from the run."""

from __future__ import annotations

from typing import Any

import mslens
from mslens.evaluate.model_card import ModelCard, Performance

_WORDS = {
    "training": "training (cross-validated)",
    "internal": "internal test",
    "external": "external test",
}
_METRICS = ("r", "concordance", "determination", "mean_absolute_error", "bias", "slope")


def write_card(result: dict[str, Any], settings: dict[str, Any]) -> ModelCard:
    """Fill the card.

    Parameters
    ----------
    result : dict
        Of the study.
    settings : dict
        Resolved settings, JSON-able.
    """
    saved = result["saved"]["model"]
    notes = [
        *(["optimistic"] if result["optimistic"] else []),
        *(["simulated"] if result["simulated"] else []),
    ]
    rows = [row for row in result["performance"] if row["model"] == saved]
    performance = tuple(
        Performance(
            _WORDS[row["set"]],
            metric,
            row["scores"][metric][0],
            None
            if row["scores"][metric][1] is None
            else (row["scores"][metric][1], row["scores"][metric][2]),
            row["n"],
            ", ".join(
                notes if row["set"] == "training" else notes[-1:] if result["simulated"] else []
            ),
        )
        for row in rows
        for metric in _METRICS
        if metric in row["scores"] and row["scores"][metric][0] is not None
    )
    flow = result["inclusion"]
    return ModelCard(
        name=f"edss-radiomics: {result['saved']['title']}",
        version=mslens.__version__,
        target=result["target"],
        intended_use="Research on groups of people with multiple sclerosis scanned and measured as "
        "the training cohort was.",
        out_of_scope="Diagnosis, prognosis or treatment of a person; people unlike the training "
        "cohort, of whom 'mslens predict' warns.",
        training_data=f"{result['sizes']['training']} patients"
        + (f" of {result['training_site']}" if result["training_site"] else "")
        + f"; {flow['n_included']} of {flow['n_start']} people included in the study"
        + (". SIMULATED: it shows that the machinery works." if result["simulated"] else "."),
        method="; ".join(f"{row['step']}: {row['left']} left" for row in result["funnel"]),
        evaluation=result["protocol_words"],
        performance=performance,
        limits=tuple(result["limits"]),
        settings=settings,
    )
