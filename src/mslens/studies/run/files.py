"""`mslens preprocess` and `mslens segment`: the session chain for single files, without BIDS."""

from __future__ import annotations

from pathlib import Path

from mslens.core.errors import InputError
from mslens.io.derivatives import write_dataset_description
from mslens.pipeline.engine import EngineSettings
from mslens.pipeline.environment import prepare_environment
from mslens.studies.run.chain import subject_chain
from mslens.studies.run.file_request import FileInputs, FileResults
from mslens.studies.run.images import SessionImages
from mslens.studies.run.lesion_choice import choose_lesion_model, find_lesion_model
from mslens.studies.run.names import subject_report_path
from mslens.studies.run.output import require_output_folder
from mslens.studies.run.runner import Runner
from mslens.studies.run.settings import read_run_settings


def run_files(
    image: Path,
    out: Path,
    *,
    inputs: FileInputs,
    results: FileResults = FileResults(),
    stages: tuple[str, ...],
) -> int:
    """Run stages of the session chain on single files.

    Parameters
    ----------
    image : Path
        T1w; a FLAIR when its name ends in ``_FLAIR`` and no other FLAIR is given.
    out : Path
        Output folder, laid out as by `mslens run`.
    inputs : FileInputs
    results : FileResults
    stages : tuple of str
        Keys of `mslens.studies.run.steps.STAGES`.

    Returns
    -------
    int
        Exit code of the run.

    Raises
    ------
    InputError
        If a file does not exist.
    """
    prepare_environment()
    images = name_files(image, inputs, results)
    require_output_folder(out, inputs=image)
    settings = choose_lesion_model(
        read_run_settings(inputs.config, seed=None), results.lesion_model
    )
    command = f"mslens {'segment' if 'segment' in stages else 'preprocess'} IMAGE OUT"
    out = out.absolute()
    chain = subject_chain(
        images.subject, [images], out=out, settings=settings, stages=stages, command=command
    )
    write_dataset_description(out, name="mslens derivatives")
    runner = Runner(out, settings, command=command, engine=EngineSettings(workers=1))
    code = runner.run([chain])
    if "report" in stages:
        print(subject_report_path(out, images.subject))  # noqa: T201
    return code


def name_files(image: Path, inputs: FileInputs, results: FileResults) -> SessionImages:
    """Say which file is what.

    Raises
    ------
    InputError
        If a file does not exist.
    """
    stem = image.name.split(".")[0]
    alone_flair = inputs.flair is None and stem.endswith("_FLAIR")
    is_uniform = stem.endswith("_UNIT1")
    given = {
        "t1w": None if alone_flair or is_uniform else image,
        "uniform": image if is_uniform else None,
        "flair": image if alone_flair else inputs.flair,
        "t2w": inputs.t2w,
        "brain_mask": inputs.brain_mask,
        "lesions": results.lesion_mask,
        "parcels": results.parcels,
        "parcel_table": results.parcel_table,
    }
    for path in given.values():
        if path is not None and not path.exists():
            raise InputError("there is no such file", where=path)
    absolute = {role: None if path is None else path.absolute() for role, path in given.items()}
    return SessionImages(
        inputs.label.removeprefix("sub-"),
        None,
        t1w=absolute["t1w"],
        uniform=absolute["uniform"],
        flair=absolute["flair"],
        t2w=absolute["t2w"],
        brain_mask=absolute["brain_mask"],
        lesions=absolute["lesions"],
        lesions_space=results.lesion_space,
        lesion_model=find_lesion_model(results.lesion_model),
        parcels=absolute["parcels"],
        parcel_table=absolute["parcel_table"],
    )
