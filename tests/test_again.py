"""Rows that are done again, by the command: flagged ones, and a recording whose decoder died half way."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.commands import output_of, run_command, status_of, write_config
from tests.preparing import wav


def test_flagged_rows_are_done_again_and_other_parts_stay(tmp_path: Path) -> None:
    prompts = ["one", "on on on on on on on on on on on on on", "two", "three"]
    pq.write_table(pa.table({"prompt": prompts}), tmp_path / "in.parquet")
    job = write_config(
        tmp_path / "job.yaml", task="answer", model="fake", source={"path": str(tmp_path / "in.parquet")},
        output={"path": str(tmp_path / "out"), "shard_rows": 2},
    )  # fmt: skip
    assert run_command("run", job).returncode == 0
    assert [row["flags"] for row in output_of(tmp_path / "out").to_pylist()] == [[], ["repetition"], [], []]
    untouched = (tmp_path / "out/data/part-0000001.parquet").stat().st_mtime_ns
    found = run_command("run", job, "--retry-flagged", "repetition", "--retry-flagged", "empty")
    assert found.returncode == 0, found.stderr
    assert "trying 1 rows flagged repetition, empty again" in found.stderr
    assert "this run: 1 requests" in found.stdout
    assert [row["attempts"] for row in output_of(tmp_path / "out").to_pylist()] == [1, 2, 1, 1]
    assert (tmp_path / "out/data/part-0000001.parquet").stat().st_mtime_ns == untouched
    refused = run_command("run", job, "--retry-flagged", "repetitive")
    assert refused.returncode == 2
    assert "there is no such flag, only repetition, truncated, empty" in refused.stderr


def test_a_flagged_answer_that_was_sampled_is_drawn_anew_and_the_same_by_whoever_does_it(tmp_path: Path) -> None:
    """Words that do not exist give a flat distribution: several answers of four tokens do not all come out the same."""
    pq.write_table(pa.table({"prompt": [f"qx {letter}u vkp" for letter in "abcdefghijkl"]}), tmp_path / "in.parquet")
    runs = []
    for out in ("one", "other"):
        job = write_config(
            tmp_path / f"{out}.yaml", task="answer", model={"path": "demo", "dtype": "float32"},
            source={"path": str(tmp_path / "in.parquet")}, sampling={"temperature": 2.0, "max_tokens": 4},
            output={"path": str(tmp_path / out)},
        )  # fmt: skip
        assert run_command("run", job).returncode == 0
        first = output_of(tmp_path / out).to_pylist()
        assert run_command("run", job, "--retry-flagged", "truncated").returncode == 0
        runs.append([(row["flags"], row["answer"]) for row in (*first, *output_of(tmp_path / out).to_pylist())])
    assert runs[0] == runs[1]
    before, after = runs[0][:12], runs[0][12:]
    flagged = [number for number, (flags, _) in enumerate(before) if flags == ["truncated"]]
    assert len(flagged) >= 3
    assert [before[number] for number in flagged] != [after[number] for number in flagged]
    assert all(before[number] == after[number] for number in range(12) if number not in flagged)


def test_a_recording_whose_decoder_dies_half_way_is_partial_and_whole_when_tried_again(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.wav").write_bytes(wav(100))
    (tmp_path / "in" / "b.wav").write_bytes(wav(40))
    job = write_config(
        tmp_path / "job.yaml", task="transcribe", model="fake", source={"path": str(tmp_path / "in")},
        media={"segment": "window"}, prompt="say",
    )  # fmt: skip
    found = run_command("run", job, GEMMA4_BATCH_FAULT="segv:a.wav#0@2")
    assert found.returncode == 0, found.stderr
    counts = status_of(tmp_path / "job.out")["counts"]
    assert (counts["rows"]["partial"], counts["rows"]["ok"], counts["errors"]) == (1, 1, {"decode_crash": 1})
    broken, whole = output_of(tmp_path / "job.out").to_pylist()
    assert (broken["status"], broken["error_kind"], broken["audio_seconds"]) == ("partial", "decode_crash", None)
    assert broken["error_message"].endswith("(after 58.0 s)")
    assert [(part["start_s"], part["end_s"], part["status"]) for part in broken["segments"]] == [
        (0.0, 30.0, "ok"), (28.0, 58.0, "ok"),
    ]  # fmt: skip
    assert broken["covered_seconds"] == 58.0
    assert (whole["status"], len(whole["segments"])) == ("ok", 2)
    assert run_command("run", job, "--retry-failed").returncode == 0
    again, _ = output_of(tmp_path / "job.out").to_pylist()
    assert (again["status"], again["attempts"], again["audio_seconds"], len(again["segments"])) == ("ok", 2, 100.0, 4)
