"""DeLong for k models against model pairs; repeated-measures ANOVA against pingouin.

    python benchmarks/bench_stats.py --peer /path/to/pingouin-env/bin/python [--repeats 7]

pingouin runs in an environment of its own and is left out without `--peer`. Times are CPU
seconds; runs alternate; medians with their range.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np

from mslens.stats.delong import AucComparison, compare_aucs
from mslens.stats.pairwise import compare_pairs
from mslens.stats.rm_anova import analyse_repeated_measures

PEER = """
import json, sys, time, warnings
import numpy as np, pandas as pd, pingouin
warnings.simplefilter("ignore")
tables = np.load(sys.argv[1])
start = time.process_time()
rows = []
for table in tables:
    frame = pd.DataFrame(table, columns=[f"m{i}" for i in range(table.shape[1])])
    found = pingouin.rm_anova(frame, correction=True, detailed=True, effsize="np2")
    name = "p_GG_corr" if "p_GG_corr" in found else "p-GG-corr"
    rows.append([float(found.loc[0, "F"]), float(found.loc[0, "eps"]), float(found.loc[0, name])])
print(json.dumps({"seconds": time.process_time() - start, "rows": rows}))
"""


def describe(seconds: list[float]) -> str:
    middle = statistics.median(seconds)
    return f"{middle * 1e3:9.2f} ms ({min(seconds) * 1e3:.2f} - {max(seconds) * 1e3:.2f})"


def measure(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def compare(name: str, ours: list[float], theirs: list[float]) -> None:
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    print(f"{name}\n  mslens  {describe(ours)}\n  peer    {describe(theirs)}")
    print(f"  ratio   {statistics.median(ratios):.1f} ({min(ratios):.1f} - {max(ratios):.1f})")


def by_pairs(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Compare every pair of models on its own, as two-model packages do."""
    z = np.zeros((len(scores), len(scores)))
    for i, j in combinations(range(len(scores)), 2):
        pair: AucComparison = compare_aucs(truth, scores[[i, j]])
        z[i, j], z[j, i] = pair.z[0, 1], pair.z[1, 0]
    return z


def bench_delong(repeats: int) -> None:
    rng = np.random.default_rng(0)
    for n, k in ((400, 10), (400, 30), (5000, 30)):
        truth = rng.random(n) < 0.4
        scores = truth + rng.normal(size=(k, n))
        gap = np.abs(by_pairs(truth, scores) - compare_aucs(truth, scores).z).max()
        ours, theirs = [], []
        for _ in range(repeats):
            ours.append(measure(lambda t=truth, s=scores: compare_aucs(t, s).p))
            theirs.append(measure(lambda t=truth, s=scores: by_pairs(t, s)))
        compare(f"DeLong, {k} models, {n} rows (largest difference of z {gap:.1e})", ours, theirs)


def bench_anova(peer: Path, repeats: int, n_tables: int) -> None:
    tables = np.random.default_rng(1).normal(size=(n_tables, 100, 4)) * [1, 1.2, 1.5, 2]
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "tables.npy", tables)
        for _ in range(repeats):
            ours.append(measure(lambda: (analyse_repeated_measures(tables), compare_pairs(tables))))
            told = subprocess.run(
                [peer, "-c", PEER, str(Path(folder) / "tables.npy")],
                check=True,
                capture_output=True,
                text=True,
            )
            answer = json.loads(told.stdout.splitlines()[-1])
            theirs.append(answer["seconds"])
    found, rows = analyse_repeated_measures(tables), np.array(answer["rows"])
    gaps = [np.abs(found.f - rows[:, 0]).max(), np.abs(found.epsilon - rows[:, 1]).max()]
    gaps.append(np.abs(found.p_corrected - rows[:, 2]).max())
    worst = ", ".join(f"{gap:.1e}" for gap in gaps)
    compare(
        f"{n_tables} repeated-measures ANOVAs of 100 x 4, ours with all pairs besides "
        f"(largest difference of F, epsilon, p: {worst})",
        ours,
        theirs,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, help="Python of an environment with pingouin")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--tables", type=int, default=50)
    arguments = parser.parse_args()
    bench_delong(arguments.repeats)
    if arguments.peer is None:
        print("pingouin is left out: no --peer")
    else:
        bench_anova(arguments.peer, min(arguments.repeats, 3), arguments.tables)


if __name__ == "__main__":
    main()
