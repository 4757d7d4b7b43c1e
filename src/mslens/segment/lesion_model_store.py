"""Lesion models on disk: arrays in an npz that nothing can be run from, and a card beside it.

``lesion_model.npz`` holds plain arrays (never pickled), ``lesion_model.json`` the model card. The
package carries one model; `mslens train-lesions` writes others.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mslens.core.arrays import Array
from mslens.core.errors import SettingsError
from mslens.io.files import read_bytes, write_atomically
from mslens.segment.lesion_context import CONTEXT_FEATURES
from mslens.segment.lesion_features import FEATURES
from mslens.segment.lesion_forest import Forest
from mslens.segment.lesion_model import LesionModel

MODEL_FILE, CARD_FILE = "lesion_model.npz", "lesion_model.json"
PACKAGED = Path(__file__).parent / "data" / MODEL_FILE
_FORMAT = 2
_ZIP = b"PK"
#: Of every entry of the archive, so that the same model has the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)
_CURE = "Give a file that this version of 'mslens train-lesions' wrote"


def save_lesion_model(folder: Path, model: LesionModel, card: Mapping[str, Any]) -> Path:
    """Write a model and its card; the same model gives the same bytes.

    Parameters
    ----------
    folder : Path
    model : LesionModel
    card : mapping
        JSON-able; the SHA-256 of the model file is added.

    Returns
    -------
    Path
        Of the model file.
    """
    arrays = {
        **model.first.arrays("first"),
        **model.second.arrays("second"),
        "scale": np.asarray(model.scale, dtype=np.float64),
        "threshold": np.array([model.threshold]),
        "format": np.array([_FORMAT]),
        "features": np.array(FEATURES),
        "context_features": np.array(CONTEXT_FEATURES),
    }
    content = _pack(arrays)
    path = folder / MODEL_FILE
    write_atomically(path, content)
    described = {**card, "sha256": hashlib.sha256(content).hexdigest()}
    text = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / CARD_FILE, text)
    return path


def load_lesion_model(path: Path = PACKAGED) -> LesionModel:
    """Read a model.

    Parameters
    ----------
    path : Path
        File of `save_lesion_model`, or the folder that holds it.

    Raises
    ------
    InputError
        If there is no such file.
    SettingsError
        If it is no lesion model, is damaged, or was made for other features.
    """
    return _read(path / MODEL_FILE if path.is_dir() else path)


def fingerprint(path: Path = PACKAGED) -> str:
    """Return the first 12 digits of the SHA-256 of a model file."""
    return hashlib.sha256(read_bytes(path)).hexdigest()[:12]


def _read(path: Path) -> LesionModel:
    content = read_bytes(path)
    if not content.startswith(_ZIP):
        raise SettingsError("this is no lesion model", where=path, cure=_CURE)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name]) for name in stored.files}
        return _assemble(arrays)
    except SettingsError as error:
        raise SettingsError(error.what, where=path, cure=_CURE) from error
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, IndexError) as error:
        raise SettingsError("this is no lesion model", where=path, cure=_CURE) from error


def _assemble(arrays: dict[str, Array]) -> LesionModel:
    known = (
        int(arrays["format"][0]) == _FORMAT
        and tuple(arrays["features"].tolist()) == FEATURES
        and tuple(arrays["context_features"].tolist()) == CONTEXT_FEATURES
    )
    if not known:
        raise SettingsError("the lesion model was made for other features than these")
    scale, threshold = arrays["scale"], float(arrays["threshold"][0])
    if scale.shape != (2,) or not np.isfinite([*scale, threshold]).all():
        raise SettingsError("the probability of the lesion model is damaged")
    n = len(FEATURES)
    return LesionModel(
        first=Forest.from_arrays(arrays, "first", n_features=n),
        second=Forest.from_arrays(arrays, "second", n_features=n + len(CONTEXT_FEATURES)),
        scale=scale,
        threshold=threshold,
    )


def _pack(arrays: Mapping[str, Array]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            member = io.BytesIO()
            np.save(member, np.ascontiguousarray(values), allow_pickle=False)
            archive.writestr(entry, member.getvalue())
    return buffer.getvalue()
