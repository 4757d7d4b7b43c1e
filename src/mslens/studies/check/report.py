"""The result of a check, and its text for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mslens.studies.check.findings import DerivativeFinding, SessionFinding
from mslens.studies.run.steps import STAGES

#: Step -> what it makes, in words.
STEP_WORDS: Mapping[str, str] = {
    "uniform": "T1w of an MP2RAGE, without background noise",
    "brain-mask": "brain mask",
    "bias": "intensity bias correction",
    "coregister-FLAIR": "FLAIR aligned with the T1w",
    "coregister-T2w": "T2w aligned with the T1w (or FLAIR)",
    "lesions": "lesion probability and mask",
    "import-lesions": "your lesion mask",
    "fill": "lesion filling",
    "normalise": "template space",
    "tissue": "grey and white matter, CSF",
    "parcels": "regions",
    "import-parcels": "your regions",
    "lesion-table": "one row per lesion",
    "volumes": "volumes",
    "radiomics": "radiomic features",
    "disconnect": "structural disconnection",
    "quality": "quality of the images",
    "align-visits": "visits aligned with each other",
    "lesion-changes": "new, enlarging and shrinking lesions",
    "report": "report",
}
#: Slices thicker than this blur small lesions and the cortex.
THICK_SLICES_MM = 2.5
_SHOWN = 10
#: Images that are used where there is no T1w.
_FOR_T1W = ("UNIT1", "MP2RAGE")


@dataclass(frozen=True)
class CheckReport:
    """What a dataset holds, and which steps are possible for whom.

    Parameters
    ----------
    name : str
        Of the dataset.
    n_participants : int
    sessions : tuple of SessionFinding
        A participant without any image has one, in which nothing is possible.
    suffixes : Mapping of str to int
        Suffix of images to the number of sessions that hold one.
    derivatives : tuple of DerivativeFinding
    remarks, problems : tuple of str
        Of the dataset as a whole; those of images lie in the sessions.
    is_deep : bool
        Whether the voxels were read.
    """

    name: str
    n_participants: int
    sessions: tuple[SessionFinding, ...]
    suffixes: Mapping[str, int]
    derivatives: tuple[DerivativeFinding, ...]
    remarks: tuple[str, ...]
    problems: tuple[str, ...]
    is_deep: bool

    @property
    def workable(self) -> tuple[SessionFinding, ...]:
        """Sessions for which at least a brain mask is possible."""
        return tuple(session for session in self.sessions if "brain-mask" in session.possible)

    @property
    def all_problems(self) -> tuple[str, ...]:
        """Problems of images, then those of the dataset."""
        images = tuple(text for session in self.sessions for text in session.problems)
        return (*images, *self.problems)

    @property
    def exit_code(self) -> int:
        """0 when every session can be worked and nothing is wrong, 1 when none can, else 2."""
        if not self.workable:
            return 1
        return 2 if self.all_problems or len(self.workable) < len(self.sessions) else 0

    def to_text(self) -> str:
        """Write the whole report in plain words."""
        parts = (
            self._head(),
            self._images(),
            self._steps(),
            self._notes(),
            self._own_results(),
            self._problems(),
            [self._verdict()],
        )
        return "\n\n".join("\n".join(part) for part in map(list, parts) if part)

    def _head(self) -> Iterator[str]:
        yield f"{self.name}: {self.n_participants} participant(s), {len(self.sessions)} session(s)"
        yield from self.remarks

    def _images(self) -> Iterator[str]:
        yield "Sessions that hold an image of each kind:"
        for suffix in ("T1w", "FLAIR", "T2w"):
            yield f"  {suffix:<18} {self.suffixes.get(suffix, 0)}"
        used = ("T1w", "FLAIR", "T2w", *_FOR_T1W)
        for suffix in (s for s in _FOR_T1W if s in self.suffixes):
            yield f"  {suffix:<18} {self.suffixes[suffix]} (in place of a missing T1w)"
        others = {s: n for s, n in self.suffixes.items() if s not in used}
        if others:
            listed = ", ".join(f"{suffix} ({count})" for suffix, count in others.items())
            yield f"  not used by 'mslens run' in this version: {listed}"

    def _steps(self) -> Iterator[str]:
        yield "Steps of 'mslens run', and the number of sessions for which each is possible:"
        for step in (step.name for stage in STAGES.values() for step in stage):
            possible = [s for s in self.sessions if step in s.possible]
            refused = [s for s in self.sessions if step in s.impossible]
            if not possible and not refused:
                continue
            yield f"  {step:<18} {len(possible):>4}  {STEP_WORDS.get(step, '')}".rstrip()
            for reason, count in Counter(s.impossible[step] for s in refused).items():
                who = _listed([s.label for s in refused if s.impossible[step] == reason])
                yield f"  {'':<18} {'':>4}  not for {count}: {reason} ({who})"
        for session in self.sessions:
            if "images" in session.impossible:
                yield f"  nothing is possible for {session.label}: {session.impossible['images']}"

    def _notes(self) -> Iterator[str]:
        choices = [
            f"  {session.label}: {image.choice}"
            for session in self.sessions
            for image in session.images
            if image.choice is not None
        ]
        flagged = [f"  {s.label}: {note}" for s in self.sessions for note in s.notes]
        thick = Counter(
            image.suffix
            for session in self.sessions
            for image in session.images
            if image.thickest_mm > THICK_SLICES_MM
        )
        lines = [*_cut(choices), *_cut(flagged)]
        if thick:
            counts = ", ".join(f"{suffix} in {n} session(s)" for suffix, n in thick.items())
            lines.append(
                f"  slices thicker than {THICK_SLICES_MM:g} mm: {counts};"
                " small lesions and thin cortex are partly lost in them"
            )
        if lines:
            yield "To know:"
            yield from lines

    def _own_results(self) -> Iterator[str]:
        usable = [finding for finding in self.derivatives if finding.counts]
        if usable:
            yield "Results of other tools that 'mslens run' can use (--derivatives FOLDER):"
        for finding in usable:
            counts = ", ".join(f"{words} for {n} session(s)" for words, n in finding.counts.items())
            yield f"  derivatives/{finding.name}: {counts}"

    def _problems(self) -> Iterator[str]:
        if self.all_problems:
            yield f"Problems ({len(self.all_problems)}):"
            yield from (f"  {problem}" for problem in self.all_problems)

    def _verdict(self) -> str:
        read = "Every voxel was read" if self.is_deep else "Only headers were read (--deep: all)"
        n_sessions, n_workable = len(self.sessions), len(self.workable)
        count = "All" if n_workable == n_sessions else f"{n_workable} of"
        following = " Next: mslens run BIDS OUT" if n_workable else ""
        return f"{count} {n_sessions} session(s) can be worked. {read}.{following}"


def _listed(labels: list[str]) -> str:
    more = len(labels) - _SHOWN
    return ", ".join(labels[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _cut(lines: list[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return lines if more <= 0 else [*lines[:_SHOWN], f"  ... and {more} more like these"]
