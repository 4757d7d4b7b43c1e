import pytest

from mslens.preprocess.image_quality import (
    MEASURES,
    QualityFigure,
    QualitySettings,
    is_beyond,
    judge_quality,
    limit_of,
)

SETTINGS = QualitySettings()
PLACE = {"lesion_brightness": "lesions", "lesion_share": "lesions"}


def figure(measure, value):
    return QualityFigure(PLACE.get(measure, "T1w"), measure, value)


@pytest.mark.parametrize("measure", MEASURES)
def test_only_the_bad_side_of_a_limit_is_flagged_with_its_reason(measure):
    limit = limit_of(figure(measure, 0.0), SETTINGS)
    step = 0.1 if MEASURES[measure].bad == "above" else -0.1
    assert is_beyond(figure(measure, limit + step), SETTINGS)
    assert not is_beyond(figure(measure, limit - step), SETTINGS)
    assert not is_beyond(figure(measure, limit), SETTINGS)
    (flag,) = judge_quality([figure(measure, limit + step)], settings=SETTINGS)
    assert flag["level"] == "warning"
    assert MEASURES[measure].meaning in flag["message"]


def test_what_could_not_be_measured_is_not_flagged():
    assert judge_quality([figure(m, float("nan")) for m in MEASURES], settings=SETTINGS) == []


def test_each_contrast_has_its_own_limit():
    settings = QualitySettings(min_t1w_fit=0.4, min_flair_fit=-0.2, min_t2w_fit=0.1)
    limits = [
        limit_of(QualityFigure(i, "contrast_fit", 0), settings) for i in ("T1w", "FLAIR", "T2w")
    ]
    assert limits == [0.4, -0.2, 0.1]
