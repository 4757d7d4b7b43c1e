"""Names, descriptions and sidecars of BIDS derivatives.

Source: the BIDS specification 1.10, "BIDS Derivatives".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import mslens
from mslens.io.bids_name import BidsName, format_name
from mslens.io.sidecars import read_sidecar, write_sidecar

__all__ = [
    "BIDS_VERSION",
    "derivative_path",
    "read_sidecar",
    "write_dataset_description",
    "write_sidecar",
]

BIDS_VERSION = "1.10.0"
_NO_ENTITIES: Mapping[str, str] = MappingProxyType({})


def derivative_path(
    out: Path,
    *,
    subject: str,
    session: str | None,
    suffix: str,
    extension: str = ".nii.gz",
    datatype: str = "anat",
    entities: Mapping[str, str] = _NO_ENTITIES,
) -> Path:
    """Build ``OUT/sub-X[/ses-Y]/anat/sub-X[_ses-Y]_<entities>_<suffix>.nii.gz``.

    Parameters
    ----------
    out : Path
        Folder of the derivatives.
    subject : str
        Label without ``sub-``.
    session : str or None
        Label without ``ses-``.
    suffix, extension, datatype : str
    entities : Mapping
        Short key to label, in any order: the name has them in the order of the specification.

    Returns
    -------
    Path

    Raises
    ------
    UnknownName
        If an entity is not known.
    SettingsError
        If a label is empty or holds a character that BIDS forbids.
    """
    folder = out / f"sub-{subject}"
    who = {"sub": subject}
    if session is not None:
        folder /= f"ses-{session}"
        who["ses"] = session
    name = format_name(BidsName({**entities, **who}, suffix, extension))
    return folder / datatype / name


def write_dataset_description(
    out: Path, *, name: str, source: str | None = None, inputs: Sequence[str] = ()
) -> None:
    """Write ``dataset_description.json`` of a derivative dataset, the same bytes for the same call.

    Parameters
    ----------
    out : Path
    name : str
        Name of the dataset, for readers.
    source : str, optional
        URL, DOI or relative path of the dataset that `out` was made from. An absolute path of
        this machine does not belong here.
    inputs : sequence of str
        The same for further datasets that were used, e.g. masks that the user brought.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    content: dict[str, Any] = {
        "Name": name,
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "mslens", "Version": mslens.__version__}],
    }
    sources = [text for text in (source, *inputs) if text]
    if sources:
        content["SourceDatasets"] = [{"URL": text} for text in sources]
    write_sidecar(out / "dataset_description.json", content)


def read_makers(root: Path) -> frozenset[str]:
    """Read which programs made a dataset, from ``GeneratedBy``; nobody where it cannot be read."""
    try:
        description = json.loads((root / "dataset_description.json").read_bytes())
        return frozenset(str(maker["Name"]) for maker in description["GeneratedBy"])
    except (OSError, ValueError, LookupError, TypeError):
        return frozenset()
