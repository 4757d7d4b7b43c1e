"""Plain-Python definitions of the texture matrices, to hold the compiled kernels against."""

from __future__ import annotations

import itertools

import numpy as np

STEPS = [s for s in itertools.product((-1, 0, 1), repeat=3) if s > (0, 0, 0)]


def level_map(levels, region):
    """Levels of a region in its padded box."""
    return region.fill_box(np.asarray(levels, dtype=np.int32))


def pair_matrices(box, n_levels):
    """Symmetric co-occurrence counts per direction, shape (13, n, n)."""
    out = np.zeros((len(STEPS), n_levels, n_levels))
    for d, step in enumerate(STEPS):
        for at in zip(*np.nonzero(box), strict=True):
            to = tuple(np.add(at, step))
            if box[to] > 0:
                out[d, box[at] - 1, box[to] - 1] += 1
                out[d, box[to] - 1, box[at] - 1] += 1
    return out


def run_matrices(box, n_levels):
    """Run counts per direction as dictionaries (level, length) -> runs."""
    out = []
    for step in STEPS:
        runs = {}
        for at in zip(*np.nonzero(box), strict=True):
            if box[tuple(np.subtract(at, step))] == box[at]:
                continue
            length, to = 1, tuple(np.add(at, step))
            while box[to] == box[at]:
                length, to = length + 1, tuple(np.add(to, step))
            key = (int(box[at]), length)
            runs[key] = runs.get(key, 0) + 1
        out.append(runs)
    return out


def zones(box):
    """(level, set of places) of every 26-connected zone."""
    left = set(zip(*np.nonzero(box), strict=True))
    found = []
    while left:
        front = [left.pop()]
        zone = {front[0]}
        while front:
            at = front.pop()
            for step in itertools.product((-1, 0, 1), repeat=3):
                to = tuple(np.add(at, step))
                if to in left and box[to] == box[at]:
                    left.discard(to)
                    zone.add(to)
                    front.append(to)
        found.append((int(box[next(iter(zone))]), zone))
    return found


def emphases(counts):
    """Shared features of a matrix {(level, size): count} by their definitions."""
    total = sum(counts.values())
    p = {key: c / total for key, c in counts.items()}
    by_level, by_size = {}, {}
    for (i, j), c in counts.items():
        by_level[i] = by_level.get(i, 0) + c
        by_size[j] = by_size.get(j, 0) + c
    mean_i = sum(i * q for (i, _), q in p.items())
    mean_j = sum(j * q for (_, j), q in p.items())
    return {
        "short": sum(q / j**2 for (_, j), q in p.items()),
        "long": sum(q * j**2 for (_, j), q in p.items()),
        "low_grey_level": sum(q / i**2 for (i, _), q in p.items()),
        "high_grey_level": sum(q * i**2 for (i, _), q in p.items()),
        "short_low": sum(q / i**2 / j**2 for (i, j), q in p.items()),
        "short_high": sum(q * i**2 / j**2 for (i, j), q in p.items()),
        "long_low": sum(q * j**2 / i**2 for (i, j), q in p.items()),
        "long_high": sum(q * i**2 * j**2 for (i, j), q in p.items()),
        "grey_level_non_uniformity": sum(c**2 for c in by_level.values()) / total,
        "grey_level_non_uniformity_normalised": sum(c**2 for c in by_level.values()) / total**2,
        "size_non_uniformity": sum(c**2 for c in by_size.values()) / total,
        "size_non_uniformity_normalised": sum(c**2 for c in by_size.values()) / total**2,
        "grey_level_variance": sum(q * (i - mean_i) ** 2 for (i, _), q in p.items()),
        "size_variance": sum(q * (j - mean_j) ** 2 for (_, j), q in p.items()),
        "entropy": -sum(q * np.log2(q) for q in p.values()),
        "energy": sum(q**2 for q in p.values()),
    }
