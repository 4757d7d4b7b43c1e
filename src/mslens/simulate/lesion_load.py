"""Total lesion volume of a patient: log-normal, and higher where there is more damage.

ml = exp(mu + sigma z), z = a sum(V)/sd + b T + noise, var(z) = 1; mu and sigma from the mean and
the standard deviation of the site: sigma^2 = ln(1 + sd^2 / mean^2), mu = ln(mean) - sigma^2 / 2.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.simulate.clinic import AGE_DURATION_CORRELATION as RHO
from mslens.simulate.clinic import DAMAGE_FACTORS, SEVERITY_ON_AGE, SEVERITY_ON_DURATION, Clinic
from mslens.simulate.sites import LesionLoad

#: No living patient's white matter holds more.
LARGEST_LOAD_ML = 250.0


def assign_lesion_load(clinic: Clinic, *, load: LesionLoad) -> npt.NDArray[np.float64]:
    """Lesion volume of every patient.

    Parameters
    ----------
    clinic : Clinic
    load : LesionLoad
        Mean and standard deviation in ml, and the weights of damage and duration.

    Returns
    -------
    ndarray, shape (n,), float64
        Millilitres.
    """
    a, b = load.damage_weight, load.duration_weight
    shared = SEVERITY_ON_AGE * RHO + SEVERITY_ON_DURATION
    correlation = len(DAMAGE_FACTORS) * clinic.loading * shared / clinic.damage_sum_sd
    noise = np.sqrt(max(0.0, 1.0 - a**2 - b**2 - 2.0 * a * b * correlation))
    z = (
        a * clinic.damage.sum(axis=1) / clinic.damage_sum_sd
        + b * clinic.duration_factor
        + noise * clinic.load_noise
    )
    variance = np.log1p((load.sd_ml / load.mean_ml) ** 2)
    ml = np.exp(np.log(load.mean_ml) - variance / 2.0 + np.sqrt(variance) * z)
    return np.asarray(np.minimum(ml, LARGEST_LOAD_ML))
