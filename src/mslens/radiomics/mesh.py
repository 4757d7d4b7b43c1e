"""The surface between a region and the rest: marching cubes at the half-way level.

Lorensen and Cline 1987. Every cube of 2x2x2 voxels cuts its crossed edges in the middle; the
crossings are joined around the cube's faces into loops, and the loops are cut into triangles.
How a bent loop is cut is a convention that changes the area; the choices below give the areas
and volumes of PyRadiomics 3.0.1, against which each of the 127 patterns was fitted.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, Spacing
from mslens.core.compiled import kernel

_CORNERS = np.array(
    [(0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0)]
)
_EDGES = [
    (a, b)
    for a, b in itertools.combinations(range(8), 2)
    if np.abs(_CORNERS[a] - _CORNERS[b]).sum() == 1
]
#: Middle of every edge of the unit cube, shape (12, 3).
_MIDDLES = np.array([(_CORNERS[a] + _CORNERS[b]) / 2 for a, b in _EDGES])

#: Pattern -> which of its triangulations is taken, in the order of `_triangulate`; others 0.
_CHOICE: dict[int, int] = {
    7: 1,
    14: 1,
    29: 2,
    30: 1,
    31: 2,
    35: 3,
    43: 2,
    47: 3,
    49: 1,
    53: 1,
    54: 2,
    55: 2,
    59: 3,
    61: 41,
    62: 41,
    70: 3,
    71: 2,
    76: 2,
    77: 2,
    86: 3,
    87: 20,
    92: 2,
    93: 23,
    95: 7,
    98: 2,
    99: 2,
    106: 2,
    107: 23,
    109: 13,
    110: 2,
    112: 3,
    113: 2,
    116: 2,
    118: 3,
    120: 3,
    121: 20,
    123: 7,
    124: 28,
    126: 7,
}

_MAX_TRIANGLES = 5

Loop = list[int]
Triangle = tuple[int, int, int]


def _face_rings() -> list[list[int]]:
    """Corners of the six faces, counter-clockwise seen from outside."""
    rings = []
    for axis, side in itertools.product(range(3), (0, 1)):
        ring = [c for c in range(8) if _CORNERS[c][axis] == side]
        across = _CORNERS[ring] - _CORNERS[ring].mean(axis=0)
        angle = np.arctan2(across[:, (axis + 2) % 3], across[:, (axis + 1) % 3])
        ordered = [ring[n] for n in np.argsort(angle)]
        rings.append(ordered if side else ordered[::-1])
    return rings


def _edge_after(ring: list[int], place: int) -> int:
    a, b = sorted((ring[place], ring[(place + 1) % 4]))
    return _EDGES.index((a, b))


def _find_loops(pattern: int) -> list[Loop]:
    """Join the crossed edges around the faces; inside corners of one face stay apart."""
    following = {}
    for ring in _face_rings():
        inside = [(pattern >> corner) & 1 for corner in ring]
        crossed = [n for n in range(4) if inside[n] != inside[(n + 1) % 4]]
        enters = [n for n in crossed if not inside[n]]
        for leaves in (n for n in crossed if inside[n]):
            back = next(n % 4 for n in range(leaves - 1, leaves - 5, -1) if n % 4 in enters)
            following[_edge_after(ring, leaves)] = _edge_after(ring, back)
    loops = []
    while following:
        loop = [min(following)]
        step = following.pop(loop[0])
        while step != loop[0]:
            loop.append(step)
            step = following.pop(step)
        loops.append(loop)
    return loops


def _triangulate(loop: Loop) -> list[list[Triangle]]:
    """All ways of cutting a loop into triangles, by the apex over its closing edge."""
    if len(loop) < 3:
        return [[]]
    return [
        [(loop[0], loop[apex], loop[-1]), *before, *after]
        for apex in range(1, len(loop) - 1)
        for before in _triangulate(loop[: apex + 1])
        for after in _triangulate(loop[apex:])
    ]


def _triangles_of(pattern: int) -> list[Triangle]:
    ways = itertools.product(*[_triangulate(loop) for loop in _find_loops(pattern)])
    chosen = next(itertools.islice(ways, _CHOICE.get(pattern, 0), None))
    return [(c, b, a) for loop in chosen for a, b, c in loop]


@functools.cache
def _build_table() -> npt.NDArray[np.int64]:
    table = np.full((128, _MAX_TRIANGLES, 3), -1, dtype=np.int64)
    for pattern in range(1, 128):
        triangles = _triangles_of(pattern)
        table[pattern, : len(triangles)] = triangles
    return table


@kernel
def _pattern(inside: Array, z: int, y: int, x: int) -> int:
    code = 0
    code |= inside[z, y, x] | inside[z, y, x + 1] << 1
    code |= inside[z, y + 1, x + 1] << 2 | inside[z, y + 1, x] << 3
    code |= inside[z + 1, y, x] << 4 | inside[z + 1, y, x + 1] << 5
    code |= inside[z + 1, y + 1, x + 1] << 6 | inside[z + 1, y + 1, x] << 7
    return int(code)


@kernel
def _measure(inside: Array, spacing: Array, table: Array, middles: Array) -> tuple[float, float]:
    area = volume = 0.0
    p = np.empty((3, 3))
    for z in range(inside.shape[0] - 1):
        for y in range(inside.shape[1] - 1):
            for x in range(inside.shape[2] - 1):
                code = _pattern(inside, z, y, x)
                if code in (0, 255):
                    continue
                sign = 1.0
                if code > 127:
                    code, sign = 255 - code, -1.0
                for t in range(table.shape[1]):
                    if table[code, t, 0] < 0:
                        break
                    for corner in range(3):
                        middle = middles[table[code, t, corner]]
                        p[corner, 0] = (z + middle[0]) * spacing[0]
                        p[corner, 1] = (y + middle[1]) * spacing[1]
                        p[corner, 2] = (x + middle[2]) * spacing[2]
                    volume += sign * np.dot(np.cross(p[0], p[1]), p[2])
                    normal = np.cross(p[0] - p[2], p[1] - p[2])
                    area += 0.5 * np.sqrt(np.dot(normal, normal))
    return area, volume / 6.0


def measure_mesh(inside: Array, *, spacing_mm: Spacing) -> tuple[float, float]:
    """Return surface area in mm^2 and enclosed volume in mm^3.

    Parameters
    ----------
    inside : ndarray, shape (k, j, i), bool
        The region with at least one voxel of rim on every side.
    spacing_mm : tuple of 3 float
        Voxel size along (k, j, i).
    """
    table = _build_table()
    area, volume = _measure(inside.astype(np.int64), np.array(spacing_mm), table, _MIDDLES)
    return float(area), float(volume)


def mesh_vertices(inside: Array, *, spacing_mm: Spacing) -> npt.NDArray[np.float64]:
    """Return the points where the surface cuts the grid, shape (n, 3), in mm along (k, j, i)."""
    points = []
    for axis in range(3):
        here = np.moveaxis(inside, axis, 0)
        crossed = np.argwhere(np.moveaxis(here[1:] != here[:-1], 0, axis)).astype(np.float64)
        crossed[:, axis] += 0.5
        points.append(crossed)
    return np.concatenate(points) * np.asarray(spacing_mm)
