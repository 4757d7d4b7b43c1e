"""Which reference tractogram disconnection uses: the user's, or the synthetic one.

The synthetic reference is drawn once and kept with the compiled kernels, because it is the same
for every dataset.
"""

from __future__ import annotations

import os
from pathlib import Path

from mslens.connectome.index_store import INDEX_FILE, load_reference
from mslens.connectome.steps import make_synthetic_reference
from mslens.connectome.synthetic import SyntheticSettings
from mslens.core.caches import find_cache_folder
from mslens.core.errors import MslensError

#: Raise when the synthetic reference changes, so that an older one is not taken from the cache.
_VERSION = 1


def locate_reference(brought: Path | None) -> Path:
    """Return where the ``index.json`` of the reference is, or will be.

    Parameters
    ----------
    brought : Path or None
        Folder that `mslens import-tractogram` wrote; None for the synthetic reference.

    Raises
    ------
    InputError
        If the folder holds no index, or a damaged one.
    """
    if brought is None:
        folder = find_cache_folder(os.environ) / f"synthetic-reference-v{_VERSION}"
        return folder / INDEX_FILE
    load_reference(brought)
    return (brought / INDEX_FILE).absolute()


def prepare_reference(index: Path) -> None:
    """Draw the synthetic reference unless `index`, from `locate_reference`, can be used.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    if not _is_usable(index.parent):
        _draw(index.parent)


def _is_usable(folder: Path) -> bool:
    try:
        load_reference(folder)
    except MslensError:
        return False
    return True


def _draw(folder: Path) -> None:
    try:
        make_synthetic_reference(folder, SyntheticSettings())
    except MslensError:
        # Another process may have drawn it at the same time.
        if not _is_usable(folder):
            raise
