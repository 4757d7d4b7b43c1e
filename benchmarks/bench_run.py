"""Measure `mslens run`: time and memory per step, a second run, the same bytes, `--help`.

    python benchmarks/bench_run.py BIDS [--workers 2] [--repeat-with 1 4] [--out FOLDER]

Prints a Markdown table of CPU seconds and peak memory per step and session, the wall time of a
second run of the finished dataset, and whether runs with other numbers of workers gave the same
bytes in every map and table. Run it on a quiet machine: CPU time is what is compared.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

COMPARED = (".nii.gz", ".tsv", ".txt")


def mslens(*arguments: str) -> tuple[float, float, int]:
    """Run the command; return wall seconds, CPU seconds and exit code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, "-m", "mslens", *arguments]
    code = subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, code


def digests(out: Path) -> dict[str, str]:
    """Hash every map, table and transform of an output folder."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.name.endswith(COMPARED) and ".mslens" not in path.parts
    }


def print_costs(out: Path) -> None:
    """Print CPU time and memory per step, and per session the sum."""
    per_step: dict[str, list[float]] = defaultdict(list)
    per_session: dict[str, float] = defaultdict(float)
    memory: dict[str, float] = defaultdict(float)
    for path in sorted((out / "status").glob("sub-*.json")):
        status = json.loads(path.read_text())
        if status["subject"] == "group":
            continue
        for step in status["steps"]:
            if step["state"] != "done":
                continue
            who = f"sub-{status['subject']}" + (
                f" ses-{step['session']}" if step["session"] else ""
            )
            per_step[step["step"]].append(step["cpu_s"])
            per_session[who] += step["cpu_s"]
            memory[who] = max(memory[who], step["peak_rss_bytes"] / 1e9)
    print("\n| step | n | CPU s, median | range |\n| --- | --- | --- | --- |")
    for name, values in per_step.items():
        spread = f"{min(values):.1f}-{max(values):.1f}"
        print(f"| {name} | {len(values)} | {statistics.median(values):.1f} | {spread} |")
    print("\n| session | CPU s | peak GB |\n| --- | --- | --- |")
    for who, seconds in per_session.items():
        print(f"| {who} | {seconds:.1f} | {memory[who]:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bids")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat-with", type=int, nargs="*", default=[])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp(prefix="mslens-bench-"))
    first = out / f"workers-{options.workers}"
    wall, cpu, code = mslens("run", options.bids, str(first), "--nprocs", str(options.workers))
    print(f"first run: {wall:.0f} s wall, {cpu:.0f} s CPU, exit code {code}")
    print_costs(first)
    subjects = len(list(first.glob("sub-*.html")))
    again = [mslens("run", options.bids, str(first))[0] for _ in range(5)]
    median = statistics.median(again)
    print(
        f"\nsecond run: {median:.2f} s wall (median of 5, {min(again):.2f}-{max(again):.2f}),"
        f" {median / subjects:.2f} s per subject"
    )
    helps = [mslens("--help")[0] for _ in range(9)]
    print(f"mslens --help: {statistics.median(helps):.2f} s ({min(helps):.2f}-{max(helps):.2f})")
    expected = digests(first)
    for workers in options.repeat_with:
        other = out / f"workers-{workers}"
        mslens("run", options.bids, str(other), "--nprocs", str(workers))
        found = digests(other)
        different = sorted(
            k for k in expected.keys() | found.keys() if expected.get(k) != found.get(k)
        )
        print(f"{workers} workers: {len(found)} files, {len(different)} differ {different[:5]}")


if __name__ == "__main__":
    main()
