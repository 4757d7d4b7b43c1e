"""A model file: one fitted model, its card and its columns; nothing in it can run code.

First line: what it is, its format and the SHA-256 of the rest; then a NumPy archive of arrays
(never pickled) with a JSON description. The hash finds damage and edits; it is no signature.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

import mslens
from mslens.core.arrays import Array
from mslens.core.errors import InputError, TableError, UnknownName
from mslens.evaluate.cohort import list_names
from mslens.io.files import read_bytes, write_atomically
from mslens.learn.model_codec import decode, encode
from mslens.learn.novelty import CohortLikeness
from mslens.learn.tree import FEATURES, STACK, FittedTree, Model, ModelTree

FORMAT = 1
_MAGIC = b"mslens-model"
_TRAIN_AGAIN = "Train the model again with this version"


@dataclass(frozen=True, eq=False)
class SavedModel:
    """What a model file holds.

    Parameters
    ----------
    fitted : FittedTree
        The stages that the model needs, and the model.
    model : str
        Its name in the tree.
    residuals : ndarray, shape (n,)
        Observed minus predicted, of training patients by fits that had not seen them: for
        intervals. Their patients are not kept.
    likeness : CohortLikeness or None
        Of the columns that the model uses.
    card : dict
        Model card and whatever else is JSON-able.
    """

    fitted: FittedTree
    model: str
    residuals: Array
    likeness: CohortLikeness | None
    card: Mapping[str, Any]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that `predict` needs, in this order."""
        return tuple(str(name) for name in self.fitted.names[FEATURES])

    def predict(self, X: Array) -> Array:
        """Predict rows with the columns of `columns`, shape (n, p)."""
        return self.fitted.predict(X)[self.model]

    def inputs_of(self, X: Array) -> Array:
        """Return what the model itself sees of rows: each column of its last stages once."""
        models = self.fitted.tree.models
        chosen = models if self.model == STACK else {self.model: models[self.model]}
        tables, seen = self.fitted.transform(X), list[str]()
        parts = []
        for source in dict.fromkeys(model.source for model in chosen.values()):
            names = [str(name) for name in self.fitted.names[source]]
            parts.append(tables[source][:, [name not in seen for name in names]])
            seen += names
        return np.hstack(parts)

    def arrange(self, X: Array, columns: list[str]) -> Array:
        """Bring a table into the order of the model's columns.

        Raises
        ------
        TableError
            If columns are missing; the message counts and names them.
        """
        place = {name: number for number, name in enumerate(columns)}
        missing = [name for name in self.columns if name not in place]
        if missing:
            raise TableError(
                f"{len(missing)} of {len(self.columns)} columns of the model are missing: "
                f"{list_names(missing)}",
                expected="the features that the model was trained on",
                cure="Extract them with the settings on the model card",
            )
        return X[:, [place[name] for name in self.columns]]


def choose_model(fitted: FittedTree, name: str) -> FittedTree:
    """Return the tree with only what one model needs; the stack needs all.

    Raises
    ------
    UnknownName
        If there is no such model.
    """
    if name == STACK and fitted.weights is not None:
        return fitted
    if name not in fitted.models:
        raise UnknownName.of(name, fitted.models, kind="model")
    needed: list[str] = []
    source = fitted.tree.models[name].source
    while source != FEATURES:
        needed.insert(0, source)
        source = fitted.tree.stages[source].source
    stages = {key: fitted.tree.stages[key] for key in needed}
    models: dict[str, Model] = {name: fitted.tree.models[name]}
    tree = ModelTree(stages, models, stacked=False, random_state=fitted.tree.random_state)
    return FittedTree(
        tree,
        {key: fitted.stages[key] for key in needed},
        {name: fitted.models[name]},
        {key: fitted.names[key] for key in (FEATURES, *needed)},
    )


def save_model(path: Path, saved: SavedModel) -> str:
    """Write a model file; the same model gives the same bytes.

    Parameters
    ----------
    path : Path
        Replaced when it exists.
    saved : SavedModel

    Returns
    -------
    str
        SHA-256 of its content.

    Raises
    ------
    SettingsError
        If the model holds an estimator that cannot be saved.
    OutputError
        If the file cannot be written.
    """
    arrays: dict[str, Array] = {}
    description = {
        "mslens": mslens.__version__,
        "scikit-learn": sklearn.__version__,
        "model": saved.model,
        "card": dict(saved.card),
        "fitted": encode(saved.fitted, arrays),
        "residuals": encode(np.asarray(saved.residuals, dtype=np.float64), arrays),
        "likeness": encode(saved.likeness, arrays),
    }
    text = json.dumps(description, ensure_ascii=False, allow_nan=False).encode()
    stream = io.BytesIO()
    everything: dict[str, Any] = {"description": np.frombuffer(text, dtype=np.uint8), **arrays}
    np.savez_compressed(stream, **everything)
    payload = stream.getvalue()
    digest = hashlib.sha256(payload).hexdigest()
    write_atomically(path, b"%s %d %s\n" % (_MAGIC, FORMAT, digest.encode()) + payload)
    return digest


def load_model(path: Path) -> SavedModel:
    """Read a model file.

    Raises
    ------
    InputError
        If it is no model file, of another format or another scikit-learn, damaged or changed.
    """
    content = read_bytes(path)
    head, _, payload = content.partition(b"\n")
    words = head.split(b" ")
    if words[0] != _MAGIC or len(words) != 3:
        raise InputError("not a model file of mslens", where=path)
    if words[1] != str(FORMAT).encode():
        raise InputError(
            f"the model has format {words[1].decode('latin-1')}",
            where=path,
            expected=f"format {FORMAT}",
            cure=_TRAIN_AGAIN,
        )
    if hashlib.sha256(payload).hexdigest().encode() != words[2]:
        raise InputError(
            "the model file is not what was written: its hash differs",
            where=path,
            expected="an unchanged, complete file",
            cure="Copy it again from where it was made",
        )
    try:
        with np.load(io.BytesIO(payload), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        description = json.loads(arrays.pop("description").tobytes().decode())
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise InputError("the model file is damaged", where=path) from error
    _require_version(description, path)
    return SavedModel(
        decode(description["fitted"], arrays),
        description["model"],
        decode(description["residuals"], arrays),
        decode(description["likeness"], arrays),
        description["card"],
    )


def _require_version(description: Mapping[str, Any], path: Path) -> None:
    """Estimators keep their state as scikit-learn's minor version defines it."""
    made, here = str(description.get("scikit-learn")), sklearn.__version__
    if made.split(".")[:2] != here.split(".")[:2]:
        raise InputError(
            f"the model was made with scikit-learn {made} (mslens {description.get('mslens')}), "
            f"this is {here}",
            where=path,
            expected=f"a model made with scikit-learn {'.'.join(here.split('.')[:2])}",
            cure=f"{_TRAIN_AGAIN}, or install scikit-learn {made}",
        )
