"""From the images of a subject's sessions to the chain of tasks that `mslens run` executes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mslens.core.errors import DatasetError
from mslens.core.settings import Settings
from mslens.pipeline.plan import Chain, Failure, Skip, Step, Task
from mslens.studies.run import steps
from mslens.studies.run.images import SessionImages
from mslens.studies.run.names import session_outputs
from mslens.studies.run.report_task import report_task
from mslens.studies.run.settings import RunSettings

Entry = Task | Skip | Failure


def subject_chain(
    subject: str,
    sessions: Sequence[SessionImages | Failure],
    *,
    out: Path,
    settings: RunSettings,
    stages: Iterable[str],
    command: str,
) -> Chain:
    """Plan everything for one subject: its sessions in order, then its report.

    Parameters
    ----------
    subject : str
        Label without ``sub-``.
    sessions : sequence of SessionImages or Failure
        All sessions of the subject; a failure stands for one whose images were not found.
    out : Path
        Output folder.
    settings : RunSettings
    stages : iterable of str
        Chosen keys of `mslens.studies.run.steps.STAGES`.
    command : str
        Equivalent command without paths, for the report.
    """
    chosen = set(stages)
    entries: list[Entry] = []
    references: dict[str | None, str] = {}
    notes: dict[str, tuple[str, ...]] = {}
    for found in sessions:
        if isinstance(found, Failure):
            entries.append(found)
            continue
        entries += _session_entries(found, out=out, settings=settings, stages=chosen)
        if found.reference is not None:
            references[found.session] = found.reference
        if found.notes:
            notes[found.session or ""] = found.notes
    if "report" in chosen:
        entries.append(
            report_task(
                out, subject, references, settings.report_of(subject, command=command, notes=notes)
            )
        )
    return Chain(subject, tuple(entries))


def _session_entries(
    images: SessionImages, *, out: Path, settings: RunSettings, stages: set[str]
) -> list[Entry]:
    if images.reference is None:
        error = DatasetError(
            "there is no T1w and no FLAIR",
            expected="at least one of them in anat/",
            cure="Run 'mslens check' to see what was found",
        )
        return [Failure(images.subject, images.session, "images", error)]
    planner = _SessionPlanner(images, out, settings)
    entries: list[Entry] = []
    if "preprocess" in stages:
        entries += planner.preprocess()
    if "segment" in stages:
        entries += planner.lesions()
    if "preprocess" in stages:
        entries += planner.normalise(with_lesions="segment" in stages)
    if "segment" in stages:
        entries += planner.anatomy()
    return entries


@dataclass(frozen=True)
class _SessionPlanner:
    images: SessionImages
    out: Path
    settings: RunSettings

    @cached_property
    def names(self) -> dict[str, Path]:
        images = self.images
        return session_outputs(
            self.out,
            subject=images.subject,
            session=images.session,
            reference=str(images.reference),
        )

    def task(
        self,
        step: Step,
        settings: Settings,
        *,
        inputs: dict[str, Path | None],
        outputs: dict[str, str],
        optional: Iterable[str] = (),
    ) -> Task:
        """Build a task; inputs that are None are left out, outputs are given by role."""
        names = self.names
        return Task(
            subject=self.images.subject,
            session=self.images.session,
            step=step,
            inputs={role: path for role, path in inputs.items() if path is not None},
            outputs={role: names[name] for role, name in outputs.items()},
            settings=settings,
            optional=frozenset(optional),
        )

    def skip(self, step: Step, reason: str) -> Skip:
        return Skip(self.images.subject, self.images.session, step.name, reason)

    def preprocess(self) -> list[Entry]:
        images, names, settings = self.images, self.names, self.settings
        entries: list[Entry] = [
            self.task(
                steps.BRAIN_MASK,
                settings.brain_mask,
                inputs={"image": images.reference_image, "mask": images.brain_mask},
                outputs={"mask": "brain_mask", "coarse_xfm": "coarse_xfm"},
            ),
            self.task(
                steps.BIAS,
                settings.bias,
                inputs={"image": images.reference_image, "mask": names["brain_mask"]},
                outputs={"image": "preproc"},
            ),
        ]
        if images.reference == "T1w":
            entries.append(self._coregister(steps.COREGISTER_FLAIR, "FLAIR", images.flair))
        entries.append(self._coregister(steps.COREGISTER_T2W, "T2w", images.t2w))
        return entries

    def _coregister(self, step: Step, suffix: str, moving: Path | None) -> Entry:
        if moving is None:
            return self.skip(step, f"there is no {suffix}")
        role = suffix.lower()
        return self.task(
            step,
            self.settings.coregister,
            inputs={
                "moving": moving,
                "fixed": self.names["preproc"],
                "mask": self.names["brain_mask"],
            },
            outputs={"image": role, "xfm": f"{role}_xfm"},
        )

    def lesions(self) -> list[Entry]:
        return [self._find_lesions(), self._fill()]

    def _find_lesions(self) -> Entry:
        images, names = self.images, self.names
        if images.lesions is not None:
            moved = images.lesions_space == "FLAIR" and images.reference == "T1w"
            return self.task(
                steps.IMPORT_LESIONS,
                self.settings.import_lesions,
                inputs={
                    "lesions": images.lesions,
                    "ref": names["preproc"],
                    "xfm": names["flair_xfm"] if moved else None,
                },
                outputs={"mask": "lesions"},
            )
        if images.flair is None:
            return self.skip(
                steps.LESIONS, "lesions need a FLAIR, or a mask of your own (--lesion-mask)"
            )
        return self.task(
            steps.LESIONS,
            self.settings.lesions,
            inputs={
                "ref": names["preproc"],
                "mask": names["brain_mask"],
                "coarse_xfm": names["coarse_xfm"],
                "flair": names["flair"] if images.reference == "T1w" else None,
                "t2w": None if images.t2w is None else names["t2w"],
            },
            outputs={"probseg": "probseg", "mask": "lesions"},
            optional=("t2w",),
        )

    def _fill(self) -> Entry:
        if self.images.reference != "T1w":
            return self.skip(steps.FILL, "lesion filling needs a T1w")
        if not self._has_lesion_mask:
            return self.skip(steps.FILL, "there is no lesion mask to fill")
        return self.task(
            steps.FILL,
            self.settings.fill,
            inputs=self._named("image:preproc", "mask:brain_mask", "lesions"),
            outputs={"image": "filled"},
        )

    @property
    def _has_lesion_mask(self) -> bool:
        return self.images.lesions is not None or self.images.flair is not None

    def _named(self, *roles: str) -> dict[str, Path | None]:
        """Take inputs from this session's own outputs; ``role:name`` where the two differ."""
        pairs = (role.partition(":") for role in roles)
        return {role: self.names[name or role] for role, _, name in pairs}

    def normalise(self, *, with_lesions: bool) -> list[Entry]:
        masked = with_lesions and self._has_lesion_mask
        filled = masked and self.images.reference == "T1w"
        inputs = self._named(
            "image:filled" if filled else "image:preproc", "mask:brain_mask", "coarse_xfm"
        )
        if masked:
            inputs |= self._named("lesions")
        return [
            self.task(
                steps.NORMALISE,
                self.settings.normalise,
                inputs=inputs,
                outputs={
                    "xfm": "xfm",
                    "inverse_xfm": "inverse_xfm",
                    "image": "template_image",
                    "log_jacobian": "log_jacobian",
                },
            )
        ]

    def anatomy(self) -> list[Entry]:
        return [self._tissue(), self._parcels(), self._lesion_table(), self._volumes()]

    def _tissue(self) -> Entry:
        if self.images.reference != "T1w":
            return self.skip(steps.TISSUE, "tissue needs a T1w")
        image = "image:filled" if self._has_lesion_mask else "image:preproc"
        inputs = self._named(image, "mask:brain_mask", "xfm:inverse_xfm")
        if self._has_lesion_mask:
            inputs |= self._named("lesions")
        return self.task(
            steps.TISSUE,
            self.settings.tissue,
            inputs=inputs,
            outputs={"dseg": "tissue", "csf": "csf", "gm": "gm", "wm": "wm"},
        )

    def _parcels(self) -> Entry:
        images = self.images
        with_tissue = images.reference == "T1w"
        extra = [*(["dseg:tissue"] if with_tissue else [])]
        extra += ["lesions"] if self._has_lesion_mask else []
        outputs = {"dseg": "parcels", "table": "parcel_table", "nawm": "nawm"}
        if images.parcels is not None:
            return self.task(
                steps.IMPORT_PARCELS,
                self.settings.import_parcels,
                inputs={
                    "labels": images.parcels,
                    "table": images.parcel_table,
                    **self._named("ref:preproc", "xfm:inverse_xfm", *extra),
                },
                outputs=outputs,
            )
        return self.task(
            steps.PARCELS,
            self.settings.parcels,
            inputs=self._named("ref:preproc", "mask:brain_mask", "xfm:inverse_xfm", *extra),
            outputs=outputs,
        )

    def _lesion_table(self) -> Entry:
        if not self._has_lesion_mask:
            return self.skip(steps.LESION_TABLE, "there is no lesion mask")
        images = self.images
        inputs = self._named("lesions", "parcels", "parcel_table", "ref:preproc", "inverse_xfm")
        if images.reference == "T1w":
            inputs |= self._named("dseg:tissue", *(["flair"] if images.flair else []))
        return self.task(
            steps.LESION_TABLE,
            self.settings.lesion_table,
            inputs=inputs,
            outputs={"instances": "instances", "table": "lesion_table"},
        )

    def _volumes(self) -> Entry:
        optional = ["tissue", "parcels", "parcel_table", "nawm", "lesions"]
        available = [role for role in optional if role != "lesions" or self._has_lesion_mask]
        if self.images.reference != "T1w":
            available = [role for role in available if role not in ("tissue", "nawm")]
        return self.task(
            steps.VOLUMES,
            self.settings.volumes,
            inputs=self._named("mask:brain_mask", "inverse_xfm", *available),
            outputs={"table": "volumes"},
            optional=available,
        )
