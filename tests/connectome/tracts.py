"""Small tractograms and files for the tests of `connectome`."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from mslens.connectome.tractogram import Tractogram


def make_tractogram(curves, subject_of=None):
    """Tractogram of a list of (m, 3) arrays."""
    length = np.array([len(curve) for curve in curves])
    stop = np.cumsum(length)
    subject = np.zeros(len(curves)) if subject_of is None else subject_of
    return Tractogram(
        np.concatenate(curves).astype(np.float32),
        stop - length,
        stop,
        np.asarray(subject, dtype=np.int32),
    )


def streamline(tractogram, number):
    """Points of one streamline."""
    return np.asarray(tractogram.points_mm[tractogram.start[number] : tractogram.stop[number]])


def random_curves(seed, n=40, *, size=12.0, points=(2, 30)):
    """Smooth random curves within a cube around the origin."""
    rng = np.random.default_rng(seed)
    curves = []
    for _ in range(n):
        steps = rng.normal(size=(rng.integers(*points), 3))
        curve = np.cumsum(steps, axis=0) + rng.uniform(-size / 2, size / 2, 3)
        curves.append(np.clip(curve, -size, size).astype(np.float32))
    return curves


def write_tck(path: Path, curves, *, count=None, end=True, dtype="Float32LE"):
    """Write a .tck file as MRtrix does."""
    kind = {"Float32LE": "<f4", "Float32BE": ">f4", "Float64LE": "<f8"}[dtype]
    count = len(curves) if count is None else count
    body = b"".join(np.vstack([curve, [[np.nan] * 3]]).astype(kind).tobytes() for curve in curves)
    body += np.full((1, 3), np.inf).astype(kind).tobytes() if end else b""
    text = f"mrtrix tracks\ncount: {count}\ndatatype: {dtype}\nfile: . {{}}\nEND\n"
    size = len(text) + 1
    path.write_bytes(text.format(size).encode().ljust(size, b"\0") + body)


def pack_tinytrack(voxels):
    """Bytes of streamlines, in 1/32 voxel, as DSI Studio packs them."""
    packed = b""
    for curve in voxels:
        whole = np.round(np.asarray(curve) * 32).astype(int)
        packed += struct.pack("<I", 3 * len(whole)) + struct.pack("<3i", *whole[0])
        packed += np.diff(whole, axis=0).astype(np.int8).tobytes()
    return packed
