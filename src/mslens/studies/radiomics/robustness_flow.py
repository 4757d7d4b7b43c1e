"""`mslens radiomics-robustness`: measure again, disturbed or repeated, and judge every feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mslens.core.errors import InputError
from mslens.pipeline.environment import prepare_environment
from mslens.pipeline.plan import GROUP, Chain, Failure, Skip, Step, Task
from mslens.radiomics.robustness import ROBUSTNESS_PRESETS, RobustnessSettings
from mslens.radiomics.steps import DisturbedSettings
from mslens.report.robustness import RobustnessReportSettings
from mslens.studies.radiomics.choice import choose_settings
from mslens.studies.radiomics.flow import make_runner, open_output
from mslens.studies.radiomics.measurements import Design, Source, plan_measurements
from mslens.studies.radiomics.pairs import Pair, find_pairs, match_files
from mslens.studies.radiomics.plan import RadiomicsPlan, pair_chain, subject_of
from mslens.studies.radiomics.request import (
    Effort,
    FeatureRequest,
    JudgeRequest,
    RepeatRequest,
    RobustnessPreset,
    RobustRegions,
)
from mslens.studies.radiomics.words import write_command

#: Functions of the steps, which are named by what they measure or compare.
MEASURE = "mslens.radiomics.steps:extract_disturbed"
ASSESS = "mslens.radiomics.robustness_store:assess_parts"
REPORT = Step("robustness-report", 1, "mslens.report.robustness_steps:write_robustness_report")


@dataclass(frozen=True)
class _Study:
    """A checked request."""

    plan: RadiomicsPlan
    design: Design
    settings: DisturbedSettings
    judge: RobustnessSettings
    pairs: Sequence[Pair]
    images: Sequence[Mapping[str, Path]]
    labels: Sequence[Mapping[str, Path]]

    def path(self, pair: Pair, measurement: str) -> Path:
        """Table of one measurement of one subject."""
        return self.plan.out / "measurements" / pair.name / f"{measurement}.parquet"


def assess_images(
    images: Path,
    labels: Path,
    out: Path,
    *,
    preset: RobustnessPreset = "edss-radiomics",
    regions: RobustRegions = RobustRegions(),
    repeats: RepeatRequest = RepeatRequest(),
    judge: JudgeRequest = JudgeRequest(),
    effort: Effort = Effort(),
) -> int:
    """Judge which features of which regions survive a second measurement.

    Parameters
    ----------
    images, labels : Path
        Folders or patterns of files that `find_pairs` matches by name, one image per subject.
    out : Path
        Output folder; made when missing.
    preset : {"edss-radiomics", "qsm-robustness"}
        Features, threshold and grey levels of papers 000 and 003.
    regions, repeats, judge, effort
        See their classes.

    Returns
    -------
    int
        Exit code: 0 when all succeeded, 2 when some failed, 1 when none did.

    Raises
    ------
    MslensError
        If the request itself cannot be carried out.
    """
    prepare_environment()
    study = _check(images, labels, out, preset, regions, repeats, judge)
    sources = (images, labels, *repeats.repeat_images, *repeats.repeat_labels)
    open_output(study.plan.out, sources=sources, name="mslens radiomics robustness")
    words = write_command(
        f"radiomics-robustness IMAGE LABELS OUT --preset {preset}", regions, repeats, judge
    )
    runner = make_runner(study.plan.out, study.settings, command=words, effort=effort)
    code = runner.run([_subject_chain(pair, study) for pair in study.pairs])
    if code in (0, 2):
        code = max(code, runner.run([_group_chain(study, command=words)]))
        print(study.plan.out / "robustness.html")  # noqa: T201
    return code


def _check(
    images: Path,
    labels: Path,
    out: Path,
    preset: RobustnessPreset,
    regions: RobustRegions,
    repeats: RepeatRequest,
    judge: JudgeRequest,
) -> _Study:
    chosen = choose_settings(
        FeatureRequest(
            preset=None if regions.params else preset, params=regions.params, label=regions.label
        )
    )
    design = plan_measurements(repeats, preset=preset)
    pairs = find_pairs(images, labels)
    if sum(not pair.why for pair in pairs) < 2:
        raise InputError(
            "robustness needs several subjects",
            expected="folders or patterns of at least two images with label maps",
        )
    settings = DisturbedSettings(
        radiomics=chosen.radiomics,
        only_set114=chosen.only_set114,
        labels=chosen.labels,
        perturbations=(),
        seed=repeats.seed,
    )
    given = {k: v for k, v in vars(judge).items() if v is not None}
    judged = RobustnessSettings.parse(ROBUSTNESS_PRESETS[preset].model_dump() | given)
    nawm = {} if regions.nawm is None else match_files(regions.nawm, pairs)
    plan = RadiomicsPlan(out.absolute(), settings, table=regions.parcel_table, nawm=nawm)
    return _Study(
        plan,
        design,
        settings,
        judged,
        pairs,
        [match_files(source, pairs) for source in repeats.repeat_images],
        [match_files(source, pairs) for source in repeats.repeat_labels],
    )


def _subject_chain(pair: Pair, study: _Study) -> Chain:
    """Plan all measurements of a subject, one task per image and regions."""
    if pair.why:
        return pair_chain(pair, study.plan)
    entries = [_measure(pair, source, study) for source in study.design.sources]
    return Chain(subject_of(pair), tuple(entries))


def _measure(pair: Pair, source: Source, study: _Study) -> Task | Failure:
    subject, step = subject_of(pair), Step(f"measure-{source.name}", 1, MEASURE)
    inputs = study.plan.inputs(pair)
    for role, number, files in (
        ("image", source.image, study.images),
        ("labels", source.labels, study.labels),
    ):
        if number:
            path = files[number - 1].get(pair.name)
            if path is None:
                what = "image" if role == "image" else "label map"
                error = InputError(f"{source.name}: there is not exactly one {what}")
                return Failure(subject, None, step.name, error)
            inputs[role] = path.absolute()
    disturbed = () if source.perturbation is None else (source.perturbation,)
    settings = study.settings.model_copy(
        update={"perturbations": disturbed, "bin_counts": source.bin_counts, "subject": pair.name}
    )
    outputs = {role: study.path(pair, name) for role, name in source.measurements().items()}
    return Task(subject, None, step, inputs, outputs, settings)


def _group_chain(study: _Study, *, command: str) -> Chain:
    """Judge every set of measurements, then write the page."""
    out = study.plan.out
    usable = [pair for pair in study.pairs if not pair.why]
    entries: list[Task | Skip] = []
    tables: dict[str, Path] = {}
    for name, measurements in study.design.assessments.items():
        inputs = {
            f"{measurement}/{pair.name}": study.path(pair, measurement)
            for measurement in measurements
            for pair in usable
        }
        outputs = {
            "table": out / "assessments" / f"{name}.parquet",
            "summary": out / "assessments" / f"{name}_summary.tsv",
        }
        step = Step(f"assess-{name}", 1, ASSESS)
        entries.append(_group_task(step, study.judge, inputs, outputs))
        tables[name] = outputs["table"]
    page = RobustnessReportSettings(judge=study.judge.model_dump(mode="json"), command=command)
    outputs = {"html": out / "robustness.html", "table": out / "robustness.tsv"}
    entries.append(_group_task(REPORT, page, tables, outputs))
    return Chain(GROUP, tuple(entries))


def _group_task(
    step: Step,
    settings: RobustnessSettings | RobustnessReportSettings,
    inputs: Mapping[str, Path],
    outputs: Mapping[str, Path],
) -> Task:
    return Task(GROUP, None, step, inputs, outputs, settings, frozenset(inputs))
