"""The main job as its user meets it: the command, real files, and what lies in the folder afterwards.

Most jobs here use `model: fake` (real source, preparers, ledger, output); the demo model answers where
answers are the point.
"""

import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.commands import (
    ROOT,
    answers_of,
    output_of,
    run_command,
    start_command,
    status_of,
    text_table,
    write_config,
)

DATA = ROOT / "tests" / "data"


def answer_job(folder: Path, source: Path, **more: Any) -> Path:
    return write_config(folder / "job.yaml", task="answer", model="fake", source={"path": str(source)}, **more)


@pytest.mark.timeout(300)
def test_the_demo_job_answers_rightly() -> None:
    out = ROOT / "out" / "demo"
    found = run_command("run", "configs/demo.yaml", "--fresh")
    assert found.returncode == 0, found.stderr
    counts = status_of(out)["counts"]
    assert counts["compared"] == 48
    assert counts["correct"] >= 0.9 * 48
    assert f"right answers: {counts['correct']} of 48" in found.stdout


@pytest.mark.parametrize(
    ("config", "out", "column", "file", "expected"),
    [
        ("caption", "photos", "caption", "scene-04.gif#0", "a small pink heart"),
        ("transcribe", "recordings", "transcript", "clip-12.flac#0", "square yes down no purple four"),
        ("answer", "answers", "answer", None, None),
    ],
)
@pytest.mark.timeout(300)
def test_the_shipped_configs_run_as_they_are(
    config: str, out: str, column: str, file: str | None, expected: str | None
) -> None:
    found = run_command("run", f"configs/{config}.yaml", "--fresh", "--limit", "16")
    assert found.returncode == 0, found.stderr
    answers = {row_id: (status, answer) for row_id, status, answer in answers_of(ROOT / "out" / out, column)}
    assert len(answers) == 16
    assert {status for status, _ in answers.values()} == {"ok"}
    if file is not None:
        assert answers[file] == ("ok", expected)


def test_a_job_is_complete_in_order_and_says_where_it_came_from(tmp_path: Path) -> None:
    job = answer_job(tmp_path, text_table(tmp_path / "in.parquet", 250), output={"path": str(tmp_path / "out")})
    found = run_command("run", job, "--set", "output.shard_rows=100")
    assert found.returncode == 0, found.stderr
    assert "250 of 250 rows: 250 ok" in found.stdout
    table = output_of(tmp_path / "out")
    assert table["row_id"].to_pylist() == [f"in.parquet#{row}" for row in range(250)]
    assert table["id"].to_pylist() == list(range(250))
    assert table["answer"][7].as_py() == "Say: item 7 of the list"[::-1]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["rows"] == 250
    assert [part["rows"] for part in manifest["files"]] == [100, 100, 50]
    assert (tmp_path / "out" / "job.yaml").exists()


def test_the_same_command_on_a_complete_job_does_nothing(tmp_path: Path) -> None:
    job = answer_job(tmp_path, text_table(tmp_path / "in.parquet", 30), output={"path": str(tmp_path / "out")})
    assert run_command("run", job).returncode == 0
    part = tmp_path / "out" / "data" / "part-0000000.parquet"
    before = part.stat().st_mtime_ns
    found = run_command("run", job)
    assert found.returncode == 0
    assert "this run: 0 requests" in found.stdout
    assert part.stat().st_mtime_ns == before


def test_broken_files_become_rows_with_their_error_and_the_rest_goes_on(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("flower.jpg", "truncated.jpg", "corrupted.heic"):
        shutil.copy(DATA / name, photos)
    (photos / "text.jpg").write_text("this is no picture")
    (photos / "empty.png").write_bytes(b"")
    job = write_config(tmp_path / "job.yaml", task="caption", model="fake", source={"path": str(photos)})
    found = run_command("run", job)
    assert found.returncode == 0, found.stderr
    rows = {row["row_id"]: row for row in output_of(tmp_path / "job.out").to_pylist()}
    kinds = {row_id.partition("#")[0]: (row["status"], row["error_kind"]) for row_id, row in rows.items()}
    assert kinds == {
        "corrupted.heic": ("failed", "undecodable"),
        "empty.png": ("failed", "undecodable"),
        "flower.jpg": ("ok", None),
        "text.jpg": ("failed", "unsupported_format"),
        "truncated.jpg": ("failed", "truncated_media"),
    }
    assert all(row["error_message"] for row in rows.values() if row["status"] == "failed")


def test_broken_and_silent_recordings_are_named_too(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("jfk.m4a", "empty_header_only.wav", "zero_bytes.m4a", "nonspeech_robin.ogg"):
        shutil.copy(DATA / name, clips)
    job = write_config(tmp_path / "job.yaml", task="transcribe", model="fake", source={"path": str(clips)})
    found = run_command("run", job)
    assert found.returncode == 0, found.stderr
    rows = {row["row_id"].partition("#")[0]: row for row in output_of(tmp_path / "job.out").to_pylist()}
    assert {name: (row["status"], row["error_kind"]) for name, row in rows.items()} == {
        "empty_header_only.wav": ("failed", "undecodable"),
        "jfk.m4a": ("ok", None),
        "nonspeech_robin.ogg": ("no_speech", None),
        "zero_bytes.m4a": ("failed", "undecodable"),
    }
    assert rows["jfk.m4a"]["audio_seconds"] == pytest.approx(11.0, abs=0.1)


def test_a_wrong_column_is_refused_before_the_model_loads_and_leaves_no_folder(tmp_path: Path) -> None:
    job = answer_job(tmp_path, text_table(tmp_path / "in.parquet", 3), prompt="{{ promt }}")
    found = run_command("run", job)
    assert found.returncode == 2
    assert "'promt'" in found.stderr
    assert "'prompt'" in found.stderr
    assert "Traceback" not in found.stderr
    assert not (tmp_path / "job.out").exists()


@pytest.mark.parametrize("content", [b"", b"PAR1 this is no table PAR1"])
def test_a_source_that_is_no_table_is_a_clear_message(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.parquet").write_bytes(content)
    found = run_command("run", answer_job(tmp_path, tmp_path / "in.parquet"))
    assert found.returncode == 1
    assert "in.parquet" in found.stderr
    assert "Traceback" not in found.stderr


def test_a_missing_source_is_a_clear_message(tmp_path: Path) -> None:
    found = run_command("run", answer_job(tmp_path, tmp_path / "nowhere.parquet"))
    assert found.returncode == 1
    assert "nowhere.parquet" in found.stderr


def test_an_empty_dataset_gives_an_empty_dataset(tmp_path: Path) -> None:
    pq.write_table(pa.table({"prompt": pa.array([], pa.string())}), tmp_path / "in.parquet")
    found = run_command("run", answer_job(tmp_path, tmp_path / "in.parquet"))
    assert found.returncode == 0, found.stderr
    table = output_of(tmp_path / "job.out")
    assert table.num_rows == 0
    assert "answer" in table.schema.names


def test_another_prompt_is_refused_with_both_values_and_speed_may_change(tmp_path: Path) -> None:
    job = answer_job(tmp_path, text_table(tmp_path / "in.parquet", 10))
    assert run_command("run", job).returncode == 0
    found = run_command("run", job, "--set", "sampling.temperature=0.5")
    assert found.returncode == 2
    assert "sampling.temperature was 0.0, is now 0.5" in found.stderr
    assert run_command("run", job, "--set", "engine.slots=2").returncode == 0
    assert run_command("run", job, "--set", "sampling.temperature=0.5", "--fresh").returncode == 0


def test_a_higher_limit_goes_on_where_the_lower_one_ended(tmp_path: Path) -> None:
    job = answer_job(tmp_path, text_table(tmp_path / "in.parquet", 40))
    assert run_command("run", job, "--limit", "15").returncode == 0
    first = answers_of(tmp_path / "job.out")
    found = run_command("run", job)
    assert "this run: 25 requests" in found.stdout, found.stderr
    whole = answers_of(tmp_path / "job.out")
    assert whole[:15] == first
    assert [row_id for row_id, _, _ in whole] == [f"in.parquet#{row}" for row in range(40)]


def test_new_files_are_appended_and_changed_ones_refused(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    text_table(source / "b.parquet", 10)
    job = answer_job(tmp_path, source)
    assert run_command("run", job).returncode == 0
    text_table(source / "a.parquet", 5)
    (source / "b.parquet").touch()
    found = run_command("run", job)
    assert "this run: 5 requests" in found.stdout, found.stderr
    assert [row_id for row_id, _, _ in answers_of(tmp_path / "job.out")] == [
        *(f"b.parquet#{row}" for row in range(10)),
        *(f"a.parquet#{row}" for row in range(5)),
    ]
    text_table(source / "b.parquet", 12)
    refused = run_command("run", job)
    assert refused.returncode == 2
    assert "b.parquet" in refused.stderr
    accepted = run_command("run", job, "--accept-changed")
    assert accepted.returncode == 0, accepted.stderr
    assert len(set(answers_of(tmp_path / "job.out"))) == 17


def test_ctrl_c_drains_and_the_same_command_goes_on(tmp_path: Path) -> None:
    job = answer_job(tmp_path, text_table(tmp_path / "in.parquet", 300))
    slow = {"GEMMA4_BATCH_FAKE": '{"step_s": 0.05, "tokens": 2}'}
    runner = start_command("run", job, log=tmp_path / "log", **slow)
    _wait_for_rows(tmp_path / "job.out", 20)
    runner.send_signal(signal.SIGINT)
    assert runner.wait(30) == 130, (tmp_path / "log").read_text()
    stopped = status_of(tmp_path / "job.out")
    assert stopped["state"] == "stopped"
    assert 0 < stopped["rows_done"] < 300
    assert stopped["requests_in_flight"] == 0, "what ran was finished"
    assert run_command("run", job).returncode == 0
    assert status_of(tmp_path / "job.out")["requests_computed_again"] == 0
    assert len(set(answers_of(tmp_path / "job.out"))) == 300


def test_a_second_runner_is_turned_away_and_status_answers_meanwhile(tmp_path: Path) -> None:
    job = answer_job(tmp_path, text_table(tmp_path / "in.parquet", 300))
    slow = {"GEMMA4_BATCH_FAKE": '{"step_s": 0.5, "tokens": 2}'}
    runner = start_command("run", job, log=tmp_path / "log", **slow)
    try:
        _wait_for_rows(tmp_path / "job.out", 5)
        assert status_of(tmp_path / "job.out")["state"] == "running"
        second = run_command("run", job)
        assert second.returncode == 1
        assert str(runner.pid) in second.stderr
    finally:
        runner.kill()
        runner.wait()
    assert status_of(tmp_path / "job.out")["state"] == "killed"


def test_failed_rows_are_tried_again_in_place(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        shutil.copy(DATA / "flower.jpg", photos / name)
    pq.write_table(pa.table({"image": ["photos/a.jpg", "photos/late.jpg", "photos/c.jpg"]}), tmp_path / "in.parquet")
    job = write_config(
        tmp_path / "job.yaml",
        task="caption",
        model="fake",
        source={"path": str(tmp_path / "in.parquet"), "image_column": "image"},
    )
    found = run_command("run", job, "--set", "run.max_error_rate=0.1")
    assert found.returncode == 4, found.stderr
    table = output_of(tmp_path / "job.out").to_pylist()
    assert [(row["status"], row["error_kind"]) for row in table] == [
        ("ok", None), ("failed", "missing_file"), ("ok", None),
    ]  # fmt: skip
    shutil.move(photos / "b.jpg", photos / "late.jpg")
    again = run_command("run", job, "--retry-failed")
    assert again.returncode == 0, again.stderr
    table = output_of(tmp_path / "job.out").to_pylist()
    assert [(row["status"], row["attempts"]) for row in table] == [("ok", 1), ("ok", 2), ("ok", 1)]


def test_max_errors_stops_the_job_early_and_says_what_was_seen(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": [f"missing-{row}.jpg" for row in range(50)]}), tmp_path / "in.parquet")
    job = write_config(
        tmp_path / "job.yaml",
        task="caption",
        model="fake",
        source={"path": str(tmp_path / "in.parquet"), "image_column": "image"},
        run={"max_errors": 3},
    )
    found = run_command("run", job)
    assert found.returncode == 1
    assert "missing_file" in found.stderr
    assert "run.max_errors is 3" in found.stderr


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    job = answer_job(tmp_path, text_table(tmp_path / "in.parquet", 40))
    found = run_command("run", job, "--dry-run")
    assert found.returncode == 0, found.stderr
    assert "40 rows" in found.stdout
    assert not (tmp_path / "job.out").exists()


def _wait_for_rows(folder: Path, rows: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = run_command("status", folder, "--json")
        if found.returncode == 0 and json.loads(found.stdout)["rows_done"] >= rows:
            return
        time.sleep(0.1)
    raise AssertionError(f"{rows} rows were not reached: {found.stdout}{found.stderr}")
