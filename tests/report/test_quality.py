"""Figures of image quality on the page of a subject."""

import pandas as pd
import pytest

from mslens.core.errors import TableError
from mslens.io.tables import write_tsv
from mslens.preprocess.image_quality import MEASURES
from mslens.preprocess.quality_steps import QUALITY_COLUMNS
from mslens.report.quality import QUALITY_NAMES, QualityRow, read_quality
from mslens.report.settings import SubjectReportSettings
from mslens.report.steps import write_subject_report

ROWS = pd.DataFrame(
    {
        "image": ["T1w", "FLAIR"],
        "measure": ["noise", "ghost"],
        "value": [0.25, float("nan")],
        "limit": [0.1, 0.0015],
        "flagged": [1, 0],
    }
)


@pytest.fixture
def path(tmp_path):
    write_tsv(tmp_path / "quality.tsv", ROWS, columns=QUALITY_COLUMNS)
    return tmp_path / "quality.tsv"


def test_the_table_is_read(path):
    first, second = read_quality(path)
    assert first == QualityRow("T1w", "noise", 0.25, 0.1, True)
    assert second.value is None
    assert not second.is_flagged


def test_every_measure_has_words():
    assert set(QUALITY_NAMES) == set(MEASURES)


def test_a_table_without_its_columns_is_an_error(tmp_path):
    write_tsv(tmp_path / "x.tsv", ROWS[["image"]], columns={"image": QUALITY_COLUMNS["image"]})
    with pytest.raises(TableError, match="measure"):
        read_quality(tmp_path / "x.tsv")


def test_the_page_marks_what_is_beyond_its_limit(path, tmp_path):
    html = tmp_path / "sub-01.html"
    settings = SubjectReportSettings(subject="01", viewer=False)
    write_subject_report({"quality": path}, {"html": html}, settings)
    page = html.read_text(encoding="utf-8")
    section = page[page.index('<section id="quality">') :]
    assert "Noise / brain" in section
    assert section.count('class="n far"') == 1
    assert "simulated images" in section
