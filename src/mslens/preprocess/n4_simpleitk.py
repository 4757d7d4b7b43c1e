"""N4 by SimpleITK, with the signature of `correct_bias_n4` (Tustison 2010; Lowekamp 2013)."""

from __future__ import annotations

import numpy as np

from mslens.core.arrays import MaskArray
from mslens.core.errors import MissingDependency
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.preprocess.n4 import BiasCorrection, N4Settings, apply_field, prepare_working_image


def correct_bias_simpleitk(
    image: Volume, mask: MaskArray, *, settings: N4Settings
) -> BiasCorrection:
    """Divide `image` by the field that SimpleITK's N4 finds inside `mask`.

    Parameters, returns and errors are those of `correct_bias_n4`. One thread, so that the same
    input gives the same bytes.

    Raises
    ------
    MissingDependency
        If SimpleITK is not installed.
    """
    try:
        import SimpleITK as sitk  # noqa: N813
    except ImportError as error:
        raise MissingDependency(
            "bias correction by 'simpleitk' needs SimpleITK",
            cure="Run: pip install 'mslens[simpleitk]', or choose method = 'n4'",
        ) from error
    working = prepare_working_image(image, mask, settings=settings)
    sizes = working.image.grid.voxel_size_mm
    # SimpleITK's arrays run z, y, x.
    scan = sitk.GetImageFromArray(np.asarray(working.image.data).transpose(2, 1, 0))
    inside = sitk.GetImageFromArray(working.inside.astype(np.uint8).transpose(2, 1, 0))
    for itk_image in (scan, inside):
        itk_image.SetSpacing(sizes)
    extent = np.asarray(scan.GetSize()) * np.asarray(sizes)
    knots = [max(1, round(float(length) / settings.knot_distance_mm)) + 3 for length in extent]
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetNumberOfThreads(1)
    corrector.SetMaximumNumberOfIterations(list(settings.iterations))
    corrector.SetConvergenceThreshold(settings.tolerance)
    corrector.SetBiasFieldFullWidthAtHalfMaximum(settings.histogram_fwhm)
    corrector.SetWienerFilterNoise(settings.wiener_noise)
    corrector.SetNumberOfHistogramBins(settings.n_bins)
    corrector.SetNumberOfControlPoints(knots)
    corrector.Execute(scan, inside)
    logs = sitk.GetArrayFromImage(corrector.GetLogBiasFieldAsImage(scan)).transpose(2, 1, 0)
    field = Volume(np.ascontiguousarray(logs, dtype=np.float32), working.image.grid)
    fine = np.asarray(resample(field, image.grid).data, dtype=np.float64)
    return apply_field(image, mask, fine, iterations=())
