import pytest

from dataset import image_path, write_dataset_root, write_session
from mslens.core.errors import DatasetError, UnknownName
from mslens.io.bids import index_dataset
from mslens.pipeline.plan import Failure
from mslens.studies.run.brought import BroughtFiles
from mslens.studies.run.request import Brought
from mslens.studies.run.sources import find_sessions, select_sessions, select_subjects


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    root = write_dataset_root(tmp_path_factory.mktemp("bids"), ["01", "02", "03"])
    write_session(root, "01", session="1")
    write_session(root, "01", session="2", suffixes=("FLAIR",))
    write_session(root, "02", suffixes=("T1w",))
    image_path(root, "03", "T1w").parent.mkdir(parents=True)
    return index_dataset(root)


def find(index, subject, **brought):
    sessions = select_sessions(index, subject, ())
    files = BroughtFiles(Brought(**brought))
    return find_sessions(index, subject, sessions=sessions, brought=files)


def test_subjects_with_or_without_prefix_and_the_closest_name(index):
    assert select_subjects(index, ["sub-02", "01"]) == ("01", "02")
    assert select_subjects(index, []) == ("01", "02", "03")
    with pytest.raises(UnknownName, match="Did you mean '01'"):
        select_subjects(index, ["1"])


def test_the_reference_is_the_t1w_else_the_flair(index):
    first, second = find(index, "01")
    assert (first.session, first.reference) == ("1", "T1w")
    assert (second.session, second.reference) == ("2", "FLAIR")
    (single,) = find(index, "02")
    assert (single.session, single.flair) == (None, None)


def test_a_subject_without_images_is_a_failure_of_that_subject(index):
    (failure,) = find(index, "03")
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, DatasetError)
    assert "no image" in str(failure.error)


def test_a_missing_mask_of_the_user_fails_that_session(index, tmp_path):
    found = find(index, "02", lesion_mask=f"{tmp_path}/sub-{{subject}}.nii.gz")
    assert isinstance(found[0], Failure)
    assert "--lesion-mask matches 0 files" in str(found[0].error)


def test_a_uniform_image_and_the_magnitudes_of_its_inversions_stand_for_a_t1w(tmp_path):
    root = write_dataset_root(tmp_path / "B", ["01"])
    write_session(root, "01", suffixes=("FLAIR",))
    names = ("UNIT1", "inv-1_MP2RAGE", "inv-2_part-mag_MP2RAGE", "inv-2_part-phase_MP2RAGE")
    for name in (*names, "acq-other_inv-1_MP2RAGE"):
        image_path(root, "01", name).write_bytes(image_path(root, "01", "FLAIR").read_bytes())
    index = index_dataset(root)
    (found,) = find_sessions(index, "01", sessions=(None,), brought=BroughtFiles(Brought()))
    assert not isinstance(found, Failure)
    assert found.reference == "T1w"
    assert found.reference_image == found.uniform == image_path(root, "01", "UNIT1")
    assert found.first_inversion == image_path(root, "01", "inv-1_MP2RAGE")
    assert found.second_inversion == image_path(root, "01", "inv-2_part-mag_MP2RAGE")


@pytest.mark.parametrize("label", ["01 copy", "my_patient", ""])
def test_a_folder_whose_label_is_no_bids_label_is_told_so(tmp_path, label):
    root = write_dataset_root(tmp_path / "B", ["01"])
    write_session(root, "01", suffixes=("FLAIR",))
    image = image_path(root, label, "T1w")
    image.parent.mkdir(parents=True)
    image.write_bytes(image_path(root, "01", "FLAIR").read_bytes())
    (failure,) = find(index_dataset(root), label)
    assert isinstance(failure, Failure)
    assert "does not follow BIDS" in str(failure.error)
    assert "letters and digits" in str(failure.error)
