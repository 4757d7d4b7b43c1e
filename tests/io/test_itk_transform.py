import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import io as scipy_io
from scipy.spatial.transform import Rotation

from mslens.core.errors import ImageError
from mslens.core.transform import AffineTransform, apply_affine
from mslens.io.itk_transform import FLIP, format_itk_text, parse_itk_mat, parse_itk_text

WHERE = Path("xfm.txt")
HEADER = "#Insight Transform File V1.0\n"
POINTS_LPS = np.array([[0.0, 0, 0], [10, -20, 30], [-7, 3, 55]])


def block(kind: str, parameters: str, fixed: str = "0 0 0") -> str:
    return f"#Transform 0\nTransform: {kind}\nParameters: {parameters}\nFixedParameters: {fixed}\n"


def moved_lps(text: str) -> np.ndarray:
    """Where the transform takes `POINTS_LPS`, in LPS: the world in which ITK speaks."""
    flips = np.array([-1, -1, 1])
    return apply_affine(parse_itk_text(text, where=WHERE).matrix, POINTS_LPS * flips) * flips


def test_a_translation_goes_from_lps_to_ras() -> None:
    text = HEADER + block("TranslationTransform_double_3_3", "1 2 3", "")
    assert np.allclose(parse_itk_text(text, where=WHERE).matrix[:3, 3], (-1, -2, 3))


def test_the_centre_stays_where_it_is() -> None:
    text = HEADER + block("AffineTransform_double_3_3", "2 0 0 0 2 0 0 0 2 0 0 0", "10 -20 30")
    moved = moved_lps(text)
    assert np.allclose(moved[1], (10, -20, 30))
    assert np.allclose(moved[0], (-10, 20, -30))


@pytest.mark.parametrize(("flag", "order"), [("", "yxz"), (" 0", "yxz"), (" 1", "xyz")])
def test_euler_angles_follow_itk_s_order(flag: str, order: str) -> None:
    angles = {"x": 0.1, "y": -0.2, "z": 0.3}
    text = HEADER + block("Euler3DTransform_double_3_3", "0.1 -0.2 0.3 4 5 6", f"1 2 3{flag}")
    # Lower case: about fixed axes, the first one first. ITK: Rz Rx Ry, or Rz Ry Rx.
    turn = Rotation.from_euler(order, [angles[axis] for axis in order])
    centre = np.array([1, 2, 3])
    assert np.allclose(
        moved_lps(text), turn.apply(POINTS_LPS - centre) + centre + np.array([4, 5, 6])
    )


def test_versor_and_similarity_are_quaternions() -> None:
    turn = Rotation.from_rotvec([0.3, -0.1, 0.2])
    x, y, z, w = turn.as_quat()
    assert w > 0
    rigid = HEADER + block("VersorRigid3DTransform_double_3_3", f"{x} {y} {z} 1 2 3")
    assert np.allclose(moved_lps(rigid), turn.apply(POINTS_LPS) + np.array([1, 2, 3]))
    similar = HEADER + block("Similarity3DTransform_double_3_3", f"{x} {y} {z} 1 2 3 1.5")
    assert np.allclose(moved_lps(similar), 1.5 * turn.apply(POINTS_LPS) + np.array([1, 2, 3]))


def test_a_composite_applies_its_last_transform_first() -> None:
    text = HEADER + block("CompositeTransform_double_3_3", "", "")
    text += block("AffineTransform_double_3_3", "2 0 0 0 2 0 0 0 2 0 0 0")
    text += block("TranslationTransform_double_3_3", "1 0 0", "")
    assert np.allclose(moved_lps(text), 2 * (POINTS_LPS + np.array([1, 0, 0])))


def test_the_identity_moves_nothing() -> None:
    text = HEADER + block("IdentityTransform_double_3_3", "", "")
    assert np.array_equal(parse_itk_text(text, where=WHERE).matrix, np.eye(4))


@given(hnp.arrays(np.float64, (3, 4), elements=st.floats(-1e3, 1e3, allow_subnormal=False)))
def test_text_keeps_every_digit(rows: np.ndarray) -> None:
    transform = AffineTransform(np.vstack([rows, [0, 0, 0, 1]]))
    text = format_itk_text(transform)
    assert np.array_equal(parse_itk_text(text, where=WHERE).matrix, transform.matrix)
    assert "-0.0" not in text.split()


def test_a_mat_file_is_read_like_the_text() -> None:
    numbers = [1.1, 0.1, 0, 0, 0.9, 0.2, 0, 0, 1.0, 4, 5, 6]
    stream = BytesIO()
    scipy_io.savemat(
        stream,
        {
            "AffineTransform_double_3_3": np.array(numbers)[:, None],
            "fixed": np.array([[7.0], [8], [9]]),
        },
        format="4",
    )
    text = block("AffineTransform_double_3_3", " ".join(map(str, numbers)), "7 8 9")
    expected = parse_itk_text(HEADER + text, where=WHERE)
    assert np.allclose(parse_itk_mat(stream.getvalue(), where=WHERE).matrix, expected.matrix)
    assert np.allclose(FLIP @ FLIP, np.eye(4))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("just text", "not an ITK transform file"),
        (HEADER, "holds no transform"),
        (HEADER + "Parameters: 1 2 3\n", "before any transform"),
        (HEADER + block("AffineTransform_double_3_3", "1 2 3"), "has 3 parameters"),
        (HEADER + block("AffineTransform_double_3_3", "1 x"), "not a number"),
        (HEADER + block("AffineTransform_double_2_2", "1 0 0 1 0 0"), "of kind"),
        (HEADER + block("BSplineTransform_double_3_3", "1"), "of kind 'BSplineTransform"),
        (HEADER + 2 * block("TranslationTransform_double_3_3", "1 2 3"), "lists 2 transforms"),
        (
            HEADER + block("AffineTransform_double_3_3", "nan 0 0 0 1 0 0 0 1 0 0 0"),
            "NaN or Inf",
        ),
    ],
)
def test_other_texts_are_an_error(text: str, message: str) -> None:
    with pytest.raises(ImageError, match=message) as caught:
        parse_itk_text(text, where=WHERE)
    assert caught.value.where == str(WHERE)


@pytest.mark.parametrize(
    "content",
    [
        b"no",
        b"",
        bytes(200),
        b"\x00\x01\x02\x03" * 50,
        struct.pack("<5i", 0, 2**30, 9, 0, 2) + b"a",
    ],
)
def test_other_mat_files_are_an_error(content: bytes) -> None:
    with pytest.raises(ImageError):
        parse_itk_mat(content, where=WHERE)


def test_a_mat_file_without_a_transform_is_an_error() -> None:
    stream = BytesIO()
    scipy_io.savemat(stream, {"a": np.eye(3)}, format="4")
    with pytest.raises(ImageError, match="does not hold one 3D transform"):
        parse_itk_mat(stream.getvalue(), where=WHERE)
