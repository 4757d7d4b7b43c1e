r"""Few sparse factors in place of very many columns, without looking at the target.

Principal components of the z-scored columns that stand out from noise, rotated by varimax, their
loadings set to zero where they are not larger than chance (abs(r) < z / sqrt(n)), and scored by
weighted least squares, :math:`f = (S' \Psi^{-1} S)^{-1} S' \Psi^{-1} x` with
:math:`\psi_j = 1 - h_j` (Bartlett, Br J Psychol 1937). With far more columns than patients the
small loadings of unrelated columns add up to more noise than the large ones hold signal: setting
them to zero is what makes the scores of new patients as good as those of the training patients.
The components come from the n x n Gram matrix, so cost and memory grow with p only once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.learn.columns import iterate_blocks, measure_columns
from mslens.learn.varimax import rotate_varimax

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
#: Columns that the rotation is found on; more, evenly spread, do not change it.
_ROTATED_COLUMNS = 20_000
_SMALLEST_UNIQUENESS = 0.05


class SparseFactors(TransformerMixin, BaseEstimator):
    """Scores of sparse factors, beside columns that are passed on as they are.

    Parameters
    ----------
    n_factors : int, optional
        By default those whose eigenvalue is above what noise of the same variance could give.
    max_factors : int
    min_z : float
        Loadings below ``min_z / sqrt(n)`` are set to zero.
    untouched_columns : sequence of int
        E.g. clinical columns: not in any factor, appended to the scores.

    Attributes
    ----------
    n_factors_ : int
    eigenvalues_ : ndarray, shape (n,)
        Of the Gram matrix, descending.
    loadings_ : ndarray, shape (p, n_factors_), float32
        Sparse; 0 for untouched columns.
    """

    def __init__(
        self,
        n_factors: int | None = None,
        *,
        max_factors: int = 40,
        min_z: float = 4.0,
        untouched_columns: Sequence[int] = (),
    ) -> None:
        self.n_factors = n_factors
        self.max_factors = max_factors
        self.min_z = min_z
        self.untouched_columns = untouched_columns

    def fit(self, X: Array, y: Array | None = None) -> Self:
        """Find the factors.

        Parameters
        ----------
        X : array-like, shape (n, p)
        y : ignored

        Raises
        ------
        InputError
            If an untouched column does not exist, or no column is left for factors.
        """
        X = validate_data(self, X, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self._untouched = check_columns(self.untouched_columns, X.shape[1])
        self._mean, spread = measure_columns(X)
        self._scale = np.where(spread > 0, spread, np.inf)
        self._scale[self._untouched] = np.inf
        if not np.isfinite(self._scale).any():
            raise InputError("no column varies", expected="columns to make factors of")
        gram = np.zeros((X.shape[0], X.shape[0]))
        for columns in iterate_blocks(X.shape[1]):
            scaled = self._standardise(X, columns)
            gram += scaled @ scaled.T
        values, vectors = np.linalg.eigh(gram)
        self.eigenvalues_ = np.maximum(values[::-1], 0.0)
        n_wanted = self.n_factors or count_factors(self.eigenvalues_, X.shape[0])
        possible = int((self.eigenvalues_ > 1e-9 * self.eigenvalues_[0]).sum())
        n_kept = min(n_wanted, self.max_factors, possible, X.shape[0] - 1)
        scores = vectors[:, ::-1][:, :n_kept] * np.sqrt(X.shape[0])
        self._fit_loadings(X, scores)
        return self

    def transform(self, X: Array) -> Floats:
        """Score rows on the factors.

        Parameters
        ----------
        X : array-like, shape (n, p)

        Returns
        -------
        ndarray, shape (n, n_factors_ + untouched), float64
            Scores have mean 0 and standard deviation 1 in the training rows.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        return np.hstack([self._score(X), X[:, self._untouched].astype(np.float64)])

    def get_feature_names_out(self, input_features: Array | None = None) -> Array:
        """Name the outputs: factor1, factor2, ... and the untouched columns."""
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        factors = [f"factor{i + 1}" for i in range(self.n_factors_)]
        return np.array([*factors, *names[self._untouched]], dtype=object)

    def _standardise(self, X: Array, columns: slice) -> Array:
        scaled = (X[:, columns] - self._mean[columns]) / self._scale[columns]
        return np.asarray(scaled, dtype=X.dtype)

    def _fit_loadings(self, X: Array, scores: Floats) -> None:
        loadings = np.empty((X.shape[1], scores.shape[1]), dtype=np.float32)
        for columns in iterate_blocks(X.shape[1]):
            loadings[columns] = self._standardise(X, columns).T @ scores / X.shape[0]
        stride = max(1, X.shape[1] // _ROTATED_COLUMNS)
        rotation = rotate_varimax(loadings[::stride])
        loadings = loadings @ rotation.astype(np.float32)
        largest = np.take_along_axis(loadings, np.abs(loadings).argmax(axis=0)[None, :], axis=0)
        loadings = loadings * np.where(largest < 0, -1, 1)
        limit = np.minimum(self.min_z / np.sqrt(X.shape[0]), np.abs(largest))
        self.loadings_ = np.where(np.abs(loadings) >= limit, loadings, np.float32(0))
        self.n_factors_ = self.loadings_.shape[1]
        sparse = self.loadings_.astype(np.float64)
        uniqueness = np.maximum(1.0 - (sparse**2).sum(axis=1), _SMALLEST_UNIQUENESS)
        weighted = sparse / uniqueness[:, None]
        self._weights = weighted @ np.linalg.pinv(sparse.T @ weighted, hermitian=True)
        self._spread = np.ones(self.n_factors_)
        spread = self._score(X).std(axis=0)
        self._spread = np.where(spread > 0, spread, 1.0)

    def _score(self, X: Array) -> Floats:
        scores = np.zeros((X.shape[0], self.n_factors_))
        for columns in iterate_blocks(X.shape[1]):
            scores += self._standardise(X, columns).astype(np.float64) @ self._weights[columns]
        return scores / self._spread


def count_factors(eigenvalues: Floats, n_rows: int) -> int:
    r"""Count the eigenvalues of a Gram matrix that noise of the remaining variance cannot give.

    For columns of noise with variances of at most 1 that sum to m, the largest eigenvalue is
    about :math:`m + 2 \sqrt{n m} + n` (Marchenko & Pastur 1967, with the fourth moment at its
    bound).

    Parameters
    ----------
    eigenvalues : ndarray, shape (n,)
        Descending.
    n_rows : int

    Returns
    -------
    int
        At least 1.
    """
    count = 0
    while count < n_rows - 2:
        # One eigenvalue is 0 because the columns are centred.
        noise = eigenvalues[count:-1].mean()
        found = int((eigenvalues > noise + 2 * np.sqrt(n_rows * noise) + n_rows).sum())
        if found <= count:
            break
        count = found
    return max(count, 1)


def check_columns(columns: Sequence[int] | Array, n_columns: int) -> Integers:
    """Return column numbers as an array, or raise `InputError` for one that does not exist."""
    numbers = np.asarray(columns, dtype=np.intp).reshape(-1)
    wrong = numbers[(numbers < 0) | (numbers >= n_columns)]
    if wrong.size:
        raise InputError(
            f"there is no column {wrong[0]}", expected=f"a number from 0 to {n_columns - 1}"
        )
    return numbers
