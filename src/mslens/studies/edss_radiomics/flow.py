"""`mslens study edss-radiomics`: inclusion, evaluation, comparison, model, report."""

from __future__ import annotations

import time
from pathlib import Path

from mslens.studies.edss_radiomics.ancillary import evaluate_small
from mslens.studies.edss_radiomics.card import write_card
from mslens.studies.edss_radiomics.checklists import fill_checklists
from mslens.studies.edss_radiomics.cohort import build_matrix
from mslens.studies.edss_radiomics.describe import describe_study
from mslens.studies.edss_radiomics.evaluation import evaluate_study
from mslens.studies.edss_radiomics.harmonise import harmonise_external
from mslens.studies.edss_radiomics.inclusion import apply_inclusion
from mslens.studies.edss_radiomics.inputs import StudyInput
from mslens.studies.edss_radiomics.outputs import StudyFiles, write_outputs
from mslens.studies.edss_radiomics.progress import Tell
from mslens.studies.edss_radiomics.saving import save_final
from mslens.studies.edss_radiomics.settings import StudySettings
from mslens.studies.edss_radiomics.split import split_patients
from mslens.studies.edss_radiomics.words import describe_limits


def run_study(
    data: StudyInput,
    out: Path,
    settings: StudySettings,
    *,
    command: str,
    n_workers: int = 1,
    tell: Tell,
) -> StudyFiles:
    """Run the study and write its results.

    Parameters
    ----------
    data : StudyInput
    out : Path
        Folder of the results; made when missing.
    settings : StudySettings
    command : str
        Equivalent command without paths.
    n_workers : int
        Folds worked on at a time, each in a process of its own; changes nothing but the time.
    tell : callable
        Told what is being done.

    Returns
    -------
    StudyFiles

    Raises
    ------
    MslensError
        If the tables cannot be used; see the modules of this study.
    """
    started = time.perf_counter()
    for remark in data.remarks:
        tell(remark)
    flow = apply_inclusion(data, settings)
    for step in flow.steps:
        if step.names:
            tell(f"left out, {step.reason}: {len(step.names)} ({', '.join(step.names)})")
    clinical = data.clinical.reindex(list(flow.included))
    target = clinical[settings.target].to_numpy(dtype=float)
    split = split_patients(target, clinical, settings)
    missing = settings.missing_features or ("leave-out" if data.from_run else "refuse")
    matrix = build_matrix(data, flow.included, min_icc=settings.selection.min_icc, missing=missing)
    if settings.harmonise == "combat" and "site" in clinical.columns:
        tell("external sites harmonised by ComBat")
        matrix = harmonise_external(matrix, clinical["site"].astype(str), split)
    if matrix.not_finite:
        tell(f"{len(matrix.not_finite)} feature(s) left out: somebody has no value")
    evaluation = evaluate_study(
        matrix, target, flow.included, split, settings, n_workers=n_workers, tell=tell
    )
    tell("clinical variables alone")
    small = evaluate_small(matrix, target, split, settings, n_workers=n_workers)
    tell("intervals and comparisons")
    result = describe_study(data, flow, matrix, split, evaluation, settings)
    result["ancillary"] = small
    result["harmonise"] = settings.harmonise
    result["limits"] = describe_limits(result)
    result["checklists"] = fill_checklists(result)
    card = write_card(result, settings.model_dump(mode="json"))
    model = out / "model.mslens"
    result["saved"]["sha256"] = save_final(
        model, result["saved"]["model"], evaluation, matrix, split, target, card, settings
    )
    result |= {"command": command, "seconds": time.perf_counter() - started}
    sets = {name: [flow.included[i] for i in rows] for name, rows in split.rows.items()}
    observed = {name: target[rows] for name, rows in split.rows.items()}
    return write_outputs(
        out,
        result,
        card,
        settings,
        people=sets,
        observed=observed,
        evaluation=evaluation,
        not_finite=matrix.not_finite,
    )
