"""N4 by antspyx, with the signature of `correct_bias_n4` (Tustison 2010)."""

from __future__ import annotations

import numpy as np

from mslens.core.arrays import MaskArray
from mslens.core.errors import MissingDependency
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.preprocess.n4 import BiasCorrection, N4Settings, apply_field, prepare_working_image


def correct_bias_ants(image: Volume, mask: MaskArray, *, settings: N4Settings) -> BiasCorrection:
    """Divide `image` by the field that antspyx's N4 finds inside `mask`.

    Parameters, returns and errors are those of `correct_bias_n4`; `histogram_fwhm`,
    `wiener_noise` and `n_bins` are ITK's own and the same as our defaults. Its bytes depend on
    the number of ITK's threads.

    Raises
    ------
    MissingDependency
        If antspyx is not installed.
    """
    try:
        import ants
    except ImportError as error:
        raise MissingDependency(
            "bias correction by 'ants' needs antspyx",
            cure="Run: pip install antspyx, or choose method = 'n4'",
        ) from error
    working = prepare_working_image(image, mask, settings=settings)
    spacing = working.image.grid.voxel_size_mm
    field = ants.n4_bias_field_correction(
        ants.from_numpy(np.asarray(working.image.data), spacing=spacing),
        mask=ants.from_numpy(working.inside.astype(np.float32), spacing=spacing),
        shrink_factor=1,
        spline_param=settings.knot_distance_mm,
        convergence={"iters": list(settings.iterations), "tol": settings.tolerance},
        return_bias_field=True,
    ).numpy()
    logs = np.log(np.maximum(field, 1e-3)).astype(np.float32)
    fine = resample(Volume(logs, working.image.grid), image.grid)
    return apply_field(image, mask, np.asarray(fine.data, dtype=np.float64), iterations=())
