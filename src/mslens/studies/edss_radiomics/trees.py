"""The models of the study: the published chain with its four algorithms, and what goes beyond.

features -> volumes as z scores for age, sex and head size -> variance, collinearity -> LASSO ->
correlation-based subset -> ridge, Gaussian process, support vectors, random forest. Beside it:
LASSO itself, models on sparse factors of all features, and a stack of everything.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator

from mslens.learn.cfs import CorrelationSubset
from mslens.learn.collinearity import CollinearityFilter
from mslens.learn.column_choice import ColumnChoice
from mslens.learn.covariates import CovariateZScore
from mslens.learn.factors import SparseFactors
from mslens.learn.funnel import SelectionFunnel
from mslens.learn.lasso import LassoSelection
from mslens.learn.regressors import ALGORITHMS
from mslens.learn.tree import FEATURES, Model, ModelTree, Stage
from mslens.learn.tuned import TunedRegressor
from mslens.learn.variance import RangeScaledVariance
from mslens.studies.edss_radiomics.blocks import CLINICAL, COVARIATE, RADIOMICS, VOLUMES
from mslens.studies.edss_radiomics.cohort import StudyMatrix
from mslens.studies.edss_radiomics.settings import ModelSettings, StudySettings

#: Algorithms that are also put on the factors.
_ON_FACTORS = ("ridge", "gaussian-process")
TITLES = {
    **{name: algorithm.title for name, algorithm in ALGORITHMS.items()},
    "lasso": "LASSO",
    "factors + ridge": "Ridge on factors",
    "factors + gaussian-process": "Gaussian process on factors",
    "stack": "Stack of all",
}
LOW_VARIANCE, COLLINEAR = "variance", "collinearity"


def build_tree(matrix: StudyMatrix, settings: StudySettings) -> ModelTree:
    """Build the unfitted models of the study.

    Parameters
    ----------
    matrix : StudyMatrix
        Says which columns are what.
    settings : StudySettings
    """
    stages, start = _adjust(matrix)
    paper_only = settings.protocol == "paper"
    stages["filtered"] = Stage(start, _filter(matrix, settings))
    stages["lasso"] = Stage("filtered", LassoSelection(random_state=settings.seed))
    stages["selected"] = Stage("lasso", CorrelationSubset())
    models = {
        name: Model("selected", tune(name, settings.models, settings.seed))
        for name in settings.models.algorithms
    }
    if not paper_only:
        models["lasso"] = Model("lasso", None)
    if settings.models.factors and not paper_only and matrix.blocks[RADIOMICS].size > 1:
        clinical = tuple(int(i) for i in matrix.blocks[CLINICAL])
        stages["factors"] = Stage(start, SparseFactors(untouched_columns=clinical))
        for name in _ON_FACTORS:
            models[f"factors + {name}"] = Model(
                "factors", tune(name, settings.models, settings.seed)
            )
    stacked = settings.models.stacked and not paper_only
    return ModelTree(stages, models, stacked=stacked, random_state=settings.seed)


def build_small_tree(algorithms: tuple[str, ...], settings: StudySettings) -> ModelTree:
    """Build models on columns as they are, without selection."""
    return ModelTree(
        {},
        {name: Model(FEATURES, tune(name, settings.models, settings.seed)) for name in algorithms},
        stacked=False,
        random_state=settings.seed,
    )


def tune(name: str, models: ModelSettings, seed: int) -> TunedRegressor:
    """Build one tuned algorithm."""
    return TunedRegressor(
        name,
        n_trees=models.n_trees,
        n_trees_tuned=models.n_trees_tuned,
        n_restarts=models.n_restarts,
        random_state=seed,
    )


def _adjust(matrix: StudyMatrix) -> tuple[dict[str, Stage], str]:
    """Score the volumes for age, sex and head size, as far as these are known."""
    volumes = matrix.blocks.get(VOLUMES, np.empty(0, dtype=np.intp))
    covariates = [
        int(i) for i in matrix.blocks[CLINICAL] if matrix.names[i] in ("age", "female")
    ] + [int(i) for i in matrix.blocks.get(COVARIATE, ())]
    if not volumes.size or not covariates:
        return {}, FEATURES
    adjusted = tuple(int(i) for i in volumes)
    return {"adjusted": Stage(FEATURES, CovariateZScore(tuple(covariates), adjusted))}, "adjusted"


def _filter(matrix: StudyMatrix, settings: StudySettings) -> SelectionFunnel:
    rules = settings.selection
    selectors: list[tuple[str, BaseEstimator]] = [
        (LOW_VARIANCE, RangeScaledVariance(rules.min_variance)),
        (COLLINEAR, CollinearityFilter(rules.max_correlation, method=rules.collinearity)),
    ]
    head_size = tuple(int(i) for i in matrix.blocks.get(COVARIATE, ()))
    if head_size:
        selectors.insert(0, ("covariate", ColumnChoice(head_size)))
    return SelectionFunnel(selectors, priority=_priority(matrix))


def _priority(matrix: StudyMatrix) -> np.ndarray:
    """Clinic before volumes and disconnection before radiomics; then the stability."""
    rank = np.ones(matrix.names.size)
    rank[matrix.blocks[CLINICAL]] = 2.0
    rank[matrix.blocks[RADIOMICS]] = 0.0
    return np.column_stack([rank, np.nan_to_num(matrix.icc)])
