"""Equal requests of a job are answered once: the same output with fewer answers made, whatever happens on the way."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tests.commands import answers_of, kill, output_of, run_command, start_command, status_of, write_config
from tests.media.recordings import SAMPLE_RATE, silence, speech, wav

ROWS = 60


def job(folder: Path, source: Path, name: str, **more: Any) -> Path:
    more = {"task": "answer", "output": {"path": str(folder / f"{name}.out"), "shard_rows": 20}} | more
    return write_config(folder / f"{name}.yaml", model="fake", source={"path": str(source)}, **more)


def expected_origins() -> list[str | None]:
    """The first row of each chain: 17 and 27 say what 7 says."""
    return [f"in.parquet#{row % 10}" if row % 10 >= 7 and row >= 10 else None for row in range(ROWS)]


def originals(row: int) -> int:
    return row % 10 if row % 10 >= 7 else row


def chained(path: Path) -> Path:
    prompts = [f"Say: item {originals(row)} of the list" for row in range(ROWS)]
    pq.write_table(pa.table({"prompt": prompts}), path, row_group_size=20)
    return path


def test_equal_rows_are_answered_once_across_shards_and_say_so(tmp_path: Path) -> None:
    source = chained(tmp_path / "in.parquet")
    found = run_command("run", job(tmp_path, source, "once"))
    assert found.returncode == 0, found.stderr
    assert "15 took the answer of an equal one" in found.stdout
    every = run_command("run", job(tmp_path, source, "each", engine={"reuse": False}))
    assert every.returncode == 0, every.stderr
    assert answers_of(tmp_path / "once.out") == answers_of(tmp_path / "each.out")
    rows = output_of(tmp_path / "once.out")
    assert rows["deduplicated_from"].to_pylist() == expected_origins()
    assert [tokens == 0 for tokens in rows["completion_tokens"].to_pylist()] == [
        origin is not None for origin in expected_origins()
    ]
    assert set(output_of(tmp_path / "each.out")["deduplicated_from"].to_pylist()) == {None}


def test_sampled_rows_are_each_answered(tmp_path: Path) -> None:
    found = run_command("run", job(tmp_path, chained(tmp_path / "in.parquet"), "a", sampling={"temperature": 0.7}))
    assert found.returncode == 0, found.stderr
    assert set(output_of(tmp_path / "a.out")["deduplicated_from"].to_pylist()) == {None}


def test_a_killed_job_with_equal_rows_goes_on_where_it_was(tmp_path: Path) -> None:
    slow = {"GEMMA4_BATCH_FAKE": '{"step_s": 0.02, "tokens": 4}'}
    path, out, log = job(tmp_path, chained(tmp_path / "in.parquet"), "a"), tmp_path / "a.out", tmp_path / "log"
    for wanted in (10, 30):
        runner = start_command("run", path, log=log, **slow)
        while runner.poll() is None and (not (out / "ledger.sqlite").exists() or done(out) < wanted):
            time.sleep(0.05)
        kill(runner.pid)
        runner.wait()
    found = run_command("run", path, **slow)
    assert found.returncode == 0, found.stderr
    rows = output_of(out)
    assert rows["row_id"].to_pylist() == [f"in.parquet#{row}" for row in range(ROWS)]
    assert rows["deduplicated_from"].to_pylist() == expected_origins()
    assert status_of(out)["counts"]["rows"]["ok"] == ROWS


def done(folder: Path) -> int:
    from batch.errors import BatchError
    from batch.ledger.status import read_status

    try:
        return read_status(folder).counts.done
    except BatchError:
        return 0


def test_the_same_picture_twice_is_captioned_once(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, colour in (("a", "red"), ("b", "blue"), ("c", "red"), ("d", "red")):
        Image.new("RGB", (64, 48), colour).save(photos / f"{name}.png")
    (photos / "c.png").write_bytes((photos / "a.png").read_bytes())
    found = run_command("run", job(tmp_path, photos, "a", task="caption"))
    assert found.returncode == 0, found.stderr
    assert output_of(tmp_path / "a.out")["deduplicated_from"].to_pylist() == [None, None, "a.png#0", "a.png#0"]


def test_a_recording_of_two_channels_twice_is_transcribed_once_with_its_sides_as_they_were(tmp_path: Path) -> None:
    """Copied from the part of the first: a short answer on the right lies inside a longer speech on the left. The fake
    engine's text tells how long a segment was; the second recording comes later, when the first's part is there."""
    recordings = tmp_path / "in"
    recordings.mkdir()
    left, right = np.zeros(40 * SAMPLE_RATE, np.float32), silence(40.0)
    left[SAMPLE_RATE : 21 * SAMPLE_RATE] = np.resize(speech(), 20 * SAMPLE_RATE)
    for second in (3, 32):
        right[second * SAMPLE_RATE : (second + 1) * SAMPLE_RATE] = speech()[:SAMPLE_RATE]
    for name in "ab":
        (recordings / f"{name}.wav").write_bytes(wav(np.stack([left, right], axis=1)))
    more: dict[str, Any] = {"task": "transcribe", "media": {"channel": "both"}}
    once = job(tmp_path, recordings, "once", **more, output={"path": str(tmp_path / "once.out"), "shard_rows": 1})
    first, whole = run_command("run", once, "--limit", "1"), run_command("run", once)
    assert (first.returncode, whole.returncode) == (0, 0), whole.stderr
    assert "3 took the answer of an equal one" in whole.stdout
    one, other = output_of(tmp_path / "once.out").to_pylist()
    assert (other["deduplicated_from"], other["row_id"]) == ("a.wav#0", "b.wav#0")
    assert [segment["text"].split()[0] for segment in one["segments"]] == ["[left]", "[right]", "[right]"]
    assert len({segment["text"].split("] ")[1] for segment in one["segments"][:2]}) == 2
    assert [other[name] for name in ("transcript", "segments", "flags")] == [
        one[name] for name in ("transcript", "segments", "flags")
    ]
    flagged = run_command("run", once, "--retry-flagged", one["flags"][0])
    assert flagged.returncode == 0, flagged.stderr
    again = output_of(tmp_path / "once.out").to_pylist()
    assert [row["attempts"] for row in again] == [2, 2]
    assert [[segment["text"] for segment in row["segments"]] for row in again] == [
        [segment["text"] for segment in one["segments"]]
    ] * 2
