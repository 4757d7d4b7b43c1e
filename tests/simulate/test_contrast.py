import numpy as np
import pytest

from mslens.simulate.contrast import render_contrast
from mslens.simulate.scanners import choose_scanner


def median_in(scene, image, name, least=0.95):
    where = scene.composition.where[scene.composition.share(name) > least]
    return float(np.median(image.ravel()[where]))


@pytest.fixture(scope="module", params=["TimTrio", "Avanto", "Clinical2D"])
def images(request, scene):
    scanner = choose_scanner(request.param)
    return {
        suffix: render_contrast(
            scene.composition, scene.texture, sequence, field_tesla=scanner.field_tesla
        )
        for suffix, sequence in scanner.sequences.items()
    }


def test_white_matter_is_one_and_air_is_nothing(images, scene):
    for image in images.values():
        assert median_in(scene, image, "wm") == pytest.approx(1.0, abs=0.06)
        outside = np.ones(scene.grid.shape, bool)
        outside.ravel()[scene.composition.where] = False
        assert not image[outside].any()
        assert image.min() >= 0


def test_tissues_are_ordered_as_in_real_images(images, scene):
    t1, flair, t2 = (
        {name: median_in(scene, images[s], name, 0.8) for name in ("csf", "gm", "wm", "lesion")}
        for s in ("T1w", "FLAIR", "T2w")
    )
    assert t1["csf"] < t1["gm"] < t1["wm"]
    assert t1["lesion"] < t1["wm"]
    assert flair["csf"] < flair["wm"] < flair["gm"] < flair["lesion"]
    assert t2["wm"] < t2["gm"] < t2["csf"]
    assert t2["wm"] < t2["lesion"]


def test_lesions_have_the_flair_contrast_of_real_ones(scene):
    """Measured on two real patients: 10th, 50th, 90th percentile 1.2, 1.4, 1.6."""
    scanner = choose_scanner("TimTrio")
    image = render_contrast(
        scene.composition, scene.texture, scanner.sequences["FLAIR"], field_tesla=3.0
    )
    where = scene.composition.where[scene.composition.share("lesion") > 0.5]
    low, middle, high = np.quantile(image.ravel()[where], [0.1, 0.5, 0.9])
    assert low > 1.0
    assert 1.2 < middle < 1.6
    assert high < 2.0
