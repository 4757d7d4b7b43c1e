"""What a user brings to the study, in the words of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Brought:
    """Tables in place of, or beside, the outputs of `mslens run`.

    Parameters
    ----------
    features
        Radiomic features: folder of a cohort (X.npy, obs, var), folder of
        sub-*_features.parquet, or a wide or long table (.parquet, .csv, .tsv).
    features_repeat
        A second measurement of some of them, for the stability filter.
    repeat_session
        Label of the sessions that repeat another one of the same participant (e.g. retest), for
        the stability filter (default: sessions scanned on one day, as the dataset's sessions.tsv
        or scans.tsv say).
    clinical
        Clinical table (age, sex, course, disease duration, EDSS, site, scanner).
    volumes
        Volumes, one row per participant (as group_volumes.tsv).
    disconnection
        Disconnection scores, one row per participant and one column per region.
    truth
        latent.tsv of a simulated cohort: every result is then also given as a share of the
        best attainable.
    """

    features: Path | None = None
    features_repeat: Path | None = None
    repeat_session: str | None = None
    clinical: Path | None = None
    volumes: Path | None = None
    disconnection: Path | None = None
    truth: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Evaluating:
    """How models are judged; what is not given is as in the settings.

    Parameters
    ----------
    target
        Numeric column of the clinical table (default: edss).
    training_site
        Site to train on (default: the largest); all others are the external test.
    protocol
        "nested", or "paper": the published order, which is optimistic.
    folds
        Folds of the cross-validation (default: 10).
    repeats
        Repeats of the cross-validation (default: 1).
    null
        Null cohorts (permuted targets) judged beside it (default: 0).
    harmonise
        "combat" brings external sites to the training site from their features alone, never
        from an outcome (default: none).
    missing_features
        "refuse" features that somebody lacks, or "leave-out" (default: refuse in tables of your
        own, leave out in outputs of a run); they are always counted and named.
    seed
        Seed of everything random.
    """

    target: str | None = None
    training_site: str | None = None
    protocol: Literal["nested", "paper"] | None = None
    folds: int | None = None
    repeats: int | None = None
    null: int | None = None
    harmonise: Literal["none", "combat"] | None = None
    missing_features: Literal["refuse", "leave-out"] | None = None
    seed: int | None = None
