"""From the index of a dataset to the images of each session that `mslens run` uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mslens.core.errors import DatasetError, MslensError, TableError, UnknownName
from mslens.io.bids import BidsIndex
from mslens.io.image_choice import choose_image, find_inversions
from mslens.io.participants import compare_with_folders, survey_participants
from mslens.pipeline.plan import Failure
from mslens.studies.run.brought import BroughtFiles
from mslens.studies.run.images import SessionImages


def select_subjects(index: BidsIndex, labels: Iterable[str]) -> tuple[str, ...]:
    """Return the subjects asked for, or all.

    Parameters
    ----------
    index : BidsIndex
    labels : iterable of str
        With or without ``sub-``; none means all.

    Raises
    ------
    UnknownName
        If the dataset has no such subject.
    """
    wanted = [label.removeprefix("sub-") for label in labels]
    for label in wanted:
        if label not in index.subjects:
            raise UnknownName.of(label, index.subjects, kind="participant of the dataset")
    return tuple(subject for subject in index.subjects if not wanted or subject in wanted)


def select_sessions(
    index: BidsIndex, subject: str, labels: Iterable[str]
) -> tuple[str | None, ...]:
    """Return the sessions of a subject that were asked for, or all (None: no sessions)."""
    wanted = {label.removeprefix("ses-") for label in labels}
    return tuple(s for s in index.sessions(subject) if not wanted or s in wanted)


def find_sessions(
    index: BidsIndex, subject: str, *, sessions: Sequence[str | None], brought: BroughtFiles
) -> list[SessionImages | Failure]:
    """Find the images of a subject's sessions and the user's own results for them.

    Parameters
    ----------
    index : BidsIndex
    subject : str
        Label without ``sub-``.
    sessions : sequence of str or None
        From `select_sessions`.
    brought : BroughtFiles

    Returns
    -------
    list of SessionImages or Failure
        A failure where the user brings a result but its file cannot be found, or where there
        is no session at all.
    """
    if not sessions:
        return [Failure(subject, None, "images", _explain_no_image(subject))]
    found: list[SessionImages | Failure] = []
    for session in sessions:
        images = _choose(index, subject, session)
        try:
            found.append(_add_brought(images, brought))
        except MslensError as error:
            found.append(Failure(subject, session, "images", error))
    return found


def _explain_no_image(subject: str) -> DatasetError:
    if not subject.isalnum():
        return DatasetError(
            "the name of the subject's folder does not follow BIDS",
            expected="sub- and a label of letters and digits",
            cure="Rename the folder and the files in it",
        )
    return DatasetError(
        "the subject has no image",
        expected="a T1w or a FLAIR in anat/",
        cure="Run 'mslens check' to see what was found",
    )


def _choose(index: BidsIndex, subject: str, session: str | None) -> SessionImages:
    choices = {
        suffix: choose_image(index, subject=subject, session=session, suffix=suffix)
        for suffix in ("T1w", "FLAIR", "T2w")
    }
    if choices["T1w"] is None:
        choices["UNIT1"] = choose_image(index, subject=subject, session=session, suffix="UNIT1")
    paths = {suffix: choice.file.path for suffix, choice in choices.items() if choice is not None}
    uniform = choices.get("UNIT1")
    inversions = {} if uniform is None else find_inversions(index, uniform.file)
    return SessionImages(
        subject,
        session,
        t1w=paths.get("T1w"),
        flair=paths.get("FLAIR"),
        t2w=paths.get("T2w"),
        uniform=paths.get("UNIT1"),
        second_inversion=inversions.get(2),
        first_inversion=inversions.get(1),
        notes=tuple(note for choice in choices.values() if choice for note in choice.notes),
    )


def _add_brought(images: SessionImages, brought: BroughtFiles) -> SessionImages:
    reference = images.reference
    if reference is None:
        return images
    subject, session = images.subject, images.session
    return replace(
        images,
        brain_mask=brought.find("brain_mask", subject=subject, session=session, space=reference),
        lesions=brought.find(
            "lesions", subject=subject, session=session, space=brought.lesion_space
        ),
        lesions_space=brought.lesion_space,
        lesion_model=brought.lesion_model,
        parcels=brought.find("parcels", subject=subject, session=session, space=reference),
        parcel_table=brought.parcel_table,
    )


def survey_people(
    index: BidsIndex, columns: Mapping[str, str]
) -> tuple[dict[str, TableError], TableError | None]:
    """Find out for whom ``participants.tsv`` cannot be used, and why.

    Parameters
    ----------
    index : BidsIndex
    columns : mapping of str to str
        Name of a clinical column here to its name in the table.

    Returns
    -------
    by_subject : dict of str to TableError
        Subjects with a repeated row, an unusable value or no row at all.
    whole : TableError or None
        Why the table cannot be used for anybody. A dataset may have no such table.
    """
    path = index.root / "participants.tsv"
    if not path.exists():
        return {}, None
    try:
        survey = survey_participants(path, columns=columns)
    except TableError as error:
        return {}, error
    by_subject: dict[str, TableError] = {}
    for problem in (*survey.problems, *compare_with_folders(survey.table, index.subjects)):
        for label in problem.labels:
            if label in index.subjects:
                by_subject.setdefault(
                    label,
                    TableError(
                        f"participants.tsv: {problem.message}",
                        where=path,
                        cure="Correct its row; everything else of the participant is done",
                    ),
                )
    return by_subject, None
