"""Whether the algorithm matters, and how optimistic the published order is."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mslens.stats.pairwise import compare_pairs
from mslens.stats.rm_anova import analyse_repeated_measures
from mslens.studies.edss_radiomics.evaluation import Evaluation
from mslens.studies.edss_radiomics.paper import load_paper
from mslens.studies.edss_radiomics.trees import TITLES

Floats = npt.NDArray[np.float64]
Row = dict[str, Any]


def compare_algorithms(
    observed: dict[str, Floats],
    predictions: dict[str, dict[str, Floats]],
    algorithms: tuple[str, ...],
) -> list[Row]:
    """Test whether the algorithm matters: RM-ANOVA on absolute errors, and Bonferroni pairs."""
    rows: list[Row] = []
    if len(algorithms) < 2:
        return rows
    for name, models in predictions.items():
        errors = np.column_stack([np.abs(models[a] - observed[name]) for a in algorithms])
        found, pairs = analyse_repeated_measures(errors), compare_pairs(errors)
        epsilon = float(found.epsilon)
        rows.append(
            {
                "set": name,
                "f": float(found.f),
                "df": [epsilon * found.df_effect, epsilon * found.df_error],
                "p": float(found.p_corrected),
                "partial_eta_squared": float(found.partial_eta_squared),
                "epsilon": epsilon,
                "paper": load_paper()["effect"].get(name),
                "pairs": [
                    {
                        "first": TITLES[algorithms[a]],
                        "second": TITLES[algorithms[b]],
                        "difference": float(pairs.difference[i]),
                        "p": float(pairs.p_bonferroni[i]),
                    }
                    for i, (a, b) in enumerate(pairs.pairs)
                ],
            }
        )
    return rows


def measure_optimism(evaluation: Evaluation) -> list[Row]:
    """Compare the published protocol with the nested one, on the same patients."""
    if evaluation.paper is None:
        return []
    nested, paper = evaluation.nested.scores(), evaluation.paper.scores()
    return [
        {
            "model": name,
            "title": TITLES.get(name, name),
            "r_nested": float(nested[name].r.mean()),
            "r_paper": float(scores.r.mean()),
            "optimism": float(scores.r.mean() - nested[name].r.mean()),
        }
        for name, scores in paper.items()
    ]
