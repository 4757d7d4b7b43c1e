"""The tasks of `mslens radiomics`: per pair the features and the maps, then the tables of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from mslens.core.errors import InputError
from mslens.core.settings import Settings
from mslens.pipeline.plan import GROUP, Chain, Failure, Files, Skip, Step, Task
from mslens.radiomics.cohort_store import CohortSettings
from mslens.radiomics.extract import name_images
from mslens.radiomics.ibsi_store import IbsiExtractionSettings
from mslens.radiomics.steps import ExtractionSettings, name_features
from mslens.radiomics.wide_store import WideSettings
from mslens.studies.radiomics.pairs import Pair, find_table
from mslens.studies.radiomics.request import ExtraRequest

FEATURES = Step("radiomics", 1, "mslens.radiomics.steps:extract_regions")
IBSI_FEATURES = Step("radiomics-ibsi", 1, "mslens.radiomics.ibsi_store:extract_ibsi")
VOXEL_MAPS = Step("voxel-maps", 1, "mslens.radiomics.steps:map_voxels")
COHORT = Step("radiomics-cohort", 1, "mslens.radiomics.cohort_store:join_cohort")
WIDE = Step("radiomics-wide", 1, "mslens.radiomics.wide_store:write_wide")
_NO_FILES: Mapping[str, Path] = MappingProxyType({})


@dataclass(frozen=True)
class RadiomicsPlan:
    """What is extracted from every pair.

    Parameters
    ----------
    out : Path
        Absolute.
    settings : ExtractionSettings
    extra : ExtraRequest
    single : bool
        One pair: its files lie in OUT itself, not in a folder of their own.
    table : Path or None
        Table of names for every label map.
    nawm : mapping of str to Path
        Name of a pair to its mask of normal-appearing white matter.
    """

    out: Path
    settings: ExtractionSettings
    extra: ExtraRequest = ExtraRequest()
    single: bool = False
    table: Path | None = None
    nawm: Mapping[str, Path] = field(default_factory=lambda: _NO_FILES)

    def folder(self, pair: Pair) -> Path:
        """Folder of a pair's outputs."""
        return self.out if self.single else self.out / pair.name

    def features_path(self, pair: Pair) -> Path:
        """Path of a pair's table of features."""
        return self.folder(pair) / "features.parquet"

    def inputs(self, pair: Pair) -> dict[str, Path]:
        """Input files of the steps of a pair that can be used."""
        if pair.image is None or pair.labels is None:
            raise InputError(pair.why or "the pair lacks a file")
        files = {
            "image": pair.image,
            "labels": pair.labels,
            "table": self.table or find_table(pair.labels),
            "nawm": self.nawm.get(pair.name),
        }
        return {role: path.absolute() for role, path in files.items() if path is not None}


def subject_of(pair: Pair) -> str:
    """Name under which the engine knows a pair; `name_subject` puts ``sub-`` in front."""
    return pair.name.removeprefix("sub-")


def pair_chain(pair: Pair, plan: RadiomicsPlan) -> Chain:
    """Plan one pair; one that cannot be used fails by name and stops no other."""
    subject = subject_of(pair)
    if pair.why:
        error = InputError(
            pair.why, cure="Rename the files, or give a quoted pattern that finds one of each"
        )
        return Chain(subject, (Failure(subject, None, "pair", error),))
    inputs, folder = plan.inputs(pair), plan.folder(pair)
    is_ibsi = isinstance(plan.settings, IbsiExtractionSettings)
    outputs = {"features": plan.features_path(pair)}
    if plan.extra.save_filtered:
        images = name_images(plan.settings.radiomics)
        outputs |= {name: folder / "filtered" / f"{name}.nii.gz" for name in images}
    step = IBSI_FEATURES if is_ibsi else FEATURES
    entries = [_task(subject, step, plan.settings, inputs=inputs, outputs=outputs)]
    if plan.extra.voxel_map:
        maps = {name: folder / "maps" / f"{name}.nii.gz" for name in plan.extra.voxel_map}
        entries.append(_task(subject, VOXEL_MAPS, plan.settings, inputs=inputs, outputs=maps))
    return Chain(subject, tuple(entries))


def group_entries(pairs: Sequence[Pair], plan: RadiomicsPlan) -> list[Task | Skip]:
    """Plan the tables of all pairs whose features are there."""
    parts = {}
    for pair in pairs:
        path = plan.features_path(pair)
        if not pair.why and path.exists():
            parts[":".join(filter(None, pair.who))] = path
    if not parts:
        return [Skip(GROUP, None, COHORT.name, "no image has features")]
    entries: list[Task | Skip] = []
    if not plan.single:
        names = {"X": "X.npy", "obs": "obs.parquet", "var": "var.parquet"}
        cohort = {role: plan.out / name for role, name in names.items()}
        cohort["features"] = plan.out / "features.json"
        entries.append(_task(GROUP, COHORT, CohortSettings(), inputs=parts, outputs=cohort))
    if plan.extra.wide:
        outputs = {"table": plan.out / "features_wide.tsv"}
        entries.append(_task(GROUP, WIDE, WideSettings(), inputs=parts, outputs=outputs))
    return entries


def require_possible(extra: ExtraRequest, settings: ExtractionSettings) -> None:
    """Refuse what the profile does not offer, and features to map that there are not.

    Raises
    ------
    InputError, UnknownName
    """
    if isinstance(settings, IbsiExtractionSettings) and (extra.save_filtered or extra.voxel_map):
        raise InputError(
            "the profile ibsi has no filtered images and no maps", cure="Use --profile pyradiomics"
        )
    if extra.voxel_map:
        name_features(extra.voxel_map, settings.radiomics)


def _task(subject: str, step: Step, settings: Settings, *, inputs: Files, outputs: Files) -> Task:
    return Task(subject, None, step, inputs, outputs, settings)
