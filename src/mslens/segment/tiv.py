"""Total intracranial volume from the scaling to the template.

TIV = V_template / |det A|, with A the least-squares affine part of the map from the subject's
points to the template's, and V_template the volume inside the template's skull. The idea is that
of Buckner et al., NeuroImage 2004. Our registration is led by the brain and its fluid, not by the
skull, so this is a head size for normalising by, not a measured intracranial volume.
"""

from __future__ import annotations

import numpy as np

from mslens.core.errors import QualityError
from mslens.core.transform import AffineTransform, Transform
from mslens.core.volume import Volume
from mslens.image.displacement import fit_affine
from mslens.image.resample import resample

TIV_METHOD = "template head volume / determinant of the affine part of the normalisation"


def estimate_tiv(to_template: AffineTransform, *, template_ml: float) -> float:
    """Estimate the total intracranial volume in ml.

    Parameters
    ----------
    to_template : AffineTransform
        Points of the subject to points of the template.
    template_ml : float
        Volume inside the template's skull.

    Raises
    ------
    QualityError
        If the transform turns space inside out or scales it by more than a factor of 3.
    """
    determinant = float(np.linalg.det(to_template.matrix[:3, :3]))
    if not 1 / 3 < determinant < 3:
        raise QualityError(
            f"the normalisation scales volumes by {determinant:.3g}",
            expected="a factor between 1/3 and 3",
            cure="Look at the registration to the template",
        )
    return template_ml / determinant


def affine_part(to_template: Transform, mask: Volume) -> AffineTransform:
    """Return the affine part of a transform inside a brain.

    Parameters
    ----------
    to_template : Transform
        Points of the subject to points of the template.
    mask : Volume
        Brain of the subject.
    """
    if isinstance(to_template, AffineTransform):
        return to_template
    inside = resample(mask, to_template.grid).data
    return fit_affine(to_template, inside.astype(np.float32))
