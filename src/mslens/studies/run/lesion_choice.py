"""Which lesion model a run uses, in the words of the command line."""

from __future__ import annotations

from pathlib import Path

from mslens.segment.lesion_model_store import MODEL_FILE, load_lesion_model
from mslens.studies.run.settings import RunSettings

#: Names that are no file.
BUILT_IN = ("trained", "fallback")


def find_lesion_model(name: str | None) -> Path | None:
    """Return the model file of the user's own, or None for a built-in model.

    Parameters
    ----------
    name : str or None
        ``trained``, ``fallback``, or a folder or file that `mslens train-lesions` wrote.

    Raises
    ------
    InputError
        If there is no such file.
    SettingsError
        If it is no lesion model.
    """
    if name is None or name in BUILT_IN:
        return None
    path = Path(name).absolute()
    path = path / MODEL_FILE if path.is_dir() else path
    load_lesion_model(path)
    return path


def choose_lesion_model(settings: RunSettings, name: str | None) -> RunSettings:
    """Put the name of a built-in lesion model into the settings of a run."""
    if name not in BUILT_IN:
        return settings
    lesions = settings.lesions.model_copy(update={"model": name})
    return settings.model_copy(update={"lesions": lesions})
