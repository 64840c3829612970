"""A previewer at work on rows of every kind of source: photos found again, clips cut, failures named."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.config.job import JobConfig
from batch.frames.previewer import PreviewBegun, PreviewJob, PreviewMedium, PreviewRow, PreviewTask
from batch.media.audio import Recording
from batch.preview.previewer import Previewer
from tests.report.pictures import photo, tones


def previewer(folder: Path, said: list[PreviewBegun] | None = None, **source: Any) -> Previewer:
    config = JobConfig.model_validate({"task": "answer", "source": source, "output": {"path": str(folder / "out")}})
    (folder / "files").mkdir()
    job = PreviewJob(config.model_dump_json(by_alias=True), str(folder / "files"), 64)
    return Previewer(job, [].append if said is None else said.append)


def pictures(*rows: PreviewRow, skip: tuple[int, ...] = ()) -> PreviewTask:
    return PreviewTask(7, "thumb-000003", "image", rows, skip)


def test_rows_of_a_table_have_their_media_as_bytes_paths_or_lists(tmp_path: Path) -> None:
    red, blue = photo(tmp_path / "red.png", "red"), photo(tmp_path / "blue.png", "blue", (40, 80))
    values = [
        [{"bytes": red.read_bytes(), "path": None}],
        [{"bytes": None, "path": "blue.png"}, {"bytes": red.read_bytes(), "path": "x.png"}],
        None,
        [{"bytes": b"no picture at all", "path": None}],
        [{"bytes": None, "path": "gone.png"}],
        [{"bytes": None, "path": "https://example.org/a.png"}],
    ]
    kind = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    pq.write_table(pa.table({"images": pa.array(values, kind)}), tmp_path / "rows.parquet", row_group_size=2)
    said: list[PreviewBegun] = []
    maker = previewer(tmp_path, said, path=str(tmp_path / "rows.parquet"), image_column="images")
    done = maker.make(pictures(*(PreviewRow("rows.parquet", position) for position in range(6))))
    assert [(one.row, one.file, one.width, one.height) for one in done.thumbnails] == [
        (0, 0, 64, 48),
        (1, 1, 32, 64),
        (1, 2, 64, 48),
    ]
    assert [(medium.row, medium.error) for medium in done.media] == [
        (0, None),
        (1, None),
        (3, "unsupported_format"),
        (4, "missing_file"),
        (5, "url_refused"),
    ]
    assert [medium.original for medium in done.media[:2]] == [None, str(blue)]
    assert done.media[0].digest != done.media[1].digest
    assert [file.name for file in done.files] == [f"thumb-000003-{place}.jpg" for place in range(3)]
    assert [file.bytes for file in done.files] == [
        (tmp_path / "files" / file.name).stat().st_size for file in done.files
    ]
    assert [begun.row for begun in said] == [0, 1, 2, 3, 4, 5]


def test_a_table_of_photos_and_recordings_gives_both_also_when_rows_are_left_out(tmp_path: Path) -> None:
    red, tone = photo(tmp_path / "red.png").read_bytes(), tones(tmp_path / "a.wav", 440.0).read_bytes()
    table = pa.table({"image": [red] * 9, "audio": [tone] * 9})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=2)
    maker = previewer(tmp_path, path=str(tmp_path / "rows.parquet"), image_column="image", audio_column="audio")
    for position in (0, 1, 7, 3, 8):  # the next row, over row groups, back, to the end
        assert len(maker.make(pictures(PreviewRow("rows.parquet", position))).thumbnails) == 1
        row = PreviewRow("rows.parquet", position, ((0.0, 1.0),))
        assert len(maker.make(PreviewTask(0, f"clip-{position}", "audio", (row,))).files) == 1


def test_a_row_that_cost_a_process_is_passed_over(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        photo(tmp_path / "photos" / name)
    maker = previewer(tmp_path, path=str(tmp_path / "photos"), image_column="image")
    done = maker.make(pictures(PreviewRow("a.png", 0), PreviewRow("b.png", 0), skip=(0,)))
    assert [one.row for one in done.thumbnails] == [1]
    assert done.media[0] == PreviewMedium(0, error="decode_crash")


def test_a_source_that_is_gone_is_missing_files_and_no_end(tmp_path: Path) -> None:
    maker = previewer(tmp_path, path=str(tmp_path / "unplugged" / "*.parquet"), image_column="image")
    done = maker.make(pictures(PreviewRow("a.parquet", 0), PreviewRow("b.parquet", 3)))
    assert (done.files, done.thumbnails) == ((), ())
    assert [medium.error for medium in done.media] == ["missing_file", "missing_file"]


def test_clips_are_the_stretches_that_were_asked_for(tmp_path: Path) -> None:
    tones(tmp_path / "sound" / "a.wav", 300, 400, 500, 600)
    maker = previewer(tmp_path, path=str(tmp_path / "sound"), audio_column="audio")
    row = PreviewRow("a.wav", 0, ((0.5, 1.5), (2.0, 3.5)))
    done = maker.make(PreviewTask(0, "clip-0000000", "audio", (row,)))
    assert [file.name for file in done.files] == ["clip-0000000-0.mp3", "clip-0000000-1.mp3"]
    seconds = []
    for file in done.files:
        clip = Recording(tmp_path / "files" / file.name)
        assert sum(len(block) for block in clip) > 0
        seconds.append(clip.seconds)
    assert seconds == pytest.approx([1.0, 1.5], abs=0.1)
