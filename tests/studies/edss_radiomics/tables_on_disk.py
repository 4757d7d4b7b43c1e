"""Small tables of a made-up cohort on disk, as a user would bring them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mslens.studies.edss_radiomics.settings import ModelSettings, StudySettings

SMALL = StudySettings(
    n_folds=3,
    n_resamples=100,
    models=ModelSettings(algorithms=("ridge", "random-forest"), n_trees=6, n_trees_tuned=2),
)


def make_clinical(n: int = 70, *, seed: int = 0) -> pd.DataFrame:
    """Clinical table of two sites; EDSS hangs on age and course."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(20, 65, n)
    severe = rng.random(n) < 0.2
    edss = np.clip(np.round(2 * (0.05 * age + 2.5 * severe + rng.normal(0, 0.4, n))) / 2, 1, 9)
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{i:03d}" for i in range(n)],
            "age": age.round(1),
            "sex": np.where(rng.random(n) < 0.7, "F", "M"),
            "course": np.where(severe, "SP", "RR"),
            "disease_duration_years": rng.uniform(1, 20, n).round(1),
            "edss": edss,
            "site": np.where(np.arange(n) < 0.8 * n, "one", "two"),
        }
    )


def make_features(clinical: pd.DataFrame, p: int = 30, *, seed: int = 1) -> pd.DataFrame:
    """Wide features; the first three tell the EDSS."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(len(clinical), p))
    values[:, :3] += 0.6 * clinical["edss"].to_numpy(dtype=float)[:, None]
    names = [f"Region_{i % 5}.original_glcm_f{i}" for i in range(p)]
    table = pd.DataFrame(values, columns=names)
    table.insert(0, "participant_id", clinical["participant_id"].to_numpy())
    return table


def write(folder: Path, **tables: pd.DataFrame) -> dict[str, Path]:
    """Write tables as NAME.tsv."""
    paths = {}
    for name, table in tables.items():
        paths[name] = folder / f"{name}.tsv"
        table.to_csv(paths[name], sep="\t", index=False, na_rep="n/a")
    return paths
