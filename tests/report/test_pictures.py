import base64
import io

import numpy as np
import pytest
from PIL import Image

from mslens.io.templates import load_template
from mslens.report.pictures import (
    PictureStyle,
    Template,
    draw_disconnection,
    draw_key_slices,
    draw_session,
    open_album,
)
from mslens.report.session import SessionImages, load_session


@pytest.fixture(scope="module")
def images(derivatives) -> SessionImages:
    return load_session(None, derivatives)


@pytest.fixture(scope="module")
def template() -> Template:
    template = load_template(4.0)
    return Template(template.brain, template.wm.like(template.wm.data > 0.5, "mask"))


def draw(images, style=None, template=None):
    album = open_album(images, style or PictureStyle(pixel_mm=1.5))
    return {p.key: p for p in draw_session(album, images.template_image, template)}


def pixels(picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.content)))).astype(int)


def only(images, *roles, **changed) -> SessionImages:
    kept = {role: volume for role, volume in images.images.items() if role in roles}
    return SessionImages(images.session, "T1w", images.mask, images.brain, kept | changed, None, ())


def test_everything_that_can_be_drawn_is_drawn_lesions_first(images, template):
    drawn = draw(images, template=template)
    assert list(drawn) == ["lesions", "mask", "coregistration", "registration", "tissue", "parcels"]
    for picture in drawn.values():
        assert picture.title
        assert pixels(picture).max() > 150


def test_a_session_with_a_t1w_alone_has_its_mask(images):
    assert list(draw(only(images, "ref"))) == ["mask"]


def test_without_a_mask_there_is_no_album(images):
    bare = SessionImages(None, "T1w", None, None, {}, None, ())
    assert open_album(bare, PictureStyle()) is None


def test_lesions_are_outlined_in_their_colour(images):
    coloured = (np.ptp(pixels(draw(images)["lesions"]), axis=2) > 90).sum()
    none = only(
        images,
        "flair",
        lesions=images.images["lesions"].like(
            np.zeros(images.images["lesions"].data.shape, dtype=bool), "mask"
        ),
    )
    picture = draw(none)["lesions"]
    assert coloured > 100
    assert (np.ptp(pixels(picture), axis=2) > 90).sum() == 0
    assert picture.caption.startswith("No lesion was segmented")


def test_only_the_picture_of_the_mask_shows_what_lies_beyond_it_and_not_far(images):
    bright = images.images["ref"].like(np.full(images.mask.data.shape, 100, dtype=np.float32))
    images = only(images, "tissue", "parcels", "lesions", ref=bright, flair=bright)
    style = PictureStyle(pixel_mm=4.0, margin_mm=4.0, tiles=4, columns=1)
    album = open_album(images, style)
    drawn = {p.key: p for p in draw_session(album, None, None)}
    lit = {key: (pixels(picture).max(axis=2) > 60).mean() for key, picture in drawn.items()}
    assert lit["mask"] > 1.08 * lit["tissue"]
    narrow = draw(images, PictureStyle(pixel_mm=4.0, margin_mm=0.0, tiles=4, columns=1))
    assert lit["mask"] < 1.6 * (pixels(narrow["mask"]).max(axis=2) > 60).mean()


def test_the_key_slices_show_the_lesions_once(images):
    album = open_album(images, PictureStyle(pixel_mm=1.5))
    picture = draw_key_slices(album, count=3)
    assert picture.title == "FLAIR, slices with the most lesions"
    rows, columns = pixels(picture).shape[:2]
    assert columns > 2 * rows
    assert draw_key_slices(open_album(only(images, "tissue"), PictureStyle())) is None


def test_somebody_without_lesions_is_not_said_to_have_them(images):
    none = images.images["lesions"].like(np.zeros(images.mask.data.shape, dtype=bool))
    album = open_album(
        only(images, "ref", "tissue", "parcels", "flair", lesions=none), PictureStyle()
    )
    assert draw_key_slices(album, count=3).title == "FLAIR, evenly spread slices"
    assert "No lesion was segmented" in next(
        picture.caption for picture in draw_session(album, None, None) if picture.key == "lesions"
    )
    assert draw_disconnection(album, {}, ()).key == "disconnection"


def test_pictures_are_repeatable(images):
    assert draw(images) == draw(images)
