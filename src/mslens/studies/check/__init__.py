"""`mslens check`: what a dataset holds and which steps are possible for whom."""

from mslens.studies.check.report import CheckReport
from mslens.studies.check.survey import check_dataset

__all__ = ["CheckReport", "check_dataset"]
