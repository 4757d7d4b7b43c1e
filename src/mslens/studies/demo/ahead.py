"""What every subject needs and only the first one has to make, in a process of its own.

On a fresh machine every worker would compile the kernels of radiomics for itself, at the same time
as the others, and the run would draw the reference of disconnection while its workers wait.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np

from mslens.core.rng import make_rng
from mslens.pipeline.environment import prepare_environment
from mslens.radiomics.extract import extract_features
from mslens.radiomics.settings import EDSS_RADIOMICS
from mslens.studies.disconnect.reference import locate_reference, prepare_reference

_EDGE = 16


@contextlib.contextmanager
def working_ahead() -> Iterator[Callable[[], None]]:
    """Draw the reference and compile while the block runs; what is not done at its end is left.

    Yields
    ------
    callable
        Returns when the reference is there, or when it cannot be drawn.
    """
    command = [sys.executable, "-m", "mslens.studies.demo.ahead"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )

    def wait_for_reference() -> None:
        if process.stdout is not None:
            process.stdout.readline()

    with process:
        try:
            yield wait_for_reference
        finally:
            process.terminate()


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
    prepare_reference(locate_reference(None))
    print("reference", flush=True)  # noqa: T201
    compile_kernels()
