"""The second act: predict EDSS from radiomic features of a simulated cohort of tables."""

from __future__ import annotations

import sys

from mslens.studies.demo.act import Act, ActResult, Stage
from mslens.studies.edss_radiomics.command import MOST_WORKERS
from mslens.studies.edss_radiomics.light import demonstrate
from mslens.studies.edss_radiomics.settings import StudySettings

#: All features of the study; the light form has fewer.
_FULL_WIDTH, _LIGHT_WIDTH = 125_580, 3000
_LEFT_OUT = "all 125,580 features and ten folds: this was the light form ('mslens demo OUT --full')"


def show_edss(stage: Stage) -> ActResult:
    """Run the whole study on tables; light with fewer features, folds and trees.

    Parameters
    ----------
    stage : Stage

    Returns
    -------
    ActResult
    """
    folder = stage.folder / ("full" if stage.is_full else "light")
    # The study writes its page last: where it is, nothing is missing.
    page = folder / "edss-radiomics" / "edss-radiomics.html"
    if not page.is_file():
        demonstrate(
            folder,
            n_features=_FULL_WIDTH if stage.is_full else _LIGHT_WIDTH,
            seed=stage.settings.seed,
            settings=StudySettings(seed=stage.settings.seed) if stage.is_full else None,
            n_workers=min(stage.nprocs, MOST_WORKERS),
            tell=_tell,
        )
    return ActResult(
        exit_code=0,
        pages={"EDSS predicted from radiomics": page},
        skipped=() if stage.is_full else (_LEFT_OUT,),
    )


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


EDSS = Act("edss", "604 simulated patients as tables: EDSS predicted from radiomics", show_edss)
