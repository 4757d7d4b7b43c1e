"""Preprocess the sessions with masks, as `mslens run` would, and load them as cases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from mslens.core.errors import QualityError
from mslens.image.resample import resample
from mslens.io.nifti import load_volume
from mslens.io.transforms import load_transform
from mslens.pipeline.engine import EngineSettings, make_run_id, run_chains
from mslens.pipeline.plan import Chain
from mslens.pipeline.progress import make_reporter
from mslens.segment.lesion_case import LesionCase
from mslens.segment.lesion_geography import map_geography
from mslens.studies.run.images import SessionImages
from mslens.studies.run.preprocess_tasks import plan_preprocess
from mslens.studies.run.session_planner import SessionPlanner
from mslens.studies.run.settings import RunSettings


def preprocess_sessions(
    sessions: Sequence[SessionImages], out: Path, *, root: Path, nprocs: int | None
) -> None:
    """Find the brain, correct the bias and bring all contrasts together.

    Parameters
    ----------
    sessions : sequence of SessionImages
        Those of one subject follow each other.
    out : Path
        Laid out as by `mslens run`; what is done is not done again.
    root : Path
        The raw dataset.
    nprocs : int or None
        Subjects at a time.

    Raises
    ------
    QualityError
        If a step failed for a session; its log says why.
    """
    settings = RunSettings().seeded()
    chains = [
        Chain(
            subject,
            tuple(
                entry
                for images in group
                for entry in plan_preprocess(SessionPlanner(images, out, settings))
            ),
        )
        for subject, group in groupby(sessions, key=lambda images: images.subject)
    ]
    run_id = make_run_id()
    result = run_chains(
        chains,
        out,
        settings=EngineSettings.parse({"workers": nprocs}),
        datasets={"raw": root},
        reporter=make_reporter(out, run_id),
        run_id=run_id,
    )
    if result.exit_code > 2:  # by a signal, which the engine has told
        raise KeyboardInterrupt
    if result.exit_code:
        raise QualityError(
            "some sessions could not be preprocessed",
            where=out,
            cure="Look at the messages above, or take these sessions out; nothing was trained",
        )


def load_case(images: SessionImages, out: Path) -> LesionCase:
    """Load a preprocessed session with the user's mask on the reference's grid.

    Parameters
    ----------
    images : SessionImages
        With a lesion mask.
    out : Path
        Folder of `preprocess_sessions`.
    """
    names = SessionPlanner(images, out, RunSettings()).names
    brain = load_volume(names["brain_mask"], kind="mask")
    by_t1w = images.reference == "T1w"
    lesions = load_volume(Path(str(images.lesions)), kind="mask")
    if by_t1w and images.lesions_space == "FLAIR":
        lesions = resample(lesions, brain.grid, [load_transform(names["flair_xfm"])])
    ref = load_volume(names["preproc"]).data
    return LesionCase(
        name=images.subject if images.session is None else f"{images.subject}_{images.session}",
        group=images.subject,
        flair=load_volume(names["flair"]).data if by_t1w else ref,
        t1w=ref if by_t1w else None,
        t2w=load_volume(names["t2w"]).data if images.t2w is not None else None,
        mask=np.asarray(brain.data),
        lesions=np.asarray(lesions.data),
        geography=map_geography(brain.grid, load_transform(names["coarse_xfm"])),
        voxel_size_mm=brain.grid.voxel_size_mm,
        is_real=True,
    )
