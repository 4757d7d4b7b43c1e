"""Healthy controls: age and sex of the site's controls, no disease, hardly any damage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from mslens.core.arrays import MaskArray
from mslens.core.errors import InputError
from mslens.core.rng import make_rng
from mslens.simulate.ages import draw_ages
from mslens.simulate.clinic import DAMAGE_FACTORS
from mslens.simulate.sites import Site

#: Level of the damage factors, in patients' standard deviations, that means no damage at all,
#: and the spread of healthy people around it.
HEALTHY_DAMAGE, HEALTHY_DAMAGE_SD = -1.5, 0.5
_AGE_RANGE_YEARS = (18.0, 86.0)


@dataclass(frozen=True, eq=False)
class Controls:
    """Healthy controls of one site, one entry each; damage columns as in `DAMAGE_FACTORS`."""

    age_years: npt.NDArray[np.float64]
    female: MaskArray
    damage: npt.NDArray[np.float64]


def draw_controls(n_controls: int, *, site: Site, seed: int) -> Controls:
    """Draw the healthy controls of one site.

    Parameters
    ----------
    n_controls : int
    site : Site
    seed : int

    Returns
    -------
    Controls

    Raises
    ------
    InputError
        If `n_controls` is negative.
    """
    if n_controls < 0:
        raise InputError(f"the number of controls is {n_controls}", expected="zero or more")

    def normal(name: str, *columns: int) -> npt.NDArray[np.float64]:
        rng = make_rng(seed, "controls", site.name, name)
        return rng.standard_normal((n_controls, *columns))

    mean, sd = site.control_age_years
    return Controls(
        age_years=draw_ages(
            normal("age"),
            mean,
            sd,
            clipped_to=_AGE_RANGE_YEARS,
            drawn_between=site.asked_age_range_years,
        ),
        female=special.ndtr(normal("sex")) < site.control_female_share,
        damage=HEALTHY_DAMAGE + HEALTHY_DAMAGE_SD * normal("damage", len(DAMAGE_FACTORS)),
    )
