"""What the study takes from the output folder of `mslens run`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from mslens.core.errors import TableError
from mslens.io.derivatives import read_makers
from mslens.io.tables import read_tsv
from mslens.pipeline.origin import read_origin
from mslens.studies.edss_radiomics.tables import to_numbers

_NAME = re.compile(r"^sub-([^_]+)(?:_ses-([^_]+))?_disconnection\.tsv$")


@dataclass(frozen=True)
class RunFiles:
    """Files of a run; None where there is none.

    Parameters
    ----------
    disconnection : mapping
        Participant -> tables of its sessions, in order.
    simulated : bool
        Whether the dataset says that it is simulated.
    dataset : Path or None
        The BIDS dataset, where it has a ``participants.tsv``.
    lost : Path or None
        Where the run says that its dataset is, when there is no ``participants.tsv``.
    """

    participants: Path | None = None
    features: Path | None = None
    volumes: Path | None = None
    disconnection: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    simulated: bool = False
    dataset: Path | None = None
    lost: Path | None = None


def find_run_files(out: Path) -> RunFiles:
    """Look for what the study uses in the output folder of a run.

    The clinical table is that of the BIDS dataset: in OUT when it was copied there, else in the
    dataset that the run recorded, that ``dataset_description.json`` names or that holds OUT.
    """
    features = out / "radiomics"
    volumes = out / "group_volumes.tsv"
    dataset = _find_dataset(out)
    return RunFiles(
        None if dataset is None else dataset / "participants.tsv",
        features if (features / "X.npy").is_file() else None,
        volumes if volumes.is_file() else None,
        _find_disconnection(out),
        simulated=dataset is not None and _is_simulated(dataset),
        dataset=dataset,
        lost=read_origin(out) if dataset is None else None,
    )


def without_visits(
    tables: Mapping[str, tuple[Path, ...]], left_out: Collection[tuple[str, str]]
) -> dict[str, Path]:
    """Choose the table of each participant's first session that is not left out."""
    chosen: dict[str, Path] = {}
    for participant, paths in tables.items():
        for path in paths:
            match = _NAME.match(path.name)
            if match is not None and (participant, match[2] or "") not in left_out:
                chosen.setdefault(participant, path)
    return chosen


def read_disconnection(tables: Mapping[str, Path]) -> pd.DataFrame | None:
    """Join ``disconnection.tsv`` of all participants: one row each, ``chaco.REGION`` columns.

    Raises
    ------
    TableError
        If a table lacks its columns, or references differ between participants.
    """
    if not tables:
        return None
    rows: dict[str, dict[str, object]] = {}
    references = set()
    for participant, path in tables.items():
        table = read_tsv(path)
        if not {"region", "chaco"} <= set(table.columns):
            raise TableError(
                "the table of disconnection has no columns 'region' and 'chaco'", where=path
            )
        if "reference" in table.columns:
            references |= set(table["reference"].dropna())
        rows[participant] = dict(zip("chaco." + table["region"], table["chaco"], strict=True))
    if len(references) > 1:
        raise TableError(
            f"disconnection was measured with {len(references)} references: "
            f"{', '.join(sorted(references))}",
            expected="one reference for all participants",
            cure="Measure all with the same --tractogram",
        )
    return to_numbers(pd.DataFrame.from_dict(rows, orient="index"))


def _find_disconnection(out: Path) -> dict[str, tuple[Path, ...]]:
    found: dict[str, tuple[Path, ...]] = {}
    for path in sorted(out.glob("sub-*/**/*_disconnection.tsv")):
        match = _NAME.match(path.name)
        if match is not None:
            found[match[1]] = (*found.get(match[1], ()), path)
    return found


def _find_dataset(out: Path) -> Path | None:
    recorded = read_origin(out)
    places = [out, *([recorded] if recorded else []), *_source_datasets(out)]
    places += out.absolute().parents[:3]
    return next((place for place in places if (place / "participants.tsv").is_file()), None)


def _source_datasets(out: Path) -> list[Path]:
    try:
        description = json.loads((out / "dataset_description.json").read_bytes())
        urls = [str(source["URL"]) for source in description.get("SourceDatasets", [])]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    return [(out / url).resolve() for url in urls if "://" not in url]


def _is_simulated(dataset: Path) -> bool:
    return "mslens simulate" in read_makers(dataset)
