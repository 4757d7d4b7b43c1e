"""Feature-level cohort: radiomic-like tables with known signal and no images.

x = w1 V_k + w2 N2 + w3 N3 + g_site + d_site e, scaled to unit variance at the reference site.
V_k is the damage factor of the feature's group, N2 and N3 are two factors of the group that say
nothing about severity; w1 = +-U(.3, .7) for 2% of the features, else 0; w2, w3 ~ N(0, .5^2);
away from the reference site g ~ N(0, .3^2) and d^2 ~ InvGamma(20, 19), the model of ComBat
(Johnson 2007). Every feature has a random stream of its own, counted by its number, so its
bytes do not depend on which other features are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.errors import InputError
from mslens.core.rng import derive_seed
from mslens.simulate.clinic import DAMAGE_FACTORS, Clinic

N_ROIS = 115
IMAGE_TYPES = (
    "original",
    *(f"log-sigma-{mm}-0-mm-3D" for mm in (1, 3, 5)),
    *(f"wavelet-{a}{b}{c}" for a in "LH" for b in "LH" for c in "LH"),
)
FEATURES_PER_CLASS = {
    "firstorder": 18,
    "glcm": 22,
    "gldm": 14,
    "glrlm": 16,
    "glszm": 16,
    "ngtdm": 5,
}
#: 115 regions x 12 image types x 91 features.
N_FEATURES = N_ROIS * len(IMAGE_TYPES) * sum(FEATURES_PER_CLASS.values())

INFORMATIVE_SHARE = 0.02
INFORMATIVE_WEIGHT = (0.3, 0.7)
OTHER_WEIGHT_SD = 0.5
SITE_SHIFT_SD = 0.3
SITE_SCALE_SHAPE, SITE_SCALE_SCALE = 20.0, 19.0
#: The residual keeps at least this share of a feature's variance before it is rescaled.
_SMALLEST_RESIDUAL = 0.05
#: 43 of 125,580 features fell below ICC .90 in Pontillo 2021.
UNSTABLE_SHARE = 43 / N_FEATURES
#: Variance of the second measurement's noise: ICC .985-.999 when stable, .50-.77 when not.
_STABLE_NOISE, _UNSTABLE_NOISE = (0.002, 0.03), (0.6, 2.0)


@dataclass(frozen=True, eq=False)
class FeatureChunk:
    """Consecutive columns of the cohort's feature matrix.

    Parameters
    ----------
    start : int
        Index of the first column among the columns asked for.
    features : ndarray, shape (n_subjects, n_columns), float32
    second : ndarray, shape (n_second, n_columns), float32
        Second measurement of the first `n_second` subjects of the reference site.
    truth : DataFrame, n_columns rows
        w1, w2, w3, shift_k and scale_k of the k-th site, noise_variance and stable, per feature.
    """

    start: int
    features: npt.NDArray[np.float32]
    second: npt.NDArray[np.float32]
    truth: pd.DataFrame


def name_features(n_features: int = N_FEATURES) -> pd.DataFrame:
    """Name the first features: roi, image_type, feature_class, feature, ibsi_code (none) and group.

    Parameters
    ----------
    n_features : int
        1 to 125,580. A shorter table takes its features evenly from the full one, so that every
        group keeps its share.

    Returns
    -------
    DataFrame
        One row per feature; `number` is its place in the full table and seeds it.

    Raises
    ------
    InputError
        If the number is out of range.
    """
    if not 1 <= n_features <= N_FEATURES:
        raise InputError(f"{n_features} features are asked for", expected=f"1 to {N_FEATURES}")
    number = (np.arange(n_features, dtype=np.int64) * N_FEATURES) // n_features
    per_class = [(name, i + 1) for name, count in FEATURES_PER_CLASS.items() for i in range(count)]
    classes = np.array([name for name, _ in per_class])
    within = np.array([f"{name}{i:02d}" for name, i in per_class])
    per_type = len(per_class)
    per_roi = per_type * len(IMAGE_TYPES)
    roi = number // per_roi
    return pd.DataFrame(
        {
            "number": number,
            "roi": [f"roi{i + 1:03d}" for i in roi],
            "image_type": np.array(IMAGE_TYPES)[(number % per_roi) // per_type],
            "feature_class": classes[number % per_type],
            "feature": within[number % per_type],
            "ibsi_code": "",
            "group": np.array(DAMAGE_FACTORS)[roi % len(DAMAGE_FACTORS)],
        }
    )


def draw_features(
    clinics: tuple[Clinic, ...],
    *,
    seed: int,
    n_features: int = N_FEATURES,
    n_second: int = 30,
    unstable_share: float = UNSTABLE_SHARE,
    chunk_columns: int = 4096,
) -> Iterator[FeatureChunk]:
    """Draw the feature matrix, some columns at a time.

    Parameters
    ----------
    clinics : tuple of Clinic
        One per site, the reference site first; rows follow in this order.
    seed : int
    n_features : int
    n_second : int
        Subjects of the reference site that are measured twice.
    unstable_share : float
        Share of the features whose second measurement falls below ICC .90.
    chunk_columns : int

    Yields
    ------
    FeatureChunk

    Raises
    ------
    InputError
        If there is no site, a number is out of range, or more second measurements than subjects
        are asked for.
    """
    if not clinics:
        raise InputError("no site is given", expected="at least the reference site")
    if not 0 <= n_second <= len(clinics[0].female):
        raise InputError(
            f"{n_second} second measurements are asked for",
            expected=f"0 to the {len(clinics[0].female)} subjects of the reference site",
        )
    table = name_features(n_features)
    group = np.array([DAMAGE_FACTORS.index(name) for name in table["group"]], dtype=np.int64)
    factors = _group_factors(clinics, seed)
    key = derive_seed(seed, "features")
    for start in range(0, n_features, chunk_columns):
        stop = min(start + chunk_columns, n_features)
        yield _draw_chunk(
            start,
            table["number"].to_numpy()[start:stop],
            group[start:stop],
            factors=factors,
            site_sizes=[len(clinic.female) for clinic in clinics],
            key=key,
            n_second=n_second,
            unstable_share=unstable_share,
        )


def _group_factors(clinics: tuple[Clinic, ...], seed: int) -> npt.NDArray[np.float64]:
    """V, N2, N3 of every group and subject, shape (n_groups, 3, n_subjects)."""
    damage = np.concatenate([clinic.damage for clinic in clinics]).T
    key = derive_seed(seed, "feature groups")
    other = np.empty((len(damage), 2, damage.shape[1]))
    for k in range(len(damage)):
        start = 0
        for number, clinic in enumerate(clinics):
            n = len(clinic.female)
            for which in range(2):
                rng = np.random.Generator(np.random.Philox(key=key, counter=[0, which, number, k]))
                other[k, which, start : start + n] = rng.standard_normal(n)
            start += n
    return np.concatenate([damage[:, None], other], axis=1)


def _draw_chunk(
    start: int,
    numbers: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
    *,
    factors: npt.NDArray[np.float64],
    site_sizes: list[int],
    key: int,
    n_second: int,
    unstable_share: float,
) -> FeatureChunk:
    n_subjects = factors.shape[2]
    features = np.empty((len(numbers), n_subjects), dtype=np.float32)
    second = np.empty((len(numbers), n_second), dtype=np.float32)
    truth = []
    for row, (number, group) in enumerate(zip(numbers, groups, strict=True)):
        rng = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, int(number), 0]))
        weights = _draw_weights(rng)
        noise_variance, stable = _draw_noise_variance(rng, unstable_share)
        shifts, scales = _draw_site_effects(rng, len(site_sizes))
        residual = np.sqrt(max(1.0 - (weights**2).sum(), _SMALLEST_RESIDUAL))
        total = np.sqrt((weights**2).sum() + residual**2)
        noise = rng.standard_normal(n_second)
        e = rng.standard_normal(n_subjects)
        signal = weights[0] * factors[group, 0]
        signal = signal + weights[1] * factors[group, 1] + weights[2] * factors[group, 2]
        x = (signal + np.repeat(scales, site_sizes) * residual * e) / total
        x = x + np.repeat(shifts, site_sizes)
        features[row] = x
        second[row] = x[:n_second] + np.sqrt(noise_variance) * noise
        truth.append((*(weights / total), *shifts, *scales, noise_variance, stable))
    effects = [f"{what}_{k + 1}" for what in ("shift", "scale") for k in range(len(site_sizes))]
    names = ["w1", "w2", "w3", *effects, "noise_variance", "stable"]
    return FeatureChunk(start, features.T, second.T, pd.DataFrame(truth, columns=names))


def _draw_weights(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    informative, sign = rng.random() < INFORMATIVE_SHARE, rng.random() < 0.5
    first = rng.uniform(*INFORMATIVE_WEIGHT) * (1.0 if sign else -1.0)
    other = OTHER_WEIGHT_SD * rng.standard_normal(2)
    return np.array([first if informative else 0.0, *other])


def _draw_noise_variance(rng: np.random.Generator, unstable_share: float) -> tuple[float, bool]:
    stable = bool(rng.random() >= unstable_share)
    return float(rng.uniform(*(_STABLE_NOISE if stable else _UNSTABLE_NOISE))), stable


def _draw_site_effects(
    rng: np.random.Generator, n_sites: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Shift and scale per site; the reference site has none."""
    shift, scale = np.zeros(n_sites), np.ones(n_sites)
    shift[1:] = SITE_SHIFT_SD * rng.standard_normal(n_sites - 1)
    scale[1:] = np.sqrt(SITE_SCALE_SCALE / rng.gamma(SITE_SCALE_SHAPE, size=n_sites - 1))
    return shift, scale
