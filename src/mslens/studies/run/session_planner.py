"""What planning the tasks of one session needs: its images, its output names, its settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mslens.core.settings import Settings
from mslens.pipeline.plan import Failure, Skip, Step, Task
from mslens.studies.run.images import SessionImages
from mslens.studies.run.names import session_outputs
from mslens.studies.run.settings import RunSettings

Entry = Task | Skip | Failure


@dataclass(frozen=True)
class SessionPlanner:
    """Builds the tasks of one session.

    Parameters
    ----------
    images : SessionImages
    out : Path
        Output folder of the run.
    settings : RunSettings
    """

    images: SessionImages
    out: Path
    settings: RunSettings

    @cached_property
    def names(self) -> dict[str, Path]:
        """Output paths by name, see `mslens.studies.run.names.OUTPUTS`."""
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
        """Say why a step is not possible in this session."""
        return Skip(self.images.subject, self.images.session, step.name, reason)

    @property
    def has_lesion_mask(self) -> bool:
        """Whether lesions are found or brought."""
        return self.images.lesions is not None or self.images.flair is not None

    def named(self, *roles: str) -> dict[str, Path | None]:
        """Take inputs from this session's own outputs; ``role:name`` where the two differ."""
        pairs = (role.partition(":") for role in roles)
        return {role: self.names[name or role] for role, _, name in pairs}
