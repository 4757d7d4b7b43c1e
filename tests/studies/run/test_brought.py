import pytest

from dataset import write_dataset_root
from mslens.core.errors import InputError, SettingsError
from mslens.studies.run.brought import BroughtFiles
from mslens.studies.run.request import Brought


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_pattern_finds_the_file_of_the_session(tmp_path):
    wanted = touch(tmp_path / "sub-01_ses-2_mask.nii.gz")
    touch(tmp_path / "sub-01_ses-1_mask.nii.gz")
    brought = BroughtFiles(Brought(lesion_mask=f"{tmp_path}/sub-{{subject}}_ses-{{session}}_*"))
    assert brought.find("lesions", subject="01", session="2", space="T1w") == wanted
    assert brought.find("parcels", subject="01", session="2", space="T1w") is None


@pytest.mark.parametrize("names", [[], ["sub-01_a.nii.gz", "sub-01_b.nii.gz"]])
def test_no_file_or_several_is_an_error_never_a_silent_fallback(tmp_path, names):
    for name in names:
        touch(tmp_path / name)
    brought = BroughtFiles(Brought(lesion_mask=f"{tmp_path}/sub-{{subject}}_*"))
    with pytest.raises(InputError, match=rf"matches {len(names)} files for sub-01"):
        brought.find("lesions", subject="01", session=None, space="T1w")


def test_a_pattern_must_name_the_subject():
    with pytest.raises(SettingsError, match=r"--lesion-mask has no \{subject\}"):
        BroughtFiles(Brought(lesion_mask="mask.nii.gz"))


@pytest.mark.parametrize(
    "rest", ["{run}", "{}", "{subject.label}", "{subject", "{0}"], ids=lambda rest: rest.strip("{}")
)
def test_a_pattern_with_another_field_is_refused_before_any_work(rest):
    with pytest.raises(SettingsError, match=r"the pattern of --parcels holds \{.*sub-\{subject\}"):
        BroughtFiles(Brought(parcels="sub-{subject}_" + rest))


def test_a_session_pattern_on_a_dataset_without_sessions(tmp_path):
    brought = BroughtFiles(Brought(brain_mask=f"{tmp_path}/sub-{{subject}}_ses-{{session}}.nii"))
    with pytest.raises(InputError, match=r"names a session, but sub-01 has none"):
        brought.find("brain_mask", subject="01", session=None, space="T1w")


def test_a_derivative_in_the_right_space_is_found(tmp_path):
    root = write_dataset_root(tmp_path / "mine", ["01"])
    anat = root / "sub-01" / "anat"
    t1w = touch(anat / "sub-01_space-T1w_label-lesion_mask.nii.gz")
    flair = touch(anat / "sub-01_space-FLAIR_label-lesion_mask.nii.gz")
    touch(anat / "sub-01_desc-brain_mask.nii.gz")
    brought = BroughtFiles(Brought(derivatives=root))
    assert brought.find("lesions", subject="01", session=None, space="T1w") == t1w
    assert brought.find("lesions", subject="01", session=None, space="FLAIR") == flair
    assert brought.find("lesions", subject="02", session=None, space="T1w") is None
    touch(anat / "sub-01_acq-b_space-T1w_label-lesion_mask.nii.gz")
    with pytest.raises(InputError, match="hold 2 files"):
        BroughtFiles(Brought(derivatives=root)).find(
            "lesions", subject="01", session=None, space="T1w"
        )


def test_the_real_consensus_masks_are_found_as_derivatives(data_dir):
    root = data_dir / "open_ms_bids" / "skullstripped" / "derivatives" / "consensus"
    brought = BroughtFiles(Brought(derivatives=root))
    found = brought.find("lesions", subject="C19", session=None, space="T1w")
    assert found is not None
    assert found.name == "sub-C19_space-T1w_label-lesion_mask.nii.gz"
