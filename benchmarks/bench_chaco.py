"""ChaCo by the inverse index against the sparse matrix product, on one and the same reference.

    python benchmarks/bench_chaco.py --tractogram ICBM152_adult.tck [--copies 100] [--repeats 21]

`--copies` repeats every streamline with small random shifts, to reach the size of a large
reference. The product is SciPy's: (streamlines x voxels) @ lesion, then regions @ touched. Both
give the same counts, which is checked. Processor seconds of one thread (so that other work on the
machine counts little), alternating, every lesion another one; medians.
"""

from __future__ import annotations

from mslens.pipeline.environment import prepare_environment

prepare_environment()


import argparse  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
from scipy import sparse  # noqa: E402

from mslens.connectome.chaco import measure_disconnection, total_ends  # noqa: E402
from mslens.connectome.endpoints import assign_ends  # noqa: E402
from mslens.connectome.inverse_index import InverseIndex, build_index  # noqa: E402
from mslens.connectome.region_store import built_in_regions  # noqa: E402
from mslens.connectome.tractogram import Tractogram  # noqa: E402
from mslens.connectome.tractogram_store import read_tractogram  # noqa: E402
from mslens.core.grid import Grid  # noqa: E402
from mslens.io.templates import load_template  # noqa: E402


def repeat_streamlines(tractogram: Tractogram, copies: int, seed: int) -> Tractogram:
    """Repeat every streamline, shifted as a whole by up to 2 mm; one subject per ten copies."""
    if copies == 1:
        return tractogram
    rng = np.random.default_rng(seed)
    rows, n = len(tractogram.points_mm), tractogram.n_streamlines
    points = np.empty((copies * rows, 3), dtype=np.float32)
    of_row = np.zeros(rows, dtype=np.int64)
    of_row[tractogram.start[1:]] = 1
    of_row = np.cumsum(of_row)
    for copy in range(copies):
        shift = rng.uniform(-2, 2, size=(n, 3)).astype(np.float32)
        points[copy * rows : (copy + 1) * rows] = tractogram.points_mm + shift[of_row]
    offset = np.repeat(np.arange(copies) * rows, n)
    subject = np.repeat(np.arange(copies) * 10 // copies, n)
    return Tractogram(
        points,
        np.tile(tractogram.start, copies) + offset,
        np.tile(tractogram.stop, copies) + offset,
        subject.astype(np.int32),
    )


def draw_lesions(grid: Grid, seed: int) -> np.ndarray:
    """Ten balls of 3 to 9 mm radius in the white matter: about 10 ml."""
    rng = np.random.default_rng(seed)
    white = np.argwhere(load_template().wm.data > 0.8)
    mask = np.zeros(grid.shape, dtype=bool)
    for middle in rng.permutation(white)[:10]:
        radius = rng.uniform(3, 9)
        low = np.maximum(middle - 10, 0)
        box = tuple(slice(a, b + 11) for a, b in zip(low, middle, strict=True))
        away = np.stack(
            np.meshgrid(
                *[np.arange(s.start, min(s.stop, n)) for s, n in zip(box, grid.shape, strict=True)],
                indexing="ij",
            ),
            axis=-1,
        )
        mask[box] |= ((away - middle) ** 2).sum(axis=-1) < radius**2
    return mask


def to_sparse(index: InverseIndex) -> sparse.csr_matrix:
    """Streamlines x voxels, from the same index."""
    n_voxels = index.voxel_start.size - 1
    by_voxel = sparse.csc_matrix(
        (np.ones(index.visitors.size, dtype=np.float32), index.visitors, index.voxel_start),
        shape=(index.n_streamlines, n_voxels),
    )
    return by_voxel.tocsr()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tractogram", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=21)
    arguments = parser.parse_args()
    tractogram = read_tractogram(arguments.tractogram)
    tractogram = repeat_streamlines(tractogram, arguments.copies, seed=0)
    regions = built_in_regions(load_template())
    grid = regions.places.grid
    start = time.perf_counter()
    index = build_index(tractogram, grid, max_outside_share=0.05)
    built = time.perf_counter() - start
    size_mb = (index.visitors.nbytes + index.voxel_start.nbytes) / 1e6
    print(
        f"{index.n_streamlines} streamlines, {index.visitors.size} voxel visits: built in "
        f"{built:.1f} s, {size_mb:.0f} MB"
    )
    ends = assign_ends(index.ends, regions.places.data, voxel_size_mm=grid.voxel_size_mm)
    totals = total_ends(ends, index.subject_of, n_regions=116)
    matrix = to_sparse(index)
    rows = np.tile(np.arange(index.n_streamlines), 2)
    ending = sparse.csr_matrix(
        (np.ones(rows.size, dtype=np.float32), (ends.T.ravel(), rows)),
        shape=(117, index.n_streamlines),
    )
    by_index, by_product = [], []
    measure_disconnection(index, draw_lesions(grid, 0), totals)
    for repeat in range(arguments.repeats):
        # Copied, so that both read a mask that lies in memory, as one from a file does.
        lesions = draw_lesions(grid, repeat).copy()
        start = time.process_time()
        found = measure_disconnection(index, lesions, totals)
        by_index.append(time.process_time() - start)
        start = time.process_time()
        touched = (matrix @ lesions.ravel().astype(np.float32)) > 0
        ending @ touched.astype(np.float32)
        by_product.append(time.process_time() - start)
        if found.n_hit != int(touched.sum()):
            raise SystemExit(f"{found.n_hit} streamlines against {int(touched.sum())}")
    ratios = [b / a for a, b in zip(by_index, by_product, strict=True)]
    for name, times in (("inverse index", by_index), ("sparse product", by_product)):
        ms = [1e3 * t for t in times]
        print(f"  {name:15s} {statistics.median(ms):8.2f} ms ({min(ms):.2f} - {max(ms):.2f})")
    print(
        f"  ratio {statistics.median(ratios):.0f} ({min(ratios):.0f} - {max(ratios):.0f}), "
        "the same streamlines in every run"
    )


if __name__ == "__main__":
    main()
