"""The study edss-radiomics on the simulated cohort: cost, share of the oracle, null, optimism.

    python benchmarks/bench_study.py full [--columns 125580] [--repeats 1] [--nprocs 2]
    python benchmarks/bench_study.py repeats [--columns 125580] [--repeats 10] [--keep FILE]
    python benchmarks/bench_study.py null [--columns 5000] [--nulls 5]

`full`: the whole study, 500 + 104 patients, one nested 10-fold with the four algorithms, the
models on factors and the stack; asked: at most 30 minutes and 6 GB on 2 cores, r of the best
model at least .92 of the oracle's (ambition .95). `repeats`: the nested cross-validation alone,
one repeat after the other, each printed when it is done and kept in FILE (a later call goes on
from there), with the spread over those that are done. `null`: the same on permuted targets;
asked: mean abs(r) below .1. With `--nprocs` folds are in processes of their own, and processor
time and memory are of all of them. Simulated: it shows that the machinery works, and the clinic is
a factor model, which suits models on factors.
"""

from __future__ import annotations

from mslens.pipeline.environment import prepare_environment

prepare_environment()

import argparse  # noqa: E402
import contextlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import statistics  # noqa: E402
import tempfile  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

from mslens.learn.nested import NestedSettings, evaluate_nested  # noqa: E402
from mslens.simulate.features import N_FEATURES  # noqa: E402
from mslens.stats.correlation import correlate  # noqa: E402
from mslens.studies.edss_radiomics.cohort import build_matrix  # noqa: E402
from mslens.studies.edss_radiomics.inclusion import apply_inclusion  # noqa: E402
from mslens.studies.edss_radiomics.light import (  # noqa: E402
    demonstrate,
    light_settings,
    simulate_input,
)
from mslens.studies.edss_radiomics.settings import StudySettings  # noqa: E402
from mslens.studies.edss_radiomics.split import TRAINING, split_patients  # noqa: E402
from mslens.studies.edss_radiomics.trees import build_tree  # noqa: E402


def measure_cpu() -> float:
    """Processor time in seconds, of the processes that have ended as well."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


class MemorySampler(threading.Thread):
    """The most memory, in GB, that this process and those it started hold at the same time.

    Sampled every second as proportional set size, which shares pages among their users (Linux).
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self._ended = threading.Event()

    def __enter__(self) -> MemorySampler:
        self.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Sample until the block ends."""
        while not self._ended.wait(1.0):
            parents, family, found = self._parents(), set[int](), {os.getpid()}
            while found:
                family |= found
                found = {pid for pid, parent in parents.items() if parent in found} - family
            self.peak = max(self.peak, sum(map(self._held, family)))

    def _parents(self) -> dict[int, int]:
        parents = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # a process that has just ended
                parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        return parents

    def _held(self, pid: int) -> float:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return float(line.split()[1]) / 1e6
        return 0.0


def make_teller():
    wall, cpu = time.perf_counter(), measure_cpu()

    def tell(message: str) -> None:
        now = time.perf_counter() - wall, measure_cpu() - cpu
        print(f"  {now[0]:7.0f} s wall {now[1]:7.0f} s CPU  {message[:100]}", flush=True)

    return tell


def run(out: Path, columns: int, seed: int, settings: StudySettings, nprocs: int) -> dict[str, Any]:
    start = time.perf_counter(), measure_cpu()
    with MemorySampler() as memory:
        files = demonstrate(
            out,
            n_features=columns,
            seed=seed,
            settings=settings,
            n_workers=nprocs,
            tell=make_teller(),
        )
    wall, cpu = time.perf_counter() - start[0], measure_cpu() - start[1]
    print(
        f"{columns} columns, {settings.n_folds}-fold x {settings.n_repeats}, {settings.n_null} "
        f"null(s), {nprocs} process(es): {wall / 60:.1f} min wall, {cpu / 60:.1f} min CPU, peak "
        f"{memory.peak:.2f} GB (model file {files.model.stat().st_size / 1e6:.1f} MB)"
    )
    return json.loads(files.result.read_text())


def show(result: dict[str, Any]) -> None:
    print("SIMULATED. r, r / r of the oracle [95%], CCC, R2 (1 - SSE/SST), MAE")
    for row in result["performance"]:
        scores, oracle = row["scores"], row["oracle"]
        share = "-" if oracle is None else f"{oracle[0]:.3f} [{oracle[1]:.3f}, {oracle[2]:.3f}]"
        print(
            f"  {row['set']:9s} {row['model']:28s} {scores['r'][0]:.3f}  {share}  "
            f"{scores['concordance'][0]:.3f}  {scores['determination'][0]:.3f}  "
            f"{scores['mean_absolute_error'][0]:.3f}"
        )
    for row in result["optimism"]:
        print(
            f"  optimism of the published order, {row['model']}: r {row['r_paper']:.3f} - "
            f"{row['r_nested']:.3f} = {row['optimism']:+.3f}"
        )
    for name, values in result["null"].items():
        print(f"  null, {name}: mean abs(r) {statistics.mean(values):.3f} of {len(values)}")
    for row in result["funnel"]:
        print(f"  funnel: {row['step']}: {row['left']} left {row['folds'] or ''}, {row['paper']}")
    print("  saved:", result["saved"]["model"], "- intervals:", result["intervals"])


def repeat_validation(given: argparse.Namespace) -> None:
    columns, seed, keep = given.columns or N_FEATURES, given.seed, given.keep
    settings, tell = StudySettings(seed=seed), make_teller()
    with tempfile.TemporaryDirectory() as folder:
        data = simulate_input(Path(folder), n_features=columns, seed=seed, settings=settings)
    people = apply_inclusion(data, settings).included
    clinical = data.clinical.reindex(list(people))
    target = clinical[settings.target].to_numpy(dtype=float)
    rows = split_patients(target, clinical, settings).rows[TRAINING]
    matrix = build_matrix(data, people, min_icc=settings.selection.min_icc, missing="refuse")
    inside = np.array(people)[rows]
    oracle = correlate(target[rows], data.oracle.reindex(inside).to_numpy())
    tree, X, y = build_tree(matrix, settings), matrix.X[rows], target[rows]
    tell(f"{X.shape[0]} training patients, {X.shape[1]} columns; r of the oracle {oracle:.3f}")
    done = json.loads(keep.read_text()) if keep is not None and keep.is_file() else []
    for number in range(len(done), given.repeats or 10):
        start, cpu = time.perf_counter(), measure_cpu()
        found = evaluate_nested(
            tree,
            X,
            y,
            settings=NestedSettings(n_folds=10, first_repeat=number, seed=seed),
            patients=inside,
            names=matrix.names,
            n_workers=given.nprocs,
            progress=lambda fold, of, number=number: tell(f"repeat {number + 1}, {fold} of {of}"),
        )
        r = {name: float(scores.r[0]) for name, scores in found.scores().items()}
        wall = time.perf_counter() - start
        done.append({"r": r, "wall_s": wall, "cpu_s": measure_cpu() - cpu})
        if keep is not None:
            keep.write_text(json.dumps(done))
        print(f"repeat {number + 1}:", {k: round(v, 4) for k, v in r.items()}, flush=True)
        show_spread(done, oracle)


def show_spread(done: list[dict[str, Any]], oracle: float) -> None:
    print(f"SIMULATED. {len(done)} repeat(s), r of the oracle {oracle:.3f}")
    for name in done[0]["r"]:
        r = np.array([repeat["r"][name] for repeat in done])
        spread = r.std(ddof=1) if r.size > 1 else float("nan")
        print(
            f"  {name:28s} r {r.mean():.3f}, SD {spread:.4f}, {r.min():.3f} - {r.max():.3f}; "
            f"r / oracle {r.mean() / oracle:.3f}, {r.min() / oracle:.3f} - {r.max() / oracle:.3f}"
        )
    for name in ("wall", "cpu"):
        spent = [repeat[f"{name}_s"] / 60 for repeat in done]
        print(f"  {name} per repeat {min(spent):.1f} - {max(spent):.1f} min", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["full", "repeats", "null"])
    parser.add_argument("--columns", type=int)
    parser.add_argument("--repeats", type=int, help="default: 1, of 'repeats' 10")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--nprocs", type=int, default=1)
    parser.add_argument("--nulls", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    if given.part == "repeats":
        repeat_validation(given)
        return
    if given.part == "full":
        settings = StudySettings(n_repeats=given.repeats or 1, seed=given.seed)
        columns = given.columns or N_FEATURES
    else:
        light = light_settings(seed=given.seed)
        settings = light.model_copy(
            update={"n_null": given.nulls, "n_folds": 10, "compare_protocols": False}
        )
        columns = given.columns or 5000
    with tempfile.TemporaryDirectory() as folder:
        show(run(Path(folder), columns, given.seed, settings, given.nprocs))


if __name__ == "__main__":
    main()
