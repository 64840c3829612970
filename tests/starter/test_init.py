"""`gemma4-batch init`: what it writes can be planned as it is, and says what it took the source for."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.config.job import load_config
from batch.errors import ConfigError
from batch.starter.job_file import Wanted, job_text
from batch.starter.source_guess import guess, source_keys
from tests.commands import COMMAND, ROOT, run_command
from tests.media.recordings import silence, wav


def written(tmp_path: Path, source: Path | str, **wanted: str) -> dict[str, object]:
    """The config that comes of the source, as plain values."""
    keys = source_keys(str(source))
    found = guess(keys)
    text = job_text(Wanted(found.task, keys, "demo", "out/x", wanted.get("prompt")), found, "job.yaml")
    (tmp_path / "job.yaml").write_text(text)
    config = load_config(tmp_path / "job.yaml")
    return config.model_dump(mode="json", exclude_defaults=True, by_alias=True)


def test_a_folder_of_photos_is_captioned(tmp_path: Path) -> None:
    found = written(tmp_path, ROOT / "examples/photos", prompt='Say "what" {{ path }} shows.')
    assert found == {
        "task": "caption",
        "source": {"path": str(ROOT / "examples/photos")},
        "prompt": {"text": 'Say "what" {{ path }} shows.'},
        "sampling": {"max_tokens": 160},
        "media": {"soft_tokens": 70},
        "output": {"path": "out/x"},
    }


def test_a_folder_of_recordings_is_transcribed(tmp_path: Path) -> None:
    (tmp_path / "talks").mkdir()
    (tmp_path / "talks/a.wav").write_bytes(wav(silence(1)))
    assert written(tmp_path, tmp_path / "talks")["task"] == "transcribe"


def test_a_table_with_questions_is_answered_with_its_own_columns(tmp_path: Path) -> None:
    table = pa.table({"Question": ["a"], "image": [b"x"], "answer": ["b"], "n": [1]})
    pq.write_table(table, tmp_path / "rows.parquet")
    found = written(tmp_path, tmp_path / "rows.parquet")
    assert (found["task"], found["prompt"]) == ("answer", {"text": "{{ Question }}"})
    assert found["source"] == {"path": str(tmp_path / "rows.parquet"), "image_column": ["image"]}
    assert '# reference_column: "answer"' in (tmp_path / "job.yaml").read_text()


def test_a_table_of_pictures_alone_is_captioned(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": [b"x"], "id": [1]}), tmp_path / "rows.parquet")
    assert written(tmp_path, tmp_path / "rows.parquet")["task"] == "caption"


def test_what_is_nowhere_is_said() -> None:
    assert source_keys("org/photos") == {"dataset": "org/photos"}
    assert source_keys("s3://archive/photos") == {"path": "s3://archive/photos"}
    with pytest.raises(ConfigError, match=r"there is no 'pohtos' here"):
        source_keys("pohtos")


def test_the_job_file_can_be_planned_as_it_is(tmp_path: Path) -> None:
    job = tmp_path / "photos.yaml"
    made = run_command("init", "examples/photos", "--file", job, "--model", "demo", "--output", tmp_path / "out")
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[0] == "examples/photos: 24 images"
    assert json.loads(run_command("plan", job, "--json").stdout)["rows"] == 24
    again = run_command("init", "examples/photos", "--file", job)
    assert (again.returncode, "--overwrite" in again.stderr) == (2, True)


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    asked = [*COMMAND, "init", "--file", str(tmp_path / "job.yaml")]
    child = subprocess.Popen(asked, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT)
    os.close(theirs)
    os.write(ours, f"examples/photos\n\ndemo\n{tmp_path / 'out'}\n".encode())
    said = b""
    while True:
        try:
            read = os.read(ours, 4096)
        except OSError:  # Linux: the other end is closed
            break
        if not read:
            break
        said += read
    os.close(ours)
    assert child.wait(60) == 0, said.decode()
    assert "Task (caption, transcribe, answer) [caption]" in said.decode()
    assert load_config(tmp_path / "job.yaml").output.path == str(tmp_path / "out")
