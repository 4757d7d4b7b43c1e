"""Small synthetic views: bright balls that are lesions, and bright lines that are not."""

import numpy as np

from mslens.segment.lesion_features import FEATURES
from mslens.segment.lesion_view import LesionView

SHAPE = (20, 20, 20)


def make_view(number: int, *, is_real: bool = True, n_lesions: int = 4) -> LesionView:
    rng = np.random.default_rng(number)
    lesion, line = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    grid = np.stack(np.indices(SHAPE), -1)
    for _ in range(n_lesions):
        centre = rng.integers(4, 16, 3)
        lesion |= np.linalg.norm(grid - centre, axis=-1) < rng.uniform(1.5, 3)
    for _ in range(3):
        line[rng.integers(1, 19), 2:18, rng.integers(1, 19)] = True
    line &= ~lesion
    bright = 2.5 * (lesion | line) + rng.standard_normal(SHAPE) * 0.5
    values = rng.standard_normal((lesion.size, len(FEATURES)))
    values[:, FEATURES.index("flair")] = bright.ravel()
    values[:, FEATURES.index("mixture")] = (bright > 1.5).ravel()
    values[:, FEATURES.index("t2w")] = np.nan
    return LesionView(
        name=f"{'r' if is_real else 's'}{number}_FLAIR",
        group=f"{'r' if is_real else 's'}{number}",
        is_real=is_real,
        values=values.astype(np.float16),
        where=np.arange(lesion.size),
        truth=lesion.ravel(),
        missed=0,
        shape=SHAPE,
        voxel_size_mm=(1.5, 1.5, 1.5),
    )
