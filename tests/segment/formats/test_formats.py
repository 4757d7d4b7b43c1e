from mslens.segment.formats import FORMATS, recognise_format


def test_recognition_in_order():
    aseg = {2, 41, 10, 49, 77}
    assert recognise_format(aseg, {}) == "freesurfer"
    assert recognise_format({2, 41, 10, 49, 24}, {}) == "synthseg"
    assert recognise_format(range(1, 117), {}) == "aal"
    assert recognise_format({1, 2}, {1: "left thalamus", 2: "right thalamus"}) == "table"
    assert recognise_format({1, 2}, {}) is None


def test_every_format_describes_labels():
    for name, label_format in FORMATS.items():
        regions = label_format.describe([1, 2], {1: "Precentral_L", 2: "Precentral_R"})
        assert [region.index for region in regions] == [1, 2], name
