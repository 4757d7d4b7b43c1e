import pytest

from mslens.report.outcomes import Outcome
from mslens.report.settings import SubjectReportSettings
from mslens.report.subject import SessionPage, render_subject
from mslens.report.tables import Lesion, Measure
from report.html_page import Page

OUTCOMES = (Outcome(None, "bias", "done"),)
SETTINGS = SubjectReportSettings(subject="01")
LESIONS = [
    Lesion(1, 1.5, "juxtacortical", (-20.4, 31.2, -5.0), 12.0, 0.2),
    Lesion(2, 0.5, "infratentorial"),
]


def session(**values) -> SessionPage:
    known = {
        "session": None,
        "key": None,
        "pictures": (),
        "lesions": None,
        "measures": (),
        "notes": (),
    }
    return SessionPage(**{**known, **values})


def render(*sessions, outcomes=OUTCOMES, **values) -> Page:
    return Page(render_subject(sessions, outcomes, SETTINGS, **values))


def test_a_place_is_written_as_sides_of_the_body():
    rows = render(session(lesions=LESIONS)).table("Lesion", "Location")
    assert rows == [
        ["1", "juxtacortical", "1.50", "12", "+20.0 %", "L 20, A 31, I 5"],
        ["2", "infratentorial", "0.50", "–", "–", "–"],
    ]


def test_no_lesion_is_a_finding_and_not_measured_is_none():
    found = render(session(lesions=[])).section("summary")
    assert "Lesion load 0.00 ml" in found
    assert "Lesions by location" in found
    missing = render(session()).section("summary")
    assert "No lesion or volume was measured." in missing


def test_paired_structures_become_a_chart():
    sides = (("L", "left"), ("R", "right"))
    measures = [
        Measure("region", 7.0, "ml", region=f"Thalamus_{letter}", hemisphere=side)
        for letter, side in sides
    ]
    page = render(session(measures=measures))
    (chart,) = page.attributes("svg")
    assert chart["aria-label"] == "Volumes of paired structures"
    assert "Thalamus" in page.section("volumes")
    lonely = render(session(measures=measures[:1]))
    assert not lonely.attributes("svg")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_whatever_tables_and_reasons_hold_stays_text(text):
    outcomes = [Outcome("<b>", text, "failed", what=text, cure=text)]
    page = render(
        session(session="1", measures=[Measure(text, 1.0, text, region=text)], notes=[text]),
        outcomes=outcomes,
    )
    assert text in page.words
    assert not page.attributes("img")
    assert not page.attributes("b")
    assert all("alert" not in script for _, script in page.scripts)


def test_sections_that_are_empty_are_not_offered():
    page = render(session())
    links = [values["href"] for values in page.attributes("a")]
    assert links == ["#summary", "#pictures", "#quality", "#methods"]
    assert {link[1:] for link in links} == set(page.sections)


def test_a_subject_without_anything_is_still_a_page():
    page = Page(render_subject([], [], SETTINGS))
    assert "Nothing was recorded" in page.section("summary")
    assert "No step was recorded." in page.section("quality")
