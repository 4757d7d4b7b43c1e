"""Tasks of the stage `segment` in one session."""

from __future__ import annotations

from mslens.studies.run import steps
from mslens.studies.run.session_planner import Entry, SessionPlanner


def plan_lesions(planner: SessionPlanner) -> list[Entry]:
    """Lesion mask, and the image with its lesions filled."""
    return [_find_lesions(planner), _fill(planner)]


def _find_lesions(planner: SessionPlanner) -> Entry:
    images, names = planner.images, planner.names
    if images.lesions is not None:
        moved = images.lesions_space == "FLAIR" and images.reference == "T1w"
        return planner.task(
            steps.IMPORT_LESIONS,
            planner.settings.import_lesions,
            inputs={
                "lesions": images.lesions,
                "ref": names["preproc"],
                "xfm": names["flair_xfm"] if moved else None,
            },
            outputs={"mask": "lesions"},
        )
    if images.flair is None:
        return planner.skip(
            steps.LESIONS, "lesions need a FLAIR, or a mask of your own (--lesion-mask)"
        )
    return planner.task(
        steps.LESIONS,
        planner.settings.lesions,
        inputs={
            "ref": names["preproc"],
            "mask": names["brain_mask"],
            "coarse_xfm": names["coarse_xfm"],
            "flair": names["flair"] if images.reference == "T1w" else None,
            "t2w": None if images.t2w is None else names["t2w"],
            "model": images.lesion_model,
        },
        outputs={"probseg": "probseg", "mask": "lesions"},
        optional=("t2w",),
    )


def _fill(planner: SessionPlanner) -> Entry:
    if planner.images.reference != "T1w":
        return planner.skip(steps.FILL, "lesion filling needs a T1w")
    if not planner.has_lesion_mask:
        return planner.skip(steps.FILL, "there is no lesion mask to fill")
    return planner.task(
        steps.FILL,
        planner.settings.fill,
        inputs=planner.named("image:preproc", "mask:brain_mask", "lesions"),
        outputs={"image": "filled"},
    )


def plan_anatomy(planner: SessionPlanner) -> list[Entry]:
    """Tissue, parcels, and the tables of lesions and volumes; after normalisation."""
    return [_tissue(planner), _parcels(planner), _lesion_table(planner), _volumes(planner)]


def _tissue(planner: SessionPlanner) -> Entry:
    if planner.images.reference != "T1w":
        return planner.skip(steps.TISSUE, "tissue needs a T1w")
    image = "image:filled" if planner.has_lesion_mask else "image:preproc"
    inputs = planner.named(image, "mask:brain_mask", "xfm:inverse_xfm")
    if planner.has_lesion_mask:
        inputs |= planner.named("lesions")
    return planner.task(
        steps.TISSUE,
        planner.settings.tissue,
        inputs=inputs,
        outputs={"dseg": "tissue", "csf": "csf", "gm": "gm", "wm": "wm"},
    )


def _parcels(planner: SessionPlanner) -> Entry:
    images = planner.images
    with_tissue = images.reference == "T1w"
    extra = [*(["dseg:tissue"] if with_tissue else [])]
    extra += ["lesions"] if planner.has_lesion_mask else []
    outputs = {"dseg": "parcels", "table": "parcel_table", "nawm": "nawm"}
    if images.parcels is not None:
        return planner.task(
            steps.IMPORT_PARCELS,
            planner.settings.import_parcels,
            inputs={
                "labels": images.parcels,
                "table": images.parcel_table,
                **planner.named("ref:preproc", "xfm:inverse_xfm", *extra),
            },
            outputs=outputs,
        )
    return planner.task(
        steps.PARCELS,
        planner.settings.parcels,
        inputs=planner.named("ref:preproc", "mask:brain_mask", "xfm:inverse_xfm", *extra),
        outputs=outputs,
    )


def _lesion_table(planner: SessionPlanner) -> Entry:
    if not planner.has_lesion_mask:
        return planner.skip(steps.LESION_TABLE, "there is no lesion mask")
    images = planner.images
    inputs = planner.named("lesions", "parcels", "parcel_table", "ref:preproc", "inverse_xfm")
    if images.reference == "T1w":
        inputs |= planner.named("dseg:tissue", *(["flair"] if images.flair else []))
    return planner.task(
        steps.LESION_TABLE,
        planner.settings.lesion_table,
        inputs=inputs,
        outputs={"instances": "instances", "table": "lesion_table"},
    )


def _volumes(planner: SessionPlanner) -> Entry:
    tissue = ["csf", "gm", "wm"]
    optional = [*tissue, "parcels", "parcel_table", "nawm", "lesions"]
    available = [role for role in optional if role != "lesions" or planner.has_lesion_mask]
    if planner.images.reference != "T1w":
        available = [role for role in available if role not in (*tissue, "nawm")]
    return planner.task(
        steps.VOLUMES,
        planner.settings.volumes,
        inputs=planner.named("mask:brain_mask", "inverse_xfm", *available),
        outputs={"table": "volumes"},
        optional=available,
    )
