"""The examples are whole: every file has its reference, and the references are what the seed gives."""

import csv
import runpy
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from batch.media.audio import SAMPLE_RATE, Recording
from batch.media.image import ImageLimits, load

EXAMPLES = Path(__file__).parent.parent / "examples"


def references(name: str) -> dict[str, str]:
    with (EXAMPLES / name).open(newline="", encoding="utf-8") as file:
        return {row[0]: row[1] for row in list(csv.reader(file))[1:]}


def files_under(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The generator's module, loaded the way `python examples/make_examples.py` loads it."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return runpy.run_path(str(EXAMPLES / "make_examples.py"))


@pytest.mark.parametrize("folder", ["photos", "recordings"])
def test_every_example_file_has_a_reference_and_every_reference_a_file(folder: str) -> None:
    assert files_under(EXAMPLES / folder) == sorted(references(f"{folder}.csv"))
    assert len(references(f"{folder}.csv")) == 24


def test_every_real_photo_and_recording_is_listed_with_its_licence_and_can_be_read() -> None:
    real = EXAMPLES / "real"
    listed = {
        line.split("|")[1].strip(): line.split("|")[4].strip()
        for line in (real / "README.md").read_text().splitlines()
        if line.startswith(("| photos/", "| recordings/"))
    }
    assert sorted(listed) == [name for name in files_under(real) if name != "README.md"]
    assert all(listed.values())
    sizes = [load(path, ImageLimits()).pixels.shape[:2] for path in (real / "photos").iterdir()]
    assert [size for size in sizes if max(size) < 300] == []
    assert all(sum(map(len, Recording(path))) > 4 * SAMPLE_RATE for path in (real / "recordings").iterdir())


def test_two_recordings_are_longer_than_the_model_hears_at_once() -> None:
    samples = {path.name: sum(map(len, Recording(path))) for path in (EXAMPLES / "recordings").iterdir()}
    assert {name for name, count in samples.items() if count > 30 * SAMPLE_RATE} == {"long-23.mp3", "long-24.opus"}


def test_the_photos_and_their_captions_are_made_again_from_the_seed(generator: dict[str, Any], tmp_path: Path) -> None:
    generator["make_photos"](tmp_path / "photos")
    assert (tmp_path / "photos.csv").read_bytes() == (EXAMPLES / "photos.csv").read_bytes()
    assert files_under(tmp_path / "photos") == files_under(EXAMPLES / "photos")


def test_the_questions_are_made_again_from_the_seed(generator: dict[str, Any], tmp_path: Path) -> None:
    generator["make_questions_table"](tmp_path / "questions.parquet")
    assert pq.read_table(tmp_path / "questions.parquet").equals(pq.read_table(EXAMPLES / "questions.parquet"))


def test_the_demo_table_mixes_pictures_clips_and_plain_questions() -> None:
    rows = pq.read_table(EXAMPLES / "demo.parquet").to_pylist()
    kinds = [(row["kind"], row["image"] is not None, row["audio"] is not None) for row in rows]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        ("scene", True, False): 18,
        ("clip", False, True): 14,
        ("question", False, False): 16,
    }
    assert all(row["prompt"] and row["reference"] for row in rows)


def test_the_examples_are_small_enough_to_live_in_the_repository() -> None:
    media = [path for folder in ("photos", "recordings") for path in (EXAMPLES / folder).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in (*media, *EXAMPLES.glob("*.parquet"))) < 4_000_000
