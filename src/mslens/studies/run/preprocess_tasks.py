"""Tasks of the stage `preprocess` in one session."""

from __future__ import annotations

from pathlib import Path

from mslens.pipeline.plan import Step
from mslens.studies.run import steps
from mslens.studies.run.session_planner import Entry, SessionPlanner


def plan_preprocess(planner: SessionPlanner) -> list[Entry]:
    """Brain mask, bias correction, and the other contrasts onto the reference's grid."""
    images, names, settings = planner.images, planner.names, planner.settings
    cleaned = _clean_uniform(planner)
    raw = names["uniform"] if cleaned else images.reference_image
    entries: list[Entry] = [
        *cleaned,
        planner.task(
            steps.BRAIN_MASK,
            settings.brain_mask,
            inputs={"image": raw, "mask": images.brain_mask},
            outputs={"mask": "brain_mask", "coarse_xfm": "coarse_xfm"},
        ),
        planner.task(
            steps.BIAS,
            settings.bias,
            inputs={"image": raw, "mask": names["brain_mask"]},
            outputs={"image": "preproc"},
        ),
    ]
    if images.reference == "T1w":
        entries.append(_coregister(planner, steps.COREGISTER_FLAIR, "FLAIR", images.flair))
    entries.append(_coregister(planner, steps.COREGISTER_T2W, "T2w", images.t2w))
    return entries


def _clean_uniform(planner: SessionPlanner) -> list[Entry]:
    """Make a T1w of UNIT1 where there is no other."""
    images = planner.images
    if images.t1w is not None or images.uniform is None:
        return []
    return [
        planner.task(
            steps.UNIFORM,
            planner.settings.uniform,
            inputs={
                "image": images.uniform,
                "second": images.second_inversion,
                "first": images.first_inversion,
            },
            outputs={"image": "uniform"},
        )
    ]


def _coregister(planner: SessionPlanner, step: Step, suffix: str, moving: Path | None) -> Entry:
    if moving is None:
        return planner.skip(step, f"there is no {suffix}")
    role = suffix.lower()
    return planner.task(
        step,
        planner.settings.coregister,
        inputs={
            "moving": moving,
            "fixed": planner.names["preproc"],
            "mask": planner.names["brain_mask"],
        },
        outputs={"image": role, "xfm": f"{role}_xfm"},
    )


def plan_normalise(planner: SessionPlanner, *, with_lesions: bool) -> list[Entry]:
    """Register to the template; of the filled image when lesions are segmented before."""
    masked = with_lesions and planner.has_lesion_mask
    filled = masked and planner.images.reference == "T1w"
    inputs = planner.named(
        "image:filled" if filled else "image:preproc", "mask:brain_mask", "coarse_xfm"
    )
    if masked:
        inputs |= planner.named("lesions")
    return [
        planner.task(
            steps.NORMALISE,
            planner.settings.normalise,
            inputs=inputs,
            outputs={
                "xfm": "xfm",
                "inverse_xfm": "inverse_xfm",
                "image": "template_image",
                "log_jacobian": "log_jacobian",
            },
        )
    ]
