"""How the time grows with voxels, regions, grey levels and threads: a plot and its numbers.

    python benchmarks/bench_radiomics_scaling.py [--out radiomics_scaling.png]

Synthetic volumes; 91 features of the original image; wall seconds for threads (as many as the
machine has cores), CPU seconds else; the median of three runs. The dashed line is proportional
growth. What is fitted is the exponent of the last two points.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from scipy import ndimage
from scipy.spatial import cKDTree

from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.extract import extract_features
from mslens.radiomics.images import Original
from mslens.radiomics.settings import EDSS_RADIOMICS, RadiomicsSettings

TICKS_S = [a * 10.0**b for b in range(-3, 3) for a in (1, 2, 5)]
#: Up to this number the points themselves are the ticks.
MANY = 1024


def make(edge: int, n_regions: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    image = ndimage.gaussian_filter(rng.normal(size=(edge,) * 3), 1.0)
    image *= 100 / image.std()
    seeds = rng.uniform(0, edge, (n_regions, 3))
    places = np.stack(np.indices(image.shape), axis=-1).reshape(-1, 3)
    labels = cKDTree(seeds).query(places)[1].reshape(image.shape) + 1
    return image, labels.astype(np.int32)


def settings(levels: int) -> RadiomicsSettings:
    return RadiomicsSettings(
        images=(Original(),),
        features=EDSS_RADIOMICS.features,
        discretisation=Discretisation(method="count", bin_count=levels),
    )


def run(
    edge: int, n_regions: int, levels: int, n_threads: int, clock: Callable[[], float]
) -> float:
    image, labels = make(edge, n_regions)
    seconds = []
    for _ in range(3):
        start = clock()
        extract_features(
            image,
            labels,
            voxel_size_mm=(1, 1, 1),
            settings=settings(levels),
            n_threads=n_threads,
        )
        seconds.append(clock() - start)
    return statistics.median(seconds)


def count_threads() -> list[int]:
    """Return 1, 2, 4, ... up to the cores of this machine."""
    cores = os.cpu_count() or 1
    return [2**n for n in range(cores.bit_length())]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("radiomics_scaling.png"))
    arguments = parser.parse_args()
    run(20, 2, 16, 2, time.process_time)
    cpu, wall = time.process_time, time.perf_counter
    series = {
        "voxels (50 regions, 64 levels)": [
            (edge**3, run(edge, 50, 64, 1, cpu)) for edge in (32, 48, 64, 96, 128)
        ],
        "regions (64³ voxels, 64 levels)": [
            (n, run(64, n, 64, 1, cpu)) for n in (1, 10, 50, 100, 200, 400)
        ],
        "grey levels (64³ voxels, 50 regions)": [
            (n, run(64, 50, n, 1, cpu)) for n in (8, 16, 32, 64, 128, 256, 512, 1024)
        ],
        "threads (64³ voxels, 100 regions), wall": [
            (n, run(64, 100, 64, n, wall)) for n in count_threads()
        ],
    }
    figure = Figure(figsize=(12, 3.2), layout="constrained")
    for axes, (name, points) in zip(figure.subplots(1, 4), series.items(), strict=True):
        x, y = zip(*points, strict=True)
        axes.loglog(x, y, "o-")
        slope = -1 if name.startswith("threads") else 1
        ends = np.array([x[0], x[-1]])
        axes.loglog(ends, y[-1] * (ends / x[-1]) ** slope, "--", color="0.6", linewidth=1)
        axes.set_ylim(min(y) / 2, max(y) * 2)
        axes.set_yticks([t for t in TICKS_S if min(y) / 2 < t < max(y) * 2])
        axes.yaxis.set_major_formatter("{x:g}")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_formatter(NullFormatter())
        if x[-1] <= MANY:
            axes.set_xticks(x, [str(n) for n in x])
        axes.set(xlabel=name, ylabel="seconds")
        axes.xaxis.label.set_size(8)
        axes.tick_params(labelsize=7)
        growth = np.log(y[-1] / y[-2]) / np.log(x[-1] / x[-2])
        print(name, [(a, round(b, 3)) for a, b in points], f"exponent {growth:.2f}", flush=True)
    figure.savefig(arguments.out, dpi=120)


if __name__ == "__main__":
    main()
