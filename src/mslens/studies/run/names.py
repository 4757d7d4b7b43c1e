"""The stable output names of a session (BIDS derivatives), one table for all."""

from __future__ import annotations

from pathlib import Path

from mslens.io.derivatives import derivative_path
from mslens.io.templates import TEMPLATE_SPACE

_NII = ".nii.gz"
_FROM_TO = {"mode": "image"}

#: Role -> (suffix, extension, entities); ``{ref}`` stands for T1w or FLAIR.
OUTPUTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "brain_mask": ("mask", _NII, {"space": "{ref}", "desc": "brain"}),
    "coarse_xfm": (
        "xfm",
        _NII,
        {"from": TEMPLATE_SPACE, "to": "{ref}", "desc": "coarse", **_FROM_TO},
    ),
    "uniform": ("UNIT1", _NII, {"desc": "denoised"}),
    "preproc": ("{ref}", _NII, {"desc": "preproc"}),
    "flair": ("FLAIR", _NII, {"space": "{ref}", "desc": "preproc"}),
    "flair_xfm": ("xfm", ".txt", {"from": "FLAIR", "to": "{ref}", **_FROM_TO}),
    "t2w": ("T2w", _NII, {"space": "{ref}", "desc": "preproc"}),
    "t2w_xfm": ("xfm", ".txt", {"from": "T2w", "to": "{ref}", **_FROM_TO}),
    "probseg": ("probseg", _NII, {"space": "{ref}", "label": "lesion"}),
    "lesions": ("mask", _NII, {"space": "{ref}", "label": "lesion"}),
    "filled": ("{ref}", _NII, {"desc": "filled"}),
    "xfm": ("xfm", _NII, {"from": "{ref}", "to": TEMPLATE_SPACE, **_FROM_TO}),
    "inverse_xfm": ("xfm", _NII, {"from": TEMPLATE_SPACE, "to": "{ref}", **_FROM_TO}),
    "template_image": ("{ref}", _NII, {"space": TEMPLATE_SPACE, "desc": "preproc"}),
    "log_jacobian": ("{ref}", _NII, {"space": TEMPLATE_SPACE, "desc": "logjacobian"}),
    "tissue": ("dseg", _NII, {"space": "{ref}", "desc": "tissue"}),
    "csf": ("probseg", _NII, {"space": "{ref}", "label": "CSF"}),
    "gm": ("probseg", _NII, {"space": "{ref}", "label": "GM"}),
    "wm": ("probseg", _NII, {"space": "{ref}", "label": "WM"}),
    "parcels": ("dseg", _NII, {"space": "{ref}", "desc": "parcels"}),
    "parcel_table": ("dseg", ".tsv", {"desc": "parcels"}),
    "nawm": ("mask", _NII, {"space": "{ref}", "label": "NAWM"}),
    "instances": ("dseg", _NII, {"space": "{ref}", "desc": "instances"}),
    "lesion_table": ("lesions", ".tsv", {}),
    "volumes": ("volumes", ".tsv", {}),
    "quality": ("quality", ".tsv", {}),
    "halfway_earlier": ("FLAIR", _NII, {"space": "halfway", "desc": "earlier"}),
    "halfway_later": ("FLAIR", _NII, {"space": "halfway", "desc": "later"}),
    "halfway_mask": ("mask", _NII, {"space": "halfway", "desc": "brain"}),
    "halfway_earlier_xfm": ("xfm", ".txt", {"from": "earlier", "to": "halfway", **_FROM_TO}),
    "halfway_later_xfm": ("xfm", ".txt", {"from": "{ref}", "to": "halfway", **_FROM_TO}),
    "halfway_changes": ("dseg", _NII, {"space": "halfway", "desc": "changes"}),
    "changes": ("dseg", _NII, {"space": "{ref}", "desc": "changes"}),
    "change_instances": ("dseg", _NII, {"space": "{ref}", "desc": "changeinstances"}),
    "change_table": ("lesionchanges", ".tsv", {}),
    "disconnection": ("disconnection", ".tsv", {}),
    "disconnection_pairs": ("disconnection", ".tsv", {"desc": "pairs"}),
    "features": ("features", ".parquet", {}),
    "feature_scores": ("features", ".parquet", {"desc": "zscore"}),
}


def session_outputs(
    out: Path, *, subject: str, session: str | None, reference: str
) -> dict[str, Path]:
    """Return every output path of a session by its role.

    Parameters
    ----------
    out : Path
        Output folder of the run.
    subject, session : str
        Labels without ``sub-`` and ``ses-``; the session may be None.
    reference : {"T1w", "FLAIR"}
        Image on whose grid the session is worked.
    """
    return {
        role: derivative_path(
            out,
            subject=subject,
            session=session,
            datatype="anat",
            entities={key: text.format(ref=reference) for key, text in entities.items()},
            suffix=suffix.format(ref=reference),
            extension=extension,
        )
        for role, (suffix, extension, entities) in OUTPUTS.items()
    }


def subject_report_path(out: Path, subject: str) -> Path:
    """Path of a subject's report."""
    return out / f"sub-{subject}.html"


def radiomics_cohort(out: Path) -> dict[str, Path]:
    """Return the files of the cohort's matrix of radiomic features by role."""
    folder = out / "radiomics"
    return {
        "X": folder / "X.npy",
        "obs": folder / "obs.parquet",
        "var": folder / "var.parquet",
        "features": folder / "features.json",
    }


def score_path(features: Path) -> Path:
    """Path of a session's scores against the cohort, beside its features."""
    return features.with_name(features.name.replace("_features.", "_desc-zscore_features."))
