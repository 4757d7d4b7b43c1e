"""From the words of the command line to the study."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from mslens.core.errors import SettingsError
from mslens.pipeline.resources import count_cpus
from mslens.studies.edss_radiomics.flow import run_study
from mslens.studies.edss_radiomics.inputs import gather_inputs
from mslens.studies.edss_radiomics.outputs import StudyFiles
from mslens.studies.edss_radiomics.progress import Tell
from mslens.studies.edss_radiomics.request import Brought, Evaluating
from mslens.studies.edss_radiomics.saving import STUDY
from mslens.studies.edss_radiomics.settings import read_study_settings

#: Folds at a time where nothing is asked for: at full width each takes more than 2 GB.
MOST_WORKERS = 2


def run_command(
    out: Path,
    *,
    brought: Brought,
    evaluating: Evaluating,
    config: Path | None,
    nprocs: int | None = None,
    tell: Tell,
) -> StudyFiles:
    """Run the study as a user asks for it; results lie in ``OUT/edss-radiomics``.

    Raises
    ------
    MslensError
        If the settings or the tables cannot be used.
    """
    if nprocs is not None and nprocs < 1:
        raise SettingsError(f"--nprocs is {nprocs}", expected="1 or more")
    asked = asdict(evaluating)
    names = {"folds": "n_folds", "repeats": "n_repeats", "null": "n_null"}
    given = {names.get(key, key): value for key, value in asked.items()}
    settings = read_study_settings(config, given)
    data = gather_inputs(out, brought, columns=settings.columns)
    return run_study(
        data,
        out / STUDY,
        settings,
        command=_describe_command(brought, asked, config),
        n_workers=nprocs or min(MOST_WORKERS, count_cpus()),
        tell=tell,
    )


def _describe_command(brought: Brought, asked: dict[str, object], config: Path | None) -> str:
    """Write the equivalent command without paths."""
    words = ["mslens study edss-radiomics OUT"]
    words += [
        f"--{_option(key)} {key.upper() if isinstance(value, Path) else value}"
        for key, value in asdict(brought).items()
        if value
    ]
    words += [f"--{_option(key)} {value}" for key, value in asked.items() if value is not None]
    return " ".join([*words, *(["--config CONFIG"] if config else [])])


def _option(name: str) -> str:
    return name.replace("_", "-")
