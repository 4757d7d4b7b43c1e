"""The environment that every step runs in: one thread, fixed seeds, writable caches.

Threads and seeds are read by native libraries when they are loaded, so they are set before the
first import of NumPy, ITK or Numba. The number of threads is fixed because it changes results:
parallel work is over subjects, never inside a step.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from mslens.core.caches import find_caches

#: What makes a step give the same bytes on every machine and in every worker.
FIXED_VARIABLES = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
    "ANTS_RANDOM_SEED": "1",
}
#: Of workers only, because Python reads them when it starts.
WORKER_VARIABLES = {
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONUNBUFFERED": "1",
}
#: Libraries that read the fixed variables when they are loaded.
NATIVE_MODULES = ("numpy", "scipy", "numba", "ants", "SimpleITK", "torch")


def prepare_environment() -> None:
    """Fix threads and seeds of this process; call before imports.

    Writable caches were found when the package was imported, see `mslens.core.caches`.
    """
    os.environ.update(FIXED_VARIABLES)


def imported_too_early(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Name the native libraries that were loaded although the fixed variables are not set."""
    if all(environment.get(name) == value for name, value in FIXED_VARIABLES.items()):
        return ()
    return tuple(name for name in NATIVE_MODULES if name in sys.modules)


def make_worker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a new worker: that of the caller with the fixed variables."""
    return {**environment, **FIXED_VARIABLES, **WORKER_VARIABLES, **find_caches(environment)}
