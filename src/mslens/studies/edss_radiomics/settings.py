"""Settings of the study; defaults are those of the paper where it states any."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from mslens.core.settings import Settings, read_settings_file
from mslens.learn.regressors import ALGORITHMS

Missing = Literal["refuse", "leave-out"]


class InclusionSettings(Settings):
    """Who is in the study; a rule whose columns the table lacks is reported as not checked.

    Parameters
    ----------
    age_years : tuple of 2 float
        Youngest and oldest.
    courses : tuple of str
        Of CIS, RR, SP, PP.
    max_days_to_examination : float
        Between scan and examination; dates or a column ``days_to_examination``.
    undisturbed_days : float
        Without relapse or steroids before the scan; columns ``days_since_relapse`` and
        ``days_since_steroids``.
    max_missing_share : float
        Of a patient's features; with more missing the patient is left out.
    """

    age_years: tuple[float, float] = (18.0, 70.0)
    courses: tuple[str, ...] = ("RR", "SP")
    max_days_to_examination: float = Field(default=31.0, ge=0)
    undisturbed_days: float = Field(default=30.0, ge=0)
    max_missing_share: float = Field(default=0.1, ge=0, le=1)


class SelectionSettings(Settings):
    """How features are selected.

    Parameters
    ----------
    min_icc : float
        Between repeated measurements, form (2,1).
    min_variance : float
        Of the range-scaled feature in the training fold.
    max_correlation : float
    collinearity : {"triu", "greedy"}
        Against any earlier feature, or only against kept ones.
    """

    min_icc: float = 0.90
    min_variance: float = Field(default=0.01, ge=0)
    max_correlation: float = Field(default=0.8, gt=0, le=1)
    collinearity: Literal["triu", "greedy"] = "triu"


class ModelSettings(Settings):
    """What is fitted.

    Parameters
    ----------
    algorithms : tuple of str
        Of `mslens.learn.regressors.ALGORITHMS`.
    factors : bool
        Whether models on sparse factors of all features stand beside the published chain.
    stacked : bool
        Whether all models are joined as well.
    n_trees, n_trees_tuned : int
        Of the forest.
    n_restarts : int
        Of the search for the Gaussian process' kernel.
    saved : str, optional
        Model that is saved; default: the one of the smallest cross-validated squared error.
    """

    algorithms: tuple[str, ...] = tuple(ALGORITHMS)
    factors: bool = True
    stacked: bool = True
    n_trees: int = Field(default=500, ge=1)
    n_trees_tuned: int = Field(default=100, ge=1)
    n_restarts: int = Field(default=1, ge=0)
    saved: str | None = None


class StudySettings(Settings):
    """Settings of `mslens study edss-radiomics`.

    Parameters
    ----------
    target : str
        Numeric column of the clinical table.
    training_site : str, optional
        Default: the site with most patients; all others are external.
    protocol : {"nested", "paper"}
        Selection inside each training fold, or before the cross-validation (optimistic).
    n_folds, n_repeats, n_null : int
    compare_protocols : bool
        Whether the published order is run beside the nested one, to measure its optimism.
    test_share : float
        Of the training site, set aside as internal test.
    harmonise : {"none", "combat"}
        Whether external sites are brought to the training site, from their features alone.
    missing_features : {"refuse", "leave-out"}, optional
        Features that are NaN or infinite; default: refuse tables, leave out in outputs of run.
    coverage : float
        Of the prediction intervals.
    n_resamples : int
        Of the bootstrap.
    seed : int
    """

    target: str = "edss"
    training_site: str | None = None
    protocol: Literal["nested", "paper"] = "nested"
    n_folds: int = Field(default=10, ge=2)
    n_repeats: int = Field(default=1, ge=1)
    n_null: int = Field(default=0, ge=0)
    compare_protocols: bool = True
    test_share: float = Field(default=0.2, gt=0, lt=1)
    harmonise: Literal["none", "combat"] = "none"
    missing_features: Missing | None = None
    coverage: float = Field(default=0.9, gt=0, lt=1)
    n_resamples: int = Field(default=2000, ge=100)
    seed: int = Field(default=0, ge=0, lt=2**32)
    columns: dict[str, str] = Field(default_factory=dict)
    inclusion: InclusionSettings = InclusionSettings()
    selection: SelectionSettings = SelectionSettings()
    models: ModelSettings = ModelSettings()


def read_study_settings(path: Path | None, given: dict[str, Any]) -> StudySettings:
    """Read a TOML file of settings; what is given by name (not None) overrides it.

    Raises
    ------
    SettingsError, UnknownName
        If the file cannot be read, or a setting is unknown or out of range.
    """
    values = {} if path is None else read_settings_file(path)
    values |= {key: value for key, value in given.items() if value is not None}
    return StudySettings.parse(values, where=path)
