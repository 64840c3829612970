"""What lands in the job folder: rows in order, columns as documented, readable by anybody, whole at any instant."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import datasets
import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from batch import durable
from batch.counts import Counts
from batch.errors import OutputError
from batch.ledger.ledger import Ledger
from batch.output import parts
from batch.records import RequestFinished, RequestKey, RowFailed, RowPlanned, RowRead, Span
from tests import jobs


def expected(number: int, **changes: Any) -> dict[str, Any]:
    """The output row of source row `number`, answered by `jobs.row_events`."""
    return {
        **jobs.kept_values(number),
        "row_id": f"photos.parquet#{number}",
        "caption": f"row {number}",
        "status": "ok",
        "finish_reason": "stop",
        "flags": [],
        "error_kind": None,
        "error_message": None,
        "attempts": 1,
        "prompt_tokens": 10,
        "completion_tokens": 3,
        "seconds": 0.25,
        "deduplicated_from": None,
    } | changes


@pytest.fixture
def done(tmp_path: Path) -> Path:
    """A complete job of 8 rows in 3 parts."""
    jobs.run(tmp_path / "out", jobs.plan(8))
    return tmp_path / "out"


# ---------------------------------------------------------------- what readers see
def test_pyarrow_reads_every_row_in_order(done: Path) -> None:
    table = ds.dataset(done / "data", format="parquet").to_table()
    assert table.to_pylist() == [expected(number) for number in range(8)]
    assert table.schema.remove_metadata().equals(
        pa.schema(
            [
                *jobs.KEPT,
                ("row_id", pa.string()),
                ("caption", pa.string()),
                ("status", pa.string()),
                ("finish_reason", pa.string()),
                ("flags", pa.list_(pa.string())),
                ("error_kind", pa.string()),
                ("error_message", pa.string()),
                ("attempts", pa.int32()),
                ("prompt_tokens", pa.int32()),
                ("completion_tokens", pa.int32()),
                ("seconds", pa.float64()),
                ("deduplicated_from", pa.string()),
            ]
        )
    )


def test_datasets_loads_the_folder_as_it_is(done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    (done / "report.html").write_text("<p>not data</p>")
    loaded = datasets.load_dataset(str(done), cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train"]
    assert loaded["train"].to_list() == [expected(number) for number in range(8)]


def microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def test_duckdb_reads_the_folder_as_it_is(done: Path) -> None:
    query = f"SELECT id, caption, epoch_us(taken), boxes[1].label FROM '{done}/data/*.parquet' WHERE status = 'ok'"
    with duckdb.connect() as connection:
        rows = connection.execute(query).fetchall()
    assert rows == [
        (row["id"], row["caption"], microseconds(row["taken"]), row["boxes"][0]["label"] if row["boxes"] else None)
        for row in map(expected, range(8))
    ]


def test_pandas_reads_the_folder_as_it_is(done: Path) -> None:
    frame = pd.read_parquet(done / "data")
    assert frame["caption"].tolist() == [f"row {number}" for number in range(8)]
    assert frame["taken"].dt.to_pydatetime().tolist() == [jobs.kept_values(number)["taken"] for number in range(8)]
    assert [[dict(box, xy=list(box["xy"])) for box in boxes] for boxes in frame["boxes"]] == [
        jobs.kept_values(number)["boxes"] for number in range(8)
    ]


def test_rows_are_in_input_order_whatever_order_they_finished_in(tmp_path: Path) -> None:
    job = jobs.plan(6, 6)
    with jobs.begin(tmp_path, job) as ledger:
        for row in (5, 0, 3, 4, 2, 1):
            ledger.record(jobs.row_events(job.shards[0], row))
        parts.commit_part(tmp_path, ledger, job, 0)
    assert pq.read_table(tmp_path / "data/part-0000000.parquet").to_pylist() == [expected(n) for n in range(6)]


def test_failed_rows_are_rows(tmp_path: Path) -> None:
    job = jobs.plan(3)
    error = jobs.completion(
        RequestKey(0, 1, 0), "", finish_reason=None, error_kind="nan_logits", error_message="not a number"
    )
    with jobs.begin(tmp_path, job) as ledger:
        ledger.record(jobs.row_events(job.shards[0], 0))
        ledger.record([RowRead(0, 1, "photos.parquet#1", jobs.kept_bytes(1)), RowPlanned(0, 1, 1)])
        ledger.record([RequestFinished(error), RowFailed(0, 2, "undecodable", "no image")])
        parts.commit_part(tmp_path, ledger, job, 0)
        counts = ledger.counts()
    blank = {"caption": None, "status": "failed", "finish_reason": None}
    unread = {"prompt_tokens": None, "completion_tokens": None, "seconds": None} | dict.fromkeys(jobs.KEPT.names)
    assert pq.read_table(tmp_path / "data/part-0000000.parquet").to_pylist() == [
        expected(0),
        expected(1, **blank, error_kind="nan_logits", error_message="not a number"),
        expected(2, **blank, **unread, error_kind="undecodable", error_message="no image"),
    ]
    assert counts.as_dict() == {
        "rows": {"ok": 1, "partial": 0, "failed": 2, "no_speech": 0},
        "errors": {"nan_logits": 1, "undecodable": 1},
        "flags": {},
        "requests": 2,
        "prompt_tokens": 20,
        "completion_tokens": 6,
        "audio_seconds": 0.0,
        "compared": 1,
        "correct": 1,
    }


def test_a_transcript_keeps_its_segments(tmp_path: Path) -> None:
    job = jobs.plan(1, task="transcribe", kept=pa.schema([("id", pa.int64()), ("language", pa.string())]))
    kept = pa.record_batch([[7], ["nl"]], schema=job.schema).serialize().to_pybytes()
    spans = (Span(0.0, 2.0), Span(2.5, 4.0))
    with jobs.begin(tmp_path, job) as ledger:
        ledger.record([RowRead(0, 0, "photos.parquet#0", kept), RowPlanned(0, 0, 2, spans, 4.5, 3.5)])
        ledger.record([RequestFinished(jobs.completion(RequestKey(0, 0, 0), "hello"))])
        failed = jobs.completion(RequestKey(0, 0, 1), "", finish_reason=None, error_kind="worker_crash")
        ledger.record([RequestFinished(failed)])
        parts.commit_part(tmp_path, ledger, job, 0)
        assert ledger.counts().audio_seconds == 4.5
    row = pq.read_table(tmp_path / "data/part-0000000.parquet").to_pylist()[0]
    assert row["segments"] == [
        {"start_s": 0.0, "end_s": 2.0, "text": "hello", "status": "ok", "flags": []},
        {"start_s": 2.5, "end_s": 4.0, "text": None, "status": "failed", "flags": []},
    ]
    assert (row["id"], row["source_language"], row["transcript"], row["status"]) == (7, "nl", "hello", "partial")


def test_an_empty_source_is_one_empty_part(tmp_path: Path) -> None:
    job = jobs.plan(0)
    with jobs.begin(tmp_path, job) as ledger:
        jobs.finish(tmp_path, ledger, job)
    table = pq.read_table(tmp_path / "data/part-0000000.parquet")
    assert (table.num_rows, table.column_names[:5]) == (0, ["id", "reference", "taken", "boxes", "row_id"])
    assert json.loads((tmp_path / "manifest.json").read_text())["rows"] == 0


def test_the_footer_says_where_the_answers_come_from(tmp_path: Path) -> None:
    job = jobs.plan(1, sampling={"temperature": 0.5}, system="Be brief.")
    with jobs.begin(tmp_path, job) as ledger:
        ledger.remember("worker", {"model": "demo", "revision": "0a1b", "ple_grade": "safe"})
        jobs.finish(tmp_path, ledger, job)
    metadata = pq.read_metadata(tmp_path / "data/part-0000000.parquet").metadata
    found = {
        key.decode().removeprefix("gemma4-batch."): json.loads(value)
        for key, value in metadata.items()
        if key.startswith(b"gemma4-batch.")
    }
    assert found["versions"].keys() >= {"python", "gemma4-batch", "mlx-vlm", "pyarrow"}
    assert {key: found[key] for key in ("fingerprint", "model", "revision", "ple_grade", "system", "prompt")} == {
        "fingerprint": "abc123",
        "model": "demo",
        "revision": "0a1b",
        "ple_grade": "safe",
        "system": "Be brief.",
        "prompt": {"text": None, "schema": None},
    }
    assert found["sampling"]["temperature"] == 0.5


# ---------------------------------------------------------------- trying again
def fail_row(ledger: Ledger, shard: int, row: int) -> None:
    ledger.record([RowFailed(shard, row, "fetch_failed", "try later")])


def test_failed_rows_are_tried_again_in_their_place(tmp_path: Path) -> None:
    job = jobs.plan(6)
    with jobs.begin(tmp_path, job) as ledger:
        fail_row(ledger, 0, 1)
        ledger.record(jobs.shard_events(job.shards[0], [0, 2]))
        ledger.record(jobs.shard_events(job.shards[1]))
        for index in (0, 1):
            parts.commit_part(tmp_path, ledger, job, index)
        untouched = durable.sha256(tmp_path / "data/part-0000001.parquet")
        assert parts.reopen_failed(tmp_path, ledger, job) == 1
        assert ledger.counts().rows == {"ok": 5}
        assert ledger.assignment(0).rows == (1,)
        fail_row(ledger, 0, 1)
        parts.commit_part(tmp_path, ledger, job, 0)
        assert parts.reopen_failed(tmp_path, ledger, job) == 1
    with jobs.begin(tmp_path, job) as ledger:
        ledger.record(jobs.shard_events(job.shards[0]))
        parts.commit_part(tmp_path, ledger, job, 0)
        assert ledger.counts().as_dict() | {"flags": {}} == {
            "rows": {"ok": 6, "partial": 0, "failed": 0, "no_speech": 0},
            "errors": {},
            "flags": {},
            "requests": 6,
            "prompt_tokens": 60,
            "completion_tokens": 18,
            "audio_seconds": 0.0,
            "compared": 3,
            "correct": 3,
        }
        assert [part.generation for part in ledger.committed()] == [3, 1]
        assert parts.reopen_failed(tmp_path, ledger, job) == 0
    assert pq.read_table(tmp_path / "data/part-0000000.parquet").to_pylist() == [
        expected(0), expected(1, attempts=3), expected(2),
    ]  # fmt: skip
    assert durable.sha256(tmp_path / "data/part-0000001.parquet") == untouched


def test_flagged_rows_are_done_again_in_their_place_and_no_other_part_is_touched(tmp_path: Path) -> None:
    job = jobs.plan(6)
    with jobs.begin(tmp_path, job) as ledger:
        ledger.record(jobs.row_events(job.shards[0], 1, "no " * 30))
        ledger.record(jobs.row_events(job.shards[0], 2, ""))
        ledger.record(jobs.shard_events(job.shards[0]))
        ledger.record(jobs.shard_events(job.shards[1]))
        for index in (0, 1):
            parts.commit_part(tmp_path, ledger, job, index)
        assert parts.reopen_flagged(tmp_path, ledger, job, ["too_fast"]) == 0
        assert ledger.open_shards() == []
        assert parts.reopen_flagged(tmp_path, ledger, job, ["repetition", "too_fast"]) == 1
        assert ledger.open_shards() == [0]
        assert ledger.assignment(0).rows == (1,)
        ledger.record(jobs.shard_events(job.shards[0]))
        parts.commit_part(tmp_path, ledger, job, 0)
        assert [part.generation for part in ledger.committed()] == [2, 1]
        assert dict(ledger.counts().flags) == {"empty": 1}
    assert pq.read_table(tmp_path / "data/part-0000000.parquet").to_pylist() == [
        expected(0), expected(1, attempts=2), expected(2, caption="", flags=["empty"]),
    ]  # fmt: skip


def test_a_part_somebody_changed_is_not_rewritten(tmp_path: Path) -> None:
    job = jobs.plan(3)
    with jobs.begin(tmp_path, job) as ledger:
        fail_row(ledger, 0, 1)
        ledger.record(jobs.shard_events(job.shards[0], [0, 2]))
        parts.commit_part(tmp_path, ledger, job, 0)
        with (tmp_path / "data/part-0000000.parquet").open("ab") as file:
            file.write(b"!")
        with pytest.raises(OutputError, match="is not the part that was committed"):
            parts.reopen_failed(tmp_path, ledger, job)


def test_changed_input_is_done_again_as_a_whole(tmp_path: Path) -> None:
    jobs.run(tmp_path, jobs.plan(3))
    job = jobs.plan(2)
    changed = [jobs.source_file(2, fingerprint="f2")]
    with Ledger.open(tmp_path) as ledger:
        ledger.begin(job.identity, job.fingerprint, changed, job.shards, accept_changed=True)
        ledger.record([event for row in range(2) for event in jobs.row_events(job.shards[0], row, "new")])
        parts.commit_part(tmp_path, ledger, job, 0)
    assert pq.read_table(tmp_path / "data/part-0000000.parquet").to_pylist() == [
        expected(0, caption="new"), expected(1, caption="new"),
    ]  # fmt: skip


# ---------------------------------------------------------------- manifest
def test_the_manifest_is_there_exactly_while_the_output_is_complete(tmp_path: Path) -> None:
    job = jobs.plan(4)
    with jobs.begin(tmp_path, job) as ledger:
        ledger.record(jobs.shard_events(job.shards[0]))
        parts.commit_part(tmp_path, ledger, job, 0)
        assert not (tmp_path / "manifest.json").exists()
        jobs.finish(tmp_path, ledger, job)
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        assert (manifest["rows"], manifest["fingerprint"], manifest["counts"]["rows"]["ok"]) == (4, "abc123", 4)
        assert manifest["files"] == [
            {
                "path": f"data/part-000000{index}.parquet",
                "rows": rows,
                "bytes": (tmp_path / f"data/part-000000{index}.parquet").stat().st_size,
                "sha256": durable.sha256(tmp_path / f"data/part-000000{index}.parquet"),
            }
            for index, rows in ((0, 3), (1, 1))
        ]
        more = [jobs.source_file(4), jobs.source_file(1, "more.parquet")]
        ledger.begin(job.identity, job.fingerprint, more, [*job.shards, *jobs.shards(1, 3, "more.parquet")])
        ledger.record(jobs.shard_events(ledger.shard(2)))
        parts.commit_part(tmp_path, ledger, job, 2)
        assert not (tmp_path / "manifest.json").exists()


def test_a_missing_part_is_noticed_at_the_start(done: Path) -> None:
    (done / "data/part-0000001.parquet").unlink()
    with pytest.raises(OutputError, match=r"1 finished parts are gone .* first is 'data/part-0000001.parquet'"):
        jobs.begin(done, jobs.plan(8))


# ---------------------------------------------------------------- at any instant
def test_a_reader_sees_one_whole_generation_at_any_instant(tmp_path: Path) -> None:
    """Every rewrite changes all rows of a part; a reader that finds two of them mixed has seen a torn one."""
    job, part = jobs.plan(200, 200), tmp_path / "data/part-0000000.parquet"
    seen: list[set[int]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(set(pq.read_table(part, columns=["attempts"]).column("attempts").to_pylist()))

    with jobs.begin(tmp_path, job) as ledger:
        ledger.record([RowFailed(0, row, "fetch_failed", "try later") for row in range(200)])
        parts.commit_part(tmp_path, ledger, job, 0)
        reader = threading.Thread(target=read)
        reader.start()
        try:
            for _ in range(25):
                parts.reopen_failed(tmp_path, ledger, job)
                ledger.record([RowFailed(0, row, "fetch_failed", "try later") for row in range(200)])
                parts.commit_part(tmp_path, ledger, job, 0)
        finally:
            done.set()
            reader.join()
    assert {len(attempts) for attempts in seen} == {1}
    assert len({attempt for attempts in seen for attempt in attempts}) > 3


# ---------------------------------------------------------------- no space
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_named_and_the_same_shard_commits_later(tmp_path: Path) -> None:
    job = jobs.plan(3)
    staged = tmp_path / "data/.part-0000000.1"
    with jobs.begin(tmp_path, job) as ledger:
        ledger.record(jobs.shard_events(job.shards[0]))
        staged.parent.mkdir(exist_ok=True)
        staged.symlink_to("/dev/full")
        with pytest.raises(OutputError, match=r"the disk is full: cannot write .*part-0000000.1' \(.* are needed and"):
            parts.commit_part(tmp_path, ledger, job, 0)
        assert ledger.complete_shards() == [0]
        assert not staged.is_symlink()
        parts.commit_part(tmp_path, ledger, job, 0)
        assert ledger.counts().done == 3
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["part-0000000.parquet"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    job = jobs.plan(3)
    with jobs.begin(tmp_path, job) as ledger:
        ledger.record(jobs.shard_events(job.shards[0]))
        (tmp_path / "data").write_text("a file, where the parts belong")
        with pytest.raises(OutputError, match=r"cannot write '.*/data/.part-0000000.1': .*same command resumes"):
            parts.commit_part(tmp_path, ledger, job, 0)
        assert ledger.counts() == Counts.from_json(ledger.counts().to_json())
