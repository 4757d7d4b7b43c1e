"""The lesions of one patient as foci: where each starts, how large it is, how it looks, its age.

The number of foci grows with the square root of the load, log n = 3.12 + .49 log(ml), and sizes
are log-normal with a median of .02 ml and a heavy tail of confluent ones, both set so that what is
left after merging is like the consensus masks of Lesjak 2017 (doi:10.1007/s12021-017-9348-7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.errors import InputError
from mslens.image.location import Location
from mslens.simulate.lesion_priors import PLACE_SHARES, LesionPriors

_LOG_COUNT_AT_1_ML, _LOG_COUNT_SLOPE, _LOG_COUNT_SD = 3.12, 0.49, 0.55
_LOG_SIZE_MEDIAN, _LOG_SIZE_SD = float(np.log(0.022)), 1.05
SMALLEST_ML = 0.005
_PLACE_SIZE: Mapping[Location, float] = {
    "periventricular": 1.8,
    "juxtacortical": 0.9,
    "infratentorial": 1.0,
    "deep-grey-matter": 0.8,
    "deep-white-matter": 1.0,
}
#: Places where lesions become large and confluent, with the weight of their share of the rest.
_CONFLUENT: Mapping[Location, float] = {"periventricular": 1.0, "deep-white-matter": 0.25}
_TAIL_INDEX = 1.1
#: From this volume on a periventricular lesion spreads along the wall of the ventricle.
SPREADING_ML = 1.2
_NEW_LOG_SIZE_MEDIAN, _NEW_LOG_SIZE_SD = float(np.log(0.06)), 0.9
#: New foci per patient and year.
NEW_PER_YEAR: Mapping[str, float] = {"CIS": 0.9, "RR": 1.2, "SP": 0.5, "PP": 0.3}


@dataclass(frozen=True, eq=False)
class Foci:
    """Lesion foci, one entry each, in template space.

    Parameters
    ----------
    index : ndarray, shape (n, 3), int64
        Voxel of the template's brain box where the focus starts.
    place : ndarray of str, shape (n,)
    volume_ml : ndarray, shape (n,), float64
        Volume at the first visit, or when first seen, in the subject.
    stretch : ndarray, shape (n, 3), float64
        Relative half axes, geometric mean 1; the first points away from the ventricle.
    turn : ndarray, shape (n,), float64
        Angle of the other two axes, radians.
    onset_years : ndarray, shape (n,), float64
        When it appeared, in years from the first visit; below 0 for those that were there.
    growth_per_year : ndarray, shape (n,), float64
        Log change of the volume per year.
    hole : ndarray, shape (n,), float64
        How much tissue is lost, 0 to 1 (1: a black hole on T1w).
    brightness : ndarray, shape (n,), float64
        Relative prolongation of T2, about 1.
    """

    index: npt.NDArray[np.int64]
    place: npt.NDArray[np.str_]
    volume_ml: npt.NDArray[np.float64]
    stretch: npt.NDArray[np.float64]
    turn: npt.NDArray[np.float64]
    onset_years: npt.NDArray[np.float64]
    growth_per_year: npt.NDArray[np.float64]
    hole: npt.NDArray[np.float64]
    brightness: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.volume_ml)

    def volume_at(self, years: float) -> npt.NDArray[np.float64]:
        """Volume in ml some years after the first visit; 0 before the onset."""
        age = years - np.maximum(self.onset_years, 0.0)
        volume = self.volume_ml * np.exp(self.growth_per_year * np.maximum(age, 0.0))
        return np.where(self.onset_years <= years, volume, 0.0)


def draw_foci(
    priors: LesionPriors, *, load_ml: float, white_matter_ml: float, rng: np.random.Generator
) -> Foci:
    """Draw the foci that a patient has at the first visit.

    Parameters
    ----------
    priors : LesionPriors
    load_ml : float
        Their total volume.
    white_matter_ml : float
        What there is to lie in.
    rng : numpy Generator

    Returns
    -------
    Foci

    Raises
    ------
    InputError
        If the load is negative or larger than the white matter.
    """
    if load_ml < 0:
        raise InputError(f"the lesion load is {load_ml:g} ml", expected="0 ml or more")
    if load_ml >= white_matter_ml:
        raise InputError(
            f"a lesion load of {load_ml:.0f} ml does not fit into {white_matter_ml:.0f} ml"
            " of white matter",
            cure="Ask for a smaller lesion load",
        )
    if load_ml < SMALLEST_ML:
        return _no_foci()
    log_count = _LOG_COUNT_AT_1_ML + _LOG_COUNT_SLOPE * np.log(load_ml)
    count = np.exp(log_count + _LOG_COUNT_SD * rng.standard_normal())
    count = int(np.clip(round(count), 1, max(1.0, load_ml / (2 * SMALLEST_ML))))
    names = list(PLACE_SHARES)
    place = np.array(names)[rng.choice(len(names), count, p=list(PLACE_SHARES.values()))]
    size = np.exp(_LOG_SIZE_MEDIAN + _LOG_SIZE_SD * rng.standard_normal(count))
    size = np.maximum(size * [_PLACE_SIZE[name] for name in place], SMALLEST_ML)
    volume = _share_out_load(size, place, load_ml, rng)
    return _dress(priors, place, volume, np.full(count, -1.0), rng)


def draw_activity(rng: np.random.Generator) -> float:
    """Draw how many times as active as the average a patient is.

    Counts of new lesions are then negative binomial over patients, as they are found to be.
    """
    return float(rng.gamma(0.8, 1.0 / 0.8))


def draw_new_foci(
    priors: LesionPriors, *, course: str, from_years: float, to_years: float,
    activity: float, rng: np.random.Generator,
) -> Foci:  # fmt: skip
    """Draw the foci that appear between two visits.

    Parameters
    ----------
    priors : LesionPriors
    course : {"CIS", "RR", "SP", "PP"}
    from_years, to_years : float
        Years from the first visit.
    activity : float
        Of the patient, 1 on average.
    rng : numpy Generator

    Returns
    -------
    Foci
    """
    count = int(rng.poisson(NEW_PER_YEAR[course] * activity * (to_years - from_years)))
    if not count:
        return _no_foci()
    names = list(PLACE_SHARES)
    place = np.array(names)[rng.choice(len(names), count, p=list(PLACE_SHARES.values()))]
    size = np.exp(_NEW_LOG_SIZE_MEDIAN + _NEW_LOG_SIZE_SD * rng.standard_normal(count))
    onset = from_years + (to_years - from_years) * rng.uniform(0.05, 1.0, count)
    return _dress(priors, place, np.maximum(size, 2 * SMALLEST_ML), onset, rng)


def join_foci(first: Foci, second: Foci) -> Foci:
    """Return all foci of both, those of `first` first."""
    return Foci(
        *(
            np.concatenate([getattr(first, name), getattr(second, name)])
            for name in Foci.__dataclass_fields__
        )
    )


def _share_out_load(
    size: npt.NDArray[np.float64],
    place: npt.NDArray[np.str_],
    load_ml: float,
    rng: np.random.Generator,
) -> npt.NDArray[np.float64]:
    """Shrink all, or give what is missing to a few that become large, so that the sum fits."""
    rest = load_ml - size.sum()
    weight = np.array([_CONFLUENT.get(name, 0.0) for name in place])
    if rest <= 0 or not weight.any():
        return np.asarray(size * (load_ml / size.sum()))
    weight = weight * rng.pareto(_TAIL_INDEX, len(size))
    if not weight.any():
        weight = np.ones(len(size))
    return np.asarray(size + rest * weight / weight.sum())


def _dress(
    priors: LesionPriors,
    place: npt.NDArray[np.str_],
    volume: npt.NDArray[np.float64],
    onset: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> Foci:
    n = len(place)
    fingers = np.where(place == "periventricular", 0.30, 0.12)
    log_stretch = 0.16 * rng.standard_normal((n, 3))
    log_stretch[:, 0] += fingers
    log_stretch -= log_stretch.mean(axis=1, keepdims=True)
    fate = rng.random(n)
    growth = np.select(
        [fate < 0.15, fate < 0.22], [rng.uniform(0.15, 0.6, n), -rng.uniform(0.05, 0.2, n)], 0.0
    )
    growth = growth + 0.01 * rng.standard_normal(n)
    return Foci(
        index=_draw_places(priors, place, rng),
        place=place,
        volume_ml=volume,
        stretch=np.exp(log_stretch),
        turn=rng.uniform(0, np.pi, n),
        onset_years=onset,
        growth_per_year=np.where(volume > SPREADING_ML, growth / 4, growth),
        hole=rng.beta(1.3, 2.2, n),
        brightness=np.exp(0.10 * rng.standard_normal(n)),
    )


def _draw_places(
    priors: LesionPriors, place: npt.NDArray[np.str_], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    index = np.empty((len(place), 3), dtype=np.int64)
    for name, frequency in priors.places.items():
        here = np.flatnonzero(place == name)
        possible = np.flatnonzero(frequency)
        cumulative = np.cumsum(frequency.ravel()[possible], dtype=np.float64)
        draw = rng.random(len(here)) * cumulative[-1]
        flat = possible[np.searchsorted(cumulative, draw, side="right")]
        index[here] = np.stack(np.unravel_index(flat, frequency.shape), axis=-1)
    return index


def _no_foci() -> Foci:
    none = np.empty(0)
    return Foci(
        index=np.empty((0, 3), dtype=np.int64),
        place=np.empty(0, dtype="U17"),
        volume_ml=none,
        stretch=np.empty((0, 3)),
        turn=none,
        onset_years=none,
        growth_per_year=none,
        hole=none,
        brightness=none,
    )
