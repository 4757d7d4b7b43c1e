"""Look at a whole dataset as `mslens run` would, without doing any of its work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mslens.core.errors import MslensError
from mslens.io.bids import IMAGE_EXTENSIONS, BidsIndex, index_dataset
from mslens.studies.check.findings import DerivativeFinding, SessionFinding, explain
from mslens.studies.check.images import check_images
from mslens.studies.check.people import check_tables
from mslens.studies.check.report import CheckReport
from mslens.studies.check.steps import split_steps
from mslens.studies.disconnect.reference import locate_reference
from mslens.studies.run.brought import BroughtFiles
from mslens.studies.run.chain import subject_chain
from mslens.studies.run.images import SessionImages
from mslens.studies.run.request import Brought
from mslens.studies.run.settings import RunSettings
from mslens.studies.run.sources import find_sessions, select_subjects
from mslens.studies.run.steps import STAGES

#: Results of other tools that `mslens run` can take over: role, words.
_ROLES = (("brain_mask", "brain masks"), ("lesions", "lesion masks"), ("parcels", "regions"))


def check_dataset(
    bids: Path, *, participants: Sequence[str] = (), deep: bool = False
) -> CheckReport:
    """Find out what a dataset holds and which steps of `mslens run` are possible for whom.

    Parameters
    ----------
    bids : Path
        BIDS dataset.
    participants : sequence of str
        Only these, with or without ``sub-``; none means all.
    deep : bool
        Read every image whole, not only its header.

    Returns
    -------
    CheckReport

    Raises
    ------
    DatasetError
        If the folder is no BIDS dataset.
    UnknownName
        If the dataset has no such participant.
    """
    index = index_dataset(bids)
    subjects = select_subjects(index, participants)
    settings = RunSettings()
    sessions = [
        finding
        for subject in subjects
        for finding in _check_subject(index, subject, settings, deep=deep)
    ]
    derivatives, problems = _check_derivatives(index, sessions)
    remarks, table_problems = check_tables(index, settings.group_tables.columns)
    index_problems = [f"{p.relative}: {p.message}" for p in index.problems]
    return CheckReport(
        name=str(index.description.get("Name", "without a name")),
        n_participants=len(subjects),
        sessions=tuple(sessions),
        suffixes=_count_suffixes(index, subjects),
        derivatives=derivatives,
        remarks=tuple(remarks),
        problems=(*problems, *table_problems, *index_problems),
        is_deep=deep,
    )


def _check_subject(
    index: BidsIndex, subject: str, settings: RunSettings, *, deep: bool
) -> list[SessionFinding]:
    labels = index.sessions(subject) or (None,)
    found = find_sessions(
        index, subject, sessions=index.sessions(subject), brought=BroughtFiles(Brought())
    )
    findings = []
    for label, images in zip(labels, found, strict=True):
        checked = check_images(index, subject, label, deep=deep)
        chain = subject_chain(
            subject,
            [images],
            out=Path("OUT"),
            settings=settings,
            stages=STAGES,
            command="",
            tractogram=locate_reference(None),
        )
        unusable = {path for path, image in checked.items() if image.problem is not None}
        possible, impossible = split_steps(chain.entries, unusable=unusable)
        notes = images.notes if isinstance(images, SessionImages) else ()
        findings.append(
            SessionFinding(subject, label, tuple(checked.values()), notes, possible, impossible)
        )
    return findings


def _count_suffixes(index: BidsIndex, subjects: Sequence[str]) -> dict[str, int]:
    """Count the sessions that hold an image of each suffix."""
    chosen = set(subjects)
    holders = {
        (file.suffix, file.subject, file.session)
        for file in index.files
        if file.extension in IMAGE_EXTENSIONS and file.subject in chosen
    }
    return dict(sorted(Counter(suffix for suffix, _, _ in holders).items()))


def _check_derivatives(
    index: BidsIndex, sessions: Sequence[SessionFinding]
) -> tuple[tuple[DerivativeFinding, ...], list[str]]:
    """Look for results as `mslens run --derivatives` would, in every folder of derivatives."""
    folder = index.root / "derivatives"
    names = sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    findings, problems = [], []
    for name in names:
        try:
            brought = BroughtFiles(Brought(derivatives=folder / name))
            counts = {words: _count_brought(brought, role, sessions) for role, words in _ROLES}
        except MslensError as error:
            problems.append(f"derivatives/{name}: {explain(error)}")
            continue
        findings.append(DerivativeFinding(name, {words: n for words, n in counts.items() if n}))
    return tuple(findings), problems


def _count_brought(brought: BroughtFiles, role: str, sessions: Sequence[SessionFinding]) -> int:
    """Count the sessions for which there is a result on the grid of the reference image."""
    return sum(
        brought.find(role, subject=s.subject, session=s.session, space=s.reference) is not None
        for s in sessions
        if s.reference is not None
    )
