"""The folder is opened by `datasets`, pictures and answers together, whether they came from a folder or a table."""

import io
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from batch.errors import OutputError
from batch.export.exports import export
from batch.export.wanted import Wanted
from tests.finished_jobs import Failed, media_job, table_job


@pytest.fixture(autouse=True)
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` counts each opening of a folder at a host of its own."""
    monkeypatch.setattr(datasets.config, "HF_UPDATE_DOWNLOAD_COUNTS", False)


def picture(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(file, "PNG")
    return file.getvalue()


def loaded(folder: Path, tmp_path: Path) -> list[tuple[str, tuple[int, ...]]]:
    """(caption or answer, the first pixel) of each row."""
    rows = datasets.load_dataset("imagefolder", data_dir=str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    column = "caption" if "caption" in rows.column_names else "answer"
    return [(row[column], row["image"].convert("RGB").getpixel((0, 0))) for row in rows]


def test_a_folder_of_photos(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for name, colour in (("a.png", "red"), ("sub/a.png", "blue"), ("c.png", "lime")):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).write_bytes(picture(colour))
    answers = {"a.png": "Red.", "c.png": Failed("too_large"), "sub/a.png": "Blue."}
    folder = media_job(tmp_path / "out", photos, answers)
    written = export(folder, "imagefolder", Wanted())
    assert written.rows == 2
    assert loaded(folder / "export/imagefolder", tmp_path) == [("Red.", (255, 0, 0)), ("Blue.", (0, 0, 255))]


def test_pictures_in_a_table_are_written_out_and_rows_without_one_are_counted(tmp_path: Path) -> None:
    source = tmp_path / "rows.parquet"
    images = [{"bytes": picture("red"), "path": None}, None, {"bytes": picture("blue"), "path": None}]
    pq.write_table(pa.table({"image": images, "prompt": ["a", "b", "c"]}), source)
    folder = table_job(tmp_path / "out", source, pa.table({"prompt": ["a", "b", "c"]}), ["Red.", "None.", "Blue."],
                       source={"path": str(source), "image_column": "image"})  # fmt: skip
    written = export(folder, "imagefolder", Wanted())
    assert written.notes == ("rows without a picture to copy: 1",)
    assert loaded(folder / "export/imagefolder", tmp_path) == [("Red.", (255, 0, 0)), ("Blue.", (0, 0, 255))]


def test_recordings_are_no_pictures(tmp_path: Path) -> None:
    folder = media_job(tmp_path / "out", tmp_path, {"a.wav": []}, task="transcribe")
    with pytest.raises(OutputError, match="needs pictures"):
        export(folder, "imagefolder", Wanted())
