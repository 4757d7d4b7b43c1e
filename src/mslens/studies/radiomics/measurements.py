"""The measurements of a study of robustness, and which of them are compared with each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from mslens.core.errors import SettingsError, UnknownName
from mslens.radiomics.perturb import STANDARD, Kind, Perturbation
from mslens.radiomics.robustness import GREY_LEVEL_COUNTS
from mslens.studies.radiomics.request import RepeatRequest

ORIGINAL = "original"


@dataclass(frozen=True)
class Source:
    """An image with its regions, and how it is measured.

    Parameters
    ----------
    name : str
        ``original``, ``image-2`` (the first repeated image), ``labels-2`` or the name of a
        disturbance.
    image, labels : int
        0, or the number of the repeat, from 1.
    perturbation : Perturbation or None
    bin_counts : tuple of int
    """

    name: str
    image: int = 0
    labels: int = 0
    perturbation: Perturbation | None = None
    bin_counts: tuple[int, ...] = ()

    def measurements(self) -> dict[str, str]:
        """Role of the extraction step -> name of the measurement."""
        if self.perturbation is not None:
            return {self.name: self.name}
        return {
            ORIGINAL: self.name,
            **{f"bins-{count}": self.at(count) for count in self.bin_counts},
        }

    def at(self, bin_count: int) -> str:
        """Name of the measurement at a number of grey levels."""
        return f"bins-{bin_count}" if self.name == ORIGINAL else f"{self.name}_bins-{bin_count}"


@dataclass(frozen=True)
class Design:
    """All measurements of a subject, and the sets that are judged."""

    sources: tuple[Source, ...]
    assessments: dict[str, tuple[str, ...]]


def plan_measurements(request: RepeatRequest, *, preset: str) -> Design:
    """Return what is measured and compared.

    Every set is named: ``images`` and ``labels`` compare the repeats with the first measurement,
    each disturbance is compared by itself, ``all`` has everything at the preset's grey levels,
    ``bins-N`` compares the repeats at N grey levels, and ``bin-counts`` the grey levels with each
    other where there is no repeat.

    Parameters
    ----------
    request : RepeatRequest
    preset : str

    Raises
    ------
    UnknownName, SettingsError
        If a disturbance is not known, or nothing is measured twice.
    """
    counts = request.bin_count or (GREY_LEVEL_COUNTS if preset == "qsm-robustness" else ())
    repeats = [
        *(Source(f"image-{n + 1}", image=n) for n in range(1, len(request.repeat_images) + 1)),
        *(Source(f"labels-{n + 1}", labels=n) for n in range(1, len(request.repeat_labels) + 1)),
    ]
    disturbed = [
        Source(one.name, perturbation=one)
        for one in _choose_perturbations(request, has_images=bool(request.repeat_images))
    ]
    measured = [
        Source(source.name, source.image, source.labels, None, tuple(counts))
        for source in (Source(ORIGINAL), *repeats)
    ]
    assessments = _sets(measured, disturbed, counts)
    if not assessments:
        raise SettingsError(
            "nothing is measured twice",
            cure="Give --repeat-images or --repeat-labels, or leave --perturbation none out",
        )
    return Design((*measured, *disturbed), assessments)


def _sets(
    measured: Sequence[Source], disturbed: Sequence[Source], counts: Sequence[int]
) -> dict[str, tuple[str, ...]]:
    sets: dict[str, tuple[str, ...]] = {}
    images = [source.name for source in measured if source.image]
    labels = [source.name for source in measured if source.labels]
    if images:
        sets["images"] = (ORIGINAL, *images)
    if labels:
        sets["labels"] = (ORIGINAL, *labels)
    sets |= {source.name: (ORIGINAL, source.name) for source in disturbed}
    if len(sets) > 1:
        sets["all"] = (ORIGINAL, *images, *labels, *(source.name for source in disturbed))
    if len(measured) > 1:
        sets |= {f"bins-{n}": tuple(source.at(n) for source in measured) for n in counts}
    elif len(counts) > 1:
        sets["bin-counts"] = tuple(measured[0].at(n) for n in counts)
    return sets


def _choose_perturbations(request: RepeatRequest, *, has_images: bool) -> tuple[Perturbation, ...]:
    if request.perturbation == ("none",) or (has_images and not request.perturbation):
        return ()
    return tuple(_parse(name) for name in request.perturbation) or STANDARD


def _parse(name: str) -> Perturbation:
    kind, _, amount = name.partition("-")
    if kind not in get_args(Kind):
        raise UnknownName.of(kind, get_args(Kind), kind="disturbance")
    try:
        value = float(amount)
    except ValueError as error:
        raise SettingsError(
            f"the disturbance '{name}' has no amount", expected="e.g. rotation-2 or noise-0.05"
        ) from error
    return Perturbation.parse({"kind": kind, "amount": value})
