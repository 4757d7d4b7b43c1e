"""What a user asks of `mslens radiomics`, in the words of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Profile = Literal["pyradiomics", "ibsi"]
RobustnessPreset = Literal["edss-radiomics", "qsm-robustness"]
Form = Literal["ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"]


@dataclass(frozen=True, kw_only=True)
class FeatureRequest:
    """Which features of which regions.

    Parameters
    ----------
    preset
        pyradiomics (107 features), edss-radiomics (1,092) or qsm-robustness (107 at 64 grey
        levels); of the profile ibsi: A, B, C, D, E or digital-phantom (default: pyradiomics, D).
    params
        PyRadiomics parameter file (.yaml), in place of a preset.
    profile
        Names and definitions of PyRadiomics, or of the IBSI reference manual.
    label
        Only these labels (default: all that the map or the table holds).
    parcel_table
        Table of names for the label maps (TSV with index and name); default: a .tsv named like
        the label map beside it.
    nawm
        Masks that become one more region, "NAWM": a file, a folder or a quoted pattern.
    """

    preset: str | None = None
    params: Path | None = None
    profile: Profile = "pyradiomics"
    label: tuple[int, ...] = ()
    parcel_table: Path | None = None
    nawm: Path | None = None


@dataclass(frozen=True, kw_only=True)
class ExtraRequest:
    """What is written besides the table of features.

    Parameters
    ----------
    save_filtered
        Save every filtered image under "filtered".
    voxel_map
        Also map these features voxel by voxel, e.g. original_glcm_Contrast.
    wide
        Also write features_wide.tsv: a row per image and region, a column per feature.
    """

    save_filtered: bool = False
    voxel_map: tuple[str, ...] = ()
    wide: bool = False


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How to run.

    Parameters
    ----------
    nprocs
        Images worked on at a time (default: the processors that this process may use).
    mem
        Memory limit in GB; fewer images are worked on at a time when it would not suffice.
    verbose
        Show every step and every warning.
    """

    nprocs: int | None = None
    mem: float | None = None
    verbose: bool = False


@dataclass(frozen=True, kw_only=True)
class RepeatRequest:
    """What is measured again.

    Parameters
    ----------
    repeat_images
        Further images of the same people, a folder or quoted pattern each: another scan, another
        reconstruction.
    repeat_labels
        Further label maps of the same people, a folder or quoted pattern each: a second
        segmentation.
    perturbation
        Disturbances of image or regions, e.g. noise-0.05 rotation-2 translation-0.5 contour-0.5
        grow-1 shrink-1 bias-0.1, or "none" (default: these seven, but none with repeated images).
    bin_count
        Numbers of grey levels, each judged by itself (default of qsm-robustness: 8 to 512).
    seed
        Seed of the disturbances.
    """

    repeat_images: tuple[Path, ...] = ()
    repeat_labels: tuple[Path, ...] = ()
    perturbation: tuple[str, ...] = ()
    bin_count: tuple[int, ...] = ()
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class JudgeRequest:
    """When a feature counts as robust; what is left out here comes from the preset.

    Parameters
    ----------
    form
        Form of the ICC that decides; all six are in the table.
    threshold
        Least ICC.
    limit
        What must reach the threshold: the estimate, or the lower limit of its interval.
    """

    form: Form | None = None
    threshold: float | None = None
    limit: Literal["estimate", "lower"] | None = None


@dataclass(frozen=True, kw_only=True)
class RobustRegions:
    """Which regions.

    Parameters
    ----------
    params
        PyRadiomics parameter file (.yaml), in place of the preset's features.
    label
        Only these labels (default: all that the map or the table holds).
    parcel_table
        Table of names for the label maps (TSV with index and name); default: a .tsv named like
        the label map beside it.
    nawm
        Masks that become one more region, "NAWM": a file, a folder or a quoted pattern.
    """

    params: Path | None = None
    label: tuple[int, ...] = ()
    parcel_table: Path | None = None
    nawm: Path | None = None
