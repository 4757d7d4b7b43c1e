r"""ComBat harmonisation of sites, fitted in the training fold and never told the target.

:math:`x_{ijg} = \alpha_g + z_{ij} \beta_g + \gamma_{ig} + \delta_{ig} \varepsilon_{ijg}`: site
shifts :math:`\gamma` and scales :math:`\delta`, shrunk over columns by empirical Bayes (Johnson
et al., Biostatistics 2007; Fortin et al., NeuroImage 2018). Covariates whose effect is kept must
be given; the target must not be among them, or it leaks into the features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.evaluate.cohort import list_names
from mslens.learn.columns import iterate_blocks
from mslens.learn.factors import check_columns

Floats = npt.NDArray[np.float64]
_MAX_STEPS = 200
_CONVERGED = 1e-6
#: A site with fewer rows has no variance worth harmonising with.
MIN_ROWS = 3


@dataclass(frozen=True, eq=False)
class SiteEffect:
    """Shift and scale of one site, per harmonised column, in pooled standard deviations."""

    shift: Floats
    scale: Floats


class ComBat(TransformerMixin, BaseEstimator):
    """Remove site shifts and scales; the site column is used up.

    Parameters
    ----------
    site_column : int, optional
        Column that codes the site as a number. Without it nothing is harmonised.
    covariate_columns : sequence of int
        Their effect on the features is kept, e.g. age and sex. Passed on as they are.
    untouched_columns : sequence of int
        Passed on as they are, without being a covariate.

    Attributes
    ----------
    sites_ : dict
        Site code -> SiteEffect.
    """

    def __init__(
        self,
        site_column: int | None = None,
        *,
        covariate_columns: Sequence[int] = (),
        untouched_columns: Sequence[int] = (),
    ) -> None:
        self.site_column = site_column
        self.covariate_columns = covariate_columns
        self.untouched_columns = untouched_columns

    def fit(self, X: Array, y: Array | None = None) -> Self:
        """Estimate the site effects.

        Parameters
        ----------
        X : array-like, shape (n, p)
        y : ignored
            The target is never used.

        Raises
        ------
        InputError
            If a column does not exist or has two roles, a site has fewer than three rows, or
            the covariates determine the site.
        """
        X = validate_data(self, X, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self._assign_roles(X.shape[1])
        self.sites_: dict[float, SiteEffect] = {}
        if self.site_column is None:
            return self
        codes, code = np.unique(X[:, self.site_column], return_inverse=True)
        member = np.eye(codes.size)[code.reshape(-1)]
        _check_sites(codes, member.sum(axis=0))
        design = np.column_stack([member, X[:, self._covariates].astype(np.float64)])
        if np.linalg.matrix_rank(design) < design.shape[1]:
            raise InputError(
                "the covariates determine the site", expected="sites that overlap in them"
            )
        self._fit_pooled(X, design, member)
        shift, variance = self._site_moments(X, member)
        for i, site in enumerate(codes):
            count = int(member[:, i].sum())
            self.sites_[float(site)] = _shrink(shift[i], variance[i], count)
        return self

    def adapt(self, X: Array) -> Self:
        """Add a site that was not in the training rows, from its features alone.

        Parameters
        ----------
        X : array-like, shape (n, p)
            Rows of one or more new sites. Neither their target nor any training row is used.

        Raises
        ------
        InputError
            If a site has fewer than three rows or is already known.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        if self.site_column is None:
            return self
        codes, code = np.unique(X[:, self.site_column], return_inverse=True)
        known = [site for site in codes if float(site) in self.sites_]
        if known:
            raise InputError(
                f"site {list_names(known)} was harmonised in the training rows",
                expected="new sites only",
            )
        member = np.eye(codes.size)[code.reshape(-1)]
        _check_sites(codes, member.sum(axis=0))
        shift, variance = self._site_moments(X, member)
        for i, site in enumerate(codes):
            self.sites_[float(site)] = _shrink(shift[i], variance[i], int(member[:, i].sum()))
        return self

    def transform(self, X: Array) -> Array:
        """Harmonise rows of known sites.

        Parameters
        ----------
        X : array-like, shape (n, p)

        Returns
        -------
        ndarray, shape (n, p - 1), of X's dtype
            Without the site column; X itself when there is none.

        Raises
        ------
        InputError
            If a row is of a site that was neither fitted nor adapted to.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        if self.site_column is None:
            return X
        codes, code = np.unique(X[:, self.site_column], return_inverse=True)
        unknown = [site for site in codes if float(site) not in self.sites_]
        if unknown:
            raise InputError(
                f"site {list_names(unknown)} was not in the training rows",
                expected=f"one of {list_names(self.sites_)}",
                cure="Call 'adapt' with the features of the new site",
            )
        effects = [self.sites_[float(site)] for site in codes]
        shift = np.stack([effect.shift for effect in effects])
        scale = np.stack([effect.scale for effect in effects])
        out = X.copy()
        row_code = code.reshape(-1)
        for block in iterate_blocks(self._harmonised.size):
            columns = self._harmonised[block]
            expected = self._expect(X, block)
            unit = (X[:, columns] - expected) / self._spread[block]
            unit = (unit - shift[row_code, block]) / scale[row_code, block]
            out[:, columns] = unit * self._spread[block] + expected
        return np.delete(out, self.site_column, axis=1)

    def get_feature_names_out(self, input_features: Array | None = None) -> Array:
        """Name the outputs: the inputs without the site column."""
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        return names if self.site_column is None else np.delete(names, self.site_column)

    def _assign_roles(self, n_columns: int) -> None:
        site = [] if self.site_column is None else [self.site_column]
        self._covariates = check_columns(self.covariate_columns, n_columns)
        roles = np.concatenate(
            [
                check_columns(site, n_columns),
                self._covariates,
                check_columns(self.untouched_columns, n_columns),
            ]
        )
        if np.unique(roles).size < roles.size:
            raise InputError("a column has two roles", expected="site, covariate or untouched")
        self._harmonised = np.setdiff1d(np.arange(n_columns), roles)

    def _fit_pooled(self, X: Array, design: Floats, member: Floats) -> None:
        """Grand mean, slopes and pooled spread of every harmonised column."""
        n_sites, size = member.shape[1], self._harmonised.size
        self._mean, self._spread = np.empty(size), np.empty(size)
        flat = np.zeros(size, dtype=bool)
        self._slopes = np.empty((design.shape[1] - n_sites, size))
        inverse = np.linalg.pinv(design)
        share = member.mean(axis=0)
        for block in iterate_blocks(size):
            values = X[:, self._harmonised[block]].astype(np.float64)
            beta = inverse @ values
            spread = np.sqrt(((values - design @ beta) ** 2).mean(axis=0))
            flat[block] = spread <= 1e-9 * np.abs(values).max(axis=0)
            self._mean[block] = share @ beta[:n_sites]
            self._slopes[:, block] = beta[n_sites:]
            self._spread[block] = spread
        # Nothing to harmonise in a constant column, which would also distort the prior.
        self._harmonised, self._slopes = self._harmonised[~flat], self._slopes[:, ~flat]
        self._mean, self._spread = self._mean[~flat], self._spread[~flat]

    def _expect(self, X: Array, block: slice) -> Floats:
        covariates = X[:, self._covariates].astype(np.float64)
        return np.asarray(self._mean[block] + covariates @ self._slopes[:, block])

    def _site_moments(self, X: Array, member: Floats) -> tuple[Floats, Floats]:
        """Mean and variance (n - 1) of each site's standardised columns, shape (sites, p)."""
        count = member.sum(axis=0)[:, None]
        shift = np.empty((member.shape[1], self._harmonised.size))
        variance = np.empty_like(shift)
        for block in iterate_blocks(self._harmonised.size):
            values = X[:, self._harmonised[block]].astype(np.float64)
            unit = (values - self._expect(X, block)) / self._spread[block]
            shift[:, block] = member.T @ unit / count
            away = unit - member @ shift[:, block]
            variance[:, block] = member.T @ away**2 / (count - 1)
        return shift, variance


def _check_sites(codes: Array, counts: Floats) -> None:
    few = [
        f"{site:g} ({int(count)})"
        for site, count in zip(codes, counts, strict=True)
        if count < MIN_ROWS
    ]
    if few:
        raise InputError(
            f"{len(few)} site(s) have too few rows to harmonise: {list_names(few)}",
            expected=f"at least {MIN_ROWS} rows per site",
            cure="Leave these sites out by name, or run without ComBat",
        )


def _shrink(shift: Floats, variance: Floats, count: int) -> SiteEffect:
    """Posterior mode of shift and scale given their distribution over the columns."""
    if shift.size < 2:
        return SiteEffect(shift, np.sqrt(np.where(variance > 0, variance, 1.0)))
    mean, spread = shift.mean(), shift.var(ddof=1)
    typical, width = variance.mean(), variance.var(ddof=1)
    if spread <= 0 or width <= 0:
        return SiteEffect(shift, np.sqrt(np.where(variance > 0, variance, 1.0)))
    shape = (2 * width + typical**2) / width
    rate = (typical * width + typical**3) / width
    gamma, delta = shift.copy(), np.maximum(variance, 1e-12)
    for _ in range(_MAX_STEPS):
        new_gamma = (count * spread * shift + delta * mean) / (count * spread + delta)
        squares = (count - 1) * variance + count * (shift - new_gamma) ** 2
        new_delta = (rate + squares / 2) / (count / 2 + shape - 1)
        change = max(
            np.max(np.abs(new_gamma - gamma) / np.maximum(np.abs(gamma), 1e-12)),
            np.max(np.abs(new_delta - delta) / delta),
        )
        gamma, delta = new_gamma, new_delta
        if change < _CONVERGED:
            break
    return SiteEffect(gamma, np.sqrt(delta))
