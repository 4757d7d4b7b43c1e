"""Items of TRIPOD+AI, CLEAR and METRICS that the run itself can answer, and those it cannot.

Collins et al., BMJ 2024; Kocak et al., Insights Imaging 2023; Kocak et al., Insights Imaging 2024.
An item that the program cannot know is listed as open, never ticked.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def fill_checklists(result: dict[str, Any]) -> list[Row]:
    """Answer the items from a study's result.

    Parameters
    ----------
    result : dict
        As `mslens.studies.edss_radiomics.flow` makes it.

    Returns
    -------
    list of dict
        ``list``, ``item``, ``state`` ("yes", "no" or "open") and ``answer``.
    """
    sizes, external = result["sizes"], "external" in result["sizes"]
    flow, saved = result["inclusion"], result["saved"]
    n_external = sizes.get("external", 0)
    nested = not result["optimistic"]
    rows = [
        ("TRIPOD+AI", "Data source and setting", None, "to be stated by the authors"),
        (
            "TRIPOD+AI",
            "Eligibility, with numbers excluded and reasons",
            True,
            f"{flow['n_start']} considered, {flow['n_included']} included; every reason listed",
        ),
        ("TRIPOD+AI", "Outcome defined", True, f"{result['target']}, a numeric column"),
        ("TRIPOD+AI", "Blinding of the outcome's assessment", None, "to be stated by the authors"),
        (
            "TRIPOD+AI",
            "Sample size justified",
            None,
            f"training set of {sizes['training']}; no justification is known to the program",
        ),
        (
            "TRIPOD+AI",
            "Missing data handled and stated",
            True,
            f"complete cases; {result['n_not_finite']} incomplete feature(s) left out by name",
        ),
        (
            "TRIPOD+AI",
            "Model specified so that others can use it",
            True,
            f"saved: {saved['title']}",
        ),
        (
            "TRIPOD+AI",
            "Performance with intervals; calibration and association",
            True,
            "bootstrap intervals of every score; slope, intercept and bias",
        ),
        (
            "TRIPOD+AI",
            "Fairness: performance in subgroups",
            bool(result["subgroups"]),
            "by sex, course, site and scanner, where there are two or more",
        ),
        (
            "TRIPOD+AI",
            "Class imbalance, protocol registration, funding, patient involvement",
            None,
            "to be stated by the authors",
        ),
        (
            "CLEAR",
            "Features: number, software and settings",
            result["funnel"][0]["left"] > 0,
            f"{result['funnel'][0]['left']} radiomic features; hash of the matrix in study.json",
        ),
        (
            "CLEAR",
            "Reproducibility of features tested",
            result["n_repeated"] > 0,
            f"ICC(2,1) of {result['n_repeated']} patients measured twice"
            if result["n_repeated"]
            else "nothing was measured twice",
        ),
        ("CLEAR", "Dimension reduction described", True, "the funnel, in the fold and at the end"),
        ("CLEAR", "Image acquisition and segmentation described", None, "report of 'mslens run'"),
        (
            "CLEAR",
            "Comparison with a non-radiomic model",
            bool(result["ancillary"]),
            "the clinic alone, and age alone",
        ),
        ("CLEAR", "Code, model and settings available", True, "settings.toml, model file, version"),
        (
            "METRICS",
            "Feature selection inside the training data only",
            nested,
            result["protocol_words"],
        ),
        (
            "METRICS",
            "Internal test set",
            True,
            f"{sizes['internal']} patients set aside before anything was fitted",
        ),
        (
            "METRICS",
            "External test set",
            external,
            f"{n_external} patients of another site" if external else "one site only",
        ),
        ("METRICS", "Robust features", result["n_repeated"] > 0, "ICC filter"),
        ("METRICS", "Collinearity handled", True, "filter before the selection"),
        (
            "METRICS",
            "Uncertainty of single predictions",
            True,
            f"conformal interval of +-{result['intervals']['half_width']:.2f}",
        ),
        (
            "METRICS",
            "Null cohort (permuted target)",
            bool(result["null"]),
            "mean |r| beside the result" if result["null"] else "not asked for (--null)",
        ),
    ]
    words = {True: "yes", False: "no", None: "open"}
    return [
        {"list": name, "item": item, "state": words[state], "answer": answer}
        for name, item, state, answer in rows
    ]
