import dataclasses

from mslens.report.page_size import count_picture_bytes, fit_pages, without_pictures
from mslens.report.pictures import Picture
from mslens.report.settings import SubjectReportSettings
from mslens.report.subject import MAX_LESION_ROWS, SessionPage, render_subject
from mslens.report.tables import Lesion
from report.html_page import Page

#: What each session of `pages` carries: two pictures, key slices, the map of disconnection.
BYTES = 40 + 60 + 10 + 20


def picture(size: int) -> Picture:
    return Picture("lesions", "Lesions", "", (), "A" * size)


def page(session: str, lesions=None) -> SessionPage:
    return SessionPage(
        session,
        key=picture(10),
        pictures=(picture(40), picture(60)),
        lesions=lesions,
        measures=(),
        notes=("a note of its own",),
        loss_map=picture(20),
    )


def test_what_fits_is_left_alone():
    pages = [page("1"), page("2")]
    assert count_picture_bytes(pages) == 2 * BYTES
    assert fit_pages(pages, room_bytes=2 * BYTES) == pages


def test_the_earliest_session_loses_its_pictures_first_and_says_so():
    pages = [page("1"), page("2"), page("3")]
    first, *others = fit_pages(pages, room_bytes=3 * BYTES - 1)
    assert others == pages[1:]
    assert (first.pictures, first.loss_map, first.key) == ((), None, pages[0].key)
    assert first.notes[0] == "a note of its own"
    assert "all but the key slices are left out" in first.notes[1]


def test_key_slices_go_last_and_each_session_has_one_note():
    fitted = fit_pages([page("1"), page("2")], room_bytes=10)
    assert [one.key is None for one in fitted] == [True, False]
    assert count_picture_bytes(fitted) == 10
    assert [len(one.notes) for one in fitted] == [2, 2]
    assert "they are left out" in fitted[0].notes[1]


def test_no_room_at_all_leaves_the_text():
    pages = [page("1"), page("2")]
    bare = fit_pages(pages, room_bytes=-5)
    assert count_picture_bytes(bare) == count_picture_bytes(without_pictures(pages)) == 0
    assert [one.notes for one in without_pictures(pages)] == [one.notes for one in pages]


def test_thousands_of_lesions_are_cut_to_the_largest_and_the_sum_is_of_all():
    lesions = [Lesion(n, 0.001 * (n % 1000), "periventricular") for n in range(1, 2001)]
    text = render_subject(
        without_pictures([page("1", lesions)]), [], SubjectReportSettings(subject="x")
    )
    shown = Page(text)
    rows = shown.table("Lesion", "Location")
    assert len(rows) == MAX_LESION_ROWS
    assert min(int(row[0]) % 1000 for row in rows) == 750
    assert f"{2000 - MAX_LESION_ROWS} smaller ones are in lesions.tsv" in shown.words
    assert "2000" in shown.section("summary").replace(" ", "")


def test_pictures_of_changes_are_counted_and_left_out_as_all_others():
    changed = dataclasses.replace(page("2"), change_pictures=(picture(600),))
    assert count_picture_bytes([changed]) == BYTES + 600
    (fitted,) = fit_pages([changed], room_bytes=BYTES)
    assert fitted.change_pictures == ()
    assert without_pictures([changed])[0].change_pictures == ()
