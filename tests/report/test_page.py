"""The page in a real browser: what is shown, clicked, typed, heard; and what a hostile row cannot do.

One browser for all. Skipped where no Chromium is found.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.records import Span
from batch.report.previews import Limits
from batch.report.report import make_report
from tests.report.browser import SEEN_DRAWN, Browser, find_chromium
from tests.report.folders import Said, make_job
from tests.report.pictures import photo, tones

PROGRAM = find_chromium()
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="no Chromium here: `apt-get install chromium`, or Google Chrome"
)

ROWS = 110
PAGE = 48
LONG = "A photo of a wide green meadow under a pale sky, with one tree in it."
HOSTILE = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"> </script><!-- \u2028 & "\''
QUOTED = 'it\'s "q" <i>&amp;.png'
ARABIC = "صورة لمرج أخضر واسع"
FOCUSED = "(document.activeElement.closest('.item')?.querySelector('.name').textContent ?? '')"
FULL = "(({ width, height }) => [width, height])(document.querySelector('#row .full'))"
LIMITS = Limits(bytes=10**8, pictures=1000, recordings=1000)


def said_of(number: int) -> Said:
    """What the model says of photo `number`: the first ones are special."""
    special = {
        0: Said(HOSTILE),
        1: Said(ARABIC),
        2: Said(LONG),
        3: Said(LONG),
        4: Said("cut off", more={"finish_reason": "length"}),
        5: Said(error="undecodable"),
    }
    return special.get(number, Said(f"Photo number {number}", seconds=1.0 + number))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    try:
        found = Browser(PROGRAM or "", tmp_path_factory.mktemp("profile"))
    except RuntimeError as error:
        pytest.skip(f"{PROGRAM} is here and does not start: {error}")
    try:
        found.look(1280, 900)
        yield found
    finally:
        found.close()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of 110 photos, one with a name that would break out of an attribute."""
    root = tmp_path_factory.mktemp("photos")
    names = [f"{number:03d}.png" for number in range(ROWS)]
    names[0] = f"000 {QUOTED}"
    for number, name in enumerate(names):
        photo(root / "source" / name, ("red", "green", "blue")[number % 3], (1600, 1200) if number == 6 else (24, 18))
    numbers = {f"{name}#0": number for number, name in enumerate(names)}
    make_job(
        root / "job", lambda row_id: said_of(numbers[row_id]), task="caption", source={"path": str(root / "source")}
    )
    return make_report(root / "job", LIMITS).path


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of two clips: two segments close together, and a third one after a long pause."""
    root = tmp_path_factory.mktemp("recordings")
    tones(root / "source" / "talk.wav", *[440.0] * 14)
    said = Said(spans=(Span(1.0, 3.0), Span(3.5, 5.0), Span(12.0, 14.0)), texts=("first", "second", "third"))
    make_job(root / "job", lambda row_id: said, task="transcribe", source={"path": str(root / "source")})
    return make_report(root / "job", LIMITS).path


@pytest.fixture
def page(browser: Browser, photos: Path) -> Browser:
    browser.open(photos)
    return browser


def texts(browser: Browser, selector: str) -> list[str]:
    found: list[str] = browser.run(f"[...document.querySelectorAll({selector!r})].map((node) => node.textContent)")
    return found


def count(browser: Browser) -> str:
    return str(browser.run("document.getElementById('count').textContent"))


def focused(browser: Browser) -> str:
    """The name of the row that has the focus."""
    return str(browser.run(FOCUSED))


def alone(numbers: list[int]) -> list[str]:
    return [f"{number:03d}.png" for number in numbers]


# ---------------------------------------------------------------- what is shown
def test_a_page_of_photos_is_shown_with_their_captions_and_nothing_is_complained_of(page: Browser) -> None:
    assert count(page) == f"{ROWS} rows, 1 to {PAGE} shown"
    assert texts(page, ".card .said")[2:4] == [LONG, LONG]
    assert texts(page, ".card .name")[6:9] == alone([6, 7, 8])
    assert page.messages == []


def test_the_alternative_text_of_a_photo_is_its_caption(page: Browser) -> None:
    alts = page.run("[...document.querySelectorAll('.card [role=img]')].map((image) => image.ariaLabel)")
    assert alts[1:6] == [ARABIC, LONG, LONG, "cut off", "Photo number 6"]  # the one that failed has no picture
    assert texts(page, ".card .blank") == ["undecodable"]
    page.wait(SEEN_DRAWN)


def test_pictures_are_drawn_where_one_looks_and_hold_no_memory_when_their_page_is_left(page: Browser) -> None:
    page.wait(SEEN_DRAWN)
    assert page.run("[...document.querySelectorAll('.card canvas')].at(-1).width") == 0
    page.run("[...document.querySelectorAll('.card')].at(-1).scrollIntoView()")
    page.wait(SEEN_DRAWN)
    assert page.run("[...document.querySelectorAll('.card canvas')].at(-1).width") > 1
    page.run("window.first = [...document.querySelectorAll('.card canvas')]")
    page.press("n")
    page.wait("document.getElementById('count').textContent.includes('49 to')")
    page.wait(SEEN_DRAWN)
    # The photos of the second page are drawn into canvases of the first.
    assert page.run("document.querySelectorAll('.card canvas').length") == PAGE
    assert page.run("window.first.every((canvas) => canvas.isConnected)")
    assert page.run("document.querySelector('.card canvas').ariaLabel") == "Photo number 48"


def test_nothing_is_asked_of_any_network(page: Browser) -> None:
    page.click(".card .open")
    page.wait("document.querySelector('#row .facts') !== null")
    assert len(page.requests) > 5
    assert [url for url in page.requests if not url.startswith(("file:", "about:"))] == []


def test_a_caption_with_a_script_and_a_name_with_quotes_do_nothing(page: Browser) -> None:
    assert texts(page, ".card .said")[0] == HOSTILE
    assert texts(page, ".card .name")[0] == f"000 {QUOTED}"
    page.click(".card .open")
    page.wait("document.querySelector('#row .facts') !== null")
    assert texts(page, "#row .said.large") == [HOSTILE]
    assert texts(page, "#row-title") == [f"000 {QUOTED}"]
    # The original is found under that name, and shown.
    page.wait("document.querySelector('#row .picture.sharp') !== null")
    assert page.run(FULL) == [24, 18]
    assert page.run("window.hacked") is None
    assert page.run("document.querySelectorAll('main script, dialog script, [onerror]').length") == 0
    assert page.messages == []


def test_an_original_is_drawn_as_large_as_its_place_and_no_larger(page: Browser) -> None:
    page.run("[...document.querySelectorAll('.card .open')].at(6).click()")
    page.wait("document.querySelector('#row .picture.sharp') !== null")
    width = page.run("document.querySelector('#row .media').clientWidth")
    assert page.run(FULL) == [width, round(width * 3 / 4)]
    assert 300 < width < 1600


def test_the_policy_refuses_handlers_and_javascript_links_that_would_be_put_in(page: Browser) -> None:
    handler = "<img src=data:, onerror='window.hacked = 1'>"
    link = "<a id=bad href='javascript:void(window.hacked = 2)'>x</a>"
    page.run(f"document.body.insertAdjacentHTML('afterbegin', {json.dumps(handler + link)})")
    page.click("#bad")
    page.wait("true")
    assert page.run("window.hacked") is None
    assert sum("Content Security Policy" in message for message in page.messages) >= 2


def test_a_caption_runs_in_the_direction_of_its_script(page: Browser) -> None:
    said = "[...document.querySelectorAll('.card .said')]"
    assert page.run(f"{said}.slice(1, 3).map((node) => getComputedStyle(node).direction)") == ["rtl", "ltr"]


# ---------------------------------------------------------------- filters
def test_typing_filters_by_text_in_any_case(page: Browser) -> None:
    page.press("/")
    page.type("NUMBER 10")
    assert count(page) == f"11 of {ROWS} rows"  # 10, 100 to 109
    assert texts(page, ".card .name") == alone([10, *range(100, 110)])
    page.press("Escape")
    page.press("c")
    assert count(page) == f"{ROWS} rows, 1 to {PAGE} shown"


def test_the_search_finds_file_names_and_several_words(page: Browser) -> None:
    page.press("/")
    page.type("meadow 003")
    assert texts(page, ".card .name") == alone([3])


def test_a_status_and_a_flag_are_filters(page: Browser) -> None:
    page.click("#statuses .chip-failed")
    assert texts(page, ".card .name") == alone([5])
    page.click("#clear")
    page.run("(() => { const box = document.getElementById('remark'); box.value = 'flag:truncated';"
             " box.dispatchEvent(new Event('change')); })()")  # fmt: skip
    assert texts(page, ".card .name") == alone([4])
    assert texts(page, ".card .badge") == ["truncated"]


def test_the_summarys_errors_and_equal_answers_lead_to_their_rows(page: Browser) -> None:
    page.click("[data-facet=error]")
    assert texts(page, ".card .name") == alone([5])
    page.click(".twins button")
    assert texts(page, ".twins .said") == [LONG]
    assert texts(page, ".card .name") == alone([2, 3])


def test_the_slowest_rows_come_first_where_that_is_asked(page: Browser) -> None:
    page.run("(() => { const box = document.getElementById('order'); box.value = 'slowest';"
             " box.dispatchEvent(new Event('change')); })()")  # fmt: skip
    assert texts(page, ".card .name")[:3] == alone([109, 108, 107])


# ---------------------------------------------------------------- keyboard
def test_j_and_k_and_arrows_walk_over_rows_and_pages(page: Browser) -> None:
    page.press("j")
    assert focused(page) == f"000 {QUOTED}"
    page.press("j")
    page.press("j")
    page.press("k")
    assert focused(page) == "001.png"
    page.press("ArrowRight")
    assert focused(page) == "002.png"
    across = page.run("(() => { const c = [...document.querySelectorAll('.card')];"
                      " return c.findIndex((n) => n.offsetTop > c[0].offsetTop); })()")  # fmt: skip
    page.press("ArrowDown")
    assert focused(page) == f"{2 + across:03d}.png"
    page.press("n")
    assert count(page) == f"{ROWS} rows, {PAGE + 1} to {2 * PAGE} shown"
    page.press("j")
    page.press("k")
    assert focused(page) == f"{PAGE - 1:03d}.png"


def test_enter_opens_a_row_j_goes_on_and_escape_returns_to_it(page: Browser) -> None:
    for key in ("j", "j", "Enter"):
        page.press(key)
    page.wait("document.getElementById('row').open")
    page.press("j")
    page.wait("document.querySelector('#row .facts') !== null")
    assert texts(page, "#row-title") == ["002.png"]
    assert texts(page, "#row .place") == [f"3 of {ROWS}"]
    page.press("Escape")
    page.wait(f"{FOCUSED} === '002.png'")
    assert not page.run("document.getElementById('row').open")


def test_question_mark_shows_the_keys(page: Browser) -> None:
    page.press("?")
    assert page.run("document.getElementById('help').open")
    page.press("Escape")
    assert not page.run("document.getElementById('help').open")


# ---------------------------------------------------------------- sound
def test_a_line_of_a_transcript_seeks_to_its_segment(browser: Browser, recordings: Path) -> None:
    browser.open(recordings)
    browser.wait("document.querySelectorAll('.line').length === 3")
    assert texts(browser, ".line .said") == ["first", "second", "third"]
    at = "document.querySelector('.recording audio').currentTime"
    playing = f"!document.querySelector('.recording audio').paused && {at}"
    browser.click(".lines li:nth-child(2) .line")  # at 3.5 s of the recording, 2.5 s of the first clip
    assert 2.4 < browser.wait(playing) < 4.0
    assert browser.wait("document.querySelector('.line.now')?.textContent") == "0:03second"
    browser.click(".lines li:nth-child(3) .line")
    browser.wait("document.querySelector('.recording audio').src.endsWith('-1.mp3')")
    assert browser.wait(playing) < 1.9
    browser.click(".lines li:nth-child(1) .line")
    assert browser.wait(playing) < 1.9
    assert browser.messages == []


def test_space_pauses_what_plays(browser: Browser, recordings: Path) -> None:
    browser.open(recordings)
    browser.wait("document.querySelector('.recording audio') !== null")
    browser.press("j")
    browser.press(" ")
    browser.wait("!document.querySelector('.recording audio').paused")
    browser.press(" ")
    browser.wait("document.querySelector('.recording audio').paused")


# ---------------------------------------------------------------- questions and answers
def test_questions_and_answers_stand_in_a_table_right_or_wrong(browser: Browser, tmp_path: Path) -> None:
    table = pa.table({"question": ["2 + 2?", "3 + 3?", "<b>5</b>?"], "right": ["4", "6", None]})
    pq.write_table(table, tmp_path / "sums.parquet")
    source = {"path": str(tmp_path / "sums.parquet"), "reference_column": "right"}
    make_job(tmp_path / "job", lambda row_id: Said("4"), task="answer", prompt="{{ question }}", source=source)
    browser.open(make_report(tmp_path / "job", LIMITS).path)
    assert texts(browser, ".answers .question") == ["2 + 2?", "3 + 3?", "<b>5</b>?"]
    assert texts(browser, ".answers .answer") == ["4", "4", "4"]
    assert texts(browser, ".answers td.right") == ["right", "wrong", ""]
    assert browser.messages == []


# ---------------------------------------------------------------- for everybody
@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_background(browser: Browser, photos: Path, dark: bool) -> None:
    """WCAG 2.2, 1.4.3: a ratio of 4.5 for every text that is seen, in the list and in an opened row."""
    browser.look(1280, 900, dark=dark)
    try:
        browser.open(photos)
        assert browser.run(FAINT_TEXTS) == []
        browser.click(".card:nth-child(6) .open")
        browser.wait("document.querySelector('#row .facts') !== null")
        assert browser.run(FAINT_TEXTS) == []
    finally:
        browser.look(1280, 900)


def test_everything_that_can_be_used_has_a_name(page: Browser) -> None:
    nodes: list[dict[str, Any]] = page.call("Accessibility.getFullAXTree")["nodes"]
    roles = (
        "button",
        "link",
        "checkbox",
        "combobox",
        "searchbox",
        "spinbutton",
        "image",
        "img",
        "dialog",
        "navigation",
    )
    used = [node for node in nodes if not node.get("ignored") and node["role"].get("value") in roles]
    assert len(used) > PAGE
    assert [node["role"]["value"] for node in used if not node.get("name", {}).get("value")] == []


def test_a_phone_needs_no_sideways_scrolling(browser: Browser, photos: Path, recordings: Path) -> None:
    browser.look(390, 800)
    try:
        for path in (photos, recordings):
            browser.open(path)
            assert browser.run("document.documentElement.scrollWidth") == 390
    finally:
        browser.look(1280, 900)


def test_the_page_without_its_files_says_what_is_missing(browser: Browser, photos: Path, tmp_path: Path) -> None:
    shutil.copy(photos, tmp_path / "report.html")
    browser.open(tmp_path / "report.html", wait_for="document.querySelector('#rows .note') !== null")
    assert texts(browser, "#rows .note") == [
        "The rows are not here: report_files/ must lie beside this page, as it was made."
    ]
    assert texts(browser, "h1") == ["job"]


FAINT_TEXTS = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 200) return colour;
    }
    return [255, 255, 255];
  };
  const top = document.querySelector("dialog[open]") ?? document.body;
  const walker = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
  const faint = new Set();
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility({ visibilityProperty: true })) continue;
    if (node.closest("script, style, noscript, option, [disabled], .hidden, svg title")) continue;
    const style = getComputedStyle(node);
    const ink = rgba(node.closest("svg") ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.add(`${node.className?.baseVal ?? node.className}: ${ratio.toFixed(2)}`);
  }
  return [...faint];
})()
"""
