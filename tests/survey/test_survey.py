"""What a plan says of the rows before any is read: counted from files made here."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from batch.config.job import JobConfig
from batch.measured import Measured
from batch.survey.estimate import Figure
from batch.survey.outlook import ModelFacts, outlook
from batch.terminal.plan import plan_text
from tests.finished_jobs import media_job
from tests.media.recordings import silence, wav

BENCH = Measured(
    dtype="bfloat16", slots=4, soft_tokens=35, made_at=1.0, start_s=3.0, row_s=0.1, row_tokens=10, text_token_s=0.001,
    answer_token_s=0.01, image_s=0.2, clip_s=0.05, clip_sound_s=2, sound_s=0.2,
)  # fmt: skip


def planned(
    path: Path, tmp_path: Path, *, task: str = "caption", facts: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    source = {"path": str(path), **more.pop("source", {})}
    values = {"task": task, "source": source, "output": {"path": str(tmp_path / "out")}} | more
    model = ModelFacts("demo", 70, "safe", memory=Figure(1e9, "headers"), **(facts or {}))
    return outlook(JobConfig.model_validate(values), model).as_dict()


def photo(path: Path, size: tuple[int, int] = (200, 100), colour: str = "red") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def test_a_folder_is_counted_and_what_will_fail_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    photo(folder / "a.jpg")
    photo(folder / "b/b.png", (3000, 2000))
    (folder / "copy.jpg").write_bytes((folder / "a.jpg").read_bytes())
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "letter.jpg").write_bytes(b"%PDF-1.7 is no photo")
    found = planned(folder, tmp_path, media={"max_pixels": 1_000_000})
    assert {key: found[key] for key in ("rows", "rows_looked_at", "images", "pixels", "recordings", "files")} == {
        "rows": 5, "rows_looked_at": 5, "images": 5, "pixels": 6_040_000, "recordings": 0, "files": 5,
    }  # fmt: skip
    assert found["failing"] == {
        "too_large": {"rows": 1, "examples": ["b/b.png#0"]},
        "undecodable": {"rows": 1, "examples": ["empty.jpg#0"]},
        "unsupported_format": {"rows": 1, "examples": ["letter.jpg#0"]},
    }
    assert found["duplicates"] == {"groups": 1, "files": 1, "examples": [["a.jpg", "copy.jpg"]]}
    assert found["prompts"][0] == {"row_id": "a.jpg#0", "system": None, "text": "Describe this image in one sentence."}


def test_recordings_are_hours_and_requests(tmp_path: Path) -> None:
    folder = tmp_path / "talks"
    folder.mkdir()
    (folder / "long.wav").write_bytes(wav(silence(60)))
    (folder / "short.wav").write_bytes(wav(silence(5)))
    found = planned(folder, tmp_path, task="transcribe")
    assert (found["recordings"], found["audio_seconds"], found["recordings_of_unknown_length"]) == (2, 65.0, 0)
    assert found["estimate"]["requests"]["value"] == 4
    whole = planned(folder, tmp_path, task="transcribe", media={"segment": "off"})
    assert whole["failing"] == {"audio_too_long": {"rows": 1, "examples": ["long.wav#0"]}}


def test_a_table_is_judged_by_some_rows_and_says_how_many(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", (100, 100))
    data = (tmp_path / "a.jpg").read_bytes()
    rows = 4000
    images = [{"bytes": data, "path": None} if row % 4 else None for row in range(rows)]
    table = pa.table(
        {"image": images, "prompt": [f"What is in picture {row}?" for row in range(rows)], "right": ["red"] * rows}
    )
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=100)
    found = planned(
        tmp_path / "rows.parquet",
        tmp_path,
        source={"image_column": "image", "reference_column": "right"},
        prompt="{{ prompt }} Of {{ right }}?",
    )
    assert (found["rows"], found["rows_looked_at"], found["images"]) == (4000, 256, 3000)
    assert found["pixels"] == 3000 * 10_000
    assert found["failing"] == {
        "missing_media": {"rows": 1000, "examples": ["rows.parquet#0", "rows.parquet#4", "rows.parquet#8"]}
    }
    assert found["prompts"][0]["text"] == "What is in picture 1? Of red?"
    assert found["estimate"]["answer_tokens"]["basis"] == "the right answers in source.reference_column"
    assert found["duplicates"] is None


def test_a_path_that_leads_nowhere_is_a_missing_file_before_the_night(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": ["gone.jpg", "/etc/passwd"]}), tmp_path / "rows.parquet")
    found = planned(tmp_path / "rows.parquet", tmp_path)
    assert {kind: failing["rows"] for kind, failing in found["failing"].items()} == {
        "missing_file": 1,
        "outside_root": 1,
    }


def test_time_is_reckoned_from_a_bench_of_this_machine_and_otherwise_unknown(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    for number in range(10):
        photo(folder / f"{number}.jpg", colour=f"#0000{number:02x}")
    unknown = planned(folder, tmp_path)
    assert unknown["estimate"]["seconds"] == {
        "value": None,
        "basis": "no bench of this model on this machine; `gemma4-batch bench demo --measure costs` makes one",
    }
    found = planned(folder, tmp_path, facts={"bench": BENCH, "count_tokens": lambda text: len(text.split())})
    text = 10 * (6 + 12)
    assert found["estimate"]["prompt_tokens"]["value"] == text + 10 * 70
    assert found["estimate"]["answer_tokens"]["value"] == 600
    assert found["estimate"]["seconds"] == {
        "value": pytest.approx(3 + 10 * 0.1 + (text - 100) * 0.001 + 600 * 0.01 + 10 * 2 * 0.2),
        "basis": "the last bench of this model on this machine, 4 slots; 3.0 s of it to begin",
    }


def test_recordings_take_time_by_piece_and_by_second(tmp_path: Path) -> None:
    folder = tmp_path / "talks"
    folder.mkdir()
    (folder / "long.wav").write_bytes(wav(silence(60)))
    (folder / "short.wav").write_bytes(wav(silence(5)))
    found = planned(folder, tmp_path, task="transcribe", facts={"bench": BENCH})["estimate"]
    text, answers = found["prompt_tokens"]["value"] - 65 * 25, found["answer_tokens"]["value"]
    assert found["seconds"]["value"] == pytest.approx(
        3 + 4 * 0.1 + (text - 40) * 0.001 + answers * 0.01 + 4 * 0.05 + (65 - 8) * 0.2
    )


def test_a_job_that_has_begun_lends_its_own_answers(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    names = [f"{number:02}.jpg" for number in range(20)]
    for name in names:
        photo(folder / name)
    media_job(tmp_path / "out", folder, dict.fromkeys(names, "An answer."))
    found = planned(folder, tmp_path, facts={"bench": BENCH})
    assert found["rows_done"] == 20
    assert found["estimate"]["seconds"]["value"] == BENCH.start_s  # of what is left to do
    assert found["estimate"]["answer_tokens"] == {"value": 60.0, "basis": "the answers this job has so far"}


def test_people_read_the_same_as_programs(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    photo(folder / "a.jpg")
    (folder / "copy.jpg").write_bytes((folder / "a.jpg").read_bytes())
    (folder / "empty.jpg").write_bytes(b"")
    lines = plan_text(planned(folder, tmp_path, facts={"bench": BENCH})).splitlines()
    assert lines[0].startswith("task caption, model demo (PLE safe), output ")
    assert "3 images, 0.0 megapixels" in lines
    assert "probably the same as another: 1 files, such as 'a.jpg', 'copy.jpg'" in lines
    assert "will fail, undecodable: 1 rows, such as 'empty.jpg#0'" in lines
    assert "prompt 1, a.jpg#0: Describe this image in one sentence." in lines
    assert any(line.startswith("time: 0:0") for line in lines)
