from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.trees import SHAPE, head
from fetal_head.datasets.cvat import CvatFile, read_cvat
from fetal_head.datasets.shapes import box, ellipse, polygon

BRAIN = '<ellipse label="Brain" cx="48.5" cy="33.25" rx="38" ry="25.5" rotation="12.5" z_order="0"/>'
CSP = '<box label="CSP" xtl="30" ytl="28" xbr="40" ybr="32" rotation="340" />'
LV = '<polygon label="lv" points="60.5,30;70,30;70,36;60.5,36" />'


def write(folder: Path, *images: str, shape: tuple[int, int] = SHAPE, head: str = "") -> Path:
    path = folder / "annotations.xml"
    body = "".join(
        f'<image id="{i}" name="sub/im{i}.png" width="{shape[1]}" height="{shape[0]}">{s}</image>' for i, s in enumerate(images)
    )
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>{head}<annotations><version>1.1</version>{body}</annotations>')
    return path


def read(path: Path) -> CvatFile:
    file = read_cvat(path)
    assert file is not None
    return file


def test_shapes_are_drawn_inner_structures_on_top(tmp_path: Path) -> None:
    expected = np.zeros(SHAPE, dtype=np.uint8)
    expected[ellipse(SHAPE, (48.5, 33.25), (38, 25.5), 12.5)] = 1
    expected[box(SHAPE, (30, 28), (40, 32), 340)] = 2
    expected[polygon(SHAPE, np.array([[60.5, 30], [70, 30], [70, 36], [60.5, 36]]))] = 3
    np.testing.assert_array_equal(read(write(tmp_path, LV + CSP + BRAIN)).mask("im0", SHAPE), expected)


@given(
    st.floats(20, 70),
    st.floats(15, 50),
    st.floats(2, 40),
    st.floats(2, 40),
    st.floats(0, 360),
    st.sampled_from(["ellipse", "box"]),
)
def test_a_turned_shape_holds_the_pixels_that_it_should(tmp_path_factory, x, y, a, b, degrees, kind) -> None:
    attributes = {
        "ellipse": f'cx="{x}" cy="{y}" rx="{a}" ry="{b}"',
        "box": f'xtl="{x - a}" ytl="{y - b}" xbr="{x + a}" ybr="{y + b}"',
    }[kind]
    path = write(tmp_path_factory.mktemp("cvat"), f'<{kind} label="Brain" {attributes} rotation="{degrees}"/>')
    rows, columns = np.indices(SHAPE) + 0.5
    turned = ((columns - x) + 1j * (rows - y)) * np.exp(-1j * np.radians(degrees))
    along, across = np.abs(turned.real / a), np.abs(turned.imag / b)
    distance = np.hypot(along, across) if kind == "ellipse" else np.maximum(along, across)
    clear = np.abs(distance - 1) > 1e-6
    np.testing.assert_array_equal(read(path).mask("im0", SHAPE)[clear], (distance < 1)[clear])


def painted(region: np.ndarray, label: str, window: tuple[slice, slice]) -> str:
    """As CVAT writes what the brush painted: whole or cut to a window, along its rows."""
    rows, columns = window
    lengths, value = [0], False
    for pixel in region[window].ravel().tolist():
        if pixel != value:
            lengths, value = [*lengths, 0], pixel
        lengths[-1] += 1
    size = f'width="{columns.stop - columns.start}" height="{rows.stop - rows.start}"'
    return f'<mask label="{label}" rle="{", ".join(map(str, lengths))}" left="{columns.start}" top="{rows.start}" {size}/>'


def test_what_the_brush_painted_lies_where_it_was_painted(tmp_path: Path) -> None:
    truth = head()
    shapes = [painted(truth > 0, "Brain", (slice(0, SHAPE[0]), slice(0, SHAPE[1])))]
    for value, name in ((2, "CSP"), (3, "LV")):
        rows, columns = (np.flatnonzero((truth == value).any(axis=axis)) for axis in (1, 0))
        shapes.append(painted(truth == value, name, (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))))
    np.testing.assert_array_equal(read(write(tmp_path, "".join(shapes))).mask("im0", SHAPE), truth)


def test_images_without_a_structure_are_not_annotated(tmp_path: Path) -> None:
    tag, stranger = '<tag label="Brain"/>', '<box label="femur" xtl="1" ytl="1" xbr="9" ybr="9"/>'
    assert read(write(tmp_path, BRAIN, "", tag, stranger)).stems == ["im0"]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ('<polyline label="LV" points="1,1;2,2;3,1"/>', "a polyline outlines nothing; draw LV as"),
        ('<ellipse label="LV" cx="1" cy="1" rx="0" ry="2"/>', "no ellipse has radii"),
        ('<ellipse label="LV" cx="1" cy="1" rx="x" ry="2"/>', "the rx of a shape or image, 'x', is no number"),
        ('<ellipse label="LV" cx="inf" cy="1" rx="1" ry="2"/>', "'inf', is no number"),
        ('<polygon label="LV" points="1,1;2"/>', "annotations.xml"),
        ('<polygon label="LV"/>', "three points"),
        ('<mask label="LV" rle="1,3" left="93" top="0" width="4" height="1"/>', "mask of LV reaches beyond its image of 96 x 66"),
        ('<mask label="LV" rle="1,3" left="-1" top="0" width="4" height="1"/>', "mask of LV reaches beyond"),
        ('<mask label="LV" rle="1,4" left="0" top="0" width="4" height="1"/>', "run lengths do not fill 4 x 1 pixels"),
        ('<mask label="LV" rle="1,x" left="0" top="0" width="4" height="1"/>', "mask of LV, '1,x', is no list of run lengths"),
        (f'<mask label="LV" rle="{9**20}" left="0" top="0" width="4" height="1"/>', "is no list of run lengths"),
        ('<mask label="LV" left="0" top="0" width="4" height="1"/>', "mask of LV, '', is no list of run lengths"),
    ],
)
def test_shapes_of_no_use(tmp_path: Path, shape: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(write(tmp_path, shape)).mask("im0", SHAPE)


def test_an_annotation_of_another_size(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="transposed"):
        read(write(tmp_path, BRAIN, shape=SHAPE[::-1])).mask("im0", SHAPE)


@pytest.mark.parametrize("other", [BRAIN, ""])
def test_two_images_of_one_name(tmp_path: Path, other: str) -> None:
    """Be the second one annotated or not: what is drawn of the first would be put on whichever lies in the folder."""
    path = write(tmp_path, BRAIN, other)
    path.write_text(path.read_text().replace("sub/im1", "other/im0"))
    with pytest.raises(ValueError, match=r"annotations.xml: two images are called im0, and what is drawn could be of either"):
        read_cvat(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_never_expanded(tmp_path: Path, encoding: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    path = write(tmp_path, BRAIN, head=f'<!DOCTYPE a [<!ENTITY e SYSTEM "{secret}"><!ENTITY b "bbb">]>')
    path.write_text(path.read_text().replace("Brain", "&b;").replace("utf-8", encoding), encoding=encoding)
    with pytest.raises(ValueError, match=r"annotations.xml: "):
        read_cvat(path)


def test_other_xml_is_no_cvat(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<annotation><object/></annotation>")
    assert read_cvat(path) is None
    path.write_text("<annotations>")
    with pytest.raises(ValueError, match=r"a.xml: "):
        read_cvat(path)
