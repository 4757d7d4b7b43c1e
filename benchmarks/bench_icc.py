"""ICC of 125,580 features x 30 subjects x 2 measurements against pingouin, one by one.

    python benchmarks/bench_icc.py --peer /path/to/pingouin-env/bin/python

pingouin ("pip install pingouin") runs on a sample of the features in an environment of its own;
its time per feature is counted for all of them. Times are CPU seconds; runs alternate; medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from mslens.stats.icc import intraclass_correlation

N_FEATURES, N_SUBJECTS, N_MEASUREMENTS = 125_580, 30, 2

PEER = """
import json, sys, time, warnings
import numpy as np, pandas as pd, pingouin
warnings.simplefilter("ignore")
values = np.load(sys.argv[1])
n, k, f = values.shape
subjects, raters = np.repeat(np.arange(n), k), np.tile(np.arange(k), n)
start, found = time.process_time(), []
for j in range(f):
    table = pd.DataFrame({"s": subjects, "r": raters, "v": values[:, :, j].ravel()})
    found.append(pingouin.intraclass_corr(table, "s", "r", "v")["ICC"].tolist())
print(json.dumps({"seconds": time.process_time() - start, "icc": found}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(N_SUBJECTS, 1, N_FEATURES)) * rng.uniform(0.1, 4, N_FEATURES)
    values = truth + rng.normal(size=(N_SUBJECTS, N_MEASUREMENTS, N_FEATURES))
    intraclass_correlation(values[:, :, :10])
    times: dict[str, list[float]] = {"plain": [], "intervals": [], "peer": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.npy"
        np.save(path, values[:, :, : arguments.sample])
        for _ in range(arguments.rounds):
            for name, wanted in (("plain", False), ("intervals", True)):
                start = time.process_time()
                found = intraclass_correlation(values, intervals=wanted)
                times[name].append(time.process_time() - start)
            command = [str(arguments.peer), "-c", PEER, str(path)]
            answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            times["peer"].append(answer["seconds"] * N_FEATURES / arguments.sample)
    difference = np.abs(found.estimate[:, : arguments.sample] - np.array(answer["icc"]).T)
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(f"pingouin {medians['peer']:.0f} CPU s (from {arguments.sample} features)")
    for name in ("plain", "intervals"):
        print(f"ours, {name}: {medians[name]:.3f} s, {medians['peer'] / medians[name]:.0f}x")
    print(f"largest difference of the six forms: {difference.max():.1e}")


if __name__ == "__main__":
    main()
