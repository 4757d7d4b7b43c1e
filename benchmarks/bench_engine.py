"""Overhead of the engine: ms per task against a plain ProcessPoolExecutor, and a cached re-run.

Run: python benchmarks/bench_engine.py [--subjects 100] [--tasks 12] [--repeats 3]

The work of a task is the same everywhere: read one small file, write one small file. The plain
executor keeps no ledger, no hashes and no sidecars, and its outputs are not on the disk when it
returns; the ratio is the price of being able to be killed at any time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from mslens.core.settings import Settings
from mslens.pipeline.engine import EngineSettings, run_chains
from mslens.pipeline.plan import Chain, Facts, Files, Step, Task

WORKERS = 2


class CopySettings(Settings):
    """Settings of `copy`."""

    text: str = "x"


def copy(inputs: Files, outputs: Files, settings: CopySettings) -> Facts:
    """Copy a small file."""
    text = inputs["image"].read_text()
    outputs["image"].write_text(settings.text + text)
    return {"length": len(text)}


def copy_chain(chain: Chain) -> int:
    """Do the work of a chain and nothing else."""
    for task in chain.entries:
        assert isinstance(task, Task)
        task.outputs["image"].parent.mkdir(parents=True, exist_ok=True)
        copy(task.inputs, task.outputs, task.settings)  # type: ignore[arg-type]
    return len(chain.entries)


def make_chains(raw: Path, out: Path, subjects: int, tasks: int) -> list[Chain]:
    chains = []
    for number in range(subjects):
        name = f"{number:04d}"
        image = raw / f"sub-{name}_T1w.nii"
        image.write_text(name)
        entries = []
        for place in range(tasks):
            output = out / f"sub-{name}" / "anat" / f"sub-{name}_desc-{place}_T1w.nii"
            step = Step(f"copy-{place}", 1, "bench_engine:copy")
            files, written = {"image": image}, {"image": output}
            entries.append(Task(name, None, step, files, written, CopySettings()))
            image = output
        chains.append(Chain(name, tuple(entries)))
    return chains


def time_plain(chains: list[Chain]) -> float:
    context = multiprocessing.get_context("spawn")
    began = time.perf_counter()
    with ProcessPoolExecutor(WORKERS, mp_context=context) as executor:
        list(executor.map(copy_chain, chains))
    return time.perf_counter() - began


def time_engine(chains: list[Chain], out: Path, workers: int) -> float:
    began = time.perf_counter()
    result = run_chains(chains, out, settings=EngineSettings(workers=workers, memory_gb=1000))
    assert result.exit_code == 0
    return time.perf_counter() - began


def measure(subjects: int, tasks: int) -> dict[str, float]:
    """Return seconds of each way, in one run on the same disk."""
    found = {}
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        raw = Path(folder, "raw")
        raw.mkdir()
        chains = make_chains(raw, Path(folder, "plain"), subjects, tasks)
        found["plain executor"] = time_plain(chains)
        ways: dict[str, Callable[[list[Chain], Path], float]] = {
            "pool": lambda chains, out: time_engine(chains, out, WORKERS),
            "one worker": lambda chains, out: time_engine(chains, out, 1),
            "serial": lambda chains, out: time_engine(chains, out, 0),
        }
        for name, way in ways.items():
            out = Path(folder, name)
            chains = make_chains(raw, out, subjects, tasks)
            found[name] = way(chains, out)
            found[f"{name}, again"] = way(chains, out)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--subjects", type=int, default=100)
    parser.add_argument("--tasks", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    runs = [measure(arguments.subjects, arguments.tasks) for _ in range(arguments.repeats)]
    number = arguments.subjects * arguments.tasks
    print(f"{arguments.subjects} subjects x {arguments.tasks} tasks, {arguments.repeats} repeats")
    print("| way | s | ms/task | ms/subject | ratio to the plain executor |")
    print("| --- | --- | --- | --- | --- |")
    for name in runs[0]:
        seconds = [run[name] for run in runs]
        ratios = [run[name] / run["plain executor"] for run in runs]
        middle = statistics.median(seconds)
        print(
            f"| {name} | {middle:.2f} ({min(seconds):.2f}-{max(seconds):.2f})"
            f" | {1000 * middle / number:.2f} | {1000 * middle / arguments.subjects:.1f}"
            f" | {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) |"
        )


if __name__ == "__main__":
    # Workers import the settings and the step by name, which '__main__' has not.
    import bench_engine

    bench_engine.main()
