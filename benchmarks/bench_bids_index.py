"""Time the index of a BIDS tree of many small files, against pybids where it is installed.

python benchmarks/bench_bids_index.py --n-files 100000 --repeats 5
python benchmarks/bench_bids_index.py --n-files 6400 --pybids-python /path/to/venv/bin/python
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mslens.io.bids import IMAGE_EXTENSIONS, index_dataset

FILES_PER_SESSION = {
    "anat": ("T1w", "T2w", "FLAIR", "part-mag_T2starw", "part-phase_T2starw"),
    "dwi": ("dir-AP_dwi", "dir-PA_dwi"),
    "func": ("task-rest_run-1_bold", "task-rest_run-2_bold", "task-rest_run-3_bold"),
}
N_SESSIONS = 2
PYBIDS = """
import json, sys, time
from bids import BIDSLayout
times = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    layout = BIDSLayout(sys.argv[1], validate=False)
    images = layout.get(suffix="T1w", extension=[".nii.gz", ".nii"])
    times.append(time.perf_counter() - start)
print(json.dumps({"times_s": times, "n_t1w": len(images)}))
"""


def make_tree(root: Path, n_files: int) -> int:
    """Write empty images with sidecars until `n_files` is reached; return how many there are."""
    description = {"Name": "benchmark", "BIDSVersion": "1.10.0"}
    (root / "dataset_description.json").write_text(json.dumps(description))
    written = 1
    subject = 0
    while written < n_files:
        subject += 1
        for session in range(1, N_SESSIONS + 1):
            folder = root / f"sub-{subject:05d}" / f"ses-{session}"
            for datatype, names in FILES_PER_SESSION.items():
                (folder / datatype).mkdir(parents=True)
                for name in names:
                    stem = f"sub-{subject:05d}_ses-{session}_{name}"
                    (folder / datatype / f"{stem}.nii.gz").touch()
                    (folder / datatype / f"{stem}.json").write_text("{}")
                    written += 2
    return written


def index_and_query(root: Path) -> int:
    """Index the tree and find every T1w, as a caller would."""
    return len(index_dataset(root).find(suffix="T1w", extension=IMAGE_EXTENSIONS))


def time_repeats(work: Callable[[], object], repeats: int) -> list[float]:
    times_s = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - start)
    return times_s


def describe(name: str, times_s: list[float]) -> str:
    low, high = min(times_s), max(times_s)
    return f"{name:8s} median {statistics.median(times_s):7.3f} s  ({low:.3f}-{high:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-files", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pybids-python", help="Python of an environment that has pybids")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        written = make_tree(root, options.n_files)
        n_t1w = index_and_query(root)
        ours = time_repeats(lambda: index_and_query(root), options.repeats)
        print(f"{written} files, {n_t1w} T1w, {options.repeats} repeats, warm file cache")
        print(describe("mslens", ours))
        if options.pybids_python:
            command = [options.pybids_python, "-c", PYBIDS, folder, str(min(options.repeats, 3))]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
            theirs = json.loads(answer.stdout)
            if theirs["n_t1w"] != n_t1w:
                raise SystemExit(f"pybids finds {theirs['n_t1w']} T1w, mslens {n_t1w}")
            print(describe("pybids", theirs["times_s"]))
            ratio = statistics.median(theirs["times_s"]) / statistics.median(ours)
            print(f"ratio    {ratio:.1f} x (medians)")


if __name__ == "__main__":
    main()
