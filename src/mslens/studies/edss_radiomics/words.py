"""Sentences of the study: how it was judged, and what it cannot say."""

from __future__ import annotations

from typing import Any

from mslens.studies.edss_radiomics.settings import StudySettings

OPTIMISTIC = "optimistic"
SMALL = 100


def describe_protocol(settings: StudySettings) -> str:
    """Say in a sentence how the models were judged."""
    times = f" x {settings.n_repeats}" if settings.n_repeats > 1 else ""
    if settings.protocol == "paper":
        return (
            f"published order (OPTIMISTIC): features selected on all training patients, then "
            f"{settings.n_folds}-fold cross-validation{times} of the rest"
        )
    return (
        f"nested {settings.n_folds}-fold cross-validation{times}: selection and tuning inside "
        "each training fold; internal and external patients seen by nothing"
    )


def describe_limits(result: dict[str, Any]) -> list[str]:
    """Say what a reader must know before using the result."""
    limits = []
    if result["simulated"]:
        limits.append(
            "Simulated: these numbers show that the machinery works, not that it works in the"
            " clinic."
        )
    if result["optimistic"]:
        limits.append(
            "Optimistic: the features were selected on the patients that the cross-validation "
            "judges. The internal and external sets are not affected."
        )
    sizes = result["sizes"]
    if sizes["training"] < SMALL:
        limits.append(
            f"{sizes['training']} training patients are few: the intervals are wide and the "
            "selection is not stable."
        )
    if "external" not in sizes:
        limits.append("One site only: nothing is known about other scanners and centres.")
    unchecked = [step["reason"] for step in result["inclusion"]["steps"] if not step["checked"]]
    if unchecked:
        limits.append(f"Not checked, the table lacks the columns: {'; '.join(unchecked)}.")
    limits += [f"{text[0].upper()}{text[1:]}." for text in result["remarks"]]
    if not result["n_repeated"] and result["funnel"][0]["left"]:
        limits.append("Nothing was measured twice: unstable features were not left out.")
    if result["harmonise"] != "none" and "external" in sizes:
        limits.append(
            "External sites were harmonised by ComBat from their features; the saved model does "
            "not do that to new subjects."
        )
    if result["n_not_finite"]:
        limits.append(
            f"{result['n_not_finite']} feature(s) were left out because a patient lacks them; "
            "left_out_features.tsv names them."
        )
    bias = [
        (row["set"], row["scores"]["bias"])
        for row in result["performance"]
        if row["model"] == result["saved"]["model"]
        and row["set"] != "training"
        and "bias" in row["scores"]
    ]
    limits += [
        f"Predictions of the {name} set are {value:+.2f} points off on average "
        f"[{low:.2f}, {high:.2f}], which r does not show."
        for name, (value, low, high) in bias
        if low * high > 0
    ]
    return limits
