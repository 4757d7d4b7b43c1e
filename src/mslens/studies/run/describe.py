"""`mslens methods`: the methods paragraph of a finished run, or of the default settings."""

from __future__ import annotations

from pathlib import Path

import mslens
from mslens.core.errors import DatasetError
from mslens.report.methods import Form, MethodUse, collect_uses, describe_methods
from mslens.report.outcomes import read_outcomes
from mslens.studies.run.settings import RunSettings, read_run_settings
from mslens.studies.run.steps import IMPORT_LESIONS, IMPORT_PARCELS, STAGES, UNIFORM


def methods_text(out: Path | None, *, form: Form) -> str:
    """Write the methods paragraph with its references.

    Parameters
    ----------
    out : Path or None
        Output folder of a run: what really ran is described. None: the default settings.
    form : {"markdown", "plain", "bibtex"}

    Raises
    ------
    DatasetError
        If the folder holds no run.
    """
    if out is None:
        uses = _default_uses(RunSettings().seeded())
    else:
        settings = read_run_settings(require_run(out) / "settings.toml", seed=None)
        found = sorted((out / ".mslens" / "outcomes").glob("sub-*.json"))
        outcomes = [outcome for path in found for outcome in read_outcomes(path)]
        uses = collect_uses(outcomes, settings.by_step())
    return describe_methods(uses, version=mslens.__version__).write(form)


def require_run(out: Path) -> Path:
    """Return the folder if it is the output of a run.

    Raises
    ------
    DatasetError
        Otherwise.
    """
    if not (out / "settings.toml").is_file() or not (out / ".mslens").is_dir():
        raise DatasetError(
            "this is not the output folder of a run",
            where=out,
            expected="a folder that 'mslens run' wrote",
        )
    return out


def _default_uses(settings: RunSettings) -> list[MethodUse]:
    values = settings.by_step()
    left_out = {UNIFORM.name, IMPORT_LESIONS.name, IMPORT_PARCELS.name}
    steps = [
        step.name for stage in ("preprocess", "segment", "radiomics") for step in STAGES[stage]
    ]
    return [
        MethodUse(step, str(values[step].get("method", "")), values[step])
        for step in steps
        if step not in left_out
    ]
