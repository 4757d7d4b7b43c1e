"""Stationary wavelet transform of a volume: eight sub-bands, none smaller than the image.

Along each axis the image is convolved circularly with a low- and a high-pass filter (Nason and
Silverman 1995). Axes of odd length are extended by one voxel that wraps around, and cut again.
Values repeat the sums of PyWavelets' ``swtn`` in its order, in float32 for float32 images: bit
for bit where neither compiler fuses multiplication and addition (x86-64).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Generator, Iterator
from importlib import resources

import numpy as np

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.core.errors import UnknownName

#: Voxels of a row that are convolved together when the axis is not contiguous.
_BLOCK = 2048


@functools.cache
def _read_banks() -> dict[str, dict[str, list[float]]]:
    text = resources.files(__package__).joinpath("wavelet_banks.json").read_text("utf-8")
    banks: dict[str, dict[str, list[float]]] = json.loads(text)
    return banks


def list_wavelets() -> list[str]:
    """Return the names of the wavelets that are known."""
    return list(_read_banks())


def decomposition_filters(wavelet: str) -> tuple[Array, Array]:
    """Return the low- and the high-pass decomposition filter of a wavelet, float64.

    Raises
    ------
    UnknownName
        If no such wavelet is known.
    """
    bank = _read_banks().get(wavelet)
    if bank is None:
        raise UnknownName.of(wavelet, _read_banks(), kind="wavelet")
    low = np.array(bank["low"])
    return low, np.array(bank["high"]) if "high" in bank else _mirror(low)


def _mirror(low: Array) -> Array:
    return low[::-1] * np.where(np.arange(low.size) % 2, 1, -1).astype(low.dtype)


def _taps(wavelet: str, dtype: type) -> dict[str, Array]:
    low, high = decomposition_filters(wavelet)
    if dtype is np.float32 and wavelet.startswith("coif"):
        # PyWavelets scales its table of Coiflets by sqrt(2) in the precision of the image.
        low = (low / np.sqrt(2.0)).astype(dtype) * dtype(np.sqrt(2.0))
        high = _mirror(low)
    return {"L": low.astype(dtype), "H": high.astype(dtype)}


@kernel
def _convolve_contiguous(lines: Array, taps: Array, out: Array) -> None:
    """Circular convolution of axis 1 of (outer, length)."""
    outer, length = lines.shape
    half = taps.size // 2
    wrapped = np.empty(length + taps.size, dtype=lines.dtype)
    for o in range(outer):
        for t in range(wrapped.size):
            wrapped[t] = lines[o, (t + half + 1 - taps.size) % length]
        row = out[o]
        row[:] = 0
        for k in range(taps.size):
            tap, shift = taps[k], taps.size - 1 - k
            for t in range(length):
                row[t] += tap * wrapped[t + shift]
        for t in range(max(0, length - half), length):
            row[t] = 0
            for n in range(taps.size):
                k = _nth_tap(n, t + half - length)
                row[t] += taps[k] * lines[o, (t + half - k) % length]


@kernel
def _nth_tap(n: int, beyond: int) -> int:
    """Return which tap PyWavelets adds n-th, `beyond` voxels after the end: nearest first.

    Taps that reach over the end of the line are added from the line's first voxel on, that is
    in descending order. The sum of the same terms in another order differs in its last bits.
    """
    return beyond - n if 0 <= n <= beyond else n


@kernel
def _convolve(lines: Array, taps: Array, out: Array) -> None:
    """Circular convolution of axis 1 of (outer, length, inner)."""
    outer, length, inner = lines.shape
    half = taps.size // 2
    for o in range(outer):
        for start in range(0, inner, _BLOCK):
            stop = min(start + _BLOCK, inner)
            for t in range(length):
                row = out[o, t, start:stop]
                row[:] = 0
                for n in range(taps.size):
                    k = _nth_tap(n, t + half - length)
                    tap = taps[k]
                    source = lines[o, (t + half - k) % length, start:stop]
                    for i in range(stop - start):
                        row[i] += tap * source[i]


def _filter_axis(image: Array, taps: Array, axis: int) -> Array:
    length = image.shape[axis]
    lines = image.reshape(int(np.prod(image.shape[:axis], dtype=int)), length, -1)
    out = np.empty_like(lines)
    if lines.shape[2] == 1:
        _convolve_contiguous(lines[:, :, 0], taps, out[:, :, 0])
    else:
        _convolve(lines, taps, out)
    return out.reshape(image.shape)


def wavelet_bands(
    image: Array, *, wavelet: str = "coif1", level: int = 1, start_level: int = 0
) -> Iterator[tuple[str, Array]]:
    """Yield the sub-bands of a volume one by one, so that few are in memory.

    Parameters
    ----------
    image : ndarray, shape (k, j, i)
        float32 stays float32; everything else is filtered in float64.
    wavelet : str
        One of `list_wavelets`, by PyWavelets' names.
    level, start_level : int
        Number of decompositions, and how many to apply before the first that is yielded.

    Yields
    ------
    name : str
        ``"LLH"``: letters for the axes i, j, k; with a level in front of the dash from the
        second on (``"2-LLH"``), as PyRadiomics names them.
    band : ndarray, shape (k, j, i)

    Raises
    ------
    UnknownName
        If no such wavelet is known.
    """
    dtype = np.float32 if image.dtype == np.float32 else np.float64
    filters = _taps(wavelet, dtype)
    odd = [(0, n % 2) for n in image.shape]
    data = np.pad(image, odd, mode="wrap").astype(dtype)
    kept = tuple(slice(0, n) for n in image.shape)
    for _ in range(start_level):
        data = _approximate(data, filters["L"])
    last = start_level + level - 1
    for current in range(start_level, last + 1):
        number = current - start_level + 1
        prefix = "" if number == 1 else f"{number}-"
        data = yield from _yield_details(data, filters, prefix, kept)
    yield ("" if level == 1 else f"{level}-") + "LLL", data[kept]


def _approximate(data: Array, low: Array) -> Array:
    for axis in (2, 1, 0):
        data = _filter_axis(data, low, axis)
    return data


def _yield_details(
    data: Array, filters: dict[str, Array], prefix: str, kept: tuple[slice, ...]
) -> Generator[tuple[str, Array], None, Array]:
    """Yield the seven detail bands and return the approximation."""
    approximation = data
    for first in "LH":
        along_i = _filter_axis(data, filters[first], 2)
        for second in "LH":
            along_j = _filter_axis(along_i, filters[second], 1)
            for third in "LH":
                name = first + second + third
                band = _filter_axis(along_j, filters[third], 0)
                if name == "LLL":
                    approximation = band
                else:
                    yield prefix + name, band[kept]
    return approximation
