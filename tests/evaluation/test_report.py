"""The report as a browser and a screen reader get it."""

from __future__ import annotations

import base64
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from evaluation.oracle import evaluated, head

HOSTILE = "<img src=x onerror=alert(1)> & \"quoted\" 'name' {{ 7 * 7 }} $x_$"


class Page(HTMLParser):
    """The tags with their attributes, and the text between them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(tmp_path: Path, images: dict[str, tuple[np.ndarray, np.ndarray]], **options: object) -> Page:
    evaluated(tmp_path, images, **options)
    return Page(tmp_path / "report" / "report.html")


def test_it_needs_nothing_but_itself(tmp_path: Path) -> None:
    page = page_of(tmp_path, {f"Patient{n}_a": (head(30 - n), head()) for n in range(3)})
    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    assert not any(name in attributes for _, attributes in page.tags for name in ("href", "srcset", "onclick", "onerror"))
    pictures = page.all("img")
    assert len(pictures) == 10
    for picture in pictures:
        kind, data = (picture["src"] or "").split(",")
        assert kind == "data:image/png;base64"
        with Image.open(BytesIO(base64.b64decode(data))) as image:
            assert min(image.size) > 50
    assert "url(" not in page.text


def test_it_can_be_heard(tmp_path: Path) -> None:
    page = page_of(tmp_path, {f"Patient{n}_a": (head(30 - n), head()) for n in range(3)})
    assert page.all("html") == [{"lang": "en"}]
    assert all(len(picture["alt"] or "") > 20 for picture in page.all("img"))
    assert all(header["scope"] in ("col", "row") for header in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))


def test_a_hostile_name_is_only_text(tmp_path: Path) -> None:
    page = page_of(tmp_path, {HOSTILE: (head(), head()), "b": (head(), head())}, command=f"fetal-head evaluate --to '{HOSTILE}'")
    assert page.text.count(HOSTILE) >= 2
    assert any(HOSTILE in (picture["alt"] or "") for picture in page.all("img"))
    assert all((picture["src"] or "").startswith("data:image/png;") for picture in page.all("img"))
    assert "49" not in page.text.split("onerror=alert(1)")[1][:40]


def test_it_says_the_numbers_the_rules_and_the_command(tmp_path: Path) -> None:
    images = {
        "Patient1_a": (head(csp=55), head()),
        "Patient2_a": (head(csp=None), head()),
        "Patient3_a": (head(), head(csp=None)),
    }
    text = " ".join(page_of(tmp_path, images, command="fetal-head evaluate --images i").text.split())
    assert "3 images of 3 patients" in text
    assert "Present in 2 of the 3 images that are annotated for it; missed altogether in 1. Seen in 100.0 % of the 1" in text
    assert "Dice 0.250 [0.000, 0.500] 2" in text
    assert "Nothing could be measured: no pixel size is known" in text
    assert "the image counts for false presence and pooled Dice alone" in text
    assert "fetal-head evaluate --images i" in text
    assert "not seen by the model" in text


def test_what_no_mask_speaks_of(tmp_path: Path) -> None:
    drawing = (head() > 0).astype(np.uint8) * 255
    page = page_of(tmp_path, {"a": (head(), drawing)})
    assert page.text.count("No mask speaks of it.") == 2
    assert len(page.all("table")) == 1
