"""`mslens radiomics`: features of one image and its label map, or of folders of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mslens.core.errors import OutputError
from mslens.core.settings import Settings
from mslens.io.derivatives import write_dataset_description
from mslens.pipeline.engine import EngineSettings
from mslens.pipeline.environment import prepare_environment
from mslens.pipeline.plan import GROUP, Chain
from mslens.studies.radiomics.choice import choose_settings
from mslens.studies.radiomics.pairs import find_pairs, match_files
from mslens.studies.radiomics.plan import (
    RadiomicsPlan,
    group_entries,
    pair_chain,
    require_possible,
)
from mslens.studies.radiomics.request import Effort, ExtraRequest, FeatureRequest
from mslens.studies.radiomics.words import write_command
from mslens.studies.run.output import require_output_folder
from mslens.studies.run.runner import Runner


def describe_images(
    images: Path,
    labels: Path,
    out: Path,
    *,
    features: FeatureRequest = FeatureRequest(),
    extra: ExtraRequest = ExtraRequest(),
    effort: Effort = Effort(),
) -> int:
    """Extract the features of every region of every image.

    Parameters
    ----------
    images, labels : Path
        A file each, or folders or patterns of files that `find_pairs` matches by name.
    out : Path
        Output folder; made when missing.
    features, extra, effort
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
    settings = choose_settings(features)
    require_possible(extra, settings)
    pairs = find_pairs(images, labels)
    plan = RadiomicsPlan(
        out.absolute(),
        settings,
        extra,
        single=images.is_file(),
        table=features.parcel_table,
        nawm={} if features.nawm is None else match_files(features.nawm, pairs),
    )
    open_output(plan.out, sources=(images, labels), name="mslens radiomics")
    words = write_command("radiomics IMAGE LABELS OUT", features, extra)
    runner = make_runner(plan.out, settings, command=words, effort=effort)
    code = runner.run([pair_chain(pair, plan) for pair in pairs])
    entries = group_entries(pairs, plan)
    if entries and code in (0, 2):
        code = max(code, runner.run([Chain(GROUP, tuple(entries))]))
    if code != 1:
        print(plan.features_path(pairs[0]) if plan.single else plan.out)  # noqa: T201
    return code


def open_output(out: Path, *, sources: Sequence[Path], name: str) -> None:
    """Refuse a folder that holds something else or would be searched; describe it as ours.

    Parameters
    ----------
    out : Path
    sources : sequence of Path
        Files, folders or patterns of the inputs.
    name : str
        Name of the dataset of results.

    Raises
    ------
    OutputError
    """
    for source in sources:
        if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
            raise OutputError(
                "the output folder lies in a folder of inputs, which is searched for images",
                where=out,
                cure="Choose a folder beside it, or give the inputs as a quoted pattern",
            )
        require_output_folder(out, inputs=source)
    write_dataset_description(out, name=name)


def make_runner(out: Path, settings: Settings, *, command: str, effort: Effort) -> Runner:
    """Make what runs chains, with 2 GB for each worker: filters hold several whole images."""
    engine = EngineSettings.parse(
        {"workers": effort.nprocs, "memory_gb": effort.mem, "memory_per_worker_gb": 2.0}
    )
    return Runner(out, settings, command=command, engine=engine, verbose=effort.verbose)
