"""Parts in the ledger: intended, committed, and rows of them wanted again."""

from pathlib import Path

from batch.counts import Counts
from batch.ledger.ledger import Ledger
from batch.ledger.stored_parts import Committed, Intent, Reopened
from batch.records import (
    Assignment,
)
from tests import jobs
from tests.ledger.small_job import commit, opened


def test_an_intended_part_is_in_place_once_it_is_committed(tmp_path: Path) -> None:
    with opened(tmp_path, rows=3) as ledger:
        ledger.record(jobs.shard_events(jobs.shards(3, 3)[0]))
        ledger.intend(0, 1, None, "new", Counts())
        assert ledger.intents() == [Intent(0, 1, None, "new")]
        assert (ledger.part(0), ledger.committed(), ledger.open_shards()) == (None, [], [0])
        ledger.commit(0)
        assert ledger.intents() == []
        assert ledger.part(0) == Committed(0, 3, 1, "new")
        assert (ledger.committed(), ledger.open_shards()) == ([Committed(0, 3, 1, "new")], [])


def test_a_dropped_intent_leaves_what_was_in_place(tmp_path: Path) -> None:
    with opened(tmp_path, rows=3) as ledger:
        ledger.record(jobs.shard_events(jobs.shards(3, 3)[0]))
        commit(ledger, 0)
        ledger.intend(0, 2, "sha-0", "new", Counts())
        ledger.drop_intent(0)
        assert ledger.intents() == []
        assert ledger.part(0) == Committed(0, 3, 1, "sha-0")


def test_reopened_rows_are_tried_again_with_the_next_attempt(tmp_path: Path) -> None:
    others = Counts(requests=3, prompt_tokens=20)
    others.rows["ok"] = 2
    with opened(tmp_path, rows=3) as ledger:
        ledger.record(jobs.shard_events(jobs.shards(3, 3)[0]))
        commit(ledger, 0)
        ledger.reopen({0: Reopened({1: 2}, others)})
        assert ledger.counts() == others
    with Ledger.open(tmp_path) as ledger:
        assert ledger.assignment(0) == Assignment(jobs.shards(3, 3)[0], (1,))
        assert ledger.wanted(0) == {1}
        ledger.record(jobs.shard_events(jobs.shards(3, 3)[0]))
        assert [(row.row, row.attempts) for row in ledger.shard_rows(0)] == [(1, 3)]
        assert ledger.complete_shards() == [0]
        assert ledger.counts().done == 3


def test_rows_to_be_answered_otherwise_say_how_often_they_were_sent_back(tmp_path: Path) -> None:
    with opened(tmp_path, rows=3) as ledger:
        ledger.record(jobs.shard_events(jobs.shards(3, 3)[0]))
        commit(ledger, 0)
        ledger.reopen({0: Reopened({0: 1, 2: 4}, Counts(), otherwise=True)})
    with Ledger.open(tmp_path) as ledger:
        assert ledger.assignment(0) == Assignment(jobs.shards(3, 3)[0], (0, 2), variations=((0, 1), (2, 4)))
        ledger.record(jobs.shard_events(jobs.shards(3, 3)[0]))
        assert [(row.row, row.attempts) for row in ledger.shard_rows(0)] == [(0, 2), (2, 5)]


def test_a_shard_that_an_earlier_version_reopened_is_understood(tmp_path: Path) -> None:
    with opened(tmp_path, rows=3) as ledger:
        ledger.record(jobs.shard_events(jobs.shards(3, 3)[0]))
        commit(ledger, 0)
        ledger.reopen({0: Reopened({1: 1}, Counts())})
        ledger._db.execute("UPDATE shards SET wanted = '{\"1\": 2}'")
    with Ledger.open(tmp_path) as ledger:
        assert ledger.assignment(0) == Assignment(jobs.shards(3, 3)[0], (1,))
