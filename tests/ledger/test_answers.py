"""The index of answers: survives commits, follows plan order, forgets what is asked for again."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from batch.counts import Counts
from batch.ledger import answers, schema
from batch.ledger.ledger import Ledger
from batch.ledger.stored_parts import Reopened
from batch.output import parts
from batch.output.reuse import Answers
from batch.records import (
    ANSWERS_KEPT,
    DIGEST_BYTES,
    AnswerCopied,
    Event,
    RequestFinished,
    RequestKey,
    RequestRepeated,
    RowPlanned,
    RowRead,
)
from tests.jobs import PATH, begin, completion, kept_bytes, plan, shard_events

DIGEST = b"d" * 16


def answered(key: RequestKey, number: int, text: str = "an answer") -> list[Event]:
    return [
        RowRead(key.shard, key.row, f"{PATH}#{number}", kept_bytes(number)),
        RowPlanned(key.shard, key.row, 1),
        RequestFinished(completion(key, text), DIGEST),
    ]


def repeat(ledger: Ledger, folder: Path, key: RequestKey, number: int) -> None:
    ledger.record([
        RowRead(key.shard, key.row, f"{PATH}#{number}", kept_bytes(number)), RowPlanned(key.shard, key.row, 1)
    ])  # fmt: skip
    ledger.record(Answers(folder, ledger, "caption").copies([RequestRepeated(key, DIGEST)]))


def test_a_copy_takes_no_tokens_and_names_its_original(tmp_path: Path) -> None:
    with begin(tmp_path, plan(3)) as ledger:
        first, second = RequestKey(0, 0, 0), RequestKey(0, 1, 0)
        ledger.record(answered(first, 0))
        repeat(ledger, tmp_path, second, 1)
        rows = {row.row: row.completions for row in ledger.shard_rows(0)}
        assert rows[0] == (completion(first),)
        assert rows[1] == (
            completion(second, prompt_tokens=0, completion_tokens=0, seconds=0.0, deduplicated_from=f"{PATH}#0"),
        )
        assert ledger.answered() == DIGEST


def test_an_answer_is_read_from_the_part_once_its_shard_is_committed(tmp_path: Path) -> None:
    job = plan(6)
    with begin(tmp_path, job) as ledger:
        ledger.record(answered(RequestKey(0, 1, 0), 1, "a boat") + shard_events(ledger.shard(0), [0, 2]))
        parts.commit_part(tmp_path, ledger, job, 0)
    with begin(tmp_path, job) as ledger:  # and after a restart
        assert ledger.original(DIGEST) == (RequestKey(0, 1, 0), f"{PATH}#1", None)
        repeat(ledger, tmp_path, RequestKey(1, 0, 0), 3)
        (row,) = ledger.shard_rows(1)
        (copy,) = row.completions
        assert (copy.text, copy.deduplicated_from, copy.completion_tokens) == ("a boat", f"{PATH}#1", 0)


def test_the_first_in_plan_order_is_the_original_whichever_was_computed(tmp_path: Path) -> None:
    with begin(tmp_path, plan(6)) as ledger:
        ledger.record(answered(RequestKey(0, 2, 0), 2))
        repeat(ledger, tmp_path, RequestKey(1, 0, 0), 3)  # names row 2 for now
        repeat(ledger, tmp_path, RequestKey(0, 1, 0), 1)
        found = {
            (shard, row.row): (row.completions[0].completion_tokens, row.completions[0].deduplicated_from)
            for shard in (0, 1)
            for row in ledger.shard_rows(shard)
        }
        assert found == {(0, 1): (3, None), (0, 2): (0, f"{PATH}#1"), (1, 0): (0, f"{PATH}#1")}


def test_rows_asked_for_again_lose_their_old_answers(tmp_path: Path) -> None:
    job = plan(3)
    with begin(tmp_path, job) as ledger:
        ledger.record(answered(RequestKey(0, 1, 0), 1) + shard_events(ledger.shard(0), [0, 2]))
        parts.commit_part(tmp_path, ledger, job, 0)
        ledger.reopen({0: Reopened({1: 1}, Counts())})
        assert ledger.original(DIGEST) is None
        answers = Answers(tmp_path, ledger, "caption")
        assert list(answers.copies([RequestRepeated(RequestKey(0, 1, 0), DIGEST)])) == []
        assert answers.lost == {(0, 1)}


def test_copies_survive_a_restart(tmp_path: Path) -> None:
    job = plan(3)
    with begin(tmp_path, job) as ledger:
        ledger.record(answered(RequestKey(0, 0, 0), 0))
        repeat(ledger, tmp_path, RequestKey(0, 1, 0), 1)
        counts = ledger.counts()
    with begin(tmp_path, job) as ledger:
        assert ledger.counts() == counts
        again = AnswerCopied(replace(completion(RequestKey(0, 1, 0)), text="another"), DIGEST)
        ledger.record([again])  # it has an answer
        assert [row.completions[0].text for row in ledger.shard_rows(0)] == ["an answer"] * 2


def test_a_ledger_of_version_1_learns_of_equal_requests(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    old = schema.TABLES
    for line in old.splitlines():
        if "repeats BLOB" in line:
            old = old.replace(line + "\n", "")
    begins = old.index("CREATE TABLE answers")
    old = old[:begins] + old[old.index("CREATE TABLE intents") :]
    db = sqlite3.connect(path)
    db.executescript(old)
    db.execute("INSERT INTO meta VALUES ('schema_version', '1')")
    db.commit()
    db.close()
    with begin(tmp_path, plan(3)) as ledger:
        ledger.record(answered(RequestKey(0, 0, 0), 0))
        repeat(ledger, tmp_path, RequestKey(0, 1, 0), 1)
        assert [row.completions[0].deduplicated_from for row in ledger.shard_rows(0)] == [None, f"{PATH}#0"]


def test_of_too_many_answers_the_first_in_plan_order_are_forgotten_at_a_commit(tmp_path: Path) -> None:
    job = plan(6)
    with begin(tmp_path, job) as ledger:
        path = ledger.path
    many = ANSWERS_KEPT + answers.SPARE
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN")
        rows = ((number.to_bytes(16), 5, number, 0) for number in range(many, 0, -1))
        db.executemany("INSERT INTO answers (digest, shard, row, request) VALUES (?, ?, ?, ?)", rows)
        db.execute("COMMIT")
    with begin(tmp_path, job) as ledger:
        ledger.record(shard_events(ledger.shard(0), [0, 1, 2]))
        parts.commit_part(tmp_path, ledger, job, 0)
        assert len(ledger.answered()) == DIGEST_BYTES * many  # not yet too many
        ledger.record(answered(RequestKey(1, 0, 0), 3) + shard_events(ledger.shard(1), [1, 2]))
        parts.commit_part(tmp_path, ledger, job, 1)
        found = ledger.answered()
        assert len(found) == DIGEST_BYTES * ANSWERS_KEPT
        assert found[-DIGEST_BYTES:] == many.to_bytes(16)
        assert ledger.original(DIGEST) is None  # of shard 1: the first of all
    assert path.stat().st_size < 20e6


def test_workers_are_told_the_newest_answers_where_there_are_too_many(tmp_path: Path) -> None:
    with begin(tmp_path, plan(6)) as ledger:
        known = Answers(tmp_path, ledger, "caption", kept=2)

        def hear(*digests: int) -> None:
            known.heard([RequestFinished(completion(RequestKey(0, 0, 0)), bytes([one]) * 16) for one in digests])

        def told(node: str) -> list[int]:
            return list(known.told_with(node, ledger.assignment(1)).answered[::DIGEST_BYTES])

        hear(1, 2)
        assert (told("a"), told("a")) == ([1, 2], [])
        hear(3)
        assert (told("a"), told("b")) == ([3], [2, 3])
        hear(4, 5, 6)
        assert (told("a"), told("b"), told("c")) == ([5, 6], [5, 6], [5, 6])
