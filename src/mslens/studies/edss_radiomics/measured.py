"""Radiomic features without repeated sessions, and what is measured twice of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mslens.core.errors import InputError
from mslens.core.features import FeatureTable
from mslens.studies.edss_radiomics.feature_source import read_features
from mslens.studies.edss_radiomics.repeats import (
    Repeats,
    find_repeats,
    split_repeats,
    visits_of,
    without_repeats,
)
from mslens.studies.edss_radiomics.request import Brought
from mslens.studies.edss_radiomics.run_source import RunFiles


@dataclass(frozen=True, eq=False)
class Measured:
    """Features, and what is measured twice of them.

    Parameters
    ----------
    rows : FeatureTable or None
        Without repeated sessions.
    first, second : FeatureTable or None
        A repeat and what it repeats; `first` is None where that is `rows`.
    """

    rows: FeatureTable | None = None
    first: FeatureTable | None = None
    second: FeatureTable | None = None


def read_measured(
    features: Path | None, brought: Brought, found: RunFiles
) -> tuple[Measured, Repeats]:
    """Read features and take repeated sessions out of them.

    Parameters
    ----------
    features : Path or None
    brought : Brought
    found : RunFiles
        Of the run that the features come from, if any.

    Raises
    ------
    InputError
        If repeats are named twice, or no session has the label that is given.
    TableError
        If features cannot be read.
    """
    if brought.features_repeat is not None and brought.repeat_session is not None:
        raise InputError(
            "the repeats are named twice", expected="--features-repeat or --repeat-session"
        )
    table = None if features is None else read_features(features)
    second = None if brought.features_repeat is None else read_features(brought.features_repeat)
    if table is None:
        return Measured(second=second), Repeats()
    dataset = found.dataset if brought.features is None else None
    repeats = find_repeats(visits_of(table), label=brought.repeat_session, dataset=dataset)
    rows, first = without_repeats(table, repeats), None
    if second is None and repeats.first_of:
        first, second = split_repeats(table, repeats)
    return Measured(rows, first, second), repeats
