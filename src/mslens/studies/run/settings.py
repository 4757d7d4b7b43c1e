"""Every setting of `mslens run` in one tree: what settings.toml holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from pydantic import Field, model_validator

import mslens
from mslens.connectome.steps import DisconnectionSettings
from mslens.core.settings import Settings, read_settings_file
from mslens.preprocess.image_quality import QualitySettings
from mslens.preprocess.longitudinal_steps import AlignVisitsSettings
from mslens.preprocess.settings import (
    BiasSettings,
    BrainMaskSettings,
    CoregisterSettings,
    NormaliseSettings,
    UniformSettings,
)
from mslens.radiomics.cohort_store import CohortSettings
from mslens.radiomics.steps import ExtractionSettings
from mslens.report.settings import GroupReportSettings, SubjectReportSettings
from mslens.segment.filling import FillingSettings
from mslens.segment.lesion_import import ImportLesionsSettings
from mslens.segment.lesion_table import LesionTableSettings
from mslens.segment.lesions import LesionSettings
from mslens.segment.longitudinal_steps import LesionChangesStepSettings
from mslens.segment.parcel_import import ImportParcelsSettings
from mslens.segment.parcels import ParcelSettings
from mslens.segment.tissue import TissueSettings
from mslens.segment.volumes import VolumeSettings
from mslens.studies.run import steps
from mslens.studies.run.group_tables import GroupTableSettings

_NO_NOTES: Mapping[str, tuple[str, ...]] = MappingProxyType({})
#: Libraries whose version a report names: those that change a result, as far as installed.
_NAMED_LIBRARIES = ("antspyx", "nibabel", "nilearn", "numba", "numpy", "scipy")


class ReportPageSettings(Settings):
    """What goes into the reports.

    Parameters
    ----------
    viewer : bool
        Whether the interactive viewer is put into the subjects' reports.
    """

    viewer: bool = True


class RunSettings(Settings):
    """Settings of a run; each field but the seed is the settings model of one step.

    Parameters
    ----------
    seed : int
        Of everything random.
    """

    seed: int = Field(default=1, ge=0, lt=2**32)
    uniform: UniformSettings = UniformSettings()
    brain_mask: BrainMaskSettings = BrainMaskSettings()
    bias: BiasSettings = BiasSettings()
    coregister: CoregisterSettings = CoregisterSettings()
    lesions: LesionSettings = LesionSettings()
    import_lesions: ImportLesionsSettings = ImportLesionsSettings()
    fill: FillingSettings = FillingSettings()
    normalise: NormaliseSettings = NormaliseSettings()
    tissue: TissueSettings = TissueSettings()
    parcels: ParcelSettings = ParcelSettings()
    import_parcels: ImportParcelsSettings = ImportParcelsSettings()
    lesion_table: LesionTableSettings = LesionTableSettings()
    volumes: VolumeSettings = VolumeSettings()
    radiomics: ExtractionSettings = ExtractionSettings()
    radiomics_cohort: CohortSettings = CohortSettings()
    disconnect: DisconnectionSettings = DisconnectionSettings()
    quality: QualitySettings = QualitySettings()
    align_visits: AlignVisitsSettings = AlignVisitsSettings()
    lesion_changes: LesionChangesStepSettings = LesionChangesStepSettings()
    group_tables: GroupTableSettings = GroupTableSettings()
    report: ReportPageSettings = ReportPageSettings()

    @model_validator(mode="after")
    def _lesions_are_counted_alike(self) -> RunSettings:
        if self.lesion_table.connectivity != self.volumes.connectivity:
            raise ValueError(
                f"lesion_table.connectivity is {self.lesion_table.connectivity} and"
                f" volumes.connectivity {self.volumes.connectivity}: their tables would disagree;"
                " set both alike"
            )
        places = {s.location for s in (self.lesion_table, self.volumes, self.lesion_changes)}
        if len(places) > 1:
            raise ValueError(
                "the locations of lesion_table, volumes and lesion_changes differ: their tables"
                " would disagree; set [lesion_table.location], [volumes.location] and"
                " [lesion_changes.location] alike"
            )
        return self

    def by_step(self) -> dict[str, dict[str, Any]]:
        """Return the settings of each step as plain values, by the step's name."""
        return {
            step.name: settings.model_dump(mode="json")
            for step, settings in (
                (steps.UNIFORM, self.uniform),
                (steps.BRAIN_MASK, self.brain_mask),
                (steps.BIAS, self.bias),
                (steps.COREGISTER_FLAIR, self.coregister),
                (steps.COREGISTER_T2W, self.coregister),
                (steps.LESIONS, self.lesions),
                (steps.IMPORT_LESIONS, self.import_lesions),
                (steps.FILL, self.fill),
                (steps.NORMALISE, self.normalise),
                (steps.TISSUE, self.tissue),
                (steps.PARCELS, self.parcels),
                (steps.IMPORT_PARCELS, self.import_parcels),
                (steps.LESION_TABLE, self.lesion_table),
                (steps.VOLUMES, self.volumes),
                (steps.RADIOMICS, self.radiomics),
                (steps.DISCONNECT, self.disconnect),
                (steps.QUALITY, self.quality),
                (steps.ALIGN_VISITS, self.align_visits),
                (steps.LESION_CHANGES, self.lesion_changes),
            )
        }

    def seeded(self) -> Self:
        """Give the run's seed to every step that draws random numbers."""
        nested = {
            name: value.model_copy(update={"seed": self.seed})
            for name, value in self
            if isinstance(value, Settings) and "seed" in type(value).model_fields
        }
        return self.model_copy(update=nested)

    def report_of(
        self, subject: str, *, command: str, notes: Mapping[str, tuple[str, ...]] = _NO_NOTES
    ) -> SubjectReportSettings:
        """Make the settings of the report of one subject; `command` and `notes` hold no path."""
        return SubjectReportSettings(
            subject=subject,
            viewer=self.report.viewer,
            notes=dict(notes),
            **self._page(command),
        )

    def group_report_of(self, subjects: Sequence[str], *, command: str) -> GroupReportSettings:
        """Make the settings of the group report, which names every subject it should hold."""
        return GroupReportSettings(subjects=tuple(subjects), **self._page(command))

    def _page(self, command: str) -> dict[str, Any]:
        return {"command": command, "versions": _versions(), "methods": self.by_step()}


@cache
def _versions() -> dict[str, str]:
    installed = {"mslens": mslens.__version__}
    for name in _NAMED_LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            installed[name] = metadata.version(name)
    return installed


def read_run_settings(path: Path | None, *, seed: int | None) -> RunSettings:
    """Read the settings of a run.

    Parameters
    ----------
    path : Path or None
        TOML file; None gives the defaults.
    seed : int or None
        Overrides the file's seed.

    Raises
    ------
    SettingsError
        If the file cannot be read or a value is out of range.
    UnknownName
        If a setting does not exist.
    """
    values = {} if path is None else read_settings_file(path)
    if seed is not None:
        values["seed"] = seed
    return RunSettings.parse(values, where=path).seeded()
