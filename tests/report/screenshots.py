"""Makes the screenshots of docs/report.md from three reports:

python -m tests.report.screenshots PHOTOS/report.html RECORDINGS/report.html QUESTIONS/report.html
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.report.browser import SEEN_DRAWN, Browser, chromium, find_chromium

DOCS = Path(__file__).parent.parent.parent / "docs" / "images"


def main(photos: Path, recordings: Path, questions: Path) -> None:
    with tempfile.TemporaryDirectory() as profile, chromium(find_chromium() or "", Path(profile)) as browser:
        browser.look(1280, 860)
        browser.open(photos)
        _save(browser, "report-light")
        browser.look(390, 844, scale=1.5)
        browser.open(photos)
        browser.run("document.getElementById('results').scrollIntoView()")
        _save(browser, "report-phone")
        browser.look(1280, 860, dark=True)
        browser.open(recordings)
        browser.wait("document.querySelectorAll('.line').length > 2")
        browser.run("document.getElementById('results').scrollIntoView()")
        browser.click(".recording:nth-child(6) .line")
        browser.wait("document.querySelector('.line.now') !== null")
        _save(browser, "report-dark")
        browser.look(1280, 860)
        browser.open(questions)
        browser.run("document.getElementById('results').scrollIntoView()")
        _save(browser, "report-answers")
        browser.look(1280, 860, dark=True)
        browser.open(photos)
        browser.run("[...document.querySelectorAll('.card .open')].at(2).click()")
        browser.wait("document.querySelector('#row .picture.sharp') !== null")
        browser.wait("getComputedStyle(document.querySelector('#row .full')).opacity === '1'")
        _save(browser, "report-row")


def _save(browser: Browser, name: str) -> None:
    if browser.run("document.querySelector('.card canvas') !== null"):
        browser.wait(SEEN_DRAWN)
    path = DOCS / f"{name}.png"
    browser.screenshot(path)
    with Image.open(path) as seen:  # 256 colours are enough for a page, and a third of the bytes
        seen.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size:,} bytes; {browser.messages or 'no complaints'}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
