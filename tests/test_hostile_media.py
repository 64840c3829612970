"""Photos that crash, hang and bloat their decoder, by the command: they fail by name, all others are answered, and the
model is loaded once."""

import json
from pathlib import Path

from PIL import Image

from tests.commands import output_of, run_command, write_config

FAULTS = {"photo-03": "segv", "photo-07": "hang", "photo-11": "bloat"}  # bloat goes on to 20 GiB where nobody stops it
KINDS = {"segv": "decode_crash", "hang": "decode_timeout", "bloat": "decode_memory"}


def test_photos_that_ruin_their_decoder_fail_by_name_and_the_model_is_not_loaded_again(tmp_path: Path) -> None:
    photos = tmp_path / "in"
    photos.mkdir()
    for number in range(16):
        Image.new("RGB", (64, 48), (15 * number, 90, 120)).save(photos / f"photo-{number:02}.jpg")
    job = write_config(
        tmp_path / "job.yaml", task="caption", model="fake", source={"path": str(photos)},
        prepare={"processes": 2, "timeout_s": 2, "max_memory": "400MiB"},
    )  # fmt: skip
    faults = ";".join(f"{fault}:{name}" for name, fault in FAULTS.items())
    found = run_command("run", job, GEMMA4_BATCH_FAULT=faults)
    assert found.returncode == 0, found.stderr
    rows = {row["row_id"].partition(".")[0]: row for row in output_of(tmp_path / "job.out").to_pylist()}
    assert len(rows) == 16
    assert {name: row["error_kind"] for name, row in rows.items() if row["status"] == "failed"} == {
        name: KINDS[fault] for name, fault in FAULTS.items()
    }
    assert all(row["caption"] and row["attempts"] == 1 for row in rows.values() if row["status"] == "ok")
    events = [json.loads(line) for line in (tmp_path / "job.out/logs/events.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events].count("ready") == 1
