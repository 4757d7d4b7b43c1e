"""Is a model worse for some? Errors by subgroup, with intervals, and whether they differ.

Bias and mean absolute error per subgroup; the difference between subgroups is tested by
permuting the group labels of patients (max minus min of the groups' mean absolute errors).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.stats.bootstrap import BootstrapSettings, bootstrap_interval
from mslens.stats.samples import code_clusters, require_same_length, take_sample

Floats = npt.NDArray[np.float64]
#: A subgroup with fewer patients gets no interval: it would say more than is known.
MIN_PATIENTS = 5


@dataclass(frozen=True)
class SubgroupError:
    """Errors of one subgroup; the interval is None when it has fewer than five patients."""

    name: str
    n_rows: int
    n_patients: int
    bias: float
    mean_absolute_error: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class SubgroupErrors:
    """Errors of every subgroup, and p of "all have the same mean absolute error"."""

    groups: tuple[SubgroupError, ...]
    p: float


def compare_subgroups(
    observed: Array,
    predicted: Array,
    groups: Array,
    *,
    rng: np.random.Generator,
    patients: Array | None = None,
    n_permutations: int = 999,
) -> SubgroupErrors:
    """Measure errors by subgroup.

    Parameters
    ----------
    observed, predicted : array-like, shape (n,)
    groups : array-like, shape (n,)
        Sex, course, site, scanner; constant within a patient.
    rng : numpy.random.Generator
    patients : array-like, shape (n,), optional
    n_permutations : int

    Raises
    ------
    InputError
        If the lengths differ or a value is not finite.
    """
    y = take_sample(observed, name="the observed target")
    p = take_sample(predicted, name="the prediction")
    label = np.asarray(groups).astype(str)
    require_same_length(observed=y, predicted=p, groups=label)
    patient = code_clusters(patients, y.size)
    error = p - y
    names, code = np.unique(label, return_inverse=True)
    found = tuple(
        _describe(str(name), error[code == i], patient[code == i], rng)
        for i, name in enumerate(names)
    )
    return SubgroupErrors(found, _permute(np.abs(error), code, patient, rng, n_permutations))


def _describe(
    name: str, error: Floats, patient: npt.NDArray[np.int64], rng: np.random.Generator
) -> SubgroupError:
    n_patients, interval = np.unique(patient).size, None
    if n_patients >= MIN_PATIENTS:
        found = bootstrap_interval(
            lambda values: values.mean(axis=-1),
            np.abs(error),
            rng=rng,
            clusters=patient,
            settings=BootstrapSettings(method="percentile"),
        )
        interval = (found.low, found.high)
    return SubgroupError(
        name, error.size, n_patients, float(error.mean()), float(np.abs(error).mean()), interval
    )


def _permute(
    error: Floats,
    code: npt.NDArray[np.intp],
    patient: npt.NDArray[np.int64],
    rng: np.random.Generator,
    n_permutations: int,
) -> float:
    """P value of the range of group means when patients' labels are exchanged."""
    first_row = np.unique(patient, return_index=True)[1]
    of_patient = code[first_row]
    n_groups = int(code.max()) + 1

    def spread(labels: npt.NDArray[np.intp]) -> float:
        rows = labels[patient]
        count = np.bincount(rows, minlength=n_groups)
        means = np.bincount(rows, weights=error, minlength=n_groups)[count > 0] / count[count > 0]
        return float(np.ptp(means))

    actual = spread(of_patient)
    drawn = [spread(rng.permutation(of_patient)) for _ in range(n_permutations)]
    return float((1 + np.sum(np.array(drawn) >= actual - 1e-12)) / (n_permutations + 1))
