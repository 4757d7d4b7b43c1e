"""Compile the kernels of radiomics in a process of its own, before the subjects need them.

On a fresh machine every worker would compile them for itself, at the same time as the others.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import numpy as np

from mslens.core.rng import make_rng
from mslens.pipeline.environment import prepare_environment
from mslens.radiomics.extract import extract_features
from mslens.radiomics.settings import EDSS_RADIOMICS

_EDGE = 16


@contextlib.contextmanager
def compiling_ahead() -> Iterator[subprocess.Popen[bytes]]:
    """Compile while the block runs; what is not done at its end is left."""
    command = [sys.executable, "-m", "mslens.studies.demo.ahead"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def compile_kernels() -> None:
    """Describe two blocks of noise as the run describes regions; the machine code is kept."""
    shape = (_EDGE, _EDGE, _EDGE)
    labels = np.zeros(shape, dtype=np.int32)
    labels[2:-2, 2:-2, 2 : _EDGE // 2] = 1
    labels[2:-2, 2:-2, _EDGE // 2 : -2] = 2
    noise = make_rng(0, "compile").normal(100.0, 20.0, shape).astype(np.float32)
    extract_features(noise, labels, voxel_size_mm=(2.0, 2.0, 2.0), settings=EDSS_RADIOMICS)


if __name__ == "__main__":
    prepare_environment()
    compile_kernels()
