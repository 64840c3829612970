"""What a report of 50,000 photos costs: to make, to open, to filter, and in memory of the browser's tab.

    python -m tests.report.measure [--rows 50000] [--folder KEPT]

Photos are made in code (320 x 240, noise, so that thumbnails have a real size; 200 of them, and copies), answers are of
15 to 40 words, 1 % of the rows failed. Not a test: the figures are the machine's. docs/report.md has those of one.
"""

import argparse
import io
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from batch.report.previews import Limits
from batch.report.report import make_report
from tests.report.browser import SEEN_DRAWN, Browser, chromium, find_chromium
from tests.report.folders import Said, make_job

WORDS = (
    "a the of and with under over beside small large old red green blue grey house tree river street child woman man "
    "dog cat bird boat car window table light shadow morning evening snow grass stone bridge market crowd mountain "
    "field flower lamp door wall roof garden water sky cloud beach wave forest path book cup chair hand face"
)
QUERIES = ("bridge", "red car", "mountain river", "zzz", "a", "photo-01", "window", "dog cat", "the", "market crowd")
DIFFERENT = 200  # photos; the others are copies of them
OPENINGS = 5
PAGES = 200
OPENED_ROWS = 100
EVERY = 40
SETTLE_S = 2.0

# From the navigation's begin to the first rows, the pictures that one sees drawn. The clock is the browser's.
FIRST_ROWS = f"{SEEN_DRAWN.strip()} ? Math.round(performance.now()) : 0"
SHARP = "document.querySelector('#row .picture.sharp') !== null"
# From the key to the frame that shows the rows.
FILTER = """
new Promise((resolve) => {{
  const field = document.getElementById("query");
  const begin = performance.now();
  field.value = {query!r};
  field.dispatchEvent(new Event("input"));
  requestAnimationFrame(() => {{
    const channel = new MessageChannel(); // after the frame was painted
    channel.port1.onmessage = () => resolve([performance.now() - begin, document.getElementById("count").textContent]);
    channel.port2.postMessage(0);
  }});
}})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--folder", type=Path, help="keep photos and job here, and use what is there")
    options = parser.parse_args()
    with _folder(options.folder) as folder:
        job = folder / "job"
        if not (job / "ledger.sqlite").exists():
            make_photos(folder / "photos", options.rows)
            make_job(job, answer, task="caption", source={"path": str(folder / "photos")})
        for attempt in ("made", "made again"):
            began, used = time.monotonic(), time.process_time()
            made = make_report(job, Limits(10**10, options.rows, 0))
            print(
                f"{attempt}: {made.rows} rows, {made.previews.made} thumbnails in {time.monotonic() - began:.1f} s "
                f"({time.process_time() - used:.1f} s of processor in this process)"
            )
        files = list((job / "report_files").iterdir())
        by_kind = {kind: sum(p.stat().st_size for p in files if p.name.startswith(kind)) for kind in
                   ("index", "rows", "details", "thumb")}  # fmt: skip
        print(f"{len(files)} files:", ", ".join(f"{kind} {size / 1e6:.1f} MB" for kind, size in by_kind.items()))
        for measure in (time_it, remember_it):  # memory in a browser of its own: what earlier openings left is not its
            with tempfile.TemporaryDirectory() as profile, chromium(find_chromium() or "", Path(profile)) as browser:
                browser.look(1280, 900)
                measure(browser, job / "report.html")
                print(f"complaints: {browser.messages}")


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="gemma4-batch-report-") as folder:
        yield Path(folder)


def make_photos(folder: Path, rows: int) -> None:
    noise = np.random.default_rng(1)
    different = []
    for _ in range(DIFFERENT):
        coarse = noise.integers(0, 256, (24, 32, 3), np.uint8)
        file = io.BytesIO()
        Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC).save(file, "JPEG", quality=85)
        different.append(file.getvalue())
    for number in range(rows):
        path = folder / f"{number // 1000:03d}" / f"photo-{number:06d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(different[number % DIFFERENT])


def answer(row_id: str) -> Said:
    chance = random.Random(row_id)
    if chance.random() < 0.01:
        return Said(error="undecodable")
    words = chance.choices(WORDS.split(), k=chance.randint(15, 40))
    return Said(" ".join(words), seconds=chance.random() * 5)


def time_it(browser: Browser, page: Path) -> None:
    opened, complete = [], []
    for _ in range(OPENINGS):
        browser.open(page, wait_for="location.protocol === 'file:'")
        opened.append(browser.wait(FIRST_ROWS))
        complete.append(browser.wait("document.documentElement.dataset.loaded ? Math.round(performance.now()) : 0"))
    print(f"first rows and pictures: {_of(opened)} ms; every text loaded: {_of(complete)} ms")
    filters = []
    for query in QUERIES * 2:
        took, said = browser.run(FILTER.format(query=query))
        filters.append(took)
        print(f"  {query!r}: {took:.0f} ms, {said}")
    print(f"filter: {_of(filters)} ms")


def remember_it(browser: Browser, page: Path) -> None:
    browser.open(page)
    print(f"memory of the tab, opened: {_memory(browser)}")
    for query in QUERIES * 2:
        browser.run(FILTER.format(query=query))
    print(f"memory of the tab, after {2 * len(QUERIES)} filters: {_memory(browser)}")
    browser.run(FILTER.format(query="bridge"))
    for number in range(1, PAGES + 1):
        browser.press("n")
        browser.wait(SEEN_DRAWN)
        if number % EVERY == 0:
            print(f"memory of the tab, after {number} pages of filtered photos: {_memory(browser)}")
    browser.run(FILTER.format(query=""))
    browser.run("document.activeElement.blur()")
    browser.click(".card .open")
    for number in range(1, OPENED_ROWS + 1):
        browser.wait(SHARP)
        if number % EVERY == 0:
            print(f"memory of the tab, after {number} rows opened, the photo in full: {_memory(browser)}")
        browser.press("j")
    browser.call("Memory.simulatePressureNotification", level="critical")  # what an image cache holds is given back
    browser.call("HeapProfiler.collectGarbage")
    time.sleep(SETTLE_S)
    print(f"memory of the tab, then, when memory is short: {_memory(browser)}")


def _of(values: list[float]) -> str:
    return f"median {statistics.median(values):.0f}, worst {max(values):.0f}"


def _memory(browser: Browser) -> str:
    heap = browser.run("performance.memory.usedJSHeapSize") / 1e6
    largest = max((_private_bytes(pid) for pid in browser.renderers()), default=0)
    return f"{largest / 1e6:.0f} MB private to its process, {heap:.0f} MB of them JavaScript's"


def _private_bytes(pid: int) -> int:
    """Linux: what the process shares with no other (proc(5), smaps_rollup)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


if __name__ == "__main__":
    main()
