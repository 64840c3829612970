"""The report of jobs made in code: what its data files hold, and what it says where something is not there."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from batch.errors import LedgerError
from batch.records import Span
from batch.report.previews import Limits
from batch.report.report import Made, make_report
from tests.report.folders import Said, make_job
from tests.report.pictures import COLOURS, photo, tones

PLENTY = Limits(bytes=10**9, pictures=1000, recordings=1000)
NONE = Limits(bytes=0, pictures=0, recordings=0)
LONG = "A photo of a wide green meadow under a pale sky, with one tree."


def data_of(folder: Path, kind: str, number: int = 0) -> Any:
    """What a data file hands to the page."""
    text = (folder / "report_files" / f"{kind}-{number:05d}.js").read_text(encoding="utf-8")
    head = f'gemma4Report("{kind}",{number},'
    assert text.startswith(head)
    assert text.endswith(");\n")
    return json.loads(text[len(head) : -3])


def captions(tmp_path: Path, answers: dict[str, Said], **config: Any) -> Path:
    """A caption job over the photos named, one colour after the other."""
    for number, name in enumerate(answers):
        photo(tmp_path / "photos" / name, list(COLOURS)[number % len(COLOURS)])
    folder = tmp_path / "job"
    source = {"path": str(tmp_path / "photos")}
    make_job(folder, lambda row_id: answers[row_id.removesuffix("#0")], task="caption", source=source, **config)
    return folder


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    """Four photos: two with the same long answer, one flagged, one failed."""
    folder = captions(
        tmp_path_factory.mktemp("four"),
        {
            "a.png": Said(LONG),
            "b.png": Said(f" {LONG.upper()} "),
            "c.png": Said("cut", more={"finish_reason": "length"}),
            "d.png": Said(error="undecodable"),
        },
    )
    return folder, make_report(folder, PLENTY)


def test_the_index_holds_what_filters_need(four: tuple[Path, Made]) -> None:
    index = data_of(four[0], "index")
    assert index["rows"] == 4
    assert [index["statuses"][int(code)] for code in index["status"]] == ["ok", "ok", "ok", "failed"]
    assert [
        [name for bit, name in enumerate(index["flagNames"]) if flags & (1 << bit)] for flags in index["flags"]
    ] == [["equal_answer"], ["equal_answer"], ["truncated"], []]
    assert [index["kinds"][error] if error >= 0 else None for error in index["errors"]] == [None] * 3 + ["undecodable"]
    assert index["lengths"] == [len(LONG), len(LONG) + 2, 3, -1]
    assert (index["texts"], index["details"]) == ([4], [4])
    assert index["files"] is True


def test_equal_long_answers_for_different_photos_are_pointed_out(four: tuple[Path, Made]) -> None:
    assert data_of(four[0], "index")["twins"] == [{"rows": [0, 1], "media": 2, "text": LONG}]


def test_equal_answers_for_the_same_photo_kept_twice_are_not(tmp_path: Path) -> None:
    for name in ("a.png", "copy.png"):
        photo(tmp_path / "photos" / name)
    make_job(tmp_path / "job", lambda row_id: Said(LONG), task="caption", source={"path": str(tmp_path / "photos")})
    make_report(tmp_path / "job", PLENTY)
    assert data_of(tmp_path / "job", "index")["twins"] == []


def test_each_row_has_its_own_thumbnail(four: tuple[Path, Made]) -> None:
    folder = four[0]
    rows = data_of(folder, "rows")
    assert [row[:3] for row in rows] == [
        ["a.png#0", LONG, None],
        ["b.png#0", f" {LONG.upper()} ", None],
        ["c.png#0", "cut", None],
        ["d.png#0", None, None],
    ]
    assert rows[3][3] == 0  # what could not be decoded in the run is not tried again
    assert data_of(folder, "index")["pictures"] is True
    for row, colour in zip(rows[:3], COLOURS.values(), strict=False):
        [[name, wide, tall]] = row[3]
        assert (wide, tall) == (224, 168)
        with Image.open(folder / "report_files" / f"thumb-{name}.jpg") as picture:
            assert (picture.format, picture.size) == ("JPEG", (224, 168))
            pixel = picture.getpixel((112, 84))
            assert isinstance(pixel, tuple)
            assert max(abs(seen - meant) for seen, meant in zip(pixel, colour, strict=True)) < 6


def test_details_name_the_error_the_costs_and_the_original(four: tuple[Path, Made]) -> None:
    details = data_of(four[0], "details")
    assert details[0] == {
        "kept": ["a.png"],
        "finish": "stop",
        "attempts": 1,
        "tokens": [10, 3],
        "seconds": 0.25,
        "originals": ["../photos/a.png"],
        "group": 0,
    }
    assert details[3]["error"] == ["undecodable", "d.png#0 cannot be done"]


def test_a_report_made_again_makes_no_preview_again(four: tuple[Path, Made]) -> None:
    folder, first = four
    thumbnail = next((folder / "report_files").glob("thumb-*.jpg"))
    before = thumbnail.stat().st_mtime_ns
    again = make_report(folder, PLENTY)
    assert (first.previews.made, again.previews.made) == (3, 0)
    assert thumbnail.stat().st_mtime_ns == before


def test_a_lost_thumbnail_is_made_again_and_strangers_files_stay(tmp_path: Path) -> None:
    folder = captions(tmp_path, {"a.png": Said("one")})
    make_report(folder, PLENTY)
    files = folder / "report_files"
    next(files.glob("thumb-*.jpg")).unlink()
    (files / "rows-00099.js").write_text("left by a larger report")
    (files / "notes.txt").write_text("mine")
    assert make_report(folder, PLENTY).previews.made == 1
    assert sorted(path.name for path in files.iterdir()) == [
        "details-00000.js", "index-00000.js", "notes.txt", "previews.jsonl", "rows-00000.js", "thumb-000000-0.jpg",
    ]  # fmt: skip


def test_without_the_photos_the_page_says_so_and_keeps_the_rest(tmp_path: Path) -> None:
    folder = captions(tmp_path, {"a.png": Said("one"), "b.png": Said("two")})
    (tmp_path / "photos" / "b.png").unlink()
    made = make_report(folder, PLENTY)
    assert made.notes == ("The media of 1 rows are not where they were, so they are not shown.",)
    assert [row[3] != 0 for row in data_of(folder, "rows")] == [True, False]
    assert data_of(folder, "details")[1]["missing"] == ["missing_file"]
    photo(tmp_path / "photos" / "b.png")  # the drive is back
    assert make_report(folder, PLENTY).notes == ()


def test_limits_leave_media_out_and_say_so(tmp_path: Path) -> None:
    folder = captions(tmp_path, {"a.png": Said("one"), "b.png": Said("two")})
    made = make_report(folder, NONE)
    assert made.previews.left_out == {"image": 2}
    assert "2 rows have no thumbnails here" in made.notes[0]
    assert "2 rows have no thumbnails here" in (folder / "report.html").read_text(encoding="utf-8")
    assert list((folder / "report_files").glob("*.jpg")) == []


def test_an_unfinished_job_shows_the_rows_that_are_done(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(5)]
    for name in names:
        photo(tmp_path / "photos" / name)
    folder = tmp_path / "job"
    make_job(
        folder,
        lambda row_id: Said(f"photo {row_id}"),
        shards=1,
        rows=1,
        task="caption",
        source={"path": str(tmp_path / "photos")},
        output={"path": str(folder), "shard_rows": 2},
    )
    made = make_report(folder, PLENTY)
    assert [row[:2] for row in data_of(folder, "rows")] == [
        [f"{number}.png#0", f"photo {number}.png#0"] for number in range(3)
    ]
    assert [row["kept"] for row in data_of(folder, "details")] == [["0.png"], ["1.png"], ["2.png"]]
    assert made.notes[0].startswith("2 rows are not done yet")


def test_questions_are_those_that_were_asked_and_answers_are_compared(tmp_path: Path) -> None:
    table = pa.table({"question": ["2 + 2?", "3 + 3?"], "answer": ["4", "6"]})
    pq.write_table(table, tmp_path / "sums.parquet")
    folder = tmp_path / "job"
    make_job(
        folder,
        lambda row_id: Said("4."),
        task="answer",
        prompt="What is {{ question }}",
        source={"path": str(tmp_path / "sums.parquet"), "reference_column": "answer"},
    )
    make_report(folder, PLENTY)
    index = data_of(folder, "index")
    assert (index["reference"], index["right"], index["asks"]) == ("source_answer", "10", True)
    assert [row[:3] for row in data_of(folder, "rows")] == [
        ["sums.parquet#0", "4.", "What is 2 + 2?"],
        ["sums.parquet#1", "4.", "What is 3 + 3?"],
    ]


def test_a_recordings_clips_hold_its_segments(tmp_path: Path) -> None:
    tones(tmp_path / "sound" / "a.wav", 300, 600, 900)
    said = Said(spans=(Span(0.0, 1.0), Span(1.5, 3.0)), texts=("first", "second"))
    make_job(tmp_path / "job", lambda row_id: said, task="transcribe", source={"path": str(tmp_path / "sound")})
    make_report(tmp_path / "job", PLENTY)
    [details] = data_of(tmp_path / "job", "details")
    assert details["clips"] == [["clip-0000000-0.mp3", 0.0, 3.0]]
    assert [segment[:3] for segment in details["segments"]] == [[0.0, 1.0, "first"], [1.5, 3.0, "second"]]
    assert (tmp_path / "job" / "report_files" / "clip-0000000-0.mp3").stat().st_size > 8_000


def test_a_folder_that_is_no_job_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="has no ledger"):
        make_report(tmp_path, PLENTY)


def test_a_merged_result_without_a_ledger_has_the_same_report(tmp_path: Path) -> None:
    folder = captions(tmp_path, {"a.png": Said("one"), "b.png": Said(error="undecodable"), "c.png": Said("three")})
    make_report(folder, PLENTY)
    before = [data_of(folder, kind) for kind in ("index", "rows", "details")]
    (folder / "ledger.sqlite").unlink()
    made = make_report(folder, PLENTY)
    assert [data_of(folder, kind) for kind in ("index", "rows", "details")] == before
    assert (made.rows, made.notes) == (3, ())
