"""The ledger of a small job, for the tests of its parts."""

from pathlib import Path

from batch.counts import Counts
from batch.ledger.ledger import Ledger
from tests import jobs


def opened(folder: Path, rows: int = 6, size: int = 3) -> Ledger:
    ledger = Ledger.open(folder)
    ledger.begin({"task": "caption"}, "fp", [jobs.source_file(rows)], jobs.shards(rows, size))
    return ledger


def commit(ledger: Ledger, index: int, counts: Counts | None = None) -> None:
    ledger.intend(index, 1, None, f"sha-{index}", counts or Counts())
    ledger.commit(index)
