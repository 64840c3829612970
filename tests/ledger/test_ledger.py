"""The ledger keeps every event once, knows what is wanted, and says what is wrong with its file."""

import sqlite3
import time
from pathlib import Path

import pytest

from batch.counts import Counts
from batch.errors import LedgerError, OutputError
from batch.ledger import schema
from batch.ledger.ledger import Ledger
from batch.records import (
    Assignment,
    RequestFinished,
    RequestKey,
    RequestStarted,
    RowFailed,
    RowPlanned,
    RowRead,
    Shard,
    Slice,
    Span,
    Telemetry,
)
from batch.result import RecordedRow
from tests import jobs
from tests.ledger.small_job import commit, opened


# ---------------------------------------------------------------- events
def test_a_finished_row_comes_back_as_it_was_recorded(tmp_path: Path) -> None:
    planned = RowPlanned(0, 1, 2, (Span(0.0, 2.5), Span(2.5, 4.0, ("empty",))), 4.0, 3.5, ("exif_used",))
    first = jobs.completion(RequestKey(0, 1, 0), "één\n\u2028 two", flags=("truncated",), finish_reason="length")
    second = jobs.completion(
        RequestKey(0, 1, 1), "", finish_reason=None, error_kind="nan_logits", error_message="not a number"
    )
    with opened(tmp_path) as ledger:
        ledger.record([RowRead(0, 1, "photos.parquet#1", b"\x00kept"), RequestStarted(first.key)])
        ledger.record([RequestFinished(second), planned, RequestFinished(first)])
        assert ledger.shard_rows(0) == [
            RecordedRow(1, "photos.parquet#1", b"\x00kept", planned, None, (first, second), 1)
        ]


def test_a_row_that_was_never_read_has_its_place_as_name(tmp_path: Path) -> None:
    failed = RowFailed(1, 2, "undecodable", "no image")
    with opened(tmp_path) as ledger:
        ledger.record([failed])
        assert ledger.shard_rows(1) == [RecordedRow(2, "photos.parquet#5", None, None, failed, (), 1)]


def test_a_shard_is_complete_when_its_last_row_is_done(tmp_path: Path) -> None:
    shard = jobs.shards(6, 3)[1]
    with opened(tmp_path) as ledger:
        ledger.record(jobs.shard_events(shard, [0, 2]))
        assert ledger.complete_shards() == []
        ledger.record([RowFailed(1, 1, "missing_media", "no photo")])
        assert ledger.complete_shards() == [1]


def test_a_request_finished_before_its_row_is_planned_counts(tmp_path: Path) -> None:
    with opened(tmp_path, rows=1) as ledger:
        ledger.record([RequestFinished(jobs.completion(RequestKey(0, 0, 0)))])
        assert ledger.complete_shards() == []
        ledger.record([RowPlanned(0, 0, 1)])
        assert ledger.complete_shards() == [0]


def test_a_row_without_requests_is_done_when_planned(tmp_path: Path) -> None:
    with opened(tmp_path, rows=1) as ledger:
        ledger.record([RowPlanned(0, 0, 0, audio_seconds=3.0, speech_seconds=0.0)])
        assert ledger.complete_shards() == [0]
        assert +ledger.counts().rows == {"no_speech": 1}


def test_a_recording_that_broke_off_is_done_with_the_segments_it_has_and_partial(tmp_path: Path) -> None:
    spans = (Span(0.0, 30.0), Span(30.0, 55.0))
    broken = RowPlanned(0, 0, 2, spans, error_kind="decode_crash", error_message="SIGSEGV")
    first, second = (RequestFinished(jobs.completion(RequestKey(0, 0, request))) for request in range(2))
    with opened(tmp_path, rows=1) as ledger:
        ledger.record([first, broken])
        assert ledger.complete_shards() == []
    with Ledger.open(tmp_path) as ledger:
        assert ledger.assignment(0).finished == (RequestKey(0, 0, 0),)
        ledger.record([broken, second])
        assert ledger.complete_shards() == [0]
        assert +ledger.counts().rows == {"partial": 1}
        assert dict(ledger.counts().errors) == {"decode_crash": 1}
        (row,) = ledger.shard_rows(0)
        assert (row.planned, row.failed) == (broken, None)
    with Ledger.open(tmp_path) as ledger:
        assert +ledger.counts().rows == {"partial": 1}


def test_late_and_repeated_events_change_nothing(tmp_path: Path) -> None:
    shard = jobs.shards(6, 3)[0]
    with opened(tmp_path) as ledger:
        ledger.record(jobs.shard_events(shard))
        before, counts = ledger.shard_rows(0), ledger.counts()
        ledger.record(jobs.shard_events(shard))
        late = [event for row in range(3) for event in jobs.row_events(shard, row, "another answer")]
        ledger.record([*late, RowFailed(0, 1, "decode_crash", "too late"), RowPlanned(0, 2, 7)])
        assert ledger.shard_rows(0) == before
        assert ledger.counts() == counts
        commit(ledger, 0)
        ledger.record(late)
        assert ledger.open_shards() == [1]
        assert ledger.shard_rows(0) == []


def test_a_failed_row_stays_failed(tmp_path: Path) -> None:
    failed = RowFailed(0, 0, "decode_timeout", "30 s")
    with opened(tmp_path) as ledger:
        ledger.record([failed])
        ledger.record([RowPlanned(0, 0, 1), RowFailed(0, 0, "undecodable", "other")])
        assert ledger.shard_rows(0) == [RecordedRow(0, "photos.parquet#0", None, None, failed, (), 1)]
        assert dict(ledger.counts().errors) == {"decode_timeout": 1}


def test_events_that_need_no_keeping_are_passed_over(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record([Telemetry(1, 2, 0.0, 1.0, 5, 100)])
        ledger.record([RowRead(9, 0, "no such shard", b""), RowFailed(0, 3, "undecodable", "no such row")])
        assert ledger.counts() == Counts()
        assert ledger.shard_rows(0) == []


# ---------------------------------------------------------------- what is wanted
def test_an_assignment_names_what_is_left_and_what_needs_no_computing(tmp_path: Path) -> None:
    shard = jobs.shards(6, 3)[0]
    keys = [RequestKey(0, 2, request) for request in range(70)]
    with opened(tmp_path) as ledger:
        ledger.record(jobs.shard_events(shard, [1]))
        ledger.record([RowPlanned(0, 2, 70), *(RequestFinished(jobs.completion(key)) for key in (keys[69], keys[3]))])
        expected = Assignment(shard, (0, 2), (keys[3], keys[69]))
        assert ledger.assignment(0) == expected
    with Ledger.open(tmp_path) as ledger:
        assert ledger.assignment(0) == expected
        assert ledger.assignment(1) == Assignment(jobs.shards(6, 3)[1], (0, 1, 2))


def test_counts_are_the_same_live_and_after_opening_again(tmp_path: Path) -> None:
    shard = jobs.shards(6, 3)[0]
    error = jobs.completion(RequestKey(0, 1, 1), error_kind="nan_logits", flags=("suspect_media",), finish_reason=None)
    with opened(tmp_path) as ledger:
        ledger.record(jobs.row_events(shard, 0))
        ledger.record([RowPlanned(0, 1, 2, audio_seconds=4.0, flags=("truncated_media",)), RequestFinished(error)])
        ledger.record([RequestFinished(jobs.completion(RequestKey(0, 1, 0))), RowFailed(0, 2, "too_large", "x")])
        live = ledger.counts()
    assert live.as_dict() == {
        "rows": {"ok": 1, "partial": 1, "failed": 1, "no_speech": 0},
        "errors": {"nan_logits": 1, "too_large": 1},
        "flags": {"truncated_media": 1, "suspect_media": 1},
        "requests": 3,
        "prompt_tokens": 30,
        "completion_tokens": 9,
        "audio_seconds": 4.0,
        "compared": 0,
        "correct": 0,
    }
    with Ledger.open(tmp_path) as ledger:
        assert ledger.counts() == live
        assert ledger.complete_shards() == [0]


def test_counts_of_committed_and_open_shards_add_up(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        for shard in jobs.shards(6, 3):
            ledger.record(jobs.shard_events(shard))
        committed = Counts(requests=3, prompt_tokens=30, completion_tokens=9, compared=2, correct=1)
        committed.rows["ok"] = 3
        commit(ledger, 0, committed)
        total = ledger.counts()
        assert (total.done, total.requests, total.correct, ledger.total_rows) == (6, 6, 1, 6)
    with Ledger.open(tmp_path) as ledger:
        assert ledger.counts() == total


# ---------------------------------------------------------------- deaths
def test_suspects_are_begun_and_not_finished(tmp_path: Path) -> None:
    a, b, c = (RequestKey(0, row, 0) for row in range(3))
    with opened(tmp_path) as ledger:
        ledger.record([RequestStarted(a), RequestStarted(b), RequestStarted(c)])
        ledger.record([RequestFinished(jobs.completion(a)), RowFailed(0, 2, "decode_crash", "x")])
        assert ledger.suspects() == [b]
    with Ledger.open(tmp_path) as ledger:
        assert ledger.suspects() == [b]


def test_a_request_begun_twice_and_finished_is_computed_again(tmp_path: Path) -> None:
    again, once = RequestKey(0, 0, 0), RequestKey(0, 1, 0)
    with opened(tmp_path) as ledger:
        ledger.record([RequestStarted(again), RequestStarted(once), RequestFinished(jobs.completion(once))])
        assert ledger.recomputed == 0
    with Ledger.open(tmp_path) as ledger:
        ledger.record([RequestStarted(again), RequestStarted(once)])
        assert ledger.recomputed == 0
        ledger.record([RequestFinished(jobs.completion(again)), RequestFinished(jobs.completion(once))])
        ledger.record([RequestFinished(jobs.completion(again))])
        assert ledger.recomputed == 1


def test_only_what_the_last_run_began_ran_when_it_ended(tmp_path: Path) -> None:
    first, second = RequestKey(0, 0, 0), RequestKey(0, 1, 0)
    with opened(tmp_path) as ledger:
        ledger.record([RequestStarted(first), RequestStarted(second)])
    with Ledger.open(tmp_path) as ledger:
        assert ledger.ran_last() == [first, second]
        ledger.record([RequestStarted(second)])
    with Ledger.open(tmp_path) as ledger:
        assert ledger.suspects() == [first, second]
        assert ledger.ran_last() == [second]


def test_a_condemned_request_ends_its_row(tmp_path: Path) -> None:
    key = RequestKey(0, 0, 0)
    with opened(tmp_path, rows=1) as ledger:
        ledger.record([RequestStarted(key), RowPlanned(0, 0, 1)])
        ledger.strike([key], "own")
        ledger.strike([key, RequestKey(0, 0, 1)], "own")
        assert ledger.strikes() == {key: {"own": 2}, RequestKey(0, 0, 1): {"own": 1}}
        ledger.condemn(key, "died alone")
        assert dict(ledger.counts().errors) == {"worker_crash": 1}
        assert ledger.complete_shards() == [0]
        commit(ledger, 0)
        assert ledger.strikes() == {}


@pytest.mark.parametrize(("boot", "ended", "rebooted"), [("another", None, True), ("another", 1.0, False)])
def test_a_reboot_is_seen_by_the_boot_of_a_run_that_never_ended(
    tmp_path: Path, boot: str, ended: float | None, rebooted: bool
) -> None:
    opened(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.execute("UPDATE runs SET boot_id = ?, ended_at = ?", (boot, ended))
    connection.commit()
    connection.close()
    with Ledger.open(tmp_path) as ledger:
        assert ledger.runs.rebooted is rebooted
    with Ledger.open(tmp_path) as ledger:
        assert ledger.runs.rebooted is False


# ---------------------------------------------------------------- the file, and what it remembers
def test_what_was_remembered_is_recalled(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.remember("worker", {"model": "demo", "slots": 8})
    with Ledger.open(tmp_path) as ledger:
        assert ledger.recall("worker") == {"model": "demo", "slots": 8}
        assert ledger.recall("nothing") is None


def test_a_folder_without_a_ledger_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"has no ledger. Give the folder"):
        Ledger.open(tmp_path, create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_ledger_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError, match=r"newer gemma4-batch \(ledger version 99, this one knows 2\)"):
        Ledger.open(tmp_path)


def test_a_damaged_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database, whatever its name says" * 100)
    with pytest.raises(LedgerError, match="cannot be read as a ledger: file is not a database"):
        Ledger.open(tmp_path)
    (tmp_path / "ledger.sqlite").unlink()
    opened(tmp_path).close()  # the failed attempt has let go of the lock


def test_an_older_ledger_is_brought_up_to_date_in_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(tmp_path).close()
    path = tmp_path / "ledger.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema_version'")
    connection.commit()

    def add_colours(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE colours (name TEXT)")
        if not finishing:
            raise sqlite3.OperationalError("interrupted")

    monkeypatch.setitem(schema.MIGRATIONS, 1, add_colours)
    finishing = False
    with pytest.raises(LedgerError, match="interrupted"):
        Ledger.open(tmp_path)
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'colours'").fetchall() == []
    finishing = True
    with Ledger.open(tmp_path) as ledger:
        assert ledger.open_shards() == [0, 1]
    assert connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchall() == [("2",)]
    connection.close()


def test_a_half_built_ledger_is_built_anew(tmp_path: Path) -> None:
    (tmp_path / ".ledger.sqlite.new").write_bytes(b"SQLite format 3\x00 and then the power went")
    with opened(tmp_path) as ledger:
        assert ledger.open_shards() == [0, 1]


def test_a_full_disk_records_nothing_and_the_same_events_go_in_later(tmp_path: Path) -> None:
    shard = Shard(0, (Slice(jobs.PATH, 0, 3),))
    large = RowRead(0, 1, "photos.parquet#1", bytes(10**6))
    with opened(tmp_path, rows=3) as ledger:
        ledger.record(jobs.row_events(shard, 0))
        counts = ledger.counts()
        (pages,) = ledger._db.execute("PRAGMA page_count").fetchone()
        ledger._db.execute(f"PRAGMA max_page_count = {pages + 4}")
        with pytest.raises(OutputError, match=r"the disk is full: cannot write '.*ledger.sqlite' \(.* free\)"):
            ledger.record([large, *jobs.row_events(shard, 1), *jobs.row_events(shard, 2)])
        assert ledger.counts() == counts
        assert ledger.assignment(0).rows == (1, 2)
        ledger._db.execute("PRAGMA max_page_count = 100000")
        ledger.record([*jobs.row_events(shard, 1), *jobs.row_events(shard, 2)])
        assert [row.row for row in ledger.shard_rows(0)] == [0, 1, 2]


def test_the_file_does_not_grow_with_the_job(tmp_path: Path) -> None:
    sizes = []
    with opened(tmp_path, rows=4000, size=100) as ledger:
        for shard in jobs.shards(4000, 100):
            ledger.record(jobs.shard_events(shard))
            commit(ledger, shard.index)
            ledger.checkpoint()
            sizes.append(sum(path.stat().st_size for path in tmp_path.iterdir()))
        assert ledger.open_shards() == []
    assert sizes[-1] < sizes[1] * 1.5


def test_a_row_costs_less_than_a_tenth_of_a_millisecond(tmp_path: Path) -> None:
    costs = []
    with opened(tmp_path, rows=1500, size=500) as ledger:
        for shard in jobs.shards(1500, 500):
            turns = [jobs.shard_events(shard, range(start, start + 20)) for start in range(0, 500, 20)]
            began = time.process_time()
            for turn in turns:
                ledger.record(turn)
            costs.append((time.process_time() - began) / 500)
    assert min(costs) < 100e-6
