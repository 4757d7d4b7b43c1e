from mslens.segment.formats.synthseg import is_synthseg, synthseg_regions

#: Labels of SynthSeg 2.0 (Billot et al. 2023).
LABELS = {2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 26, 28} | {
    41, 42, 43, 44, 46, 47, 49, 50, 51, 52, 53, 54, 58, 60
}  # fmt: skip


def test_recognition():
    assert is_synthseg(LABELS)
    assert is_synthseg(LABELS | {1024, 2024})
    assert not is_synthseg(LABELS - {24})
    assert not is_synthseg(LABELS | {77, 251}), "FreeSurfer"


def test_every_label_is_known():
    regions = synthseg_regions(LABELS, {})
    assert {r.index for r in regions} == LABELS
    assert [r.index for r in regions if r.group == "other"] == [24]
