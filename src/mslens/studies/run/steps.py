"""The steps of `mslens run`: name, version, function. Raise a version when its bytes change."""

from __future__ import annotations

from mslens.pipeline.plan import Step

UNIFORM = Step("uniform", 1, "mslens.preprocess.uniform_steps:clean_uniform")
BRAIN_MASK = Step("brain-mask", 7, "mslens.preprocess.steps:extract_brain")
BIAS = Step("bias", 1, "mslens.preprocess.steps:correct_bias")
COREGISTER_FLAIR = Step("coregister-FLAIR", 2, "mslens.preprocess.steps:coregister")
COREGISTER_T2W = Step("coregister-T2w", 2, "mslens.preprocess.steps:coregister")
NORMALISE = Step("normalise", 6, "mslens.preprocess.steps:normalise_to_template")
LESIONS = Step("lesions", 4, "mslens.segment.steps:segment_lesions")
IMPORT_LESIONS = Step("import-lesions", 1, "mslens.segment.steps:import_lesions")
FILL = Step("fill", 1, "mslens.segment.steps:fill_lesions")
TISSUE = Step("tissue", 3, "mslens.segment.steps:segment_tissue")
PARCELS = Step("parcels", 2, "mslens.segment.steps:make_parcels")
IMPORT_PARCELS = Step("import-parcels", 1, "mslens.segment.steps:import_parcels")
LESION_TABLE = Step("lesion-table", 1, "mslens.segment.steps:describe_lesions")
DISCONNECT = Step("disconnect", 1, "mslens.connectome.steps:score_disconnection")
QUALITY = Step("quality", 3, "mslens.preprocess.quality_steps:measure_quality")
ALIGN_VISITS = Step("align-visits", 3, "mslens.preprocess.longitudinal_steps:align_visits")
LESION_CHANGES = Step("lesion-changes", 2, "mslens.segment.longitudinal_steps:track_lesions")
VOLUMES = Step("volumes", 2, "mslens.segment.steps:measure_volumes")
RADIOMICS = Step("radiomics", 1, "mslens.radiomics.steps:extract_regions")
REPORT = Step("report", 1, "mslens.report.steps:write_subject_report")
GROUP_TABLES = Step("group-tables", 3, "mslens.studies.run.group_steps:write_group_tables")
RADIOMICS_COHORT = Step("radiomics-cohort", 1, "mslens.radiomics.cohort_store:join_cohort")
RADIOMICS_SCORES = Step("radiomics-scores", 1, "mslens.radiomics.cohort_store:score_sessions")
GROUP_REPORT = Step("group-report", 1, "mslens.report.steps:write_group_report")

#: Stage of `--steps` -> its steps. A stage can be left out; what needs it is then skipped by name.
STAGES: dict[str, tuple[Step, ...]] = {
    "preprocess": (UNIFORM, BRAIN_MASK, BIAS, COREGISTER_FLAIR, COREGISTER_T2W, NORMALISE),
    "segment": (
        LESIONS,
        IMPORT_LESIONS,
        FILL,
        TISSUE,
        PARCELS,
        IMPORT_PARCELS,
        LESION_TABLE,
        VOLUMES,
    ),
    "quality": (QUALITY,),
    "longitudinal": (ALIGN_VISITS, LESION_CHANGES),
    "radiomics": (RADIOMICS,),
    "disconnect": (DISCONNECT,),
    "report": (REPORT,),
}
