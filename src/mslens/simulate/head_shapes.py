"""Stated geometry of the simulated head around the template's brain, in MNI millimetres.

Positions were read off the template (brain from y = -107 to 73 and z = -72 to 82) and ordinary
anatomy; they make a head that looks and behaves like one in brain extraction, not an atlas.
"""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Ellipsoid:
    """Centre and half axes in mm; `mirrored` adds its twin on the other side of x = 0."""

    centre: Point
    radii: Point
    mirrored: bool = False


@dataclass(frozen=True)
class Rod:
    """A tube of one radius along a line of points, in mm."""

    points: tuple[Point, ...]
    radius: float
    mirrored: bool = False


#: Fluid outside of the brain's hull, and from there to the skin.
FLUID_MM, WALL_MM = 1.3, 14.0

SKIN = (
    Ellipsoid((0, 34, -48), (64, 60, 56)),
    Ellipsoid((0, 36, -88), (54, 52, 40)),
    Ellipsoid((0, 90, -52), (13, 19, 22)),
    Rod(((0, -34, -40), (0, -34, -190)), 57.0),
)
EARS = (Ellipsoid((80, -22, -38), (9, 15, 26), mirrored=True),)

EYES = (Ellipsoid((32, 65, -38), (12.2, 12.6, 12.2), mirrored=True),)
LENSES = (Ellipsoid((32, 74.5, -38), (4.6, 2.2, 4.6), mirrored=True),)
ORBITS = (
    Ellipsoid((29, 55, -37), (17.5, 26, 17), mirrored=True),
    Ellipsoid((22, 36, -34), (9, 16, 9), mirrored=True),
)
EYE_NERVES_AND_MUSCLES = (
    Rod(((31, 53, -38), (24, 32, -34), (14, 17, -27)), 2.2, mirrored=True),
    Rod(((43.5, 58, -38), (27, 30, -34)), 1.8, mirrored=True),
    Rod(((20.5, 58, -38), (21, 30, -34)), 1.9, mirrored=True),
    Rod(((32, 58, -26.5), (24, 30, -30)), 1.8, mirrored=True),
    Rod(((32, 58, -49), (24, 30, -38)), 1.8, mirrored=True),
)
AIR = (
    Ellipsoid((8, 62, -62), (4.5, 30, 17), mirrored=True),
    Ellipsoid((9, 52, -38), (6.5, 19, 10), mirrored=True),
    Ellipsoid((8, 20, -38), (8, 11, 8.5), mirrored=True),
    Ellipsoid((31, 50, -66), (12.5, 15, 16), mirrored=True),
    Ellipsoid((11, 77, -14), (9, 3.2, 9), mirrored=True),
    Ellipsoid((53, -34, -46), (7, 9, 11), mirrored=True),
    Rod(((0, 6, -52), (0, 4, -84), (0, 8, -190)), 6.5),
    Rod(((66, -20, -44), (86, -20, -44)), 2.8, mirrored=True),
)
TONGUE = (Ellipsoid((0, 44, -98), (24, 33, 19)),)
MARROW = (
    Rod(((0, 4, -40), (0, -12, -56), (0, -20, -66)), 6.0),
    Rod(((0, -22, -74), (0, -24, -84)), 4.5),
    Rod(((0, -24, -92), (0, -26, -106)), 9.0),
    Rod(((0, -26, -112), (0, -27, -126)), 9.0),
    Rod(((0, -27, -132), (0, -27, -146)), 9.0),
    Rod(((0, -27, -152), (0, -27, -190)), 9.0),
    Rod(((52, -2, -58), (47, 22, -88), (18, 66, -104), (0, 74, -106)), 5.0, mirrored=True),
)
CANAL = (Rod(((0, -44, -62), (0, -47, -78), (0, -50, -190)), 10.5),)
CORD = (Rod(((0, -45, -62), (0, -47, -78), (0, -50, -190)), 5.2),)
TEMPORAL_MUSCLES = (
    Ellipsoid((66, 10, -18), (9, 34, 40), mirrored=True),
    Ellipsoid((54, 8, -62), (12, 24, 26), mirrored=True),
)
NECK_MUSCLES = (
    Ellipsoid((17, -84, -82), (18, 22, 40), mirrored=True),
    Ellipsoid((46, -40, -92), (14, 22, 40), mirrored=True),
    Ellipsoid((19, -62, -120), (17, 26, 70), mirrored=True),
)
#: Veins and arteries: blood flows, so they are dark where a spin echo is used.
VESSELS = (
    Rod(((0, 60, 22), (0, 48, 56), (0, 14, 82), (0, -30, 84), (0, -72, 62), (0, -101, 18)), 3.6),
    Rod(((0, -101, 12), (24, -97, -16), (50, -72, -31), (57, -48, -36)), 3.6, mirrored=True),
    Rod(((0, -18, -58), (0, -9, -42), (0, -8, -22)), 1.9),
    Rod(((14, -4, -58), (13, 8, -36), (12, 4, -22)), 2.6, mirrored=True),
    Rod(((12, 4, -20), (28, 4, -18), (42, 2, -10)), 1.5, mirrored=True),
    Rod(((2, 12, -16), (2, 32, 2), (2, 26, 24)), 1.2, mirrored=True),
)
#: The choroid plexus in the atria and bodies of the lateral ventricles.
PLEXUS = (
    Ellipsoid((22, -38, 10), (2.3, 4.8, 3.2), mirrored=True),
    Rod(((18, -36, 16), (12, -22, 20), (5, -2, 16)), 1.2, mirrored=True),
)
