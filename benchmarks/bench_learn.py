"""Selection and nested evaluation at full width: cost against peers, and what is reached.

    python benchmarks/bench_learn.py filter lasso           cost, minutes
    python benchmarks/bench_learn.py nested [--columns 125580] [--repeats 10] [--nulls 3]

`filter`: the collinearity filter on 400 x 125,580. `lasso`: a path of 100 penalties on 360 x
20,000 against scikit-learn. `nested`: the simulated clinic (500 + 104 patients); every model's r
as a share of the oracle's r with its 95% interval on cross-validated, internal and external
patients; the published protocol beside it; null targets. Simulated: it shows that the machinery
works, and the clinic is a factor model, which suits the models on factors.
"""

from __future__ import annotations

import os

# Small tables: with several BLAS threads Gaussian processes take many times longer.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import resource
import statistics
import time

import numpy as np

from mslens.evaluate.folds import split_holdout
from mslens.evaluate.oracle import compare_with_oracle
from mslens.learn.cfs import CorrelationSubset
from mslens.learn.collinearity import CollinearityFilter
from mslens.learn.factors import SparseFactors
from mslens.learn.funnel import SelectionFunnel
from mslens.learn.lasso import LassoSelection
from mslens.learn.lasso_path import solve_lasso
from mslens.learn.nested import NestedSettings, evaluate_nested
from mslens.learn.regressors import ALGORITHMS
from mslens.learn.tree import Model, ModelTree, Stage, fit_tree
from mslens.learn.tuned import TunedRegressor
from mslens.simulate.clinic import draw_clinic
from mslens.simulate.features import N_FEATURES, draw_features
from mslens.simulate.oracle import ask_oracle
from mslens.simulate.sites import choose_site

N_PATIENTS = {"site1": 500, "site2": 104}
N_CLINICAL = 4


def draw_cohort(n_columns: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features with four clinical columns first, EDSS, and the oracle's prediction."""
    clinics = tuple(
        draw_clinic(n, site=choose_site(site), seed=seed, loading=0.35)
        for site, n in N_PATIENTS.items()
    )
    X = np.empty((sum(N_PATIENTS.values()), N_CLINICAL + n_columns), dtype=np.float32)
    clinical = [
        np.column_stack([c.age_years, c.female, c.duration_years, np.asarray(c.course) == "SP"])
        for c in clinics
    ]
    X[:, :N_CLINICAL] = np.concatenate(clinical)
    for chunk in draw_features(clinics, seed=seed, n_features=n_columns):
        start = N_CLINICAL + chunk.start
        X[:, start : start + chunk.features.shape[1]] = chunk.features
    y = np.concatenate([c.score for c in clinics])
    return X, y, np.concatenate([ask_oracle(c).score for c in clinics])


def build_tree(n_columns: int) -> ModelTree:
    """Build the published chain with its four algorithms, LASSO, and models on sparse factors."""
    priority = np.zeros(n_columns + N_CLINICAL)
    priority[:N_CLINICAL] = 1.0
    clinical = tuple(range(N_CLINICAL))
    models = {name: Model("selected", TunedRegressor(name)) for name in ALGORITHMS}
    models["lasso"] = Model("lasso", None)
    for name in ("ridge", "gaussian-process"):
        models[f"factors + {name}"] = Model("factors", TunedRegressor(name))
    return ModelTree(
        {
            "filtered": Stage("features", SelectionFunnel(priority=priority)),
            "lasso": Stage("filtered", LassoSelection()),
            "selected": Stage("lasso", CorrelationSubset()),
            "factors": Stage("features", SparseFactors(untouched_columns=clinical)),
        },
        models,
    )


def bench_filter(repeats: int) -> None:
    X = draw_cohort(N_FEATURES, seed=7)[0][:400]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    for method in ("triu", "greedy"):
        wall, cpu = [], []
        for _ in range(repeats):
            start = time.perf_counter(), time.process_time()
            found = CollinearityFilter(method=method).fit(X)
            wall.append(time.perf_counter() - start[0])
            cpu.append(time.process_time() - start[1])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"collinearity filter {method}, {X.shape[1]} columns: {statistics.median(wall):.1f} s "
            f"({min(wall):.1f} - {max(wall):.1f}), CPU {statistics.median(cpu):.1f} s, "
            f"{found.support_.sum()} kept, peak {peak:.2f} GB ({before:.2f} GB before it)"
        )


def bench_lasso(repeats: int) -> None:
    from sklearn.linear_model import lasso_path

    X, y, _ = draw_cohort(N_FEATURES, seed=7)
    columns = np.linspace(0, X.shape[1] - 1, 20_000).astype(int)
    part = X[:360, columns].astype(np.float64)
    scaled = np.asfortranarray((part - part.mean(axis=0)) / part.std(axis=0))
    target = y[:360] - y[:360].mean()
    largest = np.abs(scaled.T @ target).max() / 360
    for share in (0.1, 0.01):
        alphas = np.geomspace(largest, largest * share, 100)
        ours, theirs = [], []
        for _ in range(repeats):
            start = time.process_time()
            found = solve_lasso(scaled, target, alphas=alphas, tolerance=1e-4)[0]
            ours.append(time.process_time() - start)
            start = time.process_time()
            oracle = lasso_path(scaled, target, alphas=alphas, tol=1e-4)[1]
            theirs.append(time.process_time() - start)
        ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
        gap = np.abs(scaled @ found - scaled @ oracle).max() / target.std()
        print(
            f"LASSO path of 100 penalties down to {share:g} of the largest, 360 x 20,000: celer "
            f"{statistics.median(ours):.2f} s, scikit-learn {statistics.median(theirs):.2f} s, "
            f"ratio {statistics.median(ratios):.1f} ({min(ratios):.1f} - {max(ratios):.1f}), "
            f"largest difference of a fitted value {gap:.1e} SD"
        )


def bench_nested(n_columns: int, repeats: int, nulls: int, seed: int) -> None:
    X, y, oracle = draw_cohort(n_columns, seed)
    inner = split_holdout(y[:500], test_share=0.2, rng=np.random.default_rng(seed))
    sets = {"internal": inner.test, "external": np.arange(500, 604)}
    train, tree = inner.train, build_tree(n_columns)
    start = time.perf_counter(), time.process_time()
    settings = NestedSettings(n_folds=10, n_repeats=repeats, n_null=nulls, seed=seed)
    nested = evaluate_nested(
        tree,
        X[train],
        y[train],
        settings=settings,
        progress=lambda done, total: print(
            f"  fold {done} of {total}, {time.perf_counter() - start[0]:.0f} s", flush=True
        ),
    )
    seconds = time.perf_counter() - start[0], time.process_time() - start[1]
    fitted = fit_tree(tree, X[train], y[train]).predict(X)
    paper = evaluate_nested(
        tree, X[train], y[train], settings=NestedSettings(protocol="paper", seed=seed)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"nested 10-fold x {repeats}, {nulls} null(s): {seconds[0]:.0f} s wall, "
        f"{seconds[1]:.0f} s CPU, peak {peak:.1f} GB"
    )
    rng = np.random.default_rng(0)
    print("model: r / r of the oracle [95%], SIMULATED")
    for name, values in nested.predictions.items():
        cells = []
        rows = {"cross-validated": (train, values[0])}
        rows |= {key: (index, fitted[name][index]) for key, index in sets.items()}
        for key, (index, predicted) in rows.items():
            ratio = compare_with_oracle(y[index], predicted, oracle[index], rng=rng)
            cells.append(f"{key} {ratio.ratio:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]")
        spread = nested.scores()[name].r
        cells.append(f"r {spread.mean():.3f} (SD over repeats {spread.std():.3f})")
        if name in paper.predictions:
            gain = paper.scores()[name].r[0] - spread.mean()
            cells.append(f"optimism of the published protocol {gain:+.3f}")
        if nulls:
            cells.append(f"null mean abs(r) {np.abs(nested.null_correlations()[name]).mean():.3f}")
        print(f"  {name:28s} " + "; ".join(cells))
    print("columns left in the first fold:", nested.records[0].counts)
    print("weights of the stack:", nested.records[0].weights)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="+", choices=["filter", "lasso", "nested"])
    parser.add_argument("--columns", type=int, default=N_FEATURES)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--nulls", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    if "filter" in arguments.parts:
        bench_filter(arguments.repeats)
    if "lasso" in arguments.parts:
        bench_lasso(arguments.repeats)
    if "nested" in arguments.parts:
        bench_nested(arguments.columns, arguments.repeats, arguments.nulls, arguments.seed)


if __name__ == "__main__":
    main()
