from pathlib import Path

from mslens.studies.radiomics.request import Effort, ExtraRequest, FeatureRequest
from mslens.studies.radiomics.words import write_command


def test_only_what_changes_results_is_told_and_no_folder():
    command = write_command(
        "radiomics IMAGE LABELS OUT",
        FeatureRequest(params=Path("/home/someone/p.yaml"), label=(3, 7)),
        ExtraRequest(wide=True),
        Effort(nprocs=4),
    )
    assert command == "mslens radiomics IMAGE LABELS OUT --params p.yaml --label 3 7 --wide"
    assert write_command("radiomics A B C", FeatureRequest()) == "mslens radiomics A B C"
