"""An annotator before a browser: what he does with the mouse and the keys, and what he sees."""

from __future__ import annotations

import io
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from playwright.sync_api import TimeoutError as NotInTime

from fetal_head.phantom import phantom
from pictures import write_picture

PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)
Mask = NDArray[np.uint8]
WHO = "**/auth/token/valid"
# as an array of numbers, a mask takes seconds on its way
AS_BASE64 = """() => {
    const values = Uint8Array.from(fetalHead.viewer.shown());
    let text = "";
    for (let i = 0; i < values.length; i += 32768) text += String.fromCharCode(...values.subarray(i, i + 32768));
    return btoa(text);
}"""


class Desk:
    """A browser of one's own, with a storage of its own."""

    def __init__(self, browser: Browser, url: str, sign_in: tuple[str, str] | None = None) -> None:
        self.url = url
        shown: dict[str, Any] = {"http_credentials": dict(zip(("username", "password"), sign_in, strict=True))} if sign_in else {}
        # drawn in software, each change costs by its size
        self._context = browser.new_context(viewport={"width": 1000, "height": 700}, **shown)
        self._context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self._context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def leave(self) -> None:
        """Closes the browser."""
        self._context.close()

    def open(self, image: str = "") -> str:
        """Opens an image, or the next one, and returns which it is."""
        self.page.goto(f"{self.url}/ohif/fetal" + (f"?image={image}" if image else ""))
        return self.settled("")

    def settled(self, before: str) -> str:
        """Waits until another image than `before` is open with its mask."""
        try:
            self.page.wait_for_function("before => (document.body?.dataset.fetalHeadImage ?? '') !== before", arg=before)
        except NotInTime as error:
            raise AssertionError(f"no image is open: {self.text('body')}\n{self.errors}") from error
        return str(self.page.evaluate("document.body.dataset.fetalHeadImage"))

    @property
    def mask(self) -> Mask:
        """(rows, columns) the labelmap that OHIF shows."""
        size = self.page.evaluate("fetalHead.editor.size")
        return (
            np.frombuffer(b64decode(self.page.evaluate(AS_BASE64)), dtype=np.uint8).reshape(size["rows"], size["columns"]).copy()
        )

    def colour(self, x: float, y: float) -> tuple[int, int, int]:
        """What is on the screen at a pixel of the image."""
        left, top = self.on_screen(x, y)
        shot = self.page.screenshot(clip={"x": left - 1, "y": top - 1, "width": 3, "height": 3})
        red, green, blue = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))[1, 1].tolist()
        return red, green, blue

    def shows(self, place: tuple[float, float], is_so: Callable[[tuple[int, int, int]], Any]) -> None:
        """Waits until the colour at a pixel of the image is such a one."""
        for _ in range(50):
            if is_so(colour := self.colour(*place)):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"at {place} there is {colour}")

    def on_screen(self, x: float, y: float) -> tuple[float, float]:
        """Where on the page the middle of a pixel of the image is."""
        found = self.page.evaluate(
            """([x, y]) => {
                const { left, top } = fetalHead.viewer.element.getBoundingClientRect();
                const at = fetalHead.viewer.toScreen({ x, y });
                return [left + at.x, top + at.y];
            }""",
            [x, y],
        )
        return float(found[0]), float(found[1])

    def move(self, x: float, y: float) -> None:
        """Moves the mouse to a pixel of the image."""
        self.page.mouse.move(*self.on_screen(x, y), steps=4)

    def down(self, x: float, y: float) -> None:
        """Presses the left button at a pixel of the image, and holds it."""
        self.move(x, y)
        self.page.mouse.down()

    def drag(self, *points: tuple[float, float]) -> None:
        """Moves the mouse from the first to the last pixel of the image with its left button down."""
        self.down(*points[0])
        for point in points[1:]:
            self.move(*point)
        self.page.mouse.up()

    def click(self, x: float, y: float, **how: Any) -> None:
        """Clicks on a pixel of the image."""
        self.page.mouse.click(*self.on_screen(x, y), **how)

    def press(self, key: str) -> None:
        """Presses a key, the focus being nowhere in particular."""
        self.page.evaluate("document.activeElement?.blur()")
        self.page.keyboard.press(key)

    @property
    def annotated(self) -> list[str]:
        """The structures that the panel calls annotated."""
        shown = self.page.locator(".structure select").evaluate_all("all => all.map((one) => [one.ariaLabel, one.value])")
        return [label.removesuffix(" is") for label, value in shown if value == "annotated"]

    @contextmanager
    def away(self, pattern: str) -> Iterator[None]:
        """Loses what the page asks for at such an address, and then its questions whether the server is there again."""
        for lost in (pattern, WHO):
            self.page.route(lost, lambda route: route.abort())
        yield
        for lost in (pattern, WHO):
            self.page.unroute(lost)

    def hold(self, pattern: str) -> Callable[[], None]:
        """Keeps back what the page asks for at such an address; what is returned waits until it is asked for, and lets it go."""
        held: list[Route] = []
        is_held = True
        self.page.route(pattern, lambda route: held.append(route) if is_held else route.continue_())

        def let_go() -> None:
            nonlocal is_held
            while not held:
                self.page.wait_for_timeout(20)
            is_held = False
            for route in held:
                route.continue_()

        return let_go

    def button(self, name: str) -> None:
        """Presses a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def text(self, selector: str) -> str:
        """What stands there."""
        return self.page.locator(selector).inner_text()

    def hc(self) -> float:
        """The head circumference that the panel shows, once it is there."""
        self.page.wait_for_selector("[aria-label=Biometry] tbody[data-hc]:not([data-hc=''])", state="attached")
        return float(self.page.get_attribute("[aria-label=Biometry] tbody", "data-hc") or "nan")


def phantoms(studies: Path, count: int) -> Path:
    """A study folder with some."""
    studies.mkdir(exist_ok=True)
    for number in range(count):
        write_picture(studies / f"p{number}.png", phantom(number).image)
    return studies
